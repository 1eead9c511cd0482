"""From ways to a network: split where streets meet, and merge what only bends.

A node stays a node of the network where streets meet, where one ends, where something stands that must be kept, or where
the attributes that decide a cost change. All other points become geometry.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from parkcity.sense.osm.metric import distance

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Paths:
    """Ways as sequences of nodes.

    `node` int64 [k] rows of nodes, cut into ways by `start` int64 [w+1]; `kind` int64 [w], ways of one kind are alike for
    every cost; `directed` bool [kinds], kinds whose cost depends on the way's direction; `way` int64 [w] ids;
    `lon, lat` [n] positions of the nodes; `keep` bool [n], nodes that must stay.
    """

    node: NDArray[np.int64]
    start: NDArray[np.int64]
    kind: NDArray[np.int64]
    directed: NDArray[np.bool_]
    way: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    keep: NDArray[np.bool_]


@dataclass(frozen=True)
class Graph:
    """A network of m nodes and e edges.

    `node` int64 [m], rows of the positions given; `u, v` int32 [e]; `kind`, `way` int64 [e]; `length` float64 [e] metres;
    the points of edge i are `point[start[i]:start[i+1]]`, rows of the positions given, from u to v.
    """

    node: NDArray[np.int64]
    u: NDArray[np.int32]
    v: NDArray[np.int32]
    kind: NDArray[np.int64]
    way: NDArray[np.int64]
    length: NDArray[np.float64]
    start: NDArray[np.int64]
    point: NDArray[np.int64]


def contract(paths: Paths) -> Graph:
    """The network of ways, every chain of bends one edge. Loops are cut in two, so that no edge begins and ends at one node."""
    node, start, way_of = _without_repeats(paths)
    if len(node) == 0:
        return _graph(paths, np.zeros(1, np.int64), node, np.zeros(0, np.int64))
    ends = np.zeros(len(node), bool)
    ends[start[:-1]] = True
    ends[start[1:] - 1] = True
    degree = np.bincount(node, minlength=len(paths.lon)) * 2 - np.bincount(node[ends], minlength=len(paths.lon))
    keep = paths.keep | (degree != 2)
    piece_start, piece_end, piece_way = _pieces(node, start, way_of, keep, ends)
    keep_joint = _joints_to_keep(paths, node, piece_start, piece_end, piece_way, keep)
    order, flipped, chain_start = _chains(node, piece_start, piece_end, keep_joint)
    start, point = _points(node, piece_start, piece_end, order, flipped, chain_start)
    return _cut_loops(_graph(paths, start, point, piece_way[order[chain_start[:-1]]]), paths)


def _without_repeats(paths: Paths) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Nodes and starts of ways without consecutive repeats and without ways of a single point; rows of the ways left."""
    way = np.repeat(np.arange(len(paths.start) - 1), np.diff(paths.start))
    fresh = np.ones(len(paths.node), bool)
    fresh[1:] = (paths.node[1:] != paths.node[:-1]) | (way[1:] != way[:-1])
    sizes = np.bincount(way[fresh], minlength=len(paths.start) - 1)
    fresh &= sizes[way] > 1
    rows = np.nonzero(sizes > 1)[0]
    return paths.node[fresh], np.concatenate([[0], np.cumsum(sizes[rows])]), rows


def _pieces(
    node: NDArray[np.int64], start: NDArray[np.int64], way_of: NDArray[np.int64], keep: NDArray[np.bool_], ends: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Ways cut at the nodes that stay: first and last position of every piece, and its way."""
    cut = keep[node] | ends
    place = np.nonzero(cut)[0]
    way = np.repeat(np.arange(len(start) - 1), np.diff(start))
    same = way[place[:-1]] == way[place[1:]]
    first, last = place[:-1][same], place[1:][same]
    return first, last, way_of[way[first]]


def _joints_to_keep(
    paths: Paths,
    node: NDArray[np.int64],
    piece_start: NDArray[np.int64],
    piece_end: NDArray[np.int64],
    piece_way: NDArray[np.int64],
    keep: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Nodes that stay, those added where two pieces meet that differ in kind, or in direction where that matters."""
    end = np.concatenate([node[piece_start], node[piece_end]])
    kind = paths.kind[np.tile(piece_way, 2)]
    head = np.concatenate([np.zeros(len(piece_start), bool), np.ones(len(piece_end), bool)])
    open_end = np.nonzero(~keep[end])[0]
    order = open_end[np.argsort(end[open_end], kind="stable")]
    # A node of degree two where pieces end has exactly two piece ends.
    one, two = order[0::2], order[1::2]
    differs = (kind[one] != kind[two]) | ((head[one] == head[two]) & paths.directed[kind[one]])
    out = keep.copy()
    out[end[one][differs]] = True
    return out


def _chains(
    node: NDArray[np.int64], piece_start: NDArray[np.int64], piece_end: NDArray[np.int64], keep: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.int64]]:
    """Pieces in the order of chains, whether each is walked backwards, and where each chain begins."""
    pieces = len(piece_start)
    first, last = node[piece_start], node[piece_end]
    loose = np.nonzero(~(keep[first] & keep[last]))[0]
    fixed = np.nonzero(keep[first] & keep[last])[0]
    chains = _follow(first, last, loose.tolist(), keep)
    order = np.concatenate([fixed, np.array([piece for chain in chains for piece, _ in chain], np.int64)])
    flipped = np.zeros(pieces, bool)
    flipped[[piece for chain in chains for piece, back in chain if back]] = True
    sizes = np.concatenate([np.ones(len(fixed), np.int64), np.array([len(chain) for chain in chains], np.int64)])
    return order, flipped[order], np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def _follow(first: NDArray[np.int64], last: NDArray[np.int64], loose: list[int], keep: NDArray[np.bool_]) -> list[list[tuple[int, bool]]]:
    """Chains of pieces that meet at nodes which do not stay: (piece, walked backwards)."""
    at: dict[int, list[int]] = {}
    for piece in loose:
        for end in (int(first[piece]), int(last[piece])):
            if not keep[end]:
                at.setdefault(end, []).append(piece)
    seen: set[int] = set()

    def walk(here: int, *, back: bool) -> list[tuple[int, bool]]:
        chain = []
        while True:
            seen.add(here)
            chain.append((here, back))
            end = int(first[here] if back else last[here])
            others = [] if keep[end] else [other for other in at[end] if other not in seen]
            if not others:
                return chain
            here = others[0]
            back = int(first[here]) != end

    chains = [walk(piece, back=False) for piece in loose if piece not in seen and keep[first[piece]]]
    chains += [walk(piece, back=True) for piece in loose if piece not in seen and keep[last[piece]]]
    # What is left are rings without any node that stays.
    return chains + [walk(piece, back=False) for piece in loose if piece not in seen]


