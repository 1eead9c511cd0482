"""The twin's layers from an extract and rasters: every answer can be worked out from the drawing in `tests/scenes/mapped.py`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.scenes.mapped import RESIDENTS, RISE, SIDE, raster, source, table, write_mapped
from tests.sense.osm.scene import position

from parkcity.base.errors import InputError
from parkcity.sense.osm.attributes import class_code
from parkcity.sense.osm.places import kind_rules
from parkcity.travel.profiles import Profile
from parkcity.travel.streets import Streets
from parkcity.twin.build import build
from parkcity.twin.terrain import FROM_RASTER, grid_of, heights_at
from parkcity.twin.twin import Twin


@pytest.fixture(scope="module")
def mapped(tmp_path_factory: pytest.TempPathFactory) -> Twin:
    return build(write_mapped(tmp_path_factory.mktemp("mapped") / "town"))


def metres(twin: Twin, x: float, y: float) -> tuple[float, float]:
    """A point of the drawing in the city's metric system."""
    lon, lat = position(x, y)
    east, north = twin.projection.forward(np.array([lon]), np.array([lat]))
    return float(east[0]), float(north[0])


def test_everything_that_the_extract_draws_has_a_layer(mapped: Twin) -> None:
    buildings = mapped.layer("buildings").shapes("buildings").set_index("use")
    assert buildings.loc["apartments", "levels"] == 3
    assert buildings.loc["office", "height"] == 30
    assert mapped.layer("buildings").meta == {"count": {"buildings": 2}, "with_height_or_levels": 2}
    assert list(mapped.layer("water").shapes("water")["name"]) == ["Pond"]
    assert list(mapped.layer("green").shapes("green")["class"]) == ["park"]
    assert list(mapped.layer("land_use").shapes("landuse")["class"]) == ["residential"]
    assert len(mapped.layer("roads").shapes("roads")) > 6


def test_what_the_extract_has_none_of_is_no_layer_and_its_indicators_say_what_they_lack(mapped: Twin) -> None:
    from parkcity.insight.registry import INDICATORS
    from parkcity.insight.run import status_of

    assert mapped.has("green")
    assert not mapped.has("greenways")
    lacking = [item.id for item in INDICATORS if "greenways" in status_of(item, mapped)[1]]
    assert lacking
    assert all(status_of(INDICATORS.get(name), mapped)[0] == "missing" for name in lacking)


def test_a_park_has_its_door_where_the_path_enters_on_the_ground(mapped: Twin) -> None:
    row = mapped.places.index[mapped.places["kind"] == "park"][0]
    doors = mapped.doors[mapped.doors["place"] == row]
    assert list(doors["why"]) == ["path"]
    assert (doors["x"].iloc[0], doors["y"].iloc[0]) == pytest.approx(metres(mapped, 220, 300), abs=0.1)
    # Closed form: the park is a square of 160 m.
    assert mapped.places["area_m2"].iloc[row] == pytest.approx(160.0**2, rel=2e-3)


def test_pieces_that_walkers_cannot_leave_say_why_and_where_a_link_would_join_them(mapped: Twin) -> None:
    pieces = mapped.layer("streets").table("pieces").set_index("cause")
    assert set(pieces.index) == {"gate", "missing_link"}
    stray = pieces.loc["missing_link"]
    assert stray["gap_m"] == pytest.approx(20.0, abs=0.1)
    assert stray["length_km"] == pytest.approx(0.080, abs=1e-3)
    assert (stray["lon"], stray["lat"]) == pytest.approx(position(30, 380), abs=2e-6)
    assert (stray["to_lon"], stray["to_lat"]) == pytest.approx(position(30, 400), abs=2e-6)


def test_nobody_is_attached_to_a_street_closed_to_walkers(mapped: Twin) -> None:
    arrays = mapped.layer("streets").arrays()
    cycleway = np.nonzero(np.asarray(arrays["klass"]) == class_code("cycleway"))[0]
    assert len(cycleway)
    attachments = mapped.layer("attachments")
    assert not np.isin(attachments.array("cell_edge"), cycleway).any()
    assert not np.isin(attachments.array("door_edge"), cycleway).any()


