"""Buildings that the map marks by a point alone have an assumed ground, and say so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
import shapely
from tests.sense.osm.scene import Scene, position

from parkcity.sense.osm.extract import ExtractOptions, read_extract
from parkcity.sense.osm.metric import areas
from parkcity.sense.point_buildings import assumed_ground, squares
from parkcity.sense.raw import READERS, Request, filled_options
from parkcity.standards import parameter

if TYPE_CHECKING:
    from pathlib import Path


def _scene(drawn: int) -> Scene:
    """Houses of 10 by 10 m in a row, a street, and three nodes with the tag building: two free, one in the first house."""
    scene = Scene()
    for house in range(drawn):
        corners = [(0, 0), (10, 0), (10, 10), (0, 10)]
        ids = [100 * (house + 1) + corner for corner in range(4)]
        for node, (x, y) in zip(ids, corners, strict=True):
            scene.node(node, 20.0 * house + x, 50.0 + y)
        scene.way(house + 1, [*ids, ids[0]], building="house")
    scene.node(90001, 0, 0).node(90002, 500, 0).way(9000, [90001, 90002], highway="residential")
    scene.node(90003, 0, 200, building="house", building__levels="3").node(90004, 100, 200, building="hut")
    return scene.node(90005, 5, 55, building="house")


def test_points_are_buildings_of_the_size_of_those_drawn(tmp_path: Path) -> None:
    raw = read_extract(_scene(40).write(tmp_path), ExtractOptions())
    table = raw.frames["buildings"].set_index("id")
    assert (table["ground"] == "drawn").sum() == 40
    point = table.loc["node/90003"]
    # Every house drawn is 10 m by 10 m.
    assert point["area_m2"] == pytest.approx(100, rel=1e-3)
    assert (point["ground"], point["levels"]) == ("assumed", 3)
    assert ("node/90005", "it lies in a building that is drawn") in raw.tally.refused
    assert any("2 buildings are marked by a point alone" in remark for remark in raw.tally.remarks)


def test_where_too_few_are_drawn_a_default_stands_in(tmp_path: Path) -> None:
    table = read_extract(_scene(2).write(tmp_path), ExtractOptions()).frames["buildings"].set_index("id")
    assert table.loc["node/90004", "area_m2"] == parameter("osm_parameters", "building.point_area").number


def test_the_median_of_the_same_use_comes_before_that_of_all() -> None:
    drawn, uses = np.array([100.0] * 40 + [300.0] * 50), ["house"] * 40 + ["retail"] * 50
    assert assumed_ground(["house", "retail", "church"], uses, drawn).tolist() == [100.0, 300.0, 300.0]


def test_squares_have_the_area_and_the_middle_that_they_should() -> None:
    lon, lat = np.array([104.0, -15.4]), np.array([30.6, 28.1])
    made = squares(lon, lat, np.array([100.0, 2500.0]))
    assert areas(made) == pytest.approx([100.0, 2500.0], rel=1e-6)
    middle = shapely.centroid(made)
    assert shapely.get_x(middle) == pytest.approx(lon)
    assert shapely.get_y(middle) == pytest.approx(lat)


def test_points_of_a_file_of_its_own_are_buildings_too(tmp_path: Path) -> None:
    points = [shapely.Point(position(30.0 * row, 0)) for row in range(3)]
    path = tmp_path / "houses.geojson"
    gpd.GeoDataFrame({"floors": [1, 2, 3]}, geometry=points, crs="EPSG:4326").to_file(path)
    reader = READERS.get("vector_areas")
    raw = reader.read(Request(path, filled_options(reader, {"levels": "floors", "points": True}, "city.toml"), "WGS84", "mine"))
    assert raw.frame is not None
    assert set(raw.frame["ground"]) == {"assumed"}
    assert raw.frame["levels"].tolist() == [1.0, 2.0, 3.0]
    assert raw.frame["geometry"].geom_type.tolist() == ["Polygon"] * 3
