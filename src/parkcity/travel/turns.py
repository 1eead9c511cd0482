"""Delays of turns: streets with a copy of every edge for each direction, joined at junctions by turns that cost time.

Every search of this room runs unchanged over the copies, because they are streets like any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from parkcity.base.errors import FaultList, UsageError
from parkcity.standards import parameter
from parkcity.travel.isochrone import points_on
from parkcity.travel.network import Network
from parkcity.travel.profiles import EdgeCosts
from parkcity.travel.route import Route, trace
from parkcity.travel.steps import CIRCLE, EYE_M, HALF_CIRCLE
from parkcity.travel.streets import Attach, Streets

if TYPE_CHECKING:
    from parkcity.travel.profiles import Profile

Side = Literal["right", "left"]
Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]
LEAST_STREETS = 3
DECIMALS = 6
SHORT_M = 0.001


@dataclass(frozen=True)
class Law:
    """What a turn costs: `penalty` s at most, `bias` above 1 where turns to the near side are cheaper, `back` s more for turning back.

    Source: the car profile of OSRM (`process_turn`): penalty / (1 + exp(-(k a / 180 / b - k b / 2))) for a turn of `a` degrees to the near
    side, with 1 / b for b on the other; k is `engine_parameters`, `turn.steepness`. Raises `UsageError` below 0.
    """

    penalty: float
    bias: float
    back: float
    drives_on: Side = "right"

    def __post_init__(self) -> None:
        if self.drives_on not in get_args(Side):
            msg = f"traffic drives on the 'right' or the 'left', not '{self.drives_on}'"
            raise UsageError(msg)
        if not (0 <= self.penalty < np.inf and 0 < self.bias < np.inf and 0 <= self.back < np.inf):
            msg = f"turn_penalty and turn_back must be 0 s or more and turn_bias above 0, not {self.penalty}, {self.back} and {self.bias}"
            raise UsageError(msg)

    @classmethod
    def of(cls, profile: Profile, drives_on: Side) -> Law:
        """The law of a profile; terms that it lacks cost nothing and prefer no side."""
        rules = profile.rules
        terms = (None, None, None) if rules is None else (rules.turn_penalty, rules.turn_bias, rules.turn_back)
        penalty, bias, back = (plain if term is None else term for term, plain in zip(terms, (0.0, 1.0, 0.0), strict=True))
        return cls(penalty, bias, back, drives_on)

    def seconds(self, angle: npt.ArrayLike) -> Float64:
        """Seconds of turns by changes of bearing in degrees, -180 to 180, positive to the right. Any shape.

        >>> right, left = Law(7.5, 1.075, 20.0).seconds([90.0, -90.0])
        >>> bool(0 < right < left < 7.5)
        True
        """
        near = np.asarray(angle, np.float64) * (1.0 if self.drives_on == "right" else -1.0)
        steepness = parameter("engine_parameters", "turn.steepness").number
        bias = np.where(near >= 0, self.bias, 1.0 / self.bias)
        rise = steepness * np.abs(near) / HALF_CIRCLE / bias - steepness / 2 * bias
        return np.asarray(self.penalty / (1.0 + np.exp(-rise)), np.float64)


@dataclass(frozen=True)
class Turned:
    """Streets whose turns cost time. `base`: the network without turns; `network`: that with them, for every search.

    Edge e of the base stands in `network` as e (open from u to v only) and as e + E (open from v to u only), E edges there are; the
    edges after those have no length: turns, and loops at ends of short edges. Owners must pass through `attach` before a search.
    """

    base: Network
    network: Network

    def attach(self, attach: Attach) -> Attach:
        """The same owners on the copies: two candidates for one, and where one stands on a node, all ends of edges at that node.

        So a journey that begins or ends at a junction pays no turn there. Raises `InputError` where a candidate lies on no edge.
        """
        streets = self.base.streets
        at = attach.checked(streets)
        edge = at.edge.astype(np.int64)
        node = np.where(at.offset <= 0, streets.edge_u[edge], np.where(at.offset >= streets.edge_length[edge], streets.edge_v[edge], -1))
        row, ends = _ends_at(streets, node)
        inside = np.flatnonzero(node < 0)
        rows = np.concatenate([inside, inside, row])
        on_edge, on_offset = self._named(ends)
        edges = np.concatenate([edge[inside], edge[inside] + streets.edges, on_edge])
        offset = np.concatenate([at.offset[inside], at.offset[inside], on_offset])
        order = np.argsort(rows, kind="stable")
        rows = rows[order]
        return Attach(at.owner[rows], edges[order].astype(np.int32), offset[order], at.distance[rows], at.owners, at.outside)

    def _named(self, ends: Int64) -> tuple[Int64, Float64]:
        """Ends of copies as positions: edges of `network`, and metres along them."""
        length, count = self.base.streets.edge_length, max(self.base.streets.edges, 1)
        points, plain = _points(self.base.streets), ends % count
        loop = self.network.streets.edges - 4 * len(points) + (ends // count) * len(points) + np.searchsorted(points, plain)
        short = length[plain] < SHORT_M
        offset = np.where((ends >= 2 * count) & ~short, length[plain], 0.0)
        return np.where(short, loop, ends % (2 * count)), offset

    def route(
        self, origins: Attach, origin: int, doors: Attach, place: int, door_place: npt.ArrayLike | None = None, *, unit: str = "s"
    ) -> Route:
        """As `parkcity.travel.route`, between owners from `attach`: legs on the edges of the base, with the seconds of turns into them."""
        found = trace(self.network, origins, origin, doors, place, door_place, unit=unit)
        count = self.base.streets.edges
        copies, moves = found.edge < 2 * count, found.from_m != found.to_m
        if unit != "s":
            wait = np.zeros(len(found.edge))
        else:
            wait = np.where(copies, 0.0, np.minimum(self.network.costs.run_f[found.edge], self.network.costs.run_b[found.edge]))
        kept = np.flatnonzero(copies & moves)
        turn_s = np.zeros(len(kept))
        if len(kept):  # a turn after the last metre, into a place at the very end of another street, counts with the last leg
            np.add.at(turn_s, np.minimum(np.searchsorted(kept, np.arange(len(wait))), len(kept) - 1), wait)
        edge = (found.edge[kept] % max(count, 1)).astype(np.int32)
        return Route(edge, found.from_m[kept], found.to_m[kept], found.length_m, found.access_m, found.value, found.state, turn_s)


def with_turns(streets: Streets, profile: Profile, drives_on: Side = "right", banned: npt.ArrayLike | None = None) -> Turned:
    """Streets under a profile, with the delays of its turns (`turn_penalty`, `turn_bias`, `turn_back` of its rules).

    `banned` int [m, 3]: turns that are not allowed, each an edge, the node at its end and the edge into which one may not go on (the same
    edge: no turning back); `all_but` makes such rows of turns that alone are allowed. They hold whatever the profile: leave them out for
    those whom they do not bind.

    A turn costs by the angle between the last 10 m before it and the first 10 m after it, see `Law`. Where just two open streets meet,
    going on costs nothing; turning back costs at every node. A profile without these terms
    gets the times without turns, to the bit.
    """
    return turned(Network.build(streets, profile), drives_on, banned)


def all_but(streets: Streets, only: npt.ArrayLike) -> npt.NDArray[np.int32]:
    """Banned turns, int32 [k, 3], that leave of all turns from an edge at a node just those of `only` int [m, 3] (edge, node, edge).

    Source: restrictions "only_…" of OpenStreetMap. Raises `UsageError` where an edge does not meet the node.
    """
    allowed = _checked_turns(streets, only)
    rows = []
    for edge, node in np.unique(allowed[:, :2], axis=0):
        onward = np.flatnonzero((streets.edge_u == node) | (streets.edge_v == node))
        kept = allowed[(allowed[:, 0] == edge) & (allowed[:, 1] == node), 2]
        rows += [(edge, node, other) for other in np.setdiff1d(onward, kept)]
    return np.array(rows, np.int32).reshape(-1, 3)


def _checked_turns(streets: Streets, turns: npt.ArrayLike) -> Int64:
    rows = np.asarray(turns, np.int64).reshape(-1, 3)
    faults = FaultList()
    for number, (edge, node, onward) in enumerate(rows.tolist()):
        for one in (edge, onward):
            if not 0 <= one < streets.edges or node not in {int(streets.edge_u[one]), int(streets.edge_v[one])}:
                faults.add("turns", f"edge {one} does not meet node {node}", allowed="edge, node at its end, edge from there", row=number)
    faults.check()
    return rows


def _is_banned(streets: Streets, came: Int64, goes: Int64, banned: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Which of the turns between copies are banned, bool [turns]."""
    wanted: dict[tuple[int, int], set[int]] = {}
    for edge, node, onward in _checked_turns(streets, banned).tolist():
        wanted.setdefault((edge, node), set()).add(onward)
    count = max(streets.edges, 1)
    out = np.zeros(len(came), np.bool_)
    start, stop = (np.searchsorted(came, np.arange(2 * count), side=side) for side in ("left", "right"))
    for (edge, node), onward in wanted.items():
        for copy, end in ((edge, streets.edge_v[edge]), (edge + count, streets.edge_u[edge])):
            if end == node:
                turns = slice(start[copy], stop[copy])
                out[turns] |= np.isin(goes[turns] % count, list(onward))
    return out


