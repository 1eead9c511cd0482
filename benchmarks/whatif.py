"""Scenarios on Chengdu with a baseline at hand: one new place, one new street, one new metro line, each against the time it may take."""

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
PLACE_S, LINK_S, LINE_S = 0.1, 1.0, 5.0
"""What an answer may take: a new place, a new street, a new metro line."""
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


def _line(number: int) -> Scenario:
    """A metro line of eight stops through the city, every five minutes."""
    from parkcity.twin.scenario import Scenario

    stops = [[LON - 0.06 + 0.02 * stop, LAT - 0.03 + 0.01 * stop + 0.003 * number] for stop in range(8)]
    return Scenario(id=f"line-{number}").change("add_line", stops=stops, headway_min=5.0, speed_km_h=35.0, mode="metro")


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
    tasks: list[tuple[str, list[Scenario], tuple[str, ...] | None, float | None]] = [
        ("a new school, reach, ways, services and green", schools, WALKS, None),
        ("a new street, reach, ways, services and green", streets, WALKS, None),
    ]
    if whole:
        lines = [_line(number) for number in range(min(repeats, 3))]
        tasks += [
            ("a new school, every indicator that it touches", schools, None, PLACE_S),
            ("a new street, every indicator", streets, None, LINK_S),
            ("a new metro line, every indicator", lines, None, LINE_S),
        ]
    rows = []
    for task, scenarios, patterns, most_s in tasks:
        seconds, found = _timed(base, scenarios, patterns)
        touched = sum(not pair.untouched for pair in found.pairs)
        told = f"{task} ({touched} numbers by group)"
        rows.append(row(told, graph, seconds) if most_s is None else row(told, graph, seconds, "time allowed", most_s, 1.0))
    return rows


@benchmark("whatif", "scenarios answered with a baseline at hand")
def run(size: Size) -> list[dict[str, Any]]:
    return _rows({"smoke": 1, "quick": 3, "full": 9}[size], whole=size == "full")
