"""The sweep over origins that every transit answer is made of: blocks of origins side by side, times handed on block by block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.travel.threads import side_by_side, thread_count

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from parkcity.travel.kernels.connections import Batch
    from parkcity.travel.kernels.percentiles import Runs
    from parkcity.travel.kernels.pruning import Scratch
    from parkcity.travel.kernels.raptor import Arena, Hops, Lines
    from parkcity.travel.kernels.raptor_once import Once
    from parkcity.travel.transit_day import TransitDay
    from parkcity.travel.transit_setting import TransitSetting

    Consume = Callable[[int, int, NDArray[np.int32]], None]
    Method = tuple[Callable[[], Any], Callable[..., None]]

ORIGINS_PER_JOB = 16
FEWEST_LANES = 24
"""From so many origins on, one departure is scanned for 64 origins at once."""


def make_arena(setting: TransitSetting, lines: Lines, departures: int = 1) -> Arena:
    """Room of one thread for a range of so many departures."""
    from parkcity.travel.kernels.raptor import NEVER, Arena

    stops, calls, rows = setting.day.stops, len(lines.stop), setting.most_rides + 1
    patterns = len(lines.calls) - 1
    return Arena(
        ride=np.full((rows, stops), NEVER, np.int32),
        ready=np.full((rows, stops), NEVER, np.int32),
        ridden=np.full((rows, calls), NEVER, np.int32),
        first=np.full(patterns, NEVER, np.int32),
        end=np.zeros(patterns, np.int32),
        queue=np.zeros(patterns, np.int32),
        marked=np.zeros(stops, bool),
        fresh=np.zeros(stops, bool),
        touched=np.zeros(stops, bool),
        marks=np.zeros(stops, np.int32),
        news=np.zeros(stops, np.int32),
        changed=np.zeros(stops, np.int32),
        call=np.zeros(stops, np.int32),
        last=np.zeros(stops, np.int32),
        best=np.full(setting.places, NEVER, np.int32),
        falls=np.zeros(setting.places, np.int32),
        fell_to=np.empty((setting.places, departures), np.int32),
        fell_at=np.empty((setting.places, departures), np.int32),
    )


def make_once(setting: TransitSetting, lines: Lines) -> Once:
    """Room of one thread for single departures."""
    from parkcity.travel.kernels.raptor import NEVER
    from parkcity.travel.kernels.raptor_once import Once

    stops, patterns = setting.day.stops, len(lines.calls) - 1
    return Once(
        ride=np.empty(stops, np.int32),
        ready=np.empty(stops, np.int32),
        ridden=np.empty(len(lines.stop), np.int32),
        first=np.full(patterns, NEVER, np.int32),
        end=np.zeros(patterns, np.int32),
        queue=np.zeros(patterns, np.int32),
        marked=np.zeros(stops, bool),
        fresh=np.zeros(stops, bool),
        seen=np.zeros(stops, bool),
        marks=np.zeros(stops, np.int32),
        news=np.zeros(stops, np.int32),
        call=np.zeros(stops, np.int32),
        reached=np.zeros(stops, np.int32),
        best=np.empty(setting.places, np.int32),
    )


def make_batch(setting: TransitSetting, lines: Lines) -> Batch:
    """Room of one thread for one departure of many origins."""
    from parkcity.travel.kernels.connections import Batch
    from parkcity.travel.kernels.vector import LANES

    stops, rides = setting.day.stops, setting.most_rides
    return Batch(
        ready=np.empty((rides * stops, LANES), np.uint32),
        ride=np.empty((rides * stops, LANES), np.uint32),
        aboard=np.empty((int(lines.trips[-1]), rides), np.uint64),
        open=np.zeros(stops, bool),
        best=np.empty((setting.places, LANES), np.uint32),
    )


def pruned(setting: TransitSetting, lines: Lines) -> tuple[Hops, Hops, Hops]:
    """Changes from calls, access from origins and egress from calls, without the walks that no fastest journey needs."""
    from parkcity.travel.kernels.pruning import longest_runs, useful_boarding
    from parkcity.travel.kernels.raptor import Hops

    calls = len(lines.stop)
    leaving, arriving = np.zeros(calls, np.int64), np.zeros(calls, np.int64)
    longest_runs(lines, leaving, arriving)
    scratch = _scratch(lines)
    kept = []
    for legs in (setting.change.hops(), setting.access.hops()):
        keep = np.zeros(len(legs.target), bool)
        useful_boarding(legs, lines, leaving, scratch, keep)
        kept.append(keep)
    access = setting.access.hops()
    counts = np.bincount(np.repeat(np.arange(setting.origins), np.diff(access.start))[kept[1]], minlength=setting.origins)
    start = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    egress = setting.egress.hops()
    return (
        _by_call(setting.change.hops(), kept[0], lines, arriving, setting.day.stops),
        Hops(start, access.target[kept[1]], access.seconds[kept[1]]),
        _by_call(egress, np.ones(len(egress.target), bool), lines, arriving, setting.places),
    )


def _scratch(lines: Lines) -> Scratch:
    from parkcity.travel.kernels.pruning import Scratch
    from parkcity.travel.kernels.raptor import NEVER

    calls, patterns = len(lines.stop), len(lines.calls) - 1
    return Scratch(
        np.full(calls, NEVER, np.int32),
        np.zeros(calls, np.int32),
        np.full(patterns, NEVER, np.int32),
        np.zeros(patterns, np.int32),
        np.zeros(patterns, np.int32),
    )


def _by_call(legs: Hops, keep: NDArray[np.bool_], lines: Lines, arriving: NDArray[np.int64], targets: int) -> Hops:
    from parkcity.travel.kernels.earlier import WIDTH
    from parkcity.travel.kernels.pruning import by_call
    from parkcity.travel.kernels.raptor import Hops

    start, best = np.zeros(len(lines.stop) + 1, np.int64), np.full(targets, 2**62, np.int64)
    none = np.zeros(0, np.int32)
    total = by_call(legs, keep, lines, arriving, best, start, none, none)
    target, seconds = np.zeros(total + WIDTH, np.int32), np.zeros(total + WIDTH, np.int32)
    by_call(legs, keep, lines, arriving, best, start, target, seconds)
    return Hops(start, target, seconds)


@dataclass(frozen=True)
class Sweep:
    """What is asked of every origin: falling departures, and rising ranks in the sorted times (none: the times of every departure).

    Ranks are of departures a fixed step apart.
    """

    setting: TransitSetting
    moments: NDArray[np.int32]
    ranks: NDArray[np.int32]

    @property
    def layers(self) -> int:
        """Numbers for every pair."""
        return len(self.ranks) or len(self.moments)

    def run(self, consume: Consume, threads: int | None, origins_per_job: int = ORIGINS_PER_JOB) -> None:
        """Call `consume(first, last, seconds)` for every block of origins, in any order, from the threads that computed them.

        `seconds` int32 [last - first, layers, places], `NEVER` beyond the limit; it is overwritten by the next block of the thread.
        """
        from parkcity.travel.transit_day import trimmed

        setting = self.setting
        day = trimmed(setting.day, int(self.moments.min()), int(self.moments.max()) + setting.longest)
        alone = len(self.moments) == 1 and not len(self.ranks)
        if alone and setting.origins >= FEWEST_LANES:
            from parkcity.travel.kernels.vector import LANES

            self._side_by_side(self._many(day), LANES, consume, threads)
        elif alone:
            self._side_by_side(self._single(day.lines), origins_per_job, consume, threads)
        else:
            self._side_by_side(self._window(day.lines), origins_per_job, consume, threads)

    def _side_by_side(self, method: Method, size: int, consume: Consume, threads: int | None) -> None:
        make, search = method
        setting = self.setting

        def room() -> tuple[Any, NDArray[np.int32]]:
            return make(), np.empty((size, self.layers, setting.places), np.int32)

        def work(job: int, own: tuple[Any, NDArray[np.int32]]) -> None:
            first, last = job * size, min(setting.origins, (job + 1) * size)
            search(first, last, *own)
            consume(first, last, own[1][: last - first])

        side_by_side(-(-setting.origins // size), thread_count(threads), room, work)

    def _many(self, day: TransitDay) -> Method:
        from parkcity.travel.kernels.connections import many
        from parkcity.travel.transit_day import connections

        setting, time = self.setting, int(self.moments[0])
        moves = connections(day, time, time + setting.longest)
        walks, access, _ = pruned(setting, day.lines)
        legs = (walks, access, setting.egress.hops(), setting.walked().hops())

        def search(first: int, last: int, batch: Batch, part: NDArray[np.int32]) -> None:
            many(first, last, moves, day.lines, *legs, time, setting.longest, setting.most_rides, batch, part)

        return lambda: make_batch(setting, day.lines), search

    def _single(self, lines: Lines) -> Method:
        from parkcity.travel.kernels.raptor_once import single

        setting = self.setting
        legs = (*pruned(setting, lines), setting.walked().hops())

        def search(first: int, last: int, once: Once, part: NDArray[np.int32]) -> None:
            single(first, last, lines, *legs, self.moments, setting.longest, setting.most_rides, once, part)

        return lambda: make_once(setting, lines), search

    def _window(self, lines: Lines) -> Method:
        from parkcity.travel.kernels.percentiles import Runs
        from parkcity.travel.kernels.raptor import window

        setting, departures = self.setting, len(self.moments)
        legs = (*pruned(setting, lines), setting.walked().hops())

        def make() -> tuple[Arena, Runs]:
            return make_arena(setting, lines, departures), Runs(*(np.empty(departures, np.int32) for _ in Runs._fields))

        def search(first: int, last: int, own: tuple[Arena, Runs], part: NDArray[np.int32]) -> None:
            window(first, last, lines, *legs, self.moments, setting.longest, self.ranks, *own, part)

        return make, search


def ranks_of(percentiles: tuple[float, ...], count: int) -> NDArray[np.int32]:
    """Places in `count` sorted values, from 0, of percentiles by nearest rank."""
    return np.array([max(int(np.ceil(value * count / 100 - 1e-9)), 1) - 1 for value in percentiles], dtype=np.int32)
