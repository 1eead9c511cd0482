"""Lengths and areas of positions in degrees, on the WGS 84 ellipsoid, without choosing a projected system.

A degree is as long as the ellipsoid's radii of curvature say at the latitude where it is measured. For stretches under 10
km the difference to the geodesic is below one part in a hundred thousand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_A = 6378137.0
_E2 = 0.0066943799901413165


def degree_metres(lat: Floats) -> tuple[Floats, Floats]:
    """Metres of one degree of longitude and of latitude at latitudes (degrees), arrays [n]."""
    phi = np.radians(lat)
    square = 1.0 - _E2 * np.sin(phi) ** 2
    east = _A / np.sqrt(square) * np.cos(phi)
    north = _A * (1.0 - _E2) / square**1.5
    return np.radians(east), np.radians(north)


def distance(lon_1: Floats, lat_1: Floats, lon_2: Floats, lat_2: Floats) -> Floats:
    """Metres between positions (degrees), arrays [n]."""
    east, north = degree_metres((lat_1 + lat_2) / 2.0)
    # Across the antimeridian the short way is meant.
    turn = (lon_2 - lon_1 + 180.0) % 360.0 - 180.0
    return np.asarray(np.hypot(turn * east, (lat_2 - lat_1) * north))


def areas(shapes: NDArray[Any]) -> Floats:
    """Square metres of polygons in degrees, array [n], each measured at the latitude of its middle."""
    import shapely

    bounds = shapely.bounds(shapes)
    east, north = degree_metres((bounds[:, 1] + bounds[:, 3]) / 2.0)
    return np.asarray(shapely.area(shapes) * east * north)


def to_local(lon: Floats, lat: Floats, lat_0: float) -> tuple[Floats, Floats]:
    """Metres east and north of the origin of degrees, at the scale of the latitude `lat_0`: for searches nearby, not for results."""
    east, north = degree_metres(np.array([lat_0]))
    return lon * east[0], lat * north[0]


def widened(box: tuple[float, float, float, float], metres: float) -> tuple[float, float, float, float]:
    """A box (west, south, east, north in degrees) with a margin in metres on every side."""
    west, south, east, north = box
    degree_east, degree_north = degree_metres(np.array([max(abs(south), abs(north))]))
    d_lon, d_lat = metres / float(degree_east[0]), metres / float(degree_north[0])
    return west - d_lon, south - d_lat, east + d_lon, north + d_lat
