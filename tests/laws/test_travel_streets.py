"""Laws of travel over streets, on random multigraphs with chains, loops, one-way and closed streets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.travel.graphs import Uneven, random_attach, random_streets

from parkcity.travel import Attach, Decay, Network, Streets, nearest, reach_pairs, within
from parkcity.travel.kernels.ticks import UNREACHED, from_ticks, to_ticks
from parkcity.travel.profiles import EdgeCosts

seeds = st.integers(0, 10_000)
profiles = st.sampled_from(
    [Uneven("walk", 1.1), Uneven("shut", 1.1, closed=0.2), Uneven("car", 8.0, access_m_s=1.0, closed=0.2, lopsided=True, delays=True)]
)
few = settings(max_examples=40, deadline=None)


def node_ticks(network: Network, direction: str = "to") -> np.ndarray:
    """Ticks between all nodes that have a street, row to column."""
    streets = network.streets
    every = Attach.at_nodes(streets, np.arange(streets.nodes))
    columns = [
        nearest(network, every, Attach.at_nodes(streets, [node]), direction="to" if direction == "to" else "from").ticks[0]
        for node in range(streets.nodes)
    ]
    return np.stack(columns, axis=1).astype(np.int64)


@few
@given(seeds, profiles)
def test_no_detour_is_shorter(seed: int, profile: Uneven) -> None:
    ticks = node_ticks(Network.build(random_streets(seed, 12, 18), profile))
    through = (ticks[:, :, None] + ticks[None, :, :]).min(axis=1)
    assert (ticks <= through).all()


@few
@given(seeds, profiles)
def test_to_there_is_from_here(seed: int, profile: Uneven) -> None:
    network = Network.build(random_streets(seed, 12, 18), profile)
    there, back = node_ticks(network, "to"), node_ticks(network, "from")
    assert np.array_equal(there, back.T)
    if not profile.lopsided:
        assert np.array_equal(there, there.T)


def test_a_one_way_street_is_long_the_other_way() -> None:
    ring = Streets(
        np.array([0.0, 100, 100, 0]), np.array([0.0, 0, 100, 100]), np.array([0, 1, 2, 3]), np.array([1, 2, 3, 0]), np.full(4, 100.0)
    )
    network = Network.build(ring, OneWay("car", 10.0))
    ticks = node_ticks(network)
    assert ticks[0, 1] == 10 * 2**16
    assert ticks[1, 0] == 30 * 2**16


class OneWay(Uneven):
    def costs(self, streets: Streets) -> EdgeCosts:
        costs = super().costs(streets)
        return replace(costs, run_b=np.full(streets.edges, np.inf))


@few
@given(seeds, profiles)
def test_more_streets_and_more_places_never_make_it_longer(seed: int, profile: Uneven) -> None:
    streets = random_streets(seed, 15, 22)
    profile = replace(profile, closed=0.0, lopsided=False, delays=False)
    origins, doors = random_attach(streets, seed + 1, 8), random_attach(streets, seed + 2, 5)
    more = Streets(
        streets.node_x,
        streets.node_y,
        np.append(streets.edge_u, np.int32(seed % 15)),
        np.append(streets.edge_v, np.int32(seed // 15 % 15)),
        np.append(streets.edge_length, 5.0),
    )
    before = nearest(Network.build(streets, profile), origins, doors).ticks
    assert (nearest(Network.build(more, profile), origins, doors).ticks <= before).all()
    first = doors.owner < 3
    fewer = Attach(doors.owner[first], doors.edge[first], doors.offset[first], doors.distance[first], 3)
    assert (before <= nearest(Network.build(streets, profile), origins, fewer).ticks).all()


@few
@given(seeds, profiles, st.floats(0, 500), st.floats(0, 500))
def test_larger_limits_hold_no_less(seed: int, profile: Uneven, one: float, two: float) -> None:
    streets = random_streets(seed, 20, 30)
    network = Network.build(streets, profile)
    origins, doors = random_attach(streets, seed + 1, 10), random_attach(streets, seed + 2, 10)
    counts = within(network, origins, doors, sorted([one, two])).counts
    assert (counts[0] <= counts[1]).all()
    pairs = reach_pairs(network, origins, doors, max(one, two))
    attached = counts[1] >= 0
    assert np.array_equal(np.diff(pairs.start)[attached], counts[1][attached])


@few
@given(seeds, profiles, st.integers(1, 4))
def test_any_number_of_threads_gives_the_same_bits(seed: int, profile: Uneven, threads: int) -> None:
    streets = random_streets(seed, 60, 90)
    network = Network.build(streets, profile)
    origins, doors = random_attach(streets, seed + 1, 200), random_attach(streets, seed + 2, 60)
    klass, weights = np.arange(60) % 4, np.random.default_rng(seed).uniform(0, 9, 60)
    decays: list[float | Decay] = [300.0, Decay("gaussian", 500.0, scale=120.0)]
    alone = within(network, origins, doors, decays, weights, threads=1)
    assert np.array_equal(within(network, origins, doors, decays, weights, threads=threads).sums, alone.sums, equal_nan=True)
    one = nearest(network, origins, doors, doors_class=klass, threads=1)
    many = nearest(network, origins, doors, doors_class=klass, threads=threads)
    assert np.array_equal(one.ticks, many.ticks)
    assert np.array_equal(one.place, many.place)


@few
@given(seeds, profiles)
def test_the_order_of_nodes_and_edges_does_not_matter(seed: int, profile: Uneven) -> None:
    streets = random_streets(seed, 20, 30)
    profile = replace(profile, closed=0.0, lopsided=False, delays=False)
    rng = np.random.default_rng(seed)
    node, edge = rng.permutation(20), rng.permutation(30)
    x, y = np.empty(20), np.empty(20)
    x[node], y[node] = streets.node_x, streets.node_y
    u, v = node[streets.edge_u].astype(np.int32)[edge], node[streets.edge_v].astype(np.int32)[edge]
    other = Streets(x, y, u, v, streets.edge_length[edge])
    origins, doors = random_attach(streets, seed + 1, 10), random_attach(streets, seed + 2, 5)
    place = np.argsort(edge).astype(np.int32)

    def moved(attach: Attach) -> Attach:
        return Attach(attach.owner, place[attach.edge], attach.offset, attach.distance, attach.owners)

    here = nearest(Network.build(streets, profile), origins, doors)
    there = nearest(Network.build(other, profile), moved(origins), moved(doors))
    assert np.array_equal(here.ticks, there.ticks)
    assert np.array_equal(here.place, there.place)


@given(st.lists(st.floats(0, 3e4), min_size=1, max_size=20))
def test_ticks_are_within_half_a_tick_and_never_negative(values: list[float]) -> None:
    back = from_ticks(to_ticks(values, "s"), "s")
    assert (np.abs(back - values) <= 2.0**-17).all()
    assert to_ticks(np.inf, "s") == UNREACHED
    for bad in (-1.0, np.nan):
        with pytest.raises(ValueError, match="not negative"):
            to_ticks(bad, "m")


BITS = """
import json, sys
import numpy as np
from parkcity.travel import Decay, Network, nearest, within
from tests.travel.graphs import Uneven, random_attach, random_streets
streets = random_streets(5, 14, 20)
network = Network.build(streets, Uneven("car", 8.0, access_m_s=1.0, closed=0.2, lopsided=True, delays=True))
origins, doors = random_attach(streets, 6, 6), random_attach(streets, 7, 5)
found = nearest(network, origins, doors, k=2)
decays = [100.0, Decay("gaussian", 300.0, scale=90.0), Decay("logistic", 300.0, scale=40.0, middle=120.0)]
sums = within(network, origins, doors, decays, np.linspace(0.1, 3, 5))
print(json.dumps([found.ticks.tolist(), found.place.tolist(), [float(x).hex() for x in np.nan_to_num(sums.sums).ravel()]]))
"""


@pytest.mark.kernel
def test_compiled_and_plain_python_give_the_same_bits() -> None:
    root = Path(__file__).resolve().parents[2]
    path = os.pathsep.join([str(root), str(root / "src")])
    answers = []
    for off in ("0", "1"):
        environment = {**os.environ, "NUMBA_DISABLE_JIT": off, "PYTHONPATH": path}
        done = subprocess.run([sys.executable, "-c", BITS], check=True, capture_output=True, text=True, env=environment, cwd=root)
        answers.append(json.loads(done.stdout))
    assert answers[0] == answers[1]


def test_importing_travel_imports_no_compiler() -> None:
    code = "import sys, parkcity.travel; assert not {'numba', 'geopandas', 'scipy.sparse.csgraph'} & set(sys.modules)"
    root = Path(__file__).resolve().parents[2]
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": str(root / "src")})
