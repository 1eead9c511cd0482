"""Tiers: every division of the city, from polygons or from a table that groups another tier's zones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from parkcity.base.errors import Fault, FaultList, InputError
from parkcity.base.geo import WGS84, Projection, frame, shapes_to_metric

if TYPE_CHECKING:
    import geopandas as gpd

    from parkcity.base.spec import CitySpec, TierSpec
    from parkcity.sense.raw import Raw

CITY_TIER = "city"
_M2_PER_KM2 = 1e6
_COLUMNS = ("tier", "id", "code", "name_zh", "name_en", "parent", "inside", "area_km2")


def build_zones(spec: CitySpec, raws: dict[str, Raw], projection: Projection | None) -> tuple[gpd.GeoDataFrame, Projection]:
    """All zones of all tiers, the city itself first, and the city's projection.

    Columns: tier, id, code, name_zh, name_en, parent (id of the zone of the grouping tier), inside (part of the study
    area), area_km2, geometry (WGS 84).
    """
    polygons = {tier.id: _polygon_tier(spec, tier, raws) for tier in spec.tiers if not tier.groups}
    area = _study_area(spec, polygons[spec.area_tier])
    if projection is None:
        point = area.representative_point()
        projection = Projection.choose(point.x, point.y)
    parents: dict[tuple[str, str], str] = {}
    grouped = {tier.id: _grouped_tier(spec, tier, raws, polygons[tier.groups], parents) for tier in spec.tiers if tier.groups}
    parts = [_city_zone(spec, area), *({**polygons, **grouped}[tier.id] for tier in spec.tiers)]
    zones = pd.concat(parts, ignore_index=True)
    zones["parent"] = [parents.get(key, "") for key in zip(zones["tier"], zones["id"], strict=True)]
    settled = {CITY_TIER, spec.area_tier}
    zones["inside"] = [
        bool(inside) if tier in settled else _meets(shape, area)
        for tier, inside, shape in zip(zones["tier"], zones["inside"], zones.geometry, strict=True)
    ]
    metric = shapes_to_metric(zones.geometry.to_numpy(), WGS84, projection)
    import shapely

    zones["area_km2"] = shapely.area(metric) / _M2_PER_KM2
    columns = {name: zones[name] for name in _COLUMNS}
    return frame(columns, zones.geometry.to_numpy(), WGS84), projection


def _meets(shape: Any, area: Any) -> bool:
    return bool(shape.intersection(area).area > 1e-6 * shape.area)


def _polygon_tier(spec: CitySpec, tier: TierSpec, raws: dict[str, Raw]) -> gpd.GeoDataFrame:
    table = raws[tier.source].frame
    assert table is not None
    where = str(spec.path(spec.source(tier.source)))
    faults = FaultList()
    for option in ("key", "name", "code"):
        column = getattr(tier, option)
        if column and column not in table.columns:
            have = ", ".join(str(name) for name in table.columns if name != "geometry")
            faults.add(
                where, f"tier '{tier.id}': there is no attribute '{column}'.", allowed=f"{have}.", todo=f"correct `{option}` in city.toml"
            )
    if not tier.key:
        faults.add(where, f"tier '{tier.id}' does not say which attribute is the id.", todo="add `key` to the tier in city.toml")
    faults.check()
    ids = table[tier.key].astype(str)
    double = ids[ids.duplicated()]
    if len(double):
        fault = Fault(where, f"zone '{double.iloc[0]}' stands twice.", "one row a zone.", row=int(double.index[0]) + 1)
        raise InputError(fault)
    names = table[tier.name].astype(str) if tier.name else ids
    codes = table[tier.code].astype(str) if tier.code else ids
    columns = {
        "tier": tier.id,
        "id": ids,
        "code": codes,
        "name_zh": names,
        "name_en": _english(spec, tier, raws, codes, names),
        "parent": "",
        "inside": True,
        "area_km2": 0.0,
    }
    zones = frame(columns, table.geometry.to_numpy(), WGS84)
    if tier.id == spec.area_tier and spec.area_zones:
        unknown = sorted(set(spec.area_zones) - set(ids))
        if unknown:
            raise InputError(Fault(where, f"[area] names zones that are not there: {', '.join(unknown)}.", f"{', '.join(ids)}."))
        zones["inside"] = ids.isin(spec.area_zones).to_numpy()
    return zones


def _english(spec: CitySpec, tier: TierSpec, raws: dict[str, Raw], codes: pd.Series[str], names: pd.Series[str]) -> pd.Series[str]:
    """English names of zones where a table gives them, else the names as they are."""
    if not tier.english_source:
        return names
    table = raws[tier.english_source].frame
    assert table is not None
    wanted = (tier.english_key, tier.english_name)
    missing = [name for name in wanted if name not in table.columns]
    if missing:
        where = str(spec.path(spec.source(tier.english_source)))
        raise InputError([Fault(where, f"there is no column '{name}'.", f"{', '.join(table.columns)}.") for name in missing])
    english = dict(zip(table[wanted[0]].astype(str), table[wanted[1]].astype(str), strict=True))
    return codes.map(english).fillna(names)


def _study_area(spec: CitySpec, zones: gpd.GeoDataFrame) -> Any:
    import shapely

    area = shapely.union_all(zones.geometry[zones["inside"]].to_numpy())
    if area.is_empty:
        raise InputError(Fault(str(spec.folder / "city.toml"), "the study area is empty.", "at least one zone."))
    return area


def _city_zone(spec: CitySpec, area: Any) -> gpd.GeoDataFrame:
    columns = {
        "tier": [CITY_TIER],
        "id": [spec.id],
        "code": [spec.id],
        "name_zh": [spec.name_zh],
        "name_en": [spec.name_en],
        "parent": [""],
        "inside": [True],
        "area_km2": [0.0],
    }
    return frame(columns, [area], WGS84)


def _grouped_tier(
    spec: CitySpec, tier: TierSpec, raws: dict[str, Raw], members: gpd.GeoDataFrame, parents: dict[tuple[str, str], str]
) -> gpd.GeoDataFrame:
    """Zones made by uniting those of another tier; `parents` learns to which group each of them belongs."""
    import shapely

    table = raws[tier.source].frame
    assert table is not None
    where = str(spec.path(spec.source(tier.source)))
    needed = [tier.group_key, tier.group_zone, tier.group_name_zh or tier.group_zone, tier.group_name_en or tier.group_zone]
    missing = [name for name in needed if name not in table.columns]
    if missing:
        raise InputError(
            [Fault(where, f"tier '{tier.id}': there is no column '{name}'.", f"{', '.join(table.columns)}.") for name in missing]
        )
    group_of = dict(zip(table[tier.group_key].astype(str), table[tier.group_zone].astype(str), strict=True))
    groups = [group_of.get(code, group_of.get(zone)) for code, zone in zip(members["code"], members["id"], strict=True)]
    lost = [zone for zone, group in zip(members["id"], groups, strict=True) if group is None]
    if lost:
        todo = "add the rows, so that every zone belongs to one group"
        raise InputError(Fault(where, f"tier '{tier.id}': the table lacks {', '.join(lost)} of '{tier.groups}'.", "every zone.", todo))
    for zone, group in zip(members["id"], groups, strict=True):
        parents[tier.groups, zone] = str(group)
    shapes = members.geometry.to_numpy()
    rows = []
    for _, row in table.drop_duplicates(tier.group_zone).iterrows():
        zone = str(row[tier.group_zone])
        shape = shapely.union_all(shapes[np.array([group == zone for group in groups])])
        rows.append((tier.id, zone, zone, row[needed[2]], row[needed[3]], "", False, 0.0, shape))
    columns = {name: [row[position] for row in rows] for position, name in enumerate(_COLUMNS)}
    return frame(columns, [row[-1] for row in rows], WGS84)


def of_tier(zones: gpd.GeoDataFrame, tier: str) -> gpd.GeoDataFrame:
    """The zones of one tier, numbered from 0."""
    return zones[zones["tier"] == tier].reset_index(drop=True)
