"""What the changes of streets share: edges cut, added and removed in the twin's arrays, and attachments made again around them.

Arrays of streets come by node (`node_…`), by edge (`edge_…` and whatever else the reader gave by edge) and as lines (`geom_…`). All
are replaced, never edited in place. A point keeps the streets to which it was attached as long as they are open, and gains new ones
by the city's rule: so a new street never makes a way longer, and a closed one never makes a way shorter while another is left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.sense.osm.islands import mapped_edges, passable_edges
from parkcity.standards import parameter
from parkcity.twin.attach import StreetIndex, attach
from parkcity.twin.street_delta import only_edges
from parkcity.twin.streets import connected_pieces, edge_shapes, junctions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parkcity.twin.changes._draft import Draft
    from parkcity.twin.changes._fields import Report

    Arrays = dict[str, NDArray[Any]]

_SAME_POINT_M = 0.01
_OWNERS = ("cell", "door")


def index_of(draft: Draft) -> StreetIndex:
    """The spatial index of the streets as they are in the draft."""
    return draft.index or draft.ground.index


def lines_in(draft: Draft, arrays: Arrays) -> NDArray[Any]:
    """The streets as lines, [edges]: those that the draft has at hand, and the others made anew."""
    known, edges = index_of(draft), len(arrays["edge_u"])
    if edges < len(known.shapes):
        return edge_shapes(arrays)
    before, count = draft.street_arrays(), len(known.shapes)
    names = ("edge_u", "edge_v", "edge_length")
    differ = np.concatenate([np.any([arrays[name][:count] != before[name] for name in names], axis=0), np.ones(edges - count, bool)])
    rows = np.flatnonzero(differ)
    lines = np.concatenate([known.shapes, np.full(edges - count, None)])
    if len(rows):
        lines[rows] = edge_shapes(only_edges(arrays, rows))
    return lines


def begin(draft: Draft) -> Arrays:
    """The street arrays as they are."""
    return {name: np.asarray(array) for name, array in draft.street_arrays().items()}


def by_edge(arrays: Arrays) -> list[str]:
    """The names of the arrays that have one entry an edge."""
    count = len(arrays["edge_u"])
    own = ("node_", "junction_", "geom_")
    return [name for name, array in arrays.items() if len(array) == count and not name.startswith(own)]


def join_point(draft: Draft, arrays: Arrays, x: float, y: float, report: Report) -> tuple[Arrays, int, list[int]] | None:
    """The node where a new street joins the present ones at a point, the nearest street being cut there if need be.

    Gives the arrays, the node and the edges that were cut; None, with a fault, where no street is near.
    """
    import shapely

    limit = parameter("engine_parameters", "component.link_gap").number
    shapes, point = lines_in(draft, arrays), shapely.Point(x, y)
    edge = int(np.argmin(shapely.distance(shapes, point)))
    distance = float(shapely.distance(shapes[edge], point))
    if distance > limit:
        todo = "begin and end the line at streets, or add the street between first"
        report.add(f"an end of the line is {distance:,.0f} m from the nearest street.", allowed=f"at most {limit:g} m.", todo=todo)
        return None
    share = float(shapely.line_locate_point(shapes[edge], point, normalized=True))
    length = float(arrays["edge_length"][edge])
    for node, along in ((int(arrays["edge_u"][edge]), share * length), (int(arrays["edge_v"][edge]), (1 - share) * length)):
        if along <= _SAME_POINT_M:
            return arrays, node, []
    return cut_edge(draft, arrays, edge, share, shapes[edge]), len(arrays["node_x"]), [edge]


def cut_edge(draft: Draft, arrays: Arrays, edge: int, share: float, shape: Any) -> Arrays:
    """An edge becomes two at a share of its length: the first half keeps its row, the second comes last."""
    import shapely
    from shapely.ops import substring

    length = float(arrays["edge_length"][edge])
    spot = shapely.line_interpolate_point(shape, share, normalized=True)
    node, second = len(arrays["node_x"]), len(arrays["edge_u"])
    halves = [substring(shape, 0, share, normalized=True), substring(shape, share, 1, normalized=True)]
    new = {
        name: np.append(arrays[name], arrays[name][edge : edge + 1]) if arrays[name].ndim == 1 else arrays[name] for name in by_edge(arrays)
    }
    new["edge_v"][edge], new["edge_u"][second] = node, node
    new["edge_length"][edge], new["edge_length"][second] = share * length, length - share * length
    nodes = add_node(arrays, float(spot.x), float(spot.y))
    lines = lines_of(arrays)
    if lines is not None:
        lines[edge] = np.asarray(halves[0].coords)
        lines.append(np.asarray(halves[1].coords))
    _move_attachments(draft, edge, second, share * length)
    return {**arrays, **new, **nodes, **packed(lines)}


def _move_attachments(draft: Draft, edge: int, second: int, cut: float) -> None:
    """What was attached to the second half of an edge that was cut is attached to the new edge."""
    for what in _OWNERS:
        edges, offsets = draft.attachments[f"{what}_edge"].copy(), draft.attachments[f"{what}_offset"].copy()
        after = (edges == edge) & (offsets > cut)
        edges[after], offsets[after] = second, offsets[after] - cut
        draft.attachments[f"{what}_edge"], draft.attachments[f"{what}_offset"] = edges, offsets


def add_node(arrays: Arrays, x: float, y: float) -> Arrays:
    """The arrays by node with one node more; what else is known by node is taken from the first node."""
    count = len(arrays["node_x"])
    own = {name: np.append(array, array[:1]) for name, array in arrays.items() if name.startswith("node_") and len(array) == count}
    own["node_x"][-1], own["node_y"][-1] = x, y
    return own


def add_edge(arrays: Arrays, u: int, v: int, length: float, line: NDArray[np.float64], like: int) -> Arrays:
    """One edge more, with the other attributes of the edge `like`."""
    new = {name: np.append(arrays[name], arrays[name][like : like + 1]) for name in by_edge(arrays)}
    new["edge_u"][-1], new["edge_v"][-1], new["edge_length"][-1] = u, v, length
    lines = lines_of(arrays)
    if lines is not None:
        lines.append(line)
    return {**arrays, **new, **packed(lines)}


def remove_edges(draft: Draft, arrays: Arrays, edges: NDArray[np.int64]) -> tuple[Arrays, dict[str, NDArray[np.int64]]]:
    """The arrays without some edges, and for cells and doors the owners that are attached to no other."""
    keep = np.ones(len(arrays["edge_u"]), bool)
    keep[edges] = False
    draft.edge_from = draft.edges_from(len(keep))[keep]
    number = np.cumsum(keep) - 1
    lines = lines_of(arrays)
    new = {name: arrays[name][keep] for name in by_edge(arrays)}
    affected: dict[str, NDArray[np.int64]] = {}
    for what in _OWNERS:
        at = draft.attachments[f"{what}_edge"]
        stays, owner = keep[at], draft.attachments[f"{what}_owner"]
        affected[what] = np.setdiff1d(owner[~stays], owner[stays]).astype(np.int64)
        for name in ("owner", "edge", "offset", "distance"):
            draft.attachments[f"{what}_{name}"] = draft.attachments[f"{what}_{name}"][stays]
        draft.attachments[f"{what}_edge"] = number[draft.attachments[f"{what}_edge"]].astype(at.dtype)
    kept = None if lines is None else [line for line, stay in zip(lines, keep, strict=True) if stay]
    return {**arrays, **new, **packed(kept)}, affected


def lines_of(arrays: Arrays) -> list[NDArray[np.float64]] | None:
    """The line of every edge where the twin knows them."""
    if "geom_start" not in arrays:
        return None
    return list(np.split(arrays["geom_xy"], arrays["geom_start"][1:-1]))


def packed(lines: list[NDArray[np.float64]] | None) -> Arrays:
    """Lines as the two arrays that the twin keeps."""
    if lines is None:
        return {}
    start = np.concatenate([[0], np.cumsum([len(line) for line in lines])]).astype(np.int64)
    return {"geom_start": start, "geom_xy": np.concatenate(lines)}


def finish(draft: Draft, arrays: Arrays, affected: dict[str, NDArray[np.int64]], near: Any = None) -> int:
    """Put changed streets into the draft: pieces and junctions anew, and attachments of the points that the change may concern.

    `affected` are owners to attach again; so is every owner that the shape `near` comes close enough to. Gives their number.
    """
    u, v = arrays["edge_u"].astype(np.int32), arrays["edge_v"].astype(np.int32)
    passable, drawn = passable_edges(arrays), mapped_edges(arrays)
    arrays["node_piece"] = connected_pieces(len(arrays["node_x"]), u[passable], v[passable]).astype(arrays["node_piece"].dtype)
    arrays["junction_x"], arrays["junction_y"] = junctions(arrays["node_x"], arrays["node_y"], u[drawn], v[drawn])
    draft.streets, draft.index = arrays, StreetIndex.of(arrays, lines=lines_in(draft, arrays))
    cells = draft.twin.cells
    points = {"cell": (cells["x"].to_numpy(float), cells["y"].to_numpy(float))}
    points["door"] = (draft.doors["x"].to_numpy(float), draft.doors["y"].to_numpy(float))
    count = 0
    for what, (x, y) in points.items():
        owners = affected.get(what, np.zeros(0, np.int64))
        if near is not None:
            owners = np.union1d(owners, _within_reach(draft, what, x, y, near))
        _attach_again(draft, what, owners.astype(np.int64), x, y)
        count += len(owners)
    return count


def _within_reach(draft: Draft, what: str, x: NDArray[np.float64], y: NDArray[np.float64], near: Any) -> NDArray[np.int64]:
    """Points that a new street may serve: those nearer to it than to their farthest street so far, or that had too few."""
    import shapely

    rule = draft.ground.rule
    farthest = np.zeros(len(x))
    owner, distance = draft.attachments[f"{what}_owner"], draft.attachments[f"{what}_distance"]
    np.maximum.at(farthest, owner, distance)
    few = np.bincount(owner, minlength=len(x)) < rule.candidates
    reach = np.where(few, rule.limit, farthest)
    return np.flatnonzero(shapely.distance(shapely.points(x, y), near) <= reach)


def _attach_again(draft: Draft, what: str, owners: NDArray[np.int64], x: NDArray[np.float64], y: NDArray[np.float64]) -> None:
    if not len(owners):
        return
    found, nearest = attach(index_of(draft), x[owners], y[owners], draft.ground.rule)
    old = {name: draft.attachments[f"{what}_{name}"] for name in ("owner", "edge", "offset", "distance")}
    edges = len(index_of(draft).length)
    owner = owners[found["owner"]]
    fresh = ~np.isin(owner * edges + found["edge"], old["owner"].astype(np.int64) * edges + old["edge"])
    new = {**found, "owner": owner}
    joined = {name: np.concatenate([array, new[name][fresh].astype(array.dtype)]) for name, array in old.items()}
    order = np.lexsort([joined["edge"], joined["distance"], joined["owner"]])
    for name, array in joined.items():
        draft.attachments[f"{what}_{name}"] = array[order]
    if what == "cell":
        distance = draft.attachments["cell_nearest_m"].copy()
        distance[owners] = nearest
        draft.attachments["cell_nearest_m"] = distance
