"""Streets without length: a one-way one is not passed against its direction, and nothing else about a chain changes its answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.travel.graphs import reference_ticks

from parkcity.travel import Attach, Network, State, Streets, nearest, reach_pairs, route
from parkcity.travel.kernels.ticks import TICKS_PER, UNREACHED
from parkcity.travel.profiles import EdgeCosts, Profile

pytestmark = pytest.mark.kernel
SHORTER_THAN_A_TICK = 1e-6
FORTH, BACK, BOTH = 0, 1, 2
SHARES = (0.0, 0.25, 0.5, 1.0)


@dataclass(frozen=True)
class Signed(Profile):
    """A profile that obeys signs: 0 open from u to v, 1 from v to u, 2 both ways, on the edge of that row."""

    ways: tuple[int, ...] = ()

    def costs(self, streets: Streets) -> EdgeCosts:
        run = streets.edge_length / self.speed_m_s
        way, none = np.array(self.ways), np.zeros(streets.edges)
        return EdgeCosts(np.where(way == BACK, np.inf, run), np.where(way == FORTH, np.inf, run), none, none)


def line(lengths: list[float], ways: list[int]) -> Network:
    """A chain of streets along the x axis."""
    x = np.concatenate([[0.0], np.cumsum(lengths)])
    rows = np.arange(len(lengths), dtype=np.int32)
    return Network.build(Streets(x, np.zeros(len(x)), rows, rows + 1, np.array(lengths)), Signed("car", 1.0, ways=tuple(ways)))


@pytest.mark.parametrize("length", [0.0, SHORTER_THAN_A_TICK])
def test_a_one_way_street_without_length_is_not_passed_backwards(length: float) -> None:
    network = line([50.0, length, 50.0], [FORTH, FORTH, FORTH])
    nodes = Attach.at_nodes(network.streets, np.arange(4))
    expected = np.array([[0, 50, 50, 100], [np.inf, 0, 0, 50], [np.inf, np.inf, 0, 50], [np.inf, np.inf, np.inf, 0]])
    for unit in ("s", "m"):
        pairs = reach_pairs(network, nodes, nodes, 1000.0, unit=unit)
        found = np.full((4, 4), np.inf)
        found[pairs.origin, pairs.place] = pairs.cost
        assert np.array_equal(found, expected)
        assert route(network, nodes, 2, nodes, 1, unit=unit).state == State.UNREACHABLE


def test_two_points_on_one_street_are_passed_one_way_although_no_tick_lies_between_them() -> None:
    network = line([50.0], [FORTH])
    two = Attach(np.array([0, 1], np.int32), np.zeros(2, np.int32), np.array([20.0, 20.0 + SHORTER_THAN_A_TICK]), np.zeros(2), 2)
    pairs = reach_pairs(network, two, two, 1000.0)
    assert sorted(zip(pairs.origin.tolist(), pairs.place.tolist(), strict=True)) == [(0, 0), (0, 1), (1, 1)]


@st.composite
def cases(draw: st.DrawFn) -> tuple[Network, Attach, Attach]:
    """Up to three chains of short, long and vanishing streets, any way open, joined at their ends, some ends open."""
    nodes = draw(st.integers(2, 4))
    edges: list[tuple[int, int]] = []
    for _ in range(draw(st.integers(1, 3))):
        here = draw(st.integers(0, 1))
        for _ in range(draw(st.integers(0, 4))):
            edges.append((here, nodes))
            here, nodes = nodes, nodes + 1
        edges.append((here, draw(st.integers(0, 1))))
    turned = draw(st.lists(st.booleans(), min_size=len(edges), max_size=len(edges)))
    u, v = np.array([pair[::-1] if turn else pair for pair, turn in zip(edges, turned, strict=True)], np.int32).T
    kinds = st.sampled_from([0.0, 0.0, SHORTER_THAN_A_TICK, 3.0, 41.5])
    length = np.array(draw(st.lists(kinds, min_size=len(edges), max_size=len(edges))))
    forward = [BACK if turn else FORTH for turn in turned]
    ways = draw(st.lists(st.sampled_from([True, True, True, False]), min_size=len(edges), max_size=len(edges)))
    profile = Signed("car", 1.0, ways=tuple(way if one else BOTH for way, one in zip(forward, ways, strict=True)))
    streets = Streets(np.arange(nodes, dtype=float), np.zeros(nodes), u, v, length)
    return Network.build(streets, profile), _owners(draw, length), _owners(draw, length)


def _owners(draw: st.DrawFn, length: npt.NDArray[np.float64]) -> Attach:
    spots = draw(st.lists(st.tuples(st.integers(0, len(length) - 1), st.sampled_from(SHARES)), min_size=1, max_size=6))
    edge, share = np.array([spot[0] for spot in spots], np.int32), np.array([spot[1] for spot in spots])
    return Attach(np.arange(len(spots), dtype=np.int32), edge, length[edge] * share, np.zeros(len(spots)), len(spots))


@settings(max_examples=300, deadline=None)
@given(cases())
def test_chains_with_vanishing_streets_equal_dijkstra_over_every_single_street(case: tuple[Network, Attach, Attach]) -> None:
    network, origins, doors = case
    for unit in ("s", "m"):
        ticks = reference_ticks(network, origins, doors, unit)
        pairs = reach_pairs(network, origins, doors, 1000.0, unit=unit)
        found = np.full(ticks.shape, UNREACHED, np.int64)
        found[pairs.origin, pairs.place] = np.rint(pairs.cost * TICKS_PER[unit])
        assert np.array_equal(found, ticks)
        assert np.array_equal(nearest(network, origins, doors, unit=unit).ticks[0], ticks.min(axis=1))
        for origin in range(origins.owners):
            way = route(network, origins, origin, doors, doors.owners - 1, unit=unit)
            assert (way.state == State.OK) == (ticks[origin, -1] < UNREACHED)
