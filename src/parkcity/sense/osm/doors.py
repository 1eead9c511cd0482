"""Doors of places with a shape: real entrances and the points where paths cross the edge; failing both, points along the edge."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from parkcity.standards import parameter

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

_SHUT = frozenset({"no", "private", "locked", "restricted", "permit"})
WHY = ("point", "entrance", "station", "path", "edge")
"""Where a door comes from: the place is a point; a mapped entrance; a station's entrance; a path across the edge; assumed."""


@dataclass(frozen=True)
class Ground:
    """What doors are found on, all in one metric system.

    `paths`: lines of the streets that walkers may use and that cross the edge of a place on the ground, that is neither on
    a bridge nor in a tunnel; `entrances` float64 [n, 2]: entrances and gates that walkers may pass; `stations` float64 [m,
    2]: entrances of stations.
    """

    paths: NDArray[Any]
    entrances: NDArray[np.float64]
    stations: NDArray[np.float64]


def ground_paths(shapes: NDArray[Any], arrays: dict[str, NDArray[Any]]) -> NDArray[Any]:
    """Of the street lines `shapes` [e] those on the ground that walkers may use, by the arrays of the network."""
    keep = np.ones(len(shapes), bool)
    if "walk" in arrays:
        keep &= arrays["walk"] != 0
    for name in ("bridge", "tunnel"):
        if name in arrays:
            keep &= arrays[name] == 0
    return shapes[keep]


def entrance_points(entrances: gpd.GeoDataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Entrances and gates that walkers may pass, and entrances of stations: WGS 84 positions [n, 2] and [m, 2].

    `entrances` is the table of an extract; what is private, locked or closed on foot is no door.
    """
    import shapely

    may_pass = ~entrances["access"].isin(_SHUT).to_numpy()
    station = (entrances["what"] == "station").to_numpy()
    at = shapely.get_coordinates(entrances.geometry.to_numpy()).reshape(-1, 2)
    return at[may_pass & ~station], at[may_pass & station]


def place_doors(shapes: NDArray[Any], is_station: NDArray[np.bool_], ground: Ground) -> pd.DataFrame:
    """Doors of places (metric shapes [n]): `place` int32 (row), `x, y`, `why` (see `WHY`), sorted by place.

    A polygon's doors are the entrances within a set distance of its edge and the points where paths cross it, those that
    are nearly at one place counted once; a polygon with neither has points along its edge at a set spacing. A station's
    doors are the station entrances nearest to it within a set distance, else it is treated as any other place. The door of
    a point is the point.
    """
    import shapely

    found = [_station_doors(shapes, is_station, ground.stations)]
    done = np.zeros(len(shapes), bool)
    done[found[0][0]] = True
    areal = np.nonzero((shapely.get_dimensions(shapes) == 2) & ~done)[0]
    edges = shapely.boundary(shapes[areal])
    crossed = (_entrance_doors(edges, ground.entrances), _path_doors(edges, ground.paths))
    found += [(areal[rows], xy, why) for rows, xy, why in crossed]
    merged = _without_near(*(np.concatenate([part[column] for part in found]) for column in range(3)))
    done[merged[0]] = True
    rest = np.nonzero(~done)[0]
    flat = rest[shapely.get_dimensions(shapes[rest]) != 0]
    points = rest[shapely.get_dimensions(shapes[rest]) == 0]
    at = shapely.get_coordinates(shapely.point_on_surface(shapes[points]))
    edge = _edge_doors(shapes, flat)
    place = np.concatenate([merged[0], points, edge[0]])
    xy = np.concatenate([merged[1], at, edge[1]])
    why = np.concatenate([merged[2], np.full(len(points), 0), np.full(len(edge[0]), 4)])
    table = pd.DataFrame({"place": place.astype(np.int32), "x": xy[:, 0], "y": xy[:, 1], "why": np.array(WHY, object)[why.astype(int)]})
    return table.sort_values("place", kind="stable").reset_index(drop=True)


_Doors = tuple["NDArray[np.int64]", "NDArray[np.float64]", "NDArray[np.int64]"]


def _station_doors(shapes: NDArray[Any], is_station: NDArray[np.bool_], at: NDArray[np.float64]) -> _Doors:
    import shapely

    rows = np.nonzero(is_station)[0]
    none = (np.zeros(0, np.int64), np.zeros((0, 2)), np.zeros(0, np.int64))
    if not len(rows) or not len(at):
        return none
    points = np.asarray(shapely.points(at), object)
    (entrance, station), gap = shapely.STRtree(shapes[rows]).query_nearest(points, return_distance=True, all_matches=False)
    near = gap <= parameter("osm_parameters", "doors.station").number
    return rows[station[near]], at[entrance[near]], np.full(int(near.sum()), 2)


def _entrance_doors(edges: NDArray[Any], at: NDArray[np.float64]) -> _Doors:
    import shapely

    reach = parameter("osm_parameters", "doors.entrance").number
    points = np.asarray(shapely.points(at), object).reshape(len(at))
    place, entrance = shapely.STRtree(points).query(edges, predicate="dwithin", distance=reach)
    return place, at[entrance], np.full(len(place), 1)


def _path_doors(edges: NDArray[Any], paths: NDArray[Any]) -> _Doors:
    """Crossings of the edges by paths; where a path runs along an edge, points at the set spacing."""
    import shapely

    place, path = shapely.STRtree(paths).query(edges, predicate="intersects")
    met = shapely.intersection(edges[place], paths[path])
    parts, pair = shapely.get_parts(met, return_index=True)
    flat = shapely.get_dimensions(parts) == 0
    spacing = parameter("engine_parameters", "doors.spacing").number
    along, owner = _along(shapely.line_merge(parts[~flat]), spacing)
    xy = np.concatenate([shapely.get_coordinates(parts[flat]), along])
    rows = np.concatenate([place[pair[flat]], place[pair[~flat]][owner]])
    return rows, xy, np.full(len(rows), 3)


def _edge_doors(shapes: NDArray[Any], rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    import shapely

    lines = np.where(shapely.get_dimensions(shapes[rows]) == 2, shapely.boundary(shapes[rows]), shapes[rows])
    parts, index = shapely.get_parts(lines, return_index=True)
    xy, owner = _along(parts, parameter("engine_parameters", "doors.spacing").number)
    return rows[index[owner]], xy


def _along(lines: NDArray[Any], spacing: float) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Points on lines at equal steps of at most `spacing`, and the line of each."""
    import shapely

    length = shapely.length(lines)
    count = np.maximum(np.ceil(length / spacing), 1).astype(np.int64)
    owner = np.repeat(np.arange(len(lines)), count)
    step = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    at = shapely.line_interpolate_point(lines[owner], (step + 0.5) * (length / count)[owner])
    return shapely.get_coordinates(at), owner


def _without_near(place: NDArray[np.int64], xy: NDArray[np.float64], why: NDArray[np.int64]) -> _Doors:
    """Doors of which no two of one place are nearer than the set distance; entrances stay before path crossings."""
    limit = parameter("osm_parameters", "doors.same").number
    order = np.lexsort([xy[:, 1], xy[:, 0], why, place])
    place, xy, why = place[order], xy[order], why[order]
    keep = np.ones(len(place), bool)
    bounds = [*np.searchsorted(place, np.unique(place)), len(place)]
    for low, high in pairwise(bounds):
        for row in range(low + 1, high):
            held = np.nonzero(keep[low:row])[0] + low
            keep[row] = not (np.hypot(*(xy[held] - xy[row]).T) < limit).any()
    return place[keep], xy[keep], why[keep]
