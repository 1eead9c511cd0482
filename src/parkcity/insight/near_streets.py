"""Points at the streets nearest to them, and those that a change of streets concerns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely import STRtree

    from parkcity.travel import Attach
    from parkcity.twin.street_delta import StreetDelta

    Arrays = dict[str, NDArray[Any]]
    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


def first_of_each(row: Ints, edge: Ints, distance: Floats) -> tuple[Ints, Ints, Floats]:
    """The nearest street of every point among pairs of a point and a street: the first of those equally near."""
    order = np.lexsort((edge, distance, row))
    rows, first = np.unique(row[order], return_index=True)
    return rows, edge[order][first], distance[order][first]


def offsets_on(lines: NDArray[Any], length: Floats, points: NDArray[Any]) -> Floats:
    """Where points [n] meet lines [n]: metres along the stated length of each."""
    import shapely

    share = np.nan_to_num(shapely.line_locate_point(lines, points, normalized=True))
    return np.clip(share * length, 0.0, length)


def only(every: Attach, rows: Ints) -> Attach:
    """The candidates of some owners, which are counted anew in the order of `rows`, rising."""
    from parkcity.travel import Attach

    number = np.full(every.owners, -1, np.int64)
    number[rows] = np.arange(len(rows))
    mine = np.flatnonzero(number[every.owner] >= 0)
    owner = number[every.owner[mine]].astype(np.int32)
    return Attach(owner, every.edge[mine], every.offset[mine], every.distance[mine], len(rows))


def otherwise(before: Attach, after: Attach, delta: StreetDelta) -> NDArray[np.bool_]:
    """Which owners meet the streets otherwise than before, bool [owners]; both have the same owners."""
    found = np.zeros(after.owners, bool)
    count = [np.bincount(attach.owner, minlength=after.owners) for attach in (before, after)]
    found |= count[0] != count[1]
    same = np.flatnonzero(~found)
    old, new = (only(attach, same) for attach in (before, after))
    differ = (delta.number[old.edge] != new.edge) | (old.offset != new.offset) | (old.distance != new.distance)
    found[same[new.owner[differ]]] = True
    return found


def attached_again(before: Arrays, delta: StreetDelta, tree: STRtree, away_m: float) -> Arrays:
    """Points at the nearest street within `away_m` after a change of streets, from where they met the streets before.

    `before`: `x`, `y` of all points; `owner`, `edge`, `offset`, `distance` of those that met a street; `tree`: the streets before.
    """
    import shapely

    x, y, owner = before["x"], before["y"], before["owner"]
    distance = np.full(len(x), away_m)
    distance[owner] = before["distance"]
    again = np.zeros(len(x), bool)
    again[owner[delta.number[before["edge"]] < 0]] = True
    for line in delta.fresh_lines:
        again |= _nearer(line, x, y, distance)
    rows = np.flatnonzero(again)
    points = np.asarray(shapely.points(x[rows], y[rows]))
    at, edge = tree.query(points, predicate="dwithin", distance=away_m)
    at, edge = at[delta.number[edge] >= 0], delta.number[edge[delta.number[edge] >= 0]]
    near, line = shapely.STRtree(delta.fresh_lines).query(points, predicate="dwithin", distance=away_m)
    at, edge = np.concatenate([at, near]), np.concatenate([edge, delta.fresh[line]])
    lines = delta.lines
    at, edge, metres = first_of_each(at, edge, np.asarray(shapely.distance(points[at], lines[edge])))
    offset = offsets_on(lines[edge], np.asarray(delta.after["edge_length"])[edge], points[at])
    stays = ~again[owner]
    order = np.argsort(np.concatenate([owner[stays], rows[at]]), kind="stable")
    joined = {
        "owner": np.concatenate([owner[stays], rows[at].astype(owner.dtype)]),
        "edge": np.concatenate([delta.number[before["edge"][stays]], edge]).astype(np.int32),
        "offset": np.concatenate([before["offset"][stays], offset]),
        "distance": np.concatenate([before["distance"][stays], metres]),
    }
    return {"x": x, "y": y, **{name: array[order] for name, array in joined.items()}}


def _nearer(line: Any, x: Floats, y: Floats, distance: Floats) -> NDArray[np.bool_]:
    """Which points lie as near to a line as to their street, or nearer."""
    import shapely

    low_x, low_y, high_x, high_y = shapely.bounds(line)
    most = float(distance.max(initial=0.0))
    rows = np.flatnonzero((x >= low_x - most) & (x <= high_x + most) & (y >= low_y - most) & (y <= high_y + most))
    found = np.zeros(len(x), bool)
    found[rows[shapely.distance(shapely.points(x[rows], y[rows]), line) <= distance[rows]]] = True
    return found
