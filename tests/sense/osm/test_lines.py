"""Route relations become lines that run by headway and speed, and say that they are assumed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tests.sense.osm.scene import Scene

from parkcity.base.errors import InputError
from parkcity.sense.raw import READERS, Raw, Request, filled_options

if TYPE_CHECKING:
    from pathlib import Path

_YEAR = {"first_date": "2024-01-01", "last_date": "2024-12-31"}


def _read(path: Path, **options: Any) -> Raw:
    reader = READERS.get("osm_lines")
    return reader.read(Request(path, filled_options(reader, {**_YEAR, **options}, "city.toml"), "WGS84", "mine"))


def _stops(scene: Scene, count: int) -> None:
    for number in range(1, count + 1):
        scene.node(number, 1000.0 * number, 0.0, public_transport="stop_position", name=f"S{number}")


def _route(scene: Scene, relation: int, stops: list[int], **tags: str) -> None:
    scene.relation(relation, [("n", stop, "stop") for stop in stops], type="route", **tags)


def test_both_directions_of_a_line_share_its_departures_and_a_line_drawn_once_runs_both_ways(tmp_path: Path) -> None:
    scene = Scene()
    _stops(scene, 5)
    _route(scene, 1, [1, 2, 3], route="bus", ref="7", to="East")
    _route(scene, 2, [3, 2, 1], route="bus", ref="7", to="West")
    _route(scene, 3, [4, 5], route="bus", ref="8")
    raw = _read(scene.write(tmp_path), headway_min={"bus": 12}, speed_km_h={"bus": 36})
    assert raw.tally.rows_kept == 3
    assert "assumed" in raw.arrays
    trips, headways = raw.frames["trips"], raw.frames["frequencies"]
    assert sorted(trips["id"]) == ["7 East/out/1", "7 West/out/2", "8/back/3", "8/out/3"]
    assert set(headways["headway"]) == {12 * 60}
    # 1,000 m at 36 km/h take 100 s; the metres of the scene are those of the ellipsoid, the lines are measured on the sphere.
    times = raw.arrays["call_arrival"][raw.arrays["call_trip"] == 0]
    assert np.diff(times) == pytest.approx([100, 100], abs=1)


def test_branches_of_one_line_divide_its_departures(tmp_path: Path) -> None:
    scene = Scene()
    _stops(scene, 4)
    for relation, stops in enumerate(([1, 2, 3], [3, 2, 1], [1, 2, 4], [4, 2, 1]), start=1):
        _route(scene, relation, stops, route="tram", ref="1", network="N", to=f"T{relation}")
    headways = _read(scene.write(tmp_path), headway_min={"tram": 8}).frames["frequencies"]
    # Four relations are two branches in two directions: each of them has every second departure.
    assert set(headways["headway"]) == {16 * 60}


def test_a_tagged_interval_stands_above_the_assumed_one(tmp_path: Path) -> None:
    scene = Scene()
    _stops(scene, 3)
    _route(scene, 1, [1, 2], route="subway", ref="1", interval="00:05")
    _route(scene, 2, [2, 3], route="subway", ref="2", interval="sometimes")
    raw = _read(scene.write(tmp_path), headway_min={"metro": 9})
    assert dict(zip(raw.frames["frequencies"]["trip"], raw.frames["frequencies"]["headway"], strict=True)) == {
        0: 300,
        1: 300,
        2: 540,
        3: 540,
    }
    assert any("headway of 1 routes is tagged" in remark for remark in raw.tally.remarks)


def test_a_ring_is_circular_and_a_route_of_one_stop_is_told(tmp_path: Path) -> None:
    scene = Scene()
    _stops(scene, 3)
    _route(scene, 1, [1, 2, 3, 1], route="bus", ref="R")
    _route(scene, 2, [1], route="bus", ref="X")
    raw = _read(scene.write(tmp_path))
    assert raw.tally.refused == [("relation/2", "fewer than two of its stops are in the file")]
    # One lap on which one gets on, and a second one on which one only gets off.
    assert raw.arrays["call_stop"].tolist() == [0, 1, 2, 0, 1, 2]
    assert raw.arrays["call_board"].tolist() == [True, True, True, False, False, False]


def test_kinds_of_lines_can_be_chosen_and_a_file_without_any_is_refused(tmp_path: Path) -> None:
    scene = Scene()
    _stops(scene, 2)
    _route(scene, 1, [1, 2], route="bus", ref="7")
    path = scene.write(tmp_path)
    with pytest.raises(InputError, match="none of the 0 routes asked for"):
        _read(path, modes=["metro"])
    with pytest.raises(InputError) as caught:
        _read(path, modes=["fly"], headway_min={"bus": -1}, detour=0.5, last_date="2023-01-01", bbox=[1, 2])
    assert len(caught.value.faults) == 5
