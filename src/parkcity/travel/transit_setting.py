"""What all transit searches of one question share: the day's timetable, the walks to, between and from its stops, and the limits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from parkcity.base.errors import UsageError
from parkcity.standards.loader import parameter
from parkcity.travel.transit_legs import Legs

if TYPE_CHECKING:
    import numpy.typing as npt

    from parkcity.travel.transit_day import TransitDay


@dataclass(frozen=True)
class TransitSetting:
    """What all searches of one question share.

    `access`: legs from origins to stops; `egress`: legs from stops to places; `change`: legs from stops to stops (see `transfers`);
    `direct`: legs from origins to places without any ride, or None. `rides`: rides of a journey at most; `limit`: longest journey,
    seconds. None takes the value of `transit_parameters`.
    """

    day: TransitDay
    access: Legs
    egress: Legs
    change: Legs
    direct: Legs | None = None
    rides: int | None = None
    limit: int | None = None

    def __post_init__(self) -> None:
        stops = self.day.stops
        shapes = {
            "access leads to": self.access.targets,
            "egress leads from": self.egress.rows,
            "change leads from": self.change.rows,
            "change leads to": self.change.targets,
        }
        for what, number in shapes.items():
            if number != stops:
                msg = f"{what} {number} stops, but the timetable has {stops}"
                raise UsageError(msg)
        if self.direct is not None and (self.direct.rows, self.direct.targets) != (self.origins, self.places):
            msg = f"direct legs must lead from {self.origins} origins to {self.places} places"
            raise UsageError(msg)
        if self.most_rides < 1:
            msg = f"rides must be 1 or more, not {self.most_rides}"
            raise UsageError(msg)
        if not 0 < self.longest < 2**30:
            msg = f"limit must be from 1 to {2**30 - 1} s, not {self.longest}"
            raise UsageError(msg)

    @property
    def origins(self) -> int:
        """The number of origins."""
        return self.access.rows

    @property
    def places(self) -> int:
        """The number of places."""
        return self.egress.targets

    @property
    def most_rides(self) -> int:
        """Rides of a journey at most."""
        return int(parameter("transit_parameters", "transit.rides").number) if self.rides is None else self.rides

    @property
    def longest(self) -> int:
        """Longest journey, seconds."""
        return int(parameter("transit_parameters", "transit.limit").number) if self.limit is None else self.limit

    def walked(self) -> Legs:
        """The direct legs, or none."""
        return Legs.none(self.origins, self.places) if self.direct is None else self.direct

    def of_origins(self, rows: npt.ArrayLike) -> TransitSetting:
        """The same question from some of the origins, numbered anew in the order given."""
        direct = None if self.direct is None else self.direct.take(rows)
        return replace(self, access=self.access.take(rows), direct=direct)

    def to_targets(self, rows: npt.ArrayLike) -> TransitSetting:
        """The same question to some of the places, numbered anew in the order given."""
        direct = None if self.direct is None else self.direct.only(rows)
        return replace(self, egress=self.egress.only(rows), direct=direct)
