"""Sums over what is within reach, in whole quanta, so that they do not depend on the order of places."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from parkcity.travel.kernels.jit import Float64, Int8, Int32, Int64, kernel
from parkcity.travel.kernels.lanes import Arena, clear, collect, search
from parkcity.travel.kernels.vector import LANES, add_where

if TYPE_CHECKING:
    from parkcity.travel.kernels.ends import ByNode, Ends


class Decays(NamedTuple):
    """Decays of cost: `kind` int8 [j]: 0 step, 1 linear, 2 gaussian, 3 exponential, 4 logistic; `limit` int64 [j] ticks; `scale`, `middle`
    float64 [j] ticks (see `parkcity.travel.decay`).
    """

    kind: Int8
    limit: Int64
    scale: Float64
    middle: Float64


@kernel
def share_left(kind: int, cost: float, limit: float, scale: float, middle: float) -> float:
    """The worth that is left at a cost, 0 to 1."""
    if kind == 1:
        return 1.0 - cost / limit
    if kind == 2:
        return math.exp(-(cost * cost) / (2.0 * scale * scale))
    if kind == 3:
        return math.exp(-cost / scale)
    if kind == 4:
        return 1.0 / (1.0 + math.exp(min((cost - middle) / scale, 700.0)))
    return 1.0


@kernel
def worth(amount: int, kind: int, cost: int, limit: int, scale: float, middle: float) -> int:
    """Quanta of a weight that are left at a cost: rounded once per pair, so that their sum does not depend on order."""
    if kind == 0:
        return amount
    return int(np.rint(amount * share_left(kind, float(cost), float(limit), scale, middle)))


@kernel
def add_within(weight: Int64, decays: Decays, arena: Arena, sums: Int64) -> None:
    """Add the weights of the targets of a batch, decayed, to every lane that they lie within reach of.

    Shapes: `weight` int64 [g, targets]; `sums` int64 [g * j, LANES], in and out.
    """
    row, target = arena.target_row, arena.target
    kind, limit, scale, middle = decays.kind, decays.limit, decays.scale, decays.middle
    for i in range(arena.size[1]):
        for g in range(len(weight)):
            amount = weight[g, target[i]]
            if amount != 0:
                for j in range(len(limit)):
                    at = g * len(limit) + j
                    if kind[j] == 0:
                        add_where(sums, at, row, i, limit[j], amount)
                        continue
                    for lane in range(LANES):
                        if row[i, lane] <= limit[j]:
                            sums[at, lane] += worth(amount, kind[j], row[i, lane], limit[j], scale[j], middle[j])


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
    decays: Decays,
    shift: int,
    arena: Arena,
    out: Int64,
) -> tuple[int, int]:
    """Decayed sums for the sources `order[first:last]`, LANES at a time.

    Shapes: `order` int32, rows of owners in an order that keeps neighbours together; `weight` int64 [g, targets], whole quanta;
    `out` int64 [owners, g, j], rows of the sources are written.
    Returns the next source to do, and the rows that the arena needs for it (0 when all are done).
    """
    limit = decays.limit.max()
    kinds = len(decays.limit)
    sums = np.empty((len(weight) * kinds, LANES), np.int64)
    for begin in range(first, last, LANES):
        batch = order[begin : min(begin + LANES, last)]
        need = search(indptr, arcs, sources, batch, limit, shift, arena)
        if need == 0:
            need = collect(sources, batch, targets, at, limit, arena)
        if need > 0:
            return begin, need
        sums[:] = 0
        add_within(weight, decays, arena, sums)
        clear(arena)
        for lane in range(len(batch)):
            for g in range(len(weight)):
                for j in range(kinds):
                    out[batch[lane], g, j] = sums[g * kinds + j, lane]
    return last, 0


@kernel
def add_pairs(owner: Int32, ticks: Int32, amount: Int64, decays: Decays, out: Int64) -> None:
    """Add one place's weights (int64 [g], may be negative) to the owners that reach it. Shapes: int32 [pairs]; `out` as above.

    The worth of minus a weight is minus its worth (rounding half to even is odd), so that adding and taking away cancel.
    """
    for i in range(len(owner)):
        for g in range(len(amount)):
            for j in range(len(decays.limit)):
                if ticks[i] <= decays.limit[j]:
                    out[owner[i], g, j] += worth(amount[g], decays.kind[j], ticks[i], decays.limit[j], decays.scale[j], decays.middle[j])
