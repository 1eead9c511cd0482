"""Composite indices: published examples, and laws of weights, means and orders."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from parkcity.insight.operators.index import (
    ahp,
    arithmetic_mean,
    between_goalposts,
    critic_weights,
    entropy_weights,
    geometric_mean,
    min_max,
    ranks,
    standing,
    topsis,
    z_scores,
)

tables = arrays.arrays(np.float64, (5, 3), elements=st.integers(1, 100).map(float))


def test_critic_weights_of_diakoulakis_example() -> None:
    # source: Diakoulaki, Mavrotas and Papayannakis (1995), eight firms; figures as in the tests of scikit-criteria.
    firms = [(61, 1.08, 4.33), (20.7, 0.26, 4.34), (16.3, 1.98, 2.53), (9, 3.29, 1.65), (5.4, 2.77, 2.33)]
    firms += [(4, 4.12, 1.21), (-6.1, 3.52, 2.10), (-34.6, 3.31, 0.98)]
    assert critic_weights(np.array(firms)) == pytest.approx([0.20222554, 0.48090173, 0.31687273], abs=1e-7)


def test_entropy_weights_of_scikit_criteria() -> None:
    assert entropy_weights(np.array([[1.0, 2.0], [4.0, 16.0]])) == pytest.approx([0.358889, 0.641111], abs=1e-6)


def test_topsis_chooses_hwang_and_yoons_fighter() -> None:
    # source: Hwang and Yoon (1981): four aircraft, cost is the fourth part; printed with three digits.
    planes = np.array(
        [[2.0, 1500, 20000, 5.5, 5, 9], [2.5, 2700, 18000, 6.5, 3, 5], [1.8, 2000, 21000, 4.5, 7, 7], [2.2, 1800, 20000, 5, 5, 5]]
    )
    higher = np.array([True, True, True, False, True, True])
    found = topsis(planes, np.array([0.2, 0.1, 0.1, 0.1, 0.2, 0.3]), higher)
    assert found == pytest.approx([0.643, 0.268, 0.614, 0.312], abs=1e-3)


def test_comparisons_give_saatys_weights_and_consistency() -> None:
    # Eigenvalue of [[1, 3, 5], [1/3, 1, 2], [1/5, 1/2, 1]]: 3.0037 (any eigenvalue program); CR = 0.0037 / 2 / 0.58.
    judged = ahp(np.array([[1, 3, 5], [1 / 3, 1, 2], [1 / 5, 1 / 2, 1]]))
    assert judged.eigenvalue == pytest.approx(3.0036946, abs=1e-7)
    assert judged.weights == pytest.approx([0.64832901, 0.22965079, 0.12202019], abs=1e-7)
    assert judged.consistency == pytest.approx(0.0031850, abs=1e-7)
    # Judgements that agree with weights 1/2, 1/3, 1/6 give them back.
    weights = np.array([3.0, 2.0, 1.0])
    agreed = ahp(weights[:, None] / weights[None, :])
    assert agreed.weights == pytest.approx(weights / 6)
    assert agreed.consistency == pytest.approx(0.0, abs=1e-9)
    with pytest.raises(ValueError, match="reciprocal"):
        ahp(np.array([[1.0, 2.0], [2.0, 1.0]]))
    with pytest.raises(ValueError, match="above 0"):
        ahp(np.zeros((2, 2)))


def test_human_development_index_of_china() -> None:
    # source: Human Development Report 2023/24: China 2022, life expectancy 78.6, expected schooling 15.2, mean schooling 8.1, income
    # 18,025: HDI 0.788. Goalposts of its technical note 1: 20 to 85; 18 and 15 years; ln 100 to ln 75,000.
    life, expected, mean, income = (
        float(between_goalposts(np.array([x]), np.array([worst]), np.array([best]))[0])
        for x, worst, best in ((78.6, 20, 85), (15.2, 0, 18), (8.1, 0, 15), (np.log(18_025), np.log(100), np.log(75_000)))
    )
    scores = np.array([[life, (expected + mean) / 2, income]])
    assert geometric_mean(scores, np.ones(3), 0.01)[0] == pytest.approx(0.788, abs=5e-4)


@given(tables)
def test_weights_are_shares_and_do_not_depend_on_units(x: np.ndarray) -> None:
    for method in (entropy_weights, critic_weights):
        weights = method(x)
        assert weights.sum() == pytest.approx(1.0)
        assert np.all(weights >= -1e-12)
        assert method(x * np.array([1.0, 1_000.0, 0.01])) == pytest.approx(weights, abs=1e-6)


@given(tables)
def test_scales_keep_the_order_of_units(x: np.ndarray) -> None:
    for scaled in (min_max(x), z_scores(x)):
        for part in range(3):
            assert np.array_equal(ranks(scaled[:, part]), ranks(x[:, part])) or np.ptp(x[:, part]) == 0
    turned = min_max(x, np.zeros(3, bool))
    assert np.all((turned >= 0) & (turned <= 1))
    with pytest.raises(ValueError, match="must differ"):
        between_goalposts(x, np.ones(3), np.ones(3))
    with pytest.raises(ValueError, match="two units"):
        entropy_weights(x[:1])


@given(tables, arrays.arrays(np.float64, 3, elements=st.integers(1, 9).map(float)))
def test_the_geometric_mean_never_exceeds_the_arithmetic(x: np.ndarray, weights: np.ndarray) -> None:
    scores = x / 100
    assert np.all(geometric_mean(scores, weights, 0.01) <= arithmetic_mean(scores, weights) * (1 + 1e-12))


def test_an_unknown_part_is_left_out_and_nothing_known_is_no_number() -> None:
    scores = np.array([[0.2, np.nan, 0.6], [np.nan, np.nan, np.nan]])
    assert arithmetic_mean(scores, np.array([1.0, 5.0, 3.0]))[0] == pytest.approx((0.2 + 3 * 0.6) / 4)
    assert np.isnan(arithmetic_mean(scores, np.ones(3))[1])


def test_who_is_better_in_everything_stands_first_whatever_the_weights() -> None:
    scores = np.array([[0.9, 0.8, 0.7], [0.5, 0.4, 0.3], [0.1, 0.2, 0.0]])
    found = standing(scores, np.ones(3), draws=500, spread=0.5, floor=0.01, seed=1)
    assert found.rank.tolist() == [1, 2, 3]
    assert (found.low.tolist(), found.high.tolist()) == ([1, 2, 3], [1, 2, 3])
    assert found.changed == 0
    assert not found.alike(0.05).any()


def test_mirrored_units_cannot_be_told_apart() -> None:
    # Each is best where the other is worst: the order is decided by the draw, half of the time either way.
    scores = np.array([[0.8, 0.2], [0.2, 0.8], [0.0, 0.0]])
    found = standing(scores, np.ones(2), draws=2_000, spread=0.25, floor=0.01, seed=3)
    assert found.rank.tolist() == [1.5, 1.5, 3.0]
    assert found.reversed[0, 1] == pytest.approx(0.5, abs=0.05)
    alike = found.alike(0.05)
    assert alike[0, 1]
    assert alike[1, 0]
    assert not alike[0, 2]
    again = standing(scores, np.ones(2), draws=2_000, spread=0.25, floor=0.01, seed=3)
    assert np.array_equal(found.reversed, again.reversed)


@given(tables)
def test_orders_are_opposite_seen_from_either_side(x: np.ndarray) -> None:
    found = standing(x / 100, np.ones(3), draws=100, spread=0.25, floor=0.01, seed=0)
    apart = found.rank[:, None] != found.rank[None, :]
    assert found.reversed[apart] == pytest.approx(found.reversed.T[apart])
    assert np.all((found.low <= found.median) & (found.median <= found.high))
