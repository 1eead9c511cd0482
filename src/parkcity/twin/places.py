"""Places with kind, area and doors, from all sources, duplicates merged with an account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from parkcity.base.geo import WGS84, Projection, frame, shapes_to_metric
from parkcity.standards import parameter
from parkcity.twin.zones import CITY_TIER, of_tier

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

_COLUMNS = ("id", "kind", "name", "address", "area_m2", "source", "row")
_POINT = 0


def build_places(
    tables: dict[str, gpd.GeoDataFrame], zones: gpd.GeoDataFrame, projection: Projection
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, list[str]]:
    """Places, their doors, and remarks.

    Places have `id, kind, name, address, area_m2` (not a number where unknown), `source, x, y` (metres), `inside` (in the
    study area) and their geometry (WGS 84). Doors have `place` (row), `x, y`.
    """
    import shapely

    if not tables:
        texts = {name: np.zeros(0, object) for name in ("id", "kind", "name", "address")}
        tables = {"": frame({**texts, "area_m2": np.zeros(0)}, [], WGS84)}
    merged = pd.concat([_with_source(table, source) for source, table in tables.items()], ignore_index=True)
    shapes = shapes_to_metric(merged.geometry.to_numpy(), WGS84, projection)
    centres = shapely.point_on_surface(shapes)
    x, y = shapely.get_x(centres), shapely.get_y(centres)
    areal = shapely.get_dimensions(shapes) == 2
    area = merged["area_m2"].to_numpy(float)
    area = np.where(np.isnan(area) & areal, shapely.area(shapes), area)
    keep, remarks = _without_duplicates(merged, x, y)
    city = shapes_to_metric(of_tier(zones, CITY_TIER).geometry.to_numpy(), WGS84, projection)[0]
    shapely.prepare(city)
    columns: dict[str, Any] = {name: merged[name].to_numpy()[keep] for name in _COLUMNS}
    columns["area_m2"] = area[keep]
    columns |= {"x": x[keep], "y": y[keep], "inside": shapely.intersects(city, shapes)[keep]}
    places = frame(columns, merged.geometry.to_numpy()[keep], WGS84)
    return places, _doors(shapes[keep], x[keep], y[keep]), remarks


def _with_source(table: gpd.GeoDataFrame, source: str) -> gpd.GeoDataFrame:
    """A source's places with its name, and with row -1 where the source has no rows that a person could look up."""
    return table.assign(source=source, row=table["row"] if "row" in table.columns else -1)


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


def _doors(shapes: NDArray[Any], x: NDArray[np.float64], y: NDArray[np.float64]) -> pd.DataFrame:
    """One door at a point; points along the edge, at a set spacing, of a place with a shape and no known entrances."""
    import shapely

    spacing = parameter("engine_parameters", "doors.spacing").number
    points = shapely.get_type_id(shapes) == _POINT
    owner = [np.nonzero(points)[0]]
    xs, ys = [x[points]], [y[points]]
    for row in np.nonzero(~points)[0]:
        edge = shapely.boundary(shapes[row]) if shapely.get_dimensions(shapes[row]) == 2 else shapes[row]
        count = max(int(np.ceil(edge.length / spacing)), 1)
        along = shapely.line_interpolate_point(edge, np.arange(count) * (edge.length / count))
        owner.append(np.full(count, row))
        xs.append(shapely.get_x(along))
        ys.append(shapely.get_y(along))
    place = np.concatenate(owner).astype(np.int32)
    doors = pd.DataFrame({"place": place, "x": np.concatenate(xs), "y": np.concatenate(ys)})
    return doors.sort_values("place", kind="stable").reset_index(drop=True)
