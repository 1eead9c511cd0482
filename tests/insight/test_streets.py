"""Streets and blocks against closed forms: a grid of squares, and the same with a superblock."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from tests.scenes.town import PEOPLE, Town, write_town

from parkcity.insight.blocks import blocks_of, faces_of
from parkcity.insight.inputs import Inputs
from parkcity.insight.openings import opening_rows, openings
from parkcity.insight.operators.faces import part_areas
from parkcity.insight.registry import INDICATORS
from parkcity.insight.run import measure, status_of
from parkcity.insight.street_form import walk_area_m2
from parkcity.twin.build import build
from parkcity.twin.twin import Twin


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory) -> Twin:
    return build(write_town(tmp_path_factory.mktemp("streets") / "grid"))


@pytest.fixture(scope="module")
def superblock(tmp_path_factory: pytest.TempPathFactory) -> Twin:
    """The streets between 300 and 700 m either way are missing: one block of 16 ha in place of 16."""
    town = Town(without_streets=(300.0, 300.0, 700.0, 700.0))
    return build(write_town(tmp_path_factory.mktemp("streets") / "superblock", town))


def value(twin: Twin, name: str) -> float:
    (row,) = measure(twin, f"streets.{name}").rows("city")
    assert row["value"] is not None
    return float(row["value"])


def test_a_grid_has_a_block_in_every_mesh(grid: Twin) -> None:
    blocks = blocks_of(Inputs(grid))
    assert len(blocks.shapes) == 100
    assert blocks.area_ha == pytest.approx(np.ones(100), abs=1e-3)
    assert value(grid, "blocks.mean_ha") == pytest.approx(1.0, abs=1e-3)
    assert value(grid, "blocks.mean_side") == pytest.approx(100.0, abs=0.05)
    assert value(grid, "blocks.over_4_ha") == 0.0
    assert value(grid, "blocks.small_share") == 1.0


def test_a_superblock_counts_by_its_land(superblock: Twin) -> None:
    # 84 blocks of 1 ha and one of 16 ha: 16 of 100 ha lie in blocks above 4 and 9 ha.
    assert len(blocks_of(Inputs(superblock)).shapes) == 85
    assert value(superblock, "blocks.over_4_ha") == pytest.approx(0.16, abs=1e-4)
    assert value(superblock, "blocks.over_9_ha") == pytest.approx(0.16, abs=1e-4)
    assert value(superblock, "blocks.mean_ha") == pytest.approx(100 / 85, abs=1e-3)
    assert value(superblock, "blocks.mean_side") == pytest.approx((84 * 100 + 400) / 85, abs=0.05)
    # Land-weighted: (84 x 1 + 16 x 16) / 100.
    assert value(superblock, "blocks.size_met") == pytest.approx(3.4, abs=1e-3)


def test_blocks_add_up_over_districts(superblock: Twin) -> None:
    rows = measure(superblock, "streets.blocks.over_9_ha").rows("district")
    assert sum(row["whole"] for row in rows) == pytest.approx(100.0, abs=0.01)
    assert [row["part"] for row in rows] == pytest.approx([8.0, 8.0], abs=0.01)


def test_the_link_that_opens_a_square_runs_through_its_middle(superblock: Twin) -> None:
    # Opposite points of a square of 400 m are 800 m apart along its edge; straight across the middle saves 400 m and halves it. The points
    # tried lie 1600 / 24 m apart, so that the best pair is at most half a step off on either side: sqrt(400^2 + 66.7^2) = 405.5 m.
    (found,) = openings(Inputs(superblock))
    assert 399.8 <= found.link_m <= 405.8
    assert found.way_m == pytest.approx(800.0, abs=0.5)
    assert found.largest_after_ha == pytest.approx(8.0, abs=0.05)
    (row,) = opening_rows(Inputs(superblock), "district")
    assert row["saved_m"] == round(found.way_m - found.link_m)
    x, y = superblock.cells["x"].to_numpy(float), superblock.cells["y"].to_numpy(float)
    near = shapely.distance(shapely.points(x, y), shapely.LineString(found.ends)) <= 300
    assert row["residents_near"] == near.sum() * PEOPLE


def test_junctions_and_dead_ends_of_a_grid(tmp_path: Path) -> None:
    # Moved by 30 m north-east, 100 nodes lie inside: 81 join four streets, 18 along the south and west three, the corner two.
    twin = build(write_town(tmp_path / "moved", Town(street_shift=30.0)))
    assert value(twin, "dead_end_share") == 0.0
    assert value(twin, "four_way_share") == pytest.approx(81 / 99)


def test_the_detour_on_a_grid_is_that_of_the_city_block_metric(grid: Twin) -> None:
    # From centre to centre one walks |dx| + |dy|, but along a row or a column 50 m to a street and 50 m back on top.
    x, y = np.rint(grid.cells["x"].to_numpy(float)), np.rint(grid.cells["y"].to_numpy(float))
    dx, dy = np.abs(np.subtract.outer(x, x)), np.abs(np.subtract.outer(y, y))
    straight = np.hypot(dx, dy)
    walk = dx + dy + 100.0 * ((dx == 0) | (dy == 0))
    # Pairs exactly 300 or 1,000 m apart may fall on either side by rounding of coordinates: both answers bracket ours.
    low, high = (
        walk[used].sum() / straight[used].sum() for used in ((straight > 301) & (straight < 999), (straight >= 299) & (straight <= 1001))
    )
    assert min(low, high) - 1e-3 <= value(grid, "circuity") <= max(low, high) + 1e-3


def test_the_area_within_a_walk_lies_between_two_diamonds(grid: Twin) -> None:
    # A square is reached by the walk |dx| + |dy| at the least, and by at most 50 m more (back from the street to its centre).
    area = dict(zip(grid.cells["id"], walk_area_m2(Inputs(grid), 300.0), strict=True))
    assert 2 * 250.0**2 <= area["c450-450"] <= 2 * 300.0**2
    wide = dict(zip(grid.cells["id"], walk_area_m2(Inputs(grid), 400.0), strict=True))
    assert all(wide[name] > area[name] for name in area)
    # The share of the circle of a fine grid is 2 / pi at the most (Porta and Renne 2005).
    assert value(grid, "catchment_ratio") <= 2 / math.pi


def test_densities_by_class_are_told_missing_where_streets_have_no_class(grid: Twin) -> None:
    status, needs = status_of(INDICATORS.get("streets.density.urban_road"), grid)
    assert status == "missing"
    assert needs == ["streets:class"]


@given(st.integers(1, 6), st.integers(1, 6), st.floats(30.0, 300.0))
def test_a_grid_of_lines_has_as_many_faces_as_meshes(columns: int, rows: int, side: float) -> None:
    lines = [shapely.LineString([(x * side, 0), (x * side, rows * side)]) for x in range(columns + 1)]
    lines += [shapely.LineString([(0, y * side), (columns * side, y * side)]) for y in range(rows + 1)]
    faces = faces_of(np.array(lines), 10.0)
    assert len(faces) == columns * rows
    assert shapely.area(faces) == pytest.approx(np.full(len(faces), side**2))


def test_faces_as_narrow_as_the_gap_of_a_dual_carriageway_are_no_blocks() -> None:
    ways = [[(0, 0), (400, 0)], [(0, 12), (400, 12)], [(0, 0), (0, 12)], [(400, 0), (400, 12)]]
    assert len(faces_of(np.array([shapely.LineString(way) for way in ways]), 10.0)) == 1
    assert len(faces_of(np.array([shapely.LineString(way) for way in ways]), 12.0)) == 0


@given(st.integers(3, 30), st.data())
def test_a_chord_cuts_a_polygon_into_parts_that_add_up(corners: int, data: st.DataObject) -> None:
    # A star-shaped ring; the independent witness is shapely's area of the part.
    radius = np.array(data.draw(st.lists(st.floats(1.0, 5.0), min_size=corners, max_size=corners)))
    angle = np.arange(corners) * 2 * np.pi / corners
    ring = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    first = data.draw(st.integers(0, corners - 2))
    last = data.draw(st.integers(first + 1, corners - 1))
    part = part_areas(ring, np.array([first]), np.array([last]))[0]
    points = ring[first : last + 1]
    assert part == pytest.approx(shapely.Polygon(points).area if len(points) > 2 else 0.0, abs=1e-9)
