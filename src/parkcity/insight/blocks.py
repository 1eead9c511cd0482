"""Blocks: the faces between streets, polygonised from centre lines.

Only streets that bound a block count: those of the classes that the standards call urban roads where classes are known, all streets
otherwise. Faces as narrow as an island or a gap between two carriageways are no blocks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.standards import load, parameter

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely import STRtree

    from parkcity.insight.inputs import Inputs
    from parkcity.twin.street_delta import StreetDelta

    Arrays = dict[str, NDArray[Any]]
    Floats = NDArray[np.float64]

_M2_PER_HA = 1e4
_HAIR_M = 1e-3
_BY_FACE = ("first", "last", "area_ha", "perimeter_m", "x", "y", "cell")


@dataclass(frozen=True)
class Blocks:
    """Blocks of a city: `area_ha` and `perimeter_m` float64 [n], `x` and `y` of an inner point, metres.

    `cell` int64 [n] is the cell that holds the inner point. `piece_block`, `piece_cell` int64 [k] and `piece_ha` float64 [k] are the parts
    of blocks in cells. `wkb` holds the shapes as bytes, each from `first` to `last`.
    """

    wkb: NDArray[np.uint8]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    area_ha: Floats
    perimeter_m: Floats
    x: Floats
    y: Floats
    cell: NDArray[np.int64]
    piece_block: NDArray[np.int64]
    piece_cell: NDArray[np.int64]
    piece_ha: Floats

    @cached_property
    def shapes(self) -> NDArray[Any]:
        """Polygons in metres [n]."""
        return _unpacked(self.wkb, self.first, self.last)


def bounding_streets(arrays: dict[str, NDArray[Any]]) -> NDArray[np.bool_]:
    """Which streets bound blocks, bool [edges]: urban roads where classes are known, else all; neither bridges nor tunnels."""
    bounds = np.ones(len(arrays["edge_u"]), bool)
    if "klass" in arrays:
        codes = [int(row.number) for row in load("street_groups") if row.extra["urban_road"] == "1"]
        bounds &= np.isin(arrays["klass"], codes)
    if "tunnel" in arrays:
        bounds &= np.asarray(arrays["tunnel"]) <= 0
    return bounds


def all_faces(lines: NDArray[Any]) -> NDArray[Any]:
    """The faces that lines [n] enclose, each written in one way (so that the same face has the same bits), in no order.

    Lines are cut where they cross. A closed form: a grid of a x b squares gives a x b faces.
    """
    import shapely

    if not len(lines):
        return np.zeros(0, object)
    noded = shapely.get_parts(shapely.node(shapely.GeometryCollection(list(lines))))
    return np.asarray(shapely.normalize(shapely.get_parts(shapely.polygonize(noded))))


def is_wide(faces: NDArray[Any], width_least_m: float) -> NDArray[np.bool_]:
    """Which faces are no narrower than so many metres (twice the area over the perimeter)."""
    import shapely

    return np.asarray(2.0 * shapely.area(faces) >= width_least_m * shapely.length(faces))


def faces_of(lines: NDArray[Any], width_least_m: float) -> NDArray[Any]:
    """The faces that lines [n] enclose, without those narrower than `width_least_m`."""
    faces = all_faces(lines)
    return np.asarray(faces[is_wide(faces, width_least_m)])


def blocks_of(inputs: Inputs) -> Blocks:
    """The blocks whose inner point lies in a cell of the study area. Kept with the twin."""

    def make(city: Inputs) -> Arrays:
        arrays = city.twin.layer("streets").arrays()
        return _told(all_faces(city.twin.street_lines[bounding_streets(arrays)]), city.cell_tree())

    def mend(before: Arrays, delta: StreetDelta) -> Arrays:
        return _mended(before, delta, inputs)

    kept = inputs.kept_near("blocks", ("cells", "streets"), {}, make, mend)
    rows = np.flatnonzero(kept["cell"] >= 0)
    number = np.full(len(kept["cell"]), -1, np.int64)
    number[rows] = np.arange(len(rows))
    chosen = {name: kept[name][rows] for name in _BY_FACE}
    return Blocks(kept["wkb"], **chosen, piece_block=number[kept["piece_face"]], piece_cell=kept["piece_cell"], piece_ha=kept["piece_ha"])


def _told(faces: NDArray[Any], tree: STRtree) -> Arrays:
    """What is kept of faces, in the order of their inner points; `cell` -1 for narrow ones and those outside the study area."""
    import shapely

    inner = np.atleast_1d(shapely.point_on_surface(faces))
    order = np.lexsort((shapely.get_y(inner), shapely.get_x(inner)))
    faces, inner = faces[order], inner[order]
    point, home = tree.query(inner, predicate="intersects")
    cell = np.full(len(faces), -1, np.int64)
    cell[point[::-1]] = home[::-1]
    cell[~is_wide(faces, parameter("street_form_parameters", "block.width.least").number)] = -1
    rows = np.flatnonzero(cell >= 0)
    block, where = tree.query(faces[rows], predicate="intersects")
    piece = shapely.area(shapely.intersection(faces[rows[block]], tree.geometries[where])) / _M2_PER_HA
    some = piece > 0
    packed, first, last = _packed(faces)
    return {
        "wkb": packed,
        "first": first,
        "last": last,
        "area_ha": shapely.area(faces) / _M2_PER_HA,
        "perimeter_m": shapely.length(shapely.get_exterior_ring(faces)),
        "x": shapely.get_x(inner),
        "y": shapely.get_y(inner),
        "cell": cell,
        "piece_face": rows[block[some]],
        "piece_cell": where[some],
        "piece_ha": piece[some],
    }


def _mended(before: Arrays, delta: StreetDelta, inputs: Inputs) -> Arrays:
    """The faces after a change of streets: those that it touches are made anew from the streets that lie in them."""
    import shapely

    bounds = bounding_streets(delta.after)
    fresh = delta.lines[delta.fresh[bounds[delta.fresh]]]
    lost = delta.lines_before[delta.gone[bounding_streets(delta.before)[delta.gone]]]
    changed = np.concatenate([fresh, lost])
    if not len(changed):
        return before
    every = inputs.remember_base("block-shapes", lambda: shapely.STRtree(_unpacked(before["wkb"], before["first"], before["last"])))
    touched = np.unique(every.query(changed, predicate="intersects")[1])
    room = shapely.union_all(every.geometries[touched])
    if not shapely.covers(shapely.buffer(room, _HAIR_M), changed).all():
        # A street in the open, outside all faces, may close a face with streets far away.
        return _told(all_faces(delta.lines[bounds]), inputs.cell_tree())
    tree = inputs.street_tree()
    near = np.unique(tree.query(every.geometries[touched], predicate="intersects")[1])
    near = np.unique(tree.query(tree.geometries[near], predicate="intersects")[1])
    rows = delta.number[near]
    rows = rows[rows >= 0]
    faces = all_faces(np.concatenate([delta.lines[rows[bounds[rows]]], fresh]))
    inside = np.unique(shapely.STRtree(every.geometries[touched]).query(shapely.point_on_surface(faces), predicate="intersects")[0])
    return _joined(before, touched, _told(faces[inside], inputs.cell_tree()))


def _joined(before: Arrays, gone: NDArray[np.int64], new: Arrays) -> Arrays:
    """The faces without some and with others, in the order of their inner points."""
    stays = np.ones(len(before["cell"]), bool)
    stays[gone] = False
    kept = np.flatnonzero(stays)
    held = len(before["wkb"])
    shifted = {**new, "first": new["first"] + held, "last": new["last"] + held}
    both = {name: np.concatenate([before[name][kept], shifted[name]]) for name in _BY_FACE}
    order = np.lexsort((both["y"], both["x"]))
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    number = np.full(len(stays), -1, np.int64)
    number[kept] = place[: len(kept)]
    piece = stays[before["piece_face"]]
    face = np.concatenate([number[before["piece_face"][piece]], place[len(kept) :][new["piece_face"]]])
    sorted_pieces = np.argsort(face, kind="stable")
    pieces = {name: np.concatenate([before[name][piece], new[name]])[sorted_pieces] for name in ("piece_cell", "piece_ha")}
    wkb = np.concatenate([before["wkb"], new["wkb"]])
    return {"wkb": wkb, **{name: array[order] for name, array in both.items()}, "piece_face": face[sorted_pieces], **pieces}


def _packed(shapes: NDArray[Any]) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]:
    """Shapes as one array of bytes, and where each begins and ends: arrays of objects are not kept on disk."""
    import shapely

    parts = [bytes(part) for part in shapely.to_wkb(shapes)]
    last = np.cumsum([len(part) for part in parts], dtype=np.int64)
    first = last - np.array([len(part) for part in parts], np.int64)
    return np.frombuffer(b"".join(parts), np.uint8), first, last


def _unpacked(packed: NDArray[np.uint8], first: NDArray[np.int64], last: NDArray[np.int64]) -> NDArray[Any]:
    import shapely

    whole = packed.tobytes()
    return np.asarray(shapely.from_wkb([whole[start:stop] for start, stop in zip(first.tolist(), last.tolist(), strict=True)]))
