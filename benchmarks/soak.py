"""The server under a mixed load for a long time, its workers replaced and killed and the whole of it restarted: is anything lost?

Readers ask for tiles and values, writers keep scenarios, move drafts and start jobs. What the server has acknowledged is remembered here,
and asked for again at the end: every scenario, every draft at the step that was acknowledged, every job with its result, and a line in
the audit log for every write. A client asks again where a connection ends before any answer, as RFC 9110, 9.2.2 lets every client do.
"""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from benchmarks.registry import row
from benchmarks.web import CITY, GOAL_MB, WORKERS, addresses, memory_mb, workers_of

READERS, WRITERS, READ_S, WRITE_S = 8, 2, 0.05, 0.25
REPLACE, KILL, RESTART = "workers replaced", "worker killed", "server restarted"
SCHEDULE = (REPLACE, KILL, REPLACE, RESTART)
"""What is done to the server, in turn, at even times."""
STEPS = 24
_WAIT_S = 180.0
_ALLOWED = {200, 201, 204}


@dataclass
class Server:
    """A server that can be restarted on its own database and port."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [sys.executable, "-m", "parkcity", "serve", str(self.folder / "city"), "--port", str(self.port), "--quiet", "--write"]
        command += ["--workers", str(WORKERS), "--database", f"sqlite:///{self.folder / 'serve.db'}"]
        with (self.folder / "log.jsonl").open("ab") as lines:
            self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=lines, start_new_session=True)
        stop = time.monotonic() + 600
        while time.monotonic() < stop and self.process.poll() is None:
            with suppress(httpx.TransportError):
                if httpx.get(f"{self.url}/ready", timeout=60).json().get("warm"):
                    return
            time.sleep(0.2)
        raise RuntimeError((self.folder / "log.jsonl").read_text(encoding="utf-8")[-2000:])

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(120)

    def disturb(self, what: str) -> None:
        assert self.process is not None
        if what == REPLACE:
            self.process.send_signal(signal.SIGHUP)
        elif what == KILL:
            os.kill(random.choice(workers_of(self.process.pid)), signal.SIGKILL)  # noqa: S311 - any of them
        else:
            self.stop()
            self.start()


@dataclass
class Ledger:
    """What the server has acknowledged, and what went wrong."""

    scenarios: dict[str, int] = field(default_factory=dict)
    drafts: dict[str, tuple[int, str | None]] = field(default_factory=dict)
    jobs: list[str] = field(default_factory=list)
    writes: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    bodies: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fault(self, text: str) -> None:
        with self.lock:
            self.faults.append(text)


class Client:
    """Asks until there is an answer: a connection that ends before one is asked again, and counted."""

    def __init__(self, url: str, ledger: Ledger) -> None:
        self.http, self.ledger = httpx.Client(base_url=url, timeout=120), ledger

    def ask(self, method: str, path: str, **given: Any) -> tuple[httpx.Response, bool]:
        """The answer, and whether an earlier try may have been carried out without an answer."""
        stop, again = time.monotonic() + _WAIT_S, False
        while True:
            try:
                answer = self.http.request(method, path, **given)
            except httpx.TransportError as error:
                if time.monotonic() > stop:
                    raise
                again |= not isinstance(error, httpx.ConnectError)
                with self.ledger.lock:
                    self.ledger.answers["asked again"] += 1
                time.sleep(0.2)
                continue
            with self.ledger.lock:
                self.ledger.answers[str(answer.status_code)] += 1
                if method != "GET" and answer.status_code in _ALLOWED:
                    self.ledger.writes += 1
            return answer, again


def read(url: str, paths: list[str], ledger: Ledger, ended: threading.Event, seed: int) -> None:
    """Ask for tiles and values; the same address must always give the same bytes."""
    client, chosen = Client(url, ledger), random.Random(seed)  # noqa: S311 - a choice of paths
    while not ended.wait(READ_S):
        path = chosen.choice(paths)
        answer, _ = client.ask("GET", path)
        if answer.status_code not in _ALLOWED:
            ledger.fault(f"GET {path}: {answer.status_code}")
            continue
        digest = hashlib.sha256(answer.content).hexdigest()
        with ledger.lock:
            known = ledger.bodies.setdefault(path, digest)
        if known != digest:
            ledger.fault(f"GET {path}: other bytes than before")


def write(url: str, summary: dict[str, Any], ledger: Ledger, ended: threading.Event, number: int) -> None:
    """Keep scenarios and move a draft through them; now and then a whole answer, and a job."""
    client, base = Client(url, ledger), f"/api/v1/cities/{summary['id']}"
    lon, lat = summary["centre"]
    draft: dict[str, Any] | None = None
    count = 0
    while not ended.wait(WRITE_S):
        count += 1
        place = {"change": "add_place", "kind": "primary_school", "lon": lon + (count % 97) * 1e-4, "lat": lat + number * 1e-3}
        given = {"id": f"w{number}-{count}", "changes": [place]}
        answer, _ = client.ask("POST", f"{base}/scenarios{'/try' if count % 8 == 0 else ''}", json=given)
        if answer.status_code not in _ALLOWED:
            ledger.fault(f"POST scenarios: {answer.status_code} {answer.text[:200]}")
            continue
        key = answer.json()["hash"]
        with ledger.lock:
            ledger.scenarios[key] = count
        draft = _move(client, base, draft, key, number) if count % STEPS else None
        if draft is None:
            draft = _new(client, base, key, number * 1_000_000 + count)
        with ledger.lock:
            ledger.drafts[draft["id"]] = (draft["version"], draft["hash"])
        if count % 200 == 1:
            inputs = {"kind": "park", "count": 1, "metres": 300, "seconds": 5}
            answer, _ = client.ask("POST", f"/ogc/{summary['id']}/processes/site/execution", json={"inputs": inputs})
            if answer.status_code == 201:
                with ledger.lock:
                    ledger.jobs.append(answer.headers["Location"])
            elif answer.status_code != 429:
                ledger.fault(f"POST execution: {answer.status_code}")


def _new(client: Client, base: str, key: str, title: int) -> dict[str, Any]:
    """A new draft, after the oldest have been taken away where there are many."""
    rows = client.ask("GET", f"{base}/drafts?limit=1000")[0].json()["rows"]
    for old in rows[: max(len(rows) - 100, 0)]:
        client.ask("DELETE", f"{base}/drafts/{old['id']}")
        with client.ledger.lock:
            client.ledger.drafts.pop(old["id"], None)
    made: dict[str, Any] = client.ask("POST", f"{base}/drafts", json={"title": f"soak {title}", "hash": key})[0].json()
    return made


def _move(client: Client, base: str, draft: dict[str, Any] | None, key: str, number: int) -> dict[str, Any] | None:
    """A step forward. Where a try ended without an answer the step may stand already: then the draft is read."""
    if draft is None:
        return None
    path = f"{base}/drafts/{draft['id']}"
    answer, again = client.ask("PUT", path, json={"hash": key, "version": draft["version"]})
    if answer.status_code == 200:
        moved: dict[str, Any] = answer.json()
        return moved
    if answer.status_code == 409 and again:
        rows = client.ask("GET", f"{base}/drafts?limit=1000")[0].json()["rows"]
        found: dict[str, Any] = next(entry for entry in rows if entry["id"] == draft["id"])
        if found["version"] == draft["version"] + 1 and found["hash"] == key:
            return found
    client.ledger.fault(f"writer {number}: PUT {path}: {answer.status_code} {answer.text[:200]}")
    return None


def lost(url: str, summary: dict[str, Any], ledger: Ledger) -> list[str]:
    """What was acknowledged and is not there any more."""
    client, base = Client(url, ledger), f"/api/v1/cities/{summary['id']}"
    missing = [f"scenario {key}" for key in ledger.scenarios if client.ask("GET", f"{base}/scenarios/{key}/toml")[0].status_code != 200]
    rows = client.ask("GET", f"{base}/drafts?limit=1000")[0].json()["rows"]
    there = {entry["id"]: (entry["version"], entry["hash"]) for entry in rows}
    missing += [f"draft {name}: {there.get(name)}, acknowledged {at}" for name, at in ledger.drafts.items() if there.get(name) != at]
    stop = time.monotonic() + 600
    for job in ledger.jobs:
        while (state := client.ask("GET", job)[0].json())["status"] in {"accepted", "running"} and time.monotonic() < stop:
            time.sleep(1)
        if state["status"] != "successful" or client.ask("GET", f"{job}/results")[0].status_code != 200:
            missing.append(f"job {job}: {state['status']}")
    audited = client.ask("GET", "/api/v1/audit?limit=1")[0].json()["meta"]["total"]
    if audited < ledger.writes:
        missing.append(f"audit log: {audited} lines for {ledger.writes} writes")
    return missing


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def soak(minutes: float) -> list[dict[str, Any]]:
    """Run the load for some minutes and disturb the server a dozen times; one row with everything that was lost, and the memory."""
    with tempfile.TemporaryDirectory(prefix="bench-soak-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        shutil.copytree(CITY, folder / "city", ignore=shutil.ignore_patterns("report"))
        server, ledger = Server(folder, _free_port()), Ledger()
        try:
            server.start()
            summary = httpx.get(f"{server.url}/api/v1/cities", timeout=300).json()["rows"][0]
            summary = httpx.get(f"{server.url}/api/v1/cities/{summary['id']}", timeout=300).json()
            memory, done = _under_load(server, summary, ledger, minutes)
            missing = lost(server.url, summary, ledger)
        finally:
            server.stop()
    for text in (*ledger.faults[:20], *missing[:20]):
        print(f"soak: {text}", file=sys.stderr)
    kept = (
        f"{len(ledger.scenarios)} scenarios, {len(ledger.drafts)} drafts, {len(ledger.jobs)} jobs, {ledger.writes} writes in the audit log"
    )
    told = ", ".join(f"{count} x {what}" for what, count in sorted(done.items()))
    print(f"soak: {minutes:g} minutes; {told}; answers {dict(sorted(ledger.answers.items()))}", file=sys.stderr)
    print(f"soak: {kept}; lost {len(missing)}, faults {len(ledger.faults)}", file=sys.stderr)
    print(f"soak: memory of the largest worker, first to last: {', '.join(f'{value:,.0f}' for value in memory)} MB", file=sys.stderr)
    graph = f"{sum(ledger.answers.values()):,} answers, {sum(done.values())} disturbances"
    rows = [row(f"{minutes:g} minutes of load: lost or wrong", graph, float(len(missing) + len(ledger.faults)), "goal", 0.0)]
    return [*rows, row("memory of a worker at the end, MB", graph, memory[-1], "goal", GOAL_MB, 1.0, peak_mb=max(memory))]


def _under_load(server: Server, summary: dict[str, Any], ledger: Ledger, minutes: float) -> tuple[list[float], Counter[str]]:
    """The load, and what is done to the server meanwhile; memory now and then, and how often what was done."""
    ended, done = threading.Event(), Counter[str]()
    paths = addresses(summary)
    work: list[tuple[Any, tuple[Any, ...]]] = [(read, (server.url, paths, ledger, ended, number)) for number in range(READERS)]
    work += [(write, (server.url, summary, ledger, ended, number)) for number in range(WRITERS)]
    threads = [threading.Thread(target=function, args=given, daemon=True) for function, given in work]
    for thread in threads:
        thread.start()
    pause = minutes * 60 / (3 * len(SCHEDULE) + 1)
    memory = []
    for number in range(3 * len(SCHEDULE)):
        time.sleep(pause)
        memory.append(memory_mb(server.url)[0])
        what = SCHEDULE[number % len(SCHEDULE)]
        print(
            f"soak: {what}; memory {memory[-1]:,.0f} MB, {ledger.writes} writes, {len(ledger.faults)} faults", file=sys.stderr, flush=True
        )
        server.disturb(what)
        done[what] += 1
    time.sleep(pause)
    memory.append(memory_mb(server.url)[0])
    ended.set()
    for thread in threads:
        thread.join(_WAIT_S * 2)
    return memory, done
