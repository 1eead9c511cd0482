"""Medians of many small groups at once: a sorting network over whole arrays (Batcher 1968, "Sorting networks and their applications").

A network compares the same places whatever the values, so each comparison is one minimum and one maximum of two arrays. Only the
comparisons that the middle depends on are kept.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_WIDEST = 80
"""Above so many values a group, partial sorting is faster than the network."""


def median_of(columns: Sequence[Floats]) -> Floats:
    """Median over `columns`, arrays of one shape (...,); of an even number, the mean of the middle two. Shape (...,).

    No missing values: a NaN would travel to any place.

    >>> median_of([np.array([3.0, 1.0]), np.array([1.0, 8.0]), np.array([2.0, 2.0])]).tolist()
    [2.0, 2.0]
    """
    count = len(columns)
    middle = count // 2
    if count > _WIDEST:
        return np.median(np.stack(columns), axis=0)
    places = [np.array(column) for column in columns]
    spare = np.empty_like(places[0])
    for low, high in _comparisons(count):
        first, second = places[low], places[high]
        np.minimum(first, second, out=spare)
        np.maximum(first, second, out=second)
        places[low], spare = spare, first
    return places[middle] if count % 2 else (places[middle - 1] + places[middle]) / 2


@cache
def _comparisons(count: int) -> tuple[tuple[int, int], ...]:
    """The comparisons of the odd-even merge sort of `count` places that the middle place or places depend on, in order."""
    wanted = {count // 2, (count - 1) // 2}
    kept: list[tuple[int, int]] = []
    for low, high in reversed(_merge_sort(count)):
        if low in wanted or high in wanted:
            wanted |= {low, high}
            kept.append((low, high))
    return tuple(reversed(kept))


def _merge_sort(count: int) -> list[tuple[int, int]]:
    """All comparisons of the odd-even merge sort, in order."""
    found: list[tuple[int, int]] = []
    run = 1
    while run < count:
        step = run
        while step >= 1:
            for start in range(step % run, count - step, 2 * step):
                lows = range(start, min(start + step, count - step))
                found.extend((low, low + step) for low in lows if low // (2 * run) == (low + step) // (2 * run))
            step //= 2
        run *= 2
    return found
