"""Coverage under conditions: budgets and costs, backup, shares of districts, several demands at once, closures, shared land, stages.

Variables: y_j = 1 where candidate j is chosen (or an existing place kept), z_i in [0, 1] where row i is served, b_i in [0, 1] where it is
served twice. Papers: R. Church and C. ReVelle (1974), The maximal covering location problem; K. Hogan and C. ReVelle (1986), Concepts and
applications of backup coverage; C. ReVelle (1986), The maximum capture or "sphere of influence" location problem.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from parkcity.decide.covering import Plan, Status
from parkcity.decide.exact import Model, solve
from parkcity.decide.operators.cover import covers, undominated

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Rows = NDArray[np.int64]

_WHOLE = 1e-6


@dataclass(frozen=True)
class Demand:
    """Rows to serve. `matrix` [rows, candidates] is 1 where a candidate would serve a row, `weight` [rows] what serving it is worth.

    `already` int64 [rows]: how many places that stay serve it; `district` int32 [rows], -1 for none; `name` is told with the plan.
    """

    name: str
    matrix: sparse.csr_array
    weight: Floats
    already: Rows
    district: NDArray[np.int32]

    @property
    def total(self) -> float:
        """The whole weight."""
        return float(self.weight.sum())

    @property
    def before(self) -> float:
        """The weight that is served without any candidate."""
        return float(self.weight[self.already > 0].sum())

    def served(self, plan: Rows) -> float:
        """The weight that is served with a plan, places that stay included."""
        return float(self.weight[(self.already > 0) | (covers(self.matrix, plan) > 0)].sum())

    def twice(self, plan: Rows) -> float:
        """The weight that is served by two places or more."""
        return float(self.weight[self.already + covers(self.matrix, plan) > 1].sum())


@dataclass(frozen=True)
class Rules:
    """What binds a plan; what is None or empty does not.

    `count`: new sites at most; `cost` [candidates] yuan and `budget` yuan; `land` int64 [candidates]: of equal numbers one is chosen;
    `backup`: worth of a second cover, as a share of the first; `least`: share of every district's weight that must be served; `worst`: make
    the demand that is served least best, instead of all together; `existing` bool [candidates]: places that stand already, of which `moves`
    may close, each making room for one more new site.
    """

    count: int | None = None
    cost: Floats | None = None
    budget: float | None = None
    land: Rows | None = None
    backup: float = 0.0
    least: float = 0.0
    worst: bool = False
    existing: NDArray[np.bool_] | None = None
    moves: int = 0


@dataclass(frozen=True)
class Case:
    """Demands on the same candidates, smaller than given but with the same optimum; `column` gives the candidate of each column."""

    demands: tuple[Demand, ...]
    rules: Rules
    column: Rows


def reduced(demands: tuple[Demand, ...], rules: Rules) -> Case:
    """Rows joined and dominated candidates dropped, where the rules allow it."""
    columns = demands[0].matrix.shape[1]
    keep = np.arange(columns)
    if rules.backup == 0 and rules.land is None and rules.existing is None:
        # A candidate that serves no more than another is needless unless it is cheaper.
        stacked = sparse.csr_array(sparse.vstack([_open_rows(demand) for demand in demands]))
        same_cost = rules.cost is None or bool(np.all(rules.cost == rules.cost[0])) if columns else True
        keep = undominated(stacked) if same_cost else np.flatnonzero(np.bincount(stacked.indices, minlength=columns) > 0)
    smaller = tuple(_joined(demand, keep, backup=rules.backup > 0) for demand in demands)
    picked = Rules(
        rules.count,
        None if rules.cost is None else rules.cost[keep],
        rules.budget,
        None if rules.land is None else rules.land[keep],
        rules.backup,
        rules.least,
        rules.worst,
        None if rules.existing is None else rules.existing[keep],
        rules.moves,
    )
    return Case(smaller, picked, keep)


def _open_rows(demand: Demand) -> sparse.csr_array:
    return sparse.csr_array(demand.matrix[np.flatnonzero((demand.already == 0) & (demand.weight > 0))])


def _joined(demand: Demand, keep: Rows, *, backup: bool) -> Demand:
    """Rows with the same candidates, district and number of places that stay become one; rows that nothing can better are joined too."""
    matrix = sparse.csr_array(demand.matrix[:, keep])
    matrix.sort_indices()
    capped = np.minimum(demand.already, 2 if backup else 1)
    settled = capped >= (2 if backup else 1)
    number: dict[tuple[bytes, int, int], int] = {}
    new = np.empty(len(demand.weight), np.int64)
    for row in range(len(new)):
        names = b"" if settled[row] else matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]].tobytes()
        new[row] = number.setdefault((names, int(capped[row]), int(demand.district[row])), len(number))
    first = np.full(len(number), -1, np.int64)
    first[new[::-1]] = np.arange(len(new))[::-1]
    weight = np.bincount(new, demand.weight, minlength=len(number)).astype(np.float64)
    return Demand(demand.name, sparse.csr_array(matrix[first]), weight, capped[first], demand.district[first])


def plan_cover(demands: tuple[Demand, ...], rules: Rules, seconds: float = 60.0) -> Plan:
    """The plan that serves most under the rules; `objective` is the weight served, places that stay included (with `worst`: a share).

    Raises `ValueError` where no plan keeps the rules (only `least` can make that so).
    """
    began = time.perf_counter()
    case = reduced(demands, rules)
    model, first = _model(case)
    answer = solve(model, seconds, _start(case, first), absolute_gap=_gap(case))
    took = time.perf_counter() - began
    if answer.outcome == "infeasible":
        raise ValueError("no plan keeps the rules")
    if answer.x is None:
        start = _greedy(case)
        value = _value(case, start)
        return Plan(np.sort(case.column[start]), value, max(float(answer.bound), value), "bounded", "greedy", took)
    chosen = np.flatnonzero(answer.x[: len(case.column)] > 0.5)
    value = _value(case, chosen)
    bound = answer.bound if np.isfinite(answer.bound) else _ceiling(case)
    status: Status = "optimal" if answer.outcome == "optimal" else "bounded"
    return Plan(np.sort(case.column[chosen]), value, value if status == "optimal" else max(bound, value), status, "branch and bound", took)


def _gap(case: Case) -> float:
    """How far apart plan and bound may be to be called equal: less than one person."""
    if case.rules.worst:
        return 1e-7
    whole = all(bool(np.all(demand.weight == np.rint(demand.weight))) for demand in case.demands) and case.rules.backup == 0
    return 1.0 - _WHOLE if whole else 1e-9 * max(_ceiling(case), 1.0)


def _ceiling(case: Case) -> float:
    if case.rules.worst:
        return 1.0
    return sum(demand.total * (1.0 + case.rules.backup) for demand in case.demands)


def _value(case: Case, plan: Rows) -> float:
    """What a plan is worth by the rules."""
    if case.rules.worst:
        return min(demand.served(plan) / max(demand.total, 1e-12) for demand in case.demands)
    extra = case.rules.backup
    return sum(demand.served(plan) + (extra * demand.twice(plan) if extra else 0.0) for demand in case.demands)


@dataclass
class _Builder:
    """Rows of the model as triplets."""

    columns: int
    rows: list[sparse.csr_array]
    low: list[float]
    high: list[float]

    def add(self, matrix: sparse.csr_array, low: float, high: float) -> None:
        self.rows.append(matrix)
        self.low += [low] * matrix.shape[0]
        self.high += [high] * matrix.shape[0]

    def line(self, columns: Rows, values: Floats, low: float, high: float) -> None:
        """One row."""
        matrix = sparse.csr_array((values, (np.zeros(len(columns), np.int64), columns)), shape=(1, self.columns))
        self.add(matrix, low, high)


def _model(case: Case) -> tuple[Model, list[int]]:
    """The model, and the first column of each demand's rows: candidates, then z (and b) of every demand, then the least share."""
    rules, sites = case.rules, len(case.column)
    blocks = 2 if rules.backup > 0 else 1
    first, columns = [], sites
    for demand in case.demands:
        first.append(columns)
        columns += blocks * len(demand.weight)
    columns += 1
    build = _Builder(columns, [], [], [])
    cost, upper = np.zeros(columns), np.ones(columns)
    for begin, demand in zip(first, case.demands, strict=True):
        _serve_rows(build, demand, begin, rules, sites)
        count = len(demand.weight)
        worth = demand.weight / max(demand.total, 1e-12) if rules.worst else demand.weight
        z = np.arange(begin, begin + count)
        if rules.worst:
            # t <= share served; a trace of the mean makes equal worst cases fall to what serves more.
            build.line(np.append(z, columns - 1), np.append(-worth, 1.0), -np.inf, 0.0)
            cost[z] = worth * 1e-6 / len(case.demands)
        else:
            cost[z] = worth
            if rules.backup > 0:
                cost[z + count] = rules.backup * worth
    cost[columns - 1] = 1.0 if rules.worst else 0.0
    _choice_rows(build, rules, sites)
    whole = np.arange(columns) < sites
    matrix = sparse.csr_array(sparse.vstack(build.rows, format="csr"))
    return Model(cost, matrix, np.array(build.low), np.array(build.high), upper, whole, maximise=True), first


