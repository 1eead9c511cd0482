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
_COARSEST = 64.0


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
    distinct: dict[tuple[float, ...], int] = {}
    for number, places in enumerate(entries):
        if len(places) < _LEAST:
            continue
        row = distinct.setdefault(_row(areas.tags[rows[number]]), len(distinct))
        links, fresh = _sight_lines(ways, xy, shapes[number], places, lat_0, row, fresh)
        made += links
        crossed += bool(links)
    if not made:
        return ways
    remark = f"{crossed} squares and pedestrian areas can be walked across ({len(made)} lines of sight)"
    return ways.with_ways(made, list(distinct)).noted(remark)


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
    square, point = _in_boxes(shapely.bounds(shapes), xy[place])
    points = np.asarray(shapely.points(xy[place[point]]), object).reshape(len(point))
    shapely.prepare(shapes)
    met = shapely.intersects(shapes[square], points)
    square, point, points = square[met], point[met], points[met]
    way_name = lines.way[owner[place[point]]]
    outline = np.array([int(name.removeprefix("way/")) if name.startswith("way/") else 0 for name in names], np.int64)
    found = way_name != outline[square]
    on_edge = shapely.distance(points, shapely.boundary(shapes)[square]) < 1e-6
    found &= on_edge | ends[place[point]]
    square, point = square[found], place[point[found]]
    keys = np.column_stack([square, lines.ref[point]])
    _, first = np.unique(keys, axis=0, return_index=True)
    square, point = square[first], point[first]
    return [point[square == number] for number in range(len(shapes))]


