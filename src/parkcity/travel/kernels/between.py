"""Betweenness within a radius: how many shortest ways run over each node and edge."""

from __future__ import annotations

import heapq

import numpy as np

from parkcity.travel.kernels.jit import Float64, Int32, Int64, kernel

SCALE = 2.0**30


@kernel
def dependencies(
    first: int,
    last: int,
    sources: Int32,
    indptr: Int32,
    heads: Int32,
    cost: Int32,
    arc_edge: Int32,
    limit: int,
    node_sum: Int64,
    edge_sum: Int64,
) -> None:
    """Add the dependencies of the sources `sources[first:last]` to `node_sum` int64 [n] and `edge_sum` int64 [e], in units of 2**-30.

    Shapes: plain arcs by node `indptr` int32 [n + 1], `heads`, `cost` (ticks), `arc_edge` int32 [m]. Ways up to `limit` ticks count, every
    pair once per direction, the ends of a way not to its nodes. Among ways of equal cost the pair is shared. Whole units are added, so
    the sum does not depend on the order of sources. Arcs without cost are taken in the order of settling.
    Paper: U. Brandes (2001), J. Mathematical Sociology 25(2), 163-177.
    """
    nodes = len(indptr) - 1
    far = np.int64(2**62)
    dist = np.full(nodes, far, np.int64)
    ways = np.zeros(nodes, np.float64)
    share = np.zeros(nodes, np.float64)
    settled = np.full(nodes, -1, np.int64)
    order = np.empty(nodes, np.int32)
    for s in range(first, last):
        source = int(sources[s])
        count = _settle(source, indptr, heads, cost, limit, dist, settled, order)
        ways[source] = 1.0
        for i in range(count):
            node = order[i]
            for a in range(indptr[node], indptr[node + 1]):
                to = heads[a]
                if settled[to] > i and dist[node] + cost[a] == dist[to]:
                    ways[to] += ways[node]
        for i in range(count - 1, -1, -1):
            node = order[i]
            for a in range(indptr[node], indptr[node + 1]):
                to = heads[a]
                if settled[to] > i and dist[node] + cost[a] == dist[to]:
                    part = ways[node] / ways[to] * (1.0 + share[to])
                    share[node] += part
                    edge_sum[arc_edge[a]] += np.int64(np.rint(part * SCALE))
            if node != source:
                node_sum[node] += np.int64(np.rint(share[node] * SCALE))
        for i in range(count):
            node = order[i]
            dist[node], ways[node], share[node], settled[node] = far, 0.0, 0.0, -1


@kernel
def _settle(source: int, indptr: Int32, heads: Int32, cost: Int32, limit: int, dist: Int64, settled: Int64, order: Int32) -> int:
    """Settle nodes within the limit in the order of cost, then number; returns how many."""
    heap = [(np.int64(0), np.int64(source))]
    dist[source] = 0
    count = 0
    while len(heap) > 0:
        here, node = heapq.heappop(heap)
        if settled[node] >= 0:
            continue
        settled[node] = count
        order[count] = node
        count += 1
        for a in range(indptr[node], indptr[node + 1]):
            onward = here + cost[a]
            if onward <= limit and onward < dist[heads[a]]:
                dist[heads[a]] = onward
                heapq.heappush(heap, (onward, np.int64(heads[a])))
    return count


@kernel
def lengths(counts: Int64, cost: Float64) -> Float64:
    """Sum of costs of each row of pairs, in order. Shapes: int64 [n], float64 [pairs]."""
    out = np.zeros(len(counts))
    at = 0
    for i in range(len(counts)):
        for _ in range(counts[i]):
            out[i] += cost[at]
            at += 1
    return out
