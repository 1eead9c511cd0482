"""A dated programme under a budget: which projects, in which year, to close most of the plan's gaps by their deadlines.

The choice is exact (HiGHS) for the effects as measured project by project; what the chosen ones do together is then measured in the twin,
year by year, and both numbers are told. Of equally good programmes the cheapest is taken, of these the earliest.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from parkcity.base.errors import FaultList, UsageError
from parkcity.decide.effects import GoalEffects, measure_together, measured_effects
from parkcity.decide.exact import solve
from parkcity.decide.finance import Appraisal, Cash, Terms, joined
from parkcity.decide.programme_model import Conditions, Programming, best

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from parkcity.decide.compare import Baseline
    from parkcity.decide.goals import Goal
    from parkcity.decide.projects import Project

    Floats = NDArray[np.float64]

Status = Literal["optimal", "bounded"]
SHARES = (0.25, 0.5, 0.75, 1.0)
"""Shares of the money for which the frontier is drawn."""
FLOORS = (0.0, 0.5, 1.0)
"""Shares of the best floor of a district for which the frontier is drawn."""


@dataclass(frozen=True)
class Chosen:
    """A project of the programme: its order, its years, its money by year (yuan), and the goals that it serves."""

    order: int
    project: Project
    begin: int
    finish: int
    money: Floats
    serves: tuple[str, ...]
    residents: float

    def row(self) -> dict[str, Any]:
        """The project as a flat row."""
        entry = self.project
        return {
            "order": self.order,
            "project": entry.id,
            "action": entry.action,
            "name_zh": entry.name_zh,
            "name_en": entry.name_en,
            "begin": self.begin,
            "finish": self.finish,
            "cost": entry.cost,
            "owner": entry.owner,
            "zone": entry.zone,
            "residents": self.residents,
            "serves": list(self.serves),
        }


@dataclass(frozen=True)
class GoalResult:
    """A goal under the programme: its value today, by the model at its year, and measured with what is finished by then."""

    goal: Goal
    base: float
    promised: float
    measured: float
    gap: float

    @property
    def closed(self) -> float:
        """Share of the gap that is closed as measured, 0 to 1; 1 where there was none."""
        if self.gap <= 0:
            return 1.0
        moved = (self.measured - self.base) * (1 if self.goal.up else -1)
        return float(np.clip(moved / self.gap, 0.0, 1.0))

    def row(self) -> dict[str, Any]:
        """The goal as a flat row."""
        goal = self.goal
        return {
            "goal": goal.id,
            "indicator": goal.indicator,
            "zone": goal.zone,
            "year": goal.year,
            "unit": goal.unit,
            "base": self.base,
            "value": goal.value,
            "promised": self.promised,
            "measured": self.measured,
            "closed": self.closed,
            "target": goal.target,
            "proxy": goal.proxy,
        }


@dataclass(frozen=True)
class Point:
    """A programme of the frontier: money, residents served, the least share closed in a district, the mean share of the gaps closed.

    `gap` is what the search may have missed of the mean share; `efficient` where no other point is better in all three.
    """

    budget: float
    money: float
    residents: float
    least: float
    closed: float
    gap: float
    projects: tuple[str, ...]
    efficient: bool = True

    def row(self) -> dict[str, Any]:
        """The point as a flat row."""
        return {name: getattr(self, name) for name in ("budget", "money", "residents", "least", "closed", "gap", "efficient")} | {
            "projects": list(self.projects)
        }


@dataclass(frozen=True)
class Programme:
    """The chosen programme. `objective` is the mean share of the gaps closed, by goals' weights; no programme closes more than `bound`."""

    years: tuple[int, ...]
    budget: tuple[float, ...]
    chosen: tuple[Chosen, ...]
    left: tuple[Project, ...]
    goals: tuple[GoalResult, ...]
    objective: float
    bound: float
    status: Status
    seconds: float
    residents: float
    least: float
    path: tuple[tuple[float, ...], ...]
    frontier: tuple[Point, ...] = ()

    @property
    def gap(self) -> float:
        """What the programme may miss of the optimum, as a share of the bound; 0 where it is proven."""
        return 0.0 if self.status == "optimal" or self.bound <= 0 else (self.bound - self.objective) / self.bound

    @property
    def spent(self) -> Floats:
        """Money by year, yuan."""
        return np.sum([entry.money for entry in self.chosen], axis=0) if self.chosen else np.zeros(len(self.years))

    def cash(self, horizon: int) -> Cash:
        """Money of the whole programme from its first year on: building, and running for `horizon` years after the last of them."""
        return joined([_cash(entry, self.years, horizon) for entry in self.chosen])

    def appraisal(self, terms: Terms, horizon: int) -> Appraisal | None:
        """What the programme's money comes to; None where nothing was chosen."""
        return Appraisal(self.cash(horizon), terms) if self.chosen else None


