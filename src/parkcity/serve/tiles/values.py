"""The values of a tile's features: each name and each value is written once, features refer to them by number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from parkcity.serve.tiles.wire import field_bytes, field_double, field_varint, varints

if TYPE_CHECKING:
    from numpy.typing import NDArray


def tags(columns: dict[str, NDArray[Any]], rows: NDArray[np.int64]) -> tuple[bytes, NDArray[np.int64], bytes]:
    """Tags of all rows as bytes, where those of each row begin (int64 [n + 1]), and the lists of names and values."""
    keys: list[str] = []
    numbers: dict[bytes, int] = {}
    pairs = np.zeros((len(rows), len(columns), 2), np.uint32)
    there = np.zeros((len(rows), len(columns)), bool)
    for place, (name, column) in enumerate(columns.items()):
        codes, uniques = pd.factorize(column[rows])
        there[:, place] = codes >= 0
        keys.append(name)
        known = [numbers.setdefault(_value(value), len(numbers)) for value in uniques]
        pairs[:, place, 0] = place
        if known:
            pairs[:, place, 1] = np.asarray(known, np.uint32)[codes]
    data, byte = varints(pairs[there].ravel())
    counts = np.concatenate([[0], np.cumsum(2 * there.sum(axis=1))])
    head = b"".join(field_bytes(3, key.encode()) for key in keys) + b"".join(field_bytes(4, value) for value in numbers)
    return data, byte[counts], head


def _value(value: object) -> bytes:
    """One value as the specification's `Value` message."""
    if isinstance(value, bool | np.bool_):
        return field_varint(7, int(value))
    if isinstance(value, int | np.integer):
        number = int(value)
        return field_varint(5, number) if number >= 0 else field_varint(6, -2 * number - 1)
    if isinstance(value, float | np.floating):
        return field_double(3, float(value))
    return field_bytes(1, str(value).encode())
