"""Chains of streets become single links, with the exact position of everything inside them.

A node at which exactly two streets meet, open in the same way, needs no search: it lies inside a link. Positions inside a link are
kept as ticks from the link's first node, forward and backward, so that an answer inside a chain is the same integer as without
contraction. Idea: degree-2 contraction as in R. Geisberger et al. (2008), "Contraction Hierarchies"; here without any shortcut choice.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from parkcity.travel.kernels.jit import Bool, Int32, Int64, kernel
from parkcity.travel.kernels.ticks import UNREACHED

LONGEST = 2**30


class EdgeTicks(NamedTuple):
    """What each edge costs, in ticks. Shapes: int32 [e]; `UNREACHED` = closed that way.

    `run_f`, `run_b`: along the edge from u to v and back; `end_f`, `end_b`: paid on arrival at v, and on arrival at u.
    """

    u: Int32
    v: Int32
    run_f: Int32
    run_b: Int32
    end_f: Int32
    end_b: Int32


class Links(NamedTuple):
    """Streets between the nodes that a search visits. Shapes: `core` int32 [n] (node of the search, -1 inside a link);
    `node_link`, `node_f`, `node_b`, `node_rank` int32 [n] (position of a node inside a link, and the number of edges before it);
    `edge_link`, `edge_f`, `edge_b` int32 [e] (the link of an edge, -1 if closed both ways, and the position of its first end);
    `edge_flip` bool [e] (the link runs from v to u); `edge_rank` int32 [e] (its place in the chain);
    `u`, `v`, `run_f`, `run_b`, `end_f`, `end_b` int32 [links]. `size` int64 [2]: core nodes, links.
    """

    core: Int32
    node_link: Int32
    node_f: Int32
    node_b: Int32
    node_rank: Int32
    edge_link: Int32
    edge_f: Int32
    edge_b: Int32
    edge_flip: Bool
    edge_rank: Int32
    u: Int32
    v: Int32
    run_f: Int32
    run_b: Int32
    end_f: Int32
    end_b: Int32
    size: Int64


@kernel
def incidence(nodes: int, edges: EdgeTicks) -> tuple[Int64, Int32]:
    """Open edges at each node, in edge order: `start` int64 [nodes + 1], `at` int32; a loop stands twice at its node."""
    start = np.zeros(nodes + 1, np.int64)
    for e in range(len(edges.u)):
        if edges.run_f[e] != UNREACHED or edges.run_b[e] != UNREACHED:
            start[edges.u[e] + 1] += 1
            start[edges.v[e] + 1] += 1
    for i in range(nodes):
        start[i + 1] += start[i]
    fill = start[:-1].copy()
    at = np.empty(start[nodes], np.int32)
    for e in range(len(edges.u)):
        if edges.run_f[e] != UNREACHED or edges.run_b[e] != UNREACHED:
            at[fill[edges.u[e]]] = e
            fill[edges.u[e]] += 1
            at[fill[edges.v[e]]] = e
            fill[edges.v[e]] += 1
    return start, at


@kernel
def is_inside(node: int, start: Int64, at: Int32, edges: EdgeTicks) -> bool:
    """Can a node lie inside a link: two different edges, the one open towards it as the other is open away from it?"""
    if start[node + 1] - start[node] != 2:
        return False
    one = at[start[node]]
    two = at[start[node] + 1]
    if one == two:
        return False
    one_in = edges.run_f[one] if edges.v[one] == node else edges.run_b[one]
    one_out = edges.run_b[one] if edges.v[one] == node else edges.run_f[one]
    two_in = edges.run_f[two] if edges.v[two] == node else edges.run_b[two]
    two_out = edges.run_b[two] if edges.v[two] == node else edges.run_f[two]
    return bool((one_in != UNREACHED) == (two_out != UNREACHED) and (one_out != UNREACHED) == (two_in != UNREACHED))


@kernel
def walk(first: int, edge: int, start: Int64, at: Int32, edges: EdgeTicks, out: Links) -> int:
    """Follow a chain from a core node along one open edge to the next core node and write it as a link.

    Returns the node at which the chain ends. A chain that grows past half the horizon ends early; its last node becomes core.
    """
    link = out.size[1]
    node = first
    sum_f, sum_b = np.int64(0), np.int64(0)
    open_f, open_b, fresh, rank = False, False, True, 0
    while True:
        flip = edges.u[edge] != node
        run_f = edges.run_b[edge] if flip else edges.run_f[edge]
        run_b = edges.run_f[edge] if flip else edges.run_b[edge]
        end_f = edges.end_b[edge] if flip else edges.end_f[edge]
        end_b = edges.end_f[edge] if flip else edges.end_b[edge]
        if fresh:
            open_f, open_b, fresh = run_f != UNREACHED, run_b != UNREACHED, False
            out.end_b[link] = end_b
            out.size[1] += 1
        else:
            sum_b += np.int64(end_b) if open_b else np.int64(0)
        out.edge_link[edge] = link
        out.edge_flip[edge] = flip
        out.edge_rank[edge] = rank
        rank += 1
        out.edge_f[edge] = sum_f if open_f else -1
        out.edge_b[edge] = sum_b if open_b else -1
        sum_f += np.int64(run_f) if open_f else np.int64(0)
        sum_b += np.int64(run_b) if open_b else np.int64(0)
        node = edges.u[edge] if flip else edges.v[edge]
        if out.core[node] < 0 and (sum_f > LONGEST or sum_b > LONGEST):
            out.core[node] = out.size[0]
            out.size[0] += 1
        if out.core[node] >= 0:
            break
        sum_f += np.int64(end_f) if open_f else np.int64(0)
        out.node_link[node] = link
        out.node_f[node] = sum_f if open_f else -1
        out.node_b[node] = sum_b if open_b else -1
        out.node_rank[node] = rank
        edge = at[start[node]] if at[start[node]] != edge else at[start[node] + 1]
    out.u[link] = out.core[first]
    out.v[link] = out.core[node]
    out.run_f[link] = min(sum_f, np.int64(UNREACHED)) if open_f else UNREACHED
    out.run_b[link] = min(sum_b, np.int64(UNREACHED)) if open_b else UNREACHED
    out.end_f[link] = end_f
    return int(node)


@kernel
def walk_from(node: int, start: Int64, at: Int32, edges: EdgeTicks, out: Links) -> None:
    """Write every chain that leaves a core node, and those that leave nodes which become core on the way."""
    stack = [node]
    while len(stack) > 0:
        here = stack.pop()
        for k in range(start[here], start[here + 1]):
            if out.edge_link[at[k]] < 0:
                known = out.size[0]
                last = walk(here, at[k], start, at, edges, out)
                if out.size[0] > known:
                    stack.append(last)


@kernel
def contract(order: Int64, edges: EdgeTicks) -> Links:
    """Contract the streets. `order` int64 [n]: nodes in the order in which the search shall number them.

    A ring without any core node gets one: its first node in `order`. Links longer than the horizon are closed.
    """
    nodes, count = len(order), len(edges.u)
    start, at = incidence(nodes, edges)
    out = Links(
        np.full(nodes, -1, np.int32),
        np.full(nodes, -1, np.int32),
        np.full(nodes, -1, np.int32),
        np.full(nodes, -1, np.int32),
        np.full(nodes, -1, np.int32),
        np.full(count, -1, np.int32),
        np.full(count, -1, np.int32),
        np.full(count, -1, np.int32),
        np.zeros(count, np.bool_),
        np.zeros(count, np.int32),
        np.empty(count, np.int32),
        np.empty(count, np.int32),
        np.empty(count, np.int32),
        np.empty(count, np.int32),
        np.empty(count, np.int32),
        np.empty(count, np.int32),
        np.zeros(2, np.int64),
    )
    for i in range(nodes):
        node = order[i]
        if not is_inside(node, start, at, edges):
            out.core[node] = out.size[0]
            out.size[0] += 1
    for i in range(nodes):
        if out.core[order[i]] >= 0:
            walk_from(order[i], start, at, edges, out)
    for i in range(nodes):
        node = order[i]
        if out.core[node] < 0 and out.edge_link[at[start[node]]] < 0:
            out.core[node] = out.size[0]
            out.size[0] += 1
            walk_from(node, start, at, edges, out)
    return out


@kernel
def pack_arcs(nodes: int, u: Int32, v: Int32, forward: Int32, backward: Int32) -> tuple[Int32, Int32, Int32]:
    """Arcs of links by their first node: `indptr` int32 [nodes + 1], `arcs` int32 [m, 2] (head, cost), `arc_link` int32 [m].

    `forward`, `backward` int32 [links]: whole cost from u to v and back; `UNREACHED` gives no arc. `arc_link` is the link, or
    -1 - link where the arc runs against it.
    """
    indptr = np.zeros(nodes + 1, np.int32)
    for i in range(len(u)):
        if forward[i] != UNREACHED:
            indptr[u[i] + 1] += 1
        if backward[i] != UNREACHED:
            indptr[v[i] + 1] += 1
    for i in range(nodes):
        indptr[i + 1] += indptr[i]
    fill = indptr[:-1].copy()
    arcs = np.empty((indptr[nodes], 2), np.int32)
    arc_link = np.empty(indptr[nodes], np.int32)
    for i in range(len(u)):
        if forward[i] != UNREACHED:
            k = fill[u[i]]
            arcs[k, 0], arcs[k, 1], arc_link[k] = v[i], forward[i], i
            fill[u[i]] += 1
        if backward[i] != UNREACHED:
            k = fill[v[i]]
            arcs[k, 0], arcs[k, 1], arc_link[k] = u[i], backward[i], -1 - i
            fill[v[i]] += 1
    return indptr, arcs, arc_link
