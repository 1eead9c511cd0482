"""Land, buildings, lines of planning and coverage of residential land, on the mapped town and on the tiny one."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.scenes.mapped import RESIDENTS, SIDE, source, write_mapped
from tests.scenes.town import Town, cell_id, write_town
from tests.sense.osm.scene import position

from parkcity.insight.inputs import Inputs
from parkcity.insight.land import building_sum, control_km2, lacks_land
from parkcity.insight.registry import INDICATORS
from parkcity.insight.run import measure, missing_needs
from parkcity.twin.build import build
from parkcity.twin.twin import Twin

LINES = {"eco_red_line": (0.0, 0.0, 100.0, 400.0), "urban_boundary": (0.0, 0.0, 200.0, 100.0)}
HOMES_M2 = 180.0 * 180.0


@pytest.fixture(scope="module")
def mapped(tmp_path_factory: pytest.TempPathFactory) -> Twin:
    extra = source("lines", "control_lines", "vector_areas", "data/lines.geojson", 'class = "line"')
    folder = write_mapped(tmp_path_factory.mktemp("land") / "town", extra)
    _write_lines(folder / "data" / "lines.geojson")
    return build(folder)


def _write_lines(path: Path) -> None:
    features = []
    for name, (west, south, east, north) in LINES.items():
        ring = [list(position(x, y)) for x, y in ((west, south), (east, south), (east, north), (west, north), (west, south))]
        features.append({"type": "Feature", "properties": {"line": name}, "geometry": {"type": "Polygon", "coordinates": [ring]}})
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")


def value(twin: Twin, name: str) -> float:
    (row,) = measure(twin, name).rows("city")
    return float(row["value"])


def test_land_is_what_is_drawn(mapped: Twin) -> None:
    # Homes on 180 x 180 m; trees on the western half of 400 x 400 m.
    assert value(mapped, "land.residential") == pytest.approx(HOMES_M2 / 1e6, rel=1e-3)
    assert value(mapped, "land.residential_per_head") == pytest.approx(HOMES_M2 / RESIDENTS, rel=1e-3)
    assert value(mapped, "land.residents_per_home_km2") == pytest.approx(RESIDENTS / (HOMES_M2 / 1e6), rel=1e-3)
    assert value(mapped, "land.forest") == pytest.approx(SIDE**2 / 2 / 1e6, rel=0.02)


def test_buildings_count_by_footprint_and_levels(mapped: Twin) -> None:
    # Two houses of 20 x 20 m: dwellings of 3 levels, and an office of 30 m, which makes ten storeys of 3 m.
    assert value(mapped, "land.building_cover") == pytest.approx(2 * 400 / SIDE**2, rel=1e-3)
    assert value(mapped, "land.floor_area") == pytest.approx(400 * 3 + 400 * 10, rel=1e-3)
    assert value(mapped, "land.floor_ratio") == pytest.approx((400 * 3 + 400 * 10) / SIDE**2, rel=1e-3)
    assert value(mapped, "land.home_floor_per_head") == pytest.approx(400 * 3 / RESIDENTS, rel=1e-3)
    # No cell has more than its land under buildings, and a house across two cells belongs to both.
    assert np.all(building_sum(Inputs(mapped), "footprint_km2") <= Inputs(mapped).area_km2())
    assert value(mapped, "land.high_rises") == 0
    inputs = Inputs(mapped)
    assert building_sum(inputs, "high", 29.0).sum() == 1
    assert building_sum(inputs, "high", 30.0).sum() == 0
    assert building_sum(inputs, "high_homes", 8.0).sum() == 1


def test_land_inside_the_lines_of_planning_is_cut_by_them(mapped: Twin) -> None:
    assert value(mapped, "land.eco_red_line") == pytest.approx(100 * 400 / 1e6, rel=1e-3)
    # Of the homes, x 10 to 100 and y 10 to 190 lie inside the red line; x 10 to 190 and y 10 to 100 inside the boundary.
    inputs = Inputs(mapped)
    assert control_km2(inputs, "eco_red_line", "residential").sum() == pytest.approx(90 * 180 / 1e6, rel=1e-3)
    assert control_km2(inputs, "urban_boundary", "residential").sum() == pytest.approx(180 * 90 / 1e6, rel=1e-3)
    # A map of land cover tells shares of cells: all of the west is wooded, and nothing is built.
    assert control_km2(inputs, "eco_red_line", "forest").sum() == pytest.approx(100 * 400 / 1e6, rel=1e-3)
    assert value(mapped, "land.built_in_eco_red_line") == 0
    assert missing_needs(INDICATORS.get("land.heritage"), mapped) == ["control_lines:heritage"]


def test_dense_land_is_that_of_cells_above_the_limit(tmp_path: Path) -> None:
    # Cells of 1 ha: 151 residents are 15,100 for each km2, 150 are 15,000 and not more than that.
    town = Town(people={cell_id(50, 50): 151, cell_id(150, 50): 150})
    twin = build(write_town(tmp_path / "town", town))
    assert value(twin, "land.dense") == pytest.approx(0.01)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Twin:
    return build(write_town(tmp_path_factory.mktemp("even") / "town"))


PAIRS = {
    "coverage.primary_school": "life_circle.primary_school",
    "coverage.park_15": "life_circle.park_15",
    "coverage.park.within_5_min": "life_circle.park.within_5_min",
    "coverage.seven.mean": "life_circle.seven.mean",
    "coverage.level_5.all": "life_circle.level_5.all",
}


@pytest.mark.parametrize(("land", "residents"), PAIRS.items())
def test_where_all_cells_hold_as_many_land_and_residents_are_covered_alike(town: Twin, land: str, residents: str) -> None:
    assert value(town, land) == pytest.approx(value(town, residents))


def test_land_where_nobody_lives_is_not_residential(tmp_path: Path) -> None:
    # Only the cells within 500 m of the west are inhabited: half of the land of the town, whoever lives there.
    west = {cell_id(x, y): 7 * (x < 500) for x in range(50, 1000, 100) for y in range(50, 1000, 100)}
    twin = build(write_town(tmp_path / "town", Town(people=west)))
    measured = measure(twin, "coverage.primary_school")
    (row,) = measured.rows("city")
    assert row["whole"] == pytest.approx(0.5)
    assert "inhabited_cells" in next(flag.detail for flag in measured.flags("city") if flag.id == "modelled")


def test_a_map_without_homes_is_no_map_of_land_use(town: Twin) -> None:
    assert lacks_land(town, "residential") == ["land_use"]
    assert lacks_land(town, "forest") == ["land_cover"]


@settings(max_examples=20, deadline=None)
@given(limits=st.tuples(st.floats(0, 2000), st.floats(0, 2000)))
def test_a_longer_walk_never_covers_less_land(town: Twin, limits: tuple[float, float]) -> None:
    from parkcity.insight.indicators.coverage import land_within

    inputs = Inputs(town)
    homes, metres = inputs.get("residential_km2", {}), inputs.distance_m("primary_school")
    near, far = (land_within(homes, metres, limit=limit).part for limit in sorted(limits))
    assert np.all(near <= far)
