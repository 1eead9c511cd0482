"""Answers that follow edits: only what an edit touches is computed again, and the result is the full one, bit for bit."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from parkcity.base.errors import UsageError
from parkcity.travel.decay import Decay
from parkcity.travel.kernels.ticks import UNREACHED
from parkcity.travel.nearest import Doors, Nearest, door_seeds, is_backwards, limit_ticks, node_labels, read_out
from parkcity.travel.reach import QUANTUM, decay_rows, quanta, raw_sums
from parkcity.travel.search import Bench, Setting, pair_parts, prepare
from parkcity.travel.threads import thread_count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from parkcity.travel.kernels.ends import ByNode, Ends
    from parkcity.travel.kernels.sums import Decays
    from parkcity.travel.network import Direction, Graph, Network
    from parkcity.travel.streets import Attach

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]


@dataclass
class NearestField:
    """The nearest places of every class, kept so that a place can come or go.

    `labels` int64 [classes, nodes] and `found` int64 [classes, owners] hold cost and place of the nearest place (see
    `parkcity.travel.kernels.label`). A place is added and removed in time proportional to the area in which it is the nearest.
    """

    graph: Graph
    network: Network
    origins: Attach
    ends: Ends
    at: ByNode
    blocks: list[Doors]
    labels: Int64
    found: Int64
    limit: int
    unit: str
    direction: Direction
    marks: npt.NDArray[np.int8] = field(repr=False)

    @classmethod
    def build(
        cls,
        network: Network,
        origins: Attach,
        doors: Attach,
        door_place: npt.ArrayLike | None = None,
        *,
        limit: float | None = None,
        unit: str = "s",
        doors_class: npt.ArrayLike | None = None,
        direction: Direction = "to",
        threads: int | None = None,
    ) -> NearestField:
        """Search once; arguments as in `nearest`."""
        from parkcity.travel.kernels.label import NOWHERE, gather

        graph, backwards, top = network.graph(unit), is_backwards(direction), limit_ticks(limit, unit)
        entry = door_seeds(network, doors, door_place, doors_class, unit, direction)
        ends = network.ends(origins.checked(network.streets), unit, leaving=backwards, backwards=backwards)
        labels = node_labels(graph, entry, top, backwards, thread_count(threads))
        found = np.full((entry.classes, origins.owners), NOWHERE, np.int64)
        gather(0, origins.owners, labels, ends, entry.ends, entry.at, entry.klass, entry.place, found)
        at, changed = network.by_node(ends, unit), np.zeros(graph.nodes, np.int8)
        return cls(graph, network, origins, ends, at, [entry], labels, found, top, unit, direction, changed)

    def answer(self, threads: int | None = None) -> Nearest:
        """The answers of all origins, as `nearest` gives them."""
        klass = np.concatenate([block.klass for block in self.blocks])
        return read_out(self.graph, self.labels, self.blocks, klass, self.ends, self.origins, self.limit, thread_count(threads), self.found)

    def add(self, doors: Attach, place: int, klass: int = 0) -> Int32:
        """A new place of a class, with all its doors (one owner each). Returns the origins whose answer changed, int32."""
        from parkcity.travel.kernels.label import improve, owners_at, seeds

        if any((block.place[block.klass >= 0] == place).any() for block in self.blocks) or not 0 <= klass < len(self.labels):
            msg = f"place {place} is there already, or there is no class {klass}"
            raise UsageError(msg)
        count = doors.owners
        entry = door_seeds(self.network, doors, np.full(count, place), np.full(count, klass), self.unit, self.direction, index=False)
        self.blocks.append(entry)
        node, label = seeds(entry.ends, entry.klass == klass, entry.place)
        side = self.graph.side(entry.backwards)
        better = improve(side.indptr, side.arcs, node, label, self.limit, self.labels[klass], self.marks)
        return self.renew(owners_at(better, entry.ends.link, self.ends, self.at), klass, fresh=False)

    def with_places(self, doors: Attach, place: npt.NDArray[np.int32], threads: int | None = None) -> Nearest:
        """The answers of all origins if there were some more places, of the first class; nothing is kept.

        `doors`: the doors of the new places; `place` int32 [owners of doors]: the place of each, of numbers that no place has yet.
        """
        from parkcity.travel.streets import Attach

        new = replace(self, labels=self.labels.copy(), found=self.found.copy(), blocks=list(self.blocks), marks=self.marks.copy())
        for number in np.unique(place):
            mine = np.flatnonzero(place[doors.owner] == number)
            owner = np.arange(len(mine), dtype=np.int32)
            if len(mine):
                new.add(Attach(owner, doors.edge[mine], doors.offset[mine], doors.distance[mine], len(mine)), int(number))
        return new.answer(threads)

    def remove(self, place: int, klass: int = 0) -> Int32:
        """Take a place away. Returns the origins whose answer changed, int32."""
        from parkcity.travel.kernels.label import border, erase, improve, owners_at, seeds

        links, nodes, side = [], [], self.graph.side(is_backwards(self.direction))
        for i, block in enumerate(self.blocks):
            gone = (block.place == place) & (block.klass == klass)
            if gone.any():
                node, _ = seeds(block.ends, gone, block.place)
                nodes.append(erase(side.indptr, side.arcs, node, place, self.labels[klass]))
                links.append(block.ends.link[gone[block.ends.owner]])
                shut = np.where(gone, np.int16(-1), block.klass)
                self.blocks[i] = Doors(block.ends, block.at, block.place, shut, block.classes, block.backwards)
        if not links:
            msg = f"there is no place {place} of class {klass}"
            raise UsageError(msg)
        erased = np.unique(np.concatenate(nodes))
        back = self.graph.side(not is_backwards(self.direction))
        starts = [border(erased, back.indptr, back.arcs, self.labels[klass])]
        hole = np.zeros(self.graph.nodes, np.bool_)
        hole[erased] = True
        for block in self.blocks:
            node, label = seeds(block.ends, block.klass == klass, block.place)
            starts.append((node[hole[node]], label[hole[node]]))
        node, label = (np.concatenate(part) for part in zip(*starts, strict=True))
        improve(side.indptr, side.arcs, node, label, self.limit, self.labels[klass], self.marks)
        return self.renew(owners_at(erased, np.concatenate(links), self.ends, self.at), klass, fresh=True)

    def reopen(self, place: int, klass: int = 0) -> Int32:
        """A place that was taken away is there again. Returns the origins whose answer changed, int32."""
        from parkcity.travel.kernels.label import improve, owners_at, seeds

        links, nodes, labels = [], [], []
        for i, block in enumerate(self.blocks):
            back = (block.place == place) & (block.klass < 0)
            if back.any():
                node, label = seeds(block.ends, back, block.place)
                nodes.append(node)
                labels.append(label)
                links.append(block.ends.link[back[block.ends.owner]])
                self.blocks[i] = replace(block, klass=np.where(back, np.int16(klass), block.klass))
        if not links:
            msg = f"place {place} was not taken away"
            raise UsageError(msg)
        side = self.graph.side(is_backwards(self.direction))
        better = improve(side.indptr, side.arcs, np.concatenate(nodes), np.concatenate(labels), self.limit, self.labels[klass], self.marks)
        return self.renew(owners_at(better, np.concatenate(links), self.ends, self.at), klass, fresh=True)

    def move_to(self, network: Network, *, origins: bool = True, doors: bool = True) -> None:
        """Stand on the same streets in another network, whose nodes and edges are numbered alike; there may be more edges, or fewer.

        `origins`, `doors`: did any of them (of the first block) move? Else they are listed by node and link as before.
        """
        self.network, self.graph = network, network.graph(self.unit)
        base, links = self.blocks[0], len(self.graph.links.u)
        self.at = network.by_node(self.ends, self.unit) if origins else with_links(self.at, links)
        self.blocks[0] = replace(base, at=network.by_node(base.ends, self.unit) if doors else with_links(base.at, links))

    def renew(self, rows: Int32, klass: int, *, fresh: bool) -> Int32:
        """Answers of some owners again: from nothing, or falling from what they were. Returns those that changed."""
        from parkcity.travel.kernels.label import NOWHERE, gather_some, meet_some

        old = self.found[klass, rows]
        new = np.full(len(rows), NOWHERE, np.int64) if fresh else old.copy()
        base = self.blocks[0]
        gather_some(rows, klass, self.labels[klass], self.ends, base.ends, base.at, base.klass, base.place, new)
        for block in self.blocks[1:]:
            meet_some(rows, klass, self.ends, block.ends, block.klass, block.place, new)
        self.found[klass, rows] = new
        changed: Int32 = rows[new != old]
        return changed


def with_links(at: ByNode, links: int) -> ByNode:
    """The same ends for another number of links; those at the end hold none."""
    start = at.link_start[: links + 1]
    return at._replace(link_start=np.append(start, np.full(links + 1 - len(start), start[-1], np.int32)))


@dataclass
class SumField:
    """Sums within reach of every origin, kept so that places, their weights and people can change.

    `table` int64 [n, groups, decays]: whole quanta. A change costs one search from the place.
    """

    network: Network
    origins: Attach
    decays: Decays
    table: Int64
    weights: Int64
    place: Int32
    doors: Attach
    unit: str
    quantum: float
    setting: Setting = field(repr=False)
    bench: Bench = field(repr=False)

    @classmethod
    def build(
        cls,
        network: Network,
        origins: Attach,
        doors: Attach,
        limits: Sequence[float | Decay],
        weights: npt.ArrayLike,
        door_place: npt.ArrayLike | None = None,
        *,
        unit: str = "s",
        direction: Direction = "to",
        quantum: float = QUANTUM,
        threads: int | None = None,
    ) -> SumField:
        """Search once; arguments as in `within`, `weights` float64 [groups, places]."""
        decays = decay_rows([limit if isinstance(limit, Decay) else Decay("step", float(limit)) for limit in limits], unit)
        amount = np.atleast_2d(quanta(weights, quantum))
        setting = prepare(network, origins, doors, door_place, unit, direction, amount.shape[1])
        table = raw_sums(setting, amount, decays, origins.owners, thread_count(threads))
        place = np.arange(doors.owners, dtype=np.int32) if door_place is None else np.asarray(door_place, np.int32)
        flip: Direction = "from" if direction == "to" else "to"
        back = prepare(network, doors, origins, None, unit, flip, origins.owners)
        return cls(network, origins, decays, table, amount, place, doors, unit, quantum, back, Bench(back))

    @property
    def sums(self) -> npt.NDArray[np.float64]:
        """The sums, float64 [groups, decays, n]; where an origin is not attached they are 0."""
        return np.asarray(np.ascontiguousarray(self.table.transpose(1, 2, 0)) * self.quantum, np.float64)

    def add(self, doors: Attach, weights: npt.ArrayLike) -> Int32:
        """A new place with weights float64 [groups] behind all the doors given. Returns the origins touched, int32."""
        return self.shift(doors, quanta(weights, self.quantum))

    def reweigh(self, place: int, weights: npt.ArrayLike) -> Int32:
        """New weights float64 [groups] for a place that was there from the start (0 takes it away). Returns the origins touched."""
        new = quanta(weights, self.quantum)
        mine = np.flatnonzero(self.place[self.doors.owner] == place)
        from parkcity.travel.streets import Attach

        one = Attach(np.zeros(len(mine), np.int32), self.doors.edge[mine], self.doors.offset[mine], self.doors.distance[mine], 1)
        self.shift(one, -self.weights[:, place])
        rows = self.shift(one, new)
        self.weights = self.weights.copy()
        self.weights[:, place] = new
        return rows

    def move_to(self, near: NearestField) -> None:
        """Stand where the nearest places of the same origins now stand."""
        self.network, graph = near.network, near.graph
        side = graph.side(self.setting.backwards)
        self.setting = replace(self.setting, graph=graph, side=side, targets=near.ends, at=near.at)
        self.bench.setting = self.setting  # work arrays grow with the streets

    def shift(self, doors: Attach, amount: Int64) -> Int32:
        """Add whole quanta int64 [groups] (less than 0: take away) behind all the doors given. Returns the origins touched, int32."""
        from parkcity.travel.kernels.sums import add_pairs

        pairs = self.reached(doors)
        add_pairs(pairs[0], pairs[1], np.atleast_1d(amount), self.decays, self.table)
        return pairs[0]

    def reached(self, doors: Attach) -> tuple[Int32, Int32]:
        """Origins that reach a place behind all the doors given within the largest limit, and the ticks that they need. int32 each."""
        backwards = self.setting.backwards
        ends = self.network.ends(
            doors.checked(self.network.streets),
            self.unit,
            leaving=not backwards,
            backwards=backwards,
            owner=np.zeros(len(doors.owner), np.int32),
            owners=1,
        )
        return self.reached_from(ends)

    def reached_from(self, ends: Ends) -> tuple[Int32, Int32]:
        """As `reached`, of one owner of ends."""
        setting = self.setting.with_sources(ends)
        parts = pair_parts(setting, 0, 1, int(self.decays.limit.max()), self.bench)
        empty = np.empty(0, np.int32)
        return (np.concatenate([empty, *(part[2] for part in parts)]), np.concatenate([empty, *(part[3] for part in parts)]))


def touched_origins(before: Network, after: Network, edges: npt.ArrayLike, origins: Attach, limit: float, unit: str = "s") -> Int32:
    """Origins whose answer up to `limit` may differ between two networks that differ on `edges` only (closed, opened, faster, slower).

    `edges` int [m], rows of edges of both networks (a new edge is closed in `before`). An origin is touched if it, or a place within
    reach of it, can meet an end of such an edge within the limit, either way; all other answers are the same, bit for bit.
    """
    from parkcity.travel.nearest import nearest
    from parkcity.travel.streets import Attach

    rows = np.asarray(edges, np.int32)
    length = before.streets.edge_length[rows]
    count = len(rows)
    ends = Attach(
        np.repeat(np.arange(count, dtype=np.int32), 2),
        np.repeat(rows, 2),
        np.column_stack([np.zeros(count), length]).ravel(),
        np.zeros(2 * count),
        count,
    )
    touched = np.zeros(origins.owners, np.bool_)
    touched[origins.owner[np.isin(origins.edge, rows)]] = True
    for network in (before, after):
        for direction in ("to", "from"):
            touched |= nearest(network, origins, ends, limit=limit, unit=unit, direction=direction).ticks[0] != UNREACHED
    return np.flatnonzero(touched).astype(np.int32)
