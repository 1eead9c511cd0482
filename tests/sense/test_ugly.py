"""Files with the faults that real files have: each is read with a word about it, or refused with what to do; none is read wrong in silence.

Feeds stand in `tests/transit/test_gtfs.py`, polygons of OpenStreetMap in `tests/sense/osm/test_places.py`, workbooks with titles and
merges in `tests/sense/open/test_tables.py`.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
from tests.conftest import REPOSITORY

from parkcity.base.errors import InputError
from parkcity.base.geo import wgs84_to_gcj02
from parkcity.base.tables import read_csv
from parkcity.sense.osm.metric import areas
from parkcity.sense.raw import READERS, Raw, Request, filled_options

if TYPE_CHECKING:
    from collections.abc import Callable

DATA = Path(__file__).with_name("data")
NAMES = DATA.parent / "open" / "data" / "gbk" / "names.shp"
METRO = REPOSITORY / "examples" / "chengdu" / "data" / "metro" / "metroman_line_stations_2024-12.csv"
_PLACES = {"id": "id", "category": "", "kinds": {"x": "park"}}


@dataclass(frozen=True)
class Ugly:
    """A file, how it is read, and what must come of it: a fault that holds some words, or so many rows and some words about them."""

    name: str
    make: Callable[[Path], Path]
    reader: str
    refused: str = ""
    rows: int = 0
    told: str = ""
    encoding: str = ""
    datum: str = "WGS84"
    options: dict[str, Any] = field(default_factory=dict)


def _there(path: Path) -> Callable[[Path], Path]:
    return lambda _: path


def _text(name: str, text: str, encoding: str = "utf-8") -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        (folder / name).write_bytes(text.encode(encoding))
        return folder / name

    return make


def _wrong_prj(folder: Path) -> Path:
    """Metres of the British grid in a shapefile that says degrees."""
    gpd.read_file(NAMES, encoding="gb18030").to_crs("EPSG:27700").to_file(folder / "grid.shp", encoding="utf-8")
    shutil.copy(NAMES.with_suffix(".prj"), folder / "grid.prj")
    return folder / "grid.shp"


def _no_prj(folder: Path) -> Path:
    """A square of 10,000 feet in the system of eastern Illinois, which nothing in the file says."""
    square = shapely.box(1_170_000, 1_890_000, 1_180_000, 1_900_000)
    gpd.GeoDataFrame({"name": ["Loop"]}, geometry=[square], crs="EPSG:3435").to_file(folder / "feet.shp")
    (folder / "feet.prj").unlink()
    return folder / "feet.shp"


def _sheets(folder: Path) -> Path:
    book = openpyxl.Workbook()
    for title in ("By sector", "By gas"):
        page = book.create_sheet(title)
        page.append(["key", "value"])
        page.append(["a", 1])
    book.remove(book["Sheet"])
    book.save(folder / "two.xlsx")
    return folder / "two.xlsx"


def _swapped(folder: Path) -> Path:
    table = pd.read_csv(METRO).head(60)
    frame = pd.DataFrame({"id": range(60), "lon": table["lat_wgs84"], "lat": table["lon_wgs84"]})
    frame.to_csv(folder / "swapped.csv", index=False)
    return folder / "swapped.csv"


_CITIES = "城市,年份,排放量（百万吨）\r\n乐山,2012,39.8\r\n成都,2012,61.3\r\n"
_STATES = "id,name\n" + "".join(
    f"{row},{name}\n" for row, name in enumerate(["São Paulo", "Ceará", "Maranhão", "Goiás", "Rondônia", "Pará"])
)
_SAME = "id,lon,lat\n" + "".join(f"{row},-2.36572,53.41671\n" for row in range(60))
_CODED = {"key": "城市", "repeated": True}

UGLY = [
    Ugly("Chinese in GBK", _text("a.csv", _CITIES, "gb18030"), "csv_zone_table", rows=2, encoding="gb18030", options=_CODED),
    Ugly("a byte-order mark", _text("a.csv", _CITIES, "utf-8-sig"), "csv_zone_table", rows=2, encoding="utf-8-sig", options=_CODED),
    Ugly(
        "UTF-16 with tabs",
        _text("a.txt", _CITIES.replace(",", "\t"), "utf-16"),
        "csv_zone_table",
        rows=2,
        encoding="utf-16",
        options=_CODED,
    ),
    Ugly("accents in Latin-1", _text("a.csv", _STATES, "latin-1"), "csv_zone_table", rows=6, encoding="cp1252", options={"key": "id"}),
    Ugly("a workbook of several sheets", _sheets, "sheet_zone_table", refused="By sector, By gas", options={"key": "key"}),
    Ugly(
        "every place at one point", _text("a.csv", _SAME), "csv_places", refused="60 of 60 points are at one and the same", options=_PLACES
    ),
    Ugly("longitude and latitude exchanged", _swapped, "csv_places", refused="exchange the two columns", options=_PLACES),
    Ugly(
        "a ring that cuts itself",
        _there(DATA / "msoa_2011_ring_self_intersection.geojson.gz"),
        "vector_zones",
        rows=28,
        told="was repaired",
    ),
    Ugly(
        "holes outside",
        _there(DATA / "leisure_centres_hole_outside_shell.geojson"),
        "vector_zones",
        rows=17,
        told="hole lies outside shell",
    ),
    Ugly("no .prj", _no_prj, "vector_zones", refused="state the projected system"),
    Ugly("no .prj, system stated", _no_prj, "vector_zones", rows=1, datum="EPSG:3435"),
    Ugly("metres in a .prj of degrees", _wrong_prj, "vector_zones", refused="state the projected system"),
    Ugly("the same, system stated", _wrong_prj, "vector_zones", rows=28, told="its numbers contradict", datum="EPSG:27700"),
    Ugly("GBK without .cpg", _there(NAMES), "vector_zones", rows=28, encoding="gb18030"),
    *(
        Ugly(f"GeoJSON: {name}", _there(DATA / "geojson" / f"{name}.geojson"), "vector_zones", refused=words)
        for name, words in {
            "bad-duplicate-properties": "'type' stands twice",
            "bad-featurelist": "not nested as those of their type",
            "bad-json": "row 3: this is not JSON",
            "badcoord": "row 1: a coordinate is not a number",
            "badcoordtype": "not nested as those of their type",
            "badfeature": "row 1: this is not a Feature",
            "bbox-4or6elements": "row 1: the bbox is no list of 4 or 6 numbers",
            "point": "row 1: the geometry has no coordinates",
        }.items()
    ),
]


def _read(case: Ugly, folder: Path) -> Raw:
    reader = READERS.get(case.reader)
    path = case.make(folder)
    return reader.read(Request(path, filled_options(reader, case.options, "city.toml"), case.datum, "mine"))


@pytest.mark.parametrize("case", UGLY, ids=lambda case: case.name)
def test_an_ugly_file_is_read_or_refused_as_it_should_be(case: Ugly, tmp_path: Path) -> None:
    if case.refused:
        with pytest.raises(InputError) as caught:
            _read(case, tmp_path)
        assert case.refused in "\n".join(map(str, caught.value.faults))
        return
    tally = _read(case, tmp_path).tally
    assert tally.rows_kept == case.rows
    assert not case.encoding or tally.encoding == case.encoding
    assert case.told in "\n".join(tally.remarks)


def test_every_broken_geojson_is_tried() -> None:
    assert {case.name for case in UGLY} >= {f"GeoJSON: {path.stem}" for path in (DATA / "geojson").iterdir()}


def test_names_come_out_as_they_were_written(tmp_path: Path) -> None:
    table, _ = read_csv(_text("a.csv", _STATES, "latin-1")(tmp_path))
    assert table["name"].tolist()[:3] == ["São Paulo", "Ceará", "Maranhão"]
    # Where Central European letters are certain, they stay.
    czech = "id,name\n" + "".join(f"{row},Žluťoučký kůň úpěl ďábelské ódy v Třebíči\n" for row in range(4))
    assert read_csv(_text("b.csv", czech, "cp1250")(tmp_path))[0]["name"].iloc[0].startswith("Žluťoučký kůň")


def test_shapes_whose_system_the_file_hides_have_the_area_that_they_should(tmp_path: Path) -> None:
    (case,) = (case for case in UGLY if case.name == "no .prj, system stated")
    frame: Any = _read(case, tmp_path).frame
    # 10,000 US survey feet of 1200/3937 m make a side; the scale of the projection is within 1 in 10,000 there (EPSG:3435).
    assert float(areas(frame.geometry.to_numpy()).sum()) == pytest.approx((10_000 * 1200 / 3937) ** 2, rel=3e-4)


def test_islands_on_both_sides_of_the_antimeridian_are_not_stretched_round_the_world(tmp_path: Path) -> None:
    # New Zealand and the Chatham Islands in the country's old map grid: one group lies east, the other west of 180 degrees.
    made = gpd.GeoSeries([shapely.box(172, -42, 173, -41), shapely.box(-177, -44.2, -176, -43.8)], crs="EPSG:4326").to_crs("EPSG:27200")
    gpd.GeoDataFrame({"id": [1, 2]}, geometry=made).to_file(tmp_path / "nz.gpkg")
    reader = READERS.get("vector_zones")
    raw = reader.read(Request(tmp_path / "nz.gpkg", filled_options(reader, {}, "city.toml"), "EPSG:27200", "mine"))
    assert raw.frame is not None
    bounds = raw.frame["geometry"].bounds
    assert (bounds["maxx"] - bounds["minx"]).max() < 2


# --- datums -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def chengdu() -> tuple[Any, Any]:
    """The streets of Chengdu as an index, and the city's projection."""
    from parkcity.base.geo import Projection
    from parkcity.twin.attach import StreetIndex
    from parkcity.twin.streets import build_streets

    reader = READERS.get("edge_list")
    path = REPOSITORY / "examples" / "chengdu" / "data" / "streets"
    options = {"nodes": "nodes.csv.gz", "edges": "edges.csv.gz"}
    raw = reader.read(Request(path, filled_options(reader, options, "city.toml"), "WGS84", "streets"))
    projection = Projection.choose(104.06, 30.66)
    return StreetIndex.of(build_streets(raw, projection, None)[0]), projection


