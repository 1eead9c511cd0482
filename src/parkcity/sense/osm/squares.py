"""Squares and pedestrian areas: people cross them straight, as far as they can see.

Between the points where streets and entrances meet a square, lines of sight inside it become ways. Of many lines only so
many are kept that no crossing of the square is longer than a stated ratio of the shortest one (a greedy spanner: Althoefer,
Das, Dobkin, Joseph and Soares, "On sparse spanners of weighted graphs", 1993).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.sense.osm.attributes import CLOSED, DTYPES, admits, made_row, way_row
from parkcity.sense.osm.metric import to_local
from parkcity.standards import parameter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parkcity.sense.osm.scan import Areas
    from parkcity.sense.osm.tags import Tags
    from parkcity.sense.osm.ways import Made, Ways

_PEDESTRIAN = frozenset({"pedestrian", "footway", "path", "living_street", "platform"})
_LEAST = 2


def is_square(name: str, tags: Tags) -> bool:
    """Is this polygon an area that people walk across?"""
    if tags.get("area:highway") in _PEDESTRIAN:
        return True
    if tags.get("highway") in _PEDESTRIAN:
        # A closed way is a path around something unless it says that it is an area; a multipolygon is one by its nature.
        return tags.get("area") == "yes" or name.startswith("relation/")
    return tags.get("place") == "square" and tags.get("area") != "no"


def cross_squares(ways: Ways, areas: Areas) -> Ways:
    """Ways with lines of sight across every square that walkers may enter."""
    import shapely

    rows = [row for row, tags in enumerate(areas.tags) if is_square(areas.name[row], tags) and admits(tags, "walk", default=True)]
    if not rows or not len(ways.lines):
        return ways
    lat_0 = float(np.median(ways.lines.lat))
    shapes = shapely.transform(areas.shape[rows], lambda xy: np.column_stack(to_local(xy[:, 0], xy[:, 1], lat_0)))
    xy = np.column_stack(ways.local())
    entries = _entries(ways, xy, shapes, [areas.name[row] for row in rows])
    made: list[Made] = []
    crossed = 0
    fresh = ways.free_id()
    attribute_rows = [_row(areas.tags[row]) for row in rows]
    distinct = list(dict.fromkeys(attribute_rows))
    for number, places in enumerate(entries):
        if len(places) < _LEAST:
            continue
        links, fresh = _sight_lines(ways, xy, shapes[number], places, lat_0, distinct.index(attribute_rows[number]), fresh)
        made += links
        crossed += bool(links)
    if not made:
        return ways
    return ways.with_ways(made, distinct).noted(f"{crossed} squares and pedestrian areas can be walked across ({len(made)} lines of sight)")


def _row(tags: Tags) -> tuple[float, ...]:
    """What a square's tags say of walking on it (surface, light, wheelchairs), on the class of ways across squares."""
    said = dict(zip(DTYPES, way_row({**tags, "highway": "pedestrian"}, "pedestrian"), strict=True))
    return made_row("square_link", **{name: said[name] for name in ("wheelchair", "surface", "lit", "bridge", "layer")})


def _entries(ways: Ways, xy: NDArray[np.float64], shapes: NDArray[Any], names: list[str]) -> list[NDArray[np.int64]]:
    """For every square the places of one point for each node at which other walkways meet it (on its edge, or ending inside)."""
    import shapely

    lines = ways.lines
    walk = ways.attributes.walk[ways.kind] != CLOSED
    ends = np.zeros(len(lines.ref), bool)
    ends[lines.start[:-1]] = True
    ends[lines.start[1:] - 1] = True
    owner = ways.owner
    place = np.nonzero(walk[owner])[0]
    points = np.asarray(shapely.points(xy[place]), object)
    square, point = shapely.STRtree(points).query(shapes, predicate="intersects")
    way_name = lines.way[owner[place[point]]]
    outline = np.array([int(name.removeprefix("way/")) if name.startswith("way/") else 0 for name in names], np.int64)
    found = way_name != outline[square]
    on_edge = shapely.distance(points[point], shapely.boundary(shapes)[square]) < 1e-6
    found &= on_edge | ends[place[point]]
    square, point = square[found], place[point[found]]
    keys = np.column_stack([square, lines.ref[point]])
    _, first = np.unique(keys, axis=0, return_index=True)
    square, point = square[first], point[first]
    return [point[square == number] for number in range(len(shapes))]


