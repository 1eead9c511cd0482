"""Change how often a line runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from parkcity.twin.changes._fields import CHANGES, ChangeKind, Effect, Field, Report
from parkcity.twin.changes._timetable import put, routes_of, timetable_of
from parkcity.twin.timetable_edit import with_headway

if TYPE_CHECKING:
    from collections.abc import Mapping

    from parkcity.twin.changes._draft import Draft

_S_PER_MIN, _S_PER_HOUR = 60, 3600


def set_headway(draft: Draft, values: Mapping[str, Any], report: Report) -> Effect | None:
    """A line departs every so many minutes from an hour until an hour; its departures of that time fall away."""
    start, end = round(float(values["from_hour"]) * _S_PER_HOUR), round(float(values["to_hour"]) * _S_PER_HOUR)
    if end <= start:
        report.add(f"'to_hour' is {values['to_hour']:g}, not after 'from_hour'.", allowed="hours in order.")
        return None
    timetable = timetable_of(draft, report)
    routes = None if timetable is None else routes_of(timetable, values["line"], report)
    if timetable is None or routes is None or not len(routes):
        return None
    changed, before, after = with_headway(timetable, routes, start, end, round(float(values["headway_min"]) * _S_PER_MIN))
    if before == 0:
        report.add(f"line '{values['line']}' has no departure in that time.", allowed="a time in which it runs.")
        return None
    put(draft, changed)
    slots = {"name": values["line"], "headway": f"{values['headway_min']:g}", "before": f"{before:,}", "after": f"{after:,}"}
    return Effect("set_headway", slots, {"timetable": before})


CHANGES.add(
    ChangeKind(
        "set_headway",
        "调整发车间隔",
        "Change a headway",
        (
            Field("line", required=True),
            Field("headway_min", "number", required=True, minimum=0.5, maximum=1440, unit="min"),
            Field("from_hour", "number", required=True, minimum=0, maximum=30, unit="h"),
            Field("to_hour", "number", required=True, minimum=0, maximum=30, unit="h"),
        ),
        set_headway,
    )
)
