"""Rivals and their pool: closed forms, weights that know the truth, and what a pool must never do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parkcity.plan.pool import FIRST, Rival, changing_walk, pooled, squared_errors, walk, weights

YEARS = np.arange(12.0)
GRID = (np.arange(400) + 0.5) / 400


def _shares(values: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    times = np.arange(float(len(values)))
    return weights(squared_errors(times, values), len(values) - FIRST, values)


def test_the_weights_know_the_law_of_a_long_series() -> None:
    random = np.random.default_rng(3)
    noise = random.normal(size=(40, 200))
    laws = (2.0 * np.arange(40)[:, None] + noise, np.cumsum(2 + noise, axis=0), np.cumsum(np.cumsum(noise, axis=0), axis=0))
    for at, values in enumerate(laws):
        shares = _shares(values)
        assert np.allclose(shares.sum(0), 1)
        assert shares[at].mean() > 0.9


def test_a_walk_has_the_published_variance() -> None:
    # Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 5.5, drift method: residuals 1, -2, 1 about a drift of 2,
    # so the variance is 6/2 and grows as h + h²/(n - 1).
    values = np.array([[10.0], [13.0], [13.0], [16.0]])
    for ahead in (1, 3):
        found = walk(np.arange(4.0), values, 3.0 + ahead, GRID)
        assert found.centre[0] == pytest.approx(16 + 2 * ahead)
        assert found.spread[0] ** 2 == pytest.approx(3 * (ahead + ahead**2 / 3))


def test_a_changing_walk_has_the_variance_of_its_own_law() -> None:
    # The value after h steps is the last one, h times the last slope, and (h - i + 1) times the i-th new change of slope.
    values = np.array([[0.0], [1.0], [3.0], [4.0]])
    for ahead in (1, 2, 4):
        found = changing_walk(np.arange(4.0), values, 3.0 + ahead, GRID)
        assert found.centre[0] == pytest.approx(4 + ahead)
        # Changes of slope +1 and -1: their mean square is 1.
        assert found.spread[0] ** 2 == pytest.approx(sum((ahead - step) ** 2 for step in range(ahead)))


def test_ten_year_steps_are_steps() -> None:
    values = np.array([[0.0], [1.0], [3.0], [4.0], [9.0]])
    for rival in (walk, changing_walk):
        yearly, decennial = rival(np.arange(5.0), values, 6.0, GRID), rival(10 * np.arange(5.0), values, 60.0, GRID)
        assert decennial.centre == pytest.approx(yearly.centre)
        assert decennial.spread == pytest.approx(yearly.spread)
    assert weights(squared_errors(np.arange(5.0), values), 2, values) == pytest.approx(
        weights(squared_errors(10 * np.arange(5.0), values), 2, values)
    )


@given(st.lists(st.floats(0, 1), min_size=3, max_size=3).filter(lambda parts: sum(parts) > 0))
def test_a_pool_of_equals_is_each_of_them(parts: list[float]) -> None:
    sample = np.linspace(-1, 1, 400)
    rivals = [Rival(np.array([5.0]), np.array([2.0]), sample)] * 3
    shares = np.array(parts)[:, None] / sum(parts)
    found = np.sort(pooled(rivals, shares)[0])
    assert np.abs(found - (5 + 2 * sample)).max() < 0.05


def test_a_pool_draws_from_each_as_its_weight_says() -> None:
    rivals = [Rival(np.array([float(at)]), np.zeros(1), GRID) for at in range(3)]
    found = pooled(rivals, np.array([[0.5], [0.25], [0.25]]))[0]
    assert [int((found == at).sum()) for at in range(3)] == [200, 100, 100]
    alone = pooled(rivals, np.array([[0.0], [1.0], [0.0]]))[0]
    assert set(alone.tolist()) == {1.0}


@given(st.floats(0.01, 100), st.floats(-1000, 1000))
def test_the_weights_do_not_depend_on_unit_and_zero(times: float, shift: float) -> None:
    values = np.array([[3.0, 5, 4, 7, 9, 8, 12]]).T
    assert _shares(times * values + shift) == pytest.approx(_shares(values), rel=1e-6, abs=1e-9)
