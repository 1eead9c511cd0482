"""Ways become a network: expected counts are those that a pencil finds."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from parkcity.sense.osm.graph import Graph, Paths, contract
from parkcity.sense.osm.metric import distance


def _paths(ways: list[list[int]], kinds: list[int] | None = None, directed: list[bool] | None = None, keep: tuple[int, ...] = ()) -> Paths:
    nodes = max((node for way in ways for node in way), default=-1) + 1
    angle = np.arange(nodes) * 0.7
    kind = np.array(kinds or [0] * len(ways))
    stays = np.zeros(nodes, bool)
    stays[list(keep)] = True
    return Paths(
        node=np.array([node for way in ways for node in way], np.int64),
        start=np.concatenate([[0], np.cumsum([len(way) for way in ways])]).astype(np.int64),
        kind=kind,
        directed=np.array(directed or [False] * (int(kind.max(initial=0)) + 1)),
        way=np.arange(len(ways)),
        lon=104.0 + 0.001 * np.arange(nodes) * np.cos(angle),
        lat=30.0 + 0.001 * np.arange(nodes) * np.sin(angle),
        keep=stays,
    )


def _edges(graph: Graph) -> list[list[int]]:
    return [graph.point[low:high].tolist() for low, high in zip(graph.start[:-1], graph.start[1:], strict=True)]


def test_bends_become_geometry_and_crossings_stay() -> None:
    graph = contract(_paths([[0, 1, 2, 3, 4], [5, 2, 6]]))
    assert sorted(map(sorted, _edges(graph))) == [[0, 1, 2], [2, 3, 4], [2, 5], [2, 6]]


def test_ways_of_one_kind_are_joined_across_their_ends_however_they_are_drawn() -> None:
    for second in ([2, 3, 4], [4, 3, 2]):
        (edge,) = _edges(contract(_paths([[0, 1, 2], second])))
        assert edge in ([0, 1, 2, 3, 4], [4, 3, 2, 1, 0])


def test_a_change_of_kind_keeps_the_joint() -> None:
    assert len(_edges(contract(_paths([[0, 1, 2], [2, 3, 4]], kinds=[0, 1])))) == 2


def test_one_way_streets_drawn_against_each_other_stay_apart() -> None:
    assert len(_edges(contract(_paths([[0, 1, 2], [4, 3, 2]], directed=[True])))) == 2
    assert len(_edges(contract(_paths([[0, 1, 2], [2, 3, 4]], directed=[True])))) == 1


def test_a_one_way_chain_keeps_its_direction() -> None:
    (edge,) = _edges(contract(_paths([[2, 3, 4], [0, 1, 2]], directed=[True])))
    assert edge == [0, 1, 2, 3, 4]


def test_a_ring_is_cut_in_two_so_that_no_edge_is_a_loop() -> None:
    graph = contract(_paths([[0, 1, 2, 3, 0]]))
    assert len(graph.u) == 2
    assert (graph.u != graph.v).all()
    graph = contract(_paths([[0, 1, 2], [2, 3, 0], [0, 4]]))
    assert len(graph.u) == 3
    assert (graph.u != graph.v).all()


def test_a_node_that_must_stay_stays() -> None:
    assert len(_edges(contract(_paths([[0, 1, 2, 3]], keep=(2,))))) == 2


def test_repeated_points_and_ways_of_one_point_vanish() -> None:
    graph = contract(_paths([[0, 0, 1, 1], [2, 2]]))
    assert _edges(graph) == [[0, 1]]
    assert len(contract(_paths([[1, 1]])).u) == 0


@settings(max_examples=300)
@given(
    st.lists(st.lists(st.integers(0, 12), min_size=2, max_size=7), min_size=1, max_size=9),
    st.lists(st.integers(0, 1), min_size=9, max_size=9),
    st.tuples(st.booleans(), st.booleans()),
)
def test_every_stretch_is_kept_once_with_its_kind_and_direction(
    ways: list[list[int]], kinds: list[int], directed: tuple[bool, bool]
) -> None:
    """The multiset of stretches is the same before and after, apart from loops that go out and back to one point."""
    paths = _paths(ways, kinds[: len(ways)], list(directed))
    graph = contract(paths)
    assert (graph.u != graph.v).all()

    def stretches(lines: list[list[int]], kind: list[int]) -> Counter[tuple[int, int, int]]:
        out: Counter[tuple[int, int, int]] = Counter()
        for line, number in zip(lines, kind, strict=True):
            for a, b in pairwise(line):
                if a != b:
                    out[(a, b, number) if directed[number] else (min(a, b), max(a, b), number)] += 1
        return out

    before, after = stretches(ways, kinds[: len(ways)]), stretches(_edges(graph), graph.kind.tolist())
    assert not after - before
    # What is missing can only be a spur drawn forth and back, as the pair of its two directions.
    for (a, b, number), count in (before - after).items():
        back = (b, a, number) if directed[number] else (a, b, number)
        assert (before - after)[back] == count
        assert directed[number] or count % 2 == 0
    total = sum(_length(paths, *key[:2]) * count for key, count in after.items())
    assert np.isclose(graph.length.sum(), total)


def _length(paths: Paths, a: int, b: int) -> float:
    return float(distance(*(paths.lon[[a]], paths.lat[[a]], paths.lon[[b]], paths.lat[[b]]))[0])


def test_lengths_agree_with_the_geodesic_of_pyproj() -> None:
    from pyproj import Geod

    rng = np.random.default_rng(1)
    lon, lat = rng.uniform(-180, 180, 500), rng.uniform(-70, 70, 500)
    lon_2, lat_2 = lon + rng.uniform(-0.05, 0.05, 500), lat + rng.uniform(-0.05, 0.05, 500)
    truth = Geod(ellps="WGS84").inv(lon, lat, lon_2, lat_2)[2]
    assert np.abs(distance(lon, lat, lon_2, lat_2) / truth - 1).max() < 1e-5
