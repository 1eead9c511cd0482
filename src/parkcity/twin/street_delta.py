"""How the streets of a city under a scenario differ from those that stand: which stayed, which went, which are new or other than before."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.twin.streets import edge_shapes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Arrays = dict[str, NDArray[Any]]
    Ints = NDArray[np.int64]

_NOT_BY_EDGE = ("node_", "junction_", "geom_")


@dataclass(frozen=True)
class StreetDelta:
    """Streets before and after. `came_from` int64 [edges after]: the row that each had before, rising, -1 where it is new or otherwise.

    Nodes that stood before keep their rows; new ones come after them. `lines_before`: the streets before, as lines [edges before].
    """

    before: Arrays
    after: Arrays
    came_from: Ints
    lines_before: NDArray[Any]

    @classmethod
    def of(cls, before: Arrays, after: Arrays, tracked: Ints, lines_before: NDArray[Any]) -> StreetDelta:
        """`tracked`: the row that each street had before where it may be the same, else -1; it is compared in all that is known of it."""
        old, new = (_columns(arrays) for arrays in (before, after))
        rows = np.flatnonzero(tracked >= 0)
        same = np.ones(len(rows), bool)
        if old.keys() != new.keys():
            same[:] = False
        for name in old.keys() & new.keys():
            values = new[name]
            was, now = old[name][tracked[rows]], values[rows]
            same &= (was == now) | ((was != was) & (now != now))  # noqa: PLR0124 - what is not a number stays so
        came_from = np.full(len(tracked), -1, np.int64)
        came_from[rows[same]] = tracked[rows[same]]
        return cls(before, after, came_from, lines_before)

    @cached_property
    def fresh(self) -> Ints:
        """Rows after of streets that are new or otherwise than before."""
        return np.flatnonzero(self.came_from < 0)

    @cached_property
    def number(self) -> Ints:
        """For every street before its row after, -1 where it is gone or otherwise, int64 [edges before]."""
        found = np.full(len(self.before["edge_u"]), -1, np.int64)
        kept = np.flatnonzero(self.came_from >= 0)
        found[self.came_from[kept]] = kept
        return found

    @cached_property
    def gone(self) -> Ints:
        """Rows before of streets that are gone or otherwise."""
        return np.flatnonzero(self.number < 0)

    @cached_property
    def lines(self) -> NDArray[Any]:
        """The streets after, as lines [edges after]."""
        found = self.lines_before[np.maximum(self.came_from, 0)].copy()
        if len(self.fresh):
            found[self.fresh] = self.fresh_lines
        return found

    @cached_property
    def fresh_lines(self) -> NDArray[Any]:
        """The streets that are new or otherwise, as lines."""
        return edge_shapes(only_edges(self.after, self.fresh))

    @cached_property
    def lost_lines(self) -> NDArray[Any]:
        """The lines before of the streets that are gone or otherwise."""
        return self.lines_before[self.gone]

    @cached_property
    def nodes(self) -> Ints:
        """Nodes at the ends of whatever changed, rows after."""
        ends = [self.before[name][self.gone] for name in ("edge_u", "edge_v")]
        return np.unique(np.concatenate([*ends, *(self.after[name][self.fresh] for name in ("edge_u", "edge_v"))])).astype(np.int64)


def _columns(arrays: Arrays) -> Arrays:
    edges = len(arrays["edge_u"])
    return {name: np.asarray(array) for name, array in arrays.items() if len(array) == edges and not name.startswith(_NOT_BY_EDGE)}


def only_edges(arrays: Arrays, rows: Ints) -> Arrays:
    """The nodes, and the ends and lines of some streets."""
    chosen = {name: np.asarray(arrays[name]) for name in ("node_x", "node_y")}
    chosen |= {name: np.asarray(arrays[name])[rows] for name in ("edge_u", "edge_v")}
    if "geom_start" in arrays:
        start = np.asarray(arrays["geom_start"])
        count = (start[rows + 1] - start[rows]).astype(np.int64)
        chosen["geom_start"] = np.concatenate([[0], np.cumsum(count)])
        picks = np.repeat(start[rows] - chosen["geom_start"][:-1], count) + np.arange(count.sum())
        chosen["geom_xy"] = np.asarray(arrays["geom_xy"])[picks]
    return chosen
