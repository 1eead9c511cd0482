"""Edits of streets, places and people as values, and streets under them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from parkcity.base.errors import UsageError
from parkcity.travel.profiles import EdgeCosts
from parkcity.travel.streets import Streets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from parkcity.travel.profiles import Profile
    from parkcity.travel.streets import Attach

NONE: Mapping[str, float] = MappingProxyType({})
NOT_KNOWN: Mapping[str, float] = MappingProxyType(
    {
        "walk": 1, "bike": 1, "car": 1, "klass": 0, "incline": np.nan, "steps": 0, "kerb": -1, "crossing": 0, "surface": 0, "lit": -1,
        "width": np.nan, "wheelchair": -1, "cycleway": -1, "maxspeed": np.nan, "signal_u": 0, "signal_v": 0,
    }
)  # fmt: skip
"""What the attributes of `parkcity.travel.rules` say where nothing is known: open on foot, by bicycle and by car, and nothing else."""


@dataclass(frozen=True)
class AddPlace:
    """A new place behind all the doors given, with its weight in each group (one number, or float64 [groups])."""

    doors: Attach
    weights: npt.ArrayLike = 1.0


@dataclass(frozen=True)
class ClosePlace:
    """A place goes, by its number."""

    place: int


@dataclass(frozen=True)
class AddLink:
    """A new street between two nodes, `length` metres, as the last row of the streets.

    `attributes`: by name, of those that the streets have; what is left out is not known, see `NOT_KNOWN`.
    """

    u: int
    v: int
    length: float
    attributes: Mapping[str, float] = field(default_factory=lambda: NONE)


@dataclass(frozen=True)
class CloseLink:
    """A street is closed both ways, whatever the profile."""

    edge: int


@dataclass(frozen=True)
class OpenLink:
    """A street that `CloseLink` closed is as it was."""

    edge: int


@dataclass(frozen=True)
class ChangeLink:
    """Other attributes of a street (by name, of those that the streets have), or another speed (m/s) wherever the profile lets pass.

    `speed_m_s` replaces what the profile would take along the street; 0 gives it back to the profile.
    """

    edge: int
    attributes: Mapping[str, float] = field(default_factory=lambda: NONE)
    speed_m_s: float | None = None


@dataclass(frozen=True)
class SetPeople:
    """So many residents live at an origin from now on."""

    origin: int
    people: float


Change = AddPlace | ClosePlace | AddLink | CloseLink | OpenLink | ChangeLink | SetPeople


def checked_edge(streets: Streets, edge: int) -> int:
    """The row of an edge, or `UsageError`."""
    if not 0 <= edge < streets.edges:
        msg = f"there is no street {edge}; allowed: 0 to {streets.edges - 1}"
        raise UsageError(msg)
    return edge


def _known(streets: Streets, names: Mapping[str, float]) -> None:
    odd = sorted(set(names) - set(streets.attributes))
    if odd:
        msg = f"the streets have no attribute {', '.join(odd)}; they have: {', '.join(streets.attributes) or 'none'}"
        raise UsageError(msg)


def with_attributes(streets: Streets, edge: int, attributes: Mapping[str, float]) -> Streets:
    """Streets with other attributes of one edge. Unknown names raise `UsageError`."""
    _known(streets, attributes)
    columns: dict[str, npt.NDArray[Any]] = dict(streets.attributes)
    for name, value in attributes.items():
        columns[name] = columns[name].copy()
        columns[name][edge] = value
    return replace(streets, attributes=columns)


def with_link(streets: Streets, link: AddLink) -> Streets:
    """Streets with one more edge. Raises `UsageError` on unknown nodes and attributes, and where one that is not known has no number."""
    _known(streets, link.attributes)
    values = {**NOT_KNOWN, **link.attributes}
    missing = [name for name in streets.attributes if name not in values]
    if missing or not (0 <= link.u < streets.nodes and 0 <= link.v < streets.nodes):
        msg = f"a new street needs its {', '.join(missing)}" if missing else f"a street joins two of the nodes 0 to {streets.nodes - 1}"
        raise UsageError(msg)
    columns = {name: np.append(column, np.array([values[name]]).astype(column.dtype)) for name, column in streets.attributes.items()}
    start, line = streets.geom_start, streets.geom_xy
    if start is not None and line is not None:
        start = np.append(start, start[-1] + 2)
        line = np.concatenate([line, [[streets.node_x[node], streets.node_y[node]] for node in (link.u, link.v)]])
    u, v = (np.append(ends, np.int32(node)) for ends, node in ((streets.edge_u, link.u), (streets.edge_v, link.v)))
    return Streets(streets.node_x, streets.node_y, u, v, np.append(streets.edge_length, link.length), columns, start, line)


def without_last(streets: Streets) -> Streets:
    """Streets without their last edge."""
    columns = {name: column[:-1] for name, column in streets.attributes.items()}
    start, line = streets.geom_start, streets.geom_xy
    if start is not None and line is not None:
        start, line = start[:-1], line[: start[-2]]
    u, v, length = streets.edge_u[:-1], streets.edge_v[:-1], streets.edge_length[:-1]
    return Streets(streets.node_x, streets.node_y, u, v, length, columns, start, line)


def costs_of(streets: Streets, profile: Profile, edges: npt.NDArray[np.int32], speeds: Mapping[int, float], closed: set[int]) -> EdgeCosts:
    """What some edges cost under a profile, where some have a speed of their own and some are closed. Shapes: `edges` int32 [m]."""
    count = len(edges)
    ends = np.concatenate([streets.edge_u[edges], streets.edge_v[edges]])
    columns = {name: column[edges] for name, column in streets.attributes.items()}
    row = np.arange(count, dtype=np.int32)
    few = Streets(streets.node_x[ends], streets.node_y[ends], row, row + count, streets.edge_length[edges], columns)
    found = profile.costs(few)
    run_f, run_b = found.run_f.copy(), found.run_b.copy()
    for place, edge in enumerate(edges.tolist()):
        if edge in closed:
            run_f[place] = run_b[place] = np.inf
        elif edge in speeds:
            for run in (run_f, run_b):
                run[place] = few.edge_length[place] / speeds[edge] if np.isfinite(run[place]) else np.inf
    return EdgeCosts(run_f, run_b, found.end_f, found.end_b)
