"""Who can notice that a timetable or walks changed: bounds that hold whatever the departure, so that nobody is overlooked.

A journey is as it was unless it uses, before or after, something that changed: a boarding or an alighting of a trip, a walk. In a graph
of stops and calls whose ways take the shortest run of any trip and no waiting, one search towards the changed ways and one onwards from
them bound from below what any such journey takes. Pairs for which both together exceed the limit cannot notice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.travel.transit_day import trimmed
from parkcity.travel.transit_legs import Legs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parkcity.travel.kernels.raptor import Lines
    from parkcity.travel.transit_setting import TransitSetting

    Bools = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

_LEAST, _SLACK = 1e-6, 1.0
"""A way of no time would be no way in a sparse graph; what is added so stays far below the slack of one second."""


@dataclass(frozen=True)
class Block:
    """Origins and places, bool [origins] and bool [places], whose times must be searched again."""

    origins: Bools
    places: Bools


def noticing(before: TransitSetting, after: TransitSetting, first: int, last: int) -> list[Block]:
    """Blocks that hold every pair whose time by rides may differ between two settings, for departures from `first` to `last`.

    Both have the same origins, places, rides and limit; stops of `after` beyond those of `before` are new, the others keep their rows.
    Direct walks are not looked at.
    """
    limit, stops = after.longest, after.day.stops
    access, egress, change = (_pair(old, new, rows, targets) for old, new, rows, targets in _legs(before, after))
    days = [trimmed(setting.day, first, last + limit).lines for setting in (before, after)]
    graph = _Graph.of(days, change, stops)
    blocks = []
    gone = _differing(*access)
    if len(gone.row):
        blocks.append(Block(_flags(after.origins, gone.row), np.ones(after.places, bool)))
    gone = _differing(*egress)
    if len(gone.row):
        origins = _least(access, graph.back(stops + gone.row, gone.seconds, limit), 0, after.origins)
        blocks.append(Block(origins <= limit + _SLACK, _flags(after.places, gone.target)))
    ways, walks = _changed_ways(days, stops), _differing(*change)
    tail, head = np.concatenate([ways[0], stops + walks.row]), np.concatenate([ways[1], walks.target])
    if len(tail):
        there = _least(access, graph.back(tail, np.zeros(len(tail)), limit), 0, after.origins)
        on = _least([legs.turned() for legs in egress], graph.onwards(head, np.zeros(len(head)), limit), stops, after.places)
        blocks.append(Block(there + on.min(initial=np.inf) <= limit + _SLACK, there.min(initial=np.inf) + on <= limit + _SLACK))
    return [block for block in blocks if block.origins.any() and block.places.any()]


def _legs(before: TransitSetting, after: TransitSetting) -> list[tuple[Legs, Legs, int, int]]:
    stops = after.day.stops
    return [
        (before.access, after.access, after.origins, stops),
        (before.egress, after.egress, stops, after.places),
        (before.change, after.change, stops, stops),
    ]


def _pair(old: Legs, new: Legs, rows: int, targets: int) -> list[Legs]:
    """The legs of both, the old ones with as many rows and targets as the new."""
    start = np.concatenate([old.start, np.full(rows - old.rows, old.start[-1])])
    return [Legs(start, old.target, old.seconds, targets), new]


@dataclass(frozen=True)
class _Gone:
    """Legs of one or the other only: `row`, `target`, `seconds` int64."""

    row: Ints
    target: Ints
    seconds: Ints


def _differing(old: Legs, new: Legs) -> _Gone:
    # Both are sorted; whole rows that are alike are left out before the legs are compared one by one.
    keys = [np.column_stack([legs.row, legs.target, legs.seconds]) for legs in (old, new)]
    if np.array_equal(keys[0], keys[1]):
        return _Gone(*np.zeros((3, 0), np.int64))
    both, count = np.unique(np.concatenate(keys), axis=0, return_counts=True)
    return _Gone(*both[count == 1].T.astype(np.int64))


def _flags(size: int, rows: Ints) -> Bools:
    found = np.zeros(size, bool)
    found[rows] = True
    return found


def _least(legs: list[Legs], cost: Floats, shift: int, rows: int) -> Floats:
    """For each row the least of a leg and the cost at its stop, whichever of both sets of legs it is of; infinite where none leads."""
    found = np.full(rows, np.inf)
    for side in legs:
        np.minimum.at(found, side.row, side.seconds + cost[shift + side.target])
    return found


@dataclass(frozen=True)
class _Graph:
    """Nodes: every stop ready to board, every stop got off at, every call aboard, of the first day and of the second."""

    start: Ints
    target: NDArray[np.int32]
    seconds: Floats

    @classmethod
    def of(cls, days: list[Lines], change: list[Legs], stops: int) -> _Graph:
        tails: list[NDArray[Any]] = []
        heads: list[NDArray[Any]] = []
        costs: list[NDArray[Any]] = []
        at = 2 * stops
        for lines in days:
            call = np.arange(len(lines.stop))
            final = _flags(len(call), lines.calls[1:].astype(np.int64) - 1)
            on = call[lines.board & ~final]
            run, stay = _shortest(lines)
            rides = call[~final]
            off, through = rides[lines.alight[rides + 1]], rides[~final[rides + 1]]
            tails += [lines.stop[on], at + off, at + through]
            heads += [at + on, stops + lines.stop[off + 1], at + through + 1]
            costs += [np.zeros(len(on)), run[off], stay[through]]
            at += len(call)
        for legs in change:
            tails.append(stops + legs.row)
            heads.append(legs.target)
            costs.append(legs.seconds)
        # A departure before the arrival, which no feed is read with, would only make the bound lower.
        whole = Legs.build(at, at, np.concatenate(tails), np.concatenate(heads), np.maximum(np.concatenate(costs), 0))
        return cls(whole.start, whole.target, np.maximum(whole.seconds.astype(np.float64), _LEAST))

    def onwards(self, nodes: Ints, cost: Floats, limit: int) -> Floats:
        """The least cost from some nodes, each with a cost of its own before it, to every node."""
        return self._search(nodes, cost, limit, backwards=False)

    def back(self, nodes: Ints, cost: Ints | Floats, limit: int) -> Floats:
        """The least cost from every node to some nodes, each with a cost of its own behind it."""
        return self._search(nodes, cost, limit, backwards=True)

    def _search(self, nodes: Ints, cost: Ints | Floats, limit: int, *, backwards: bool) -> Floats:
        from scipy.sparse import csr_array
        from scipy.sparse.csgraph import dijkstra

        size = len(self.start) - 1
        own = Legs.build(1, size, np.zeros(len(nodes)), nodes, cost)
        start = np.append(self.start, self.start[-1])
        if backwards:
            turned = csr_array((self.seconds, self.target, start), shape=(size + 1, size + 1)).T.tocsr()
            start, target, seconds = turned.indptr, turned.indices, turned.data
        else:
            target, seconds = self.target, self.seconds
        start = np.append(start[:-1], start[-1] + len(own.target))
        target, seconds = np.concatenate([target, own.target]), np.concatenate([seconds, np.maximum(own.seconds, _LEAST)])
        graph = csr_array((seconds, target, start), shape=(size + 1, size + 1))
        found: Floats = np.asarray(dijkstra(graph, indices=np.array([size]), limit=limit + _SLACK)[0, :size])
        return found


def _shortest(lines: Lines) -> tuple[Ints, Ints]:
    """For each call the shortest run to the next arrival and to the next departure, of any trip; 0 at the last call. int64 [q] each."""
    run, stay = np.zeros(len(lines.stop), np.int64), np.zeros(len(lines.stop), np.int64)
    for begin, end, arrival, departure in _patterns(lines):
        if len(arrival):
            run[begin : end - 1] = (arrival[:, 1:].astype(np.int64) - departure[:, :-1]).min(axis=0)
            stay[begin : end - 1] = np.diff(departure.astype(np.int64), axis=1).min(axis=0)
    return run, stay


def _patterns(lines: Lines) -> list[tuple[int, int, NDArray[np.int32], NDArray[np.int32]]]:
    """First call, call after the last, arrivals and departures [trips, calls] of every pattern."""
    found = []
    for pattern in range(len(lines.calls) - 1):
        begin, end = int(lines.calls[pattern]), int(lines.calls[pattern + 1])
        rows = slice(int(lines.times[pattern]), int(lines.times[pattern + 1]))
        found.append((begin, end, lines.arrival[rows].reshape(-1, end - begin), lines.departure[rows].reshape(end - begin, -1).T))
    return found


def _changed_ways(days: list[Lines], stops: int) -> tuple[Ints, Ints]:
    """Nodes that lead into the boardings and alightings that only one day has, and nodes that these lead to."""
    whole = [_contents(lines) for lines in days]
    only = [set(whole[0]) - set(whole[1]), set(whole[1]) - set(whole[0])]
    held = [
        _by_trip(lines, [p for p, name in enumerate(names) if name in own]) for lines, names, own in zip(days, whole, only, strict=True)
    ]
    tails: list[Ints] = [np.zeros(0, np.int64)]
    heads: list[Ints] = [np.zeros(0, np.int64)]
    at = 2 * stops
    for number, lines in enumerate(days):
        for key, patterns in held[number].items():
            for pattern in patterns:
                begin, end = int(lines.calls[pattern]), int(lines.calls[pattern + 1])
                board, alight = _changed_flags(lines, pattern, held[1 - number].get(key, []), days[1 - number])
                call = np.arange(begin, end)
                on, off = call[:-1][board[:-1]], call[1:][alight[1:]]
                tails += [lines.stop[on].astype(np.int64), at + off - 1]
                heads += [at + on, stops + lines.stop[off].astype(np.int64)]
        at += len(lines.stop)
    return np.concatenate(tails), np.concatenate(heads)


def _contents(lines: Lines) -> list[bytes]:
    """All that makes a pattern, as bytes."""
    found = []
    for begin, end, arrival, departure in _patterns(lines):
        parts = (lines.stop[begin:end], lines.board[begin:end], lines.alight[begin:end], arrival, departure)
        found.append(b"".join(part.tobytes() for part in parts))
    return found


def _by_trip(lines: Lines, chosen: list[int]) -> dict[bytes, list[int]]:
    """Some patterns by their stops and the times of a trip: a pattern stands under each of its trips."""
    found: dict[bytes, list[int]] = {}
    every = _patterns(lines)
    for pattern in chosen:
        begin, end, arrival, departure = every[pattern]
        name = lines.stop[begin:end].tobytes()
        for row in np.hstack([arrival, departure]):
            found.setdefault(name + row.tobytes(), []).append(pattern)
    return found


def _changed_flags(lines: Lines, pattern: int, other: list[int], others: Lines) -> tuple[Bools, Bools]:
    """At which calls of a trip of a pattern getting on and off is possible here, but not on the same trips of the other day."""
    own = slice(int(lines.calls[pattern]), int(lines.calls[pattern + 1]))
    board, alight = lines.board[own], lines.alight[own]
    if not other:
        return board, alight
    flags = [(others.board[rows], others.alight[rows]) for rows in (slice(int(others.calls[p]), int(others.calls[p + 1])) for p in other)]
    if any(np.array_equal(board, on) and np.array_equal(alight, off) for on, off in flags):
        return np.zeros_like(board), np.zeros_like(alight)
    if len(flags) > 1:
        return board, alight
    return board & ~flags[0][0], alight & ~flags[0][1]
