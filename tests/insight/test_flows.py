"""Flows and matchings: closed forms, an independent solver, and laws."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.optimize import linear_sum_assignment, linprog

from parkcity.insight.operators.flows import (
    balance,
    calibrate_mean,
    calibrate_share,
    common_part,
    gravity,
    mean_cost,
    radiated,
    radiation,
    share_within,
)
from parkcity.insight.operators.transport import least_total, most_total

ZONES = 6
counts = arrays.arrays(np.float64, ZONES, elements=st.integers(1, 900))
costs = arrays.arrays(np.float64, (ZONES, ZONES), elements=st.integers(1, 40))


def matched(homes: np.ndarray, jobs: np.ndarray) -> np.ndarray:
    return np.asarray(jobs * homes.sum() / jobs.sum())


@given(costs, counts, counts, st.sampled_from([0.0, 0.05, 0.3]))
def test_gravity_keeps_homes_and_jobs(cost: np.ndarray, homes: np.ndarray, jobs: np.ndarray, beta: float) -> None:
    jobs = matched(homes, jobs)
    flows = gravity(cost, homes, jobs, beta)
    assert flows.sum(axis=1) == pytest.approx(homes, rel=1e-6)
    assert flows.sum(axis=0) == pytest.approx(jobs, rel=1e-9)
    # Cross ratios are those of the decay, whatever the balancing factors (Wilson 1967).
    ratio = flows[0, 0] * flows[1, 1] / (flows[0, 1] * flows[1, 0])
    assert ratio == pytest.approx(np.exp(-beta * (cost[0, 0] + cost[1, 1] - cost[0, 1] - cost[1, 0])), rel=1e-6)


def test_without_decay_flows_are_independent() -> None:
    homes, jobs = np.array([30.0, 70.0]), np.array([60.0, 40.0])
    assert gravity(np.array([[1.0, 9.0], [9.0, 1.0]]), homes, jobs, 0.0) == pytest.approx(np.outer(homes, jobs) / 100)


@given(costs, counts, counts)
def test_steeper_decay_means_shorter_trips(cost: np.ndarray, homes: np.ndarray, jobs: np.ndarray) -> None:
    jobs = matched(homes, jobs)
    means = [mean_cost(gravity(cost, homes, jobs, beta), cost) for beta in (0.0, 0.05, 0.2)]
    assert means == sorted(means, reverse=True) or np.ptp(means) < 1e-5


def test_calibration_meets_the_published_figure_or_says_what_it_could_not() -> None:
    place = np.arange(30.0)
    cost = np.abs(place[:, None] - place[None, :]) + 0.5
    homes, jobs = np.linspace(10, 200, 30), np.linspace(200, 10, 30)
    for wanted in (10.5, 12.0):
        assert mean_cost(calibrate_mean(cost, homes, jobs, wanted).flows, cost) == pytest.approx(wanted, rel=1e-4)
    found = calibrate_share(cost, homes, jobs, 5.0, 0.3)
    assert share_within(found.flows, cost, 5.0) == pytest.approx(0.3, abs=1e-4)
    with pytest.raises(ValueError, match="above that of flows that ignore cost"):
        calibrate_mean(cost, homes, jobs, 25.0)
    with pytest.raises(ValueError, match=r"no decay gives a mean of 1\b"):
        calibrate_mean(cost, homes, jobs, 1.0)
    with pytest.raises(ValueError, match="within 25 already"):
        calibrate_share(cost, homes, jobs, 25.0, 0.1)


def test_tables_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="one total"):
        balance(np.ones((2, 2)), np.ones(2), np.array([1.0, 2.0]))
    with pytest.raises(ValueError, match="gives nothing"):
        balance(np.array([[1.0, 0.0], [1.0, 0.0]]), np.ones(2), np.ones(2))
    with pytest.raises(ValueError, match="no table with these totals"):
        balance(np.array([[1.0, 0.0], [1.0, 1.0]]), np.array([2.0, 1.0]), np.array([1.0, 2.0]))
    with pytest.raises(ValueError, match="one total"):
        least_total(np.ones((2, 2)), np.ones(2), np.array([1.0, 2.0]))
    with pytest.raises(ValueError, match="needs a cost"):
        least_total(np.array([[1.0, np.inf]]), np.ones(1), np.array([0.5, 0.5]))


def test_radiation_of_one_pair() -> None:
    # m = 100, n = 50, s = 30: 100 x 50 / (130 x 180).
    assert float(radiated(100.0, 50.0, 30.0)) == pytest.approx(5_000 / 23_400)


def test_radiation_on_a_line_is_worked_by_hand() -> None:
    # Three towns in a row, 10 people each, 1 apart, with the first nearest to the second. From the first: 10 x 10 / (10 x 20) = 1/2
    # to the second and 100 / (20 x 30) = 1/6 to the third, so 3/4 and 1/4 of those who leave.
    place = np.array([0.0, 1.0, 2.0])
    ten = np.full(3, 10.0)
    flows = radiation(np.abs(place[:, None] - place[None, :]), ten, ten, ten)
    assert flows[0] == pytest.approx([0.0, 7.5, 2.5])
    half = radiation(np.abs(place[:, None] - place[None, :]), ten, ten, ten, np.full(3, 0.5))
    assert half[0] == pytest.approx([5.0, 3.75, 1.25])


def test_dantzigs_cannery() -> None:
    # source: Dantzig (1963), Linear Programming and Extensions, chapter 3: two canneries, three markets, 50 cases left over.
    cost = np.array([[2.5, 1.7, 1.8, 0.0], [2.5, 1.8, 1.4, 0.0]]) * 90 / 1000
    found = least_total(cost, np.array([350.0, 600.0]), np.array([325.0, 300.0, 275.0, 50.0]))
    assert found.total == pytest.approx(153.675)
    assert found.gap < 1e-9


@given(costs, counts, counts)
def test_matchings_equal_the_whole_linear_programme(cost: np.ndarray, homes: np.ndarray, jobs: np.ndarray) -> None:
    jobs = matched(homes, jobs)
    sums = np.zeros((2 * ZONES, ZONES * ZONES))
    for zone in range(ZONES):
        sums[zone, zone * ZONES : (zone + 1) * ZONES] = 1
        sums[ZONES + zone, zone::ZONES] = 1
    for sign, solve in ((1, least_total), (-1, most_total)):
        whole: Any = linprog(sign * cost.ravel(), A_eq=sums, b_eq=np.concatenate([homes, jobs]), method="highs")
        found = solve(cost, homes, jobs)
        assert found.total == pytest.approx(sign * whole.fun, rel=1e-9)
        assert np.bincount(found.home, found.trips, minlength=ZONES) == pytest.approx(homes)
        assert np.bincount(found.job, found.trips, minlength=ZONES) == pytest.approx(jobs)
        assert found.by_home(cost).sum() == pytest.approx(found.total)


def test_pairs_that_were_left_out_are_priced_until_none_would_help() -> None:
    # With one job a home the least total is that of the assignment problem (Kuhn 1955), far more pairs than are tried at first.
    rng = np.random.default_rng(7)
    place, work = rng.random((150, 2)), rng.random((150, 2)) ** 3
    cost = np.hypot(*(place[:, None] - work[None]).transpose(2, 0, 1))
    row, column = linear_sum_assignment(cost)
    assert least_total(cost, np.ones(150), np.ones(150)).total == pytest.approx(cost[row, column].sum(), rel=1e-9)


@given(costs, counts, counts)
def test_no_flow_has_less_or_more_travel_than_the_matchings(cost: np.ndarray, homes: np.ndarray, jobs: np.ndarray) -> None:
    jobs = matched(homes, jobs)
    for beta in (0.0, 0.2):
        total = (gravity(cost, homes, jobs, beta) * cost).sum()
        assert least_total(cost, homes, jobs).total <= total * (1 + 1e-6)
        assert most_total(cost, homes, jobs).total >= total * (1 - 1e-6)


def test_common_part_is_one_for_equal_tables_and_none_for_apart_ones() -> None:
    table = np.array([[1.0, 0.0], [0.0, 3.0]])
    assert common_part(table, table) == 1.0
    assert common_part(table, table[::-1]) == 0.0
