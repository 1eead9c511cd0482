"""The tasks of a plan on the calendar: planned, as they stand, and late beyond their float."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from parkcity.plan.calendar import Calendar
from parkcity.plan.dates import day, first_day
from parkcity.plan.network import Link, Network, Schedule
from parkcity.plan.score import cut

if TYPE_CHECKING:
    from collections.abc import Sequence

    from parkcity.plan.ledger import View
    from parkcity.plan.tables import Table

_MARGIN_DAYS = 3660
_EPOCH = date(1970, 1, 1)
_NO_FLOAT = 1e-9


@dataclass(frozen=True)
class Programme:
    """All tasks of a view with their network, calendar and durations in working days; arrays of shape (tasks,)."""

    view: View
    table: Table
    calendar: Calendar
    network: Network
    durations: np.ndarray[tuple[int], np.dtype[np.float64]]
    release: np.ndarray[tuple[int], np.dtype[np.float64]]

    @cached_property
    def planned(self) -> Schedule:
        """Critical path of the plan: no task before its planned start."""
        return self.network.schedule(self.durations, self.release)

    @cached_property
    def current(self) -> Schedule:
        """Critical path as things stand on the view's day.

        What started, started, whatever it should have waited for; what is not finished ends today at the earliest. A running
        task with a share done needs the rest of its duration from today on; one that tells none keeps its duration.
        """
        today = float(self.calendar.index_of(self.view.at))
        durations, release = self.durations.copy(), self.release.copy()
        begun: set[int] = set()
        for at, (started, finished, done) in enumerate(zip(*(self.table[name] for name in _STATE), strict=True)):
            finish = _past(finished, self.view.at)
            start = _past(started, self.view.at) or finish
            if start is None:
                release[at] = max(release[at], today)
                continue
            begun.add(at)
            # A task that only tells its end began by plan, or on the day it ended where that is earlier.
            first = float(self.calendar.index_of(start))
            release[at] = first if started else min(release[at], first)
            if finish is not None:
                durations[at] = max(1.0, self.calendar.index_of(finish) + 1 - release[at])
            elif done:
                durations[at] = max(1.0, today - release[at] + self.durations[at] * (1 - float(done) / 100))
            else:
                durations[at] = max(self.durations[at], today + 1 - release[at])
        network = Network(self.network.names, [link for link in self.network.links if link.after not in begun]) if begun else self.network
        return network.schedule(durations, release)

    def rows(self) -> list[dict[str, object]]:
        """One row a task: planned and expected dates, float in working days, slip, and its state."""
        table, planned, current = self.table, self.planned, self.current
        slack = planned.slack.tolist()
        slips = (current.early_finish - planned.early_finish).tolist()
        columns = {
            "task": table["id"],
            **{name: table[name] for name in ("name_zh", "name_en", "owner")},
            "start": self._days(np.floor(planned.early_start)),
            "finish": self._days(np.ceil(planned.early_finish) - 1),
            "expected_finish": self._days(np.ceil(current.early_finish) - 1),
            "days": self.durations.tolist(),
            "float_days": slack,
            "slip_days": [max(0.0, slip) for slip in slips],
            "critical": ["yes" if free <= _NO_FLOAT else "" for free in slack],
            "status": [self._status(at, slip, free) for at, (slip, free) in enumerate(zip(slips, slack, strict=True))],
        }
        return [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]

    def _days(self, indices: np.ndarray[tuple[int], np.dtype[np.float64]]) -> list[str]:
        """The working days with these indices (tasks,), as texts; beyond the ends, the first or the last."""
        days = np.datetime_as_string(self.calendar.days)
        found: list[str] = days[np.clip(indices.astype(np.int64), 0, len(days) - 1)].tolist()
        return found

    def _status(self, at: int, slip: float, slack: float) -> str:
        if _past(self.table["finished_on"][at], self.view.at) is not None:
            return "done"
        if slip > slack:
            return "late"
        if slip > 0 and slip > cut("float.used") * slack:
            return "at_risk"
        if _past(self.table["started_on"][at], self.view.at) is not None:
            return "started"
        return "planned"


_STATE = ("started_on", "finished_on", "percent_done")


def _past(text: str, at: date) -> date | None:
    if not text:
        return None
    found = day(text)
    return found if found <= at else None


def _as_array(days: Sequence[date]) -> np.ndarray[tuple[int], np.dtype[np.datetime64]]:
    """Days (n,) as NumPy counts them; many times faster than handing over the objects."""
    since_epoch = np.fromiter((day.toordinal() for day in days), np.int64, len(days)) - _EPOCH.toordinal()
    return since_epoch.astype("datetime64[D]")


def programme(view: View) -> Programme:
    """The tasks of a view. A ring among the dependencies raises `InputError`."""
    table, links = view["tasks"], view["dependencies"]
    starts = [first_day(text) for text in table["start"]]
    finishes = [day(text) for text in table["finish"]]
    begin = min([*starts, view.at])
    calendar = Calendar(begin, max([*finishes, view.at]) + timedelta(days=_MARGIN_DAYS))
    first, last = (_as_array(days) for days in (starts, finishes))
    durations = calendar.lengths(first, last).astype(float)
    for at, given in enumerate(table["duration_days"]):
        if given:
            durations[at] = float(given)
    release = calendar.indices(first).astype(float)
    at_row = table.index
    edges = [
        Link(at_row[before], at_row[after], kind, float(lag or 0))
        for before, after, kind, lag in zip(*(links[name] for name in ("predecessor", "task", "type", "lag_days")), strict=True)
        if before in at_row and after in at_row
    ]
    return Programme(view, table, calendar, Network(table["id"], edges), durations, release)
