"""The order of nodes along a Hilbert curve, so that neighbours on the ground are neighbours in memory."""

from __future__ import annotations

import numpy as np

from parkcity.travel.kernels.jit import Float64, Int64, kernel

LEVELS = 16


@kernel
def hilbert_keys(x: Float64, y: Float64, low_x: float, low_y: float, side: float) -> Int64:
    """The position of each point along a Hilbert curve of 2**16 x 2**16 squares over the square (low, low + side).

    Shapes: x, y float64 [n], metres; result int64 [n]. Paper: D. Hilbert (1891), Math. Annalen 38, 459-460; the turn-and-flip
    walk down the levels is the usual one.
    """
    keys = np.empty(len(x), np.int64)
    cells = 1 << LEVELS
    for i in range(len(x)):
        column = min(cells - 1, max(0, int((x[i] - low_x) / side * cells)))
        row = min(cells - 1, max(0, int((y[i] - low_y) / side * cells)))
        key = 0
        half = cells >> 1
        while half > 0:
            right = 1 if (column & half) > 0 else 0
            upper = 1 if (row & half) > 0 else 0
            key += half * half * ((3 * right) ^ upper)
            if upper == 0:
                if right == 1:
                    column = cells - 1 - column
                    row = cells - 1 - row
                column, row = row, column
            half >>= 1
        keys[i] = key
    return keys


def hilbert_order(x: Float64, y: Float64) -> Int64:
    """Indices that sort points along the curve; equal squares keep the caller's order. Shapes: float64 [n] to int64 [n]."""
    if len(x) == 0:
        return np.empty(0, np.int64)
    low_x, low_y = float(x.min()), float(y.min())
    side = max(float(x.max()) - low_x, float(y.max()) - low_y, 1.0)
    return np.argsort(hilbert_keys(x, y, low_x, low_y, side), kind="stable")
