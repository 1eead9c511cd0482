"""Circuits, least-cost ways and connectivity of patches against closed forms and published vectors."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from parkcity.insight.operators.ecology import (
    Circuit,
    best_products,
    effective_resistance,
    equivalent_area,
    grid_circuit,
    integral_products,
    joined_amounts,
    least_cost,
    node_currents,
    voltages,
    way_back,
)


def network(edges: list[tuple[int, int, float]], nodes: int) -> Circuit:
    a, b, resistance = (np.array([edge[part] for edge in edges]) for part in range(3))
    return Circuit(a.astype(np.int64), b.astype(np.int64), 1.0 / resistance, nodes, np.arange(nodes))


def test_resistances_of_a_published_network() -> None:
    # source: Circuitscape sgNetworkVerify2: unit conductors 0-1, 1-2, 2-3, 3-4, 3-5, 4-6, 5-6
    circuit = network([(0, 1, 1), (1, 2, 1), (2, 3, 1), (3, 4, 1), (3, 5, 1), (4, 6, 1), (5, 6, 1)], 7)
    found = effective_resistance(circuit, np.arange(7))
    assert [found[pair] for pair in ((0, 1), (0, 3), (3, 4), (0, 4), (2, 4))] == pytest.approx([1.0, 3.0, 0.75, 3.75, 1.75])


def test_series_add_and_parallels_halve() -> None:
    assert effective_resistance(network([(0, 1, 2), (1, 2, 3)], 3), np.array([0, 2]))[0, 1] == pytest.approx(5.0)
    assert effective_resistance(network([(0, 1, 2), (0, 1, 2)], 2), np.array([0, 1]))[0, 1] == pytest.approx(1.0)
    assert np.isinf(effective_resistance(network([(0, 1, 2)], 3), np.array([0, 2]))[0, 1])


def test_neighbours_on_a_square_lattice_come_near_half_an_ohm() -> None:
    # source: on the infinite lattice of unit resistors neighbours are 1/2 ohm apart (Flanders 1972; van der Pol 1959).
    circuit = grid_circuit(np.ones((81, 81)), eight=False, mean="resistance")
    middle = 40 * 81 + 40
    assert effective_resistance(circuit, np.array([middle, middle + 1]))[0, 1] == pytest.approx(0.5, abs=2e-4)


@given(st.lists(st.floats(0.1, 10.0), min_size=9, max_size=9))
def test_current_is_kept_and_never_less_than_zero(resistance: list[float]) -> None:
    circuit = grid_circuit(np.array(resistance).reshape(3, 3), eight=True, mean="conductance")
    volt = voltages(circuit, 0, 8)
    current = node_currents(circuit, volt)
    assert current[[0, 8]] == pytest.approx([1.0, 1.0])
    assert (current >= 0).all()
    assert (current <= 1 + 1e-9).all()
    # Voltage at the source for 1 ampere is the effective resistance; a triangle inequality holds between nodes.
    between = effective_resistance(circuit, np.arange(9))
    assert volt[0] == pytest.approx(between[0, 8])
    assert between[0, 8] <= between[0, 4] + between[4, 8] + 1e-9


def test_the_least_cost_way_on_an_even_plain_is_the_octile_distance() -> None:
    circuit = grid_circuit(np.full((5, 8), 2.0), eight=True, mean="resistance")
    cost, before = least_cost(circuit, np.array([0]))
    # 4 down, 7 right: 4 diagonal steps and 3 straight ones, 2 ohm each
    assert cost[0, -1] == pytest.approx(2.0 * (4 * math.sqrt(2) + 3))
    way = way_back(before[0], 39)
    assert (way[0], way[-1], len(way)) == (39, 0, 8)


def test_the_least_cost_way_goes_round_a_wall() -> None:
    plain = np.ones((3, 3))
    plain[0:2, 1] = np.nan
    cost, _ = least_cost(grid_circuit(plain, eight=False, mean="resistance"), np.array([0]))
    # down, down, right, right, up, up
    assert cost[0, 2 - 1] == pytest.approx(6.0)


def test_connectivity_of_three_patches_equals_the_published_vector() -> None:
    # source: worked vector TV 6.3-c after Saura and Pascual-Hortal: areas 10, 5, 8 of a landscape of 100; chain 1-2-3
    area = np.array([10.0, 5.0, 8.0])
    links = csr_array(np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], float))
    integral = integral_products(links)
    assert joined_amounts(area, integral).sum() / 100**2 == pytest.approx(0.0332333, abs=1e-7)
    assert equivalent_area(area, integral) == pytest.approx(18.230012, abs=1e-6)
    loss = [
        100 * (1 - joined_amounts(area[keep], integral_products(links[keep][:, keep])).sum() / joined_amounts(area, integral).sum())
        for keep in ([1, 2], [0, 2], [0, 1])
    ]
    assert loss == pytest.approx([61.18355, 50.65196, 47.34203], abs=1e-5)
    direct = csr_array(np.array([[0, 0.5, 0.1], [0.5, 0, 0.4], [0.1, 0.4, 0]]))
    product = best_products(direct)
    # 0.5 x 0.4 = 0.2 by way of the middle patch is more than 0.1 directly
    assert product[0, 2] == pytest.approx(0.2)
    assert joined_amounts(area, product).sum() / 100**2 == pytest.approx(0.0303)
    assert equivalent_area(area, product) == pytest.approx(17.406895, abs=1e-6)


@given(st.lists(st.floats(0.1, 50.0), min_size=2, max_size=6), st.floats(0.01, 1.0))
def test_the_equivalent_area_lies_between_the_patches_apart_and_all_as_one(areas: list[float], chance: float) -> None:
    area = np.array(areas)
    direct = csr_array(np.full((len(area), len(area)), chance) - np.diag(np.full(len(area), chance)))
    found = equivalent_area(area, best_products(direct))
    assert math.sqrt((area**2).sum()) - 1e-9 <= found <= area.sum() + 1e-9
    assert equivalent_area(area * 2, best_products(direct)) == pytest.approx(2 * found)
