"""Forecasts of short yearly series with honest bands, and the probability of reaching a target.

Three methods by the number of points (cuts in `standards/plan_cuts.csv`):

- fewer than 5: random walk with drift. The variance of so few steps cannot be known, so it is mixed with an assumed yearly change
  (a share of the level), and the band is Student's t (Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 5.5,
  for the drift method and its variance h + h²/(n − 1)).
- 5 to 12: Theil-Sen line (Theil 1950; Sen 1968) with residuals that follow the year before (first-order autoregression with
  small-sample correction), and a parametric bootstrap that refits the line on every draw; the autocorrelation itself is drawn
  too, because with so few points it decides the width and is hardly known. The line is pooled with two rivals, a walk with
  drift and a walk whose drift changes, each weighed by how well it foretold the series so far (`parkcity.plan.pool`).
- more: the same pool with exponential smoothing with damped trend by statsmodels (Hyndman, Koehler, Ord and Snyder 2008) as one
  more rival, where the points are evenly spaced; otherwise as with 5 to 12. Pooling mends that bands of smoothing models are
  too narrow on short series (Makridakis, Hibon, Lusk and Belhadjali 1987).

What grows by shares (a target with a compound path, all values above zero) is forecast in logarithms, because a straight line
under a growing quantity is too low and its band too narrow; the method's name then ends in `_log`.

The same series gives the same forecast on every run: the random numbers depend on shapes only.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from parkcity.base.errors import UsageError
from parkcity.plan.medians import median_of
from parkcity.plan.pool import FIRST, Rival, changing_walk, pooled, squared_errors, walk, weights
from parkcity.plan.score import cut

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_SEED = 20_201_227
_CHUNK = 16
"""Series at a time: the arrays of so many stay in the processor's cache."""
_MIN_POINTS = 2
_NORMAL_TENTH = 1.2815515655446004
"""The upper tenth of the normal distribution: the library's band is asked for at 80 %."""


@dataclass(frozen=True)
class Forecast:
    """The value expected at a time: median, the band at the stated level, and a sample of what may come, shape (draws,)."""

    method: str
    points: int
    median: float
    low: float
    high: float
    draws: Floats

    def clipped(self, low: float | None, high: float | None) -> Forecast:
        """The same forecast within natural limits."""
        if low is None and high is None:
            return self
        bottom, top = -np.inf if low is None else low, np.inf if high is None else high

        def inside(value: float) -> float:
            return float(min(top, max(bottom, value)))

        return Forecast(
            self.method, self.points, inside(self.median), inside(self.low), inside(self.high), np.clip(self.draws, bottom, top)
        )

    def probability(self, low: float, high: float) -> float:
        """Probability that the value lies in [low, high]; never exactly 0 or 1, because a sample cannot say so."""
        hits = np.count_nonzero((self.draws >= low) & (self.draws <= high))
        return float((hits + 0.5) / (self.draws.size + 1))


@dataclass(frozen=True)
class Ask:
    """One series to forecast: times in years, values, the time asked for, and the scale of the matter (in the value's unit).

    With `growth` the series is forecast in logarithms; a value that is not above zero then raises `UsageError`.
    """

    times: tuple[float, ...]
    series: tuple[float, ...]
    horizon: float
    scale: float = 0.0
    growth: bool = False

    def __post_init__(self) -> None:
        if self.growth and min(self.series, default=1.0) <= 0:
            msg = "a series that grows by shares needs values above zero"
            raise UsageError(msg)


def forecast(
    times: Sequence[float], values: Sequence[float], horizon: float, scale: float = 0.0, *, growth: bool = False
) -> Forecast | None:
    """Forecast one series; None with fewer than two points.

    `times` (n,) in years, increasing; `values` (n,); `horizon` a time after the last; `scale` widens the assumed yearly change
    of short series where the level itself is near zero; `growth` forecasts in logarithms.
    """
    return forecasts([Ask(tuple(times), tuple(values), horizon, scale, growth)])[0]


