"""Population cells that are given by their centres only: hexagons or squares of one size.

The centre of a clipped cell is that of its clipped piece, so the lattice is fitted to the whole cells, and every clipped
cell is the lattice cell in which its centre lies. The twin clips them to the study area.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.errors import Fault, InputError
from parkcity.base.geo import WGS84, Projection, frame, shapes_to_wgs84
from parkcity.base.tables import Column, Schema, read_csv
from parkcity.sense.raw import READERS, Option, Raw, Reader, Request, Tally
from parkcity.sense.shapes import lonlat

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_SHAPES = ("hexagon", "square")
_WHOLE = 0.999
_FIT_TOLERANCE_M = 2.0
_SQRT3 = float(np.sqrt(3.0))


def can_read(path: Path) -> bool:
    """Is this a text table by its name?"""
    return path.is_file() and path.name.lower().endswith((".csv", ".csv.gz"))


def read(request: Request) -> Raw:
    """Cells with polygons (WGS 84), their area as given, and every other column of the table."""
    where = str(request.path)
    shape, side = request.text("shape"), float(request.options["side_m"])
    if shape not in _SHAPES or side <= 0:
        raise InputError(Fault(where, f"shape '{shape}' with side {side:g} m.", f"{' or '.join(_SHAPES)}, side above 0."))
    table, encoding = read_csv(request.path, request.text("encoding") or None)
    names = {key: request.text(key) for key in ("id", "lon", "lat", "area_m2")}
    counts = [str(name) for name in request.options["counts"]]
    columns = [
        Column(names["id"]),
        Column(names["lon"], "number"),
        Column(names["lat"], "number"),
        Column(names["area_m2"], "number", "m2", minimum=0),
        *(Column(name, "number", "persons", minimum=0) for name in counts),
    ]
    typed, faults = Schema(tuple(columns)).check(table, where)
    if names["id"] in table.columns:
        double = np.nonzero(table[names["id"]].duplicated().to_numpy())[0][:5]
        faults += [
            Fault(where, f"the id '{table[names['id']].iloc[row]}' stands twice.", "one row a cell.", row=int(row) + 2) for row in double
        ]
    if faults:
        raise InputError(faults)
    lon, lat = lonlat(typed[names["lon"]].to_numpy(float), typed[names["lat"]].to_numpy(float), request.datum, where, 2)
    projection = Projection.declared(request.text("lattice_crs"))
    x, y = projection.forward(lon, lat)
    area = typed[names["area_m2"]].to_numpy(float)
    rings, worst = lattice_cells(x, y, area, shape, side)
    tally = Tally(rows_in=len(table), rows_kept=len(table), encoding=encoding)
    if worst > _FIT_TOLERANCE_M:
        what = f"the centres are up to {worst:.1f} m off a lattice of {shape}s with side {side:g} m."
        raise InputError(Fault(where, what, f"at most {_FIT_TOLERANCE_M:g} m.", "correct `shape`, `side_m` or `lattice_crs`"))
    tally.remarks.append(f"{shape} lattice with side {side:g} m fitted to the whole cells; largest residual {worst:.2f} m")
    import shapely

    polygons = shapes_to_wgs84(np.asarray(shapely.polygons(rings)), projection)
    keep: dict[str, Any] = {name: typed[name] for name in typed.columns if name not in {names["lon"], names["lat"]}}
    keep["id"] = typed[names["id"]].astype(str)
    keep |= {"area_m2": area, "centre_lon": lon, "centre_lat": lat}
    if names["id"] != "id":
        del keep[names["id"]]
    return Raw(tally, frame(keep, polygons, WGS84))


def lattice_cells(
    x: NDArray[np.float64], y: NDArray[np.float64], area: NDArray[np.float64], shape: str, side: float
) -> tuple[NDArray[np.float64], float]:
    """Rings [n, k, 2] of the lattice cells in which points lie, and the largest residual of the whole cells' centres (m).

    Hexagons are flat-topped: columns 1.5 sides apart, rows sqrt(3) sides apart, every second column half a row lower.
    """
    whole = area >= _WHOLE * (1.5 * _SQRT3 * side * side if shape == "hexagon" else side * side)
    if not whole.any():
        whole = area == area.max()
    # One whole cell is the anchor; the mean residual of all whole cells then moves the lattice onto them.
    anchor = int(np.argmax(whole))
    origin_x, origin_y = x[anchor], y[anchor]
    centre_x, centre_y = _nearest_centre(x - origin_x, y - origin_y, shape, side)
    shift_x = float(np.mean((x - origin_x - centre_x)[whole]))
    shift_y = float(np.mean((y - origin_y - centre_y)[whole]))
    origin_x, origin_y = origin_x + shift_x, origin_y + shift_y
    centre_x, centre_y = _nearest_centre(x - origin_x, y - origin_y, shape, side)
    worst = float(np.hypot(x - origin_x - centre_x, y - origin_y - centre_y)[whole].max())
    if shape == "hexagon":
        angle = np.radians(np.arange(0, 360, 60))
        corner_x, corner_y = side * np.cos(angle), side * np.sin(angle)
    else:
        corner_x, corner_y = side / 2 * np.array([-1.0, 1, 1, -1]), side / 2 * np.array([-1.0, -1, 1, 1])
    ring_x = (centre_x + origin_x)[:, None] + corner_x[None, :]
    ring_y = (centre_y + origin_y)[:, None] + corner_y[None, :]
    return np.stack([ring_x, ring_y], axis=2), worst


def _nearest_centre(
    x: NDArray[np.float64], y: NDArray[np.float64], shape: str, side: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if shape == "square":
        return np.round(x / side) * side, np.round(y / side) * side
    # The lattice cell of a point is that of the nearest centre: try the two nearest columns.
    row_height = _SQRT3 * side
    best_x, best_y, best = np.zeros_like(x), np.zeros_like(y), np.full(x.shape, np.inf)
    base = np.floor(x / (1.5 * side))
    for step in (0.0, 1.0):
        column = base + step
        low = np.where(column % 2 == 1, row_height / 2, 0.0)
        centre_x, centre_y = column * 1.5 * side, np.round((y - low) / row_height) * row_height + low
        distance = np.hypot(x - centre_x, y - centre_y)
        nearer = distance < best
        best = np.where(nearer, distance, best)
        best_x, best_y = np.where(nearer, centre_x, best_x), np.where(nearer, centre_y, best_y)
    return best_x, best_y


READERS.add(
    Reader(
        "cell_centres",
        ("cells", "counts"),
        "a CSV table of cell centres of a hexagon or square lattice.",
        {
            "encoding": Option(str, "", "the encoding; left out, it is detected"),
            "id": Option(str, "id", "column with the cell's id"),
            "lon": Option(str, "lon", "column with the longitude of the centre"),
            "lat": Option(str, "lat", "column with the latitude of the centre"),
            "area_m2": Option(str, "area_m2", "column with the cell's area in square metres"),
            "counts": Option(list, None, "columns with counts of people"),
            "shape": Option(str, None, "hexagon or square"),
            "side_m": Option(float, None, "length of a side in metres"),
            "zone_column": Option(str, "", "column in which the source itself states a cell's zone"),
            "zone_tier": Option(str, "", "the tier that `zone_column` speaks of"),
            "lattice_crs": Option(str, None, "the projected system in which the lattice is regular, as EPSG:number"),
        },
        can_read,
        read,
    )
)
