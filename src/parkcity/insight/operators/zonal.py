"""Sums by zone: how cells add up to tiers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def zone_sums(values: Floats, member: npt.NDArray[np.int32], zones: int) -> Floats:
    """Sum of values [n] over the zone of each cell, [zones]; cells of no zone (-1) count nowhere.

    >>> zone_sums(np.array([1.0, 2.0, 4.0]), np.array([0, 1, 0], np.int32), 2).tolist()
    [5.0, 2.0]
    """
    inside = member >= 0
    return np.bincount(member[inside], values[inside], minlength=zones).astype(np.float64)


def ratio(part: Floats, whole: Floats) -> Floats:
    """Part / whole, NaN where the whole is 0: a share of nobody is not a number.

    >>> ratio(np.array([1.0, 0.0]), np.array([2.0, 0.0])).tolist()
    [0.5, nan]
    """
    return np.asarray(np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0))
