"""Trying changes: hashes, undo, locks, files, and faults told all at once."""

from __future__ import annotations

from pathlib import Path

from tests.scenes.town import lonlat
from tests.serve.api.conftest import Served, error_of, signed_in

from parkcity.twin.scenario import load_scenario

TOWN = "/api/v1/cities/town"


def place(lon: float) -> dict[str, object]:
    return {"change": "add_place", "kind": "primary_school", "lon": lon, "lat": 30.6373}


def test_one_content_has_one_hash(town_served: Served) -> None:
    first = town_served.client.post(f"{TOWN}/scenarios", json={"id": "a", "changes": [place(104.0655)]}).json()
    again = town_served.client.post(f"{TOWN}/scenarios", json={"changes": [place(104.0655)], "id": "a", "note": ""})
    assert again.status_code == 200
    assert again.json()["hash"] == first["hash"]
    other = town_served.client.post(f"{TOWN}/scenarios", json={"id": "a", "changes": [place(104.0656)]}).json()
    assert other["hash"] != first["hash"]


def test_every_fault_of_every_change_is_told_at_once(town_served: Served) -> None:
    changes = [
        {"change": "add_place", "kind": "castle", "lon": 500, "lat": 30.6},
        {"change": "fly"},
        {"change": "close_place", "place": "x"},
    ]
    answer = town_served.client.post(f"{TOWN}/scenarios", json={"changes": changes})
    assert answer.status_code == 422
    assert {fault["row"] for fault in error_of(answer)["faults"]} == {1, 2, 3}


def test_drafts_go_back_and_forward_and_keep_their_lock(town_served: Served) -> None:
    client = town_served.client
    keys = [client.post(f"{TOWN}/scenarios", json={"changes": [place(104.0655 + n / 1e4)]}).json()["hash"] for n in range(3)]
    draft = client.post(f"{TOWN}/drafts", json={"title": "schools"}).json()
    path = f"{TOWN}/drafts/{draft['id']}"
    for key in keys:
        draft = client.put(path, json={"version": draft["version"], "hash": key}).json()
    assert (draft["hash"], draft["undo"], draft["redo"]) == (keys[2], 3, 0)
    assert client.post(f"{path}/undo").json()["hash"] == keys[1]
    back = client.post(f"{path}/undo").json()
    assert (back["hash"], back["undo"], back["redo"]) == (keys[0], 1, 2)
    assert client.post(f"{path}/redo").json()["hash"] == keys[1]
    current = client.post(f"{path}/redo").json()
    assert client.post(f"{path}/redo").status_code == 409
    stale = client.put(path, json={"version": current["version"] - 1, "hash": keys[0]})
    assert (stale.status_code, error_of(stale)["type"]) == (409, "conflict")
    locked = client.put(path, json={"version": current["version"], "locked": True}).json()
    assert locked["locked"]
    refused = [client.put(path, json={"version": locked["version"], "hash": keys[0]}), client.post(f"{path}/undo"), client.delete(path)]
    for answer in refused:
        assert answer.status_code == 409
    opened = client.put(path, json={"version": locked["version"], "locked": False}).json()
    emptied = client.put(path, json={"version": opened["version"], "hash": None}).json()
    assert emptied["hash"] is None
    assert client.delete(path).status_code == 204


def test_a_saved_scenario_is_the_command_lines_file_and_is_never_overwritten(team_served: Served, town_folder: Path) -> None:
    with signed_in(team_served, "planner") as client:
        key = client.post(f"{TOWN}/scenarios", json={"id": "saved-one", "name_zh": "甲", "changes": [place(104.0655)]}).json()["hash"]
        assert client.post(f"{TOWN}/scenarios/{key}/save").status_code == 201
        assert client.post(f"{TOWN}/scenarios/{key}/save").status_code == 200
        read = load_scenario(town_folder / "scenarios" / "saved-one.toml")
        assert (read.id, read.name_zh, len(read.steps)) == ("saved-one", "甲", 1)
        other = client.post(f"{TOWN}/scenarios", json={"id": "saved-one", "changes": []}).json()["hash"]
        assert client.post(f"{TOWN}/scenarios/{other}/save").status_code == 409
        assert [row["id"] for row in client.get(f"{TOWN}/scenarios").json()["rows"] if row["hash"] == key] == ["saved-one"]


def test_a_scenario_under_its_hash_outlives_the_server(town_folder: Path, tmp_path: Path) -> None:
    from tests.serve.api.conftest import serving, settings_of

    settings = settings_of(tmp_path, town_folder)
    with serving(settings) as served:
        key = served.client.post(f"{TOWN}/scenarios", json={"changes": [place(104.0657)]}).json()["hash"]
        draft = served.client.post(f"{TOWN}/drafts", json={"title": "stays", "hash": key}).json()
    with serving(settings) as served:
        assert served.get(f"{TOWN}/scenarios/{key}")["hash"] == key
        assert served.get(f"{TOWN}/drafts")["rows"] == [draft]


def test_what_a_scenario_changes_can_be_drawn(town_served: Served) -> None:
    line = [list(lonlat(100.0, 100.0)), list(lonlat(300.0, 300.0))]
    changes = [place(104.0655), {"change": "close_place", "place": "places/school-1"}, {"change": "add_link", "line": line}]
    kept = town_served.client.post(f"{TOWN}/scenarios", json={"changes": changes})
    assert kept.status_code in {200, 201}, kept.text
    drawn = town_served.get(f"{TOWN}/scenarios/{kept.json()['hash']}/map")["features"]
    assert [feature["geometry"]["type"] for feature in drawn] == ["Point", "Point", "LineString"]
    assert [feature["properties"]["number"] for feature in drawn] == [1, 2, 3]


def test_a_file_that_is_none_is_told_with_its_faults(town_served: Served) -> None:
    toml = "application/toml"
    for text, kind, status in (("not = = toml", toml, 422), ("[scenario]\nx = 1\n", toml, 422), ("", "image/png", 415)):
        answer = town_served.client.post(f"{TOWN}/scenarios/import", content=text, headers={"Content-Type": kind})
        assert answer.status_code == status
        assert error_of(answer)["faults"]
        assert "scenario.toml" not in answer.text
