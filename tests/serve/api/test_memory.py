"""What the server tells of its memory and its jobs, and long work in processes of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.serve.api.conftest import Served

from parkcity.serve.api.memory import own_bytes, resident_bytes
from parkcity.serve.api.metrics import _forget_the_dead
from parkcity.serve.api.problems import ApiError
from parkcity.serve.jobs.apart import apart
from parkcity.serve.jobs.store import Jobs


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="this system does not tell shared pages by parts")
def test_pages_that_several_processes_use_count_by_parts() -> None:
    own, resident = own_bytes(), resident_bytes()
    assert 0 < own < resident


def test_metrics_tell_memory_and_jobs_by_status(town_served: Served) -> None:
    jobs = Jobs(town_served.house.database)
    row = jobs.add("nowhere", "nobody", "site", {})
    jobs.dismiss(row["id"])
    text = town_served.client.get("/metrics").text
    assert re.search(r'^parkcity_jobs\{status="dismissed"\} [1-9]', text, re.MULTILINE)
    for name in ("parkcity_memory_bytes", "parkcity_memory_own_bytes"):
        assert re.search(rf"^{name}\S* [1-9]", text, re.MULTILINE), name


def test_the_memory_of_a_killed_worker_is_told_no_more(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    for process in (gone.pid, os.getpid()):
        (tmp_path / f"gauge_liveall_{process}.db").touch()
        (tmp_path / f"counter_{process}.db").touch()
    _forget_the_dead(tmp_path)
    there = {path.name for path in tmp_path.iterdir()}
    # What a killed worker has counted stays counted.
    assert there == {f"gauge_liveall_{os.getpid()}.db", f"counter_{os.getpid()}.db", f"counter_{gone.pid}.db"}


def test_work_that_is_refused_in_its_own_process_is_refused_here(town_served: Served, tmp_path: Path) -> None:
    desk = town_served.house.desks["town"]
    with pytest.raises(ApiError, match="no such export") as caught:
        apart(desk, "export", name="castle.csv", target=str(tmp_path))
    assert caught.value.status == 404
    apart(desk, "export", name="gaps.csv", target=str(tmp_path))
    assert (tmp_path / "gaps.csv").read_bytes() == town_served.client.get("/api/v1/cities/town/export/gaps.csv").content
