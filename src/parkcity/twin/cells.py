"""Cells: the smallest areas whose residents are known, clipped to the study area and placed in every tier."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from parkcity.base.errors import Fault, InputError
from parkcity.base.geo import WGS84, Projection, frame, shapes_to_metric, shapes_to_wgs84
from parkcity.twin.zones import CITY_TIER, of_tier

_SLIVER = 0.01

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from parkcity.base.spec import CitySpec, SourceSpec


def build_cells(
    spec: CitySpec, source: SourceSpec | None, table: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, projection: Projection
) -> tuple[gpd.GeoDataFrame, dict[str, NDArray[np.int32]], list[str]]:
    """Cells with columns `id, x, y, lon, lat, area_m2, geometry`, their zone (row in the tier) per tier, and remarks.

    `source` is None for cells that the city lays itself.
    """
    lon, lat = table["centre_lon"].to_numpy(float), table["centre_lat"].to_numpy(float)
    x, y = projection.forward(lon, lat)
    area_m2 = table["area_m2"].to_numpy(float)
    metric = shapes_to_metric(table.geometry.to_numpy(), WGS84, projection)
    city = shapes_to_metric(of_tier(zones, CITY_TIER).geometry.to_numpy(), WGS84, projection)[0]
    shapes, remarks = _clipped(metric, city, area_m2, x, y)
    columns = {"id": table["id"].astype(str), "x": x, "y": y, "lon": lon, "lat": lat, "area_m2": area_m2}
    cells = frame(columns, shapes_to_wgs84(shapes, projection), WGS84)
    members = {CITY_TIER: np.zeros(len(cells), np.int32)}
    for tier in spec.tiers:
        if not tier.groups:
            tier_zones = of_tier(zones, tier.id)
            located = _locate(x, y, tier_zones, projection)
            members[tier.id] = located
            if source is not None and tier.id == source.options.get("zone_tier", ""):
                label = str(source.options.get("zone_column", ""))
                members[tier.id] = _by_label(table, label, tier_zones, located, str(spec.path(source)), remarks)
    for tier in spec.tiers:
        if tier.groups:
            below, above = of_tier(zones, tier.groups), of_tier(zones, tier.id)
            row_of = {zone: row for row, zone in enumerate(above["id"])}
            parent = np.array([row_of[zone] for zone in below["parent"]], np.int32)
            members[tier.id] = np.where(members[tier.groups] >= 0, parent[members[tier.groups]], -1).astype(np.int32)
    return cells, members, remarks


def without_far(table: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, projection: Projection) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Cells of the study area, with a remark on those left out.

    A source whose cells all lie within a cell's width of the area was made for it and is kept whole, whatever a generalised
    boundary misses. Of a larger source a cell belongs to the area if its centre does.
    """
    import shapely

    metric = shapes_to_metric(table.geometry.to_numpy(), WGS84, projection)
    city = shapes_to_metric(of_tier(zones, CITY_TIER).geometry.to_numpy(), WGS84, projection)[0]
    shapely.prepare(city)
    keep = shapely.intersects(city, metric)
    outer = np.nonzero(~keep)[0]
    keep[outer] = shapely.distance(city, metric[outer]) <= np.sqrt(shapely.area(metric[outer]))
    if keep.all() or not keep.any():
        return table, []
    x, y = projection.forward(table["centre_lon"].to_numpy(float), table["centre_lat"].to_numpy(float))
    keep &= shapely.contains_xy(city, x, y)
    if not keep.any():
        return table, []
    left = f"{int((~keep).sum()):,} cells of the source lie beyond the study area and are left out"
    return table[keep].reset_index(drop=True), [left]


