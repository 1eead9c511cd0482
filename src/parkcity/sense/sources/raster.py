"""Rasters: population as cells, land cover and elevation as grids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.errors import Fault, FaultList, InputError
from parkcity.base.geo import WGS84, frame
from parkcity.sense.cover import classes_of, schemes
from parkcity.sense.grids import Grid, grid_facts, read_grid
from parkcity.sense.osm.metric import areas
from parkcity.sense.raw import READERS, Option, Raw, Reader, Request, Tally

if TYPE_CHECKING:
    from pathlib import Path

_SUFFIXES = (".tif", ".tiff", ".img", ".asc", ".hgt", ".zip")


def can_read(path: Path) -> bool:
    """Is this a raster by its name?"""
    return path.is_file() and path.name.lower().endswith(_SUFFIXES)


def _grid(request: Request) -> Grid:
    box = request.options["bbox"]
    if box and (len(box) != 4 or not all(isinstance(value, int | float) for value in box) or box[0] >= box[2] or box[1] >= box[3]):
        raise InputError(
            Fault(str(request.path), f"`bbox` is {box!r}.", "west, south, east, north in degrees, west < east, south < north.")
        )
    return read_grid(request.path, tuple(box) if box else None, request.options["band"])


def read_cells(request: Request) -> Raw:
    """Pixels with people as cells: polygons, centres and the count of each. The total over all cells is that of the raster.

    With `merge` = n, blocks of n by n pixels become one cell with their sum.
    """
    grid, merge = _grid(request), int(request.options["merge"])
    if merge < 1:
        raise InputError(Fault(str(request.path), f"`merge` is {merge}.", "1 or more pixels."))
    if np.nanmin(grid.cells, initial=0.0) < 0:
        row = int(np.argwhere(grid.cells < 0)[0][0])
        what = f"the raster holds negative counts ({np.nanmin(grid.cells):g})."
        raise InputError(Fault(str(request.path), what, "persons, 0 or more.", "set its no-data value with gdal_edit -a_nodata", row + 1))
    coarse = _merged(grid, merge)
    rows, columns = np.nonzero(coarse.cells > 0)
    tally = Tally(rows_in=int(np.isfinite(coarse.cells).sum()), rows_kept=len(rows))
    empty = tally.rows_in - len(rows)
    if empty:
        tally.refuse("all", f"{empty} cells have nobody")
    total = float(np.nansum(grid.cells))
    tally.remarks.append(f"{total:,.0f} persons in {len(rows):,} cells of {coarse.step_x:g} by {coarse.step_y:g} ({coarse.system})")
    shapes = coarse.boxes(rows, columns)
    bounds = _centres(shapes)
    data: dict[str, Any] = {
        "id": [f"{row}-{column}" for row, column in zip(rows, columns, strict=True)],
        "centre_lon": bounds[:, 0],
        "centre_lat": bounds[:, 1],
        "area_m2": areas(shapes) if len(shapes) else np.zeros(0),
        request.text("column"): coarse.cells[rows, columns],
    }
    return Raw(tally, frame(data, shapes, WGS84))


def _centres(shapes: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
    import shapely

    return shapely.get_coordinates(shapely.centroid(shapes)).reshape(-1, 2)


def _merged(grid: Grid, merge: int) -> Grid:
    if merge == 1:
        return grid
    height, width = grid.cells.shape
    padded = np.full((-(-height // merge) * merge, -(-width // merge) * merge), np.nan)
    padded[:height, :width] = grid.cells
    blocks = padded.reshape(padded.shape[0] // merge, merge, padded.shape[1] // merge, merge)
    known = np.isfinite(blocks).any(axis=(1, 3))
    sums = np.where(known, np.nansum(blocks, axis=(1, 3)), np.nan)
    return Grid(sums, grid.west, grid.north, grid.step_x * merge, grid.step_y * merge, grid.system)


_GRID = {
    "bbox": Option(list, [], "west, south, east, north in degrees; left out, the whole raster"),
    "band": Option(int, 1, "the band of the raster"),
}

READERS.add(
    Reader(
        "raster_cells",
        ("cells", "counts"),
        "a raster of persons a pixel (GeoTIFF and others), each pixel a cell.",
        {
            **_GRID,
            "merge": Option(int, 1, "how many pixels along each side become one cell"),
            "column": Option(str, "people", "name of the column with the count"),
        },
        can_read,
        read_cells,
    )
)


def read_heights(request: Request) -> Raw:
    """What a model of heights is, checked; its window over the study area is read where that is known."""
    smooth = int(request.options["smooth"])
    if smooth < 0:
        raise InputError(Fault(str(request.path), f"`smooth` is {smooth}.", "0 or more pixels."))
    return _described(request, "heights in metres")


def read_cover(request: Request) -> Raw:
    """What a map of land cover codes is, checked; codes that the scheme lacks are told where the window is read."""
    classes_of(request.text("scheme"))
    return _described(request, f"codes of land cover ({request.text('scheme')})")


def _described(request: Request, what: str) -> Raw:
    facts = grid_facts(request.path, int(request.options["band"]))
    tally = Tally(rows_in=facts.pixels, rows_kept=facts.pixels)
    tally.remarks.append(f"{what}: {facts.width:,} by {facts.height:,} pixels in {facts.system}")
    return Raw(tally)


def is_folder(path: Path) -> bool:
    """Is this a folder, in which the rasters of the classes may lie?"""
    return path.is_dir()


def read_fractions(request: Request) -> Raw:
    """A folder of rasters, each the share of one class in per cent; every one that is missing is told at once."""
    wanted = {str(name): str(file) for name, file in request.options["fractions"].items()}
    faults = FaultList()
    known = sorted({name for scheme in schemes().values() for name in scheme.values()})
    for name, file in wanted.items():
        if name not in known:
            faults.add(str(request.path), f"`fractions` names the class '{name}'.", allowed=f"{', '.join(known)}.")
        if ".." in file or not (request.path / file).is_file():
            faults.add(str(request.path), f"there is no file '{file}' in the folder.", todo="correct `fractions` in city.toml")
    if not wanted:
        faults.add(str(request.path), "`fractions` is empty.", allowed="a class and its file at the least.")
    faults.check()
    tally = Tally()
    for name, file in wanted.items():
        facts = grid_facts(request.path / file, 1)
        tally.rows_in = tally.rows_kept = max(tally.rows_in, facts.pixels)
        tally.remarks.append(f"{name}: {facts.width:,} by {facts.height:,} pixels in {facts.system}")
    return Raw(tally)


READERS.add(
    Reader(
        "raster_heights",
        ("elevation",),
        "a raster of heights in metres (GeoTIFF, .hgt, zipped .hgt and others).",
        {
            "band": Option(int, 1, "the band of the raster"),
            "smooth": Option(int, 0, "how many pixels on each side are averaged, against the noise of a model; 0: none"),
        },
        can_read,
        read_heights,
    )
)
READERS.add(
    Reader(
        "raster_cover",
        ("land_cover",),
        "a raster of land cover codes.",
        {
            "scheme": Option(str, None, "whose codes they are: worldcover, globeland30, euluc or cgls"),
            "band": Option(int, 1, "the band of the raster"),
        },
        can_read,
        read_cover,
    )
)
READERS.add(
    Reader(
        "raster_fractions",
        ("land_cover",),
        "a folder of rasters, each the share of one class of land cover in per cent.",
        {"fractions": Option(dict, None, "class to the file in the folder")},
        is_folder,
        read_fractions,
    )
)
