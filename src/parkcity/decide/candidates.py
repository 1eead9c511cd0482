"""Where a place may stand: every cell, given points, points along the streets, present places, buildings, parcels of a land use."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.errors import Fault, FaultList, InputError, UsageError
from parkcity.twin.attach import attach
from parkcity.twin.ground import Ground

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from parkcity.insight.inputs import Inputs
    from parkcity.travel import Attach

    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Candidates:
    """Where a place may stand: ids, positions (WGS 84 degrees), and where they meet the streets; `cost` yuan of each, where known.

    `left_out` of the points meet no street and are no candidates.
    """

    ids: tuple[str, ...]
    lon: Floats
    lat: Floats
    attach: Attach
    cost: Floats | None = None
    left_out: int = 0

    def costing(self, cost: float) -> Candidates:
        """The same candidates at one cost each."""
        return replace(self, cost=np.full(len(self.ids), cost))


def cell_candidates(inputs: Inputs) -> Candidates:
    """Every cell that meets a street, a place standing at its centre."""
    from parkcity.travel import Attach

    cells, origins = inputs.twin.cells, inputs.origins()
    met = np.unique(origins.owner)
    number = np.full(len(cells), -1, np.int32)
    number[met] = np.arange(len(met), dtype=np.int32)
    chosen = Attach(number[origins.owner], origins.edge, origins.offset, origins.distance, len(met))
    table = cells.iloc[met]
    return Candidates(tuple(table["id"]), table["lon"].to_numpy(float), table["lat"].to_numpy(float), chosen)


def point_candidates(inputs: Inputs, ids: list[str], lon: Floats, lat: Floats, where: str) -> Candidates:
    """Given points; raises `InputError` with every point that is too far from the streets or stands twice."""
    from parkcity.travel import Attach

    ground = Ground(inputs.twin)
    x, y = inputs.twin.projection.forward(lon, lat)
    found, nearest = attach(ground.index, x, y, ground.rule)
    faults = FaultList()
    lost = np.setdiff1d(np.arange(len(lon)), found["owner"])
    for row in lost:
        what = f"the candidate '{ids[row]}' is {nearest[row]:,.0f} m from the nearest street."
        faults.add(
            where, what, allowed=f"at most {ground.rule.limit:,.0f} m.", todo="correct its position or take it out", row=int(row) + 2
        )
    for row, name in enumerate(ids):
        if name in ids[:row]:
            faults.add(where, f"the candidate '{name}' stands twice.", allowed="an id of its own for each.", row=row + 2)
    faults.check()
    return Candidates(tuple(ids), lon, lat, Attach(**found, owners=len(lon)))


def _attached(inputs: Inputs, ids: list[str], x: Floats, y: Floats) -> Candidates:
    """Points in the city's metres, those that meet no street left out."""
    from parkcity.travel import Attach

    ground = Ground(inputs.twin)
    found, _ = attach(ground.index, x, y, ground.rule)
    met = np.unique(found["owner"])
    number = np.full(len(ids), -1, np.int32)
    number[met] = np.arange(len(met), dtype=np.int32)
    lon, lat = inputs.twin.projection.inverse(x[met], y[met])
    chosen = Attach(number[found["owner"]], found["edge"], found["offset"], found["distance"], len(met))
    return Candidates(tuple(ids[row] for row in met), lon, lat, chosen, left_out=len(ids) - len(met))


def edge_candidates(inputs: Inputs, spacing_m: float) -> Candidates:
    """Points along every street within the study area, at most so many metres apart, named by street and metres from its start."""
    import shapely

    from parkcity.travel import Attach
    from parkcity.twin.streets import edge_shapes

    if not spacing_m > 0:
        msg = f"points along the streets need a distance above 0, not {spacing_m:g}"
        raise UsageError(msg)
    twin = inputs.twin
    arrays = twin.layer("streets").arrays()
    shapes, length = edge_shapes(arrays), np.asarray(arrays["edge_length"], float)
    inside = np.flatnonzero(_near_cells(inputs, *_middles(arrays)))
    count = np.maximum(np.ceil(length[inside] / spacing_m).astype(np.int64), 1)
    edge = np.repeat(inside, count)
    part = (np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count) + 0.5) / np.repeat(count, count)
    points = shapely.line_interpolate_point(shapes[edge], part, normalized=True)
    lon, lat = twin.projection.inverse(shapely.get_x(points), shapely.get_y(points))
    offset = part * length[edge]
    ids = tuple(f"street-{row}-{metres:.0f}" for row, metres in zip(edge.tolist(), offset.tolist(), strict=True))
    owner = np.arange(len(edge), dtype=np.int32)
    return Candidates(ids, lon, lat, Attach(owner, edge.astype(np.int32), offset, np.zeros(len(edge)), len(edge)))


def _middles(arrays: Any) -> tuple[Floats, Floats]:
    u, v = np.asarray(arrays["edge_u"]), np.asarray(arrays["edge_v"])
    x, y = np.asarray(arrays["node_x"], float), np.asarray(arrays["node_y"], float)
    return (x[u] + x[v]) / 2, (y[u] + y[v]) / 2


