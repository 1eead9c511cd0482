"""Extend a line of public transport beyond one of its ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.sense.assumed import distance
from parkcity.twin.changes._fields import CHANGES, ChangeKind, Effect, Field, Report
from parkcity.twin.changes._timetable import append_stops, put, routes_of, stops_of, timetable_of
from parkcity.twin.timetable_grow import Growth, grown, with_stops

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from parkcity.twin.changes._draft import Draft
    from parkcity.twin.timetable import Timetable

    Rows = NDArray[np.int64]

_M_S_PER_KM_H = 1 / 3.6
_SHOWN = 8


def extend_line(draft: Draft, values: Mapping[str, Any], report: Report) -> Effect | None:
    """All trips that end at a stop go on to the new stops, and those that begin there come from them; the times they had stay."""
    timetable = timetable_of(draft, report)
    if timetable is None:
        return None
    routes, ends = routes_of(timetable, str(values["line"]), report), stops_of(timetable, str(values["from_stop"]), report)
    if not len(routes) or not len(ends):
        return None
    after, before = _patterns(timetable, routes, ends)
    if not after and not before:
        known = ", ".join(dict.fromkeys(_ends(timetable, routes))) or "none, it runs in a circle"
        report.add(f"line '{values['line']}' does not end at '{values['from_stop']}'.", allowed=f"an end of the line: {known}.")
        return None
    points = np.asarray(values["stops"], np.float64)
    first = len(timetable.stop_id)
    names = [f"{values['line']} {values['from_stop']} + {number + 1}" for number in range(len(points))]
    if not append_stops(draft, points, report):
        return None
    longer = with_stops(timetable, [f"scenario/{name}/{report.row}" for name in names], names, points[:, 0], points[:, 1])
    given = values.get("speed_km_h")
    made: list[dict[int, Growth]] = []
    for patterns, outwards in ((after, True), (before, False)):
        found = {}
        for pattern in patterns:
            calls = slice(int(timetable.pattern_calls[pattern]), int(timetable.pattern_calls[pattern + 1]))
            end = int(timetable.call_stop[calls][-1 if outwards else 0])
            lon, lat = (np.append(column[end], points[:, k]) for k, column in enumerate((timetable.stop_lon, timetable.stop_lat)))
            speed = _speed(timetable, pattern) if given is None else float(given) * _M_S_PER_KM_H
            if not speed > 0:
                report.add("the line's own speed is not known.", allowed="a 'speed_km_h'.")
                return None
            seconds = np.maximum(np.rint(distance(lon, lat) / speed), 1).astype(np.int64)
            rows = first + np.arange(len(points))
            found[pattern] = Growth(rows, seconds) if outwards else Growth(rows[::-1], seconds[::-1])
        made.append(found)
    put(draft, grown(longer, *made))
    slots = {"name": values["line"], "stop": values["from_stop"], "stops": f"{len(points):,}"}
    return Effect("extend_line", slots, {"timetable": len(points)})


def _patterns(timetable: Timetable, routes: Rows, ends: Rows) -> tuple[list[int], list[int]]:
    """Patterns of some routes whose last call is at one of some stops, and those whose first call is; none that run in a circle."""
    mine = np.flatnonzero(np.isin(timetable.pattern_route, routes))
    start = timetable.call_stop[timetable.pattern_calls[mine]]
    end = timetable.call_stop[timetable.pattern_calls[mine + 1] - 1]
    open_ = start != end
    return mine[open_ & np.isin(end, ends)].tolist(), mine[open_ & np.isin(start, ends)].tolist()


def _ends(timetable: Timetable, routes: Rows) -> list[str]:
    """Names of the stops at which patterns of some routes begin or end, some of them."""
    mine = np.flatnonzero(np.isin(timetable.pattern_route, routes))
    start, end = timetable.call_stop[timetable.pattern_calls[mine]], timetable.call_stop[timetable.pattern_calls[mine + 1] - 1]
    both = np.unique(np.concatenate([start[start != end], end[start != end]]))
    return [str(timetable.stop_name[row] or timetable.stop_id[row]) for row in both[:_SHOWN]]


def _speed(timetable: Timetable, pattern: int) -> float:
    """Straight metres between the stops of a pattern over the time of its median trip, m/s; 0 where it takes no time."""
    calls = slice(int(timetable.pattern_calls[pattern]), int(timetable.pattern_calls[pattern + 1]))
    times = slice(int(timetable.pattern_times[pattern]), int(timetable.pattern_times[pattern + 1]))
    stops = timetable.call_stop[calls]
    arrival, departure = (array[times].reshape(-1, len(stops)) for array in (timetable.arrival, timetable.departure))
    seconds = float(np.median(arrival[:, -1].astype(np.int64) - departure[:, 0]))
    return float(distance(timetable.stop_lon[stops], timetable.stop_lat[stops]).sum()) / seconds if seconds > 0 else 0.0


CHANGES.add(
    ChangeKind(
        "extend_line",
        "延长公交线路",
        "Extend a line",
        (
            Field("line", required=True),
            Field("from_stop", required=True),
            Field("stops", "points", required=True, least_points=1),
            Field("speed_km_h", "number", minimum=1, maximum=500, unit="km/h"),
        ),
        extend_line,
    )
)
