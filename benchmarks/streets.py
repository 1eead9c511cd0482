"""Streets: nearest places and sums within reach for every node, beside SciPy, pandana and cityseer on the same graph; edits and sites."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.registry import Size, benchmark, median_seconds, peer_python, peer_run, row
from benchmarks.streets_graphs import Plain, chengdu, las_palmas, metropolis
from parkcity.travel import Attach, NearestField, Network, Profile, Streets, SumField, nearest, what_if, within

WORKER = Path(__file__).with_name("streets_peers.py")
PINS = ["pandana==0.8", "cityseer==5.8.0", "scipy==1.17.1"]
LIMITS = [400.0, 800.0, 1200.0]
NEAR = 3000.0
GROUPS = ("adult", "elder", "child", "pram", "wheelchair")
GOALS: dict[tuple[str, str, bool], float] = {  # task, peer, is the graph a small real city
    ("nearest", "scipy", False): 2.0,
    ("nearest", "scipy", True): 1.5,
    ("nearest", "pandana", False): 40.0,
    ("nearest", "pandana", True): 25.0,
    ("nearest", "cityseer", True): 200.0,
    ("sums", "pandana", False): 5.0,
    ("sums", "pandana", True): 3.0,
    ("sums", "cityseer", True): 50.0,
}


def _ours(graph: Plain, repeats: int) -> tuple[dict[str, float], dict[str, Any]]:
    streets = Streets(graph.x, graph.y, graph.u, graph.v, graph.length)

    def build() -> Network:
        network = Network.build(streets, Profile("walk", 1.1))
        network.graph("m")
        return network

    node, klass = graph.places()
    network, people = build(), graph.people()
    every, doors = Attach.at_nodes(streets, np.arange(streets.nodes)), Attach.at_nodes(streets, node)

    def near() -> Any:
        return nearest(network, every, doors, limit=NEAR, unit="m", doors_class=klass)

    def sums() -> Any:
        return within(network, every, every, LIMITS, people, unit="m", counts=False)

    seconds = {
        "setup": median_seconds(build, min(repeats, 3)),
        "nearest": median_seconds(near, repeats),
        "sums": median_seconds(sums, repeats),
    }
    return seconds, {"nearest": near().values, "sums": sums().sums}


def _agree(task: str, ours: Any, peer: Any) -> str:
    """How many answers agree to a metre (nearest) or exactly (sums)."""
    if task == "nearest":
        there = np.isfinite(ours)
        share = float(np.mean(np.abs(ours[there] - peer[there]) < 1.0))
    else:
        known = np.isfinite(ours)
        share = float(np.mean(ours[known] == peer[known]))
    return f"{share:.2%} of answers agree"


def _compare(graph: Plain, peers: list[str], repeats: int) -> list[dict[str, Any]]:
    seconds, answers = _ours(graph, repeats)
    real = not graph.name.startswith("metropolis")
    rows = [row("network set-up", graph.name, seconds["setup"])]
    if not peers:
        return rows + [row(_title(task), graph.name, seconds[task]) for task in ("nearest", "sums")]
    python = peer_python("streets", PINS)
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "graph.npz", Path(folder) / "answer.npz"
        graph.save(source)
        for peer in peers:
            theirs = peer_run(python, WORKER, peer, str(source), str(target), str(repeats), timeout=7200)
            with np.load(target) as file:
                agreement = {task: _agree(task, answers[task], file[task]) for task in file.files}
            for task in ("nearest", "sums"):
                if task in theirs:
                    note = f" ({agreement[task]})" if task in agreement else ""
                    goal = GOALS.get((task, peer, real))
                    rows.append(row(_title(task) + note, graph.name, seconds[task], peer, theirs[task], goal))
            if peer == "pandana":
                both = seconds["setup"] + seconds["sums"]
                whole = theirs["setup"] + theirs["sums"]
                rows.append(row("sums with set-up", graph.name, both, peer, whole, None if real else 100.0))
                memory = f"sums with new weights (precomputed in {theirs['precomputed MB']:,.0f} MB)"
                rows.append(row(memory, graph.name, seconds["sums"], peer, theirs["sums again"], None if real else 1.0))
    return rows


def _title(task: str) -> str:
    return "nearest of 5 classes within 3 km" if task == "nearest" else "sums within 400, 800, 1200 m"


def _edits(graph: Plain, sites: int, repeats: int) -> list[dict[str, Any]]:
    """One place added for five groups: nearest place and sums of its kind follow; then many sites at once."""
    streets = Streets(graph.x, graph.y, graph.u, graph.v, graph.length)
    node, klass = graph.places()
    every, doors = Attach.at_nodes(streets, np.arange(streets.nodes)), Attach.at_nodes(streets, node[klass == 0])
    kept = []
    for group in GROUPS:
        network = Network.build(streets, Profile.load(group))
        field = NearestField.build(network, every, doors, limit=1800.0)
        kept.append((field, SumField.build(network, every, doors, [300.0, 600.0, 900.0], np.ones((1, doors.owners)))))
    spot = iter(np.random.default_rng(3).choice(node, 10_000))
    number = iter(range(doors.owners, doors.owners + 10_000))

    def add() -> None:
        place, door = next(number), Attach.at_nodes(streets, [next(spot)])
        for field, sums in kept:
            field.add(door, place)
            sums.add(door, np.ones(1))

    rows = [row("one place added, nearest and sums of 5 groups", graph.name, median_seconds(add, repeats, 2))]
    network = kept[0][0].network
    many = Attach.at_nodes(streets, np.random.default_rng(4).choice(node, sites))
    now = nearest(network, every, doors)

    def gains() -> Any:
        return what_if(network, every, graph.people(), now, 0, many, [300.0, 600.0, 900.0])

    rows.append(row(f"{sites:,} candidate sites in one call", graph.name, median_seconds(gains, min(repeats, 3))))
    return rows


def _first_use() -> list[dict[str, Any]]:
    """A first search in a new process: with an empty cache of machine code, then with a filled one."""
    script = (
        "import numpy as np\nfrom parkcity.travel import *\n"
        "s = Streets(np.arange(3.0), np.zeros(3), np.array([0, 1]), np.array([1, 2]), np.ones(2))\n"
        "n = Network.build(s, Profile('walk', 1.1)); a = Attach.at_nodes(s, [0, 1, 2])\n"
        "nearest(n, a, a); within(n, a, a, [5.0])\n"
    )
    times = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in ("cold", "warm"):
            environment = {**os.environ, "NUMBA_CACHE_DIR": folder}
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", script], check=True, env=environment)
            times[name] = time.perf_counter() - start
    return [row(f"first search of a process, {name} cache", "3 nodes", seconds) for name, seconds in times.items()]


@benchmark("streets", "nearest places, sums within reach, edits and candidate sites on streets")
def run(size: Size) -> list[dict[str, Any]]:
    if size == "smoke":
        return _compare(metropolis(900), [], 1)
    if size == "quick":
        return [*_compare(chengdu(), ["scipy"], 3), *_compare(metropolis(100_000), [], 3), *_edits(chengdu(), 1000, 3)]
    rows = [*_first_use(), *_compare(chengdu(), ["scipy", "pandana", "cityseer"], 7), *_edits(chengdu(), 1000, 9)]
    rows += _compare(las_palmas(), ["scipy", "pandana", "cityseer"], 7)
    rows += _compare(metropolis(10_000), ["scipy", "pandana"], 7)
    rows += _compare(metropolis(100_000), ["scipy", "pandana"], 5)
    million = metropolis(1_000_000)
    rows += _compare(million, ["scipy", "pandana"], 3)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    rows.append(row(f"peak memory so far {peak:.2f} GB", million.name, None))
    rows += _edits(million, 1000, 5)
    return rows
