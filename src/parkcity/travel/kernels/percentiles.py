"""Order statistics of the times from one origin to one place over a window of departures, without writing the times down.

Departures are taken from the last to the first, a fixed step apart, and the earliest arrival falls a few times only. Between two falls
the time grows by one step for each departure, so that the times are a few runs of equal steps: how many are below a bound is a sum over
runs, and the value at a rank is found by bisection over whole steps, then among the rests of the runs that pass the step found.
Contract: int32 seconds, not negative, as no arrival is before its departure; integers only, so that nothing depends on order.
"""

from __future__ import annotations

from typing import NamedTuple

from parkcity.travel.kernels.jit import Int32, kernel

NEVER = 2**31 - 1


class Runs(NamedTuple):
    """Room for runs of times, int32 [m] each: `first`, the whole steps of the smallest time; `rest` above them, below a step; `length`,
    how many times follow each other by one step.
    """

    first: Int32
    rest: Int32
    length: Int32


@kernel
def take_runs(fell_to: Int32, fell_at: Int32, count: int, latest: int, step: int, minutes: int, runs: Runs) -> int:
    """The runs of one place from its `count` falls: from departure `fell_at` on (0 is the last, `latest`) it is reached at `fell_to`.

    Returns the whole steps of the longest time.
    """
    most = 0
    for k in range(count):
        since = fell_at[k]
        until = fell_at[k + 1] if k + 1 < count else minutes
        smallest = fell_to[k] - latest + step * since
        # Of whole numbers below 2**31 the floating quotient has the same whole part, and machines divide so much sooner.
        whole = int(smallest / step)
        runs.first[k], runs.rest[k], runs.length[k] = whole, smallest - whole * step, until - since
        most = max(most, whole + until - since - 1)
    return most


@kernel
def below(runs: Runs, count: int, whole: int) -> int:
    """How many times are below so many whole steps."""
    first, length = runs.first, runs.length
    total = 0
    for k in range(count):
        total += min(max(whole - first[k], 0), length[k])
    return total


@kernel
def at_place(runs: Runs, count: int, whole: int, place: int) -> int:
    """Of the runs that pass so many whole steps, the rest at a place (from 0) in their order."""
    first, rests, length = runs.first, runs.rest, runs.length
    rest = -1
    while True:
        least, equal = NEVER, 0
        for k in range(count):
            if first[k] <= whole < first[k] + length[k]:
                own = rests[k]
                if rest < own < least:
                    least, equal = own, 1
                elif own == least:
                    equal += 1
        if place < equal:
            return least
        place -= equal
        rest = least


@kernel
def order_statistics(runs: Runs, count: int, most: int, step: int, limit: int, ranks: Int32, out: Int32) -> None:
    """The times at some ranks (from 0, rising) up to a limit, else `NEVER`, of runs of which the longest time has `most` whole steps.

    Shapes: `ranks`, `out` int32 [r].
    """
    low, every = 0, 0
    for k in range(count):
        every += runs.length[k]
    for r in range(len(ranks)):
        out[r] = NEVER
        if ranks[r] >= every:
            continue
        high = most
        while low < high:
            middle = (low + high) // 2
            if below(runs, count, middle + 1) > ranks[r]:
                high = middle
            else:
                low = middle + 1
        value = low * step + at_place(runs, count, low, ranks[r] - below(runs, count, low))
        if value <= limit:
            out[r] = value
