"""The p-center and what comes after it: the longest way made shortest, then the fewest residents beyond each shorter way.

The p-center is found by halving the distinct costs: within r all rows can be served by p sites or not (Minieka 1970). The further steps are
a lexicographic minimax in steps (Ogryczak 1997): of all plans with the shortest longest way, those that leave the fewest beyond the next
shorter one, and so on.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from parkcity.decide.covering import Plan, Status
from parkcity.decide.exact import Model, set_cover_model, solve
from parkcity.decide.operators.cover import covers, greedy, reduce_cover

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Ways:
    """Costs of serving rows: `start` int64 [n + 1], `site` int32 [pairs], `cost` float64 [pairs]; `now` float64 [n] the cost of the
    nearest place that stays, infinite where there is none; `weight` float64 [n] residents; `sites` the number of candidates.
    """

    start: Rows
    site: NDArray[np.int32]
    cost: Floats
    now: Floats
    weight: Floats
    sites: int

    def within(self, limit: float) -> tuple[sparse.csr_array, NDArray[np.bool_]]:
        """Which candidates serve each row within a limit, [rows, sites], and which rows places that stay serve."""
        keep = self.cost <= limit
        row = np.repeat(np.arange(len(self.now)), np.diff(self.start))[keep]
        shape = (len(self.now), self.sites)
        return sparse.csr_array((np.ones(len(row), np.int8), (row, self.site[keep])), shape=shape), self.now <= limit

    def costs(self, plan: Rows) -> Floats:
        """The cost of every row with a plan."""
        chosen = np.zeros(self.sites, bool)
        chosen[plan] = True
        best = self.now.copy()
        row = np.repeat(np.arange(len(self.now)), np.diff(self.start))
        mine = chosen[self.site]
        np.minimum.at(best, row[mine], self.cost[mine])
        return best


def p_center(ways: Ways, count: int, seconds: float = 60.0) -> Plan:
    """The `count` sites that make the longest way of any resident shortest; the bound is the longest way that is proven unavoidable.

    Rows without weight, and rows that neither a candidate nor a place that stays serves at all, are left out of account.
    """
    began = time.perf_counter()
    inside = (ways.weight > 0) & ((np.diff(ways.start) > 0) | np.isfinite(ways.now))
    row = np.repeat(np.arange(len(ways.now)), np.diff(ways.start))
    least = np.minimum(ways.now, _least_cost(ways))
    floor = float(least[inside].max(initial=0.0))
    known = ways.now[inside & np.isfinite(ways.now)]
    steps = np.unique(np.concatenate([ways.cost[inside[row]], known, [floor]]))
    steps = steps[steps >= floor]
    low, high = 0, len(steps) - 1
    plan, proven = np.zeros(0, np.int64), True
    best = float(ways.costs(plan)[inside].max(initial=0.0))
    high = int(np.searchsorted(steps, best)) if np.isfinite(best) else high
    while low < high:
        middle = (low + high) // 2
        left = seconds - (time.perf_counter() - began)
        found, sure = _cover_all(ways, float(steps[middle]), count, inside, left)
        if found is not None:
            plan = found
            high = int(np.searchsorted(steps, float(ways.costs(plan)[inside].max(initial=0.0))))
        elif sure:
            low = middle + 1
        else:
            proven = False
            break
    if not len(plan) and high < len(steps) and not float(ways.costs(plan)[inside].max(initial=0.0)) <= steps[high]:
        found, sure = _cover_all(ways, float(steps[high]), count, inside, max(seconds - (time.perf_counter() - began), 1.0))
        plan, proven = (found if found is not None else plan), proven and sure
    value = float(ways.costs(plan)[inside].max(initial=0.0))
    bound = float(steps[low]) if len(steps) else 0.0
    status: Status = "optimal" if proven and (bound >= value or not len(steps)) else "bounded"
    return Plan(np.sort(plan), value, value if status == "optimal" else bound, status, "halving", time.perf_counter() - began)


def _least_cost(ways: Ways) -> Floats:
    best = np.full(len(ways.now), np.inf)
    np.minimum.at(best, np.repeat(np.arange(len(ways.now)), np.diff(ways.start)), ways.cost)
    return best


def _cover_all(ways: Ways, limit: float, count: int, inside: NDArray[np.bool_], seconds: float) -> tuple[Rows | None, bool]:
    """A plan of at most `count` sites that serves every row within a limit; None, and whether it is sure that there is none."""
    matrix, already = ways.within(limit)
    need = inside & ~already
    if not need.any():
        return np.zeros(0, np.int64), True
    if (np.diff(matrix.indptr)[need] == 0).any():
        return None, True
    small = reduce_cover(matrix, need.astype(np.float64))
    plan = greedy(small.matrix, np.ones(small.matrix.shape[0]), small.matrix.shape[1])
    if len(plan) <= count:
        return small.column[plan], True
    if _apart(small.matrix) > count:
        return None, True
    answer = solve(set_cover_model(small.matrix), max(seconds, 0.0), absolute_gap=1.0 - 1e-6)
    if answer.x is not None and round(float(answer.objective)) <= count:
        return small.column[np.flatnonzero(answer.x[: len(small.column)] > 0.5)], True
    return None, bool(answer.outcome == "optimal" or (np.isfinite(answer.bound) and np.ceil(answer.bound - 1e-6) > count))


def _apart(matrix: sparse.csr_array) -> int:
    """Rows of which no two share a candidate, found greedily: no plan serves them with fewer sites."""
    turned = matrix.T.tocsr()
    free = np.ones(matrix.shape[0], bool)
    found = 0
    for row in np.argsort(np.diff(matrix.indptr), kind="stable"):
        if free[row]:
            found += 1
            for column in matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]]:
                free[turned.indices[turned.indptr[column] : turned.indptr[column + 1]]] = False
    return found


def fair(ways: Ways, count: int, levels: int = 10, seconds: float = 60.0) -> tuple[Plan, list[dict[str, float]]]:
    """Lexicographic minimax in steps: the longest way shortest, then the fewest residents beyond 9/10 of it, 8/10, and so on.

    Gives the plan (objective and bound: the longest way) and for every level its limit, the residents beyond, and the proven least.
    """
    began = time.perf_counter()
    first = p_center(ways, count, seconds / 3)
    limits = [first.objective * (1.0 - step / levels) for step in range(levels)]
    inside = (ways.weight > 0) & ((np.diff(ways.start) > 0) | np.isfinite(ways.now))
    held: list[tuple[float, float]] = [(first.objective, 0.0)]
    rows = [{"limit": first.objective, "beyond": 0.0, "least": 0.0}]
    plan, proven = first.sites, first.status == "optimal"
    for number, limit in enumerate(limits[1:], start=2):
        left = (seconds - (time.perf_counter() - began)) / max(levels - number + 1, 1)
        found, least = _fewest_beyond(ways, count, inside, held, limit, plan, left)
        plan = found
        beyond = float(ways.weight[inside & (ways.costs(plan) > limit)].sum())
        rows.append({"limit": limit, "beyond": beyond, "least": least})
        proven &= beyond - least < 1.0 - 1e-6
        held.append((limit, beyond))
    status: Status = "optimal" if proven else "bounded"
    took = time.perf_counter() - began
    return Plan(np.sort(plan), first.objective, first.bound, status, "lexicographic steps", took), rows


def _fewest_beyond(
    ways: Ways, count: int, inside: NDArray[np.bool_], held: list[tuple[float, float]], limit: float, plan: Rows, seconds: float
) -> tuple[Rows, float]:
    """The plan that leaves the fewest residents beyond a limit while those beyond the longer ones stay as few; and the proven least."""
    blocks, low, high, widths = [], [], [], []
    weights: list[Floats] = []
    starts = [np.isin(np.arange(ways.sites), plan).astype(np.float64)]
    for bound, beyond in [*held, (limit, -1.0)]:
        matrix, already = ways.within(bound)
        need = inside & ~already
        if not need.any():
            continue
        # Dominated columns must stay: a column may be needless at one limit and not at another.
        rows = np.flatnonzero(need)
        joined, weight = _same_rows(sparse.csr_array(matrix[rows]), ways.weight[rows])
        blocks.append((joined, weight, beyond))
        widths.append(len(weight))
        weights.append(weight)
        starts.append((covers(joined, plan) > 0).astype(np.float64))
    total = ways.sites + sum(widths)
    if not blocks or blocks[-1][2] >= 0:
        return plan, 0.0
    parts, at = [], ways.sites
    for joined, weight, beyond in blocks:
        count_rows = len(weight)
        eye = sparse.csr_array((-np.ones(count_rows), (np.arange(count_rows), at + np.arange(count_rows))), shape=(count_rows, total))
        body = sparse.csr_array((joined.data.astype(float), joined.indices, joined.indptr), shape=(count_rows, total))
        parts.append(sparse.csr_array(body + eye))
        low += [0.0] * count_rows
        high += [np.inf] * count_rows
        if beyond >= 0:
            parts.append(sparse.csr_array((weight, (np.zeros(count_rows, np.int64), at + np.arange(count_rows))), shape=(1, total)))
            low.append(float(weight.sum()) - beyond - 1e-6)
            high.append(np.inf)
        at += count_rows
    parts.append(sparse.csr_array((np.ones(ways.sites), (np.zeros(ways.sites, np.int64), np.arange(ways.sites))), shape=(1, total)))
    low.append(-np.inf)
    high.append(float(count))
    cost = np.zeros(total)
    cost[total - widths[-1] :] = weights[-1]
    model = Model(
        cost,
        sparse.csr_array(sparse.vstack(parts)),
        np.array(low),
        np.array(high),
        np.ones(total),
        np.arange(total) < ways.sites,
        maximise=True,
    )
    answer = solve(model, seconds, np.concatenate(starts), absolute_gap=1.0 - 1e-6)
    whole = float(weights[-1].sum())
    best = whole - answer.bound if np.isfinite(answer.bound) else 0.0
    chosen = plan if answer.x is None else np.flatnonzero(answer.x[: ways.sites] > 0.5)
    reached = float(ways.weight[inside & (ways.costs(chosen) > limit)].sum())
    return chosen, reached if answer.outcome == "optimal" else max(best, 0.0)


def _same_rows(matrix: sparse.csr_array, weight: Floats) -> tuple[sparse.csr_array, Floats]:
    """Rows with the same candidates as one with their joint weight; all rows stay, also those without a candidate."""
    matrix.sort_indices()
    number: dict[bytes, int] = {}
    new = np.array(
        [number.setdefault(matrix.indices[a:b].tobytes(), len(number)) for a, b in zip(matrix.indptr[:-1], matrix.indptr[1:], strict=True)],
        np.int64,
    )
    first = np.full(len(number), -1, np.int64)
    first[new[::-1]] = np.arange(len(new))[::-1]
    return sparse.csr_array(matrix[first]), np.bincount(new, weight, minlength=len(number)).astype(np.float64)
