"""Every search equals SciPy's Dijkstra over the graph in which each partial edge is a real edge: to the tick, both ways, both units."""

from __future__ import annotations

import itertools
from typing import Literal

import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from parkcity.travel import Attach, Decay, Network, Route, State, nearest, reach_pairs, route, within
from parkcity.travel.kernels.ticks import TICKS_PER, UNREACHED

from .graphs import Uneven, random_attach, random_streets, reference_ticks

PROFILES = {
    "walk": Uneven("walk", 1.1),
    "closed both ways": Uneven("walk", 1.1, closed=0.2),
    "lopsided": Uneven("slope", 1.1, lopsided=True),
    "one-way": Uneven("car", 8.0, access_m_s=1.0, closed=0.3, lopsided=True, delays=True),
}


def _case(profile: str, seed: int) -> tuple[Network, Attach, Attach]:
    streets = random_streets(seed)
    network = Network.build(streets, PROFILES[profile])
    return network, random_attach(streets, seed + 1, 12), random_attach(streets, seed + 2, 9)


@pytest.mark.parametrize("unit", ["s", "m"])
@pytest.mark.parametrize("direction", ["to", "from"])
@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("seed", range(0, 60, 10))
def test_nearest_within_and_pairs_equal_a_dense_expansion(profile: str, seed: int, direction: Literal["to", "from"], unit: str) -> None:
    network, origins, doors = _case(profile, seed)
    ticks = reference_ticks(network, origins, doors, unit) if direction == "to" else reference_ticks(network, doors, origins, unit).T
    place = np.arange(doors.owners) // 2
    by_place = np.stack([ticks[:, place == p].min(axis=1) for p in range(place.max() + 1)], axis=1)
    klass = place % 2
    found = nearest(network, origins, doors, place, unit=unit, doors_class=klass, direction=direction)
    for c in range(2):
        mine = np.arange(by_place.shape[1]) % 2 == c
        best = by_place[:, mine].min(axis=1)
        ok = best < UNREACHED
        assert np.array_equal(found.states[c] == State.OK, ok)
        assert np.array_equal(found.values[c][ok], (best[ok] / TICKS_PER[unit]).astype(np.float32))
        assert np.array_equal(found.place[c][ok], np.flatnonzero(mine)[by_place[:, mine].argmin(axis=1)][ok])
    limits = [150.0, 900.0, 400.0]
    weights = np.linspace(0.25, 3, by_place.shape[1])
    sums = within(network, origins, doors, limits, weights, place, unit=unit, direction=direction)
    for j, limit in enumerate(limits):
        inside = by_place <= limit * TICKS_PER[unit]
        attached = sums.states == State.OK
        assert np.array_equal(sums.counts[j][attached], inside.sum(axis=1)[attached])
        assert np.allclose(sums.sums[j][attached], (inside * weights).sum(axis=1)[attached], rtol=0, atol=1e-4)
    pairs = reach_pairs(network, origins, doors, 900.0, place, unit=unit, direction=direction)
    rows, columns = np.nonzero(by_place <= 900 * TICKS_PER[unit])
    assert np.array_equal(pairs.origin, rows)
    assert np.array_equal(pairs.place, columns)
    assert np.array_equal(pairs.cost, by_place[rows, columns] / TICKS_PER[unit])


@pytest.mark.kernel
@pytest.mark.parametrize("unit", ["s", "m"])
@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("seed", range(0, 40, 10))
def test_a_route_has_the_cost_of_its_cell_and_its_legs_join(profile: str, seed: int, unit: str) -> None:
    network, origins, doors = _case(profile, seed)
    ticks = reference_ticks(network, origins, doors, unit)
    for origin in range(origins.owners):
        for door in range(doors.owners):
            way = route(network, origins, origin, doors, door, unit=unit)
            assert (way.state == State.OK) == (ticks[origin, door] < UNREACHED)
            if way.state == State.OK:
                assert way.value == ticks[origin, door] / TICKS_PER[unit]
                if unit == "m":
                    assert way.length_m == pytest.approx(way.value, abs=1e-3 * (len(way.edge) + 4))
                _assert_joined(network, way)


def _assert_joined(network: Network, way: Route) -> None:
    streets = network.streets
    none = streets.edge_length == 0
    same = coo_array((none[none], (streets.edge_u[none], streets.edge_v[none])), shape=(streets.nodes, streets.nodes))
    corner = connected_components(same, directed=False)[1]  # an edge without length makes no leg
    ends = []
    for edge, start, stop in zip(way.edge, way.from_m, way.to_m, strict=True):
        spot = []
        for at in (start, stop):
            u, v, length = int(streets.edge_u[edge]), int(streets.edge_v[edge]), streets.edge_length[edge]
            spot.append(corner[u] if at == 0 else corner[v] if at == length else (int(edge), float(at)))
        ends.append(spot)
    for before, after in itertools.pairwise(ends):
        assert before[1] == after[0]


@pytest.mark.kernel
@pytest.mark.parametrize("limit", [None, 500.0])
@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("seed", range(0, 40, 10))
def test_the_k_nearest_places_are_the_first_k_of_all(profile: str, seed: int, limit: float | None) -> None:
    network, origins, doors = _case(profile, seed)
    place = np.arange(doors.owners) // 2
    ticks = reference_ticks(network, origins, doors, "s")
    by_place = np.stack([ticks[:, place == p].min(axis=1) for p in range(place.max() + 1)], axis=1)
    found = nearest(network, origins, doors, place, k=3, limit=limit)
    order = np.argsort(by_place, axis=1, kind="stable")[:, :3]
    expected = np.take_along_axis(by_place, order, axis=1)
    ok = expected <= (UNREACHED - 1 if limit is None else limit * TICKS_PER["s"])
    assert np.array_equal(found.states[0] == State.OK, ok)
    assert np.array_equal(found.ticks[0][ok], expected[ok])
    assert np.array_equal(found.place[0][ok], order[ok])


@pytest.mark.parametrize("seed", range(0, 40, 10))
def test_decays_follow_their_formulas(seed: int) -> None:
    network, origins, doors = _case("lopsided", seed)
    cost = reference_ticks(network, origins, doors, "s") / TICKS_PER["s"]
    weights = np.linspace(1, 3, doors.owners)
    decays = [
        Decay("step", 700.0),
        Decay("linear", 700.0),
        Decay("gaussian", 700.0, scale=250.0),
        Decay("exponential", 700.0, scale=300.0),
        Decay("logistic", 700.0, scale=60.0, middle=350.0),
    ]
    left = [
        np.ones_like(cost),
        1 - cost / 700,
        np.exp(-(cost**2) / (2 * 250.0**2)),
        np.exp(-cost / 300),
        1 / (1 + np.exp(np.minimum((cost - 350) / 60, 700))),
    ]
    found = within(network, origins, doors, decays, weights)
    attached = found.states == State.OK
    for j, share in enumerate(left):
        expected = (np.where(cost <= 700, share, 0) * weights).sum(axis=1)
        assert np.allclose(found.sums[j][attached], expected[attached], rtol=0, atol=doors.owners * 2.0**-20)
