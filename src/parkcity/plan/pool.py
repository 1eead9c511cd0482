"""Rival accounts of a short series and what they say together: a line, a walk with drift, and a walk whose drift itself changes.

So few points cannot tell a stable trend from a wandering one (Nelson and Plosser 1982, Journal of Monetary Economics 10), and
whoever picks one of them is too sure of it. So the forecast is a linear pool (Stone 1961): each account's forecast counts by how
well it would have foretold the series' own past, one step at a time (prequential weights: Dawid 1984; as posterior odds of
models with unknown variance and equal prior odds, (Σe²)^(−m/2) for m one-step errors e). Nothing in it is tuned.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

FIRST = 3
"""Points that are taken as given before the first one-step error: a line, its noise and a change of slope need three."""
_NOISE = 1e-12
"""Squared errors below this share of the squared range are rounding, not error."""


@cache
def _one_step(spacing: tuple[float, ...]) -> tuple[Floats, Floats, Floats]:
    """Operators (n − 3, n) that give the standardised one-step errors of line, walk and changing walk from a series (n, ...).

    Each error is divided by the standard deviation that its account foretells for it in units of the account's own noise, and
    all of them multiplied by the geometric mean of those, so that the sum of squares carries the whole likelihood.
    """
    times = np.array(spacing)
    rows = range(FIRST, times.size)
    operators = np.zeros((3, len(rows), times.size))
    spread = np.ones((3, len(rows)))
    mean = (times[-1] - times[0]) / (times.size - 1)
    for row, at in enumerate(rows):
        gap, span = times[at] - times[at - 1], times[at - 1] - times[0]
        around = times[:at] - times[:at].mean()
        reach = (times[at] - times[:at].mean()) / (around @ around)
        operators[0, row, :at] -= 1 / at + reach * around
        spread[0, row] = np.sqrt(1 + 1 / at + reach**2 * (around @ around))
        operators[1, row, at - 1] -= 1 + gap / span
        operators[1, row, 0] += gap / span
        spread[1, row] = np.sqrt(gap + gap**2 / span)
        slope = gap / (times[at - 1] - times[at - 2])
        operators[2, row, at - 1] -= 1 + slope
        operators[2, row, at - 2] += slope
        spread[2, row] = gap / mean
        operators[:, row, at] += 1
    scale = np.exp(np.log(spread).mean(1))[:, None] / spread
    line, walk, changing = operators * scale[:, :, None]
    return line, walk, changing


def squared_errors(times: Floats, values: Floats) -> Floats:
    """Sum of the squared standardised one-step errors of line, walk and changing walk, shape (3, m), for series `values` (n, m)."""
    return np.stack([((operator @ values) ** 2).sum(0) for operator in _one_step(tuple(times.tolist()))])


def weights(errors: Floats, count: int, values: Floats) -> Floats:
    """Posterior weights (rivals, m) of rivals with squared one-step errors `errors` (rivals, m) over `count` steps."""
    floor = _NOISE * np.ptp(values, axis=0) ** 2 + 1e-300
    log = -0.5 * count * np.log(errors + floor)
    raised = np.exp(log - log.max(0))
    shares: Floats = raised / raised.sum(0)
    return shares


@dataclass(frozen=True)
class Rival:
    """One account's forecast of m series: centre (m,), spread (m,), and a sample, sorted, of shape (draws,) or (m, draws)."""

    centre: Floats
    spread: Floats
    sample: Floats


def walk(times: Floats, values: Floats, horizon: float, quantiles: Floats) -> Rival:
    """A random walk with drift: variance σ²(h + h²/span) (Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 5.5).

    `times` (n,), `values` (n, m); `quantiles` (draws,) of Student's t with n − 2 degrees of freedom.
    """
    span, ahead = times[-1] - times[0], horizon - times[-1]
    slope = (values[-1] - values[0]) / span
    steps = np.diff(times)[:, None]
    surprises = (np.diff(values, axis=0) - slope * steps) / np.sqrt(steps)
    variance = (surprises**2).sum(0) / (times.size - 2)
    return Rival(values[-1] + slope * ahead, np.sqrt(variance * (ahead + ahead**2 / span)), quantiles)


def changing_walk(times: Floats, values: Floats, horizon: float, quantiles: Floats) -> Rival:
    """A walk whose drift is itself a random walk: the last slope goes on, with variance v·h(h + 1)(2h + 1)/6 for h steps.

    v is the mean square of the second differences (a local linear trend without noise of its own: Harvey 1989, 2.3). Uneven
    spacing is measured in steps of the mean length. Shapes as in `walk`.
    """
    steps = np.diff(times)
    mean = float(steps.mean())
    slopes = np.diff(values, axis=0) / steps[:, None]
    variance = ((np.diff(slopes, axis=0) * mean) ** 2).sum(0) / (times.size - 2)
    ahead = (horizon - times[-1]) / mean
    return Rival(values[-1] + slopes[-1] * (horizon - times[-1]), np.sqrt(variance * ahead * (ahead + 1) * (2 * ahead + 1) / 6), quantiles)


def pooled(rivals: list[Rival], shares: Floats) -> Floats:
    """A sample (m, draws) of the pool of `rivals` with weights `shares` (rivals, m): each gives as many draws as its weight says."""
    series = shares.shape[1]
    draws = rivals[0].sample.shape[-1]
    level = (np.arange(draws) + 0.5) / draws
    ends = np.cumsum(shares, axis=0)
    chosen = np.empty((series, draws))
    for at, rival in enumerate(rivals):
        begin = ends[at] - shares[at]
        # Where in the rival's own distribution a draw of the pool falls.
        inside = (level - begin[:, None]) / np.maximum(shares[at], 1e-300)[:, None]
        mine = (inside >= 0) & ((inside < 1) | (at == len(rivals) - 1))
        place = np.minimum((np.clip(inside, 0, 1) * draws).astype(np.int64), draws - 1)
        sample = rival.sample[place] if rival.sample.ndim == 1 else np.take_along_axis(rival.sample, place, axis=1)
        np.copyto(chosen, rival.centre[:, None] + rival.spread[:, None] * sample, where=mine)
    return chosen
