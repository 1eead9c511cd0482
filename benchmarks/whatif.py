"""Scenarios on Chengdu with a baseline at hand: one new place, one new street."""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.registry import Size, benchmark, row

if TYPE_CHECKING:
    from parkcity.decide.compare import Baseline, Comparison
    from parkcity.twin.scenario import Scenario

CITY = Path(__file__).resolve().parent.parent / "examples" / "chengdu"
LON, LAT, STEP = 104.05, 30.65, 0.008
WALKS = ("life_circle.*", "distance.*", "services.*", "green.*")
"""What a click on the map asks first: reach, ways, services, green."""


def _street(base: Baseline, number: int) -> Scenario:
    """A street between two nodes of the inner city, 200 m apart or more."""
    from parkcity.twin.scenario import Scenario

    twin = base.twin
    arrays = twin.layer("streets").arrays()
    x, y = np.asarray(arrays["node_x"]), np.asarray(arrays["node_y"])
    middle = twin.projection.forward(np.array([LON + number * STEP]), np.array([LAT]))
    order = np.argsort(np.hypot(x - middle[0], y - middle[1]), kind="stable")
    away = np.hypot(x - x[order[0]], y - y[order[0]])
    other = next(node for node in order if away[node] > 200.0)
    lon, lat = twin.projection.inverse(x[[order[0], other]], y[[order[0], other]])
    return Scenario(id=f"street-{number}").add_link([[float(lon[0]), float(lat[0])], [float(lon[1]), float(lat[1])]])


def _timed(base: Baseline, scenarios: list[Scenario], patterns: tuple[str, ...] | None) -> tuple[float, Comparison]:
    """Median seconds of comparing each scenario by itself; the first call does not count."""
    from parkcity.decide.compare import compare

    times, found = [], compare(base, [scenarios[0]], patterns)
    for scenario in scenarios:
        began = time.perf_counter()
        found = compare(base, [scenario], patterns)
        times.append(time.perf_counter() - began)
    return statistics.median(times), found


def _rows(repeats: int, *, whole: bool) -> list[dict[str, Any]]:
    from parkcity.decide.compare import Baseline
    from parkcity.twin.build import build
    from parkcity.twin.scenario import Scenario

    base = Baseline(build(CITY))
    graph = f"Chengdu {len(base.twin.cells):,} cells"
    schools = [
        Scenario(id=f"school-{number}").add_place("primary_school", lon=LON + number * STEP, lat=LAT, area_m2=9_000.0)
        for number in range(repeats)
    ]
    streets = [_street(base, number) for number in range(repeats)]
    tasks: list[tuple[str, list[Scenario], tuple[str, ...] | None]] = [
        ("a new school, reach, ways, services and green", schools, WALKS),
        ("a new street, reach, ways, services and green", streets, WALKS),
    ]
    if whole:
        tasks += [("a new school, every indicator that it touches", schools, None), ("a new street, every indicator", streets[:2], None)]
    rows = []
    for task, scenarios, patterns in tasks:
        seconds, found = _timed(base, scenarios, patterns)
        touched = sum(not pair.untouched for pair in found.pairs)
        rows.append(row(f"{task} ({touched} numbers by group)", graph, seconds))
    return rows


@benchmark("whatif", "scenarios answered with a baseline at hand")
def run(size: Size) -> list[dict[str, Any]]:
    return _rows({"smoke": 1, "quick": 3, "full": 9}[size], whole=size == "full")