def with_remainder(table: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, projection: Projection) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Cells that tile the study area: what the source leaves out becomes one empty cell a zone, so that areas add up.

    Slivers below a hundredth of the study area are left as they are.
    """
    import shapely

    covered = shapely.union_all(shapes_to_metric(table.geometry.to_numpy(), WGS84, projection), grid_size=0.01)
    city = shapes_to_metric(of_tier(zones, CITY_TIER).geometry.to_numpy(), WGS84, projection)[0]
    if shapely.area(shapely.difference(city, covered)) < _SLIVER * shapely.area(city):
        # Told of the whole before it is asked zone by zone, which takes long where zones are blocks.
        return table, []
    inside = zones[zones["inside"] & (zones["tier"] != CITY_TIER)]
    inside = inside[inside["tier"] == inside["tier"].iloc[0]]
    whole = shapes_to_metric(inside.geometry.to_numpy(), WGS84, projection)
    rest = shapely.difference(whole, covered)
    area = shapely.area(rest)
    if area.sum() < _SLIVER * shapely.area(whole).sum():
        return table, []
    keep = area > _SLIVER * shapely.area(whole)
    centre = shapely.point_on_surface(rest[keep])
    lon, lat = projection.inverse(shapely.get_x(centre), shapely.get_y(centre))
    columns: dict[str, Any] = {
        name: np.zeros(int(keep.sum()), table[name].dtype) if pd.api.types.is_numeric_dtype(table[name]) else ""
        for name in table.columns
        if name != "geometry"
    }
    columns |= {"id": [f"rest/{zone}" for zone in inside["id"][keep]], "area_m2": area[keep], "centre_lon": lon, "centre_lat": lat}
    added = frame(columns, shapes_to_wgs84(rest[keep], projection), WGS84)
    share = area.sum() / shapely.area(whole).sum()
    remark = f"the cells leave {share:.1%} of the study area out; it is kept as {len(added)} empty cells"
    return pd.concat([table, added], ignore_index=True), [remark]


def _clipped(
    metric: NDArray[Any], city: Any, area_m2: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[Any], list[str]]:
    """Cells clipped to the study area; one that the generalised boundary misses becomes a square of its stated area."""
    import shapely

    shapely.prepare(city)
    shapes = metric.copy()
    outer = ~shapely.contains_properly(city, metric)
    shapes[outer] = shapely.intersection(metric[outer], city)
    lost = np.nonzero(shapely.is_empty(shapes) | (shapely.get_dimensions(shapes) < 2))[0]
    half = np.sqrt(area_m2[lost]) / 2
    shapes[lost] = shapely.box(x[lost] - half, y[lost] - half, x[lost] + half, y[lost] + half)
    stated, drawn = float(area_m2.sum()), float(shapely.area(shapes).sum())
    remarks = [f"cells cover {stated / 1e6:.2f} km2 as stated, {drawn / 1e6:.2f} km2 after clipping to the study area"]
    if len(lost):
        remarks.append(f"{len(lost)} cells lie outside the study area's boundary and are drawn as squares of their stated area")
    return shapes, remarks


def _locate(x: NDArray[np.float64], y: NDArray[np.float64], zones: gpd.GeoDataFrame, projection: Projection) -> NDArray[np.int32]:
    """The zone in which each point lies; for a point in none, the nearest zone of the study area."""
    import shapely

    shapes = shapes_to_metric(zones.geometry.to_numpy(), WGS84, projection)
    points = np.asarray(shapely.points(x, y))
    found = np.full(len(x), -1, np.int32)
    rows, hits = shapely.STRtree(shapes).query(points, predicate="within")
    found[rows[::-1]] = hits[::-1]
    outside = found < 0
    inside_rows = np.nonzero(zones["inside"].to_numpy())[0]
    if outside.any() and len(inside_rows):
        near = shapely.STRtree(shapes[inside_rows]).nearest(points[outside])
        found[outside] = inside_rows[near]
    return found


def _by_label(
    table: gpd.GeoDataFrame, column: str, zones: gpd.GeoDataFrame, located: NDArray[np.int32], where: str, remarks: list[str]
) -> NDArray[np.int32]:
    """The zone that the source itself states for each cell, with a remark on how often the boundaries agree."""
    if column not in table.columns:
        raise InputError(Fault(where, f"there is no column '{column}'.", f"{', '.join(map(str, table.columns))}."))
    row_of = {name: row for attribute in ("code", "name_zh", "id") for row, name in enumerate(zones[attribute])}
    rows = table[column].map(row_of)
    unknown = rows.isna()
    if unknown.any():
        names = ", ".join(sorted(set(table[column][unknown])))
        raise InputError(Fault(where, f"column '{column}' names zones that are not there: {names}.", f"{', '.join(zones['id'])}."))
    stated: NDArray[np.int32] = np.asarray(rows.to_numpy(), dtype=np.int32)
    agree = float(np.mean(stated == located))
    remarks.append(f"zone of a cell as the source states it; the boundaries agree for {agree:.1%} of the cells")
    return stated
