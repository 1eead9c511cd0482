"""One search from many places: the nearest place at every node.

A label is one int64: cost in ticks times 2**30, plus the place. Comparing labels compares cost first and then the lower place, so
the answer is unique and does not depend on the order of the search.
"""

from __future__ import annotations

import heapq

import numpy as np

from parkcity.travel.kernels.ends import ByNode, Ends, direct
from parkcity.travel.kernels.jit import Bool, Int8, Int16, Int32, Int64, kernel
from parkcity.travel.kernels.ticks import UNREACHED

PLACE_BITS = 30
PLACE_MASK = 2**PLACE_BITS - 1
NOWHERE = 2**63 - 1


@kernel
def label_cost(label: int) -> int:
    """Ticks of a label; `UNREACHED` for `NOWHERE`."""
    return min(label >> PLACE_BITS, UNREACHED)


@kernel
def spread(
    indptr: Int32,
    arcs: Int32,
    seed_node: Int32,
    seed_label: Int64,
    limit: int,
    shift: int,
    labels: Int64,
    queued: Int32,
    head: Int32,
    pool: Int32,
) -> None:
    """Lower `labels` to the least label over all seeds and paths, up to and including `limit` ticks.

    Shapes: graph `indptr` int32 [n+1], `arcs` int32 [m, 2] (head, cost); seeds [s]; `labels` int64 [n], in and out (`NOWHERE`, or
    labels of an earlier search, which can only fall); scratch: `queued` int32 [n] all -1, `head` int32 [2**b] all -1, two more buckets
    of 2**`shift` ticks than the dearest arc and the seeds span; `pool` int32 [2m + s, 2]. Scratch is left as it was found.
    Method: buckets of R. Dial (1969), Comm. ACM 12(11), corrected within a bucket (Meyer and Sanders 2003, delta-stepping). Labels of
    one node fall into at most two buckets per arc, which bounds the pool.
    """
    top = (np.int64(limit) << PLACE_BITS) | PLACE_MASK
    down = PLACE_BITS + shift
    mask = len(head) - 1
    free, fresh, live = -1, 0, 0
    current = NOWHERE >> down
    for s in range(len(seed_node)):
        node, label = seed_node[s], seed_label[s]
        if label <= top and label < labels[node]:
            labels[node] = label
            bucket = label >> down
            current = min(current, bucket)
            if queued[node] != bucket:
                queued[node] = bucket
                pool[fresh, 0], pool[fresh, 1] = node, head[bucket & mask]
                head[bucket & mask] = fresh
                fresh += 1
                live += 1
    while live > 0:
        slot = current & mask
        while head[slot] >= 0:
            item = head[slot]
            node = pool[item, 0]
            head[slot] = pool[item, 1]
            pool[item, 1] = free
            free = item
            live -= 1
            if queued[node] != current:
                continue
            queued[node] = -1
            label = labels[node]
            for a in range(indptr[node], indptr[node + 1]):
                onward = label + (np.int64(arcs[a, 1]) << PLACE_BITS)
                to = arcs[a, 0]
                if onward < labels[to] and onward <= top:
                    labels[to] = onward
                    bucket = onward >> down
                    if queued[to] != bucket:
                        queued[to] = bucket
                        if free >= 0:
                            item = free
                            free = pool[item, 1]
                        else:
                            item = fresh
                            fresh += 1
                        pool[item, 0], pool[item, 1] = to, head[bucket & mask]
                        head[bucket & mask] = item
                        live += 1
        current += 1


@kernel
def seeds(ends: Ends, chosen: Bool, place: Int32) -> tuple[Int32, Int64]:
    """Seeds of the chosen owners: node int32 [s] and label int64 [s], in the order of `ends`.

    Shapes: `chosen` bool [owners]; `place` int32 [owners], 0 to 2**30 - 1.
    """
    node = np.empty(2 * len(ends.owner), np.int32)
    label = np.empty(2 * len(ends.owner), np.int64)
    count = 0
    for k in range(len(ends.owner)):
        owner = ends.owner[k]
        if chosen[owner]:
            if ends.node_a[k] >= 0:
                node[count] = ends.node_a[k]
                label[count] = (np.int64(ends.cost_a[k]) << PLACE_BITS) | place[owner]
                count += 1
            if ends.node_b[k] >= 0:
                node[count] = ends.node_b[k]
                label[count] = (np.int64(ends.cost_b[k]) << PLACE_BITS) | place[owner]
                count += 1
    return node[:count], label[:count]


