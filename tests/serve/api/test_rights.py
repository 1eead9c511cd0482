"""Every route by every role, sessions, keys, tiers and the audit log."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from tests.serve.api.conftest import PASSWORD, ROLES, Served, error_of, signed_in

from parkcity.serve.accounts.rights import ROLES as RIGHTS
from parkcity.serve.accounts.rights import Right
from parkcity.serve.api.app import ROUTERS
from parkcity.serve.api.context import Needs

TOWN = "/api/v1/cities/town"
OPEN = {"/health", "/ready", "/metrics", "/api/v1/session"}
"""What anybody may ask: whether the server lives, and who one is."""


def operations() -> list[tuple[str, str, set[Right]]]:
    """Method, path and needed rights of every route."""
    found = []
    for module in ROUTERS:
        for route in module.router.routes:
            outer = [entry.dependency for entry in module.router.dependencies]
            inner = [entry.dependency for entry in route.dependencies]
            rights = {entry.right for entry in (*outer, *inner) if isinstance(entry, Needs)}
            found += [(method, route.path, rights) for method in sorted(route.methods)]
    return found


def filled(path: str) -> str:
    slots = {"city": "town", "z": "3", "x": "6", "y": "3", "layers": "zones", "tier": "city", "measure": "residents", "zone": "town"}
    slots |= {"name": "nobody", "key": "0" * 64, "cell": "none", "indicator": "people.residents", "draft": "none", "process": "site"}
    slots |= {"job": "none", "fid": "0", "target": "none", "year": "2025", "table": "actuals", "row": "none"}
    for name, value in slots.items():
        path = path.replace("{" + name + "}", value)
    assert "{" not in path, path
    return path


OPERATIONS = operations()


def test_every_route_but_the_open_ones_asks_for_a_right() -> None:
    assert len(OPERATIONS) > 60
    bare = {path for _, path, rights in OPERATIONS if not rights}
    assert bare == OPEN | {path for path in bare if path.startswith("/api/v1/session")}


@pytest.mark.parametrize("role", [None, *ROLES])
def test_a_role_passes_where_it_holds_the_right_and_nowhere_else(team_served: Served, role: str | None) -> None:
    opened = httpx.Client(base_url=team_served.url, timeout=300) if role is None else signed_in(team_served, role)
    with opened as client:
        for method, path, rights in OPERATIONS:
            if not rights or path == "/api/v1/session/password" or path.endswith("/report"):
                continue
            if path.endswith(("export/{name}", "map.png")):
                continue
            answer = client.request(method, filled(path), json={} if method in {"POST", "PUT"} else None)
            allowed = role is not None and rights <= RIGHTS[role]
            assert answer.status_code < 500, (method, path, answer.text)
            if role is None:
                assert answer.status_code == 401, (method, path)
            elif not allowed:
                assert (answer.status_code, error_of(answer)["type"]) == (403, "rights"), (method, path, role)
            else:
                assert answer.status_code not in {401, 403}, (method, path, role, answer.text)


def test_a_session_ends_when_its_owner_signs_out(team_served: Served) -> None:
    with signed_in(team_served, "analyst") as client:
        cookies = dict(client.cookies)
        assert client.get("/api/v1/cities").status_code == 200
        assert client.delete("/api/v1/session").status_code == 204
    with httpx.Client(base_url=team_served.url, cookies=cookies) as stale:
        assert stale.get("/api/v1/cities").status_code == 401
        assert stale.get("/api/v1/session").json()["user"] is None


def test_a_session_ends_when_the_account_is_closed_or_changed(team_served: Served) -> None:
    team_served.house.people.add("leaver", "planner", password=PASSWORD)
    with signed_in(team_served, "leaver") as leaver, signed_in(team_served, "admin") as admin:
        assert admin.put("/api/v1/users/leaver", json={"role": "viewer"}).status_code == 200
        assert leaver.get("/api/v1/cities").status_code == 401
    with signed_in(team_served, "leaver") as leaver, signed_in(team_served, "admin") as admin:
        assert admin.put("/api/v1/users/leaver", json={"disabled": True}).status_code == 200
        assert leaver.get("/api/v1/cities").status_code == 401
    again = team_served.client.post("/api/v1/session", json={"name": "leaver", "password": PASSWORD})
    assert again.status_code == 401


def test_a_session_over_its_time_is_worth_nothing(team_served: Served) -> None:
    login = team_served.house.people.open_session("analyst", hours=-0.001)
    assert httpx.get(f"{team_served.url}/api/v1/cities", cookies={"parkcity_session": login.token}).status_code == 401


def test_a_key_opens_what_its_account_may_and_nothing_once_it_is_removed(team_served: Served) -> None:
    with signed_in(team_served, "admin") as admin:
        made = admin.post("/api/v1/keys", json={"user": "viewer", "label": "dashboard"}).json()
        with httpx.Client(base_url=team_served.url, headers={"Authorization": f"Bearer {made['key']}"}) as asked:
            assert asked.get(f"{TOWN}/rows").status_code == 200
            assert asked.post(f"{TOWN}/scenarios", json={"changes": []}).status_code == 403
            assert "key" not in admin.get("/api/v1/keys").json()["rows"][0]
            assert admin.delete(f"/api/v1/keys/{made['id']}").status_code == 204
            assert asked.get(f"{TOWN}/rows").status_code == 401


def test_an_account_sees_the_tiers_that_it_may_see(team_served: Served) -> None:
    team_served.house.people.add("guest", "analyst", password=PASSWORD, tiers=["city"])
    with signed_in(team_served, "guest") as guest:
        assert guest.get("/api/v1/session").json()["tiers"] == ["city"]
        assert guest.get(f"{TOWN}/rows?tier=city").status_code == 200
        refused = ["rows?tier=district", "zones/district", "values/residents", "cells", "members/city", "tiles/cells/10/800/400.mvt"]
        refused += ["export/indicators.csv", "report", "cells/at?lon=104.06&lat=30.63", "gaps?tier=district"]
        for path in refused:
            assert guest.get(f"{TOWN}/{path}").status_code == 403, path
        assert guest.get("/ogc/town/collections/cells/items").status_code == 403
        assert guest.get(f"{TOWN}/tiles/zones/10/800/400.mvt").status_code in {200, 204}


def test_too_many_wrong_passwords_close_the_door_for_the_right_one_too(team_served: Served) -> None:
    team_served.house.people.add("target", "viewer", password=PASSWORD)
    statuses = [
        team_served.client.post("/api/v1/session", json={"name": "target", "password": f"wrong password {number}"}).status_code
        for number in range(9)
    ]
    assert statuses[:8] == [401] * 8
    assert statuses[8] == 429
    answer = team_served.client.post("/api/v1/session", json={"name": "target", "password": PASSWORD})
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0


def test_every_write_that_was_carried_out_stands_in_the_audit_log(team_served: Served) -> None:
    with signed_in(team_served, "planner") as planner, signed_in(team_served, "admin") as admin:
        before = admin.get("/api/v1/audit?limit=1").json()["meta"]["total"]
        key = planner.post(f"{TOWN}/scenarios", json={"id": "audited", "changes": []}).json()["hash"]
        assert planner.post(f"{TOWN}/scenarios/{key}/save").status_code == 201
        assert planner.post(f"{TOWN}/scenarios", json={"changes": [{"change": "no such"}]}).status_code == 422
        assert admin.put("/api/v1/users/viewer", json={"tiers": ["city"]}).status_code == 200
        assert admin.put("/api/v1/users/viewer", json={"tiers": None, "password": PASSWORD + "!"}).status_code == 200
        assert admin.put("/api/v1/users/viewer", json={"password": PASSWORD}).status_code == 200
        page: dict[str, Any] = admin.get("/api/v1/audit?limit=100").json()
    rows = page["rows"][: page["meta"]["total"] - before]
    actions = [(row["user"], row["action"]) for row in reversed(rows)]
    put = ("admin", "PUT /api/v1/users/{name}")
    assert actions == [
        ("planner", "POST /api/v1/cities/{city}/scenarios"),
        ("planner", "POST /api/v1/cities/{city}/scenarios/{key}/save"),
        put,
        put,
        put,
    ]
    details = [row["detail"] for row in reversed(rows)]
    assert (details[1]["scenario"], details[1]["file"]) == ("audited", "audited.toml")
    assert (details[2]["from"], details[2]["to"]) == ({"tiers": None}, {"tiers": ["city"]})
    assert details[3]["password"] == "changed"  # noqa: S105 - the word of the log
    assert PASSWORD not in str(page)


def test_nobody_reads_the_drafts_and_jobs_of_another(team_served: Served) -> None:
    with signed_in(team_served, "analyst") as one, signed_in(team_served, "planner") as other:
        draft = one.post(f"{TOWN}/drafts", json={"title": "mine"}).json()
        assert [row["id"] for row in one.get(f"{TOWN}/drafts").json()["rows"]] == [draft["id"]]
        assert other.get(f"{TOWN}/drafts").json()["rows"] == []
        assert other.put(f"{TOWN}/drafts/{draft['id']}", json={"version": 1, "title": "x"}).status_code == 404
        assert one.delete(f"{TOWN}/drafts/{draft['id']}").status_code == 204


def test_an_admin_cannot_shut_the_own_door(team_served: Served) -> None:
    with signed_in(team_served, "admin") as admin:
        assert admin.delete("/api/v1/users/admin").status_code == 422
        assert admin.put("/api/v1/users/admin", json={"role": "viewer"}).status_code == 422


def test_weak_passwords_and_odd_names_are_refused_with_every_fault(team_served: Served) -> None:
    with signed_in(team_served, "admin") as admin:
        answer = admin.post("/api/v1/users", json={"name": "no spaces", "role": "viewer", "password": "short"})
        assert answer.status_code == 422
        assert [fault["where"] for fault in error_of(answer)["faults"]] == ["name", "password"]
        assert admin.post("/api/v1/users", json={"name": "viewer", "role": "viewer"}).status_code == 422
        assert admin.post("/api/v1/users", json={"name": "x1", "role": "king"}).status_code == 422


def test_a_read_only_server_writes_no_file(town_served: Served) -> None:
    key = town_served.client.post(f"{TOWN}/scenarios", json={"id": "kept", "changes": []}).json()["hash"]
    answer = town_served.client.post(f"{TOWN}/scenarios/{key}/save")
    assert (answer.status_code, error_of(answer)["type"]) == (403, "rights")
