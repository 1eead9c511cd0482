"""Streets and attachments as arrays: what every search of this room starts from."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from parkcity.base.errors import FaultList

if TYPE_CHECKING:
    from collections.abc import Mapping

Array = npt.NDArray[Any]


def _frozen(values: npt.ArrayLike, dtype: npt.DTypeLike) -> Array:
    array = np.ascontiguousarray(values, dtype=dtype)
    if array.flags.writeable:
        array = array.view()
        array.flags.writeable = False
    return array


@dataclass(frozen=True)
class Streets:
    """A street network: undirected records between nodes; a profile says what each costs either way.

    Shapes: `node_x`, `node_y` float64 [n] projected metres; `edge_u`, `edge_v` int32 [e] rows of nodes; `edge_length` float64 [e]
    metres, 0 or more; `attributes` arrays [e] by name; `geom_start` int64 [e+1] and `geom_xy` float64 [k, 2], the line of edge i being
    `geom_xy[geom_start[i]:geom_start[i+1]]` from u to v. Without geometry an edge is the straight line between its nodes.
    Raises `InputError` with every fault found.
    """

    node_x: npt.NDArray[np.float64]
    node_y: npt.NDArray[np.float64]
    edge_u: npt.NDArray[np.int32]
    edge_v: npt.NDArray[np.int32]
    edge_length: npt.NDArray[np.float64]
    attributes: Mapping[str, Array] = field(default_factory=dict)
    geom_start: npt.NDArray[np.int64] | None = None
    geom_xy: npt.NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        for name, dtype in (("node_x", np.float64), ("node_y", np.float64), ("edge_u", np.int32), ("edge_v", np.int32)):
            object.__setattr__(self, name, _frozen(getattr(self, name), dtype))
        object.__setattr__(self, "edge_length", _frozen(self.edge_length, np.float64))
        columns = {name: _frozen(values, np.asarray(values).dtype) for name, values in self.attributes.items()}
        object.__setattr__(self, "attributes", MappingProxyType(columns))
        if self.geom_start is not None and self.geom_xy is not None:
            object.__setattr__(self, "geom_start", _frozen(self.geom_start, np.int64))
            object.__setattr__(self, "geom_xy", _frozen(self.geom_xy, np.float64))
        self._check()

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return len(self.node_x)

    @property
    def edges(self) -> int:
        """Number of edges."""
        return len(self.edge_u)

    def _check(self) -> None:
        faults = FaultList()
        if len(self.node_y) != self.nodes or not (np.isfinite(self.node_x).all() and np.isfinite(self.node_y).all()):
            faults.add("streets", "node_x and node_y must be finite and of one length", allowed="projected metres")
        columns: dict[str, Array] = {"edge_v": self.edge_v, "edge_length": self.edge_length, **self.attributes}
        for name, values in columns.items():
            if len(values) != self.edges:
                faults.add("streets", f"'{name}' has {len(values)} entries, not {self.edges}", allowed="one entry per edge")
        ends = np.concatenate([self.edge_u, self.edge_v])
        if len(ends) and (ends.min() < 0 or ends.max() >= self.nodes):
            faults.add("streets", "an edge ends at a node that does not exist", allowed=f"0 to {self.nodes - 1}")
        bad = np.flatnonzero(~(np.isfinite(self.edge_length) & (self.edge_length >= 0)))
        for row in bad[:20]:
            faults.add("streets", "edge length is not a number of metres", allowed="0 or more", row=int(row))
        if len(bad) > 20:
            faults.add("streets", f"{len(bad) - 20} more edges have no valid length", allowed="0 or more")
        self._check_lines(faults)
        faults.check()

    def _check_lines(self, faults: FaultList) -> None:
        if (self.geom_start is None) != (self.geom_xy is None):
            faults.add("streets", "geom_start and geom_xy must come together")
        elif self.geom_start is not None and self.geom_xy is not None:
            steps = np.diff(self.geom_start)
            whole = len(self.geom_start) == self.edges + 1 and (not len(steps) or steps.min() >= 2)
            if not whole or self.geom_start[-1] != len(self.geom_xy) or self.geom_xy.ndim != 2:
                faults.add("streets", "geom_start does not cut geom_xy into one line of two points or more per edge")


@dataclass(frozen=True)
class Attach:
    """Where owners (cells, doors, stops) meet the streets: candidates sorted by owner, then by distance.

    Shapes: `owner` int32 [k], row of the owner, not falling; `edge` int32 [k]; `offset` float64 [k], metres from u along the edge,
    0 to its length; `distance` float64 [k], straight metres off the network; `owners`, their number, with those that have no candidate.
    `outside` bool [owners], optional: owners that lie outside the data. An owner without a candidate is "not attached".
    """

    owner: npt.NDArray[np.int32]
    edge: npt.NDArray[np.int32]
    offset: npt.NDArray[np.float64]
    distance: npt.NDArray[np.float64]
    owners: int
    outside: npt.NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        for name, dtype in (("owner", np.int32), ("edge", np.int32), ("offset", np.float64), ("distance", np.float64)):
            object.__setattr__(self, name, _frozen(getattr(self, name), dtype))
        faults = FaultList()
        if not len(self.owner) == len(self.edge) == len(self.offset) == len(self.distance):
            faults.add("attachments", "owner, edge, offset and distance must have one length")
        if len(self.owner) and (self.owner[0] < 0 or self.owner[-1] >= self.owners or (np.diff(self.owner) < 0).any()):
            faults.add("attachments", "owner must not fall and must be 0 or more", allowed=f"0 to {self.owners - 1}")
        if not (np.isfinite(self.offset).all() and np.isfinite(self.distance).all() and (self.distance >= 0).all()):
            faults.add("attachments", "offset and distance must be numbers of metres", allowed="0 or more")
        if self.outside is not None:
            object.__setattr__(self, "outside", _frozen(self.outside, np.bool_))
            if len(self.outside) != self.owners:
                faults.add("attachments", "'outside' must have one entry per owner", allowed=str(self.owners))
        faults.check()

    @classmethod
    def at_nodes(cls, streets: Streets, nodes: npt.ArrayLike) -> Attach:
        """Owners that stand exactly on nodes: row i of the result stands on `nodes[i]`. A node without edges gives no candidate.

        Shapes: `nodes` int [m], rows of `streets`.
        """
        rows = np.asarray(nodes, dtype=np.int64)
        edge_at = np.full(streets.nodes, -1, np.int32)
        every = np.arange(streets.edges, dtype=np.int32)
        edge_at[streets.edge_v] = every
        edge_at[streets.edge_u] = every
        edge = edge_at[rows]
        owner = np.flatnonzero(edge >= 0)
        edge = edge[owner]
        offset = np.where(streets.edge_u[edge] == rows[owner], 0.0, streets.edge_length[edge])
        return cls(owner.astype(np.int32), edge, offset, np.zeros(len(owner)), len(rows))

    def take(self, owners: npt.ArrayLike) -> Attach:
        """Some owners, rising, numbered anew. Shape: int [m], rows of owners."""
        rows = np.asarray(owners, np.int64)
        place = np.full(self.owners, -1, np.int64)
        place[rows] = np.arange(len(rows))
        kept = np.flatnonzero(place[self.owner] >= 0)
        outside = None if self.outside is None else self.outside[rows]
        return Attach(place[self.owner[kept]].astype(np.int32), self.edge[kept], self.offset[kept], self.distance[kept], len(rows), outside)

    def checked(self, streets: Streets) -> Attach:
        """Itself, after a check that every candidate lies on an edge of `streets`. Raises `InputError` otherwise."""
        faults = FaultList()
        if len(self.edge) and (self.edge.min() < 0 or self.edge.max() >= streets.edges):
            faults.add("attachments", "an edge does not exist", allowed=f"0 to {streets.edges - 1}")
        else:
            bad = np.flatnonzero((self.offset < 0) | (self.offset > streets.edge_length[self.edge]))
            for row in bad[:20]:
                faults.add("attachments", "offset is not on the edge", allowed="0 to the edge's length", row=int(row))
        faults.check()
        return self
