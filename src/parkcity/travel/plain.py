"""Streets from a plain graph: tables of nodes and edges, as OSMnx and pandana users have them; points attached to streets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from parkcity.base.errors import Fault, InputError
from parkcity.travel.streets import Attach, Streets

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

LEVELS = ("u", "v", "key")


def from_frames(
    nodes: pd.DataFrame,
    edges: gpd.GeoDataFrame | pd.DataFrame,
    *,
    length: str = "length",
    attributes: tuple[str, ...] = (),
    both_ways: bool = False,
) -> Streets:
    """Streets from tables of nodes (index: id; columns `x`, `y`, or points) and edges.

    Edges have `u`, `v` as columns or index levels, and their length in metres.

    Coordinates must be projected metres. A table that lists every two-way street once from each end, as OSMnx's does, needs
    `both_ways=True`: such pairs become one edge, and an edge that is listed from one end only becomes one-way for cars and bicycles
    (attributes `car` and `bike`: 2). `attributes`: further columns to keep. Missing columns and unknown nodes raise `InputError`.
    """
    import pandas as pd

    table = edges.reset_index() if edges.index.names != [None] else edges
    missing = [name for name in ("u", "v", length, *attributes) if name not in table.columns]
    points = nodes.geometry if "x" not in nodes.columns and hasattr(nodes, "geometry") else None
    if points is None and not {"x", "y"} <= set(nodes.columns):
        missing.append("x, y (of nodes)")
    if missing:
        raise InputError([Fault("graph", f"no column '{name}'", todo="rename the column, or name it in the call") for name in missing])
    u, v = (nodes.index.get_indexer(pd.Index(table[end])) for end in ("u", "v"))
    lost = np.flatnonzero((u < 0) | (v < 0))
    if len(lost):
        raise InputError([Fault("graph", "an edge ends at a node that is not in the table of nodes", row=int(row)) for row in lost[:20]])
    x, y = (nodes["x"], nodes["y"]) if points is None else (points.x, points.y)
    metres = table[length].to_numpy(np.float64)
    columns: dict[str, npt.NDArray[Any]] = {name: table[name].to_numpy() for name in attributes}
    rows = np.arange(len(table))
    if both_ways:
        rows, oneway = _pairs(u, v, metres)
        passage = np.where(oneway, 2, 1).astype(np.int8)
        columns = {"car": passage, "bike": passage, **{name: values[rows] for name, values in columns.items()}}
    start, xy = _lines(table, rows, np.asarray(x)[u[rows]], np.asarray(y)[u[rows]])
    return Streets(
        np.asarray(x, np.float64),
        np.asarray(y, np.float64),
        u[rows].astype(np.int32),
        v[rows].astype(np.int32),
        metres[rows],
        columns,
        start,
        xy,
    )


def _pairs(
    u: npt.NDArray[Any], v: npt.NDArray[Any], length: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """One row per street: an edge and its twin from the other end (same nodes, same length to a centimetre) count once."""
    near = np.rint(length * 100).astype(np.int64)
    waiting: dict[tuple[int, int, int], list[int]] = {}
    kept: list[int] = []
    alone: dict[int, bool] = {}
    for row, (a, b, metres) in enumerate(zip(u.tolist(), v.tolist(), near.tolist(), strict=True)):
        twins = waiting.get((b, a, metres))
        if twins:
            alone[twins.pop()] = False
            continue
        waiting.setdefault((a, b, metres), []).append(row)
        kept.append(row)
        alone[row] = True
    return np.array(kept, np.int64), np.array([alone[row] for row in kept], np.bool_)


def _lines(
    table: Any, rows: npt.NDArray[np.int64], x: npt.NDArray[Any], y: npt.NDArray[Any]
) -> tuple[npt.NDArray[np.int64] | None, npt.NDArray[np.float64] | None]:
    """Geometry of the kept rows, each turned so that it starts at u; none if the table has none."""
    if "geometry" not in table.columns or table["geometry"].isna().any():
        return None, None
    import shapely

    lines = table["geometry"].to_numpy()[rows]
    first, last = shapely.get_point(lines, 0), shapely.get_point(lines, -1)
    begin = shapely.points(x, y)
    lines = np.where(shapely.distance(begin, last) < shapely.distance(begin, first), shapely.reverse(lines), lines)
    counts = shapely.get_num_coordinates(lines)
    return np.r_[0, np.cumsum(counts)].astype(np.int64), shapely.get_coordinates(lines)


def attach_points(streets: Streets, x: npt.ArrayLike, y: npt.ArrayLike, *, within_m: float = 500.0) -> Attach:
    """Attach points to the nearest place on the nearest street, at most `within_m` away; a point without a street is not attached.

    Shapes: x, y float64 [m], metres in the streets' system. For several candidates, doors and modes build a city instead.
    """
    import shapely

    points = np.atleast_1d(np.asarray(shapely.points(np.asarray(x, np.float64), np.asarray(y, np.float64)), object))
    if streets.geom_start is not None and streets.geom_xy is not None:
        lines = np.asarray(shapely.linestrings(streets.geom_xy, indices=np.repeat(np.arange(streets.edges), np.diff(streets.geom_start))))
    else:
        ends = np.stack([np.column_stack([streets.node_x[e], streets.node_y[e]]) for e in (streets.edge_u, streets.edge_v)], axis=1)
        lines = np.asarray(shapely.linestrings(ends))
    owner, edge = shapely.STRtree(lines).query_nearest(points, max_distance=within_m, all_matches=False)
    share = np.clip(shapely.line_locate_point(lines[edge], points[owner], normalized=True), 0.0, 1.0)
    offset = np.minimum(np.nan_to_num(share) * streets.edge_length[edge], streets.edge_length[edge])
    distance = np.asarray(shapely.distance(points[owner], lines[edge]), np.float64)
    return Attach(owner.astype(np.int32), edge.astype(np.int32), offset, distance, len(points))