def _near_cells(inputs: Inputs, x: Floats, y: Floats) -> NDArray[np.bool_]:
    """Do points lie in the study area? Nearer to a cell's centre than the cell is wide."""
    from scipy.spatial import cKDTree

    cells = inputs.twin.cells
    gap, row = cKDTree(np.column_stack([cells["x"], cells["y"]])).query(np.column_stack([x, y]))
    return np.asarray(gap <= np.sqrt(cells["area_m2"].to_numpy(float))[row])


def place_candidates(inputs: Inputs, kind: str) -> Candidates:
    """Present places of a kind, whose buildings or grounds could hold the new one too."""
    places = inputs.twin.places
    mine = places[(places["kind"] == kind) & places["inside"]]
    if not len(mine):
        msg = f"the city has no places of the kind '{kind}' to build at; it has: {', '.join(inputs.twin.kinds())}"
        raise UsageError(msg)
    return _attached(inputs, [str(name) for name in mine["id"]], mine["x"].to_numpy(float), mine["y"].to_numpy(float))


def layer_candidates(inputs: Inputs, layer: str, values: tuple[str, ...] = (), least_m2: float = 0.0) -> Candidates:
    """Shapes of a layer of the twin: `buildings` by use, or `land_use` by class (such as brownfield, greenfield), of an area or more."""
    part, column = {"buildings": ("buildings", "use"), "land_use": ("landuse", "class")}[layer]
    if not inputs.twin.has(layer):
        msg = f"this city has no layer '{layer}'"
        raise UsageError(msg)
    table = inputs.twin.layer(layer).shapes(part)
    keep = table["area_m2"].astype(float) >= least_m2
    if values:
        known = set(table[column].dropna().astype(str))
        lacking = sorted(set(values) - known)
        if lacking:
            msg = f"the layer '{layer}' has no '{lacking[0]}'; it has: {', '.join(sorted(known)[:20])}"
            raise UsageError(msg)
        keep &= table[column].isin(values)
    return _shapes(inputs, table[keep], "id")


def parcel_candidates(inputs: Inputs, path: Path, least_m2: float = 0.0) -> Candidates:
    """Parcels from a file of polygons or points (GeoPackage, GeoJSON, shapefile), each at a point inside it; `id` names them."""
    import pyogrio
    import shapely

    from parkcity.base.geo import WGS84, epsg_of, shapes_to_metric

    if not path.is_file():
        raise InputError(Fault(str(path), "there is no such file.", todo="name a file of parcels"))
    try:
        table = pyogrio.read_dataframe(path)
    except pyogrio.errors.DataSourceError as error:
        raise InputError(Fault(str(path), f"this is no file of shapes: {error}.")) from None
    if table.crs is None:
        raise InputError(Fault(str(path), "the file does not say its coordinate system.", todo="write it with its coordinate system"))
    metric = shapes_to_metric(table.geometry.to_numpy(), epsg_of(table.crs) or WGS84, inputs.twin.projection)
    keep = shapely.area(metric) >= least_m2
    return _at(inputs, _names(table[keep], "id"), metric[keep])


def _names(table: Any, column: str) -> list[str]:
    return table[column].astype(str).tolist() if column in table.columns else [str(row) for row in range(len(table))]


def _shapes(inputs: Inputs, table: Any, column: str) -> Candidates:
    """A point inside every shape (WGS 84) that lies in the study area."""
    from parkcity.base.geo import WGS84, shapes_to_metric

    return _at(inputs, _names(table, column), shapes_to_metric(table.geometry.to_numpy(), WGS84, inputs.twin.projection))


def _at(inputs: Inputs, ids: list[str], metric: NDArray[Any]) -> Candidates:
    import shapely

    points = shapely.point_on_surface(metric)
    x, y = shapely.get_x(points), shapely.get_y(points)
    inside = _near_cells(inputs, x, y) if len(ids) else np.zeros(0, bool)
    if not inside.any():
        raise UsageError("no candidate lies in the study area")
    return _attached(inputs, [name for name, here in zip(ids, inside, strict=True) if here], x[inside], y[inside])


def candidates_of(inputs: Inputs, text: str) -> Candidates:
    """Candidates from a text: `cells`, `edges:METRES`, `places:KIND`, `buildings[:USE,…]`, `land_use:CLASS,…`."""
    name, _, detail = text.partition(":")
    values = tuple(part for part in detail.split(",") if part)
    if name == "cells" and not detail:
        return cell_candidates(inputs)
    if name == "edges":
        try:
            return edge_candidates(inputs, float(detail))
        except ValueError:
            pass
    elif name == "places" and detail:
        return place_candidates(inputs, detail)
    elif name == "buildings" or (name == "land_use" and values):
        return layer_candidates(inputs, name, values)
    msg = f"'{text}' names no candidates; allowed: cells, edges:METRES, places:KIND, buildings[:USE,…], land_use:CLASS,…, or a file"
    raise UsageError(msg)