def forecasts(asks: Sequence[Ask]) -> list[Forecast | None]:
    """Forecast many series at once; series with the same spacing share their random numbers, so the order does not matter."""
    found = _in_levels([_logarithms(ask) if ask.growth else ask for ask in asks])
    return [_exponential(one, ask) if one is not None and ask.growth else one for one, ask in zip(found, asks, strict=True)]


def _logarithms(ask: Ask) -> Ask:
    """The series as logarithms about its mean one, so that a change of 0.01 is one per cent and the level is of the order of one."""
    logs = np.log(ask.series)
    return Ask(ask.times, tuple((logs - logs.mean()).tolist()), ask.horizon, 1.0)


def _exponential(found: Forecast, ask: Ask) -> Forecast:
    middle = float(np.exp(np.log(ask.series).mean()))
    median, low, high = (middle * float(np.exp(value)) for value in (found.median, found.low, found.high))
    return Forecast(f"{found.method}_log", found.points, median, low, high, middle * np.exp(found.draws))


def _in_levels(asks: Sequence[Ask]) -> list[Forecast | None]:
    results: list[Forecast | None] = [None] * len(asks)
    groups: dict[tuple[float, ...], list[int]] = defaultdict(list)
    for at, ask in enumerate(asks):
        count = len(ask.times)
        if count < _MIN_POINTS or ask.horizon <= ask.times[-1]:
            continue
        if count > cut("forecast.models_above") and _even(ask):
            results[at] = _smoothing(ask)
        else:
            groups[tuple(round(time - ask.times[0], 3) for time in (*ask.times, ask.horizon))].append(at)
    for spacing, members in groups.items():
        for begin in range(0, len(members), _CHUNK):
            part = members[begin : begin + _CHUNK]
            found = _of_spacing(np.array(spacing), [asks[at] for at in part])
            for at, result in zip(part, found, strict=True):
                results[at] = result
    return results


def _of_spacing(spacing: Floats, asks: Sequence[Ask]) -> list[Forecast]:
    """Forecasts of series with one spacing, by drift or by the pool."""
    values = np.array([ask.series for ask in asks]).T.copy()
    if len(values) < cut("forecast.drift_below"):
        return _drift(spacing, values, np.array([abs(ask.scale) for ask in asks]))
    return _trend_pool(spacing, values)


def _even(ask: Ask) -> bool:
    steps = np.diff([*ask.times, ask.horizon])
    whole = np.round(steps[-1] / steps[0])
    return bool(np.allclose(steps[:-1], steps[0], atol=0.02) and whole >= 1 and abs(steps[-1] - whole * steps[0]) < 0.02)


@cache
def _student(dof: float) -> tuple[Floats, float]:
    """Evenly spread quantiles of Student's t, and the edge of its central band at the stated level."""
    from scipy.special import stdtrit

    count = int(cut("forecast.draws"))
    half = (1 - cut("forecast.level")) / 2
    return np.asarray(stdtrit(dof, (np.arange(count) + 0.5) / count), np.float64), float(stdtrit(dof, 1 - half))


def _drift(spacing: Floats, values: Floats, scales: Floats) -> list[Forecast]:
    """Forecasts of series (n, m) observed at `spacing[:n]` for the time `spacing[n]`; `scales` (m,) as in `Ask`."""
    times, ahead = spacing[:-1], float(spacing[-1] - spacing[-2])
    span = float(times[-1] - times[0])
    slope = (values[-1] - values[0]) / span
    steps = np.diff(times)[:, None]
    surprises = (np.diff(values, axis=0) - slope * steps) / np.sqrt(steps)
    weight = cut("forecast.prior_weight")
    assumed = cut("forecast.prior_sd") * np.maximum(np.abs(values).mean(0), scales)
    dof = len(values) - 2 + weight
    variance = ((surprises**2).sum(0) + weight * assumed**2) / dof
    sd = np.sqrt(variance * (ahead + ahead**2 / span))
    centre = values[-1] + slope * ahead
    quantiles, edge = _student(dof)
    draws = centre[:, None] + sd[:, None] * quantiles
    bands = zip(centre.tolist(), (centre - edge * sd).tolist(), (centre + edge * sd).tolist(), draws, strict=True)
    return [Forecast("drift", len(values), *band) for band in bands]


