"""Range-RAPTOR: earliest arrivals for every departure of a window, round by round, a round being one more ride.

Paper: Delling, Pajor and Werneck (2012), Round-Based Public Transit Routing, ALENEX; the range query of its section 4.2. What a
trip segment was ridden with is kept as in Witt (2015), Trip-Based Public Transit Routing: over all departures of a window no trip
is ridden twice from one call with as many rides.

Contract. Times are int32 seconds, `NEVER` = 2**31 - 1. A pattern is a sequence of calls; its trips are sorted and never overtake, so
that the earliest trip at a call is found by bisection. A journey is: an access leg, rides with one walk between two of them (a change
at the same stop is a walk to itself), an egress leg from where the last ride ended. Walks are taken as given, never chained.
Departures are taken from the last to the first, labels stay: a label of a later departure is reached by waiting. Labels beyond
departure + limit are dropped, which loses nothing, since that bound only falls. Only minima of integers are taken, so neither the
order of patterns nor the number of threads changes a bit.
"""

from __future__ import annotations

from typing import NamedTuple

from parkcity.travel.kernels.jit import Bool, Int32, Int64, kernel

NEVER = 2**31 - 1


class Lines(NamedTuple):
    """The trips of one day. p patterns, q calls, c calls of all trips, s stops.

    `calls` int32 [p + 1] into `stop` int32 [q], `board`, `alight` bool [q], `pattern` int32 [q]; `trips` int32 [p + 1]; `times` int64
    [p + 1] into `arrival` int32 [c], trip after trip, and `departure` int32 [c], call after call (all trips at the first call, …);
    `at_stop` int32 [s + 1] into `boarding` int32: the calls at which one may get on at each stop, the last call of a pattern never.
    """

    calls: Int32
    stop: Int32
    board: Bool
    alight: Bool
    pattern: Int32
    trips: Int32
    times: Int64
    arrival: Int32
    departure: Int32
    at_stop: Int32
    boarding: Int32


class Hops(NamedTuple):
    """Walks from rows to targets: `start` int64 [n + 1] into `target`, `seconds` int32, seconds not negative."""

    start: Int64
    target: Int32
    seconds: Int32


class Arena(NamedTuple):
    """The room of one thread, for K rides. Column k of a label means: with at most k rides.

    `ride` int32 [s, K + 1]: arrival by a ride; `ready` int32 [s, K + 1]: ready to board; `ridden` int32 [q, K + 1]: the earliest trip
    that reached a call; `first` int32 [p]: first marked call of a pattern, `queue` int32 [p]; `marked`, `fresh` bool [s] with their
    lists `marks`, `news`, `changed` int32 [s]; `touched` bool [s]; `best` int32 [places].
    """

    ride: Int32
    ready: Int32
    ridden: Int32
    first: Int32
    queue: Int32
    marked: Bool
    fresh: Bool
    touched: Bool
    marks: Int32
    news: Int32
    changed: Int32
    best: Int32


@kernel
def lower(labels: Int32, k: int, value: int) -> None:
    """Lower a falling row of labels from column k on to `value`. Shape: int32 [K + 1]."""
    for j in range(k, len(labels)):
        if labels[j] <= value:
            break
        labels[j] = value


@kernel
def first_trip(departure: Int32, begin: int, high: int, ready: int) -> int:
    """The first of the trips 0 … high - 1 at a call that departs at `ready` or later; `high` if none does."""
    if high <= 0 or departure[begin + high - 1] < ready:
        return high
    low, top = 0, high - 1
    while low < top:
        middle = (low + top) // 2
        if departure[begin + middle] >= ready:
            top = middle
        else:
            low = middle + 1
    return low


@kernel
def scan(lines: Lines, arena: Arena, p: int, k: int, horizon: int, news: int) -> int:
    """Ride along one pattern from its first marked call, changing to an earlier trip where one can be caught. Returns `news`, the
    number of stops in `arena.news`, those whose arrival by at most k rides fell.
    """
    begin, end = lines.calls[p], lines.calls[p + 1]
    trips, size, base = lines.trips[p + 1] - lines.trips[p], end - begin, lines.times[p]
    trip = -1
    for c in range(arena.first[p], end):
        stop = lines.stop[c]
        if trip >= 0:
            time = lines.arrival[base + trip * size + (c - begin)]
            if arena.ridden[c, k] <= trip or time > horizon:
                trip = -1
            else:
                lower(arena.ridden[c], k, trip)
                if lines.alight[c] and time < arena.ride[stop, k]:
                    lower(arena.ride[stop], k, time)
                    if not arena.fresh[stop]:
                        arena.fresh[stop] = True
                        arena.news[news] = stop
                        news += 1
        if arena.marked[stop] and lines.board[c] and c < end - 1:
            high = min(trips, arena.ridden[c + 1, k])
            if trip >= 0:
                high = min(high, trip)
            row = base + (c - begin) * trips
            found = first_trip(lines.departure, row, high, arena.ready[stop, k - 1])
            if found < high and lines.departure[row + found] <= horizon:
                trip = found
    return news


