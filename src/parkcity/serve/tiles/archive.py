"""A PMTiles archive: all tiles of all layers in one file that any static host serves.

Source: PMTiles specification 3.
"""

from __future__ import annotations

import gzip
import math
from itertools import product
from typing import TYPE_CHECKING, Any

from parkcity.base.cache import atomic_path
from parkcity.base.errors import UsageError
from parkcity.base.geo import world_square_to_wgs84
from parkcity.serve.tiles.layer import MAX_ZOOM, TileLayer
from parkcity.serve.tiles.tile import vector_tile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray


def write_pmtiles(
    path: Path,
    layers: Sequence[TileLayer],
    *,
    name: str,
    attribution: str,
    min_zoom: int = 0,
    max_zoom: int = 14,
    progress: Callable[[str, float], None] | None = None,
) -> int:
    """Write every tile that is not empty from `min_zoom` to `max_zoom`, and return how many there are.

    Maps draw zooms beyond `max_zoom` from its tiles, which hold the shapes in full. The same layers give the same bytes.
    Raises `UsageError` where the zooms make no sense or no layer holds anything.
    """
    from pmtiles.tile import zxy_to_tileid
    from pmtiles.writer import Writer

    if not 0 <= min_zoom <= max_zoom <= MAX_ZOOM:
        msg = f"zooms {min_zoom} to {max_zoom}; allowed: 0 <= min_zoom <= max_zoom <= {MAX_ZOOM}"
        raise UsageError(msg)
    layers = [layer for layer in layers if len(layer.shapes)]
    if not layers:
        raise UsageError("there is nothing to write: every layer is empty")
    box = _bounds(layers)
    count = 0
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        writer = Writer(file)
        for zoom in range(min_zoom, max_zoom + 1):
            if progress is not None:
                # Each zoom has up to four times the tiles of the one before.
                progress(f"tiles of zoom {zoom}", 4.0 ** (zoom - max_zoom - 1))
            tiles = sorted(_tiles(box, zoom), key=lambda tile: zxy_to_tileid(zoom, *tile))
            for x, y in tiles:
                data = b"".join(vector_tile(layer, zoom, x, y, full_detail_from=max_zoom) for layer in layers)
                if data:
                    writer.write_tile(zxy_to_tileid(zoom, x, y), gzip.compress(data, mtime=0))
                    count += 1
        writer.finalize(_header(box, max_zoom), _metadata(layers, name, attribution, min_zoom, max_zoom))
    return count


def _bounds(layers: Sequence[TileLayer]) -> tuple[float, float, float, float]:
    boxes = [layer.bounds for layer in layers]
    west, north = min(box[0] for box in boxes), min(box[1] for box in boxes)
    return west, north, max(box[2] for box in boxes), max(box[3] for box in boxes)


def _tiles(box: tuple[float, float, float, float], zoom: int) -> Iterator[tuple[int, int]]:
    side = 1 << zoom
    west, north, east, south = (min(max(math.floor(edge * side), 0), side - 1) for edge in box)
    return product(range(west, east + 1), range(north, south + 1))


def _header(box: tuple[float, float, float, float], max_zoom: int) -> dict[str, Any]:
    from pmtiles.tile import Compression, TileType

    west, north = world_square_to_wgs84(box[0], box[1])
    east, south = world_square_to_wgs84(box[2], box[3])
    return {
        "tile_type": TileType.MVT,
        "tile_compression": Compression.GZIP,
        "min_lon_e7": int(west * 1e7),
        "min_lat_e7": int(south * 1e7),
        "max_lon_e7": int(east * 1e7),
        "max_lat_e7": int(north * 1e7),
        "center_zoom": min(11, max_zoom),
        "center_lon_e7": int((west + east) * 5e6),
        "center_lat_e7": int((south + north) * 5e6),
    }


def _metadata(layers: Sequence[TileLayer], name: str, attribution: str, min_zoom: int, max_zoom: int) -> dict[str, Any]:
    described = []
    for layer in layers:
        first = min_zoom if layer.least_zoom is None else max(min_zoom, int(layer.least_zoom.min()))
        fields = {key: _type_name(column) for key, column in layer.columns.items()}
        described.append({"id": layer.name, "fields": fields, "minzoom": first, "maxzoom": max_zoom})
    return {"name": name, "type": "overlay", "attribution": attribution, "vector_layers": described}


def _type_name(column: NDArray[np.generic]) -> str:
    return {"b": "Boolean", "i": "Number", "u": "Number", "f": "Number"}.get(column.dtype.kind, "String")
