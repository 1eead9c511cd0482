"""Buildings that a map marks by a point alone: where they stand is known, their ground is assumed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.sense.osm.metric import degree_metres
from parkcity.standards import parameter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_LEAST = 30
"""So many drawn buildings of one use are needed before their median speaks for that use."""


def assumed_ground(uses: Sequence[str], drawn_uses: Sequence[str], drawn_m2: Floats) -> Floats:
    """Square metres assumed for buildings of some uses, float64 [n]: the median of those drawn of the same use, of all drawn, or a default.

    `drawn_uses` and `drawn_m2` [m]: use and ground of the buildings that are drawn in the same source.
    """
    default = float(np.median(drawn_m2)) if len(drawn_m2) >= _LEAST else parameter("osm_parameters", "building.point_area").number
    known = np.asarray(drawn_uses, object)
    typical: dict[str, float] = {}
    for use in sorted(set(uses)):
        mine = drawn_m2[known == use]
        typical[use] = float(np.median(mine)) if len(mine) >= _LEAST else default
    return np.array([typical[use] for use in uses], np.float64)


def squares(lon: Floats, lat: Floats, area_m2: Floats) -> NDArray[Any]:
    """Squares (WGS 84) of some areas round points, array [n]."""
    import shapely

    east, north = degree_metres(lat)
    half = np.sqrt(area_m2) / 2.0
    return np.asarray(shapely.box(lon - half / east, lat - half / north, lon + half / east, lat + half / north), object).reshape(len(lon))


def beside_drawn(lon: Floats, lat: Floats, shapes: NDArray[Any]) -> NDArray[np.bool_]:
    """Which points lie in none of the polygons drawn, bool [n]: a point within one marks the same building."""
    import shapely

    free = np.ones(len(lon), bool)
    inside, _ = shapely.STRtree(shapes).query(shapely.points(lon, lat), predicate="intersects")
    free[inside] = False
    return free


def remark(areas_m2: Floats) -> str:
    """What is told of buildings known by a point alone."""
    low, high = float(areas_m2.min()), float(areas_m2.max())
    size = f"{low:,.0f} m2" if low == high else f"{low:,.0f} to {high:,.0f} m2 by their use"
    return f"{len(areas_m2):,} buildings are marked by a point alone; their ground is assumed: squares of {size}"
