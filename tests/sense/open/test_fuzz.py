"""Mutated files of every format: each reading ends in a result or in a clear fault, never in a traceback."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import rasterio
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rasterio.transform import Affine

from parkcity.base.errors import InputError
from parkcity.sense.raw import READERS, Request, filled_options
from parkcity.sense.shapefile import bounds, dbf_encoding

if TYPE_CHECKING:
    from collections.abc import Callable

DATA = Path(__file__).parent / "data"
_EDITS = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=6)
_CUT = st.one_of(st.none(), st.floats(0, 1))


def _workbook() -> bytes:
    book = openpyxl.Workbook()
    page: Any = book.active
    for row in (["people"], [], ["zone", "men", None], ["", "young", "old"], ["a", 1, "2,000"], ["b", 3, 4.5]):
        page.append(row)
    page.merge_cells("B3:C3")
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _parquet() -> bytes:
    rows = [
        {
            "id": f"p{number}",
            "geometry": shapely.Point(104, 30 + number / 100).wkb,
            "names": {"primary": "A"},
            "categories": {"primary": "park"},
            "confidence": 0.5,
        }
        for number in range(20)
    ]
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), out, compression="none")
    return out.getvalue()


def _tiff(folder: Path) -> bytes:
    path = folder / "whole.tif"
    options: dict[str, Any] = {"driver": "GTiff", "height": 20, "width": 20, "count": 1, "dtype": "float32", "crs": "EPSG:4326"}
    with rasterio.open(path, "w", **options, transform=Affine(0.001, 0, 104, 0, -0.001, 31), compress="deflate") as raster:
        raster.write(np.arange(400, dtype=np.float32).reshape(1, 20, 20))
    return path.read_bytes()


def _hex(_: Path) -> bytes:
    return b"id,population\n89a901291abffff,10\n89a901291a7ffff,20.5\n"


_FORMATS: dict[str, tuple[str, str, dict[str, Any], Callable[[Path], bytes]]] = {
    "workbook": ("sheet_zone_table", "book.xlsx", {"key": "zone"}, lambda _: _workbook()),
    "parquet": ("overture_places", "places.parquet", {}, lambda _: _parquet()),
    "raster": ("raster_cells", "people.tif", {}, _tiff),
    "h3": ("h3_cells", "hex.csv", {"counts": ["population"]}, _hex),
}


@pytest.mark.parametrize("name", list(_FORMATS))
def test_a_mutated_file_is_read_or_refused(name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    reader_id, file, options, make = _FORMATS[name]
    folder = tmp_path_factory.mktemp(name)
    reader, whole = READERS.get(reader_id), make(folder)

    @settings(max_examples=1000, deadline=None, database=None)
    @given(edits=_EDITS, cut=_CUT)
    def mutate(edits: list[tuple[float, int]], cut: float | None) -> None:
        (folder / file).write_bytes(_mutated(whole, edits, cut))
        try:
            raw = reader.read(Request(folder / file, filled_options(reader, options, "city.toml"), "WGS84", "mine"))
        except InputError as error:
            assert error.faults
        else:
            assert raw.frame is not None
            assert len(raw.frame) == raw.tally.rows_kept

    mutate()


def _mutated(whole: bytes, edits: list[tuple[float, int]], cut: float | None) -> bytes:
    data = bytearray(whole)
    for place, value in edits:
        data[int(place * len(data))] = value
    return bytes(data if cut is None else data[: int(cut * len(data))])


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=_EDITS, cut=_CUT)
def test_a_mutated_shapefile_head_is_read_or_refused(tmp_path: Path, edits: list[tuple[float, int]], cut: float | None) -> None:
    for suffix in (".shp", ".dbf"):
        (tmp_path / f"names{suffix}").write_bytes(_mutated((DATA / f"gbk/names{suffix}").read_bytes()[:4000], edits, cut))
    for read in (dbf_encoding, bounds):
        try:
            read(tmp_path / "names.shp")
        except InputError as error:
            assert error.faults