def test_people_live_in_the_house_and_work_in_the_office(mapped: Twin) -> None:
    residents, jobs = mapped.residents(), mapped.jobs()
    assert residents.sum() == RESIDENTS
    assert jobs.sum() == 300
    at = int(np.argmax(residents)), int(np.argmax(jobs))
    assert residents[at[0]] == RESIDENTS
    assert jobs[at[1]] == 300
    centre = mapped.cells.geometry.to_numpy()[at[0]].distance(_point(30, 30))
    assert centre == pytest.approx(0.0)
    assert mapped.layer("people").meta["method"] == "buildings"


def _point(x: float, y: float) -> Any:
    import shapely

    return shapely.Point(*position(x, y))


# --- heights ------------------------------------------------------------------------------------------------------


def test_streets_know_the_slope_of_the_ground_each_way(mapped: Twin) -> None:
    arrays = mapped.layer("streets").arrays()
    x, u, v = np.asarray(arrays["node_x"]), arrays["edge_u"], arrays["edge_v"]
    run = (x[v] - x[u]) / np.asarray(arrays["edge_length"]).clip(1e-9)
    long = (np.asarray(arrays["edge_length"]) > 50) & (np.asarray(arrays["incline_from"]) == FROM_RASTER)
    # Closed form: the ground rises by 5 per cent to the east and not at all to the north.
    assert np.asarray(arrays["incline"])[long] == pytest.approx(100.0 * RISE * run[long], abs=0.15)
    climb, descent = np.asarray(arrays["climb"]), np.asarray(arrays["descent"])
    rise = np.asarray(arrays["node_height"])[v] - np.asarray(arrays["node_height"])[u]
    assert climb - descent == pytest.approx(rise, abs=1e-3)


def test_walking_uphill_takes_as_much_longer_as_tobler_says(mapped: Twin) -> None:
    arrays = mapped.layer("streets").arrays()
    u, v = np.asarray(arrays["edge_u"]), np.asarray(arrays["edge_v"])
    length = np.asarray(arrays["edge_length"], float)
    x, y = np.asarray(arrays["node_x"]), np.asarray(arrays["node_y"])
    streets = Streets(x, y, u, v, length, {"incline": np.asarray(arrays["incline"])})
    cost = Profile.load("adult").costs(streets)
    flat = np.nonzero((np.abs(x[v] - x[u]) > 0.99 * length) & (length > 100))[0]
    assert len(flat)
    up = np.where(x[v] > x[u], cost.run_f, cost.run_b)[flat]
    down = np.where(x[v] > x[u], cost.run_b, cost.run_f)[flat]
    # source: Tobler 1993, speed proportional to exp(-3.5 |slope + 0.05|): with 5 % the ratio is exp(3.5 x 0.10)
    assert up / down == pytest.approx(np.exp(0.35), rel=0.02)


def test_heights_by_cell_are_those_of_the_plane(mapped: Twin) -> None:
    layer = mapped.layer("elevation")
    cells = mapped.cells
    east = (cells["x"].to_numpy(float) - metres(mapped, 0, 0)[0]) * RISE + 100.0
    assert np.asarray(layer.array("height")) == pytest.approx(east, abs=0.6)
    assert np.nanmean(layer.array("slope")) == pytest.approx(100.0 * RISE, abs=0.1)
    grid = grid_of(layer.meta, layer.array("grid"))
    at = metres(mapped, 150, 150)
    assert heights_at(grid, np.array([at[0]]), np.array([at[1]]), mapped.projection)[0] == pytest.approx(107.5, abs=0.05)


def test_tiles_of_heights_become_one_model(tmp_path: Path) -> None:
    folder = write_mapped(tmp_path / "town", source("more", "elevation", "raster_heights", "data/more.tif", "smooth = 1"))
    raster(folder / "data" / "more.tif", lambda x, _: 100.0 + RISE * x)
    raster(folder / "data" / "heights.tif", lambda x, _: np.where(x < SIDE / 2, 100.0 + RISE * x, np.nan))
    twin = build(folder)
    height = np.asarray(twin.layer("elevation").array("height"))
    east = (twin.cells["x"].to_numpy(float) - metres(twin, 0, 0)[0]) * RISE + 100.0
    assert height == pytest.approx(east, abs=0.6)
    assert not np.isnan(twin.layer("streets").array("node_height")).any()


