"""Composite indices: how parts are brought onto one scale, weighed, put together, and how much the order depends on it.

`x` float64 [units, parts]. The steps follow OECD and JRC (2008), Handbook on Constructing Composite Indicators.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# Mean consistency index of random reciprocal matrices of 1 to 10 rows. Source: Saaty (1980), The Analytic Hierarchy Process.
_RANDOM_INDEX = (0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49)


def between_goalposts(x: Floats, worst: Floats, best: Floats) -> Floats:
    """(x - worst) / (best - worst), cut to 0..1; where less is better, worst is the greater. [units, parts] or [parts].

    >>> between_goalposts(np.array([[4.0, 30.0]]), np.array([0.0, 60.0]), np.array([8.0, 0.0])).tolist()
    [[0.5, 0.5]]
    """
    if np.any(worst == best):
        raise ValueError("the goalposts of a part must differ")
    return np.asarray(np.clip((x - worst) / (best - worst), 0.0, 1.0))


def min_max(x: Floats, higher: npt.NDArray[np.bool_] | None = None) -> Floats:
    """Each part from 0 (the worst unit) to 1 (the best); a part that is alike everywhere is 0."""
    low, high = x.min(axis=0), x.max(axis=0)
    scaled = np.divide(x - low, high - low, out=np.zeros_like(x), where=high > low)
    return np.asarray(scaled if higher is None else np.where(higher | (high == low), scaled, 1.0 - scaled))


def z_scores(x: Floats) -> Floats:
    """Each part less its mean, over its standard deviation (of the population); a part that is alike everywhere is 0."""
    spread = x.std(axis=0)
    return np.asarray(np.divide(x - x.mean(axis=0), spread, out=np.zeros_like(x), where=spread > 0))


def entropy_weights(x: Floats) -> Floats:
    """Weights by how unlike the units are: 1 + sum p ln p / ln n, scaled to 1; values must be 0 or more, more than one unit.

    Source: Shannon (1948); Hwang and Yoon (1981), section 3.2.

    >>> entropy_weights(np.array([[1.0, 2.0], [4.0, 16.0]])).round(6).tolist()
    [0.358889, 0.641111]
    """
    if len(x) < 2 or np.any(x < 0) or np.any(x.sum(axis=0) <= 0):
        raise ValueError("entropy weights need two units and parts of 0 or more that are not all 0")
    p = x / x.sum(axis=0)
    unlike = 1.0 + (p * np.log(np.where(p > 0, p, 1.0))).sum(axis=0) / np.log(len(x))
    return _scaled(np.maximum(unlike, 0.0))


def critic_weights(x: Floats, higher: npt.NDArray[np.bool_] | None = None) -> Floats:
    """Weights by contrast and conflict: sd_j sum_k (1 - r_jk) of parts from 0 to 1, scaled to 1.

    Source: Diakoulaki, Mavrotas and Papayannakis (1995), "Determining objective weights in multiple criteria problems: the CRITIC method".
    """
    if len(x) < 2:
        raise ValueError("weights by contrast need two units")
    scaled = min_max(x, higher)
    spread = scaled.std(axis=0)
    z = z_scores(scaled)
    return _scaled(spread * (1.0 - z.T @ z / len(x)).sum(axis=0))


def _scaled(weights: Floats) -> Floats:
    total = float(weights.sum())
    return weights / total if total > 0 else np.full(len(weights), 1.0 / len(weights))


@dataclass(frozen=True)
class Judged:
    """Weights from comparisons in pairs, the greatest eigenvalue, and the consistency ratio (good below 0.1)."""

    weights: Floats
    eigenvalue: float
    consistency: float


def ahp(comparisons: Floats) -> Judged:
    """Weights of a reciprocal matrix of comparisons, by its principal eigenvector. Source: Saaty (1980).

    Raises `ValueError` where the matrix is not reciprocal or has more than 10 rows.

    >>> judged = ahp(np.array([[1, 3, 5], [1 / 3, 1, 2], [1 / 5, 1 / 2, 1]]))
    >>> judged.weights.round(6).tolist(), round(judged.consistency, 6)
    ([0.648329, 0.229651, 0.12202], 0.003185)
    """
    n = len(comparisons)
    if comparisons.shape != (n, n) or n > len(_RANDOM_INDEX) or np.any(comparisons <= 0):
        raise ValueError("comparisons are a square matrix of numbers above 0, of at most 10 rows")
    if not np.allclose(comparisons * comparisons.T, 1.0, rtol=1e-6):
        raise ValueError("comparisons must be reciprocal: a_ij = 1 / a_ji")
    values, vectors = np.linalg.eig(comparisons)
    first = int(np.argmax(values.real))
    top = float(values[first].real)
    random = _RANDOM_INDEX[n - 1]
    ratio = (top - n) / (n - 1) / random if random > 0 else 0.0
    return Judged(_scaled(np.abs(vectors[:, first].real)), top, ratio)


def arithmetic_mean(scores: Floats, weights: Floats) -> Floats:
    """Sum w s over sum w, of the parts that are known (not NaN), [units]; NaN where none is."""
    known = ~np.isnan(scores)
    total = (known * weights).sum(axis=-1)
    part = np.asarray(np.where(known, scores, 0.0) @ weights)
    return np.asarray(np.divide(part, total, out=np.full(np.shape(total), np.nan), where=total > 0))


def geometric_mean(scores: Floats, weights: Floats, floor: float) -> Floats:
    """Prod s^w over the known parts, each at least `floor`, so that a nothing pulls down without wiping out, [units]."""
    return np.asarray(np.exp(arithmetic_mean(np.log(np.maximum(scores, floor)), weights)))


def topsis(x: Floats, weights: Floats, higher: npt.NDArray[np.bool_]) -> Floats:
    """Nearness to the best over nearness to best and worst: S- / (S+ + S-), 0..1, [units].

    Source: Hwang and Yoon (1981), Multiple Attribute Decision Making, section 3.3.
    """
    length = np.sqrt((x**2).sum(axis=0))
    v = np.divide(x, length, out=np.zeros_like(x), where=length > 0) * weights
    best, worst = np.where(higher, v.max(axis=0), v.min(axis=0)), np.where(higher, v.min(axis=0), v.max(axis=0))
    far, near = np.sqrt(((v - best) ** 2).sum(axis=1)), np.sqrt(((v - worst) ** 2).sum(axis=1))
    return np.asarray(np.divide(near, far + near, out=np.zeros(len(x)), where=far + near > 0))


def ranks(scores: Floats) -> Floats:
    """Rank of each unit along the last axis, 1 the highest; equals share the mean of their ranks.

    >>> ranks(np.array([0.2, 0.9, 0.2])).tolist()
    [2.5, 1.0, 2.5]
    """
    above = (scores[..., None, :] > scores[..., :, None]).sum(axis=-1)
    level = (scores[..., None, :] == scores[..., :, None]).sum(axis=-1)
    return np.asarray(above + (level + 1) / 2)


@dataclass(frozen=True)
class Standing:
    """How firmly units stand in their order, over many other choices.

    `rank` [units] of the declared choice; `low`, `median`, `high` [units], ranks at 5, 50 and 95 % of the draws; `reversed` [units,
    units], the share of draws in which the order of two units is the other way (ties count half); `changed`, the share of draws in
    which any two units change places.
    """

    rank: Floats
    low: Floats
    median: Floats
    high: Floats
    reversed: Floats
    changed: float

    def alike(self, share: float) -> npt.NDArray[np.bool_]:
        """Pairs that cannot be told apart: their order is the other way in at least this share of the draws, [units, units]."""
        alike = self.reversed >= share
        np.fill_diagonal(alike, val=False)
        return alike


def standing(
    scores: Floats, weights: Floats, base: Floats | None = None, *, draws: int, spread: float, floor: float, seed: int
) -> Standing:
    """Order units by an index of scores [units, parts] (0..1), and again under other choices, drawn from one seed.

    `base` [units] is the declared index (the weighted mean unless told).

    Each draw takes weights up to `spread` (a share) more or less than declared, leaves out one part in half of the draws (where there
    are three or more), scales parts between goalposts or between the worst and the best unit, and takes the arithmetic or the
    geometric mean. Source: Saisana, Saltelli and Tarantola (2005), "Uncertainty and sensitivity analysis techniques as tools for the
    quality assessment of composite indicators".
    """
    rng = np.random.default_rng(seed)
    parts = scores.shape[1]
    drawn = weights * (1.0 + spread * (2.0 * rng.random((draws, parts)) - 1.0))
    if parts > 2:
        out = rng.integers(0, parts, draws)
        leave = rng.random(draws) < 0.5
        drawn[np.nonzero(leave)[0], out[leave]] = 0.0
    rescaled, geometric = rng.random(draws) < 0.5, rng.random(draws) < 0.5
    found = np.empty((draws, len(scores)))
    for flag, table in ((False, scores), (True, min_max(scores))):
        for root in (False, True):
            mine = (rescaled == flag) & (geometric == root)
            values = np.log(np.maximum(table, floor)) if root else table
            found[mine] = drawn[mine] @ values.T / drawn[mine].sum(axis=1, keepdims=True)
    declared = arithmetic_mean(scores, weights) if base is None else base
    rank, all_ranks = ranks(declared), ranks(found)
    low, median, high = np.quantile(all_ranks, [0.05, 0.5, 0.95], axis=0)
    ahead = (found[:, :, None] > found[:, None, :]).mean(axis=0) + (found[:, :, None] == found[:, None, :]).mean(axis=0) / 2
    first = declared[:, None] >= declared[None, :]
    turned = np.where(first, 1.0 - ahead, ahead)
    return Standing(rank, low, median, high, turned, float((all_ranks != rank).any(axis=1).mean()))
