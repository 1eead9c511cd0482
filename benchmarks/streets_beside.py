"""Peers beside us on one graph: each peer is a step of its own, and a long one is kept, so that a run that was cut short goes on."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.registry import PEERS, peer_python, peer_run
from parkcity.travel.threads import thread_count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.streets_graphs import Plain

WORKER = Path(__file__).with_name("streets_peers.py")
PINS = ["pandana==0.8", "cityseer==5.8.0", "scipy==1.17.1"]
KEPT = PEERS / "streets-kept"
LONG_NODES = 200_000
LONGEST_S = 7200.0


@dataclass(frozen=True)
class Beside:
    """A peer's seconds by task (and megabytes), its answers by task, and its name with the day on which it ran, if not in this run."""

    name: str
    seconds: dict[str, float]
    answers: dict[str, np.ndarray[Any, Any]]


def beside(graph: Plain, peer: str, repeats: int) -> Beside:
    """One peer on one graph.

    Beyond 200,000 nodes its tasks are kept in the peers' folder as each is done, under the graph, the pins and the worker; delete
    `.bench-venv/streets-kept` to measure them again. The machine may do other work meanwhile, so a peer gets at most the time that its
    core seconds take side by side on idle cores.
    """
    python = peer_python("streets", PINS)
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        source = Path(name) / "graph.npz"
        graph.save(source)
        with _folder(graph, peer, Path(name)) as folder:
            before = _time_of(folder)
            runs = 1 if peer == "pandana" and len(graph.x) > LONG_NODES else repeats  # each takes minutes there
            seconds = peer_run(python, WORKER, peer, str(source), str(folder), str(runs), timeout=LONGEST_S)
            known = _time_of(folder) == before
            title = f"{peer} (kept from {dt.datetime.fromtimestamp(before).astimezone():%Y-%m-%d %H:%M})" if known else peer
            if len(graph.x) > LONG_NODES:
                seconds = on_idle_cores(seconds, 1 if peer == "scipy" else thread_count(None))
            answers = {path.stem: np.load(path, allow_pickle=False) for path in sorted(folder.glob("*.npy"))}
    return Beside(title, seconds, answers)


@contextmanager
def _folder(graph: Plain, peer: str, passing: Path) -> Iterator[Path]:
    """Where the peer's answers go: into a folder that stays if the graph is large, else into one that goes."""
    folder = passing / peer
    if len(graph.x) > LONG_NODES:
        known = hashlib.sha256(WORKER.read_bytes() + json.dumps(PINS).encode())
        for array in (graph.x, graph.y, graph.u, graph.v, graph.length):
            known.update(array.tobytes())
        folder = KEPT / f"{peer}-{known.hexdigest()[:16]}"
    folder.mkdir(parents=True, exist_ok=True)
    yield folder


def on_idle_cores(seconds: dict[str, float], cores: int) -> dict[str, float]:
    """Tasks of minutes meet other work on most machines: at most the time that their core seconds take side by side on idle cores."""
    ending = ", core seconds"
    least = {name.removesuffix(ending): number / cores for name, number in seconds.items() if name.endswith(ending)}
    return {name: min(number, least.get(name, number)) for name, number in seconds.items()}


def _time_of(folder: Path) -> float:
    path = folder / "seconds.json"
    return path.stat().st_mtime if path.is_file() else 0.0
