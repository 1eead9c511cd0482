"""Change how fast a line runs, as a bus lane does: on the whole line, or between two of its stops."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.twin.changes._fields import CHANGES, ChangeKind, Effect, Field, Report
from parkcity.twin.changes._timetable import put, routes_of, stops_of, timetable_of
from parkcity.twin.timetable_edit import with_speed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from parkcity.twin.changes._draft import Draft
    from parkcity.twin.timetable import Timetable

    Rows = NDArray[np.int64]

_PER_CENT = 100.0


def set_speed(draft: Draft, values: Mapping[str, Any], report: Report) -> Effect | None:
    """A line runs faster or slower by some per cent between its stops, both ways; waits at stops and first departures stay."""
    ends = [values.get(name) for name in ("from_stop", "to_stop")]
    if (ends[0] is None) != (ends[1] is None):
        report.add("only one end of the section is given.", allowed="both of 'from_stop' and 'to_stop', or neither.")
        return None
    timetable = timetable_of(draft, report)
    routes = None if timetable is None else routes_of(timetable, values["line"], report)
    if timetable is None or routes is None or not len(routes):
        return None
    section = None if ends[0] is None else (stops_of(timetable, str(ends[0]), report), stops_of(timetable, str(ends[1]), report))
    if section is not None and not all(len(rows) for rows in section):
        return None
    meant = _runs(timetable, routes, section)
    count = sum(int(runs.sum()) for runs in meant.values())
    if count == 0:
        report.add(f"line '{values['line']}' does not run between these stops.", allowed="two stops that the line calls at.")
        return None
    put(draft, with_speed(timetable, meant, 1.0 + float(values["percent"]) / _PER_CENT))
    slots = {"name": values["line"], "percent": f"{values['percent']:+g}", "runs": f"{count:,}"}
    return Effect("set_speed", slots, {"timetable": count})


def _runs(timetable: Timetable, routes: Rows, section: tuple[Rows, Rows] | None) -> dict[int, NDArray[np.bool_]]:
    """The runs of every pattern of some routes that lie in the section, whichever way it is passed."""
    found: dict[int, NDArray[np.bool_]] = {}
    for pattern in np.flatnonzero(np.isin(timetable.pattern_route, routes)).tolist():
        stops = timetable.call_stop[int(timetable.pattern_calls[pattern]) : int(timetable.pattern_calls[pattern + 1])]
        meant = np.ones(len(stops) - 1, bool)
        if section is not None:
            one, other = (np.flatnonzero(np.isin(stops, rows)) for rows in section)
            meant[:] = False
            if len(one) and len(other):
                meant[min(one[0], other[0]) : max(one[-1], other[-1])] = True
        found[pattern] = meant
    return found


CHANGES.add(
    ChangeKind(
        "set_speed",
        "调整线路车速",
        "Change the speed of a line",
        (
            Field("line", required=True),
            Field("percent", "number", required=True, minimum=-90, maximum=400, unit="%"),
            Field("from_stop"),
            Field("to_stop"),
        ),
        set_speed,
    )
)
