"""How a network holds when streets fail: single points of failure, who is behind them, and how it falls apart step by step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


def bridges(u: npt.NDArray[np.int32], v: npt.NDArray[np.int32], nodes: int) -> Flags:
    """Edges [e] of an undirected graph whose loss alone parts their ends. Loops and doubled edges are none.

    One depth-first pass: an edge to a child is a bridge where nothing below it reaches above it. Source: Tarjan (1974), "A note on
    finding the bridges of a graph", Information Processing Letters 2(6).

    >>> bridges(np.array([0, 1, 2, 2], np.int32), np.array([1, 2, 0, 3], np.int32), 4).tolist()
    [False, False, False, True]
    """
    heads, edges, start = _adjacency(u, v, nodes)
    order = [-1] * nodes
    low = [0] * nodes
    via = [-1] * nodes
    at = start[:-1].copy()
    found = np.zeros(len(u), bool)
    clock = 0
    for root in range(nodes):
        if order[root] >= 0:
            continue
        order[root] = low[root] = clock
        clock += 1
        stack = [root]
        while stack:
            node = stack[-1]
            if at[node] < start[node + 1]:
                number = at[node]
                at[node] += 1
                edge, head = edges[number], heads[number]
                if edge == via[node]:
                    continue
                if order[head] < 0:
                    order[head] = low[head] = clock
                    clock += 1
                    via[head] = edge
                    stack.append(head)
                elif order[head] < low[node]:
                    low[node] = order[head]
                continue
            stack.pop()
            if stack:
                parent = stack[-1]
                low[parent] = min(low[parent], low[node])
                found[via[node]] = low[node] > order[parent]
    return found


def _adjacency(u: npt.NDArray[np.int32], v: npt.NDArray[np.int32], nodes: int) -> tuple[list[int], list[int], list[int]]:
    """Heads and edges around every node, and where each node's begin; loops are left out."""
    keep = np.flatnonzero(u != v)
    tail, head = np.concatenate([u[keep], v[keep]]), np.concatenate([v[keep], u[keep]])
    order = np.argsort(tail, kind="stable")
    start = np.zeros(nodes + 1, np.int64)
    np.cumsum(np.bincount(tail, minlength=nodes), out=start[1:])
    return head[order].tolist(), np.concatenate([keep, keep])[order].tolist(), start.tolist()


@dataclass(frozen=True)
class BridgeTree:
    """What remains when all bridges are cut, as trees: parts of the graph joined by bridges.

    `part` int64 [nodes]; for every part the `bridge` towards its root (-1 at a root), its `parent` (-1) and `depth`. The root of each
    connected piece is the part with the most weight in it. `order`: parts, parents before children.
    """

    part: Ints
    bridge: Ints
    parent: Ints
    depth: Ints
    order: Ints

    def meet(self, parts: list[int]) -> int:
        """The deepest part that lies on the way of all these parts to the root, -1 where they have different roots."""
        here = parts[0]
        for other in parts[1:]:
            a, b = here, other
            while a != b:
                if a < 0 or b < 0:
                    return -1
                if self.depth[a] >= self.depth[b]:
                    a = int(self.parent[a])
                else:
                    b = int(self.parent[b])
            here = a
        return here

    def below(self, weight: Floats) -> Floats:
        """Sum of the weights [parts] of every part and of all parts below it, float64 [parts]."""
        total = weight.astype(np.float64).copy()
        for part in self.order[::-1].tolist():
            if self.parent[part] >= 0:
                total[self.parent[part]] += total[part]
        return total


def bridge_tree(u: npt.NDArray[np.int32], v: npt.NDArray[np.int32], cut: Flags, weight: Floats) -> BridgeTree:
    """The tree of parts that bridges `cut` [e] join; `weight` [nodes] decides which part is the root of each piece."""
    nodes = len(weight)
    keep = ~cut
    whole = coo_array((np.ones(int(keep.sum()), np.int8), (u[keep], v[keep])), shape=(nodes, nodes))
    count, label = connected_components(whole.tocsr(), directed=False)
    part = label.astype(np.int64)
    mass = np.bincount(part, weight, minlength=count)
    rows = np.flatnonzero(cut)
    ends = np.column_stack([part[u[rows]], part[v[rows]]])
    heads, edges, start = _adjacency(ends[:, 0].astype(np.int32), ends[:, 1].astype(np.int32), count)
    bridge, parent, depth = (np.full(count, -1, np.int64) for _ in range(3))
    order: list[int] = []
    for root in np.lexsort([np.arange(count), -mass]).tolist():
        if depth[root] >= 0:
            continue
        depth[root] = 0
        queue = [root]
        for here in queue:
            order.append(here)
            for number in range(start[here], start[here + 1]):
                head = heads[number]
                if depth[head] < 0:
                    depth[head], parent[head], bridge[head] = depth[here] + 1, here, rows[edges[number]]
                    queue.append(head)
    return BridgeTree(part, bridge, parent, depth, np.array(order, np.int64))


def largest_piece(u: npt.NDArray[np.int32], v: npt.NDArray[np.int32], weight: Floats) -> Flags:
    """Which nodes lie in the connected piece with the most weight, bool [nodes]; at equal weight the piece of the lowest node."""
    nodes = len(weight)
    graph = coo_array((np.ones(len(u), np.int8), (u, v)), shape=(nodes, nodes))
    _, label = connected_components(graph.tocsr(), directed=False)
    return np.asarray(label == int(np.argmax(np.bincount(label, weight))))


def percolation(u: npt.NDArray[np.int32], v: npt.NDArray[np.int32], weight: Floats, order: Ints, shares: Floats) -> Floats:
    """Share of the weight in the largest piece once the first `shares` of the edges in `order` are gone, float64 [shares].

    Removal by falling use is an attack, by chance a failure. The mean of the curve is the robustness R. Source: Schneider et al. (2011),
    "Mitigation of malicious attacks on networks", PNAS 108(10), with weights in place of nodes.

    >>> u, v = np.array([0, 1, 2], np.int32), np.array([1, 2, 3], np.int32)
    >>> percolation(u, v, np.ones(4), np.array([1, 0, 2]), np.array([0.0, 1 / 3, 1.0])).tolist()
    [1.0, 0.5, 0.25]
    """
    total = float(weight.sum())
    found = np.full(len(shares), np.nan)
    if total <= 0:
        return found
    for number, share in enumerate(shares.tolist()):
        left = np.ones(len(u), bool)
        left[order[: round(share * len(order))]] = False
        found[number] = float(weight[largest_piece(u[left], v[left], weight)].sum()) / total
    return found
