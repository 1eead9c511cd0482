"""From labels of nodes to the answers of owners: numbers, places and states."""

from __future__ import annotations

import numpy as np

from parkcity.travel.kernels.ends import ByNode, Ends, direct
from parkcity.travel.kernels.jit import Bool, Float32, Int8, Int16, Int32, Int64, kernel
from parkcity.travel.kernels.label import NOWHERE, PLACE_BITS, PLACE_MASK
from parkcity.travel.kernels.ticks import UNREACHED


@kernel
def state_without(i: int, label: int, ends: Ends, reached: Bool) -> int:
    """Why owner i has no answer within the limit: 1 unreachable, 2 not attached, 5 over limit. `reached` bool [n] of its class."""
    if label != NOWHERE:
        return 5
    if ends.start[i] == ends.start[i + 1]:
        return 2
    for k in range(ends.start[i], ends.start[i + 1]):
        if (ends.node_a[k] >= 0 and reached[ends.node_a[k]]) or (ends.node_b[k] >= 0 and reached[ends.node_b[k]]):
            return 5
    return 1


@kernel
def answer(
    first: int,
    last: int,
    labels: Int64,
    ends: Ends,
    doors: Ends,
    doors_at: ByNode,
    door_class: Int16,
    door_place: Int32,
    reached: Bool,
    top: int,
    per_tick: float,
    value: Float32,
    place: Int32,
    state: Int8,
    ticks: Int32,
) -> None:
    """The nearest place of every class for owners `first` to `last` - 1: from the labels at their ends and from doors on their own link.

    Shapes: `labels` int64 and `reached` bool [classes, n]; `door_class` int16 (-1: shut) and `door_place` int32 [owners of doors]; `top`,
    the largest label within the limit; outputs [classes, owners]: `value` float32, `place` int32 (-1 for none), `ticks` int32
    (`UNREACHED` for none), `state` int8: 0 ok, or as `state_without` says.
    """
    start, node_a, node_b, cost_a, cost_b, link = ends.start, ends.node_a, ends.node_b, ends.cost_a, ends.cost_b, ends.link
    classes = len(labels)
    best = np.empty(classes, np.int64)
    shared = len(doors_at.link_row) > 0
    for i in range(first, last):
        best[:] = NOWHERE
        for k in range(start[i], start[i + 1]):
            if node_a[k] >= 0:
                more = np.int64(cost_a[k]) << PLACE_BITS
                for c in range(classes):
                    if labels[c, node_a[k]] != NOWHERE:
                        best[c] = min(best[c], labels[c, node_a[k]] + more)
            if node_b[k] >= 0:
                more = np.int64(cost_b[k]) << PLACE_BITS
                for c in range(classes):
                    if labels[c, node_b[k]] != NOWHERE:
                        best[c] = min(best[c], labels[c, node_b[k]] + more)
            if shared and link[k] >= 0:
                for r in range(doors_at.link_start[link[k]], doors_at.link_start[link[k] + 1]):
                    door = doors_at.link_row[r]
                    owner = doors.owner[door]
                    if door_class[owner] >= 0:
                        cost = direct(doors, door, ends, k)
                        if cost != UNREACHED:
                            label = (np.int64(cost) << PLACE_BITS) | door_place[owner]
                            best[door_class[owner]] = min(best[door_class[owner]], label)
        for c in range(classes):
            label = best[c]
            if label <= top:
                value[c, i] = np.float32((label >> PLACE_BITS) * per_tick)
                place[c, i] = np.int32(label & PLACE_MASK)
                state[c, i] = 0
                ticks[c, i] = np.int32(label >> PLACE_BITS)
            else:
                value[c, i] = np.nan
                place[c, i] = -1
                ticks[c, i] = UNREACHED
                state[c, i] = state_without(i, label, ends, reached[c])


@kernel
def read_labels(
    first: int,
    last: int,
    labels: Int64,
    top: int,
    per_tick: float,
    ends: Ends,
    reached: Bool,
    value: Float32,
    place: Int32,
    state: Int8,
    ticks: Int32,
) -> None:
    """Known labels of owners of one class as numbers, places and states; shapes [owners], `reached` bool [n], else as `answer`."""
    for i in range(first, last):
        label = labels[i]
        if label <= top:
            value[i] = np.float32((label >> PLACE_BITS) * per_tick)
            place[i] = np.int32(label & PLACE_MASK)
            state[i] = 0
            ticks[i] = np.int32(label >> PLACE_BITS)
            continue
        value[i] = np.nan
        place[i] = -1
        ticks[i] = UNREACHED
        state[i] = state_without(i, label, ends, reached)
