"""Inputs about green and blue: patches and how well they are joined, greenways, walks to woods and waters, cover of the land, hollows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.insight.inputs import PROVIDERS, WALK_LAYERS, Inputs, Provider, profile_of
from parkcity.insight.location import metric_cells, union_km2
from parkcity.insight.registry import Input
from parkcity.standards import parameter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parkcity.twin.twin import Twin

    Floats = NDArray[np.float64]

PATCH_CLASSES = ("park", "nature_reserve", "forest", "scrub", "recreation", "orchard", "grass")
_M2_PER_HA = 1e4
_S_PER_MIN = 60.0
_BAND_PIXELS = 2_000_000


def _number(row_id: str) -> float:
    return parameter("green_parameters", row_id).number


def metric_shapes(twin: Twin, layer: str, table: str, classes: tuple[str, ...] = ()) -> NDArray[Any]:
    """Shapes of a layer in metres, of some classes or of all."""
    from parkcity.base.geo import WGS84, shapes_to_metric

    frame = twin.layer(layer).shapes(table)
    if classes:
        frame = frame[frame["class"].isin(classes).to_numpy()]
    return np.asarray(shapes_to_metric(frame.geometry.to_numpy(), WGS84, twin.projection))


def layer_area_km2(inputs: Inputs, layer: str, table: str) -> Floats:
    """Land under the polygons of a layer by cell, overlaps once, float64 [cells], km2."""

    def make() -> dict[str, NDArray[Any]]:
        return {"km2": union_km2(inputs.twin, inputs.twin.layer(layer).shapes(table).geometry.to_numpy())}

    return inputs.kept("layer_area", ("cells", layer), {"layer": layer, "table": table}, make)["km2"]


@dataclass(frozen=True)
class Patches:
    """Patches of green: `shapes` in metres [n], `area_ha` float64 [n], `cell` int64 [n] of an inner point (-1: outside the cells)."""

    shapes: NDArray[Any]
    area_ha: Floats
    cell: NDArray[np.int64]


def patches_of(inputs: Inputs) -> Patches:
    """Greens of the size of a patch, those close together as one: polygons where the city has them, else parks as discs of their area."""
    import shapely

    from parkcity.insight.location import cell_of_metric_points

    twin = inputs.twin
    if "patches" not in inputs.memory:
        near = _number("patch.apart") / 2.0
        if twin.has("green"):
            shapes = metric_shapes(twin, "green", "green", PATCH_CLASSES)
            joined = shapely.get_parts(shapely.union_all(shapely.buffer(shapely.make_valid(shapes), near)))
            found = shapely.get_parts(shapely.buffer(joined, -near))
        else:
            rows = inputs.rows_of("park")
            area = np.nan_to_num(twin.places["area_m2"].to_numpy(float)[rows])
            points = shapely.points(twin.places["x"].to_numpy(float)[rows], twin.places["y"].to_numpy(float)[rows])
            found = shapely.buffer(points, np.sqrt(area / np.pi), quad_segs=16)
        size = shapely.area(found) / _M2_PER_HA
        found, size = found[size >= _number("patch.least")], size[size >= _number("patch.least")]
        middle = shapely.point_on_surface(found)
        cell = cell_of_metric_points(twin, np.atleast_1d(shapely.get_x(middle)), np.atleast_1d(shapely.get_y(middle)))
        inputs.memory["patches"] = Patches(np.asarray(found), np.asarray(size), cell)
    patches: Patches = inputs.memory["patches"]
    return patches


def patch_sum(inputs: Inputs, measure: str) -> Floats:
    """Patches by cell, float64 [cells]: `ha` their area; `joined_ha` their area times the share of all green that each is joined to.

    Probability of a direct step between two patches: 0.5 to the power of (distance between their edges / the half distance); the best
    product along any way counts.
    """

    def make() -> dict[str, NDArray[Any]]:
        from parkcity.insight.operators.ecology import joined_amounts

        patches = patches_of(inputs)
        total = float(patches.area_ha.sum())
        joined = joined_amounts(patches.area_ha, patch_products(patches)) / max(total, 1e-12)
        inside = patches.cell >= 0
        count = len(inputs.twin.cells)
        amounts = {"ha": patches.area_ha, "joined_ha": joined}
        return {
            name: np.bincount(patches.cell[inside], values[inside], minlength=count).astype(np.float64) for name, values in amounts.items()
        }

    return inputs.kept("patches", ("cells", _patch_layer(inputs.twin)), {}, make)[measure]


def _patch_layer(twin: Twin) -> str:
    return "green" if twin.has("green") else "places"


def patch_products(patches: Patches) -> Floats:
    """Best products of probabilities between patches, float64 [n, n]."""
    import shapely
    from scipy.sparse import coo_array

    from parkcity.insight.operators.ecology import best_products

    half, least = _number("dispersal.half"), _number("dispersal.least")
    farthest = half * np.log(least) / np.log(0.5)
    one, other = shapely.STRtree(patches.shapes).query(patches.shapes, predicate="dwithin", distance=farthest)
    keep = one < other
    one, other = one[keep], other[keep]
    chance = 0.5 ** (shapely.distance(patches.shapes[one], patches.shapes[other]) / half)
    count = len(patches.area_ha)
    rows, columns = np.concatenate([one, other]), np.concatenate([other, one])
    return best_products(coo_array((np.concatenate([chance, chance]), (rows, columns)), shape=(count, count)).tocsr())


def lacks_patches(twin: Twin, **_args: Any) -> list[str]:
    """`green` where the city has neither polygons of green nor parks with an area."""
    if twin.has("green"):
        return []
    rows = (twin.places["kind"] == "park").to_numpy() if twin.has("places") else np.zeros(0, bool)
    return [] if len(rows) and np.isfinite(twin.places["area_m2"].to_numpy(float)[rows]).any() else ["green"]


def walk_to(inputs: Inputs, what: str, unit: str) -> Floats:
    """Walk from every cell to the nearest edge of a wood (`forest`), a `water` or a `greenway`, float64 [cells]; metres or minutes."""

    def make() -> dict[str, NDArray[Any]]:
        from parkcity.insight.street_form import at_streets
        from parkcity.travel import Attach, State, nearest

        x, y = _edge_points(inputs.twin, what)
        cells = len(inputs.twin.cells)
        if not len(x):
            return {"cost": np.full(cells, np.nan)}
        found = at_streets(inputs.twin, x, y, _number("shore.away"))
        doors = Attach(found.owner, found.edge, found.offset, found.distance, len(x))
        answer = nearest(inputs.network, inputs.origins(), doors, unit="m" if unit == "m" else "s", threads=inputs.threads)
        cost = answer.values[0].astype(np.float64)
        cost[answer.states[0] == State.UNREACHABLE] = np.inf
        return {"cost": cost}

    layer = {"forest": "green", "water": "water", "greenway": "greenways"}[what]
    args = {"what": what, "unit": unit, "profile": profile_of(inputs.group)}
    cost = inputs.kept("walk_to", (*(name for name in WALK_LAYERS if name != "places"), layer), args, make)["cost"]
    return cost if unit == "m" else cost / _S_PER_MIN


def _edge_points(twin: Twin, what: str) -> tuple[Floats, Floats]:
    """Points at even steps along the edges of woods and waters that are large enough, or along greenways."""
    import shapely

    if what == "greenway":
        lines = shapely.get_parts(metric_shapes(twin, "greenways", "greenways"))
    else:
        classes = ("forest", "nature_reserve") if what == "forest" else ()
        layer = "green" if what == "forest" else "water"
        shapes = metric_shapes(twin, layer, layer, classes)
        large = shapely.area(shapes) >= _number(f"{what}.least") * _M2_PER_HA
        if what == "water":
            # Rivers drawn as lines have no area, and are waters all the same; streams are not.
            kinds = twin.layer("water").shapes("water")["class"].to_numpy()
            large |= (shapely.get_type_id(shapes) == 1) & (kinds == "river")
        lines = shapely.get_parts(shapely.boundary(shapes[large & (shapely.area(shapes) > 0)]))
        lines = np.concatenate([lines, shapes[large & (shapely.area(shapes) == 0)]])
    if not len(lines):
        return np.zeros(0), np.zeros(0)
    step = _number("shore.step")
    count = np.maximum(np.ceil(shapely.length(lines) / step).astype(np.int64), 1)
    row = np.repeat(np.arange(len(lines)), count)
    at = (np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)) * step
    points = shapely.line_interpolate_point(np.asarray(lines)[row], at)
    return np.asarray(shapely.get_x(points)), np.asarray(shapely.get_y(points))


def greenway_m(inputs: Inputs, measure: str) -> Floats:
    """Greenways by cell, float64 [cells], metres, each once: `all`, or `joined`, those of the largest network."""

    def make() -> dict[str, NDArray[Any]]:
        import shapely

        whole = shapely.union_all(metric_shapes(inputs.twin, "greenways", "greenways"))
        lines = shapely.get_parts(whole)
        zone = shapely.get_parts(shapely.union_all(shapely.buffer(lines, _number("greenway.gap") / 2.0)))
        line, part = shapely.STRtree(zone).query(lines, predicate="intersects")
        network = np.zeros(len(lines), np.int64)
        network[line] = part
        largest = int(np.argmax(np.bincount(network, shapely.length(lines)))) if len(lines) else -1
        cells = metric_cells(inputs.twin)
        row, cell = shapely.STRtree(cells).query(lines, predicate="intersects")
        metres = shapely.length(shapely.intersection(lines[row], cells[cell]))
        return {
            "all": np.bincount(cell, metres, minlength=len(cells)).astype(np.float64),
            "joined": np.bincount(cell, metres * (network[row] == largest), minlength=len(cells)).astype(np.float64),
        }

    return inputs.kept("greenways", ("cells", "greenways"), {}, make)[measure]


def cover_share(inputs: Inputs, classes: tuple[str, ...]) -> Floats:
    """Share of the land of every cell under some classes of land cover, float64 [cells], 0 to 1; NaN where the map has no data."""
    layer = inputs.twin.layer("land_cover")
    names = list(layer.meta["classes"])
    shares = np.asarray(layer.array("shares"), np.float64)
    columns = [names.index(name) for name in classes if name in names]
    return np.where(np.isnan(shares[:, 0]), np.nan, np.nan_to_num(shares[:, columns]).sum(axis=1))


def hollow_share(inputs: Inputs) -> Floats:
    """Share of the pixels of every cell that lie in hollows deep and large enough, float64 [cells]; NaN where no height is known."""

    def make() -> dict[str, NDArray[Any]]:
        from scipy.ndimage import label

        from parkcity.insight.location import cell_of_metric_points
        from parkcity.insight.operators.hollows import filled

        layer = inputs.twin.layer("elevation")
        height = np.asarray(layer.array("grid"), np.float64)
        deep = np.nan_to_num(filled(height) - height) >= _number("hollow.depth")
        _, _, pixel_m2 = _pixels(inputs.twin, layer.meta, height.shape, slice(0, min(2, len(height))))
        piece, _ = label(deep, structure=np.ones((3, 3)))
        large = np.bincount(piece.ravel()) * pixel_m2 >= _number("hollow.area")
        wet = deep & large[piece]
        count = len(inputs.twin.cells)
        whole, part = np.zeros(count), np.zeros(count)
        band = max(_BAND_PIXELS // max(height.shape[1], 1), 1)
        # A country in pixels of 30 m has so many that their places are worked out band by band.
        for first in range(0, len(height), band):
            rows = slice(first, first + band)
            x, y, _ = _pixels(inputs.twin, layer.meta, height.shape, rows)
            cell = cell_of_metric_points(inputs.twin, x, y)
            known = (cell >= 0) & ~np.isnan(height[rows].ravel())
            whole += np.bincount(cell[known], minlength=count)
            part += np.bincount(cell[known], wet[rows].ravel()[known], minlength=count)
        return {"share": np.divide(part, whole, out=np.full(count, np.nan), where=whole > 0)}

    return inputs.kept("hollows", ("cells", "elevation"), {}, make)["share"]


def _pixels(twin: Twin, place: Any, shape: tuple[int, int], band: slice) -> tuple[Floats, Floats, float]:
    """Centres of the pixels of some rows in the city's metres, row by row, and the area of one (0 along a side of one pixel)."""
    from parkcity.base.geo import to_wgs84

    columns, rows = np.meshgrid(np.arange(shape[1]) + 0.5, np.arange(shape[0])[band] + 0.5)
    east = (place["west"] + columns * place["step_x"]).ravel()
    north = (place["north"] - rows * place["step_y"]).ravel()
    x, y = twin.projection.forward(*to_wgs84(east, north, str(place["system"])))
    across = abs(float(x[1] - x[0])) if shape[1] > 1 else 0.0
    down = abs(float(y[shape[1]] - y[0])) if len(rows) > 1 else 0.0
    return x, y, across * down


