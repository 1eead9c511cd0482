"""Duplicates, doors, pieces of the network, estimates, and the published cases of broken polygons."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sense.osm.scene import Scene, position

from parkcity.base.errors import LimitError
from parkcity.base.geo import WGS84, frame
from parkcity.sense.osm.doors import Ground, entrance_points, ground_paths, place_doors
from parkcity.sense.osm.duplicates import merge_duplicates
from parkcity.sense.osm.estimate import estimate
from parkcity.sense.osm.extract import ExtractOptions, read_extract
from parkcity.sense.osm.islands import island_causes, mapped_edges, walk_pieces
from parkcity.sense.osm.scan import Wanted, scan

if TYPE_CHECKING:
    import geopandas as gpd

CASES = Path(__file__).parent / "data/multipolygon_cases.zip"
NONE = np.zeros((0, 2))


def _cases() -> list[str]:
    with zipfile.ZipFile(CASES) as archive:
        return sorted(name.removesuffix("_test.json") for name in archive.namelist() if name.endswith("_test.json"))


@pytest.mark.parametrize("case", _cases())
def test_published_polygon_cases_are_assembled_or_refused(case: str, tmp_path: Path) -> None:
    """source: the variants that `N_test.json` of the OpenStreetMap test grid allows; INVALID must be refused, never guessed."""
    with zipfile.ZipFile(CASES) as archive:
        (tmp_path / "case.osm").write_bytes(archive.read(f"{case}.osm"))
        allowed = json.loads(archive.read(f"{case}_test.json"))["areas"]
    found = scan(tmp_path / "case.osm", Wanted(frozenset(), frozenset(), frozenset({"landuse", "natural", "area", "test:id"})))
    refused = {name for name, _ in found.refused}
    for expected in allowed["default"]:
        name = f"{expected['from_type']}/{expected['from_id']}"
        variants = [item["wkt"] for variant in allowed.values() for item in variant if item["from_id"] == expected["from_id"]]
        if name in found.areas.name:
            shape = found.areas.shape[found.areas.name.index(name)]
            good = [wkt for wkt in variants if wkt != "INVALID"]
            assert any(shapely.equals(shapely.make_valid(shape), shapely.from_wkt(wkt)) for wkt in good), (shape.wkt, good)
        else:
            assert "INVALID" in variants
            assert name in refused


def _places(rows: list[tuple[str, str, str, Any]]) -> gpd.GeoDataFrame:
    ids, kinds, names, shapes = zip(*rows, strict=True)
    placed = shapely.transform(np.array(shapes, object), lambda xy: np.array([position(x, y) for x, y in xy]))
    area = np.where(shapely.get_dimensions(placed) == 2, 100.0, np.nan)
    columns = {"id": ids, "kind": kinds, "name": names, "name_en": "", "address": "", "area_m2": area, "capacity": np.nan}
    return frame(columns, placed, WGS84)


YARD = shapely.box(0, 0, 100, 100)


@pytest.mark.parametrize(
    ("kind", "name", "at", "merged"),
    [
        ("school", "No. 1 School", (50, 50), True),
        ("school", "Ｎｏ. 1 school", (120, 50), True),
        ("school", "No. 1 School", (140, 50), False),
        ("school", "", (50, 50), True),
        ("school", "", (120, 50), False),
        ("school", "Another School", (50, 50), False),
        ("primary_school", "No. 1 School", (50, 50), True),
        ("kindergarten", "No. 1 School", (50, 50), False),
    ],
)
def test_a_node_and_a_polygon_of_one_place_become_one(kind: str, name: str, at: tuple[float, float], merged: bool) -> None:
    places, report = merge_duplicates(_places([("node/1", kind, name, shapely.Point(at)), ("way/2", "school", "No. 1 School", YARD)]))
    assert len(places) == 2 - merged
    assert len(report) == merged
    if merged:
        assert places["id"].tolist() == ["way/2"]
        assert places["kind"].tolist() == [kind]


def test_a_polygon_takes_the_name_of_its_node() -> None:
    places, _ = merge_duplicates(_places([("node/1", "park", "Green Park", shapely.Point(50, 50)), ("way/2", "park", "", YARD)]))
    assert places["name"].tolist() == ["Green Park"]


def test_two_halves_of_one_park_become_one_with_the_ground_of_both() -> None:
    rows = [("way/1", "park", "Green Park", YARD), ("way/2", "park", "Green Park", shapely.box(100, 0, 150, 100))]
    places, report = merge_duplicates(_places(rows))
    assert len(places) == len(report) == 1
    # Closed form: 100 by 100 m and 50 by 100 m.
    assert places["area_m2"].iloc[0] == pytest.approx(15_000.0, rel=1e-3)
    within = [("way/1", "park", "Green Park", YARD), ("way/2", "park", "", shapely.box(10, 10, 20, 20))]
    assert merge_duplicates(_places(within))[0]["area_m2"].iloc[0] == 100.0


def test_two_places_in_one_building_stay_two() -> None:
    rows = [("node/1", "pharmacy", "A", shapely.Point(50, 50)), ("node/2", "pharmacy", "B", shapely.Point(50, 50))]
    assert len(merge_duplicates(_places(rows))[0]) == 2


def _doors(shape: Any, paths: list[Any], entrances: Any = NONE) -> list[tuple[float, float, str]]:
    ground = Ground(np.array(paths, object), np.asarray(entrances, float).reshape(-1, 2), NONE)
    table = place_doors(np.array([shape], object), np.array([False]), ground)
    return [(round(x, 6), round(y, 6), why) for x, y, why in zip(table["x"], table["y"], table["why"], strict=True)]


def test_a_park_has_a_door_where_a_path_crosses_its_edge() -> None:
    assert _doors(YARD, [shapely.LineString([(-50, 50), (50, 50)])]) == [(0, 50, "path")]


def test_an_entrance_and_the_path_through_it_are_one_door() -> None:
    path = shapely.LineString([(-50, 50), (50, 50)])
    assert _doors(YARD, [path], [(-2, 52)]) == [(-2, 52, "entrance")]
    assert sorted(_doors(YARD, [path], [(50, -1)])) == [(0, 50, "path"), (50, -1, "entrance")]


def test_a_path_on_a_bridge_is_no_door() -> None:
    lines = np.array([shapely.LineString([(-50, 50), (150, 50)]), shapely.LineString([(50, -50), (50, 50)])], object)
    arrays = {"walk": np.array([1, 1]), "bridge": np.array([1, 0]), "tunnel": np.array([0, 0])}
    table = place_doors(np.array([YARD], object), np.array([False]), Ground(ground_paths(lines, arrays), NONE, NONE))
    assert table[["x", "y", "why"]].to_numpy().tolist() == [[50.0, 0.0, "path"]]


def test_a_park_without_paths_has_doors_along_its_edge_at_the_set_spacing() -> None:
    doors = _doors(YARD, [])
    assert len(doors) == 4
    assert {why for *_, why in doors} == {"edge"}


def test_a_point_is_its_own_door_and_a_station_has_its_entrances() -> None:
    shapes = np.array([shapely.Point(0, 0), shapely.Point(500, 0), shapely.Point(2000, 0)], object)
    ground = Ground(np.zeros(0, object), NONE, np.array([[480.0, 30.0], [560.0, 0.0]]))
    table = place_doors(shapes, np.array([False, True, True]), ground)
    assert table[["place", "x", "y", "why"]].to_numpy().tolist() == [
        [0, 0.0, 0.0, "point"],
        [1, 480.0, 30.0, "station"],
        [1, 560.0, 0.0, "station"],
        [2, 2000.0, 0.0, "point"],
    ]


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**31))
def test_every_place_has_a_door_and_every_door_is_at_its_place(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shapes = np.array([shapely.Point(*at).buffer(size) if size > 20 else shapely.Point(*at) for at, size in _some(rng)], object)
    paths = shapely.linestrings(rng.uniform(0, 1000, (rng.integers(0, 30), 2, 2)))
    ground = Ground(np.asarray(paths, object).reshape(-1), rng.uniform(0, 1000, (20, 2)), NONE)
    table = place_doors(shapes, np.zeros(len(shapes), bool), ground)
    assert sorted(set(table["place"])) == list(range(len(shapes)))
    doors = shapely.points(table[["x", "y"]].to_numpy())
    assert (shapely.distance(doors, shapely.boundary(shapes)[table["place"]])[table["why"] != "point"] <= 15).all()


def _some(rng: np.random.Generator) -> list[tuple[tuple[float, float], float]]:
    return [((float(x), float(y)), float(size)) for x, y, size in rng.uniform(0, 1, (8, 3)) * [1000, 1000, 150]]


def _islands(folder: Path) -> dict[str, float]:
    """A mainland and pieces that are apart for different reasons: cause and gap."""
    scene = Scene()
    for node in range(20):
        scene.node(node + 1, 100 * node, 0)
    scene.way(1, list(range(1, 21)), highway="residential").way(2, [1, 21, 22], highway="residential")
    scene.node(21, 0, 300).node(22, 300, 300)
    scene.node(31, 500, 20).node(32, 500, 60).way(3, [31, 32], highway="footway", footway="crossing")
    scene.node(41, 900, 30).node(42, 900, 90).way(4, [41, 42], highway="path")
    scene.node(51, 1200, 300).node(52, 1300, 300).way(5, [51, 52], highway="residential")
    scene.node(61, 1500, 2000).node(62, 1600, 2000).way(6, [61, 62], highway="residential")
    scene.node(71, 400, 3000).node(72, 500, 3000).way(7, [71, 72], highway="residential").node(73, 100, 5)
    scene.way(8, [71, 73], route="ferry")
    scene.node(81, 1900, 100, barrier="gate", locked="yes").node(82, 1900, 200)
    scene.way(9, [20, 81, 82], highway="service")
    raw = read_extract(scene.write(folder), ExtractOptions())
    arrays: dict[str, Any] = raw.arrays
    ferry = raw.frames["roads"][raw.frames["roads"]["class"] == "ferry"].geometry.to_numpy()
    owner = np.repeat(np.arange(len(arrays["edge_u"])), np.diff(arrays["geom_start"]))
    lines = shapely.linestrings(_metres(arrays["geom_lonlat"]), indices=owner)
    table = island_causes(lines, walk_pieces(arrays), arrays, _metres(shapely.get_coordinates(ferry)))
    return {str(cause): float(gap) for cause, gap in zip(table["cause"], table["gap_m"], strict=True)}


def _metres(lonlat: Any) -> Any:
    (lon_0, lat_0), (lon_1, lat_1) = position(0, 0), position(1, 1)
    return (lonlat - [lon_0, lat_0]) / [lon_1 - lon_0, lat_1 - lat_0]


def test_pieces_are_explained(tmp_path: Path) -> None:
    found = _islands(tmp_path)
    assert found == {
        "missing_crossing": pytest.approx(20, abs=0.1),
        "missing_link": pytest.approx(30, abs=0.1),
        "barrier": pytest.approx(300, abs=0.1),
        "edge_of_data": pytest.approx(np.hypot(300, 1900), abs=1),
        "ferry": pytest.approx(np.hypot(100, 2700), abs=1),
        "gate": pytest.approx(0, abs=0.1),
    }


def test_made_links_are_no_street_length(tmp_path: Path) -> None:
    scene = Scene().node(1, 0, 0).node(2, 100, 0).node(3, 100, 100).node(4, 0, 100).node(5, -50, 0).node(6, 150, 100)
    scene.way(10, [1, 2, 3, 4, 1], highway="pedestrian", area="yes").way(11, [5, 1], highway="residential")
    arrays: dict[str, Any] = read_extract(scene.way(12, [3, 6], highway="residential").write(tmp_path), ExtractOptions()).arrays
    assert arrays["edge_length"][mapped_edges(arrays)].sum() == pytest.approx(500, abs=0.1)


def test_a_file_too_large_for_the_memory_given_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "large.osm.pbf"
    with path.open("wb") as file:
        file.truncate(500_000_000)
    assert estimate(path).memory > 10e9
    with pytest.raises(LimitError, match="GB"):
        read_extract(path, ExtractOptions(memory_gb=4.0))


def test_rails_greenways_and_open_entrances_are_layers_of_their_own(tmp_path: Path) -> None:
    scene = (
        Scene().node(1, 0, 0, barrier="gate").node(2, 100, 0, barrier="gate", access="private").node(3, 200, 0, railway="subway_entrance")
    )
    scene.node(4, 0, 50).node(5, 100, 50)
    scene.way(1, [1, 2, 3], highway="cycleway", name="锦城绿道").way(2, [4, 5], railway="subway", tunnel="yes").way(
        3, [4, 1], highway="path"
    )
    scene.relation(1, [("way", 3, "")], type="route", route="hiking", name="River Walk")
    frames = read_extract(scene.write(tmp_path), ExtractOptions()).frames
    assert frames["rails"][["class", "tunnel"]].to_numpy().tolist() == [["subway", True]]
    assert frames["greenways"][["id", "what"]].to_numpy().tolist() == [["way/1", "name"], ["relation/1", "route"]]
    doors, stations = entrance_points(frames["entrances"])
    assert doors == pytest.approx(np.array([position(0, 0)]), abs=1e-6)
    assert stations == pytest.approx(np.array([position(200, 0)]), abs=1e-6)
