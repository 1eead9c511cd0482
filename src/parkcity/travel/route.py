"""One route, which explains one cell of a matrix."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from parkcity.travel.kernels.ticks import TICKS_PER, UNREACHED
from parkcity.travel.search import places_of
from parkcity.travel.states import State

if TYPE_CHECKING:
    from parkcity.travel.kernels.ends import Ends
    from parkcity.travel.network import Graph, Network
    from parkcity.travel.streets import Attach


@dataclass(frozen=True)
class Route:
    """A route. Shapes [legs]: `edge` int32; `from_m`, `to_m` float64, metres along the edge from its u, falling where it is walked from v
    to u. `length_m`: along streets and off them; `access_m`: of it off the streets; `value`: the cost in the unit asked for, equal to the
    cell of a matrix; `state`: why there is no route, if there is none. `turn_s` float64 [legs]: seconds of the turn into each leg, where
    turns cost something (`parkcity.travel.with_turns`), else None.
    """

    edge: npt.NDArray[np.int32]
    from_m: npt.NDArray[np.float64]
    to_m: npt.NDArray[np.float64]
    length_m: float
    access_m: float
    value: float
    state: State
    turn_s: npt.NDArray[np.float64] | None = None


def route(
    network: Network, origins: Attach, origin: int, doors: Attach, place: int, door_place: npt.ArrayLike | None = None, *, unit: str = "s"
) -> Route:
    """The cheapest way from one origin to one place, through the place's best door.

    `origin`: row of the origin; `place`: the place, as in `door_place` (without it, the row of the door).
    """
    found = trace(network, origins, origin, doors, place, door_place, unit=unit)
    moves = found.from_m != found.to_m
    return replace(found, edge=found.edge[moves], from_m=found.from_m[moves], to_m=found.to_m[moves])


def trace(
    network: Network, origins: Attach, origin: int, doors: Attach, place: int, door_place: npt.ArrayLike | None = None, *, unit: str = "s"
) -> Route:
    """As `route`, with the legs on which nobody moves: edges without length, and ends of edges at which it begins or stops."""
    from parkcity.travel.kernels.path import find_path

    graph = network.graph(unit)
    group, count = places_of(doors, door_place)
    mine = np.flatnonzero(origins.owner == origin)
    theirs = np.flatnonzero(group[doors.owner] == place) if count else np.empty(0, np.int64)
    if origins.outside is not None and origins.outside[origin]:
        return _none(State.OUTSIDE_DATA)
    if not len(mine) or not len(theirs):
        return _none(State.NOT_ATTACHED)
    sources = _only(network, origins, mine, unit, leaving=True)
    targets = _only(network, doors, theirs, unit, leaving=False)
    side = graph.forward
    cost, i, j, arcs, ways = find_path(side.indptr, side.arcs, sources, 0, targets, 0)
    if cost >= UNREACHED:
        return _none(State.UNREACHABLE)
    here, there = int(mine[i]), int(theirs[j])
    legs = _legs(graph, network, origins, here, doors, there, side.arc_link[arcs], sources, targets, (i, j), ways)
    edge, start, stop = (np.array([leg[part] for leg in legs], np.float64) for part in range(3))
    access = float(origins.distance[here] + doors.distance[there])
    length = float(np.abs(stop - start).sum()) + access
    value = cost / TICKS_PER[graph.unit]
    return Route(edge.astype(np.int32), start.astype(np.float64), stop.astype(np.float64), length, access, value, State.OK)


def _none(state: State) -> Route:
    nothing = np.empty(0)
    return Route(nothing.astype(np.int32), nothing, nothing, float("nan"), float("nan"), float("nan"), state)


def _only(network: Network, attach: Attach, rows: npt.NDArray[np.int64], unit: str, *, leaving: bool) -> Ends:
    from parkcity.travel.streets import Attach

    one = Attach(np.zeros(len(rows), np.int32), attach.edge[rows], attach.offset[rows], attach.distance[rows], 1)
    return network.ends(one.checked(network.streets), unit, leaving=leaving, backwards=False)


@dataclass(frozen=True)
class Spot:
    """A place in a chain of edges: which edge of the chain, and metres from the end of that edge at which the chain enters it."""

    rank: int
    metres: float


def _spot(graph: Graph, network: Network, link: int, edge: int, offset: float) -> Spot:
    streets, links = network.streets, graph.links
    if links.edge_link[edge] != link:
        node = streets.edge_u[edge] if offset <= 0 else streets.edge_v[edge]
        start, chain = graph.chains
        for candidate in chain[start[link] : start[link + 1]].tolist():
            if node in (streets.edge_u[candidate], streets.edge_v[candidate]):
                edge, offset = candidate, 0.0 if streets.edge_u[candidate] == node else float(streets.edge_length[candidate])
                break
    length = float(streets.edge_length[edge])
    return Spot(int(links.edge_rank[edge]), length - offset if links.edge_flip[edge] else offset)


def _along(
    graph: Graph, network: Network, link: int, begin: Spot | None, end: Spot | None, *, forward: bool
) -> list[tuple[int, float, float]]:
    """Legs on a link between two spots; None stands for the link's end on that side."""
    start, chain = graph.chains
    edges = chain[start[link] : start[link + 1]].tolist()
    if forward:
        first, last = 0 if begin is None else begin.rank, len(edges) - 1 if end is None else end.rank
        ranks = range(first, last + 1)
    else:
        first, last = len(edges) - 1 if begin is None else begin.rank, 0 if end is None else end.rank
        ranks = range(first, last - 1, -1)
    legs = []
    for rank in ranks:
        edge = edges[rank]
        length = float(network.streets.edge_length[edge])
        enter = begin.metres if begin is not None and begin.rank == rank else (0.0 if forward else length)
        leave = end.metres if end is not None and end.rank == rank else (length if forward else 0.0)
        if graph.links.edge_flip[edge]:
            enter, leave = length - enter, length - leave
        legs.append((edge, enter, leave))
    return legs


