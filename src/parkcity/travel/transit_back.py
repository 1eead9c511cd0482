"""A window of departures searched from the places, in reversed time: for few places and many origins."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from parkcity.travel.threads import side_by_side, thread_count
from parkcity.travel.transit_day import mirrored, trimmed
from parkcity.travel.transit_setting import TransitSetting
from parkcity.travel.transit_sweep import make_arena, pruned

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parkcity.travel.kernels.percentiles import Runs
    from parkcity.travel.kernels.raptor import Arena
    from parkcity.travel.transit_sweep import Consume

    Ints = NDArray[np.int32]
    Room = tuple[Arena, Runs, Ints, Ints, Ints]

MOST_ROOM = 20_000_000
"""Falls of labels that a thread has room for."""


@dataclass(frozen=True)
class SweepBack:
    """What is asked, as for `Sweep`: falling departures a fixed step apart, and rising ranks in the sorted times."""

    setting: TransitSetting
    moments: NDArray[np.int32]
    ranks: NDArray[np.int32]

    @cached_property
    def arrivals(self) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """The moments at which one may come to each place by a ride, rising: `start` int64 [places + 1] into seconds int32."""
        setting, first, last = self.setting, int(self.moments.min()), int(self.moments.max())
        lines = trimmed(setting.day, first, last + setting.longest).lines
        calls = np.repeat(np.arange(len(lines.stop)), np.diff(lines.row))
        size = np.repeat(np.diff(lines.calls), np.diff(lines.calls))[calls]
        pattern = lines.pattern[calls]
        trip = np.arange(len(calls)) - lines.row[calls]
        come = lines.arrival[lines.times[pattern] + trip * size + calls - lines.calls[pattern]]
        able = lines.alight[calls] & (calls > lines.calls[pattern])
        stop, come = lines.stop[calls[able]], come[able].astype(np.int64)
        order = np.argsort(stop, kind="stable")
        begin = np.searchsorted(stop[order], np.arange(setting.day.stops + 1))
        legs = setting.egress.turned()
        count = np.diff(begin)[legs.target]
        at = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count - begin[legs.target], count)
        moment = come[order[at]] + np.repeat(legs.seconds, count)
        place = np.repeat(legs.row, count)
        inside = (moment >= first) & (moment <= last + setting.longest)
        both = np.unique(place[inside] * 2**32 + moment[inside] - first)
        return np.searchsorted(both >> 32, np.arange(setting.places + 1)).astype(np.int64), ((both & (2**32 - 1)) + first).astype(np.int32)

    @property
    def searches(self) -> int:
        """How many moments are searched for all places together."""
        return len(self.arrivals[1])

    @property
    def has_room(self) -> bool:
        """Does one thread hold what it needs?"""
        return int(np.diff(self.arrivals[0]).max(initial=0)) * self.setting.origins <= MOST_ROOM

    def run(self, consume: Consume, threads: int | None) -> None:
        """Call `consume(place, place + 1, seconds)` for every place; `seconds` int32 [1, layers, origins], `NEVER` beyond the limit."""
        from parkcity.travel.kernels.percentiles import Runs
        from parkcity.travel.kernels.raptor_back import window_back

        setting, minutes = self.setting, len(self.moments)
        start, moments = self.arrivals
        day = mirrored(trimmed(setting.day, int(self.moments.min()), int(self.moments.max()) + setting.longest))
        # Reversed seconds fall where moments rise.
        turned = TransitSetting(
            day, setting.egress.turned(), setting.access.turned(), setting.change.turned(), None, setting.most_rides, setting.longest
        )
        legs, back = pruned(turned, day.lines), (day.origin - moments).astype(np.int32)

        def room() -> Room:
            most = int(np.diff(start).max(initial=1))
            runs = Runs(*(np.empty(minutes, np.int32) for _ in Runs._fields))
            to, since = np.empty(minutes, np.int32), np.empty(minutes, np.int32)
            return make_arena(turned, day.lines, most), runs, to, since, np.empty((1, len(self.ranks), setting.origins), np.int32)

        def work(place: int, own: Room) -> None:
            arena, runs, to, since, part = own
            window_back(
                place,
                place + 1,
                day.lines,
                *legs,
                start,
                back,
                day.origin,
                self.moments,
                setting.longest,
                self.ranks,
                arena,
                runs,
                to,
                since,
                part,
            )
            consume(place, place + 1, part)

        side_by_side(setting.places, thread_count(threads), room, work)


def is_sooner(setting: TransitSetting, moments: NDArray[np.int32], ranks: NDArray[np.int32]) -> SweepBack | None:
    """The search from the places where it takes fewer departures than that from the origins, else None; direct walks are left out."""
    back = SweepBack(replace(setting, direct=None), moments, ranks)
    return back if back.searches < setting.origins * len(moments) and back.has_room else None
