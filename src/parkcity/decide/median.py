"""The p-median: sites that make the residents' ways shortest, with a proven bound.

A first plan by greedy adding, improved by swaps; a lower bound by Lagrangian relaxation of "each row is served once", whose own
plans are improved by swaps too; HiGHS settles small rests. Bounds are true bounds whatever the time.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from parkcity.decide.covering import Plan, Status
from parkcity.decide.exact import Model, solve

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Rows = NDArray[np.int64]

ROUNDS = 1_000
SWAP_EVERY = 100
FIRST_STEP, MEMORY, PATIENCE, SHRINK = 1.5, 0.8, 20, 1.5
"""Step of the relaxation, share of the last direction kept, idle rounds before the step shrinks, and by how much it does."""
SMALL_PAIRS = 60_000
"""Pairs of demand and site up to which the rest is given to HiGHS."""
_NEGLIGIBLE = 1e-9


@dataclass(frozen=True)
class Instance:
    """Costs of serving rows by sites: `start` int64 [n + 1], `site` int32 [pairs], `cost` float64 [pairs] rising within a row, and `other`
    float64 [n], the cost of a row that no site serves; `sites` is the number of candidates.
    """

    start: Rows
    site: NDArray[np.int32]
    cost: Floats
    other: Floats
    sites: int

    @classmethod
    def of(cls, start: Rows, site: NDArray[np.int32], cost: Floats, other: Floats, sites: int) -> Instance:
        """An instance from pairs in any order within a row; those that cost `other` or more are dropped."""
        from parkcity.decide.kernels.median import sort_rows

        row = np.repeat(np.arange(len(other)), np.diff(start))
        keep = cost < other[row]
        count = np.bincount(row[keep], minlength=len(other))
        begin = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
        chosen, price = np.ascontiguousarray(site[keep], np.int32), np.ascontiguousarray(cost[keep], np.float64)
        sort_rows(begin, chosen, price)
        return cls(begin, chosen, price, np.ascontiguousarray(other, np.float64), sites)


@dataclass(frozen=True)
class Served:
    """How a plan serves: total cost, cheapest and second cheapest cost of each row, and the slot of the cheapest (-1: `other`)."""

    total: float
    first: Floats
    second: Floats
    which: NDArray[np.int32]


def serve(case: Instance, plan: Rows) -> Served:
    """Serve every row by the cheapest site of a plan."""
    from parkcity.decide.kernels.median import assign

    rows = len(case.other)
    slot = np.full(case.sites, -1, np.int32)
    slot[plan] = np.arange(len(plan), dtype=np.int32)
    first, second, which = np.empty(rows), np.empty(rows), np.empty(rows, np.int32)
    total = assign(case.start, case.site, case.cost, case.other, slot, first, second, which)
    return Served(float(total), first, second, which)


def greedy(case: Instance, count: int) -> Rows:
    """Sites by greatest further saving, one after the other."""
    from parkcity.decide.kernels.median import add_gains

    plan: list[int] = []
    gain = np.empty(case.sites)
    while len(plan) < count:
        add_gains(case.start, case.site, case.cost, serve(case, np.array(plan, np.int64)).first, gain)
        gain[plan] = -1.0
        best = int(np.argmax(gain))
        if gain[best] <= 0:
            break
        plan.append(best)
    return np.array(plan, np.int64)


def exchange(case: Instance, plan: Rows, rounds: int = 500) -> Rows:
    """A plan improved by the best swap until none helps."""
    from parkcity.decide.kernels.median import swap_table

    if not len(plan):
        return plan
    current = plan.copy()
    gain, loss, extra = np.empty(case.sites), np.empty(len(plan)), np.empty((case.sites, len(plan)))
    for _ in range(rounds):
        now = serve(case, current)
        swap_table(case.start, case.site, case.cost, now.first, now.second, now.which, gain, loss, extra)
        profit = gain[:, None] - loss[None, :] + extra
        profit[current] = 0.0
        entering, leaving = divmod(int(np.argmax(profit)), len(plan))
        if profit[entering, leaving] <= _NEGLIGIBLE * max(now.total, 1.0):
            break
        current[leaving] = entering
    return current


def p_median(case: Instance, count: int, seconds: float = 60.0) -> Plan:
    """The `count` sites that serve all rows at the least total cost.

    The status is "optimal" only where the bound meets the plan within rounding (a share of 1e-9); otherwise the gap is told.
    """
    began = time.perf_counter()
    count = min(count, case.sites)
    plan = exchange(case, greedy(case, count))
    if len(plan) < count:
        total = serve(case, plan).total
        return Plan(np.sort(plan), total, total, "optimal", "no further site saves anything", time.perf_counter() - began)
    plan, bound, out = _relax(case, count, plan)
    total = serve(case, plan).total
    how = "relaxation"
    keep = np.flatnonzero(~out | np.isin(np.arange(case.sites), plan))
    inside = np.isin(case.site, keep)
    left = seconds - (time.perf_counter() - began)
    if bound < total * (1 - _NEGLIGIBLE) and int(inside.sum()) <= SMALL_PAIRS and left > 0:
        plan, bound = _settle(case, count, plan, keep, inside, bound, left)
        total, how = serve(case, plan).total, "branch and bound"
    status: Status = "optimal" if bound >= total * (1 - _NEGLIGIBLE) else "bounded"
    return Plan(np.sort(plan), total, total if status == "optimal" else bound, status, how, time.perf_counter() - began)


def _relax(case: Instance, count: int, plan: Rows) -> tuple[Rows, float, NDArray[np.bool_]]:
    """The best plan met, a lower bound, and the sites that no better plan holds (Cornuejols, Fisher and Nemhauser 1977).

    With a price p_i in [0, other_i] for each row: L(p) = sum p_i + the `count` least of sum_i min(0, cost_ij - p_i).
    """
    from parkcity.decide.kernels.median import reduced_costs, times_used

    now = serve(case, plan)
    best_plan, best = plan, now.total
    price = np.minimum(2.0 * now.first, case.other)
    worth, times = np.empty(case.sites), np.empty(len(case.other), np.int64)
    out = np.zeros(case.sites, bool)
    bound, scale, idle = -np.inf, FIRST_STEP, 0
    direction = np.zeros(len(case.other))
    for turn in range(ROUNDS):
        reduced_costs(case.start, case.site, case.cost, price, worth)
        order = np.argsort(worth, kind="stable")
        top = order[:count].astype(np.int64)
        chosen = np.zeros(case.sites, bool)
        chosen[top] = True
        value = float(price.sum() + worth[top].sum())
        # Summation rounds; the bound gives way by more than that.
        safe = value - _NEGLIGIBLE * abs(value)
        out |= ~chosen & (safe + worth - worth[top[-1]] > best)
        if value > bound:
            bound, idle = value, 0
        else:
            idle += 1
            if idle >= PATIENCE:
                scale, idle = scale / SHRINK, 0
        trial = exchange(case, top, 60) if turn % SWAP_EVERY == SWAP_EVERY - 1 else top
        total = serve(case, trial).total
        if total < best:
            best_plan, best = trial, total
        if bound >= best * (1 - _NEGLIGIBLE) or scale < 1e-3:
            break
        times_used(case.start, case.site, case.cost, price, chosen, times)
        # A direction with memory does not zigzag (Camerini, Fratta and Maffioli 1975).
        direction = MEMORY * direction + (1.0 - times)
        step = np.where(((price >= case.other) & (direction > 0)) | ((price <= 0) & (direction < 0)), 0.0, direction)
        length = float(step @ step)
        if length == 0:
            break
        price = np.clip(price + scale * (best - value) / length * step, 0.0, case.other)
    polished = exchange(case, best_plan)
    return polished, min(bound, best), out


def _settle(
    case: Instance, count: int, plan: Rows, keep: Rows, inside: NDArray[np.bool_], bound: float, seconds: float
) -> tuple[Rows, float]:
    """The strong model x_ij <= y_j on the sites that are left (ReVelle and Swain 1970)."""
    row = np.repeat(np.arange(len(case.other)), np.diff(case.start))[inside]
    column = np.searchsorted(keep, case.site[inside])
    cost = case.cost[inside] - case.other[row]
    pairs, sites, rows = len(row), len(keep), len(case.other)
    every = np.arange(pairs)
    # Variables: sites, then pairs; a row that uses no pair costs `other`, which is added afterwards.
    link = sparse.coo_array(
        (np.concatenate([np.ones(pairs), -np.ones(pairs)]), (np.tile(every, 2), np.concatenate([column, sites + every]))),
        shape=(pairs, sites + pairs),
    )
    once = sparse.coo_array((np.ones(pairs), (row, sites + every)), shape=(rows, sites + pairs))
    total = sparse.coo_array((np.ones(sites), (np.zeros(sites, np.int64), np.arange(sites))), shape=(1, sites + pairs))
    matrix = sparse.csr_array(sparse.vstack([link, once, total]))
    low = np.concatenate([np.zeros(pairs), np.full(rows + 1, -np.inf)])
    high = np.concatenate([np.full(pairs, np.inf), np.ones(rows), [count]])
    whole = np.concatenate([np.ones(sites, bool), np.zeros(pairs, bool)])
    model = Model(np.concatenate([np.zeros(sites), cost]), matrix, low, high, np.ones(sites + pairs), whole)
    base = float(case.other.sum())
    start = np.zeros(sites + pairs)
    start[:sites] = np.isin(keep, plan)
    mine = np.flatnonzero(start[column] > 0)
    _, nearest = np.unique(row[mine], return_index=True)
    start[sites + mine[nearest]] = 1.0
    answer = solve(model, seconds, start, absolute_gap=_NEGLIGIBLE * max(base, 1.0) / 10)
    best = serve(case, plan).total
    if answer.x is not None:
        other = keep[np.flatnonzero(answer.x[:sites] > 0.5)]
        if serve(case, other).total < best:
            plan, best = other, serve(case, other).total
    if answer.outcome == "optimal":
        return plan, best
    return plan, min(max(bound, base + answer.bound) if np.isfinite(answer.bound) else bound, best)
