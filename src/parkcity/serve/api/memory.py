"""The memory of a worker: how much it holds, how much of that is its own, and how it keeps little of what it no longer needs."""

from __future__ import annotations

import ctypes
import gc
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

_ARENA_MAX = -8
"""`M_ARENA_MAX` of mallopt(3)."""
_ARENAS = 2
_EVERY_S, _GROWN_BYTES = 5.0, 16 << 20
_PSS = re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE)


def _library() -> Any:
    """The C library of this process, or None where there is none to ask."""
    try:
        return ctypes.CDLL(None)
    except (OSError, TypeError):
        return None


def be_frugal() -> None:
    """Let all threads of a worker share two heaps: each would else keep one of its own, most of it empty (mallopt(3))."""
    mallopt = getattr(_library(), "mallopt", None)
    if mallopt is not None:
        mallopt(_ARENA_MAX, _ARENAS)


def give_back() -> None:
    """Give memory that opening and measuring no longer need back to the system, where its library can (malloc_trim(3) of glibc)."""
    gc.collect()
    trim = getattr(_library(), "malloc_trim", None)
    if trim is not None:
        trim(0)


def keep_small(tell: Callable[[], None], ended: Event) -> None:
    """Until the worker ends: tell its memory every few seconds, and give back what was freed since it has grown."""
    settled = resident_bytes()
    while not ended.wait(_EVERY_S):
        tell()
        if resident_bytes() > settled + _GROWN_BYTES:
            trim = getattr(_library(), "malloc_trim", None)
            if trim is not None:
                trim(0)
            settled = resident_bytes()


def resident_bytes() -> float:
    """Memory of this process, with what it shares with others: what it holds now on Linux, its peak elsewhere."""
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
        return float(pages) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        import resource
        import sys

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return float(peak if sys.platform == "darwin" else peak * 1024)


def own_bytes() -> float:
    """Memory of this process, what several use at once counted by parts (Pss of proc(5)); the resident memory where it is not told."""
    try:
        found = _PSS.search(Path("/proc/self/smaps_rollup").read_text(encoding="ascii"))
    except OSError:
        found = None
    return resident_bytes() if found is None else float(found[1]) * 1024
