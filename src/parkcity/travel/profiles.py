"""Profiles: what a stretch of street costs a kind of resident, by a mode, each way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import numpy.typing as npt

from parkcity.base.errors import UsageError

if TYPE_CHECKING:
    from parkcity.travel.streets import Streets

Unit = Literal["s", "m"]
UNITS: tuple[Unit, ...] = get_args(Unit)


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
    """A kind of traveller: id, mode, speed on the level, speed between the street and a door."""

    id: str
    speed_m_s: float
    mode: str = "walk"
    access_m_s: float | None = None

    def __post_init__(self) -> None:
        for speed in (self.speed_m_s, self.access_speed):
            if not (np.isfinite(speed) and speed > 0):
                msg = f"profile '{self.id}': a speed must be above 0 m/s, not {speed}"
                raise UsageError(msg)

    @property
    def access_speed(self) -> float:
        """Speed off the network, m/s."""
        return self.speed_m_s if self.access_m_s is None else self.access_m_s

    def costs(self, streets: Streets) -> EdgeCosts:
        """Seconds along each edge, each way."""
        run = streets.edge_length / self.speed_m_s
        none = np.zeros(streets.edges)
        return EdgeCosts(run, run, none, none)
