"""Every reader on spoilt files: a reading ends in a result that adds up or in a clear fault; no traceback, no hang, no silent loss.

CI tries a few files for each; `./run fuzz` tries a thousand.
"""

from __future__ import annotations

import io
import json
import os
import warnings
import zipfile
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import openpyxl
import osmium
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import rasterio
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import REPOSITORY
from tests.sense.osm.scene import Scene
from tests.sense.tried import TRIED, Tried

from parkcity.base.errors import InputError
from parkcity.base.geo import Projection
from parkcity.sense.raw import READERS, Raw, Request, filled_options
from parkcity.serve.draft.draft import Given
from parkcity.serve.draft.seen import see

if TYPE_CHECKING:
    pass

EXAMPLES = int(os.environ.get("PARKCITY_FUZZ_EXAMPLES", "25"))
CASES = 39
_HANG = timedelta(seconds=30)
_TOKENS = [
    b",",
    b'"',
    b"\n",
    b"\r\n",
    b"\t",
    b";",
    b"NaN",
    b"1e999",
    b"-1",
    b"\x00",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"null",
    b"{}",
    b"[]",
    b"[[",
    b"\xd6\xd0",
    b"99999999999999999999",
]
_EDITS = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=5)
_WORDS = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.sampled_from(_TOKENS)), max_size=3)
_CUT = st.one_of(st.none(), st.none(), st.floats(0, 1))


@dataclass(frozen=True)
class Case:
    """One reader on one format: the files of a folder, which of them is spoilt, what is asked, and with which options."""

    reader: str
    files: dict[str, bytes]
    spoilt: str
    options: dict[str, Any] = field(default_factory=dict)
    whole_folder: bool = False


def _csv(*rows: str) -> bytes:
    return ("\n".join(rows) + "\n").encode()


def _shapes(kind: str, suffix: str, folder: Path) -> dict[str, bytes]:
    made: dict[str, Any] = {
        "polygon": [shapely.box(104 + row / 100, 30, 104 + (row + 1) / 100, 30.01) for row in range(4)],
        "line": [shapely.LineString([(104 + row / 100, 30), (104 + (row + 1) / 100, 30.0)]) for row in range(4)],
        "point": [shapely.Point(104 + row / 100, 30) for row in range(4)],
    }
    columns = {
        "key": list("abcd"),
        "name": ["东", "南", "西", "北"],
        "people": [1, 2, 3, 4],
        "highway": ["residential", "footway", "primary", "odd"],
        "height": [1.5, 2, 3, 4],
    }
    place = folder / f"{kind}_{suffix[1:]}"
    place.mkdir()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gpd.GeoDataFrame(columns, geometry=made[kind], crs="EPSG:4326").to_file(place / f"shapes{suffix}")
    return {path.name: path.read_bytes() for path in place.iterdir()}


def _raster(folder: Path, values: np.ndarray[Any, Any]) -> bytes:
    path = folder / "whole.tif"
    options: dict[str, Any] = {"driver": "GTiff", "height": 20, "width": 20, "count": 1, "dtype": str(values.dtype), "crs": "EPSG:4326"}
    with rasterio.open(path, "w", **options, transform=Affine(0.001, 0, 104, 0, -0.001, 31), compress="deflate") as raster:
        raster.write(values.reshape(1, 20, 20))
    return path.read_bytes()


def _workbook(rows: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    page: Any = book.active
    for row in rows:
        page.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _overture() -> bytes:
    rows = [
        {
            "id": f"p{row}",
            "geometry": shapely.Point(104, 30 + row / 100).wkb,
            "names": {"primary": "A"},
            "categories": {"primary": "park"},
            "confidence": 0.5,
        }
        for row in range(20)
    ]
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), out, compression="none")
    return out.getvalue()


def _extract(folder: Path) -> dict[str, bytes]:
    scene = Scene()
    for node in range(1, 60):
        scene.node(node, node * 30.0, (node * 7 % 11) * 20.0, **({"barrier": "gate"} if node % 9 == 0 else {}))
    for way in range(1, 15):
        tags = {"highway": "residential"} if way % 2 else {"building": "apartments", "building:levels": "5"}
        scene.way(way, [way, way + 3, way + 11, way + 20, way], name=f"Street {way}", **tags)
    members = [("n", node, "stop") for node in (3, 6, 12)]
    for node in (3, 6, 12):
        scene.nodes[node][2]["public_transport"] = "stop_position"
    scene.relation(1, members, type="route", route="bus", ref="7", interval="10")
    (folder / "osm").mkdir()
    source = scene.write(folder / "osm")
    target = folder / "osm" / "small.osm.pbf"
    with osmium.SimpleWriter(str(target)) as writer:
        for entity in osmium.FileProcessor(str(source)):
            writer.add(entity)
    return {"small.osm.pbf": target.read_bytes(), "small.osm": source.read_bytes()}