def test_a_model_of_heights_elsewhere_is_refused(tmp_path: Path) -> None:
    folder = write_mapped(tmp_path / "town")
    text = (folder / "city.toml").read_text(encoding="utf-8")
    raster(folder / "data" / "heights.tif", lambda x, _: 0.0 * x)
    with (folder / "data" / "heights.tif").open("rb") as file:
        data = file.read()
    (folder / "data" / "heights.tif").write_bytes(data)
    import rasterio
    from rasterio.transform import Affine

    with rasterio.open(folder / "data" / "heights.tif", "r+") as file:
        file.transform = Affine(0.001, 0, 10.0, 0, -0.001, 50.0)
    assert "raster_heights" in text
    with pytest.raises(InputError, match="does not cover the study area"):
        build(folder)


# --- land cover ---------------------------------------------------------------------------------------------------


def test_land_cover_by_cell_adds_up_and_lies_where_it_is_drawn(mapped: Twin) -> None:
    layer = mapped.layer("land_cover")
    shares, classes = np.asarray(layer.array("shares")), layer.meta["classes"]
    assert shares.sum(axis=1) == pytest.approx(np.ones(len(shares)))
    bounds, border = mapped.cells.geometry.bounds, position(SIDE / 2, 0)[0]
    west, east = (bounds["maxx"] < border - 1e-4).to_numpy(), (bounds["minx"] > border + 1e-4).to_numpy()
    assert west.any()
    assert east.any()
    assert shares[west, classes.index("tree")] == pytest.approx(1.0)
    assert shares[east, classes.index("water")] == pytest.approx(1.0)
    assert layer.meta["share"]["tree"] == pytest.approx(0.5, abs=0.02)


def test_codes_that_the_scheme_lacks_are_refused(tmp_path: Path) -> None:
    folder = write_mapped(tmp_path / "town")
    raster(folder / "data" / "cover.tif", lambda x, _: 77.0 + 0.0 * x)
    with pytest.raises(InputError, match="codes 77, which 'worldcover' does not have"):
        build(folder)


def test_fractions_of_classes_are_shares(tmp_path: Path) -> None:
    options = 'fractions = { tree = "tree.tif", built = "built.tif" }'
    folder = write_mapped(tmp_path / "town")
    path = folder / "city.toml"
    plain = source("cover", "land_cover", "raster_cover", "data/cover.tif", 'scheme = "worldcover"')
    other = source("cover", "land_cover", "raster_fractions", "data/fractions", options)
    path.write_text(path.read_text(encoding="utf-8").replace(plain, other), encoding="utf-8")
    (folder / "data" / "fractions").mkdir()
    raster(folder / "data" / "fractions" / "tree.tif", lambda x, _: 30.0 + 0.0 * x)
    raster(folder / "data" / "fractions" / "built.tif", lambda x, _: 70.0 + 0.0 * x)
    layer = build(folder).layer("land_cover")
    assert layer.meta["share"] == pytest.approx({"tree": 0.3, "built": 0.7})


# --- lists of places ----------------------------------------------------------------------------------------------


def test_lists_of_places_are_matched_in_the_declared_order_and_conflicts_are_told(tmp_path: Path) -> None:
    order = '\n[places]\nprecedence = ["official", "osm"]\n'
    options = 'id = "id", category = "kind", name = "name", kinds = { s = "school", d = "hospital" }'
    folder = write_mapped(tmp_path / "town", source("official", "places", "csv_places", "data/official.csv", options) + order)
    rows = [["1", "s", "North School", *position(310, 92)], ["2", "d", "Pharmacy", *position(300, 100)]]
    table(folder / "data" / "official.csv", ["id", "kind", "name", "lon", "lat"], rows)
    twin = build(folder)
    matches = twin.layer("places").table("matches")
    same = matches[matches["verdict"] == "same"].iloc[0]
    assert (same["kept"], same["other"], same["distance_m"]) == ("official/1", "node/14", pytest.approx(10.2, abs=0.1))
    conflict = matches[matches["verdict"] == "conflict"].iloc[0]
    assert (conflict["kind"], conflict["other_kind"]) == ("hospital", "pharmacy")
    places = twin.places.set_index("id")
    assert places.loc["official/1", "sources"] == "official+osm"
    assert "node/14" not in places.index
    assert "node/15" in places.index
    assert places.loc["official/1", "confidence"] > places.loc["official/2", "confidence"]


def test_an_order_that_leaves_a_list_out_is_refused(tmp_path: Path) -> None:
    options = 'id = "id", name = "name", kinds = { s = "school" }'
    order = '\n[places]\nprecedence = ["official"]\n'
    folder = write_mapped(tmp_path / "town", source("official", "places", "csv_places", "data/official.csv", options) + order)
    table(folder / "data" / "official.csv", ["id", "name", "lon", "lat"], [["1", "North School", *position(310, 92)]])
    with pytest.raises(InputError, match="every source of places once: official, osm"):
        build(folder)


