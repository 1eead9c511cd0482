"""Crossings, gates, station entrances, squares and barriers on scenes whose answers a pencil finds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, dijkstra
from tests.sense.osm.scene import Scene, position

from parkcity.sense.osm.attributes import class_code
from parkcity.sense.osm.extract import ExtractOptions, read_extract
from parkcity.sense.osm.squares import _spanner

if TYPE_CHECKING:
    from pathlib import Path

    from parkcity.sense.raw import Raw

ROAD = {"highway": "residential"}


def _read(scene: Scene, folder: Path, modes: tuple[str, ...] = ("walk",)) -> Raw:
    return read_extract(scene.write(folder), ExtractOptions(modes=modes))


def _row(raw: Raw, x: float, y: float) -> int:
    """The network node nearest to a place of the scene."""
    arrays: dict[str, Any] = raw.arrays
    lon, lat = position(x, y)
    return int(np.argmin(np.hypot(arrays["node_lon"] - lon, arrays["node_lat"] - lat)))


def _walk_m(raw: Raw, one: tuple[float, float], two: tuple[float, float], closed: str = "walk") -> float:
    """Metres of the shortest walk between two places of the scene."""
    arrays: dict[str, Any] = raw.arrays
    shortest: dict[tuple[int, int], float] = {}
    for u, v, length, passage in zip(arrays["edge_u"], arrays["edge_v"], arrays["edge_length"], arrays[closed], strict=True):
        if passage:
            key = (min(u, v), max(u, v))
            # A matrix cannot hold an edge of no length; a nanometre stands for it.
            shortest[key] = min(shortest.get(key, np.inf), max(length, 1e-9))
    ends: Any = np.array(list(shortest), np.int64).reshape(-1, 2).T
    count = len(arrays["node_lon"])
    graph = coo_array((np.array(list(shortest.values())), (ends[0], ends[1])), shape=(count, count)).tocsr()
    return float(dijkstra(graph, directed=False, indices=np.array([_row(raw, *one)]))[0, _row(raw, *two)])


def _pieces(raw: Raw) -> int:
    arrays: dict[str, Any] = raw.arrays
    count = len(arrays["node_lon"])
    graph = coo_array((np.ones(len(arrays["edge_u"])), (arrays["edge_u"], arrays["edge_v"])), shape=(count, count))
    return int(connected_components(graph, directed=False)[0])


def _crossing(**tags: str) -> Scene:
    scene = Scene().node(1, -100, 0).node(2, 100, 0).node(3, 0, -20).node(4, 0, 20)
    return scene.way(10, [1, 2], **ROAD).way(11, [3, 4], highway="footway", footway="crossing", **tags)


def test_a_crossing_is_joined_to_the_road_that_it_cuts_without_a_common_node(tmp_path: Path) -> None:
    raw = _read(_crossing(crossing="zebra"), tmp_path)
    assert _pieces(raw) == 1
    assert _walk_m(raw, (0, 20), (100, 0)) == pytest.approx(120, abs=0.02)
    assert any("1 crossings were joined" in remark for remark in raw.tally.remarks)


@pytest.mark.parametrize("tags", [{"bridge": "yes"}, {"tunnel": "yes"}, {"layer": "1"}])
def test_a_crossing_above_or_below_the_road_is_not_joined(tmp_path: Path, tags: dict[str, str]) -> None:
    assert _pieces(_read(_crossing(**tags), tmp_path)) == 2


def test_one_crossing_over_two_carriageways_is_joined_to_both(tmp_path: Path) -> None:
    scene = _crossing().node(5, -100, 8).node(6, 100, 8).way(12, [5, 6], **ROAD)
    raw = _read(scene, tmp_path)
    assert _walk_m(raw, (0, 0), (0, 8)) == pytest.approx(8, abs=0.01)
    assert _walk_m(raw, (-100, 8), (-100, 0)) == pytest.approx(208, abs=0.05)


def test_a_crossing_that_ends_beside_the_road_is_joined_to_it(tmp_path: Path) -> None:
    scene = Scene().node(1, -100, 0).node(2, 100, 0).node(3, 0, 2).node(4, 0, 30)
    scene.way(10, [1, 2], **ROAD).way(11, [3, 4], highway="footway", footway="crossing")
    assert _walk_m(_read(scene, tmp_path), (0, 30), (100, 0)) == pytest.approx(130, abs=0.02)


def test_crossings_take_kind_and_kerb_from_their_nodes(tmp_path: Path) -> None:
    scene = Scene().node(1, -100, 0).node(2, 0, 0, highway="crossing", crossing="traffic_signals").node(3, 100, 0)
    scene.node(4, 0, -10, kerb="lowered").node(5, 0, 10, kerb="raised")
    scene.way(10, [1, 2, 3], **ROAD).way(11, [4, 2, 5], highway="footway", footway="crossing")
    arrays = _read(scene, tmp_path).arrays
    foot = arrays["klass"] == class_code("footway")
    assert set(arrays["crossing"][foot]) == {3}
    assert set(arrays["kerb"][foot]) == {3}
    assert set(arrays["crossing"][~foot]) == {0}


def _park(**gate: str) -> Scene:
    """A path in a park that ends at a gate ten metres from the street."""
    scene = Scene().node(1, -100, 0).node(2, 100, 0).node(3, 0, 10, barrier="gate", **gate).node(4, 0, 200)
    return scene.way(10, [1, 2], **ROAD).way(11, [3, 4], highway="path")


def test_a_park_path_that_ends_at_a_gate_is_joined_to_the_street(tmp_path: Path) -> None:
    assert _walk_m(_read(_park(), tmp_path), (0, 200), (100, 0)) == pytest.approx(300, abs=0.05)


@pytest.mark.parametrize("gate", [{"access": "private"}, {"locked": "yes"}, {"foot": "no"}])
def test_a_gate_that_is_shut_joins_nothing(tmp_path: Path, gate: dict[str, str]) -> None:
    assert _pieces(_read(_park(**gate), tmp_path)) == 2


def _through_gate(**tags: str) -> Scene:
    scene = Scene().node(1, 0, 0).node(2, 50, 0, **tags).node(3, 100, 0)
    return scene.way(10, [1, 2, 3], **ROAD)


def test_a_locked_gate_parts_the_street_in_two_and_keeps_both_ends_reachable(tmp_path: Path) -> None:
    raw = _read(_through_gate(barrier="gate", locked="yes"), tmp_path)
    assert np.isinf(_walk_m(raw, (0, 0), (100, 0)))
    assert (raw.arrays["klass"] == class_code("gate")).sum() == 1
    assert raw.arrays["edge_length"].sum() == pytest.approx(100, abs=0.01)


def test_a_bollard_stops_cars_and_nobody_else(tmp_path: Path) -> None:
    raw = _read(_through_gate(barrier="bollard"), tmp_path, ("walk", "bike", "car"))
    assert _walk_m(raw, (0, 0), (100, 0)) == pytest.approx(100, abs=0.01)
    assert _walk_m(raw, (0, 0), (100, 0), "bike") == pytest.approx(100, abs=0.01)
    assert np.isinf(_walk_m(raw, (0, 0), (100, 0), "car"))
    # Walkers alone need no gate there.
    assert class_code("gate") not in _read(_through_gate(barrier="bollard"), tmp_path).arrays["klass"]


def test_a_barrier_where_three_ways_meet_stops_every_pair(tmp_path: Path) -> None:
    scene = _through_gate(barrier="gate", access="no").node(4, 50, 80).way(11, [2, 4], **ROAD)
    raw = _read(scene, tmp_path)
    assert _pieces(raw) == 1
    for one, two in (((0, 0), (100, 0)), ((0, 0), (50, 80)), ((100, 0), (50, 80))):
        assert np.isinf(_walk_m(raw, one, two))


def test_a_stile_is_closed_to_wheelchairs_only(tmp_path: Path) -> None:
    arrays = _read(_through_gate(barrier="stile"), tmp_path).arrays
    gate = arrays["klass"] == class_code("gate")
    assert arrays["wheelchair"][gate].tolist() == [0]
    assert arrays["walk"][gate].tolist() == [1]


def _station() -> Scene:
    scene = Scene().node(1, -100, 0).node(2, 100, 0).node(3, 30, 20, railway="subway_entrance", ref="A")
    scene.node(5, 0, -60).node(6, 60, -60).node(7, 500, -60).node(8, 560, -60)
    scene.way(10, [1, 2], **ROAD).way(11, [5, 6], railway="platform", layer="-2")
    return scene.way(12, [7, 8], railway="platform", layer="-2")


def test_a_station_entrance_joins_street_and_platform(tmp_path: Path) -> None:
    raw = _read(_station(), tmp_path)
    # Street to entrance 20 m; entrance to the nearer end of the platform hypot(30, 80) m.
    assert _walk_m(raw, (30, 0), (0, -60)) == pytest.approx(20 + np.hypot(30, 80), abs=0.05)


def test_a_stop_area_says_which_platform_belongs_to_an_entrance(tmp_path: Path) -> None:
    scene = _station().relation(20, [("node", 3, ""), ("way", 12, "platform")], type="public_transport", public_transport="stop_area")
    raw = _read(scene, tmp_path)
    assert _walk_m(raw, (30, 0), (500, -60)) == pytest.approx(20 + np.hypot(470, 80), abs=0.1)
    assert np.isinf(_walk_m(raw, (30, 0), (0, -60)))


def _square(**tags: str) -> Scene:
    """A square of 100 m with a street at every corner, and a metro entrance inside."""
    scene = Scene().node(1, 0, 0).node(2, 100, 0).node(3, 100, 100).node(4, 0, 100)
    scene.node(5, -50, 0).node(6, 150, 100).way(10, [1, 2, 3, 4, 1], **tags)
    return scene.way(11, [5, 1], **ROAD).way(12, [3, 6], **ROAD)


def test_a_square_is_crossed_on_its_diagonal(tmp_path: Path) -> None:
    raw = _read(_square(highway="pedestrian", area="yes"), tmp_path)
    assert _walk_m(raw, (-50, 0), (150, 100)) == pytest.approx(50 + 50 + 100 * np.sqrt(2), abs=0.05)


def test_a_closed_footway_that_is_no_area_is_walked_round(tmp_path: Path) -> None:
    raw = _read(_square(highway="footway"), tmp_path)
    assert _walk_m(raw, (-50, 0), (150, 100)) == pytest.approx(300, abs=0.05)


def test_a_private_square_is_not_crossed(tmp_path: Path) -> None:
    raw = _read(_square(highway="pedestrian", area="yes", access="private"), tmp_path)
    assert np.isinf(_walk_m(raw, (-50, 0), (150, 100)))


def test_a_square_bent_round_a_corner_is_crossed_round_that_corner(tmp_path: Path) -> None:
    scene = Scene().node(1, 0, 0).node(2, 100, 0).node(3, 100, 40).node(4, 40, 40).node(5, 40, 100).node(6, 0, 100)
    scene.node(7, 150, 40).node(8, 40, 150)
    scene.way(10, [1, 2, 3, 4, 5, 6, 1], highway="pedestrian", area="yes").way(11, [3, 7], **ROAD).way(12, [5, 8], **ROAD)
    # From one arm to the other one walks along the inner edges, round the corner at (40, 40).
    assert _walk_m(_read(scene, tmp_path), (100, 40), (40, 100)) == pytest.approx(120, abs=0.05)


def test_a_hole_in_a_square_is_walked_round(tmp_path: Path) -> None:
    scene = Scene().node(1, 0, 0).node(2, 100, 0).node(3, 100, 100).node(4, 0, 100)
    scene.node(11, 40, 40).node(12, 60, 40).node(13, 60, 60).node(14, 40, 60)
    scene.node(21, 0, 50).node(22, 100, 50).node(23, -50, 50).node(24, 150, 50)
    scene.way(10, [1, 2, 22, 3, 4, 21, 1]).way(11, [11, 12, 13, 14, 11])
    scene.way(12, [23, 21], **ROAD).way(13, [22, 24], **ROAD)
    scene.relation(20, [("way", 10, "outer"), ("way", 11, "inner")], type="multipolygon", highway="pedestrian")
    expected = 20 + 2 * np.hypot(40, 10)
    assert _walk_m(_read(scene, tmp_path), (0, 50), (100, 50)) == pytest.approx(expected, abs=0.05)


@settings(max_examples=100, deadline=None)
@given(st.integers(2, 9), st.integers(0, 4), st.integers(0, 2**31))
def test_no_crossing_of_a_square_is_longer_than_the_stated_ratio(entries: int, corners: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    at = rng.uniform(0, 100, (entries + corners, 2))
    one, two = np.triu_indices(len(at), 1)
    seen = rng.uniform(size=len(one)) < 0.7
    one, two = one[seen], two[seen]
    length = np.hypot(*(at[one] - at[two]).T)

    def distances(rows: Any) -> Any:
        graph = coo_array((length[rows], (one[rows], two[rows])), shape=(len(at), len(at))).tocsr()
        return dijkstra(graph, directed=False)[:entries, :entries]

    # source: definition of a t-spanner with t = 1.05 (osm_parameters, square.detour)
    full, kept = distances(np.arange(len(one))), distances(_spanner(len(at), entries, one, two, length))
    assert (np.isfinite(full) == np.isfinite(kept)).all()
    finite = np.isfinite(full)
    assert (kept[finite] <= full[finite] * 1.05 + 1e-6).all()