def _in_boxes(bounds: NDArray[np.float64], xy: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """All pairs of a box [n, 4] and a point [m, 2] inside it: rows of both."""
    order = np.argsort(xy[:, 0], kind="stable")
    x, y = xy[order, 0], xy[order, 1]
    low, high = np.searchsorted(x, bounds[:, 0], "left"), np.searchsorted(x, bounds[:, 2], "right")
    boxes, points = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for box, (first, last) in enumerate(zip(low, high, strict=True)):
        inside = np.nonzero((y[first:last] >= bounds[box, 1]) & (y[first:last] <= bounds[box, 3]))[0]
        boxes.append(np.full(len(inside), box))
        points.append(order[first + inside])
    return np.concatenate(boxes), np.concatenate(points)


def _sight_lines(
    ways: Ways, xy: NDArray[np.float64], shape: Any, places: NDArray[np.int64], lat_0: float, row: int, fresh: int
) -> tuple[list[Made], int]:
    """Lines of sight between the entries of one square, round its inner corners where needed."""
    import shapely

    lines = ways.lines
    room = shapely.buffer(shape, 0.01)
    shapely.prepare(room)
    at = xy[places]
    one, two, length, seen = _sight(room, at, np.full((2, len(at), 2), np.nan))
    corners = np.zeros((0, 2))
    if len(one) < len(at) * (len(at) - 1) // 2 or not seen.all():
        # Not everything is in sight: the ways round corners count too.
        corners, arms = _inner_corners(shape)
        arms = np.concatenate([np.full((2, len(at), 2), np.nan), arms], axis=1)
        at = np.concatenate([at, corners])
        one, two, length, seen = _sight(room, at, arms)
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


def _sight(room: Any, at: NDArray[np.float64], arms: NDArray[np.float64]) -> tuple[Any, Any, Any, Any]:
    """Pairs of points [n, 2] that matter: rows of both, length, and whether one sees the other.

    `arms` [2, n, 2] are the neighbours of a corner on its ring (not a number for other points). A shortest way turns at a
    corner only if it touches it, so lines that cut into a corner are left out.
    """
    import shapely

    one, two = np.triu_indices(len(at), 1)
    touching = _touches(at, arms, one, two) & _touches(at, arms, two, one)
    one, two = one[touching], two[touching]
    lines = shapely.linestrings(np.stack([at[one], at[two]], axis=1))
    return one, two, np.hypot(*(at[one] - at[two]).T), np.asarray(shapely.covers(room, lines))


def _touches(at: NDArray[np.float64], arms: NDArray[np.float64], one: NDArray[np.int64], two: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Does the line to `two` pass the corner `one` with both arms on one side?"""
    way = at[two] - at[one]
    before, after = arms[0, one] - at[one], arms[1, one] - at[one]
    sides = (way[:, 0] * before[:, 1] - way[:, 1] * before[:, 0]) * (way[:, 0] * after[:, 1] - way[:, 1] * after[:, 0])
    return np.asarray(~(sides < -1e-9))


def _degrees(at: NDArray[np.float64], lat_0: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    east, north = to_local(np.ones(1), np.ones(1), lat_0)
    return at[:, 0] / east[0], at[:, 1] / north[0]


def _inner_corners(shape: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Corners that stand into a square, those round which one has to walk, and their neighbours: [n, 2] and [2, n, 2]."""
    import shapely

    limit = parameter("osm_parameters", "square.corners").number
    tolerance = parameter("osm_parameters", "square.simplify").number
    corners = _corners(shape)
    while len(corners) > limit and tolerance < _COARSEST:
        corners = _corners(shapely.simplify(shape, tolerance))
        tolerance *= 2.0
    corners = corners[: int(limit)]
    return corners[:, 0], np.moveaxis(corners[:, 1:], 1, 0)


def _corners(shape: Any) -> NDArray[np.float64]:
    """Corners with their neighbours, [n, 3, 2]: the convex ones of holes, the reflex ones of the outline."""
    import shapely

    out = [np.zeros((0, 3, 2))]
    for part in shapely.get_parts(shape):
        out.append(_turns(shapely.get_coordinates(shapely.get_exterior_ring(part)), inner=False))
        out += [_turns(shapely.get_coordinates(ring), inner=True) for ring in part.interiors]
    return np.concatenate(out)


def _turns(ring: NDArray[np.float64], *, inner: bool) -> NDArray[np.float64]:
    """Corners of a closed ring that turn away from the polygon's inside, with their neighbours, [n, 3, 2]."""
    xy = ring[:-1]
    around = np.stack([xy, np.roll(xy, 1, axis=0), np.roll(xy, -1, axis=0)], axis=1)
    before, after = xy - around[:, 1], around[:, 2] - xy
    cross = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
    turn = np.roll(xy[:, 0], -1) * xy[:, 1] - np.roll(xy[:, 1], -1) * xy[:, 0]
    counterclockwise = turn.sum() < 0
    left = cross > 0 if counterclockwise else cross < 0
    # Seen from the square a hole's convex corners stick out; of the outline it is the reflex ones.
    return around[left if inner else ~left & (cross != 0)]


def _spanner(nodes: int, entries: int, one: NDArray[np.int64], two: NDArray[np.int64], length: NDArray[np.float64]) -> NDArray[np.int64]:
    """Rows of the lines that are kept: enough that every pair of entries is within the ratio of its shortest crossing."""
    ratio = parameter("osm_parameters", "square.detour").number
    now = np.full((nodes, nodes), np.inf)
    np.fill_diagonal(now, 0.0)
    # Without corners every line joins two entries and lies on the shortest crossing between them.
    used = _useful(nodes, entries, one, two, length) if nodes > entries else np.arange(len(one))
    kept = []
    for row in used[np.argsort(length[used], kind="stable")]:
        a, b, w = one[row], two[row], length[row]
        if now[a, b] <= ratio * w:
            continue
        kept.append(row)
        through = np.minimum(now[:, a, None] + (w + now[None, b, :]), now[:, b, None] + (w + now[None, a, :]))
        np.minimum(now, through, out=now)
    return np.array(kept, np.int64)


def _useful(nodes: int, entries: int, one: NDArray[np.int64], two: NDArray[np.int64], length: NDArray[np.float64]) -> NDArray[np.int64]:
    """Rows of the lines that lie on the shortest crossings between entries (one crossing for each pair)."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import dijkstra

    graph = coo_array((np.maximum(length, 1e-6), (one, two)), shape=(nodes, nodes)).tocsr()
    before = np.asarray(dijkstra(graph, directed=False, indices=np.arange(entries), return_predecessors=True)[1], np.int64)
    needed = np.zeros((entries, nodes), bool)
    needed[:, :entries] = True
    start, here = (np.asarray(part) for part in np.nonzero(needed))
    used = np.zeros((nodes, nodes), bool)
    while len(here):
        back = before[start, here]
        start, here, back = start[back >= 0], here[back >= 0], back[back >= 0]
        used[np.minimum(here, back), np.maximum(here, back)] = True
        fresh = ~needed[start, back]
        needed[start, back] = True
        start, here = start[fresh], back[fresh]
    return np.nonzero(used[np.minimum(one, two), np.maximum(one, two)])[0]
