"""Coverage plans with proof: the most residents with a number of sites, or the fewest sites for a share of residents."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import sparse

from parkcity.decide.exact import max_cover_model, part_cover_model, set_cover_model, solve
from parkcity.decide.operators.cover import covers, exchange, greedy, lagrange, reduce_cover, served

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Rows = NDArray[np.int64]

Status = Literal["optimal", "bounded"]
_NEGLIGIBLE = 1e-9
"""Share of the objective below which a gain from a better plan counts as rounding."""


@dataclass(frozen=True)
class Plan:
    """Chosen candidates, rising; what they achieve; a proven bound; `optimal` only where the two are equal.

    `how` names the step that gave the proof, `seconds` the time that it took.
    """

    sites: Rows
    objective: float
    bound: float
    status: Status
    how: str
    seconds: float

    @property
    def gap(self) -> float:
        """How far, as a share of the bound, the plan may be from the optimum: 0 where it is proven."""
        return 0.0 if self.status == "optimal" else abs(self.bound - self.objective) / max(abs(self.bound), 1e-12)


def least_better(value: float, weight: Floats) -> float:
    """The least that a plan must serve to be better than `value`: one person more where residents are whole numbers."""
    if len(weight) and np.all(weight == np.rint(weight)):
        return value + 1.0 - 1e-6
    return value + _NEGLIGIBLE * max(abs(value), 1.0)


def max_cover(matrix: sparse.csr_array, weight: Floats, count: int, seconds: float = 60.0) -> Plan:
    """The `count` candidates that cover the greatest weight.

    `matrix` [rows, candidates] is 1 where a candidate covers a row; `weight` [rows] is 0 or more. Reduced first, then bounded by
    Lagrangian relaxation; HiGHS settles what remains. The bound holds whether or not the time suffices.
    """
    began = time.perf_counter()
    small = reduce_cover(matrix, weight)
    if not len(small.column):
        return Plan(np.zeros(0, np.int64), 0.0, 0.0, "optimal", "nothing to gain", time.perf_counter() - began)
    plan = exchange(small.matrix, small.weight, greedy(small.matrix, small.weight, count))
    value = served(small.matrix, small.weight, plan)
    found = lagrange(small.matrix, small.weight, count, plan, least_better(value, small.weight) - value)
    plan, value = found.plan, found.served
    bound, how = min(found.value, float(small.weight.sum())), "relaxation"
    goal = least_better(value, small.weight)
    if bound >= goal:
        how = "branch and bound"
        left = seconds - (time.perf_counter() - began)
        plan, bound = _settle(small.matrix, small.weight, count, plan, found.out, found.into, bound, left)
        value = served(small.matrix, small.weight, plan)
        goal = least_better(value, small.weight)
    sites = np.sort(small.column[plan])
    status: Status = "optimal" if bound < goal else "bounded"
    return Plan(sites, value, value if status == "optimal" else bound, status, how, time.perf_counter() - began)


def _settle(
    matrix: sparse.csr_array,
    weight: Floats,
    count: int,
    plan: Rows,
    out: NDArray[np.bool_],
    into: NDArray[np.bool_],
    bound: float,
    seconds: float,
) -> tuple[Rows, float]:
    """Search what the relaxation left open for a plan that is better; none there proves the plan at hand."""
    value = served(matrix, weight, plan)
    mine = np.zeros(len(out), bool)
    mine[plan] = True
    keep = np.flatnonzero(~out | mine)
    smaller = sparse.csr_array(matrix[:, keep])
    there = np.flatnonzero(np.diff(smaller.indptr) > 0)
    smaller, load = sparse.csr_array(smaller[there]), weight[there]
    # A column that a better plan must hold is only demanded if the plan at hand, the search's start, holds it.
    model = max_cover_model(smaller, load, count, into[keep] & mine[keep])
    start = np.concatenate([mine[keep].astype(np.float64), (covers(smaller, np.flatnonzero(mine[keep])) > 0).astype(np.float64)])
    whole = bool(np.all(weight == np.rint(weight)))
    answer = solve(model, seconds, start, absolute_gap=1.0 - 1e-6 if whole else _NEGLIGIBLE * max(value, 1.0))
    better = plan
    if answer.x is not None:
        chosen = keep[np.flatnonzero(answer.x[: len(keep)] > 0.5)]
        if served(matrix, weight, chosen) > value:
            better, value = chosen, served(matrix, weight, chosen)
    if answer.outcome == "optimal":
        return better, value
    proven = answer.bound if np.isfinite(answer.bound) else bound
    return better, max(min(bound, proven), value)


def min_sites(matrix: sparse.csr_array, weight: Floats, least: float, seconds: float = 60.0) -> Plan:
    """The fewest candidates that cover a weight of at least `least` of the rows; `ValueError` where all candidates together do not."""
    began = time.perf_counter()
    everyone = float(weight[np.diff(sparse.csr_array(matrix).indptr) > 0].sum())
    if least > everyone:
        msg = f"all candidates together cover {everyone:,.0f}, less than {least:,.0f}"
        raise ValueError(msg)
    small = reduce_cover(matrix, weight)
    if least <= 0 or not len(small.column):
        return Plan(np.zeros(0, np.int64), 0.0, 0.0, "optimal", "nothing to do", time.perf_counter() - began)
    whole_city = least >= everyone
    first = greedy(small.matrix, small.weight, small.matrix.shape[1])
    plan = _cut(small.matrix, small.weight, first, least)
    model = set_cover_model(_hardest_rows(small.matrix)) if whole_city else part_cover_model(small.matrix, small.weight, least)
    answer = solve(model, seconds - (time.perf_counter() - began), absolute_gap=1.0 - 1e-6)
    if answer.x is not None:
        chosen = np.flatnonzero(answer.x[: len(small.column)] > 0.5)
        if len(chosen) < len(plan) and served(small.matrix, small.weight, chosen) >= least - 1e-6:
            plan = chosen
    bound = float(np.ceil(answer.bound - 1e-6)) if np.isfinite(answer.bound) else 1.0
    status: Status = "optimal" if answer.outcome == "optimal" or bound >= len(plan) else "bounded"
    sites = np.sort(small.column[plan])
    return Plan(
        sites, float(len(plan)), float(len(plan)) if status == "optimal" else bound, status, "branch and bound", time.perf_counter() - began
    )


def _cut(matrix: sparse.csr_array, weight: Floats, plan: Rows, least: float) -> Rows:
    """The shortest beginning of a greedy plan that serves enough, without columns that it does not need."""
    for number in range(1, len(plan) + 1):
        if served(matrix, weight, plan[:number]) >= least - 1e-6:
            kept = plan[:number]
            for column in plan[:number]:
                fewer = kept[kept != column]
                if served(matrix, weight, fewer) >= least - 1e-6:
                    kept = fewer
            return kept
    return plan


def _hardest_rows(matrix: sparse.csr_array) -> sparse.csr_array:
    """Rows that are not covered as a matter of course: a row whose candidates include all those of another is dropped."""
    ones = sparse.csr_array((np.ones(matrix.nnz, np.int32), matrix.indices, matrix.indptr), shape=matrix.shape)
    shared = sparse.coo_array(ones @ ones.T)
    size = np.diff(matrix.indptr)
    i, k = shared.row, shared.col
    easier = (shared.data == size[k]) & (i != k) & ((size[i] > size[k]) | (i > k))
    keep = np.ones(matrix.shape[0], bool)
    keep[i[easier]] = False
    return sparse.csr_array(matrix[np.flatnonzero(keep)])


def uncovered(matrix: sparse.csr_array, plan: Rows) -> Rows:
    """Rows that a plan does not cover."""
    return np.flatnonzero(covers(matrix, plan) == 0)
