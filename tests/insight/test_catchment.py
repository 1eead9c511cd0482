"""Floating catchments: worked by hand, and laws that hold for any city."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from parkcity.insight.operators.catchment import METHODS, Access, Catchment, crowding, cumulative, huff_share, served, two_step
from parkcity.insight.operators.decay import DECAY_KINDS, decayed, power, rings

CASE = yaml.safe_load((Path(__file__).resolve().parent.parent / "cases" / "catchment.yaml").read_text(encoding="utf-8"))
SHARING = ("two_step", "three_step")
CELLS, PLACES = 6, 4


def value_of(entry: Any) -> float:
    return float(eval(entry, {"__builtins__": {}})) if isinstance(entry, str) else float(entry)  # noqa: S307 - arithmetic of our own file


@st.composite
def cities(draw: st.DrawFn) -> tuple[Catchment, np.ndarray, np.ndarray]:
    dense = draw(arrays.arrays(np.float64, (CELLS, PLACES), elements=st.sampled_from([0.0, 0.22, 0.5, 0.68, 1.0])))
    cell, place = np.nonzero(dense)
    demand = draw(arrays.arrays(np.float64, CELLS, elements=st.integers(0, 1_000)))
    supply = draw(arrays.arrays(np.float64, PLACES, elements=st.integers(0, 500)))
    return Catchment(cell, place, dense[cell, place], CELLS, PLACES), demand, supply


def measure(name: str, catchment: Catchment, demand: np.ndarray, supply: np.ndarray) -> Access:
    return METHODS[name](catchment, demand, supply)


def worked() -> tuple[Catchment, np.ndarray, np.ndarray]:
    cell, place, weight = np.array(CASE["pairs"], float).T
    return Catchment(cell.astype(int), place.astype(int), weight, 3, 2), np.array(CASE["demand"], float), np.array(CASE["supply"], float)


@pytest.mark.parametrize("name", METHODS)
def test_each_method_gives_what_was_worked_by_hand(name: str) -> None:
    assert measure(name, *worked()).access == pytest.approx([value_of(entry) for entry in CASE[name]], rel=1e-12)


def test_crowding_is_pupils_for_each_seat() -> None:
    assert crowding(*worked()) == pytest.approx([value_of(entry) for entry in CASE["crowding"]], rel=1e-12)


@given(cities())
def test_all_supply_within_reach_is_given_out(city: tuple[Catchment, np.ndarray, np.ndarray]) -> None:
    catchment, demand, supply = city
    for name in SHARING:
        found = measure(name, catchment, demand, supply)
        assert (demand * found.access).sum() == pytest.approx(supply[~found.idle].sum(), rel=1e-9)
    assert (demand * measure("modified", catchment, demand, supply).access).sum() <= supply.sum() * (1 + 1e-12)
    assert (demand * measure("huff_three_step", catchment, demand, supply).access).sum() <= supply.sum() * (1 + 1e-12)


@given(cities())
def test_balanced_catchments_keep_the_level_of_service(city: tuple[Catchment, np.ndarray, np.ndarray]) -> None:
    catchment, demand, supply = city
    found = measure("balanced", catchment, demand, supply)
    assert found.access.sum() == pytest.approx(found.ratio[np.unique(catchment.place)].sum(), rel=1e-9)


@given(cities(), st.integers(0, PLACES - 1), st.integers(1, 500))
def test_more_supply_never_lowers_anyones_access(city: tuple[Catchment, np.ndarray, np.ndarray], place: int, more: int) -> None:
    catchment, demand, supply = city
    after = supply.copy()
    after[place] += more
    for name in set(METHODS) - {"huff_three_step"}:  # there a larger place draws people away from others, as it should
        before = measure(name, catchment, demand, supply).access
        assert np.all(measure(name, catchment, demand, after).access >= before * (1 - 1e-12))


@given(cities(), st.sampled_from([0.25, 3.0, 40.0]))
def test_access_scales_with_supply_and_against_demand(city: tuple[Catchment, np.ndarray, np.ndarray], factor: float) -> None:
    catchment, demand, supply = city
    for name in METHODS:
        before = measure(name, catchment, demand, supply).access
        assert measure(name, catchment, demand, supply * factor).access == pytest.approx(before * factor, rel=1e-9, abs=1e-12)
        assert measure(name, catchment, demand * factor, supply).access == pytest.approx(before / factor, rel=1e-9, abs=1e-12)


@given(cities())
def test_a_cell_split_in_two_changes_nobodys_access(city: tuple[Catchment, np.ndarray, np.ndarray]) -> None:
    catchment, demand, supply = city
    mine = catchment.cell == 0
    cell = np.append(catchment.cell, np.full(int(mine.sum()), CELLS))
    place, weight = np.append(catchment.place, catchment.place[mine]), np.append(catchment.weight, catchment.weight[mine])
    halved = np.append(demand, demand[0] / 2)
    halved[0] /= 2
    split = Catchment(cell, place, weight, CELLS + 1, PLACES)
    for name in set(METHODS) - {"balanced"}:  # which shares a place's supply over cells, not over people
        found = measure(name, split, halved, supply).access
        assert found[:CELLS] == pytest.approx(measure(name, catchment, demand, supply).access, rel=1e-9, abs=1e-12)
        assert found[0] == pytest.approx(found[CELLS])


@given(cities())
def test_shares_of_a_choice_sum_to_one_where_there_is_one(city: tuple[Catchment, np.ndarray, np.ndarray]) -> None:
    catchment, _, supply = city
    total = catchment.by_cell(huff_share(catchment, supply))
    assert np.all(np.isclose(total, 1) | (total == 0))


@pytest.mark.parametrize("kind", ["step", "gaussian", "epanechnikov", "linear"])
def test_decays_fall_from_one_to_the_limit(kind: Any) -> None:
    weight = decayed(kind, np.linspace(0, 20, 201), 15.0)
    assert weight[0] == 1
    assert np.all(np.diff(weight) <= 0)
    assert np.all(weight[np.linspace(0, 20, 201) > 15.0] == 0)


def test_what_a_decay_cannot_do_is_refused() -> None:
    assert "power" in DECAY_KINDS
    with pytest.raises(ValueError, match="a decay of a limit alone"):
        decayed("power", np.ones(1), 1.0)
    with pytest.raises(ValueError, match="rising edges"):
        rings(np.ones(1), np.array([2.0, 1.0]), np.ones(2))
    with pytest.raises(ValueError, match="above 0"):
        power(np.zeros(1), 2.0)
    with pytest.raises(ValueError, match="weights must be finite"):
        Catchment(np.zeros(1, int), np.zeros(1, int), np.array([np.nan]), 1, 1)
    with pytest.raises(ValueError, match="one entry a pair"):
        Catchment(np.zeros(1, int), np.zeros(2, int), np.ones(1), 1, 1)
    with pytest.raises(ValueError, match="above 0"):
        served(np.ones(1), 0.0)


def test_a_place_that_nobody_reaches_is_told() -> None:
    catchment, demand, supply = worked()
    lonely = Catchment(catchment.cell, catchment.place, catchment.weight, 3, 3)
    assert two_step(lonely, demand, np.append(supply, 50.0)).idle.tolist() == [False, False, True]
    assert cumulative(lonely, np.append(supply, 50.0)) == pytest.approx([10, 25, 10])
