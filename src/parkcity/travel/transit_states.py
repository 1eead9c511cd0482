"""Why there is no time by transit: no line leads there, nothing runs then, or it takes longer than the limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from parkcity.travel.states import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from parkcity.travel.transit_legs import Legs
    from parkcity.travel.transit_setting import TransitSetting

    Bools = NDArray[np.bool_]
    Ints = NDArray[np.int64]
    Bytes = NDArray[np.uint8]

_STEP, _EVER = 2**33, 2**31
"""Wider than any span of seconds, so that a stop and a moment fit into one sorted int64; before and after all moments."""


def states_of(setting: TransitSetting, found: Bools, spans: Sequence[tuple[int, int]]) -> NDArray[np.int8]:
    """A state for every layer, origin and place, int8; `found` bool [layers, origins, places] says where there is a time.

    `spans`: first and last departure of each layer, seconds of the day. In this order: an origin or place without any leg is not
    attached; where nothing leaves the stops of the origin, or nothing comes to those of the place, on the whole day, there is no service;
    a place to which no chain of the day's lines and the setting's walks leads, whatever the time and the number of rides, is unreachable;
    where nothing that one could catch leaves or comes between the departure and the limit there is no service either; what remains is over
    the limit of time or rides.
    """
    direct = setting.walked()
    leaves = (np.diff(setting.access.start) > 0) | (np.diff(direct.start) > 0)
    reached = np.zeros(setting.places, bool)
    reached[setting.egress.target] = True
    reached[direct.target] = True
    states = np.where(found, np.int8(State.OK), np.int8(State.OVER_LIMIT)).astype(np.int8)
    lost = ~found & leaves[None, :, None] & reached
    # A known walk that is only too long is over the limit, whatever runs.
    lost[:, direct.row, direct.target] = False
    if lost.any():
        away, home = _moments(setting, leaving=True), _moments(setting, leaving=False)
        access, egress = setting.access, setting.egress.turned()
        for layer, (first, last) in enumerate(spans):
            idle = _idle(away, access, home, egress, first, last + setting.longest)
            states[layer][lost[layer] & idle] = State.NO_SERVICE
        lost &= ~_idle(away, access, home, egress, -_EVER, _EVER)
        rows = np.flatnonzero(lost.any(axis=(0, 2)))
        if len(rows):
            cut = np.zeros_like(lost)
            cut[:, rows] = lost[:, rows] & ~reachable(setting.of_origins(rows))
            states[cut] = State.UNREACHABLE
    states[:, ~leaves, :] = State.NOT_ATTACHED
    states[:, :, ~reached] = State.NOT_ATTACHED
    return states


def reachable(setting: TransitSetting) -> Bools:
    """The places that some chain of one ride or more leads to, whatever the time, bool [origins, places].

    Every stop stands twice, once for who is ready to board and once for who has got off, and every call for who rides on from it.
    Strongly connected parts are joined; what a part leads to is gathered from the last part to the first.
    """
    parts, part, start, end = _parts(setting)
    stops, places = setting.day.stops, setting.places
    holds = np.zeros((parts, -(-places // 8)), np.uint8)
    to = setting.egress.target.astype(np.int64)
    np.bitwise_or.at(holds, (part[stops + setting.egress.row], to // 8), (128 >> (to % 8)).astype(np.uint8))
    _gather(holds, start, end)
    rows = np.zeros((setting.origins, holds.shape[1]), np.uint8)
    for origin in range(setting.origins):
        begun = setting.access.target[int(setting.access.start[origin]) : int(setting.access.start[origin + 1])]
        rows[origin] = np.bitwise_or.reduce(holds[np.unique(part[begun])], axis=0)
    return np.unpackbits(rows, axis=1, count=places).astype(bool)


def _parts(setting: TransitSetting) -> tuple[int, Ints, Ints, Ints]:
    """Strongly connected parts of the day's lines: their number, the part of every node, and the ways from part to part."""
    lines, stops = setting.day.lines, setting.day.stops
    calls = len(lines.stop)
    last = np.zeros(calls, bool)
    last[lines.calls[1:] - 1] = True
    here = np.flatnonzero(~last)
    after, aboard = here + 1, 2 * stops + here
    on, off, through = lines.board[here], lines.alight[after], ~last[after]
    tails = (lines.stop[here[on]], aboard[off], aboard[through], stops + setting.change.row)
    heads = (aboard[on], stops + lines.stop[after[off]], 2 * stops + after[through], setting.change.target)
    start, end = (np.concatenate([np.asarray(ends, np.int64) for ends in side]) for side in (tails, heads))
    size = 2 * stops + calls
    graph = csr_array(coo_array((np.ones(len(start), np.int8), (start, end)), shape=(size, size)))
    parts, label = connected_components(graph, connection="strong")
    part = label.astype(np.int64)
    apart = part[start] != part[end]
    ways = np.unique(part[start[apart]] * parts + part[end[apart]])
    return int(parts), part, ways // parts, ways % parts


