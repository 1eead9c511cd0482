"""Counts and times of requests for Prometheus, summed over all workers."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.3, 1.0, 3.0, 10.0)


@dataclass(frozen=True)
class Metrics:
    """The metrics of one worker. Labels are route patterns, never paths, so that no name of a person can be among them."""

    registry: Any
    requests: Any
    seconds: Any
    memory: Any

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
        )

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request was answered."""
        self.requests.labels(method, route, str(status)).inc()
        self.seconds.labels(route).observe(seconds)

    def text(self) -> bytes:
        """All workers' metrics in the text form of Prometheus."""
        from prometheus_client import CollectorRegistry, generate_latest
        from prometheus_client.multiprocess import MultiProcessCollector

        self.memory.set(resident_bytes())
        if os.environ.get(MULTIPROCESS):
            every = CollectorRegistry()
            MultiProcessCollector(every)  # type: ignore[no-untyped-call]
            return generate_latest(every)
        return generate_latest(self.registry)


def resident_bytes() -> float:
    """Memory of this process: what it holds now on Linux, its peak elsewhere."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - not a file of ours
            return float(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        import resource
        import sys

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return float(peak if sys.platform == "darwin" else peak * 1024)


def give_back() -> None:
    """Give memory that opening and measuring no longer need back to the system, where its library can (malloc_trim(3) of glibc)."""
    import ctypes
    import gc

    gc.collect()
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        return
    trim(0)
