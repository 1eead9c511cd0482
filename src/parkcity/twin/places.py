"""Places with kind, area and doors, from all sources, duplicates merged with an account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from parkcity.base.geo import WGS84, Projection, frame, shapes_to_metric
from parkcity.sense.merge import REPORT, VERDICTS, merge_places
from parkcity.sense.osm.doors import Ground, place_doors
from parkcity.standards import parameter
from parkcity.twin.zones import CITY_TIER, of_tier

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

_COLUMNS = ("id", "kind", "name", "address", "area_m2", "capacity", "source", "row", "sources", "confidence")
_POINT = 0
_STATIONS = frozenset({"metro_station"})


@dataclass(frozen=True)
class Gathered:
    """Places with their doors, how sources were matched (empty where nobody asked for it), and remarks."""

    places: gpd.GeoDataFrame
    doors: pd.DataFrame
    matches: pd.DataFrame
    remarks: list[str]


def build_places(
    tables: Mapping[str, gpd.GeoDataFrame],
    zones: gpd.GeoDataFrame,
    projection: Projection,
    ground: Ground | None = None,
    precedence: Sequence[str] = (),
) -> Gathered:
    """Places of all sources, and their doors.

    Places have `id, kind, name, address, area_m2, capacity` (not a number where unknown), `source, sources` (all that know the place,
    joined by `+`), `confidence` (0 to 1; not a number where sources were not matched), `x, y` (metres), `inside` (in the study
    area) and their geometry (WGS 84). Doors have `place` (row), `x, y` and `why` (see `parkcity.sense.osm.doors.WHY`).
    With a `precedence` the sources are matched in its order, and every match and conflict is reported.
    """
    import shapely

    if not tables:
        texts = {name: np.zeros(0, object) for name in ("id", "kind", "name", "address")}
        tables = {"": frame({**texts, "area_m2": np.zeros(0)}, [], WGS84)}
    prepared = {source: _with_source(table, source) for source, table in tables.items()}
    merged, matches, remarks = _merged(prepared, precedence, projection)
    shapes = shapes_to_metric(merged.geometry.to_numpy(), WGS84, projection)
    centres = shapely.point_on_surface(shapes)
    x, y = shapely.get_x(centres), shapely.get_y(centres)
    areal = shapely.get_dimensions(shapes) == 2
    area = merged["area_m2"].to_numpy(float)
    area = np.where(np.isnan(area) & areal, shapely.area(shapes), area)
    keep, doubles = _without_duplicates(merged, x, y)
    city = shapes_to_metric(of_tier(zones, CITY_TIER).geometry.to_numpy(), WGS84, projection)[0]
    shapely.prepare(city)
    columns: dict[str, Any] = {name: merged[name].to_numpy()[keep] for name in _COLUMNS}
    columns["area_m2"] = area[keep]
    columns |= {"x": x[keep], "y": y[keep], "inside": shapely.intersects(city, shapes)[keep]}
    places = frame(columns, merged.geometry.to_numpy()[keep], WGS84)
    doors = _doors(shapes[keep], x[keep], y[keep], places["kind"].to_numpy(), ground)
    return Gathered(places, doors, matches, [*remarks, *doubles])


def _merged(
    tables: Mapping[str, gpd.GeoDataFrame], precedence: Sequence[str], projection: Projection
) -> tuple[gpd.GeoDataFrame, pd.DataFrame, list[str]]:
    """All places in one table: one source after the other, or matched in an order of precedence."""
    if not precedence:
        together = pd.concat([table.assign(sources=source, confidence=np.nan) for source, table in tables.items()], ignore_index=True)
        return together, pd.DataFrame(columns=list(REPORT)), []
    ordered = {source: tables[source] for source in precedence if source in tables}
    found = merge_places(ordered, projection)
    rows = {(source, name): row for source, table in ordered.items() for name, row in zip(table["id"], table["row"], strict=True)}
    row = [rows.get(key, -1) for key in zip(found.places["source"], found.places["id"], strict=True)]
    counts = {verdict: int((found.report["verdict"] == verdict).sum()) for verdict in VERDICTS}
    remark = (
        f"{', '.join(ordered)} matched in this order: {counts['same']:,} places known twice, "
        f"{counts['conflict']:,} conflicts of kind, {counts['only_here']:,} known to one source only"
    )
    return found.places.assign(row=row), found.report, [remark]


def _with_source(table: gpd.GeoDataFrame, source: str) -> gpd.GeoDataFrame:
    """A source's places with its name, with row -1 where it has no rows that a person could look up, and NaN where it knows no capacity."""
    known = {name: table[name] if name in table.columns else empty for name, empty in (("row", -1), ("capacity", np.nan))}
    return table.assign(source=source, **known)


def _without_duplicates(places: pd.DataFrame, x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray[np.int64], list[str]]:
    """Rows to keep: of places with one kind and one name nearer than the limit only the first stays."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    limit = parameter("engine_parameters", "places.duplicate").number
    if places.empty:
        return np.zeros(0, np.int64), []
    label = (places["kind"] + "\x1f" + places["name"]).to_numpy()
    named = (places["name"].str.strip() != "").to_numpy()
    pairs = cKDTree(np.column_stack([x, y])).query_pairs(limit, output_type="ndarray")
    same = (label[pairs[:, 0]] == label[pairs[:, 1]]) & named[pairs[:, 0]]
    pairs = pairs[same]
    graph = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(places), len(places)))
    _, group = connected_components(graph, directed=False)
    _, first = np.unique(group, return_index=True)
    keep = np.sort(first)
    dropped = len(places) - len(keep)
    remarks = []
    if dropped:
        by_kind = places["kind"].drop(places.index[keep]).value_counts()
        detail = ", ".join(f"{kind} {count}" for kind, count in sorted(by_kind.items()))
        remarks.append(f"{dropped} places are duplicates (one kind, one name, nearer than {limit:g} m) and were merged: {detail}")
    return keep, remarks


def _doors(
    shapes: NDArray[Any], x: NDArray[np.float64], y: NDArray[np.float64], kinds: NDArray[Any], ground: Ground | None
) -> pd.DataFrame:
    """Doors: those that the ground shows, or points along the edge of a shape; one door at a point."""
    if ground is None:
        ground = Ground(np.zeros(0, object), np.zeros((0, 2)), np.zeros((0, 2)))
    doors = place_doors(shapes, np.isin(kinds, list(_STATIONS)), ground)
    # The inner point of a point is the point itself; the library's copy may differ in the last bit.
    import shapely

    at = doors["place"].to_numpy()
    point = shapely.get_type_id(shapes)[at] == _POINT
    own = point & (doors["why"].to_numpy() == "point")
    return doors.assign(x=np.where(own, x[at], doors["x"]), y=np.where(own, y[at], doors["y"]))
