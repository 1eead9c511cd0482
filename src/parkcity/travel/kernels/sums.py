"""Sums over what is within reach, in whole quanta, so that they do not depend on the order of places."""

from __future__ import annotations

import numpy as np

from parkcity.travel.kernels.ends import ByNode, Ends
from parkcity.travel.kernels.jit import Int32, Int64, kernel
from parkcity.travel.kernels.lanes import Arena, clear, collect, search
from parkcity.travel.kernels.vector import LANES, add_where


@kernel
def add_within(weight: Int64, limits: Int64, arena: Arena, sums: Int64) -> None:
    """Add the weights of the targets of a batch to every lane and limit that holds them.

    Shapes: `weight` int64 [g, targets]; `limits` int64 [j], ticks; `sums` int64 [g * j, LANES], in and out.
    """
    row, target = arena.target_row, arena.target
    for i in range(arena.size[1]):
        for g in range(len(weight)):
            amount = weight[g, target[i]]
            if amount != 0:
                for j in range(len(limits)):
                    add_where(sums, g * len(limits) + j, row, i, limits[j], amount)


@kernel
def sum_batches(
    first: int,
    last: int,
    order: Int32,
    indptr: Int32,
    arcs: Int32,
    sources: Ends,
    targets: Ends,
    at: ByNode,
    weight: Int64,
    limits: Int64,
    shift: int,
    arena: Arena,
    out: Int64,
) -> tuple[int, int]:
    """Sums within limits for the sources `order[first:last]`, LANES at a time.

    Shapes: `order` int32, rows of owners in an order that keeps neighbours together; `weight` int64 [g, targets], whole quanta;
    `limits` int64 [j] ticks, rising; `out` int64 [owners, g, j], rows of the sources are written.
    Returns the next source to do, and the rows that the arena needs for it (0 when all are done).
    """
    sums = np.empty((len(weight) * len(limits), LANES), np.int64)
    for begin in range(first, last, LANES):
        batch = order[begin : min(begin + LANES, last)]
        need = search(indptr, arcs, sources, batch, limits[-1], shift, arena)
        if need == 0:
            need = collect(sources, batch, targets, at, limits[-1], arena)
        if need > 0:
            return begin, need
        sums[:] = 0
        add_within(weight, limits, arena, sums)
        clear(arena)
        for lane in range(len(batch)):
            for g in range(len(weight)):
                for j in range(len(limits)):
                    out[batch[lane], g, j] = sums[g * len(limits) + j, lane]
    return last, 0
