"""Inequality over residents: Theil with its parts, Palma, Atkinson, concentration. The Gini coefficient is in `distribution`.

Every measure takes values [n] of 0 or more (what one resident has) and weights [n] (residents), does not change when values
are multiplied or residents are replicated, and is NaN where there is nobody or nothing to share. Infinite values are refused.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
NAN = float("nan")


def _used(values: Floats, weights: Floats) -> tuple[Floats, Floats, float]:
    """Values and shares of the residents there are, and their mean."""
    used = weights > 0
    x, w = np.asarray(values, np.float64)[used], np.asarray(weights, np.float64)[used]
    if np.any(x < 0) or not np.all(np.isfinite(x)):
        raise ValueError("inequality is of values that are finite and 0 or more")
    total = float(w.sum())
    if total <= 0:
        return x, w, NAN
    p = w / total
    return x, p, float((p * x).sum())


def _x_log_x(x: Floats) -> Floats:
    """The entropy term x ln(x), which is 0 at 0."""
    return x * np.log(np.where(x > 0, x, 1.0))


def theil(values: Floats, weights: Floats) -> float:
    """Theil's T: sum p (x/mean) ln(x/mean). Source: Theil (1967), Economics and Information Theory.

    >>> round(theil(np.arange(1.0, 6.0), np.ones(5)), 7)
    0.1196876
    """
    x, p, mean = _used(values, weights)
    return float((p * _x_log_x(x / mean)).sum()) if mean > 0 else NAN


def mean_log_deviation(values: Floats, weights: Floats) -> float:
    """Theil's L: sum p ln(mean/x); infinite where someone has nothing.

    >>> round(mean_log_deviation(np.arange(1.0, 6.0), np.ones(5)), 7)
    0.1411139
    """
    x, p, mean = _used(values, weights)
    if not mean > 0:
        return NAN
    return float("inf") if np.any(x == 0) else float((p * np.log(mean / x)).sum())


@dataclass(frozen=True)
class TheilParts:
    """Theil's T in two: between the means of groups, and within them. `total` is their sum."""

    total: float
    between: float
    within: float


def theil_parts(values: Floats, weights: Floats, group: npt.NDArray[np.int32] | npt.NDArray[np.int64]) -> TheilParts:
    """Split Theil's T by group [n] (rows from 0; -1 counts nowhere). Source: Theil (1967), chapter 4; Shorrocks (1980).

    >>> parts = theil_parts(np.arange(1.0, 6.0), np.ones(5), np.array([0, 0, 1, 1, 1]))
    >>> round(parts.between, 7), round(parts.within, 7)
    (0.0915162, 0.0281714)
    """
    known = (group >= 0) & (weights > 0)
    x, p, mean = _used(np.asarray(values)[known], np.asarray(weights)[known])
    if not mean > 0:
        return TheilParts(NAN, NAN, NAN)
    row = np.asarray(group)[known]
    people = np.bincount(row, p)
    amount = np.bincount(row, p * x)
    held = people > 0
    means = amount[held] / people[held]
    total = theil(x, p)
    between = float((people[held] * _x_log_x(means / mean)).sum())
    return TheilParts(total, between, total - between)


def atkinson(values: Floats, weights: Floats, aversion: float) -> float:
    """1 - (sum p x^(1-e))^(1/(1-e)) / mean; with e = 1: 1 - exp(sum p ln x) / mean. Source: Atkinson (1970).

    The greater the aversion to inequality e (above 0), the more the worst off count; from e = 1 on it is 1 where someone has nothing.

    >>> [round(atkinson(np.arange(1.0, 6.0), np.ones(5), e), 7) for e in (0.5, 1.0, 2.0)]
    [0.0631534, 0.1316096, 0.270073]
    """
    if aversion <= 0:
        raise ValueError("the aversion to inequality must be above 0")
    x, p, mean = _used(values, weights)
    if not mean > 0:
        return NAN
    if aversion >= 1 and np.any(x == 0):
        return 1.0
    if aversion == 1:
        return float(1.0 - np.exp((p * np.log(x)).sum()) / mean)
    return float(1.0 - (p * x ** (1.0 - aversion)).sum() ** (1.0 / (1.0 - aversion)) / mean)


