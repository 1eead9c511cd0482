"""The timetable of a city: stops, patterns, trips, calendars, headways, transfers, as arrays that load at once.

A pattern is a sequence of calls of one route (stops, and whether one may get on and off there) whose trips never overtake each
other: sorted by their first departure they are sorted at every call. Trips of one sequence that do overtake fall into several
patterns. All feeds of a city share one numbering; ids carry the feed's name, so that equal ids of two feeds stay apart.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.cache import atomic_path
from parkcity.base.errors import Fault, InputError
from parkcity.sense.gtfs.services import ADDED

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

FORMAT = 1


@dataclass(frozen=True)
class Timetable:
    """All arrays. s stops, r routes, p patterns, q calls of all patterns, t trips, c calls of all trips, v services.

    `stop_id`, `stop_name` text [s]; `stop_lon`, `stop_lat` float64 [s] degrees; `stop_type` int8 [s] (0 platform, 1 station, 2 entrance,
    3 node, 4 boarding area); `stop_parent` int32 [s], -1 none; `stop_wheelchair` int8 [s] (0 unknown, 1 yes, 2 no).
    `route_id`, `route_name` text [r]; `route_type` int16 [r]; `route_assumed` bool [r]: made from a headway and a speed, not published.
    `pattern_route` int32 [p]; `pattern_calls` int32 [p + 1] into `call_stop` int32 [q], `call_board`, `call_alight` bool [q];
    `pattern_trips` int32 [p + 1] into `trip_id` text [t], `trip_service` int32 [t] (-1 never runs), `trip_wheelchair` int8 [t].
    The times of trip k of pattern p (k from 0) are rows of `arrival`, `departure` int32 [c], seconds of the service day, beginning at
    `pattern_times` int64 [p + 1] + k times the pattern's number of calls.
    `service_id` text [v]; `service_feed` int32 [v]; `service_weekdays` uint8 [v], bit 0 Monday; `service_first`, `service_last` int32
    [v] ordinal days; `exception_service`, `exception_day` int32, `exception_type` int8 (1 added, 2 removed).
    `headway_trip`, `headway_start`, `headway_end`, `headway_seconds` int32; `headway_exact` bool: the trip is a template, departing
    at its first stop from start until before end. A trip with headways does not run by its own times.
    `transfer_from`, `transfer_to`, `transfer_seconds` int32 (-1 not given), `transfer_type` int8. `pathway_from`, `pathway_to`,
    `pathway_seconds` int32 (-1 not given), `pathway_mode` int8, `pathway_both_ways` bool, `pathway_length` float64 metres (-1 not given).
    """

    stop_id: NDArray[np.str_]
    stop_name: NDArray[np.str_]
    stop_lon: NDArray[np.float64]
    stop_lat: NDArray[np.float64]
    stop_type: NDArray[np.int8]
    stop_parent: NDArray[np.int32]
    stop_wheelchair: NDArray[np.int8]
    route_id: NDArray[np.str_]
    route_name: NDArray[np.str_]
    route_type: NDArray[np.int16]
    route_assumed: NDArray[np.bool_]
    pattern_route: NDArray[np.int32]
    pattern_calls: NDArray[np.int32]
    pattern_trips: NDArray[np.int32]
    pattern_times: NDArray[np.int64]
    call_stop: NDArray[np.int32]
    call_board: NDArray[np.bool_]
    call_alight: NDArray[np.bool_]
    trip_id: NDArray[np.str_]
    trip_service: NDArray[np.int32]
    trip_wheelchair: NDArray[np.int8]
    arrival: NDArray[np.int32]
    departure: NDArray[np.int32]
    service_id: NDArray[np.str_]
    service_feed: NDArray[np.int32]
    service_weekdays: NDArray[np.uint8]
    service_first: NDArray[np.int32]
    service_last: NDArray[np.int32]
    exception_service: NDArray[np.int32]
    exception_day: NDArray[np.int32]
    exception_type: NDArray[np.int8]
    headway_trip: NDArray[np.int32]
    headway_start: NDArray[np.int32]
    headway_end: NDArray[np.int32]
    headway_seconds: NDArray[np.int32]
    headway_exact: NDArray[np.bool_]
    transfer_from: NDArray[np.int32]
    transfer_to: NDArray[np.int32]
    transfer_seconds: NDArray[np.int32]
    transfer_type: NDArray[np.int8]
    pathway_from: NDArray[np.int32]
    pathway_to: NDArray[np.int32]
    pathway_seconds: NDArray[np.int32]
    pathway_mode: NDArray[np.int8]
    pathway_both_ways: NDArray[np.bool_]
    pathway_length: NDArray[np.float64]

    @property
    def trips(self) -> int:
        """Number of trips, templates of headways included."""
        return len(self.trip_service)

    @property
    def assumed(self) -> bool:
        """Is any line made from a headway and a speed? Results must say so."""
        return bool(self.route_assumed.any())

    @property
    def trip_pattern(self) -> NDArray[np.int32]:
        """The pattern of every trip. Shape: int32 [t]."""
        return np.repeat(np.arange(len(self.pattern_route), dtype=np.int32), np.diff(self.pattern_trips))

    def active_services(self, day: int) -> NDArray[np.bool_]:
        """Which services run on a date, an ordinal day. Shape: bool [v]."""
        weekday = ((self.service_weekdays >> np.uint8((day - 1) % 7)) & 1).astype(bool)
        runs: NDArray[np.bool_] = (self.service_first <= day) & (day <= self.service_last) & weekday
        here = self.exception_day == day
        runs[self.exception_service[here]] = self.exception_type[here] == ADDED
        return runs

    def active_trips(self, day: int) -> NDArray[np.bool_]:
        """Which trips run on a date, an ordinal day. Shape: bool [t]."""
        runs = self.active_services(day)
        known = self.trip_service >= 0
        active: NDArray[np.bool_] = np.zeros(self.trips, bool)
        active[known] = runs[self.trip_service[known]]
        return active

    def departures_per_trip(self) -> NDArray[np.int64]:
        """How often each trip departs on a day on which it runs: once, or as its headways say. Shape: int64 [t]."""
        often = np.ones(self.trips, np.int64)
        often[self.headway_trip] = 0
        np.add.at(often, self.headway_trip, -(-(self.headway_end - self.headway_start).astype(np.int64) // self.headway_seconds))
        return often

    def span(self) -> tuple[int, int] | None:
        """First and last ordinal day on which anything might run, or None."""
        period = self.service_weekdays > 0
        days = np.concatenate([self.service_first[period], self.service_last[period], self.exception_day[self.exception_type == ADDED]])
        return (int(days.min()), int(days.max())) if len(days) else None

    def trips_per_day(self) -> tuple[int, NDArray[np.int64]]:
        """The first ordinal day of the calendar, and the departures on every day from it to the last. Shape: int64 [days].

        Raises `InputError` when no trip ever runs.
        """
        span = self.span()
        if span is None:
            raise InputError(_nothing_runs("the timetable"))
        trips = np.zeros(len(self.service_id), np.int64)
        known = self.trip_service >= 0
        np.add.at(trips, self.trip_service[known], self.departures_per_trip()[known])
        counts = np.array([trips[self.active_services(day)].sum() for day in range(span[0], span[1] + 1)], dtype=np.int64)
        if not counts.any():
            raise InputError(_nothing_runs("the timetable"))
        return span[0], counts

    def save(self, path: Path) -> None:
        """Write one `.npz` file, whole or not at all; equal timetables give equal bytes."""
        arrays: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(self)}
        with atomic_path(path) as part, part.open("wb") as file:
            np.savez(file, allow_pickle=False, format=np.array(FORMAT, np.int32), **arrays)

    @classmethod
    def load(cls, path: Path) -> Timetable:
        """Read what `save` wrote. Raises `InputError` on another format."""
        with np.load(path, allow_pickle=False) as stored:
            if "format" not in stored or int(stored["format"]) != FORMAT:
                raise InputError(Fault(str(path), "this timetable has another format.", todo="run `parkcity build` again"))
            return cls(**{field.name: stored[field.name] for field in fields(cls)})


def _nothing_runs(what: str) -> Fault:
    return Fault(what, "no trip runs on any date.", "a calendar with at least one date.", "ask the publisher of the feed for a current one")