def _feed() -> dict[str, bytes]:
    with zipfile.ZipFile(REPOSITORY / "tests" / "transit" / "data" / "gtfs" / "good_feed.zip") as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _cases(folder: Path) -> list[Case]:
    osm, feed = _extract(folder), _feed()
    polygons = {suffix: _shapes("polygon", suffix, folder) for suffix in (".geojson", ".gpkg", ".shp")}
    lines, points = _shapes("line", ".geojson", folder), _shapes("point", ".geojson", folder)
    people = _raster(folder, np.arange(400, dtype=np.float32))
    codes = _raster(folder, np.full(400, 50, np.uint8))
    heights = _raster(folder, np.arange(400, dtype=np.int16))
    east, north = Projection(32648).inverse(np.array([410_050.0, 410_150.0, 410_250.0, 410_350.0, 410_450.0]), np.full(5, 3_390_050.0))
    spots = list(zip(east, north, strict=True))
    lattice = _csv("id,lon,lat,area_m2,pop", *(f"c{row},{spot[0]:.7f},{spot[1]:.7f},10000,5" for row, spot in enumerate(spots)))
    stops = _csv("line,seq,stop,lon,lat", "1,1,A,104,30", "1,2,B,104.01,30", "1,3,C,104.02,30.01")
    services = _csv("line,mode,days,from,to,headway_min,speed_km_h", "1,metro,daily,06:00,23:00,5,35")
    nodes, edges = _csv("node,lon,lat", "a,104,30", "b,104.01,30", "c,104.02,30"), _csv("u,v,length_m", "a,b,960", "b,c,960")
    zones, places = _csv("key,people", "a,1", "b,2"), _csv("id,lon,lat,kind", "1,104,30,公园", "2,104.01,30,x")
    stations = _csv("id,name,lon,lat", "a,Weir,104,30", "b,Roof,104.01,30")
    readings = _csv("time,station,value", "2021-08-01 00:00,a,1", "2021-08-01 00:15,a,-", "2021-08-01 24:00,b,3.5")
    days = {"first_date": "2024-01-01", "last_date": "2024-12-31"}
    sheet = _workbook([["people"], [], ["key", "men", "women"], ["a", 1, "2,000"], ["b", 3, 4.5]])
    listed = _workbook([["id", "lon", "lat", "kind"], [1, 104, 30, "公园"], [2, 104.01, 30, "公园"]])
    feed_zip = (REPOSITORY / "tests" / "transit" / "data" / "gtfs" / "good_feed.zip").read_bytes()
    shapes = [Case("vector_zones", files, f"shapes{suffix}") for suffix, files in polygons.items()]
    shapes += [Case("vector_zones", polygons[".shp"], "shapes.dbf"), Case("vector_zones", polygons[".shp"], "shapes.shx")]
    return [
        *shapes,
        Case(
            "cell_centres",
            {"c.csv": lattice},
            "c.csv",
            {"counts": ["pop"], "shape": "square", "side_m": 100.0, "lattice_crs": "EPSG:32648"},
        ),
        Case("csv_lines", {"l.csv": _csv("line,seq,station,lon,lat", "1,1,A,104,30", "1,2,B,104.1,30")}, "l.csv"),
        Case("csv_places", {"p.csv": places}, "p.csv", {"id": "id", "category": "kind", "kinds": {"公园": "park"}}),
        Case("csv_zone_table", {"z.csv": zones}, "z.csv", {"key": "key"}),
        Case("edge_list", {"nodes.csv": nodes, "edges.csv": edges}, "nodes.csv", whole_folder=True),
        Case("edge_list", {"nodes.csv": nodes, "edges.csv": edges}, "edges.csv", whole_folder=True),
        Case("gtfs", {"feed.zip": feed_zip}, "feed.zip"),
        *(Case("gtfs", feed, name, whole_folder=True) for name in ("stops.txt", "stop_times.txt", "calendar.txt", "trips.txt")),
        Case(
            "h3_cells", {"h.csv": _csv("id,population", "89a901291abffff,10", "89a901291a7ffff,20.5")}, "h.csv", {"counts": ["population"]}
        ),
        Case("line_table", {"stops.csv": stops, "services.csv": services}, "stops.csv", days, whole_folder=True),
        Case("line_table", {"stops.csv": stops, "services.csv": services}, "services.csv", days, whole_folder=True),
        Case("osm_dwellings", osm, "small.osm.pbf", {"osm": "small.osm.pbf", "total": 1000}, whole_folder=True),
        Case("osm_lines", osm, "small.osm", days),
        Case("osm_pbf", osm, "small.osm.pbf"),
        Case("osm_pbf", osm, "small.osm"),
        Case("overture_places", {"p.parquet": _overture()}, "p.parquet"),
        Case("polygon_cells", polygons[".geojson"], "shapes.geojson", {"counts": ["people"], "id": "key"}),
        Case("polygon_cells", polygons[".gpkg"], "shapes.gpkg", {"counts": ["people"], "id": "key", "empty_is_zero": True}),
        Case("raster_cells", {"r.tif": people}, "r.tif", {"merge": 2}),
        Case("raster_cover", {"r.tif": codes}, "r.tif", {"scheme": "worldcover"}),
        Case("raster_fractions", {"tree.tif": codes}, "tree.tif", {"fractions": {"grass": "tree.tif"}}, whole_folder=True),
        Case("raster_heights", {"r.tif": heights}, "r.tif"),
        *(
            Case("sensor_stations", {"stations.csv": stations, "r.csv": readings}, name, {"readings": "r.csv"}, whole_folder=True)
            for name in ("stations.csv", "r.csv")
        ),
        Case("sheet_places", {"s.xlsx": listed}, "s.xlsx", {"id": "id", "category": "kind", "kinds": {"公园": "park"}}),
        Case("sheet_zone_table", {"s.xlsx": sheet}, "s.xlsx", {"key": "key"}),
        Case("sheet_zone_table", {"s.csv": _csv("people", "", "key,men", "a,1", 'b,"2,000"', "source: nobody")}, "s.csv", {"key": "key"}),
        Case("vector_areas", polygons[".geojson"], "shapes.geojson", {"class": "name", "height": "height"}),
        Case("vector_lines", lines, "shapes.geojson", {"class": "highway"}),
        Case("vector_places", points, "shapes.geojson", {"kind": "park", "id": "key"}),
        Case("vector_streets", lines, "shapes.geojson", {"class": "highway"}),
    ]


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    return _cases(tmp_path_factory.mktemp("whole"))


