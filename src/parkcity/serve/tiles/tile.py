"""One vector tile of one layer, clipped and simplified for its zoom.

Source: Mapbox Vector Tile Specification 2.1. Tiles of several layers are joined by writing them one after the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from parkcity.base.errors import UsageError
from parkcity.serve.tiles.commands import LINE, POINT, POLYGON, draw
from parkcity.serve.tiles.layer import MAX_ZOOM, TileLayer
from parkcity.serve.tiles.values import tags
from parkcity.serve.tiles.wire import field_bytes, field_varint, varint, varints

if TYPE_CHECKING:
    from numpy.typing import NDArray

EXTENT = 4096
"""Units along the side of a tile."""
_BUFFER = 80
_VERSION = 2
# An eighth of a pixel is one unit on a tile of 512 pixels; what moves by less than half a pixel is not seen.
_TOLERANCE = 4.0
_FAMILIES = {0: POINT, 4: POINT, 1: LINE, 2: LINE, 5: LINE, 3: POLYGON, 6: POLYGON}


def vector_tile(layer: TileLayer, z: int, x: int, y: int, *, full_detail_from: int = 15) -> bytes:
    """The tile z/x/y (counted from north-west, as web maps do) of a layer; no bytes where nothing lies in it.

    Below the zoom `full_detail_from` shapes are simplified by half a pixel. Raises `UsageError` for a tile that does not exist.
    """
    side = 1 << z if 0 <= z <= MAX_ZOOM else 0
    if not (0 <= x < side and 0 <= y < side):
        msg = f"there is no tile {z}/{x}/{y}; z goes from 0 to {MAX_ZOOM}, x and y from 0 to 2^z - 1"
        raise UsageError(msg)
    margin = _BUFFER / EXTENT
    box = ((x - margin) / side, (y - margin) / side, (x + 1 + margin) / side, (y + 1 + margin) / side)
    rows = layer.rows(box, z)
    if not len(rows):
        return b""
    shapes = shapely.transform(layer.shapes[rows], lambda xy: (xy * side - (x, y)) * EXTENT)
    shapes, owner = _families(shapely.clip_by_rect(shapes, -_BUFFER, -_BUFFER, EXTENT + _BUFFER, EXTENT + _BUFFER))
    features = _Features(layer, rows[owner])
    for family in (POINT, LINE, POLYGON):
        mine = np.nonzero(_family(shapes) == family)[0]
        snapped = _snap(shapes[mine], family, simplify=z < full_detail_from)
        kept = ~shapely.is_empty(snapped)
        features.add(snapped[kept], family, mine[kept])
    return features.tile()


def _family(shapes: NDArray[Any]) -> NDArray[np.int64]:
    return np.array([_FAMILIES.get(int(kind), 0) for kind in shapely.get_type_id(shapes)], np.int64)


def _families(shapes: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Shapes without the empty ones, collections taken apart, and the row of each."""
    owner = np.nonzero(~shapely.is_empty(shapes))[0]
    shapes = shapes[owner]
    mixed = shapely.get_type_id(shapes) == 7
    if not mixed.any():
        return shapes, owner
    parts, of = shapely.get_parts(shapes[mixed], return_index=True)
    return np.concatenate([shapes[~mixed], parts]), np.concatenate([owner[~mixed], owner[mixed][of]])


def _snap(shapes: NDArray[Any], family: int, *, simplify: bool) -> NDArray[Any]:
    """Shapes on whole units: lines of no length and areas of no size become empty, polygons stay valid."""
    if not len(shapes):
        return shapes
    if simplify and family != POINT:
        shapes = shapely.simplify(shapes, _TOLERANCE, preserve_topology=family == POLYGON)
    if family != POLYGON:
        shapes = shapely.remove_repeated_points(shapely.set_precision(shapes, 1.0, mode="pointwise"))
        if family == LINE:
            shapes[shapely.length(shapes) == 0] = shapely.from_wkt("LINESTRING EMPTY")
            shapes = _without_points(shapes)
        return shapes
    broken = ~shapely.is_valid(shapes)
    shapes[broken] = shapely.make_valid(shapes[broken], method="structure")
    shapes = shapely.set_precision(shapes, 1.0)
    return np.asarray(shapely.orient_polygons(shapes, exterior_cw=False))


def _without_points(lines: NDArray[Any]) -> NDArray[Any]:
    """Lines of several parts without those parts that have shrunk to a point."""
    several = np.nonzero(shapely.get_num_geometries(lines) > 1)[0]
    for row in several:
        parts = shapely.get_parts(lines[row])
        lines[row] = shapely.multilinestrings(parts[shapely.length(parts) > 0])
    return lines


class _Features:
    """The features of a tile's layer while they are gathered."""

    def __init__(self, layer: TileLayer, rows: NDArray[np.int64]) -> None:
        self._layer, self._rows = layer, rows
        self._tags, self._tag_start, self._head = tags(layer.columns, rows)
        self._made: list[tuple[int, bytes]] = []

    def add(self, shapes: NDArray[Any], family: int, of: NDArray[np.int64]) -> None:
        """Add shapes of one family; `of` [n] are their places among the rows of the tile."""
        if not len(shapes):
            return
        commands, first = draw(shapes, family)
        data, byte = varints(commands)
        bounds = byte[first]
        kind = field_varint(3, family)
        ids = self._rows[of] if self._layer.ids is None else self._layer.ids[self._rows[of]]
        for number, place in enumerate(of):
            own = self._tags[self._tag_start[place] : self._tag_start[place + 1]]
            geometry = data[bounds[number] : bounds[number + 1]]
            body = field_varint(1, int(ids[number])) + (field_bytes(2, own) if own else b"") + kind + field_bytes(4, geometry)
            self._made.append((int(place), field_bytes(2, body)))

    def tile(self) -> bytes:
        """The layer as bytes of a tile, features in the order of the rows."""
        if not self._made:
            return b""
        self._made.sort(key=lambda entry: entry[0])
        body = field_bytes(1, self._layer.name.encode()) + b"".join(feature for _, feature in self._made)
        body += self._head + field_varint(5, EXTENT) + varint(15 << 3) + varint(_VERSION)
        return field_bytes(3, body)
