"""Journeys that no other beats in time, number of rides and fare together, and the fare of a journey.

Rounds as in Delling, Pajor and Werneck (2012), section 4.1 (McRAPTOR): a stop keeps a bag of labels. A label beats another only where it
is no later, owes no more and can go on at least as cheaply, so that nothing that might end cheaper is lost. Where a discount may lapse
within the journey one may let a vehicle pass, to make the time of the discount begin later; then every trip is tried.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from parkcity.base.errors import UsageError
from parkcity.travel.fares import DISTANCE, Due
from parkcity.travel.transit_day import trimmed
from parkcity.travel.transit_route import Journey, Ride, Walk

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parkcity.travel.fares import Fares
    from parkcity.travel.transit_day import TransitDay
    from parkcity.travel.transit_legs import Legs
    from parkcity.travel.transit_setting import TransitSetting


@dataclass(frozen=True)
class Option:
    """A journey and its fare in hundredths of the currency."""

    journey: Journey
    cents: int


class _Label(NamedTuple):
    time: int
    due: Due
    leg: Walk | Ride
    before: _Label | None

    def beats(self, other: _Label) -> bool:
        a, b = self.due, other.due
        return (
            self.time <= other.time
            and a.settled <= b.settled
            and a.metres <= b.metres
            and a.off >= b.off
            and (a.product, a.open, a.zone, a.last, a.start) == (b.product, b.open, b.zone, b.last, b.start)
        )


class _Aboard(NamedTuple):
    trip: int
    due: Due
    offset: int
    call: int
    before: _Label


def fare_of(made: Journey, fares: Fares) -> int:
    """What a journey costs, in hundredths."""
    due = Due()
    for leg in made.legs:
        if isinstance(leg, Ride):
            first = int(fares.first_call[leg.pattern])
            due = fares.boarded(due, int(fares.product[leg.pattern]), leg.origin, leg.start)
            metres = int(fares.metres[first + leg.last_call] - fares.metres[first + leg.first_call])
            due = fares.alighted(due, metres, leg.target)
    return fares.total(due)


def fare_options(setting: TransitSetting, fares: Fares, origin: int, place: int, departure: int) -> list[Option]:
    """The journeys that no other beats in arrival, number of rides and fare, quickest first, then fewest rides.

    Raises `UsageError` on an origin or place that the question does not have.
    """
    for what, number, count in (("origins", origin, setting.origins), ("places", place, setting.places)):
        if not 0 <= number < count:
            msg = f"{what} are rows from 0 to {count - 1}, not {number}"
            raise UsageError(msg)
    return _Search(setting, fares, origin, place, departure).options()


class _Search:
    """One origin, one place, one departure: bags of labels by stop, and the journeys found."""

    def __init__(self, setting: TransitSetting, fares: Fares, origin: int, place: int, departure: int) -> None:
        self.setting, self.fares, self.departure = setting, fares, departure
        self.latest = departure + setting.longest
        self.day = trimmed(setting.day, departure, self.latest)
        self.binding = fares.binding(setting.longest)
        egress = setting.egress.only([place])
        self.egress = dict(zip(egress.row.tolist(), egress.seconds.tolist(), strict=True))
        self.least, self.least_after = _least_seconds(self.day, setting.change, egress)
        self.ready: dict[int, list[_Label]] = {}
        self.arrived: dict[int, list[_Label]] = {}
        self.found: list[tuple[int, int, int, _Label | None]] = []
        for target, seconds in _row(setting.walked(), origin):
            if target == place and seconds <= setting.longest:
                self.found.append((departure + seconds, 0, 0, None))
        for stop, seconds in _row(setting.access, origin):
            moment = departure + seconds
            self._add(self.ready, stop, _Label(moment, Due(), Walk(-1, stop, departure, moment), None), 0)

    def options(self) -> list[Option]:
        fresh = {stop: list(bag) for stop, bag in self.ready.items()}
        for rides in range(1, self.setting.most_rides + 1):
            reached: dict[int, list[_Label]] = {}
            for pattern, first in self._patterns(fresh):
                self._ride(pattern, first, fresh, reached, rides)
            fresh = {}
            for stop, bag in reached.items():
                # Labels that a later pattern of the same round has beaten are gone from the bag of the stop.
                for label in bag:
                    if any(label is kept for kept in self.arrived[stop]):
                        self._leave(stop, label, rides, fresh)
        return self._best()

    def _patterns(self, fresh: dict[int, list[_Label]]) -> list[tuple[int, int]]:
        """Patterns that can be boarded, with the first call at which they can."""
        lines = self.day.lines
        first: dict[int, int] = {}
        for stop in fresh:
            for call in lines.boarding[lines.at_stop[stop] : lines.at_stop[stop + 1]].tolist():
                pattern = int(lines.pattern[call])
                first[pattern] = min(first.get(pattern, call), call)
        return sorted(first.items())

    def _ride(self, pattern: int, first: int, fresh: dict[int, list[_Label]], reached: dict[int, list[_Label]], rides: int) -> None:
        lines, fares, source = self.day.lines, self.fares, int(self.day.pattern[pattern])
        trips = int(lines.trips[pattern + 1] - lines.trips[pattern])
        if trips == 0:
            return
        begin, end, base = int(lines.calls[pattern]), int(lines.calls[pattern + 1]), int(lines.times[pattern])
        size, product, along = end - begin, int(fares.product[source]), int(fares.first_call[source])
        by_metre = fares.table.products[product].form == DISTANCE
        aboard: list[_Aboard] = []
        for call in range(first, end):
            stop, metres = int(lines.stop[call]), int(fares.metres[along + call - begin]) if by_metre else 0
            if lines.alight[call]:
                for on in aboard:
                    arrival = int(lines.arrival[base + on.trip * size + call - begin])
                    if arrival <= self.latest:
                        due = fares.alighted(on.due, metres - on.offset, stop)
                        leaves = int(lines.departure[int(lines.row[on.call]) + on.trip])
                        trip = int(self.day.trip[int(lines.trips[pattern]) + on.trip])
                        origin = int(lines.stop[on.call])
                        leg = Ride(origin, stop, leaves, arrival, trip, source, on.call - begin, call - begin)
                        label = _Label(arrival, due, leg, on.before)
                        if self._add(self.arrived, stop, label, rides):
                            reached.setdefault(stop, []).append(label)
            if lines.board[call] and call < end - 1:
                row = int(lines.row[call])
                leaves_at = lines.departure[row : row + trips]
                for label in fresh.get(stop, ()):
                    self._board(aboard, label, leaves_at, product, stop, metres, call)

    def _board(
        self,
        aboard: list[_Aboard],
        label: _Label,
        leaves: NDArray[np.int32],
        product: int,
        stop: int,
        metres: int,
        call: int,
    ) -> None:
        earliest = int(np.searchsorted(leaves, label.time))
        for trip in range(earliest, len(leaves)):
            moment = int(leaves[trip])
            if moment + self.least[stop] > self.latest:
                return
            due = self.fares.boarded(label.due, product, stop, moment if self.binding else self.departure)
            goes_on = label.due.open and label.due.product == product
            begins = self.binding and self.fares.leads(product) and due.start == moment and not goes_on
            if trip == earliest or begins:
                _keep(aboard, _Aboard(trip, due, metres, call, label))
            if not self.binding:
                return

    def _leave(self, stop: int, label: _Label, rides: int, fresh: dict[int, list[_Label]]) -> None:
        """Go on from where a ride ended: to the place, and to the stops of the next ride."""
        walk = self.egress.get(stop)
        if walk is not None and label.time + walk <= self.latest:
            end = label.time + walk
            last = _Label(end, label.due, Walk(stop, -1, label.time, end), label)
            self.found.append((end, rides, self.fares.total(label.due), last))
        if rides == self.setting.most_rides:
            return
        for target, seconds in _row(self.setting.change, stop):
            moment = label.time + seconds
            made = _Label(moment, label.due, Walk(stop, target, label.time, moment), label)
            if moment <= self.latest and self._add(self.ready, target, made, rides):
                fresh[target] = [other for other in fresh.get(target, ()) if not made.beats(other)] + [made]

    def _add(self, bags: dict[int, list[_Label]], stop: int, label: _Label, rides: int) -> bool:
        """Keep a label unless one of no more rides beats it, here or at the place."""
        paid, soonest = self.fares.total(label.due), label.time + (self.least_after if bags is self.arrived else self.least)[stop]
        if soonest > self.latest or any(end <= soonest and used <= rides and cents <= paid for end, used, cents, _ in self.found):
            return False
        bag = bags.setdefault(stop, [])
        if any(other.beats(label) for other in bag):
            return False
        bags[stop] = [other for other in bag if not label.beats(other)] + [label]
        return True

    def _best(self) -> list[Option]:
        best: list[Option] = []
        kept: list[tuple[int, int]] = []
        for end, rides, cents, label in sorted(self.found, key=lambda entry: entry[:3]):
            if any(used <= rides and paid <= cents for used, paid in kept):
                continue
            kept.append((rides, cents))
            legs: list[Walk | Ride] = []
            step = label
            while step is not None:
                legs.append(step.leg)
                step = step.before
            walked = (Walk(-1, -1, self.departure, end),)
            best.append(Option(Journey(self.departure, end, tuple(reversed(legs)) or walked), cents))
        return best


def _least_seconds(day: TransitDay, change: Legs, egress: Legs) -> tuple[list[float], list[float]]:
    """Fewest seconds to the place, were every vehicle there at once: from every stop by a ride, and from every stop at which one got off.

    A label that is too late by these is of no use.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import dijkstra

    lines, stops = day.lines, day.stops
    # A node for every stop and, on board, for every call; the place comes last. From a stop one boards at no cost and waits for nobody.
    calls, here = len(lines.stop), stops + np.arange(len(lines.stop))
    run = np.full(calls, np.inf)
    for pattern in np.flatnonzero(np.diff(lines.trips)).tolist():
        first, last, base = int(lines.calls[pattern]), int(lines.calls[pattern + 1]), int(lines.times[pattern])
        trips = int(lines.trips[pattern + 1] - lines.trips[pattern])
        arrival = lines.arrival[base : base + trips * (last - first)].reshape(trips, last - first)
        departure = lines.departure[base : base + trips * (last - first)].reshape(last - first, trips)
        run[first : last - 1] = (arrival[:, 1:].T - departure[:-1]).min(axis=1)
    rides = np.flatnonzero(np.isfinite(run))
    place = stops + calls
    # Dwelling counts as nothing. Alighting leads to where one may go from there: on foot to the place, or to another stop.
    out, to = np.flatnonzero(lines.alight), np.flatnonzero(lines.board)
    counts = np.diff(change.start)[lines.stop[out]]
    legs = np.repeat(change.start[lines.stop[out]] - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())
    walk = np.full(stops, np.inf)
    walk[egress.row] = egress.seconds
    ends = out[np.isfinite(walk[lines.stop[out]])]
    row = np.concatenate([lines.stop[to], here[rides], np.repeat(here[out], counts), here[ends]])
    target = np.concatenate([here[to], here[rides] + 1, change.target[legs], np.full(len(ends), place)])
    cost = np.concatenate([np.zeros(len(to)), run[rides], change.seconds[legs], walk[lines.stop[ends]]])
    # Of equal ends the sum would be taken, and zero would be no edge: one leg each, a hair above nothing, rounded off below.
    order = np.lexsort((cost, target, row))
    row, target, cost = row[order], target[order], cost[order]
    first_of = np.r_[True, (np.diff(row) != 0) | (np.diff(target) != 0)]
    graph = coo_array((np.maximum(cost[first_of], 1e-9), (target[first_of], row[first_of])), shape=(place + 1, place + 1)).tocsr()
    by_ride = np.floor(dijkstra(graph, indices=np.array([place]))[0, :stops])
    after = walk
    np.minimum.at(after, change.row, change.seconds + by_ride[change.target])
    return [float(value) for value in by_ride], [float(value) for value in after]


def _keep(aboard: list[_Aboard], new: _Aboard) -> None:
    """Keep a traveller aboard a pattern unless another is in no later trip, owes no more and can go on as cheaply."""

    def beats(a: _Aboard, b: _Aboard) -> bool:
        same = (a.due.zone, a.due.start) == (b.due.zone, b.due.start)
        # Metres ridden are compared as they will be at any later call.
        metres = a.due.metres - a.offset <= b.due.metres - b.offset
        return same and metres and a.trip <= b.trip and a.due.settled <= b.due.settled and a.due.off >= b.due.off

    if not any(beats(other, new) for other in aboard):
        aboard[:] = [other for other in aboard if not beats(new, other)] + [new]


def _row(legs: Legs, row: int) -> list[tuple[int, int]]:
    part = slice(int(legs.start[row]), int(legs.start[row + 1]))
    return list(zip(legs.target[part].tolist(), legs.seconds[part].tolist(), strict=True))