def _serve_rows(build: _Builder, demand: Demand, begin: int, rules: Rules, sites: int) -> None:
    count = len(demand.weight)
    body = sparse.hstack([demand.matrix.astype(np.float64), sparse.csr_array((count, begin - sites))], format="csr")
    eye = -sparse.eye_array(count, format="csr")
    parts = [body, eye, eye] if rules.backup > 0 else [body, eye]
    wide = sparse.hstack([*parts, sparse.csr_array((count, build.columns - sum(part.shape[1] for part in parts)))], format="csr")
    for known in range(3 if rules.backup > 0 else 2):
        mine = np.flatnonzero(demand.already == known)
        if len(mine):
            # z + b <= places that stay + candidates chosen.
            build.add(sparse.csr_array(wide[mine]), -float(known), np.inf)
    if rules.least > 0:
        for district in np.unique(demand.district[demand.district >= 0]):
            here = np.flatnonzero(demand.district == district)
            weight = demand.weight[here]
            if weight.sum() > 0:
                build.line(begin + here, weight / weight.sum(), rules.least, np.inf)


def _choice_rows(build: _Builder, rules: Rules, sites: int) -> None:
    every = np.arange(sites)
    new = np.ones(sites) if rules.existing is None else (~rules.existing).astype(float)
    standing = 1.0 - new
    if rules.count is not None:
        # A closed place makes room for one more: new + kept <= count + standing.
        build.line(every, new + standing, -np.inf, rules.count + float(standing.sum()))
    if rules.existing is not None and standing.any():
        build.line(every, standing, float(standing.sum()) - rules.moves, np.inf)
    if rules.budget is not None and rules.cost is not None:
        scale = max(rules.budget, 1.0)
        build.line(every, rules.cost * new / scale, -np.inf, rules.budget / scale)
    if rules.land is not None:
        for number in np.unique(rules.land):
            shared = np.flatnonzero(rules.land == number)
            if len(shared) > 1:
                build.line(shared, np.ones(len(shared)), -np.inf, 1.0)