def theil_sen(times: Floats, values: Floats) -> tuple[Floats, Floats]:
    """Median of all pairwise slopes, and the median of what is left as intercept.

    `times` (n,), `values` (n, ...); returns slope and intercept of shape (...,). Theil 1950; Sen 1968, intercept after Conover 1980.
    """
    first, second = np.triu_indices(times.size, 1)
    gaps = times[second] - times[first]
    slope = median_of([(values[after] - values[before]) / gap for before, after, gap in zip(first, second, gaps, strict=True)])
    return slope, median_of(list(values)) - slope * float(np.median(times))


def _autocorrelation(residuals: Floats) -> Floats:
    """First-order autocorrelation of residuals (n, m) of a line, corrected for the few points: (nρ + 2)/(n − 4), within −1 and 1."""
    count = residuals.shape[0]
    power = (residuals**2).sum(0)
    lagged = (residuals[1:] * residuals[:-1]).sum(0)
    raw = np.divide(lagged, power, out=np.zeros_like(power), where=power > 0)
    corrected: Floats = np.clip((count * raw + 2.0) / max(count - 4.0, 1.5), -1.0, 1.0)
    return corrected


def _trend_pool(spacing: Floats, values: Floats) -> list[Forecast]:
    """Forecasts of series (n, m) observed at `spacing[:n]` for the time `spacing[n]`, years since the first point."""
    return _pool("theil_sen", values, _rivals(spacing, values), squared_errors(spacing[:-1], values))


def _rivals(spacing: Floats, values: Floats) -> list[Rival]:
    times, horizon = spacing[:-1], float(spacing[-1])
    quantiles = _student(times.size - 2)[0]
    return [_line(spacing, values), walk(times, values, horizon, quantiles), changing_walk(times, values, horizon, quantiles)]


def _pool(method: str, values: Floats, rivals: list[Rival], errors: Floats) -> list[Forecast]:
    count, series = values.shape
    draws = pooled(rivals, weights(errors, count - FIRST, values))
    half = (1 - cut("forecast.level")) / 2
    low, median, high = np.quantile(draws, (half, 0.5, 1 - half), axis=1)
    return [Forecast(method, count, float(median[at]), float(low[at]), float(high[at]), draws[at]) for at in range(series)]


def _line(spacing: Floats, values: Floats) -> Rival:
    """The Theil-Sen line with autocorrelated residuals, its errors drawn by bootstrap.

    Time comes first in all arrays, so that each step works on whole runs of memory.
    """
    count = values.shape[0]
    times, horizon = spacing[:-1], float(spacing[-1])
    slope, intercept = theil_sen(times, values)
    line = intercept + slope * times[:, None]
    residuals = values - line
    raw = _autocorrelation(residuals)
    memory = np.clip(raw, 0.0, 1.0)
    surprises = residuals[1:] - memory * residuals[:-1]
    sd = np.sqrt((surprises**2).sum(0) / (count - 2.5))
    noise = _noise(surprises - surprises.mean(0), sd, count)
    drawn, ahead = _autoregression(raw, noise, spacing)
    refit_slope, refit_level = theil_sen(times, line[:, :, None] + drawn)
    gap = memory ** (horizon - times[-1])
    last = line[-1, :, None] + drawn[-1] - refit_level - refit_slope * times[-1]
    truth = (intercept + slope * horizon)[:, None] + ahead
    error = truth - (refit_level + refit_slope * horizon + gap[:, None] * last)
    centre = intercept + slope * horizon + gap * residuals[-1]
    return Rival(centre, np.ones_like(centre), np.sort(error, axis=1))


