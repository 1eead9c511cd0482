"""Times by transit that follow an edit: only origins and places that can notice are searched again, and the result is the full one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from parkcity.base.errors import LimitError, UsageError
from parkcity.travel.states import State
from parkcity.travel.transit import TransitTimes
from parkcity.travel.transit_back import is_sooner
from parkcity.travel.transit_notice import noticing
from parkcity.travel.transit_states import states_of
from parkcity.travel.transit_sweep import Sweep, ranks_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from parkcity.travel.transit_setting import TransitSetting

    Bools = NDArray[np.bool_]
    Floats = NDArray[np.float64]

NO_RIDE = 2**16 - 1
"""No journey by rides within the limit."""


@dataclass(frozen=True)
class RideTimes:
    """Percentiles of the travel time by rides over a window of departures, kept so that a changed timetable or street can be followed.

    `seconds` uint16 [percentiles, origins, places], `NO_RIDE` beyond the limit; direct walks are put to them when they are asked for.
    `moments`: first and last departure and the seconds from one to the next; `searched`: pairs that the last search took.
    """

    setting: TransitSetting
    seconds: NDArray[np.uint16]
    moments: tuple[int, int, int]
    percentiles: tuple[float, ...]
    searched: int

    @classmethod
    def search(
        cls,
        setting: TransitSetting,
        first: int,
        last: int,
        *,
        step: int = 60,
        percentiles: Sequence[float] = (50,),
        threads: int | None = None,
        memory_gb: float = 4.0,
    ) -> RideTimes:
        """Search all pairs for the departures from `first` until before `last`; arguments as for `over_window`.

        Raises `LimitError` where they need more than `memory_gb`.
        """
        rising = list(percentiles) == sorted(set(percentiles)) and all(0 < value <= 100 for value in percentiles)
        if step < 1 or last <= first or not percentiles or not rising:
            msg = f"a window of {first} to {last} every {step} s at the percentiles {list(percentiles)} cannot be measured"
            raise UsageError(msg)
        if setting.longest >= NO_RIDE:
            msg = f"times to be kept are below {NO_RIDE} s, not up to {setting.longest} s"
            raise UsageError(msg)
        need_gb = kept_gb(setting, len(percentiles))
        if need_gb > memory_gb:
            msg = f"{setting.origins:,} x {setting.places:,} times need {need_gb:.1f} GB, more than the cap of {memory_gb:.1f} GB"
            raise LimitError(msg)
        empty = np.empty((len(percentiles), setting.origins, setting.places), np.uint16)
        made = cls.held(setting, empty, first, last, step=step, percentiles=percentiles)
        _fill(setting, made, empty, (np.arange(setting.origins), np.arange(setting.places)), threads)
        return replace(made, searched=empty[0].size)

    @classmethod
    def held(
        cls,
        setting: TransitSetting,
        seconds: NDArray[np.uint16],
        first: int,
        last: int,
        *,
        step: int = 60,
        percentiles: Sequence[float] = (50,),
    ) -> RideTimes:
        """Times that a search with the same arguments gave before, such as those kept on disk."""
        return cls(setting, seconds, (first, first + (last - first - 1) // step * step, step), tuple(percentiles), 0)

    def again(self, after: TransitSetting, threads: int | None = None) -> RideTimes:
        """The times of another setting, equal to those of a search of all pairs bit for bit.

        Both have the same origins, places, rides and limit; stops keep their rows, new ones come after them. Raises `UsageError` else.
        """
        before = self.setting
        if [getattr(before, name) for name in _SAME] != [getattr(after, name) for name in _SAME] or after.day.stops < before.day.stops:
            msg = "times follow a setting with the same origins, places, rides and limit whose stops keep their rows"
            raise UsageError(msg)
        blocks = noticing(before, after, self.moments[0], self.moments[1])
        seconds, searched = self.seconds.copy() if blocks else self.seconds, 0
        # Each origin is searched once, to all places of the blocks that it is in.
        kind = sum(block.origins.astype(np.int64) << number for number, block in enumerate(blocks))
        for own in np.setdiff1d(kind, [0]).tolist():
            held = np.logical_or.reduce([block.places for number, block in enumerate(blocks) if own >> number & 1])
            rows, places = np.flatnonzero(kind == own), np.flatnonzero(held)
            _fill(after, self, seconds, (rows, places), threads)
            searched += len(rows) * len(places)
        return replace(self, setting=after, seconds=seconds, searched=searched)

    def times(self) -> TransitTimes:
        """The travel times, walks without any ride included, as `over_window` gives them."""
        seconds = np.where(self.seconds == NO_RIDE, np.float32(np.nan), self.seconds.astype(np.float32))
        walks = self.setting.walked()
        near = walks.seconds <= self.setting.longest
        row, target = walks.row[near], walks.target[near]
        seconds[:, row, target] = np.fmin(seconds[:, row, target], walks.seconds[near].astype(np.float32))
        states = states_of(self.setting, np.isfinite(seconds), [(self.moments[0], self.moments[1])] * len(seconds))
        seconds[states != State.OK] = np.nan
        return TransitTimes(seconds, states, tuple(float(value) for value in self.percentiles), self.setting.day.assumed)

    def sums(self, weight: Floats, limits_s: Sequence[float], origins: NDArray[np.int64] | None = None) -> Floats:
        """The weight of the places within every limit at the first percentile, float64 [limits, origins] (all of them, or some rows).

        `weight` float64 [places]; places are summed in their order, those without weight left out, as `cumulative` does it. Raises
        `UsageError` on a limit above that of the setting.
        """
        if len(weight) != self.setting.places or max(limits_s) > self.setting.longest:
            msg = f"sums take a weight for each of {self.setting.places} places and limits up to {self.setting.longest} s"
            raise UsageError(msg)
        rows = np.arange(self.setting.origins) if origins is None else origins
        limits = np.asarray(limits_s, np.float64)
        held, walks = np.flatnonzero(weight > 0), self.setting.walked()
        found, amount = np.empty((len(limits_s), len(rows))), np.ascontiguousarray(weight[held], np.float64)
        for number, origin in enumerate(rows):
            own = slice(int(walks.start[origin]), int(walks.start[origin + 1]))
            seconds = self.seconds[0, origin].astype(np.int32)
            seconds[walks.target[own]] = np.minimum(seconds[walks.target[own]], walks.seconds[own])
            there = seconds[held][None]
            found[:, number] = ((there <= limits[:, None]) * amount).sum(axis=1)
        return found

    def differing(self, other: RideTimes) -> NDArray[np.int64]:
        """Origins whose times differ between two settings, by rides or on foot."""
        rides = np.zeros(self.setting.origins, bool)
        if self.seconds is not other.seconds:
            rides = (self.seconds != other.seconds).any(axis=(0, 2))
        afoot = [setting.walked() for setting in (self.setting, other.setting)]
        return np.flatnonzero(rides | rows_differing(afoot[0].start, afoot[1].start, *((legs.target, legs.seconds) for legs in afoot)))


_SAME = ("origins", "places", "most_rides", "longest")


def _fill(
    setting: TransitSetting,
    like: RideTimes,
    seconds: NDArray[np.uint16],
    pairs: tuple[NDArray[np.int64], NDArray[np.int64]],
    threads: int | None,
) -> None:
    """Search some origins and places by rides, for the departures and percentiles of `like`, and write the times into `seconds`."""
    from parkcity.travel.kernels.raptor import NEVER

    rows, places = pairs
    whole = len(places) == setting.places
    asked = replace(setting, direct=None).of_origins(rows)
    asked = asked if whole else asked.to_targets(places)
    moments = np.arange(like.moments[0], like.moments[1] + 1, like.moments[2], dtype=np.int32)[::-1].copy()

    ranks = ranks_of(like.percentiles, len(moments))
    back = None if whole else is_sooner(asked, moments, ranks)

    def keep(first: int, last: int, found: NDArray[np.int32]) -> None:
        short = np.where(found == NEVER, NO_RIDE, found).astype(np.uint16).transpose(1, 0, 2)
        if back is not None:
            seconds[:, rows[:, None], places[None, first:last]] = short.transpose(0, 2, 1)
        elif whole:
            seconds[:, rows[first:last]] = short
        else:
            seconds[:, rows[first:last, None], places[None, :]] = short

    if back is not None:
        back.run(keep, threads)
    else:
        Sweep(asked, moments, ranks).run(keep, threads)


def kept_gb(setting: TransitSetting, percentiles: int = 1) -> float:
    """What `RideTimes` of a setting need, in GB."""
    return setting.origins * setting.places * percentiles * 2 / 1e9


def rows_differing(
    start: NDArray[np.int64], other: NDArray[np.int64], first: tuple[NDArray[np.int32], ...], second: tuple[NDArray[np.int32], ...]
) -> Bools:
    """Rows whose spans of some columns differ in length or content, bool [rows]."""
    count = np.diff(start)
    alike = count == np.diff(other)
    both = np.flatnonzero(alike & (count > 0))
    shift = np.repeat(np.cumsum(count[both]) - count[both], count[both])
    place = np.arange(int(count[both].sum())) - shift
    a, b = np.repeat(start[both], count[both]) + place, np.repeat(other[both], count[both]) + place
    apart = np.zeros(len(place), bool)
    for one, two in zip(first, second, strict=True):
        apart |= one[a] != two[b]
    differ: Bools = ~alike
    differ[np.repeat(both, count[both])[apart]] = True
    return differ
