"""The server under readers: tiles and values at a steady pace from two workers, an edit's answer, and the memory of a worker.

`wrk` sends the requests where it is installed, else clients of this program, which take their share of the same processors.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from benchmarks.registry import Size, benchmark, row

if TYPE_CHECKING:
    from collections.abc import Iterator

READERS, WORKERS = 200, 2
GOAL_RATE, GOAL_P99_S, GOAL_EDIT_S, GOAL_MB = 2000.0, 0.1, 0.3, 500.0
CITY = Path(__file__).resolve().parent.parent / "examples" / "chengdu"


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """A server of two workers on a copy of a city."""
    command = [sys.executable, "-m", "parkcity", "serve", str(folder), "--port", "0", "--workers", str(WORKERS), "--quiet"]
    log = folder.parent / "log.jsonl"
    with log.open("wb") as lines:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=lines, start_new_session=True)
    try:
        yield _address(process, log)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    stop = time.monotonic() + 600
    while time.monotonic() < stop and process.poll() is None:
        found = re.search(r"running on (http://[^ ]+)", log.read_text(encoding="utf-8"))
        if found:
            with suppress(httpx.TransportError):
                # Both workers are asked: every question may come to either.
                if all(httpx.get(f"{found[1]}/ready").json().get("warm") for _ in range(12)):
                    return found[1]
        time.sleep(0.2)
    msg = f"the server did not start:\n{log.read_text(encoding='utf-8')[-2000:]}"
    raise RuntimeError(msg)


def asked(url: str, path: str) -> Any:
    return httpx.get(url + path, timeout=300).raise_for_status().json()


def addresses(summary: dict[str, Any]) -> list[str]:
    """What a reader who pans and switches indicators asks for: the tiles around the centre, and values by cell."""
    base = f"/api/v1/cities/{summary['id']}"
    lon, lat = summary["centre"]
    paths = []
    for z in (10, 11, 12, 13):
        side = 1 << z
        x = int((lon + 180) / 360 * side)
        y = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * side)
        paths += [f"{base}/tiles/water,green,roads/{z}/{x + dx}/{y + dy}.mvt?v={summary['hash']}" for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
    computed = [entry["id"] for entry in summary["indicators"] if entry["status"] == "computed" and entry["headline"]]
    return paths + [f"{base}/values/{name}?v={summary['hash']}" for name in ("minutes.worst", *computed[:11])]


def by_wrk(program: str, url: str, paths: list[str], seconds: int) -> float:
    """Requests a second as fast as they are answered, by wrk."""
    with tempfile.TemporaryDirectory(prefix="bench-web-") as name:
        script = Path(name) / "paths.lua"
        quoted = ", ".join(json.dumps(path) for path in paths)
        script.write_text(
            f"local paths = {{{quoted}}}\nlocal n = 0\nrequest = function()\n n = n + 1\n"
            'return wrk.format("GET", paths[n % #paths + 1], {["Accept-Encoding"] = "gzip"})\nend\n',
            encoding="utf-8",
        )
        command = [program, "-t1", f"-c{READERS}", f"-d{seconds}s", "-s", str(script), url]
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in text or "Socket errors" in text:
        raise RuntimeError(text)
    return float(re.search(r"Requests/sec:\s*([\d.]+)", text)[1])  # type: ignore[index]


def by_client(url: str, paths: list[str], seconds: int, rate: float | None) -> tuple[float, float]:
    """Requests a second and the 99th percentile by connections of this program: at a steady rate, or as fast as they are answered."""
    host, port = url.removeprefix("http://").split(":")
    times: list[float] = []
    stop = time.perf_counter() + seconds

    async def reader(first: int) -> None:
        incoming, outgoing = await asyncio.open_connection(host, int(port))
        number, due = first, time.perf_counter() + (first / rate if rate else 0.0)
        while time.perf_counter() < stop:
            number += 1
            if rate:
                await asyncio.sleep(max(due - time.perf_counter(), 0.0))
            # A request that must wait for the one before it has been waiting since it was due.
            begun = due if rate else time.perf_counter()
            due += READERS / rate if rate else 0.0
            outgoing.write(f"GET {paths[number % len(paths)]} HTTP/1.1\r\nHost: {host}\r\nAccept-Encoding: gzip\r\n\r\n".encode())
            head = await incoming.readuntil(b"\r\n\r\n")
            if head[9:12] not in {b"200", b"204"}:
                raise RuntimeError(head.decode())
            length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
            if length:
                await incoming.readexactly(int(length[1]))
            times.append(time.perf_counter() - begun)
        outgoing.close()

    async def every() -> None:
        await asyncio.gather(*(reader(number) for number in range(READERS)))

    asyncio.run(every())
    return len(times) / seconds, sorted(times)[int(len(times) * 0.99)]


def edits(url: str, summary: dict[str, Any], count: int) -> list[float]:
    """Seconds until an edit is answered, each at another place."""
    lon, lat = summary["centre"]
    times = []
    for number in range(count + 2):
        change = {"change": "add_place", "kind": "primary_school", "lon": lon + number * 2e-4, "lat": lat}
        path = f"{url}/api/v1/cities/{summary['id']}/scenarios/try"
        begun = time.perf_counter()
        httpx.post(path, json={"changes": [change]}, timeout=300).raise_for_status()
        times.append(time.perf_counter() - begun)
    # Each of the two workers answers its first edit while it still measures the city.
    return times[2:]


def workers_of(process: int) -> list[int]:
    """The worker processes of a server that was started by `process`."""
    found = []
    for place in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parent = int(place.read_text(encoding="utf-8").rsplit(")", 1)[1].split()[1])
            if parent == process and b"spawn_main" in (place.parent / "cmdline").read_bytes():
                found.append(int(place.parent.name))
    return sorted(found)


def memory_mb(url: str) -> tuple[float, float]:
    """Memory of the largest worker in MB: all that it holds, and with the pages that the workers share counted by parts."""
    text = httpx.get(f"{url}/metrics").text
    values = {
        name: max(float(value) for value in re.findall(rf"^parkcity_memory_{name}\S* ([\d.e+]+)", text, re.MULTILINE)) / 1e6
        for name in ("bytes", "own_bytes")
    }
    return values["bytes"], values["own_bytes"]


@benchmark("web", "the server under 200 readers of tiles and values, an edit's answer, memory of a worker")
def web(size: Size) -> list[dict[str, Any]]:
    seconds = {"smoke": 2, "quick": 8, "full": 30}[size]
    with tempfile.TemporaryDirectory(prefix="bench-web-", ignore_cleanup_errors=True) as name:
        folder = Path(name) / "city"
        shutil.copytree(CITY, folder, ignore=shutil.ignore_patterns("report"))
        with served(folder) as url:
            summary = asked(url, "/api/v1/cities")["rows"][0]
            summary = asked(url, f"/api/v1/cities/{summary['id']}")
            paths = addresses(summary)
            for _ in range(2 * WORKERS):
                for path in paths:
                    httpx.get(url + path, timeout=300).raise_for_status()
            times = edits(url, summary, 4 if size == "smoke" else 12)
            program = shutil.which("wrk")
            most = by_client(url, paths, seconds, None)[0] if program is None else by_wrk(program, url, paths, seconds)
            steady, p99 = by_client(url, paths, seconds, GOAL_RATE)
            used, own = memory_mb(url)
    client = "client of this program" if program is None else "wrk"
    graph = f"Chengdu, {summary['cells']} cells"
    print(
        f"web: {most:,.0f} requests a second by {client} (goal {GOAL_RATE:,.0f}), {used:,.0f} MB a worker (goal {GOAL_MB:,.0f}; "
        f"{own:,.0f} MB with shared pages by parts)",
        file=sys.stderr,
    )
    return [
        row(f"one request of {READERS} readers, {WORKERS} workers", graph, 1 / most, "goal", 1 / GOAL_RATE, 1.0, peak_mb=used),
        row(f"99 of 100 requests at {steady:,.0f} a second", graph, p99, "goal", GOAL_P99_S, 1.0),
        row("an edit's answer, median", graph, statistics.median(times), "goal", GOAL_EDIT_S, 1.0),
        row("memory of a worker, MB", graph, used, "goal", GOAL_MB, 1.0),
    ]
