"""Tables of pairs written block by block of origins: a Parquet file that a run which was stopped goes on with where it ended."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.cache import atomic_path

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Columns = dict[str, NDArray[Any]]

ENDS = {"origin": "int32", "place": "int32"}


def write_parts(
    path: Path,
    blocks: Sequence[tuple[int, int]],
    make: Callable[[int, int], Columns],
    *,
    values: Sequence[str],
    key: str | None = None,
    names: tuple[Sequence[str], Sequence[str]] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Write the rows that `make(first, last)` gives for every block of origins into one Parquet file; returns the number of rows.

    Columns of a block: `origin` and `place` int32 and the `values` float32, NaN written as null. `names`: what origins and places are
    called, written instead of their rows. `progress(done, origins)` is called after each block. With `key`, a hash of all that the rows
    follow from, finished blocks are kept beside the file until it is whole, and a run with the same key takes those that it finds;
    without, a started file that fails leaves nothing.
    """
    import pyarrow.parquet as pq

    folder = path.with_name(f"{path.name}.parts")
    kept = folder / ("unnamed" if key is None else key[:40])
    whole = False
    try:
        # Blocks of another question, or of other data, are of no use.
        for other in folder.glob("*"):
            if other != kept or key is None:
                shutil.rmtree(other)
        kept.mkdir(parents=True, exist_ok=True)
        files = []
        for first, last in blocks:
            file = kept / f"{first:09d}-{last:09d}.parquet"
            if not file.is_file():
                with atomic_path(file) as temporary:
                    pq.write_table(_table(make(first, last), values), temporary)
            files.append(file)
            if progress is not None:
                progress(last, blocks[-1][1])
        rows = _joined(path, files, values, names)
        whole = True
    finally:
        if whole or key is None:
            shutil.rmtree(folder, ignore_errors=True)
    return rows


def _table(columns: Columns, values: Sequence[str]) -> Any:
    import pyarrow as pa

    arrays = [pa.array(columns[name], pa.int32()) for name in ENDS]
    arrays += [pa.array(columns[name], pa.float32(), mask=np.isnan(columns[name])) for name in values]
    return pa.table(arrays, names=[*ENDS, *values])


def _joined(path: Path, files: Sequence[Path], values: Sequence[str], names: tuple[Sequence[str], Sequence[str]] | None) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    ends: list[Any] = [pa.int32(), pa.int32()] if names is None else [pa.dictionary(pa.int32(), pa.string())] * 2
    schema = pa.schema([*zip(ENDS, ends, strict=True), *((name, pa.float32()) for name in values)])
    known = None if names is None else [pa.array(list(some), pa.string()) for some in names]
    rows = 0
    with atomic_path(path) as temporary, pq.ParquetWriter(temporary, schema) as writer:
        for file in files:
            table = pq.read_table(file)
            if known is not None:
                called = [
                    pa.DictionaryArray.from_arrays(table[end].combine_chunks(), texts) for end, texts in zip(ENDS, known, strict=True)
                ]
                table = pa.table([*called, *(table[name] for name in values)], schema=schema)
            writer.write_table(table)
            rows += table.num_rows
    return rows


def blocks_of(origins: int, size: int) -> list[tuple[int, int]]:
    """The origins in blocks of a size.

    >>> blocks_of(5, 2)
    [(0, 2), (2, 4), (4, 5)]
    """
    return [(first, min(origins, first + size)) for first in range(0, origins, size)]
