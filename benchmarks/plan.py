"""The plan ledger at the size of a province: status of ten thousand targets among a hundred thousand tasks, and schedule risk."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.registry import Size, benchmark, row
from parkcity.plan.ledger import Ledger, write
from parkcity.plan.load import load
from parkcity.plan.network import Link, Network
from parkcity.plan.risk import simulate
from parkcity.plan.schedule import programme
from parkcity.plan.schema import schemas
from parkcity.plan.status import standings
from parkcity.plan.tables import all_empty, table_of

_TIMES = {"true_on": "2020-12-27", "known_on": "2020-12-27"}
_POINTS = (0, 1, 2, 3, 4, 5, 6, 8, 10)
"""Yearly values of a target, in turn: from none to ten, so that every way of judging is paid for."""

_SIZES: dict[Size, tuple[int, int, int, int]] = {
    "smoke": (100, 1000, 100, 50),
    "quick": (10_000, 100_000, 2000, 1000),
    "full": (10_000, 100_000, 2000, 1000),
}


def _ledger(targets: int, tasks: int) -> Ledger:
    random = np.random.default_rng(1)
    plan = {"id": "p", "name_zh": "规划", "name_en": "plan", "adopted": "2020-12-27", "starts": "2021-01-01", "ends": "2025-12-31"}
    article = {
        "id": "1",
        "chapter": "1",
        "chapter_zh": "章",
        "chapter_en": "chapter",
        "title_zh": "条",
        "title_en": "article",
        "kind": "target",
    }
    names = {"name_zh": "项", "name_en": "item"}
    goal = {"article": "1", "kind": "reach", "op": "ge", "unit": "km", "scope": "city", "direction": "up", "baseline_year": "2020"}
    goal |= {"baseline": "100", "target_year": "2025", "target": "200", "binding": "unknown", "source": "bench", "confidence": "S"}
    value = {"scope": "city", "op": "eq", "unit": "km", "origin": "statistic", "source": "bench", "confidence": "S"}
    actuals = []
    for at in range(targets):
        for step in range(_POINTS[at % len(_POINTS)]):
            year = str(2024 - step)
            number = f"{100 + 20 * (4 - step) + 5 * random.standard_normal():.2f}"
            actuals.append(value | {"id": f"A{at}.{year}", "indicator": f"i{at}", "value": number, "true_on": year, "known_on": year})
    starts = random.integers(0, 1500, tasks)
    works = []
    for at, start in enumerate(starts.tolist()):
        first = np.datetime64("2021-01-04") + start
        works.append(names | _TIMES | {"id": f"K{at}", "start": str(first), "finish": str(first + 30 + at % 60)})
    links = [
        _TIMES | {"id": f"D{at}", "predecessor": f"K{at - 1 - at % 7}", "task": f"K{at}", "type": "FS", "lag_days": "0"}
        for at in range(8, tasks)
    ]
    rows: dict[str, list[dict[str, str]]] = {
        "plan": [plan | _TIMES],
        "articles": [article | _TIMES],
        "targets": [names | _TIMES | goal | {"id": f"T{at}", "indicator": f"i{at}"} for at in range(targets)],
        "actuals": actuals,
        "tasks": works,
        "dependencies": links,
    }
    tables = dict(all_empty()) | {name: table_of(schemas()[name], records) for name, records in rows.items()}
    return Ledger(tables, "bench")


def _seconds(start: float) -> float:
    return time.perf_counter() - start


@benchmark("plan", "The plan ledger: load, status of 10,000 targets among 100,000 tasks, schedule risk of 2,000 tasks x 1,000 draws")
def plan(size: Size) -> list[dict[str, Any]]:
    """Wall times of one cold run each; the goals are 5 s from the files to every status, and 10 s for the risk."""
    targets, tasks, risky, draws = _SIZES[size]
    graph = f"{targets} targets, {tasks} tasks"
    with tempfile.TemporaryDirectory() as folder:
        write(_ledger(targets, tasks), Path(folder) / "plan")
        start = time.perf_counter()
        found = load(folder)
        load_s = _seconds(start)
    rows = [row("load with all checks", graph, load_s)]
    start = time.perf_counter()
    view = found.view()
    items = [item.row() for item in standings(view)]
    target_s = _seconds(start)
    start = time.perf_counter()
    works = programme(view).rows()
    task_s = _seconds(start)
    if len(items) != targets or len(works) != tasks:
        msg = "the benchmark lost rows"
        raise RuntimeError(msg)
    rows.append(row("status of targets", graph, target_s))
    rows.append(row("status of tasks", graph, task_s))
    rows.append(row("load and status, goal 5 s", graph, load_s + target_s + task_s, "goal", 5.0, 1.0))
    rows.append(row("schedule risk, goal 10 s", f"{risky} tasks x {draws} draws", _risk(risky, draws), "goal", 10.0, 1.0))
    return rows


def _risk(tasks: int, draws: int) -> float:
    random = np.random.default_rng(2)
    links = [Link(int(before), at) for at in range(1, tasks) for before in set(random.integers(max(0, at - 50), at, 3).tolist())]
    mode = random.uniform(5, 60, tasks)
    start = time.perf_counter()
    simulate(Network([str(at) for at in range(tasks)], links), 0.7 * mode, mode, 1.8 * mode, draws)
    return _seconds(start)
