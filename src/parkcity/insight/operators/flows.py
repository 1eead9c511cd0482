"""Flows between homes and jobs: balanced tables, gravity and radiation, and the least travel that homes and jobs allow.

Shapes: `cost` float64 [zones, zones] (km or minutes, finite, 0 or more), `homes` and `jobs` float64 [zones] with one total,
flows float64 [zones, zones], from home to job.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_MOST_SWEEPS = 2_000
_MOST_STEPS = 60
_VANISHED = 1e-200


def balance(prior: Floats, homes: Floats, jobs: Floats, tolerance: float = 1e-6) -> Floats:
    """The table nearest to a prior whose rows sum to `homes` and columns to `jobs`, by iterative proportional fitting.

    Stops when no row is off by more than `tolerance` of itself; columns are met exactly. Raises `ValueError` where totals differ,
    or where the prior allows no such table (a row or column of zeros, or no convergence). Source: Furness (1965), "Time function
    iteration"; Deming and Stephan (1940).

    >>> balance(np.ones((2, 2)), np.array([30.0, 10.0]), np.array([20.0, 20.0])).tolist()
    [[15.0, 15.0], [5.0, 5.0]]
    """
    if not np.isclose(homes.sum(), jobs.sum(), rtol=1e-9):
        msg = f"homes and jobs must have one total: {homes.sum():g} and {jobs.sum():g}"
        raise ValueError(msg)
    b = np.ones(len(jobs))
    for _ in range(_MOST_SWEEPS):
        a = _over(homes, prior @ b)
        b = _over(jobs, prior.T @ a)
        off = np.abs(a * (prior @ b) - homes)
        if np.all(off <= tolerance * homes):
            return a[:, None] * prior * b[None, :]
        # The factors are known up to one number; without this they run off where no table exists.
        b /= b.max()
        if b[jobs > 0].min() < _VANISHED:
            break
    raise ValueError("the prior allows no table with these totals, or one that is not reached")


def _over(wanted: Floats, found: Floats) -> Floats:
    if np.any((wanted > 0) & (found <= 0)):
        raise ValueError("the prior gives nothing where homes or jobs are")
    return np.divide(wanted, found, out=np.zeros(len(wanted)), where=found > 0)


def gravity(cost: Floats, homes: Floats, jobs: Floats, beta: float) -> Floats:
    """Doubly constrained gravity: T_ij = A_i O_i B_j D_j exp(-beta c_ij). Source: Wilson (1967), "A statistical theory of spatial
    distribution models". With beta 0 it is O_i D_j / total.
    """
    # The least cost of a row is taken out, which its balancing factor gives back, so that far zones do not vanish.
    return balance(np.exp(-beta * (cost - cost.min(axis=1, keepdims=True))), homes, jobs)


def mean_cost(flows: Floats, cost: Floats) -> float:
    """Mean cost of a trip."""
    return float((flows * cost).sum() / flows.sum())


@dataclass(frozen=True)
class Calibrated:
    """A decay for each unit of cost, its flows, and the figure that it was fitted to."""

    beta: float
    flows: Floats
    figure: float


def calibrate_mean(cost: Floats, homes: Floats, jobs: Floats, wanted: float, tolerance: float = 1e-4) -> Calibrated:
    """The gravity flows whose mean cost is `wanted`, by Hyman's method (1969), "The calibration of trip distribution models".

    Raises `ValueError` where no decay gives it: above the mean of flows that ignore cost, or below the least that homes and jobs allow.
    """

    def figure(beta: float) -> tuple[float, Floats]:
        flows = gravity(cost, homes, jobs, beta)
        return mean_cost(flows, cost), flows

    highest = figure(0.0)
    if wanted >= highest[0] * (1 + tolerance):
        msg = f"a mean of {wanted:g} is above that of flows that ignore cost, {highest[0]:g}"
        raise ValueError(msg)
    beta, step = 1.0 / wanted, figure(1.0 / wanted)
    before, old = 0.0, highest
    for _ in range(_MOST_STEPS):
        if abs(step[0] - wanted) <= tolerance * wanted:
            return Calibrated(beta, step[1], step[0])
        slope = step[0] - old[0]
        guess = ((wanted - old[0]) * beta - (wanted - step[0]) * before) / slope if slope else np.inf
        # Hyman's secant; where it leaves the line, his first step.
        following = guess if 0 < guess < 10 * beta else beta * step[0] / wanted
        before, old = beta, step
        beta = following
        try:
            step = figure(beta)
        except ValueError as error:
            msg = f"no decay gives a mean of {wanted:g}; the nearest found is {old[0]:g}"
            raise ValueError(msg) from error
    msg = f"no decay gives a mean of {wanted:g}; the nearest found is {step[0]:g}"
    raise ValueError(msg)


def share_within(flows: Floats, cost: Floats, limit: float) -> float:
    """The share of trips whose cost is at most the limit."""
    return float(flows[cost <= limit].sum() / flows.sum())


def calibrate_share(cost: Floats, homes: Floats, jobs: Floats, limit: float, wanted: float, tolerance: float = 1e-4) -> Calibrated:
    """The gravity flows of which the share `wanted` costs at most `limit`, by bisection: the steeper the decay, the greater the share.

    Raises `ValueError` where no decay gives it.
    """
    low, high = 0.0, 1.0 / limit
    least = share_within(gravity(cost, homes, jobs, low), cost, limit)
    if least > wanted + tolerance:
        msg = f"flows that ignore cost have {least:.1%} within {limit:g} already, more than {wanted:.1%}"
        raise ValueError(msg)
    while share_within(gravity(cost, homes, jobs, high), cost, limit) < wanted:
        low, high = high, 2 * high
    for _ in range(_MOST_STEPS):
        middle = (low + high) / 2
        flows = gravity(cost, homes, jobs, middle)
        found = share_within(flows, cost, limit)
        if abs(found - wanted) <= tolerance:
            return Calibrated(middle, flows, found)
        low, high = (middle, high) if found < wanted else (low, middle)
    msg = f"no decay has {wanted:.1%} of trips within {limit:g}; the nearest found is {found:.1%}"
    raise ValueError(msg)


def radiation(distance: Floats, homes: Floats, people: Floats, jobs: Floats, stay: Floats | None = None) -> Floats:
    """Flows without a parameter: T_ij in proportion to m_i n_j / ((m_i + s_ij)(m_i + n_j + s_ij)), each row scaled to its homes.

    `people` m and `jobs` n [zones] are the opportunities at home and at the destination, s those nearer to home than the
    destination, without both. The model is of those who leave their zone: `stay` [zones] is the share that does not (0 unless told).
    The scaling is the finite-size correction. Ties in distance count in the order of the rows. Source: Simini, Gonzalez, Maritan
    and Barabasi (2012), "A universal model for mobility and migration patterns", Nature 484.
    """
    flows = np.zeros_like(distance)
    for row in range(len(homes)):
        order = np.argsort(distance[row], kind="stable")
        order = order[order != row]
        reached = jobs[order]
        flows[row, order] = radiated(people[row], reached, np.cumsum(reached) - reached)
    total, kept = flows.sum(axis=1), np.zeros(len(homes)) if stay is None else stay
    flows *= np.divide(homes * (1 - kept), total, out=np.zeros(len(homes)), where=total > 0)[:, None]
    flows[np.arange(len(homes)), np.arange(len(homes))] = homes * kept
    return flows


def radiated(m: Floats | float, n: Floats | float, s: Floats | float) -> Floats:
    """The radiation model's share of one pair: m n / ((m + s)(m + n + s)), 0 where there is nobody or nothing.

    >>> round(float(radiated(100.0, 50.0, 30.0)), 7)
    0.2136752
    """
    top = np.asarray(m, np.float64) * n
    below = (np.asarray(m, np.float64) + s) * (np.asarray(m, np.float64) + n + s)
    return np.divide(top, below, out=np.zeros(np.shape(top)), where=below > 0)


def common_part(flows: Floats, others: Floats) -> float:
    """The share of trips that two tables have in common: 2 sum(min) / (sum + sum), 0 to 1 (Sorensen; Lenormand et al. 2012)."""
    return float(2 * np.minimum(flows, others).sum() / (flows.sum() + others.sum()))
