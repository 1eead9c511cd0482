"""Heights of a street network from a digital elevation model: bridges and tunnels pass over and under the ground."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.sense.grids import Grid, sample
from parkcity.sense.osm.metric import distance

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Heights:
    """Heights and slopes of a network.

    `node_height` float64 [n] metres; `climb, descent` float64 [e] metres up and down on the way from u to v; `slope`
    float32 [e] percent, mean rise from u to v (negative downhill). Not a number where the model has no data.
    """

    node_height: Floats
    climb: Floats
    descent: Floats
    slope: NDArray[np.float32]


def street_heights(grid: Grid, arrays: dict[str, NDArray[Any]], step_m: float) -> Heights:
    """Heights of a network (arrays as the extract gives them, WGS 84), the ground sampled at least every `step_m` metres.

    A step below the model's resolution turns its noise into climbs; take about the size of its pixels. On bridges and in
    tunnels the height runs straight from end to end; where several of them meet off the ground, the heights of those
    nodes are the ones at which the slopes of all balance (a discrete Laplace equation).
    """
    u, v, length = arrays["edge_u"], arrays["edge_v"], arrays["edge_length"]
    ground = sample(grid, arrays["node_lon"], arrays["node_lat"])
    lifted = _lifted(arrays)
    height = _balanced(ground, u, v, length, lifted)
    climb, descent = _profiles(grid, arrays, height, step_m)
    rise = height[v] - height[u]
    climb[lifted], descent[lifted] = np.maximum(rise[lifted], 0.0), np.maximum(-rise[lifted], 0.0)
    slope = np.divide(100.0 * rise, length, out=np.zeros(len(u)), where=length > 0)
    return Heights(height, climb, descent, slope.astype(np.float32))


def _lifted(arrays: dict[str, NDArray[Any]]) -> NDArray[np.bool_]:
    out = np.zeros(len(arrays["edge_u"]), bool)
    for name in ("bridge", "tunnel"):
        if name in arrays:
            out |= arrays[name] != 0
    return out


def _balanced(ground: Floats, u: NDArray[np.int32], v: NDArray[np.int32], length: Floats, lifted: NDArray[np.bool_]) -> Floats:
    """Heights of nodes: the ground's where any street on the ground ends, balanced between those elsewhere."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components
    from scipy.sparse.linalg import spsolve

    count = len(ground)
    on_ground = np.zeros(count, bool)
    on_ground[u[~lifted]] = True
    on_ground[v[~lifted]] = True
    degree = np.bincount(u[lifted], minlength=count) + np.bincount(v[lifted], minlength=count)
    # A bridge that simply ends does so on the ground.
    free = ~on_ground & (degree > 1)
    weight = 1.0 / np.maximum(length[lifted], 0.1)
    graph = coo_array((weight, (u[lifted], v[lifted])), shape=(count, count)).tocsr()
    # A ring in the air that touches no ground has no height of its own: its lowest-numbered node stands for the ground.
    _, label = connected_components(graph, directed=False)
    anchored = np.zeros(int(label.max(initial=-1)) + 1, bool)
    anchored[label[~free]] = True
    loose = np.nonzero(free & ~anchored[label])[0]
    free[loose[np.unique(label[loose], return_index=True)[1]]] = False
    rows = np.nonzero(free)[0]
    if not len(rows):
        return ground.copy()
    both = graph + graph.T
    inner = both[rows][:, rows]
    fixed = np.nonzero(~free)[0]
    total: Floats = np.asarray(both[rows].sum(axis=1), np.float64).ravel()
    system = coo_array((total, (np.arange(len(rows)), np.arange(len(rows)))), shape=inner.shape).tocsr() - inner
    height = ground.copy()
    height[rows] = np.atleast_1d(spsolve(system.tocsc(), both[rows][:, fixed] @ np.nan_to_num(ground[fixed])))
    return height


def _profiles(grid: Grid, arrays: dict[str, NDArray[Any]], height: Floats, step_m: float) -> tuple[Floats, Floats]:
    """Metres up and down along every edge, sampled at the points of its line and between them."""
    lonlat, start = arrays["geom_lonlat"], arrays["geom_start"]
    edge = np.repeat(np.arange(len(start) - 1), np.diff(start))
    gap = distance(lonlat[:-1, 0], lonlat[:-1, 1], lonlat[1:, 0], lonlat[1:, 1])
    same = edge[:-1] == edge[1:]
    cuts = np.where(same, np.maximum(np.ceil(gap / step_m), 1), 1).astype(np.int64)
    count = np.append(cuts, 1)
    first = np.repeat(np.arange(len(lonlat)), count)
    part = (np.arange(len(first)) - np.repeat(np.cumsum(count) - count, count)) / count[first]
    after = np.minimum(first + 1, len(lonlat) - 1)
    at = lonlat[first] + part[:, None] * np.where(same[np.minimum(first, len(same) - 1)][:, None], lonlat[after] - lonlat[first], 0.0)
    level = sample(grid, at[:, 0], at[:, 1])
    owner = edge[first]
    begins = np.searchsorted(owner, np.arange(len(start) - 1))
    ends = np.append(begins[1:], len(owner)) - 1
    # Both ends take the height of their node, which bridges may have lifted.
    level[begins], level[ends] = height[arrays["edge_u"]], height[arrays["edge_v"]]
    rise = np.diff(level)
    inside = owner[:-1] == owner[1:]
    total = len(start) - 1
    climb = np.bincount(owner[:-1][inside], np.maximum(rise[inside], 0.0), minlength=total)
    descent = np.bincount(owner[:-1][inside], np.maximum(-rise[inside], 0.0), minlength=total)
    return np.asarray(climb, np.float64), np.asarray(descent, np.float64)