@kernel
def gather(
    first: int,
    last: int,
    labels: Int64,
    ends: Ends,
    doors: Ends,
    doors_at: ByNode,
    door_class: Int16,
    place: Int32,
    out: Int64,
) -> None:
    """The least label of each owner, from the labels of the nodes at its ends and from doors on its own link.

    Shapes: `labels` int64 [classes, n]; owners `first` to `last` - 1 of `ends` are written to `out` int64 [classes, owners].
    `door_class` int16 (-1: shut), `place` int32 [owners of doors].
    """
    start, node_a, node_b, cost_a, cost_b = ends.start, ends.node_a, ends.node_b, ends.cost_a, ends.cost_b
    for c in range(len(labels)):
        row = labels[c]
        for i in range(first, last):
            best = np.int64(NOWHERE)
            for k in range(start[i], start[i + 1]):
                if node_a[k] >= 0 and row[node_a[k]] != NOWHERE:
                    best = min(best, row[node_a[k]] + (np.int64(cost_a[k]) << PLACE_BITS))
                if node_b[k] >= 0 and row[node_b[k]] != NOWHERE:
                    best = min(best, row[node_b[k]] + (np.int64(cost_b[k]) << PLACE_BITS))
            out[c, i] = best
    if len(doors_at.link_row) == 0:
        return
    for i in range(first, last):
        for k in range(ends.start[i], ends.start[i + 1]):
            if ends.link[k] >= 0:
                for r in range(doors_at.link_start[ends.link[k]], doors_at.link_start[ends.link[k] + 1]):
                    door = doors_at.link_row[r]
                    cost = direct(doors, door, ends, k)
                    if cost != UNREACHED:
                        owner = doors.owner[door]
                        if door_class[owner] < 0:
                            continue
                        label = (np.int64(cost) << PLACE_BITS) | place[owner]
                        out[door_class[owner], i] = min(out[door_class[owner], i], label)


@kernel
def reachable(indptr: Int32, arcs: Int32, seed_node: Int32, reached: Bool, stack: Int32) -> None:
    """Mark every node that can be reached from the seeds, at any cost. `reached` bool [n], in and out; `stack` int32 [n], scratch.

    An arc that costs `UNREACHED` is closed.
    """
    depth = 0
    for s in range(len(seed_node)):
        if not reached[seed_node[s]]:
            reached[seed_node[s]] = True
            stack[depth] = seed_node[s]
            depth += 1
    while depth > 0:
        depth -= 1
        node = stack[depth]
        for a in range(indptr[node], indptr[node + 1]):
            to = arcs[a, 0]
            if not reached[to] and arcs[a, 1] != UNREACHED:
                reached[to] = True
                stack[depth] = to
                depth += 1


@kernel
def improve(indptr: Int32, arcs: Int32, seed_node: Int32, seed_label: Int64, limit: int, labels: Int64, changed: Int8) -> Int32:
    """Lower labels from new seeds, touching only the nodes that become better. Returns them, int32.

    `labels` int64 [n], in and out; `changed` int8 [n], all 0, scratch, left so.
    """
    top = (np.int64(limit) << PLACE_BITS) | PLACE_MASK
    heap = [(np.int64(0), np.int64(0))]
    heap.pop()
    better = [np.int32(0)]
    better.pop()
    for s in range(len(seed_node)):
        if seed_label[s] <= top and seed_label[s] < labels[seed_node[s]]:
            labels[seed_node[s]] = seed_label[s]
            heapq.heappush(heap, (np.int64(seed_label[s]), np.int64(seed_node[s])))
    while len(heap) > 0:
        label, node = heapq.heappop(heap)
        if label > labels[node]:
            continue
        if changed[node] == 0:
            changed[node] = 1
            better.append(np.int32(node))
        for a in range(indptr[node], indptr[node + 1]):
            onward = label + (np.int64(arcs[a, 1]) << PLACE_BITS)
            if onward < labels[arcs[a, 0]] and onward <= top:
                labels[arcs[a, 0]] = onward
                heapq.heappush(heap, (onward, np.int64(arcs[a, 0])))
    out = np.empty(len(better), np.int32)
    for i in range(len(better)):
        out[i] = better[i]
        changed[better[i]] = 0
    return out


