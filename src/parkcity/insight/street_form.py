"""Inputs about the form of streets: lengths by class, blocks, junctions, detours, and the area within a walk."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.insight.inputs import BASE_LAYERS, PROVIDERS, Inputs, Provider, profile_of
from parkcity.insight.registry import Input
from parkcity.standards import load, parameter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parkcity.travel import Attach
    from parkcity.twin.street_delta import StreetDelta
    from parkcity.twin.twin import Twin

    Floats = NDArray[np.float64]

_M_PER_KM = 1000.0
_STREETS = ("cells", "streets")
_WALKED = (*BASE_LAYERS, "streets", "attachments")
_OPPOSITE = math.cos(math.radians(150.0))


def _number(row_id: str) -> float:
    return parameter("street_form_parameters", row_id).number


def lacks_classes(twin: Twin, **_args: Any) -> list[str]:
    """`streets:class` where the city's streets have no road classes."""
    return [] if "klass" in twin.layer("streets").arrays() else ["streets:class"]


def street_km_of(inputs: Inputs, group: str) -> Floats:
    """Length of the streets of a group of classes in every cell, float64 [cells], km; `urban_road` stands for all that the norm counts.

    A road of two carriageways counts once: one-way streets with an opposite one of their class beside them count half.
    """
    return inputs.kept("street_km_of", _STREETS, {"group": group}, lambda: {"km": _km_of(inputs, group)})["km"]


def _km_of(inputs: Inputs, group: str) -> Floats:
    arrays = inputs.twin.layer("streets").arrays()
    rows = [row for row in load("street_groups") if group == row.extra["group"] or (group == "urban_road" and row.extra[group] == "1")]
    chosen = np.isin(arrays["klass"], [int(row.number) for row in rows])
    edge, cell, share = inputs.street_shares()
    once = np.where(_divided(inputs), 0.5, 1.0)
    km = share * (np.asarray(arrays["edge_length"]) * once * chosen)[edge] / _M_PER_KM
    return np.bincount(cell, km, minlength=len(inputs.twin.cells)).astype(np.float64)


def _divided(inputs: Inputs) -> NDArray[np.bool_]:
    """Streets that are one carriageway of two, bool [edges]: one-way, with an opposite one of the same class within the stated metres."""

    def make() -> dict[str, NDArray[Any]]:
        arrays = inputs.twin.layer("streets").arrays()
        if "oneway" not in arrays or "klass" not in arrays:
            return {"divided": np.zeros(len(arrays["edge_u"]), bool)}
        return {"divided": _carriageways(arrays, inputs.twin.street_lines)}

    return inputs.kept("carriageways", ("streets",), {}, make)["divided"]


def _carriageways(arrays: dict[str, NDArray[Any]], every: NDArray[Any]) -> NDArray[np.bool_]:
    import shapely

    codes = [int(row.number) for row in load("street_groups") if row.extra["divides"] == "1"]
    rows = np.nonzero((np.asarray(arrays["oneway"]) != 0) & np.isin(arrays["klass"], codes))[0]
    divided = np.zeros(len(arrays["edge_u"]), bool)
    if not len(rows):
        return divided
    lines, klass = every[rows], np.asarray(arrays["klass"])[rows]
    u, v = arrays["edge_u"][rows], arrays["edge_v"][rows]
    # Direction of travel: a street that is open against its drawing runs from v to u.
    sign = np.where(np.asarray(arrays["oneway"])[rows] > 0, 1.0, -1.0)
    dx, dy = sign * (arrays["node_x"][v] - arrays["node_x"][u]), sign * (arrays["node_y"][v] - arrays["node_y"][u])
    size = np.maximum(np.hypot(dx, dy), 1e-9)
    middle = shapely.line_interpolate_point(lines, 0.5, normalized=True)
    one, other = shapely.STRtree(lines).query(middle, predicate="dwithin", distance=_number("carriageway.apart"))
    opposite = (dx[one] * dx[other] + dy[one] * dy[other]) / (size[one] * size[other]) < _OPPOSITE
    divided[rows[one[opposite & (klass[one] == klass[other])]]] = True
    return divided