def turned(base: Network, drives_on: Side = "right", banned: npt.ArrayLike | None = None) -> Turned:
    """As `with_turns`, over a network that already stands."""
    law, streets, costs = Law.of(base.profile, drives_on), base.streets, base.costs
    came, goes = _meetings(streets, np.isfinite(np.concatenate([costs.run_f, costs.run_b])))
    if banned is not None:
        allowed = ~_is_banned(streets, came, goes, banned)
        came, goes = came[allowed], goes[allowed]
    wait = _delays(base, law, came, goes)
    shut = np.full(streets.edges, np.inf)
    loops = np.zeros(4 * len(_points(streets)))
    run_f = np.concatenate([costs.run_f, shut, wait, loops])
    run_b = np.concatenate([shut, costs.run_b, np.full(len(wait), np.inf), loops])
    end_f, end_b = np.zeros(len(run_f)), np.zeros(len(run_f))
    end_f[: streets.edges], end_b[streets.edges : 2 * streets.edges] = costs.end_f, costs.end_b
    network = Network(_copies(streets, came, goes), base.profile, EdgeCosts(run_f, run_b, end_f, end_b))
    return Turned(base, network)


def _points(streets: Streets) -> Int64:
    """Edges (almost) without length. A search must tell their ends apart, although no tick lies between them."""
    return np.flatnonzero(streets.edge_length < SHORT_M)


