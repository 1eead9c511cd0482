"""Itineraries: the journey behind one number of a transit matrix, leg by leg, to the second."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from parkcity.base.errors import UsageError
from parkcity.travel.transit_sweep import make_arena, pruned

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from parkcity.travel.kernels.raptor import Arena, Hops
    from parkcity.travel.transit_legs import Legs
    from parkcity.travel.transit_setting import TransitSetting


@dataclass(frozen=True)
class Walk:
    """A walk: rows of the stops it leads from and to (-1: the origin or the place), and its seconds of the day."""

    origin: int
    target: int
    start: int
    end: int


@dataclass(frozen=True)
class Ride:
    """A ride: rows of the stops, seconds of the day, and rows of the timetable's trip and pattern; calls counted from 0."""

    origin: int
    target: int
    start: int
    end: int
    trip: int
    pattern: int
    first_call: int
    last_call: int


@dataclass(frozen=True)
class Journey:
    """A journey that leaves at `departure` (its first walk begins then) and arrives at `arrival`, seconds of the day."""

    departure: int
    arrival: int
    legs: tuple[Walk | Ride, ...]

    @property
    def seconds(self) -> int:
        """Duration, waiting included."""
        return self.arrival - self.departure

    @property
    def rides(self) -> int:
        """Number of rides."""
        return sum(isinstance(leg, Ride) for leg in self.legs)


def journey(setting: TransitSetting, origin: int, place: int, departure: int, *, rides: int | None = None) -> Journey | None:
    """The journey that `depart_at` counts for an origin and a place, or None when there is none within the limit.

    Of equally early ones that with fewest rides. `rides` lowers the number of rides of the setting.
    """
    return _Search(setting, origin, departure).to(place, setting.most_rides if rides is None else rides)


def pareto(setting: TransitSetting, origin: int, place: int, departure: int) -> list[Journey]:
    """The journeys that no other beats in both arrival and number of rides, fewest rides first."""
    search = _Search(setting, origin, departure)
    found: list[Journey] = []
    for rides in range(setting.most_rides + 1):
        made = search.to(place, rides)
        if made is not None and (not found or made.arrival < found[-1].arrival):
            found.append(made)
    return found


def journeys_to(setting: TransitSetting, place: int, departure: int) -> Iterator[Journey | None]:
    """For every origin the journey that `depart_at` counts to one place, or None."""
    return (found[0] for found in journeys_between(setting, departure, [place]))


def journeys_between(setting: TransitSetting, departure: int, places: Sequence[int] | None = None) -> Iterator[list[Journey | None]]:
    """For every origin the journeys that `depart_at` counts to some places (left out, to all); what all origins share is made once."""
    asked = range(setting.places) if places is None else places
    legs = (pruned(setting, setting.day.lines), setting.egress.turned(), setting.change.turned(), make_arena(setting, setting.day.lines))
    for origin in range(setting.origins):
        search = _Search(setting, origin, departure, legs)
        yield [search.to(place, setting.most_rides) for place in asked]


