"""Floating catchments beside the PySAL package access: the same answers, and how long they take."""

from __future__ import annotations

import gzip
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.registry import HERE, Size, benchmark, median_seconds, peer_python, peer_run, row
from parkcity.insight.operators import decay
from parkcity.insight.operators.catchment import Catchment, three_step, two_step

DATA = HERE.parent / "tests" / "published" / "data" / "belo-horizonte"
PINS = ["access==1.1.10.post3"]
GRAPH = "Belo Horizonte, 898 x 898"
GOAL = 10.0


@benchmark("access", "Floating catchments on a travel-time matrix")
def run(size: Size) -> list[dict[str, Any]]:
    ours = {name: median_seconds(function) for name, function in methods().items()}
    if size == "smoke":
        return [row(name, GRAPH, seconds) for name, seconds in ours.items()]
    with tempfile.TemporaryDirectory(prefix="access-") as folder:
        theirs = peer(Path(folder) / "access.csv")["seconds"]
    return [row(name, GRAPH, seconds, "PySAL access 1.1.10", theirs[name], GOAL) for name, seconds in ours.items()]


def methods() -> dict[str, Any]:
    """Each method as a call without arguments, from minutes to access."""
    import pandas as pd

    cells = pd.read_csv(DATA / "hexagons.csv.gz")
    minutes = pd.read_csv(DATA / "minutes.csv.gz").set_index("from_id").to_numpy(float)
    origin, place = np.nonzero(minutes <= 30)
    cost = minutes[origin, place]
    people, schools = cells["population"].to_numpy(float), cells["schools"].to_numpy(float)
    edges = np.array([10.0, 20.0, 30.0])

    def call(method: Any, weight: Any) -> Any:
        return lambda: method(Catchment(origin, place, weight(), len(cells), len(cells)), people, schools)

    return {
        "two_stage": call(two_step, lambda: decay.step(cost, 30.0)),
        "enhanced": call(two_step, lambda: decay.rings(cost, edges, np.array([1, 0.68, 0.22]))),
        "gaussian": call(two_step, lambda: np.exp(-(cost**2) / 200)),
        "three_stage": call(three_step, lambda: decay.rings(cost, edges, np.array([0.962, 0.704, 0.377]))),
    }


def peer(target: Path) -> Any:
    """The peer's answers as CSV, and how long each method took."""
    return peer_run(peer_python("access", PINS), HERE / "access_peers" / "pysal_access.py", str(DATA), str(target))


def store() -> None:
    """Replace the answers with which the tests compare: `python -c "from benchmarks.access import store; store()"`."""
    with tempfile.TemporaryDirectory(prefix="access-") as folder:
        target = Path(folder) / "access.csv"
        peer(target)
        (DATA / "pysal_access.csv.gz").write_bytes(gzip.compress(target.read_bytes(), mtime=0))
