"""Benchmarks as specs in a registry: a name, a title, and a function that gives rows.

A row has `task, graph, ours_s, peer, peer_s, ratio, goal`: `ratio` is the peer's time over ours, `goal` the ratio to reach; all
are None where a row has no peer. Peers run in environments of their own, so that they never enter the product's.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np

Size = Literal["smoke", "quick", "full"]
COLUMNS = ("task", "graph", "ours_s", "peer", "peer_s", "ratio", "goal")
HERE = Path(__file__).resolve().parent
PEERS = HERE.parent / ".bench-venv"
# Linux counts the memory of whoever starts a program into that program's peak, so it is started by a process that has next to none.
LAUNCHER = """
import os, sys
child = os.fork()
if child == 0:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.execvp(sys.argv[1], sys.argv[1:])
_, status, usage = os.wait4(child, 0)
print(usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""


@dataclass(frozen=True)
class Benchmark:
    """A named set of measurements."""

    name: str
    title: str
    run: Callable[[Size], list[dict[str, Any]]]


BENCHMARKS: dict[str, Benchmark] = {}


def benchmark(name: str, title: str) -> Callable[[Callable[[Size], list[dict[str, Any]]]], Callable[[Size], list[dict[str, Any]]]]:
    """Register a function of the size (smoke: it runs at all; quick: within 50 s; full) that gives rows."""

    def add(function: Callable[[Size], list[dict[str, Any]]]) -> Callable[[Size], list[dict[str, Any]]]:
        if name in BENCHMARKS:
            msg = f"benchmark '{name}' is registered twice"
            raise ValueError(msg)
        BENCHMARKS[name] = Benchmark(name, title, function)
        return function

    return add


def load_all() -> dict[str, Benchmark]:
    """Import every module of this folder, which registers its benchmarks."""
    for module in sorted(entry.name for entry in pkgutil.iter_modules([str(HERE)])):
        if module not in {"registry", "__main__"}:
            importlib.import_module(f"benchmarks.{module}")
    return BENCHMARKS


def row(
    task: str,
    graph: str,
    ours_s: float | None,
    peer: str | None = None,
    peer_s: float | None = None,
    goal: float | None = None,
    *,
    peak_mb: float | None = None,
) -> dict[str, Any]:
    """One row, with its ratio worked out; peak memory, where it is measured, is told beside the table."""
    ratio = peer_s / ours_s if ours_s and peer_s else None
    made = dict(zip(COLUMNS, (task, graph, ours_s, peer, peer_s, ratio, goal), strict=True))
    return made if peak_mb is None else {**made, "peak_mb": peak_mb}


def median_seconds(function: Callable[[], object], repeats: int = 5, warm: int = 1) -> float:
    """Median wall time of a call, after calls that do not count."""
    for _ in range(warm):
        function()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def peak_megabytes(*command: str) -> float | None:
    """Peak resident memory of a program in MB; None where the system does not tell it (Windows)."""
    if not hasattr(os, "wait4"):
        return None
    done = subprocess.run([sys.executable, "-I", "-S", "-c", LAUNCHER, *command], check=True, capture_output=True, text=True)
    # getrusage(2) counts in kibibytes on Linux and in bytes on macOS.
    return int(done.stdout) * (1 if sys.platform == "darwin" else 1024) / 1e6


def peer_python(name: str, pins: list[str]) -> Path:
    """The interpreter of a peer's own environment, made and filled when needed."""
    home = PEERS / name
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = home / "pins.json"
    if not python.exists() or not stamp.is_file() or json.loads(stamp.read_text(encoding="utf-8")) != pins:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *pins], check=True)
        stamp.write_text(json.dumps(pins), encoding="utf-8")
    return python


def peer_run(python: Path, script: Path, *arguments: str, timeout: float = 1800) -> Any:
    """Run a worker script in a peer's environment; what it prints last must be one JSON document."""
    command = [str(python), str(script), *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=timeout)
    if done.returncode:
        msg = f"{script.name} ended with {done.returncode} in {python.parent.parent}:\n{done.stderr[-2000:]}"
        raise RuntimeError(msg)
    return json.loads(done.stdout.strip().splitlines()[-1])


def peer_exchange(
    python: Path, script: Path, arrays: Mapping[str, np.ndarray[Any, Any]], settings: Mapping[str, Any], timeout: float = 1800
) -> tuple[dict[str, np.ndarray[Any, Any]], Any]:
    """Arrays and settings to a worker script in a peer's environment, and its arrays and its JSON document back.

    The script is called with three paths: `given.npz`, `given.json`, and `answer.npz`, which it writes.
    """
    import numpy as np

    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        given, asked, answer = (Path(name) / part for part in ("given.npz", "given.json", "answer.npz"))
        np.savez(given, allow_pickle=False, **dict(arrays))
        asked.write_text(json.dumps(dict(settings)), encoding="utf-8")
        document = peer_run(python, script, str(given), str(asked), str(answer), timeout=timeout)
        with np.load(answer, allow_pickle=False) as found:
            return dict(found), document
