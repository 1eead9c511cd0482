"""The nearest place for every origin: one search from all places of a class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from parkcity.base.errors import UsageError
from parkcity.travel.kernels.ticks import TICKS_PER, UNREACHED, to_ticks
from parkcity.travel.queues import queue_shape
from parkcity.travel.states import State
from parkcity.travel.threads import side_by_side, thread_count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from parkcity.travel.kernels.ends import ByNode, Ends
    from parkcity.travel.network import Direction, Graph, Network
    from parkcity.travel.streets import Attach

CHUNK = 65_536
WORTH_A_THREAD = 250_000  # answers and labels; less is done sooner than threads are started


@dataclass(frozen=True)
class Nearest:
    """The nearest places. Shapes [classes, n], or [classes, n, k] where k > 1 was asked: `values` float32 seconds or metres, NaN where
    the state is not ok; `place` int32, -1 for none; `states` int8, see `parkcity.travel.states`; `ticks` int32, the value as whole ticks.
    """

    values: npt.NDArray[np.float32]
    place: npt.NDArray[np.int32]
    states: npt.NDArray[np.int8]
    ticks: npt.NDArray[np.int32]


@dataclass(frozen=True)
class Doors:
    """Doors of places as seeds of a search: their ends, place and class per owner, the number of classes, and the search's direction."""

    ends: Ends
    at: ByNode
    place: npt.NDArray[np.int32]
    klass: npt.NDArray[np.int16]
    classes: int
    backwards: bool

    @property
    def span(self) -> int:
        """The dearest seed in ticks."""
        a = self.ends.cost_a[self.ends.node_a >= 0].max(initial=0)
        return int(max(a, self.ends.cost_b[self.ends.node_b >= 0].max(initial=0)))


def limit_ticks(limit: float | None, unit: str) -> int:
    """A limit as ticks; without a limit, the horizon."""
    if limit is None:
        return UNREACHED - 1
    if not limit >= 0:
        msg = f"a limit must be 0 or more, not {limit}"
        raise UsageError(msg)
    return min(int(to_ticks(limit, unit)), UNREACHED - 1)


def is_backwards(direction: Direction) -> bool:
    """Does a search from the places run against the journey? It does for journeys to the place."""
    if direction not in ("to", "from"):
        msg = f"unknown direction '{direction}'; allowed: to (origin to place), from (place to origin)"
        raise UsageError(msg)
    return direction == "to"


def door_seeds(
    network: Network,
    doors: Attach,
    door_place: npt.ArrayLike | None,
    doors_class: npt.ArrayLike | None,
    unit: str,
    direction: Direction,
    *,
    index: bool = True,
) -> Doors:
    """Doors checked and put on links, ready to be searched from; without `index` they are not listed by node and link."""
    from parkcity.travel.kernels.ends import ByNode
    from parkcity.travel.kernels.label import PLACE_MASK

    backwards = is_backwards(direction)
    place = _per_door("door_place", np.arange(doors.owners) if door_place is None else door_place, doors.owners, np.int32)
    klass = _per_door("doors_class", np.zeros(doors.owners) if doors_class is None else doors_class, doors.owners, np.int16)
    if len(place) and (place.min() < 0 or place.max() >= PLACE_MASK or klass.min() < 0):
        msg = "places and classes are numbered from 0"
        raise UsageError(msg)
    ends = network.ends(doors.checked(network.streets), unit, leaving=not backwards, backwards=backwards)
    classes = int(klass.max()) + 1 if len(klass) else 1
    none = np.empty(0, np.int32)
    at = network.by_node(ends, unit) if index else ByNode(none, none, none, none, none)
    return Doors(ends, at, place, klass, classes, backwards)


