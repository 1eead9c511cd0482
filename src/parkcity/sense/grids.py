"""Rasters: read the window that is needed, and take from it sums, shares and heights without losing anything on the way."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.errors import Fault, InputError, UsageError
from parkcity.base.geo import WGS84, epsg_of, from_wgs84, to_wgs84
from parkcity.sense.osm.metric import areas, degree_metres

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

MAX_PIXELS = 100_000_000
"""Largest window read at once."""


@dataclass(frozen=True)
class Grid:
    """A window of a raster, north up.

    `cells` float64 [rows, columns], not a number where the raster has no data; `west, north` the corner and `step_x,
    step_y` the size of a pixel in the units of `system` (an EPSG name), all positive; the first row is the northernmost.
    """

    cells: Floats
    west: float
    north: float
    step_x: float
    step_y: float
    system: str

    def corners(self, row: NDArray[np.int64], column: NDArray[np.int64]) -> tuple[Floats, Floats, Floats, Floats]:
        """West, south, east and north of pixels, arrays [n], in the raster's own system."""
        west: Floats = np.asarray(self.west + column * self.step_x, np.float64)
        north: Floats = np.asarray(self.north - row * self.step_y, np.float64)
        south, east = np.asarray(north - self.step_y, np.float64), np.asarray(west + self.step_x, np.float64)
        return west, south, east, north

    def boxes(self, row: NDArray[np.int64], column: NDArray[np.int64]) -> NDArray[Any]:
        """Pixels as polygons in WGS 84, array [n]."""
        import shapely

        west, south, east, north = self.corners(row, column)
        if self.system == WGS84:
            return np.asarray(shapely.box(west, south, east, north), object)
        ring = [to_wgs84(x, y, self.system) for x, y in ((west, south), (east, south), (east, north), (west, north))]
        return np.asarray(shapely.polygons(np.stack([np.column_stack(point) for point in ring], axis=1)), object)

    def place(self, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        """Row and column of WGS 84 positions, as fractions: pixel i is hit from i to i + 1."""
        x, y = from_wgs84(lon, lat, self.system)
        return (self.north - y) / self.step_y, (x - self.west) / self.step_x


def read_grid(path: Path, box: tuple[float, float, float, float] | None = None, band: int = 1) -> Grid:
    """A raster, or the window of it that covers a box (west, south, east, north in WGS 84 degrees).

    Raises `InputError` where the file is no raster, has no coordinate system, is turned, or where the box lies outside it.
    A zip archive is read if a raster is the only one in it.
    """
    import rasterio
    from rasterio.errors import RasterioError

    where = str(path)
    try:
        with _without_warnings(), rasterio.open(_inside_zip(path)) as raster:
            _check(raster, where, band)
            window = _window(raster, where, box)
            values = raster.read(band, window=window, masked=True)
            transform = raster.transform
            system = epsg_of(raster.crs)
            scale, offset = raster.scales[band - 1], raster.offsets[band - 1]
    except (RasterioError, UnicodeDecodeError) as error:
        raise InputError(
            Fault(where, f"this cannot be read as a raster ({error}).", "GeoTIFF, .hgt or another raster with a grid.")
        ) from None
    if system is None:
        raise InputError(Fault(where, "the coordinate system of the raster has no EPSG code.", todo="warp it to EPSG:4326 with gdalwarp"))
    with np.errstate(all="ignore"):
        numbers = np.asarray(values.data, np.float64) * scale + offset
    numbers[np.ma.getmaskarray(values) | ~np.isfinite(numbers)] = np.nan
    west, north = transform.c + window.col_off * transform.a, transform.f + window.row_off * transform.e
    grid = Grid(numbers, west, north, transform.a, -transform.e, system)
    _check_place(grid, where)
    return grid


@dataclass(frozen=True)
class GridFacts:
    """What a raster says of itself."""

    width: int
    height: int
    system: str

    @property
    def pixels(self) -> int:
        """How many pixels it has."""
        return self.width * self.height


def grid_facts(path: Path, band: int = 1) -> GridFacts:
    """Size and system of a raster without reading its pixels. Raises `InputError` as `read_grid` does."""
    import rasterio
    from rasterio.errors import RasterioError

    where = str(path)
    try:
        with _without_warnings(), rasterio.open(_inside_zip(path)) as raster:
            _check(raster, where, band)
            system = epsg_of(raster.crs)
            width, height = int(raster.width), int(raster.height)
    except (RasterioError, UnicodeDecodeError) as error:
        raise InputError(
            Fault(where, f"this cannot be read as a raster ({error}).", "GeoTIFF, .hgt or another raster with a grid.")
        ) from None
    if system is None:
        raise InputError(Fault(where, "the coordinate system of the raster has no EPSG code.", todo="warp it to EPSG:4326 with gdalwarp"))
    return GridFacts(width, height, system)


def read_thumbnail(path: Path, side: int = 1000, band: int = 1) -> Grid:
    """The whole of a raster in at most about `side` by `side` pixels, each the value of one pixel of the file (none are averaged).

    Raises `InputError` as `read_grid` does. A file of any size takes little memory.
    """
    import rasterio
    from rasterio.enums import Resampling
    from rasterio.errors import RasterioError

    where = str(path)
    try:
        with _without_warnings(), rasterio.open(_inside_zip(path)) as raster:
            _check(raster, where, band)
            height, width = min(int(raster.height), side), min(int(raster.width), side)
            values = raster.read(band, out_shape=(height, width), resampling=Resampling.nearest, masked=True)
            transform = raster.transform
            step_x, step_y = transform.a * raster.width / width, -transform.e * raster.height / height
            system = epsg_of(raster.crs)
    except (RasterioError, UnicodeDecodeError) as error:
        raise InputError(
            Fault(where, f"this cannot be read as a raster ({error}).", "GeoTIFF, .hgt or another raster with a grid.")
        ) from None
    if system is None:
        raise InputError(Fault(where, "the coordinate system of the raster has no EPSG code.", todo="warp it to EPSG:4326 with gdalwarp"))
    numbers = np.asarray(values.data, np.float64)
    numbers[np.ma.getmaskarray(values) | ~np.isfinite(numbers)] = np.nan
    grid = Grid(numbers, transform.c, transform.f, step_x, step_y, system)
    _check_place(grid, where)
    return grid


@contextmanager
def _without_warnings() -> Iterator[None]:
    """The library's warnings are told by our own checks."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _inside_zip(path: Path) -> str:
    """The name by which the raster library opens a file, also within a zip archive."""
    import zipfile

    if path.suffix.lower() != ".zip":
        return str(path)
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if not name.endswith("/")]
    except (zipfile.BadZipFile, OSError) as error:
        raise InputError(Fault(str(path), f"the archive is broken ({error}).", todo="fetch the file again")) from None
    rasters = [name for name in names if name.lower().endswith((".tif", ".tiff", ".hgt", ".img", ".asc"))]
    if len(rasters) != 1:
        raise InputError(Fault(str(path), f"the archive holds {len(rasters)} rasters.", "exactly one.", "unpack it and name the file"))
    return f"/vsizip/{path.resolve()}/{rasters[0]}"


def _check(raster: Any, where: str, band: int) -> None:
    if not 1 <= band <= raster.count:
        raise InputError(Fault(where, f"there is no band {band}.", f"1 to {raster.count}."))
    transform = raster.transform
    if raster.crs is None:
        raise InputError(Fault(where, "the raster does not say its coordinate system.", todo="set it with gdal_edit -a_srs EPSG:number"))
    if not np.all(np.isfinite(tuple(transform))):
        raise InputError(Fault(where, "the raster's grid is broken.", todo="fetch the file again"))
    if transform.b or transform.d or transform.a <= 0 or transform.e >= 0:
        raise InputError(Fault(where, "the raster is turned or mirrored.", "a raster with north up.", "warp it with gdalwarp"))


def _check_place(grid: Grid, where: str) -> None:
    """The corners of a raster must lie somewhere on Earth."""
    height, width = grid.cells.shape
    east, south = grid.west + width * grid.step_x, grid.north - height * grid.step_y
    try:
        lon, lat = to_wgs84(np.array([grid.west, east]), np.array([south, grid.north]), grid.system)
    except UsageError as error:
        raise InputError(
            Fault(where, f"the coordinate system of the raster cannot be used ({error}).", todo="warp it to EPSG:4326")
        ) from None
    if not (np.isfinite([*lon, *lat]).all() and np.abs(lon).max() <= 360 and np.abs(lat).max() <= 90 + grid.step_y):
        what = f"the raster lies nowhere on Earth (x {grid.west:g} to {east:g}, y {south:g} to {grid.north:g} in {grid.system})."
        raise InputError(Fault(where, what, "positions in its coordinate system.", "state the right system with gdal_edit -a_srs"))


def _window(raster: Any, where: str, box: tuple[float, float, float, float] | None) -> Any:
    from rasterio.windows import Window

    low_row, low_column, high_row, high_column = 0, 0, raster.height, raster.width
    if box is not None:
        # The box's edge, densely, so that a curved image of it in the raster's system is covered too.
        lon = np.linspace(box[0], box[2], 21)
        lat = np.linspace(box[1], box[3], 21)
        edge_lon = np.concatenate([lon, lon, np.full(21, box[0]), np.full(21, box[2])])
        edge_lat = np.concatenate([np.full(21, box[1]), np.full(21, box[3]), lat, lat])
        x, y = from_wgs84(edge_lon, edge_lat, epsg_of(raster.crs) or WGS84)
        transform = raster.transform
        columns, rows = (x - transform.c) / transform.a, (y - transform.f) / transform.e
        low_row, low_column = max(int(np.floor(rows.min())), 0), max(int(np.floor(columns.min())), 0)
        high_row, high_column = min(int(np.ceil(rows.max())), raster.height), min(int(np.ceil(columns.max())), raster.width)
    height, width = high_row - low_row, high_column - low_column
    if height <= 0 or width <= 0:
        raise InputError(Fault(where, "the raster does not cover the study area.", "a raster that covers it."))
    if height * width > MAX_PIXELS:
        what = f"{height * width:,} pixels would be read."
        raise InputError(Fault(where, what, f"at most {MAX_PIXELS:,}.", "state `bbox`, or cut the raster with gdalwarp -te"))
    return Window(low_column, low_row, width, height)


def coverage(grid: Grid, shapes: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    """How polygons (WGS 84, array [n]) cover the pixels that have data: rows of the polygons, flat pixel numbers, shares.

    A share is the part of the pixel's area that lies in the polygon. Polygons that tile the plane share out every pixel
    completely.
    """
    import shapely

    owners, pixels, shares = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], [np.zeros(0)]
    height, width = grid.cells.shape
    shapely.prepare(shapes)
    for number, shape in enumerate(shapes):
        row, column = _pixels_in(grid, shapely.bounds(shape), height, width)
        boxes = grid.boxes(row, column)
        meets = shapely.intersects(shape, boxes)
        row, column, boxes = row[meets], column[meets], boxes[meets]
        whole = shapely.contains_properly(shape, boxes)
        share = np.ones(len(row))
        share[~whole] = shapely.area(shapely.intersection(shape, boxes[~whole])) / shapely.area(boxes[~whole])
        owners.append(np.full(len(row), number))
        pixels.append(row * width + column)
        shares.append(share)
    return np.concatenate(owners), np.concatenate(pixels), np.concatenate(shares)


def _pixels_in(grid: Grid, bounds: Floats, height: int, width: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and columns of the pixels with data that a box in WGS 84 may touch."""
    lon = np.array([bounds[0], bounds[2], bounds[0], bounds[2]])
    lat = np.array([bounds[1], bounds[1], bounds[3], bounds[3]])
    rows, columns = grid.place(lon, lat)
    low_row, high_row = max(int(np.floor(rows.min())) - 1, 0), min(int(np.ceil(rows.max())) + 1, height)
    low_column, high_column = max(int(np.floor(columns.min())) - 1, 0), min(int(np.ceil(columns.max())) + 1, width)
    if low_row >= high_row or low_column >= high_column:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    row, column = np.nonzero(~np.isnan(grid.cells[low_row:high_row, low_column:high_column]))
    return row + low_row, column + low_column


def zonal_sums(grid: Grid, shapes: NDArray[Any]) -> Floats:
    """Sums of a raster of counts (persons, jobs) over polygons (WGS 84), float64 [n]; cut pixels count by the share of their area."""
    owner, pixel, share = coverage(grid, shapes)
    return np.asarray(np.bincount(owner, grid.cells.ravel()[pixel] * share, minlength=len(shapes)), np.float64)


def zonal_means(grid: Grid, shapes: NDArray[Any]) -> Floats:
    """Means of a raster of densities or heights over polygons (WGS 84), float64 [n], not a number where there is no data."""
    owner, pixel, share = coverage(grid, shapes)
    weight = np.bincount(owner, share, minlength=len(shapes))
    total = np.bincount(owner, grid.cells.ravel()[pixel] * share, minlength=len(shapes))
    return np.asarray(np.divide(total, weight, out=np.full(len(shapes), np.nan), where=weight > 0))


def pixel_areas(grid: Grid) -> Floats:
    """Square metres of the pixels of every row, float64 [rows] (of the first column where the system is not in degrees)."""
    row = np.arange(grid.cells.shape[0])
    if grid.system == WGS84:
        lat = np.asarray(grid.north - (row + 0.5) * grid.step_y, np.float64)
        east, north = degree_metres(lat)
        return np.asarray(grid.step_x * east * grid.step_y * north)
    return np.asarray(areas(grid.boxes(row, np.zeros(len(row), np.int64))))


def sample(grid: Grid, lon: Floats, lat: Floats) -> Floats:
    """Values at WGS 84 positions, bilinear between the centres of pixels, float64 [n].

    Pixels without data are left out of the mean of the four; a position outside the raster, or without any of the four,
    gives not a number.
    """
    height, width = grid.cells.shape
    row, column = grid.place(lon, lat)
    inside = (row >= 0) & (row <= height) & (column >= 0) & (column <= width)
    row, column = row - 0.5, column - 0.5
    low_row, low_column = np.floor(np.nan_to_num(row)).astype(np.int64), np.floor(np.nan_to_num(column)).astype(np.int64)
    part_row, part_column = row - low_row, column - low_column
    total, weight = np.zeros(len(row)), np.zeros(len(row))
    for step_row in (0, 1):
        for step_column in (0, 1):
            share = np.abs(1 - step_row - part_row) * np.abs(1 - step_column - part_column)
            value = grid.cells[np.clip(low_row + step_row, 0, height - 1), np.clip(low_column + step_column, 0, width - 1)]
            known = ~np.isnan(value)
            total += np.where(known, value * share, 0.0)
            weight += np.where(known, share, 0.0)
    return np.where(inside & (weight > 0), np.divide(total, weight, out=np.full(len(row), np.nan), where=weight > 0), np.nan)
