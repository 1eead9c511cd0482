"""Long work: progress, cancel, result, and what a crash leaves behind."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from tests.serve.api.conftest import Served, error_of

from parkcity.decide.siting import site
from parkcity.insight.inputs import Inputs
from parkcity.serve.jobs.store import STALE_S, Jobs
from parkcity.twin.build import build

TOWN = "/ogc/town"


def ended(served: Served, path: str, seconds: float = 240) -> dict[str, Any]:
    """The state of a job once it has ended."""
    stop = time.monotonic() + seconds
    while time.monotonic() < stop:
        state: dict[str, Any] = served.get(path)
        if state["status"] not in {"accepted", "running"}:
            return state
        time.sleep(0.2)
    pytest.fail(f"{path} did not end")


def begin(served: Served, process: str, **inputs: object) -> str:
    answer = served.client.post(f"{TOWN}/processes/{process}/execution", json={"inputs": inputs})
    assert answer.status_code == 201, answer.text
    assert answer.json()["status"] == "accepted"
    return str(answer.headers["Location"])


def test_a_siting_job_gives_the_plan_of_the_command_line(town_served: Served, town_folder: Path) -> None:
    path = begin(town_served, "site", kind="park", count=2, metres=300)
    assert town_served.client.get(f"{path}/results").status_code in {200, 404}
    state = ended(town_served, path)
    assert (state["status"], state["progress"]) == ("successful", 100), state
    result = town_served.get(f"{path}/results")
    wanted = site(Inputs(build(town_folder)), "park", count=2, metres=300)
    assert result["plan"]["objective"] == wanted.plan.objective
    assert [(row["lon"], row["lat"], row["gained"]) for row in result["sites"]] == [(one.lon, one.lat, one.gained) for one in wanted.sites]
    built = town_served.get(f"/api/v1/cities/town/scenarios/{result['scenario']}")
    assert len(built["scenario"]["changes"]) == len(wanted.sites)
    assert path.rsplit("/", maxsplit=1)[-1] in {job["jobID"] for job in town_served.get(f"{TOWN}/jobs")["jobs"]}


def test_a_job_whose_input_is_at_fault_fails_with_its_faults(town_served: Served) -> None:
    refused = town_served.client.post(f"{TOWN}/processes/site/execution", json={"inputs": {"count": 0, "kin": "x"}})
    assert refused.status_code == 422
    assert len(error_of(refused)["faults"]) == 3
    path = begin(town_served, "site", kind="castle", count=1)
    assert ended(town_served, path)["status"] == "failed"
    answer = town_served.client.get(f"{path}/results")
    assert answer.status_code == 422
    assert "castle" in error_of(answer)["message"]


def test_files_of_a_job_are_those_that_it_told(town_served: Served) -> None:
    path = begin(town_served, "export", name="indicators.csv")
    assert ended(town_served, path)["status"] == "successful"
    assert town_served.get(f"{path}/results")["files"] == ["indicators.csv"]
    answer = town_served.client.get(f"{path}/files/indicators.csv")
    assert answer.content == town_served.client.get("/api/v1/cities/town/export/indicators.csv").content
    assert town_served.client.get(f"{path}/files/serve.db").status_code == 404


def test_a_cancelled_job_ends_and_gives_nothing(town_served: Served) -> None:
    path = begin(town_served, "site", kind="park", count=2, metres=300, seconds=3600)
    answer = town_served.client.delete(path)
    assert answer.json()["status"] == "dismissed"
    child = town_served.house.children[-1]
    assert child.wait(60) is not None
    assert town_served.get(path)["status"] == "dismissed"
    assert town_served.client.get(f"{path}/results").status_code == 404


def test_a_job_that_lost_its_process_is_done_by_another(town_served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = Jobs(town_served.house.database)
    row = jobs.add("town", "local", "site", {"kind": "park", "count": 1, "metres": 300})
    later = time.time() + STALE_S + 1
    monkeypatch.setattr("parkcity.serve.jobs.store.now", lambda: later)
    path = f"{TOWN}/jobs/{row['id']}"
    assert town_served.get(path)["status"] in {"accepted", "running"}
    monkeypatch.undo()
    assert ended(town_served, path)["status"] == "successful"


def test_an_orphan_is_given_to_one_caller_only(town_served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = Jobs(town_served.house.database)
    row = jobs.add("nowhere", "local", "site", {})
    later = time.time() + STALE_S + 1
    monkeypatch.setattr("parkcity.serve.jobs.store.now", lambda: later)
    assert jobs.orphans().count(row["id"]) == 1
    assert jobs.orphans() == []
    jobs.dismiss(row["id"])


def test_no_more_jobs_run_at_once_than_there_are_places(town_served: Served) -> None:
    jobs = Jobs(town_served.house.database)
    rows = [jobs.add("nowhere", "nobody", "site", {}) for _ in range(3)]
    assert [jobs.claim(row["id"], 2) for row in rows] == [True, True, False]
    jobs.finish(rows[0]["id"], result={})
    assert jobs.claim(rows[2]["id"], 2)
    for row in rows:
        jobs.dismiss(row["id"])
