"""Counts and times of requests for Prometheus, summed over all workers."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parkcity.serve.api.memory import own_bytes, resident_bytes

MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_LIVE = re.compile(r"gauge_live\w+_(\d+)\.db")
_BUCKETS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.3, 1.0, 3.0, 10.0)


@dataclass(frozen=True)
class Metrics:
    """The metrics of one worker. Labels are route patterns, never paths, so that no name of a person can be among them."""

    registry: Any
    requests: Any
    seconds: Any
    memory: Any
    own: Any

    @classmethod
    def new(cls) -> Metrics:
        """Fresh metrics, empty."""
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        registry = CollectorRegistry()
        labels = ("method", "route", "status")
        return cls(
            registry,
            Counter("parkcity_requests", "Requests answered", labels, registry=registry),
            Histogram("parkcity_request_seconds", "Seconds to answer a request", ("route",), buckets=_BUCKETS, registry=registry),
            Gauge("parkcity_memory_bytes", "Resident memory of a worker", registry=registry, multiprocess_mode="liveall"),
            Gauge("parkcity_memory_own_bytes", "The same, shared pages by parts", registry=registry, multiprocess_mode="liveall"),
        )

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request was answered."""
        self.requests.labels(method, route, str(status)).inc()
        self.seconds.labels(route).observe(seconds)

    def remember(self) -> None:
        """Note how much memory this worker holds: whoever asks for the metrics asks one worker and hears of all."""
        self.memory.set(resident_bytes())
        self.own.set(own_bytes())

    def text(self, jobs: Callable[[], Mapping[str, int]]) -> bytes:
        """All workers' metrics in the text form of Prometheus, and how many jobs of each status there are."""
        from prometheus_client import CollectorRegistry, generate_latest
        from prometheus_client.multiprocess import MultiProcessCollector

        self.remember()
        folder = os.environ.get(MULTIPROCESS)
        every = CollectorRegistry()
        if folder:
            _forget_the_dead(Path(folder))
            MultiProcessCollector(every)  # type: ignore[no-untyped-call]
        every.register(_Jobs(jobs()))
        return generate_latest(every) if folder else generate_latest(self.registry) + generate_latest(every)


@dataclass(eq=False)
class _Jobs:
    """Long jobs by their status, as the database tells them now."""

    count: Mapping[str, int]

    def collect(self) -> Iterable[Any]:
        """One gauge, as the library asks for it."""
        from prometheus_client.core import GaugeMetricFamily

        family = GaugeMetricFamily("parkcity_jobs", "Long jobs by status", labels=["status"])
        for status, count in sorted(self.count.items()):
            family.add_metric([status], count)
        return [family]


def _forget_the_dead(folder: Path) -> None:
    """Leave out the memory of workers that are gone: a killed one cannot take its file away."""
    for file in folder.glob("gauge_live*.db"):
        found = _LIVE.fullmatch(file.name)
        if found is not None and not _alive(int(found[1])):
            file.unlink(missing_ok=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
