"""The street network of some modes: ways that the modes may use, with their attributes, split where they meet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.sense.osm.attributes import CLOSED, MODES, Attributes, attributes_of
from parkcity.sense.osm.graph import Graph, Paths, contract
from parkcity.sense.osm.ways import Ways

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from parkcity.sense.osm.scan import Lines

_DIRECTED_CODES = (2, 3)


def usable_ways(lines: Lines, modes: Sequence[str]) -> Ways:
    """The ways that at least one of the modes may use."""
    attributes, kind = attributes_of(lines.tags)
    open_kind = np.zeros(len(attributes.klass), bool)
    for mode in modes:
        open_kind |= getattr(attributes, mode) != CLOSED
    street = kind >= 0
    usable = street.copy()
    usable[street] = open_kind[kind[street]]
    refused = [(f"way/{lines.way[row]}", "closed to every mode asked for") for row in np.nonzero(street & ~usable)[0]]
    rows = np.nonzero(usable)[0]
    return Ways(lines.take(rows), attributes, kind[rows], refused)


def directed_kinds(attributes: Attributes) -> NDArray[np.bool_]:
    """Which attribute rows mean something else when the way is turned round."""
    directed = (attributes.oneway != 0) | ~np.isnan(attributes.incline)
    for mode in MODES:
        directed |= np.isin(getattr(attributes, mode), _DIRECTED_CODES)
    return np.asarray(directed)


def network(ways: Ways, keep: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    """The network as arrays, node ids in `keep` staying nodes.

    `node_lon, node_lat` float64 [n], `osm_node` int64 [n]; `edge_u, edge_v` int32 [e]; `edge_length` float64 [e] metres;
    `osm_way` int64 [e] (the first of the ways that an edge follows); `geom_start` int64 [e+1], `geom_lonlat` float64
    [k, 2]; and the arrays of `Attributes` [e].
    """
    lines = ways.lines
    ids, first, node = np.unique(lines.ref, return_index=True, return_inverse=True)
    lon, lat = lines.lon[first], lines.lat[first]
    paths = Paths(node, lines.start, ways.kind, directed_kinds(ways.attributes), lines.way, lon, lat, np.isin(ids, keep))
    return as_arrays(contract(paths), ids, lon, lat, ways.attributes)


def as_arrays(
    graph: Graph, ids: NDArray[np.int64], lon: NDArray[np.float64], lat: NDArray[np.float64], attributes: Attributes
) -> dict[str, NDArray[Any]]:
    """A network with its attributes as named arrays."""
    return {
        "node_lon": lon[graph.node],
        "node_lat": lat[graph.node],
        "osm_node": ids[graph.node],
        "edge_u": graph.u,
        "edge_v": graph.v,
        "edge_length": graph.length,
        "osm_way": graph.way,
        "geom_start": graph.start,
        "geom_lonlat": np.column_stack([lon[graph.point], lat[graph.point]]),
        **attributes.take(graph.kind).as_dict(),
    }


STREET_KEYS = frozenset({"highway", "railway", "public_transport", "route"})
"""Keys of ways that can be streets."""
