"""What is within reach of every origin: sums per limit, and the pairs themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from parkcity.base.errors import LimitError, UsageError
from parkcity.travel.decay import Decay
from parkcity.travel.kernels.ticks import TICKS_PER
from parkcity.travel.nearest import limit_ticks
from parkcity.travel.search import pair_parts, places_of, prepare
from parkcity.travel.states import State
from parkcity.travel.threads import side_by_side, thread_count

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from parkcity.travel.kernels.sums import Decays
    from parkcity.travel.network import Direction, Network
    from parkcity.travel.search import Bench, Setting
    from parkcity.travel.streets import Attach

QUANTUM = 2.0**-20
ORIGINS_PER_JOB = 2048


@dataclass(frozen=True)
class Within:
    """Sums within limits. Shapes: `sums` float64 [limits, n], or [groups, limits, n] for weights of several groups; `counts` int64
    [limits, n], places within reach; `states` int8 [n]. An origin that is not ok has sum NaN and count -1.
    """

    sums: npt.NDArray[np.float64]
    counts: npt.NDArray[np.int64]
    states: npt.NDArray[np.int8]


@dataclass(frozen=True)
class Pairs:
    """Places within reach, row by row. Shapes: `start` int64 [n + 1]; `place` int32 [pairs], rising within an origin; `cost` float64
    [pairs], seconds or metres; `states` int8 [n].
    """

    start: npt.NDArray[np.int64]
    place: npt.NDArray[np.int32]
    cost: npt.NDArray[np.float64]
    states: npt.NDArray[np.int8]

    @property
    def origin(self) -> npt.NDArray[np.int32]:
        """The origin of each pair, int32 [pairs]."""
        return np.repeat(np.arange(len(self.start) - 1, dtype=np.int32), np.diff(self.start))


def origin_states(origins: Attach) -> npt.NDArray[np.int8]:
    """Ok, not attached, or outside the data, int8 [n]."""
    states = np.full(origins.owners, State.NOT_ATTACHED, np.int8)
    states[origins.owner] = State.OK
    if origins.outside is not None:
        states[origins.outside] = State.OUTSIDE_DATA
    return states


def quanta(weights: npt.ArrayLike, quantum: float = QUANTUM) -> npt.NDArray[np.int64]:
    """Weights as whole quanta, int64, rounded half to even, so that their sums do not depend on order.

    Raises `UsageError` on a weight that is not a number, and `LimitError` where the sum of all would exceed 2**62 quanta.
    """
    number = np.asarray(weights, np.float64)
    if not np.isfinite(number).all():
        msg = "weights must be finite numbers"
        raise UsageError(msg)
    if np.abs(number).sum() / quantum >= 2.0**62:
        msg = f"weights sum to {np.abs(number).sum():.6g}, more than {quantum * 2.0**62:.6g} allows; give a larger quantum"
        raise LimitError(msg)
    return np.rint(number / quantum).astype(np.int64)


def decay_rows(decays: Sequence[Decay], unit: str) -> Decays:
    """Decays in ticks, for kernels."""
    from parkcity.travel.kernels.sums import Decays

    if not decays:
        msg = "at least one limit or decay is needed"
        raise UsageError(msg)
    per = TICKS_PER[unit]
    return Decays(
        np.array([decay.code for decay in decays], np.int8),
        np.array([limit_ticks(decay.limit, unit) for decay in decays], np.int64),
        np.array([(decay.scale or 1.0) * per for decay in decays], np.float64),
        np.array([(decay.middle or 0.0) * per for decay in decays], np.float64),
    )


def raw_sums(setting: Setting, rows: npt.NDArray[np.int64], decays: Decays, owners: int, threads: int) -> npt.NDArray[np.int64]:
    """Sums in whole quanta, int64 [owners, groups, decays]."""
    from parkcity.travel.kernels.sums import sum_batches

    found = np.zeros((owners, len(rows), len(decays.limit)), np.int64)
    size, side, shift = ORIGINS_PER_JOB, setting.side, setting.shape.shift
    fixed = (setting.order, side.indptr, side.arcs, setting.sources, setting.targets, setting.at, rows, decays, shift)

    def work(job: int, bench: Bench) -> None:
        first, last = job * size, min(len(setting.order), (job + 1) * size)
        while first < last:
            first, need = sum_batches(first, last, *fixed, bench.arena, found)
            if need:
                bench.grow(need)

    side_by_side(-(-len(setting.order) // size), threads, setting.bench, work)
    return found


@dataclass(frozen=True)
class _Summing:
    """A search for sums, from the side that has fewer ends."""

    places: int
    sums: Callable[[npt.NDArray[np.int64], Decays], npt.NDArray[np.int64]]


def _summing(
    network: Network,
    origins: Attach,
    doors: Attach,
    door_place: npt.ArrayLike | None,
    places: int | None,
    unit: str,
    direction: Direction,
    threads: int | None,
) -> _Summing:
    from parkcity.travel.smaller import places_are_few, sums_from_places

    workers = thread_count(threads)
    count = places_of(doors, door_place)[1] if places is None else places
    if places_are_few(len(doors.owner), origins.owners):
        doors.checked(network.streets)
        origins.checked(network.streets)
        if places_of(doors, door_place)[1] <= count:
            return _Summing(
                count, lambda rows, decays: sums_from_places(network, origins, doors, door_place, rows, decays, unit, direction, workers)
            )
    setting = prepare(network, origins, doors, door_place, unit, direction, places)
    return _Summing(setting.places, lambda rows, decays: raw_sums(setting, rows, decays, origins.owners, workers))


def within(
    network: Network,
    origins: Attach,
    doors: Attach,
    limits: Sequence[float | Decay],
    weights: npt.ArrayLike | None = None,
    door_place: npt.ArrayLike | None = None,
    *,
    unit: str = "s",
    direction: Direction = "to",
    counts: bool = True,
    quantum: float = QUANTUM,
    threads: int | None = None,
) -> Within:
    """Sums of the weights of all places within each limit of every origin, and their number, exactly, in one search from the
    side that has fewer ends.

    `limits`: numbers in `unit`, themselves included, or `Decay`s; `weights` float64 [places] or [groups, places] (without them only places
    are counted); `door_place` int32 [owners of doors]: a place with several doors counts once, by its cheapest door. Weights are summed
    as whole quanta (2**-20 unless told otherwise), so the same bits come from any order and any number of threads; a decayed weight is
    rounded to whole quanta per pair. Counts are of places within the limit, undecayed.
    """
    decays = decay_rows([limit if isinstance(limit, Decay) else Decay("step", float(limit)) for limit in limits], unit)
    amount = None if weights is None else np.atleast_2d(quanta(weights, quantum))
    searched = _summing(network, origins, doors, door_place, None if amount is None else amount.shape[1], unit, direction, threads)
    states = origin_states(origins)
    bad = states != State.OK
    shape = (len(limits), origins.owners)
    number = np.full(shape, -1, np.int64)
    sums: npt.NDArray[np.float64] = np.empty((0, *shape)) if amount is None else np.empty((len(amount), *shape))
    flat = not decays.kind.any()
    both = counts and flat and amount is not None
    one = np.ones((1, searched.places), np.int64)
    if amount is not None:
        found = searched.sums(np.concatenate([amount, one]) if both else amount, decays)
        sums = found[:, : len(amount)].transpose(1, 2, 0).astype(np.float64) * quantum
        if both:
            number = np.ascontiguousarray(found[:, -1].T)
    if (counts or amount is None) and not both:
        steps = decays._replace(kind=np.zeros_like(decays.kind))
        number = np.ascontiguousarray(searched.sums(one, steps)[:, 0].T)
    number[:, bad] = -1
    sums[:, :, bad] = np.nan
    return Within(np.ascontiguousarray(sums[0] if weights is not None and np.ndim(weights) == 1 else sums), number, states)


def reach_pairs(
    network: Network,
    origins: Attach,
    doors: Attach,
    limit: float,
    door_place: npt.ArrayLike | None = None,
    *,
    unit: str = "s",
    direction: Direction = "to",
    memory_gb: float = 4.0,
    threads: int | None = None,
) -> Pairs:
    """Every pair of origin and place within `limit`, sorted by origin, then place, with its exact cost.

    The memory needed is estimated from a sample of origins first; above `memory_gb` the call raises `LimitError` before it starts.
    """
    setting = prepare(network, origins, doors, door_place, unit, direction)
    top = limit_ticks(limit, unit)
    _refuse_if_large(setting, top, memory_gb)
    return assemble(setting, top, thread_count(threads), origins)


def assemble(setting: Setting, top: int, threads: int, origins: Attach) -> Pairs:
    """All pairs of the sources in `setting.order` within `top` ticks, as sorted rows."""
    from parkcity.travel.kernels.pairs import place_rows

    size = ORIGINS_PER_JOB
    jobs = -(-len(setting.order) // size)
    parts: list[list[tuple[int, npt.NDArray[np.int64], npt.NDArray[np.int32], npt.NDArray[np.int32]]]] = [[] for _ in range(jobs)]

    def work(job: int, bench: Bench) -> None:
        parts[job] = list(pair_parts(setting, job * size, min(len(setting.order), (job + 1) * size), top, bench))

    side_by_side(jobs, threads, setting.bench, work)
    amount = np.zeros(origins.owners + 1, np.int64)
    for part in parts:
        for first, counts, _, _ in part:
            amount[setting.order[first : first + len(counts)] + 1] = counts
    start = np.cumsum(amount)
    place = np.empty(int(start[-1]), np.int32)
    ticks = np.empty(int(start[-1]), np.int32)
    for part in parts:
        for first, counts, target, cost in part:
            place_rows(setting.order, start, first, counts, target, cost, place, ticks)
    return Pairs(start, place, ticks / TICKS_PER[setting.graph.unit], origin_states(origins))


def _refuse_if_large(setting: Setting, top: int, memory_gb: float) -> None:
    count = len(setting.order)
    if count == 0:
        return
    sample = np.unique(np.linspace(0, max(count - 64, 0), 16).astype(np.int64))
    bench = setting.bench()
    pairs = [len(part[2]) for first in sample for part in pair_parts(setting, int(first), min(count, int(first) + 64), top, bench)]
    per_origin = sum(pairs) / (len(sample) * min(64, count))
    need_gb = per_origin * count * 28 / 1e9
    if need_gb > memory_gb:
        msg = f"about {per_origin * count:,.0f} pairs would need {need_gb:.1f} GB, more than the cap of {memory_gb:.1f} GB"
        raise LimitError(msg)
