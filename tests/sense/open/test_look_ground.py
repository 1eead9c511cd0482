"""What a look at rasters of heights and land cover, and at tables of lines, finds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
from affine import Affine

from parkcity.base.errors import InputError
from parkcity.sense.look.ground import look_cover, look_heights
from parkcity.sense.look.lines import line_tables, tables_in
from parkcity.sense.look.look import look

if TYPE_CHECKING:
    from pathlib import Path

    from parkcity.sense.look.lines import LineTables


def _raster(path: Path, cells: Any, step: float = 0.001, **options: Any) -> Path:
    array = np.asarray(cells)
    given = {
        "driver": "GTiff",
        "height": array.shape[0],
        "width": array.shape[1],
        "count": 1,
        "dtype": str(array.dtype),
        "crs": "EPSG:4326",
    }
    with rasterio.open(path, "w", **{**given, "transform": Affine(step, 0, 104.0, 0, -step, 31.0), **options}) as raster:
        raster.write(array, 1)
    return path


def test_heights_tell_their_range_and_the_size_of_a_pixel(tmp_path: Path) -> None:
    found = look_heights(_raster(tmp_path / "dem_2015.tif", np.arange(200, dtype=np.int16).reshape(10, 20)))
    assert (found.facts["low"], found.facts["high"], found.date) == (0.0, 199.0, "2015")
    assert found.facts["pixel_deg"] == pytest.approx(0.001)
    assert found.box == pytest.approx((104.0, 30.99, 104.02, 31.0))


def test_a_large_raster_is_looked_at_in_little_memory_and_keeps_its_place(tmp_path: Path) -> None:
    found = look_heights(_raster(tmp_path / "dem.tif", np.ones((3000, 2500), np.int16), 0.0001))
    assert found.rows == 1000 * 1000
    assert found.box == pytest.approx((104.0, 30.7, 104.25, 31.0))
    assert found.facts["pixel_deg"] == pytest.approx(0.0001)


@pytest.mark.parametrize(
    ("name", "codes", "schemes"),
    [
        ("esa_worldcover_2021.tif", [10, 50, 80], ["worldcover"]),
        ("n47_30_2020_globeland30.tif", [10, 50, 80], ["globeland30"]),
        ("euluc_2018.tif", [101, 505], ["euluc"]),
        ("map.tif", [111, 126, 50], ["cgls"]),
        # 10 is trees on one map and crops on the other: nobody may guess.
        ("map.tif", [10, 50, 80], ["worldcover", "globeland30"]),
        ("map.tif", [7], []),
    ],
)
def test_a_scheme_is_known_by_the_name_of_the_file_or_by_codes_that_no_other_has(
    name: str, codes: list[int], schemes: list[str], tmp_path: Path
) -> None:
    cells = np.resize(np.array(codes, np.uint8 if max(codes) < 256 else np.uint16), (5, 5))
    assert look_cover(_raster(tmp_path / name, cells)).facts["schemes"] == schemes


def test_a_raster_of_heights_is_no_land_cover(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no codes of land cover"):
        look_cover(_raster(tmp_path / "dem.tif", np.linspace(0, 1, 25, dtype=np.float32).reshape(5, 5)))


def test_a_folder_of_shares_is_known_by_the_names_of_its_files(tmp_path: Path) -> None:
    folder = tmp_path / "landcover"
    folder.mkdir()
    for name in ("landcover_Tree", "landcover_BuiltUp", "landcover_SeasonalWater"):
        _raster(folder / f"{name}.tif", np.full((4, 4), 50, np.uint8))
    facts = look_cover(folder).facts
    assert facts == {
        "fractions": {"built": "landcover_BuiltUp.tif", "tree": "landcover_Tree.tif"},
        "unknown": ["landcover_SeasonalWater.tif"],
    }


def _tables(folder: Path, stops: str, services: str = "") -> LineTables:
    (folder / "stops.csv").write_text(stops, encoding="utf-8")
    if services:
        (folder / "services.csv").write_text(services, encoding="utf-8")
    return line_tables([found for path in tables_in(folder) for found in look(path)])


def test_stops_and_services_are_told_apart_by_their_columns(tmp_path: Path) -> None:
    tables = _tables(
        tmp_path,
        "线路,站序,站名,lon,lat\n1号线,1,A,104,30\n1号线,2,B,104.01,30\n",
        "line,mode,days,from,to,headway_min,speed_km_h\n1号线,metro,daily,06:00,23:00,5,35\n",
    )
    assert tables.columns == {"line": "线路", "seq": "站序", "stop": "站名", "lon": "lon", "lat": "lat"}
    assert tables.services is not None
    assert (tables.lines, tables.one_way) == (["1号线"], False)


def test_rows_of_both_directions_are_told_apart_by_the_direction_or_refused(tmp_path: Path) -> None:
    rows = ["1,out,1,A,104,30", "1,out,2,B,104.01,30", "1,back,1,B,104.01,30", "1,back,2,A,104,30"]
    tables = _tables(tmp_path, "\n".join(["line,direction_name,seq,station,lon,lat", *rows]))
    assert (tables.lines, tables.one_way) == (["out", "back"], True)
    bare = "\n".join(["line,seq,station,lon,lat", *(",".join([*row.split(",")[:1], *row.split(",")[2:]]) for row in rows)])
    with pytest.raises(InputError, match="do not tell the rows apart"):
        _tables(tmp_path, bare)
