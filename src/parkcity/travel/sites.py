"""What if a place were here? Many candidate sites in one call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from parkcity.base.errors import UsageError
from parkcity.travel.kernels.ticks import TICKS_PER
from parkcity.travel.nearest import limit_ticks
from parkcity.travel.reach import quanta
from parkcity.travel.search import Bench, prepare
from parkcity.travel.threads import side_by_side, thread_count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from parkcity.travel.nearest import Nearest
    from parkcity.travel.network import Direction, Network
    from parkcity.travel.streets import Attach

SITE_QUANTUM = 2.0**-10
COARSER = {"s": 8, "m": 2}
SITES_PER_JOB = 256


@dataclass(frozen=True)
class Gains:
    """What each site would change, alone. Shapes: `gained` float64 [limits, sites], residents who come within each limit; `saved` float64
    [sites], residents times seconds (or metres) that they save, costs counting up to the largest limit, in steps of 1/256 s or m.
    """

    gained: npt.NDArray[np.float64]
    saved: npt.NDArray[np.float64]


def what_if(
    network: Network,
    origins: Attach,
    weights: npt.ArrayLike,
    now: Nearest,
    klass: int,
    sites: Attach,
    limits: Sequence[float],
    *,
    unit: str = "s",
    direction: Direction = "to",
    threads: int | None = None,
) -> Gains:
    """The gain of a new place of class `klass` at every site, each alone, in one call.

    `weights` float64 [n]: residents of each origin; `now`: the nearest places today, from `nearest` in the same unit and direction;
    `sites`: one owner per candidate site, as many candidates per site as it has doors. Origins over their limit or without a way today
    count as beyond every limit.
    """
    from parkcity.travel.kernels.sites import gain_batches

    if not limits or list(limits) != sorted(limits):
        msg = "limits must rise, and there must be one at least"
        raise UsageError(msg)
    if now.values.ndim != 2 or now.values.shape[1] != origins.owners:
        msg = "'now' must hold one nearest place per class and origin (k = 1)"
        raise UsageError(msg)
    weight = quanta(weights, SITE_QUANTUM)
    flip: Direction = "from" if direction == "to" else "to"
    setting = prepare(network, sites, origins, None, unit, flip, origins.owners)
    tops = np.array([limit_ticks(limit, unit) for limit in limits], np.int64)
    gained, saved = np.zeros((sites.owners, len(limits)), np.int64), np.zeros(sites.owners, np.int64)
    side, coarser, size = setting.side, COARSER[setting.graph.unit], SITES_PER_JOB
    fixed = (setting.order, side.indptr, side.arcs, setting.sources, setting.targets, setting.at, weight, now.ticks[klass], tops, coarser)

    def work(job: int, bench: Bench) -> None:
        first, last = job * size, min(len(setting.order), (job + 1) * size)
        while first < last:
            first, need = gain_batches(first, last, *fixed, setting.shape.shift, bench.arena, gained, saved)
            if need:
                bench.grow(need)

    side_by_side(-(-len(setting.order) // size), thread_count(threads), setting.bench, work)
    step = 2.0 ** COARSER[setting.graph.unit] / TICKS_PER[setting.graph.unit]
    return Gains(np.ascontiguousarray(gained.T).astype(np.float64) * SITE_QUANTUM, saved.astype(np.float64) * (SITE_QUANTUM * step))
