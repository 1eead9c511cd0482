"""One departure for many origins at once: a connection scan whose lanes are origins.

Paper: Dibbelt, Pajor, Strasser and Wagner (2018), Connection Scan Algorithm, ACM JEA 23; here with a label for every number of rides,
and with 64 origins in the lanes of a vector, which share every connection, walk and bound. The contract is that of `raptor`: the same
journeys, whole seconds, minima only, so that the times equal those of the rounds. Connections are sorted by departure; those that
leave in one second are repeated until none of them lets another be caught, for rides and walks may take no time at all.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from parkcity.travel.kernels.jit import Bool, Int32, UInt32, kernel
from parkcity.travel.kernels.masks import UInt64, below, set_where
from parkcity.travel.kernels.raptor import NEVER, Hops, Lines
from parkcity.travel.kernels.ticks import UNREACHED
from parkcity.travel.kernels.vector import lower


class Connections(NamedTuple):
    """Rides from one call to the next, by departure, then trip, then order: `departure`, `arrival` int32 seconds [n], `call` int32 [n]
    where it leaves, `trip` int32 [n].
    """

    departure: Int32
    arrival: Int32
    call: Int32
    trip: Int32


class Batch(NamedTuple):
    """The room of one thread, for K rides. Row k * s + stop of `ready` uint32 [K * s, LANES]: ready to board with at most k rides; of
    `ride`: arrival with at most k + 1 rides, seconds after the departure or `UNREACHED`. `aboard` uint64 [trips, K]: the lanes that
    sit in a trip with at most k + 1 rides; `open` bool [s]: may somebody be at the stop; `best` uint32 [places, LANES].
    """

    ready: UInt32
    ride: UInt32
    aboard: UInt64
    open: Bool
    best: UInt32


@kernel
def scan_group(
    first: int, last: int, moves: Connections, lines: Lines, walks: Hops, batch: Batch, time: int, horizon: int, rides: int
) -> bool:
    """Take the connections `first` … `last` - 1, which leave in one second. Returns whether one of them may let another be caught."""
    ready, ride, aboard, is_open = batch.ready, batch.ride, batch.aboard, batch.open
    stop_of, board, alight = lines.stop, lines.board, lines.alight
    start, target, seconds = walks.start, walks.target, walks.seconds
    stops = len(is_open)
    moment = moves.departure[first] - time
    again = False
    for x in range(first, last):
        c, trip = moves.call[x], moves.trip[x]
        stop, there, arrival = stop_of[c], stop_of[c + 1], moves.arrival[x] - time
        if board[c] and is_open[stop]:
            for k in range(rides):
                aboard[trip, k] |= below(ready, k * stops + stop, moment)
        if aboard[trip, rides - 1] == 0 or not alight[c + 1]:
            continue
        for k in range(rides):
            lanes = aboard[trip, k]
            if lanes == 0:
                continue
            fell = set_where(ride, k * stops + there, arrival, lanes)
            if fell == 0 or k == rides - 1:
                continue
            for w in range(start[c + 1], start[c + 2]):
                to = target[w]
                if arrival + seconds[w] <= horizon:
                    is_open[to] = True
                    lower(ready, (k + 1) * stops + to, ride, k * stops + there, seconds[w], horizon)
                    again |= arrival + seconds[w] <= moment
    return again


@kernel
def scan_batch(
    origins: Int32, moves: Connections, lines: Lines, walks: Hops, access: Hops, batch: Batch, time: int, limit: int, rides: int
) -> None:
    """Fill the labels of up to LANES origins that leave at `time`."""
    ready, is_open = batch.ready, batch.open
    stops = len(is_open)
    ready[:] = np.uint32(UNREACHED)
    batch.ride[:] = np.uint32(UNREACHED)
    batch.aboard[:] = np.uint64(0)
    is_open[:] = False
    for lane in range(len(origins)):
        for a in range(access.start[origins[lane]], access.start[origins[lane] + 1]):
            if access.seconds[a] <= limit:
                is_open[access.target[a]] = True
                for k in range(rides):
                    row = k * stops + access.target[a]
                    ready[row, lane] = min(ready[row, lane], np.uint32(access.seconds[a]))
    first, count = 0, len(moves.departure)
    while first < count:
        last = first + 1
        while last < count and moves.departure[last] == moves.departure[first]:
            last += 1
        # Each repetition sets one more ride than the one before, so there are at most as many as rides.
        for _ in range(rides):
            if not scan_group(first, last, moves, lines, walks, batch, time, limit, rides):
                break
        first = last


@kernel
def many(
    first: int,
    last: int,
    moves: Connections,
    lines: Lines,
    walks: Hops,
    access: Hops,
    egress: Hops,
    direct: Hops,
    time: int,
    limit: int,
    rides: int,
    batch: Batch,
    out: Int32,
) -> None:
    """Travel times of the origins `first` … `last` - 1, at most LANES, for the departure `time`.

    Shapes: `walks` leads from calls to stops, `egress` from stops to places; `moves` holds what leaves from `time` on and arrives until
    `time` + `limit`; `out` int32 [last - first, 1, places] seconds is written, `NEVER` where more than `limit`.
    """
    origins = np.arange(first, last).astype(np.int32)
    scan_batch(origins, moves, lines, walks, access, batch, time, limit, rides)
    ride, best, stops = batch.ride, batch.best, len(batch.open)
    best[:] = np.uint32(UNREACHED)
    for stop in range(stops):
        row = (rides - 1) * stops + stop
        if below(ride, row, limit) != 0:
            for e in range(egress.start[stop], egress.start[stop + 1]):
                lower(best, egress.target[e], ride, row, egress.seconds[e], limit)
    for lane in range(last - first):
        row_out = out[lane, 0]
        for place in range(len(best)):
            value = best[place, lane]
            row_out[place] = NEVER if value == UNREACHED else np.int32(value)
        origin = first + lane
        for d in range(direct.start[origin], direct.start[origin + 1]):
            if direct.seconds[d] <= limit:
                row_out[direct.target[d]] = min(row_out[direct.target[d]], direct.seconds[d])
