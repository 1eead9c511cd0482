"""How much a place at a cost still counts: decays of travel cost, 1 at no cost and 0 beyond the limit.

Costs are in any unit, the same as the limit's (minutes or metres). A cost equal to the limit counts as inside.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
DecayKind = Literal["step", "gaussian", "epanechnikov", "linear", "exponential", "power"]
DECAY_KINDS: tuple[DecayKind, ...] = get_args(DecayKind)


def step(cost: Floats, limit: float) -> Floats:
    """1 up to the limit. Source: Luo and Wang (2003), "Measures of spatial accessibility to health care in a GIS environment".

    >>> step(np.array([0.0, 10.0, 10.1]), 10.0).tolist()
    [1.0, 1.0, 0.0]
    """
    return np.asarray(cost <= limit, dtype=np.float64)


def rings(cost: Floats, edges: Floats, weights: Floats) -> Floats:
    """The weight [k] of the ring in which a cost lies; `edges` [k] rise and each belongs to its own ring, 0 beyond the last.

    Source: Luo and Qi (2009), "An enhanced two-step floating catchment area method for measuring spatial accessibility".

    >>> rings(np.array([10.0, 10.1, 30.0, 31.0]), np.array([10.0, 20.0, 30.0]), np.array([1.0, 0.68, 0.22])).tolist()
    [1.0, 0.68, 0.22, 0.0]
    """
    if len(edges) != len(weights) or np.any(np.diff(edges) <= 0):
        msg = "rings need rising edges and a weight for each"
        raise ValueError(msg)
    return np.append(weights, 0.0)[np.searchsorted(edges, cost, side="left")]


def gaussian(cost: Floats, limit: float) -> Floats:
    """(exp(-(c/limit)^2 / 2) - exp(-1/2)) / (1 - exp(-1/2)): 1 at no cost, 0 at the limit and beyond.

    Source: Dai (2010), "Black residential segregation, disparities in spatial access to health care facilities, and late-stage
    breast cancer diagnosis in metropolitan Detroit", Health & Place 16(5).

    >>> gaussian(np.array([0.0, 15.0, 16.0]), 15.0).tolist()
    [1.0, 0.0, 0.0]
    """
    last = np.exp(-0.5)
    return np.where(cost <= limit, (np.exp(-0.5 * (cost / limit) ** 2) - last) / (1.0 - last), 0.0)


def epanechnikov(cost: Floats, limit: float) -> Floats:
    """1 - (c/limit)^2, the kernel of the kernel-density family scaled to 1 at no cost.

    Source: Dai and Wang (2011), "Geographic disparities in accessibility to food stores in southwest Mississippi".

    >>> epanechnikov(np.array([0.0, 5.0, 10.0, 11.0]), 10.0).tolist()
    [1.0, 0.75, 0.0, 0.0]
    """
    return np.where(cost <= limit, 1.0 - (cost / limit) ** 2, 0.0)


def linear(cost: Floats, limit: float) -> Floats:
    """1 - c/limit, 0 beyond the limit.

    >>> linear(np.array([0.0, 5.0, 11.0]), 10.0).tolist()
    [1.0, 0.5, 0.0]
    """
    return np.where(cost <= limit, 1.0 - cost / limit, 0.0)


def exponential(cost: Floats, rate: float, limit: float = np.inf) -> Floats:
    """exp(-rate c) up to the limit; the rate is per unit of cost.

    >>> exponential(np.array([0.0]), 0.1).tolist()
    [1.0]
    """
    return np.where(cost <= limit, np.exp(-rate * cost), 0.0)


def power(cost: Floats, exponent: float, limit: float = np.inf) -> Floats:
    """c^-exponent up to the limit. Raises `ValueError` where a cost is 0 or less, whose weight would have no bound.

    >>> power(np.array([2.0]), 2.0).tolist()
    [0.25]
    """
    if np.any(cost <= 0):
        raise ValueError("a power of the cost needs costs above 0: give the ways inside a cell a least cost")
    return np.where(cost <= limit, cost**-exponent, 0.0)


def decayed(kind: DecayKind, cost: Floats, limit: float) -> Floats:
    """A decay of one limit by its name. Raises `ValueError` for one that needs more than a limit, or is not known."""
    named = {"step": step, "gaussian": gaussian, "epanechnikov": epanechnikov, "linear": linear}
    if kind not in named:
        msg = f"a decay of a limit alone is one of {', '.join(named)}; '{kind}' is not"
        raise ValueError(msg)
    return named[kind](cost, limit)
