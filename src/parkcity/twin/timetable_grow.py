"""A timetable that grows: stops put to it, patterns made longer at their ends, ways through stations. Every function gives a new one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from parkcity.twin.timetable import Timetable

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

WALKWAY = 1
"""GTFS, pathways.txt, pathway_mode."""


@dataclass(frozen=True)
class Growth:
    """New calls at an end of a pattern, in the order in which they are passed: rows of stops, whole seconds of the runs to or from them."""

    stops: Ints
    seconds: Ints


def with_stops(timetable: Timetable, ids: Sequence[str], names: Sequence[str], lon: Floats, lat: Floats, **more: Any) -> Timetable:
    """The timetable with more stops after those it has; `more`: `type` and `parent` of each, else platforms without a station."""
    count = len(ids)
    columns: dict[str, NDArray[Any]] = {
        "stop_id": np.array(ids, np.str_),
        "stop_name": np.array(names, np.str_),
        "stop_lon": lon,
        "stop_lat": lat,
        "stop_type": np.full(count, more.get("type", 0)),
        "stop_parent": np.asarray(more.get("parent", np.full(count, -1))),
        "stop_wheelchair": np.zeros(count),
    }
    joined = {}
    for name, column in columns.items():
        kept = getattr(timetable, name)
        joined[name] = np.concatenate([kept, column if kept.dtype.kind == "U" else column.astype(kept.dtype)])
    return replace(timetable, **joined)


def grown(timetable: Timetable, after: Mapping[int, Growth], before: Mapping[int, Growth]) -> Timetable:
    """Patterns made longer after their last call and before their first one; the times of the calls that they had stay as they are.

    One gets on and off at every new call, and at the call that was the end. Departures of headways are moved forward by the new runs before
    the first call. The lines of these patterns are assumed from then on.
    """
    parts: dict[str, list[NDArray[Any]]] = {name: [] for name in ("call_stop", "call_board", "call_alight", "arrival", "departure")}
    earlier = np.zeros(timetable.trips, np.int64)
    sizes = np.diff(timetable.pattern_calls).astype(np.int64)
    for pattern, size in enumerate(sizes.tolist()):
        rows = slice(int(timetable.pattern_calls[pattern]), int(timetable.pattern_calls[pattern + 1]))
        times = slice(int(timetable.pattern_times[pattern]), int(timetable.pattern_times[pattern + 1]))
        board, alight = timetable.call_board[rows].copy(), timetable.call_alight[rows].copy()
        come, go = (array[times].reshape(-1, size).astype(np.int64) for array in (timetable.arrival, timetable.departure))
        first, last = before.get(pattern), after.get(pattern)
        head = np.zeros(0, np.int64) if first is None else np.cumsum(first.seconds[::-1])[::-1]
        tail = np.zeros(0, np.int64) if last is None else np.cumsum(last.seconds)
        if first is not None:
            alight[0] = True
            earlier[timetable.pattern_trips[pattern] : timetable.pattern_trips[pattern + 1]] = head[0]
        if last is not None:
            board[-1] = True
        lead, trail = come[:, :1] - head, go[:, -1:] + tail
        parts["call_stop"] += [
            *([] if first is None else [first.stops]),
            timetable.call_stop[rows],
            *([] if last is None else [last.stops]),
        ]
        for name, flags in (("call_board", board), ("call_alight", alight)):
            parts[name].append(np.concatenate([np.ones(len(head), bool), flags, np.ones(len(tail), bool)]))
        parts["arrival"].append(np.hstack([lead, come, trail]).ravel())
        parts["departure"].append(np.hstack([lead, go, trail]).ravel())
        sizes[pattern] += len(head) + len(tail)
    made = {name: np.concatenate(arrays).astype(getattr(timetable, name).dtype) for name, arrays in parts.items()}
    trips = np.diff(timetable.pattern_trips).astype(np.int64)
    for name, counts in (("pattern_calls", sizes), ("pattern_times", sizes * trips)):
        made[name] = np.concatenate([[0], np.cumsum(counts)]).astype(getattr(timetable, name).dtype)
    for name in ("headway_start", "headway_end"):
        kept = getattr(timetable, name)
        made[name] = (kept - earlier[timetable.headway_trip]).astype(kept.dtype)
    assumed = timetable.route_assumed.copy()
    assumed[timetable.pattern_route[[*after, *before]]] = True
    return replace(timetable, **made, route_assumed=assumed)


def with_pathways(timetable: Timetable, start: Ints, end: Ints, metres: Floats) -> Timetable:
    """The timetable with more level ways through stations, both ways, from stop to stop of so many metres."""
    count = len(start)
    columns: dict[str, NDArray[Any]] = {
        "from": start,
        "to": end,
        "mode": np.full(count, WALKWAY),
        "both_ways": np.ones(count, bool),
        "seconds": np.full(count, -1),
        "length": metres,
    }
    joined = {}
    for name, column in columns.items():
        kept = getattr(timetable, f"pathway_{name}")
        joined[f"pathway_{name}"] = np.concatenate([kept, column.astype(kept.dtype)])
    return replace(timetable, **joined)
