"""Pieces of the street network that walkers cannot leave, and why: a shut gate, a ferry, a missing crossing, a gap in the map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from parkcity.sense.osm.attributes import CLOSED, class_code
from parkcity.standards import parameter

if TYPE_CHECKING:
    from numpy.typing import NDArray

MADE = ("square_link", "entrance_link", "gate")
CAUSES = ("gate", "ferry", "missing_crossing", "missing_link", "barrier", "edge_of_data")


def mapped_edges(arrays: dict[str, NDArray[Any]]) -> NDArray[np.bool_]:
    """Edges that are streets on the map, bool [e]: not lines of sight, links or gates. Only these count as street length."""
    if "klass" not in arrays:
        return np.ones(len(arrays["edge_u"]), bool)
    return ~np.isin(arrays["klass"], [class_code(name) for name in MADE])


def passable_edges(arrays: dict[str, NDArray[Any]], mode: str = "walk") -> NDArray[np.bool_]:
    """Edges that a mode may use in at least one direction, bool [e]."""
    if mode not in arrays:
        return np.ones(len(arrays["edge_u"]), bool)
    return np.asarray(arrays[mode] != CLOSED)


def walk_pieces(arrays: dict[str, NDArray[Any]], mode: str = "walk") -> NDArray[np.int32]:
    """The connected piece of every node for a mode, int32 [n], 0 the one with the most nodes; shut gates part pieces."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    nodes = len(arrays["node_lon"] if "node_lon" in arrays else arrays["node_x"])
    passable = passable_edges(arrays, mode)
    ends = (arrays["edge_u"][passable], arrays["edge_v"][passable])
    _, label = connected_components(coo_array((np.ones(len(ends[0]), np.int8), ends), shape=(nodes, nodes)), directed=False)
    order = np.argsort(-np.bincount(label), kind="stable")
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    return rank[label]


def island_causes(
    lines: NDArray[Any], piece: NDArray[np.int32], arrays: dict[str, NDArray[Any]], ferries: NDArray[np.float64]
) -> pd.DataFrame:
    """For every piece but the largest where and why it is apart, and which link would join it.

    `lines` [e] the edges as metric lines, `piece` int32 [n] of the nodes, `arrays` the network, `ferries` float64 [f, 2] the
    ends of ferry lines (metric). Rows: `piece, nodes, length_km, gap_m, cause` (see `CAUSES`), `x, y` (the point of the
    piece nearest to the main network), `to_x, to_y` (the point of the main network nearest to it): a link between the
    two is the proposal.
    """
    import shapely

    count = int(piece.max(initial=-1)) + 1
    columns = ["piece", "nodes", "length_km", "gap_m", "cause", "x", "y", "to_x", "to_y"]
    passable = passable_edges(arrays)
    of_edge = piece[arrays["edge_u"]]
    main, apart = np.nonzero(passable & (of_edge == 0))[0], np.nonzero(passable & (of_edge > 0))[0]
    if count <= 1 or not len(main):
        return pd.DataFrame(columns=columns)
    (one, two), gap = shapely.STRtree(lines[main]).query_nearest(lines[apart], return_distance=True, all_matches=False)
    order = np.lexsort([apart[one], gap, of_edge[apart[one]]])
    numbers, first = np.unique(of_edge[apart[one]][order], return_index=True)
    best = order[first]
    ends = shapely.get_coordinates(shapely.shortest_line(lines[apart[one[best]]], lines[main[two[best]]])).reshape(-1, 2, 2)
    facts = _facts(lines[apart], of_edge[apart], piece, arrays, ferries, count)
    length = np.bincount(of_edge[passable], arrays["edge_length"][passable], minlength=count)
    table = pd.DataFrame(
        {
            "piece": numbers,
            "nodes": np.bincount(piece, minlength=count)[numbers],
            "length_km": length[numbers] / 1000.0,
            "gap_m": gap[best],
            "cause": [_cause(float(far), int(number), facts) for far, number in zip(gap[best], numbers, strict=True)],
            "x": ends[:, 0, 0],
            "y": ends[:, 0, 1],
            "to_x": ends[:, 1, 0],
            "to_y": ends[:, 1, 1],
        }
    )
    return table[columns]


def _facts(
    lines: NDArray[Any],
    of_line: NDArray[np.int32],
    piece: NDArray[np.int32],
    arrays: dict[str, NDArray[Any]],
    ferries: NDArray[np.float64],
    count: int,
) -> dict[str, NDArray[np.bool_]]:
    """What touches each piece: a shut gate to another piece, a ferry, a crossing."""
    import shapely

    touches = {name: np.zeros(count, bool) for name in ("gate", "ferry", "crossing")}
    for name, edges in _marked(arrays, piece).items():
        # Of two pieces that a gate parts, the smaller one (the higher number) is the one shut in.
        touches[name][np.maximum(piece[arrays["edge_u"][edges]], piece[arrays["edge_v"][edges]])] = True
    if len(ferries):
        reach = parameter("osm_parameters", "island.ferry").number
        _, near = shapely.STRtree(lines).query(np.asarray(shapely.points(ferries), object), predicate="dwithin", distance=reach)
        touches["ferry"][of_line[near]] = True
    return touches


def _marked(arrays: dict[str, NDArray[Any]], piece: NDArray[np.int32]) -> dict[str, NDArray[np.int64]]:
    if "klass" not in arrays:
        return {}
    # A gate within one piece parts nothing: there is a way round.
    parts = piece[arrays["edge_u"]] != piece[arrays["edge_v"]]
    shut = (arrays["klass"] == class_code("gate")) & ~passable_edges(arrays) & parts
    crossing = arrays.get("crossing", np.zeros(len(shut), np.int8)) > 0
    return {"gate": np.nonzero(shut)[0], "crossing": np.nonzero(crossing)[0]}


def _cause(gap: float, piece: int, facts: dict[str, NDArray[np.bool_]]) -> str:
    if facts["gate"][piece]:
        return "gate"
    if facts["ferry"][piece]:
        return "ferry"
    if gap <= parameter("engine_parameters", "component.link_gap").number:
        return "missing_crossing" if facts["crossing"][piece] else "missing_link"
    return "edge_of_data" if gap > parameter("engine_parameters", "component.island_gap").number else "barrier"
