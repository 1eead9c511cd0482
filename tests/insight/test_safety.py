"""Safety: single points of failure, fallen networks and filled shelters against brute force and closed forms."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from tests.scenes.town import PEOPLE, Town, write_town

from parkcity.insight.drive import behind_edges, failure_curve, single_access
from parkcity.insight.failures import cut_edge_rows
from parkcity.insight.inputs import Inputs
from parkcity.insight.operators.fill import fill_nearest
from parkcity.insight.operators.robust import bridge_tree, bridges, largest_piece, percolation
from parkcity.insight.registry import INDICATORS
from parkcity.insight.run import measure, status_of
from parkcity.twin.build import build


def pieces(u: np.ndarray, v: np.ndarray, nodes: int) -> int:
    graph = coo_array((np.ones(len(u)), (u, v)), shape=(nodes, nodes))
    return int(connected_components(graph.tocsr(), directed=False)[0])


@st.composite
def graphs(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, int]:
    nodes = draw(st.integers(2, 9))
    ends = st.integers(0, nodes - 1)
    edges = draw(st.lists(st.tuples(ends, ends), max_size=14))
    u, v = (np.array([edge[side] for edge in edges], np.int32) for side in (0, 1))
    return u, v, nodes


@given(graphs())
def test_a_bridge_is_an_edge_whose_loss_makes_one_piece_more(graph: tuple[np.ndarray, np.ndarray, int]) -> None:
    u, v, nodes = graph
    found = bridges(u, v, nodes)
    for edge in range(len(u)):
        left = np.arange(len(u)) != edge
        assert found[edge] == (pieces(u[left], v[left], nodes) > pieces(u, v, nodes))


@given(graphs(), st.data())
def test_what_lies_below_a_bridge_is_what_its_loss_parts_from_the_root(
    graph: tuple[np.ndarray, np.ndarray, int], data: st.DataObject
) -> None:
    u, v, nodes = graph
    weight = np.array(data.draw(st.lists(st.integers(1, 9), min_size=nodes, max_size=nodes)), float)
    tree = bridge_tree(u, v, bridges(u, v, nodes), weight)
    count = len(tree.parent)
    below = tree.below(np.bincount(tree.part, weight, minlength=count).astype(float))
    for part in np.flatnonzero(tree.bridge >= 0).tolist():
        root = part
        while tree.parent[root] >= 0:
            root = int(tree.parent[root])
        left = np.arange(len(u)) != tree.bridge[part]
        graph_left = coo_array((np.ones(int(left.sum())), (u[left], v[left])), shape=(nodes, nodes))
        label = connected_components(graph_left.tocsr(), directed=False)[1]
        whole = connected_components(coo_array((np.ones(len(u)), (u, v)), shape=(nodes, nodes)).tocsr(), directed=False)[1]
        at_root, here = np.flatnonzero(tree.part == root)[0], np.flatnonzero(tree.part == part)[0]
        parted = (label != label[at_root]) & (whole == whole[here])
        assert below[part] == weight[parted].sum()


def test_no_street_of_a_grid_cuts_anybody_off_and_the_only_road_to_a_part_of_town_does(tmp_path: Path) -> None:
    # A town whose streets between 300 and 400 m east are missing, all but one: who lives in the west hangs on it.
    twin = build(write_town(tmp_path / "grid"))
    assert not single_access(Inputs(twin)).any()
    folder = write_town(tmp_path / "neck", Town())
    edges = folder / "data" / "streets" / "edges.csv"
    lines = edges.read_text(encoding="utf-8").splitlines()
    crossing = [line for line in lines if line.startswith("300/") and line.split(",")[1].startswith("400/")]
    kept = [line for line in lines if line not in crossing or line.startswith("300/500,")]
    edges.write_text("\n".join(kept) + "\n", encoding="utf-8")
    # Cells between the two parts lie 50 m from streets of both: no single loss takes both ways. West of them are 3 x 10 cells.
    twin = build(folder)
    assert Inputs(twin).residents()[single_access(Inputs(twin))].sum() == 30 * PEOPLE
    (row,) = measure(twin, "safety.single_access").rows("city")
    assert row["value"] == pytest.approx(0.3)
    _, behind = behind_edges(Inputs(twin))
    assert behind.tolist() == [30 * PEOPLE]
    (told,) = cut_edge_rows(Inputs(twin), "district")
    assert told["residents_behind"] == 30 * PEOPLE
    assert told["length_m"] == 100


def test_percolation_of_a_star_and_of_a_ring() -> None:
    # A star of n leaves loses one leaf with every edge; a ring breaks only with the second edge.
    star_u, star_v = np.zeros(10, np.int32), np.arange(1, 11, dtype=np.int32)
    shares = np.arange(11) / 10
    curve = percolation(star_u, star_v, np.ones(11), np.arange(10), shares)
    assert curve == pytest.approx((11 - np.arange(11)) / 11)
    ring_u = np.arange(10, dtype=np.int32)
    curve = percolation(ring_u, (ring_u + 1) % 10, np.ones(10), np.array([0, 5, 1, 2, 3, 4, 6, 7, 8, 9]), shares[:3])
    assert curve.tolist() == [1.0, 1.0, 0.5]


def test_bond_percolation_of_a_square_lattice_falls_apart_at_one_half() -> None:
    # source: Kesten (1980): the critical probability of bonds on the square lattice is 1/2.
    side = 60
    node = np.arange(side * side).reshape(side, side)
    u = np.concatenate([node[:, :-1].ravel(), node[:-1].ravel()]).astype(np.int32)
    v = np.concatenate([node[:, 1:].ravel(), node[1:].ravel()]).astype(np.int32)
    order = np.random.default_rng(5).permutation(len(u))
    curve = percolation(u, v, np.ones(side * side), order, np.array([0.4, 0.6]))
    assert curve[0] > 0.8
    assert curve[1] < 0.2


def test_betweenness_order_and_curve_of_the_town(tmp_path: Path) -> None:
    shares, joined = failure_curve(Inputs(build(write_town(tmp_path / "town"))))
    assert shares[0] == 0
    assert joined[0] == pytest.approx(1.0)
    assert (joined <= 1.0 + 1e-9).all()


def test_the_largest_piece_is_the_one_with_most_weight() -> None:
    u, v = np.array([0, 2], np.int32), np.array([1, 3], np.int32)
    assert largest_piece(u, v, np.array([1.0, 1.0, 5.0, 0.0])).tolist() == [False, False, True, True]


@given(st.data())
def test_filled_shelters_hold_what_they_can_and_no_pair_would_rather_be_together(data: st.DataObject) -> None:
    origins, places = data.draw(st.integers(1, 5)), data.draw(st.integers(1, 4))
    # Powers of two and distinct costs: sums are exact, and nobody is indifferent.
    demand = np.array(data.draw(st.lists(st.sampled_from([0.0, 1.0, 2.0, 4.0]), min_size=origins, max_size=origins)))
    room = np.array(data.draw(st.lists(st.sampled_from([0.0, 1.0, 2.0, 8.0]), min_size=places, max_size=places)))
    pairs = [(o, p) for o in range(origins) for p in range(places)]
    cost = np.array(data.draw(st.permutations(range(1, len(pairs) + 1))), float)
    origin, place = (np.array([pair[side] for pair in pairs], np.int32) for side in (0, 1))
    placed, paid = fill_nearest(origin, place, cost, demand, room)
    assert (placed <= demand).all()
    # All are joined to all: as many find room as there is, or as there are.
    assert placed.sum() == min(demand.sum(), room.sum())
    assert (paid >= placed * cost.min()).all()
    more = fill_nearest(origin, place, cost, demand, room + 1.0)[0]
    assert more.sum() >= placed.sum()


def test_shelters_of_the_town_are_its_park_and_schools_and_fill_from_the_nearest(tmp_path: Path) -> None:
    # One park of 20,000 m2, of which 0.6 is refuge (table shelter_kinds): 24,000 persons would fit at 0.5 m2 each, from 500 m at the most.
    twin = build(write_town(tmp_path / "town", Town(places=[("park-1", "park", 500.0, 500.0, 20_000.0)])))
    centres = [(50.0 + 100 * i, 50.0 + 100 * j) for i in range(10) for j in range(10)]
    walks = [abs(x - 500) + abs(y - 500) for x, y in centres]
    near = [walk for walk in walks if walk <= 500]
    (row,) = measure(twin, "safety.shelter.emergency").rows("city")
    assert row["value"] == pytest.approx(len(near) / 100)
    (mean,) = measure(twin, "safety.shelter.emergency_walk").rows("city")
    assert mean["value"] == pytest.approx(np.mean(near) / 1.1 / 60, rel=1e-3)
    (area,) = measure(twin, "safety.shelter.area_per_head").rows("city")
    assert area["value"] == pytest.approx(12_000 / (100 * PEOPLE))


def test_a_full_shelter_turns_the_farthest_away(tmp_path: Path) -> None:
    # 4,000 m2 of park hold 2,400 m2 / 4.5 = 533.3 persons of a long stay: the 13 nearest cells of 40 and a third of the 14th.
    twin = build(write_town(tmp_path / "town", Town(places=[("park-1", "park", 500.0, 500.0, 4_000.0)])))
    (row,) = measure(twin, "safety.shelter.long").rows("city")
    assert row["part"] == pytest.approx(4_000 * 0.6 / 4.5)


def test_response_times_are_not_made_up_where_streets_have_no_class(tmp_path: Path) -> None:
    twin = build(write_town(tmp_path / "town"))
    assert status_of(INDICATORS.get("safety.fire.residents"), twin) == ("missing", ["places:fire_station", "streets:class"])
