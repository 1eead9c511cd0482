"""Isochrones: streets reached, and areas from a cost surface; circuity and the pedestrian catchment ratio."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from parkcity.base.errors import LimitError, UsageError
from parkcity.travel.nearest import nearest
from parkcity.travel.streets import Attach

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shapely import MultiPolygon

    from parkcity.travel.network import Direction, Network

MAX_SQUARES = 40_000_000
Float64 = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Surface:
    """Cost at squares of a grid: `cost` float64 [rows, columns], infinity where not reached, row 0 at the bottom; the rest metres."""

    cost: Float64
    low_x: float
    low_y: float
    side: float

    def area(self, limit: float) -> MultiPolygon:
        """The area within a limit: valid, without holes; the area of a larger limit contains that of a smaller one."""
        import shapely
        from rasterio.features import shapes
        from rasterio.transform import Affine

        inside = (self.cost <= limit).astype(np.uint8)
        grid = Affine(self.side, 0, self.low_x, 0, self.side, self.low_y)
        rings = [shape["coordinates"][0] for shape, _ in shapes(inside, mask=inside.astype(bool), transform=grid)]
        whole = shapely.union_all([shapely.Polygon(ring) for ring in rings])
        parts = [shapely.Polygon(part.exterior) for part in shapely.get_parts(whole)]
        return shapely.MultiPolygon(shapely.get_parts(shapely.union_all(parts)).tolist())


@dataclass(frozen=True)
class StreetsReached:
    """Stretches of streets within a limit: `edge` int32 [k], `from_m`, `to_m` float64 [k], metres from u."""

    edge: npt.NDArray[np.int32]
    from_m: Float64
    to_m: Float64


def points_on(network: Network, edge: npt.NDArray[np.int32], offset: Float64) -> tuple[Float64, Float64]:
    """Coordinates of points on edges, along their geometry (offsets scaled to its drawn length). Shapes [k]."""
    streets = network.streets
    share = np.where(streets.edge_length[edge] > 0, offset / np.maximum(streets.edge_length[edge], 1e-12), 0.0)
    if streets.geom_start is None or streets.geom_xy is None:
        u, v = streets.edge_u[edge], streets.edge_v[edge]
        x = streets.node_x[u] + share * (streets.node_x[v] - streets.node_x[u])
        return x, streets.node_y[u] + share * (streets.node_y[v] - streets.node_y[u])
    import shapely

    start = streets.geom_start
    kept, row = np.unique(edge, return_inverse=True)
    many = np.repeat(np.arange(len(kept)), start[kept + 1] - start[kept])
    picks = np.concatenate([np.arange(start[e], start[e + 1]) for e in kept]) if len(kept) else np.empty(0, np.int64)
    lines = shapely.linestrings(streets.geom_xy[picks], indices=many)
    points = shapely.line_interpolate_point(lines[row], share, normalized=True)
    return shapely.get_x(points), shapely.get_y(points)


def _samples(network: Network, one: Attach, limit: float, unit: str, direction: Direction, step: float) -> tuple[Attach, Float64]:
    """Points every `step` metres or less on all streets near what is reached, and their costs (NaN beyond the limit)."""
    streets = network.streets
    flip: Direction = "from" if direction == "from" else "to"
    at_nodes = nearest(network, Attach.at_nodes(streets, np.arange(streets.nodes)), one, limit=limit, unit=unit, direction=flip)
    reached = np.isfinite(at_nodes.values[0])
    near = reached[streets.edge_u] | reached[streets.edge_v]
    near[one.edge] = True
    edges = np.flatnonzero(near)
    count = np.maximum(np.ceil(streets.edge_length[edges] / step).astype(np.int64), 1)
    edge = np.repeat(edges, count + 1).astype(np.int32)
    rank = np.arange(len(edge)) - np.repeat(np.cumsum(count + 1) - (count + 1), count + 1)
    offset = streets.edge_length[edge] * np.minimum(rank / np.repeat(count, count + 1), 1.0)
    points = Attach(np.arange(len(edge), dtype=np.int32), edge, offset, np.zeros(len(edge)), len(edge))
    return points, nearest(network, points, one, limit=limit, unit=unit, direction=flip).values[0].astype(np.float64)


def street_points(network: Network, one: Attach, limit: float, step: float) -> Attach:
    """Points every `step` metres or less on the streets that owner 0 of `one` reaches within `limit` seconds, and on those beside them."""
    points, cost = _samples(network, one, limit, "s", "from", step)
    rows = np.flatnonzero(np.isfinite(cost))
    return Attach(np.arange(len(rows), dtype=np.int32), points.edge[rows], points.offset[rows], points.distance[rows], len(rows))


def single(origins: Attach, origin: int) -> Attach:
    """One of the owners alone, as owner 0."""
    rows = np.flatnonzero(origins.owner == origin)
    return Attach(np.zeros(len(rows), np.int32), origins.edge[rows], origins.offset[rows], origins.distance[rows], 1)


def surface(
    network: Network,
    origins: Attach,
    origin: int,
    limit: float,
    *,
    side: float = 25.0,
    away_m: float = 100.0,
    unit: str = "s",
    direction: Direction = "from",
) -> Surface:
    """The cost surface around one origin up to `limit`: journeys from it ("from"), or to it ("to").

    `side`: metres of a square; `away_m`: how far people walk off the streets, at the profile's speed off the network. The streets carry the
    same costs as `nearest`, `matrix` and `route`, at points every half square. Raises `LimitError` where the grid would be too large.
    """
    if side <= 0 or away_m < 0:
        raise UsageError("side must be above 0 and away_m 0 or more")
    points, cost = _samples(network, single(origins, origin), limit, unit, direction, side / 2)
    return spread(network, points, cost, side=side, away_m=away_m, unit=unit)


def spread(network: Network, points: Attach, cost: Float64, *, side: float, away_m: float, unit: str = "s") -> Surface:
    """The cost surface around points on the streets, one row each, of known costs (NaN: not reached); arguments as in `surface`."""
    from parkcity.travel.kernels.surface import stamp

    good = np.isfinite(cost)
    x, y = points_on(network, points.edge[good], points.offset[good])
    if not len(x):
        return Surface(np.full((1, 1), np.inf), 0.0, 0.0, side)
    low_x, low_y = (math.floor((float(values.min()) - away_m) / side) * side for values in (x, y))
    columns, rows = (int((float(values.max()) + away_m - low) / side) + 1 for values, low in ((x, low_x), (y, low_y)))
    if rows * columns > MAX_SQUARES:
        msg = f"the surface would have {rows * columns:,} squares, more than {MAX_SQUARES:,}; take a larger side"
        raise LimitError(msg)
    grid = np.full((rows, columns), np.inf)
    per_metre = 1.0 if unit == "m" else 1.0 / network.profile.access_speed
    stamp(x, y, cost[good], low_x, low_y, side, away_m, per_metre, grid)
    return Surface(grid, low_x, low_y, side)


def isochrones(
    network: Network,
    origins: Attach,
    origin: int,
    limits: Sequence[float],
    *,
    side: float = 25.0,
    away_m: float = 100.0,
    unit: str = "s",
    direction: Direction = "from",
) -> list[MultiPolygon]:
    """The areas within each limit of one origin, one polygon set per limit, nested. Arguments as in `surface`."""
    whole = surface(network, origins, origin, max(limits), side=side, away_m=away_m, unit=unit, direction=direction)
    return [whole.area(limit) for limit in limits]


def streets_reached(
    network: Network, origins: Attach, origin: int, limit: float, *, unit: str = "s", direction: Direction = "from"
) -> StreetsReached:
    """The stretches of streets within a limit of one origin, cut to about a metre."""
    points, cost = _samples(network, single(origins, origin), limit, unit, direction, 1.0)
    inside = np.isfinite(cost)
    both = inside[:-1] & inside[1:] & (points.edge[:-1] == points.edge[1:])
    begin = both & np.r_[True, ~(both[:-1] & (points.edge[:-2] == points.edge[2:]))]
    end = both & np.r_[~(both[1:] & (points.edge[:-2] == points.edge[2:])), True]
    return StreetsReached(points.edge[:-1][begin], points.offset[:-1][begin], points.offset[1:][end])


def catchment_ratio(network: Network, origins: Attach, origin: int, radius_m: float, *, side: float = 10.0, away_m: float = 60.0) -> float:
    """Pedestrian catchment ratio: the area within `radius_m` along the streets over that of the circle.

    Source: Porta and Renne (2005), "Linking urban design to sustainability", Urban Design International 10. On a fine grid it is 2 / pi.
    """
    return float(isochrones(network, origins, origin, [radius_m], side=side, away_m=away_m, unit="m")[0].area / (math.pi * radius_m**2))


def circuity(x0: npt.ArrayLike, y0: npt.ArrayLike, x1: npt.ArrayLike, y1: npt.ArrayLike, length_m: npt.ArrayLike) -> Float64:
    """Length along the streets over the straight line, float64; NaN where the straight line is zero.

    Source: Barthélemy (2011), "Spatial networks", Physics Reports 499 (detour index).
    """
    begin, end = (np.array(np.broadcast_arrays(*pair), np.float64) for pair in ((x0, y0), (x1, y1)))
    straight = np.hypot(begin[0] - end[0], begin[1] - end[1])
    length = np.asarray(length_m, np.float64)
    return np.asarray(np.where(straight > 0, length / np.where(straight > 0, straight, 1.0), np.nan), np.float64)
