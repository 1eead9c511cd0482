"""A cost surface: the least cost at every square of a grid, from points on the streets and the walk away from them."""

from __future__ import annotations

import math

from parkcity.travel.kernels.jit import Float64, kernel


@kernel
def stamp(
    x: Float64, y: Float64, cost: Float64, low_x: float, low_y: float, side: float, radius: float, per_metre: float, grid: Float64
) -> None:
    """Lower every square within `radius` metres of a point to the point's cost plus the walk to the square's centre.

    Shapes: points float64 [p], metres and cost; `grid` float64 [rows, columns], in and out, row 0 at the bottom, squares of `side`
    metres from (`low_x`, `low_y`); `per_metre`, cost of a metre away from the streets.
    """
    rows, columns = grid.shape
    for i in range(len(x)):
        first_row = max(0, math.floor((y[i] - radius - low_y) / side))
        last_row = min(rows - 1, math.floor((y[i] + radius - low_y) / side))
        first_column = max(0, math.floor((x[i] - radius - low_x) / side))
        last_column = min(columns - 1, math.floor((x[i] + radius - low_x) / side))
        for row in range(first_row, last_row + 1):
            for column in range(first_column, last_column + 1):
                away = math.hypot(low_x + (column + 0.5) * side - x[i], low_y + (row + 0.5) * side - y[i])
                if away <= radius:
                    grid[row, column] = min(grid[row, column], cost[i] + away * per_metre)