class _Search:
    """The labels of one departure, and the way back along them."""

    def __init__(
        self, setting: TransitSetting, origin: int, departure: int, legs: tuple[tuple[Hops, Hops, Hops], Legs, Legs, Arena] | None = None
    ) -> None:
        from parkcity.travel.kernels.raptor import clear, depart

        if not (0 <= origin < setting.origins):
            msg = f"origins are rows from 0 to {setting.origins - 1}, not {origin}"
            raise UsageError(msg)
        if setting.day.backwards:
            raise UsageError("itineraries run forwards; mirror the question, not the day")
        self.setting, self.origin, self.departure = setting, origin, departure
        walks, self.egress, self.back, self.arena = legs or (
            pruned(setting, setting.day.lines),
            setting.egress.turned(),
            setting.change.turned(),
            make_arena(setting, setting.day.lines),
        )
        clear(self.arena)
        depart(setting.day.lines, *walks, self.arena, origin, departure, setting.longest, 0)

    def to(self, place: int, rides: int) -> Journey | None:
        """The best journey to a place with so many rides at most."""
        if not (0 <= place < self.setting.places):
            msg = f"places are rows from 0 to {self.setting.places - 1}, not {place}"
            raise UsageError(msg)
        latest = self.departure + self.setting.longest
        best, stop = latest + 1, -1
        direct = self._direct(place)
        if direct is not None and direct <= self.setting.longest:
            best = self.departure + direct
        rows = slice(int(self.egress.start[place]), int(self.egress.start[place + 1]))
        stops, walks = self.egress.target[rows], self.egress.seconds[rows].astype(np.int64)
        arrivals = self.arena.ride[rides, stops].astype(np.int64) + walks if rides else np.zeros(0, np.int64)
        if len(arrivals) and arrivals.min() < best:
            at = int(np.argmin(arrivals))
            best, stop = int(arrivals[at]), int(stops[at])
        if best > latest:
            return None
        if stop < 0:
            return Journey(self.departure, best, (Walk(-1, -1, self.departure, best),))
        arrived = int(self.arena.ride[rides, stop])
        legs: list[Walk | Ride] = [Walk(stop, -1, arrived, best)]
        used = int(np.flatnonzero(self.arena.ride[: rides + 1, stop] == arrived)[0])
        while used:
            ride = self._ride(stop, used)
            legs.append(ride)
            walk, used = self._walk(ride.origin, used - 1)
            legs.append(walk)
            stop = walk.origin
        return Journey(self.departure, best, tuple(reversed(legs)))

    def _direct(self, place: int) -> int | None:
        direct = self.setting.walked()
        rows = slice(int(direct.start[self.origin]), int(direct.start[self.origin + 1]))
        at = np.flatnonzero(direct.target[rows] == place)
        return int(direct.seconds[rows][at[0]]) if len(at) else None

    def _ride(self, stop: int, used: int) -> Ride:
        """The ride that gave the label of a stop after so many rides: the last moment to get on, so that one waits at the stop before."""
        lines, arena, day = self.setting.day.lines, self.arena, self.setting.day
        arrived = int(arena.ride[used, stop])
        for call in np.flatnonzero((lines.stop == stop) & lines.alight).tolist():
            pattern = int(lines.pattern[call])
            first, size = int(lines.calls[pattern]), int(lines.calls[pattern + 1] - lines.calls[pattern])
            trips, base = int(lines.trips[pattern + 1] - lines.trips[pattern]), int(lines.times[pattern])
            times = lines.arrival[base : base + trips * size].reshape(trips, size)
            leaves = lines.departure[base : base + trips * size].reshape(size, trips)
            place = call - first
            for trip in np.flatnonzero(times[:, place] == arrived).tolist():
                before = np.arange(place)
                stops = lines.stop[first + before]
                able = lines.board[first + before] & (arena.ready[used - 1, stops] <= leaves[before, trip])
                if able.any():
                    on = int(np.flatnonzero(able)[-1])
                    row = int(lines.trips[pattern]) + trip
                    return Ride(
                        int(stops[on]), stop, int(leaves[on, trip]), arrived, int(day.trip[row]), int(day.pattern[pattern]), on, place
                    )
        msg = f"no ride explains the arrival at stop {stop}"
        raise AssertionError(msg)

    def _walk(self, stop: int, used: int) -> tuple[Walk, int]:
        """The walk that made a stop ready after so many rides, and the rides that it took to its beginning."""
        ready = int(self.arena.ready[used, stop])
        used = int(np.flatnonzero(self.arena.ready[: used + 1, stop] == ready)[0])
        if used == 0:
            return Walk(-1, stop, self.departure, ready), 0
        rows = slice(int(self.back.start[stop]), int(self.back.start[stop + 1]))
        start, seconds = self.back.target[rows], self.back.seconds[rows].astype(np.int64)
        at: NDArray[np.int64] = np.flatnonzero(self.arena.ride[used, start].astype(np.int64) + seconds == ready)
        chosen = int(at[0])
        return Walk(int(start[chosen]), stop, ready - int(seconds[chosen]), ready), used
