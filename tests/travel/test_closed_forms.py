"""Answers that can be worked out by hand: a grid, steps, a hill, a ferry, a wheelchair, a bicycle, a car."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq
import pytest

from parkcity.base.errors import LimitError, UsageError
from parkcity.travel import Attach, Network, Profile, State, Streets, nearest, route, within
from parkcity.travel.isochrone import catchment_ratio, circuity, isochrones, streets_reached
from parkcity.travel.matrix import matrix, write_matrix
from parkcity.travel.rules import tobler_ratio

from .graphs import Uneven, random_attach, random_streets, reference_ticks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

SPEED = 1.1  # m/s, GB 50180-2018: 1000 m in 15 min


def grid(side: int, spacing: float) -> Streets:
    column, line = np.meshgrid(np.arange(side), np.arange(side))
    node = np.arange(side * side).reshape(side, side)
    ends = np.concatenate(
        [np.stack([node[:, :-1].ravel(), node[:, 1:].ravel()], 1), np.stack([node[:-1].ravel(), node[1:].ravel()], 1)]
    ).astype(np.int32)
    x, y = (np.asarray(axis.ravel(), np.float64) * spacing for axis in (column, line))
    return Streets(x, y, ends[:, 0], ends[:, 1], np.full(len(ends), spacing))


def line(attributes: Mapping[str, Sequence[float]], lengths: list[float]) -> Streets:
    x = np.concatenate([[0], np.cumsum(lengths)]).astype(float)
    count = len(lengths)
    columns = {name: np.array(values) for name, values in attributes.items()}
    return Streets(
        x, np.zeros(count + 1), np.arange(count, dtype=np.int32), np.arange(1, count + 1, dtype=np.int32), np.array(lengths), columns
    )


def seconds(streets: Streets, profile: Profile, start: int, end: int) -> float:
    network = Network.build(streets, profile)
    return float(nearest(network, Attach.at_nodes(streets, [start]), Attach.at_nodes(streets, [end])).values[0, 0])


def test_a_grid_has_manhattan_distances_and_diamond_sums() -> None:
    streets = grid(21, 100.0)
    network = Network.build(streets, Profile("walk", SPEED))
    every = Attach.at_nodes(streets, np.arange(441))
    middle = Attach.at_nodes(streets, [220])
    found = nearest(network, every, middle, unit="m")
    assert np.array_equal(found.values[0], np.abs(streets.node_x - 1000) + np.abs(streets.node_y - 1000))
    counts = within(network, middle, every, [100.0, 300.0, 700.0], unit="m").counts[:, 0]
    assert counts.tolist() == [2 * n * (n + 1) + 1 for n in (1, 3, 7)]  # lattice points of a diamond


def test_the_catchment_of_a_fine_grid_is_a_diamond() -> None:
    off = []
    for spacing in (40.0, 20.0, 10.0):
        side = int(2 * 400 / spacing) + 3
        streets = grid(side, spacing)
        network = Network.build(streets, Profile("walk", SPEED))
        middle = Attach.at_nodes(streets, [side * side // 2])
        off.append(abs(catchment_ratio(network, middle, 0, 400.0, side=spacing / 5, away_m=spacing * 0.8) - 2 / math.pi))
    assert off[0] > off[1] > off[2]
    assert off[2] < 0.015


def test_isochrones_are_valid_nested_and_without_holes() -> None:
    streets = grid(15, 120.0)
    network = Network.build(streets, Profile("walk", SPEED))
    areas = isochrones(network, Attach.at_nodes(streets, [112]), 0, [120.0, 300.0, 600.0])
    for smaller, larger in itertools.pairwise(areas):
        assert larger.covers(smaller)
        assert larger.area > smaller.area
    for area in areas:
        assert area.is_valid
        assert all(not part.interiors for part in area.geoms)


def test_streets_reached_add_up_on_a_grid() -> None:
    streets = grid(11, 100.0)
    network = Network.build(streets, Profile("walk", SPEED))
    reached = streets_reached(network, Attach.at_nodes(streets, [60]), 0, 250.0, unit="m")
    # By hand: 4 blocks from the middle to its neighbours, 12 from those outwards; then 3 stubs at 4 nodes and 2 at 4 nodes.
    assert float((reached.to_m - reached.from_m).sum()) == pytest.approx(16 * 100 + 20 * 50, abs=20)


def test_a_hill_is_toblers_both_ways() -> None:
    streets = line({"incline": [10.0]}, [500.0])
    adult = Profile.load("adult")
    for way, grade in (((0, 1), 0.10), ((1, 0), -0.10)):
        expected = 500 / (SPEED * math.exp(-3.5 * abs(grade + 0.05)) / math.exp(-3.5 * 0.05))  # Tobler 1993
        assert seconds(streets, adult, *way) == pytest.approx(expected, rel=1e-6)
    assert float(tobler_ratio(-0.05)) == pytest.approx(math.exp(3.5 * 0.05))


def test_steps_take_fruins_speeds_and_stop_wheels() -> None:
    streets = line({"steps": [0, 20, 0], "incline": [np.nan, 30.0, np.nan]}, [100.0, 10.0, 100.0])
    assert seconds(streets, Profile.load("adult"), 0, 3) == pytest.approx(200 / SPEED + 10 / 0.5, rel=1e-6)
    assert seconds(streets, Profile.load("adult"), 3, 0) == pytest.approx(200 / SPEED + 10 / 0.6, rel=1e-6)
    assert math.isnan(seconds(streets, Profile.load("wheelchair"), 0, 3))


def test_a_ferry_waits_once_and_sails() -> None:
    streets = line({"klass": [6, 20, 6], "walk": [1, 1, 1]}, [100.0, 900.0, 100.0])
    assert seconds(streets, Profile.load("adult"), 0, 3) == pytest.approx(200 / SPEED + 600 + 300, rel=1e-6)


@pytest.mark.parametrize(
    ("attribute", "shut", "fine", "unknown"),
    [("kerb", 3, 1, -1), ("width", 0.7, 1.2, np.nan), ("surface", 7, 3, 0), ("wheelchair", 0, 2, None), ("incline", 9.0, 8.0, None)],
)
def test_wheelchairs_stop_at_their_limits_and_the_unknown_is_stated(
    attribute: str, shut: float, fine: float, unknown: float | None
) -> None:
    chair, wary = Profile.load("wheelchair"), Profile.load("wheelchair", unknown="closed")
    base: dict[str, list[float]] = {"kerb": [0.0], "width": [2.0], "surface": [1], "crossing": [2]}
    assert math.isnan(seconds(line({**base, attribute: [shut]}, [100.0]), chair, 0, 1))
    assert seconds(line({**base, attribute: [fine]}, [100.0]), wary, 0, 1) == pytest.approx(100 / 0.8)
    if unknown is not None:
        open_street = line({**base, attribute: [unknown]}, [100.0])
        assert chair.unknown(open_street)[attribute] == 1.0
        assert seconds(open_street, chair, 0, 1) == pytest.approx(100 / 0.8)
        assert math.isnan(seconds(open_street, wary, 0, 1))


def test_calm_cyclists_keep_off_busy_roads_without_a_track() -> None:
    calm, bold = Profile.load("calm_cyclist"), Profile.load("cyclist")
    busy = line({"klass": [3]}, [1000.0])
    assert math.isnan(seconds(busy, calm, 0, 1))
    assert seconds(busy, bold, 0, 1) == pytest.approx(1000 / 3.333, rel=1e-6)
    assert seconds(line({"klass": [3], "cycleway": [2]}, [1000.0]), calm, 0, 1) == pytest.approx(1000 / 3.333, rel=1e-6)


def test_cars_take_class_speed_signals_parking_and_one_way_streets() -> None:
    streets = line({"klass": [3, 6], "car": [2, 1], "signal_v": [1, 0]}, [1000.0, 200.0])
    car = Profile.load("car")
    assert seconds(streets, car, 0, 2) == pytest.approx(60 + 1000 / (50 / 3.6) + 15 + 200 / (20 / 3.6) + 180, rel=1e-6)
    assert math.isnan(seconds(streets, car, 2, 0))
    peak = seconds(streets, Profile.load("car_peak"), 0, 2)
    assert peak == pytest.approx(60 + 1000 / (30 / 3.6) + 30 + 200 / (12 / 3.6) + 180, rel=1e-6)
    assert not math.isnan(seconds(streets, Profile.load("emergency"), 2, 0))


def test_dark_streets_are_closed_at_night_only_where_known() -> None:
    for lit, closed in ((0, True), (1, False), (-1, False)):
        assert math.isnan(seconds(line({"lit": [lit]}, [50.0]), Profile.load("night"), 0, 1)) == closed


def test_an_unknown_profile_lists_those_that_exist() -> None:
    with pytest.raises(UsageError, match="wheelchair"):
        Profile.load("skateboard")


def test_circuity_is_length_over_straight_line() -> None:
    assert circuity(0, 0, 3, 4, 7).tolist() == 1.4
    assert np.isnan(circuity([0], [0], [0], [0], [1.0]))[0]


@pytest.mark.parametrize("seed", [1, 2])
def test_matrix_file_route_and_reference_agree(seed: int, tmp_path: Path) -> None:
    streets = random_streets(seed)
    network = Network.build(streets, Uneven("car", 8.0, access_m_s=1.0, closed=0.3, lopsided=True, delays=True))
    origins, doors = random_attach(streets, seed + 1, 12), random_attach(streets, seed + 2, 9)
    ticks = reference_ticks(network, origins, doors, "s")
    whole = matrix(network, origins, doors)
    assert np.array_equal(whole.states == State.OK, ticks < 2**31 - 1)
    near = matrix(network, origins, doors, limit=60.0)
    assert np.array_equal(near.states == State.OVER_LIMIT, (ticks > 60 * 2**16) & (ticks < 2**31 - 1))
    assert np.array_equal(near.states == State.UNREACHABLE, whole.states == State.UNREACHABLE)
    for i, j in np.argwhere(whole.states == State.OK):
        assert np.float32(route(network, origins, int(i), doors, int(j)).value) == whole.values[i, j]
    count = write_matrix(tmp_path / "m.parquet", network, origins, doors)
    table = pq.read_table(tmp_path / "m.parquet")
    rows, columns = np.nonzero(whole.states == State.OK)
    assert count == len(rows)
    assert np.array_equal(table["origin"].to_numpy(), rows)
    assert np.array_equal(table["place"].to_numpy(), columns)
    assert np.array_equal(table["seconds"].to_numpy(), whole.values[rows, columns])


def test_a_matrix_over_the_memory_cap_is_refused_before_it_starts() -> None:
    streets = grid(11, 100.0)
    network = Network.build(streets, Profile("walk", SPEED))
    every = Attach.at_nodes(streets, np.arange(121))
    with pytest.raises(LimitError, match="GB"):
        matrix(network, every, every, memory_gb=1e-6)
