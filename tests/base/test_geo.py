"""Coordinates: published conversion pairs, exact inverses, and the choice of the city's system."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parkcity.base.errors import UsageError
from parkcity.base.geo import (
    Projection,
    bd09_to_gcj02,
    from_wgs84,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    normalise_datum,
    to_wgs84,
    wgs84_to_gcj02,
)

# source: test pairs of github.com/googollee/eviltransform 03ba58d (MIT; numbers only)
PUBLISHED_GCJ = [
    (121.527211, 31.177428, 121.531542, 31.175304),
    (113.912316, 22.543847, 113.917177, 22.540796),
    (116.377817, 39.911954, 116.384047, 39.913345),
]
METRES_PER_DEGREE = 111_320.0

in_china = st.tuples(st.floats(75.0, 134.0), st.floats(19.0, 53.0))


def one(*values: float) -> list[np.ndarray]:
    return [np.array([value]) for value in values]


@pytest.mark.parametrize(("lon", "lat", "to_lon", "to_lat"), PUBLISHED_GCJ)
def test_gcj02_agrees_with_published_pairs_to_a_millionth_of_a_degree(lon: float, lat: float, to_lon: float, to_lat: float) -> None:
    found = wgs84_to_gcj02(*one(lon, lat))
    assert found[0][0] == pytest.approx(to_lon, abs=1e-6)
    assert found[1][0] == pytest.approx(to_lat, abs=1e-6)


@given(in_china)
def test_gcj02_inverse_is_exact_to_under_a_tenth_of_a_metre(point: tuple[float, float]) -> None:
    lon, lat = one(*point)
    back = gcj02_to_wgs84(*wgs84_to_gcj02(lon, lat))
    assert np.hypot(back[0] - lon, back[1] - lat)[0] * METRES_PER_DEGREE < 0.1


@given(in_china)
def test_bd09_inverse_is_exact_to_under_a_tenth_of_a_metre(point: tuple[float, float]) -> None:
    lon, lat = one(*point)
    back = bd09_to_gcj02(*gcj02_to_bd09(lon, lat))
    assert np.hypot(back[0] - lon, back[1] - lat)[0] * METRES_PER_DEGREE < 0.1


@given(in_china, st.sampled_from(["GCJ02", "BD09", "CGCS2000", "EPSG:4547", "EPSG:32648"]))
def test_every_datum_goes_there_and_back(point: tuple[float, float], datum: str) -> None:
    lon, lat = one(*point)
    back = to_wgs84(*from_wgs84(lon, lat, datum), datum)
    # EPSG:4547 and 32648 are transverse Mercator zones: far from their meridian the inverse loses accuracy.
    if datum.startswith("EPSG") and abs(point[0] - 105.0) > 12:
        return
    assert np.hypot(back[0] - lon, back[1] - lat)[0] * METRES_PER_DEGREE < 0.1


def test_cgcs2000_agrees_with_wgs84_within_centimetres() -> None:
    there = one(104.07, 30.66)
    lon, lat = to_wgs84(there[0], there[1], "CGCS2000")
    assert abs(lon[0] - 104.07) * METRES_PER_DEGREE < 0.05
    assert abs(lat[0] - 30.66) * METRES_PER_DEGREE < 0.05


def test_outside_china_the_map_datums_change_nothing() -> None:
    lon, lat = wgs84_to_gcj02(*one(-15.4, 28.1))
    assert (lon[0], lat[0]) == (-15.4, 28.1)


def test_projection_keeps_the_length_of_a_kilometre_within_a_thousandth() -> None:
    # Closed form: on the WGS 84 ellipsoid one degree of latitude at 30.66 N is 110,862 m (meridian arc, M phi).
    # source: M = a(1-e2)/(1-e2 sin^2)^1.5 with a 6378137, e2 0.00669438: 6,351,9xx m per radian
    a, e2, phi = 6378137.0, 0.00669437999014, np.radians(30.66)
    metres = a * (1 - e2) / (1 - e2 * np.sin(phi) ** 2) ** 1.5 * np.radians(0.01)
    x, y = Projection.choose(104.07, 30.66).forward(np.array([104.07, 104.07]), np.array([30.655, 30.665]))
    assert np.hypot(np.diff(x), np.diff(y))[0] == pytest.approx(metres, rel=1e-3)


@pytest.mark.parametrize("text", ["EPSG:99999999", "WGS72x", "gcj"])
def test_an_unknown_datum_lists_what_is_allowed(text: str) -> None:
    with pytest.raises(UsageError, match=r"allowed|registry"):
        normalise_datum(text)


def test_degrees_are_refused_as_a_citys_system() -> None:
    with pytest.raises(UsageError, match="projected system in metres"):
        Projection.declared("EPSG:4326")
