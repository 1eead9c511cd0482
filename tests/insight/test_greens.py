"""Green and blue on the mapped town, whose park, pond, trees and hollows are drawn by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.scenes.mapped import RISE, SIDE, raster, write_mapped
from tests.scenes.town import Town, write_town

from parkcity.insight.corridors import landscape
from parkcity.insight.greens import patch_products, patches_of
from parkcity.insight.inputs import Inputs
from parkcity.insight.operators.hollows import filled
from parkcity.insight.run import measure
from parkcity.standards import parameter
from parkcity.twin.build import build
from parkcity.twin.twin import Twin


@pytest.fixture(scope="module")
def mapped(tmp_path_factory: pytest.TempPathFactory) -> Twin:
    folder = write_mapped(tmp_path_factory.mktemp("greens") / "town")

    def ground(x: Any, y: Any) -> Any:
        # A plane that rises to the east, with a pit of 80 x 80 m and 3 m around (100, 300).
        pit = (abs(x - 100) <= 40) & (abs(y - 300) <= 40)
        return 100.0 + RISE * x - 3.0 * pit

    raster(folder / "data" / "heights.tif", ground)
    return build(folder)


def value(twin: Twin, name: str) -> float:
    (row,) = measure(twin, f"green.{name}").rows("city")
    return float(row["value"])


def test_green_and_water_cover_what_is_drawn(mapped: Twin) -> None:
    # A park of 160 x 160 m and a pond of 40 x 40 m in a town of 400 x 400 m.
    assert value(mapped, "cover") == pytest.approx(160**2 / SIDE**2, rel=1e-3)
    assert value(mapped, "water_cover") == pytest.approx(40**2 / SIDE**2, rel=1e-3)


def test_trees_cover_the_west(mapped: Twin) -> None:
    assert value(mapped, "canopy.land") == pytest.approx(0.5, abs=0.02)
    assert value(mapped, "pervious") == pytest.approx(1.0, abs=1e-6)
    # All residents live in the one house of dwellings, in the west.
    assert value(mapped, "canopy.residents") == pytest.approx(1.0, abs=0.02)
    assert value(mapped, "canopy.enough") == pytest.approx(1.0)


def test_a_hollow_counts_by_its_land(mapped: Twin) -> None:
    # Water rises to the pit's western rim, 103 m at x = 60; the floor, 97 m + x / 20, lies 0.3 m and more below it up to x = 114.
    assert value(mapped, "hollows.land") == pytest.approx((114 - 60) * 80 / SIDE**2, rel=0.1)


def test_one_patch_is_wholly_joined(mapped: Twin) -> None:
    assert len(patches_of(Inputs(mapped)).area_ha) == 1
    assert value(mapped, "patches.joined") == pytest.approx(1.0)


def test_two_parks_are_joined_by_the_chance_of_the_step_between_them(tmp_path: Path) -> None:
    # Discs of 1 ha (radius 56.4 m), centres 700 m apart: half of all steps reach 500 m (table green_parameters).
    parks = [("a", "park", 200.0, 500.0, 10_000.0), ("b", "park", 900.0, 500.0, 10_000.0)]
    twin = build(write_town(tmp_path / "town", Town(places=parks)))
    half = parameter("green_parameters", "dispersal.half").number
    chance = 0.5 ** ((700 - 2 * np.sqrt(10_000 / np.pi)) / half)
    products = patch_products(patches_of(Inputs(twin)))
    assert products[0, 1] == pytest.approx(chance, rel=2e-3)
    # (a (a + a p) + a (a + a p)) / (2 a)^2 = (1 + p) / 2
    assert value(twin, "patches.joined") == pytest.approx((1 + chance) / 2, rel=2e-3)


def test_resistance_is_low_in_green_and_grows_with_buildings(mapped: Twin) -> None:
    found = landscape(mapped)
    row, column = found.square(*(np.array([float(mapped.cells[axis].min()) - 50.0]) for axis in ("x", "y")))
    assert (int(row[0]), int(column[0])) == (0, 0) or found.resistance.shape[0] >= 4
    park = parameter("landscape_resistance", "green.park").number
    assert (found.resistance == park).any()
    assert found.resistance.min() >= 1


def test_water_stands_in_a_bowl_up_to_its_lowest_rim() -> None:
    # A bowl of 5 x 5 whose rim is 4 but for one gap of 2.
    bowl = np.full((5, 5), 4.0)
    bowl[1:4, 1:4] = 1.0
    bowl[2, 4] = 2.0
    assert (filled(bowl)[1:4, 1:4] == 2.0).all()


@given(st.lists(st.lists(st.floats(0, 50), min_size=4, max_size=4), min_size=3, max_size=6))
def test_water_never_stands_below_the_ground_and_always_finds_a_way_down(rows: list[list[float]]) -> None:
    height = np.array(rows)
    level = filled(height)
    assert (level >= height).all()
    # The border keeps its height; filling again changes nothing.
    assert np.array_equal(level[0], height[0])
    assert np.array_equal(filled(level), level)
    # Every inner square has a neighbour that is no higher.
    for i in range(1, height.shape[0] - 1):
        for j in range(1, height.shape[1] - 1):
            around = level[i - 1 : i + 2, j - 1 : j + 2].ravel().tolist()
            around.pop(4)
            assert min(around) <= level[i, j]


def test_unknown_ground_lets_water_out() -> None:
    height = np.full((5, 5), 3.0)
    height[1:4, 1:4] = 1.0
    height[2, 2] = np.nan
    level = filled(height)
    assert np.isnan(level[2, 2])
    assert (level[1:4, 1:4][~np.isnan(level[1:4, 1:4])] == 1.0).all()
