"""RAPTOR for one departure: the rounds of `raptor`, with labels of the best so far only, since nothing is kept for another departure.

Paper: Delling, Pajor and Werneck (2012), Round-Based Public Transit Routing, ALENEX. The contract is that of `raptor`, and the times
are the same: in round k all labels come from at most k rides, so that one column does for all rounds.
"""

from __future__ import annotations

from typing import NamedTuple

from parkcity.travel.kernels.jit import Bool, Int32, kernel
from parkcity.travel.kernels.raptor import NEVER, Hops, Lines


class Once(NamedTuple):
    """The room of one thread. s stops, q calls, p patterns.

    `ride` int32 [s]: arrival by a ride; `ready` int32 [s]: ready to board; `ridden` int32 [q]: the earliest trip that reached a call;
    `first`, `end`, `queue` int32 [p], `marked`, `fresh` bool [s], `marks`, `news`, `call` int32 [s] as in `raptor.Arena`;
    `reached` int32 [s]: stops with an arrival, `seen` bool [s]; `best` int32 [places].
    """

    ride: Int32
    ready: Int32
    ridden: Int32
    first: Int32
    end: Int32
    queue: Int32
    marked: Bool
    fresh: Bool
    seen: Bool
    marks: Int32
    news: Int32
    call: Int32
    reached: Int32
    best: Int32


@kernel
def scan_once(lines: Lines, once: Once, horizon: int, queued: int) -> int:
    """Ride along every queued pattern from its first marked call. Returns the number of stops in `once.news`."""
    calls, stops, board, alight, trips_of, times = lines.calls, lines.stop, lines.board, lines.alight, lines.trips, lines.times
    arrivals, departures = lines.arrival, lines.departure
    ride, ready, ridden, marked, fresh, news_of = once.ride, once.ready, once.ridden, once.marked, once.fresh, once.news
    first, end_of, queue, call_of = once.first, once.end, once.queue, once.call
    news = 0
    for q in range(queued):
        p = queue[q]
        begin, end = calls[p], calls[p + 1]
        trips, size, base = trips_of[p + 1] - trips_of[p], end - begin, times[p]
        trip, final = -1, end_of[p]
        along = base
        for c in range(first[p], end):
            stop = stops[c]
            if trip >= 0:
                time = arrivals[along + (c - begin)]
                if ridden[c] <= trip or time > horizon:
                    trip = -1
                else:
                    ridden[c] = trip
                    if time < ride[stop] and alight[c]:
                        ride[stop] = time
                        call_of[stop] = c
                        if not fresh[stop]:
                            fresh[stop] = True
                            news_of[news] = stop
                            news += 1
            if marked[stop] and board[c] and c < end - 1:
                high = min(trips, ridden[c + 1])
                if trip >= 0:
                    high = min(high, trip)
                row, soonest = base + (c - begin) * trips, ready[stop]
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
                        along = base + trip * size
            if trip < 0 and c >= final:
                break
        first[p] = NEVER
    return news


@kernel
def depart_once(lines: Lines, walks: Hops, access: Hops, once: Once, origin: int, time: int, limit: int, rides: int) -> int:
    """Fill the labels for one origin and departure. Returns the number of stops in `once.reached`."""
    horizon = time + limit
    ride, ready, marked, fresh, seen = once.ride, once.ready, once.marked, once.fresh, once.seen
    marks_of, news_of, reached_of, first, queue = once.marks, once.news, once.reached, once.first, once.queue
    at_stop, boarding, pattern, call_of = lines.at_stop, lines.boarding, lines.pattern, once.call
    row, departures, ridden, end = lines.row, lines.departure, once.ridden, once.end
    walk_start, walk_to, walk_seconds = walks.start, walks.target, walks.seconds
    ride[:] = NEVER
    ready[:] = NEVER
    ridden[:] = NEVER
    seen[:] = False
    marks = 0
    for a in range(access.start[origin], access.start[origin + 1]):
        stop, moment = access.target[a], time + access.seconds[a]
        if moment <= horizon and moment < ready[stop]:
            ready[stop] = moment
            if not marked[stop]:
                marked[stop] = True
                marks_of[marks] = stop
                marks += 1
    reached = 0
    for k in range(rides):
        if marks == 0:
            break
        queued = 0
        for i in range(marks):
            stop = marks_of[i]
            soonest = ready[stop]
            for b in range(at_stop[stop], at_stop[stop + 1]):
                c = boarding[b]
                high = min(row[c + 1] - row[c], ridden[c + 1])
                if high == 0 or departures[row[c] + high - 1] < soonest:
                    continue
                p = pattern[c]
                if first[p] == NEVER:
                    queue[queued] = p
                    queued += 1
                    first[p], end[p] = c, c
                else:
                    first[p], end[p] = min(first[p], c), max(end[p], c)
        news = scan_once(lines, once, horizon, queued)
        for i in range(marks):
            marked[marks_of[i]] = False
        marks = 0
        for i in range(news):
            stop = news_of[i]
            fresh[stop] = False
            if not seen[stop]:
                seen[stop] = True
                reached_of[reached] = stop
                reached += 1
            if k < rides - 1:
                arrival, call = ride[stop], call_of[stop]
                for w in range(walk_start[call], walk_start[call + 1]):
                    moment, to = arrival + walk_seconds[w], walk_to[w]
                    if moment <= horizon and moment < ready[to]:
                        ready[to] = moment
                        if not marked[to]:
                            marked[to] = True
                            marks_of[marks] = to
                            marks += 1
    return reached


@kernel
def single(
    first: int,
    last: int,
    lines: Lines,
    walks: Hops,
    access: Hops,
    egress: Hops,
    direct: Hops,
    departures: Int32,
    limit: int,
    rides: int,
    once: Once,
    out: Int32,
) -> None:
    """Travel times of the origins `first` … `last` - 1 for single departures, each on its own.

    Shapes: `departures` int32 [m]; `out` int32 [last - first, m, places] seconds is written, `NEVER` where more than `limit`.
    """
    best, ride, reached_of, call_of = once.best, once.ride, once.reached, once.call
    start, target, seconds = egress.start, egress.target, egress.seconds
    for origin in range(first, last):
        for m in range(len(departures)):
            time = departures[m]
            horizon = time + limit
            reached = depart_once(lines, walks, access, once, origin, time, limit, rides)
            best[:] = NEVER
            for i in range(reached):
                stop = reached_of[i]
                here, call = ride[stop], call_of[stop]
                for e in range(start[call], start[call + 1]):
                    arrival = here + seconds[e]
                    best[target[e]] = min(best[target[e]], arrival)
            row = out[origin - first, m]
            for place in range(len(best)):
                row[place] = best[place] - time if best[place] <= horizon else NEVER
            for d in range(direct.start[origin], direct.start[origin + 1]):
                if direct.seconds[d] <= limit:
                    row[direct.target[d]] = min(row[direct.target[d]], direct.seconds[d])
