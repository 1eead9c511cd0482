"""Where owners (homes, doors, stops) stand on links, and the searches' seeds and targets that follow from it.

A position inside a link is reached from either end; two positions on one link are also joined directly. All costs are ticks and
hold the walk from the owner to the street.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from parkcity.travel.kernels.jit import Float64, Int32, Int64, kernel
from parkcity.travel.kernels.ticks import UNREACHED

if TYPE_CHECKING:
    from parkcity.travel.kernels.contract import EdgeTicks, Links


class Ends(NamedTuple):
    """Candidates of owners, as a search sees them. Shapes: `start` int64 [owners + 1]; all others int32 [k].

    `node_a`, `node_b`: nodes at the two ends (-1 where that way is closed); `cost_a`, `cost_b`: ticks between owner and node;
    `link` (-1 for a position on a search node), `pos_up`, `pos_down`: position on the link in the direction of the search and against
    it (-1 where closed); `access`: ticks between owner and street; `owner`: its row. `order` float64 [k]: place in the link's chain, edges
    before it and share of its own, which tells apart what no tick lies between.
    """

    start: Int64
    owner: Int32
    node_a: Int32
    cost_a: Int32
    node_b: Int32
    cost_b: Int32
    link: Int32
    pos_up: Int32
    pos_down: Int32
    order: Float64
    access: Int32


class ByNode(NamedTuple):
    """The ends of targets by node and by link. Shapes: `start` int32 [nodes + 1]; `target`, `cost` int32 [h]; `link_start` int32
    [links + 1]; `link_row` int32, rows of `Ends`.
    """

    start: Int32
    target: Int32
    cost: Int32
    link_start: Int32
    link_row: Int32


@kernel
def part(run: int, share: float) -> int:
    """Ticks of a share of an edge, rounded half to even."""
    return int(np.rint(run * share))


@kernel
def total(one: int, two: int) -> int:
    """Sum of two tick counts, saturating."""
    return min(one + two, UNREACHED)


@kernel
def locate(edge: int, offset: float, length: float, edges: EdgeTicks, links: Links) -> tuple[int, int, int, int, float]:
    """A point on an edge as (search node or -1, link or -1, ticks forward, ticks backward, place in the chain); -1 for a closed direction.

    At offset 0 or `length` the point is the edge's node, whatever the edge allows.
    """
    node = -1
    if offset <= 0:
        node = edges.u[edge]
    elif offset >= length:
        node = edges.v[edge]
    if node >= 0:
        if links.core[node] >= 0:
            return int(links.core[node]), -1, 0, 0, 0.0
        return -1, int(links.node_link[node]), int(links.node_f[node]), int(links.node_b[node]), float(links.node_rank[node])
    link = int(links.edge_link[edge])
    if link < 0:
        return -1, -1, 0, 0, 0.0
    run_f, run_b = int(edges.run_f[edge]), int(edges.run_b[edge])
    at_f, at_b = -1, -1
    if run_f != UNREACHED:
        at_f = part(run_f, offset / length)
    if run_b != UNREACHED:
        at_b = part(run_b, offset / length)
    if links.edge_flip[edge]:
        forward = -1 if at_b < 0 else int(links.edge_f[edge]) + run_b - at_b
        backward = -1 if at_f < 0 else int(links.edge_b[edge]) + run_f - at_f
        return -1, link, forward, backward, links.edge_rank[edge] + 1.0 - offset / length
    forward = -1 if at_f < 0 else int(links.edge_f[edge]) + at_f
    backward = -1 if at_b < 0 else int(links.edge_b[edge]) + at_b
    return -1, link, forward, backward, links.edge_rank[edge] + offset / length


@kernel
def make_ends(
    owners: int,
    owner: Int32,
    edge: Int32,
    offset: Float64,
    access: Int32,
    length: Float64,
    edges: EdgeTicks,
    links: Links,
    leaving: bool,
    backwards: bool,
) -> Ends:
    """Candidates as ends. `leaving`: the journey starts at these owners (else it ends there); `backwards`: the search runs against
    the journey. `owner` need not be sorted; the result is, keeping the order of candidates within an owner.
    """
    rows = len(owner)
    start = np.zeros(owners + 1, np.int64)
    for i in range(rows):
        start[owner[i] + 1] += 1
    for i in range(owners):
        start[i + 1] += start[i]
    fill = start[:-1].copy()
    out = Ends(
        start,
        np.empty(rows, np.int32),
        np.full(rows, -1, np.int32),
        np.full(rows, UNREACHED, np.int32),
        np.full(rows, -1, np.int32),
        np.full(rows, UNREACHED, np.int32),
        np.full(rows, -1, np.int32),
        np.full(rows, -1, np.int32),
        np.full(rows, -1, np.int32),
        np.zeros(rows, np.float64),
        np.empty(rows, np.int32),
    )
    for i in range(rows):
        k = fill[owner[i]]
        fill[owner[i]] += 1
        out.owner[k] = owner[i]
        out.access[k] = access[i]
        node, link, forward, backward, order = locate(edge[i], offset[i], length[edge[i]], edges, links)
        if node >= 0:
            out.node_a[k] = node
            out.cost_a[k] = access[i]
        elif link >= 0:
            out.link[k] = link
            out.pos_up[k] = backward if backwards else forward
            out.pos_down[k] = forward if backwards else backward
            out.order[k] = order
            run_f, run_b = int(links.run_f[link]), int(links.run_b[link])
            to_u, to_v = UNREACHED, UNREACHED
            if leaving:
                if backward >= 0:
                    to_u = backward + int(links.end_b[link])
                if forward >= 0 and run_f != UNREACHED:
                    to_v = run_f - forward + int(links.end_f[link])
            else:
                if forward >= 0:
                    to_u = forward
                if backward >= 0 and run_b != UNREACHED:
                    to_v = run_b - backward
            if to_u != UNREACHED:
                out.node_a[k] = links.u[link]
                out.cost_a[k] = total(to_u, access[i])
            if to_v != UNREACHED:
                out.node_b[k] = links.v[link]
                out.cost_b[k] = total(to_v, access[i])
    return out


@kernel
def direct(sources: Ends, i: int, targets: Ends, j: int) -> int:
    """Ticks from candidate i of the sources to candidate j of the targets along their common link, without leaving it.

    Both carry positions in the direction of the search. `UNREACHED` where no direction is open from the one to the other.
    """
    best = UNREACHED
    both = int(sources.access[i]) + int(targets.access[j])
    ahead, behind = targets.order[j] >= sources.order[i], targets.order[j] <= sources.order[i]
    if sources.pos_up[i] >= 0 and targets.pos_up[j] >= sources.pos_up[i] and ahead:
        best = min(best, int(targets.pos_up[j]) - int(sources.pos_up[i]) + both)
    if targets.pos_down[j] >= 0 and sources.pos_down[i] >= targets.pos_down[j] and behind:
        best = min(best, int(sources.pos_down[i]) - int(targets.pos_down[j]) + both)
    return best


@kernel
def by_node(ends: Ends, nodes: int, links: int) -> ByNode:
    """The ends of targets, to be found from the nodes and links that a search touches. Within a node by row of `ends`."""
    start = np.zeros(nodes + 1, np.int32)
    link_start = np.zeros(links + 1, np.int32)
    for k in range(len(ends.owner)):
        if ends.node_a[k] >= 0:
            start[ends.node_a[k] + 1] += 1
        if ends.node_b[k] >= 0:
            start[ends.node_b[k] + 1] += 1
        if ends.link[k] >= 0:
            link_start[ends.link[k] + 1] += 1
    for i in range(nodes):
        start[i + 1] += start[i]
    for i in range(links):
        link_start[i + 1] += link_start[i]
    fill = start[:-1].copy()
    link_fill = link_start[:-1].copy()
    target = np.empty(start[nodes], np.int32)
    cost = np.empty(start[nodes], np.int32)
    link_row = np.empty(link_start[links], np.int32)
    for k in range(len(ends.owner)):
        if ends.node_a[k] >= 0:
            target[fill[ends.node_a[k]]] = ends.owner[k]
            cost[fill[ends.node_a[k]]] = ends.cost_a[k]
            fill[ends.node_a[k]] += 1
        if ends.node_b[k] >= 0:
            target[fill[ends.node_b[k]]] = ends.owner[k]
            cost[fill[ends.node_b[k]]] = ends.cost_b[k]
            fill[ends.node_b[k]] += 1
        if ends.link[k] >= 0:
            link_row[link_fill[ends.link[k]]] = k
            link_fill[ends.link[k]] += 1
    return ByNode(start, target, cost, link_start, link_row)


@kernel
def along_curve(ends: Ends) -> Int32:
    """Owners that have an end, int32, in the order of their first node, so that neighbours follow each other."""
    owners = len(ends.start) - 1
    key = np.empty(owners, np.int64)
    some = np.empty(owners, np.int32)
    count = 0
    for i in range(owners):
        for k in range(ends.start[i], ends.start[i + 1]):
            node = ends.node_a[k] if ends.node_a[k] >= 0 else ends.node_b[k]
            if node >= 0 or ends.link[k] >= 0:
                key[count] = node if node >= 0 else UNREACHED
                some[count] = i
                count += 1
                break
    return some[:count][np.argsort(key[:count], kind="mergesort")]
