"""Least-cost corridors between the largest patches of green, on squares whose resistance comes from what covers the land.

The map of resistance is made from the city's land cover where it has one, then from land use, water and green, and from the share of ground
under buildings; values stand in the table `landscape_resistance`. Corridors are those of the minimum spanning tree over least costs: the
fewest that join all patches that can be joined.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.geo import to_wgs84
from parkcity.insight.greens import metric_shapes, patches_of
from parkcity.standards import load, parameter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parkcity.insight.inputs import Inputs
    from parkcity.twin.twin import Twin

    Floats = NDArray[np.float64]

COLUMNS = (
    "rank",
    "zone",
    "from_ha",
    "to_ha",
    "corridor_m",
    "straight_m",
    "cost_ratio",
    "built_share",
    "from_lon",
    "from_lat",
    "to_lon",
    "to_lat",
)
LAYERS = {"land_use": "landuse", "water": "water", "green": "green"}
_HARD = 40.0


@dataclass(frozen=True)
class Landscape:
    """Squares of `side` metres: `resistance` float64 [rows, columns], row 0 at the south; the south-west corner in metres."""

    resistance: Floats
    west: float
    south: float
    side: float

    def square(self, x: Floats, y: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Row and column of points, held inside the squares."""
        row = np.clip(((y - self.south) / self.side).astype(np.int64), 0, self.resistance.shape[0] - 1)
        return row, np.clip(((x - self.west) / self.side).astype(np.int64), 0, self.resistance.shape[1] - 1)

    def centre(self, row: NDArray[np.int64], column: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """Centres of squares."""
        x = np.asarray(self.west + (column + 0.5) * self.side, np.float64)
        return x, np.asarray(self.south + (row + 0.5) * self.side, np.float64)


def landscape(twin: Twin) -> Landscape:
    """The map of resistance over the box of the study area."""
    side = parameter("green_parameters", "corridor.square").number
    x, y = twin.cells["x"].to_numpy(float), twin.cells["y"].to_numpy(float)
    west, south = (np.floor(values.min() / side) * side - side for values in (x, y))
    columns, rows = (int((values.max() - low) / side) + 3 for values, low in ((x, west), (y, south)))
    other = parameter("landscape_resistance", "other").number
    found = Landscape(np.full((rows, columns), other), float(west), float(south), side)
    if twin.has("land_cover"):
        _from_cover(found, twin)
    for layer, table in LAYERS.items():
        if twin.has(layer):
            _draw(found, twin, layer, table)
    if twin.has("buildings"):
        _build(found, twin, other)
    return found


def _build(found: Landscape, twin: Twin, other: float) -> None:
    """Raise the resistance of land that is not green by the share of each square that stands under buildings."""
    import shapely

    full = parameter("landscape_resistance", "buildings.any").number
    shapes = metric_shapes(twin, "buildings", "buildings")
    middle = shapely.point_on_surface(shapes)
    row, column = found.square(np.asarray(shapely.get_x(middle)), np.asarray(shapely.get_y(middle)))
    share = np.zeros(found.resistance.shape)
    np.add.at(share, (row, column), shapely.area(shapes) / found.side**2)
    built = other + (full - other) * np.minimum(share, 1.0)
    found.resistance[:] = np.where(found.resistance >= other, np.maximum(found.resistance, built), found.resistance)


def _from_cover(found: Landscape, twin: Twin) -> None:
    """Resistance of every square from the map of land cover at its centre."""
    values = {row.extra["class"]: row.number for row in load("landscape_resistance") if row.extra["layer"] == "land_cover"}
    layer = twin.layer("land_cover")
    grid, place = np.asarray(layer.array("grid")), layer.meta
    row, column = np.meshgrid(np.arange(found.resistance.shape[0]), np.arange(found.resistance.shape[1]), indexing="ij")
    lon, lat = to_wgs84(*found.centre(row.ravel(), column.ravel()), twin.projection.name)
    if place["system"] not in {"WGS84", "EPSG:4326"}:
        return
    down = np.floor((place["north"] - lat) / place["step_y"]).astype(np.int64)
    right = np.floor((lon - place["west"]) / place["step_x"]).astype(np.int64)
    there = (down >= 0) & (right >= 0) & (down < grid.shape[0]) & (right < grid.shape[1])
    code = np.full(len(lon), -1)
    code[there] = grid[down[there], right[there]]
    flat = found.resistance.ravel()
    for number, name in enumerate(place["classes"]):
        if name in values:
            flat[code == number] = values[name]
    found.resistance[:] = flat.reshape(found.resistance.shape)


def _draw(found: Landscape, twin: Twin, layer: str, table: str) -> None:
    """Resistance of the classes of a layer, drawn over what is there, those that let most through last."""
    from rasterio.features import rasterize
    from rasterio.transform import Affine

    rows = sorted((row for row in load("landscape_resistance") if row.extra["layer"] == layer), key=lambda row: -row.number)
    place = Affine(found.side, 0, found.west, 0, found.side, found.south)
    for row in rows:
        shapes = [shape for shape in metric_shapes(twin, layer, table, (row.extra["class"],)) if shape is not None and not shape.is_empty]
        if shapes:
            drawn = rasterize(shapes, found.resistance.shape, fill=0, transform=place, default_value=1, dtype="uint8")
            found.resistance[drawn == 1] = row.number


def corridor_rows(inputs: Inputs, tier: str) -> list[dict[str, Any]]:
    """The corridors with the columns of `COLUMNS`, the hardest (most cost for its length) first; none without green or land cover."""
    from scipy.sparse.csgraph import minimum_spanning_tree

    from parkcity.insight.operators.ecology import grid_circuit, least_cost, way_back

    twin = inputs.twin
    if not (twin.has("green") or twin.has("land_cover")):
        return []
    patches = patches_of(inputs)
    count = int(parameter("green_parameters", "corridor.patches").number)
    inside = np.flatnonzero(patches.cell >= 0)
    chosen = inside[np.argsort(-patches.area_ha[inside], kind="stable")[:count]]
    if len(chosen) < 2:
        return []
    land = landscape(twin)
    region, spots = _regions(land, patches.shapes[chosen])
    circuit = grid_circuit(land.resistance, eight=True, mean="resistance").merged(region)
    nodes = np.array([circuit.node_of[spot] for spot in spots])
    cost, before = least_cost(circuit, nodes)
    between = cost[:, nodes]
    between[~np.isfinite(between)] = 0.0
    tree = minimum_spanning_tree(np.triu(between, 1)).tocoo()
    square_of = np.full(circuit.nodes, -1, np.int64)
    square_of[circuit.node_of.ravel()] = np.arange(circuit.node_of.size)
    zones, member = twin.tier_zones(tier)["id"].to_numpy(), twin.member(tier)
    rows = []
    for one, other in zip(tree.row.tolist(), tree.col.tolist(), strict=True):
        way = way_back(before[one], int(nodes[other]))
        rows.append(_row(land, patches.area_ha[chosen], (one, other), square_of[way], float(between[one, other]), twin))
        zone = member[patches.cell[chosen[one]]]
        rows[-1]["zone"] = zones[zone] if zone >= 0 else ""
    rows.sort(key=lambda row: (-row["cost_ratio"], row["from_lon"]))
    return [{"rank": number, **row} for number, row in enumerate(rows, start=1)]


def _regions(land: Landscape, shapes: NDArray[Any]) -> tuple[NDArray[np.int64], list[tuple[int, int]]]:
    """Squares of each patch as a region numbered from 1, and one square of each."""
    import shapely
    from rasterio.features import rasterize
    from rasterio.transform import Affine

    place = Affine(land.side, 0, land.west, 0, land.side, land.south)
    numbered = [(shape, number) for number, shape in enumerate(shapes, start=1)]
    region = rasterize(numbered, land.resistance.shape, fill=0, transform=place, dtype="int32").astype(np.int64)
    middle = shapely.point_on_surface(shapes)
    row, column = land.square(np.asarray(shapely.get_x(middle)), np.asarray(shapely.get_y(middle)))
    region[row, column] = np.arange(1, len(shapes) + 1)
    return region, list(zip(row.tolist(), column.tolist(), strict=True))


def _row(land: Landscape, area: Floats, ends: tuple[int, int], squares: NDArray[np.int64], cost: float, twin: Twin) -> dict[str, Any]:
    row, column = np.unravel_index(squares, land.resistance.shape)
    x, y = land.centre(row, column)
    steps = np.hypot(np.diff(x), np.diff(y))
    # The first and the last square stand for whole patches: the corridor runs between their edges, which a wire joins.
    metres = float(np.minimum(steps, land.side * np.sqrt(2)).sum())
    lon, lat = to_wgs84(x[[-1, 0]], y[[-1, 0]], twin.projection.name)
    inner = land.resistance[row[1:-1], column[1:-1]]
    return {
        "from_ha": round(float(area[ends[0]]), 2),
        "to_ha": round(float(area[ends[1]]), 2),
        "corridor_m": round(metres),
        "straight_m": round(float(np.hypot(x[0] - x[-1], y[0] - y[-1]))),
        "cost_ratio": round(cost * land.side / max(metres, land.side), 2),
        "built_share": round(float((inner >= _HARD).mean()), 3) if len(inner) else 0.0,
        "from_lon": round(float(lon[0]), 6),
        "from_lat": round(float(lat[0]), 6),
        "to_lon": round(float(lon[1]), 6),
        "to_lat": round(float(lat[1]), 6),
    }
