"""The plan and the live desk over the interface: edits as the command line makes them, by roles, each in the audit log."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.serve.api.conftest import PASSWORD, ROLES, Served, error_of, serving, settings_of, signed_in

from parkcity.plan.evidence import sha256_of
from parkcity.plan.history import history
from parkcity.plan.load import load
from parkcity.steer.log import EventLog
from parkcity.steer.state import fold

PLAN = "/api/v1/cities/town/plan"
LIVE = "/api/v1/cities/town/live"


@pytest.fixture(scope="module")
def own(town_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A town whose plan may be changed, without the events that other tests sent to the one that all share."""
    return Path(shutil.copytree(town_folder, tmp_path_factory.mktemp("own") / "town", ignore=shutil.ignore_patterns("live")))


@pytest.fixture(scope="module")
def served(own: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(settings_of(tmp_path_factory.mktemp("state"), own, accounts=True, write=True)) as found:
        for role in ROLES:
            found.house.people.add(role, role, password=PASSWORD)
        yield found


def test_an_added_row_is_the_row_that_the_ledger_then_holds(served: Served, own: Path) -> None:
    with signed_in(served, "planner") as planner:
        known = {row["table"]: row for row in planner.get(f"{PLAN}/tables").json()["rows"]}
        template = load(str(own))["actuals"].record(0)
        values = {name: text for name, text in template.items() if text and name not in {"known_on", "withdrawn"}} | {"id": "Z1"}
        assert set(values) <= {field["name"] for field in known["actuals"]["fields"]}
        answer = planner.post(f"{PLAN}/tables/actuals", json={"values": values, "reason": "yearbook", "known_on": "2024-06-30"})
        assert answer.status_code == 201, answer.text
        assert answer.json()["row"]["id"] == "Z1"
        ledger = load(str(own))
        kept = {name: text for name, text in ledger.versions("actuals", "Z1")[0].items() if text}
        assert kept == {name: text for name, text in answer.json()["row"].items() if text}
        again = planner.post(f"{PLAN}/tables/actuals", json={"values": values, "reason": "yearbook"})
        assert again.status_code == 422
        amended = planner.put(f"{PLAN}/tables/actuals/Z1", json={"values": {"source": "another yearbook"}, "reason": "a better source"})
        assert amended.status_code == 200, amended.text
        gone = planner.post(f"{PLAN}/tables/actuals/Z1/withdraw", json={"reason": "counted twice"})
        assert gone.status_code == 200, gone.text
        told = planner.get(f"{PLAN}/tables/actuals/Z1/history").json()["rows"]
        assert told == history(load(str(own)), "Z1", "actuals")
        assert [(row["action"], row["by"], row["reason"]) for row in told] == [
            ("add", "planner", "yearbook"),
            ("amend", "planner", "a better source"),
            ("withdraw", "planner", "counted twice"),
        ]
    with signed_in(served, "admin") as admin:
        rows = admin.get("/api/v1/audit?user=planner&limit=20").json()["rows"]
        assert [row["detail"]["action"] for row in rows if row["detail"].get("row") == "Z1"] == ["withdraw", "amend", "add"]


def test_an_edit_with_faults_tells_all_of_them_and_writes_nothing(served: Served, own: Path) -> None:
    before = {path.name: path.read_bytes() for path in (own / "plan").glob("*.csv")}
    with signed_in(served, "planner") as planner:
        for values in ({"id": "Z2"}, {"id": "Z2", "colour": "red"}, {"id": "Z2", "value": "many", "true_on": "soon"}, {"id": "Z\u0000"}):
            answer = planner.post(f"{PLAN}/tables/actuals", json={"values": values, "reason": "x"})
            assert answer.status_code == 422, values
            assert error_of(answer)["faults"]
        assert planner.post(f"{PLAN}/tables/castles", json={"values": {"id": "Z2"}, "reason": "x"}).status_code == 422
        assert planner.post(f"{PLAN}/tables/changes", json={"values": {"id": "C9"}, "reason": "x"}).status_code == 422
        assert planner.post(f"{PLAN}/tables/actuals", json={"values": {"id": "Z2"}, "reason": " "}).status_code == 422
        assert planner.put(f"{PLAN}/tables/actuals/none", json={"values": {"source": "x"}, "reason": "x"}).status_code == 404
    assert {path.name: path.read_bytes() for path in (own / "plan").glob("*.csv")} == before


@pytest.mark.parametrize("role", ["viewer", "analyst", "operator"])
def test_who_is_no_planner_changes_nothing_in_the_plan(served: Served, own: Path, role: str) -> None:
    with signed_in(served, role) as client:
        assert client.get(f"{PLAN}/tables/actuals?limit=1").status_code == 200
        for method, path in (("POST", "tables/actuals"), ("PUT", "tables/actuals/A1"), ("POST", "tables/actuals/A1/withdraw")):
            answer = client.request(method, f"{PLAN}/{path}", json={"values": {"id": "Z9"}, "reason": "x"})
            assert (answer.status_code, error_of(answer)["type"]) == (403, "rights")
        assert client.put(f"{PLAN}/evidence/a.pdf", content=b"x").status_code == 403
    assert not (own / "plan" / "evidence" / "a.pdf").exists()


def test_a_file_of_evidence_is_kept_under_its_hash_and_never_written_over(served: Served, own: Path) -> None:
    with signed_in(served, "planner") as planner:
        made = planner.put(f"{PLAN}/evidence/greenway.pdf", content=b"%PDF-1.7 greenway")
        assert made.status_code == 201, made.text
        path = own / "plan" / made.json()["file"]
        assert made.json()["sha256"] == sha256_of(path)
        assert planner.put(f"{PLAN}/evidence/greenway.pdf", content=b"%PDF-1.7 greenway").status_code == 200
        assert planner.put(f"{PLAN}/evidence/greenway.pdf", content=b"another").status_code == 409
        for name in ("..%2f..%2fcity.toml", "a.exe", ".htaccess", "a%00.pdf"):
            assert planner.put(f"{PLAN}/evidence/{name}", content=b"x").status_code in {404, 405, 422}, name
        assert planner.put(f"{PLAN}/evidence/b.pdf", content=b"").status_code == 422
        owner = "OW9"
        office = {"id": owner, "name_zh": "园林局", "name_en": "Parks bureau"}
        assert planner.post(f"{PLAN}/tables/owners", json={"values": office, "reason": "new"}).status_code == 201
        target = planner.get(f"{PLAN}/tables/targets?limit=1").json()["rows"][0]["id"]
        values = {"id": "E900", "target": target, "file": made.json()["file"], "sha256": made.json()["sha256"], "state": "claimed"}
        values |= {"claimed_by": owner, "claimed_on": "2024-06-30"}
        row = planner.post(f"{PLAN}/tables/evidence", json={"values": values, "reason": "handed in"})
        assert row.status_code == 201, row.text
    assert path.read_bytes() == b"%PDF-1.7 greenway"


def test_a_read_only_server_writes_neither_plan_nor_log(town_served: Served) -> None:
    for method, path, given in (
        ("POST", f"{PLAN}/tables/actuals", {"values": {"id": "Z1"}, "reason": "x"}),
        ("POST", f"{LIVE}/events", {"events": [{"source": "s", "kind": "k", "observed_at": "2026-01-01"}]}),
    ):
        assert town_served.client.request(method, path, json=given).status_code == 403


def test_events_sent_twice_are_in_the_log_once_and_the_state_is_that_of_the_log(served: Served, own: Path) -> None:
    events = [
        {"source": "hotline", "id": "1", "kind": "light", "observed_at": "2026-01-01T08:00:00+08:00", "lon": 104.06, "lat": 30.63},
        {"source": "hotline", "id": "1/end", "subject": "1", "kind": "light", "phase": "closed", "observed_at": "2026-01-03T00:00:00Z"},
        {"source": "hotline", "id": "2", "kind": "bin", "observed_at": "2026-01-02"},
    ]
    with signed_in(served, "operator") as operator:
        first = operator.post(f"{LIVE}/events", json={"events": events})
        assert (first.status_code, first.json()) == (201, {"added": 3, "repeated": 0, "revised": 0, "total": 3})
        assert operator.post(f"{LIVE}/events", json={"events": events}).json()["repeated"] == 3
        state = operator.get(LIVE).json()
        wanted = fold(EventLog(own / "live" / "events.sqlite").replay())
        assert (state["rows"], state["meta"]["state"]) == (wanted.rows(), wanted.hash)
        light = operator.get(f"{LIVE}/subjects?kind=light").json()["rows"]
        assert [(row["status"], row["days"]) for row in light] == [("closed", 2.0)]
        assert operator.get(f"{LIVE}/subjects?status=open").json()["meta"]["total"] == 1
        assert operator.get(f"{LIVE}?until=2026-01-01").json()["meta"]["events"] == 1
        page = operator.get(f"{LIVE}/events?limit=2").json()
        assert ([row["id"] for row in page["rows"]], page["meta"]["total"]) == (["1", "2"], 3)


def test_events_with_faults_are_all_told_and_none_is_taken(served: Served) -> None:
    with signed_in(served, "operator") as operator:
        before = operator.get(f"{LIVE}/events").json()["meta"]["total"]
        events = [{"source": "s", "kind": "k", "observed_at": text} for text in ("yesterday", "2026-01-01", "2026-13-01")]
        answer = operator.post(f"{LIVE}/events", json={"events": events})
        assert answer.status_code == 422
        assert [fault["row"] for fault in error_of(answer)["faults"]] == [1, 3]
        assert operator.get(f"{LIVE}?until=someday").status_code == 422
        assert operator.get(f"{LIVE}/events").json()["meta"]["total"] == before
    with signed_in(served, "planner") as planner:
        one = {"events": [{"source": "s", "kind": "k", "observed_at": "2026-01-01"}]}
        assert planner.post(f"{LIVE}/events", json=one).status_code == 403


def test_a_draft_of_the_same_scenario_is_the_same_draft(served: Served) -> None:
    with signed_in(served, "analyst") as analyst:
        key = analyst.post("/api/v1/cities/town/scenarios", json={"id": "shared", "changes": []}).json()["hash"]
        drafts = "/api/v1/cities/town/drafts"
        one, two = (analyst.post(drafts, json={"title": title, "hash": key}) for title in ("once", "twice"))
        assert (one.status_code, two.status_code) == (201, 200)
        assert one.json() == two.json()
        assert [analyst.post(drafts, json={"title": "empty"}).status_code for _ in range(2)] == [201, 201]
