"""The programme as a mixed-integer model: which projects begin in which year.

Sets: projects p, programme years t, goals g, classes k of cells that the same projects better. Variables: x[p,t] = 1 where p begins in t;
z[g,k] in [0, 1], the class is served by the goal's year; c[g] in [0, 1], the share of the goal's gap that is closed; m, the share closed
in the district where it is least. A time-indexed project selection (Pritsker, Watters and Wolfe 1969) with maximum coverage (Church and
ReVelle 1974) inside.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from parkcity.decide.exact import Answer, Model, solve

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from parkcity.decide.effects import GoalEffects
    from parkcity.decide.projects import Project

    Floats = NDArray[np.float64]

_WHOLE = 1e-6


@dataclass(frozen=True)
class Conditions:
    """What binds a programme. `budget` yuan by year; `carry`: may what a year leaves be spent later? `crews`: how many crews work at once,
    by owner, "" for all together. `least` share of the money that goes to a district at least.
    """

    years: tuple[int, ...]
    budget: tuple[float, ...]
    carry: bool = False
    crews: Mapping[str, int] = field(default_factory=dict)
    least: Mapping[str, float] = field(default_factory=dict)

    def scaled(self, share: float) -> Conditions:
        """The same conditions with a share of the money."""
        return Conditions(self.years, tuple(money * share for money in self.budget), self.carry, self.crews, self.least)


@dataclass
class Rows:
    """Rows of a model, gathered one by one: low <= sum of coefficient times variable <= high."""

    columns: int
    row: list[int] = field(default_factory=list)
    column: list[int] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)

    def add(self, terms: Iterable[tuple[int, float]], low: float, high: float) -> None:
        """One row; a row without terms is left out."""
        number, before = len(self.low), len(self.column)
        for column, value in terms:
            self.row.append(number)
            self.column.append(column)
            self.value.append(value)
        if len(self.column) > before:
            self.low.append(low)
            self.high.append(high)

    def matrix(self) -> sparse.csr_array:
        """The rows as a sparse matrix; terms of one variable in one row add up."""
        return sparse.csr_array(sparse.coo_array((self.value, (self.row, self.column)), shape=(len(self.low), self.columns)))


@dataclass(frozen=True)
class Layout:
    """Where the variables stand: starts (project, year index), classes (goal, projects, weight, district), goals, the least share."""

    starts: tuple[tuple[int, int], ...]
    classes: tuple[tuple[int, tuple[int, ...], float, int], ...]
    goals: int

    @property
    def first_class(self) -> int:
        """Column of the first class."""
        return len(self.starts)

    @property
    def first_goal(self) -> int:
        """Column of the first goal."""
        return len(self.starts) + len(self.classes)

    @property
    def least(self) -> int:
        """Column of the least share of a district."""
        return self.first_goal + self.goals

    @property
    def columns(self) -> int:
        """Number of variables."""
        return self.least + 1


@dataclass
class Programming:
    """Projects, effects and conditions ready for solving."""

    projects: Sequence[Project]
    effects: Sequence[GoalEffects]
    district: NDArray[np.int32]
    conditions: Conditions

    def __post_init__(self) -> None:
        self.layout = self._layout()

    def _layout(self) -> Layout:
        years = self.conditions.years
        starts = []
        for row, project in enumerate(self.projects):
            low = max(years[0], project.earliest or years[0])
            high = min(years[-1] - project.years + 1, project.latest if project.latest is not None else years[-1])
            starts += [(row, year - years[0]) for year in range(low, high + 1)]
        classes: list[tuple[int, tuple[int, ...], float, int]] = []
        for number, effect in enumerate(self.effects):
            if effect.reach is not None and effect.gap > 0:
                classes += _classes(number, effect.reach, effect.weight, self.district)
        return Layout(tuple(starts), tuple(classes), len(self.effects))

    def finish(self, start: tuple[int, int]) -> int:
        """The year at whose end a project that begins so is finished."""
        return self.conditions.years[0] + start[1] + self.projects[start[0]].years - 1

    def _rows(self) -> Rows:
        rows = Rows(self.layout.columns)
        by_project: dict[int, list[int]] = {}
        for column, (project, _) in enumerate(self.layout.starts):
            by_project.setdefault(project, []).append(column)
        for number, columns in by_project.items():
            must = 1.0 if self.projects[number].must else 0.0
            rows.add([(column, 1.0) for column in columns], must, 1.0)
        self._money(rows)
        self._conditions(rows, by_project)
        self._service(rows, by_project)
        self._districts(rows)
        return rows

    def spent(self, start: tuple[int, int], year: int) -> float:
        """What a project that begins so costs in a year of the programme (an index)."""
        project = self.projects[start[0]]
        return project.cost / project.years if start[1] <= year < start[1] + project.years else 0.0

    def _money(self, rows: Rows) -> None:
        conditions = self.conditions
        # Money counts in millions, so that rows of yuan do not spoil the numbers of the solver.
        scale = max(*conditions.budget, 1.0)
        for year in range(len(conditions.years)):
            span = range(year + 1) if conditions.carry else (year,)
            terms = [(column, sum(self.spent(start, other) for other in span) / scale) for column, start in enumerate(self.layout.starts)]
            rows.add([term for term in terms if term[1]], -np.inf, sum(conditions.budget[other] for other in span) / scale)
        for district, share in conditions.least.items():
            cost = [(column, self.projects[start[0]]) for column, start in enumerate(self.layout.starts)]
            rows.add([(column, project.cost / scale * ((project.zone == district) - share)) for column, project in cost], 0.0, np.inf)

    def _conditions(self, rows: Rows, by_project: Mapping[int, list[int]]) -> None:
        number_of = {project.id: number for number, project in enumerate(self.projects)}
        lands: dict[str, list[int]] = {}
        for number, project in enumerate(self.projects):
            if project.land:
                lands.setdefault(project.land, []).append(number)
        for shared in lands.values():
            if len(shared) > 1:
                rows.add([(column, 1.0) for number in shared for column in by_project.get(number, [])], -np.inf, 1.0)
        for number, project in enumerate(self.projects):
            for other in project.after:
                self._precedence(rows, by_project.get(number, []), by_project.get(number_of[other], []))
        for owner, capacity in self.conditions.crews.items():
            for year in range(len(self.conditions.years)):
                terms = [
                    (column, float(self.projects[start[0]].crews))
                    for column, start in enumerate(self.layout.starts)
                    if owner in {"", self.projects[start[0]].owner} and self.spent_in(start, year)
                ]
                rows.add(terms, -np.inf, float(capacity))

    def spent_in(self, start: tuple[int, int], year: int) -> bool:
        """Is a project that begins so being built in a year (an index)?"""
        return start[1] <= year < start[1] + self.projects[start[0]].years

    def _precedence(self, rows: Rows, mine: Sequence[int], other: Sequence[int]) -> None:
        """Whatever begins by a year has its predecessor finished before it."""
        starts = self.layout.starts
        for column in mine:
            begun = [(one, 1.0) for one in mine if starts[one][1] <= starts[column][1]]
            done = [(one, -1.0) for one in other if self.finish(starts[one]) < self.conditions.years[0] + starts[column][1]]
            rows.add(begun + done, -np.inf, 0.0)

    def _service(self, rows: Rows, by_project: Mapping[int, list[int]]) -> None:
        layout = self.layout
        for number, effect in enumerate(self.effects):
            terms = [(layout.first_goal + number, effect.gap)]
            if effect.gap <= 0:
                continue
            if effect.reach is None:
                for column, start in enumerate(layout.starts):
                    if self.finish(start) <= effect.goal.year and effect.alone[start[0]]:
                        terms.append((column, -float(effect.alone[start[0]])))
            else:
                terms += [(layout.first_class + place, -entry[2]) for place, entry in enumerate(layout.classes) if entry[0] == number]
            rows.add(terms, -np.inf, 0.0)
        for place, (number, serving, _, _) in enumerate(layout.classes):
            deadline = self.effects[number].goal.year
            columns = [column for one in serving for column in by_project.get(one, []) if self.finish(layout.starts[column]) <= deadline]
            rows.add([(layout.first_class + place, 1.0), *((column, -1.0) for column in columns)], -np.inf, 0.0)

    def _districts(self, rows: Rows) -> None:
        """The least share: m times what could be reached in a district is at most what is reached there, for every goal of residents."""
        sums: dict[tuple[int, int], list[tuple[int, float]]] = {}
        for place, (number, _, weight, district) in enumerate(self.layout.classes):
            if district >= 0:
                sums.setdefault((number, district), []).append((self.layout.first_class + place, weight))
        for terms in sums.values():
            total = sum(weight for _, weight in terms)
            rows.add([(self.layout.least, total), *((column, -weight) for column, weight in terms)], -np.inf, 0.0)

    def model(self, cost: Floats, extra: Sequence[tuple[Floats, float, float]] = (), upper: Floats | None = None) -> Model:
        """The model that maximises `cost`, with further rows (coefficients, low, high) and bounds of the variables."""
        rows = self._rows()
        for coefficients, low, high in extra:
            rows.add([(int(column), float(coefficients[column])) for column in np.flatnonzero(coefficients)], low, high)
        layout = self.layout
        whole = np.arange(layout.columns) < len(layout.starts)
        top = np.ones(layout.columns)
        if not layout.classes:
            top[layout.least] = 0.0
        if upper is not None:
            top = np.minimum(top, upper)
        return Model(cost, rows.matrix(), np.array(rows.low), np.array(rows.high), top, whole, maximise=True)

    def closed(self) -> Floats:
        """The objective: mean share of the gaps closed, goals weighted; a goal that is reached already does not count."""
        weights = np.array([effect.goal.weight if effect.gap > 0 else 0.0 for effect in self.effects])
        cost = np.zeros(self.layout.columns)
        if weights.sum() > 0:
            cost[self.layout.first_goal : self.layout.first_goal + self.layout.goals] = weights / weights.sum()
        return cost

    def money(self) -> Floats:
        """Coefficients of the whole cost of the chosen projects, in shares of the whole budget."""
        cost = np.zeros(self.layout.columns)
        total = max(sum(self.conditions.budget), 1.0)
        for column, (project, _) in enumerate(self.layout.starts):
            cost[column] = self.projects[project].cost / total
        return cost

    def early(self) -> Floats:
        """Coefficients that favour an early end of what does most by itself."""
        cost = np.zeros(self.layout.columns)
        last = self.conditions.years[-1]
        for column, start in enumerate(self.layout.starts):
            gain = sum(float(max(effect.alone[start[0]], 0.0)) / effect.gap for effect in self.effects if effect.gap > 0)
            cost[column] = (last - self.finish(start) + 1) * (gain + 1e-6)
        return cost

    def chosen(self, answer: Answer) -> list[tuple[int, int]]:
        """Starts of the chosen projects."""
        if answer.x is None:
            return []
        return [self.layout.starts[column] for column in np.flatnonzero(answer.x[: len(self.layout.starts)] > 0.5)]


def _classes(
    number: int, reach: NDArray[np.bool_], weight: Floats, district: NDArray[np.int32]
) -> list[tuple[int, tuple[int, ...], float, int]]:
    """Cells of one district that the same projects better, as one row with their joint weight."""
    sums: dict[tuple[tuple[int, ...], int], float] = {}
    for cell in np.flatnonzero(reach.any(axis=0)):
        key = (tuple(np.flatnonzero(reach[:, cell]).tolist()), int(district[cell]))
        sums[key] = sums.get(key, 0.0) + float(weight[cell])
    return [(number, serving, total, place) for (serving, place), total in sums.items()]


def best(programming: Programming, seconds: float) -> tuple[Answer, list[tuple[int, int]]]:
    """What closes most of the gaps; of those, the cheapest; of those, the earliest. The answer is that of the first search."""
    closed = programming.closed()
    first = solve(programming.model(closed), seconds, absolute_gap=_WHOLE)
    if first.x is None:
        return first, []
    least = float(closed @ first.x) - _WHOLE
    second = solve(programming.model(-programming.money(), [(closed, least, np.inf)]), seconds / 2, first.x, absolute_gap=1e-7)
    starts = programming.chosen(second if second.x is not None else first)
    third = solve(_timed(programming, starts, closed, least), seconds / 4, absolute_gap=_WHOLE)
    return first, programming.chosen(third) if third.x is not None else starts


def _timed(programming: Programming, starts: Sequence[tuple[int, int]], closed: Floats, least: float) -> Model:
    """The model in which the projects are chosen and only their years are open."""
    mine = {project for project, _ in starts}
    upper = np.ones(programming.layout.columns)
    count = np.zeros(programming.layout.columns)
    for column, (project, _) in enumerate(programming.layout.starts):
        upper[column] = float(project in mine)
        count[column] = 1.0
    return programming.model(programming.early(), [(closed, least, np.inf), (count, float(len(mine)), np.inf)], upper)
