"""Walks to, from and between stops, as rows of whole seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from parkcity.base.errors import UsageError
from parkcity.standards.loader import parameter

if TYPE_CHECKING:
    import numpy.typing as npt

    from parkcity.travel.kernels.raptor import Hops
    from parkcity.travel.reach import Pairs
    from parkcity.twin.timetable import Timetable

NOT_POSSIBLE = 3
"""GTFS, transfers.txt, transfer_type: no transfer between the two stops."""
MINIMUM = 2
"""GTFS, transfers.txt, transfer_type: the transfer needs at least min_transfer_time."""
_HAIR = 1e-9


@dataclass(frozen=True)
class Legs:
    """Legs from rows to targets, sorted by row, then target, each pair once.

    Shapes: `start` int64 [rows + 1]; `target` int32 [legs], below `targets`; `seconds` int32 [legs], not negative.
    """

    start: npt.NDArray[np.int64]
    target: npt.NDArray[np.int32]
    seconds: npt.NDArray[np.int32]
    targets: int

    @classmethod
    def build(cls, rows: int, targets: int, row: npt.ArrayLike, target: npt.ArrayLike, seconds: npt.ArrayLike) -> Legs:
        """From three columns in any order; of equal pairs the shortest is kept. Seconds are rounded up, so that nobody runs.

        Raises `UsageError` on a row or target out of range and on a time that is negative or no number.
        """
        r, t = np.asarray(row, dtype=np.int64).ravel(), np.asarray(target, dtype=np.int64).ravel()
        s = np.asarray(seconds, dtype=np.float64).ravel()
        if not len(r) == len(t) == len(s):
            msg = f"legs need three columns of one length, not {len(r)}, {len(t)} and {len(s)}"
            raise UsageError(msg)
        if len(r) and (r.min() < 0 or r.max() >= rows or t.min() < 0 or t.max() >= targets):
            msg = f"legs lead from rows 0 to {rows - 1} to targets 0 to {targets - 1}"
            raise UsageError(msg)
        if not (np.isfinite(s).all() and (s >= 0).all()):
            raise UsageError("seconds of legs must be numbers that are not negative")
        whole = np.ceil(s - _HAIR).astype(np.int64)
        order = np.lexsort((whole, t, r))
        r, t, whole = r[order], t[order], whole[order]
        new = np.ones(len(r), bool)
        new[1:] = (r[1:] != r[:-1]) | (t[1:] != t[:-1])
        r, t, whole = r[new], t[new], whole[new]
        start = np.concatenate([[0], np.cumsum(np.bincount(r, minlength=rows))]).astype(np.int64)
        return cls(start, t.astype(np.int32), whole.astype(np.int32), targets)

    @classmethod
    def of_pairs(cls, pairs: Pairs, targets: int) -> Legs:
        """From what the street engine reaches within a limit (`reach_pairs` in seconds)."""
        # They are sorted by origin, then place, and each pair stands once.
        if len(pairs.place) and pairs.place.max() >= targets:
            msg = f"pairs lead to place {pairs.place.max()}, legs to targets 0 to {targets - 1}"
            raise UsageError(msg)
        return cls(pairs.start, pairs.place, np.ceil(pairs.cost - _HAIR).astype(np.int32), targets)

    @classmethod
    def none(cls, rows: int, targets: int) -> Legs:
        """No leg at all."""
        return cls.build(rows, targets, [], [], [])

    @property
    def rows(self) -> int:
        """The number of rows."""
        return len(self.start) - 1

    @property
    def row(self) -> npt.NDArray[np.int64]:
        """The row of each leg, int64 [legs]."""
        return np.repeat(np.arange(self.rows, dtype=np.int64), np.diff(self.start))

    def turned(self) -> Legs:
        """The same legs from targets to rows."""
        from scipy.sparse import csr_array

        # Columns of a sparse matrix in rising order of rows, without a sort.
        matrix = csr_array((self.seconds, self.target, self.start), shape=(self.rows, self.targets)).tocsc()
        return Legs(matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32), matrix.data.astype(np.int32), self.rows)

    def joined(self, other: Legs) -> Legs:
        """The legs of both, of equal pairs the shorter. Raises `UsageError` where their shapes differ."""
        if (self.rows, self.targets) != (other.rows, other.targets):
            msg = f"legs from {self.rows} rows to {self.targets} targets are not joined with legs from {other.rows} to {other.targets}"
            raise UsageError(msg)
        row, target = np.concatenate([self.row, other.row]), np.concatenate([self.target, other.target])
        return Legs.build(self.rows, self.targets, row, target, np.concatenate([self.seconds, other.seconds]))

    def take(self, rows: npt.ArrayLike) -> Legs:
        """The legs from some rows, numbered anew in the order given."""
        chosen = np.asarray(rows, dtype=np.int64).ravel()
        count = np.diff(self.start)[chosen]
        start = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
        leg = np.arange(start[-1]) - np.repeat(start[:-1] - self.start[chosen], count)
        return Legs(start, self.target[leg], self.seconds[leg], self.targets)

    def only(self, targets: npt.ArrayLike) -> Legs:
        """The legs to some targets, numbered anew in the order given."""
        return self.turned().take(targets).turned()

    def hops(self) -> Hops:
        """As the kernel wants them."""
        from parkcity.travel.kernels.raptor import Hops

        return Hops(self.start, self.target, self.seconds)


def transfers(timetable: Timetable, walks: Legs | None = None, *, change: float | None = None, ways: Legs | None = None) -> Legs:
    """Changes between stops: walks through the streets, ways through stations, the timetable's own transfers, changing at one stop.

    `walks` are legs from stops to stops; `ways` those along pathways (`transit_stations.inside`), which are taken instead of the street
    where there are any. A transfer that the timetable forbids (type 3) is taken out; one with a least time (type 2) takes at least that,
    and is possible even where no walk is known; types 0 and 1 without a walk take `change` seconds; a transfer of a station holds for
    all of its platforms that have none of their own. Changing at one stop takes `change` seconds (default: `transit.change`) or what
    the timetable says for the stop. Shapes: rows and targets are the timetable's stops.
    """
    stops = len(timetable.stop_id)
    least = parameter("transit_parameters", "transit.change").number if change is None else change
    if not least >= 0:
        msg = f"the time to change must not be negative: {least}"
        raise UsageError(msg)
    served = np.zeros(stops, bool)
    served[timetable.call_stop] = True
    pairs: dict[tuple[int, int], float] = {(stop, stop): float(least) for stop in np.flatnonzero(served).tolist()}
    for legs in (walks, ways):
        if legs is None:
            continue
        if legs.rows != stops or legs.targets != stops:
            msg = f"walks between stops lead from {stops} stops to {stops}, not from {legs.rows} to {legs.targets}"
            raise UsageError(msg)
        held = served[legs.row] & served[legs.target] & (legs.row != legs.target)
        for row, target, seconds in zip(legs.row[held].tolist(), legs.target[held].tolist(), legs.seconds[held].tolist(), strict=True):
            pairs[row, target] = float(seconds)
    for row, target, kind, seconds in _rules(timetable, served):
        if kind == NOT_POSSIBLE:
            pairs.pop((row, target), None)
        elif kind == MINIMUM and seconds >= 0:
            pairs[row, target] = float(seconds) if row == target else max(pairs.get((row, target), 0.0), seconds)
        elif kind < MINIMUM:
            pairs.setdefault((row, target), float(least))
    rows, targets = ([pair[k] for pair in pairs] for k in range(2))
    return Legs.build(stops, stops, rows, targets, list(pairs.values()))


def _rules(timetable: Timetable, served: npt.NDArray[np.bool_]) -> list[tuple[int, int, int, int]]:
    """The timetable's transfers between platforms: those of stations for their platforms first, so that a platform's own comes after."""
    platforms: dict[int, list[int]] = {}
    for stop in np.flatnonzero((timetable.stop_parent >= 0) & served).tolist():
        platforms.setdefault(int(timetable.stop_parent[stop]), []).append(stop)
    columns = (timetable.transfer_from, timetable.transfer_to, timetable.transfer_type, timetable.transfer_seconds)
    own: list[tuple[int, int, int, int]] = []
    wide: list[tuple[int, int, int, int]] = []
    for row, target, kind, seconds in zip(*(column.tolist() for column in columns), strict=True):
        ends = [[stop] if served[stop] else platforms.get(stop, [stop]) for stop in (row, target)]
        single = ends == [[row], [target]]
        (own if single else wide).extend((a, b, kind, seconds) for a in ends[0] for b in ends[1] if single or a != b)
    return wide + own
