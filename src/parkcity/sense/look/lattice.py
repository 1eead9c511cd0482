"""Is a table of cell centres a lattice of hexagons or squares, and of which size?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from parkcity.base.geo import Projection
from parkcity.sense.sources.cell_centres import lattice_cells

if TYPE_CHECKING:
    from numpy.typing import NDArray

_RESIDUAL_M = 2.0
_AREA_FIT = 0.02
_SQRT3 = float(np.sqrt(3.0))


@dataclass(frozen=True)
class Lattice:
    """The shape of the cells (`hexagon` or `square`), the length of a side in metres, and the system in which it is regular."""

    shape: str
    side_m: float
    crs: str


def find_lattice(lon: NDArray[np.float64], lat: NDArray[np.float64], area_m2: NDArray[np.float64]) -> Lattice | None:
    """The lattice of cell centres [n] (WGS 84) with their areas, or None where there is none.

    The side follows from the largest area; the shape is that whose centres lie as far apart as they do. The UTM zone is tried.
    """
    from scipy.spatial import cKDTree

    if len(lon) < 3:
        return None
    projection = Projection.choose(float(np.median(lon)), float(np.median(lat)))
    x, y = projection.forward(lon, lat)
    largest = float(np.max(area_m2))
    whole = np.column_stack([x, y])[area_m2 > 0.999 * largest]
    if len(whole) < 2:
        return None
    distances = np.asarray(cKDTree(whole).query(whole, k=2)[0])
    apart = float(np.median(distances[:, 1]))
    sides = {"hexagon": float(np.sqrt(largest / (1.5 * _SQRT3))), "square": float(np.sqrt(largest))}
    spacing = {"hexagon": _SQRT3 * sides["hexagon"], "square": sides["square"]}
    for shape, side in sides.items():
        if abs(spacing[shape] / apart - 1) > _AREA_FIT:
            continue
        for length in (round(side), side):
            if length > 0 and lattice_cells(x, y, area_m2, shape, float(length))[1] <= _RESIDUAL_M:
                return Lattice(shape, float(length), projection.name)
    return None
