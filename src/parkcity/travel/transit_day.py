"""The trips of one date as the kernel wants them: service days before and after, headways as departures, step-free stops."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.errors import UsageError
from parkcity.standards.loader import parameter
from parkcity.twin.timetable_build import chains
from parkcity.twin.timetable_days import require_service

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from numpy.typing import NDArray

    from parkcity.travel.kernels.connections import Connections
    from parkcity.travel.kernels.raptor import Lines
    from parkcity.twin.timetable import Timetable

DAY = 86_400
_ACCESSIBLE = 1


@dataclass(frozen=True)
class TransitDay:
    """The trips of one date, seconds counted from its midnight; trips of the service day before run on past their midnight.

    `lines` are the kernel's arrays; `stops` the number of stops; `trip` int32 [trips of all patterns] the timetable's trip of each,
    `pattern` int32 [patterns] its pattern; `assumed`: is a line made from a headway and a speed; `backwards`: time runs in reverse
    from `origin` (see `mirrored`).
    """

    lines: Lines
    stops: int
    trip: NDArray[np.int32]
    pattern: NDArray[np.int32]
    assumed: bool
    origin: int = 0
    backwards: bool = False


def transit_day(
    timetable: Timetable,
    day: date,
    *,
    draw: int | None = None,
    expected: tuple[int, int] | None = None,
    step_free: bool = False,
    closed: Iterable[int] = (),
    until: int | None = None,
) -> TransitDay:
    """The trips of a date. Raises `InputError` when nothing runs on it.

    Trips of a headway that is not exact depart every headway from the beginning of their period; with `draw`, a seed, from a moment
    drawn within the first headway, which hangs on seed and trip alone, so that a trip draws the same in every scenario. With `expected`,
    a span of seconds of the day, one waits for them half a headway, rounded up, wherever one boards; a trip then stands for every second
    of the span, which is as long as need be: from the first departure asked for to the last arrival. With `step_free` only stops and trips
    that state wheelchair access count (a stop that states nothing has the statement of its station). At stops in `closed` (rows) nobody
    gets on or off. Trips that begin after `until` seconds are left out.
    """
    require_service(timetable, day)
    last = int(parameter("transit_parameters", "transit.horizon").number) if until is None else until
    if expected is not None and (draw is not None or expected[1] <= expected[0]):
        msg = f"headways are drawn or expected, over a span that ends after its beginning, not {expected} with the draw {draw}"
        raise UsageError(msg)
    usable = _usable_stops(timetable, step_free=step_free, closed=closed)
    blocks: list[_Block] = []
    shifts = [(offset, timetable.active_trips(day.toordinal() + offset)) for offset in (-1, 0, 1)]
    phase = _phases(timetable, draw)
    held = np.unique(timetable.headway_trip)
    template = np.zeros(timetable.trips, bool)
    template[held] = True
    rows_of: dict[int, list[int]] = {}
    for row, trip in enumerate(timetable.headway_trip):
        rows_of.setdefault(int(trip), []).append(row)
    fit = timetable.trip_wheelchair == _ACCESSIBLE if step_free else np.ones(timetable.trips, bool)
    for pattern in range(len(timetable.pattern_route)):
        trips = np.arange(timetable.pattern_trips[pattern], timetable.pattern_trips[pattern + 1])
        size = int(timetable.pattern_calls[pattern + 1] - timetable.pattern_calls[pattern])
        base = slice(int(timetable.pattern_times[pattern]), int(timetable.pattern_times[pattern + 1]))
        arrival, departure = (array[base].reshape(-1, size) for array in (timetable.arrival, timetable.departure))
        found: list[tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]] = []
        for offset, active in shifts:
            runs = np.flatnonzero(active[trips] & fit[trips])
            plain = runs[~template[trips[runs]]]
            found.append((arrival[plain] + offset * DAY, departure[plain] + offset * DAY, trips[plain]))
            for local in runs[template[trips[runs]]]:
                span = None if expected is None else (expected[0] - offset * DAY, expected[1] - offset * DAY)
                run = int(arrival[local, -1] - departure[local, 0])
                starts, wait = _departures(timetable, rows_of[int(trips[local])], phase, span, run)
                shift = (starts - departure[local, 0] + offset * DAY).astype(np.int32)[:, None]
                late = wait.astype(np.int32)[:, None]
                found.append((arrival[local] + shift + late, departure[local] + shift, np.full(len(starts), trips[local])))
        arrivals, departures, names = (np.concatenate([part[k] for part in found]) for k in range(3))
        inside = np.flatnonzero((arrivals[:, -1] >= 0) & (departures[:, 0] <= last))
        order = inside[np.lexsort((names[inside], departures[inside, 0]))]
        if len(order):
            blocks.extend(_split(pattern, arrivals[order], departures[order], names[order]))
    return _day(timetable, blocks, usable)


@dataclass(frozen=True)
class _Block:
    pattern: int
    arrival: NDArray[np.int32]
    departure: NDArray[np.int32]
    trip: NDArray[np.int64]


def _split(pattern: int, arrival: NDArray[np.int32], departure: NDArray[np.int32], trip: NDArray[np.int64]) -> list[_Block]:
    chain = chains(arrival, departure)
    return [_Block(pattern, arrival[chain == k], departure[chain == k], trip[chain == k]) for k in range(int(chain.max()) + 1)]


def _phases(timetable: Timetable, draw: int | None) -> NDArray[np.int64]:
    """The moment of the first departure within the first headway, for every headway row."""
    if draw is None:
        return np.zeros(len(timetable.headway_trip), np.int64)
    if draw < 0:
        msg = f"draw is a seed from 0, not {draw}"
        raise UsageError(msg)
    share = np.array([_share(draw, str(trip)) for trip in timetable.trip_id[timetable.headway_trip]])
    return np.where(timetable.headway_exact, 0, np.floor(share * timetable.headway_seconds)).astype(np.int64)


def _share(draw: int, trip: str) -> float:
    """A number from 0 to below 1 that follows from a seed and a trip."""
    return int.from_bytes(hashlib.blake2b(f"{draw}/{trip}".encode(), digest_size=6).digest(), "big") / 2**48


def _departures(
    timetable: Timetable, rows: list[int], phase: NDArray[np.int64], span: tuple[int, int] | None, run: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Until when one must be at the first stop for each departure of some headway rows, and how long it leaves after that, int64 each.

    With a span, rows that are not exact have a departure for every second at which somebody may be at a stop within it, who waits half a
    headway; `run`: seconds of the trip.
    """
    starts, waits = [], []
    for row in rows:
        first, end, every = (int(getattr(timetable, f"headway_{name}")[row]) for name in ("start", "end", "seconds"))
        wait = 0
        if span is not None and not timetable.headway_exact[row]:
            first, end, every, wait = max(first, span[0] - run), min(end, span[1]), 1, -(-every // 2)
        starts.append(np.arange(first + phase[row], end, every, dtype=np.int64))
        waits.append(np.full(len(starts[-1]), wait, np.int64))
    return np.concatenate(starts), np.concatenate(waits)


def _usable_stops(timetable: Timetable, *, step_free: bool, closed: Iterable[int]) -> NDArray[np.bool_]:
    usable = np.ones(len(timetable.stop_id), bool)
    if step_free:
        parent = np.where(timetable.stop_parent >= 0, timetable.stop_parent, np.arange(len(usable)))
        stated = np.where(timetable.stop_wheelchair == 0, timetable.stop_wheelchair[parent], timetable.stop_wheelchair)
        usable = stated == _ACCESSIBLE
    shut = np.array(sorted(set(closed)), dtype=np.int64)
    if len(shut) and (shut[0] < 0 or shut[-1] >= len(usable)):
        msg = f"closed stops are rows from 0 to {len(usable) - 1}, not {shut[0]} to {shut[-1]}"
        raise UsageError(msg)
    usable[shut] = False
    return usable


def _day(timetable: Timetable, blocks: list[_Block], usable: NDArray[np.bool_]) -> TransitDay:
    from parkcity.travel.kernels.raptor import Lines

    pattern = np.array([block.pattern for block in blocks], dtype=np.int32)
    first, size = timetable.pattern_calls[pattern], np.diff(timetable.pattern_calls)[pattern]
    trips = np.array([len(block.trip) for block in blocks], dtype=np.int64)
    calls = np.concatenate([[0], np.cumsum(size)]).astype(np.int32)
    source = np.repeat(first - calls[:-1], size) + np.arange(calls[-1])
    stop = timetable.call_stop[source]
    board, alight = timetable.call_board[source] & usable[stop], timetable.call_alight[source] & usable[stop]
    empty = np.zeros(0, np.int32)
    arrival = np.concatenate([block.arrival.ravel() for block in blocks]) if blocks else empty
    departure = np.concatenate([block.departure.T.ravel() for block in blocks]) if blocks else empty
    at_stop, boarding = boarding_calls(stop, board, calls, len(usable))
    lines = Lines(
        calls,
        stop,
        board,
        alight,
        np.repeat(np.arange(len(pattern), dtype=np.int32), size),
        np.concatenate([[0], np.cumsum(trips)]).astype(np.int32),
        np.concatenate([[0], np.cumsum(trips * size)]).astype(np.int64),
        arrival.astype(np.int32),
        departure.astype(np.int32),
        at_stop,
        boarding,
        departure_rows(size, trips),
    )
    names = np.concatenate([block.trip for block in blocks]) if blocks else empty
    return TransitDay(lines, len(usable), names.astype(np.int32), pattern, timetable.assumed)


def trimmed(day: TransitDay, first: int, last: int) -> TransitDay:
    """The same day without the trips that end before `first` or begin after `last`: the times of a window fit the processor's cache."""
    lines = day.lines
    size, trips = np.diff(lines.calls), np.diff(lines.trips)
    row = np.repeat(np.arange(len(size)), trips)
    number = np.arange(len(row)) - lines.trips[row]
    ends = lines.arrival[lines.times[row] + (number + 1) * size[row] - 1]
    begins = lines.departure[lines.times[row] + number]
    keep = (ends >= first) & (begins <= last)
    counts = np.bincount(row[keep], minlength=len(size)).astype(np.int64)
    # Every call of a kept trip, trip after trip; then the same calls in the order of the departures, call after call.
    of_trip = np.flatnonzero(keep)
    arrival = lines.arrival[_spans(lines.times[row[of_trip]] + number[of_trip] * size[row[of_trip]], size[row[of_trip]])]
    call_pattern = np.repeat(np.arange(len(size)), size)
    call_place = np.arange(len(call_pattern)) - lines.calls[call_pattern]
    # Trips of a pattern do not overtake, so that those kept follow each other.
    low = np.zeros(len(size), np.int64)
    low[row[of_trip][::-1]] = number[of_trip][::-1]
    departure = lines.departure[
        _spans(lines.times[call_pattern] + call_place * trips[call_pattern] + low[call_pattern], counts[call_pattern])
    ]
    cut = lines._replace(
        trips=np.concatenate([[0], np.cumsum(counts)]).astype(np.int32),
        times=np.concatenate([[0], np.cumsum(counts * size)]).astype(np.int64),
        arrival=arrival,
        departure=departure,
        row=departure_rows(size, counts),
    )
    return replace(day, lines=cut, trip=day.trip[of_trip])


def connections(day: TransitDay, first: int, last: int) -> Connections:
    """The rides from call to call that leave from `first` on and arrive until `last`, by departure, then trip, then order."""
    from parkcity.travel.kernels.connections import Connections

    lines = day.lines
    size, trips = np.diff(lines.calls).astype(np.int64), np.diff(lines.trips)
    pattern = np.repeat(np.arange(len(size)), trips)
    number = np.arange(len(pattern)) - lines.trips[pattern]
    hops = np.maximum(size[pattern] - 1, 0)
    trip = np.repeat(np.arange(len(pattern)), hops)
    call = _spans(lines.calls[pattern].astype(np.int64), hops)
    arrival = lines.arrival[_spans(lines.times[pattern] + number * size[pattern] + 1, hops)]
    departure = lines.departure[lines.row[call] + number[trip]]
    inside = np.flatnonzero((departure >= first) & (arrival <= last))
    order = inside[np.argsort(departure[inside], kind="stable")]
    return Connections(departure[order], arrival[order], call[order].astype(np.int32), trip[order].astype(np.int32))


def departure_rows(size: NDArray[Any], trips: NDArray[Any]) -> NDArray[np.int64]:
    """Where the departures of every call begin, int64 [calls + 1], for patterns of so many calls and trips."""
    return np.concatenate([[0], np.cumsum(np.repeat(trips, size))]).astype(np.int64)


def _spans(start: NDArray[np.int64], length: NDArray[np.int64]) -> NDArray[np.int64]:
    """The whole numbers of many spans, one after the other."""
    ends = np.cumsum(length)
    total = int(ends[-1]) if len(ends) else 0
    return np.arange(total) - np.repeat(ends - length, length) + np.repeat(start, length)


def boarding_calls(
    stop: NDArray[np.int32], board: NDArray[np.bool_], calls: NDArray[np.int32], stops: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The calls of each stop at which one may get on, as rows: `start` int32 [stops + 1], `call` int32, rising within a stop."""
    able = board.copy()
    able[calls[1:] - 1] = False
    call = np.flatnonzero(able)
    order = call[np.argsort(stop[call], kind="stable")]
    start = np.zeros(stops + 1, np.int32)
    np.add.at(start, stop[order].astype(np.int64) + 1, 1)
    return np.cumsum(start).astype(np.int32), order.astype(np.int32)


def mirrored(day: TransitDay) -> TransitDay:
    """The same day with time running in reverse, so that "arrive by" becomes "depart at": the moment x becomes `origin` - x.

    Arrivals become departures, getting off becomes getting on, the last call the first, the last trip the first.
    """
    from parkcity.travel.kernels.raptor import Lines

    lines = day.lines
    origin = int(max(lines.arrival.max(initial=0), lines.departure.max(initial=0)))
    calls = np.diff(lines.calls)
    source = np.repeat(lines.calls[1:] - 1 + lines.calls[:-1], calls) - np.arange(lines.calls[-1])
    arrival, departure = np.empty_like(lines.arrival), np.empty_like(lines.departure)
    trip = np.empty_like(day.trip)
    for pattern in range(len(calls)):
        rows = slice(int(lines.times[pattern]), int(lines.times[pattern + 1]))
        size, trips = int(calls[pattern]), int(lines.trips[pattern + 1] - lines.trips[pattern])
        arrival[rows] = (origin - lines.departure[rows].reshape(size, trips).T[::-1, ::-1]).ravel()
        departure[rows] = (origin - lines.arrival[rows].reshape(trips, size)[::-1, ::-1].T).ravel()
        trip[lines.trips[pattern] : lines.trips[pattern + 1]] = day.trip[lines.trips[pattern] : lines.trips[pattern + 1]][::-1]
    stop, board = lines.stop[source], lines.alight[source]
    at_stop, boarding = boarding_calls(stop, board, lines.calls, day.stops)
    turned = Lines(
        lines.calls,
        stop,
        board,
        lines.board[source],
        lines.pattern,
        lines.trips,
        lines.times,
        arrival,
        departure,
        at_stop,
        boarding,
        lines.row,
    )
    return TransitDay(turned, day.stops, trip, day.pattern, day.assumed, origin, not day.backwards)
