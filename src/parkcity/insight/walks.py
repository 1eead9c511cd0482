"""Walks between cells and places: every pair within a distance, made once for a city and mended for a city under a scenario."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parkcity.travel import Pairs

    Ints = NDArray[np.int64]

_CELLS, _PLACES, _LONGEST_M = 2**21, 2**20, 4096.0
_PER_M = 1024.0
"""Distances are whole ticks of 2**-10 m, so that a distance, a place and a cell fit one whole number."""


@dataclass(frozen=True)
class Walks:
    """Pairs of a cell and a place within a distance, sorted by cell, then by place; each pair stands once.

    Shapes: `cell` and `place` int32 [k], `place` by its number among the chosen places; `metres` float64 [k];
    `order` int64 [k]: the pairs by rising distance, then place, then cell.
    """

    cell: NDArray[np.int32]
    place: NDArray[np.int32]
    metres: NDArray[np.float64]
    order: Ints

    @classmethod
    def of(cls, pairs: Pairs) -> Walks:
        """The pairs that a search found."""
        return cls.sorted(pairs.origin, pairs.place, pairs.cost)

    @classmethod
    def sorted(cls, cell: NDArray[np.int32], place: NDArray[np.int32], metres: NDArray[np.float64]) -> Walks:
        """Pairs in any order."""
        row = np.lexsort((place, cell))
        cell, place, metres = cell[row], place[row], metres[row]
        return cls(cell, place, metres, np.lexsort((cell, place, metres)))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The pairs as arrays by name."""
        return {"cell": self.cell, "place": self.place, "metres": self.metres, "order": self.order}

    def mended(self, stays: NDArray[np.bool_], number: Ints, fresh: Walks) -> Walks:
        """These pairs without those that do not stay, and with fresh ones, as one search over all would give them.

        `stays` bool [k]; `number` int64 [places]: the number that each place has now, rising, where any of its pairs stays.
        No pair stands both among those that stay and among the fresh.
        """
        old = self if stays.all() else self._only(stays)
        place = number[old.place].astype(np.int32)
        key = old.cell * np.int64(_PLACES) + place
        at = np.searchsorted(key, fresh.cell * np.int64(_PLACES) + fresh.place) if len(fresh.cell) else np.zeros(0, np.int64)
        cell, metres = np.insert(old.cell, at, fresh.cell), np.insert(old.metres, at, fresh.metres)
        place = np.insert(place, at, fresh.place)
        if not _fit(cell, place, metres):
            return Walks(cell, place, metres, np.lexsort((cell, place, metres)))
        fresh_row = at + np.arange(len(at))
        is_old = np.ones(len(cell), bool)
        is_old[fresh_row] = False
        old_order = np.flatnonzero(is_old)[old.order]
        key = _keys(cell, place, metres)
        rank = np.searchsorted(key[old_order], key[fresh_row][fresh.order])
        return Walks(cell, place, metres, np.insert(old_order, rank, fresh_row[fresh.order]))

    def _only(self, stays: NDArray[np.bool_]) -> Walks:
        row = np.cumsum(stays) - 1
        order = self.order[stays[self.order]]
        return Walks(self.cell[stays], self.place[stays], self.metres[stays], row[order])


def _fit(cell: NDArray[np.int32], place: NDArray[np.int32], metres: NDArray[np.float64]) -> bool:
    """Do a distance, a place and a cell fit one whole number of 63 bits?"""
    return bool(cell.max(initial=0) < _CELLS and place.max(initial=0) < _PLACES and metres.max(initial=0.0) < _LONGEST_M)


def _keys(cell: NDArray[np.int32], place: NDArray[np.int32], metres: NDArray[np.float64]) -> Ints:
    """One whole number a pair, in the order of distance, then place, then cell."""
    ticks = np.rint(metres * _PER_M).astype(np.int64)
    return (ticks * _PLACES + place) * _CELLS + cell