@kernel
def erase(indptr: Int32, arcs: Int32, seed_node: Int32, place: int, labels: Int64) -> Int32:
    """Forget a place: every node whose label is of `place` becomes `NOWHERE`. Returns those nodes, int32.

    They hang together with the place's own seeds, because the best label of a node was the best of the node before it on its path.
    """
    stack = [np.int32(0)]
    stack.pop()
    gone = [np.int32(0)]
    gone.pop()
    for s in range(len(seed_node)):
        stack.append(seed_node[s])  # noqa: PERF401
    while len(stack) > 0:
        node = stack.pop()
        if labels[node] != NOWHERE and (labels[node] & PLACE_MASK) == place:
            labels[node] = NOWHERE
            gone.append(node)
            for a in range(indptr[node], indptr[node + 1]):
                stack.append(arcs[a, 0])  # noqa: PERF401
    out = np.empty(len(gone), np.int32)
    for i in range(len(gone)):
        out[i] = gone[i]
    return out


@kernel
def border(gone: Int32, back_indptr: Int32, back_arcs: Int32, labels: Int64) -> tuple[Int32, Int64]:
    """Seeds that reach erased nodes from the nodes around them. `back_*`: the arcs against the search."""
    count = 0
    for i in range(len(gone)):
        count += back_indptr[gone[i] + 1] - back_indptr[gone[i]]
    node = np.empty(count, np.int32)
    label = np.empty(count, np.int64)
    count = 0
    for i in range(len(gone)):
        for a in range(back_indptr[gone[i]], back_indptr[gone[i] + 1]):
            near = labels[back_arcs[a, 0]]
            if near != NOWHERE:
                node[count] = gone[i]
                label[count] = near + (np.int64(back_arcs[a, 1]) << PLACE_BITS)
                count += 1
    return node[:count], label[:count]


@kernel
def owners_at(nodes: Int32, links: Int32, ends: Ends, at: ByNode) -> Int32:
    """Owners with an end at one of the nodes or on one of the links, int32, rising, each once."""
    some = [np.int32(0)]
    some.pop()
    for i in range(len(nodes)):
        for h in range(at.start[nodes[i]], at.start[nodes[i] + 1]):
            some.append(at.target[h])  # noqa: PERF401
    for i in range(len(links)):
        if links[i] >= 0:
            for r in range(at.link_start[links[i]], at.link_start[links[i] + 1]):
                some.append(ends.owner[at.link_row[r]])  # noqa: PERF401
    out = np.empty(len(some), np.int32)
    for i in range(len(some)):
        out[i] = some[i]
    return np.unique(out)


@kernel
def gather_some(
    rows: Int32, klass: int, labels: Int64, ends: Ends, doors: Ends, doors_at: ByNode, door_class: Int16, place: Int32, out: Int64
) -> None:
    """As `gather`, for some owners and one class: `labels` int64 [n]; `out` int64 [rows], in and out, can only fall."""
    for n in range(len(rows)):
        i = rows[n]
        for k in range(ends.start[i], ends.start[i + 1]):
            if ends.node_a[k] >= 0 and labels[ends.node_a[k]] != NOWHERE:
                out[n] = min(out[n], labels[ends.node_a[k]] + (np.int64(ends.cost_a[k]) << PLACE_BITS))
            if ends.node_b[k] >= 0 and labels[ends.node_b[k]] != NOWHERE:
                out[n] = min(out[n], labels[ends.node_b[k]] + (np.int64(ends.cost_b[k]) << PLACE_BITS))
            if ends.link[k] >= 0 and len(doors_at.link_row) > 0:
                for r in range(doors_at.link_start[ends.link[k]], doors_at.link_start[ends.link[k] + 1]):
                    door = doors_at.link_row[r]
                    owner = doors.owner[door]
                    near = direct(doors, door, ends, k)
                    if near != UNREACHED and door_class[owner] == klass:
                        out[n] = min(out[n], (np.int64(near) << PLACE_BITS) | place[owner])


@kernel
def meet_some(rows: Int32, klass: int, ends: Ends, doors: Ends, door_class: Int16, place: Int32, out: Int64) -> None:
    """Direct ways from a few doors to some owners on the same links; for places that are not listed by link. As `gather_some`."""
    for n in range(len(rows)):
        for k in range(ends.start[rows[n]], ends.start[rows[n] + 1]):
            for door in range(len(doors.link)):
                if ends.link[k] >= 0 and ends.link[k] == doors.link[door] and door_class[doors.owner[door]] == klass:
                    near = direct(doors, door, ends, k)
                    if near != UNREACHED:
                        out[n] = min(out[n], (np.int64(near) << PLACE_BITS) | place[doors.owner[door]])
