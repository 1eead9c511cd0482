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

from parkcity.travel.kernels.earlier import WIDTH, earlier, lowest
from parkcity.travel.kernels.jit import Bool, Int32, Int64, kernel
from parkcity.travel.kernels.percentiles import Runs, order_statistics, take_runs

NEVER = 2**31 - 1


class Lines(NamedTuple):
    """The trips of one day. p patterns, q calls, c calls of all trips, s stops.

    `calls` int32 [p + 1] into `stop` int32 [q], `board`, `alight` bool [q], `pattern` int32 [q]; `trips` int32 [p + 1]; `times` int64
    [p + 1] into `arrival` int32 [c], trip after trip, and `departure` int32 [c], call after call (all trips at the first call, …), the
    departures of a call beginning at `row` int64 [q + 1];
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
    row: Int64


class Hops(NamedTuple):
    """Walks from rows to targets: `start` int64 [n + 1] into `target`, `seconds` int32, seconds not negative."""

    start: Int64
    target: Int32
    seconds: Int32


class Arena(NamedTuple):
    """The room of one thread, for K rides. Row k of a label means: with at most k rides.

    `ride` int32 [K + 1, s]: arrival by a ride; `ready` int32 [K + 1, s]: ready to board; `ridden` int32 [K + 1, q]: the earliest trip
    that reached a call; `first`, `end` int32 [p]: first and last call of a pattern at which an earlier trip can be caught, `queue`
    int32 [p]; `marked`, `fresh` bool [s] with their
    lists `marks`, `news`, `changed` int32 [s]; `touched` bool [s]; `call` int32 [s]: the call by which a stop of `news` was reached;
    `last` int32 [s]: the call that gave the last row; `best` int32 [places]: the earliest arrival so far; `falls` int32 [places]: how
    often it fell, each time with the arrival `fell_to` int32 [places, m] at the departure of number `fell_at` int32 [places, m].
    """

    ride: Int32
    ready: Int32
    ridden: Int32
    first: Int32
    end: Int32
    queue: Int32
    marked: Bool
    fresh: Bool
    touched: Bool
    marks: Int32
    news: Int32
    changed: Int32
    call: Int32
    last: Int32
    best: Int32
    falls: Int32
    fell_to: Int32
    fell_at: Int32


@kernel
def scan(lines: Lines, arena: Arena, k: int, horizon: int, queued: int) -> int:
    """Ride along every queued pattern from its first marked call, changing to an earlier trip where one can be caught.

    Returns the number of stops in `arena.news`, those whose arrival by at most k rides fell.
    """
    # Arrays are taken out of their records once: the compiler would count references at every use.
    calls, stops, board, alight, trips_of, times = lines.calls, lines.stop, lines.board, lines.alight, lines.trips, lines.times
    arrivals, departures = lines.arrival, lines.departure
    ride, ready, ridden, marked, fresh, list_of_news = arena.ride, arena.ready, arena.ridden, arena.marked, arena.fresh, arena.news
    first, end_of, queue, call_of, last_of = arena.first, arena.end, arena.queue, arena.call, arena.last
    columns = ride.shape[0]
    news = 0
    for q in range(queued):
        p = queue[q]
        begin, end = calls[p], calls[p + 1]
        trips, size, base = trips_of[p + 1] - trips_of[p], end - begin, times[p]
        trip, final = -1, end_of[p]
        for c in range(first[p], end):
            stop = stops[c]
            if trip >= 0:
                time = arrivals[base + trip * size + (c - begin)]
                if ridden[k, c] <= trip or time > horizon:
                    trip = -1
                else:
                    for j in range(k, columns):
                        if ridden[j, c] <= trip:
                            break
                        ridden[j, c] = trip
                    if alight[c] and time < ride[k, stop]:
                        if time < ride[columns - 1, stop]:
                            last_of[stop] = c
                        for j in range(k, columns):
                            if ride[j, stop] <= time:
                                break
                            ride[j, stop] = time
                        call_of[stop] = c
                        if not fresh[stop]:
                            fresh[stop] = True
                            list_of_news[news] = stop
                            news += 1
            if marked[stop] and board[c] and c < end - 1:
                high = min(trips, ridden[k, c + 1])
                if trip >= 0:
                    high = min(high, trip)
                row, soonest = base + (c - begin) * trips, ready[k - 1, stop]
                if high > 0 and departures[row + high - 1] >= soonest:
                    low, top = 0, high - 1
                    while low < top:
                        middle = (low + top) // 2
                        if departures[row + middle] >= soonest:
                            top = middle
                        else:
                            low = middle + 1
                    if departures[row + low] <= horizon:
                        trip = low
            if trip < 0 and c >= final:
                break
        first[p] = NEVER
    return news


@kernel
def enqueue(lines: Lines, arena: Arena, marks: int, k: int) -> int:
    """Queue the patterns on which an earlier trip than before can be caught at a marked stop, with the first and last such call.

    Returns their number.
    """
    at_stop, boarding, pattern, row, departures = lines.at_stop, lines.boarding, lines.pattern, lines.row, lines.departure
    first, end, queue, list_of_marks, ridden, ready = arena.first, arena.end, arena.queue, arena.marks, arena.ridden, arena.ready
    queued = 0
    for i in range(marks):
        stop = list_of_marks[i]
        soonest = ready[k - 1, stop]
        for b in range(at_stop[stop], at_stop[stop + 1]):
            c = boarding[b]
            high = min(row[c + 1] - row[c], ridden[k, c + 1])
            if high == 0 or departures[row[c] + high - 1] < soonest:
                continue
            p = pattern[c]
            if first[p] == NEVER:
                queue[queued] = p
                queued += 1
                first[p], end[p] = c, c
            else:
                first[p], end[p] = min(first[p], c), max(end[p], c)
    return queued


@kernel
def change(walks: Hops, arena: Arena, k: int, horizon: int, news: int) -> int:
    """Walk from the calls just reached to stops, marking those that are ready earlier than before. Returns the number of marks."""
    start, target, seconds = walks.start, walks.target, walks.seconds
    ride, ready, marked, marks_of, news_of, call_of = arena.ride, arena.ready, arena.marked, arena.marks, arena.news, arena.call
    columns, now = ride.shape[0], ready[k]
    marks = 0
    for i in range(news):
        stop = news_of[i]
        arrival, call = ride[k, stop], call_of[stop]
        for first in range(start[call], start[call + 1], WIDTH):
            bits = earlier(now, target, seconds, first, start[call + 1], arrival)
            while bits != 0:
                w = first + lowest(bits)
                bits &= bits - 1
                time, to = arrival + seconds[w], target[w]
                if time > horizon:
                    continue
                for j in range(k, columns):
                    if ready[j, to] <= time:
                        break
                    ready[j, to] = time
                if not marked[to]:
                    marked[to] = True
                    marks_of[marks] = to
                    marks += 1
    return marks


@kernel
def leave(access: Hops, arena: Arena, origin: int, time: int, horizon: int) -> int:
    """Walk from an origin to its stops, marking those that are ready earlier than before. Returns the number of marks."""
    start, target, seconds = access.start, access.target, access.seconds
    ready, marked, marks_of = arena.ready, arena.marked, arena.marks
    marks = 0
    for a in range(start[origin], start[origin + 1]):
        stop, moment = target[a], time + seconds[a]
        if moment <= horizon and moment < ready[0, stop]:
            for j in range(ready.shape[0]):
                if ready[j, stop] <= moment:
                    break
                ready[j, stop] = moment
            if not marked[stop]:
                marked[stop] = True
                marks_of[marks] = stop
                marks += 1
    return marks


@kernel
def depart(lines: Lines, walks: Hops, access: Hops, egress: Hops, arena: Arena, origin: int, time: int, limit: int, number: int) -> None:
    """Lower `arena.best`, the arrival at every place, by journeys that leave one origin at `time`, the departure of a `number`, or later.

    `walks` and `egress` lead from calls to stops and to places (see `pruning`), with room
    behind (see `earlier`). Arrivals after `time` + `limit` are left out.
    """
    horizon = time + limit
    marked, fresh, touched = arena.marked, arena.fresh, arena.touched
    marks_of, news_of, changed_of = arena.marks, arena.news, arena.changed
    most = arena.ride.shape[0] - 1
    marks = leave(access, arena, origin, time, horizon)
    changed = 0
    for k in range(1, most + 1):
        if marks == 0:
            break
        queued = enqueue(lines, arena, marks, k)
        news = scan(lines, arena, k, horizon, queued)
        for i in range(marks):
            marked[marks_of[i]] = False
        for i in range(news):
            stop = news_of[i]
            fresh[stop] = False
            if not touched[stop]:
                touched[stop] = True
                changed_of[changed] = stop
                changed += 1
        marks = change(walks, arena, k, horizon, news) if k < most else 0
    arrive(egress, arena, horizon, changed, number)


@kernel
def arrive(egress: Hops, arena: Arena, horizon: int, changed: int, number: int) -> None:
    """Walk from the stops whose best arrival fell to the places, and forget that they changed."""
    start, target, seconds = egress.start, egress.target, egress.seconds
    ride, touched, best, changed_of, last_of = arena.ride, arena.touched, arena.best, arena.changed, arena.last
    falls, fell_to, fell_at = arena.falls, arena.fell_to, arena.fell_at
    most = ride.shape[0] - 1
    for i in range(changed):
        stop = changed_of[i]
        touched[stop] = False
        here, call = ride[most, stop], last_of[stop]
        for first in range(start[call], start[call + 1], WIDTH):
            bits = earlier(best, target, seconds, first, start[call + 1], here)
            while bits != 0:
                e = first + lowest(bits)
                bits &= bits - 1
                arrival, place = here + seconds[e], target[e]
                if arrival > horizon:
                    continue
                best[place] = arrival
                row = falls[place]
                if row == 0 or fell_at[place, row - 1] != number:
                    falls[place] = row + 1
                    fell_at[place, row] = number
                    fell_to[place, row] = arrival
                else:
                    fell_to[place, row - 1] = arrival


@kernel
def clear(arena: Arena) -> None:
    """Forget the last origin."""
    arena.ride[:] = NEVER
    arena.ready[:] = NEVER
    arena.ridden[:] = NEVER
    arena.best[:] = NEVER
    arena.falls[:] = 0


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
    runs: Runs,
    out: Int32,
) -> None:
    """Travel times of the origins `first` … `last` - 1 over a window of departures.

    Shapes: `direct` leads from origins to places without any ride; `departures` int32 [m], falling, by equal steps where `ranks` are
    given; `ranks` int32 [r], places in the sorted times from 0, rising, or empty for the times of every departure, in the order given;
    `runs` is room for the runs of one place; `out` int32 [last - first, r or m, places] is written, `NEVER` where above `limit` seconds.
    """
    minutes, places = len(departures), len(arena.best)
    walk_start, walk_to, walk_seconds = direct.start, direct.target, direct.seconds
    falls, fell_to, fell_at = arena.falls, arena.fell_to, arena.fell_at
    step = departures[0] - departures[1] if minutes > 1 else 1
    for origin in range(first, last):
        clear(arena)
        for m in range(minutes):
            depart(lines, walks, access, egress, arena, origin, departures[m], limit, m)
        found = out[origin - first]
        for place in range(places):
            count = falls[place]
            if len(ranks) == 0:
                each_departure(fell_to[place], fell_at[place], count, departures, limit, found[:, place])
                continue
            most = take_runs(fell_to[place], fell_at[place], count, departures[0], step, minutes, runs)
            order_statistics(runs, count, most, step, limit, ranks, found[:, place])
        for layer in range(found.shape[0]):
            for d in range(walk_start[origin], walk_start[origin + 1]):
                if walk_seconds[d] <= limit:
                    found[layer, walk_to[d]] = min(found[layer, walk_to[d]], walk_seconds[d])


@kernel
def each_departure(fell_to: Int32, fell_at: Int32, count: int, departures: Int32, limit: int, out: Int32) -> None:
    """The time of every departure from the arrivals that one place had from some departures on. Shapes: `departures`, `out` int32 [m]."""
    arrival, following = NEVER, 0
    for m in range(len(departures)):
        if following < count and fell_at[following] == m:
            arrival = fell_to[following]
            following += 1
        out[m] = arrival - departures[m] if arrival != NEVER and arrival - departures[m] <= limit else NEVER
