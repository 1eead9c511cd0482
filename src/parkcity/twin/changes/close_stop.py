"""Close a stop or a station: trips pass it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.twin.changes._fields import CHANGES, ChangeKind, Effect, Field, Report
from parkcity.twin.changes._timetable import put, stops_of, timetable_of
from parkcity.twin.timetable_edit import without_stops

if TYPE_CHECKING:
    from collections.abc import Mapping

    from parkcity.twin.changes._draft import Draft


def close_stop(draft: Draft, values: Mapping[str, Any], report: Report) -> Effect | None:
    """Nobody gets on or off at a stop, or at any platform of a station, named by id or name."""
    timetable = timetable_of(draft, report)
    rows = None if timetable is None else stops_of(timetable, values["stop"], report)
    if timetable is None or rows is None or not len(rows):
        return None
    calls = np.isin(timetable.call_stop, rows) & (timetable.call_board | timetable.call_alight)
    if not calls.any():
        report.add(f"the change would do nothing: nothing stops at '{values['stop']}'.", allowed="a stop that is served.")
        return None
    put(draft, without_stops(timetable, rows))
    lines = len(np.unique(timetable.pattern_route[np.searchsorted(timetable.pattern_calls, np.flatnonzero(calls), side="right") - 1]))
    return Effect("close_stop", {"name": values["stop"], "lines": f"{lines:,}"}, {"timetable": int(calls.sum())})


CHANGES.add(ChangeKind("close_stop", "关闭站点", "Close a stop", (Field("stop", required=True),), close_stop))
