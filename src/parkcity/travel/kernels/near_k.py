"""The k nearest places at every node: one search that carries k labels of different places."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from parkcity.travel.kernels.ends import direct
from parkcity.travel.kernels.jit import Int8, Int16, Int32, Int64, kernel
from parkcity.travel.kernels.label import NOWHERE, PLACE_BITS, PLACE_MASK
from parkcity.travel.kernels.lanes import push
from parkcity.travel.kernels.ticks import UNREACHED

if TYPE_CHECKING:
    from parkcity.travel.kernels.ends import ByNode, Ends


@kernel
def insert(labels: Int64, fresh: Int8, label: int) -> bool:
    """Put a label into a rising row of labels of different places; the worst falls out. True if the row changed.

    Shapes: `labels` int64 [k], `fresh` int8 [k] moves along, the new entry being 1.
    """
    last = len(labels) - 1
    at = 0
    while at <= last and (labels[at] == NOWHERE or (labels[at] & PLACE_MASK) != (label & PLACE_MASK)):
        at += 1
    if at <= last and labels[at] <= label:
        return False
    if at > last and labels[last] <= label:
        return False
    at = min(at, last)
    while at > 0 and labels[at - 1] > label:
        labels[at], fresh[at] = labels[at - 1], fresh[at - 1]
        at -= 1
    labels[at], fresh[at] = label, 1
    return True


@kernel
def spread_k(indptr: Int32, arcs: Int32, seed_node: Int32, seed_label: Int64, limit: int, shift: int, buckets: int, labels: Int64) -> None:
    """The k least labels of different places at every node, up to and including `limit` ticks.

    Shapes as in `spread`; `labels` int64 [n, k], all `NOWHERE`, is written, rising in a row. A label among the k least of a node was
    among the k least of the node before it on its path, so k labels per node are enough.
    """
    nodes, most = labels.shape
    top = (np.int64(limit) << PLACE_BITS) | PLACE_MASK
    down = PLACE_BITS + shift
    mask = buckets - 1
    fresh = np.zeros((nodes, most), np.int8)
    head = np.full(buckets, -1, np.int32)
    state = np.full(nodes, -1, np.int32)
    after, before = np.empty(nodes, np.int32), np.empty(nodes, np.int32)
    live, current = 0, NOWHERE >> down
    for s in range(len(seed_node)):
        if seed_label[s] <= top and insert(labels[seed_node[s]], fresh[seed_node[s]], seed_label[s]):
            live += push(seed_node[s], seed_label[s] >> down, mask, state, after, before, head)
            current = min(current, seed_label[s] >> down)
    while live > 0:
        node = head[current & mask]
        if node < 0:
            current += 1
            continue
        right = after[node]
        head[current & mask] = right
        if right >= 0:
            before[right] = -1
        state[node] = -1
        live -= 1
        for j in range(most):
            if fresh[node, j] == 0:
                continue
            label = labels[node, j]
            if (label >> down) > current:
                live += push(node, label >> down, mask, state, after, before, head)
                break
            fresh[node, j] = 0
            for a in range(indptr[node], indptr[node + 1]):
                onward = label + (np.int64(arcs[a, 1]) << PLACE_BITS)
                to = arcs[a, 0]
                if onward <= top and insert(labels[to], fresh[to], onward):
                    live += push(to, onward >> down, mask, state, after, before, head)


@kernel
def gather_k(
    klass: int, labels: Int64, top: int, ends: Ends, doors: Ends, doors_at: ByNode, door_class: Int16, place: Int32, out: Int64
) -> None:
    """The k least labels of each owner, up to the label `top`, from its nodes and from doors on its own link.

    Shapes: `labels` int64 [n, k]; `out` int64 [owners, k], all `NOWHERE`, is written.
    """
    most = out.shape[1]
    unused = np.zeros(most, np.int8)
    for i in range(len(out)):
        for k in range(ends.start[i], ends.start[i + 1]):
            for side in range(2):
                node = ends.node_a[k] if side == 0 else ends.node_b[k]
                cost = np.int64(ends.cost_a[k] if side == 0 else ends.cost_b[k])
                if node >= 0:
                    for j in range(most):
                        if labels[node, j] != NOWHERE and labels[node, j] + (cost << PLACE_BITS) <= top:
                            insert(out[i], unused, labels[node, j] + (cost << PLACE_BITS))
            if ends.link[k] >= 0 and len(doors_at.link_row) > 0:
                for r in range(doors_at.link_start[ends.link[k]], doors_at.link_start[ends.link[k] + 1]):
                    door = doors_at.link_row[r]
                    near = direct(doors, door, ends, k)
                    label = (np.int64(near) << PLACE_BITS) | place[doors.owner[door]]
                    if near != UNREACHED and label <= top and door_class[doors.owner[door]] == klass:
                        insert(out[i], unused, label)
