"""Spreadsheets, shapefiles, Overture, H3 and polygon cells, and one list of places from several."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from parkcity.base.errors import InputError
from parkcity.base.geo import WGS84, Projection, frame
from parkcity.sense.merge import likeness, merge_places
from parkcity.sense.raw import READERS, Raw, Request, filled_options
from parkcity.sense.shapefile import dbf_encoding, system_fault
from parkcity.sense.sheets import find_table, is_number, plain, read_sheet

DATA = Path(__file__).parent / "data"


def _read(reader_id: str, path: Path, datum: str = "WGS84", **options: Any) -> Raw:
    reader = READERS.get(reader_id)
    assert reader.can_read(path)
    return reader.read(Request(path, filled_options(reader, options, "city.toml"), datum, "mine"))


def _book(folder: Path, rows: list[list[Any]], merges: tuple[str, ...] = (), more: tuple[str, ...] = ()) -> Path:
    book = openpyxl.Workbook()
    page: Any = book.active
    for row in rows:
        page.append(row)
    for merge in merges:
        page.merge_cells(merge)
    for name in more:
        book.create_sheet(name)
    path = folder / "book.xlsx"
    book.save(path)
    return path


def test_a_published_workbook_with_titles_merges_and_notes_gives_its_table() -> None:
    # source: the workbook itself: 1,893 areas and a total of 386,408 men and 391,242 women in its last data row
    found = read_sheet(DATA / "abs_sa1_population_titles_footnotes.xlsx")
    assert found.header == (4, 5)
    assert found.table.shape == (1894, 4)
    assert found.table[["Male", "Female", "Total"]].iloc[-1].tolist() == ["386408", "391242", "777650"]
    sums = found.table[["Male", "Female", "Total"]].iloc[:-1].astype(float).sum()
    assert sums["Total"] == pytest.approx(777650, rel=0.01)
    assert any("2 lines above" in remark for remark in found.remarks)
    assert any("notes below" in remark for remark in found.remarks)


def test_the_same_table_as_text_gives_the_same_numbers() -> None:
    found = read_sheet(DATA / "abs_sa1_population_titles_footnotes.csv.gz")
    # source: three rows (male, female, total) for each of the 1,894 rows of the workbook
    assert len(found.table) == 3 * 1894
    assert found.table.iloc[0].tolist() == ["1138301", "Male", "276"]


def test_years_are_a_header_although_they_are_numbers() -> None:
    found = read_sheet(DATA / "eia_state_co2_merged_header.xlsx")
    # source: the workbook: header in row 5, 50 states, the District of Columbia and a total
    assert found.header[1] == 5
    assert found.table.columns[:3].tolist() == ["State", "1970", "1971"]
    assert len(found.table) == 52
    states = found.table["1970"].iloc[:-1].astype(float).sum()
    assert states == pytest.approx(float(found.table["1970"].iloc[-1]), rel=1e-3)


def test_header_over_two_rows_with_a_merge_names_every_column(tmp_path: Path) -> None:
    head: list[list[Any]] = [["人口统计表"], [], ["区", "人口", None, "备注"], [None, "男", "女", None]]
    rows = [*head, ["锦江区", "１，０００", 900, ""], ["青羊区", "1,100", 950, "a"], ["注：抽样"]]
    found = read_sheet(_book(tmp_path, rows, ("B3:C3", "A3:A4")))
    assert found.table.columns.tolist() == ["区", "人口 / 男", "人口 / 女", "备注"]
    assert found.table["人口 / 男"].tolist() == ["1000", "1100"]
    assert found.header == (3, 4)
    assert found.rows == [5, 6]


def test_a_workbook_of_several_sheets_is_never_guessed(tmp_path: Path) -> None:
    path = _book(tmp_path, [["a", "b"], ["x", 1]], more=("second",))
    with pytest.raises(InputError, match="several sheets"):
        read_sheet(path)
    with pytest.raises(InputError, match="no sheet 'third'"):
        read_sheet(path, "third")
    assert read_sheet(path, "Sheet").table.shape == (1, 2)


def test_a_stated_header_is_believed_or_refused(tmp_path: Path) -> None:
    path = _book(tmp_path, [["x", 1], ["a", "b"], ["y", 2], ["z", 3]])
    assert read_sheet(path, header=(2, 2)).table.columns.tolist() == ["a", "b"]
    with pytest.raises(InputError, match="above the data"):
        read_sheet(path, header=(3, 2))


def test_bombs_and_entities_in_workbooks_are_refused(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/worksheets/sheet1.xml", "w") as part:
        for _ in range(1100):
            part.write(b" " * 2**20)
    with pytest.raises(InputError, match="unpacks to"):
        read_sheet(bomb)
    entity = tmp_path / "entity.xlsx"
    with zipfile.ZipFile(entity, "w") as archive:
        archive.writestr("xl/workbook.xml", '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')
    with pytest.raises(InputError, match="document type"):
        read_sheet(entity)
    entity.write_bytes(b"PK no archive")
    with pytest.raises(InputError, match="workbook"):
        read_sheet(entity)


@given(st.lists(st.lists(st.text(max_size=6), max_size=5), max_size=8))
def test_any_cells_end_in_a_table_or_a_clear_fault(rows: list[list[str]]) -> None:
    try:
        found = find_table([[plain(cell) for cell in row] for row in rows], "sheet", None, [])
    except InputError as error:
        assert error.faults
    else:
        assert len(found.table) == len(found.rows) > 0
        assert found.table.columns.is_unique


@given(st.integers(-(10**9), 10**9), st.integers(0, 9999))
def test_numbers_are_known_with_and_without_commas(whole: int, part: int) -> None:
    assert is_number(f"{whole:,}.{part:04d}")
    assert float(f"{whole:,}".replace(",", "")) == whole


def test_zone_table_and_places_from_a_workbook(tmp_path: Path) -> None:
    path = _book(tmp_path, [["区", "人口"], ["锦江区", 900], ["锦江区", 800]])
    with pytest.raises(InputError, match="several rows"):
        _read("sheet_zone_table", path, key="区")
    table: Any = _read("sheet_zone_table", path, key="区", repeated=True).frame
    assert table["人口"].tolist() == ["900", "800"]
    rows: list[list[Any]] = [
        ["编号", "名称", "类别", "lon", "lat"],
        [1, "七中", "141202", 104.07, 30.66],
        [2, "酒吧", "080304", 104.08, 30.67],
    ]
    places: Any = _read("sheet_places", _book(tmp_path, rows), id="编号", name="名称", category="类别", scheme="amap").frame
    assert places["kind"].tolist() == ["secondary_school"]
    rows[1][3] = "east"
    with pytest.raises(InputError, match="east"):
        _read("sheet_places", _book(tmp_path, rows), id="编号", category="类别", scheme="amap")


def test_gbk_names_without_a_code_page_are_read_as_chinese(tmp_path: Path) -> None:
    assert dbf_encoding(DATA / "gbk/names.shp") == ("gb18030", "detected")
    for entry in (DATA / "gbk").iterdir():
        shutil.copy(entry, tmp_path)
    (tmp_path / "names.cpg").write_text("UTF-8")
    assert dbf_encoding(tmp_path / "names.shp") == ("utf-8", "cpg")
    import pyogrio

    # source: README of the file: the first name is 特拉福德 Trafford 001
    names = pyogrio.read_dataframe(DATA / "gbk/names.shp", encoding="gb18030", read_geometry=False)
    assert any("特拉福德 Trafford 001" in str(value) for value in names.iloc[0])


def _shapefile(folder: Path, shapes: list[Any]) -> Path:
    import pyogrio

    path = folder / "areas.shp"
    table = frame({"name": ["a"] * len(shapes)}, np.array(shapes, object), WGS84)
    pyogrio.write_dataframe(table, path)
    return path


def test_metres_in_a_file_that_says_degrees_and_a_file_that_says_nothing_are_refused(tmp_path: Path) -> None:
    path = _shapefile(tmp_path, [shapely.box(368290, 384551, 383296, 398234)])
    wrong = system_fault(path, geographic=True, declared="")
    assert wrong is not None
    assert "degrees" in wrong.what
    silent = system_fault(path, geographic=None, declared="")
    assert silent is not None
    assert "metres or feet" in silent.what
    assert system_fault(path, geographic=None, declared="EPSG:27700") is None
    assert system_fault(_shapefile(tmp_path, [shapely.box(104, 30, 105, 31)]), geographic=True, declared="") is None


def _overture(folder: Path, rows: list[dict[str, Any]]) -> Path:
    path = folder / "places.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path)
    return path


def _place(number: int, category: str, **more: Any) -> dict[str, Any]:
    point = shapely.Point(104.0 + number / 1000, 30.6)
    return {
        "id": f"p{number}",
        "geometry": point.wkb,
        "names": {"primary": f"Place {number}"},
        "categories": {"primary": category},
        "confidence": 0.9,
        "addresses": [{"freeform": "1 High Street"}],
        "operating_status": "open",
        **more,
    }


def test_overture_places_have_kind_and_confidence_and_the_rest_is_accounted_for(tmp_path: Path) -> None:
    rows = [
        _place(1, "park"),
        _place(2, "nightclub"),
        _place(3, "hospital", confidence=0.2),
        _place(4, "library", operating_status="permanently_closed"),
        _place(5, "pharmacy"),
    ]
    raw = _read("overture_places", _overture(tmp_path, rows), least_confidence=0.5)
    frame_: Any = raw.frame
    assert frame_["kind"].tolist() == ["park", "pharmacy"]
    assert frame_["address"].tolist() == ["1 High Street"] * 2
    assert [row for row, _ in raw.tally.refused] == [2, 3, 4]
    assert raw.tally.rows_in == raw.tally.rows_kept + len(raw.tally.refused)


def test_a_parquet_file_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="categories"):
        _read("overture_places", _overture(tmp_path, [{"id": "a", "geometry": b"", "names": {"primary": "x"}}]))
    (tmp_path / "places.parquet").write_bytes(b"PAR1 broken")
    with pytest.raises(InputError, match="Parquet"):
        _read("overture_places", tmp_path / "places.parquet")


def test_h3_cells_become_hexagons_of_the_published_size(tmp_path: Path) -> None:
    path = tmp_path / "hex.csv"
    path.write_text("id,population\n89a901291abffff,10\n89a901291a7ffff,20.5\n", encoding="utf-8")
    cells: Any = _read("h3_cells", path, counts=["population"]).frame
    assert cells["population"].sum() == 30.5
    # source: h3geo.org, table of cell areas: resolution 9 averages 105,333 m2; single cells differ by up to a third
    assert cells["area_m2"].to_numpy() == pytest.approx([105332.5] * 2, rel=0.35)
    path.write_text("id,population\nnope,10\n89a901291a7ffff,-1\n", encoding="utf-8")
    with pytest.raises(InputError, match="-1"):
        _read("h3_cells", path, counts=["population"])


def test_polygon_cells_need_their_counts(tmp_path: Path) -> None:
    feature = {"type": "Feature", "properties": {"pop": 5}, "geometry": shapely.geometry.mapping(shapely.box(104, 30, 104.001, 30.001))}
    path = tmp_path / "grid.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    cells: Any = _read("polygon_cells", path, counts=["pop"]).frame
    assert cells["pop"].tolist() == [5]
    with pytest.raises(InputError, match="jobs"):
        _read("polygon_cells", path, counts=["jobs"])


PROJECTION = Projection.choose(104.0, 30.6)


def _list(source: str, rows: list[tuple[str, str, float, float]]) -> Any:
    """Places in metres from one point."""
    lon, lat = 104.0, 30.6
    shapes = shapely.points([(lon + x / 95_800, lat + y / 110_850) for _, _, x, y in rows])
    columns = {
        "id": [f"{source}/{number}" for number in range(len(rows))],
        "kind": [row[0] for row in rows],
        "name": [row[1] for row in rows],
    }
    return frame({**columns, "address": "", "area_m2": np.nan}, np.asarray(shapes, object), WGS84)


def test_the_official_list_stands_first_and_every_match_is_reported() -> None:
    official = _list("official", [("hospital", "第一人民医院", 0, 0), ("library", "区图书馆", 1000, 0)])
    osm = _list("osm", [("hospital", "成都市第一人民医院", 60, 0), ("pharmacy", "区图书馆", 1010, 0), ("park", "公园", 3000, 0)])
    overture = _list("overture", [("park", "公园", 3020, 0), ("hospital", "第一人民医院", 400, 0)])
    merged = merge_places({"official": official, "osm": osm, "overture": overture}, PROJECTION)
    assert merged.places["id"].tolist() == ["official/0", "official/1", "osm/1", "osm/2", "overture/1"]
    assert merged.places["name"].iloc[0] == "第一人民医院"
    assert merged.places["sources"].iloc[0] == "official+osm"
    verdicts = {(row.kept, row.other): row.verdict for row in merged.report.itertuples()}
    assert verdicts["official/0", "osm/0"] == "same"
    assert verdicts["official/1", "osm/1"] == "conflict"
    assert verdicts["osm/2", "overture/0"] == "same"
    assert verdicts["overture/1", ""] == "only_here"
    alone, known = merged.places["confidence"].iloc[1], merged.places["confidence"].iloc[0]
    assert known > alone


def test_a_stop_that_bears_the_name_of_what_it_stands_beside_is_no_conflict() -> None:
    official, osm = _list("official", [("hospital", "第一人民医院", 0, 0)]), _list("osm", [("bus_stop", "第一人民医院", 20, 0)])
    merged = merge_places({"official": official, "osm": osm}, PROJECTION)
    assert merged.places["kind"].tolist() == ["hospital", "bus_stop"]
    assert set(merged.report["verdict"]) == {"only_here"}


@given(
    st.lists(
        st.tuples(st.sampled_from(["park", "school"]), st.sampled_from(["", "A", "B"]), st.floats(0, 300), st.floats(0, 300)), max_size=6
    )
)
def test_merging_loses_nothing_and_a_list_merged_with_itself_is_itself(rows: list[tuple[str, str, float, float]]) -> None:
    if not rows:
        return
    one, two = _list("one", rows), _list("two", rows)
    merged = merge_places({"one": one, "two": two}, PROJECTION)
    same = int((merged.report["verdict"] == "same").sum())
    assert len(merged.places) == 2 * len(rows) - same
    assert set(one["id"]) <= set(merged.places["id"])


@given(st.text(max_size=12), st.text(max_size=12))
def test_likeness_is_within_bounds_and_full_for_equal_names(one: str, two: str) -> None:
    assert 0.0 <= likeness(one, two) <= 1.0
    assert likeness(one, one) in (0.0, 1.0)
