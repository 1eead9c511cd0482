"""What somebody with bad intentions would try."""

from __future__ import annotations

import gzip
import json
import socket
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from tests.conftest import Page
from tests.serve.api.conftest import Served, error_of, signed_in

TOWN = "/api/v1/cities/town"


def raw(served: Served, request: bytes) -> bytes:
    """The answer to bytes that no HTTP library would send."""
    host, port = served.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(request)
        data = b""
        while b"\r\n\r\n" not in data and (part := connection.recv(65536)):
            data += part
    return data


@pytest.mark.parametrize(
    "path",
    [
        "/../../etc/passwd",
        "/..%2f..%2f..%2fetc%2fpasswd",
        "/assets/%2e%2e/%2e%2e/%2e%2e/city.toml",
        f"{TOWN}/export/..%2f..%2fcity.toml",
        f"{TOWN}/export/%2e%2e%2fserve.db",
        f"{TOWN}/plan/files/..%2fcity.toml",
        f"{TOWN}/tiles/..%2f..%2fcity/1/0/0.mvt",
        "/ogc/town/jobs/..%2f..%2fserve/files/serve.db",
        "/api/v1/cities/..%2ftown",
        "//etc/passwd",
    ],
)
def test_no_path_leads_out_of_the_server(town_served: Served, path: str) -> None:
    answer = raw(town_served, f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
    status = int(answer.split(b" ", 2)[1])
    assert status in {400, 404, 422}, answer[:300]
    assert b"root:" not in answer
    assert b"[city]" not in answer


def test_a_body_over_the_limit_is_refused_before_it_is_read(town_served: Served) -> None:
    head = f"POST {TOWN}/scenarios HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 999999999\r\n\r\n"
    answer = raw(town_served, head.encode())
    assert answer.split(b" ", 2)[1] == b"413"


def test_a_body_that_hides_its_length_is_cut_off_at_the_limit(town_served: Served) -> None:
    def parts() -> object:
        for _ in range(64):
            yield b" " * 65536

    answer = httpx.post(f"{town_served.url}{TOWN}/scenarios", content=parts(), headers={"Content-Type": "application/json"})  # type: ignore[arg-type]
    assert answer.status_code == 413
    assert error_of(answer)["type"] == "limit"


def test_a_packed_bomb_is_not_unpacked(town_served: Served) -> None:
    bomb = gzip.compress(b'{"changes": [' + b" " * 200_000_000 + b"]}", 9)
    assert len(bomb) < 1 << 20
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    answer = town_served.client.post(f"{TOWN}/scenarios", content=bomb, headers=headers)
    assert answer.status_code in {400, 415, 422}


def test_deeply_nested_json_is_a_fault_of_the_input(town_served: Served) -> None:
    body = b'{"changes":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    answer = town_served.client.post(f"{TOWN}/scenarios", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in {400, 422}


SQL = ["' OR '1'='1", "1; DROP TABLE users; --", '" UNION SELECT password FROM users --', "%00", "\\'; SELECT pg_sleep(9); --"]


@pytest.mark.parametrize("text", SQL)
def test_words_of_a_database_in_parameters_are_only_words(town_served: Served, text: str) -> None:
    told = quote(text, safe="")
    paths = [f"{TOWN}/search?q={told}", f"{TOWN}/rows?zone={told}", f"{TOWN}/rows?indicator={told}", f"{TOWN}/scenarios/{told}"]
    paths += [f"{TOWN}/values/{told}", f"{TOWN}/drafts/{told}", f"/ogc/town/jobs/{told}", f"/api/v1/audit?user={told}"]
    paths += [f"/ogc/town/collections/places/items?id={told}", f"/ogc/town/collections/{told}/items", f"{TOWN}/compare?scenarios={told}"]
    for path in paths:
        answer = town_served.client.get(path)
        assert answer.status_code < 500, (path, answer.text)
        if answer.status_code == 200:
            document = answer.json()
            assert not document.get("rows")
            assert not document.get("features")
    assert town_served.house.database.answers()


def test_words_of_a_database_in_a_login_open_nothing(team_served: Served) -> None:
    for text in SQL:
        answer = team_served.client.post("/api/v1/session", json={"name": text, "password": text})
        assert answer.status_code == 401


SCRIPT = "<script>alert(1)</script>"


def test_names_of_places_and_titles_of_scenarios_are_never_part_of_a_page(town_served: Served) -> None:
    given = {"name_zh": SCRIPT, "name_en": SCRIPT, "note": SCRIPT, "changes": []}
    kept = town_served.client.post(f"{TOWN}/scenarios", json=given)
    key = kept.json()["hash"]
    for path in (f"{TOWN}/scenarios/{key}", f"{TOWN}/search?q=script", f"{TOWN}/scenarios/{key}/toml"):
        answer = town_served.client.get(path)
        assert "html" not in answer.headers["Content-Type"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    found = town_served.client.get(f"{TOWN}/{SCRIPT}")
    assert found.status_code == 404
    assert "html" not in found.headers["Content-Type"]


@pytest.mark.browser
def test_a_browser_shows_such_names_as_text(town_served: Served, browser: Page) -> None:
    dialogs: list[str] = []

    def note(dialog: Any) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    browser.page.on("dialog", note)
    for path in (f"{TOWN}/report", f"{TOWN}/search?q=script", f"{TOWN}/{SCRIPT}", "/"):
        browser.page.goto(f"{town_served.url}{path}")
    assert dialogs == []


def test_every_answer_carries_the_headers_that_keep_it_from_misuse(town_served: Served) -> None:
    for path in ("/", "/health", f"{TOWN}", f"{TOWN}/values/residents", f"{TOWN}/values/residents", "/nothing", f"{TOWN}/report"):
        headers = town_served.client.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src" in policy
        assert "unsafe-eval" not in policy
        assert "script-src 'unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "Server" not in headers
        assert len(headers["X-Request-Id"]) == 16


def test_a_host_of_another_name_is_refused(town_served: Served) -> None:
    """A page of another site whose name was made to point here (DNS rebinding) says its own name."""
    for host in ("evil.example", "evil.example:80", "127.0.0.1@evil.example", ""):
        assert town_served.client.get("/api/v1/cities", headers={"Host": host}).status_code == 400


def test_a_page_of_another_site_writes_nothing(town_served: Served) -> None:
    body: dict[str, object] = {"changes": []}
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        answer = town_served.client.post(f"{TOWN}/scenarios", json=body, headers=headers)
        assert (answer.status_code, error_of(answer)["type"]) == (403, "rights")
    own = town_served.client.post(f"{TOWN}/scenarios", json=body, headers={"Origin": town_served.url, "Sec-Fetch-Site": "same-origin"})
    assert own.status_code in {200, 201}


def test_a_form_of_another_site_is_not_json(town_served: Served) -> None:
    answer = town_served.client.post(f"{TOWN}/scenarios", content=json.dumps({"changes": []}), headers={"Content-Type": "text/plain"})
    assert answer.status_code == 422


def test_a_cookie_alone_writes_nothing(team_served: Served) -> None:
    with signed_in(team_served, "analyst") as client:
        del client.headers["X-CSRF-Token"]
        assert client.post(f"{TOWN}/scenarios", json={"changes": []}).status_code == 403
        client.headers["X-CSRF-Token"] = "x" * 43
        assert client.post(f"{TOWN}/scenarios", json={"changes": []}).status_code == 403


def test_the_cookie_is_hidden_from_scripts_and_other_sites(team_served: Served) -> None:
    from tests.serve.api.conftest import PASSWORD

    answer = team_served.client.post("/api/v1/session", json={"name": "viewer", "password": PASSWORD})
    cookie = answer.headers["Set-Cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    team_served.client.cookies.clear()


def test_what_is_kept_of_passwords_sessions_and_keys_opens_nothing(team_served: Served) -> None:
    from sqlalchemy import select
    from tests.serve.api.conftest import PASSWORD

    from parkcity.serve.accounts.tables import KEYS, SESSIONS, USERS

    key = team_served.house.people.add_key("viewer", "kept")["key"]
    login = team_served.house.people.open_session("viewer", 1)
    with team_served.house.database.read() as connection:
        kept = str([connection.execute(select(table)).all() for table in (USERS, SESSIONS, KEYS)])
    assert "$argon2id$" in kept
    for secret in (PASSWORD, key, login.token):
        assert secret not in kept


def test_a_fault_of_the_server_tells_nothing_of_its_inside(town_served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object) -> None:
        msg = "secret detail in /some/path"
        raise ZeroDivisionError(msg)

    monkeypatch.setattr("parkcity.serve.api.routes.tables.search", broken)
    answer = town_served.client.get(f"{TOWN}/search?q=x")
    assert (answer.status_code, error_of(answer)["type"]) == (500, "fault")
    assert "secret" not in answer.text


def test_who_asks_too_often_waits(town_folder: object, tmp_path_factory: pytest.TempPathFactory) -> None:
    from pathlib import Path

    from tests.serve.api.conftest import serving, settings_of

    assert isinstance(town_folder, Path)
    with serving(settings_of(tmp_path_factory.mktemp("rate"), town_folder, rate=1.0, burst=5.0)) as served:
        statuses = [served.client.get("/health").status_code for _ in range(8)]
        assert statuses[:5] == [200] * 5
        assert 429 in statuses[5:]


def test_logs_tell_no_address_no_query_and_no_name(team_served: Served) -> None:
    import io
    import logging

    from parkcity.serve.api.logs import LOGGER, JsonLines

    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    try:
        with signed_in(team_served, "planner") as client:
            client.get(f"{TOWN}/search?q=somebody")
    finally:
        LOGGER.removeHandler(handler)
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert any(line["route"] == "/api/v1/cities/{city}/search" for line in lines)
    for word in ("somebody", "planner", "127.0.0.1"):
        assert word not in stream.getvalue()
