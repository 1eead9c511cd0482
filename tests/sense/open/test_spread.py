"""Totals are kept on every way of spreading them, and fitted tables meet their margins."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from parkcity.base.errors import InputError
from parkcity.sense.spread import Targets, areal, dasymetric, fit_margins, floor_area

SEEDS = st.integers(0, 2**31)


def _boxes(rng: np.random.Generator, count: int, size: float) -> Any:
    at = rng.uniform(0, 100, (count, 2))
    return np.asarray(shapely.box(at[:, 0], at[:, 1], at[:, 0] + size, at[:, 1] + size), object)


def _zones(cut: float) -> Any:
    return np.array([shapely.box(0, 0, cut, 110), shapely.box(cut, 0, 110, 110)], object)


@settings(max_examples=100, deadline=None)
@given(SEEDS, st.floats(20, 80), st.integers(0, 40))
def test_spreading_onto_buildings_keeps_every_zone_total(seed: int, cut: float, count: int) -> None:
    rng = np.random.default_rng(seed)
    zones, totals = _zones(cut), rng.integers(0, 1000, 2)
    homes = Targets(_boxes(rng, count, 5.0), rng.uniform(0, 50, count), whole=True)
    land = Targets(np.array([shapely.box(0, 0, 110, 50), shapely.box(0, 50, 110, 110)], object), np.array([1.0, 3.0]), whole=False)
    spread = dasymetric(zones, [homes, land])
    assert (spread.level >= 0).all()
    assert spread.values(totals.astype(float), count + 2).sum() == pytest.approx(totals.sum(), rel=1e-9)
    whole = spread.whole(totals, count + 2)
    assert whole.sum() == totals.sum()
    assert (whole >= 0).all()
    for zone in range(2):
        rows = spread.source == zone
        assert spread.share[rows].sum() == pytest.approx(1.0)


def test_buildings_take_people_by_their_floor_area() -> None:
    zone = np.array([shapely.box(0, 0, 100, 100)], object)
    homes = Targets(np.array([shapely.box(0, 0, 10, 10), shapely.box(50, 50, 60, 60)], object), np.array([100.0, 300.0]), whole=True)
    assert dasymetric(zone, [homes]).values(np.array([400.0]), 2).tolist() == [100.0, 300.0]


def test_a_zone_without_buildings_falls_back_to_land_by_area_and_density() -> None:
    zones = np.array([shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10)], object)
    homes = Targets(np.array([shapely.box(1, 1, 2, 2)], object), np.array([50.0]), whole=True)
    land = Targets(np.array([shapely.box(0, 0, 15, 10), shapely.box(15, 0, 20, 10)], object), np.array([1.0, 3.0]), whole=False)
    spread = dasymetric(zones, [homes, land])
    assert spread.level.tolist() == [0, 1]
    assert spread.values(np.array([7.0, 80.0]), 3).tolist() == pytest.approx([7.0, 20.0, 60.0])


def test_a_zone_with_nothing_in_it_is_told() -> None:
    spread = dasymetric(np.array([shapely.box(0, 0, 1, 1)], object), [Targets(np.zeros(0, object), np.zeros(0), whole=True)])
    assert spread.level.tolist() == [-1]


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.lists(st.floats(5, 95), min_size=1, max_size=5))
def test_areal_spreading_between_two_tilings_keeps_the_total(seed: int, cuts: list[float]) -> None:
    rng = np.random.default_rng(seed)
    edges = sorted({0.0, 100.0, *cuts})
    sources = np.array([shapely.box(0, a, 100, b) for a, b in pairwise(edges)], object)
    targets = np.array([shapely.box(a, 0, b, 100) for a, b in pairwise(edges)], object)
    totals = rng.uniform(0, 100, len(sources))
    spread = areal(sources, targets)
    values = spread.values(totals, len(targets))
    # Every row is spread over the columns by their width.
    assert values == pytest.approx(totals.sum() * np.diff(edges) / 100.0)


def test_levels_stand_above_height_and_height_above_the_default() -> None:
    area = floor_area(np.full(3, 100.0), np.array([4.0, np.nan, np.nan]), np.array([30.0, 9.1, np.nan]), 3.0, 2.0)
    assert area.tolist() == [400.0, 300.0, 200.0]


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.integers(2, 5), st.integers(2, 5), st.integers(2, 3))
def test_a_fitted_table_meets_all_margins_and_keeps_the_odds_of_its_seed(seed: int, a: int, b: int, c: int) -> None:
    rng = np.random.default_rng(seed)
    truth = rng.uniform(1, 10, (a, b, c))
    start = rng.uniform(1, 10, (a, b, c))
    margins = [((0,), truth.sum(axis=(1, 2))), ((1,), truth.sum(axis=(0, 2))), ((2,), truth.sum(axis=(0, 1)))]
    fit = fit_margins(start, margins)
    for axes, wanted in margins:
        others = tuple(axis for axis in range(3) if axis not in axes)
        assert fit.values.sum(axis=others) == pytest.approx(wanted, rel=1e-6)
    # source: Deming and Stephan (1940): scaling rows and columns leaves every cross-product ratio as it was.
    odds = [table[0, 0, 0] * table[1, 1, 0] / (table[0, 1, 0] * table[1, 0, 0]) for table in (start, fit.values)]
    assert odds[0] == pytest.approx(odds[1], rel=1e-6)


def test_a_two_by_two_table_is_fitted_to_its_closed_form() -> None:
    """With a seed of ones the fitted table is the product of its margins over the total."""
    rows, columns = np.array([30.0, 70.0]), np.array([40.0, 60.0])
    fit = fit_margins(np.ones((2, 2)), [((0,), rows), ((1,), columns)])
    assert fit.values == pytest.approx(np.outer(rows, columns) / 100.0)


def test_margins_that_cannot_be_met_are_told_all_at_once() -> None:
    with pytest.raises(InputError) as caught:
        fit_margins(np.ones((2, 2)), [((0,), np.array([1.0, -2.0])), ((1,), np.array([1.0, 2.0, 3.0])), ((5,), np.array([1.0]))])
    assert len(caught.value.faults) == 3
    with pytest.raises(InputError, match="different totals"):
        fit_margins(np.ones((2, 2)), [((0,), np.array([1.0, 2.0])), ((1,), np.array([1.0, 3.0]))])
    with pytest.raises(InputError, match="none at all"):
        fit_margins(np.array([[0.0, 0.0], [1.0, 1.0]]), [((0,), np.array([1.0, 2.0]))])
    with pytest.raises(InputError, match="zeros in the seed"):
        fit_margins(np.eye(2), [((0,), np.array([1.0, 3.0])), ((1,), np.array([3.0, 1.0]))], rounds=50)
