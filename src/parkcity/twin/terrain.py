"""Heights and land cover: rasters over the study area, their means and shares by cell, and the slopes of the streets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.errors import Fault, FaultList, InputError
from parkcity.base.geo import WGS84, Projection
from parkcity.sense.cover import classes_of, largest_fraction
from parkcity.sense.grids import Grid, read_grid, sample
from parkcity.sense.heights import street_heights
from parkcity.sense.pixels import mosaic, pixel_metres, quick_coverage, smoothed
from parkcity.twin.store import Layer
from parkcity.twin.zones import CITY_TIER, of_tier

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from parkcity.base.spec import SourceSpec
    from parkcity.sense.raw import Raw
    from parkcity.twin.workshop import Workshop

    Box = tuple[float, float, float, float]

ELEVATION, LAND_COVER = "elevation", "land_cover"
FROM_NOWHERE, FROM_MAP, FROM_RASTER = 0, 1, 2
"""Where a street's slope is from: nobody knows it, the map says it, the model of heights gives it."""

_MARGIN_DEG = 0.02


@dataclass(frozen=True)
class Slopes:
    """Heights of a network: arrays to add to the streets, and remarks."""

    arrays: dict[str, NDArray[Any]]
    remarks: list[str]


def street_slopes(shop: Workshop, raw: Raw) -> Slopes | None:
    """Heights of nodes and slopes of streets from the city's models of heights; None where it has none.

    Arrays: `node_height` float32 [n] metres; `climb, descent` float32 [e] metres up and down from u to v; `incline` float32 [e]
    per cent rising from u to v, as mapped where the map says a number, else from the model; `incline_from` int8 [e].
    """
    sources = shop.spec.of_layer(ELEVATION)
    if not sources:
        return None
    lon, lat = np.asarray(raw.arrays["node_lon"], float), np.asarray(raw.arrays["node_lat"], float)
    grid = _heights(shop, sources, (lon.min(), lat.min(), lon.max(), lat.max()))
    arrays = _with_lines({name: np.asarray(array) for name, array in raw.arrays.items()})
    found = street_heights(grid, arrays, max(pixel_metres(grid), 1.0))
    edges = len(arrays["edge_u"])
    mapped = np.asarray(arrays["incline"], np.float32) if "incline" in arrays else np.full(edges, np.nan, np.float32)
    given = ~np.isnan(mapped)
    incline = np.where(given, mapped, found.slope).astype(np.float32)
    origin = np.where(given, FROM_MAP, np.where(np.isnan(incline), FROM_NOWHERE, FROM_RASTER)).astype(np.int8)
    known = float(np.mean(~np.isnan(found.node_height)))
    remarks = [f"{known:.1%} of the nodes have a height; the slope of {int((origin == FROM_RASTER).sum()):,} streets is from the model"]
    added: dict[str, NDArray[Any]] = {"node_height": found.node_height.astype(np.float32)}
    added |= {"climb": found.climb.astype(np.float32), "descent": found.descent.astype(np.float32)}
    return Slopes({**added, "incline": incline, "incline_from": origin}, remarks)


