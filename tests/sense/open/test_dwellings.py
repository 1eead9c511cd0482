"""A known total spread over the dwellings of a scene."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import shapely
from tests.sense.osm.scene import Scene, position

from parkcity.base.errors import InputError
from parkcity.sense.raw import READERS, Raw, Request, filled_options

if TYPE_CHECKING:
    from pathlib import Path


def _block(scene: Scene, number: int, x: float, y: float, size: float, **tags: str) -> None:
    first = number * 10
    for place, (dx, dy) in enumerate([(0, 0), (size, 0), (size, size), (0, size)]):
        scene.node(first + place, x + dx, y + dy)
    scene.way(number, [first, first + 1, first + 2, first + 3, first], **tags)


def _scene() -> Scene:
    scene = Scene()
    _block(scene, 1, 0, 0, 10, building="apartments", building__levels="5")
    _block(scene, 2, 300, 0, 10, building="house", building__levels="1")
    _block(scene, 3, 600, 0, 10, building="yes", height="12")
    _block(scene, 4, 900, 0, 10, building="school")
    _block(scene, 5, 1200, 0, 3, building="yes")
    _block(scene, 6, 1500, 0, 10, building="yes", building__levels="9")
    _block(scene, 7, 1480, -20, 60, landuse="industrial")
    return scene


def _read(folder: Path, **options: Any) -> Raw:
    reader = READERS.get("osm_dwellings")
    return reader.read(Request(folder, filled_options(reader, {"osm": "scene.osm", **options}, "city.toml"), "WGS84", "people"))


def test_residents_follow_the_floor_area_of_homes_and_nothing_else(tmp_path: Path) -> None:
    _scene().write(tmp_path)
    homes: Any = _read(tmp_path, total=1000).frame
    # Floor areas 5, 1 and 12 m / 3 m = 4 levels of 100 m2: shares 5, 1 and 4 of 10. School, shed and factory have nobody.
    by_place = dict(zip(homes["centre_lon"].round(4), homes["people"], strict=True))
    expected = {round(position(x + 5, 5)[0], 4): people for x, people in ((0, 500), (300, 100), (600, 400))}
    assert by_place == expected


@pytest.mark.parametrize("total", [1, 7, 997])
def test_every_resident_has_one_home(tmp_path: Path, total: int) -> None:
    _scene().write(tmp_path)
    homes: Any = _read(tmp_path, total=total, side_m=37.0).frame
    assert homes["people"].sum() == total


def test_only_homes_inside_the_boundary_count(tmp_path: Path) -> None:
    _scene().write(tmp_path)
    ring = [position(x, y) for x, y in ((-50, -50), (200, -50), (200, 50), (-50, 50))]
    feature = {"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(shapely.Polygon(ring))}
    (tmp_path / "area.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    homes: Any = _read(tmp_path, total=1000, boundary="area.geojson").frame
    assert homes["people"].tolist() == [1000]


def test_wrong_options_and_an_empty_area_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        _read(tmp_path, total=0, side_m=-1.0, boundary="../area.geojson")
    assert len(caught.value.faults) == 4
    scene = Scene()
    _block(scene, 4, 900, 0, 10, building="school")
    scene.write(tmp_path)
    with pytest.raises(InputError, match="no dwelling"):
        _read(tmp_path, total=10)
