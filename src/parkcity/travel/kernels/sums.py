"""Sums over what is within reach, in whole quanta, so that they do not depend on the order of places."""

from __future__ import annotations

import numpy as np

from parkcity.travel.kernels.ends import ByNode, Ends
from parkcity.travel.kernels.jit import Int32, Int64, kernel
from parkcity.travel.kernels.lanes import Arena, clear, collect, search
from parkcity.travel.kernels.vector import LANES


@kernel
def add_within(weight: Int64, limits: Int64, arena: Arena, sums: Int64) -> None:
    """Add the weights of touched targets to every lane and limit that holds them.

    Shapes: `weight` int64 [g, targets]; `limits` int64 [j], ticks; `sums` int64 [g, j, LANES], in and out.
    """
    target_cost, target_seen = arena.target_cost, arena.target_seen
    for i in range(arena.size[1]):
        target = target_seen[i]
        for g in range(len(weight)):
            amount = weight[g, target]
            for j in range(len(limits)):
                top = np.uint32(limits[j])
                for lane in range(LANES):
                    sums[g, j, lane] += amount if target_cost[target, lane] <= top else np.int64(0)


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
) -> None:
    """Sums within limits for the sources `order[first:last]`, LANES at a time.

    Shapes: `order` int32, rows of owners in an order that keeps neighbours together; `weight` int64 [g, targets], whole quanta;
    `limits` int64 [j] ticks, rising; `out` int64 [owners, g, j], rows of the sources are written.
    """
    sums = np.empty((len(weight), len(limits), LANES), np.int64)
    for begin in range(first, last, LANES):
        batch = order[begin : min(begin + LANES, last)]
        search(indptr, arcs, sources, batch, limits[-1], shift, arena)
        collect(sources, batch, targets, at, arena)
        sums[:] = 0
        add_within(weight, limits, arena, sums)
        clear(arena)
        for lane in range(len(batch)):
            for g in range(len(weight)):
                for j in range(len(limits)):
                    out[batch[lane], g, j] = sums[g, j, lane]
