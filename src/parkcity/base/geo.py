"""The only module that knows coordinate systems.

Files come in any EPSG system or one of the Chinese map datums; inside, a city lives in one projected metric system; what
leaves is WGS 84 longitude and latitude. CGCS2000 (EPSG:4490) and its zones are ordinary EPSG systems here: they agree with
WGS 84 within the accuracy of every source. GCJ-02 is the offset that Chinese map services must apply, BD-09 a second offset
on top of it; neither has an EPSG code.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.errors import UsageError

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray
    from pyproj import Transformer
    from shapely.geometry.base import BaseGeometry

    Floats = NDArray[np.float64]

MAP_DATUMS = ("gcj02", "bd09")
"""Datums without an EPSG code."""

# Krassovsky 1940 ellipsoid, on which the GCJ-02 offset is defined.
_KRASSOVSKY_A = 6378245.0
_KRASSOVSKY_E2 = 0.00669342162296594323
_CHINA_BOX = (73.66, 18.16, 135.05, 53.56)
_BD_PHASE = np.pi * 3000.0 / 180.0
# Each round of the inverse divides the error by about ten thousand; five rounds end below a micrometre.
_INVERSE_ROUNDS = 5

WGS84 = "EPSG:4326"


def normalise_datum(text: str) -> str:
    """The canonical name of a datum or system: `gcj02`, `bd09` or `EPSG:n`.

    >>> normalise_datum("WGS 84"), normalise_datum("CGCS2000"), normalise_datum("epsg:32648"), normalise_datum("GCJ-02")
    ('EPSG:4326', 'EPSG:4490', 'EPSG:32648', 'gcj02')
    """
    key = text.strip().lower().replace("-", "").replace(" ", "").replace("_", "")
    known = {"wgs84": WGS84, "cgcs2000": "EPSG:4490", "gcj02": "gcj02", "bd09": "bd09", "bd09ll": "bd09"}
    if key in known:
        return known[key]
    if key.startswith("epsg:") and key[5:].isdecimal():
        _check_epsg(int(key[5:]))
        return f"EPSG:{key[5:]}"
    msg = f"unknown datum '{text}'; allowed: WGS84, CGCS2000, GCJ02, BD09 or EPSG:number"
    raise UsageError(msg)


@cache
def _check_epsg(code: int) -> None:
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        CRS.from_epsg(code)
    except CRSError:
        msg = f"EPSG:{code} is not a coordinate system of the EPSG registry"
        raise UsageError(msg) from None


def _inside_china(lon: Floats, lat: Floats) -> NDArray[np.bool_]:
    west, south, east, north = _CHINA_BOX
    return (lon > west) & (lon < east) & (lat > south) & (lat < north)


def _gcj_offset(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Offset in degrees that GCJ-02 adds to a WGS 84 position (published reverse-engineered formula)."""
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    ripple = (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0
    d_lat = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + ripple
    d_lat += (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    d_lat += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    d_lon = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + ripple
    d_lon += (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    d_lon += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    phi = np.radians(lat)
    magic = 1.0 - _KRASSOVSKY_E2 * np.sin(phi) ** 2
    root_magic = np.sqrt(magic)
    d_lat = np.degrees(d_lat / (_KRASSOVSKY_A * (1.0 - _KRASSOVSKY_E2) / (magic * root_magic)))
    d_lon = np.degrees(d_lon / (_KRASSOVSKY_A / root_magic * np.cos(phi)))
    inside = _inside_china(lon, lat)
    return np.where(inside, d_lon, 0.0), np.where(inside, d_lat, 0.0)


def wgs84_to_gcj02(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """GCJ-02 position of WGS 84 points, arrays [n] of degrees; outside China nothing changes."""
    d_lon, d_lat = _gcj_offset(lon, lat)
    return lon + d_lon, lat + d_lat


def gcj02_to_wgs84(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """WGS 84 position of GCJ-02 points by fixed-point iteration, exact to far under 0.1 m."""
    out_lon, out_lat = lon.copy(), lat.copy()
    for _ in range(_INVERSE_ROUNDS):
        d_lon, d_lat = _gcj_offset(out_lon, out_lat)
        out_lon, out_lat = lon - d_lon, lat - d_lat
    return out_lon, out_lat


def gcj02_to_bd09(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """BD-09 position of GCJ-02 points (published formula)."""
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BD_PHASE)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BD_PHASE)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def bd09_to_gcj02(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """GCJ-02 position of BD-09 points by fixed-point iteration.

    The published inverse is only good to about a metre; iterating the forward formula ends below a micrometre.
    """
    out_lon, out_lat = lon - 0.0065, lat - 0.006
    for _ in range(_INVERSE_ROUNDS):
        there_lon, there_lat = gcj02_to_bd09(out_lon, out_lat)
        out_lon, out_lat = out_lon + (lon - there_lon), out_lat + (lat - there_lat)
    return out_lon, out_lat


@cache
def _transformer(source: str, target: str) -> Transformer:
    from pyproj import Transformer

    return Transformer.from_crs(source, target, always_xy=True)


def to_wgs84(x: Floats, y: Floats, datum: str) -> tuple[Floats, Floats]:
    """Longitude and latitude (WGS 84) of points in any datum or EPSG system; x is east or longitude."""
    datum = normalise_datum(datum)
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if datum == WGS84:
        return x, y
    if datum == "gcj02":
        return gcj02_to_wgs84(x, y)
    if datum == "bd09":
        return gcj02_to_wgs84(*bd09_to_gcj02(x, y))
    from pyproj.exceptions import ProjError

    try:
        lon, lat = _transformer(datum, WGS84).transform(x, y)
    except ProjError as error:
        msg = f"{datum} cannot be used here ({error})"
        raise UsageError(msg) from None
    return np.asarray(lon), np.asarray(lat)


def from_wgs84(lon: Floats, lat: Floats, datum: str) -> tuple[Floats, Floats]:
    """Coordinates in a datum or EPSG system of WGS 84 points."""
    datum = normalise_datum(datum)
    lon, lat = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    if datum == WGS84:
        return lon, lat
    if datum == "gcj02":
        return wgs84_to_gcj02(lon, lat)
    if datum == "bd09":
        return gcj02_to_bd09(*wgs84_to_gcj02(lon, lat))
    x, y = _transformer(WGS84, datum).transform(lon, lat)
    return np.asarray(x), np.asarray(y)


@dataclass(frozen=True)
class Projection:
    """The one projected system of a city: metres east and north."""

    epsg: int

    @classmethod
    def choose(cls, lon: float, lat: float) -> Projection:
        """The UTM zone around a point (WGS 84 degrees).

        >>> Projection.choose(104.07, 30.66)
        Projection(epsg=32648)
        """
        zone = min(int((lon + 180.0) // 6.0) + 1, 60)
        return cls((32600 if lat >= 0 else 32700) + zone)

    @classmethod
    def declared(cls, text: str) -> Projection:
        """A projected system in metres named by the user; others are refused."""
        from pyproj import CRS

        name = normalise_datum(text)
        if name in MAP_DATUMS:
            msg = f"{text} is a map datum, not a projected system in metres"
            raise UsageError(msg)
        crs = CRS.from_user_input(name)
        if not crs.is_projected or any(axis.unit_conversion_factor != 1.0 for axis in crs.axis_info):
            msg = f"{text} is not a projected system in metres; leave `crs` out to have the UTM zone chosen"
            raise UsageError(msg)
        return cls(int(name.removeprefix("EPSG:")))

    @property
    def name(self) -> str:
        """The system's name, as `EPSG:n`."""
        return f"EPSG:{self.epsg}"

    def forward(self, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        """Metres east and north of WGS 84 points, arrays [n]."""
        return from_wgs84(lon, lat, self.name)

    def inverse(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """WGS 84 longitude and latitude of points in metres, arrays [n]."""
        return to_wgs84(x, y, self.name)


def shapes_to_metric(shapes: NDArray[Any], datum: str, projection: Projection) -> NDArray[Any]:
    """Geometries (array of shapely) in any datum, moved to the city's metric system."""
    import shapely

    def move(xy: Floats) -> Floats:
        if not len(xy):
            return xy
        lon, lat = to_wgs84(xy[:, 0], xy[:, 1], datum)
        return np.column_stack(projection.forward(lon, lat))

    return np.asarray(shapely.transform(shapely.force_2d(shapes), move))


def shapes_to_wgs84(shapes: NDArray[Any], projection: Projection) -> NDArray[Any]:
    """Geometries in the city's metric system, moved to WGS 84."""
    import shapely

    def move(xy: Floats) -> Floats:
        if not len(xy):
            return xy
        return np.column_stack(projection.inverse(xy[:, 0], xy[:, 1]))

    return np.asarray(shapely.transform(shapes, move))


_MERCATOR_LIMIT = 85.0511287798066


def shapes_to_world_square(shapes: NDArray[Any]) -> NDArray[Any]:
    """WGS 84 geometries on the square that web maps cut into tiles: x east and y south, 0 to 1 (spherical Mercator, EPSG:3857).

    Latitudes beyond 85.05 degrees lie on the edge.
    """
    import shapely

    def move(xy: Floats) -> Floats:
        phi = np.radians(np.clip(xy[:, 1], -_MERCATOR_LIMIT, _MERCATOR_LIMIT))
        return np.column_stack([xy[:, 0] / 360.0 + 0.5, 0.5 - np.arcsinh(np.tan(phi)) / (2.0 * np.pi)])

    return np.asarray(shapely.transform(shapely.force_2d(shapes), move))


def world_square_to_wgs84(x: float, y: float) -> tuple[float, float]:
    """Longitude and latitude of a point on the square of web maps.

    >>> world_square_to_wgs84(0.5, 0.5)
    (0.0, 0.0)
    """
    return (x - 0.5) * 360.0, float(np.degrees(np.arctan(np.sinh((0.5 - y) * 2.0 * np.pi))))


def frame(columns: dict[str, Any], shapes: NDArray[Any] | list[BaseGeometry], crs: str) -> gpd.GeoDataFrame:
    """A GeoDataFrame in a stated system: the one place where tables are given their coordinate system."""
    import geopandas as gpd

    return gpd.GeoDataFrame(columns, geometry=np.asarray(shapes, dtype=object), crs=crs)


def epsg_of(source_crs: Any) -> str | None:
    """The datum name of a coordinate system as a file declares it (anything pyproj reads), or None if it has no EPSG code."""
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    if source_crs is None:
        return None
    try:
        code = CRS.from_user_input(source_crs).to_epsg(min_confidence=70)
    except CRSError:
        return None
    if code is None:
        crs84 = str(source_crs).upper()
        return WGS84 if "CRS84" in crs84 else None
    return f"EPSG:{code}"
