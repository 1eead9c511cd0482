"""Stations: rings, scores and balance against closed forms."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.scenes.town import PEOPLE, Town, write_town

from parkcity.insight.inputs import Inputs
from parkcity.insight.operators.scores import STATES, balance, mean_score, standard_scores
from parkcity.insight.run import measure
from parkcity.insight.stations import groups_of, ring_limits, station_rows, stations
from parkcity.twin.build import build
from parkcity.twin.twin import Twin

CENTRES = [(50.0 + 100 * i, 50.0 + 100 * j) for i in range(10) for j in range(10)]
STOPS = [
    ("a", "metro", 200.0, 200.0, 1.0),
    ("b", "metro", 800.0, 800.0, 1.0),
    ("park-1", "park", 200.0, 300.0, 9_000.0),
]


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Twin:
    folder = write_town(tmp_path_factory.mktemp("stations") / "town", Town(places=STOPS))
    toml = folder / "city.toml"
    toml.write_text(
        toml.read_text(encoding="utf-8").replace('park = "park" }', 'park = "park", metro = "metro_station" }'), encoding="utf-8"
    )
    return build(folder)


def walk(x: float, y: float, stop: str) -> float:
    _, _, east, north, _ = next(entry for entry in STOPS if entry[0] == stop)
    return abs(x - east) + abs(y - north)


def test_rings_hold_the_residents_of_their_walks(twin: Twin) -> None:
    # source: rings of the Chengdu design guideline: 0-300, 300-500, 500-800 m
    assert ring_limits() == (300.0, 500.0, 800.0)
    found = stations(Inputs(twin))
    for row, stop in enumerate("ab"):
        walks = np.array([walk(x, y, stop) for x, y in CENTRES])
        expected = [(walks <= 300).sum(), ((walks > 300) & (walks <= 500)).sum(), ((walks > 500) & (walks <= 800)).sum()]
        assert (found.rings[:, row] / PEOPLE).tolist() == expected


def test_density_is_of_the_land_within_the_walk_and_ratio_of_the_circle(twin: Twin) -> None:
    found = stations(Inputs(twin))
    (density,) = measure(twin, "tod.stations.density").rows("city")
    assert density["part"] == found.rings[:2].sum()
    assert density["whole"] == pytest.approx(found.measures["walk_km2"].sum())
    # A walk on a grid covers at most 2 / pi of the circle.
    assert (found.measures["catchment_ratio"] <= 2 / math.pi).all()
    (ratio,) = measure(twin, "tod.stations.catchment_ratio").rows("city")
    assert ratio["value"] == pytest.approx(found.measures["catchment_ratio"].mean())


def test_services_around_a_station_are_those_within_its_walk(twin: Twin) -> None:
    # The only service that the town knows is the park, 100 m from station a and 1,100 m from station b.
    assert stations(Inputs(twin)).served.tolist() == [[True, False]]
    (share,) = measure(twin, "tod.stations.services").rows("city")
    assert share["value"] == 0.5
    assert sorted(row["lacks"] for row in station_rows(Inputs(twin), "district")) == ["", "park"]


def test_states_of_all_stations_add_up_to_their_number(twin: Twin) -> None:
    shares = [measure(twin, f"tod.stations.{state}").rows("city")[0] for state in STATES]
    assert sum(row["part"] for row in shares) == shares[0]["whole"] == 2


def test_stops_of_one_name_close_together_are_one_station() -> None:
    name = np.array(["north", "north", "south", "north", "", ""])
    x = np.array([0.0, 100.0, 50.0, 900.0, 0.0, 1.0])
    assert groups_of(name, x, np.zeros(6), 400.0).tolist() == [0, 0, 1, 2, 3, 4]


def test_scores_of_three_values_in_closed_form() -> None:
    # mean 2, population variance (1 + 0 + 1) / 3
    root = math.sqrt(1.5)
    assert standard_scores(np.array([1.0, 2.0, 3.0])) == pytest.approx([-root, 0.0, root])
    unknown = mean_score([np.array([1.0, 2.0, 3.0]), np.array([np.nan, np.nan, np.nan])])
    assert unknown == pytest.approx([-root, 0.0, root])


@given(st.lists(st.tuples(st.floats(-4, 4), st.floats(-4, 4)), min_size=1, max_size=20))
def test_every_station_has_one_state_and_the_two_axes_mirror_each_other(pairs: list[tuple[float, float]]) -> None:
    node, place = (np.array([pair[side] for pair in pairs]) for side in (0, 1))
    states, mirrored = balance(node, place, 1.0, 1.0), balance(place, node, 1.0, 1.0)
    swap = {"unbalanced_node": "unbalanced_place", "unbalanced_place": "unbalanced_node"}
    for one, other in zip(states, mirrored, strict=True):
        assert STATES[other] == swap.get(STATES[one], STATES[one])


def test_lines_come_from_the_layer_of_lines_where_a_city_has_one(tmp_path: Path) -> None:
    folder = write_town(tmp_path / "town", Town(places=STOPS))
    text = (folder / "city.toml").read_text(encoding="utf-8").replace('park = "park" }', 'park = "park", metro = "metro_station" }')
    (folder / "city.toml").write_text(text, encoding="utf-8")
    # Without the layer lines are unknown, and the score rests on what is known.
    found = stations(Inputs(build(folder)))
    assert np.isnan(found.measures["lines"]).all()
    assert np.isfinite(found.score("node")).all()


def test_the_floor_area_ratio_of_a_ring_is_that_of_its_cells(tmp_path: Path) -> None:
    # A block of 40 x 40 m and 5 levels stands in the cell around (250, 250), 100 m on foot from station a and in no ring of b.
    import json

    from tests.scenes.mapped import source
    from tests.scenes.town import lonlat

    extra = source("built", "buildings", "vector_areas", "data/built.geojson", 'levels = "n"')
    folder = write_town(tmp_path / "town", Town(places=STOPS, toml_extra=extra))
    toml = folder / "city.toml"
    mapping = 'park = "park", metro = "metro_station" }'
    toml.write_text(toml.read_text(encoding="utf-8").replace('park = "park" }', mapping), encoding="utf-8")
    ring = [list(lonlat(x, y)) for x, y in ((230, 230), (270, 230), (270, 270), (230, 270), (230, 230))]
    block = {"type": "Feature", "properties": {"n": 5}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    (folder / "data" / "built.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [block]}), encoding="utf-8")
    twin = build(folder)
    cells = {stop: sum(walk(x, y, stop) <= 300 for x, y in CENTRES) for stop in "ab"}
    (row,) = measure(twin, "tod.floor_ratio.core").rows("city")
    assert row["part"] == pytest.approx(40 * 40 * 5, rel=1e-3)
    assert row["whole"] == pytest.approx(sum(cells.values()) * 100 * 100, rel=1e-6)
    ratios = sorted(entry["far_core"] for entry in station_rows(Inputs(twin), "district"))
    assert ratios == [0.0, pytest.approx(8_000 / (cells["a"] * 10_000), abs=1e-3)]