def _gather(holds: Bytes, start: Ints, end: Ints) -> None:
    """Adds to every part's bits those of the parts it leads to; the ways `start` (sorted) to `end` have no circles."""
    parts = len(holds)
    first = np.searchsorted(start, np.arange(parts + 1))
    order = np.argsort(end, kind="stable")
    into, before = np.searchsorted(end[order], np.arange(parts + 1)), start[order]
    open_ways = np.diff(first)
    ready = np.flatnonzero(open_ways == 0).tolist()
    while ready:
        done = ready.pop()
        onward = end[first[done] : first[done + 1]]
        if len(onward):
            holds[done] |= np.bitwise_or.reduce(holds[onward], axis=0)
        for earlier in before[into[done] : into[done + 1]].tolist():
            open_ways[earlier] -= 1
            if open_ways[earlier] == 0:
                ready.append(earlier)


def _moments(setting: TransitSetting, *, leaving: bool) -> Ints:
    """All departures that one can get on, or arrivals that one can get off, as stop times `_STEP` plus second, sorted."""
    lines = setting.day.lines
    found = [np.zeros(0, np.int64)]
    for pattern in range(len(lines.calls) - 1):
        calls = np.arange(lines.calls[pattern], lines.calls[pattern + 1])
        rows = slice(int(lines.times[pattern]), int(lines.times[pattern + 1]))
        able = (lines.board if leaving else lines.alight)[calls].copy()
        able[-1 if leaving else 0] = False
        times = lines.departure[rows].reshape(len(calls), -1) if leaving else lines.arrival[rows].reshape(-1, len(calls)).T
        found.append((lines.stop[calls[able]].astype(np.int64)[:, None] * _STEP + times[able]).ravel())
    return np.sort(np.concatenate(found))


def _idle(away: Ints, access: Legs, home: Ints, egress: Legs, first: int, end: int) -> Bools:
    """Where nothing leaves that can be caught from `first` on, or nothing comes that is there by `end`, bool [origins, places]."""
    walk_there, walk_on = access.seconds.astype(np.int64), egress.seconds.astype(np.int64)
    served = _any_between(away, access, first + walk_there, np.full_like(walk_there, end))
    met = _any_between(home, egress, np.full_like(walk_on, first), end - walk_on)
    idle: Bools = ~served[:, None] | ~met
    return idle


def _any_between(moments: Ints, legs: Legs, first: NDArray[np.int64], end: NDArray[np.int64]) -> Bools:
    """Is there for a row of legs, at any of its stops, a moment from the leg's `first` until its `end`, bool [rows]?"""
    stop = legs.target.astype(np.int64) * _STEP
    low, high = np.searchsorted(moments, stop + first), np.searchsorted(moments, stop + end, side="right")
    any_row = np.zeros(legs.rows, bool)
    any_row[legs.row[high > low]] = True
    return any_row
