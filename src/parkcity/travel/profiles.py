"""Profiles: what a stretch of street costs a kind of resident, by a mode, each way."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import numpy.typing as npt

from parkcity.base.errors import UsageError
from parkcity.standards import load
from parkcity.travel.rules import Rules

if TYPE_CHECKING:
    from parkcity.standards import Parameter
    from parkcity.travel.streets import Streets

Unit = Literal["s", "m"]
UNITS: tuple[Unit, ...] = get_args(Unit)
Unknown = Literal["open", "closed"]
MODES = {"cyclist": "bike", "calm_cyclist": "bike", "car": "car", "car_peak": "car", "emergency": "car"}


def checked_unit(unit: str) -> Unit:
    """A unit of impedance, or `UsageError`."""
    for known in UNITS:
        if known == unit:
            return known
    msg = f"unknown unit '{unit}'; allowed: s (seconds), m (metres)"
    raise UsageError(msg)


@dataclass(frozen=True)
class EdgeCosts:
    """Seconds along each edge from u to v and back (infinity = closed), and seconds paid on arrival at v and at u. float64 [e]."""

    run_f: npt.NDArray[np.float64]
    run_b: npt.NDArray[np.float64]
    end_f: npt.NDArray[np.float64]
    end_b: npt.NDArray[np.float64]


@dataclass(frozen=True)
class Profile:
    """A kind of traveller: id, mode, speed on the level (m/s), speed between street and door, and what else the tables say.

    `rules`: slope, steps, kerbs, crossings and the like, see `parkcity.travel.rules`; without rules every street is open at `speed_m_s`.
    `start_s`, `end_s`: seconds that a journey takes before it reaches the street and after it leaves it (parking).
    `rows`: the rows of the standards that it was made from, so that a number can name its sources.
    """

    id: str
    speed_m_s: float
    mode: str = "walk"
    access_m_s: float | None = None
    start_s: float = 0.0
    end_s: float = 0.0
    rules: Rules | None = None
    rows: tuple[Parameter, ...] = field(default=(), repr=False, compare=False)

    def __post_init__(self) -> None:
        for speed in (self.speed_m_s, self.access_speed):
            if not (np.isfinite(speed) and speed > 0):
                msg = f"profile '{self.id}': a speed must be above 0 m/s, not {speed}"
                raise UsageError(msg)

    @classmethod
    def load(cls, name: str, unknown: Unknown = "open") -> Profile:
        """A profile of the standards, for example "adult", "wheelchair", "calm_cyclist", "car_peak", "emergency".

        `unknown`: what streets count as whose kerb, width, surface or light is not known; the truth lies between the answers to "open"
        and to "closed". An unknown name raises `UsageError` and lists those that exist.
        """
        rows = tuple(row for row in load("travel_profiles") if row.extra["profile"] == name)
        if not rows:
            names = sorted({row.extra["profile"] for row in load("travel_profiles")})
            msg = f"unknown profile '{name}'; there are: {', '.join(names)}"
            raise UsageError(msg)
        if unknown not in get_args(Unknown):
            msg = f"unknown streets count as 'open' or 'closed', not '{unknown}'"
            raise UsageError(msg)
        mode = MODES.get(name, "walk")
        terms = {row.extra["term"]: row.number for row in rows}
        access = terms.pop("access", None)
        speed = terms.pop("speed", access or 1.0)
        start, end = terms.pop("start_s", 0.0), terms.pop("end_s", 0.0)
        return cls(name, speed, mode, access, start, end, Rules.of(mode, terms, unknown), rows)

    def with_speed(self, speed_m_s: float) -> Profile:
        """The same traveller at another speed on the level."""
        return replace(self, speed_m_s=speed_m_s)

    @property
    def access_speed(self) -> float:
        """Speed off the network, m/s."""
        return self.speed_m_s if self.access_m_s is None else self.access_m_s

    def costs(self, streets: Streets) -> EdgeCosts:
        """Seconds along each edge, each way."""
        none = np.zeros(streets.edges)
        if self.rules is None:
            run = streets.edge_length / self.speed_m_s
            return EdgeCosts(run, run, none, none)
        return EdgeCosts(*self.rules.seconds(streets, self.speed_m_s))

    def unknown(self, streets: Streets) -> dict[str, float]:
        """For every attribute that this profile asks for, the share of street length for which it is not known, 0 to 1."""
        return {} if self.rules is None else self.rules.unknown_share(streets)