def _stations() -> pd.DataFrame:
    return pd.read_csv(METRO).drop_duplicates("station")


def test_two_datums_in_one_file_are_told_apart_with_the_row_where_they_change(chengdu: tuple[Any, Any]) -> None:
    from parkcity.twin.datum import mixed_datums

    table = _stations()
    half = len(table) // 2
    first = np.arange(len(table)) < half
    lon, lat = (np.where(first, table[f"{name}_gcj02"], table[f"{name}_wgs84"]) for name in ("lon", "lat"))
    found = mixed_datums(lon, lat, "WGS84", *chengdu)
    assert found is not None
    assert (found.first, found.second) == ("GCJ02", "WGS84")
    assert found.before == pytest.approx(half, abs=len(table) // 10)
    fault = found.fault("stations.csv")
    assert "mixes two datums" in fault.what
    assert "split the file" in fault.todo


@pytest.mark.parametrize("every", [2, 3])
def test_two_datums_row_by_row_are_told_too(every: int, chengdu: tuple[Any, Any]) -> None:
    from parkcity.twin.datum import mixed_datums

    table = _stations()
    mine = np.arange(len(table)) % every == 0
    lon, lat = (np.where(mine, table[f"{name}_gcj02"], table[f"{name}_wgs84"]) for name in ("lon", "lat"))
    found = mixed_datums(lon, lat, "WGS84", *chengdu)
    assert found is not None
    assert {found.first, found.second} == {"GCJ02", "WGS84"}
    assert found.before is None


@pytest.mark.parametrize("column", ["gcj02", "wgs84"])
def test_a_file_of_one_datum_is_not_called_a_mixture(column: str, chengdu: tuple[Any, Any]) -> None:
    from parkcity.twin.datum import datum_evidence, mixed_datums

    table = _stations()
    lon, lat = (table[f"{name}_{column}"].to_numpy(float) for name in ("lon", "lat"))
    assert mixed_datums(lon, lat, "WGS84", *chengdu) is None
    evidence = datum_evidence(lon, lat, "WGS84", *chengdu)
    assert evidence is not None
    assert evidence.best == {"gcj02": "GCJ02", "wgs84": "WGS84"}[column]


def test_zones_in_another_datum_are_told_by_the_zones_that_they_should_lie_in(tmp_path: Path) -> None:
    from parkcity.base.spec import load
    from parkcity.twin.build import build, notices_of

    districts = [shapely.box(104.0 + 0.05 * column, 30.6, 104.05 + 0.05 * column, 30.7) for column in range(3)]
    wards = [shapely.box(104.0 + 0.025 * column, 30.6, 104.025 + 0.025 * column, 30.7) for column in range(6)]
    moved = [shapely.transform(ward, lambda points: np.column_stack(wgs84_to_gcj02(points[:, 0], points[:, 1]))) for ward in wards]
    for name, shapes in (("districts", districts), ("wards", moved)):
        columns = {"id": [f"{name[0]}{row}" for row in range(len(shapes))], "population": [100] * len(shapes)}
        gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:4326").to_file(tmp_path / f"{name}.geojson")
    from parkcity.serve.draft.draft import Given
    from parkcity.serve.draft.make import make_city

    made = make_city(tmp_path / "city", Given({"zones": (tmp_path / "districts.geojson", tmp_path / "wards.geojson")}), "en")
    assert len(load(made.folder).tiers) == 2
    told = [notice.what for notice in notices_of(dict(build(made.folder).manifest))]
    assert any("look like GCJ02" in text for text in told)
