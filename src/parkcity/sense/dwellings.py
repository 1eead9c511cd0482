"""Where people live when nobody has counted them by cell: a known total spread over the dwellings of an extract."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.geo import WGS84, Projection, frame, shapes_to_metric, shapes_to_wgs84
from parkcity.sense.spread import floor_area
from parkcity.standards import parameter

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

DWELLINGS = frozenset(
    {
        *("apartments", "house", "residential", "detached", "terrace", "semidetached_house", "bungalow", "dormitory"),
        *("farm", "cabin", "static_caravan", "houseboat", "ger", "trullo", "semi", "townhouse", "villa", "hut"),
    }
)
"""Values of the tag `building` that say that people live there."""

_NOT_HOME_LAND = frozenset({"industrial", "commercial", "education", "institutional", "transport", "military", "cemetery", "construction"})


_NO_WORK = frozenset(
    {
        *("garage", "garages", "carport", "shed", "roof", "ruins", "greenhouse"),
        *("bunker", "service", "construction", "storage_tank"),
    }
)


@dataclass(frozen=True)
class Homes:
    """Squares with residents: the table (`id, centre_lon, centre_lat, area_m2, people`, polygons), and remarks."""

    table: gpd.GeoDataFrame
    remarks: list[str]


def home_area(buildings: gpd.GeoDataFrame, landuse: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Square metres of floor in which people live, float64 [n], 0 for other buildings.

    Buildings say so by their tag; those that say nothing (`building=yes`) count unless they stand on land of another use, or
    are smaller than a home.
    """
    import shapely

    use = buildings["use"].to_numpy()
    stated = np.isin(use, list(DWELLINGS))
    open_use = use == "yes"
    other = landuse[landuse["class"].isin(_NOT_HOME_LAND)].geometry.to_numpy()
    if len(other) and open_use.any():
        rows = np.nonzero(open_use)[0]
        inner = np.asarray(shapely.point_on_surface(buildings.geometry.to_numpy()[rows]), object)
        hit, _ = shapely.STRtree(other).query(inner, predicate="intersects")
        open_use[rows[np.unique(hit)]] = False
    area = buildings["area_m2"].to_numpy(float)
    open_use &= area >= parameter("people_parameters", "dwelling.least_area").number
    storey, default = (parameter("people_parameters", f"dwelling.{name}").number for name in ("storey", "levels"))
    floors = floor_area(area, buildings["levels"].to_numpy(float), buildings["height"].to_numpy(float), storey, default)
    return np.where(stated | open_use, floors, 0.0)


def workplace_area(buildings: gpd.GeoDataFrame, landuse: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Square metres of floor in which people work, float64 [n], 0 for homes, sheds and garages."""
    area = buildings["area_m2"].to_numpy(float)
    useful = (area >= parameter("people_parameters", "dwelling.least_area").number) & ~buildings["use"].isin(_NO_WORK).to_numpy()
    homes = home_area(buildings, landuse) > 0
    storey, default = (parameter("people_parameters", f"dwelling.{name}").number for name in ("storey", "levels"))
    floors = floor_area(area, buildings["levels"].to_numpy(float), buildings["height"].to_numpy(float), storey, default)
    return np.where(useful & ~homes, floors, 0.0)


def spread_over_homes(
    buildings: gpd.GeoDataFrame, landuse: gpd.GeoDataFrame, area: Any, total: int, side_m: float, projection: Projection
) -> Homes:
    """A total of whole persons spread over the homes inside an area (a WGS 84 polygon, or None for all), gathered in squares.

    Every building counts where its inner point lies. Persons stay whole, by largest remainder over buildings.
    """
    import shapely

    floors = home_area(buildings, landuse)
    metric = shapes_to_metric(buildings.geometry.to_numpy(), WGS84, projection)
    inner = np.asarray(shapely.point_on_surface(metric), object)
    if area is not None:
        inside = shapely.intersects(shapes_to_metric(np.array([area], object), WGS84, projection)[0], inner)
        floors = np.where(inside, floors, 0.0)
    rows = np.nonzero(floors > 0)[0]
    persons = _largest_remainder(floors[rows], total) if len(rows) else np.zeros(0, np.int64)
    x, y = shapely.get_x(inner[rows]), shapely.get_y(inner[rows])
    column, line = np.floor(x / side_m).astype(np.int64), np.floor(y / side_m).astype(np.int64)
    cells, cell = np.unique(np.column_stack([column, line]), axis=0, return_inverse=True)
    count = np.bincount(cell, persons, minlength=len(cells)).astype(np.int64)
    weight = np.maximum(np.bincount(cell, floors[rows], minlength=len(cells)), 1e-9)
    # A square's centre is where its floor area is, not its middle: people leave from their homes.
    centre_x = np.bincount(cell, x * floors[rows], minlength=len(cells)) / weight
    centre_y = np.bincount(cell, y * floors[rows], minlength=len(cells)) / weight
    low = cells * side_m
    shapes = shapely.box(low[:, 0], low[:, 1], low[:, 0] + side_m, low[:, 1] + side_m)
    lon, lat = projection.inverse(centre_x, centre_y)
    data = {
        "id": [f"{east}_{north}" for east, north in cells],
        "centre_lon": lon,
        "centre_lat": lat,
        "area_m2": np.full(len(cells), side_m**2),
        "people": count,
    }
    known = int((~np.isnan(buildings["levels"].to_numpy(float)[rows]) | ~np.isnan(buildings["height"].to_numpy(float)[rows])).sum())
    remarks = [
        f"{total:,} residents spread over {len(rows):,} buildings by floor area (assumed, not counted)",
        f"{len(cells):,} squares of {side_m:g} m have residents",
        f"{known:,} of these buildings state their levels or height; the others are taken for {_default():g} levels",
    ]
    return Homes(frame(data, shapes_to_wgs84(np.asarray(shapes, object).reshape(len(cells)), projection), WGS84), remarks)


def _default() -> float:
    return parameter("people_parameters", "dwelling.levels").number


def _largest_remainder(weights: NDArray[np.float64], total: int) -> NDArray[np.int64]:
    exact = weights * (total / weights.sum())
    whole: NDArray[np.int64] = np.floor(exact).astype(np.int64)
    order = np.argsort(-(exact - whole), kind="stable")[: total - int(whole.sum())]
    whole[order] += 1
    return whole