@kernel
def mark(lines: Lines, arena: Arena, stop: int, marks: int) -> int:
    """Mark a stop at which boarding became possible earlier. Returns the number of marked stops."""
    if arena.marked[stop] or lines.at_stop[stop] == lines.at_stop[stop + 1]:
        return marks
    arena.marked[stop] = True
    arena.marks[marks] = stop
    return marks + 1


@kernel
def rounds(lines: Lines, walks: Hops, arena: Arena, marks: int, horizon: int) -> int:
    """All rounds of one departure, from `marks` marked stops. Returns the number of stops in `arena.changed`, whose best arrival fell."""
    most = arena.ride.shape[1] - 1
    changed = 0
    for k in range(1, most + 1):
        if marks == 0:
            break
        queued = 0
        for i in range(marks):
            stop = arena.marks[i]
            for b in range(lines.at_stop[stop], lines.at_stop[stop + 1]):
                c = lines.boarding[b]
                p = lines.pattern[c]
                if arena.first[p] == NEVER:
                    arena.queue[queued] = p
                    queued += 1
                arena.first[p] = min(arena.first[p], c)
        news = 0
        for i in range(queued):
            news = scan(lines, arena, arena.queue[i], k, horizon, news)
            arena.first[arena.queue[i]] = NEVER
        for i in range(marks):
            arena.marked[arena.marks[i]] = False
        marks = 0
        for i in range(news):
            stop = arena.news[i]
            arena.fresh[stop] = False
            if not arena.touched[stop]:
                arena.touched[stop] = True
                arena.changed[changed] = stop
                changed += 1
            if k == most:
                continue
            for w in range(walks.start[stop], walks.start[stop + 1]):
                time = arena.ride[stop, k] + walks.seconds[w]
                to = walks.target[w]
                if time <= horizon and time < arena.ready[to, k]:
                    lower(arena.ready[to], k, time)
                    marks = mark(lines, arena, to, marks)
    for i in range(marks):
        arena.marked[arena.marks[i]] = False
    return changed


@kernel
def depart(lines: Lines, walks: Hops, access: Hops, egress: Hops, arena: Arena, origin: int, time: int, limit: int) -> None:
    """Lower `arena.best`, the arrival at every place, by journeys that leave one origin at `time` or later.

    `egress` leads from stops to places. Arrivals after `time` + `limit` are left out.
    """
    horizon = time + limit
    most = arena.ride.shape[1] - 1
    marks = 0
    for a in range(access.start[origin], access.start[origin + 1]):
        stop, ready = access.target[a], time + access.seconds[a]
        if ready <= horizon and ready < arena.ready[stop, 0]:
            lower(arena.ready[stop], 0, ready)
            marks = mark(lines, arena, stop, marks)
    changed = rounds(lines, walks, arena, marks, horizon)
    for i in range(changed):
        stop = arena.changed[i]
        arena.touched[stop] = False
        for e in range(egress.start[stop], egress.start[stop + 1]):
            arrival = arena.ride[stop, most] + egress.seconds[e]
            if arrival <= horizon and arrival < arena.best[egress.target[e]]:
                arena.best[egress.target[e]] = arrival


@kernel
def clear(arena: Arena) -> None:
    """Forget the last origin."""
    arena.ride[:] = NEVER
    arena.ready[:] = NEVER
    arena.ridden[:] = NEVER
    arena.best[:] = NEVER


@kernel
def sort_small(values: Int32) -> None:
    """Sort a short row in place; rows of travel times consist of few rising runs, which insertion likes."""
    for i in range(1, len(values)):
        value = values[i]
        j = i - 1
        while j >= 0 and values[j] > value:
            values[j + 1] = values[j]
            j -= 1
        values[j + 1] = value


@kernel
def window(
    first: int,
    last: int,
    lines: Lines,
    walks: Hops,
    access: Hops,
    egress: Hops,
    direct: Hops,
    departures: Int32,
    limit: int,
    ranks: Int32,
    arena: Arena,
    spread: Int32,
    out: Int32,
) -> None:
    """Travel times of the origins `first` … `last` - 1 over a window of departures.

    Shapes: `direct` leads from origins to places without any ride; `departures` int32 [m], falling; `ranks` int32 [r], places in the
    sorted times from 0, or empty for the times of every departure, in the order given; `spread` int32 [places, m] is room; `out`
    int32 [last - first, r or m, places] seconds is written, `NEVER` where more than `limit`.
    """
    minutes = len(departures)
    for origin in range(first, last):
        clear(arena)
        for m in range(minutes):
            time = departures[m]
            depart(lines, walks, access, egress, arena, origin, time, limit)
            for place in range(len(arena.best)):
                arrival = arena.best[place]
                spread[place, m] = arrival - time if arrival <= time + limit else NEVER
        for d in range(direct.start[origin], direct.start[origin + 1]):
            walk = direct.seconds[d]
            if walk <= limit:
                for m in range(minutes):
                    spread[direct.target[d], m] = min(spread[direct.target[d], m], walk)
        row = origin - first
        if len(ranks) == 0:
            for m in range(minutes):
                for place in range(len(arena.best)):
                    out[row, m, place] = spread[place, m]
        else:
            for place in range(len(arena.best)):
                if minutes > 1:
                    sort_small(spread[place])
                for r in range(len(ranks)):
                    out[row, r, place] = spread[place, ranks[r]]