def _sight_lines(
    ways: Ways, xy: NDArray[np.float64], shape: Any, places: NDArray[np.int64], lat_0: float, row: int, fresh: int
) -> tuple[list[Made], int]:
    """Lines of sight between the entries of one square, round its inner corners where needed."""
    import shapely

    lines = ways.lines
    corners = _inner_corners(shape)
    at = np.concatenate([xy[places], corners])
    one, two = np.triu_indices(len(at), 1)
    length = np.hypot(*(at[one] - at[two]).T)
    long = length >= parameter("osm_parameters", "square.least").number
    one, two, length = one[long], two[long], length[long]
    room = shapely.buffer(shape, 0.01)
    shapely.prepare(room)
    seen = shapely.covers(room, shapely.linestrings(np.stack([at[one], at[two]], axis=1)))
    one, two, length = one[seen], two[seen], length[seen]
    chosen = _spanner(len(at), len(places), one, two, length)
    lon, lat = _degrees(at, lat_0)
    lon[: len(places)], lat[: len(places)] = lines.lon[places], lines.lat[places]
    ids = np.concatenate([lines.ref[places], fresh - np.arange(len(corners))])
    made: list[Made] = [
        ([int(ids[a]), int(ids[b])], [float(lon[a]), float(lon[b])], [float(lat[a]), float(lat[b])], row)
        for a, b in zip(one[chosen], two[chosen], strict=True)
    ]
    return made, fresh - len(corners)


def _degrees(at: NDArray[np.float64], lat_0: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    east, north = to_local(np.ones(1), np.ones(1), lat_0)
    return at[:, 0] / east[0], at[:, 1] / north[0]


def _inner_corners(shape: Any) -> NDArray[np.float64]:
    """Corners that stand into a square: those round which one has to walk. All corners of holes, reflex ones of the outline."""
    import shapely

    limit = parameter("osm_parameters", "square.corners").number
    if shapely.get_num_coordinates(shape) > limit:
        shape = shapely.simplify(shape, parameter("osm_parameters", "square.simplify").number)
    out = [np.zeros((0, 2))]
    for part in shapely.get_parts(shape):
        out.append(_turns(shapely.get_coordinates(shapely.get_exterior_ring(part)), inner=False))
        out += [_turns(shapely.get_coordinates(ring), inner=True) for ring in part.interiors]
    corners = np.concatenate(out)
    return corners[: int(limit)]


def _turns(ring: NDArray[np.float64], *, inner: bool) -> NDArray[np.float64]:
    """Corners of a closed ring that turn away from the polygon's inside."""
    xy = ring[:-1]
    before, after = xy - np.roll(xy, 1, axis=0), np.roll(xy, -1, axis=0) - xy
    cross = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
    turn = np.roll(xy[:, 0], -1) * xy[:, 1] - np.roll(xy[:, 1], -1) * xy[:, 0]
    counterclockwise = turn.sum() < 0
    left = cross > 0 if counterclockwise else cross < 0
    # Seen from the square a hole's convex corners stick out; of the outline it is the reflex ones.
    return xy[left if inner else ~left & (cross != 0)]


def _spanner(nodes: int, entries: int, one: NDArray[np.int64], two: NDArray[np.int64], length: NDArray[np.float64]) -> NDArray[np.int64]:
    """Rows of the lines that are kept: enough that every pair of entries is within the ratio of its shortest crossing."""
    ratio = parameter("osm_parameters", "square.detour").number
    best = _all_pairs(nodes, one, two, length)
    now = np.full((nodes, nodes), np.inf)
    np.fill_diagonal(now, 0.0)
    used = _useful(best, entries, one, two, length)
    kept = []
    for row in used[np.argsort(length[used], kind="stable")]:
        a, b, w = one[row], two[row], length[row]
        if now[a, b] <= ratio * w:
            continue
        kept.append(row)
        through = np.minimum(now[:, a, None] + (w + now[None, b, :]), now[:, b, None] + (w + now[None, a, :]))
        np.minimum(now, through, out=now)
    return np.array(kept, np.int64)


def _useful(
    best: NDArray[np.float64], entries: int, one: NDArray[np.int64], two: NDArray[np.int64], length: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Rows of the lines that lie on a shortest crossing between two entries."""
    rows = []
    pairs = best[:entries, :entries]
    for row, (a, b, w) in enumerate(zip(one, two, length, strict=True)):
        through = best[:entries, a, None] + (w + best[None, b, :entries])
        if np.any((through <= pairs + 1e-6) & np.isfinite(pairs)):
            rows.append(row)
    return np.array(rows, np.int64)


def _all_pairs(nodes: int, one: NDArray[np.int64], two: NDArray[np.int64], length: NDArray[np.float64]) -> NDArray[np.float64]:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import dijkstra

    graph = coo_array((length, (one, two)), shape=(nodes, nodes)).tocsr()
    return np.asarray(dijkstra(graph, directed=False))
