"""The critical path: earliest and latest dates of tasks that wait for each other (Kelley and Walker 1959).

Times are in working days from the start of the project. Dependencies are of the four usual types, with a lag: finish to start
(FS), start to start (SS), finish to finish (FF), start to finish (SF).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from parkcity.base.errors import Fault, InputError
from parkcity.plan.relations import find_cycles

if TYPE_CHECKING:
    from collections.abc import Sequence

Floats = NDArray[np.float64]
T = TypeVar("T", float, Floats)


class Link(NamedTuple):
    """Task `after` waits for task `before` (row numbers): the later end is tied `lag` working days behind the earlier one."""

    before: int
    after: int
    type: str = "FS"
    lag: float = 0.0


@dataclass(frozen=True)
class Schedule:
    """Earliest start and finish, latest start and finish, total float; each of shape (tasks,) or (tasks, draws)."""

    early_start: Floats
    early_finish: Floats
    late_start: Floats
    late_finish: Floats

    @cached_property
    def slack(self) -> Floats:
        """Total float: how long a task can slip without moving the end."""
        return self.late_start - self.early_start

    @property
    def length(self) -> Floats:
        """Length of the project, a number or one for each draw."""
        ends: Floats = self.early_finish.max(axis=0)
        return ends

    @property
    def critical(self) -> NDArray[np.bool_]:
        """Tasks without float."""
        on_path: NDArray[np.bool_] = self.slack <= 1e-9
        return on_path


class Network:
    """Tasks and their links, sorted once, scheduled as often as wanted.

    `names` (n,) are used in messages; a ring among the tasks raises `InputError` and is named.
    """

    def __init__(self, names: Sequence[str], links: Sequence[Link]) -> None:
        self.names = names
        self.links = links
        self._entering = _grouped(links, [link.after for link in links], len(names))
        self._leaving = _grouped(links, [link.before for link in links], len(names))
        self.order = self._sorted()

    def _sorted(self) -> list[int]:
        if all(link.before < link.after for link in self.links):
            return list(range(len(self.names)))
        waiting = [len(links) for links in self._entering]
        ready = [task for task, number in enumerate(waiting) if number == 0]
        order: list[int] = []
        while ready:
            task = ready.pop()
            order.append(task)
            for link in self._leaving[task]:
                waiting[link.after] -= 1
                if waiting[link.after] == 0:
                    ready.append(link.after)
        if len(order) < len(self.names):
            rings = find_cycles((self.names[link.before], self.names[link.after]) for link in self.links)
            what = "the tasks wait for each other: {}."
            raise InputError(
                [Fault("dependencies", what.format(" → ".join(ring)), "no ring.", "remove one of these dependencies") for ring in rings]
            )
        return order

    def schedule(self, durations: Floats, release: Floats | None = None) -> Schedule:
        """Forward and backward pass.

        `durations` (n,) or (n, draws) in working days, zero or more; `release` (n,) the earliest start of each task, zero
        when left out. All results have the shape of `durations`.
        """
        if durations.ndim == 1:
            columns = self._passes(durations.tolist(), None if release is None else release.tolist())
            return Schedule(*(np.array(column) for column in columns))
        return self._passes_of_draws(durations, release)

    def _passes(self, durations: list[float], release: list[float] | None) -> tuple[list[float], ...]:
        count = len(durations)
        start = list(release) if release is not None else [0.0] * count
        for task in self.order:
            earliest, own = start[task], durations[task]
            for link in self._entering[task]:
                earliest = max(earliest, _bound(link, start[link.before], durations[link.before], own))
            start[task] = earliest
        finish = [begin + own for begin, own in zip(start, durations, strict=True)]
        end = max(finish, default=0.0)
        latest = [end] * count
        for task in reversed(self.order):
            last, own = latest[task], durations[task]
            for link in self._leaving[task]:
                after = latest[link.after]
                last = min(last, _bound_back(link, after, durations[link.after], own))
            latest[task] = last
        late_start = [last - own for last, own in zip(latest, durations, strict=True)]
        return start, finish, late_start, latest

    def _passes_of_draws(self, durations: Floats, release: Floats | None) -> Schedule:
        start = np.zeros_like(durations)
        if release is not None:
            start += release[:, None]
        for task in self.order:
            for link in self._entering[task]:
                np.maximum(start[task], _bound(link, start[link.before], durations[link.before], durations[task]), out=start[task])
        finish = start + durations
        latest = np.broadcast_to(finish.max(axis=0), durations.shape).copy()
        for task in reversed(self.order):
            for link in self._leaving[task]:
                np.minimum(latest[task], _bound_back(link, latest[link.after], durations[link.after], durations[task]), out=latest[task])
        return Schedule(start, finish, latest - durations, latest)


def _grouped(links: Sequence[Link], tasks: Sequence[int], count: int) -> list[Sequence[Link]]:
    """The links of each task; tasks without one share an empty group."""
    members: dict[int, list[Link]] = {}
    for link, task in zip(links, tasks, strict=True):
        members.setdefault(task, []).append(link)
    return [members.get(task, ()) for task in range(count)]


def _bound(link: Link, start: T, length: T, own: T) -> T:
    """Earliest start of the waiting task by one link."""
    anchor = start + length if link.type in {"FS", "FF"} else start
    return anchor + link.lag - own if link.type in {"FF", "SF"} else anchor + link.lag


def _bound_back(link: Link, finish: T, length: T, own: T) -> T:
    """Latest finish of the earlier task by one link."""
    anchor = finish - length if link.type in {"FS", "SS"} else finish
    return anchor - link.lag if link.type in {"FS", "FF"} else anchor - link.lag + own
