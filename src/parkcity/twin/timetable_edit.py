"""Edits of a timetable: lines joined to it, stops closed, headways changed. Every function gives a new timetable."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.twin.timetable import Timetable

if TYPE_CHECKING:
    from numpy.typing import NDArray

_REFERENCES = {
    "stop_parent": "stop_id",
    "call_stop": "stop_id",
    "transfer_from": "stop_id",
    "transfer_to": "stop_id",
    "pathway_from": "stop_id",
    "pathway_to": "stop_id",
    "pattern_route": "route_id",
    "trip_service": "service_id",
    "exception_service": "service_id",
    "headway_trip": "trip_id",
}
_RUNS = ("pattern_calls", "pattern_trips", "pattern_times")


def joined(first: Timetable, more: Timetable) -> Timetable:
    """Both timetables as one; rows of `more` come after those of `first`, its feeds count on."""
    parts: dict[str, Any] = {}
    for entry in fields(Timetable):
        a, b = getattr(first, entry.name), getattr(more, entry.name)
        if entry.name in _REFERENCES:
            b = np.where(b >= 0, b + len(getattr(first, _REFERENCES[entry.name])), b).astype(a.dtype)
        elif entry.name in _RUNS:
            b = (b[1:] + a[-1]).astype(a.dtype)
        elif entry.name == "service_feed":
            b = (b + a.max(initial=-1) + 1).astype(a.dtype)
        parts[entry.name] = np.concatenate([a, b])
    return Timetable(**parts)


def without_stops(timetable: Timetable, rows: NDArray[np.int64]) -> Timetable:
    """The timetable in which nobody gets on or off at some stops; trips pass them."""
    shut = np.isin(timetable.call_stop, rows)
    return replace(timetable, call_board=timetable.call_board & ~shut, call_alight=timetable.call_alight & ~shut)


def with_headway(timetable: Timetable, routes: NDArray[np.int64], start: int, end: int, headway: int) -> tuple[Timetable, int, int]:
    """Departures of some routes from `start` until before `end` (seconds of the day) replaced by one every `headway` seconds.

    Of each route, service and pair of ends the pattern with most departures in the period keeps running, as its trip of median duration
    does; other departures in the period fall away. Gives the departures of the period before and after too.
    """
    first = _first_departures(timetable)
    pattern = timetable.trip_pattern
    template = np.zeros(timetable.trips, bool)
    template[timetable.headway_trip] = True
    mine = np.isin(timetable.pattern_route[pattern], routes) & (timetable.trip_service >= 0)
    plain = mine & ~template & (first >= start) & (first < end)
    held = mine[timetable.headway_trip] & (timetable.headway_start < end) & (timetable.headway_end > start)
    within = np.minimum(timetable.headway_end, end) - np.maximum(timetable.headway_start, start)
    often = np.zeros(timetable.trips, np.int64)
    often[plain] = 1
    np.add.at(often, timetable.headway_trip[held], -(-within[held].astype(np.int64) // timetable.headway_seconds[held]))
    chosen = _templates(timetable, often, pattern)
    service = timetable.trip_service.copy()
    gone = plain.copy()
    gone[chosen] = False
    service[gone] = -1
    columns = _cut(timetable, held, start, end)
    for name, value in (("start", start), ("end", end), ("seconds", headway), ("exact", False)):
        columns[name] = np.concatenate([columns[name], np.full(len(chosen), value, columns[name].dtype)])
    columns["trip"] = np.concatenate([columns["trip"], chosen.astype(columns["trip"].dtype)])
    # A template that has lost its last headway would run once by its own times.
    service[template & mine & ~np.isin(np.arange(timetable.trips), columns["trip"])] = -1
    edited = replace(timetable, trip_service=service, **{f"headway_{name}": array for name, array in columns.items()})
    return edited, int(often.sum()), len(chosen) * -(-(end - start) // headway)


def with_speed(timetable: Timetable, patterns: dict[int, NDArray[np.bool_]], factor: float) -> Timetable:
    """Runs of some patterns taken `factor` times as fast, rounded up to whole seconds; waits at stops and first departures stay.

    `patterns`: for each pattern which of its runs are meant, bool [calls - 1]. Trips may overtake each other then, which the trips of a
    date allow for.
    """
    arrival, departure = timetable.arrival.copy(), timetable.departure.copy()
    for pattern, meant in patterns.items():
        rows = slice(int(timetable.pattern_times[pattern]), int(timetable.pattern_times[pattern + 1]))
        there, away = (array[rows].reshape(-1, len(meant) + 1).astype(np.int64) for array in (arrival, departure))
        run = there[:, 1:] - away[:, :-1]
        saved = np.where(meant, run - np.ceil(run / factor - 1e-9).astype(np.int64), 0).cumsum(axis=1)
        there[:, 1:] -= saved
        away[:, 1:] -= saved
        arrival[rows], departure[rows] = there.ravel(), away.ravel()
    return replace(timetable, arrival=arrival, departure=departure)


def _first_departures(timetable: Timetable) -> NDArray[np.int64]:
    pattern = timetable.trip_pattern
    size = np.diff(timetable.pattern_calls).astype(np.int64)[pattern]
    number = np.arange(timetable.trips) - timetable.pattern_trips[pattern]
    return timetable.departure[timetable.pattern_times[pattern] + number * size].astype(np.int64)


def _templates(timetable: Timetable, often: NDArray[np.int64], pattern: NDArray[np.int32]) -> NDArray[np.int64]:
    """The trip that stands for each route, service and pair of ends that has departures."""
    size = np.diff(timetable.pattern_calls).astype(np.int64)[pattern]
    begin = timetable.pattern_times[pattern] + (np.arange(timetable.trips) - timetable.pattern_trips[pattern]) * size
    duration = timetable.arrival[begin + size - 1].astype(np.int64) - timetable.departure[begin]
    ends: dict[tuple[int, int, int, int], dict[int, list[int]]] = {}
    for trip in np.flatnonzero(often).tolist():
        p = int(pattern[trip])
        stops = timetable.call_stop[timetable.pattern_calls[p]], timetable.call_stop[timetable.pattern_calls[p + 1] - 1]
        key = (int(timetable.pattern_route[p]), int(timetable.trip_service[trip]), int(stops[0]), int(stops[1]))
        ends.setdefault(key, {}).setdefault(p, []).append(trip)
    chosen = []
    for patterns in ends.values():
        trips = max(patterns.values(), key=lambda found: (int(often[found].sum()), -found[0]))
        order = sorted(trips, key=lambda trip: (int(duration[trip]), trip))
        chosen.append(order[len(order) // 2])
    return np.array(sorted(chosen), dtype=np.int64)


def _cut(timetable: Timetable, held: NDArray[np.bool_], start: int, end: int) -> dict[str, NDArray[Any]]:
    """The headway rows without the period: those that reach into it are cut to what lies before and after."""
    names = ("trip", "start", "end", "seconds", "exact")
    table: dict[str, NDArray[Any]] = {name: getattr(timetable, f"headway_{name}") for name in names}
    before, after = held & (table["start"] < start), held & (table["end"] > end)
    parts = [{name: array[rows] for name, array in table.items()} for rows in (~held, before, after)]
    parts[1]["end"] = np.full(int(before.sum()), start, table["end"].dtype)
    # The rhythm of the row goes on after the period as if it had not been interrupted.
    missed = -(-(end - parts[2]["start"]).clip(min=0) // parts[2]["seconds"])
    parts[2]["start"] = (parts[2]["start"] + missed * parts[2]["seconds"]).astype(table["start"].dtype)
    joined_rows = {name: np.concatenate([part[name] for part in parts]) for name in names}
    useful = joined_rows["start"] < joined_rows["end"]
    return {name: array[useful] for name, array in joined_rows.items()}
