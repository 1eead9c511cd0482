"""`parkcity serve` as a user starts it: ready in both languages, refusing what is unsafe, replaced without anybody noticing."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from parkcity.base.errors import UsageError
from parkcity.serve.cli.serve import serve


@contextmanager
def started(folder: Path, log: Path, *options: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    command = [sys.executable, "-m", "parkcity", "serve", str(folder), "--port", "0", "--quiet", *options]
    with log.open("wb") as lines:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=lines, start_new_session=True)
    try:
        stop = time.monotonic() + 120
        address = None
        while address is None:
            assert process.poll() is None, log.read_text(encoding="utf-8")
            assert time.monotonic() < stop
            found = re.search(r"running on (http://[^ ]+)", log.read_text(encoding="utf-8"))
            address = found[1] if found and _ready(found[1]) else None
            time.sleep(0.1)
        yield process, address
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)


def _ready(address: str) -> bool:
    try:
        return httpx.get(f"{address}/ready", timeout=30).status_code == 200
    except httpx.TransportError:
        return False


def asked(url: str) -> int:
    """The status of a GET, asked again where a connection ends before any answer, as RFC 9110, 9.2.2 lets every client do."""
    try:
        return httpx.get(url, timeout=60).status_code
    except httpx.RemoteProtocolError:
        return httpx.get(url, timeout=60).status_code


def test_workers_are_replaced_under_load_without_a_lost_request(town_folder: Path, tmp_path: Path) -> None:
    with started(town_folder, tmp_path / "log", "--workers", "2") as (process, address):
        key = httpx.post(f"{address}/api/v1/cities/town/scenarios", json={"changes": []}, timeout=60).json()["hash"]
        statuses: list[int] = []
        ended = threading.Event()

        def ask() -> None:
            while not ended.is_set():
                statuses.append(asked(f"{address}/api/v1/cities/town/scenarios/{key}"))

        readers = [threading.Thread(target=ask) for _ in range(3)]
        for reader in readers:
            reader.start()
        log = tmp_path / "log"
        stop = time.monotonic() + 150
        while log.read_text(encoding="utf-8").count("startup complete") < 2 and time.monotonic() < stop:
            time.sleep(0.2)
        os.kill(process.pid, signal.SIGHUP)
        while log.read_text(encoding="utf-8").count("Finished server process") < 2 and time.monotonic() < stop:
            time.sleep(0.2)
        replaced = log.read_text(encoding="utf-8").count("Finished server process")
        ended.set()
        for reader in readers:
            reader.join(60)
        assert replaced == 2
        assert len(statuses) > 10
        assert set(statuses) == {200}
        metrics = httpx.get(f"{address}/metrics", timeout=60).text
        assert "parkcity_requests_total" in metrics


def test_others_than_this_machine_need_accounts_and_accounts_need_a_database(town_folder: Path) -> None:
    def refused(*options: str) -> str:
        with pytest.raises(UsageError) as caught:
            CliRunner().invoke(serve, [str(town_folder), "--quiet", *options], catch_exceptions=False)
        return str(caught.value)

    assert "--accounts" in refused("--host", "0.0.0.0")  # noqa: S104 - refused
    assert "--database" in refused("--accounts")
    assert "PARKCITY_DATABASE" in refused("--accounts", "--database", "postgresql://me:secret@host/db")


def test_nothing_is_left_behind_when_the_server_ends(town_folder: Path, tmp_path: Path) -> None:
    before = sorted(str(path) for path in town_folder.rglob("*") if "twin" not in path.parts)
    with started(town_folder, tmp_path / "log") as (process, address):
        assert httpx.post(f"{address}/api/v1/cities/town/scenarios", json={"changes": []}, timeout=60).status_code == 201
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) in {0, -signal.SIGTERM, 143}
    assert sorted(str(path) for path in town_folder.rglob("*") if "twin" not in path.parts) == before
