"""`parkcity new`: a folder from the files that somebody has, and what it says of them."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import geopandas as gpd
import h3
import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from click.testing import CliRunner

from parkcity.base.errors import InputError
from parkcity.base.spec import load
from parkcity.serve.cli.main import cli
from parkcity.serve.draft.draft import Given
from parkcity.serve.draft.make import Made, make_city
from parkcity.twin.build import build

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
CHENGDU_CORE = EXAMPLES / "chengdu" / "data" / "osm" / "chengdu_core_2018.osm.pbf"
GRID = EXAMPLES / "chengdu" / "data" / "people" / "grid_322m_population_risk.csv.gz"
FACILITIES = EXAMPLES / "chengdu" / "data" / "places" / "facilities_parks_schools_sports.csv"


def _squares(path: Path, columns: dict[str, list[Any]], *, west: float = 104.0, side: float = 0.01) -> Path:
    count = len(next(iter(columns.values())))
    shapes = [shapely.box(west + side * row, 30.6, west + side * (row + 1), 30.61) for row in range(count)]
    gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:4326").to_file(path)
    return path


def _text(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_text(text, encoding=encoding)
    return path


def _make(tmp_path: Path, residents: int = 0, **files: Path | tuple[Path, ...]) -> Made:
    given = {role: paths if isinstance(paths, tuple) else (paths,) for role, paths in files.items()}
    return make_city(tmp_path / "town", Given(given, residents), "en")


def _doubts(made: Made) -> set[str]:
    return {remark.key for remark in made.draft.doubts}


def test_an_extract_a_grid_and_a_list_of_places_become_a_city_that_builds(tmp_path: Path) -> None:
    made = _make(tmp_path, osm=CHENGDU_CORE, people=GRID, places=FACILITIES)
    spec = load(made.folder)
    assert (spec.name_zh, spec.name_en) == ("成都市", "Chengdu")
    # The cells are hexagons with 200 m sides (source: README of the data).
    cells = spec.source("grid_322m_population_risk")
    assert (cells.reader, cells.options["shape"], cells.options["side_m"]) == ("cell_centres", "hexagon", 200.0)
    assert {spec.people.night, spec.people.day} == {"pop_night", "pop_day"}
    places = spec.source("facilities_parks_schools_sports")
    assert places.options["kinds"]["公园绿地"] == "park"
    assert "doubt.drawn" in _doubts(made)
    assert "doubt.date" in _doubts(made)
    twin = build(made.folder)
    # Every cell of the twin lies where the extract has streets.
    attached = np.unique(np.asarray(twin.layer("attachments").array("cell_owner")))
    assert len(attached) == len(twin.cells)


def test_hexagons_bring_residents_and_jobs_and_empty_counts_are_told(tmp_path: Path) -> None:
    ids = sorted(h3.grid_disk(h3.latlng_to_cell(30.66, 104.07, 9), 2))
    rows = [f"{name},{number},{'' if number == 3 else 2 * number}" for number, name in enumerate(ids)]
    made = _make(tmp_path, people=_text(tmp_path / "hexes_2021.csv", "\n".join(["id,population,jobs", *rows]) + "\n"))
    spec = load(made.folder)
    assert spec.jobs is not None
    assert (spec.people.night, spec.jobs.column) == ("population", "jobs")
    assert spec.source("hexes").date == "2021"
    assert {"doubt.empty_counts", "doubt.no_streets", "doubt.drawn"} <= _doubts(made)
    twin = build(made.folder)
    assert twin.residents().sum() == sum(range(len(ids)))
    assert twin.layer("jobs").array("jobs").sum() == 2 * (sum(range(len(ids))) - 3)


def test_zones_from_coarse_to_fine_become_tiers_and_a_table_counts_residents_and_ages(tmp_path: Path) -> None:
    town = _squares(tmp_path / "municipality.geojson", {"code": ["T"], "name": ["Town"]}, side=0.04)
    wards = _squares(tmp_path / "boundaries_ward_2023.geojson", {"ward_id": ["A1", "A2", "A3", "A4"], "ward_name": list("wxyz")})
    lines = ["area_code,sex,all_ages,0,1-14,15+"]
    for number in range(1, 5):
        for sex, share in (("persons", 100), ("males", 40), ("females", 60)):
            lines.append(f"A{number},{sex},{share * number},{10 * number},{20 * number},{(share - 30) * number}")
    table = _text(tmp_path / "ages.csv", "\n".join(lines) + "\n")
    made = _make(tmp_path, zones=(wards, town), people=table)
    spec = load(made.folder)
    assert [tier.id for tier in spec.tiers] == ["municipality", "ward"]
    assert (spec.tiers[1].key, spec.tiers[1].name) == ("ward_id", "ward_name")
    # The wards cover the town, so they make up the study area and can be compared.
    assert spec.area_tier == "ward"
    assert dict(spec.source("ages").options["only"]) == {"sex": "persons"}
    assert [dict(margin.columns) for margin in spec.people.margins] == [{"0-0": "0", "1-14": "1-14", "15+": "15+"}]
    twin = build(made.folder)
    assert twin.residents().sum() == 100 * (1 + 2 + 3 + 4)
    assert twin.residents().tolist() == [100, 200, 300, 400]


def test_a_raster_is_joined_to_cells_that_a_desk_can_measure_and_nobody_is_lost(tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    people = rng.integers(0, 5, (200, 300)).astype("float32")
    path = tmp_path / "worldpop_2020.tif"
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=300,
        height=200,
        count=1,
        dtype="float32",
        crs="EPSG:4326",
        transform=Affine(0.001, 0.0, 104.0, 0.0, -0.001, 30.7),
    ) as raster:
        raster.write(people, 1)
    made = _make(tmp_path, people=path)
    source = load(made.folder).source("worldpop")
    assert source.options["merge"] == 2
    assert source.date == "2020"
    assert build(made.folder).residents().sum() == pytest.approx(float(people.sum()))


def test_streets_drawn_as_lines_stand_in_for_an_extract(tmp_path: Path) -> None:
    cells = _squares(tmp_path / "blocks.geojson", {"block_id": ["a", "b", "c"], "population": [10, 20, 30]})
    nodes = [(104.0 + 0.005 * number, 30.605) for number in range(7)]
    links = gpd.GeoDataFrame(
        {
            "link_id": range(6),
            "a_node": [f"n{number}" for number in range(6)],
            "b_node": [f"n{number + 1}" for number in range(6)],
            "link_type": ["residential"] * 4 + ["motorway", "centroid_connector"],
            "direction": [0, 0, 1, 0, 1, 0],
        },
        geometry=[shapely.LineString(nodes[number : number + 2]) for number in range(6)],
        crs="EPSG:4326",
    )
    path = tmp_path / "links.gpkg"
    links.to_file(path)
    made = _make(tmp_path, zones=cells, streets=path)
    twin = build(made.folder)
    # The connector of a model is no street; motorways are, but nobody walks there.
    arrays = twin.layer("streets").arrays()
    assert len(arrays["edge_u"]) == 5
    assert np.asarray(arrays["walk"]).tolist() == [1, 1, 1, 1, 0]
    assert np.asarray(arrays["car"]).tolist() == [1, 1, 2, 1, 2]
    refused = next(row for row in twin.manifest["sources"] if row["id"] == "links")["refused"]
    assert refused == [["6", "'centroid_connector' is no class of street"]]


def test_a_table_with_titles_and_notes_is_read_as_a_sheet(tmp_path: Path) -> None:
    wards = _squares(tmp_path / "wards.geojson", {"code": ["A1", "A2"], "name": ["North", "South"]})
    table = _text(
        tmp_path / "people.csv", 'Residents by ward\n\ncode,population,of whom men\nA1,"1,000",400\nA2,"2,000",900\nSource: nobody\n'
    )
    made = _make(tmp_path, zones=wards, people=table)
    assert load(made.folder).source("people").reader == "sheet_zone_table"


def test_every_file_that_cannot_be_used_is_told_at_once_and_nothing_is_written(tmp_path: Path) -> None:
    broken = _text(tmp_path / "zones.geojson", '{"type": "FeatureCollection", "features": [}')
    not_osm = _text(tmp_path / "city.osm.pbf", "nothing")
    with pytest.raises(InputError) as caught:
        _make(tmp_path, zones=broken, osm=not_osm, people=tmp_path / "none.csv", gtfs=GRID)
    told = "\n".join(str(fault) for fault in caught.value.faults)
    assert len(caught.value.faults) == 4
    for word in ("not JSON", "not a readable OpenStreetMap file", "there is no such file", "--gtfs: this is a table"):
        assert word in told
    assert not (tmp_path / "town").exists()


def test_without_people_the_fault_says_what_may_be_given(tmp_path: Path) -> None:
    zones = _squares(tmp_path / "wards.geojson", {"id": ["a"], "name": ["A"]})
    with pytest.raises(InputError, match=r"no file says where how many people live.*--residents N"):
        _make(tmp_path, zones=zones)


def test_a_table_that_fits_no_zones_is_refused(tmp_path: Path) -> None:
    zones = _squares(tmp_path / "blocks.geojson", {"block_id": ["a", "b"], "population": [1, 2]})
    jobs = _text(tmp_path / "jobs.csv", "geoid,jobs\nx,1\ny,2\n")
    with pytest.raises(InputError, match="no zones given have the ids of this table"):
        _make(tmp_path, zones=zones, jobs=jobs)


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "town").mkdir()
    _text(tmp_path / "town" / "notes.txt", "mine")
    with pytest.raises(InputError, match="the folder is not empty"):
        _make(tmp_path, people=GRID)
    assert [path.name for path in (tmp_path / "town").iterdir()] == ["notes.txt"]


def test_chinese_tables_in_gbk_and_names_that_look_like_code_survive_the_declaration(tmp_path: Path) -> None:
    wards = _squares(tmp_path / "区.geojson", {"编码": ["甲", "乙"], "名称": ['锦江"区\\', "青羊区"]})
    table = _text(tmp_path / "人口.csv", "编码,人口\n甲,10\n乙,20\n", "gb18030")
    made = _make(tmp_path, zones=wards, people=table)
    document = tomllib.loads((made.folder / "city.toml").read_text(encoding="utf-8"))
    assert document["people"]["night"] == "人口"
    assert "gb18030" in (made.folder / "city.toml").read_text(encoding="utf-8")
    assert build(made.folder).residents().sum() == 30


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_command_says_what_it_found_what_is_doubtful_and_what_comes_next(tmp_path: Path, lang: str) -> None:
    blocks = _squares(tmp_path / "blocks.geojson", {"block_id": ["a", "b"], "population": [1, 2]})
    args = ["new", str(tmp_path / "town"), "--zones", str(blocks), "--lang", lang, "--quiet"]
    done = CliRunner().invoke(cli, args)
    assert done.exit_code == 0, done.output
    for word in {"zh": ("存疑之处", "没有街道", "下一步"), "en": ("Doubtful:", "There are no streets", "Next: parkcity build")}[lang]:
        assert word in done.output
    args = ["new", str(tmp_path / "linked"), "--zones", str(blocks), "--lang", lang, "--quiet", "--link", "--format", "json"]
    document = json.loads(CliRunner().invoke(cli, args).stdout)
    assert document["meta"]["linked"] is True
    assert (tmp_path / "linked" / document["meta"]["files"][0]).is_symlink()
    assert {row["layer"] for row in document["rows"]} == {"cells", "zones"}


def test_heights_and_land_cover_become_layers_and_what_lies_elsewhere_is_told(tmp_path: Path) -> None:
    blocks = _squares(tmp_path / "blocks.geojson", {"block_id": ["a", "b"], "population": [1, 2]})
    heights = _ground(tmp_path / "dem.tif", np.full((30, 40), 500, np.int16))
    cover = _ground(tmp_path / "esa_worldcover.tif", np.full((30, 40), 50, np.uint8))
    far = _ground(tmp_path / "far.tif", np.full((30, 40), 500, np.int16), west=10.0)
    made = _make(tmp_path, zones=blocks, elevation=(heights, far), land_cover=cover)
    spec = load(made.folder)
    assert [(source.reader, source.layer) for source in spec.sources][-2:] == [
        ("raster_heights", "elevation"),
        ("raster_cover", "land_cover"),
    ]
    assert spec.source("esa_worldcover").options["scheme"] == "worldcover"
    assert "doubt.elsewhere" in _doubts(made)
    twin = build(made.folder)
    assert twin.layer("elevation").array("height").tolist() == [500.0, 500.0]
    assert twin.layer("land_cover").meta["share"]["built"] == 1.0


def _ground(path: Path, cells: np.ndarray[Any, Any], west: float = 103.99) -> Path:
    given = {
        "driver": "GTiff",
        "height": cells.shape[0],
        "width": cells.shape[1],
        "count": 1,
        "dtype": str(cells.dtype),
        "crs": "EPSG:4326",
    }
    with rasterio.open(path, "w", **given, transform=Affine(0.001, 0, west, 0, -0.001, 30.62)) as raster:
        raster.write(cells, 1)
    return path


def test_a_table_of_stops_runs_by_assumed_headways_that_stand_in_a_table_of_their_own(tmp_path: Path) -> None:
    blocks = _squares(tmp_path / "blocks.geojson", {"block_id": ["a", "b"], "population": [1, 2]})
    stops = _text(tmp_path / "metro_lines_2024.csv", "line,seq,station,lon,lat\n1,1,A,104.0,30.6\n1,2,B,104.01,30.6\n")
    made = _make(tmp_path, zones=blocks, lines=stops)
    services = (made.folder / "data" / "lines" / "services.csv").read_text(encoding="utf-8").splitlines()
    assert services[1].startswith("1,metro,daily,06:00,23:00,")
    assert "doubt.assumed" in _doubts(made)
    assert build(made.folder).layer("timetable").meta["assumed"] is True


def test_buildings_with_storeys_and_a_list_by_attribute_are_found(tmp_path: Path) -> None:
    blocks = _squares(tmp_path / "blocks.geojson", {"block_id": ["a", "b"], "population": [1, 2]})
    houses = _squares(tmp_path / "houses.geojson", {"Floor": [3, 9], "height": [9.0, 27.0]}, side=0.001)
    sites = _squares(tmp_path / "sites.geojson", {"site_type": ["Public Park Or Garden", "Cemetery"]}, side=0.002)
    made = _make(tmp_path, zones=blocks, buildings=houses, places=sites)
    spec = load(made.folder)
    assert dict(spec.source("houses").options) == {"height": "height", "levels": "Floor"}
    assert dict(spec.source("sites").options) == {"kind": "park", "only": {"site_type": "Public Park Or Garden"}}
    assert "doubt.kinds" in _doubts(made)
    assert build(made.folder).layer("buildings").table("buildings")["levels"].tolist() == [3.0, 9.0]


def test_several_lists_of_places_are_matched_the_list_of_ones_own_first(tmp_path: Path) -> None:
    made = _make(tmp_path, osm=CHENGDU_CORE, people=GRID, places=FACILITIES)
    assert load(made.folder).places.precedence == ("facilities_parks_schools_sports", "chengdu_core")
    assert "doubt.precedence" in _doubts(made)


def test_stations_and_their_readings_become_a_layer(tmp_path: Path) -> None:
    blocks = _squares(tmp_path / "blocks.geojson", {"block_id": ["a", "b"], "population": [1, 2]})
    stations = _text(tmp_path / "stations.csv", "station,name,lon,lat,measures\ns1,Weir,104.005,30.605,level\ns2,Far,105.0,30.605,level\n")
    readings = _text(tmp_path / "levels.csv", "dateTime,s1,s2\n2025-08-16T00:00:00,-0.1,1\n2025-08-16T00:15:00,-0.1,2\n")
    made = _make(tmp_path, zones=blocks, sensors=(stations, readings))
    layer = build(made.folder).layer("sensors")
    assert layer.shapes("stations")["cell"].tolist() == [0, -1]
    assert layer.meta["readings"] == 4
    assert layer.table("readings")["value"].tolist() == [-0.1, -0.1, 1.0, 2.0]
