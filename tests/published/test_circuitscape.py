"""Effective resistances and currents of grids against the answers that Circuitscape publishes.

source: Circuitscape.jl test/, commit 742dd0a6 (MIT), in data/circuitscape.
"""

from __future__ import annotations

import csv
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parkcity.insight.operators.ecology import Circuit, effective_resistance, grid_circuit, node_currents, voltages

DATA = Path(__file__).parent / "data" / "circuitscape"
CASES = list(csv.DictReader((DATA / "cases.csv").read_text(encoding="utf-8").splitlines()))
HEAD = ("ncols", "nrows", "xllcorner", "yllcorner", "cellsize", "nodata_value")


def read_grid(name: str) -> tuple[np.ndarray, dict[str, float]]:
    head: dict[str, float] = {}
    lines = [line.split() for line in (DATA / name).read_text(encoding="utf-8").splitlines() if line.split()]
    while lines[0][0].lower() in HEAD:
        key, value = lines.pop(0)[:2]
        head[key.lower()] = float(value)
    return np.array(lines, float), head


def regions_of_points(name: str, shape: tuple[int, int], head: dict[str, float]) -> dict[int, np.ndarray]:
    """For every focal point or region its cells, bool: from a grid of numbers, or from a list of number, x, y."""
    if name.endswith(".asc"):
        grid, _ = read_grid(name)
        return {int(number): grid == number for number in np.unique(grid[grid > 0])}
    found: dict[int, np.ndarray] = {}
    for line in (DATA / name).read_text(encoding="utf-8").split("\n"):
        if len(line.split()) != 3:
            continue
        number, x, y = (float(part) for part in line.split())
        row = shape[0] - 1 - int((y - head["yllcorner"]) // head["cellsize"])
        found.setdefault(int(number), np.zeros(shape, bool))[row, int((x - head["xllcorner"]) // head["cellsize"])] = True
    return found


def read_case(case: dict[str, str]) -> tuple[Circuit, np.ndarray, dict[int, np.ndarray]]:
    habitat, head = read_grid(case["habitat"])
    habitat[habitat == head["nodata_value"]] = np.nan
    if case["mask"]:
        habitat[read_grid(case["mask"])[0] <= 0] = np.nan
    positive = np.where(habitat > 0, habitat, np.nan)
    resistance = positive if case["habitat_is"] == "resistance" else 1.0 / positive
    mean: Any = case["mean"]
    circuit = grid_circuit(resistance, eight=case["neighbours"] == "8", mean=mean)
    polygons = read_grid(case["polygons"])[0] if case["polygons"] else np.zeros(habitat.shape)
    return circuit, np.where(polygons > 0, polygons, 0).astype(np.int64), regions_of_points(case["points"], habitat.shape, head)


def pairs_of(case: dict[str, str]) -> list[tuple[int, int, float]]:
    table = np.loadtxt(DATA / f"{case['case']}_resistances.out")
    numbers = table[0, 1:].astype(int)
    rows = itertools.combinations(range(len(numbers)), 2)
    found = [(int(numbers[i]), int(numbers[j]), float(table[1 + i, 1 + j])) for i, j in rows]
    # A case that computes only some pairs marks the others like pairs without a way: -1.
    return [entry for entry in found if case["included"] == "all" or entry[2] >= 0]


def joined(circuit: Circuit, polygons: np.ndarray, one: np.ndarray, other: np.ndarray) -> tuple[Circuit, int, int]:
    """The circuit with polygons and the two focal regions wired together, and the nodes of the two (-1: carries nothing)."""
    wired = circuit.merged(polygons, one + 2 * (other & ~one))
    ends = [wired.node_of[region & (wired.node_of >= 0)] for region in (one, other)]
    a, b = (int(end[0]) if len(end) else -1 for end in ends)
    return wired, a, b


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"case {case['case']}")
def test_effective_resistances_equal_the_published_ones(case: dict[str, str]) -> None:
    circuit, polygons, points = read_case(case)
    for one, other, published in pairs_of(case):
        wired, a, b = joined(circuit, polygons, points[one], points[other])
        ours = np.inf if min(a, b) < 0 else float(effective_resistance(wired, np.array([a, b]))[0, 1])
        assert (-1.0 if np.isinf(ours) else ours) == pytest.approx(published, abs=2e-8), (one, other)


# The published map of case 12 is 0 at most of its points, whose own current is 1 ampere a pair: it is of another run than its resistances.
MAPPED = [case for case in CASES if case["case"] != "12"]


@pytest.mark.parametrize("case", MAPPED, ids=lambda case: f"case {case['case']}")
def test_currents_summed_over_all_pairs_equal_the_published_maps(case: dict[str, str]) -> None:
    circuit, polygons, points = read_case(case)
    total = np.zeros(polygons.shape)
    for one, other, published in pairs_of(case):
        if published < 0:
            continue
        wired, a, b = joined(circuit, polygons, points[one], points[other])
        if a != b:
            current = node_currents(wired, voltages(wired, a, b))
            total += np.where(wired.node_of >= 0, current[np.maximum(wired.node_of, 0)], 0.0)
    published_map, head = read_grid(f"{case['case']}_cum_curmap.asc")
    # How the current of a wire is shown in each of its cells is a matter of drawing: cells of polygons and of wide regions are left out.
    wires = (polygons > 0) | np.any([region for region in points.values() if region.sum() > 1] or [polygons > 0], axis=0)
    known = (published_map != head["nodata_value"]) & ~wires
    assert known.sum() > 4
    assert np.abs(total - published_map)[known].max() < 2e-6
