"""Searches of neighbouring sources side by side: the sources of a batch are the lanes of one vector.

Sources that stand near each other reach almost the same nodes. Each batch takes three steps. (1) One plain search from all sources of
the batch together finds the nodes that any of them reaches within the limit, in the order of their distance. (2) The streets between
those nodes are copied, renumbered in that order, so that they lie close together in fast memory. (3) All lanes are lowered along the
copied arcs, one vector operation per arc, sweeping up and down the order over the nodes that have fallen since their last turn, until
none has. Step 3 ends only at the fixed point, so each lane holds its exact least cost, whatever the order.
Related: M. Then et al. (2014), "The more the merrier: efficient multi-source graph traversal", PVLDB 8(4); D. Delling et al. (2011),
"PHAST: hardware-accelerated shortest path trees" (sweeps over a fixed order).
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
    """The work arrays of one thread, reused by every search.

    By node, int32 [n]: `key` (cost of step 1, `UNREACHED` between searches); `state` (`UNSEEN` between searches, `IDLE`, or the bucket
    in which the node waits); `after`, `before` (the nodes beside it there); `spot` (its number in the batch, -1 between searches);
    `seen` (nodes of the batch by number). `head` int32 [2**b]: first node of each bucket, -1. By number: `row` uint32 [rows, LANES];
    `fallen` int8 [rows], 0; `begin` int32 [rows + 1], `step` int32 [steps, 2] (copied arcs: number, cost). By target: `slot` int32
    [targets], -1; `target` int32 [slots], `target_row` uint32 [slots, LANES]. `size` int64 [2]: nodes and targets of the batch.
    """

    key: Int32
    state: Int32
    after: Int32
    before: Int32
    spot: Int32
    seen: Int32
    head: Int32
    row: UInt32
    fallen: Int8
    begin: Int32
    step: Int32
    slot: Int32
    target: Int32
    target_row: UInt32
    size: Int64


def make_arena(nodes: int, arcs: int, targets: int, buckets: int, rows: int) -> Arena:
    """Work arrays for a graph, with room for `rows` nodes (and as many targets) per batch."""
    rows = min(rows, max(nodes, targets))
    return Arena(
        np.full(nodes, UNREACHED, np.int32),
        np.full(nodes, UNSEEN, np.int32),
        np.empty(nodes, np.int32),
        np.empty(nodes, np.int32),
        np.full(nodes, -1, np.int32),
        np.empty(nodes, np.int32),
        np.full(buckets, -1, np.int32),
        np.empty((rows, LANES), np.uint32),
        np.zeros(rows, np.int8),
        np.empty(rows + 1, np.int32),
        np.empty((min(arcs, 8 * rows), 2), np.int32),
        np.full(targets, -1, np.int32),
        np.empty(targets, np.int32),
        np.empty((rows, LANES), np.uint32),
        np.zeros(2, np.int64),
    )


@kernel
def push(node: int, bucket: int, mask: int, state: Int32, after: Int32, before: Int32, head: Int32) -> int:
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
    first = head[bucket & mask]
    after[node] = first
    before[node] = -1
    if first >= 0:
        before[first] = node
    head[bucket & mask] = node
    state[node] = bucket
    return 0 if was >= 0 else 1


@kernel
def gather_nodes(indptr: Int32, arcs: Int32, sources: Ends, batch: Int32, limit: int, shift: int, arena: Arena) -> int:
    """Step 1: the nodes within `limit` ticks of any source of the batch, numbered in `arena.spot`, listed in `arena.seen`."""
    key, state, after, before, head, spot, seen = arena.key, arena.state, arena.after, arena.before, arena.head, arena.spot, arena.seen
    start, node_a, node_b, cost_a, cost_b = sources.start, sources.node_a, sources.node_b, sources.cost_a, sources.cost_b
    live, current, found = 0, UNREACHED, 0
    mask = len(head) - 1
    for lane in range(len(batch)):
        for k in range(start[batch[lane]], start[batch[lane] + 1]):
            for side in range(2):
                node = node_a[k] if side == 0 else node_b[k]
                seed = cost_a[k] if side == 0 else cost_b[k]
                if node >= 0 and seed <= limit and seed < key[node]:
                    key[node] = seed
                    live += push(node, seed >> shift, mask, state, after, before, head)
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
        if spot[node] < 0:
            spot[node] = found
            seen[found] = node
            found += 1
        room = limit - key[node]
        for a in range(indptr[node], indptr[node + 1]):
            there, step = arcs[a, 0], arcs[a, 1]
            if step <= room and key[node] + step < key[there]:
                key[there] = key[node] + step
                live += push(there, key[there] >> shift, mask, state, after, before, head)
    return found


@kernel
def forget(found: int, arena: Arena) -> None:
    """Leave the arrays of step 1 as they were found."""
    key, state, spot, seen = arena.key, arena.state, arena.spot, arena.seen
    for i in range(found):
        key[seen[i]] = UNREACHED
        state[seen[i]] = UNSEEN
        spot[seen[i]] = -1


@kernel
def copy_arcs(indptr: Int32, arcs: Int32, found: int, arena: Arena) -> int:
    """Step 2: the arcs between the nodes of the batch, by number. Returns how many there are, or minus what would be needed."""
    spot, seen, begin, step = arena.spot, arena.seen, arena.begin, arena.step
    need = 0
    for i in range(found):
        need += indptr[seen[i] + 1] - indptr[seen[i]]
    if need > len(step):
        return -need
    count = 0
    for i in range(found):
        begin[i] = count
        for a in range(indptr[seen[i]], indptr[seen[i] + 1]):
            number = spot[arcs[a, 0]]
            if number >= 0:
                step[count, 0] = number
                step[count, 1] = arcs[a, 1]
                count += 1
    begin[found] = count
    return count


@kernel
def sweep(sources: Ends, batch: Int32, limit: int, found: int, arena: Arena) -> None:
    """Step 3: the least cost of every lane at every node of the batch, up to `limit`, else `UNREACHED`."""
    row, fallen, begin, step, spot = arena.row, arena.fallen, arena.begin, arena.step, arena.spot
    row[:found] = np.uint32(UNREACHED)
    start, node_a, node_b, cost_a, cost_b = sources.start, sources.node_a, sources.node_b, sources.cost_a, sources.cost_b
    for lane in range(len(batch)):
        for k in range(start[batch[lane]], start[batch[lane] + 1]):
            for side in range(2):
                node = node_a[k] if side == 0 else node_b[k]
                seed = cost_a[k] if side == 0 else cost_b[k]
                if node >= 0 and seed <= limit and seed < row[spot[node], lane]:
                    row[spot[node], lane] = seed
                    fallen[spot[node]] = 1
    again = 1
    while again != 0:
        again = 0
        for i in range(found):
            if fallen[i] != 0:
                fallen[i] = 0
                for a in range(begin[i], begin[i + 1]):
                    there = step[a, 0]
                    fell = lower(row, there, row, i, step[a, 1], limit)
                    fallen[there] |= fell
                    again |= fell & (there <= i)
        if again != 0:
            again = 0
            for i in range(found - 1, -1, -1):
                if fallen[i] != 0:
                    fallen[i] = 0
                    for a in range(begin[i], begin[i + 1]):
                        there = step[a, 0]
                        fell = lower(row, there, row, i, step[a, 1], limit)
                        fallen[there] |= fell
                        again |= fell & (there >= i)


@kernel
def search(indptr: Int32, arcs: Int32, sources: Ends, batch: Int32, limit: int, shift: int, arena: Arena) -> int:
    """Least costs from the sources of a batch to every node within `limit` ticks, into `arena.row`.

    Shapes: `batch` int32 [up to LANES], rows of owners of `sources`. Returns 0, or the rows that the arena would need (nothing done).
    """
    found = gather_nodes(indptr, arcs, sources, batch, limit, shift, arena)
    if found > len(arena.row):
        forget(found, arena)
        return found
    copied = copy_arcs(indptr, arcs, found, arena)
    if copied < 0:
        forget(found, arena)
        return -copied
    sweep(sources, batch, limit, found, arena)
    arena.size[0] = found
    arena.size[1] = 0
    return 0


@kernel
def collect(sources: Ends, batch: Int32, targets: Ends, at: ByNode, limit: int, arena: Arena) -> int:
    """Least costs from every lane to every target near a node of the batch: `arena.target` and `arena.target_row`, `arena.size[1]` of
    them. Returns 0, or the rows that the arena would need (the arena is then cleared).
    """
    row, seen, slot, target, target_row = arena.row, arena.seen, arena.slot, arena.target, arena.target_row
    at_start, at_target, at_cost, link_start, link_row = at.start, at.target, at.cost, at.link_start, at.link_row
    count, room = 0, len(target_row)
    for i in range(arena.size[0]):
        for h in range(at_start[seen[i]], at_start[seen[i] + 1]):
            place = slot[at_target[h]]
            if place < 0:
                place = count
                slot[at_target[h]] = place
                target[place] = at_target[h]
                count += 1
                if place < room:
                    for lane in range(LANES):
                        target_row[place, lane] = np.uint32(UNREACHED)
            if place < room:
                lower(target_row, place, row, i, at_cost[h], limit)
    if len(link_row) > 0:
        for lane in range(len(batch)):
            for k in range(sources.start[batch[lane]], sources.start[batch[lane] + 1]):
                link = sources.link[k]
                if link >= 0:
                    for r in range(link_start[link], link_start[link + 1]):
                        near = direct(sources, k, targets, link_row[r])
                        if near <= limit:
                            owner = targets.owner[link_row[r]]
                            place = slot[owner]
                            if place < 0:
                                place = count
                                slot[owner] = place
                                target[place] = owner
                                count += 1
                                if place < room:
                                    for other in range(LANES):
                                        target_row[place, other] = np.uint32(UNREACHED)
                            if place < room and near < target_row[place, lane]:
                                target_row[place, lane] = near
    arena.size[1] = count
    if count > room:
        clear(arena)
        return count
    return 0


@kernel
def clear(arena: Arena) -> None:
    """Make the arena as new for the next batch."""
    slot, target = arena.slot, arena.target
    forget(arena.size[0], arena)
    for i in range(arena.size[1]):
        slot[target[i]] = -1
    arena.size[0] = 0
    arena.size[1] = 0
