"""Streets that can change: a graph in which every node is searched and every edge is a link of its own, so that an edit moves a few arcs.

It has the same answers as the contracted graph, to the bit, and is about a fifth larger.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from parkcity.travel.kernels.ticks import UNREACHED
from parkcity.travel.network import Graph, Network, Side, edge_ticks
from parkcity.travel.profiles import EdgeCosts, Profile, checked_unit

if TYPE_CHECKING:
    from parkcity.travel.kernels.contract import EdgeTicks
    from parkcity.travel.streets import Streets

Int32 = npt.NDArray[np.int32]
FIELDS = ("run_f", "run_b", "end_f", "end_b")


@dataclass(frozen=True)
class Edit:
    """Edges that change, and what they cost then. Shapes: `edge` int32 [m], each once; `costs` of m edges. The last `added` of them are
    new: rows of `streets` that the network did not have. `streets`: as they are then.
    """

    streets: Streets
    edge: Int32
    costs: EdgeCosts
    added: int = 0


@dataclass(frozen=True)
class ArcChange:
    """Arcs of a search whose cost changes, by number of the node in the search: int32 [2 m] each; `UNREACHED` where closed."""

    tail: Int32
    head: Int32
    old: Int32
    new: Int32


def open_network(streets: Streets, profile: Profile, unit: str, costs: EdgeCosts | None = None) -> Network:
    """A network whose graph in `unit` can be edited. Its costs are its own."""
    from parkcity.travel.kernels.contract import Links, pack_arcs
    from parkcity.travel.kernels.order import hilbert_order

    given = profile.costs(streets) if costs is None else costs
    own = EdgeCosts(*(np.array(getattr(given, name), np.float64) for name in FIELDS))
    known, nodes, count = checked_unit(unit), streets.nodes, streets.edges
    edges = edge_ticks(streets, own, known)
    core = np.empty(nodes, np.int32)
    core[hilbert_order(streets.node_x, streets.node_y)] = np.arange(nodes, dtype=np.int32)
    u, v = core[streets.edge_u], core[streets.edge_v]
    still, zero = np.full(nodes, -1, np.int32), np.zeros(count, np.int32)
    links = Links(
        core, still, still, still, still, np.arange(count, dtype=np.int32), zero, zero, np.zeros(count, np.bool_), zero, u, v,
        edges.run_f, edges.run_b, edges.end_f, edges.end_b, np.array([nodes, count], np.int64),
    )  # fmt: skip
    indptr, arcs, link = pack_arcs(nodes, u, v, zero, zero)
    forth, back = _whole(edges)
    forward, reverse = (_priced(arcs, link, *pair) for pair in ((forth, back), (back, forth)))
    there = np.concatenate([forth, back])
    there = there[there != UNREACHED]
    dearest, typical = (int(there.max()), int(np.median(there))) if len(there) else (0, 0)
    graph = Graph(known, nodes, edges, links, Side(indptr, forward, link), Side(indptr, reverse, link), dearest, typical, None)
    return Network(streets, profile, own, {known: graph})


def _whole(edges: EdgeTicks) -> tuple[Int32, Int32]:
    forth, back = (
        np.minimum(run.astype(np.int64) + end, UNREACHED).astype(np.int32)
        for run, end in ((edges.run_f, edges.end_f), (edges.run_b, edges.end_b))
    )
    return forth, back


def _priced(arcs: Int32, link: Int32, along: Int32, against: Int32) -> Int32:
    """Arcs with their costs: that of the link where they run along it, else that of its way back."""
    if not len(arcs):
        return arcs.copy()
    edge = np.where(link >= 0, link, -1 - link)
    cost = np.where(link >= 0, along[edge], against[edge])
    return np.column_stack([arcs[:, 0], cost]).astype(np.int32)


def arc_change(graph: Graph, edit: Edit, *, backwards: bool) -> ArcChange:
    """The arcs of a search, along the journey or against it, that an edit changes; told before it is done."""
    core, streets, edge = graph.links.core, edit.streets, edit.edge
    u, v = core[streets.edge_u[edge]], core[streets.edge_v[edge]]
    new_f, new_b = _whole(_ticks_of(edit, graph))
    old = len(edge) - edit.added
    old_f, old_b = (np.full(len(edge), UNREACHED, np.int32) for _ in range(2))
    before = graph.edges._replace(**{name: getattr(graph.edges, name)[edge[:old]] for name in graph.edges._fields})
    old_f[:old], old_b[:old] = _whole(before)
    tail, head = np.concatenate([u, v]), np.concatenate([v, u])
    if backwards:
        tail, head = head, tail
    return ArcChange(tail, head, np.concatenate([old_f, old_b]), np.concatenate([new_f, new_b]))


def _ticks_of(edit: Edit, graph: Graph) -> EdgeTicks:
    return edge_ticks(edit.streets, edit.costs, graph.unit, edit.edge)


def edited(network: Network, unit: str, edit: Edit) -> Network:
    """The network after an edit. The graph's and the costs' arrays are changed in place where no edge is new."""
    graph, edge = network.graph(unit), edit.edge
    ticks = _ticks_of(edit, graph)
    if edit.added:
        graph, costs = _longer(graph, network.costs, edit)
    else:
        costs = network.costs
    for name in FIELDS:
        getattr(graph.edges, name)[edge] = getattr(ticks, name)
        getattr(costs, name)[edge] = getattr(edit.costs, name)
    forth, back = _whole(ticks)
    for e, along, against in zip(edge.tolist(), forth.tolist(), back.tolist(), strict=True):
        for node, link in ((int(graph.links.u[e]), e), (int(graph.links.v[e]), -1 - e)):
            first, last = graph.forward.indptr[node], graph.forward.indptr[node + 1]
            slot = first + int(np.flatnonzero(graph.forward.arc_link[first:last] == link)[0])
            graph.forward.arcs[slot, 1] = along if link >= 0 else against
            graph.reverse.arcs[slot, 1] = against if link >= 0 else along
    open_costs = [cost for cost in (*forth.tolist(), *back.tolist()) if cost != UNREACHED]
    graph = replace(graph, dearest=max([graph.dearest, *open_costs]))
    return Network(edit.streets, network.profile, costs, {graph.unit: graph})


def _longer(graph: Graph, costs: EdgeCosts, edit: Edit) -> tuple[Graph, EdgeCosts]:
    """Room for the new edges, closed as yet."""
    new, streets, core = edit.edge[-edit.added :], edit.streets, graph.links.core
    u, v = core[streets.edge_u[new]], core[streets.edge_v[new]]
    shut = np.full(len(new), UNREACHED, np.int32)
    none = np.zeros(len(new), np.int32)
    edges = graph.edges._replace(
        u=streets.edge_u, v=streets.edge_v, run_f=np.append(graph.edges.run_f, shut), run_b=np.append(graph.edges.run_b, shut),
        end_f=np.append(graph.edges.end_f, none), end_b=np.append(graph.edges.end_b, none),
    )  # fmt: skip
    old, zero = graph.links, np.zeros(streets.edges, np.int32)
    links = old._replace(
        u=np.append(old.u, u), v=np.append(old.v, v), edge_link=np.arange(streets.edges, dtype=np.int32), edge_f=zero, edge_b=zero,
        edge_flip=np.zeros(streets.edges, np.bool_), edge_rank=zero, run_f=edges.run_f, run_b=edges.run_b, end_f=edges.end_f,
        end_b=edges.end_b, size=np.array([graph.nodes, streets.edges], np.int64),
    )  # fmt: skip
    node, head, link = np.concatenate([u, v]), np.concatenate([v, u]), np.concatenate([new, -1 - new])
    where = graph.forward.indptr[node + 1]
    indptr = graph.forward.indptr + np.concatenate([[0], np.cumsum(np.bincount(node, minlength=graph.nodes))]).astype(np.int32)
    rows = np.column_stack([head, np.full(len(head), UNREACHED, np.int32)]).astype(np.int32)
    arc_link = np.insert(graph.forward.arc_link, where, link).astype(np.int32)
    forward, reverse = (Side(indptr, np.insert(side.arcs, where, rows, axis=0), arc_link) for side in (graph.forward, graph.reverse))
    grown = EdgeCosts(*(np.append(getattr(costs, name), getattr(edit.costs, name)[-edit.added :]) for name in FIELDS))
    return replace(graph, edges=edges, links=links, forward=forward, reverse=reverse), grown


def without_last_edge(network: Network, unit: str, streets: Streets) -> Network:
    """The network without its last edge, which must be closed; `streets`: without it."""
    graph, last = network.graph(unit), streets.edges
    edges = graph.edges._replace(**{name: getattr(graph.edges, name)[:-1] for name in FIELDS}, u=streets.edge_u, v=streets.edge_v)
    shorter = {name: getattr(graph.links, name)[:-1] for name in ("u", "v", "edge_link", "edge_f", "edge_b", "edge_flip", "edge_rank")}
    ticks = {name: getattr(edges, name) for name in FIELDS}
    links = graph.links._replace(**shorter, **ticks, size=np.array([graph.nodes, last], np.int64))
    gone = np.flatnonzero((graph.forward.arc_link == last) | (graph.forward.arc_link == -1 - last))
    owner = np.searchsorted(graph.forward.indptr, gone, side="right") - 1
    indptr = graph.forward.indptr - np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=graph.nodes))]).astype(np.int32)
    arc_link = np.delete(graph.forward.arc_link, gone)
    forward, reverse = (Side(indptr, np.delete(side.arcs, gone, axis=0), arc_link) for side in (graph.forward, graph.reverse))
    costs = EdgeCosts(*(getattr(network.costs, name)[:-1] for name in FIELDS))
    graph = replace(graph, edges=edges, links=links, forward=forward, reverse=reverse)
    return Network(streets, network.profile, costs, {graph.unit: graph})
