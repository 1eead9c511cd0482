"""From clean feeds to one timetable: patterns whose trips never overtake, one numbering for all feeds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.errors import UsageError
from parkcity.twin.timetable import Timetable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from parkcity.sense.gtfs.feed import Feed


def build_timetable(feeds: Sequence[tuple[str, Feed]], assumed: frozenset[str] = frozenset()) -> Timetable:
    """One timetable from named feeds. With several feeds every id is `name:id`; feeds named in `assumed` mark their routes so."""
    if not feeds or len({name for name, _ in feeds}) != len(feeds):
        msg = f"a timetable needs one or more feeds with different names, not {[name for name, _ in feeds]}"
        raise UsageError(msg)
    if assumed - {name for name, _ in feeds}:
        msg = f"no feed is named {sorted(assumed - {name for name, _ in feeds})}"
        raise UsageError(msg)
    parts: dict[str, list[NDArray[Any]]] = {}
    at = dict.fromkeys(("stop", "route", "service", "trip", "pattern"), 0)
    for number, (name, feed) in enumerate(feeds):
        prefix = f"{name}:" if len(feeds) > 1 else ""
        arrays = _patterns(feed)
        arrays |= _tables(feed, prefix, assumed=name in assumed)
        arrays["service_feed"] = np.full(len(feed.services.ids), number, np.int32)
        arrays["trip_id"] = _texts(feed.trips["id"].to_numpy(object)[arrays["trip_row"]], prefix)
        arrays["trip_service"] = feed.trips["service"].to_numpy(np.int32)[arrays["trip_row"]]
        arrays["trip_wheelchair"] = feed.trips["wheelchair"].to_numpy(np.int8)[arrays["trip_row"]]
        arrays |= _headways(feed, arrays.pop("trip_row"))
        for key, kind in _REFERENCES.items():
            arrays[key] = np.where(arrays[key] >= 0, arrays[key] + at[kind], arrays[key]).astype(np.int32)
        for key, array in arrays.items():
            parts.setdefault(key, []).append(array)
        at["stop"] += len(feed.stops)
        at["route"] += len(feed.routes)
        at["service"] += len(feed.services.ids)
        at["trip"] += len(arrays["trip_id"])
        at["pattern"] += len(arrays["pattern_route"])
    joined = {key: np.concatenate(arrays) for key, arrays in parts.items()}
    calls, trips = joined.pop("calls_of_pattern"), joined.pop("trips_of_pattern")
    joined["pattern_calls"] = np.concatenate([[0], np.cumsum(calls)]).astype(np.int32)
    joined["pattern_trips"] = np.concatenate([[0], np.cumsum(trips)]).astype(np.int32)
    joined["pattern_times"] = np.concatenate([[0], np.cumsum(calls.astype(np.int64) * trips)]).astype(np.int64)
    return Timetable(**joined)


_REFERENCES = {
    "stop_parent": "stop",
    "call_stop": "stop",
    "transfer_from": "stop",
    "transfer_to": "stop",
    "pathway_from": "stop",
    "pathway_to": "stop",
    "pattern_route": "route",
    "trip_service": "service",
    "exception_service": "service",
    "headway_trip": "trip",
}


def _texts(texts: Any, prefix: str = "") -> NDArray[np.str_]:
    listed = [prefix + str(text) for text in texts]
    return np.array(listed, dtype=np.str_) if listed else np.zeros(0, "U1")


def _tables(feed: Feed, prefix: str, *, assumed: bool) -> dict[str, NDArray[Any]]:
    stops, routes, services, transfers, pathways = feed.stops, feed.routes, feed.services, feed.transfers, feed.pathways
    return {
        "stop_id": _texts(stops["id"], prefix),
        "stop_name": _texts(stops["name"]),
        "stop_lon": stops["lon"].to_numpy(np.float64),
        "stop_lat": stops["lat"].to_numpy(np.float64),
        "stop_type": stops["location_type"].to_numpy(np.int8),
        "stop_parent": stops["parent"].to_numpy(np.int32),
        "stop_wheelchair": stops["wheelchair"].to_numpy(np.int8),
        "route_id": _texts(routes["id"], prefix),
        "route_name": _texts(routes["name"]),
        "route_type": routes["type"].to_numpy(np.int16),
        "route_assumed": np.full(len(routes), assumed),
        "service_id": _texts(services.ids, prefix),
        "service_weekdays": services.weekdays,
        "service_first": services.first,
        "service_last": services.last,
        "exception_service": services.exception_service,
        "exception_day": services.exception_day,
        "exception_type": services.exception_type,
        "transfer_from": transfers["from"].to_numpy(np.int32),
        "transfer_to": transfers["to"].to_numpy(np.int32),
        "transfer_seconds": transfers["seconds"].to_numpy(np.int32),
        "transfer_type": transfers["type"].to_numpy(np.int8),
        "pathway_from": pathways["from"].to_numpy(np.int32),
        "pathway_to": pathways["to"].to_numpy(np.int32),
        "pathway_seconds": pathways["seconds"].to_numpy(np.int32),
        "pathway_mode": pathways["mode"].to_numpy(np.int8),
        "pathway_both_ways": pathways["both_ways"].to_numpy(np.int64).astype(bool),
        "pathway_length": pathways["length"].to_numpy(np.float64),
    }


def _headways(feed: Feed, trip_row: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    """Headways of the trips that are left; `trip_row` gives the feed's row of each trip of the timetable."""
    place = np.full(len(feed.trips), -1)
    place[trip_row] = np.arange(len(trip_row))
    table = feed.frequencies
    trip = place[table["trip"].to_numpy(np.int64)] if len(table) else np.zeros(0, np.int64)
    held = trip >= 0
    columns = {name: table[name].to_numpy(np.int32)[held] for name in ("start", "end", "headway")}
    return {
        "headway_trip": trip[held].astype(np.int32),
        "headway_start": columns["start"],
        "headway_end": columns["end"],
        "headway_seconds": columns["headway"],
        "headway_exact": table["exact"].to_numpy(np.int64)[held].astype(bool),
    }


