"""A street network as two tables: nodes with coordinates, edges with their ends and lengths."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from parkcity.base.errors import Fault, InputError
from parkcity.base.tables import Column, Schema, read_csv
from parkcity.sense.raw import READERS, Option, Raw, Reader, Request, Tally
from parkcity.sense.shapes import lonlat

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd


def can_read(path: Path) -> bool:
    """Is this a folder, in which the two tables may lie?"""
    return path.is_dir()


def read(request: Request) -> Raw:
    """Arrays `node_lon, node_lat` [n], `edge_u, edge_v` [e] rows of nodes, `edge_length` [e] metres.

    Loops and edges of no length are refused with their row; an end that is no node is a fault.
    """
    node_path, edge_path = request.path / request.text("nodes"), request.path / request.text("edges")
    names = {key: request.text(key) for key in ("node", "lon", "lat", "from", "to", "length_m")}
    nodes, node_faults = _table(node_path, (Column(names["node"]), Column(names["lon"], "number"), Column(names["lat"], "number")))
    length = Column(names["length_m"], "number", "m", minimum=0)
    edges, edge_faults = _table(edge_path, (Column(names["from"]), Column(names["to"]), length))
    faults = node_faults + edge_faults
    if faults:
        raise InputError(faults)
    rows = {node: row for row, node in enumerate(nodes[names["node"]])}
    if len(rows) < len(nodes):
        row = int(nodes[names["node"]].duplicated().to_numpy().nonzero()[0][0])
        raise InputError(Fault(str(node_path), f"node '{nodes[names['node']].iloc[row]}' stands twice.", row=row + 2))
    ends = [edges[names[key]].map(rows) for key in ("from", "to")]
    lost = (ends[0].isna() | ends[1].isna()).to_numpy()
    if lost.any():
        row = int(lost.nonzero()[0][0])
        what = f"{int(lost.sum())} edges end at a node that is not in {node_path.name}."
        raise InputError(Fault(str(edge_path), what, todo="add the nodes, or drop the edges", row=row + 2))
    lon, lat = lonlat(nodes[names["lon"]].to_numpy(float), nodes[names["lat"]].to_numpy(float), request.datum, str(node_path), 2)
    u, v = (end.to_numpy(np.int32) for end in ends)
    metres = edges[names["length_m"]].to_numpy(float)
    tally = Tally(rows_in=len(edges))
    useless = (u == v) | (metres <= 0)
    for row in useless.nonzero()[0]:
        tally.refuse(int(row) + 2, "the edge begins and ends at one node" if u[row] == v[row] else "the edge has no length")
    kept = ~useless
    tally.rows_kept = int(kept.sum())
    arrays = {"node_lon": lon, "node_lat": lat, "edge_u": u[kept], "edge_v": v[kept], "edge_length": metres[kept]}
    return Raw(tally, arrays=arrays)


def _table(path: Path, columns: tuple[Column, ...]) -> tuple[pd.DataFrame, list[Fault]]:
    table, _ = read_csv(path)
    return Schema(columns).check(table, str(path))


READERS.add(
    Reader(
        "edge_list",
        ("streets",),
        "a folder with a table of nodes and a table of edges.",
        {
            "nodes": Option(str, "nodes.csv", "file with the nodes"),
            "edges": Option(str, "edges.csv", "file with the edges"),
            "node": Option(str, "node", "column with the node's id"),
            "lon": Option(str, "lon", "column with the longitude or easting"),
            "lat": Option(str, "lat", "column with the latitude or northing"),
            "from": Option(str, "u", "column with the edge's first node"),
            "to": Option(str, "v", "column with the edge's second node"),
            "length_m": Option(str, "length_m", "column with the length in metres"),
        },
        can_read,
        read,
    )
)