def share_of_first(values: Floats, weights: Floats, rank_by: Floats, share: float) -> float:
    """The part of all values that the first `share` of the residents in the order of `rank_by` hold; a unit is split where it must.

    >>> share_of_first(np.array([1.0, 3.0]), np.ones(2), np.array([0.0, 1.0]), 0.75)
    0.625
    """
    used = weights > 0
    order = np.argsort(rank_by[used], kind="stable")
    w, amount = weights[used][order], (weights * values)[used][order]
    reached = np.concatenate([[0.0], np.cumsum(w)])
    held = np.concatenate([[0.0], np.cumsum(amount)])
    return float(np.interp(share * reached[-1], reached, held) / held[-1]) if held[-1] > 0 else NAN


def palma(values: Floats, weights: Floats, rank_by: Floats | None = None, top: float = 0.1, bottom: float = 0.4) -> float:
    """What the top tenth hold over what the bottom four tenths hold; infinite where these hold nothing.

    Ranked by the values themselves, as for incomes. Source: Cobham and Sumner (2013); Palma (2011), "Homogeneous middles vs.
    heterogeneous tails". With `rank_by` (incomes) residents stand in that order instead; `palma_of_means` is per head.
    """
    rank = values if rank_by is None else rank_by
    low = share_of_first(values, weights, rank, bottom)
    high = 1.0 - share_of_first(values, weights, rank, 1.0 - top)
    if np.isnan(low):
        return NAN
    return high / low if low > 0 else float("inf")


def palma_of_means(values: Floats, weights: Floats, rank_by: Floats, top: float = 0.1, bottom: float = 0.4) -> float:
    """Mean of the richest tenth over the mean of the poorest four tenths, by `rank_by`: 1 where both have the same.

    Source: Guzman and Oviedo (2018), "Accessibility, affordability and equity", for access ranked by income.
    """
    return palma(values, weights, rank_by, top, bottom) * bottom / top


def fractional_rank(rank_by: Floats, weights: Floats) -> Floats:
    """The middle of each unit's place in the order of `rank_by`, 0 to 1; equal ranks share one place.

    >>> fractional_rank(np.array([5.0, 1.0, 5.0]), np.array([1.0, 2.0, 1.0])).tolist()
    [0.75, 0.25, 0.75]
    """
    _, level = np.unique(rank_by, return_inverse=True)
    mass = np.bincount(level, weights)
    middle = np.cumsum(mass) - mass / 2
    return np.asarray(middle[level] / mass.sum())


def concentration(values: Floats, weights: Floats, rank_by: Floats) -> float:
    """2 cov(x, rank) / mean, from -1 (all with the poorest) to 1 (all with the richest).

    Source: Kakwani, Wagstaff and van Doorslaer (1997), "Socioeconomic inequalities in health".
    """
    used = weights > 0
    x, p, mean = _used(values, weights)
    if not mean > 0:
        return NAN
    rank = fractional_rank(np.asarray(rank_by)[used], p)
    return float(2.0 * (p * (x - mean) * (rank - 0.5)).sum() / mean)


def erreygers(values: Floats, weights: Floats, rank_by: Floats, low: float, high: float) -> float:
    """The concentration index of a value bounded by `low` and `high`: 4 mean C / (high - low). Source: Erreygers (2009)."""
    if high <= low:
        raise ValueError("the upper bound must be above the lower")
    _, _, mean = _used(values, weights)
    return 4.0 * mean * concentration(values, weights, rank_by) / (high - low)


def poverty(values: Floats, weights: Floats, line: float, power: float = 0.0) -> float:
    """Foster, Greer and Thorbecke (1984): sum p ((line - x) / line)^power over those with less than the line.

    Power 0 is the share of the poor, 1 the mean gap, 2 its square.
    """
    x, p, _ = _used(values, weights)
    gap = np.maximum(line - x, 0.0) / line
    return float((p * np.where(x < line, gap**power, 0.0)).sum()) if len(x) else NAN
