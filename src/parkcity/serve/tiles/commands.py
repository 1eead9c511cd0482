"""Geometries as the drawing commands of a vector tile.

Source: Mapbox Vector Tile Specification 2.1, section 4.3 (geometry encoding).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from parkcity.serve.tiles.wire import zigzag

if TYPE_CHECKING:
    from numpy.typing import NDArray

POINT, LINE, POLYGON = 1, 2, 3
_MOVE_TO, _LINE_TO, _CLOSE_PATH = 1, 2, 7


def draw(shapes: NDArray[Any], family: int) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Commands of shapes of one family in whole tile units, and where those of each shape begin.

    Shapes [n] hold points, lines or polygons (or several of them each), none empty; polygons have their outer rings
    counter-clockwise in the numbers given, which is clockwise on a screen whose y grows downwards. Gives uint32 [m] and
    offsets int64 [n + 1].
    """
    if family == POINT:
        coords, owner = shapely.get_coordinates(shapes, return_index=True)
        return _points(coords.astype(np.int64), owner, len(shapes))
    if family == LINE:
        parts, owner = shapely.get_parts(shapes, return_index=True)
        coords, part = shapely.get_coordinates(parts, return_index=True)
        return _paths(coords.astype(np.int64), part, owner, len(shapes), closed=False)
    polygons, of_shape = shapely.get_parts(shapes, return_index=True)
    rings, of_polygon = shapely.get_rings(polygons, return_index=True)
    coords, part = shapely.get_coordinates(rings, return_index=True)
    # The last point of a ring repeats the first; the command that closes the path stands for it.
    last = np.append(part[1:] != part[:-1], [True] if len(part) else [])
    return _paths(coords[~last].astype(np.int64), part[~last], of_shape[of_polygon], len(shapes), closed=True)


def _steps(coords: NDArray[np.int64], owner: NDArray[np.int64]) -> NDArray[np.uint32]:
    """Moves of the pen from point to point; it begins at 0, 0 for every shape."""
    before = np.zeros_like(coords)
    before[1:] = coords[:-1]
    before[np.append(True, owner[1:] != owner[:-1])] = 0
    return zigzag(coords - before)


def _points(coords: NDArray[np.int64], owner: NDArray[np.int64], count: int) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    points = np.bincount(owner, minlength=count)
    start = np.concatenate([[0], np.cumsum(2 * points + 1)])
    out = np.zeros(int(start[-1]), np.uint32)
    out[start[:-1]] = points << 3 | _MOVE_TO
    place = 2 * np.arange(len(owner)) + owner + 1
    steps = _steps(coords, owner)
    out[place], out[place + 1] = steps[:, 0], steps[:, 1]
    return out, start


def _paths(
    coords: NDArray[np.int64], part: NDArray[np.int64], owner: NDArray[np.int64], count: int, *, closed: bool
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """A path is: move, one step, draw n - 1, the steps, and for rings: close."""
    points = np.bincount(part, minlength=len(owner))
    begin = np.concatenate([[0], np.cumsum(2 * points + 2 + closed)])
    out = np.zeros(int(begin[-1]), np.uint32)
    out[begin[:-1]] = 1 << 3 | _MOVE_TO
    out[begin[:-1] + 3] = (points - 1) << 3 | _LINE_TO
    if closed:
        out[begin[1:] - 1] = 1 << 3 | _CLOSE_PATH
    first = np.concatenate([[0], np.cumsum(points)])[:-1]
    rank = np.arange(len(part)) - first[part]
    place = begin[part] + 2 * rank + np.where(rank > 0, 2, 1)
    steps = _steps(coords, owner[part])
    out[place], out[place + 1] = steps[:, 0], steps[:, 1]
    bounds = np.searchsorted(owner, np.arange(count + 1))
    return out, begin[bounds]
