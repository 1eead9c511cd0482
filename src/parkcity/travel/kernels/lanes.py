"""Searches of neighbouring sources side by side: sixteen sources are the lanes of one vector, and share one queue.

Sources that stand near each other visit almost the same nodes. A node is taken from the queue when one of its lanes has fallen, and
all lanes go on along its arcs in one vector operation. Labels are corrected until none falls, so every lane ends at its exact least
cost, whatever the order. Related: many-source batches in M. Then et al. (2014), "The more the merrier", PVLDB 8(4).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from parkcity.travel.kernels.ends import ByNode, Ends, direct
from parkcity.travel.kernels.jit import Int8, Int32, Int64, UInt32, kernel
from parkcity.travel.kernels.ticks import UNREACHED
from parkcity.travel.kernels.vector import LANES, lower

UNSEEN = -2
IDLE = -1


class Arena(NamedTuple):
    """The work arrays of one thread, reused by every search. Between searches `cost` and `target_cost` hold `UNREACHED`.

    Shapes: `cost` uint32 [n, LANES]; `target_cost` uint32 [targets, LANES]; `state` int32 [n]: `UNSEEN`, `IDLE`, or the bucket in which
    a node waits; `after`, `before` int32 [n], the nodes beside it there; `head` int32 [2**b], first node of each bucket; `seen` int32
    [n], `target_seen` int32 [targets], what this search has touched; `known` int8 [targets]; `size` int64 [2], how many of each.
    """

    cost: UInt32
    target_cost: UInt32
    state: Int32
    after: Int32
    before: Int32
    head: Int32
    seen: Int32
    target_seen: Int32
    known: Int8
    size: Int64


def make_arena(nodes: int, targets: int, buckets: int) -> Arena:
    """Work arrays for a graph of `nodes` nodes and `targets` targets, with a ring of `buckets` buckets."""
    return Arena(
        np.full((nodes, LANES), UNREACHED, np.uint32),
        np.full((targets, LANES), UNREACHED, np.uint32),
        np.full(nodes, UNSEEN, np.int32),
        np.empty(nodes, np.int32),
        np.empty(nodes, np.int32),
        np.full(buckets, -1, np.int32),
        np.empty(nodes, np.int32),
        np.empty(targets, np.int32),
        np.zeros(targets, np.int8),
        np.zeros(2, np.int64),
    )


def arena_bytes(nodes: int, targets: int, buckets: int) -> int:
    """Memory of one arena in bytes."""
    return nodes * (4 * LANES + 16) + targets * (4 * LANES + 5) + 4 * buckets


@kernel
def push(node: int, bucket: int, mask: int, state: Int32, after: Int32, before: Int32, head: Int32, seen: Int32, count: Int64) -> int:
    """Put a node into a bucket, or move it there from a later one. Returns 1 if it was not waiting before, else 0."""
    was = state[node]
    if was >= 0:
        if was <= bucket:
            return 0
        right, left = after[node], before[node]
        if left >= 0:
            after[left] = right
        else:
            head[was & mask] = right
        if right >= 0:
            before[right] = left
    elif was == UNSEEN:
        seen[count[0]] = node
        count[0] += 1
    first = head[bucket & mask]
    after[node] = first
    before[node] = -1
    if first >= 0:
        before[first] = node
    head[bucket & mask] = node
    state[node] = bucket
    return 0 if was >= 0 else 1


@kernel
def search(indptr: Int32, arcs: Int32, sources: Ends, batch: Int32, limit: int, shift: int, arena: Arena) -> None:
    """Least costs from up to LANES sources to every node within `limit` ticks, into `arena.cost`.

    Shapes: `batch` int32 [lanes], rows of owners of `sources`. Nodes touched are listed in `arena.seen`. Costs above the limit may
    be left too dear, costs up to it are exact.
    """
    cost, state, after, before, head = arena.cost, arena.state, arena.after, arena.before, arena.head
    seen, count = arena.seen, arena.size
    start, node_a, node_b, cost_a, cost_b = sources.start, sources.node_a, sources.node_b, sources.cost_a, sources.cost_b
    live, current = 0, UNREACHED
    mask = len(head) - 1
    for lane in range(len(batch)):
        for k in range(start[batch[lane]], start[batch[lane] + 1]):
            for side in range(2):
                node = node_a[k] if side == 0 else node_b[k]
                seed = cost_a[k] if side == 0 else cost_b[k]
                if node >= 0 and seed <= limit and seed < cost[node, lane]:
                    cost[node, lane] = seed
                    live += push(node, seed >> shift, mask, state, after, before, head, seen, count)
                    current = min(current, seed >> shift)
    while live > 0:
        node = head[current & mask]
        if node < 0:
            current += 1
            continue
        right = after[node]
        head[current & mask] = right
        if right >= 0:
            before[right] = -1
        state[node] = IDLE
        live -= 1
        for a in range(indptr[node], indptr[node + 1]):
            least = lower(cost, arcs[a, 0], cost, node, arcs[a, 1])
            if least <= limit:
                live += push(arcs[a, 0], least >> shift, mask, state, after, before, head, seen, count)


@kernel
def collect(sources: Ends, batch: Int32, targets: Ends, at: ByNode, arena: Arena) -> None:
    """Least costs from every lane to every target near a touched node, into `arena.target_cost`, listed in `arena.target_seen`."""
    cost, target_cost, known, seen, target_seen = arena.cost, arena.target_cost, arena.known, arena.seen, arena.target_seen
    at_start, at_target, at_cost, link_start, link_row = at.start, at.target, at.cost, at.link_start, at.link_row
    found = 0
    for i in range(arena.size[0]):
        node = seen[i]
        for h in range(at_start[node], at_start[node + 1]):
            target = at_target[h]
            if known[target] == 0:
                known[target] = 1
                target_seen[found] = target
                found += 1
            lower(target_cost, target, cost, node, at_cost[h])
    if len(link_row) > 0:
        for lane in range(len(batch)):
            for k in range(sources.start[batch[lane]], sources.start[batch[lane] + 1]):
                link = sources.link[k]
                if link >= 0:
                    for r in range(link_start[link], link_start[link + 1]):
                        near = direct(sources, k, targets, link_row[r])
                        target = targets.owner[link_row[r]]
                        if near < target_cost[target, lane]:
                            if known[target] == 0:
                                known[target] = 1
                                target_seen[found] = target
                                found += 1
                            target_cost[target, lane] = near
    arena.size[1] = found


@kernel
def clear(arena: Arena) -> None:
    """Make the arena as new for the next search."""
    cost, target_cost, known, state = arena.cost, arena.target_cost, arena.known, arena.state
    for i in range(arena.size[0]):
        node = arena.seen[i]
        state[node] = UNSEEN
        for lane in range(LANES):
            cost[node, lane] = np.uint32(UNREACHED)
    for i in range(arena.size[1]):
        target = arena.target_seen[i]
        known[target] = 0
        for lane in range(LANES):
            target_cost[target, lane] = np.uint32(UNREACHED)
    arena.size[0] = 0
    arena.size[1] = 0