def _read(case: Case, folder: Path) -> Raw:
    reader = READERS.get(case.reader)
    path = folder if case.whole_folder else folder / case.spoilt
    if path.suffix in {".dbf", ".shx"}:
        path = path.with_suffix(".shp")
    return reader.read(Request(path, filled_options(reader, case.options, "city.toml"), "WGS84", "mine"))


_ROLES = {
    "zones": ("vector_zones",),
    "people": ("cell_centres", "h3_cells", "polygon_cells", "raster_cells", "csv_zone_table", "sheet_zone_table"),
    "places": ("csv_places", "sheet_places", "overture_places", "vector_places"),
    "osm": ("osm_pbf",),
    "gtfs": ("gtfs",),
    "streets": ("vector_streets",),
    "elevation": ("raster_heights",),
    "land_cover": ("raster_cover", "raster_fractions"),
    "lines": ("line_table",),
    "buildings": ("vector_areas",),
    "sensors": ("sensor_stations",),
}
"""The option of `parkcity new` under which the file of a reader is given."""


def test_every_reader_is_tried(cases: list[Case]) -> None:
    assert len(cases) == CASES
    assert {case.reader for case in cases} == {reader.id for reader in READERS}


def test_the_files_are_whole_before_they_are_spoilt(cases: list[Case], tmp_path: Path) -> None:
    for number, case in enumerate(cases):
        folder = tmp_path / str(number)
        _write(case, folder)
        assert _read(case, folder).tally.rows_kept > 0, case.reader