def _noise(surprises: Floats, sd: Floats, count: int) -> Floats:
    """Bootstrap noise (n + 1, m, draws): residuals and their mirror images, scaled to `sd`, with the heavier tail of few points."""
    draws = int(cut("forecast.draws"))
    random = np.random.default_rng([_SEED, count])
    pool = np.concatenate([surprises, -surprises]).T
    chosen = random.integers(0, pool.shape[1], size=(draws, count + 1))
    spread = np.sqrt((pool**2).mean(-1))
    factor = np.divide(sd, spread, out=np.zeros_like(sd), where=spread > 0)
    tail = np.sqrt((count - 2) / random.chisquare(count - 2, size=draws))
    return np.stack([pool[:, chosen[:, at]] * factor[:, None] * tail for at in range(count + 1)])


def _autoregression(memory: Floats, noise: Floats, spacing: Floats) -> tuple[Floats, Floats]:
    """Autoregressive errors at the observed times (n, m, draws) and at the horizon (m, draws).

    Over a gap of d years a memory φ becomes φ^d and the variance of the noise (1 − φ^2d)/(1 − φ²), which is d for φ = 1.
    """
    count = spacing.size - 1
    jitter = np.random.default_rng([_SEED, count, 1]).standard_normal(noise.shape[-1]) / np.sqrt(count)
    phi = np.clip(memory[:, None] + jitter, 0.0, 1.0)
    square = phi**2
    moving = square < 1 - 1e-9
    errors = np.empty_like(noise)
    errors[0] = noise[0] / np.sqrt(np.maximum(1 - square, 0.15))
    for at, step in enumerate(np.diff(spacing).tolist(), start=1):
        if step == 1.0:
            errors[at] = phi * errors[at - 1] + noise[at]
            continue
        growth = np.divide(1 - square**step, 1 - square, out=np.full_like(square, step), where=moving)
        errors[at] = phi**step * errors[at - 1] + noise[at] * np.sqrt(growth)
    return errors[:-1], errors[-1]


def _smoothing(ask: Ask) -> Forecast:
    spacing = np.array([*ask.times, ask.horizon]) - ask.times[0]
    values = np.array([ask.series]).T.copy()
    rivals, errors = _rivals(spacing, values), squared_errors(spacing[:-1], values)
    smooth, squared = _exponential_smoothing(ask)
    return _pool("smoothing", values, [*rivals, smooth], np.vstack([errors, [[squared]]]))[0]


def _exponential_smoothing(ask: Ask) -> tuple[Rival, float]:
    """Exponential smoothing with damped trend, and the sum of its squared one-step errors."""
    import warnings

    import pandas as pd
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    values = pd.Series(ask.series, dtype=float)
    # Level, trend, damping and two weights of smoothing were estimated; the degrees of freedom know it, the library's band does not.
    dof = max(1, len(values) - 5)
    quantiles = _student(dof)[0]
    if min(ask.series) == max(ask.series):
        return Rival(np.array([ask.series[0]]), np.zeros(1), quantiles), 0.0
    step = ask.times[1] - ask.times[0]
    ahead = round((ask.horizon - ask.times[-1]) / step)
    with warnings.catch_warnings():
        # The optimiser may say that it stopped early; the state it reached is still the best one found.
        warnings.simplefilter("ignore")
        fitted = ETSModel(values, error="add", trend="add", damped_trend=True).fit(disp=False)
        frame = fitted.get_prediction(start=len(values), end=len(values) + ahead - 1).summary_frame(alpha=0.2)
    mean, high = float(frame["mean"].iloc[-1]), float(frame["pi_upper"].iloc[-1])
    inflation = len(values) / dof
    sd = (high - mean) / _NORMAL_TENTH * float(np.sqrt(inflation))
    residuals = np.asarray(fitted.resid, dtype=float)[FIRST:]
    # Its errors are of the fit to the whole series: the same degrees of freedom make them comparable with those of real forecasts.
    return Rival(np.array([mean]), np.array([sd]), quantiles), float(residuals @ residuals) * inflation**2
