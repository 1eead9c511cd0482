"""Vector tiles against the specification's own examples and an independent reader (GDAL)."""

from __future__ import annotations

import gzip
import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pyogrio
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pmtiles.reader import MmapSource, Reader
from pyproj import Transformer

from parkcity.base.errors import UsageError
from parkcity.base.geo import WGS84, frame, shapes_to_world_square, world_square_to_wgs84
from parkcity.serve.tiles.archive import write_pmtiles
from parkcity.serve.tiles.commands import LINE, POINT, POLYGON, draw
from parkcity.serve.tiles.layer import TileLayer
from parkcity.serve.tiles.tile import vector_tile
from parkcity.serve.tiles.wire import varints, zigzag

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

# Source of the commands: Mapbox Vector Tile Specification 2.1, sections 4.3.5.1 to 4.3.5.6.
SPECIFIED = [
    ("POINT (25 17)", POINT, [9, 50, 34]),
    ("MULTIPOINT ((5 7), (3 2))", POINT, [17, 10, 14, 3, 9]),
    ("LINESTRING (2 2, 2 10, 10 10)", LINE, [9, 4, 4, 18, 0, 16, 16, 0]),
    ("MULTILINESTRING ((2 2, 2 10, 10 10), (1 1, 3 5))", LINE, [9, 4, 4, 18, 0, 16, 16, 0, 9, 17, 17, 10, 4, 8]),
    ("POLYGON ((3 6, 8 12, 20 34, 3 6))", POLYGON, [9, 6, 12, 18, 10, 12, 24, 44, 15]),
    (
        "MULTIPOLYGON (((0 0, 10 0, 10 10, 0 10, 0 0)), ((11 11, 20 11, 20 20, 11 20, 11 11), (13 13, 13 17, 17 17, 17 13, 13 13)))",
        POLYGON,
        [9, 0, 0, 26, 20, 0, 0, 20, 19, 0, 15, 9, 22, 2, 26, 18, 0, 0, 18, 17, 0, 15, 9, 4, 13, 26, 0, 8, 8, 0, 0, 7, 15],
    ),
]


@pytest.mark.parametrize(("wkt", "family", "expected"), SPECIFIED)
def test_commands_are_those_of_the_specification(wkt: str, family: int, expected: list[int]) -> None:
    commands, first = draw(np.array([shapely.from_wkt(wkt)]), family)
    assert commands.tolist() == expected
    assert first.tolist() == [0, len(expected)]


def test_every_shape_of_a_batch_begins_with_the_pen_at_the_origin() -> None:
    one = shapely.from_wkt("LINESTRING (2 2, 2 10, 10 10)")
    commands, first = draw(np.array([one, one, one]), LINE)
    assert commands.tolist() == 3 * SPECIFIED[2][2]
    assert first.tolist() == [0, 8, 16, 24]


@given(st.lists(st.integers(0, 2**32 - 1), max_size=30))
def test_varints_are_read_back(numbers: list[int]) -> None:
    data, start = varints(np.array(numbers, np.uint32))
    read = []
    for begin, end in pairwise(start):
        assert all(byte & 0x80 for byte in data[begin : end - 1])
        assert not data[end - 1] & 0x80
        read.append(sum((byte & 0x7F) << (7 * place) for place, byte in enumerate(data[begin:end])))
    assert read == numbers


@given(st.integers(-(2**31), 2**31 - 1))
def test_zigzag_counts_outwards_from_zero(number: int) -> None:
    assert int(zigzag(np.array([number], np.int64))[0]) == (2 * number if number >= 0 else -2 * number - 1)


@given(st.floats(-180, 180), st.floats(-85, 85))
def test_the_world_square_is_the_published_projection(lon: float, lat: float) -> None:
    # EPSG:3857 runs from -20037508.342789244 m to +20037508.342789244 m.
    half = math.pi * 6378137.0
    east, north = Transformer.from_crs(WGS84, "EPSG:3857", always_xy=True).transform(lon, lat)
    (point,) = shapes_to_world_square(np.array([shapely.Point(lon, lat)]))
    assert (point.x, point.y) == pytest.approx(((east + half) / (2 * half), (half - north) / (2 * half)), abs=1e-9)
    assert world_square_to_wgs84(point.x, point.y) == pytest.approx((lon, lat), abs=1e-7)


def _town() -> gpd.GeoDataFrame:
    shapes: list[BaseGeometry] = [shapely.box(west, 30.0, west + 0.01, 30.01) for west in (104.0, 104.01, 104.02)]
    values = {"name": ["东", None, "西"], "minutes": [1.5, math.nan, -2.0], "count": [3, -4, 5], "open": [True, False, True]}
    return frame({key: np.array(column, dtype=object if key == "name" else None) for key, column in values.items()}, shapes, WGS84)


def _archive(path: Path, layers: list[TileLayer], **options: Any) -> dict[str, Any]:
    write_pmtiles(path, layers, name="town", attribution="nobody", **options)
    with path.open("rb") as file:
        reader = Reader(MmapSource(file))
        return {"header": reader.header(), "metadata": reader.metadata()}


