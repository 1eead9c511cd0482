"""A window of departures searched from the places: few places cost few searches, however many origins ask.

The rounds of `raptor` run in reversed time from one place, for every moment at which somebody may come there, from the first to the last;
each fall of an origin's label is a later departure with which one is there by that moment. For a departure the earliest moment whose
latest departure is not before it is the arrival, so the times are those of the search forwards, bit for bit.
"""

from __future__ import annotations

from parkcity.travel.kernels.jit import Int32, Int64, kernel
from parkcity.travel.kernels.percentiles import Runs, order_statistics, take_runs
from parkcity.travel.kernels.raptor import Arena, Hops, Lines, clear, depart


@kernel
def forwards(
    fell_to: Int32, fell_at: Int32, count: int, moments: Int32, turn: int, departures: Int32, step: int, to: Int32, since: Int32
) -> int:
    """Latest departures by moments of arrival as falls of the arrival by departures, written to `to` and `since`. Returns their number.

    Shapes: `fell_to`, `fell_at` int32 [count or more], reversed seconds and numbers of `moments` int32, falling; a moment x is `turn` - x
    in reversed time; `departures` int32 [m], falling by `step`; `to`, `since` int32 [m].
    """
    found, latest = 0, departures[0]
    for back in range(count):
        k = count - 1 - back
        arrival, leaves = turn - moments[fell_at[k]], turn - fell_to[k]
        number = max(-((leaves - latest) // step), 0)
        if number >= len(departures):
            break
        if found > 0 and since[found - 1] == number:
            found -= 1
        to[found], since[found] = arrival, number
        found += 1
    return found


@kernel
def window_back(
    first: int,
    last: int,
    lines: Lines,
    walks: Hops,
    access: Hops,
    egress: Hops,
    start: Int64,
    moments: Int32,
    turn: int,
    departures: Int32,
    limit: int,
    ranks: Int32,
    arena: Arena,
    runs: Runs,
    to: Int32,
    since: Int32,
    out: Int32,
) -> None:
    """Times from all origins to the places `first` … `last` - 1, of a day in reversed time: `access` leads from places.

    Shapes: `start` int64 [places + 1] into `moments` int32, reversed seconds, falling within a place; `departures` int32 [m], falling by
    equal steps, in true time; `ranks` int32 [r], rising; `to`, `since` int32 [m] are room; `out` int32 [last - first, r, origins] seconds.
    """
    origins, minutes = len(arena.best), len(departures)
    step = departures[0] - departures[1] if minutes > 1 else 1
    for place in range(first, last):
        clear(arena)
        own = moments[start[place] : start[place + 1]]
        for number in range(len(own)):
            depart(lines, walks, access, egress, arena, place, own[number], limit, number)
        for origin in range(origins):
            count = forwards(arena.fell_to[origin], arena.fell_at[origin], arena.falls[origin], own, turn, departures, step, to, since)
            most = take_runs(to, since, count, departures[0], step, minutes, runs)
            order_statistics(runs, count, most, step, limit, ranks, out[place - first, :, origin])
