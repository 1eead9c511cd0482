"""Access that follows edits: what a change of streets, places or people changes, for whom, at once; and the same bits as a fresh search."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
import numpy.typing as npt

from parkcity.base.errors import UsageError
from parkcity.travel.edits import NearestField, SumField, with_links
from parkcity.travel.kernels.ticks import TICKS_PER, UNREACHED
from parkcity.travel.open_graph import Edit, edited, open_network, without_last_edge
from parkcity.travel.reach import QUANTUM, quanta
from parkcity.travel.search import places_of
from parkcity.travel.street_changes import (
    AddLink,
    AddPlace,
    Change,
    ChangeLink,
    CloseLink,
    ClosePlace,
    OpenLink,
    SetPeople,
    checked_edge,
    costs_of,
    with_attributes,
    with_link,
    without_last,
)
from parkcity.travel.street_edits import Targets, lose, regain, resum, touched
from parkcity.travel.streets import Attach, Streets

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from parkcity.travel.decay import Decay
    from parkcity.travel.nearest import Nearest
    from parkcity.travel.network import Direction, Network

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
Float64 = npt.NDArray[np.float64]


@dataclass(frozen=True)
class AccessChange:
    """What edits change. `origins` int32 [k], rising: those whose nearest place, sums or residents differ; all others are the same.

    Shapes: `before`, `after` float32 [k], cost of the nearest place, NaN without one within the limit; `place_before`, `place_after`
    int32 [k], -1 for none; `sums_before`, `sums_after` float64 [groups, limits, k]; `covered_before`, `covered_after` float64 [limits],
    residents whose nearest place is within each limit.
    """

    origins: Int32
    before: npt.NDArray[np.float32]
    after: npt.NDArray[np.float32]
    place_before: Int32
    place_after: Int32
    sums_before: Float64
    sums_after: Float64
    covered_before: Float64
    covered_after: Float64


@dataclass
class Access:
    """The nearest place of a kind and the sums within limits, of every origin, kept under edits. Made by `Access.build`.

    An edit costs what it touches, and some passes over plain arrays. Answers equal those of a new network, to the bit.
    """

    network: Network
    near: NearestField
    sums: SumField
    _doors: list[Attach]
    _place: list[Int32]
    _people: Int64
    _closed: set[int] = field(default_factory=set)
    _speeds: dict[int, float] = field(default_factory=dict)
    _shut: set[int] = field(default_factory=set)
    _targets: Targets | None = field(default=None, repr=False)
    _told: tuple[Int64, Int64, Int64] = field(init=False, repr=False)
    _covered: Int64 = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._told = (self.near.found[0].copy(), self.sums.table.copy(), self._people.copy())
        every = np.arange(len(self._people))
        self._covered = self._counted(every, self.near.found[0], self._people)

    @classmethod
    def build(
        cls,
        network: Network,
        origins: Attach,
        doors: Attach,
        limits: Sequence[float | Decay],
        *,
        people: npt.ArrayLike | None = None,
        weights: npt.ArrayLike | None = None,
        door_place: npt.ArrayLike | None = None,
        nearest_limit: float | None = None,
        unit: str = "s",
        direction: Direction = "to",
        threads: int | None = None,
    ) -> Access:
        """Search once. `people` float64 [n], residents of each origin (1 each if left out); `weights` float64 [places] or [groups, places]
        (1 each); `nearest_limit`: how far the nearest place is looked for; the rest as in `nearest` and `within`.
        """
        own = open_network(network.streets, network.profile, unit, network.costs)
        place, count = places_of(doors, door_place)
        amount = np.atleast_2d(np.ones(count) if weights is None else np.asarray(weights, np.float64))
        shared: dict[str, Any] = {"unit": unit, "direction": direction, "threads": threads}
        near = NearestField.build(own, origins, doors, place, limit=nearest_limit, **shared)
        sums = SumField.build(own, origins, doors, limits, amount, place, **shared)
        residents = quanta(np.ones(origins.owners) if people is None else people)
        if residents.shape != (origins.owners,):
            msg = f"people needs one number per origin: {origins.owners}"
            raise UsageError(msg)
        return cls(own, near, sums, [doors], [place], residents)

    @property
    def nearest(self) -> Nearest:
        """The nearest places as they are now, as `parkcity.travel.nearest` gives them."""
        return self.near.answer()

    @property
    def within(self) -> Float64:
        """The sums as they are now, float64 [groups, limits, n], 0 where an origin is not attached."""
        return self.sums.sums

    @property
    def covered(self) -> Float64:
        """Residents whose nearest place is within each limit, float64 [limits]."""
        return np.asarray(self._covered * QUANTUM, np.float64)

    @property
    def streets(self) -> Streets:
        """The streets as they are now, closed ones among them; `network` says what they cost."""
        return self.network.streets

    def edit(self, *changes: Change) -> AccessChange:
        """Make changes, one after the other. Returns what they change together. Raises `UsageError`; changes before the fault stay."""
        rows = [self._apply(change)[0] for change in changes]
        return self._tell(rows)

    def what_if(self, *changes: Change) -> AccessChange:
        """What changes would change; nothing is kept."""
        rows, backs = [], []
        try:
            for change in changes:
                touched_rows, back = self._apply(change)
                rows.append(touched_rows)
                backs.append(back)
            told = self._tell(rows)
        finally:
            back_rows = [back() for back in reversed(backs)]
            self._tell(rows + back_rows)
        return told

    def _apply(self, change: Change) -> tuple[Int32, Callable[[], Int32]]:
        """One change. Returns the origins that it may touch, and what takes it back."""
        if not isinstance(change, get_args(Change)):
            msg = f"not a change of access: {type(change).__name__}"
            raise UsageError(msg)
        match change:
            case AddPlace():
                return self._add_place(change)
            case ClosePlace():
                return self._close_place(change.place)
            case AddLink():
                return self._add_link(change)
            case SetPeople():
                return self._set_people(change)
            case CloseLink() | OpenLink():
                edge = checked_edge(self.streets, change.edge)
                was = edge in self._closed
                return self._set_closed(edge, now=isinstance(change, CloseLink)), lambda: self._set_closed(edge, now=was)
            case _:
                return self._change_link(change)

    def _add_place(self, change: AddPlace) -> tuple[Int32, Callable[[], Int32]]:
        self._targets = None
        doors, number = change.doors, self.sums.weights.shape[1]
        amount = np.broadcast_to(quanta(change.weights, self.sums.quantum), self.sums.weights.shape[:1])
        rows = self.near.add(doors, number)
        rows = np.union1d(rows, self.sums.shift(doors, amount)).astype(np.int32)
        self.sums.weights = np.column_stack([self.sums.weights, amount])
        self._doors.append(doors)
        self._place.append(np.full(doors.owners, number, np.int32))

        def back() -> Int32:
            self._targets = None
            gone, _ = self._close_place(number)
            self._shut.discard(number)
            self.sums.weights = self.sums.weights[:, :-1]
            for kept in (self._doors, self._place, self.near.blocks):
                kept.pop()
            return gone

        return rows, back

    def _close_place(self, place: int) -> tuple[Int32, Callable[[], Int32]]:
        self._targets = None
        doors, amount = self._doors_of(place), self.sums.weights[:, place]
        rows = np.union1d(self.near.remove(place), self.sums.shift(doors, -amount)).astype(np.int32)
        self._shut.add(place)

        def back() -> Int32:
            self._targets = None
            again = np.union1d(self.near.reopen(place), self.sums.shift(doors, amount)).astype(np.int32)
            self._shut.discard(place)
            return again

        return rows, back

    def _doors_of(self, place: int) -> Attach:
        """All doors of an open place as one attachment."""
        if not 0 <= place < self.sums.weights.shape[1] or place in self._shut:
            msg = f"there is no open place {place}"
            raise UsageError(msg)
        every, places = _joined(self._doors), np.concatenate(self._place)
        return every.take(np.flatnonzero(places == place))

    def _add_link(self, change: AddLink) -> tuple[Int32, Callable[[], Int32]]:
        edge = self.streets.edges
        rows = self._street(with_link(self.streets, change), edge, added=1)

        def back() -> Int32:
            gone = self._set_closed(edge, now=True)
            self._targets = None
            self._closed.discard(edge)
            self.network = without_last_edge(self.network, self.near.unit, without_last(self.streets))
            self.near.move_to(self.network)
            self.sums.move_to(self.near)
            return gone

        return rows, back

    def _set_closed(self, edge: int, *, now: bool) -> Int32:
        (self._closed.add if now else self._closed.discard)(edge)
        return self._street(self.streets, edge)

    def _change_link(self, change: ChangeLink) -> tuple[Int32, Callable[[], Int32]]:
        edge, streets = checked_edge(self.streets, change.edge), self.streets
        was = self._speeds.get(edge, 0.0)
        speed = was if change.speed_m_s is None else change.speed_m_s
        if not 0 <= speed < np.inf:
            msg = f"a speed must be above 0 m/s (0 gives the street back to the profile), not {speed}"
            raise UsageError(msg)

        def change_to(new: Streets, speed: float) -> Int32:
            self._speeds.pop(edge, None)
            if speed:
                self._speeds[edge] = speed
            return self._street(new, edge)

        old = {name: streets.attributes[name][edge] for name in change.attributes if name in streets.attributes}
        rows = change_to(with_attributes(streets, edge, change.attributes), speed)
        return rows, lambda: change_to(with_attributes(self.streets, edge, old), was)

    def _set_people(self, change: SetPeople) -> tuple[Int32, Callable[[], Int32]]:
        if not 0 <= change.origin < len(self._people):
            msg = f"there is no origin {change.origin}; allowed: 0 to {len(self._people) - 1}"
            raise UsageError(msg)
        was, row = self._people[change.origin], np.array([change.origin], np.int32)

        def put(number: Int64 | np.int64) -> Int32:
            self._people[change.origin] = number
            return row

        return put(quanta(change.people)), lambda: put(was)

    def _street(self, streets: Streets, edge: int, *, added: int = 0) -> Int32:
        """One edge costs something else from now on. Returns the origins touched."""
        edges = np.array([edge], np.int32)
        costs = costs_of(streets, self.network.profile, edges, self._speeds, self._closed)
        edit, unit = Edit(streets, edges, costs, added), self.near.unit
        lost, near = lose(self.near, edit), touched(self.sums, edit)
        self.network = edited(self.network, unit, edit)
        rows = regain(self.near, self.network, edit, lost, self._doors)
        again = resum(self.sums, edit, near, self.near, self._targets_after(edit))
        return np.union1d(rows, again).astype(np.int32)

    def _targets_after(self, edit: Edit) -> Targets:
        kept = self._targets
        if kept is None or kept.moved_by(edit):
            doors, place = _joined(self._doors), np.concatenate(self._place)
            is_open = np.flatnonzero(~np.isin(place, list(self._shut)))
            given = (doors.take(is_open), place[is_open], self.sums.weights)
            kept = Targets.of(self.network, self.near.unit, given, backwards=not self.sums.setting.backwards)
        else:
            kept.at = with_links(kept.at, len(self.near.graph.links.u))
        self._targets = kept
        return kept

    def _counted(self, rows: npt.NDArray[Any], labels: Int64, people: Int64) -> Int64:
        """Residents, in quanta, of some origins whose label is within each limit, int64 [limits]."""
        outside = self.near.origins.outside
        ticks = self._ticks(labels)
        inside = ticks[None, :] <= self.sums.decays.limit[:, None]
        if outside is not None:
            inside &= ~outside[rows]
        return np.asarray(inside @ people, np.int64)

    def _ticks(self, labels: Int64) -> Int64:
        """Ticks of labels; `UNREACHED` beyond the limit."""
        from parkcity.travel.kernels.label import PLACE_BITS

        ticks = np.minimum(labels >> PLACE_BITS, UNREACHED)
        return np.where(ticks <= self.near.limit, ticks, UNREACHED)

    def _tell(self, parts: list[Int32]) -> AccessChange:
        """What differs at some origins from what was told last; told from now on."""
        rows = np.unique(np.concatenate([np.empty(0, np.int32), *parts]))
        old = tuple(values[rows] for values in self._told)
        new = (self.near.found[0][rows], self.sums.table[rows], self._people[rows])
        differs = (old[0] != new[0]) | (old[1] != new[1]).any(axis=(1, 2)) | (old[2] != new[2])
        before = self.covered
        self._covered = self._covered - self._counted(rows, old[0], old[2]) + self._counted(rows, new[0], new[2])
        for kept, values in zip(self._told, new, strict=True):
            kept[rows] = values
        if self.near.origins.outside is not None:
            differs &= ~self.near.origins.outside[rows]
        before_s, before_place = self._named(old[0][differs])
        after_s, after_place = self._named(new[0][differs])
        sums = [np.ascontiguousarray(table[1][differs].transpose(1, 2, 0)) * self.sums.quantum for table in (old, new)]
        origins = rows[differs].astype(np.int32)
        return AccessChange(origins, before_s, after_s, before_place, after_place, sums[0], sums[1], before, self.covered)

    def _named(self, labels: Int64) -> tuple[npt.NDArray[np.float32], Int32]:
        """Cost and place of labels; NaN and -1 beyond the limit."""
        from parkcity.travel.kernels.label import PLACE_MASK

        ticks, place = self._ticks(labels), (labels & PLACE_MASK).astype(np.int32)
        cost = np.where(ticks < UNREACHED, ticks / TICKS_PER[self.near.unit], np.nan).astype(np.float32)
        return cost, np.where(ticks < UNREACHED, place, np.int32(-1))


def _joined(parts: list[Attach]) -> Attach:
    """Several attachments as one, owners numbered on."""
    if len(parts) == 1:
        return parts[0]
    first = np.cumsum([0, *(part.owners for part in parts)])
    owner = np.concatenate([part.owner + start for part, start in zip(parts, first[:-1], strict=True)]).astype(np.int32)
    edge, offset, distance = (np.concatenate([getattr(part, name) for part in parts]) for name in ("edge", "offset", "distance"))
    return Attach(owner, edge, offset, distance, int(first[-1]))
