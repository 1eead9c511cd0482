"""Walks that no fastest journey needs are taken out before a sweep, which is where its time would go.

Two rules, both exact. Boarding: from one row, a stop is of no use if every pattern there can be boarded at an earlier call, from another
stop of the row, so much sooner that each trip still caught there is caught here too. Staying: walking from a call to a target is of no
use if riding on to a later call and walking from there comes sooner (strictly: of walks that tie, none may rest on another). Runs are
bounded from above by the sum over sections of the longest run of any trip, so both rules hold for all trips. Replacing a walk by the one
that beats it keeps the number of rides and either comes sooner or, at one alighting call, moves the boarding call earlier, which ends;
so both rules may be used together.
Related: the transfer reduction of Witt (2015), Trip-Based Public Transit Routing, which does this for single trips.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from parkcity.travel.kernels.jit import Bool, Int32, Int64, kernel
from parkcity.travel.kernels.raptor import NEVER, Hops, Lines


@kernel
def longest_runs(lines: Lines, leaving: Int64, arriving: Int64) -> None:
    """Cumulated longest runs along every pattern, written to int64 [q]: between departures, and between arrivals."""
    for p in range(len(lines.calls) - 1):
        begin, end = lines.calls[p], lines.calls[p + 1]
        trips, size, base = lines.trips[p + 1] - lines.trips[p], end - begin, lines.times[p]
        if size == 0:
            continue
        leaving[begin] = 0
        arriving[begin] = 0
        for c in range(1, size):
            most_leaving, most_arriving = 0, 0
            for trip in range(trips):
                gone = lines.departure[base + c * trips + trip] - lines.departure[base + (c - 1) * trips + trip]
                come = lines.arrival[base + trip * size + c] - lines.arrival[base + trip * size + c - 1]
                most_leaving, most_arriving = max(most_leaving, gone), max(most_arriving, come)
            leaving[begin + c] = leaving[begin + c - 1] + most_leaving
            arriving[begin + c] = arriving[begin + c - 1] + most_arriving


class Scratch(NamedTuple):
    """Room of `useful_boarding`: `wait`, `leg` int32 [q], `wait` all `NEVER`; `low`, `high`, `seen` int32 [p], `low` all `NEVER`."""

    wait: Int32
    leg: Int32
    low: Int32
    high: Int32
    seen: Int32


@kernel
def useful_boarding(legs: Hops, lines: Lines, leaving: Int64, scratch: Scratch, keep: Bool) -> None:
    """Mark the legs to stops that some pattern needs, by the rule of boarding. `keep` bool [legs], all false, is written."""
    at_stop, boarding, pattern = lines.at_stop, lines.boarding, lines.pattern
    wait, leg_of, low, high, seen = scratch.wait, scratch.leg, scratch.low, scratch.high, scratch.seen
    for row in range(len(legs.start) - 1):
        count = 0
        for leg in range(legs.start[row], legs.start[row + 1]):
            stop = legs.target[leg]
            for b in range(at_stop[stop], at_stop[stop + 1]):
                c = boarding[b]
                p = pattern[c]
                wait[c], leg_of[c] = legs.seconds[leg], leg
                if low[p] == NEVER:
                    seen[count] = p
                    count += 1
                    low[p], high[p] = c, c
                else:
                    low[p], high[p] = min(low[p], c), max(high[p], c)
        for i in range(count):
            p = seen[i]
            soonest = np.int64(2**62)
            for c in range(low[p], high[p] + 1):
                if wait[c] != NEVER:
                    value = wait[c] - leaving[c]
                    if value < soonest:
                        soonest = value
                        keep[leg_of[c]] = True
                    wait[c] = NEVER
            low[p] = NEVER


@kernel
def by_call(legs: Hops, keep: Bool, lines: Lines, arriving: Int64, best: Int64, start: Int64, target: Int32, seconds: Int32) -> int:
    """The legs from stops as legs from calls at which one may get off, without those that the rule of staying takes out.

    `best` int64 [targets], all 2**62, is room; `start` int64 [q + 1] is written, as are `target` and `seconds` as far as they reach.
    Returns the number of legs; called once with empty arrays to count and once to fill.
    """
    total = 0
    start[0] = 0
    for p in range(len(lines.calls) - 1):
        begin, end = lines.calls[p], lines.calls[p + 1]
        # Later calls first; the legs of a call are written behind those of the call before once their numbers are known.
        for c in range(end - 1, begin - 1, -1):
            start[c + 1] = 0
            if not lines.alight[c] or c == begin:
                continue
            stop = lines.stop[c]
            for leg in range(legs.start[stop], legs.start[stop + 1]):
                moment = arriving[c] + legs.seconds[leg]
                if keep[leg] and moment <= best[legs.target[leg]]:
                    best[legs.target[leg]] = moment
                    start[c + 1] += 1
        for c in range(begin, end):
            stop = lines.stop[c]
            for leg in range(legs.start[stop], legs.start[stop + 1]):
                best[legs.target[leg]] = 2**62
        for c in range(begin, end):
            start[c + 1] += start[c]
        total = start[end]
        if len(target) >= total:
            for c in range(end - 1, begin - 1, -1):
                if not lines.alight[c] or c == begin:
                    continue
                stop, at = lines.stop[c], start[c]
                for leg in range(legs.start[stop], legs.start[stop + 1]):
                    moment = arriving[c] + legs.seconds[leg]
                    if keep[leg] and moment <= best[legs.target[leg]]:
                        best[legs.target[leg]] = moment
                        target[at], seconds[at] = legs.target[leg], legs.seconds[leg]
                        at += 1
            for c in range(begin, end):
                stop = lines.stop[c]
                for leg in range(legs.start[stop], legs.start[stop + 1]):
                    best[legs.target[leg]] = 2**62
    return total
