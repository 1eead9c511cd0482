"""What a place at each of many candidate sites would change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from parkcity.travel.kernels.jit import Int32, Int64, kernel
from parkcity.travel.kernels.lanes import Arena, clear, collect, search
from parkcity.travel.kernels.vector import LANES

if TYPE_CHECKING:
    from parkcity.travel.kernels.ends import ByNode, Ends


@kernel
def gain_batches(
    first: int,
    last: int,
    order: Int32,
    indptr: Int32,
    arcs: Int32,
    sources: Ends,
    targets: Ends,
    at: ByNode,
    weight: Int64,
    before: Int32,
    limits: Int64,
    coarser: int,
    shift: int,
    arena: Arena,
    gained: Int64,
    saved: Int64,
) -> tuple[int, int]:
    """Gains of the sites `order[first:last]`, each alone.

    Shapes: `weight` int64 [targets], quanta of residents; `before` int32 [targets], ticks to what there is; `limits` int64 [j] ticks,
    rising; `gained` int64 [sites, j]: weight that comes within each limit; `saved` int64 [sites]: weight times whole units of
    2**`coarser` ticks saved, costs counting up to the largest limit. Returns the next site and the rows that the arena needs (0 when
    all are done).
    """
    limit = limits[-1]
    for begin in range(first, last, LANES):
        batch = order[begin : min(begin + LANES, last)]
        need = search(indptr, arcs, sources, batch, limit, shift, arena)
        if need == 0:
            need = collect(sources, batch, targets, at, limit, arena)
        if need > 0:
            return begin, need
        for i in range(arena.size[1]):
            target = arena.target[i]
            old = min(np.int64(before[target]), limit)
            for lane in range(len(batch)):
                now = np.int64(arena.target_row[i, lane])
                if now <= limit:
                    for j in range(len(limits)):
                        if now <= limits[j] and before[target] > limits[j]:
                            gained[batch[lane], j] += weight[target]
                    if now < old:
                        saved[batch[lane]] += weight[target] * ((old - now) >> coarser)
        clear(arena)
    return last, 0
