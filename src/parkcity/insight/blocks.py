"""Blocks: the faces between streets, polygonised from centre lines.

Only streets that bound a block count: those of the classes that the standards call urban roads where classes are known, all streets
otherwise. Faces as narrow as an island or a gap between two carriageways are no blocks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.geo import WGS84, shapes_to_metric
from parkcity.standards import load, parameter
from parkcity.twin.streets import edge_shapes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parkcity.insight.inputs import Inputs
    from parkcity.twin.twin import Twin

    Floats = NDArray[np.float64]

_M2_PER_HA = 1e4


@dataclass(frozen=True)
class Blocks:
    """Blocks of a city: `area_ha` and `perimeter_m` float64 [n]; `wkb` and `wkb_start` hold their shapes as bytes.

    `cell` int64 [n] is the cell that holds an inner point of the block. `piece_block`, `piece_cell` int64 [k] and `piece_ha` float64 [k]
    are the parts of blocks in cells.
    """

    wkb: NDArray[np.uint8]
    wkb_start: NDArray[np.int64]
    area_ha: Floats
    perimeter_m: Floats
    cell: NDArray[np.int64]
    piece_block: NDArray[np.int64]
    piece_cell: NDArray[np.int64]
    piece_ha: Floats

    @cached_property
    def shapes(self) -> NDArray[Any]:
        """Polygons in metres [n]."""
        import shapely

        return np.asarray(shapely.from_wkb(_unpack(self.wkb, self.wkb_start)))


def bounding_streets(arrays: dict[str, NDArray[Any]]) -> NDArray[np.bool_]:
    """Which streets bound blocks, bool [edges]: urban roads where classes are known, else all; neither bridges nor tunnels."""
    bounds = np.ones(len(arrays["edge_u"]), bool)
    if "klass" in arrays:
        codes = [int(row.number) for row in load("street_groups") if row.extra["urban_road"] == "1"]
        bounds &= np.isin(arrays["klass"], codes)
    if "tunnel" in arrays:
        bounds &= np.asarray(arrays["tunnel"]) <= 0
    return bounds


def faces_of(lines: NDArray[Any], width_least_m: float) -> NDArray[Any]:
    """The faces that lines [n] enclose, without those narrower than `width_least_m` (twice the area over the perimeter).

    Lines are cut where they cross. A closed form: a grid of a x b squares gives a x b faces.
    """
    import shapely

    if not len(lines):
        return np.zeros(0, object)
    noded = shapely.get_parts(shapely.node(shapely.GeometryCollection(list(lines))))
    faces = shapely.get_parts(shapely.polygonize(noded))
    area, perimeter = shapely.area(faces), shapely.length(faces)
    return np.asarray(faces[2.0 * area >= width_least_m * perimeter])


def blocks_of(inputs: Inputs) -> Blocks:
    """The blocks whose inner point lies in a cell of the study area. Kept with the twin."""
    kept = inputs.kept("blocks", ("cells", "streets"), {}, lambda: _make(inputs.twin))
    names = ("wkb", "wkb_start", "area_ha", "perimeter_m", "cell", "piece_block", "piece_cell", "piece_ha")
    return Blocks(*(kept[name] for name in names))


def _make(twin: Twin) -> dict[str, NDArray[Any]]:
    import shapely

    arrays = twin.layer("streets").arrays()
    bounds = bounding_streets(arrays)
    width = parameter("street_form_parameters", "block.width.least").number
    faces = faces_of(edge_shapes(arrays)[bounds], width)
    cells = shapes_to_metric(twin.cells.geometry.to_numpy(), WGS84, twin.projection)
    tree = shapely.STRtree(cells)
    point, home = tree.query(shapely.point_on_surface(faces), predicate="intersects")
    cell = np.full(len(faces), -1, np.int64)
    cell[point[::-1]] = home[::-1]
    faces, cell = faces[cell >= 0], cell[cell >= 0]
    block, where = tree.query(faces, predicate="intersects")
    piece = shapely.area(shapely.intersection(faces[block], cells[where])) / _M2_PER_HA
    some = piece > 0
    packed, start = _pack(faces)
    return {
        "wkb": packed,
        "wkb_start": start,
        "area_ha": shapely.area(faces) / _M2_PER_HA,
        "perimeter_m": shapely.length(shapely.get_exterior_ring(faces)),
        "cell": cell,
        "piece_block": block[some],
        "piece_cell": where[some],
        "piece_ha": piece[some],
    }


def _pack(shapes: NDArray[Any]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Shapes as one array of bytes and where each begins: arrays of objects are not kept on disk."""
    import shapely

    parts = [bytes(part) for part in shapely.to_wkb(shapes)]
    start = np.zeros(len(parts) + 1, np.int64)
    np.cumsum([len(part) for part in parts], out=start[1:])
    return np.frombuffer(b"".join(parts), np.uint8), start


def _unpack(packed: NDArray[np.uint8], start: NDArray[np.int64]) -> list[bytes]:
    whole = packed.tobytes()
    return [whole[first:last] for first, last in zip(start[:-1].tolist(), start[1:].tolist(), strict=True)]
