"""Matrices of transit times too large for memory: streamed to a Parquet file block by block of origins, under a memory cap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.errors import LimitError
from parkcity.travel.parts import blocks_of, write_parts
from parkcity.travel.transit import depart_at, over_window

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from parkcity.travel.transit_setting import TransitSetting

LEAST_ORIGINS, MOST_ORIGINS = 16, 512


def bytes_per_pair(percentiles: int) -> int:
    """What a pair of a block needs at most: times and states while they are made, and the columns of its row."""
    return percentiles * (12 + 4 + 5) + 16


def write_window(
    path: Path,
    setting: TransitSetting,
    first: int,
    last: int,
    *,
    step: int | None = None,
    percentiles: Sequence[float] = (5, 25, 50, 75, 95),
    threads: int | None = None,
    memory_gb: float = 2.0,
    key: str | None = None,
    names: tuple[Sequence[str], Sequence[str]] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Stream `over_window` of all pairs to a Parquet file, sorted by origin, then place; gives the number of rows.

    Columns: `origin`, `place` and for each percentile `seconds_P` float32 (`seconds_50`), null where that percentile has no time;
    pairs without any time have no row. Where `first` is `last` the one departure is written, as `seconds`. Origins are taken in blocks so
    that `memory_gb` holds for them (timetable and legs come on top); the values do not depend on the blocks. `key`, `names`,
    `progress`: see `write_parts`. Raises `LimitError` when not even `LEAST_ORIGINS` origins fit.
    """
    each_gb = max(setting.places, 1) * bytes_per_pair(len(percentiles)) / 1e9
    size = int(memory_gb / each_gb)
    if size < min(LEAST_ORIGINS, setting.origins):
        msg = f"{LEAST_ORIGINS} origins need {LEAST_ORIGINS * each_gb:.2f} GB, more than the cap of {memory_gb:.2f} GB"
        raise LimitError(msg)
    values = ["seconds"] if first == last else [f"seconds_{percentile:g}" for percentile in percentiles]

    def make(start: int, end: int) -> dict[str, Any]:
        asked = setting.of_origins(np.arange(start, end))
        if first == last:
            found = depart_at(asked, [first], threads=threads, memory_gb=memory_gb)
        else:
            found = over_window(asked, first, last, step=step, percentiles=percentiles, threads=threads, memory_gb=memory_gb)
        origin, place = np.nonzero(np.isfinite(found.seconds).any(axis=0))
        columns: dict[str, Any] = {"origin": (origin + start).astype(np.int32), "place": place.astype(np.int32)}
        return columns | {name: layer[origin, place] for name, layer in zip(values, found.seconds, strict=True)}

    # Blocks of a few hundred origins or fewer, so that a run that is stopped loses little.
    blocks = blocks_of(setting.origins, max(1, min(size, MOST_ORIGINS)))
    return write_parts(path, blocks, make, values=values, key=key, names=names, progress=progress)
