"""Many polygons over a raster at once: the same shares as one by one, and several rasters as one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from parkcity.base.errors import InputError
from parkcity.sense import pixels
from parkcity.sense.grids import Grid, coverage
from parkcity.sense.pixels import mosaic, pixel_metres, quick_coverage, smoothed

WEST, NORTH, STEP = 104.0, 31.0, 0.001


def _grid(cells: Any, west: float = WEST, north: float = NORTH) -> Grid:
    return Grid(np.asarray(cells, float), west, north, STEP, STEP, "EPSG:4326")


def _sums(found: tuple[Any, Any, Any], grid: Grid, count: int) -> Any:
    owner, pixel, share = found
    return np.bincount(owner, grid.cells.ravel()[pixel] * share, minlength=count)


@settings(max_examples=40)
@given(st.integers(0, 2**31))
def test_small_polygons_get_the_shares_that_they_get_one_by_one(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cells = rng.uniform(0, 100, (12, 12))
    cells[rng.uniform(size=cells.shape) < 0.2] = np.nan
    grid = _grid(cells)
    x, y = rng.uniform(WEST - STEP, WEST + 12 * STEP, 6), rng.uniform(NORTH - 12 * STEP, NORTH + STEP, 6)
    size = rng.uniform(0.2, 3.0, 6) * STEP
    shapes = np.array([shapely.box(a, b, a + s, b + s) for a, b, s in zip(x, y, size, strict=True)], object)
    assert _sums(quick_coverage(grid, shapes), grid, 6) == pytest.approx(_sums(coverage(grid, shapes), grid, 6), rel=1e-9, abs=1e-9)


def test_a_large_polygon_takes_the_pixels_whose_centres_it_holds() -> None:
    grid = _grid(np.ones((40, 40)))
    whole = np.array([shapely.box(WEST, NORTH - 40 * STEP, WEST + 20 * STEP, NORTH)], object)
    # Closed form: half of the raster.
    assert _sums(quick_coverage(grid, whole), grid, 1)[0] == 800


def test_of_very_many_pixels_a_regular_sample_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pixels, "_MOST_PIXELS", 100)
    grid = _grid(np.full((40, 40), 7.0))
    shape = np.array([shapely.box(WEST, NORTH - 40 * STEP, WEST + 40 * STEP, NORTH)], object)
    owner, pixel, share = quick_coverage(grid, shape)
    assert len(owner) == 100
    assert np.average(grid.cells.ravel()[pixel], weights=share) == pytest.approx(7.0)


def test_tiles_of_a_plane_become_the_plane() -> None:
    row, column = np.mgrid[0:20, 0:30]
    plane = 2.0 * column + 3.0 * row
    tiles = [_grid(plane[:, :17]), _grid(plane[:, 15:], WEST + 15 * STEP)]
    whole = mosaic(tiles)
    assert (whole.west, whole.north) == pytest.approx((WEST, NORTH))
    assert whole.cells.shape == (20, 30)
    assert whole.cells == pytest.approx(plane, abs=1e-6)


def test_a_hole_of_the_first_raster_is_filled_by_the_second() -> None:
    first, second = np.full((6, 6), 10.0), np.full((6, 6), 20.0)
    first[2:4, 2:4] = np.nan
    filled = mosaic([_grid(first), _grid(second)]).cells
    assert filled[0, 0] == 10.0
    assert filled[2:4, 2:4] == pytest.approx(np.full((2, 2), 20.0), abs=10.0)
    assert not np.isnan(filled).any()


def test_rasters_too_far_apart_to_be_one_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pixels, "MAX_PIXELS", 1_000)
    with pytest.raises(InputError, match="pixels"):
        mosaic([_grid(np.ones((10, 10))), _grid(np.ones((10, 10)), WEST + 1.0)])


def test_smoothing_keeps_a_plane_and_halves_no_total() -> None:
    row, column = np.mgrid[0:9, 0:9]
    plane = 5.0 * column - row
    inner = smoothed(_grid(plane), 1).cells[1:-1, 1:-1]
    assert inner == pytest.approx(plane[1:-1, 1:-1])
    # Closed form: one pixel of 9 among zeros is 1 for itself and its eight neighbours.
    spike = np.zeros((9, 9))
    spike[4, 4] = 9.0
    assert smoothed(_grid(spike), 1).cells[3:6, 3:6] == pytest.approx(np.ones((3, 3)))


def test_a_pixel_has_its_size_in_metres() -> None:
    from parkcity.sense.osm.metric import degree_metres

    east, north = degree_metres(np.array([NORTH - 0.5 * STEP]))
    assert pixel_metres(_grid(np.ones((1, 1)))) == pytest.approx(float(np.sqrt(east[0] * north[0])) * STEP)
