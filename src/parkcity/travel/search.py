"""A many-to-many search over streets made ready: its ends on links, its queue and its work arrays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from parkcity.base.errors import UsageError
from parkcity.travel.nearest import is_backwards
from parkcity.travel.queues import queue_shape

if TYPE_CHECKING:
    import numpy.typing as npt

    from parkcity.travel.kernels.ends import ByNode, Ends
    from parkcity.travel.kernels.lanes import Arena
    from parkcity.travel.network import Direction, Graph, Network, Side
    from parkcity.travel.queues import QueueShape
    from parkcity.travel.streets import Attach

FIRST_ROWS = 4096


@dataclass(frozen=True)
class Setting:
    """A many-to-many search made ready: sources in curve order, targets by node, and the queue."""

    graph: Graph
    side: Side
    sources: Ends
    targets: Ends
    at: ByNode
    order: npt.NDArray[np.int32]
    shape: QueueShape
    places: int
    backwards: bool

    def with_sources(self, sources: Ends) -> Setting:
        """The same search from other sources."""
        from parkcity.travel.kernels.ends import along_curve

        return replace(self, sources=sources, order=along_curve(sources))

    def bench(self) -> Bench:
        """Work arrays for one thread."""
        return Bench(self)


class Bench:
    """The work arrays of one thread, which grow when a batch reaches more than they hold."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.arena = self._make(FIRST_ROWS)

    def _make(self, rows: int) -> Arena:
        from parkcity.travel.kernels.lanes import make_arena

        setting = self.setting
        return make_arena(setting.graph.nodes, len(setting.side.arcs), setting.places, setting.shape.buckets, rows)

    def grow(self, need: int) -> None:
        """Make room for a batch that needs `need` rows."""
        self.arena = self._make(2 * need)


def places_of(doors: Attach, door_place: npt.ArrayLike | None) -> tuple[npt.NDArray[np.int32], int]:
    """The place of each door, checked, and the number of places."""
    place = np.arange(doors.owners, dtype=np.int32) if door_place is None else np.asarray(door_place, np.int32)
    if place.shape != (doors.owners,) or (len(place) and place.min() < 0):
        msg = f"door_place needs one place, 0 or more, per door: {doors.owners}"
        raise UsageError(msg)
    return place, int(place.max()) + 1 if len(place) else 0


def prepare(
    network: Network,
    origins: Attach,
    doors: Attach,
    door_place: npt.ArrayLike | None,
    unit: str,
    direction: Direction,
    places: int | None = None,
) -> Setting:
    """Put origins and doors on links, doors grouped by place."""
    from parkcity.travel.kernels.ends import along_curve

    graph = network.graph(unit)
    backwards = not is_backwards(direction)
    place, count = places_of(doors, door_place)
    if places is not None and places < count:
        msg = f"a door belongs to place {count - 1}, but there are {places} places"
        raise UsageError(msg)
    count = count if places is None else places
    sources = network.ends(origins.checked(network.streets), unit, leaving=not backwards, backwards=backwards)
    grouped = place[doors.owner] if doors.owners else np.empty(0, np.int32)
    doors.checked(network.streets)
    targets = network.ends(doors, unit, leaving=backwards, backwards=backwards, owner=grouped, owners=count)
    span = int(max(sources.cost_a[sources.node_a >= 0].max(initial=0), sources.cost_b[sources.node_b >= 0].max(initial=0)))
    at = network.by_node(targets, unit)
    return Setting(graph, graph.side(backwards), sources, targets, at, along_curve(sources), queue_shape(graph, span), count, backwards)


def pair_parts(
    setting: Setting, first: int, last: int, top: int, bench: Bench
) -> list[tuple[int, npt.NDArray[np.int64], npt.NDArray[np.int32], npt.NDArray[np.int32]]]:
    """Pairs of the sources `order[first:last]`: (first row, counts, targets, ticks) each, growing the bench as needed."""
    from parkcity.travel.kernels.pairs import pair_batches

    side, room = setting.side, 65_536
    out = []
    while first < last:
        counts = np.zeros(last - first, np.int64)
        target, ticks = np.empty(room, np.int32), np.empty(room, np.int32)
        fixed = (setting.order, side.indptr, side.arcs, setting.sources, setting.targets, setting.at, top, setting.shape.shift)
        following, done, rows, need = pair_batches(first, last, *fixed, bench.arena, counts, target, ticks)
        if following > first:
            out.append((first, counts[: following - first].copy(), target[:done].copy(), ticks[:done].copy()))
        if rows:
            bench.grow(rows)
        room = max(room, need)
        first = following
    return out