def _points(
    node: NDArray[np.int64],
    piece_start: NDArray[np.int64],
    piece_end: NDArray[np.int64],
    order: NDArray[np.int64],
    flipped: NDArray[np.bool_],
    chain_start: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Points of every chain, joints once: start int64 [e+1], node int64 [k]."""
    inner = np.ones(len(order), np.int64)
    inner[chain_start[:-1]] = 0
    low, high = piece_start[order], piece_end[order]
    # A chain's first piece gives all its points, each further one all but the joint.
    size = high - low + 1 - inner
    begin = np.concatenate([[0], np.cumsum(size)])
    step = np.arange(begin[-1]) - np.repeat(begin[:-1], size) + np.repeat(inner, size)
    back = np.repeat(flipped, size)
    place = np.where(back, np.repeat(high, size) - step, np.repeat(low, size) + step)
    return begin[chain_start], node[place]


def _graph(paths: Paths, start: NDArray[np.int64], point: NDArray[np.int64], way: NDArray[np.int64]) -> Graph:
    first, last = point[start[:-1]], point[start[1:] - 1]
    nodes, ends = np.unique(np.concatenate([first, last]), return_inverse=True)
    u, v = ends[: len(first)].astype(np.int32), ends[len(first) :].astype(np.int32)
    return Graph(nodes, u, v, paths.kind[way], paths.way[way], _lengths(paths, start, point), start, point)


def _lengths(paths: Paths, start: NDArray[np.int64], point: NDArray[np.int64]) -> NDArray[np.float64]:
    if len(start) == 1:
        return np.zeros(0)
    lon, lat = paths.lon[point], paths.lat[point]
    step = np.concatenate([[0.0], distance(lon[:-1], lat[:-1], lon[1:], lat[1:])])
    step[start[:-1]] = 0.0
    return np.add.reduceat(step, start[:-1])


def _cut_loops(graph: Graph, paths: Paths) -> Graph:
    """A network whose loops are cut at their middle point; loops of a single other point stay out (they lead nowhere)."""
    loops = np.nonzero(graph.u == graph.v)[0]
    if not len(loops):
        return graph
    size = np.diff(graph.start)[loops]
    middle = graph.start[loops] + size // 2
    useful = size > 3
    drop = np.zeros(len(graph.u), bool)
    drop[loops[~useful]] = True
    loops, middle = loops[useful], middle[useful]
    edge = np.repeat(np.arange(len(graph.u)), np.diff(graph.start))
    # The middle point stands twice: as the end of the first half and the start of the second.
    twice = np.ones(len(graph.point), np.int64)
    twice[middle] = 2
    twice[drop[edge]] = 0
    point = np.repeat(graph.point, twice)
    place = np.concatenate([[0], np.cumsum(twice)])
    starts = np.concatenate([place[graph.start[:-1]][~drop], place[middle] + 1])
    owner = np.concatenate([np.nonzero(~drop)[0], loops])
    order = np.argsort(starts, kind="stable")
    start = np.concatenate([starts[order], [len(point)]]).astype(np.int64)
    owner = owner[order]
    first, last = point[start[:-1]], point[start[1:] - 1]
    nodes, ends = np.unique(np.concatenate([first, last]), return_inverse=True)
    u, v = ends[: len(first)].astype(np.int32), ends[len(first) :].astype(np.int32)
    return Graph(nodes, u, v, graph.kind[owner], graph.way[owner], _lengths(paths, start, point), start, point)
