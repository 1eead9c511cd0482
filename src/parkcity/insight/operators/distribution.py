"""Distributions over residents: weighted means, quantiles, and the Gini coefficient. Other measures of inequality are in `inequality`.

Values may be infinite (a place that cannot be reached): quantiles then say so, and the mean is infinite.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def weighted_mean(values: Floats, weights: Floats) -> float:
    """Mean of values [n] weighted by residents [n]; NaN where there is nobody.

    >>> weighted_mean(np.array([1.0, 4.0]), np.array([2.0, 1.0]))
    2.0
    """
    used = weights > 0
    total = float(weights[used].sum())
    return float((values[used] * weights[used]).sum() / total) if total > 0 else float("nan")


def weighted_quantile(values: Floats, weights: Floats, share: float) -> float:
    """Smallest value that at least `share` of the residents do not exceed (inverse of the cumulative distribution).

    >>> weighted_quantile(np.array([10.0, 20.0, 30.0]), np.array([1.0, 1.0, 2.0]), 0.5)
    20.0
    """
    used = weights > 0
    if not used.any():
        return float("nan")
    order = np.argsort(values[used], kind="stable")
    sorted_values, cumulated = values[used][order], np.cumsum(weights[used][order])
    # A hair below the share, so that rounding of the cumulated sum does not skip to the next value.
    wanted = share * cumulated[-1] * (1 - 1e-12)
    return float(sorted_values[np.searchsorted(cumulated, wanted)])


def gini(values: Floats, weights: Floats) -> float:
    """Gini coefficient of values [n] (0 or more) over residents [n]: 0 all equal, towards 1 all with one.

    Sum over pairs w_i w_j |x_i - x_j| / (2 W^2 mean), by one pass over the sorted values. NaN where there is nobody or the
    mean is 0. Source: Gini (1912); Lerman and Yitzhaki (1989) for weights.

    >>> round(gini(np.array([0.0, 1.0]), np.array([1.0, 1.0])), 6)
    0.5
    """
    used = weights > 0
    order = np.argsort(values[used], kind="stable")
    x, w = values[used][order], weights[used][order]
    total, amount = float(w.sum()), float((w * x).sum())
    if total <= 0 or amount <= 0:
        return float("nan")
    below = np.cumsum(w) - w / 2
    return float((w * x * (2 * below - total)).sum() / (total * amount))