def _cash(entry: Chosen, years: Sequence[int], horizon: int) -> Cash:
    """A project's money: capital while it is built, running cost and revenue afterwards, land value in its last year of building."""
    first, length, project = years[0], len(years) + horizon, entry.project
    capex, opex, revenue, land = np.zeros((4, length))
    capex[: len(years)] = entry.money
    done = entry.finish - first + 1
    opex[done:], revenue[done:] = project.opex, project.revenue
    land[done - 1] = project.land_value
    return Cash(first, capex, opex, revenue, land)


def programme(
    base: Baseline,
    projects: Sequence[Project],
    goals: Sequence[Goal],
    conditions: Conditions,
    *,
    seconds: float = 60.0,
    frontier: bool = True,
) -> Programme:
    """Choose and order projects. Raises `InputError` with every fault: of changes, of money, of conditions."""
    began = time.perf_counter()
    _check(projects, goals, conditions, base)
    effects = measured_effects(base, projects, goals)
    twin = base.twin
    programming = Programming(projects, effects, twin.member(twin.spec.area_tier), conditions)
    answer, starts = best(programming, seconds)
    _feasible(answer.outcome, conditions, projects)
    objective = float(programming.closed() @ answer.x) if answer.x is not None else 0.0
    bound = objective if answer.outcome == "optimal" else min(1.0, float(answer.bound))
    chosen = _in_order(programming, starts)
    results, path = _results(base, programming, chosen)
    points = tuple(_frontier(programming, seconds / 4)) if frontier else ()
    left = tuple(project for project in projects if project.id not in {entry.project.id for entry in chosen})
    status: Status = "optimal" if answer.outcome == "optimal" else "bounded"
    served, least = _served(programming, starts)
    took = time.perf_counter() - began
    return Programme(
        conditions.years, conditions.budget, chosen, left, results, objective, bound, status, took, served, least, path, points
    )


def _check(projects: Sequence[Project], goals: Sequence[Goal], conditions: Conditions, base: Baseline) -> None:
    if not projects or not goals:
        what = "no candidate project" if not projects else "no goal"
        msg = f"a programme needs projects to choose from and goals to reach: there is {what}"
        raise UsageError(msg)
    if len(conditions.budget) != len(conditions.years):
        msg = f"the budget has {len(conditions.budget)} years, the programme {len(conditions.years)}"
        raise UsageError(msg)
    faults, zones = FaultList(), set(base.twin.tier_zones(base.twin.spec.area_tier)["id"])
    cheapest = min(projects, key=lambda entry: (entry.cost / entry.years, entry.id))
    if cheapest.cost / cheapest.years > max(conditions.budget) and not (conditions.carry and cheapest.cost <= sum(conditions.budget)):
        what = f"no year's budget pays for any project: the greatest is {max(conditions.budget):,.0f} yuan."
        need = f"at least {cheapest.cost / cheapest.years:,.0f} yuan a year, for '{cheapest.id}'."
        faults.add("budget", what, allowed=need, todo="raise the budget, or spread the project over more years")
    for zone, share in conditions.least.items():
        if zone not in zones:
            faults.add("least share", f"there is no zone '{zone}'.", allowed=f"{', '.join(sorted(zones))}.")
        elif share > 0 and not any(project.zone == zone for project in projects):
            faults.add("least share", f"no project lies in '{zone}', which is to get {share:.0%}.", todo="add candidates there")
    if sum(conditions.least.values()) > 1 + 1e-9:
        faults.add("least share", f"the least shares add up to {sum(conditions.least.values()):.0%}.", allowed="at most 100 %.")
    faults.check()


def _feasible(outcome: str, conditions: Conditions, projects: Sequence[Project]) -> None:
    if outcome == "infeasible":
        must = ", ".join(project.id for project in projects if project.must)
        faults = FaultList()
        what = f"no programme keeps all conditions with {sum(conditions.budget):,.0f} yuan over {len(conditions.years)} years."
        faults.add("programme", what, todo=f"raise the budget, or take out 'must' of one of: {must}" if must else "ease the conditions")
        faults.check()


def _in_order(programming: Programming, starts: Sequence[tuple[int, int]]) -> tuple[Chosen, ...]:
    years = programming.conditions.years
    found: list[Chosen] = []
    for start in sorted(starts, key=lambda entry: (entry[1], programming.finish(entry), entry[0])):
        project = programming.projects[start[0]]
        money = np.array([programming.spent(start, year) for year in range(len(years))])
        serving = [effect for effect in programming.effects if effect.alone[start[0]] > 0]
        residents = max((_persons(effect, start[0]) for effect in serving), default=0.0)
        serves = tuple(effect.goal.id for effect in serving)
        found.append(Chosen(len(found) + 1, project, years[start[1]], programming.finish(start), money, serves, residents))
    return tuple(found)


def _persons(effect: GoalEffects, project: int) -> float:
    return 0.0 if effect.reach is None else float(effect.residents[effect.reach[project]].sum())


