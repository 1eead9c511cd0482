"""Real servers on loopback: one of a tiny town, one of Chengdu, one with accounts."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from tests.conftest import CHENGDU
from tests.scenes.town import Town, write_town

from parkcity.serve.api.app import create_app
from parkcity.serve.api.house import House
from parkcity.serve.api.settings import Settings

PASSWORD = "correct horse battery staple"  # noqa: S105 - of accounts that live as long as a test
ROLES = ("viewer", "analyst", "planner", "operator", "admin")


@dataclass(repr=False)
class Served:
    """A running server and a client of it; a failing test does not write out all that it holds."""

    house: House
    url: str
    client: httpx.Client

    def get(self, path: str, **options: Any) -> Any:
        """The document at a path, which must be there."""
        answer = self.client.get(path, **options)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[:500])
        return answer.json()


class _Quiet(uvicorn.Server):
    """A server in a thread leaves the signals to the tests."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextmanager
def serving(settings: Settings) -> Iterator[Served]:
    house = House.open(settings)
    options = {"log_config": None, "access_log": False, "proxy_headers": False, "server_header": False}
    server = _Quiet(uvicorn.Config(create_app(house), host="127.0.0.1", port=0, **options))  # type: ignore[arg-type]
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    with httpx.Client(base_url=url, timeout=300) as client:
        yield Served(house, url, client)
    server.should_exit = True
    thread.join(20)


def settings_of(folder: Path, *cities: Path, **given: Any) -> Settings:
    names = tuple(str(city) for city in cities)
    return replace(Settings(cities=names, database=f"sqlite:///{folder / 'serve.db'}", files=str(folder / "files")), **given)


@pytest.fixture(scope="session")
def town_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny town whose names try to be more than names, and which follows the plan of Chengdu."""
    town = Town()
    town.places = [*town.places, ("<script>alert(1)</script>", "primary", 900.0, 100.0, 9_000.0)]
    folder = write_town(tmp_path_factory.mktemp("api") / "town", town)
    shutil.copytree(CHENGDU / "plan", folder / "plan")
    return folder


@pytest.fixture(scope="session")
def town_served(town_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(settings_of(tmp_path_factory.mktemp("state"), town_folder)) as served:
        yield served


@pytest.fixture(scope="session")
def chengdu_served(chengdu_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(settings_of(tmp_path_factory.mktemp("state"), chengdu_folder)) as served:
        yield served


@pytest.fixture(scope="session")
def team_served(town_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with accounts, one of every role, that may write."""
    with serving(settings_of(tmp_path_factory.mktemp("state"), town_folder, accounts=True, write=True)) as served:
        for role in ROLES:
            served.house.people.add(role, role, password=PASSWORD)
        yield served


@contextmanager
def signed_in(served: Served, name: str) -> Iterator[httpx.Client]:
    """A client with a session of an account and the token that its writes need."""
    with httpx.Client(base_url=served.url, timeout=300) as client:
        answer = client.post("/api/v1/session", json={"name": name, "password": PASSWORD})
        assert answer.status_code == 201, answer.text
        client.headers["X-CSRF-Token"] = answer.json()["csrf"]
        yield client


def error_of(answer: httpx.Response) -> dict[str, Any]:
    """The one shape of every error."""
    document: dict[str, Any] = json.loads(answer.content)
    assert set(document) == {"error"}, document
    error: dict[str, Any] = document["error"]
    assert set(error) == {"status", "type", "message", "request", "faults", "needs"}
    assert error["status"] == answer.status_code
    for fault in error["faults"]:
        assert set(fault) == {"where", "row", "what", "allowed", "todo"}
    return error
