"""Chunks of work side by side: kernels run without the interpreter lock, results do not depend on the number of threads."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import TYPE_CHECKING, TypeVar

from parkcity.base.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

Arena = TypeVar("Arena")


def thread_count(threads: int | None) -> int:
    """The number of threads to use: as asked, else every core of this process."""
    if threads is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if threads < 1:
        msg = f"threads must be 1 or more, not {threads}"
        raise UsageError(msg)
    return threads


def side_by_side(jobs: int, threads: int, arena: Callable[[], Arena], work: Callable[[int, Arena], None]) -> None:
    """Run `work(job, arena)` for every job. Each thread makes one arena and keeps it; jobs are taken in order as threads fall free."""
    workers = min(jobs, threads)
    if workers <= 1:
        if jobs:
            own = arena()
            for job in range(jobs):
                work(job, own)
        return
    taken = count()

    def run() -> None:
        own = arena()
        while (job := next(taken)) < jobs:
            work(job, own)

    with ThreadPoolExecutor(workers) as pool:
        for future in [pool.submit(run) for _ in range(workers)]:
            future.result()