def _greedy(case: Case) -> Rows:
    """Candidates by greatest further weight (for its cost, where there is a budget), as long as the rules allow; existing ones stay."""
    rules, sites = case.rules, len(case.column)
    stacked = sparse.csr_array(sparse.vstack([demand.matrix for demand in case.demands]))
    left = np.concatenate([np.where(demand.already > 0, 0.0, demand.weight) for demand in case.demands])
    plan = [] if rules.existing is None else np.flatnonzero(rules.existing).tolist()
    left[covers(stacked, np.array(plan, np.int64)) > 0] = 0.0
    free = np.ones(sites, bool)
    free[plan] = False
    turned, spent, new = stacked.T.tocsr(), 0.0, 0
    price = np.ones(sites) if rules.cost is None or rules.budget is None else np.maximum(rules.cost, 1e-9)
    while rules.count is None or new < rules.count:
        if rules.budget is not None and rules.cost is not None:
            free &= spent + rules.cost <= rules.budget
        gain = np.where(free, np.asarray(turned @ left) / price, -1.0)
        best = int(np.argmax(gain)) if sites else -1
        if best < 0 or gain[best] <= 0:
            break
        plan.append(best)
        new += 1
        spent += float(rules.cost[best]) if rules.cost is not None else 0.0
        free[best] = False
        if rules.land is not None:
            free &= rules.land != rules.land[best]
        left[turned.indices[turned.indptr[best] : turned.indptr[best + 1]]] = 0.0
    return np.array(plan, np.int64)


