"""Series with known laws for tests of forecasts: a trend with noise, with autocorrelated noise, and a random walk with drift."""

from __future__ import annotations

import numpy as np

KINDS = ("trend", "autocorrelated", "walk")


def simulate(kind: str, count: int, ahead: int, random: np.random.Generator) -> list[float]:
    """`count` yearly values and `ahead` more. Level 100, drift about 2 a year, noise about 3 with a wide spread between series."""
    length = count + ahead
    drift = random.normal(2, 2)
    noise = np.exp(random.normal(np.log(3), 0.8)) * random.normal(size=length)
    years = np.arange(length)
    if kind == "trend":
        values = 100 + drift * years + noise
    elif kind == "walk":
        values = 100 + np.cumsum(drift + noise)
    else:
        errors = noise.copy()
        errors[0] /= np.sqrt(1 - 0.5**2)
        for at in range(1, length):
            errors[at] = 0.5 * errors[at - 1] + noise[at]
        values = 100 + drift * years + errors
    return [float(value) for value in values]
