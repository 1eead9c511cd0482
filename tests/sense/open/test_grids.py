"""Rasters, heights and land cover on grids whose answers are closed forms."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.transform import Affine

from parkcity.base.errors import InputError, UsageError
from parkcity.sense.cover import cover_areas, largest_fraction
from parkcity.sense.grids import Grid, pixel_areas, read_grid, sample, zonal_means, zonal_sums
from parkcity.sense.heights import street_heights
from parkcity.sense.osm.metric import areas
from parkcity.sense.raw import READERS, Raw, Request, filled_options

if TYPE_CHECKING:
    from pathlib import Path

WEST, NORTH, STEP = 104.0, 31.0, 0.001


def _grid(cells: Any) -> Grid:
    return Grid(np.asarray(cells, float), WEST, NORTH, STEP, STEP, "EPSG:4326")


def _write(path: Path, cells: Any, **options: Any) -> Path:
    array = np.asarray(cells, np.float64)
    settings_ = {"driver": "GTiff", "height": array.shape[0], "width": array.shape[1], "count": 1, "dtype": "float64", "crs": "EPSG:4326"}
    transform = Affine(STEP, 0, WEST, 0, -STEP, NORTH)
    with rasterio.open(path, "w", **{**settings_, "transform": transform, "nodata": -99999.0, **options}) as raster:
        raster.write(array, 1)
    return path


def _box(low_x: float, low_y: float, high_x: float, high_y: float) -> Any:
    """A rectangle in pixels from the south-west corner of a raster of ten rows."""
    south = NORTH - 10 * STEP
    return shapely.box(WEST + low_x * STEP, south + low_y * STEP, WEST + high_x * STEP, south + high_y * STEP)


def _tiles(cuts_x: list[float], cuts_y: list[float]) -> Any:
    xs, ys = sorted({0.0, 10.0, *cuts_x}), sorted({0.0, 10.0, *cuts_y})
    return np.array([_box(a, c, b, d) for a, b in pairwise(xs) for c, d in pairwise(ys)], object)


_CUTS = st.lists(st.floats(0.01, 9.99), max_size=4)


@settings(max_examples=60, deadline=None)
@given(_CUTS, _CUTS, st.integers(0, 2**31))
def test_zones_that_tile_the_raster_share_out_everybody(cuts_x: list[float], cuts_y: list[float], seed: int) -> None:
    cells = np.random.default_rng(seed).uniform(0, 100, (10, 10))
    cells[cells < 10] = np.nan
    assert zonal_sums(_grid(cells), _tiles(cuts_x, cuts_y)).sum() == pytest.approx(np.nansum(cells), rel=1e-9)


def test_a_pixel_cut_in_half_gives_half_of_its_people() -> None:
    grid = _grid(np.full((10, 10), 8.0))
    assert zonal_sums(grid, np.array([_box(0, 0, 0.5, 1)], object))[0] == pytest.approx(4.0)
    assert zonal_means(grid, np.array([_box(0, 0, 0.5, 1)], object))[0] == pytest.approx(8.0)


def test_a_triangle_gets_the_share_of_its_area() -> None:
    half = shapely.Polygon(shapely.get_coordinates(_box(0, 0, 10, 10))[:3])
    assert zonal_sums(_grid(np.full((10, 10), 2.0)), np.array([half], object))[0] == pytest.approx(100.0)


def test_no_data_is_nobody_and_no_height() -> None:
    cells = np.full((10, 10), np.nan)
    assert zonal_sums(_grid(cells), np.array([_box(0, 0, 10, 10)], object))[0] == 0
    assert np.isnan(zonal_means(_grid(cells), np.array([_box(0, 0, 10, 10)], object))[0])


def test_a_plane_is_sampled_exactly_between_the_centres_of_pixels() -> None:
    row, column = np.mgrid[0:10, 0:10]
    grid = _grid(3.0 * column - 2.0 * row)
    rng = np.random.default_rng(0)
    x, y = rng.uniform(0.5, 9.5, 100), rng.uniform(0.5, 9.5, 100)
    values = sample(grid, WEST + x * STEP, NORTH - y * STEP)
    assert values == pytest.approx(3.0 * (x - 0.5) - 2.0 * (y - 0.5), abs=1e-6)
    assert np.isnan(sample(grid, np.array([WEST - STEP]), np.array([NORTH])))[0]


def test_pixel_areas_shrink_towards_the_pole_as_the_ellipsoid_says() -> None:
    from pyproj import Geod

    grid = Grid(np.zeros((3, 1)), 10.0, 60.0, 1.0, 1.0, "EPSG:4326")
    truth = [
        abs(Geod(ellps="WGS84").geometry_area_perimeter(shapely.segmentize(box, 0.01))[0])
        for box in grid.boxes(np.arange(3), np.zeros(3, int))
    ]
    assert pixel_areas(grid) == pytest.approx(truth, rel=5e-4)


def test_a_window_of_a_file_holds_the_pixels_of_the_box(tmp_path: Path) -> None:
    cells = np.arange(100.0).reshape(10, 10)
    path = _write(tmp_path / "people.tif", cells)
    window = read_grid(path, (WEST + 2.5 * STEP, NORTH - 4.5 * STEP, WEST + 3.5 * STEP, NORTH - 3.5 * STEP))
    assert window.cells.tolist() == cells[3:5, 2:4].tolist()
    assert (window.west, window.north) == pytest.approx((WEST + 2 * STEP, NORTH - 3 * STEP))


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"crs": None}, "coordinate system"),
        ({"transform": Affine(STEP, STEP / 2, WEST, 0, -STEP, NORTH)}, "turned"),
        ({"transform": Affine(STEP, 0, WEST, 0, STEP, NORTH)}, "turned"),
    ],
)
def test_a_raster_without_a_clear_place_is_refused(tmp_path: Path, options: dict[str, Any], word: str) -> None:
    with pytest.raises(InputError, match=word):
        read_grid(_write(tmp_path / "people.tif", np.zeros((10, 10)), **options))


def test_a_raster_elsewhere_or_no_raster_is_refused(tmp_path: Path) -> None:
    path = _write(tmp_path / "people.tif", np.zeros((10, 10)))
    with pytest.raises(InputError, match="does not cover"):
        read_grid(path, (0.0, 0.0, 1.0, 1.0))
    with pytest.raises(InputError, match="no band 2"):
        read_grid(path, band=2)
    path.write_bytes(b"not a raster")
    with pytest.raises(InputError, match="cannot be read"):
        read_grid(path)


def _cells(path: Path, **options: Any) -> Raw:
    reader = READERS.get("raster_cells")
    return reader.read(Request(path, filled_options(reader, options, "city.toml"), "WGS84", "people"))


@pytest.mark.parametrize("merge", [1, 2, 3, 7, 20])
def test_cells_of_a_raster_keep_its_total_however_coarse(tmp_path: Path, merge: int) -> None:
    cells = np.random.default_rng(2).uniform(0, 9, (10, 10))
    cells[2, 3] = -99999.0
    frame: Any = _cells(_write(tmp_path / "people.tif", cells), merge=merge).frame
    assert frame["people"].sum() == pytest.approx(cells[cells >= 0].sum(), rel=1e-12)
    assert len(frame) == int(np.ceil(10 / merge)) ** 2 - (merge == 1)


def test_negative_persons_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="negative"):
        _cells(_write(tmp_path / "people.tif", np.full((3, 3), -5.0)))


def test_land_cover_areas_add_up_to_the_polygon() -> None:
    codes = np.random.default_rng(3).choice([10, 50, 80], (10, 10))
    box = np.array([_box(1.3, 2.2, 8.8, 9.1)], object)
    table = cover_areas(_grid(codes), "worldcover", box, "cover.tif")
    assert table.sum(axis=1).iloc[0] == pytest.approx(areas(box)[0], rel=1e-5)
    assert set(table.columns[(table > 0).iloc[0]]) == {"tree", "built", "water"}


def test_codes_of_another_scheme_are_refused() -> None:
    with pytest.raises(InputError, match="95"):
        cover_areas(_grid(np.full((10, 10), 95)), "globeland30", np.array([_box(0, 0, 1, 1)], object), "cover.tif")
    with pytest.raises(UsageError, match="worldcover"):
        cover_areas(_grid(np.zeros((10, 10))), "corine", np.array([_box(0, 0, 1, 1)], object), "cover.tif")


def test_the_largest_fraction_names_the_class() -> None:
    layers = {"tree": _grid([[60.0, 10.0, np.nan]]), "built": _grid([[40.0, 90.0, np.nan]])}
    grid, names = largest_fraction(layers)
    assert [names[int(value)] for value in grid.cells[0, :2]] == ["tree", "built"]
    assert np.isnan(grid.cells[0, 2])


def _network(points: list[tuple[float, float]], lines: list[list[int]], bridge: list[int]) -> dict[str, Any]:
    """A network on the raster: points in pixels from the north-west corner."""
    at = np.array([(WEST + x * STEP, NORTH - y * STEP) for x, y in points])
    ends = np.array([(line[0], line[-1]) for line in lines])
    from parkcity.sense.osm.metric import distance

    def length(line: list[int]) -> float:
        part = at[line]
        return float(distance(part[:-1, 0], part[:-1, 1], part[1:, 0], part[1:, 1]).sum())

    return {
        "node_lon": at[:, 0],
        "node_lat": at[:, 1],
        "edge_u": ends[:, 0].astype(np.int32),
        "edge_v": ends[:, 1].astype(np.int32),
        "edge_length": np.array([length(line) for line in lines]),
        "bridge": np.array(bridge, np.int8),
        "geom_start": np.concatenate([[0], np.cumsum([len(line) for line in lines])]).astype(np.int64),
        "geom_lonlat": np.concatenate([at[line] for line in lines]),
    }


def test_a_street_up_a_slope_climbs_its_rise_and_has_its_slope() -> None:
    _, column = np.mgrid[0:10, 0:10]
    found = street_heights(_grid(5.0 * column), _network([(1, 5), (9, 5)], [[0, 1]], [0]), 20.0)
    network = _network([(1, 5), (9, 5)], [[0, 1]], [0])
    assert found.climb[0] == pytest.approx(40.0, abs=1e-6)
    assert found.descent[0] == pytest.approx(0.0, abs=1e-6)
    assert found.slope[0] == pytest.approx(100 * 40.0 / network["edge_length"][0], rel=1e-4)


def test_a_street_through_a_valley_goes_down_and_up_and_a_bridge_over_it_does_not() -> None:
    row, column = np.mgrid[0:101, 0:101]
    grid = _grid(np.abs(column - 50) * 1.0 + 0.0 * row)
    points, line = [(0.5 + 0, 50.0), (100.5, 50.0)], [[0, 1]]
    valley = street_heights(grid, _network(points, line, [0]), 10.0)
    bridge = street_heights(grid, _network(points, line, [1]), 10.0)
    assert (valley.climb[0], valley.descent[0]) == pytest.approx((50.0, 50.0), abs=0.5)
    assert (bridge.climb[0], bridge.descent[0]) == pytest.approx((0.0, 0.0), abs=1e-6)


def test_a_bridge_of_two_parts_runs_straight_between_its_ends() -> None:
    row, column = np.mgrid[0:100, 0:100]
    # Ground at 10 in the west and 40 in the east, with a gorge at 0 between.
    grid = _grid(np.where(column < 20, 10.0, np.where(column > 80, 40.0, 0.0)) + 0.0 * row)
    points = [(5.0, 50.0), (15.0, 50.0), (35.0, 50.0), (95.0, 50.0), (98.0, 50.0)]
    network = _network(points, [[0, 1], [1, 2], [2, 3], [3, 4]], [0, 1, 1, 0])
    found = street_heights(grid, network, 50.0)
    share = network["edge_length"][1] / (network["edge_length"][1] + network["edge_length"][2])
    assert found.node_height[2] == pytest.approx(10.0 + 30.0 * share, rel=1e-6)
    assert found.climb[1] + found.climb[2] == pytest.approx(30.0, rel=1e-6)