def block_sum(inputs: Inputs, measure: str, least_ha: float = 0.0, most_side_m: float = math.inf) -> Floats:
    """Something of the blocks, float64 [cells].

    `count`, `ha`, `side_m`: number, area and side (a quarter of the perimeter) of blocks by the cell of an inner point; `land_ha`: area of
    the parts of blocks in the cell; `size_land`: the same times the area of their block. Blocks of `least_ha` or less, and blocks
    with longer sides than `most_side_m`, do not count.
    """
    from parkcity.insight.blocks import blocks_of

    blocks = blocks_of(inputs)
    side = blocks.perimeter_m / 4.0
    used = (blocks.area_ha > least_ha) & (side <= most_side_m)
    cells = len(inputs.twin.cells)
    if measure in {"land_ha", "size_land"}:
        weight = blocks.piece_ha * used[blocks.piece_block]
        if measure == "size_land":
            weight = weight * blocks.area_ha[blocks.piece_block]
        return np.bincount(blocks.piece_cell, weight, minlength=cells).astype(np.float64)
    amount = {"count": np.ones(len(side)), "ha": blocks.area_ha, "side_m": side}[measure]
    return np.bincount(blocks.cell, amount * used, minlength=cells).astype(np.float64)


def node_count(inputs: Inputs, least: float, most: float = math.inf) -> Floats:
    """Nodes at which so many street ends meet, by cell, float64 [cells]."""
    from parkcity.insight.location import cells_at

    def make(city: Inputs) -> dict[str, NDArray[Any]]:
        arrays = city.twin.layer("streets").arrays()
        return {"ends": _ends(arrays), "cell": cells_at(city.cell_tree(), np.asarray(arrays["node_x"]), np.asarray(arrays["node_y"]))}

    def mend(before: dict[str, NDArray[Any]], delta: StreetDelta) -> dict[str, NDArray[Any]]:
        x, y = (np.asarray(delta.after[name])[len(before["cell"]) :] for name in ("node_x", "node_y"))
        return {"ends": _ends(delta.after), "cell": np.concatenate([before["cell"], cells_at(inputs.cell_tree(), x, y)])}

    kept = inputs.kept_near("nodes_by_cell", _STREETS, {}, make, mend)
    used = (kept["ends"] >= least) & (kept["ends"] <= most) & (kept["cell"] >= 0)
    return np.bincount(kept["cell"][used], minlength=len(inputs.twin.cells)).astype(np.float64)


def _ends(arrays: dict[str, NDArray[Any]]) -> NDArray[np.int64]:
    """How many street ends meet at every node."""
    return np.bincount(np.concatenate([arrays["edge_u"], arrays["edge_v"]]), minlength=len(arrays["node_x"]))


def detour(inputs: Inputs, measure: str) -> Floats:
    """Sums over pairs of cells a walk apart: `network_m` along the streets or `straight_m`, float64 [cells]."""

    def make(city: Inputs) -> dict[str, NDArray[Any]]:
        return _detours(city, np.arange(len(city.twin.cells)))

    def mend(before: dict[str, NDArray[Any]], delta: StreetDelta) -> dict[str, NDArray[Any]]:
        del delta
        rows = inputs.touched_cells(_number("circuity.far") * 2, "m", lambda city: city.origins())
        found = {name: array.copy() for name, array in before.items()}
        for name, values in _detours(inputs, rows).items():
            found[name][rows] = values
        return found

    return inputs.kept_near("detour", _WALKED, {"profile": profile_of(inputs.group)}, make, mend)[measure]


