"""What moves a target: amounts expected of tasks and scenarios, and the split of a change that happened into real, data and method.

The split compares two twins of one city with one program. With r the value recorded then, a the older twin measured again today,
s₁ … sₖ the older twin under the scenarios of what was carried out since, one after the other, and b the newer twin:

    b − r = (a − r) + Σ (sᵢ − sᵢ₋₁) + (b − sₖ)        method, real by scenario, data; s₀ = a

so the parts always add up to the change. What the scenarios do not explain is what the data say more or otherwise than before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from parkcity.base.words import LANGS
from parkcity.insight.year_on_year import chain
from parkcity.plan.dates import day
from parkcity.plan.document import words
from parkcity.plan.paths import goal_value
from parkcity.plan.schedule import programme
from parkcity.plan.targets import targets
from parkcity.plan.units import convertible

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from parkcity.plan.ledger import View
    from parkcity.plan.status import Standing
    from parkcity.plan.targets import Target


@dataclass(frozen=True)
class Part:
    """One part of a change: real (by a scenario), data or method; the amount is in the unit of the target."""

    part: str
    amount: float
    scenario: str = ""


def split(recorded: float, again: float, under: Sequence[tuple[str, float]], now: float) -> list[Part]:
    """The parts of the change from `recorded` to `now`.

    `again`: the older twin measured by the present program; `under`: scenario ids with the value of the older twin under
    this and all scenarios before it. All in one unit.

    >>> [(one.part, round(one.amount, 2)) for one in split(0.60, 0.61, [("two-schools", 0.64)], 0.66)]
    [('method', 0.01), ('real', 0.03), ('data', 0.02)]
    """
    named = [("method", ""), *(("real", scenario) for scenario, _ in under), ("data", "")]
    amounts = chain([recorded, again, *(value for _, value in under), now])
    return [Part(part, amount, scenario) for (part, scenario), amount in zip(named, amounts, strict=True)]


def measurable(view: View, units: Mapping[str, str]) -> list[Target]:
    """The targets that an indicator of `units` (id to unit of what the city can measure) measures or stands in for, in a unit that fits."""
    return [item for item in targets(view) if item.twin_indicator in units and convertible(units[item.twin_indicator], item.unit)]


def effect_row(target: str, part: Part, state: str, task: str, twin: str, source: str, proxy: str = "") -> dict[str, str]:
    """A row of the table of effects. The same finding in the same twin has the same id, so that recording it again adds nothing."""
    what = part.scenario or part.part
    return {
        "id": f"{state}-{target}-{what}-{twin[:8]}".replace(" ", "_"),
        "target": target,
        "task": task,
        "scenario": part.scenario,
        "state": state,
        "part": part.part,
        "amount": repr(float(part.amount)),
        "proxy": proxy,
        "twin": twin,
        "source": source,
    }


def task_of(view: View, scenario: str) -> str:
    """The task that a scenario says what it changes of; empty where none or several name it."""
    table = view["tasks"]
    found = [table["id"][at] for at, name in enumerate(table["scenario"]) if name == scenario]
    return found[0] if len(found) == 1 and scenario else ""


@dataclass(frozen=True)
class Help:
    """What may bring a target back: a task or scenario, the amount expected of it (None: nobody measured it), and when it is ready.

    `proxy`: the indicator by which the amount was measured, where that only stands in for the target's own.
    """

    id: str
    name_zh: str
    name_en: str
    amount: float | None
    ready: date | None
    proxy: str = ""

    def name(self, lang: str) -> str:
        """The name in a language."""
        return self.name_zh if lang == "zh" else self.name_en


def helps(view: View) -> dict[str, list[Help]]:
    """For each target what is expected of tasks and scenarios that are not finished on the view's day.

    Of several expectations of one task or scenario for one target, the one known last counts. Tasks that name the target
    without a measured amount follow those with one; those that carry out a measured scenario are told with it. A task is ready when
    the schedule as it stands says so, not as was planned.
    """
    tasks = view["tasks"]
    expected = _expected_finish(view)
    open_tasks = {row["id"]: row for row in tasks if not (row["finished_on"] and day(row["finished_on"]) <= view.at)}
    done = set(tasks["id"]) - set(open_tasks)
    by_scenario: dict[str, list[str]] = {}
    for row_id, scenario in zip(tasks["id"], tasks["scenario"], strict=True):
        if scenario:
            by_scenario.setdefault(scenario, []).append(row_id)
    found: dict[str, dict[str, Help]] = {}
    told: set[tuple[str, str]] = set()
    for row in _by_knowledge(row for row in view["effects"] if row["state"] == "expected"):
        carrying = by_scenario.get(row["scenario"], []) if not row["task"] else []
        if row["task"] in done or (carrying and done.issuperset(carrying)):
            continue
        task = open_tasks.get(row["task"])
        serving = [tasks.record(tasks.index[row_id]) for row_id in carrying]
        serving = [one for one in serving if row["target"] in one["targets"].split()]
        told |= {(row["target"], one["id"]) for one in serving}
        amount = float(row["amount"])
        one = _of_task(task, amount, expected, row["proxy"]) if task else _of_scenario(view, row, serving, expected)
        found.setdefault(row["target"], {})[one.id] = one
    for task in open_tasks.values():
        for target in task["targets"].split():
            if (target, task["id"]) not in told:
                found.setdefault(target, {}).setdefault(task["id"], _of_task(task, None, expected))
    return {
        target: sorted(ones.values(), key=lambda one: (one.amount is None, -abs(one.amount or 0.0), one.id))
        for target, ones in found.items()
    }


def _of_scenario(view: View, row: Mapping[str, str], serving: Sequence[Mapping[str, str]], expected: Mapping[str, date]) -> Help:
    """A scenario with how many tasks carry it out for the target, and when the last of those that were counted is ready.

    A programme is measured with what is to be finished by the target's deadline, so later tasks do not put it off.
    """
    table, name = view["targets"], row["scenario"]
    deadline = day(table["target_year"][table.index[row["target"]]]) if row["target"] in table.index else date.max
    counted = [one for one in serving if day(one["finish"]) <= deadline]
    zh, en = (words().get("remedy.tasks", lang, count=len(counted)) if len(counted) > 1 else name for lang in LANGS)
    ready = max((expected[one["id"]] for one in counted), default=None)
    return Help(name, zh, en, float(row["amount"]), ready, row["proxy"])


def _by_knowledge(rows: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    return sorted(rows, key=lambda row: day(row["known_on"]))


def _of_task(row: Mapping[str, str], amount: float | None, expected: Mapping[str, date], proxy: str = "") -> Help:
    return Help(row["id"], row["name_zh"], row["name_en"], amount, expected[row["id"]], proxy)


def _expected_finish(view: View) -> dict[str, date]:
    """When each task will be finished as things stand; nothing where no task serves a target, so that nobody pays for it."""
    tasks = view["tasks"]
    if not any(tasks["targets"]) and not any(view["effects"]["task"]):
        return {}
    return {str(row["task"]): date.fromisoformat(str(row["expected_finish"])) for row in programme(view).rows()}


def lacking(item: Standing) -> float | None:
    """What is missing on the present course: the goal less the forecast, or less the value where none can be made.

    In the target's unit, signed as the change that is needed. None where no number can say it.
    """
    goal = goal_value(item.target)
    course = item.forecast.median if item.forecast else item.score.point.value if item.score.point else None
    if goal is None or course is None or item.target.kind in {"range", "qualitative", "average"}:
        return None
    return goal - course
