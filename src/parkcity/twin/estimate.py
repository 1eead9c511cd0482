"""How much memory a build will need, told before it begins, so that a set limit refuses it then and not half way.

The figures are upper bounds: the interpreter with its libraries, every source unpacked and held as a table, and the largest of
them once more while its layer is made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from parkcity.base.errors import LimitError
from parkcity.sense.raw import READERS
from parkcity.standards import parameter

if TYPE_CHECKING:
    from pathlib import Path

    from parkcity.base.spec import CitySpec

_GZIP_RATIO = 6.0
_BYTES_PER_GB = 2.0**30


def memory_gb(spec: CitySpec) -> float:
    """Memory that a build of the city needs at most, in GB."""
    held = [_unpacked(spec.path(source)) * READERS.get(source.reader).memory_per_byte for source in spec.sources]
    base = parameter("engine_parameters", "memory.base").number
    return base + (sum(held) + max(held, default=0.0)) / _BYTES_PER_GB


def _unpacked(path: Path) -> float:
    files = [entry for entry in path.rglob("*") if entry.is_file()] if path.is_dir() else [path]
    return sum(entry.stat().st_size * (_GZIP_RATIO if entry.suffix == ".gz" else 1.0) for entry in files)


def refuse_beyond(spec: CitySpec, limit_gb: float | None) -> None:
    """Raise `LimitError` where a build would need more memory than the limit, with the number that it would need."""
    if limit_gb is None:
        return
    needed = memory_gb(spec)
    if needed > limit_gb:
        msg = f"building '{spec.id}' needs up to {needed:.2f} GB, more than --memory {limit_gb:g}; raise it, or leave sources out"
        raise LimitError(msg)
