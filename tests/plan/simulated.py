"""Series with known laws for tests of forecasts.

A trend with noise, a trend with autocorrelated noise, a walk with drift, a walk whose drift changes.

Level 100, drift about 2 a year. The size of the noise differs between series as it does between the public yearly series of
`tests/plan/panels.py`: its logarithm has the mean log 3.7 and the standard deviation 1.4.
"""

from __future__ import annotations

import numpy as np

KINDS = ("trend", "autocorrelated", "walk", "changing")


def simulate(kind: str, count: int, ahead: int, random: np.random.Generator) -> list[float]:
    """`count` yearly values and `ahead` more."""
    length = count + ahead
    drift = random.normal(2, 2)
    size = np.exp(random.normal(np.log(3.7), 1.4))
    noise = size * random.normal(size=length)
    years = np.arange(length)
    if kind == "trend":
        values = 100 + drift * years + noise
    elif kind == "walk":
        values = 100 + np.cumsum(drift + noise)
    elif kind == "changing":
        values = 100 + np.cumsum(drift + noise + np.cumsum(size / 2 * random.normal(size=length)))
    else:
        errors = noise.copy()
        errors[0] /= np.sqrt(1 - 0.5**2)
        for at in range(1, length):
            errors[at] = 0.5 * errors[at - 1] + noise[at]
        values = 100 + drift * years + errors
    return [float(value) for value in values]