def _with_lines(arrays: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """The arrays with the lines of the edges: straight where the source knows no others."""
    if "geom_lonlat" in arrays:
        return arrays
    ends = np.stack([arrays["edge_u"], arrays["edge_v"]], axis=1).ravel()
    line = np.column_stack([arrays["node_lon"][ends], arrays["node_lat"][ends]])
    return {**arrays, "geom_lonlat": line, "geom_start": np.arange(0, len(line) + 1, 2)}


def make_elevation(shop: Workshop) -> Layer:
    """Heights by cell, and the model itself over the study area.

    Arrays: `height` (mean), `low`, `high` float32 [cells] metres, `slope` float32 [cells] per cent (mean slope of the ground), not
    a number where the model has no data; `grid` float32 [rows, columns] metres, north up, whose place the meta tells.
    """
    grid = _heights(shop, shop.spec.of_layer(ELEVATION), _box(shop))
    shapes = _cells(shop).geometry.to_numpy()
    owner, pixel, share = quick_coverage(grid, shapes)
    slope = _ground_slope(grid).ravel()
    values = grid.cells.ravel()[pixel]
    low, high = np.full(len(shapes), np.inf), np.full(len(shapes), -np.inf)
    np.minimum.at(low, owner, values)
    np.maximum.at(high, owner, values)
    weight = np.bincount(owner, share, minlength=len(shapes))
    lost = weight <= 0
    arrays = {
        "height": _mean(owner, values, share, len(shapes)),
        "low": np.where(lost, np.nan, low),
        "high": np.where(lost, np.nan, high),
        "slope": _mean(owner, slope[pixel], share, len(shapes)),
        "grid": grid.cells,
    }
    remarks = [f"heights from {np.nanmin(grid.cells):,.0f} to {np.nanmax(grid.cells):,.0f} m, pixels of {pixel_metres(grid):,.0f} m"]
    if lost.any():
        remarks.append(f"{int(lost.sum()):,} cells have no height")
    meta = {**_place(grid), "remarks": remarks}
    return Layer(ELEVATION, {}, {name: array.astype(np.float32) for name, array in arrays.items()}, meta)


def _mean(owner: NDArray[np.int64], values: NDArray[np.float64], share: NDArray[np.float64], rows: int) -> NDArray[np.float64]:
    good = ~np.isnan(values)
    total = np.bincount(owner[good], values[good] * share[good], minlength=rows)
    known = np.bincount(owner[good], share[good], minlength=rows)
    return np.asarray(np.divide(total, known, out=np.full(rows, np.nan), where=known > 0))


def _ground_slope(grid: Grid) -> NDArray[np.float64]:
    """Slope of the ground in per cent at every pixel, from central differences."""
    size = pixel_metres(grid)
    ratio = grid.step_y / grid.step_x
    # Pixels in degrees are narrower than they are high: the mean area is theirs, the sides differ by the cosine of the latitude.
    lat = grid.north - grid.cells.shape[0] * grid.step_y / 2
    narrow = np.cos(np.radians(lat)) if grid.system == WGS84 else 1.0
    east = size * np.sqrt(narrow / ratio)
    north = size * size / east
    if min(grid.cells.shape) < 2:
        return np.full(grid.cells.shape, np.nan)
    down, right = np.gradient(grid.cells)
    return np.asarray(100.0 * np.hypot(down / north, right / east), np.float64)


def make_land_cover(shop: Workshop) -> Layer:
    """Shares of land cover by cell, and the map itself over the study area.

    Arrays: `shares` float32 [cells, classes], adding up to 1 where the map has data and not a number elsewhere; `grid` int16
    [rows, columns]: positions in the meta's `classes`, -1 without data. Raises `InputError` for codes that the scheme lacks.
    """
    sources = shop.spec.of_layer(LAND_COVER)
    if len(sources) != 1:
        allowed = "exactly one; put several rasters of one map together with gdalbuildvrt."
        fault = Fault(str(shop.spec.folder / "city.toml"), f"{len(sources)} sources feed the layer '{LAND_COVER}'.", allowed)
        raise InputError(fault)
    source, shapes, box = sources[0], _cells(shop).geometry.to_numpy(), _box(shop)
    if source.reader == "raster_fractions":
        shares, names, grid = _fractions(shop, source, shapes, box)
    else:
        shares, names, grid = _codes(shop, source, shapes, box)
    total = shares.sum(axis=1, keepdims=True)
    shares = np.divide(shares, total, out=np.full(shares.shape, np.nan), where=total > 0)
    lost = int(np.isnan(shares[:, 0]).sum())
    chosen = np.where(np.isnan(grid.cells), -1, np.nan_to_num(grid.cells)).astype(np.int16)
    remarks = [f"{lost:,} cells have no land cover"] if lost else []
    area = _cells(shop)["area_m2"].to_numpy(float)
    known = ~np.isnan(shares[:, 0])
    whole = {name: float((area * shares[:, column])[known].sum() / max(area[known].sum(), 1e-9)) for column, name in enumerate(names)}
    meta = {**_place(grid), "classes": names, "share": {name: round(value, 6) for name, value in whole.items()}, "remarks": remarks}
    return Layer(LAND_COVER, {}, {"shares": shares.astype(np.float32), "grid": chosen}, meta)


def _codes(shop: Workshop, source: SourceSpec, shapes: NDArray[Any], box: Box) -> tuple[NDArray[np.float64], list[str], Grid]:
    """Areas of the classes by cell from a map of codes."""
    path, scheme = shop.spec.path(source), str(source.options["scheme"])
    grid = read_grid(path, box, int(source.options.get("band", 1)))
    known = classes_of(scheme)
    codes = np.unique(grid.cells[~np.isnan(grid.cells)])
    strange = [f"{code:g}" for code in codes if code not in known]
    if strange:
        what = f"the raster holds the codes {', '.join(strange[:8])}, which '{scheme}' does not have."
        raise InputError(Fault(str(path), what, f"{', '.join(map(str, known))}.", "state the right `scheme`"))
    names = list(dict.fromkeys(known.values()))
    position = np.full(grid.cells.shape, np.nan)
    for code in codes:
        position[grid.cells == code] = names.index(known[int(code)])
    placed = Grid(position, grid.west, grid.north, grid.step_x, grid.step_y, grid.system)
    owner, pixel, share = quick_coverage(placed, shapes)
    column = position.ravel()[pixel].astype(np.int64)
    flat = np.asarray(np.bincount(owner * len(names) + column, share, minlength=len(shapes) * len(names)), np.float64)
    return flat.reshape(len(shapes), len(names)), names, placed


def _fractions(shop: Workshop, source: SourceSpec, shapes: NDArray[Any], box: Box) -> tuple[NDArray[np.float64], list[str], Grid]:
    """Sums of the fractions by cell from a folder of rasters, one a class."""
    folder = shop.spec.path(source)
    grids = {str(name): read_grid(folder / str(file), box) for name, file in source.options["fractions"].items()}
    sizes = {grid.cells.shape for grid in grids.values()}
    if len(sizes) > 1:
        raise InputError(Fault(str(folder), "the rasters of the classes do not lie on one grid.", "one grid.", "warp them with gdalwarp"))
    chosen, names = largest_fraction(grids)
    owner, pixel, share = quick_coverage(chosen, shapes)
    columns = [np.bincount(owner, np.nan_to_num(grids[name].cells.ravel()[pixel]) * share, minlength=len(shapes)) for name in names]
    return np.stack(columns, axis=1), names, chosen


def _heights(shop: Workshop, sources: tuple[SourceSpec, ...], box: Box) -> Grid:
    """The models of heights over a box as one; those that lie elsewhere are left out, a fault where all do."""
    grids, faults = [], FaultList()
    for source in sources:
        try:
            grid = read_grid(shop.spec.path(source), _wider(box), int(source.options.get("band", 1)))
        except InputError as error:
            faults.extend(error.faults)
            continue
        grids.append(smoothed(grid, int(source.options.get("smooth", 0))))
    if not grids:
        faults.check()
    return mosaic(grids)


def _wider(box: Box) -> Box:
    west, south, east, north = box
    return west - _MARGIN_DEG, south - _MARGIN_DEG, east + _MARGIN_DEG, north + _MARGIN_DEG


def _box(shop: Workshop) -> Box:
    zones: Any = shop.done["zones"].tables["zones"]
    west, south, east, north = of_tier(zones, CITY_TIER).geometry.to_numpy()[0].bounds
    return float(west), float(south), float(east), float(north)


def _cells(shop: Workshop) -> gpd.GeoDataFrame:
    cells: Any = shop.done["cells"].tables["cells"]
    return cells


def _place(grid: Grid) -> dict[str, Any]:
    """Where the pixels of a layer's `grid` lie."""
    return {"west": grid.west, "north": grid.north, "step_x": grid.step_x, "step_y": grid.step_y, "system": grid.system}


def grid_of(layer_meta: dict[str, Any], cells: NDArray[Any]) -> Grid:
    """The grid of a stored layer, from its meta and its array."""
    place = {name: layer_meta[name] for name in ("west", "north", "step_x", "step_y", "system")}
    return Grid(np.asarray(cells, np.float64), **place)


def heights_at(grid: Grid, x: NDArray[np.float64], y: NDArray[np.float64], projection: Projection) -> NDArray[np.float64]:
    """Heights (metres) at positions of the city's metric system, float64 [n], not a number outside the model."""
    lon, lat = projection.inverse(x, y)
    return sample(grid, lon, lat)
