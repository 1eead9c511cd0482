"""Betweenness and closeness beside all shortest ways counted one by one, and closed forms of a path and a star."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from parkcity.base.errors import UsageError
from parkcity.travel import Network, Profile, Streets
from parkcity.travel.centrality import betweenness, closeness

from .graphs import Uneven, random_streets

pytestmark = pytest.mark.kernel


def star(arms: int) -> Network:
    angle = np.arange(arms) * 2 * np.pi / arms
    x, y = np.r_[0, 100 * np.cos(angle)], np.r_[0, 100 * np.sin(angle)]
    ends = np.arange(1, arms + 1, dtype=np.int32)
    return Network.build(Streets(x, y, np.zeros(arms, np.int32), ends, np.full(arms, 100.0)), Profile("walk", 1.0))


def test_the_middle_of_a_star_lies_between_all_pairs() -> None:
    found = betweenness(star(6))
    assert found.node[0] == pytest.approx(6 * 5)  # ordered pairs of arms
    assert np.allclose(found.node[1:], 0)
    assert np.allclose(found.edge, 2 * 5 + 2)  # each arm to the five others and the middle, both ways
    near = closeness(star(6), 200.0)
    assert near.reached.tolist() == [6] * 7
    assert near.mean == pytest.approx([100.0] + [(100 + 5 * 200) / 6] * 6)
    assert near.harmonic[0] == pytest.approx(0.06)


def test_a_radius_cuts_long_ways() -> None:
    assert betweenness(star(6), 150.0).node[0] == 0


def brute(indptr: np.ndarray, heads: np.ndarray, cost: np.ndarray, radius: int) -> np.ndarray:
    """Every simple way between every pair, on a graph of a few nodes."""
    nodes = len(indptr) - 1
    best: dict[tuple[int, int], tuple[int, list[list[int]]]] = {}

    def go(way: list[int], sofar: int) -> None:
        pair = (way[0], way[-1])
        if len(way) > 1:
            known = best.get(pair, (2**40, []))
            if sofar < known[0]:
                best[pair] = (sofar, [list(way)])
            elif sofar == known[0]:
                known[1].append(list(way))
        for a in range(indptr[way[-1]], indptr[way[-1] + 1]):
            if heads[a] not in way and sofar + cost[a] <= radius:
                go([*way, int(heads[a])], sofar + int(cost[a]))

    for node in range(nodes):
        go([node], 0)
    out = np.zeros(nodes)
    for _, ways in best.values():
        for way in ways:
            for node in way[1:-1]:
                out[node] += 1 / len(ways)
    return out


@pytest.mark.parametrize("seed", range(6))
def test_betweenness_counts_every_shortest_way(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pairs = np.array(list(itertools.combinations(range(8), 2)), np.int32)
    chosen = pairs[rng.choice(len(pairs), 13, replace=False)]
    streets = Streets(rng.uniform(0, 9, 8), rng.uniform(0, 9, 8), chosen[:, 0], chosen[:, 1], rng.integers(1, 4, 13).astype(float))
    network = Network.build(streets, Uneven("walk", 1.0, closed=0.1, seed=seed))
    indptr, heads, cost, _ = network.csr("m")
    found = betweenness(network, 6.0, threads=2)
    assert np.allclose(found.node, brute(indptr, heads, cost, 6 * 2**10), atol=1e-6)


def test_a_sample_is_within_its_stated_error_and_all_nodes_are_exact() -> None:
    network = Network.build(random_streets(4, 150, 230), Profile("walk", 1.0))
    exact, sampled = betweenness(network), betweenness(network, sample=60)
    assert exact.error == 0
    assert np.abs(sampled.node - exact.node).max() <= sampled.error * 150 * 150
    assert np.array_equal(betweenness(network, sample=150).node, exact.node)
    assert np.array_equal(betweenness(network, threads=1).edge, betweenness(network, threads=3).edge)


def test_sampled_closeness_is_within_its_stated_error_and_all_nodes_are_exact() -> None:
    network, radius = Network.build(random_streets(4, 150, 230), Uneven("walk", 1.0, closed=0.1, lopsided=True)), 4000.0
    exact, whole = closeness(network, radius), closeness(network, radius, sample=150)
    assert exact.error == whole.error == 0
    assert np.array_equal(whole.mean, exact.mean, equal_nan=True)
    total = np.nan_to_num(exact.mean * exact.reached)
    for seed in range(5):
        sampled = closeness(network, radius, sample=60, seed=seed)
        assert sampled.sources == 60
        assert np.abs(sampled.reached - exact.reached).max() <= sampled.error * 150
        assert np.abs(np.nan_to_num(sampled.mean * sampled.reached) - total).max() <= sampled.error * 150 * radius
        assert np.isnan(sampled.harmonic).all()
    with pytest.raises(UsageError, match="1 to 150 nodes, not 0"):
        closeness(network, radius, sample=0)
