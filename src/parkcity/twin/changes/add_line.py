"""Add a line of public transport: stops drawn on the map, a headway and a speed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.sense.assumed import Line, Service, assumed_frames
from parkcity.sense.raw import Raw, Tally
from parkcity.sense.sources.gtfs import feed_of
from parkcity.sense.sources.lines import MODES
from parkcity.twin.changes._fields import CHANGES, ChangeKind, Effect, Field, Report
from parkcity.twin.changes._timetable import append_stops, put, timetable_of
from parkcity.twin.timetable_build import build_timetable
from parkcity.twin.timetable_edit import joined

if TYPE_CHECKING:
    from collections.abc import Mapping

    from parkcity.twin.changes._draft import Draft
    from parkcity.twin.timetable import Timetable

_S_PER_MIN, _S_PER_HOUR, _M_S_PER_KM_H = 60, 3600, 1 / 3.6
_EVERY_DAY = 0b1111111
_FEED = "scenario"


def add_line(draft: Draft, values: Mapping[str, Any], report: Report) -> Effect | None:
    """A line both ways along its stops, on every day of the timetable; it is assumed, and results say so."""
    mode = str(values.get("mode", "bus"))
    if mode not in MODES:
        report.add(f"'mode' is '{mode}'.", allowed=f"{', '.join(MODES)}.")
    start, end = round(float(values.get("from_hour", 6)) * _S_PER_HOUR), round(float(values.get("to_hour", 22)) * _S_PER_HOUR)
    if end <= start:
        report.add("'to_hour' is not after 'from_hour'.", allowed="hours in order.")
    timetable = timetable_of(draft, report)
    if timetable is None or mode not in MODES or end <= start:
        return None
    name = str(values.get("name", f"new line {report.row}"))
    if name in timetable.route_name:
        report.add(f"there is already a line '{name}'.", allowed="a name of its own.")
        return None
    points = np.asarray(values["stops"], np.float64)
    if not append_stops(draft, points, report):
        return None
    speed, headway = float(values["speed_km_h"]) * _M_S_PER_KM_H, round(float(values["headway_min"]) * _S_PER_MIN)
    labels = tuple(f"{name} {number + 1}" for number in range(len(points)))
    line = Line(name, labels, points[:, 0], points[:, 1], np.full(len(points), np.nan), MODES[mode])
    more = _timetable(timetable, line, Service(name, _EVERY_DAY, start, end, headway, speed))
    put(draft, joined(timetable, more))
    slots = {"name": name, "stops": f"{len(points):,}", "headway": f"{values['headway_min']:g}", "speed": f"{values['speed_km_h']:g}"}
    return Effect("add_line", slots, {"timetable": len(points)})


def _timetable(base: Timetable, line: Line, service: Service) -> Timetable:
    span = base.span() or (1, 1)
    frames, arrays = assumed_frames([line], [service], span[0], span[1], 1.0)
    feed = feed_of(Raw(Tally(), arrays=arrays, frames=frames), line.name)
    return build_timetable([(_FEED, feed)], frozenset({_FEED}))


CHANGES.add(
    ChangeKind(
        "add_line",
        "新增公交线路",
        "Add a line",
        (
            Field("stops", "points", required=True, least_points=2),
            Field("headway_min", "number", required=True, minimum=0.5, maximum=1440, unit="min"),
            Field("speed_km_h", "number", required=True, minimum=1, maximum=500, unit="km/h"),
            Field("mode"),
            Field("name"),
            Field("from_hour", "number", minimum=0, maximum=30, unit="h"),
            Field("to_hour", "number", minimum=0, maximum=30, unit="h"),
        ),
        add_line,
    )
)
