"""Checks that every geometry passes on its way in: plausible degrees, valid rings, an account of what was repaired."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.errors import Fault, InputError
from parkcity.base.geo import to_wgs84

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parkcity.sense.raw import Tally

_MAX_LON, _MAX_LAT = 180.0, 90.0
_AREAL = (3, 6)
_IDENTICAL_SHARE = 0.5
_IDENTICAL_LEAST = 10


def lonlat(x: NDArray[np.float64], y: NDArray[np.float64], datum: str, where: str, first_row: int) -> tuple[Any, Any]:
    """WGS 84 longitude and latitude of points as received, or the fault that makes them unusable.

    Recognises exchanged columns and metres in a file that says degrees.
    """
    lon, lat = to_wgs84(x, y, datum)
    bad = ~(np.isfinite(lon) & np.isfinite(lat) & (np.abs(lon) <= _MAX_LON) & (np.abs(lat) <= _MAX_LAT))
    if bad.any():
        row = int(bad.nonzero()[0][0])
        what = f"{int(bad.sum())} of {len(bad)} points have no place on Earth under {datum} (x {x[row]:g}, y {y[row]:g})."
        swapped = np.abs(x) <= _MAX_LAT, np.abs(y) <= _MAX_LON
        if swapped[0].all() and swapped[1].all():
            todo = "longitude and latitude look exchanged: exchange the two columns in city.toml"
        elif np.nanmax(np.abs(x)) > _MAX_LON:
            todo = 'the numbers look like metres: state the projected system as `datum = "EPSG:number"`'
        else:
            todo = "correct the coordinates, or the datum in city.toml"
        raise InputError(Fault(where, what, "longitude -180 to 180, latitude -90 to 90.", todo, first_row + row))
    _, counts = np.unique(np.column_stack([lon, lat]), axis=0, return_counts=True)
    if len(lon) >= _IDENTICAL_LEAST and counts.max() >= _IDENTICAL_SHARE * len(lon):
        what = f"{int(counts.max())} of {len(lon)} points are at one and the same position."
        raise InputError(Fault(where, what, "each place at its own position.", "get the file again from its source"))
    return lon, lat


def repaired(shapes: NDArray[Any], names: list[str], tally: Tally) -> NDArray[Any]:
    """Valid geometries: what crosses itself is repaired, with a remark on which and by how much its area changed."""
    import shapely

    out = shapes.copy()
    for row in np.nonzero(~shapely.is_valid(shapes) & ~shapely.is_missing(shapes))[0]:
        reason = shapely.is_valid_reason(shapes[row]).split("[")[0]
        mended = shapely.make_valid(shapes[row], method="structure", keep_collapsed=False)
        before, after = shapely.area(shapes[row]), shapely.area(mended)
        change = abs(after - before) / before if before else 0.0
        out[row] = mended
        tally.remarks.append(f"'{names[row]}' was repaired: {reason.lower()}; its area changed by {change:.4%}")
    return out


def polygons_only(shapes: NDArray[Any], where: str) -> NDArray[Any]:
    """Polygons, or the fault that names the first row that is something else or empty."""
    import shapely

    wrong = ~np.isin(shapely.get_type_id(shapes), _AREAL) | shapely.is_empty(shapes)
    if wrong.any():
        row = int(wrong.nonzero()[0][0])
        kind = "nothing" if shapes[row] is None else shapes[row].geom_type
        raise InputError(Fault(where, f"{int(wrong.sum())} rows are not polygons (first: {kind}).", "polygons.", row=row + 1))
    return shapes
