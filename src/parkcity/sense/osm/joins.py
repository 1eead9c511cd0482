"""Joins that the map means but does not draw: crossings over roads, path ends at gates, station entrances and platforms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.sense.osm.attributes import CLOSED, admits, class_code, made_row
from parkcity.sense.osm.metric import distance, to_local
from parkcity.standards import parameter

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from parkcity.sense.osm.scan import Points, Route
    from parkcity.sense.osm.tags import Tags
    from parkcity.sense.osm.ways import Made, Ways

_GATES = frozenset({"gate", "entrance", "kissing_gate", "swing_gate", "lift_gate", "sliding_gate", "turnstile", "wicket_gate"})
_CELL = 150.0
_ENTRANCES = frozenset({"subway_entrance", "train_station_entrance"})


def _stretches(ways: Ways, rows: NDArray[np.int64], near: NDArray[np.float64] | None = None) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """The straight stretches of some ways: the place of their first point, and lines in local metres.

    With points `near` [m, 2] only stretches are given that can lie within `_CELL` of one of them.
    """
    import shapely

    chosen = np.zeros(len(ways.lines), bool)
    chosen[rows] = True
    inner = chosen[ways.owner]
    inner[ways.lines.start[1:] - 1] = False
    place = np.nonzero(inner)[0]
    x, y = ways.local()
    if near is not None:
        place = place[_beside(np.column_stack([x, y]), place, near)]
    ends = np.stack([np.column_stack([x[place], y[place]]), np.column_stack([x[place + 1], y[place + 1]])], axis=1)
    return place, np.asarray(shapely.linestrings(ends), object).reshape(len(place))


def _beside(xy: NDArray[np.float64], place: NDArray[np.int64], near: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which stretches can lie within `_CELL` of a point: those in a cell next to one, and all that are longer than a cell."""
    wide = 1 << 32
    cell = np.floor(near / _CELL).astype(np.int64)
    around = np.array([(east * wide) + north for east in (-1, 0, 1) for north in (-1, 0, 1)])
    taken = np.unique((cell[:, 0] * wide + cell[:, 1])[:, None] + around)
    own = np.floor(xy / _CELL).astype(np.int64)
    code = own[:, 0] * wide + own[:, 1]
    long = np.hypot(*(xy[place + 1] - xy[place]).T) > _CELL
    return np.asarray(long | np.isin(code[place], taken) | np.isin(code[place + 1], taken))


def join_crossings(ways: Ways) -> Ways:
    """Crossings joined to the roads that they cross where the map draws no common node.

    A crossing and a road at one level, neither on a bridge nor in a tunnel, that cut each other get a common node there.
    """
    import shapely

    attributes, kind = ways.attributes, ways.kind
    level = (attributes.bridge[kind] == 0) & (attributes.tunnel[kind] == 0)
    crossing = np.nonzero((attributes.crossing[kind] > 0) & level)[0]
    road = np.nonzero((attributes.car[kind] != CLOSED) & (attributes.crossing[kind] == 0) & level)[0]
    if not len(crossing) or not len(road):
        return ways
    place_c, line_c = _stretches(ways, crossing)
    place_r, line_r = _stretches(ways, road, shapely.get_coordinates(line_c))
    one, two = shapely.STRtree(line_r).query(line_c, predicate="crosses")
    ref, owner = ways.lines.ref, ways.owner
    near = np.column_stack([ref[place_c[one]], ref[place_c[one] + 1]])
    far = np.column_stack([ref[place_r[two]], ref[place_r[two] + 1]])
    apart = ~(near[:, :, None] == far[:, None, :]).any(axis=(1, 2))
    apart &= attributes.layer[kind[owner[place_c[one]]]] == attributes.layer[kind[owner[place_r[two]]]]
    one, two = one[apart], two[apart]
    if not len(one):
        return ways
    meeting = shapely.get_coordinates(shapely.intersection(line_c[one], line_r[two]))
    fresh = ways.free_id() - np.arange(len(one))
    places = np.concatenate([place_c[one], place_r[two]])
    share = np.concatenate([_share(line_c[one], meeting), _share(line_r[two], meeting)])
    lon, lat = _between(ways, place_c[one], _share(line_c[one], meeting))
    order = np.lexsort([share, places])
    put = (places[order] + 1, np.tile(fresh, 2)[order], np.tile(lon, 2)[order], np.tile(lat, 2)[order])
    return ways.with_points(*put).noted(f"{len(one)} crossings were joined to the road that they cross, where the map has no common node")


def _share(lines: NDArray[Any], xy: NDArray[np.float64]) -> NDArray[np.float64]:
    import shapely

    return np.asarray(shapely.line_locate_point(lines, shapely.points(xy), normalized=True))