def _start(case: Case, first: list[int]) -> Floats | None:
    """The greedy plan as a first solution; none where it may break a rule."""
    if case.rules.least > 0 or case.rules.worst:
        return None
    plan = _greedy(case)
    blocks = 2 if case.rules.backup > 0 else 1
    x = np.zeros(first[-1] + blocks * len(case.demands[-1].weight) + 1)
    x[plan] = 1.0
    for begin, demand in zip(first, case.demands, strict=True):
        times = demand.already + covers(demand.matrix, plan)
        x[begin : begin + len(times)] = times > 0
        if blocks == 2:
            x[begin + len(times) : begin + 2 * len(times)] = times > 1
    return x


def staged_cover(demand: Demand, counts: tuple[int, ...], seconds: float = 60.0) -> tuple[Plan, tuple[Rows, ...]]:
    """Sites added stage by stage so that the weight served, summed over the stages, is greatest; what is built stays.

    `counts`: new sites of each stage. Gives the plan (objective: sum over the stages, places that stay included) and the sites of each
    stage. The multi-period maximal covering problem (Schilling 1980).
    """
    began = time.perf_counter()
    case = reduced((demand,), Rules())
    (small,) = case.demands
    sites, rows, stages = len(case.column), len(small.weight), len(counts)
    width = sites + rows
    build = _Builder(stages * width, [], [], [])
    body = sparse.hstack([small.matrix.astype(np.float64), -sparse.eye_array(rows, format="csr")], format="csr")
    blank = sparse.csr_array((rows, width))
    for stage, total in enumerate(np.cumsum(counts)):
        parts = [blank] * stage + [body] + [blank] * (stages - stage - 1)
        wide = sparse.csr_array(sparse.hstack(parts, format="csr"))
        for known in (0, 1):
            mine = np.flatnonzero(small.already == known)
            if len(mine):
                build.add(sparse.csr_array(wide[mine]), -float(known), np.inf)
        here = stage * width + np.arange(sites)
        build.line(here, np.ones(sites), -np.inf, float(total))
        if stage:
            keep = sparse.hstack([sparse.eye_array(sites, format="csr"), sparse.csr_array((sites, rows))], format="csr")
            none = sparse.csr_array((sites, width))
            parts = [none] * (stage - 1) + [-keep, keep] + [none] * (stages - stage - 1)
            build.add(sparse.csr_array(sparse.hstack(parts, format="csr")), 0.0, np.inf)
    cost = np.tile(np.concatenate([np.zeros(sites), small.weight]), stages)
    whole = np.tile(np.arange(width) < sites, stages)
    matrix = sparse.csr_array(sparse.vstack(build.rows, format="csr"))
    model = Model(cost, matrix, np.array(build.low), np.array(build.high), np.ones(stages * width), whole, maximise=True)
    answer = solve(model, seconds, _staged_start(case, counts, width), absolute_gap=1.0 - _WHOLE)
    picked = _greedy_stages(case, counts) if answer.x is None else _stages_of(answer.x, sites, width, stages)
    value = sum(small.served(np.concatenate(picked[: stage + 1])) for stage in range(stages))
    bound = float(answer.bound) if np.isfinite(answer.bound) else stages * small.total
    status: Status = "optimal" if answer.outcome == "optimal" else "bounded"
    chosen = tuple(case.column[part] for part in picked)
    took = time.perf_counter() - began
    every = np.sort(np.concatenate(chosen)).astype(np.int64)
    return Plan(every, value, value if status == "optimal" else max(bound, value), status, "branch and bound", took), chosen


def _stages_of(x: Floats, sites: int, width: int, stages: int) -> list[Rows]:
    picked, before = [], np.zeros(sites, bool)
    for stage in range(stages):
        now = x[stage * width : stage * width + sites] > 0.5
        picked.append(np.flatnonzero(now & ~before))
        before |= now
    return picked


def _greedy_stages(case: Case, counts: tuple[int, ...]) -> list[Rows]:
    plan = _greedy(Case(case.demands, Rules(count=sum(counts)), case.column))
    ends = np.cumsum(counts)
    return [plan[end - count : end] for end, count in zip(ends, counts, strict=True)]


def _staged_start(case: Case, counts: tuple[int, ...], width: int) -> Floats:
    (small,) = case.demands
    sites = len(case.column)
    x = np.zeros(width * len(counts))
    picked = _greedy_stages(case, counts)
    for stage in range(len(counts)):
        plan = np.concatenate(picked[: stage + 1]).astype(np.int64)
        x[stage * width + plan] = 1.0
        x[stage * width + sites : (stage + 1) * width] = (small.already > 0) | (covers(small.matrix, plan) > 0)
    return x
