"""A network: streets under a profile, contracted, ordered and packed for searches."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from parkcity.travel.kernels.ticks import UNREACHED, to_ticks
from parkcity.travel.profiles import EdgeCosts, Profile, Unit, checked_unit

if TYPE_CHECKING:
    from parkcity.travel.kernels.contract import EdgeTicks, Links
    from parkcity.travel.kernels.ends import ByNode, Ends
    from parkcity.travel.streets import Attach, Streets

Direction = Literal["to", "from"]


@dataclass(frozen=True)
class Side:
    """Arcs in one direction of search. Shapes: `indptr` int32 [n + 1]; `arcs` int32 [m, 2] (head, cost in ticks); `arc_link` int32 [m]."""

    indptr: npt.NDArray[np.int32]
    arcs: npt.NDArray[np.int32]
    arc_link: npt.NDArray[np.int32]


@dataclass(frozen=True)
class Graph:
    """The contracted streets in one unit: seconds or metres, as ticks. Node numbers are internal, along a Hilbert curve.

    `dearest`, `typical`: largest and median cost of a link; `component` int32 [nodes] where every link costs the same both ways, else None.
    """

    unit: Unit
    nodes: int
    edges: EdgeTicks
    links: Links
    forward: Side
    reverse: Side
    dearest: int
    typical: int
    component: npt.NDArray[np.int32] | None

    @cached_property
    def chains(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
        """Edges of every link in order: `start` int64 [links + 1], `edge` int32."""
        there = np.flatnonzero(self.links.edge_link >= 0)
        order = np.lexsort((self.links.edge_rank[there], self.links.edge_link[there]))
        start = np.zeros(len(self.links.u) + 1, np.int64)
        np.cumsum(np.bincount(self.links.edge_link[there], minlength=len(self.links.u)), out=start[1:])
        return start, there[order].astype(np.int32)

    def side(self, backwards: bool) -> Side:
        """Arcs to search along the journey, or against it."""
        return self.reverse if backwards else self.forward


@dataclass(frozen=True)
class Network:
    """Streets under a profile. Graphs are built at first use, once per unit; searches share them."""

    streets: Streets
    profile: Profile
    costs: EdgeCosts
    _graphs: dict[Unit, Graph] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def build(cls, streets: Streets, profile: Profile) -> Network:
        """The network of a profile over streets."""
        return cls(streets, profile, profile.costs(streets))

    def graph(self, unit: str) -> Graph:
        """The contracted graph in seconds ("s") or metres ("m"); what is closed is closed in both."""
        known = checked_unit(unit)
        if known not in self._graphs:
            self._graphs[known] = _build(self, known)
        return self._graphs[known]

    def csr(
        self, unit: str, *, backwards: bool = False
    ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """The plain arcs, not contracted, in the caller's node numbers: `indptr` [n + 1], `heads`, `cost` (ticks), `arc_edge` [m], int32.

        `backwards`: arcs reversed. Loops and closed directions have no arc.
        """
        from parkcity.travel.kernels.contract import pack_arcs

        edges = self.graph(unit).edges
        open_edges = np.flatnonzero(edges.u != edges.v)
        whole_f, whole_b = (
            np.minimum(run[open_edges].astype(np.int64) + end[open_edges], UNREACHED).astype(np.int32)
            for run, end in ((edges.run_f, edges.end_f), (edges.run_b, edges.end_b))
        )
        if backwards:
            whole_f, whole_b = whole_b, whole_f
        indptr, arcs, link = pack_arcs(self.streets.nodes, edges.u[open_edges], edges.v[open_edges], whole_f, whole_b)
        row = np.where(link >= 0, link, -1 - link)
        return indptr, np.ascontiguousarray(arcs[:, 0]), np.ascontiguousarray(arcs[:, 1]), open_edges[row].astype(np.int32)

    def access_ticks(self, attach: Attach, unit: Unit, *, leaving: bool) -> npt.NDArray[np.int32]:
        """Ticks between owners and the street: metres, or seconds at the profile's walking speed plus what a start (or an end) takes.

        Shape: int32 [k].
        """
        if unit == "m":
            return to_ticks(attach.distance, unit)
        return to_ticks(attach.distance / self.profile.access_speed + (self.profile.start_s if leaving else self.profile.end_s), unit)

    def ends(
        self, attach: Attach, unit: str, *, leaving: bool, backwards: bool, owner: npt.NDArray[np.int32] | None = None, owners: int = 0
    ) -> Ends:
        """Candidates as ends of links. `owner` and `owners` regroup candidates, for example doors by place."""
        from parkcity.travel.kernels.ends import make_ends

        graph = self.graph(unit)
        grouped = attach.owner if owner is None else owner
        count = attach.owners if owner is None else owners
        return make_ends(
            count,
            grouped,
            attach.edge,
            attach.offset,
            self.access_ticks(attach, graph.unit, leaving=leaving),
            self.streets.edge_length,
            graph.edges,
            graph.links,
            leaving,
            backwards,
        )

    def by_node(self, ends: Ends, unit: str) -> ByNode:
        """Ends to be found from nodes and links."""
        from parkcity.travel.kernels.ends import by_node

        graph = self.graph(unit)
        return by_node(ends, graph.nodes, len(graph.links.u))


def edge_ticks(streets: Streets, costs: EdgeCosts, unit: Unit, rows: npt.NDArray[np.int32] | None = None) -> EdgeTicks:
    """What edges cost in ticks of `unit`; only those of `rows` int32 [m], where `costs` are of these alone."""
    from parkcity.travel.kernels.contract import EdgeTicks

    u, v, metres = streets.edge_u, streets.edge_v, streets.edge_length
    if rows is not None:
        u, v, metres = u[rows], v[rows], metres[rows]
    if unit == "s":
        ticks = [to_ticks(values, "s") for values in (costs.run_f, costs.run_b, costs.end_f, costs.end_b)]
    else:
        length = to_ticks(metres, "m")
        none = np.zeros(len(metres), np.int32)
        run_f = np.where(np.isfinite(costs.run_f), length, UNREACHED).astype(np.int32)
        run_b = np.where(np.isfinite(costs.run_b), length, UNREACHED).astype(np.int32)
        ticks = [run_f, run_b, none, none.copy()]
    return EdgeTicks(u, v, *ticks)


def _build(network: Network, unit: Unit) -> Graph:
    from parkcity.travel.kernels.contract import contract, pack_arcs
    from parkcity.travel.kernels.order import hilbert_order

    streets = network.streets
    edges = edge_ticks(streets, network.costs, unit)
    links = contract(hilbert_order(streets.node_x, streets.node_y), edges)
    nodes, count = int(links.size[0]), int(links.size[1])
    links = links._replace(**{name: getattr(links, name)[:count].copy() for name in ("u", "v", "run_f", "run_b", "end_f", "end_b")})
    whole_f = np.minimum(links.run_f.astype(np.int64) + links.end_f, UNREACHED).astype(np.int32)
    whole_b = np.minimum(links.run_b.astype(np.int64) + links.end_b, UNREACHED).astype(np.int32)
    forward = Side(*pack_arcs(nodes, links.u, links.v, whole_f, whole_b))
    reverse = forward if np.array_equal(whole_f, whole_b) else Side(*pack_arcs(nodes, links.u, links.v, whole_b, whole_f))
    cost = forward.arcs[:, 1]
    dearest = int(cost.max()) if len(cost) else 0
    typical = int(np.median(cost)) if len(cost) else 0
    component = _components(nodes, links.u, links.v, whole_f) if reverse is forward else None
    return Graph(unit, nodes, edges, links, forward, reverse, dearest, typical, component)


def _components(nodes: int, u: npt.NDArray[np.int32], v: npt.NDArray[np.int32], cost: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    there = cost != UNREACHED
    matrix = coo_array((np.ones(int(there.sum()), np.int8), (u[there], v[there])), shape=(nodes, nodes))
    _, label = connected_components(matrix.tocsr(), directed=False)
    return np.asarray(label, np.int32)
