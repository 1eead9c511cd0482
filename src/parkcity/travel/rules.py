"""What slope, steps, kerbs, crossings, surface, light, width, stress and road class do to a journey.

The attribute arrays are those of a city's street layer: `walk`, `bike`, `car` passage (0 closed, 1 both ways, 2 along, 3 against);
`klass` code of the road class; `incline` percent, rising from u to v; `steps` (0 none); `kerb` (-1 unknown, 0 flush, 1 lowered, 2 rolled,
3 raised); `crossing` (0 none, 1 unmarked, 2 marked, 3 signals, 4 unknown kind); `surface` code (0 unknown, 1 to 5 paved); `lit`
(-1 unknown, 0, 1); `width` m; `wheelchair` (-1 unknown, 0 no); `cycleway` (1 lane, 2 track); `maxspeed` km/h; `signal_u`, `signal_v`
(1 where that end is a signalled junction). An array that is missing is unknown everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from parkcity.base.errors import UsageError
from parkcity.standards import load, parameter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from parkcity.travel.streets import Streets

Float64 = npt.NDArray[np.float64]
STEPS, FERRY = 16, 20
LAST_PAVED = 5
UNMARKED, SIGNALS, UNKNOWN_KIND = 1, 3, 4
KM_H = 3.6


def tobler_ratio(grade: npt.ArrayLike) -> Float64:
    """Speed on a grade (rise over run, positive uphill) over speed on the level. Source: W. Tobler (1993), NCGIA TR 93-1.

    >>> bool(tobler_ratio(-0.05) > tobler_ratio(0.0) > tobler_ratio(0.05))
    True
    """
    b, c = parameter("walking_speeds", "tobler.b").number, parameter("walking_speeds", "tobler.c").number
    slope = np.asarray(grade, np.float64)
    return np.asarray(np.exp(-b * (np.abs(slope + c) - c)), np.float64)


@dataclass(frozen=True)
class Rules:
    """The terms of a profile, from `standards/travel_profiles.csv`; None where it says nothing.

    `turn_penalty`, `turn_bias` and `turn_back` take effect through `parkcity.travel.with_turns`; a network of streets alone has no turns.
    """

    mode: str
    unknown: str
    slope_law: float | None = None
    max_grade: float | None = None
    steps_up: float | None = None
    steps_down: float | None = None
    no_steps: float | None = None
    max_kerb: float | None = None
    cross_signals: float | None = None
    cross_unmarked: float | None = None
    unpaved: float | None = None
    lit_only: float | None = None
    min_width: float | None = None
    tag: float | None = None
    max_stress: float | None = None
    ferry_speed: float | None = None
    ferry_wait: float | None = None
    flow: float | None = None
    node_signal: float | None = None
    against_oneway: float | None = None
    turn_penalty: float | None = None
    turn_bias: float | None = None
    turn_back: float | None = None

    @classmethod
    def of(cls, mode: str, terms: Mapping[str, float], unknown: str) -> Rules:
        """Rules from terms; a term that is not known raises `UsageError`."""
        odd = sorted(set(terms) - {entry.name for entry in fields(cls)})
        if odd:
            msg = f"unknown terms of a profile: {', '.join(odd)}"
            raise UsageError(msg)
        return cls(mode, unknown, **terms)

    @property
    def turns(self) -> bool:
        """Do turns cost this traveller anything?"""
        return self.turn_penalty is not None or self.turn_back is not None

    def seconds(self, streets: Streets, speed_m_s: float) -> tuple[Float64, Float64, Float64, Float64]:
        """Seconds from u to v, from v to u, and on arrival at v and at u; infinity where closed. float64 [e]."""
        length = streets.edge_length
        speed = self._car_speed(streets) if self.mode == "car" else np.full(streets.edges, speed_m_s)
        if self.unpaved is not None:
            surface = _values(streets, "surface", 0)
            speed = speed * np.where(surface > LAST_PAVED, self.unpaved, 1.0)
        forth, back = self._slopes(streets, speed, length)
        self._steps_and_ferries(streets, forth, back)
        for kind, delay in ((SIGNALS, self.cross_signals), (UNMARKED, self.cross_unmarked), (UNKNOWN_KIND, self.cross_unmarked)):
            if delay is not None:
                there = _values(streets, "crossing", 0) == kind
                forth[there] += delay
                back[there] += delay
        shut = self._shut(streets)
        forth_shut, back_shut = self._oneway(streets)
        forth[shut | forth_shut], back[shut | back_shut] = np.inf, np.inf
        none = np.zeros(streets.edges)
        if self.node_signal is None:
            return forth, back, none, none
        signal_v, signal_u = (_values(streets, name, 0) == 1 for name in ("signal_v", "signal_u"))
        return forth, back, np.where(signal_v, self.node_signal, 0.0), np.where(signal_u, self.node_signal, 0.0)

    def unknown_share(self, streets: Streets) -> dict[str, float]:
        """Share of street length for which an attribute that the rules ask for is not known."""
        whole = max(float(streets.edge_length.sum()), 1e-9)
        return {name: float(streets.edge_length[there].sum()) / whole for name, there in self._not_known(streets).items()}

    def _not_known(self, streets: Streets) -> dict[str, npt.NDArray[np.bool_]]:
        asked = {
            "incline": self.slope_law is not None or self.max_grade is not None,
            "kerb": self.max_kerb is not None,
            "surface": self.unpaved is not None,
            "lit": self.lit_only is not None,
            "width": self.min_width is not None,
            "wheelchair": self.tag is not None,
        }
        out = {}
        for name in (name for name, wanted in asked.items() if wanted):
            values = _values(streets, name, np.nan if name in {"incline", "width"} else -1)
            out[name] = np.isnan(values) if values.dtype.kind == "f" else values == (0 if name == "surface" else -1)
            if name == "kerb":  # a kerb matters where one crosses
                out[name] &= _values(streets, "crossing", 0) != 0
        return out

    def _slopes(self, streets: Streets, speed: Float64, length: Float64) -> tuple[Float64, Float64]:
        with np.errstate(divide="ignore"):
            flat = np.where(length > 0, length / speed, 0.0)
        if self.slope_law is None:
            return flat.copy(), flat.copy()
        grade = np.nan_to_num(_values(streets, "incline", np.nan) / 100.0)
        return flat / tobler_ratio(grade), flat / tobler_ratio(-grade)

    def _steps_and_ferries(self, streets: Streets, forth: Float64, back: Float64) -> None:
        klass, length = _values(streets, "klass", 0), streets.edge_length
        steps = (_values(streets, "steps", 0) != 0) | (klass == STEPS)
        if self.no_steps:
            forth[steps], back[steps] = np.inf, np.inf
        elif self.steps_up is not None and self.steps_down is not None:
            rise = _values(streets, "incline", np.nan)
            falls, rises = rise < 0, rise > 0  # where nobody knows, both ways count as up
            forth[steps] = np.where(falls, length / self.steps_down, length / self.steps_up)[steps]
            back[steps] = np.where(rises, length / self.steps_down, length / self.steps_up)[steps]
        ferry = klass == FERRY
        if self.ferry_speed is not None:
            crossing = length / self.ferry_speed + (self.ferry_wait or 0.0)
            forth[ferry], back[ferry] = crossing[ferry], crossing[ferry]

    def _shut(self, streets: Streets) -> npt.NDArray[np.bool_]:
        shut = np.zeros(streets.edges, np.bool_)
        if self.max_grade is not None:
            shut |= np.abs(np.nan_to_num(_values(streets, "incline", np.nan))) / 100.0 > self.max_grade
        if self.max_kerb is not None:
            shut |= _values(streets, "kerb", -1) > self.max_kerb
        if self.unpaved == 0:
            shut |= _values(streets, "surface", 0) > LAST_PAVED
        if self.lit_only:
            shut |= _values(streets, "lit", -1) == 0
        if self.min_width is not None:
            shut |= _values(streets, "width", np.nan) < self.min_width
        if self.tag:
            shut |= _values(streets, "wheelchair", -1) == 0
        if self.max_stress is not None:
            shut |= self._stress(streets) > self.max_stress
        if self.unknown == "closed":
            for name, there in self._not_known(streets).items():
                if name not in {"incline", "wheelchair"}:
                    shut |= there
        return shut

    def _oneway(self, streets: Streets) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        passage = _values(streets, self.mode, 1)
        if self.against_oneway:
            return passage == 0, passage == 0
        return (passage == 0) | (passage == 3), (passage == 0) | (passage == 2)

    def _car_speed(self, streets: Streets) -> Float64:
        """Posted speed where known, else by class, times the share that flows; m/s."""
        by_code = np.full(256, parameter("travel_classes", "residential").number)
        for row in load("travel_classes"):
            by_code[int(row.extra["code"])] = row.number
        posted = _values(streets, "maxspeed", np.nan)
        km_h = np.where(np.isfinite(posted) & (posted > 0), posted, by_code[_values(streets, "klass", 0).astype(np.int64)])
        return np.asarray(km_h / KM_H * (self.flow or 1.0), np.float64)

    @staticmethod
    def _stress(streets: Streets) -> Float64:
        """Level of traffic stress, 1 to 4: by class, 1 on a track, one less on a lane. After Mekuria, Furth and Nixon (2012)."""
        by_code = np.ones(256)
        for row in load("travel_classes"):
            if row.extra["stress"]:
                by_code[int(row.extra["code"])] = float(row.extra["stress"])
        level = by_code[_values(streets, "klass", 0).astype(np.int64)]
        cycleway = _values(streets, "cycleway", -1)
        return np.asarray(np.where(cycleway == 2, 1.0, np.where(cycleway == 1, np.maximum(level - 1, 1), level)), np.float64)


def _values(streets: Streets, name: str, missing: float) -> npt.NDArray[Any]:
    values = streets.attributes.get(name)
    return np.full(streets.edges, missing) if values is None else np.asarray(values)
