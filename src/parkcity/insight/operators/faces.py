"""Faces of a street network as rings of points."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def part_areas(ring: Floats, first: Ints, last: Ints) -> Floats:
    """Area of the part that a chord from point `first` to point `last` cuts off a simple ring [n, 2], float64 [chords].

    `first` < `last` are rows of the ring, which is not closed. The part is bounded by the ring from `first` to `last` and by the chord;
    the rest of the face is its area less this. Source: the shoelace formula, summed along the ring.

    >>> square = np.array([[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0]])
    >>> part_areas(square, np.array([0]), np.array([2])).tolist()
    [2.0]
    """
    x, y = ring[:, 0], ring[:, 1]
    cross = x[:-1] * y[1:] - x[1:] * y[:-1]
    along = np.r_[0.0, np.cumsum(cross)]
    closing = x[last] * y[first] - x[first] * y[last]
    return np.asarray(np.abs(along[last] - along[first] + closing) / 2.0)