# --- files of their own -------------------------------------------------------------------------------------------


def test_buildings_of_a_file_of_their_own_stand_in_for_those_of_the_extract(tmp_path: Path) -> None:
    options = 'id = "no", class = "type", height = "h", levels = "floors", classes = { home = "apartments" }'
    folder = write_mapped(tmp_path / "town", source("houses", "buildings", "vector_areas", "data/houses.geojson", options))
    ring = [list(position(x, y)) for x, y in ((320, 20), (340, 20), (340, 40), (320, 40), (320, 20))]
    rows = [{"no": 7, "type": "home", "h": 21.0, "floors": None}, {"no": 8, "type": "barn", "h": None, "floors": 1}]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    features = [{"type": "Feature", "properties": row, "geometry": geometry} for row in rows]
    (folder / "data" / "houses.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    path = folder / "city.toml"
    # The jobs find no workplace any more and follow the land or the area.
    twin = build(folder)
    assert path.is_file()
    buildings = twin.layer("buildings").shapes("buildings")
    assert list(buildings["id"]) == ["houses/7"]
    assert buildings["height"].iloc[0] == 21.0
    row = next(row for row in twin.manifest["sources"] if row["id"] == "houses")
    assert row["refused"] == [["2", "class 'barn' is not mapped"]]
    assert twin.residents().sum() == RESIDENTS
    assert (twin.residents() > 0).sum() == 1
    assert twin.jobs().sum() == 300


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"amenity": "clinic", "healthcare": "clinic"}, "health_centre"),
        ({"healthcare": "clinic"}, "health_centre"),
        ({"amenity": "clinic", "name": "东街社区卫生服务站"}, "health_station"),
        ({"healthcare": "clinic", "name": "East Health Post"}, "health_station"),
    ],
)
def test_a_clinic_is_one_by_either_tag(tags: dict[str, str], expected: str) -> None:
    # source: the key healthcare=clinic is the newer tag for what amenity=clinic means; a station says so by its name
    assert kind_rules().find(tags) == expected


# --- reading once -------------------------------------------------------------------------------------------------


def test_an_extract_is_read_once_whatever_else_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_mapped(tmp_path / "town")
    first = build(folder)
    steps: list[str] = []
    from parkcity.sense.osm import store

    monkeypatch.setattr(store, "read_extract", lambda *_: pytest.fail("the extract was read again"))
    table(folder / "data" / "people.csv", ["zone", "n", "jobs"], [["town", 2 * RESIDENTS, 300]])
    again = build(folder, lambda step, _share: steps.append(step))
    assert again.residents().sum() == 2 * RESIDENTS
    for name in ("streets", "buildings", "green", "places"):
        assert again.layer(name).hash == first.layer(name).hash
    # Before it begins, the build says what it will cost.
    assert steps[0].startswith("needs up to")
    assert any(step.startswith("read osm (about") for step in steps)


def test_a_kept_reading_gives_the_bytes_of_a_fresh_one(tmp_path: Path) -> None:
    one, two = write_mapped(tmp_path / "one"), write_mapped(tmp_path / "two")
    fresh = build(one)
    build(two)
    (two / "twin" / "manifest.json").unlink()
    assert build(two).hash == fresh.hash
    assert len(list((two / "twin" / "readings" / "osm").iterdir())) == 1


def test_the_memory_of_rasters_is_told_by_their_pixels_before_a_build(tmp_path: Path) -> None:
    from parkcity.base.spec import load
    from parkcity.twin.estimate import memory_gb

    folder = write_mapped(tmp_path / "town")
    before = memory_gb(load(folder))
    import rasterio

    options = {"driver": "GTiff", "height": 4_000, "width": 4_000, "count": 1, "dtype": "uint8", "crs": "EPSG:4326", "compress": "deflate"}
    with rasterio.open(folder / "data" / "heights.tif", "w", **options, transform=rasterio.Affine(1e-4, 0, 103.9, 0, -1e-4, 30.2)) as file:
        file.write(np.zeros((4_000, 4_000), np.uint8), 1)
    # Sixteen million pixels of one byte, packed to a few kilobytes, are 32 bytes each in memory, and once more while their layer is made.
    assert memory_gb(load(folder)) - before == pytest.approx(2 * 16e6 * 32 / 2**30, rel=0.05)