def _results(
    base: Baseline, programming: Programming, chosen: Sequence[Chosen]
) -> tuple[tuple[GoalResult, ...], tuple[tuple[float, ...], ...]]:
    """Every goal promised by the model and measured at its year, and the measured path of every goal over the years."""
    goals = [effect.goal for effect in programming.effects]
    years = programming.conditions.years
    path: list[list[float]] = []
    done: list[Project] | None = None
    for year in years:
        finished = [entry.project for entry in chosen if entry.finish <= year]
        if done is None or len(finished) != len(done):
            path.append(measure_together(base, finished, goals))
        else:
            path.append(path[-1])
        done = finished
    numbers = {project.id: row for row, project in enumerate(programming.projects)}
    results = []
    for column, effect in enumerate(programming.effects):
        at = min(max(effect.goal.year, years[0] - 1), years[-1])
        rows = [numbers[entry.project.id] for entry in chosen if entry.finish <= at]
        measured = effect.base if at < years[0] else path[years.index(at)][column]
        promised = effect.base + _together(effect, rows) * (1 if effect.goal.up else -1)
        results.append(GoalResult(effect.goal, effect.base, promised, measured, effect.gap))
    return tuple(results), tuple(tuple(values[column] for values in path) for column in range(len(goals)))


def _together(effect: GoalEffects, rows: Sequence[int]) -> float:
    """What some projects do for a goal by the model."""
    if effect.reach is None:
        return float(effect.alone[list(rows)].sum())
    return float(effect.weight[effect.reach[list(rows)].any(axis=0)].sum()) if rows else 0.0


def _served(programming: Programming, starts: Sequence[tuple[int, int]]) -> tuple[float, float]:
    """Residents whose lot some goal sees bettered by the end, and the least share of a district of what could be reached in it."""
    rows = [start[0] for start in starts]
    counted = [effect for effect in programming.effects if effect.reach is not None and effect.gap > 0]
    if not counted:
        return 0.0, 0.0
    hit = np.zeros(len(programming.district), bool)
    shares = []
    for effect in counted:
        assert effect.reach is not None
        mine, possible = effect.reach[rows].any(axis=0), effect.reach.any(axis=0)
        hit |= mine
        for district in np.unique(programming.district[possible]):
            here = possible & (programming.district == district)
            total = float(effect.weight[here].sum())
            if total > 0 and district >= 0:
                shares.append(float(effect.weight[here & mine].sum()) / total)
    return float(counted[0].residents[hit].sum()), min(shares, default=0.0)


def _frontier(programming: Programming, seconds: float) -> list[Point]:
    """Programmes for shares of the money and for floors of the district that gets least, marked where none is better in all."""
    points = []
    each = seconds / (len(SHARES) * (len(FLOORS) + 1))
    for share in SHARES:
        part = Programming(programming.projects, programming.effects, programming.district, programming.conditions.scaled(share))
        for floor in _floors(part, each):
            closed, bottom = part.closed(), np.zeros(part.layout.columns)
            bottom[part.layout.least] = 1.0
            cost = closed - 1e-4 * part.money()
            answer = solve(part.model(cost, [(bottom, floor - 1e-7, np.inf)]), each, absolute_gap=1e-6)
            if answer.x is None:
                continue
            starts = part.chosen(answer)
            residents, least = _served(part, starts)
            money = sum(part.projects[row].cost for row, _ in starts)
            value = float(closed @ answer.x)
            missed = 0.0 if answer.outcome == "optimal" else max(0.0, float(answer.bound) - float(cost @ answer.x))
            names = tuple(sorted(part.projects[row].id for row, _ in starts))
            points.append(Point(sum(part.conditions.budget), money, residents, least, value, missed, names))
    return _marked(points)


def _floors(part: Programming, seconds: float) -> list[float]:
    """Floors to try: none, half of the best one, the best one."""
    if not part.layout.classes:
        return [0.0]
    bottom = np.zeros(part.layout.columns)
    bottom[part.layout.least] = 1.0
    answer = solve(part.model(bottom), seconds, absolute_gap=1e-6)
    top = float(answer.x[part.layout.least]) if answer.x is not None else 0.0
    return sorted({round(share * top, 9) for share in FLOORS})


def _marked(points: Sequence[Point]) -> list[Point]:
    """Equal programmes once, and whether each is efficient: none costs less, serves more and leaves no district worse."""
    from dataclasses import replace

    once = list({point.projects: point for point in reversed(points)}.values())[::-1]

    def beats(one: Point, other: Point) -> bool:
        mine, theirs = (-one.money, one.residents, one.least), (-other.money, other.residents, other.least)
        return all(a >= b for a, b in zip(mine, theirs, strict=True)) and mine != theirs

    marked = [replace(point, efficient=not any(beats(other, point) for other in once)) for point in once]
    return sorted(marked, key=lambda point: (point.money, point.residents))