def _patterns(feed: Feed) -> dict[str, NDArray[Any]]:
    """Patterns of one feed, in the order of route, then of their first trip in the file; trips by first departure."""
    calls = feed.calls
    trip, start = np.unique(calls.trip, return_index=True)
    bounds = np.append(start, len(calls.trip))
    route = feed.trips["route"].to_numpy(np.int64)[trip]
    sequence = np.stack([calls.stop.astype(np.int64), calls.board.astype(np.int64) * 2 + calls.alight], axis=1)
    keys: dict[tuple[int, bytes], int] = {}
    group = np.array(
        [keys.setdefault((int(route[k]), sequence[bounds[k] : bounds[k + 1]].tobytes()), len(keys)) for k in range(len(trip))],
        dtype=np.int64,
    )
    order = np.lexsort((trip, calls.departure[start], group)) if len(trip) else np.zeros(0, np.int64)
    first_of_group = np.flatnonzero(np.diff(group[order], prepend=-1))
    rows: list[NDArray[np.int64]] = []
    for block in np.split(order, first_of_group[1:]) if len(order) else []:
        size = int(bounds[block[0] + 1] - bounds[block[0]])
        index = start[block][:, None] + np.arange(size)
        chain = chains(calls.arrival[index], calls.departure[index])
        rows.extend(block[chain == number] for number in range(int(chain.max()) + 1))
    rows.sort(key=lambda block: (int(route[block[0]]), int(group[block[0]])))
    heads = np.array([block[0] for block in rows], dtype=np.int64)
    sizes = (bounds[heads + 1] - bounds[heads]) if len(heads) else np.zeros(0, np.int64)
    at_calls = _ranges(start[heads], sizes)
    every = np.concatenate(rows) if rows else np.zeros(0, np.int64)
    at_times = _ranges(start[every], bounds[every + 1] - bounds[every])
    return {
        "pattern_route": route[heads].astype(np.int32),
        "calls_of_pattern": sizes.astype(np.int32),
        "trips_of_pattern": np.array([len(block) for block in rows], dtype=np.int32),
        "call_stop": calls.stop[at_calls],
        "call_board": calls.board[at_calls],
        "call_alight": calls.alight[at_calls],
        "arrival": calls.arrival[at_times],
        "departure": calls.departure[at_times],
        "trip_row": trip[every],
    }


def _ranges(start: NDArray[np.int64], size: NDArray[np.int64]) -> NDArray[np.int64]:
    """The numbers start[0], … start[0] + size[0] - 1, start[1], … one after another."""
    total = np.cumsum(size)
    shift = np.repeat(start - np.concatenate([[0], total[:-1]]).astype(np.int64), size) if len(size) else np.zeros(0, np.int64)
    return np.arange(len(shift), dtype=np.int64) + shift


def chains(arrival: NDArray[np.int32], departure: NDArray[np.int32]) -> NDArray[np.int64]:
    """Split trips into chains in which nobody overtakes: each trip joins the first chain whose last trip is nowhere later.

    Shapes: `arrival`, `departure` int32 [trips, calls], sorted by first departure; returns the chain of every trip, int64 [trips],
    numbered in the order in which they begin.
    """
    chain = np.zeros(len(arrival), np.int64)
    if not ((np.diff(arrival, axis=0) < 0).any() or (np.diff(departure, axis=0) < 0).any()):
        return chain
    lasts: list[int] = []
    for row in range(len(arrival)):
        for number, last in enumerate(lasts):
            if (arrival[row] >= arrival[last]).all() and (departure[row] >= departure[last]).all():
                chain[row], lasts[number] = number, row
                break
        else:
            chain[row] = len(lasts)
            lasts.append(row)
    return chain