def _lacks_layer(twin: Twin, layer: str, **_args: Any) -> list[str]:
    return [] if twin.has(layer) else [layer]


def _patches_assumed(inputs: Inputs, **_args: Any) -> list[str]:
    reach = f"half of all steps reach {_number('dispersal.half'):g} m"
    return [reach] if inputs.twin.has("green") else [reach, "parks as discs of their area"]


PROVIDERS.update(
    {
        "layer_area_km2": Provider(layer_area_km2, ("cells",), lacking=_lacks_layer),
        "patch_sum": Provider(patch_sum, ("cells",), lacking=lacks_patches, assumed=_patches_assumed),
        "walk_to_forest": Provider(
            lambda inputs, unit: walk_to(inputs, "forest", unit), (*WALK_LAYERS, "green"), walks=True, by_group=True
        ),
        "walk_to_water": Provider(lambda inputs, unit: walk_to(inputs, "water", unit), (*WALK_LAYERS, "water"), walks=True, by_group=True),
        "walk_to_greenway": Provider(lambda inputs, unit: walk_to(inputs, "greenway", unit), (*WALK_LAYERS, "greenways"), walks=True),
        "greenway_m": Provider(greenway_m, ("cells", "greenways")),
        "cover_share": Provider(cover_share, ("cells", "land_cover")),
        "hollow_share": Provider(hollow_share, ("cells", "people", "elevation")),
    }
)


def area_of(layer: str, table: str) -> Input:
    """Land under a layer, as an input of an indicator."""
    return Input("layer_area_km2", {"layer": layer, "table": table})


def patches(measure: str) -> Input:
    """Patches by cell, as an input of an indicator."""
    return Input("patch_sum", {"measure": measure})


def walk(what: str, unit: str) -> Input:
    """The walk to the nearest wood, water or greenway, as an input of an indicator."""
    return Input(f"walk_to_{what}", {"unit": unit})


def greenways(measure: str) -> Input:
    """Greenways by cell, as an input of an indicator."""
    return Input("greenway_m", {"measure": measure})


def cover(*classes: str) -> Input:
    """Share of land cover, as an input of an indicator."""
    return Input("cover_share", {"classes": classes})


def hollows() -> Input:
    """Share of hollows, as an input of an indicator."""
    return Input("hollow_share")