def _detours(inputs: Inputs, rows: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    """Sums over pairs of cells a walk apart from some cells, float64 [rows] each."""
    from parkcity.insight.near_streets import only
    from parkcity.travel import reach_pairs

    near, far, most = _number("circuity.near"), _number("circuity.far"), _number("circuity.most")
    x, y = inputs.twin.cells["x"].to_numpy(float), inputs.twin.cells["y"].to_numpy(float)
    pairs = reach_pairs(inputs.network, only(inputs.origins(), rows), inputs.origins(), far * 2, unit="m", threads=inputs.threads)
    origin, other = pairs.origin, pairs.place
    straight = np.hypot(x[rows[origin]] - x[other], y[rows[origin]] - y[other])
    used = (straight >= near) & (straight <= far) & (pairs.cost <= most * straight)
    return {
        "network_m": np.bincount(origin[used], pairs.cost[used], minlength=len(rows)),
        "straight_m": np.bincount(origin[used], straight[used], minlength=len(rows)),
    }


def walk_area_m2(inputs: Inputs, metres: float) -> Floats:
    """Area within a walk of so many metres, straight to the streets and along them, float64 [cells], m2; NaN without a street."""

    def make(city: Inputs) -> dict[str, NDArray[Any]]:
        return {"area": area_within(city, city.origins(), metres)}

    def mend(before: dict[str, NDArray[Any]], delta: StreetDelta) -> dict[str, NDArray[Any]]:
        from parkcity.insight.near_streets import only

        del delta
        rows = inputs.touched_cells(metres, "m", walk_squares)
        area = before["area"].copy()
        area[rows] = area_within(inputs, only(inputs.origins(), rows), metres)
        return {"area": area}

    return inputs.kept_near("walk_area", _WALKED, {"metres": metres, "profile": profile_of(inputs.group)}, make, mend)["area"]


def area_within(inputs: Inputs, origins: Attach, metres: float) -> Floats:
    """Area of the squares that origins reach within so many metres, float64 [origins], m2."""
    from parkcity.travel import within

    squares = walk_squares(inputs)
    found = within(inputs.network, origins, squares, [metres], np.ones(squares.owners), unit="m", counts=False, threads=inputs.threads)
    return np.asarray(found.sums[0] * _number("square.side") ** 2)


def walk_squares(inputs: Inputs) -> Attach:
    """The squares of the study area and a walk around it, each at the street nearest to its centre."""
    from parkcity.travel import Attach

    away = _number("square.away")

    def make(city: Inputs) -> dict[str, NDArray[Any]]:
        x, y = _square_centres(city.twin, _number("square.side"), _number("catchment.radius"))
        found = at_streets(city.twin, x, y, away)
        return {"x": x, "y": y, "owner": found.owner, "edge": found.edge, "offset": found.offset, "distance": found.distance}

    def mend(before: dict[str, NDArray[Any]], delta: StreetDelta) -> dict[str, NDArray[Any]]:
        from parkcity.insight.near_streets import attached_again

        return attached_again(before, delta, inputs.street_tree(), away)

    kept = inputs.kept_near("walk_squares", _STREETS, {}, make, mend)
    return Attach(kept["owner"], kept["edge"], kept["offset"], kept["distance"], len(kept["x"]))


def at_streets(twin: Twin, x: Floats, y: Floats, away_m: float | None = None) -> Attach:
    """Points [n] at the nearest point of the nearest street; those farther than `away_m` from every street are not attached.

    Of streets equally near the first counts.
    """
    import shapely

    from parkcity.insight.near_streets import first_of_each, offsets_on
    from parkcity.travel import Attach

    lines, points = twin.street_lines, np.asarray(shapely.points(x, y))
    # A hair more than asked for, so that what lies just at the limit is told by its own distance.
    farthest = None if away_m is None else away_m * (1 + 1e-9)
    found, distance = shapely.STRtree(lines).query_nearest(points, max_distance=farthest, return_distance=True)
    near = distance <= (np.inf if away_m is None else away_m)
    row, edge, distance = first_of_each(found[0][near], found[1][near], distance[near])
    offset = offsets_on(lines[edge], np.asarray(twin.layer("streets").array("edge_length"))[edge], points[row])
    return Attach(row.astype(np.int32), edge.astype(np.int32), offset, distance, len(points))


def _square_centres(twin: Twin, side: float, around: float) -> tuple[Floats, Floats]:
    """Centres of the squares of a fixed lattice that lie in the study area or within `around` metres of it."""
    import shapely

    from parkcity.base.geo import WGS84, shapes_to_metric

    city = shapes_to_metric(twin.tier_zones("city").geometry.to_numpy(), WGS84, twin.projection)[0]
    area = shapely.buffer(shapely.simplify(city, side), around)
    low_x, low_y, high_x, high_y = (round(value / side) for value in shapely.bounds(area))
    x, y = np.meshgrid((np.arange(low_x, high_x) + 0.5) * side, (np.arange(low_y, high_y) + 0.5) * side)
    shapely.prepare(area)
    inside = shapely.contains_xy(area, x.ravel(), y.ravel())
    return x.ravel()[inside], y.ravel()[inside]


PROVIDERS.update(
    {
        "street_km_of": Provider(street_km_of, _STREETS, lacking=lacks_classes),
        "block_sum": Provider(block_sum, _STREETS),
        "node_count": Provider(node_count, _STREETS),
        "detour": Provider(detour, _WALKED, walks=True),
        "walk_area_m2": Provider(walk_area_m2, _WALKED, walks=True),
    }
)


def length_of(group: str) -> Input:
    """The length of a group of classes, as an input of an indicator."""
    return Input("street_km_of", {"group": group})


def blocks(measure: str, **limits: float) -> Input:
    """Something of the blocks, as an input of an indicator."""
    return Input("block_sum", {"measure": measure, **limits})


def nodes(**limits: float) -> Input:
    """Nodes by their street ends, as an input of an indicator."""
    return Input("node_count", limits)


def pairs(measure: str) -> Input:
    """Sums over pairs of cells a walk apart, as an input of an indicator."""
    return Input("detour", {"measure": measure})


def walk_area(metres: float) -> Input:
    """The area within a walk, as an input of an indicator."""
    return Input("walk_area_m2", {"metres": metres})