def test_another_reader_finds_the_same_shapes_and_values(tmp_path: Path) -> None:
    town = _town()
    path = tmp_path / "town.pmtiles"
    _archive(path, [TileLayer.of("cells", town)], max_zoom=13)
    read = pyogrio.read_dataframe(path, layer="cells")
    back = read.dissolve("mvt_id").to_crs(WGS84)
    # One unit of a tile of zoom 13 is 4.9 km / 4096 at the equator: shapes agree within two units.
    tolerance = 2 * 360 / 2**13 / 4096
    for row, shape in enumerate(town.geometry):
        assert back.geometry.iloc[row].hausdorff_distance(shape) < tolerance
    assert back["name"].dropna().tolist() == ["东", "西"]
    assert back["name"].isna().tolist() == [False, True, False]
    assert back["minutes"].tolist()[::2] == [1.5, -2.0]
    assert math.isnan(back["minutes"].iloc[1])
    assert back["count"].tolist() == [3, -4, 5]
    assert [bool(value) for value in back["open"]] == [True, False, True]


def test_an_archive_says_what_it_holds(tmp_path: Path) -> None:
    told = _archive(tmp_path / "town.pmtiles", [TileLayer.of("cells", _town(), least_zoom=3)], min_zoom=2, max_zoom=5)
    assert told["metadata"]["vector_layers"] == [
        {
            "id": "cells",
            "fields": {"name": "String", "minutes": "Number", "count": "Number", "open": "Boolean"},
            "minzoom": 3,
            "maxzoom": 5,
        }
    ]
    assert told["metadata"]["attribution"] == "nobody"
    assert told["header"]["min_zoom"] == 3
    assert told["header"]["min_lon_e7"] == pytest.approx(1_040_000_000, abs=1)
    assert told["header"]["max_lat_e7"] == pytest.approx(300_100_000, abs=1)


def test_the_same_layers_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        _archive(tmp_path / name, [TileLayer.of("cells", _town())], max_zoom=10)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_tiles_of_the_archive_are_the_single_tiles(tmp_path: Path) -> None:
    layer = TileLayer.of("cells", _town())
    path = tmp_path / "town.pmtiles"
    _archive(path, [layer], max_zoom=9)
    # The tile of zoom 9 that holds 104 degrees east, 30 degrees north, by the slippy-map formula.
    x = int((104.005 / 360 + 0.5) * 512)
    y = int((0.5 - math.asinh(math.tan(math.radians(30.005))) / (2 * math.pi)) * 512)
    with path.open("rb") as file:
        stored = Reader(MmapSource(file)).get(9, x, y)
    assert stored is not None
    assert gzip.decompress(stored) == vector_tile(layer, 9, x, y, full_detail_from=9)
    assert vector_tile(layer, 9, x + 5, y) == b""


def test_shapes_are_clipped_to_their_tile_and_stay_valid(tmp_path: Path) -> None:
    # A star with many narrow points, larger than the tile: clipping and rounding must not break it.
    angles = np.linspace(0, 2 * np.pi, 73)
    radius = np.where(np.arange(73) % 2, 0.3, 0.02)
    star = shapely.Polygon(np.column_stack([104 + radius * np.cos(angles), 30 + radius * np.sin(angles)]))
    path = tmp_path / "star.pmtiles"
    _archive(path, [TileLayer.of("star", frame({"id": [1]}, [star], WGS84))], max_zoom=11)
    read = pyogrio.read_dataframe(path, layer="star")
    assert len(read) > 1
    assert read.geometry.is_valid.all()
    # What is drawn is the star, but for its outline, which rounding may move by half a unit each way.
    drawn = shapely.union_all(read.to_crs(WGS84).geometry.to_numpy())
    assert drawn.symmetric_difference(star).area < star.length * 360 / 2**11 / 4096 / 2


def test_a_broken_polygon_is_repaired_and_a_missing_one_left_out() -> None:
    bow = shapely.from_wkt("POLYGON ((104 30, 104.01 30.01, 104.01 30, 104 30.01, 104 30))")
    layer = TileLayer.of("odd", frame({"id": ["bow", "none", "empty"]}, np.array([bow, None, shapely.Polygon()], object), WGS84))
    assert layer.columns["id"].tolist() == ["bow"]
    assert shapely.is_valid(layer.shapes).all()


@pytest.mark.parametrize("tile", [(-1, 0, 0), (3, 8, 0), (3, 0, -1), (25, 0, 0)])
def test_a_tile_that_does_not_exist_is_refused(tile: tuple[int, int, int]) -> None:
    with pytest.raises(UsageError, match="there is no tile"):
        vector_tile(TileLayer.of("cells", _town()), *tile)


def test_impossible_zooms_and_empty_layers_are_refused(tmp_path: Path) -> None:
    layer = TileLayer.of("cells", _town())
    with pytest.raises(UsageError, match="zooms 5 to 3"):
        write_pmtiles(tmp_path / "a", [layer], name="a", attribution="", min_zoom=5, max_zoom=3)
    with pytest.raises(UsageError, match="every layer is empty"):
        write_pmtiles(tmp_path / "a", [TileLayer.of("none", _town().iloc[:0])], name="a", attribution="")
    assert not list(tmp_path.iterdir())
