"""One route: the cheapest way from one owner to another, with the arcs taken."""

from __future__ import annotations

import heapq

import numpy as np

from parkcity.travel.kernels.ends import Ends, direct
from parkcity.travel.kernels.jit import Int32, Int64, kernel
from parkcity.travel.kernels.ticks import UNREACHED


@kernel
def find_path(indptr: Int32, arcs: Int32, sources: Ends, i: int, targets: Ends, j: int) -> tuple[int, int, int, Int32, Int64]:
    """The cheapest way from owner i of `sources` to owner j of `targets`, searched along the journey.

    Returns cost in ticks (`UNREACHED` if none), the candidate rows used at both ends, the arcs taken (int32) and whether the ends are
    reached at their first (0) or second (1) node, or directly along one link (-1): int64 [2]. Ties fall to the lower node and the
    earlier candidate. Paper: E. W. Dijkstra (1959), Numer. Math. 1, 269-271.
    """
    nodes = len(indptr) - 1
    cost = np.full(nodes, UNREACHED, np.int64)
    via = np.full(nodes, -1, np.int32)
    origin = np.full(nodes, -1, np.int32)
    best, best_source, best_target, best_node, best_side = UNREACHED, -1, -1, -1, -1
    heap = [(np.int64(0), np.int64(0))]
    heap.pop()
    for k in range(sources.start[i], sources.start[i + 1]):
        for r in range(targets.start[j], targets.start[j + 1]):
            if sources.link[k] >= 0 and sources.link[k] == targets.link[r]:
                near = direct(sources, k, targets, r)
                if near < best:
                    best, best_source, best_target = near, k, r
        for side in range(2):
            node = sources.node_a[k] if side == 0 else sources.node_b[k]
            seed = sources.cost_a[k] if side == 0 else sources.cost_b[k]
            if node >= 0 and seed < cost[node]:
                cost[node] = seed
                origin[node] = 2 * k + side
                heapq.heappush(heap, (np.int64(seed), np.int64(node)))
    while len(heap) > 0:
        here, node = heapq.heappop(heap)
        if here >= best:
            break
        if here > cost[node]:
            continue
        for r in range(targets.start[j], targets.start[j + 1]):
            for side in range(2):
                end = targets.node_a[r] if side == 0 else targets.node_b[r]
                if end == node:
                    whole = int(here) + int(targets.cost_a[r] if side == 0 else targets.cost_b[r])
                    if whole < best:
                        best, best_target, best_node, best_side = whole, r, int(node), side
        for a in range(indptr[node], indptr[node + 1]):
            onward = here + arcs[a, 1]
            if onward < cost[arcs[a, 0]]:
                cost[arcs[a, 0]] = onward
                via[arcs[a, 0]] = a
                origin[arcs[a, 0]] = -1
                heapq.heappush(heap, (onward, np.int64(arcs[a, 0])))
    taken = np.empty(nodes, np.int32)
    count = 0
    ways = np.full(2, -1, np.int64)
    if best_node >= 0:
        node = best_node
        while origin[node] < 0:
            taken[count] = via[node]
            count += 1
            node = int(np.searchsorted(indptr, via[node], side="right")) - 1
        best_source = origin[node] // 2
        ways[0] = origin[node] % 2
        ways[1] = best_side
    return int(best), best_source, best_target, taken[:count][::-1].copy(), ways