def _between(ways: Ways, place: NDArray[np.int64], share: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Positions on the stretches that begin at points, at a share of their length."""
    lon, lat = ways.lines.lon, ways.lines.lat
    return lon[place] + share * (lon[place + 1] - lon[place]), lat[place] + share * (lat[place + 1] - lat[place])


def _walkable(ways: Ways) -> NDArray[np.int64]:
    attributes, kind = ways.attributes, ways.kind
    level = (attributes.bridge[kind] == 0) & (attributes.tunnel[kind] == 0)
    return np.nonzero((attributes.walk[kind] != CLOSED) & level)[0]


def dead_ends(ways: Ways) -> NDArray[np.int64]:
    """Places of points where a single way ends."""
    lines = ways.lines
    ids, count = np.unique(lines.ref, return_counts=True)
    ends = np.concatenate([lines.start[:-1], lines.start[1:] - 1])
    return np.sort(ends[count[np.searchsorted(ids, lines.ref[ends])] == 1])


@dataclass(frozen=True)
class _Loose:
    """Nodes that should be joined to a street: ids, positions, how far to look, and the remark that tells of it."""

    ref: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    reach: float
    remark: str


def join_ends(ways: Ways, points: Points) -> Ways:
    """Path ends at gates, crossing ends beside a street, and station entrances off every walkway, joined to the nearest street."""
    ends = dead_ends(ways)
    lines, attributes = ways.lines, ways.attributes
    kind = ways.kind[ways.owner[ends]]
    gated = np.isin(lines.ref[ends], points.node[_rows(points, _is_gate)])
    foot = np.isin(attributes.klass[kind], [class_code(name) for name in ("footway", "path", "steps", "pedestrian", "service")])
    groups = [
        ("gate", ends[gated & foot], "paths that end at a gate were joined to the street beside it"),
        ("crossing", ends[~gated & (attributes.crossing[kind] > 0)], "crossings that end beside a street were joined to it"),
    ]
    loose = [
        _Loose(lines.ref[places], lines.lon[places], lines.lat[places], parameter("osm_parameters", f"join.{name}").number, remark)
        for name, places, remark in groups
    ]
    rows = _rows(points, lambda tags: tags.get("railway") in _ENTRANCES)
    rows = rows[~np.isin(points.node[rows], lines.ref)]
    reach = parameter("osm_parameters", "join.station").number
    remark = "station entrances off every walkway were joined to the nearest one"
    loose.append(_Loose(points.node[rows], points.lon[rows], points.lat[rows], reach, remark))
    return _linked(ways, loose)


def _is_gate(tags: Tags) -> bool:
    """Is this a gate through which walkers may pass?"""
    return tags.get("barrier") in _GATES and tags.get("locked") != "yes" and admits(tags, "walk", default=True)


def _rows(points: Points, holds: Callable[[Tags], bool]) -> NDArray[np.int64]:
    return np.array([row for row, tags in enumerate(points.tags) if holds(tags)], np.int64)


def _linked(ways: Ways, loose: list[_Loose]) -> Ways:
    """Every loose node tied to the nearest stretch of another way, with a node put in there."""
    import shapely

    ref = np.concatenate([part.ref for part in loose])
    if not len(ref) or not len(ways.lines):
        return ways
    lon, lat = (np.concatenate([getattr(part, name) for part in loose]) for name in ("lon", "lat"))
    reach = np.concatenate([np.full(len(part.ref), part.reach) for part in loose])
    x, y = to_local(lon, lat, float(np.median(ways.lines.lat)))
    place, line = _stretches(ways, _walkable(ways), np.column_stack([x, y]))
    here = np.asarray(shapely.points(x, y), object)
    one, two = shapely.STRtree(line).query(here, predicate="dwithin", distance=reach)
    # A stretch that begins or ends at the node itself, or belongs to the way that ends there, is no answer.
    other = ~_shares_way(ways, ref[one], place[two])
    one, two = one[other], two[other]
    gap = shapely.distance(here[one], line[two])
    order = np.lexsort([two, gap, one])
    _, best = np.unique(one[order], return_index=True)
    one, two = one[order][best], two[order][best]
    if not len(one):
        return ways
    share = np.nan_to_num(np.asarray(shapely.line_locate_point(line[two], here[one], normalized=True)))
    return _tied(ways, ref[one], np.column_stack([lon[one], lat[one]]), place[two], share).noted(_told(loose, one))


def _shares_way(ways: Ways, ref: NDArray[np.int64], place: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Does the way on which a point lies pass the node `ref` too? Pairs [m]."""
    lines, owner = ways.lines, ways.owner
    at = np.nonzero(np.isin(lines.ref, ref))[0]
    passed = set(zip(lines.ref[at].tolist(), lines.way[owner[at]].tolist(), strict=True))
    pairs = zip(ref.tolist(), lines.way[owner[place]].tolist(), strict=True)
    return np.array([pair in passed for pair in pairs], bool)


def _told(loose: list[_Loose], joined: NDArray[np.int64]) -> str:
    limits = np.cumsum([0, *(len(part.ref) for part in loose)])
    counts = np.histogram(joined, limits)[0]
    told = [f"{count} {part.remark} (at most {part.reach:g} m)" for part, count in zip(loose, counts, strict=True) if count]
    return "; ".join(told)


def _tied(ways: Ways, ref: NDArray[np.int64], at: NDArray[np.float64], place: NDArray[np.int64], share: NDArray[np.float64]) -> Ways:
    """Links from nodes to points on stretches; a point at the end of a stretch is the node that is there already."""
    lines = ways.lines
    lon, lat = _between(ways, place, share)
    inner = (share > 0) & (share < 1)
    target = np.where(share <= 0, lines.ref[place], lines.ref[place + 1])
    target = np.where(inner, ways.free_id() - np.arange(len(ref)), target)
    order = np.nonzero(inner)[0]
    order = order[np.lexsort([share[order], place[order]])]
    new = ways.with_points(place[order] + 1, target[order], lon[order], lat[order])
    ends = zip(ref.tolist(), target.tolist(), at[:, 0], at[:, 1], lon, lat, strict=True)
    made: list[Made] = [([a, b], [lon_a, lon_b], [lat_a, lat_b], 0) for a, b, lon_a, lat_a, lon_b, lat_b in ends if a != b]
    return new.with_ways(made, [made_row("entrance_link")])


def join_platforms(ways: Ways, points: Points, groups: list[Route]) -> Ways:
    """Station entrances tied to the platforms of their station: those of one stop area, else the nearest that no walkway reaches."""
    lines = ways.lines
    rows = _rows(points, lambda tags: tags.get("railway") in _ENTRANCES)
    is_platform = ways.attributes.klass[ways.kind] == class_code("platform")
    if not len(rows) or not is_platform.any():
        return ways
    row_of = {int(points.node[row]): int(row) for row in rows}
    platform_of: dict[int, list[int]] = {}
    for way in np.nonzero(is_platform)[0].tolist():
        platform_of.setdefault(int(lines.way[way]), []).append(way)
    pairs = []
    for group in groups:
        doors = [row_of[ref] for kind, ref, _ in group.members if kind == "n" and ref in row_of]
        stands = [way for kind, ref, _ in group.members if kind == "w" for way in platform_of.get(ref, ())]
        pairs += [(door, way) for door in doors for way in stands]
    pairs += _nearest_platforms(ways, points, [row for row in rows.tolist() if row not in {door for door, _ in pairs}], is_platform)
    if not pairs:
        return ways
    made = [_platform_link(ways, points, row, way) for row, way in sorted(set(pairs))]
    return ways.with_ways(made, [made_row("entrance_link", tunnel=1, layer=-1)]).noted(
        f"{len(made)} links join station entrances and platforms"
    )


def _nearest_platforms(ways: Ways, points: Points, rows: list[int], is_platform: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """The nearest platform of each entrance, among those that touch no other walkway."""
    from scipy.spatial import cKDTree

    lines, owner = ways.lines, ways.owner
    on = is_platform[owner]
    joined = np.isin(lines.ref, lines.ref[~on])
    reached = np.zeros(len(lines), bool)
    reached[owner[on & joined]] = True
    place = np.nonzero(on & ~reached[owner])[0]
    if not rows or not len(place):
        return []
    x, y = ways.local()
    at = np.column_stack(to_local(points.lon[rows], points.lat[rows], float(np.median(lines.lat))))
    reach = parameter("osm_parameters", "join.platform").number
    gap, found = (np.asarray(part) for part in cKDTree(np.column_stack([x[place], y[place]])).query(at, distance_upper_bound=reach))
    return [(row, int(owner[place[near]])) for row, near, far in zip(rows, found.tolist(), gap.tolist(), strict=True) if far <= reach]


def _platform_link(ways: Ways, points: Points, row: int, way: int) -> Made:
    lines = ways.lines
    part = slice(lines.start[way], lines.start[way + 1])
    lon, lat = float(points.lon[row]), float(points.lat[row])
    far = distance(np.full(part.stop - part.start, lon), np.full(part.stop - part.start, lat), lines.lon[part], lines.lat[part])
    near = int(part.start + np.argmin(far))
    return [int(points.node[row]), int(lines.ref[near])], [lon, float(lines.lon[near])], [lat, float(lines.lat[near])], 0
