"""Every place within reach of every source, as sorted sparse rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from parkcity.travel.kernels.jit import Int32, Int64, kernel
from parkcity.travel.kernels.lanes import Arena, clear, collect, search
from parkcity.travel.kernels.vector import LANES

if TYPE_CHECKING:
    from parkcity.travel.kernels.ends import ByNode, Ends


@kernel
def count_reached(lanes: int, limit: int, arena: Arena) -> int:
    """How many pairs of lane and touched target lie within the limit."""
    row = arena.target_row
    total = 0
    for i in range(arena.size[1]):
        for lane in range(lanes):
            if row[i, lane] <= limit:
                total += 1
    return total


@kernel
def pair_batches(
    first: int,
    last: int,
    order: Int32,
    indptr: Int32,
    arcs: Int32,
    sources: Ends,
    targets: Ends,
    at: ByNode,
    limit: int,
    shift: int,
    arena: Arena,
    counts: Int64,
    target: Int32,
    ticks: Int32,
) -> tuple[int, int, int, int]:
    """Pairs of the sources `order[first:last]`, rows in that order, targets rising within a row.

    Shapes: `counts` int64 [last - first] is written; `target`, `ticks` int32 [capacity] are written as long as they hold a whole batch.
    Returns the next source to do (`last` when all are done), pairs written, the rows that the arena needs for the next batch, and the
    room for pairs that it needs (0 where there is enough).
    """
    done = 0
    for begin in range(first, last, LANES):
        batch = order[begin : min(begin + LANES, last)]
        rows = search(indptr, arcs, sources, batch, limit, shift, arena)
        if rows == 0:
            rows = collect(sources, batch, targets, at, limit, arena)
        if rows > 0:
            return begin, done, rows, 0
        need = count_reached(len(batch), limit, arena)
        if done + need > len(target):
            clear(arena)
            return begin, done, 0, need
        rank = np.argsort(arena.target[: arena.size[1]])
        for lane in range(len(batch)):
            before = done
            for i in range(len(rank)):
                cost = arena.target_row[rank[i], lane]
                if cost <= limit:
                    target[done], ticks[done] = arena.target[rank[i]], cost
                    done += 1
            counts[begin - first + lane] = done - before
        clear(arena)
    return last, done, 0, 0


@kernel
def place_rows(
    order: Int32, start: Int64, first: int, counts: Int64, target: Int32, ticks: Int32, to_target: Int32, to_ticks: Int32
) -> None:
    """Copy rows of sources `order[first:first + len(counts)]` to where `start` int64 [owners + 1] wants them."""
    done = 0
    for i in range(len(counts)):
        to = start[order[first + i]]
        for k in range(counts[i]):
            to_target[to + k] = target[done]
            to_ticks[to + k] = ticks[done]
            done += 1
