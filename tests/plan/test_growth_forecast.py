"""Forecasts of what grows by shares: closed forms, laws of scale, calibration, and where they are used."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parkcity.base.errors import UsageError
from parkcity.plan.forecast import Ask, forecast, forecasts
from parkcity.plan.status import standings
from tests.plan.ledgers import ledger

TARGET: dict[str, object] = {
    "id": "T1",
    "article": "1",
    "indicator": "x",
    "name_zh": "指标",
    "name_en": "x",
    "kind": "reach",
    "op": "ge",
    "unit": "count",
}
TARGET |= {"scope": "city", "direction": "up", "baseline_year": 2015, "baseline": 100, "target_year": 2025, "target": 200}
TARGET |= {"binding": "expected", "source": "case", "confidence": "S"}


@given(st.integers(2, 12), st.floats(0.5, 1e6), st.floats(-0.3, 0.5), st.integers(1, 5))
def test_perfect_growth_is_continued(count: int, level: float, rate: float, ahead: int) -> None:
    found = forecast(range(count), [level * (1 + rate) ** year for year in range(count)], count - 1 + ahead, growth=True)
    assert found is not None
    assert found.median == pytest.approx(level * (1 + rate) ** (count - 1 + ahead), rel=1e-6)
    assert 0 < found.low <= found.median * (1 + 1e-9)


@given(st.floats(1e-3, 1e3))
def test_a_change_of_unit_scales_the_forecast_and_nothing_else(times: float) -> None:
    values = [10.0, 13.0, 12.0, 17.0, 18.0, 22.0]
    plain = forecast(range(6), values, 8, growth=True)
    scaled = forecast(range(6), [times * value for value in values], 8, growth=True)
    assert plain is not None
    assert scaled is not None
    assert [scaled.low, scaled.median, scaled.high] == pytest.approx([times * plain.low, times * plain.median, times * plain.high])
    assert scaled.probability(times * 25, np.inf) == pytest.approx(plain.probability(25, np.inf), abs=0.01)


def test_the_eighty_per_cent_band_holds_on_simulated_growth() -> None:
    # Yearly growth of 6 % with a standard deviation of 2 points, independent from year to year.
    random = np.random.default_rng(11)
    held: dict[bool, list[bool]] = {True: [], False: []}
    for count in (5, 6, 8, 10, 12):
        for ahead in (1, 2, 3):
            drawn = 100 * np.exp(np.cumsum(random.normal(0.06, 0.02, (300, count + ahead)), axis=1))
            for growth, results in held.items():
                asks = [
                    Ask(tuple(map(float, range(count))), tuple(one[:count].tolist()), count + ahead - 1.0, 0.0, growth) for one in drawn
                ]
                found = [one for one in forecasts(asks) if one is not None]
                results += [one.low <= truth <= one.high for one, truth in zip(found, drawn[:, -1], strict=True)]
    assert 0.75 <= np.mean(held[True]) <= 0.85
    # What the logarithms are for: a straight line under a growing quantity does not hold its band.
    assert np.mean(held[False]) < 0.7


def test_growth_needs_values_above_zero() -> None:
    with pytest.raises(UsageError, match="above zero"):
        forecast([0, 1, 2], [1.0, 0.0, 2.0], 3, growth=True)


@pytest.mark.parametrize(("path", "method"), [("compound", "theil_sen_log"), ("linear", "theil_sen")])
def test_a_compound_path_is_forecast_by_growth(path: str, method: str) -> None:
    # Doubling in ten years at a constant rate: 7.177 % a year, so 200 is met exactly on the median.
    actuals = [
        {"id": f"A{year}", "indicator": "x", "scope": "city", "value": 100 * 2 ** ((year - 2015) / 10), "op": "eq", "unit": "count"}
        | {"origin": "statistic", "source": "case", "confidence": "S", "true_on": year, "known_on": year}
        for year in range(2016, 2021)
    ]
    made = ledger(targets=[TARGET | {"path": path}], actuals=actuals)
    (item,) = standings(made.view(date(2021, 6, 30)))
    assert item.forecast is not None
    assert item.forecast.method == method
    assert (item.forecast.median == pytest.approx(200)) == (path == "compound")
    if path == "compound":
        assert item.score.pace == pytest.approx((2**0.5 - 1) / (2**0.5 - 1))


def test_a_compound_path_with_a_value_of_zero_is_forecast_in_levels() -> None:
    actuals = [
        {"id": f"A{year}", "indicator": "x", "scope": "city", "value": value, "op": "eq", "unit": "count"}
        | {"origin": "statistic", "source": "case", "confidence": "S", "true_on": year, "known_on": year}
        for year, value in ((2016, 0), (2017, 40))
    ]
    (item,) = standings(ledger(targets=[TARGET | {"path": "compound"}], actuals=actuals).view(date(2021, 6, 30)))
    assert item.forecast is not None
    assert item.forecast.method == "drift"