def _legs(
    graph: Graph,
    network: Network,
    origins: Attach,
    here: int,
    doors: Attach,
    there: int,
    arc_link: npt.NDArray[np.int32],
    sources: Ends,
    targets: Ends,
    rows: tuple[int, int],
    ways: npt.NDArray[np.int64],
) -> list[tuple[int, float, float]]:
    source_link, target_link = int(sources.link[rows[0]]), int(targets.link[rows[1]])
    begin = end = None
    if source_link >= 0:
        begin = _spot(graph, network, source_link, int(origins.edge[here]), float(origins.offset[here]))
    if target_link >= 0:
        end = _spot(graph, network, target_link, int(doors.edge[there]), float(doors.offset[there]))
    if ways[0] < 0 and begin is not None and end is not None:
        up = int(targets.pos_up[rows[1]]) - int(sources.pos_up[rows[0]])
        down = int(sources.pos_down[rows[0]]) - int(targets.pos_down[rows[1]])
        ahead, behind = (targets.order[rows[1]] >= sources.order[rows[0]], targets.order[rows[1]] <= sources.order[rows[0]])
        can_up = sources.pos_up[rows[0]] >= 0 and targets.pos_up[rows[1]] >= 0 and up >= 0 and ahead
        can_down = sources.pos_down[rows[0]] >= 0 and targets.pos_down[rows[1]] >= 0 and down >= 0 and behind
        return _along(graph, network, source_link, begin, end, forward=bool(can_up and not (can_down and down < up)))
    legs = []
    if begin is not None:
        legs += _along(graph, network, source_link, begin, None, forward=bool(ways[0] == 1))
    for link in arc_link.tolist():
        legs += _along(graph, network, link if link >= 0 else -1 - link, None, None, forward=link >= 0)
    if end is not None:
        legs += _along(graph, network, target_link, None, end, forward=bool(ways[1] == 0))
    return legs