def _write(case: Case, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for name, data in case.files.items():
        (folder / name).write_bytes(data)


def _spoil(whole: bytes, edits: list[tuple[float, int]], words: list[tuple[float, bytes]], cut: float | None) -> bytes:
    data = bytearray(whole)
    for place, value in edits:
        data[int(place * len(data))] = value
    for place, word in words:
        at = int(place * len(data))
        data[at:at] = word
    return bytes(data if cut is None else data[: int(cut * len(data))])


def _adds_up(raw: Raw) -> None:
    """Rows kept are rows there, and none is lost without a word."""
    assert raw.tally.rows_kept <= raw.tally.rows_in
    if raw.frame is not None and not raw.frames:
        assert len(raw.frame) == raw.tally.rows_kept
    if raw.tally.rows_kept < raw.tally.rows_in:
        assert raw.tally.refused or raw.tally.remarks
    for name in ("edge_length", "node_lon", "node_lat"):
        if name in raw.arrays:
            assert np.isfinite(np.asarray(raw.arrays[name], float)).all(), name


@pytest.mark.parametrize("number", range(CASES))
def test_a_spoilt_file_is_read_or_refused(number: int, cases: list[Case], tmp_path_factory: pytest.TempPathFactory) -> None:
    case = cases[number]
    folder = tmp_path_factory.mktemp("spoilt")
    _write(case, folder)
    whole = case.files[case.spoilt]

    tally = TRIED.setdefault(f"{case.reader}: {case.spoilt}", Tried())

    @settings(max_examples=EXAMPLES, deadline=_HANG, database=None)
    @given(edits=_EDITS, words=_WORDS, cut=_CUT)
    def spoil(edits: list[tuple[float, int]], words: list[tuple[float, bytes]], cut: float | None) -> None:
        (folder / case.spoilt).write_bytes(_spoil(whole, edits, words, cut))
        with tally.counted():
            _adds_up(_read(case, folder))

    spoil()


@pytest.mark.parametrize("number", range(CASES))
def test_a_look_at_a_spoilt_file_ends_in_what_it_is_or_in_a_fault(
    number: int, cases: list[Case], tmp_path_factory: pytest.TempPathFactory
) -> None:
    case = cases[number]
    role = next((role for role, readers in _ROLES.items() if case.reader in readers), "")
    if not role or case.spoilt.endswith((".dbf", ".shx")) or (role == "gtfs" and case.whole_folder):
        pytest.skip("nobody is given this file alone")
    folder = tmp_path_factory.mktemp("looked_at")
    _write(case, folder)
    path = folder if case.reader in {"line_table", "raster_fractions", "sensor_stations"} else folder / case.spoilt
    whole = case.files[case.spoilt]
    tally = TRIED.setdefault(f"look ({role}): {case.spoilt}", Tried())

    @settings(max_examples=EXAMPLES, deadline=_HANG, database=None)
    @given(edits=_EDITS, words=_WORDS, cut=_CUT)
    def spoil(edits: list[tuple[float, int]], words: list[tuple[float, bytes]], cut: float | None) -> None:
        (folder / case.spoilt).write_bytes(_spoil(whole, edits, words, cut))
        with tally.counted():
            see(Given({role: (path,)}), lambda _step, _share: None)

    spoil()


def test_an_area_without_a_class_is_told(tmp_path: Path) -> None:
    path = tmp_path / "green.geojson"
    shapes = [shapely.box(104, 30, 104.01, 30.01), shapely.box(104.01, 30, 104.02, 30.01)]
    gpd.GeoDataFrame({"kind": ["park", None]}, geometry=shapes, crs="EPSG:4326").to_file(path)
    reader = READERS.get("vector_areas")
    raw = reader.read(Request(path, filled_options(reader, {"class": "kind"}, "city.toml"), "WGS84", "mine"))
    assert (raw.tally.rows_kept, raw.tally.refused) == (1, [(2, "the class is empty")])


def test_an_infinite_length_is_told(tmp_path: Path) -> None:
    (tmp_path / "nodes.csv").write_bytes(_csv("node,lon,lat", "a,104,30", "b,104.01,30"))
    (tmp_path / "edges.csv").write_bytes(_csv("u,v,length_m", "a,b,1e999"))
    reader = READERS.get("edge_list")
    with pytest.raises(InputError, match="'length_m' holds '1e999'"):
        reader.read(Request(tmp_path, filled_options(reader, {}, "city.toml"), "WGS84", "mine"))


def test_digits_that_are_no_numbers_and_files_without_a_name_are_told(tmp_path: Path) -> None:
    feed = _feed()
    feed["stop_times.txt"] = feed["stop_times.txt"].replace(b",1\n", ",\u00b9\n".encode()).replace(b",1,", ",\u00b9,".encode())
    path = _zip({"QQ": b"x", **feed}, tmp_path)
    path.write_bytes(path.read_bytes().replace(b"QQ", b"\x00Q"))
    raw = READERS.get("gtfs").read(Request(path, {}, "WGS84", "mine"))
    assert any("stop sequence" in remark for remark in raw.tally.remarks)


def test_a_geopackage_whose_head_is_damaged_is_read_without_a_mutter(tmp_path: Path) -> None:
    from parkcity.sense.look.look import look

    path = tmp_path / "zones.gpkg"
    gpd.GeoDataFrame({"id": ["a"]}, geometry=[shapely.box(104, 30, 104.1, 30.1)], crs="EPSG:4326").to_file(path)
    data = bytearray(path.read_bytes())
    # Bytes 68 to 71 of a SQLite file are the application's id, "GPKG".
    data[68:72] = bytes(4)
    path.write_bytes(data)
    assert look(path)[0].rows == 1


def test_names_of_attributes_in_broken_bytes_are_told(tmp_path: Path) -> None:
    from parkcity.sense.look.look import look

    path = tmp_path / "zones.geojson"
    square = {"type": "Polygon", "coordinates": [[[104, 30], [104.1, 30], [104.1, 30.1], [104, 30]]]}
    text = json.dumps({"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"QQ": 1}, "geometry": square}]})
    path.write_bytes(text.encode().replace(b"QQ", b"\x80Q"))
    with pytest.raises(InputError):
        look(path)


# --- what no reader may open -------------------------------------------------------------------------------------------


def _zip(entries: dict[str, bytes], folder: Path, name: str = "feed.zip") -> Path:
    with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry, data in entries.items():
            archive.writestr(entry, data)
    return folder / name


@pytest.mark.parametrize("name", ["/etc/stops.txt", "../stops.txt", "a/../../stops.txt", "C:\\stops.txt"])
def test_paths_that_lead_out_of_an_archive_are_refused(name: str, tmp_path: Path) -> None:
    path = _zip({**_feed(), name: b"x"}, tmp_path)
    with pytest.raises(InputError, match="the archive holds the path"):
        READERS.get("gtfs").read(Request(path, {}, "WGS84", "mine"))


def test_a_feed_that_unpacks_to_gigabytes_is_refused_before_they_are_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from parkcity.sense.gtfs import archive

    # The limit is lowered so that the test need not unpack four gigabytes.
    monkeypatch.setattr(archive, "MAX_UNPACKED_BYTES", 1 << 20)
    monkeypatch.setattr(archive.read_files, "__defaults__", (1 << 20,))
    path = _zip({**_feed(), "shapes.txt": b"0" * (8 << 20)}, tmp_path)
    with pytest.raises(InputError, match="unpacks to too much"):
        READERS.get("gtfs").read(Request(path, {}, "WGS84", "mine"))


def test_a_workbook_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    whole = _workbook([["key", "men"], ["a", 1]])
    with zipfile.ZipFile(io.BytesIO(whole)) as book:
        entries = {name: book.read(name) for name in book.namelist()}
    sheet = next(name for name in entries if name.endswith("sheet1.xml"))
    # One cell of 1.1 GB of spaces packs to a megabyte.
    entries[sheet] = entries[sheet].replace(b"</sheetData>", b"<!--" + b" " * (1100 << 20) + b"--></sheetData>")
    path = _zip(entries, tmp_path, "bomb.xlsx")
    reader = READERS.get("sheet_zone_table")
    with pytest.raises(InputError):
        reader.read(Request(path, filled_options(reader, {"key": "key"}, "city.toml"), "WGS84", "mine"))


def test_a_text_table_with_a_cell_of_a_gigabyte_is_refused(tmp_path: Path) -> None:
    import gzip

    path = tmp_path / "bomb.csv.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(b"key,men\na,")
        for _ in range(1025):
            file.write(b"1" * (1 << 20))
    reader = READERS.get("csv_zone_table")
    with pytest.raises(InputError, match="too large"):
        reader.read(Request(path, filled_options(reader, {"key": "key"}, "city.toml"), "WGS84", "mine"))


def test_entities_in_a_workbook_are_not_expanded(tmp_path: Path) -> None:
    whole = _workbook([["key", "men"], ["a", 1]])
    with zipfile.ZipFile(io.BytesIO(whole)) as book:
        entries = {name: book.read(name) for name in book.namelist()}
    sheet = next(name for name in entries if name.endswith("sheet1.xml"))
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    entries[sheet] = bomb + entries[sheet].replace(b"<sheetData>", b"<sheetData>&b;")
    path = _zip(entries, tmp_path, "entities.xlsx")
    reader = READERS.get("sheet_zone_table")
    with pytest.raises(InputError):
        reader.read(Request(path, filled_options(reader, {"key": "key"}, "city.toml"), "WGS84", "mine"))


def test_geojson_nested_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "deep.geojson"
    feature = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": "@"}}
    text = json.dumps({"type": "FeatureCollection", "features": [feature]}).replace('"@"', "[" * 100_000 + "]" * 100_000)
    path.write_text(text, encoding="utf-8")
    reader = READERS.get("vector_zones")
    with pytest.raises(InputError):
        reader.read(Request(path, filled_options(reader, {}, "city.toml"), "WGS84", "mine"))