def _ends_at(streets: Streets, node: Int64) -> tuple[Int64, Int64]:
    """All copies' ends at some nodes (-1: none): rows of `node`, and ends as the nodes of `_copies` are numbered."""
    count = streets.edges
    where = np.concatenate([streets.edge_u, streets.edge_u, streets.edge_v, streets.edge_v]).astype(np.int64)
    order = np.argsort(where, kind="stable")
    many = np.bincount(where, minlength=streets.nodes) if count else np.zeros(streets.nodes, np.int64)
    rows = np.flatnonzero(node >= 0)
    row, rank = _repeated(many[node[rows]])
    start = np.cumsum(many) - many
    return rows[row], order[start[node[rows[row]]] + rank]


def _repeated(many: Int64) -> tuple[Int64, Int64]:
    """Row i `many[i]` times, and 0, 1, 2 … within each."""
    row = np.repeat(np.arange(len(many)), many)
    return row, np.arange(len(row)) - np.repeat(np.cumsum(many) - many, many)


def _meetings(streets: Streets, is_open: npt.NDArray[np.bool_]) -> tuple[Int64, Int64]:
    """Every pair of an open copy and an open copy that goes on where it ends; a copy is e forward, e + E backward. int64 [turns] each."""
    tail = np.concatenate([streets.edge_u, streets.edge_v])
    head = np.concatenate([streets.edge_v, streets.edge_u])
    copies = np.flatnonzero(is_open)
    leaving = copies[np.argsort(tail[copies], kind="stable")]
    many = np.bincount(tail[copies], minlength=streets.nodes)
    start = np.cumsum(many) - many
    row, rank = _repeated(many[head[copies]])
    came = copies[row]
    return came, leaving[start[head[came]] + rank]


