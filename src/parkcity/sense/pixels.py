"""What is done with whole windows of rasters: many polygons at once, several rasters as one, smoothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.errors import Fault, InputError
from parkcity.base.geo import from_wgs84, to_wgs84
from parkcity.sense.grids import MAX_PIXELS, Grid, pixel_areas, sample

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_FINE = 16
_MOST_PIXELS = 4_000_000


def quick_coverage(grid: Grid, shapes: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    """As `coverage`, for many polygons at once: exact shares where polygons are about as small as pixels.

    Where polygons hold many pixels on average (16 or more) a pixel counts whole where its centre lies; of more than four million
    pixels a regular sample is taken. A polygon that no centre hits takes the pixel under its inner point.
    """
    import shapely

    known = ~np.isnan(grid.cells) & _near(grid, shapes)
    step = max(int(np.ceil(np.sqrt(known.sum() / _MOST_PIXELS))), 1)
    row, column = np.nonzero(known[::step, ::step])
    row, column = row * step, column * step
    width = grid.cells.shape[1]
    total = float(np.sum(shapely.area(shapes)))
    pixel = float(shapely.area(grid.boxes(row[:1], column[:1]))[0]) if len(row) else 1.0
    if total / max(len(shapes), 1) < _FINE * pixel * step**2 and step == 1:
        boxes = grid.boxes(row, column)
        shapely.prepare(shapes)
        owner, hit = shapely.STRtree(boxes).query(shapes, predicate="intersects")
        whole = shapely.contains_properly(shapes[owner], boxes[hit])
        share = np.ones(len(owner))
        cut = ~whole
        share[cut] = shapely.area(shapely.intersection(shapes[owner[cut]], boxes[hit[cut]])) / shapely.area(boxes[hit[cut]])
        return owner.astype(np.int64), (row[hit] * width + column[hit]).astype(np.int64), share
    west, south, east, north = grid.corners(row, column)
    lon, lat = to_wgs84((west + east) / 2, (south + north) / 2, grid.system)
    hit, owner = shapely.STRtree(shapes).query(shapely.points(lon, lat), predicate="intersects")
    missed = np.setdiff1d(np.arange(len(shapes)), owner)
    inner = shapely.get_coordinates(shapely.point_on_surface(shapes[missed])).reshape(-1, 2)
    at = grid.place(inner[:, 0], inner[:, 1])
    inside = (at[0] >= 0) & (at[0] < grid.cells.shape[0]) & (at[1] >= 0) & (at[1] < width)
    flat = np.floor(at[0][inside]).astype(np.int64) * width + np.floor(at[1][inside]).astype(np.int64)
    good = ~np.isnan(grid.cells.ravel()[flat])
    owners = np.concatenate([owner, missed[inside][good]]).astype(np.int64)
    pixels = np.concatenate([row[hit] * width + column[hit], flat[good]]).astype(np.int64)
    return owners, pixels, np.ones(len(owners))


def _near(grid: Grid, shapes: NDArray[Any]) -> NDArray[np.bool_]:
    """Pixels within the box of any polygon, bool [rows, columns]: boxes are marked at their corners and summed up."""
    import shapely

    height, width = grid.cells.shape
    bounds = shapely.bounds(shapes)
    corners = [grid.place(bounds[:, x], bounds[:, y]) for x in (0, 2) for y in (1, 3)]
    rows, columns = (np.stack([corner[axis] for corner in corners]) for axis in (0, 1))
    low_row = np.clip(np.floor(rows.min(axis=0)).astype(np.int64) - 1, 0, height)
    high_row = np.clip(np.ceil(rows.max(axis=0)).astype(np.int64) + 1, 0, height)
    low_column = np.clip(np.floor(columns.min(axis=0)).astype(np.int64) - 1, 0, width)
    high_column = np.clip(np.ceil(columns.max(axis=0)).astype(np.int64) + 1, 0, width)
    marks = np.zeros((height + 1, width + 1), np.int32)
    for row, column, sign in ((low_row, low_column, 1), (high_row, low_column, -1), (low_row, high_column, -1), (high_row, high_column, 1)):
        np.add.at(marks, (row, column), sign)
    return np.asarray(marks.cumsum(axis=0).cumsum(axis=1)[:height, :width] > 0)


def mosaic(grids: list[Grid]) -> Grid:
    """Several rasters as one, in the system and pixel size of the first; where they overlap the earlier one holds.

    Raises `InputError` where together they would be larger than `MAX_PIXELS`.
    """
    if len(grids) == 1:
        return grids[0]
    first = grids[0]
    corners = [_bounds_in(grid, first.system) for grid in grids]
    west, south = min(box[0] for box in corners), min(box[1] for box in corners)
    east, north = max(box[2] for box in corners), max(box[3] for box in corners)
    # The canvas keeps the pixel edges of the first raster.
    left, top = np.round((first.west - west) / first.step_x), np.round((north - first.north) / first.step_y)
    origin = first.west - left * first.step_x, first.north + top * first.step_y
    width, height = round((east - origin[0]) / first.step_x), round((origin[1] - south) / first.step_y)
    if width * height > MAX_PIXELS:
        what = f"the rasters together would be {width * height:,} pixels."
        raise InputError(
            Fault("rasters of one layer", what, f"at most {MAX_PIXELS:,}.", "cut them with gdalwarp -te, or make the area smaller")
        )
    cells = np.full((height, width), np.nan)
    canvas = Grid(cells, origin[0], origin[1], first.step_x, first.step_y, first.system)
    column = np.arange(width)
    for row in range(height):
        x, y = canvas.west + (column + 0.5) * canvas.step_x, np.full(width, canvas.north - (row + 0.5) * canvas.step_y)
        lon, lat = to_wgs84(x, y, canvas.system)
        for grid in grids:
            empty = np.isnan(cells[row])
            if empty.any():
                cells[row, empty] = sample(grid, lon[empty], lat[empty])
    return canvas


def _bounds_in(grid: Grid, system: str) -> tuple[float, float, float, float]:
    height, width = grid.cells.shape
    x = np.array([grid.west, grid.west + width * grid.step_x])[[0, 1, 0, 1]]
    y = np.array([grid.north - height * grid.step_y, grid.north])[[0, 0, 1, 1]]
    if grid.system != system:
        x, y = from_wgs84(*to_wgs84(x, y, grid.system), system)
    return float(x.min()), float(y.min()), float(x.max()), float(y.max())


def smoothed(grid: Grid, pixels: int) -> Grid:
    """The mean of every pixel and those around it, `pixels` on each side; pixels without data are left out and stay so."""
    from scipy.ndimage import uniform_filter

    if pixels <= 0:
        return grid
    known = ~np.isnan(grid.cells)
    size = 2 * pixels + 1
    total = uniform_filter(np.where(known, grid.cells, 0.0), size, mode="constant")
    weight = uniform_filter(known.astype(np.float64), size, mode="constant")
    means = np.divide(total, weight, out=np.full(grid.cells.shape, np.nan), where=known & (weight > 0))
    return Grid(means, grid.west, grid.north, grid.step_x, grid.step_y, grid.system)


def pixel_metres(grid: Grid) -> float:
    """The size of a pixel in metres: the square root of its mean area."""
    return float(np.sqrt(pixel_areas(grid).mean()))
