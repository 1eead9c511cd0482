"""The street network of the twin: arrays, connected pieces with their likely cause, and junctions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.geo import Projection, to_wgs84
from parkcity.sense.osm.islands import island_causes, mapped_edges, passable_edges
from parkcity.standards import parameter

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from parkcity.sense.raw import Raw


def build_streets(
    raw: Raw, projection: Projection, ferries: NDArray[np.float64] | None = None
) -> tuple[dict[str, NDArray[Any]], pd.DataFrame, list[str]]:
    """Arrays of the network, the table of its connected pieces, and remarks.

    Arrays: `node_x, node_y` [n] metres, `edge_u, edge_v` [e], `edge_length` [e] metres, `node_piece` [n] (the piece that
    walkers cannot leave; 0 is the largest), `junction_x, junction_y` [j], and what else the reader gave by edge. Every piece
    is kept. `ferries` float64 [f, 2]: ends of ferry lines (WGS 84), which may explain why a piece is apart.
    """
    given: dict[str, NDArray[Any]] = dict(raw.arrays)
    lon, lat = given.pop("node_lon"), given.pop("node_lat")
    x, y = projection.forward(np.asarray(lon, float), np.asarray(lat, float))
    u, v = given["edge_u"].astype(np.int32), given["edge_v"].astype(np.int32)
    length = given["edge_length"].astype(np.float64)
    straight = np.hypot(x[u] - x[v], y[u] - y[v])
    remarks = []
    # A road is never shorter than the straight line; projection scale and rounding explain a few centimetres.
    short = length < straight * (1 - 0.005) - 0.5
    if short.any():
        remarks.append(f"{int(short.sum())} streets are shorter than the straight line between their ends; their length was raised to it")
        length = np.where(short, straight, length)
    passable = passable_edges(given)
    piece = connected_pieces(len(x), u[passable], v[passable])
    arrays: dict[str, NDArray[Any]] = {
        **{name: array for name, array in given.items() if not name.startswith("geom_")},
        "node_x": x,
        "node_y": y,
        "edge_u": u,
        "edge_v": v,
        "edge_length": length,
        "node_piece": piece,
    }
    if "geom_lonlat" in given:
        shape = given["geom_lonlat"]
        arrays["geom_start"] = given["geom_start"]
        arrays["geom_xy"] = np.column_stack(projection.forward(shape[:, 0], shape[:, 1]))
    drawn = mapped_edges(given)
    arrays["junction_x"], arrays["junction_y"] = junctions(x, y, u[drawn], v[drawn])
    return arrays, piece_table(arrays, projection, ferries), remarks


def connected_pieces(nodes: int, u: NDArray[np.int32], v: NDArray[np.int32]) -> NDArray[np.int32]:
    """Number of the connected piece of every node, largest piece first."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(u), np.int8), (u, v)), shape=(nodes, nodes))
    _, label = connected_components(graph, directed=False)
    sizes = np.bincount(label)
    order = np.argsort(-sizes, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return rank[label].astype(np.int32)


def piece_table(arrays: dict[str, NDArray[Any]], projection: Projection, ferries: NDArray[np.float64] | None = None) -> pd.DataFrame:
    """One row for every piece but the largest, with the likely cause of its being apart and the link that would join it.

    Columns `piece, nodes, length_km, gap_m, cause` (see `parkcity.sense.osm.islands.CAUSES`), `lon, lat` (where it is
    nearest to the main network) and `to_lon, to_lat` (the nearest point of the main network); WGS 84.
    """
    away = np.zeros((0, 2))
    if ferries is not None and len(ferries):
        away = np.column_stack(projection.forward(ferries[:, 0], ferries[:, 1]))
    table = island_causes(edge_shapes(arrays), arrays["node_piece"], arrays, away)
    lon, lat = to_wgs84(table["x"].to_numpy(float), table["y"].to_numpy(float), projection.name)
    to_lon, to_lat = to_wgs84(table["to_x"].to_numpy(float), table["to_y"].to_numpy(float), projection.name)
    kept = table[["piece", "nodes", "length_km", "gap_m", "cause"]].astype(
        {"piece": np.int64, "nodes": np.int64, "length_km": float, "gap_m": float, "cause": object}
    )
    return kept.assign(lon=lon, lat=lat, to_lon=to_lon, to_lat=to_lat)


def junctions(
    x: NDArray[np.float64], y: NDArray[np.float64], u: NDArray[np.int32], v: NDArray[np.int32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Positions of junctions: nodes that join at least three street ends, those within the merging distance as one."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    least = parameter("engine_parameters", "junction.degree").number
    merge = parameter("engine_parameters", "junction.merge").number
    degree = np.bincount(u, minlength=len(x)) + np.bincount(v, minlength=len(x))
    rows = np.nonzero(degree >= least)[0]
    if not len(rows):
        return np.zeros(0), np.zeros(0)
    pairs = cKDTree(np.column_stack([x[rows], y[rows]])).query_pairs(merge, output_type="ndarray")
    graph = coo_array((np.ones(len(pairs), np.int8), (pairs[:, 0], pairs[:, 1])), shape=(len(rows), len(rows)))
    count, label = connected_components(graph, directed=False)
    size = np.bincount(label, minlength=count)
    return np.bincount(label, x[rows], count) / size, np.bincount(label, y[rows], count) / size


def edge_shapes(arrays: dict[str, NDArray[Any]]) -> NDArray[Any]:
    """The streets as lines (metric): their geometry where known, else the straight line between their ends."""
    import shapely

    if "geom_start" in arrays:
        start, xy = arrays["geom_start"], arrays["geom_xy"]
        return np.asarray(shapely.linestrings(xy, indices=np.repeat(np.arange(len(start) - 1), np.diff(start))))
    x, y, u, v = arrays["node_x"], arrays["node_y"], arrays["edge_u"], arrays["edge_v"]
    ends = np.stack([np.column_stack([x[u], y[u]]), np.column_stack([x[v], y[v]])], axis=1)
    return np.asarray(shapely.linestrings(ends))
