"""Cells that the city lays itself over the study area: squares or H3 hexagons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.errors import Fault, FaultList, InputError
from parkcity.base.geo import WGS84, Projection, frame, shapes_to_metric, shapes_to_wgs84
from parkcity.twin.zones import CITY_TIER, of_tier

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from parkcity.base.spec import CellsSpec, CitySpec

MOST_CELLS = 2_000_000
"""More cells than this are refused: the numbers by cell would not fit a desk machine."""


def lay_grid(spec: CitySpec, zones: gpd.GeoDataFrame, projection: Projection) -> gpd.GeoDataFrame:
    """Cells `id, centre_lon, centre_lat, area_m2, geometry` (WGS 84) that tile the study area, clipped to it.

    The centre of a cell is a point inside its clipped shape. Raises `InputError` where an option is missing or does not
    belong to the grid, and where there would be more than `MOST_CELLS`.
    """
    import shapely

    _check(spec.cells, str(spec.folder / "city.toml"))
    city = of_tier(zones, CITY_TIER).geometry.to_numpy()[0]
    metric = shapes_to_metric(np.array([city], object), WGS84, projection)[0]
    if spec.cells.grid == "h3":
        ids, shapes = _hexagons(city, spec.cells.resolution, projection)
    else:
        ids, shapes = _squares(metric, spec.cells.side_m, str(spec.folder / "city.toml"))
    shapely.prepare(metric)
    cut = ~shapely.contains_properly(metric, shapes)
    shapes[cut] = shapely.intersection(shapes[cut], metric)
    keep = shapely.area(shapes) > 0
    shapes = shapes[keep]
    inner = shapely.get_coordinates(shapely.point_on_surface(shapes)).reshape(-1, 2)
    lon, lat = projection.inverse(inner[:, 0], inner[:, 1])
    columns: dict[str, Any] = {"id": ids[keep], "centre_lon": lon, "centre_lat": lat, "area_m2": shapely.area(shapes)}
    return frame(columns, shapes_to_wgs84(shapes, projection), WGS84)


def _check(cells: CellsSpec, where: str) -> None:
    faults = FaultList()
    if cells.grid == "square" and not cells.side_m:
        faults.add(where, "[cells] lacks `side_m`.", allowed="the side of the squares in metres.")
    if cells.grid == "square" and cells.resolution:
        faults.add(where, "[cells] resolution belongs to H3 hexagons.", todo="leave it out, or state `side_m` alone")
    if cells.grid == "h3" and cells.side_m:
        faults.add(where, "[cells] side_m belongs to squares.", todo="leave it out, or state `resolution` alone")
    faults.check()


def _squares(city: Any, side_m: float, where: str) -> tuple[NDArray[Any], NDArray[Any]]:
    """Squares on whole multiples of the side that touch the city."""
    import shapely

    west, south, east, north = shapely.bounds(city)
    columns = np.arange(np.floor(west / side_m), np.ceil(east / side_m)).astype(np.int64)
    rows = np.arange(np.floor(south / side_m), np.ceil(north / side_m)).astype(np.int64)
    if len(columns) * len(rows) > MOST_CELLS:
        what = f"squares of {side_m:g} m would be up to {len(columns) * len(rows):,} cells."
        raise InputError(Fault(where, what, f"at most {MOST_CELLS:,}.", "state a larger `side_m`"))
    column, row = (part.ravel() for part in np.meshgrid(columns, rows, indexing="ij"))
    boxes = np.asarray(shapely.box(column * side_m, row * side_m, (column + 1) * side_m, (row + 1) * side_m), object)
    hit = np.sort(shapely.STRtree(boxes).query(city, predicate="intersects"))
    return np.array([f"{column[place]}_{row[place]}" for place in hit], object), boxes[hit]


def _hexagons(city: Any, resolution: int, projection: Projection) -> tuple[NDArray[Any], NDArray[Any]]:
    """H3 cells that overlap the city (WGS 84), as metric polygons."""
    import h3
    import shapely

    found: set[str] = set()
    for part in shapely.get_parts(city):
        ring = [(lat, lon) for lon, lat in shapely.get_coordinates(shapely.get_exterior_ring(part))]
        holes = [[(lat, lon) for lon, lat in shapely.get_coordinates(hole)] for hole in part.interiors]
        found.update(h3.h3shape_to_cells_experimental(h3.LatLngPoly(ring, *holes), resolution, contain="overlap"))
    ids = np.array(sorted(found), object)
    rings = [[(lon, lat) for lat, lon in h3.cell_to_boundary(name)] for name in ids]
    shapes = np.array([shapely.Polygon(ring) for ring in rings], object)
    return ids, shapes_to_metric(shapes, WGS84, projection)
