"""Earned value: money planned, work done, money spent (ANSI/EIA-748; PMI, Practice Standard for Earned Value Management)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from parkcity.plan.dates import day, first_day

if TYPE_CHECKING:
    from datetime import date

    from parkcity.plan.ledger import View


@dataclass(frozen=True)
class Earned:
    """Planned value, earned value, actual cost and budget at completion, all in yuan."""

    planned: float
    earned: float
    spent: float
    budget: float

    @property
    def schedule_index(self) -> float | None:
        """SPI = EV/PV; None before anything was planned."""
        return self.earned / self.planned if self.planned else None

    @property
    def cost_index(self) -> float | None:
        """CPI = EV/AC; None before anything was spent."""
        return self.earned / self.spent if self.spent else None

    @property
    def at_completion(self) -> float | None:
        """EAC = BAC/CPI; None where CPI is not defined or nothing was earned yet.

        >>> Earned(planned=100, earned=80, spent=90, budget=500).at_completion
        562.5
        """
        index = self.cost_index
        return self.budget / index if index else None


def planned_share(first: date, last: date, at: date) -> float:
    """Share of a task planned by a day, even over its calendar days, both ends counted."""
    days = (last - first).days + 1
    return min(1.0, max(0.0, ((at - first).days + 1) / days))


def earned_value(view: View) -> dict[str, Earned]:
    """Earned value by task on the view's day, for tasks with budget lines. Money spent counts from the first day of its year on."""
    planned: dict[str, float] = defaultdict(float)
    spent: dict[str, float] = defaultdict(float)
    for row in view["budget"]:
        planned[row["task"]] += float(row["planned"])
        if row["spent"] and first_day(row["year"]) <= view.at:
            spent[row["task"]] += float(row["spent"])
    tasks = view["tasks"]
    found: dict[str, Earned] = {}
    for task, budget in planned.items():
        if task not in tasks.index:
            continue
        record = tasks.record(tasks.index[task])
        done = 1.0 if record["finished_on"] and day(record["finished_on"]) <= view.at else float(record["percent_done"] or 0) / 100
        share = planned_share(first_day(record["start"]), day(record["finish"]), view.at)
        found[task] = Earned(budget * share, budget * done, spent[task], budget)
    return found


def total(parts: dict[str, Earned]) -> Earned:
    """The sum over tasks."""
    columns = zip(*((one.planned, one.earned, one.spent, one.budget) for one in parts.values()), strict=True)
    sums = [sum(column) for column in columns] or [0.0] * 4
    return Earned(*sums)
