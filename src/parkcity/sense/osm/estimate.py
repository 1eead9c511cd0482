"""What a reading will cost, said before it starts: time and peak memory by the size of the file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from parkcity.base.errors import LimitError
from parkcity.standards import parameter

if TYPE_CHECKING:
    from pathlib import Path

_MB = 1e6
_GB = 1e9
# Size of a file beside the same data as .osm.pbf (OpenStreetMap wiki, page "PBF Format").
_BULK = {".osm": 20.0, ".xml": 20.0, ".bz2": 2.0, ".gz": 2.5, ".o5m": 1.5}


@dataclass(frozen=True)
class Estimate:
    """Seconds on one core and bytes at the peak."""

    seconds: float
    memory: float

    @property
    def text(self) -> str:
        """In words."""
        return f"about {self.seconds:.0f} s and {self.memory / _GB:.1f} GB"


def estimate(path: Path) -> Estimate:
    """The cost of reading an extract."""
    size = path.stat().st_size / _BULK.get(path.suffix.lower(), 1.0) / _MB
    cost = {name: parameter("osm_parameters", f"cost.{name}").number for name in ("seconds_per_mb", "memory_per_mb", "memory_base")}
    return Estimate(size * cost["seconds_per_mb"], (cost["memory_base"] + size * cost["memory_per_mb"]) * _MB)


def refuse_beyond(path: Path, memory_gb: float) -> Estimate:
    """The cost, or `LimitError` where it exceeds a limit on memory (0: no limit)."""
    needed = estimate(path)
    if memory_gb and needed.memory > memory_gb * _GB:
        msg = (
            f"{path}: reading needs {needed.text}; the limit is {memory_gb:g} GB. "
            "Cut the file to the study area first (`osmium extract --bbox`), or raise the limit"
        )
        raise LimitError(msg)
    return needed
