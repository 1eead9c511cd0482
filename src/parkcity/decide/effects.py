"""What each project does for each goal, measured in the twin one by one; what many do together is measured again afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from parkcity.decide.compare import Baseline, resolve
from parkcity.decide.incremental import InputsUnder
from parkcity.insight.forms import Parts, by_zone
from parkcity.insight.registry import INDICATORS
from parkcity.insight.run import measure_with
from parkcity.twin.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from parkcity.decide.goals import Goal
    from parkcity.decide.projects import Project
    from parkcity.insight.run import Measured
    from parkcity.twin.twin import Twin

    Floats = NDArray[np.float64]

_NOTHING = 1e-12


@dataclass(frozen=True)
class GoalEffects:
    """What the projects do for one goal.

    `base`: the value today; `gap`: how much better it must become, in the goal's unit. `alone` float64 [projects]: how much better each
    project by itself makes it. Where residents are counted, `reach` bool [projects, cells] and `weight` float64 [cells] say whose lot each
    project betters and what a cell adds to the value; projects that better the same cell then count once. Without them (`reach` None)
    effects are added up, which is an estimate until they are measured together.
    """

    goal: Goal
    base: float
    alone: Floats
    reach: NDArray[np.bool_] | None
    weight: Floats
    residents: Floats

    @property
    def gap(self) -> float:
        """What is missing, 0 where the goal is reached already."""
        missing = (self.goal.value - self.base) * (1 if self.goal.up else -1)
        return max(missing, 0.0)


def scenario_of(projects: Sequence[Project], name: str = "programme") -> Scenario:
    """The changes of some projects, in their order."""
    return Scenario(id=name, steps=tuple(step for project in projects for step in project.steps))


def measured_effects(base: Baseline, projects: Sequence[Project], goals: Sequence[Goal]) -> list[GoalEffects]:
    """The effects of every project on every goal; raises `InputError` with every fault of every project's changes."""
    mine = [goal for goal in goals if goal.known is None]
    active = [project for project in projects if project.steps]
    cities = resolve(base.ground, [scenario_of([project], project.id) for project in active])
    rows = {project.id: number for number, project in enumerate(projects)}
    after: dict[str, list[Measured | None]] = {goal.id: [None] * len(projects) for goal in mine}
    for project, city in zip(active, cities, strict=True):
        inputs = InputsUnder.of(city, base.inputs())
        for goal in mine:
            item = INDICATORS.get(goal.indicator)
            if not inputs.is_untouched(item):
                after[goal.id][rows[project.id]] = measure_with(inputs, item)
    return [_stated(goal, projects) if goal.known is not None else _measured(base, goal, after[goal.id]) for goal in goals]


def _stated(goal: Goal, projects: Sequence[Project]) -> GoalEffects:
    assert goal.known is not None
    sign = 1 if goal.up else -1
    alone = np.array([project.effects.get(goal.target, 0.0) * sign for project in projects])
    return GoalEffects(goal, goal.known, alone, None, np.zeros(0), np.zeros(0))


def _measured(base: Baseline, goal: Goal, after: Sequence[Measured | None]) -> GoalEffects:
    before = base.measured(INDICATORS.get(goal.indicator), "all")
    start = value_of(base.twin, goal, before) if before is not None else 0.0
    sign = 1 if goal.up else -1
    alone = np.array([0.0 if item is None else (value_of(base.twin, goal, item) - start) * sign for item in after])
    reach, weight = _reach(base, goal, before, after)
    return GoalEffects(goal, start, np.nan_to_num(alone), reach, weight, base.inputs().residents())


def value_of(twin: Twin, goal: Goal, item: Measured) -> float:
    """The value of a goal's zone."""
    zones = twin.tier_zones(goal.tier)
    row = list(zones["id"]).index(goal.zone) if goal.zone else 0
    return float(by_zone(item.result, twin.member(goal.tier), len(zones)).value[row])


def _reach(
    base: Baseline, goal: Goal, before: Measured | None, after: Sequence[Measured | None]
) -> tuple[NDArray[np.bool_] | None, Floats]:
    """Which cells each project betters, where every project that betters a cell betters it by the same; else None."""
    none = (None, np.zeros(0))
    known = [item for item in after if item is not None]
    indicator = INDICATORS.get(goal.indicator)
    if not known or indicator.form != "Share" or not isinstance(known[0].result, Parts) or known[0].result.whole is None:
        return none
    twin = base.twin
    zones = twin.tier_zones(goal.tier)
    mine = twin.member(goal.tier) == (list(zones["id"]).index(goal.zone) if goal.zone else 0)
    whole = float(known[0].result.whole[mine].sum())
    old = before.result.part if before is not None and isinstance(before.result, Parts) else np.zeros(len(mine))
    gains = np.zeros((len(after), len(mine)))
    for row, item in enumerate(after):
        if item is not None:
            assert isinstance(item.result, Parts)
            if item.result.whole is None or abs(float(item.result.whole[mine].sum()) - whole) > _NOTHING:
                return none
            gains[row] = np.where(mine, item.result.part - old, 0.0) * (1 if goal.up else -1)
    if (gains < -_NOTHING).any():
        return none
    weight = gains.max(axis=0)
    reach = gains > _NOTHING
    if (reach & (np.abs(gains - weight[None, :]) > 1e-9 * max(1.0, float(weight.max(initial=0.0))))).any():
        return none
    return reach, weight / whole


def measure_together(base: Baseline, projects: Sequence[Project], goals: Sequence[Goal]) -> list[float]:
    """The value of every goal once all of these projects are finished: measured, and for statistics added up by what projects state."""
    with_steps = [project for project in projects if project.steps]
    values = []
    inputs = None
    if with_steps:
        (city,) = resolve(base.ground, [scenario_of(with_steps)])
        inputs = InputsUnder.of(city, base.inputs())
    for goal in goals:
        if goal.known is not None:
            values.append(goal.known + sum(project.effects.get(goal.target, 0.0) for project in projects))
            continue
        item = INDICATORS.get(goal.indicator)
        before = base.measured(item, "all")
        found = measure_with(inputs, item) if inputs is not None and not (before is not None and inputs.is_untouched(item)) else before
        values.append(float("nan") if found is None else value_of(base.twin, goal, found))
    return values
