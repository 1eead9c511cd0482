"""The transport problem: the least (or most) travel for which homes and jobs can be matched, solved exactly.

Only pairs that can be worth using are given to the linear programme (HiGHS); the prices of its answer then show every pair that
would improve it, until none does, which proves the optimum for all pairs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_FIRST, _MORE, _MOST_ROUNDS = 8, 4, 60
_SOFTENED = ((0.16, 20), (0.06, 30), (0.02, 40), (0.009, 60))


@dataclass(frozen=True)
class Matched:
    """A matching: pairs with trips, the total cost, and by how much a better one could beat it (0 up to rounding)."""

    home: npt.NDArray[np.int64]
    job: npt.NDArray[np.int64]
    trips: Floats
    total: float
    gap: float

    def by_home(self, cost: Floats) -> Floats:
        """Cost of the trips from every home zone, [zones]."""
        return np.bincount(self.home, self.trips * cost[self.home, self.job], minlength=len(cost)).astype(np.float64)


def least_total(cost: Floats, homes: Floats, jobs: Floats) -> Matched:
    """Trips x_ij with sum_j x_ij = homes, sum_i x_ij = jobs and the least sum of cost x_ij.

    Raises `ValueError` where totals differ or a cost is not finite. Source: Hitchcock (1941), "The distribution of a product from
    several sources to numerous localities"; White (1988), "Location choice and commuting behavior", for commuting.

    >>> least_total(np.array([[2.5, 1.7, 1.8], [2.5, 1.8, 1.4]]), np.array([350.0, 550.0]), np.array([325.0, 300.0, 275.0])).total
    1707.5
    """
    if not np.isclose(homes.sum(), jobs.sum(), rtol=1e-9):
        msg = f"homes and jobs must have one total: {homes.sum():g} and {jobs.sum():g}"
        raise ValueError(msg)
    if not np.all(np.isfinite(cost)):
        raise ValueError("every pair needs a cost: give those without a way one that is far above all others")
    from_home, to_job = np.nonzero(homes > 0)[0], np.nonzero(jobs > 0)[0]
    part = cost[np.ix_(from_home, to_job)]
    wanted = np.concatenate([homes[from_home], jobs[to_job]])
    used = _first_pairs(part, homes[from_home], jobs[to_job])
    for _ in range(_MOST_ROUNDS):
        row, column, trips, price = _solve(part, used, wanted)
        saving = part - price[: len(from_home), None] - price[None, len(from_home) :]
        worst = float(saving.min())
        total = float((part[row, column] * trips).sum())
        if worst >= -1e-9 * max(float(part.max()), 1.0):
            break
        # Of every row and column the pairs that promise most.
        used |= _lowest(saving, _MORE) & (saving < 0)
    taken = trips > 0
    gap = max(0.0, -worst) * float(homes.sum())
    return Matched(from_home[row[taken]], to_job[column[taken]], trips[taken], total, gap)


def most_total(cost: Floats, homes: Floats, jobs: Floats) -> Matched:
    """The matching with the most travel: the other end of what homes and jobs allow."""
    top = float(cost.max())
    found = least_total(top - cost, homes, jobs)
    return Matched(found.home, found.job, found.trips, top * float(homes.sum()) - found.total, found.gap)


def _first_pairs(cost: Floats, homes: Floats, jobs: Floats) -> npt.NDArray[np.bool_]:
    """The cheapest pairs of every row and column at near-best prices, and the corner rule's pairs, which always give a matching."""
    home_price, job_price = _near_prices(cost, homes, jobs)
    used = _lowest(cost - home_price[:, None] - job_price[None, :], _FIRST)
    row = column = 0
    left, room = homes.copy(), jobs.copy()
    while row < len(homes) and column < len(jobs):
        used[row, column] = True
        moved = min(left[row], room[column])
        left[row] -= moved
        room[column] -= moved
        row, column = (row + 1, column) if left[row] <= room[column] else (row, column + 1)
    return used


def _near_prices(cost: Floats, homes: Floats, jobs: Floats) -> tuple[Floats, Floats]:
    """Prices of the problem softened by entropy, ever less. Source: Cuturi (2013), "Sinkhorn distances"."""
    home_price, job_price = np.zeros(len(homes)), np.zeros(len(jobs))
    scale = max(float(cost.mean()), 1e-12)
    for share, sweeps in _SOFTENED:
        soft = share * scale
        worth = np.exp(np.clip((home_price[:, None] + job_price[None, :] - cost) / soft, -600.0, 600.0))
        of_home = np.ones(len(homes))
        for _ in range(sweeps):
            of_job = jobs / (worth.T @ of_home)
            of_home = homes / (worth @ of_job)
        home_price += soft * np.log(of_home)
        job_price += soft * np.log(of_job)
    return home_price, job_price


def _lowest(values: Floats, count: int) -> npt.NDArray[np.bool_]:
    """The lowest entries of every row and of every column."""
    lowest = np.zeros(values.shape, bool)
    for axis in (0, 1):
        few = min(count, values.shape[axis])
        np.put_along_axis(lowest, np.argpartition(values, few - 1, axis=axis).take(range(few), axis=axis), values=True, axis=axis)
    return lowest


def _solve(
    cost: Floats, used: npt.NDArray[np.bool_], wanted: Floats
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Floats, Floats]:
    from scipy.optimize import linprog
    from scipy.sparse import csr_array

    row, column = np.nonzero(used)
    pairs = np.arange(len(row))
    places = (np.concatenate([row, len(cost) + column]), np.concatenate([pairs, pairs]))
    sums = csr_array((np.ones(2 * len(row)), places), shape=(len(wanted), len(row)))
    programme: Any = linprog
    found = programme(cost[row, column], A_eq=sums, b_eq=wanted, method="highs-ds")
    if found.status != 0:
        msg = f"homes and jobs could not be matched: {found.message}"
        raise ValueError(msg)
    return row, column, np.maximum(found.x, 0.0), np.asarray(found.eqlin.marginals)
