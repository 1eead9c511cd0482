"""Streets: nearest places and sums within reach for every node, beside SciPy, pandana and cityseer on the same graph; edits and sites."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.registry import Size, benchmark, median_seconds, peak_megabytes, row
from benchmarks.streets_beside import Beside, beside
from benchmarks.streets_graphs import Plain, chengdu, las_palmas, metropolis
from parkcity.travel import (
    Access,
    AddLink,
    AddPlace,
    Attach,
    ChangeLink,
    CloseLink,
    Network,
    Profile,
    SetPeople,
    Streets,
    nearest,
    what_if,
    within,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from parkcity.travel.street_changes import Change

ALONE = Path(__file__).with_name("streets_alone.py")
LIMITS = [400.0, 800.0, 1200.0]
NEAR = 3000.0
WALKS = [300.0, 600.0, 900.0]
FARTHEST = 1800.0
EDIT_GOAL_S = {False: 0.05, True: 0.01}
SITES_GOAL_S = 2.0
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
    known = np.isfinite(ours)
    same = np.abs(ours[known] - peer[known]) < 1.0 if task == "nearest" else ours[known] == peer[known]
    return f"{float(np.mean(same)):.2%} of answers agree"


def _compare(graph: Plain, peers: list[str], repeats: int) -> list[dict[str, Any]]:
    seconds, answers = _ours(graph, repeats)
    peak = _peak(graph)
    rows = [row("network set-up, nearest and sums in a process of their own", graph.name, seconds["setup"], peak_mb=peak)]
    if not peers:
        return rows + [row(_title(task), graph.name, seconds[task]) for task in ("nearest", "sums")]
    for peer in peers:
        theirs = beside(graph, peer, repeats)
        rows += _tasks(graph, seconds, answers, theirs, peer)
        if peer == "pandana":
            rows += _with_pandana(graph, seconds, theirs, peak)
    return rows


def _tasks(graph: Plain, ours: dict[str, float], answers: dict[str, Any], theirs: Beside, peer: str) -> list[dict[str, Any]]:
    rows, real = [], not graph.name.startswith("metropolis")
    for task in ("nearest", "sums"):
        if task in theirs.seconds:
            note = f" ({_agree(task, answers[task], theirs.answers[task])})" if task in theirs.answers else ""
            rows.append(row(_title(task) + note, graph.name, ours[task], theirs.name, theirs.seconds[task], GOALS.get((task, peer, real))))
    if "sums of a sample" in theirs.seconds:
        title = f"{_title('sums')} (peer: from 500 origins)"
        rows.append(row(title, graph.name, ours["sums"], theirs.name, theirs.seconds["sums of a sample"]))
    return rows


def _with_pandana(graph: Plain, ours: dict[str, float], theirs: Beside, peak: float | None) -> list[dict[str, Any]]:
    """Sums with set-up; and repeated sums with new weights, which it precomputes and we do not, with the memory of both."""
    seconds, large = theirs.seconds, graph.name.startswith("metropolis")
    both, whole = ours["setup"] + ours["sums"], seconds["setup"] + seconds["sums"]
    rows = [row("sums with set-up", graph.name, both, theirs.name, whole, 100.0 if large else None)]
    rows.append(
        row(
            "sums with new weights (peer: precomputed)",
            graph.name,
            ours["sums"],
            theirs.name,
            seconds["sums again"],
            1.0 if large else None,
        )
    )
    if peak is not None:
        title = "memory for these in MB, not s (peer: what precomputing adds)"
        rows.append(row(title, graph.name, peak, theirs.name, seconds["precomputed MB"], 2.0 if large else None))
    return rows


def _peak(graph: Plain) -> float | None:
    """Peak memory in MB of a process that builds the network and answers both questions."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        path = Path(folder) / "graph.npz"
        graph.save(path)
        return peak_megabytes(sys.executable, str(ALONE), str(path))


def _growth(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """How much longer our sums take on the largest metropolis than on the one before."""
    sums = {
        entry["graph"]: entry["ours_s"] for entry in rows if entry["task"].startswith(_title("sums")) and "metropolis" in entry["graph"]
    }
    nodes = {name: int(name.split()[1].replace(",", "")) for name in sums}
    small, large = sorted(nodes, key=lambda name: nodes[name])[-2:]
    times, more = sums[large] / sums[small], nodes[large] / nodes[small]
    return row(f"sums take {times:.1f} times as long on {more:.1f} times the nodes", large, None)


def _title(task: str) -> str:
    return "nearest of 5 classes within 3 km" if task == "nearest" else "sums within 400, 800, 1200 m"


def _edits(graph: Plain, sites: int, repeats: int) -> list[dict[str, Any]]:
    """Edits for five groups: nearest place, numbers within three limits and residents covered follow; then many sites at once."""
    streets = Streets(graph.x, graph.y, graph.u, graph.v, graph.length)
    node, klass = graph.places()
    every, doors = Attach.at_nodes(streets, np.arange(streets.nodes)), Attach.at_nodes(streets, node[klass == 0])
    networks = [Network.build(streets, Profile.load(group)) for group in GROUPS]
    people, rng = graph.people(), np.random.default_rng(3)
    kept = [Access.build(network, every, doors, WALKS, people=people, nearest_limit=FARTHEST) for network in networks]

    def asked(change: Callable[[], Change]) -> float:
        prepared = iter([change() for _ in range(repeats + 2)])

        def ask() -> None:
            one = next(prepared)
            for access in kept:
                access.edit(one)

        return median_seconds(ask, repeats, 2)

    def place() -> Change:
        return AddPlace(Attach.at_nodes(streets, [rng.choice(node)]))

    goal = EDIT_GOAL_S[not graph.name.startswith("metropolis")]
    rows = [row("one place added: nearest, sums, residents covered of 5 groups", graph.name, asked(place), "the goal", goal, 1.0)]
    for title, change in (
        ("one street closed, the same", lambda: CloseLink(int(rng.integers(streets.edges)))),
        ("one street slower, the same", lambda: ChangeLink(int(rng.integers(streets.edges)), speed_m_s=0.5)),
        ("one new street, the same", lambda: AddLink(int(rng.choice(node)), int(rng.choice(node)), 200.0)),
        ("residents of one node, the same", lambda: SetPeople(int(rng.integers(streets.nodes)), 9.0)),
    ):
        rows.append(row(title, graph.name, asked(change)))
    many = Attach.at_nodes(streets, np.random.default_rng(4).choice(node, sites))
    now = nearest(networks[0], every, doors)

    def gains() -> Any:
        return what_if(networks[0], every, people, now, 0, many, WALKS)

    seconds = median_seconds(gains, min(repeats, 3))
    beside_goal = () if graph.name.startswith("metropolis") else ("the goal", SITES_GOAL_S, 1.0)
    return [*rows, row(f"{sites:,} candidate sites in one call", graph.name, seconds, *beside_goal)]


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
    rows.append(_growth(rows))
    return [*rows, *_edits(million, 1000, 5)]
