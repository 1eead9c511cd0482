"""Kept answers after a change of streets: what rested on them is forgotten, and found again from around it, bit for bit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from parkcity.travel.kernels.ticks import UNREACHED
from parkcity.travel.nearest import Doors, is_backwards
from parkcity.travel.open_graph import arc_change
from parkcity.travel.reach import raw_sums
from parkcity.travel.search import Setting
from parkcity.travel.streets import Attach

if TYPE_CHECKING:
    from parkcity.travel.edits import NearestField, SumField
    from parkcity.travel.kernels.ends import ByNode, Ends
    from parkcity.travel.network import Network
    from parkcity.travel.open_graph import Edit

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
NOWHERE = 2**63 - 1


@dataclass(frozen=True)
class Lost:
    """Nodes of every class whose nearest place rested on what changes, int32 each."""

    nodes: list[Int32]


def lose(field: NearestField, edit: Edit) -> Lost:
    """Before an edit of streets: forget the nearest places that rest on arcs, or on doors, that get dearer."""
    from parkcity.travel.kernels.dynamic import unsupported
    from parkcity.travel.kernels.label import PLACE_BITS

    backwards = is_backwards(field.direction)
    side, arcs = field.graph.side(backwards), arc_change(field.graph, edit, backwards=backwards)
    dearer = (arcs.new > arcs.old) & (arcs.old != UNREACHED)
    tail, head, old = arcs.tail[dearer], arcs.head[dearer], arcs.old[dearer].astype(np.int64)
    out = []
    for klass, labels in enumerate(field.labels):
        tight = (labels[tail] != NOWHERE) & (labels[head] == labels[tail] + (old << PLACE_BITS))
        first = [head[tight]]
        for block in field.blocks:
            node, label = _seeds_of(block, klass, edit.edge)
            first.append(node[labels[node] == label])
        out.append(unsupported(side.indptr, side.arcs, np.concatenate(first), labels, field.marks))
    return Lost(out)


def regain(field: NearestField, network: Network, edit: Edit, lost: Lost, doors: list[Attach]) -> Int32:
    """After the edit: the nearest places again where they changed. Returns the origins whose answer changed, int32, rising.

    `doors`: those of every block of the field.
    """
    from parkcity.travel.kernels.label import PLACE_BITS, border, improve, owners_at

    backwards = is_backwards(field.direction)
    mine = _rows_on(field.at, edit.edge)
    _stand_again(field.ends, field.origins, mine, network, field.unit, leaving=backwards, backwards=backwards)
    moved = 0
    for i, block in enumerate(field.blocks):
        rows = np.flatnonzero(np.isin(doors[i].edge, edit.edge))
        _stand_again(block.ends, doors[i], rows, network, field.unit, leaving=not backwards, backwards=backwards)
        moved += len(rows) if i == 0 else 0
    field.move_to(network, origins=len(mine) > 0, doors=moved > 0)
    side, back = field.graph.side(backwards), field.graph.side(not backwards)
    arcs = arc_change(field.graph, replace(edit, added=0), backwards=backwards)
    changed = [np.empty(0, np.int32)]
    for klass, labels in enumerate(field.labels):
        gone = lost.nodes[klass]
        hole = np.zeros(field.graph.nodes, np.bool_)
        hole[gone] = True
        fed = (labels[arcs.tail] != NOWHERE) & (arcs.new != UNREACHED)
        starts = [border(gone, back.indptr, back.arcs, labels)]
        starts.append((arcs.head[fed], labels[arcs.tail[fed]] + (arcs.new[fed].astype(np.int64) << PLACE_BITS)))
        for block in field.blocks:
            node, label = _seeds_of(block, klass)
            starts.append((node[hole[node]], label[hole[node]]))
            starts.append(_seeds_of(block, klass, edit.edge))
        node, label = (np.concatenate(part) for part in zip(*starts, strict=True))
        better = improve(side.indptr, side.arcs, node, label, field.limit, labels, field.marks)
        owners = owners_at(np.union1d(gone, better).astype(np.int32), edit.edge, field.ends, field.at)
        changed.append(field.renew(owners, klass, fresh=True))
    every: Int32 = np.unique(np.concatenate(changed))
    return every


def _seeds_of(block: Doors, klass: int, edges: Int32 | None = None) -> tuple[Int32, Int64]:
    """Seeds of a class; only those of doors on some edges, where these are given."""
    from parkcity.travel.kernels.label import seeds

    chosen = block.klass == klass
    if edges is not None:
        there = np.zeros(len(chosen), np.bool_)
        there[block.ends.owner[np.isin(block.ends.link, edges)]] = True
        chosen &= there
    return seeds(block.ends, chosen, block.place)


def _rows_on(at: ByNode, edges: Int32) -> Int32:
    """Rows of ends on some edges; an edge that is new has none."""
    known = edges[edges < len(at.link_start) - 1]
    return np.concatenate([np.empty(0, np.int32), *(at.link_row[at.link_start[edge] : at.link_start[edge + 1]] for edge in known)])


def _stand_again(
    ends: Ends, attach: Attach, rows: npt.NDArray[Any], network: Network, unit: str, *, leaving: bool, backwards: bool
) -> None:
    """Rows of ends, each of one candidate, put on their edges again as these are now."""
    if not len(rows):
        return
    one = Attach(np.arange(len(rows), dtype=np.int32), attach.edge[rows], attach.offset[rows], attach.distance[rows], len(rows))
    new = network.ends(one, unit, leaving=leaving, backwards=backwards)
    for name in ("node_a", "cost_a", "node_b", "cost_b", "link", "pos_up", "pos_down", "order"):
        getattr(ends, name)[rows] = getattr(new, name)


def touched(sums: SumField, edit: Edit) -> Int32:
    """Origins that come to an end of a changed edge within the largest limit, or stand on one; asked before and after the edit. int32."""
    nodes = np.unique(np.concatenate([edit.streets.edge_u[edit.edge], edit.streets.edge_v[edit.edge]]))
    near, _ = sums.reached_from(_ends_at(sums.setting.graph.links.core[nodes]))
    on = sums.setting.targets.owner[_rows_on(sums.setting.at, edit.edge)]
    every: Int32 = np.unique(np.concatenate([near, on])).astype(np.int32)
    return every


def _ends_at(node: Int32) -> Ends:
    """One owner that stands at some nodes of the search at once."""
    from parkcity.travel.kernels.ends import Ends

    count = len(node)
    none, far, zero = np.full(count, -1, np.int32), np.full(count, UNREACHED, np.int32), np.zeros(count, np.int32)
    start = np.array([0, count], np.int64)
    return Ends(start, zero, node.astype(np.int32), zero, none, far, none, none, none, np.zeros(count), zero)


@dataclass
class Targets:
    """All doors by place, as a search for sums from origins meets them; made again after places, or streets they stand on, changed."""

    doors: Attach
    place: Int32
    weights: Int64
    ends: Ends
    at: ByNode

    @classmethod
    def of(cls, network: Network, unit: str, places: tuple[Attach, Int32, Int64], *, backwards: bool) -> Targets:
        """Doors, the place of each, and weights int64 [groups, places]."""
        doors, place, weights = places
        ends = network.ends(doors, unit, leaving=backwards, backwards=backwards, owner=place[doors.owner], owners=weights.shape[1])
        return cls(doors, place, weights, ends, network.by_node(ends, unit))

    def moved_by(self, edit: Edit) -> bool:
        """Does a door stand on a street that changes?"""
        return bool(np.isin(self.doors.edge, edit.edge).any())


def resum(sums: SumField, edit: Edit, before: Int32, field: NearestField, targets: Targets) -> Int32:
    """After the edit: sums again for the origins that it touches. Returns these, int32, rising.

    `before`: those touched before; `field`: the nearest places of the same origins, after the edit; `targets`: all doors, as they are now.
    """
    from parkcity.travel.kernels.ends import along_curve

    sums.move_to(field)
    rows: Int32 = np.union1d(before, touched(sums, edit)).astype(np.int32)
    if len(rows):
        # A search from origins runs the other way than one from places.
        backwards, start = not sums.setting.backwards, field.ends.start
        many = start[rows + 1] - start[rows]
        owner = np.repeat(np.arange(len(rows), dtype=np.int32), many)
        at = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many) + np.repeat(start[rows], many)
        origins, network, graph = sums.origins, sums.network, field.graph
        some = Attach(owner, origins.edge[at], origins.offset[at], origins.distance[at], len(rows))
        sources = network.ends(some, sums.unit, leaving=not backwards, backwards=backwards)
        by_curve, shape = along_curve(sources), sums.setting.shape
        side, count = graph.side(backwards), targets.weights.shape[1]
        setting = Setting(graph, side, sources, targets.ends, targets.at, by_curve, shape, count, backwards)
        sums.table[rows] = raw_sums(setting, targets.weights, sums.decays, len(rows), 1)
    return rows