def _per_door(name: str, values: npt.ArrayLike, count: int, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    array = np.ascontiguousarray(values, dtype=dtype)
    if array.shape != (count,):
        msg = f"{name} needs one entry per door: {count}, not {array.shape}"
        raise UsageError(msg)
    return array


def node_labels(graph: Graph, doors: Doors, limit: int, backwards: bool, threads: int) -> npt.NDArray[np.int64]:
    """Labels of every node for every class, int64 [classes, nodes]: one search per class, side by side."""
    from parkcity.travel.kernels.label import NOWHERE, seeds, spread

    side = graph.side(backwards)
    labels = np.full((doors.classes, graph.nodes), NOWHERE, np.int64)
    shape = queue_shape(graph, doors.span)

    def arena() -> tuple[npt.NDArray[np.int32], ...]:
        pool = np.empty((2 * (len(side.arcs) + len(doors.ends.owner)), 2), np.int32)
        return np.full(graph.nodes, -1, np.int32), np.full(shape.buckets, -1, np.int32), pool

    def work(job: int, own: tuple[npt.NDArray[np.int32], ...]) -> None:
        node, label = seeds(doors.ends, doors.klass == job, doors.place)
        spread(side.indptr, side.arcs, node, label, limit, shape.shift, labels[job], *own)

    side_by_side(doors.classes, threads, arena, work)
    return labels


def nearest(
    network: Network,
    origins: Attach,
    doors: Attach,
    door_place: npt.ArrayLike | None = None,
    *,
    k: int = 1,
    limit: float | None = None,
    unit: str = "s",
    doors_class: npt.ArrayLike | None = None,
    direction: Direction = "to",
    threads: int | None = None,
) -> Nearest:
    """The `k` nearest places of every class for every origin, exactly.

    `door_place` int32 [owners of doors]: the place of each door (several doors may share one; without it each door is a place);
    `doors_class` int16 [owners of doors]: the class of each door, one answer per class; `limit` in `unit` ("s" seconds, "m" metres along
    the street), itself included; `direction` "to": from origin to place, "from": from place to origin. At equal cost the lower place wins.
    The walk between door and street counts on both sides. At most `threads` threads work; small questions take one.
    Raises `UsageError` and `InputError`.
    """
    graph = network.graph(unit)
    backwards = is_backwards(direction)
    top = limit_ticks(limit, graph.unit)
    entry = door_seeds(network, doors, door_place, doors_class, unit, direction)
    ends = network.ends(origins.checked(network.streets), unit, leaving=backwards, backwards=backwards)
    small = entry.classes * (graph.nodes + origins.owners) < WORTH_A_THREAD
    workers = 1 if small else thread_count(threads)
    if k < 1:
        msg = f"k must be 1 or more, not {k}"
        raise UsageError(msg)
    if k > 1:
        return _nearest_k(graph, entry, ends, origins, k, top, workers)
    labels = node_labels(graph, entry, top, backwards, workers)
    return read_out(graph, labels, [entry], entry.klass, ends, origins, top, workers)


def read_out(
    graph: Graph,
    labels: npt.NDArray[np.int64],
    blocks: Sequence[Doors],
    klass: npt.NDArray[np.int16],
    ends: Ends,
    origins: Attach,
    limit: int,
    threads: int,
    ready: npt.NDArray[np.int64] | None = None,
) -> Nearest:
    """Answers of origins from labels of nodes (and from `ready` labels of owners, where they are known)."""
    from parkcity.travel.kernels.answer import answer, read_labels
    from parkcity.travel.kernels.label import PLACE_BITS, PLACE_MASK

    doors = blocks[0]
    shape = (doors.classes, origins.owners)
    value, place = np.empty(shape, np.float32), np.empty(shape, np.int32)
    state, ticks = np.empty(shape, np.int8), np.empty(shape, np.int32)
    reached = np.zeros((doors.classes, graph.nodes), np.bool_)
    if limit < UNREACHED - 1:
        for block in blocks:
            reached |= reached_nodes(graph, block, doors.classes)
    top = (limit << PLACE_BITS) | PLACE_MASK
    per_tick = 1.0 / TICKS_PER[graph.unit]

    def work(job: int, _own: None) -> None:
        first, last = job * CHUNK, min(origins.owners, (job + 1) * CHUNK)
        if ready is None:
            fixed = (ends, doors.ends, doors.at, doors.klass, doors.place, reached, top, per_tick)
            answer(first, last, labels, *fixed, value, place, state, ticks)
            return
        for c in range(doors.classes):
            read_labels(first, last, ready[c], top, per_tick, ends, reached[c], value[c], place[c], state[c], ticks[c])

    side_by_side(-(-origins.owners // CHUNK), threads, lambda: None, work)
    return _finish(Nearest(value, place, state, ticks), klass, doors.classes, origins)


def _nearest_k(graph: Graph, doors: Doors, ends: Ends, origins: Attach, k: int, limit: int, threads: int) -> Nearest:
    from parkcity.travel.kernels.answer import read_labels
    from parkcity.travel.kernels.label import NOWHERE, PLACE_BITS, PLACE_MASK, seeds
    from parkcity.travel.kernels.near_k import gather_k, spread_k

    side, shape = graph.side(doors.backwards), queue_shape(graph, doors.span)
    found = np.full((doors.classes, origins.owners, k), NOWHERE, np.int64)
    top = (limit << PLACE_BITS) | PLACE_MASK

    def work(job: int, _own: None) -> None:
        node, label = seeds(doors.ends, doors.klass == job, doors.place)
        labels = np.full((graph.nodes, k), NOWHERE, np.int64)
        spread_k(side.indptr, side.arcs, node, label, limit, shape.shift, shape.buckets, labels)
        gather_k(job, labels, top, ends, doors.ends, doors.at, doors.klass, doors.place, found[job])

    side_by_side(doors.classes, threads, lambda: None, work)
    value, place = np.empty(found.shape, np.float32), np.empty(found.shape, np.int32)
    state, ticks = np.empty(found.shape, np.int8), np.empty(found.shape, np.int32)
    reached = reached_nodes(graph, doors, doors.classes)
    for c in range(doors.classes):
        for j in range(k):
            one = np.ascontiguousarray(found[c, :, j])
            values, places = np.empty(origins.owners, np.float32), np.empty(origins.owners, np.int32)
            states, whole = np.empty(origins.owners, np.int8), np.empty(origins.owners, np.int32)
            read_labels(0, origins.owners, one, top, 1.0 / TICKS_PER[graph.unit], ends, reached[c], values, places, states, whole)
            value[c, :, j], place[c, :, j], state[c, :, j], ticks[c, :, j] = values, places, states, whole
    if limit == UNREACHED - 1:
        state[state == State.OVER_LIMIT] = State.UNREACHABLE
    return _finish(Nearest(value, place, state, ticks), doors.klass, doors.classes, origins)


def _finish(answer: Nearest, klass: npt.NDArray[np.int16], classes: int, origins: Attach) -> Nearest:
    """Classes without any place have no service; origins outside the data have no answer."""
    served = np.bincount(klass[klass >= 0], minlength=classes) > 0
    states = answer.states
    states[~served] = np.where(states[~served] == State.NOT_ATTACHED, State.NOT_ATTACHED, State.NO_SERVICE)
    if origins.outside is not None:
        states[:, origins.outside], answer.values[:, origins.outside], answer.place[:, origins.outside] = State.OUTSIDE_DATA, np.nan, -1
        answer.ticks[:, origins.outside] = UNREACHED
    return answer


def reached_nodes(graph: Graph, doors: Doors, classes: int) -> npt.NDArray[np.bool_]:
    """Nodes that each class reaches at any cost, bool [classes, nodes]."""
    from parkcity.travel.kernels.label import reachable, seeds

    side = graph.side(doors.backwards)
    reached = np.zeros((classes, graph.nodes), np.bool_)
    stack = np.empty(graph.nodes, np.int32)
    for c in range(classes):
        node, _ = seeds(doors.ends, doors.klass == c, doors.place)
        if graph.component is not None:
            touched = np.zeros(graph.nodes, np.bool_)
            touched[graph.component[node]] = True
            reached[c] = touched[graph.component]
        else:
            reachable(side.indptr, side.arcs, node, reached[c], stack)
    return reached
