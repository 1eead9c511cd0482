"""A look at a raster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from parkcity.sense.grids import read_grid
from parkcity.sense.look.finding import Look, date_in_name

if TYPE_CHECKING:
    from pathlib import Path


def look_raster(path: Path) -> Look:
    """Extent, sum and number of filled pixels of a raster's first band."""
    grid = read_grid(path, None, 1)
    known = np.isfinite(grid.cells)
    filled = known & (grid.cells > 0)
    rows, columns = np.nonzero(filled if filled.any() else np.ones_like(filled))
    shapes = grid.boxes(np.array([rows.min(), rows.max()]), np.array([columns.min(), columns.max()]))
    import shapely

    west, south, east, north = (float(edge) for edge in shapely.total_bounds(shapes))
    facts = {"sum": float(grid.cells[known].sum()), "filled": int(filled.sum()), "least": float(grid.cells[known].min(initial=0.0))}
    return Look(
        path, "raster", box=(west, south, east, north), datum=grid.system, date=date_in_name(path), rows=int(known.sum()), facts=facts
    )
