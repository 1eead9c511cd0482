"""Residents of a city without a population grid: its total spread over the dwellings of an OpenStreetMap extract."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from parkcity.base.errors import FaultList, InputError
from parkcity.base.geo import Projection
from parkcity.sense.raw import READERS, Option, Raw, Reader, Request, Tally

if TYPE_CHECKING:
    from pathlib import Path


def can_read(path: Path) -> bool:
    """Is this a folder, in which the extract and the boundary may lie?"""
    return path.is_dir()


def read(request: Request) -> Raw:
    """Squares with residents (assumed) from an extract and the boundary of the area whose total is known.

    Raises `InputError` where the total or the side is not above 0, a file is not there, or there is no dwelling inside.
    """
    import shapely

    from parkcity.sense.dwellings import spread_over_homes
    from parkcity.sense.osm.places import buildings, surface_layer
    from parkcity.sense.osm.scan import Wanted, scan
    from parkcity.sense.point_buildings import remark
    from parkcity.sense.sources.vector import load_shapes

    where = str(request.path)
    total, side_m = int(request.options["total"]), float(request.options["side_m"])
    extract, boundary = request.path / request.text("osm"), request.text("boundary")
    faults = FaultList()
    if total <= 0:
        faults.add(where, f"`total` is {total}.", allowed="a number of residents above 0.")
    if not side_m > 0:
        faults.add(where, f"`side_m` is {side_m:g}.", allowed="a length in metres above 0.")
    for name in [request.text("osm"), *([boundary] if boundary else [])]:
        if not (request.path / name).is_file() or ".." in name:
            faults.add(where, f"there is no file '{name}' in the folder.", todo="correct the option in city.toml, or add the file")
    faults.check()
    found = scan(extract, Wanted(frozenset({"building"}), frozenset(), _AREA_KEYS, routes=False))
    houses, _ = buildings(found.areas, found.points)
    area: Any = None
    if boundary:
        area = shapely.union_all(load_shapes(request.path / boundary, request.datum)[0].geometry.to_numpy())
    bounds = area.bounds if area is not None else houses.total_bounds
    projection = Projection.choose(float((bounds[0] + bounds[2]) / 2), float((bounds[1] + bounds[3]) / 2)) if len(houses) else None
    tally = Tally(rows_in=len(houses))
    if projection is not None:
        homes = spread_over_homes(houses, surface_layer(found, "landuse"), area, total, side_m, projection)
        assumed = houses["area_m2"].to_numpy(float)[(houses["ground"] == "assumed").to_numpy(bool)]
        tally.remarks, tally.rows_kept = [*homes.remarks, *([remark(assumed)] if len(assumed) else [])], len(homes.table)
        if len(homes.table):
            return Raw(tally, homes.table)
    faults.add(where, "there is no dwelling inside the area.", allowed="at least one building that people live in.")
    raise InputError(faults.faults)


_AREA_KEYS = frozenset({"building", "landuse", "amenity", "aeroway", "military"})

READERS.add(
    Reader(
        "osm_dwellings",
        ("cells",),
        "a folder with an OpenStreetMap extract and the boundary of an area whose number of residents is known.",
        {
            "osm": Option(str, None, "the extract in the folder"),
            "boundary": Option(str, "", "polygons of the area in the folder; left out, the whole extract"),
            "total": Option(int, None, "residents of the area"),
            "side_m": Option(float, 100.0, "side of the squares in which residents are gathered, metres"),
        },
        can_read,
        read,
    )
)
