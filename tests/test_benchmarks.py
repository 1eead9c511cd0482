"""The benchmarks' own promises: one table, peers apart, faults told."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from benchmarks.registry import COLUMNS, benchmark, load_all, peak_megabytes, peer_exchange, peer_run, row
from benchmarks.streets_beside import on_idle_cores
from benchmarks.streets_peers import Notes

from tests.conftest import REPOSITORY

WORKER = """
import json, sys
import numpy as np
given, asked, answer = sys.argv[1:]
factor = json.load(open(asked))["factor"]
np.savez(answer, twice=np.load(given)["lengths"] * factor)
print("a peer may say things first")
print(json.dumps({"seconds": 0.5}))
"""


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "benchmarks", *arguments], cwd=REPOSITORY, capture_output=True, text=True, check=False)


def test_without_a_name_the_benchmarks_are_listed() -> None:
    done = bench()
    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()] == list(load_all())


def test_json_is_one_document_whose_rows_have_the_columns_of_the_table() -> None:
    done = bench("start", "--smoke", "--format", "json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert set(document) == {"meta", "rows"}
    assert all(tuple(entry) == COLUMNS for entry in document["rows"])
    assert document["meta"]["peak_mb"]["import parkcity, -"] > 1


def test_an_unknown_name_is_wrong_usage() -> None:
    done = bench("atlantis")
    assert done.returncode == 2
    assert "start" in done.stderr


def test_the_ratio_is_the_peers_time_over_ours() -> None:
    assert row("t", "g", 2.0, "peer", 6.0, 2.5)["ratio"] == 6.0 / 2.0
    assert row("t", "g", 2.0)["ratio"] is None


def test_a_name_is_given_once() -> None:
    load_all()
    with pytest.raises(ValueError, match="'start' is registered twice"):
        benchmark("start", "again")(lambda _: [])


def test_a_peer_gets_arrays_and_settings_and_gives_arrays_and_a_document(tmp_path: Path) -> None:
    script = tmp_path / "worker.py"
    script.write_text(WORKER, encoding="utf-8")
    arrays, document = peer_exchange(Path(sys.executable), script, {"lengths": np.array([1.0, 2.5])}, {"factor": 2})
    assert arrays["twice"].tolist() == [2.0, 5.0]
    assert document == {"seconds": 0.5}


def test_a_peer_that_fails_says_why(tmp_path: Path) -> None:
    script = tmp_path / "worker.py"
    script.write_text("raise SystemExit('no such graph')", encoding="utf-8")
    with pytest.raises(RuntimeError, match="worker.py ended with 1 .*\n.*no such graph"):
        peer_run(Path(sys.executable), script)


@pytest.mark.skipif(not sys.platform.startswith(("linux", "darwin")), reason="the system does not tell a program's peak memory")
def test_peak_memory_is_that_of_the_program_alone() -> None:
    # A block of 200 million bytes, written so that it is really there.
    small = peak_megabytes(sys.executable, "-c", "pass")
    large = peak_megabytes(sys.executable, "-c", "block = b'x' * 200_000_000")
    assert small is not None
    assert large is not None
    assert large - small == pytest.approx(200, rel=0.05)


def test_a_peers_finished_tasks_are_not_run_again(tmp_path: Path) -> None:
    Notes(tmp_path).timed("nearest", lambda: np.array([3.0]), keep=True)
    again = Notes(tmp_path)
    assert again.has("nearest")
    assert again.timed("nearest", lambda: pytest.fail("run twice")) is None
    assert np.load(tmp_path / "nearest.npy").tolist() == [3.0]


def test_a_peer_on_a_shared_machine_gets_no_more_than_its_core_seconds_side_by_side() -> None:
    seen = on_idle_cores({"setup": 4000.0, "setup, core seconds": 900.0, "sums": 20.0, "sums, core seconds": 44.0, "peak MB": 7.0}, 2)
    assert (seen["setup"], seen["sums"], seen["peak MB"]) == (450.0, 20.0, 7.0)