def _delays(base: Network, law: Law, came: Int64, goes: Int64) -> Float64:
    """Seconds of each turn, float64 [turns]."""
    streets, costs = base.streets, base.costs
    count = streets.edges
    is_open = np.isfinite(costs.run_f) | np.isfinite(costs.run_b)
    meet = np.bincount(np.concatenate([streets.edge_u[is_open], streets.edge_v[is_open]]), minlength=streets.nodes)
    node = np.concatenate([streets.edge_v, streets.edge_u])[came]
    first, last = _bearing(base, first=True), _bearing(base, first=False)
    leave = np.concatenate([first, last + HALF_CIRCLE])
    arrive = np.concatenate([last, first + HALF_CIRCLE])
    # Rounded, so that the last bit of an angle does not decide on which side a half turn lies.
    angle = (np.round(leave[goes] - arrive[came], DECIMALS) + HALF_CIRCLE) % CIRCLE - HALF_CIRCLE
    back = (came != goes) & (came % max(count, 1) == goes % max(count, 1))
    # Who turns back crosses the oncoming lane; an edge without length has no bearing, so that it bends no way.
    angle = np.where(back, -HALF_CIRCLE if law.drives_on == "right" else HALF_CIRCLE, np.nan_to_num(angle))
    wait = np.where((meet[node] >= LEAST_STREETS) | back, law.seconds(angle), 0.0)
    return np.asarray(wait + np.where(back, law.back, 0.0), np.float64)


def _bearing(base: Network, *, first: bool) -> Float64:
    """Bearing from u to v over the first or last metres of every edge, degrees, float64 [e]; NaN where both points are one."""
    length = base.streets.edge_length
    edge = np.arange(len(length), dtype=np.int32)
    eye = np.minimum(length, EYE_M)
    x0, y0 = points_on(base, edge, np.zeros(len(length)) if first else length - eye)
    x1, y1 = points_on(base, edge, eye if first else length)
    bearing = np.degrees(np.arctan2(x1 - x0, y1 - y0))
    return np.asarray(np.where((x1 == x0) & (y1 == y0), np.nan, bearing), np.float64)


def _copies(streets: Streets, came: Int64, goes: Int64) -> Streets:
    """The copies, the turns between them, and a loop at each end of copies without length, which makes it a node of every search.

    Copy c runs from node c to node c + 2 E along its edge, whichever way it is open.
    """
    count = streets.edges
    both = np.concatenate([streets.edge_u, streets.edge_u, streets.edge_v, streets.edge_v])
    x, y = streets.node_x[both], streets.node_y[both]
    u = np.arange(2 * count)
    turn_u = np.where(came < count, came + 2 * count, came)
    turn_v = np.where(goes < count, goes, goes + 2 * count)
    points = _points(streets)
    stand = np.concatenate([points + part * count for part in range(4)])
    joins_u, joins_v = np.concatenate([turn_u, stand]), np.concatenate([turn_v, stand])
    length = np.concatenate([streets.edge_length, streets.edge_length, np.zeros(len(joins_u))])
    lines: dict[str, Any] = {}
    if streets.geom_start is not None and streets.geom_xy is not None:
        still = np.repeat(np.column_stack([x[joins_u], y[joins_u]]), 2, axis=0)
        steps = np.diff(streets.geom_start)
        lines["geom_start"] = np.concatenate([[0], np.cumsum(np.concatenate([steps, steps, np.full(len(joins_u), 2)]))])
        lines["geom_xy"] = np.concatenate([streets.geom_xy, streets.geom_xy, still])
    return Streets(x, y, np.concatenate([u, joins_u]), np.concatenate([u + 2 * count, joins_v]), length, **lines)
