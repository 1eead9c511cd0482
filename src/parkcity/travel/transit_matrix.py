"""Matrices of transit times too large for memory: streamed to a Parquet file block by block of origins, under a memory cap."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from parkcity.base.errors import LimitError
from parkcity.travel.transit import over_window

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from parkcity.travel.transit_setting import TransitSetting

LEAST_ORIGINS = 16


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
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Stream `over_window` of all pairs to a Parquet file, sorted by origin, then place; gives the number of rows.

    Columns: `origin`, `place` int32 and for each percentile `seconds_P` float32 (`seconds_50`), null where that percentile has no time;
    pairs without any time have no row. `progress(done, origins)` is called after each block. Origins are taken in blocks so that
    `memory_gb` holds for them (timetable and legs come on top); the values do not depend on the blocks. Raises `LimitError` when not
    even `LEAST_ORIGINS` origins fit. A started file that fails is removed.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    each_gb = max(setting.places, 1) * bytes_per_pair(len(percentiles)) / 1e9
    size = int(memory_gb / each_gb)
    if size < min(LEAST_ORIGINS, setting.origins):
        msg = f"{LEAST_ORIGINS} origins need {LEAST_ORIGINS * each_gb:.2f} GB, more than the cap of {memory_gb:.2f} GB"
        raise LimitError(msg)
    names = [f"seconds_{percentile:g}" for percentile in percentiles]
    schema = pa.schema([("origin", pa.int32()), ("place", pa.int32()), *((name, pa.float32()) for name in names)])
    part, written = path.with_name(path.name + ".part"), 0
    try:
        with pq.ParquetWriter(part, schema) as writer:
            for start in range(0, setting.origins, size):
                rows = np.arange(start, min(start + size, setting.origins))
                asked = setting.of_origins(rows)
                found = over_window(asked, first, last, step=step, percentiles=percentiles, threads=threads, memory_gb=memory_gb)
                origin, place = np.nonzero(np.isfinite(found.seconds).any(axis=0))
                values = (layer[origin, place] for layer in found.seconds)
                columns = [(origin + start).astype(np.int32), place.astype(np.int32)]
                arrays = [pa.array(column) for column in columns] + [pa.array(value, mask=np.isnan(value)) for value in values]
                writer.write_table(pa.table(arrays, schema=schema))
                written += len(origin)
                if progress is not None:
                    progress(int(rows[-1]) + 1, setting.origins)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return written
