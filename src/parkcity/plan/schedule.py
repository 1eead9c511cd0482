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
    from parkcity.plan.ledger import View
    from parkcity.plan.tables import Table

_MARGIN_DAYS = 3660


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
        """Critical path as things stand on the view's day: what started, started; what is not finished ends after today."""
        today = float(self.calendar.index_of(self.view.at))
        durations, release = self.durations.copy(), self.release.copy()
        for at, (started, finished, done) in enumerate(zip(*(self.table[name] for name in _STATE), strict=True)):
            start, finish = _past(started, self.view.at), _past(finished, self.view.at)
            if start is not None:
                release[at] = self.calendar.index_of(start)
            if finish is not None:
                durations[at] = max(1.0, self.calendar.index_of(finish) + 1 - release[at])
            elif start is not None:
                left = self.durations[at] * (1 - float(done or 0) / 100)
                durations[at] = max(self.durations[at] if not done else 0.0, today - release[at] + left)
            else:
                release[at] = max(release[at], today)
        return self.network.schedule(durations, release)

    def rows(self) -> list[dict[str, object]]:
        """One row a task: planned and expected dates, float in working days, slip, and its state."""
        planned, current = self.planned, self.current
        return [self._row(at, planned, current) for at in range(len(self.table))]

    def _row(self, at: int, planned: Schedule, current: Schedule) -> dict[str, object]:
        table = self.table
        slip = float(current.early_finish[at] - planned.early_finish[at])
        slack = float(planned.slack[at])
        return {
            "task": table["id"][at],
            "name_zh": table["name_zh"][at],
            "name_en": table["name_en"][at],
            "owner": table["owner"][at],
            "start": self.calendar.day_at(int(planned.early_start[at])).isoformat(),
            "finish": self.calendar.day_at(int(np.ceil(planned.early_finish[at])) - 1).isoformat(),
            "expected_finish": self.calendar.day_at(int(np.ceil(current.early_finish[at])) - 1).isoformat(),
            "days": float(self.durations[at]),
            "float_days": slack,
            "slip_days": max(0.0, slip),
            "critical": "yes" if slack <= 1e-9 else "",
            "status": self._status(at, slip, slack),
        }

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


def programme(view: View) -> Programme:
    """The tasks of a view. A ring among the dependencies raises `InputError`."""
    table, links = view["tasks"], view["dependencies"]
    starts = [first_day(text) for text in table["start"]]
    finishes = [day(text) for text in table["finish"]]
    begin = min([*starts, view.at])
    calendar = Calendar(begin, max([*finishes, view.at]) + timedelta(days=_MARGIN_DAYS))
    cache: dict[tuple[date, date], float] = {}
    durations = np.zeros(len(table))
    for at, (given, first, last) in enumerate(zip(table["duration_days"], starts, finishes, strict=True)):
        if not given and (first, last) not in cache:
            cache[first, last] = float(calendar.between(first, last))
        durations[at] = float(given) if given else cache[first, last]
    index = {first: float(calendar.index_of(first)) for first in set(starts)}
    release = np.array([index[first] for first in starts], dtype=float)
    at_row = table.index
    edges = [
        Link(at_row[before], at_row[after], kind, float(lag or 0))
        for before, after, kind, lag in zip(*(links[name] for name in ("predecessor", "task", "type", "lag_days")), strict=True)
        if before in at_row and after in at_row
    ]
    return Programme(view, table, calendar, Network(table["id"], edges), durations, release)
