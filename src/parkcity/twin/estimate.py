"""How much memory a build will need, told before it begins, so that a set limit refuses it then and not half way.

The figures are upper bounds: the interpreter with its libraries, every source unpacked and held as a table, and the largest of
them once more while its layer is made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from parkcity.base.errors import InputError, LimitError
from parkcity.sense.grids import MAX_PIXELS, grid_facts
from parkcity.sense.osm.estimate import estimate as extract_cost
from parkcity.sense.raw import READERS
from parkcity.standards import parameter

if TYPE_CHECKING:
    from pathlib import Path

    from parkcity.base.spec import CitySpec, SourceSpec

_GZIP_RATIO = 6.0
_BYTES_PER_GB = 2.0**30
_RASTERS = frozenset({"elevation", "land_cover"})
_BYTES_PER_PIXEL = 32.0
"""A pixel as a number, once more smoothed or mapped, its slope, and where it lies."""


def memory_gb(spec: CitySpec) -> float:
    """Memory that a build of the city needs at most, in GB."""
    held = [_held(spec, source) for source in spec.sources]
    base = parameter("engine_parameters", "memory.base").number
    return base + (sum(held) + max(held, default=0.0)) / _BYTES_PER_GB


def _held(spec: CitySpec, source: SourceSpec) -> float:
    """Bytes that a source takes in memory: of a raster by its pixels, of a table by the size of its file."""
    path = spec.path(source)
    if source.layer not in _RASTERS:
        return _unpacked(path) * READERS.get(source.reader).memory_per_byte
    files = [entry for entry in path.rglob("*") if entry.is_file()] if path.is_dir() else [path]
    try:
        pixels = sum(min(grid_facts(entry).pixels, MAX_PIXELS) for entry in files)
    except InputError:
        # What is no raster is told when it is read.
        return 0.0
    return pixels * _BYTES_PER_PIXEL


def _unpacked(path: Path) -> float:
    files = [entry for entry in path.rglob("*") if entry.is_file()] if path.is_dir() else [path]
    return sum(entry.stat().st_size * (_GZIP_RATIO if entry.suffix == ".gz" else 1.0) for entry in files)


def cost_of(spec: CitySpec, source: SourceSpec) -> str:
    """What reading a large source will cost, in words that follow its name; empty for the others."""
    path = spec.path(source)
    return f" ({extract_cost(path).text})" if source.layer == "openstreetmap" and path.is_file() else ""


def refuse_beyond(spec: CitySpec, limit_gb: float | None) -> float:
    """The memory that a build needs at most, in GB; `LimitError`, with that number, where it is more than the limit."""
    needed = memory_gb(spec)
    if limit_gb is not None and needed > limit_gb:
        msg = f"building '{spec.id}' needs up to {needed:.2f} GB, more than --memory {limit_gb:g}; raise it, or leave sources out"
        raise LimitError(msg)
    return needed
