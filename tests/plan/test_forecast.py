"""Forecasts: calibrated bands, closed forms, and the same answer whatever the company."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.stats import f as f_law
from scipy.stats import theilslopes

from parkcity.plan.dates import day, year_fraction
from parkcity.plan.forecast import Ask, Forecast, _line, forecast, forecasts, theil_sen
from parkcity.plan.load import load
from parkcity.plan.score import cut
from parkcity.plan.units import factor
from tests.plan.panels import panels, surprises, windows
from tests.plan.simulated import KINDS, simulate

ROOT = Path(__file__).parents[2]
finite = st.floats(-1e6, 1e6, allow_nan=False)


def _held(found: Forecast | None, truth: float) -> bool:
    assert found is not None
    return found.low <= truth <= found.high


@pytest.mark.parametrize(
    ("method", "counts", "series"), [("drift", (2, 3, 4), 300), ("theil_sen", (5, 6, 8, 10, 12), 200), ("smoothing", (14, 20), 4)]
)
def test_the_eighty_per_cent_band_holds_on_simulated_series(method: str, counts: tuple[int, ...], series: int) -> None:
    random = np.random.default_rng(7)
    held: list[bool] = []
    for count in counts:
        for kind in KINDS:
            for ahead in (1, 2, 3):
                drawn = [simulate(kind, count, ahead, random) for _ in range(series)]
                asks = [Ask(tuple(map(float, range(count))), tuple(one[:count]), float(count + ahead - 1)) for one in drawn]
                found = forecasts(asks)
                assert {one.method for one in found if one} == {method}
                held += [_held(one, truth[-1]) for one, truth in zip(found, drawn, strict=True)]
    assert 0.75 <= np.mean(held) <= 0.85


def test_the_eighty_per_cent_band_holds_on_the_held_out_last_years_of_the_shipped_series() -> None:
    view = load(ROOT / "examples/chengdu").view()
    growing = {row["indicator"] for row in view["targets"] if row["path"] == "compound"}
    series: dict[str, dict[float, float]] = defaultdict(dict)
    units: dict[str, str] = {}
    for row in view["actuals"]:
        unit = units.setdefault(row["indicator"], row["unit"])
        series[row["indicator"]][year_fraction(day(row["true_on"]))] = float(row["value"]) * factor(row["unit"], unit)
    last: list[bool] = []
    every: list[bool] = []
    for name, values in series.items():
        times, growth = sorted(values), name in growing
        tests = [
            _held(forecast(times[:count], [values[time] for time in times[:count]], times[count], growth=growth), values[times[count]])
            for count in range(2, len(times))
        ]
        last += tests[-1:]
        every += tests
    assert len(last) >= 25
    assert 0.75 <= np.mean(last) <= 0.85
    assert 0.75 <= np.mean(every) <= 0.85


def test_the_band_of_an_assumed_change_is_the_best_fit_to_public_panels() -> None:
    # Smyth 2004, "Linear models and empirical Bayes methods", equation for the marginal law: a sample variance with 2 degrees of
    # freedom over the prior variance follows F(2, prior degrees of freedom). Each panel counts
    # the same, and the shipped plan is not among them.
    found = [surprises(panel) for panel in panels().values()]

    def loss(logs: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
        variance, freedom = np.exp(logs)
        return float(-sum(np.mean(f_law.logpdf(part[part > 0] / variance, 2, freedom) - np.log(variance)) for part in found))

    variance, freedom = np.exp(minimize(loss, np.log([0.03**2, 2.0]), method="Nelder-Mead").x)
    assert cut("forecast.prior_sd") == pytest.approx(np.sqrt(variance), rel=0.02)
    assert cut("forecast.prior_weight") == pytest.approx(freedom, rel=0.02)


def test_on_public_series_the_band_is_near_its_level_and_the_line_alone_is_not() -> None:
    # Five points and more, for which nothing was fitted to any data; each panel counts the same. Real series break their habits, so
    # the band holds a little less than on simulated ones; the line alone, which trusts its trend, holds far less.
    pool: list[float] = []
    line: list[float] = []
    for panel in panels().values():
        held: list[tuple[bool, bool]] = []
        for count in (5, 8, 12):
            for ahead in (1, 2, 3):
                for values, truth in windows(panel, count, ahead, 60):
                    spacing = np.array([*range(count), count + ahead - 1.0])
                    alone = _line(spacing, np.array([values]).T.copy())
                    low, high = alone.centre[0] + np.quantile(alone.sample[0], (0.1, 0.9))
                    held.append((_held(forecast(range(count), values, count + ahead - 1), truth), low <= truth <= high))
        pool.append(float(np.mean([one for one, _ in held])))
        line.append(float(np.mean([one for _, one in held])))
    assert 0.75 <= np.mean(pool) <= 0.85
    assert np.mean(line) < 0.7


def test_drift_follows_the_published_variance() -> None:
    # Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 5.5: the drift forecast is the line through the first
    # and the last point, and its variance grows as h + h²/(n − 1).
    found = [forecast([0, 1, 2, 3], [10.0, 13.0, 13.0, 19.0], 3 + ahead) for ahead in (1, 2)]
    one, two = (item for item in found if item is not None)
    assert one.median == pytest.approx(22)
    assert two.median == pytest.approx(25)
    assert (two.high - two.median) / (one.high - one.median) == pytest.approx(np.sqrt((2 + 4 / 3) / (1 + 1 / 3)))


@given(st.lists(finite, min_size=3, max_size=12))
def test_theil_sen_equals_an_independent_program(values: list[float]) -> None:
    times = np.arange(len(values), dtype=float)
    slope, intercept = theil_sen(times, np.array(values))
    other = theilslopes(values, times)
    assert float(slope) == pytest.approx(other[0], rel=1e-9, abs=1e-6)
    assert float(intercept) == pytest.approx(other[1], rel=1e-9, abs=1e-6)


@given(st.integers(2, 12), st.floats(-50, 50), st.floats(-9, 9), st.integers(1, 5))
def test_a_perfect_line_is_continued(count: int, level: float, slope: float, ahead: int) -> None:
    found = forecast(range(count), [level + slope * year for year in range(count)], count - 1 + ahead)
    assert found is not None
    assert found.median == pytest.approx(level + slope * (count - 1 + ahead), rel=1e-6, abs=1e-6)
    assert found.low <= found.median + 1e-9
    assert found.median <= found.high + 1e-9


@settings(deadline=None, max_examples=20)
@given(st.lists(st.lists(st.floats(0, 1e3), min_size=2, max_size=9), min_size=2, max_size=6))
def test_a_forecast_does_not_depend_on_what_else_is_asked(many: list[list[float]]) -> None:
    asks = [Ask(tuple(map(float, range(len(values)))), tuple(values), len(values) + 1.0) for values in many]
    together = forecasts(asks)
    backwards = forecasts(asks[::-1])[::-1]
    for ask, one, other in zip(asks, together, backwards, strict=True):
        alone = forecasts([ask])[0]
        assert one is not None
        assert other is not None
        assert alone is not None
        assert one.low == other.low == pytest.approx(alone.low, rel=1e-12, abs=1e-12)


@given(st.floats(0.1, 10), st.floats(-100, 100))
def test_a_change_of_unit_changes_the_numbers_and_nothing_else(times: float, shift: float) -> None:
    values = [10.0, 13.0, 12.0, 17.0, 18.0, 22.0]
    plain = forecast(range(6), values, 8)
    scaled = forecast(range(6), [times * value + shift for value in values], 8)
    assert plain is not None
    assert scaled is not None
    assert scaled.low == pytest.approx(times * plain.low + shift, rel=1e-6, abs=1e-6)
    assert scaled.probability(times * 25 + shift, np.inf) == pytest.approx(plain.probability(25, np.inf), abs=0.01)


def test_one_point_gives_no_forecast() -> None:
    assert forecast([2020], [1.0], 2025) is None
    assert forecast([2020, 2021], [1.0, 2.0], 2021) is None


def test_natural_limits_cut_the_band() -> None:
    found = forecast([0, 1, 2], [90.0, 95.0, 99.0], 5)
    assert found is not None
    cut = found.clipped(0, 100)
    assert cut.high == cut.median == 100
    assert cut.probability(100, np.inf) > 0.5


def test_a_probability_is_never_certain() -> None:
    found = forecast(range(6), [0.0, 1, 2, 3, 4, 5], 7)
    assert found is not None
    assert 0 < found.probability(100, np.inf) < found.probability(-100, np.inf) < 1
