"""Inequality: cases worked by hand, and the axioms that every measure keeps."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from parkcity.insight.operators.distribution import gini
from parkcity.insight.operators.inequality import (
    atkinson,
    concentration,
    erreygers,
    fractional_rank,
    mean_log_deviation,
    palma,
    palma_of_means,
    poverty,
    theil,
    theil_parts,
)

CASES = yaml.safe_load((Path(__file__).resolve().parent.parent / "cases" / "inequality.yaml").read_text(encoding="utf-8"))["cases"]
MEASURES: dict[str, Any] = {"gini": gini, "theil": theil, "mean_log_deviation": mean_log_deviation, "palma": palma}
people = arrays.arrays(np.float64, 7, elements=st.integers(1, 50))
amounts = arrays.arrays(np.float64, 7, elements=st.integers(1, 1_000))


def value_of(entry: Any) -> float:
    return float(eval(entry, {"__builtins__": {}, "log": math.log})) if isinstance(entry, str) else float(entry)  # noqa: S307 - our own file


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_measures_give_what_was_worked_by_hand(case: dict[str, Any]) -> None:
    values, weights = np.array(case["values"], float), np.array(case["weights"], float)
    for name, function in MEASURES.items():
        if name in case:
            assert function(values, weights) == pytest.approx(value_of(case[name]), rel=1e-12, abs=1e-12), name
    for aversion, expected in case.get("atkinson", {}).items():
        assert atkinson(values, weights, float(aversion)) == pytest.approx(value_of(expected), rel=1e-12, abs=1e-12)


@given(amounts, people, st.sampled_from([0.001, 7.0]))
def test_no_measure_changes_with_the_unit_or_with_more_of_the_same_people(x: np.ndarray, w: np.ndarray, factor: float) -> None:
    for function in (*MEASURES.values(), partial(atkinson, aversion=0.5), partial(atkinson, aversion=2.0)):
        plain = function(x, w)
        assert function(x * factor, w) == pytest.approx(plain, rel=1e-9, abs=1e-12)
        assert function(np.repeat(x, w.astype(int)), np.ones(int(w.sum()))) == pytest.approx(plain, rel=1e-9, abs=1e-12)


@given(amounts, people)
def test_giving_from_the_richest_to_the_poorest_lowers_inequality(x: np.ndarray, w: np.ndarray) -> None:
    # The principle of transfers (Pigou 1912, Dalton 1920), for a transfer too small to turn the order.
    low, high = int(np.argmin(x)), int(np.argmax(x))
    if x[low] == x[high]:
        return
    moved = (x[high] - x[low]) * 0.1 * min(w[low], w[high])
    after = x.copy()
    after[low] += moved / w[low]
    after[high] -= moved / w[high]
    for function in (gini, theil, mean_log_deviation, partial(atkinson, aversion=1.0)):
        assert function(after, w) < function(x, w)


@given(amounts, people, arrays.arrays(np.int64, 7, elements=st.integers(0, 2)))
def test_between_and_within_add_up(x: np.ndarray, w: np.ndarray, group: np.ndarray) -> None:
    parts = theil_parts(x, w, group)
    share = np.bincount(group, w * x) / (w * x).sum()
    within = sum(share[row] * theil(x[group == row], w[group == row]) for row in np.unique(group))
    assert parts.within == pytest.approx(within, abs=1e-12)
    assert parts.between + parts.within == pytest.approx(theil(x, w), abs=1e-12)
    assert parts.between >= -1e-12


@given(amounts, people)
def test_concentration_by_the_values_themselves_is_gini(x: np.ndarray, w: np.ndarray) -> None:
    assert concentration(x, w, x) == pytest.approx(gini(x, w), abs=1e-12)
    assert concentration(x, w, -x) == pytest.approx(-gini(x, w), abs=1e-12)


def test_bounded_concentration_does_not_tell_health_from_illness() -> None:
    # Erreygers (2009): the index of a bounded value is that of its complement with the other sign.
    health, rank, w = np.array([0.2, 0.5, 0.9]), np.array([1.0, 2.0, 3.0]), np.ones(3)
    assert erreygers(health, w, rank, 0, 1) == pytest.approx(-erreygers(1 - health, w, rank, 0, 1))


def test_equal_ranks_share_one_place() -> None:
    assert fractional_rank(np.array([2.0, 2.0, 1.0]), np.array([1.0, 3.0, 4.0])).tolist() == [0.75, 0.75, 0.25]


def test_palma_of_means_is_one_where_everybody_has_the_same() -> None:
    assert palma_of_means(np.full(5, 4.0), np.arange(1.0, 6), np.arange(5.0)) == pytest.approx(1.0)


def test_shares_below_a_line() -> None:
    # Half of the people have half of the line: share 1/2, mean gap 1/4, mean squared gap 1/8.
    values, weights = np.array([50.0, 100.0]), np.ones(2)
    assert [poverty(values, weights, 100.0, power) for power in (0, 1, 2)] == [0.5, 0.25, 0.125]


def test_nobody_and_nothing_have_no_inequality_and_bad_values_are_refused() -> None:
    for function in MEASURES.values():
        assert np.isnan(function(np.array([1.0, 2.0]), np.zeros(2)))
        assert np.isnan(function(np.zeros(2), np.ones(2)))
    for bad in (np.array([-1.0, 2.0]), np.array([np.inf, 1.0])):
        with pytest.raises(ValueError, match="finite and 0 or more"):
            theil(bad, np.ones(2))
    with pytest.raises(ValueError, match="above 0"):
        atkinson(np.ones(2), np.ones(2), 0.0)
    with pytest.raises(ValueError, match="above the lower"):
        erreygers(np.ones(2), np.ones(2), np.ones(2), 1, 1)
    assert mean_log_deviation(np.array([0.0, 1.0]), np.ones(2)) == np.inf
