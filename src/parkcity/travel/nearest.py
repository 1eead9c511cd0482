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
    from parkcity.travel.kernels.ends import ByNode, Ends
    from parkcity.travel.network import Direction, Graph, Network
    from parkcity.travel.streets import Attach

CHUNK = 65_536


@dataclass(frozen=True)
class Nearest:
    """The nearest places. Shapes [classes, n], or [classes, n, k] where k > 1 was asked: `values` float32 seconds or metres, NaN where
    the state is not ok; `place` int32, -1 for none; `states` int8, see `parkcity.travel.states`."""

    values: npt.NDArray[np.float32]
    place: npt.NDArray[np.int32]
    states: npt.NDArray[np.int8]


@dataclass(frozen=True)
class Doors:
    """Doors of places as seeds of a search: their ends, place and class per owner, and the number of classes."""

    ends: Ends
    at: ByNode
    place: npt.NDArray[np.int32]
    klass: npt.NDArray[np.int16]
    classes: int


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
) -> Doors:
    """Doors checked and put on links, ready to be searched from."""
    from parkcity.travel.kernels.label import PLACE_MASK

    backwards = is_backwards(direction)
    place = _per_door("door_place", np.arange(doors.owners) if door_place is None else door_place, doors.owners, np.int32)
    klass = _per_door("doors_class", np.zeros(doors.owners) if doors_class is None else doors_class, doors.owners, np.int16)
    if len(place) and (place.min() < 0 or place.max() > PLACE_MASK or klass.min() < 0):
        msg = "places and classes are numbered from 0"
        raise UsageError(msg)
    ends = network.ends(doors.checked(network.streets), unit, leaving=not backwards, backwards=backwards)
    classes = int(klass.max()) + 1 if len(klass) else 1
    return Doors(ends, network.by_node(ends, unit), place, klass, classes)


def _per_door(name: str, values: npt.ArrayLike, count: int, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    array = np.ascontiguousarray(values, dtype=dtype)
    if array.shape != (count,):
        msg = f"{name} needs one entry per door: {count}, not {array.shape}"
        raise UsageError(msg)
    return array


def node_labels(graph: Graph, doors: Doors, limit: int, backwards: bool, threads: int) -> npt.NDArray[np.int64]:
    """Labels of every node for every class, int64 [classes, nodes]: one search per class, side by side."""
    from parkcity.travel.kernels.label import NOWHERE, PLACE_BITS, seeds, spread

    side = graph.side(backwards)
    labels = np.full((doors.classes, graph.nodes), NOWHERE, np.int64)
    shape = queue_shape(graph, int(doors.ends.cost_a[doors.ends.node_a >= 0].max(initial=0)))

    def arena() -> tuple[npt.NDArray[np.int32], ...]:
        pool = np.empty((2 * (len(side.arcs) + len(doors.ends.owner)), 2), np.int32)
        return np.full(graph.nodes, -1, np.int32), np.full(shape.buckets, -1, np.int32), pool

    def work(job: int, own: tuple[npt.NDArray[np.int32], ...]) -> None:
        node, label = seeds(doors.ends, doors.klass == job, doors.place)
        spread(side.indptr, side.arcs, node, label, limit, shape.shift, labels[job], *own)

    del PLACE_BITS
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
    The walk between door and street counts on both sides. Raises `UsageError` and `InputError`.
    """
    graph = network.graph(unit)
    backwards = is_backwards(direction)
    top = limit_ticks(limit, graph.unit)
    entry = door_seeds(network, doors, door_place, doors_class, unit, direction)
    ends = network.ends(origins.checked(network.streets), unit, leaving=backwards, backwards=backwards)
    workers = thread_count(threads)
    if k != 1:
        raise UsageError("k")
    labels = node_labels(graph, entry, top, backwards, workers)
    return read_out(network, graph, labels, entry, ends, origins, top, backwards, workers)


def read_out(
    network: Network,
    graph: Graph,
    labels: npt.NDArray[np.int64],
    doors: Doors,
    ends: Ends,
    origins: Attach,
    limit: int,
    backwards: bool,
    threads: int,
) -> Nearest:
    """Answers of origins from labels of nodes."""
    from parkcity.travel.kernels.label import PLACE_BITS, PLACE_MASK, gather, read_labels

    found = np.empty((doors.classes, origins.owners), np.int64)
    value = np.empty(found.shape, np.float32)
    place = np.empty(found.shape, np.int32)
    state = np.empty(found.shape, np.int8)
    reached = reached_nodes(graph, doors, backwards) if limit < UNREACHED - 1 else np.zeros((doors.classes, graph.nodes), np.bool_)
    top = (limit << PLACE_BITS) | PLACE_MASK
    per_tick = 1.0 / TICKS_PER[graph.unit]

    def work(job: int, _own: None) -> None:
        first, last = job * CHUNK, min(origins.owners, (job + 1) * CHUNK)
        gather(first, last, labels, ends, doors.ends, doors.at, doors.klass, doors.place, found)
        for c in range(doors.classes):
            read_labels(first, last, found[c], top, per_tick, ends, reached[c], value[c], place[c], state[c])

    side_by_side(-(-origins.owners // CHUNK), threads, lambda: None, work)
    served = np.bincount(doors.klass, minlength=doors.classes) > 0
    state[~served] = np.where(state[~served] == State.NOT_ATTACHED, State.NOT_ATTACHED, State.NO_SERVICE)
    if origins.outside is not None:
        state[:, origins.outside], value[:, origins.outside], place[:, origins.outside] = State.OUTSIDE_DATA, np.nan, -1
    return Nearest(value, place, state)


def reached_nodes(graph: Graph, doors: Doors, backwards: bool) -> npt.NDArray[np.bool_]:
    """Nodes that each class reaches at any cost, bool [classes, nodes]."""
    from parkcity.travel.kernels.label import reachable, seeds

    side = graph.side(backwards)
    reached = np.zeros((doors.classes, graph.nodes), np.bool_)
    stack = np.empty(graph.nodes, np.int32)
    for c in range(doors.classes):
        node, _ = seeds(doors.ends, doors.klass == c, doors.place)
        if graph.component is not None:
            touched = np.zeros(graph.nodes, np.bool_)
            touched[graph.component[node]] = True
            reached[c] = touched[graph.component]
        else:
            reachable(side.indptr, side.arcs, node, reached[c], stack)
    return reached
