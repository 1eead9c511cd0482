"""Where one new link would open a superblock, and what it would give.

For every block above the standards' size the chords between points along its edge are tried. Kept is the chord inside the block that saves
most walking, weighted by the land that it cuts off: metres saved between its ends x area of the smaller part.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.geo import to_wgs84
from parkcity.insight.blocks import Blocks, blocks_of
from parkcity.insight.inputs import WALK_LAYERS, profile_of
from parkcity.insight.operators.faces import part_areas
from parkcity.insight.street_form import at_streets
from parkcity.standards import parameter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parkcity.insight.inputs import Inputs

    Floats = NDArray[np.float64]

COLUMNS = (
    "rank",
    "zone",
    "cell",
    "area_ha",
    "residents_near",
    "link_m",
    "way_m",
    "saved_m",
    "largest_after_ha",
    "from_lon",
    "from_lat",
    "to_lon",
    "to_lat",
)
_M2_PER_HA = 1e4
_SEARCHED = 120
_TOUCH_M = 0.05


@dataclass(frozen=True)
class Opening:
    """One new link through a superblock: its block, ends in metres, and what it changes."""

    block: int
    ends: tuple[tuple[float, float], tuple[float, float]]
    link_m: float
    way_m: float
    largest_after_ha: float

    @property
    def saved_m(self) -> float:
        """Metres of walking between its ends that the link saves."""
        return self.way_m - self.link_m


def openings(inputs: Inputs) -> list[Opening]:
    """The best link through each of the superblocks that hold most residents, one a block; blocks that no chord crosses are left out.

    Kept with the twin.
    """

    def make() -> dict[str, NDArray[Any]]:
        found = _search(inputs)
        return {
            "block": np.array([one.block for one in found], np.int64),
            "ends": np.array([one.ends for one in found], np.float64).reshape(-1, 2, 2),
            "metres": np.array([(one.link_m, one.way_m, one.largest_after_ha) for one in found], np.float64).reshape(-1, 3),
        }

    kept = inputs.kept("openings", WALK_LAYERS, {"people": inputs.twin.layer("people").hash, "profile": profile_of(inputs.group)}, make)
    return [
        Opening(int(block), ((float(a[0]), float(a[1])), (float(b[0]), float(b[1]))), *(float(value) for value in row))
        for block, (a, b), row in zip(kept["block"], kept["ends"], kept["metres"], strict=True)
    ]


def _search(inputs: Inputs) -> list[Opening]:
    blocks = blocks_of(inputs)
    least = parameter("tod_parameters", "block.area.superblock").number
    count = int(parameter("street_form_parameters", "opening.points").number)
    chosen = [int(row) for row in np.argsort(-_residents(inputs, blocks), kind="stable") if blocks.area_ha[row] > least][:_SEARCHED]
    rings = [_ring(blocks.shapes[row], count) for row in chosen]
    ways = _ways(inputs, [points for points, _ in rings])
    longest = parameter("street_form_parameters", "opening.link.most").number
    found = [_best(row, blocks, points, edge, way, longest) for row, (points, edge), way in zip(chosen, rings, ways, strict=True)]
    return [opening for opening in found if opening is not None]


def opening_rows(inputs: Inputs, tier: str) -> list[dict[str, Any]]:
    """The links as flat rows with the columns of `COLUMNS`, those first that save most walking for most residents near them."""
    twin = inputs.twin
    blocks = blocks_of(inputs)
    zones, member = twin.tier_zones(tier)["id"].to_numpy(), twin.member(tier)
    ids = twin.cells["id"].to_numpy()
    rows = []
    for opening in openings(inputs):
        ends = np.array(opening.ends)
        lon, lat = to_wgs84(ends[:, 0], ends[:, 1], twin.projection.name)
        cell = int(blocks.cell[opening.block])
        rows.append(
            {
                "zone": zones[member[cell]] if member[cell] >= 0 else "",
                "cell": ids[cell],
                "area_ha": round(float(blocks.area_ha[opening.block]), 2),
                "residents_near": round(_residents_near(inputs, opening)),
                "link_m": round(opening.link_m),
                "way_m": round(opening.way_m),
                "saved_m": round(opening.saved_m),
                "largest_after_ha": round(opening.largest_after_ha, 2),
                "from_lon": round(float(lon[0]), 6),
                "from_lat": round(float(lat[0]), 6),
                "to_lon": round(float(lon[1]), 6),
                "to_lat": round(float(lat[1]), 6),
            }
        )
    rows.sort(key=lambda row: (-row["saved_m"] * row["residents_near"], row["cell"]))
    return [{"rank": number, **row} for number, row in enumerate(rows, start=1)]


def _residents(inputs: Inputs, blocks: Blocks) -> Floats:
    """Residents of every block: those of its cells, by the share of land."""
    density = inputs.residents() / np.maximum(inputs.twin.cells["area_m2"].to_numpy(float) / _M2_PER_HA, 1e-9)
    return np.bincount(blocks.piece_block, blocks.piece_ha * density[blocks.piece_cell], minlength=len(blocks.area_ha)).astype(np.float64)


def _residents_near(inputs: Inputs, opening: Opening) -> float:
    import shapely

    near = parameter("street_form_parameters", "opening.residents").number
    cells = inputs.twin.cells
    distance = shapely.distance(shapely.points(cells["x"].to_numpy(float), cells["y"].to_numpy(float)), shapely.LineString(opening.ends))
    return float(inputs.residents()[distance <= near].sum())


def _ring(shape: Any, count: int) -> tuple[Floats, Floats]:
    """Points at even steps along the edge of a block [count, 2], and the edge with them put in [m, 3]: x, y, and 1 at such a point."""
    import shapely

    ring = shapely.get_exterior_ring(shape)
    corners = shapely.get_coordinates(ring)[:-1]
    at = np.r_[0.0, np.cumsum(np.hypot(*np.diff(corners, axis=0).T))]
    steps = np.arange(count) * (shapely.length(ring) / count)
    points = shapely.get_coordinates(shapely.line_interpolate_point(ring, steps))
    order = np.argsort(np.r_[steps, at], kind="stable")
    return points, np.column_stack([np.vstack([points, corners])[order], order < count])


def _ways(inputs: Inputs, rings: list[Floats]) -> list[Floats]:
    """For every block the walk along the streets between the points of its edge, float64 [points, points]; infinite where none is near."""
    from parkcity.travel import reach_pairs

    if not rings:
        return []
    points = np.vstack(rings)
    block = np.repeat(np.arange(len(rings)), [len(ring) for ring in rings])
    first = np.r_[0, np.cumsum([len(ring) for ring in rings])]
    place = at_streets(inputs.twin, points[:, 0], points[:, 1])
    farthest = parameter("street_form_parameters", "opening.way.most").number
    pairs = reach_pairs(inputs.network, place, place, farthest, unit="m", threads=inputs.threads)
    origin = pairs.origin
    same = block[origin] == block[pairs.place]
    ways = [np.full((len(ring), len(ring)), np.inf) for ring in rings]
    for one, other, cost in zip(origin[same], pairs.place[same], pairs.cost[same], strict=True):
        number = block[one]
        ways[number][one - first[number], other - first[number]] = cost
    return ways


def _round_trip(count: int) -> Floats:
    """Steps between points of a ring, the shorter way round, [count, count]."""
    steps = np.abs(np.subtract.outer(np.arange(count), np.arange(count)))
    return np.asarray(np.minimum(steps, count - steps), np.float64)


def _best(row: int, blocks: Blocks, points: Floats, edge: Floats, way: Floats, longest_m: float) -> Opening | None:
    import shapely

    shape = shapely.buffer(blocks.shapes[row], _TOUCH_M)
    shapely.prepare(shape)
    one, other = np.array(list(itertools.combinations(range(len(points)), 2))).T
    # Where streets cross without meeting the walk can be far longer than the edge: the edge is the most that a link can save.
    step = shapely.length(shapely.get_exterior_ring(blocks.shapes[row])) / len(points)
    ways = np.minimum(way, _round_trip(len(points)) * step)
    chords = np.asarray(shapely.linestrings(np.stack([points[one], points[other]], axis=1)))
    inside = (shapely.length(chords) <= longest_m) & shapely.covers(shape, chords)
    one, other, chords = one[inside], other[inside], chords[inside]
    if not len(one):
        return None
    length = shapely.length(chords)
    at = np.nonzero(edge[:, 2])[0]
    part = part_areas(edge[:, :2], at[one], at[other]) / _M2_PER_HA
    whole = float(blocks.area_ha[row])
    smaller = np.clip(np.minimum(part, whole - part), 0.0, None)
    score = (ways[one, other] - length) * smaller
    best = int(np.argmax(score))
    if score[best] <= 0:
        return None
    ends = tuple((float(x), float(y)) for x, y in (points[one[best]], points[other[best]]))
    return Opening(row, (ends[0], ends[1]), float(length[best]), float(ways[one[best], other[best]]), whole - float(smaller[best]))
