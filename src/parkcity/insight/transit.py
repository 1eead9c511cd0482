"""The transit of a city as its twin knows it: the question of a matrix for one group of residents, made of the twin's layers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.errors import MissingLayerError, UsageError
from parkcity.insight.inputs import profile_of
from parkcity.insight.transit_ways import PROFILES, WALK, WHEELCHAIR, checked_access, vehicle_legs
from parkcity.standards import parameter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parkcity.insight.inputs import Inputs
    from parkcity.travel import Attach, Network
    from parkcity.travel.fares import Fares
    from parkcity.travel.transit import TransitTimes
    from parkcity.travel.transit_day import TransitDay
    from parkcity.travel.transit_legs import Legs
    from parkcity.travel.transit_setting import TransitSetting
    from parkcity.twin.timetable import Timetable

    Floats = NDArray[np.float64]

LAYER = "timetable"
LAYERS = ("cells", "streets", "attachments", LAYER)
STEP_FREE_PROFILES = ("wheelchair", "powered")


def limit_of(name: str) -> float:
    """A limit or default of the transit engine."""
    return parameter("transit_parameters", f"transit.{name}").number


@dataclass
class CityTransit:
    """Transit for the group of residents of `inputs` on a date; None takes the twin's ordinary weekday.

    `walk_s`: longest walk between a door and a stop, `change_s`: between two rides, `direct_s`: without any ride, seconds.
    `draw`: a seed, to draw the departures of headways instead of taking them from the beginning of their period; `expected`: the span of
    seconds of the day in which one waits half a headway instead. `access_by`: how one comes
    to the first stop, one of `ACCESS`; who may ride or drive there may also walk. "wheelchair": the whole journey without steps.
    """

    inputs: Inputs
    day: date | None = None
    walk_s: float = field(default_factory=lambda: limit_of("walk_limit"))
    change_s: float = field(default_factory=lambda: limit_of("change_limit"))
    direct_s: float = field(default_factory=lambda: limit_of("direct_limit"))
    rides: int | None = None
    limit: int | None = None
    draw: int | None = None
    expected: tuple[int, int] | None = None
    access_by: str = WALK

    def __post_init__(self) -> None:
        checked_access(self.access_by)
        if not self.inputs.twin.has(LAYER):
            raise MissingLayerError("transit", [LAYER])
        if not (self.walk_s > 0 and self.change_s >= 0 and self.direct_s > 0):
            msg = f"limits of walks are above 0 s, not {self.walk_s:g}, {self.change_s:g} and {self.direct_s:g}"
            raise UsageError(msg)

    @cached_property
    def timetable(self) -> Timetable:
        """The twin's timetable."""
        from parkcity.twin.timetable_layer import timetable_of

        return timetable_of(self.inputs.twin.layer(LAYER))

    @cached_property
    def fares(self) -> Fares | None:
        """The city's table of fares on its lines; None where the city declares none. Raises `InputError` with every fault of the tables."""
        from parkcity.travel.fares import Fares, FareTable, read_zones

        spec = self.inputs.twin.spec
        if not spec.transit.fares:
            return None
        table = FareTable.read(spec.folder / spec.transit.fares)
        zones = read_zones(spec.folder / spec.transit.fare_zones, self.timetable) if spec.transit.fare_zones else None
        return Fares.of(table, self.timetable, zones)

    @property
    def date(self) -> date:
        """The date asked for."""
        from parkcity.twin.timetable_layer import chosen_weekday

        return self.day or date.fromisoformat(chosen_weekday(self.inputs.twin.layer(LAYER)))

    @property
    def walker(self) -> str:
        """The travel profile on foot."""
        return WHEELCHAIR if self.access_by == WHEELCHAIR else profile_of(self.inputs.group)

    @property
    def step_free(self) -> bool:
        """Does the group need stops, trips and ways without steps?"""
        return self.walker in STEP_FREE_PROFILES

    @property
    def network(self) -> Network:
        """The streets as the group walks them."""
        return self.inputs.network_for(self.walker)

    @cached_property
    def trips(self) -> TransitDay:
        """The trips of the date. Raises `InputError` when nothing runs."""
        from parkcity.travel.transit_day import transit_day

        return transit_day(self.timetable, self.date, draw=self.draw, expected=self.expected, step_free=self.step_free)

    def stops(self) -> Attach:
        """Where stops meet the streets; under a scenario that edits streets, the streets as they are then."""
        found: Attach = self.inputs.remember("transit stops", self._stops)
        return found

    def _stops(self) -> Attach:
        from parkcity.travel import Attach
        from parkcity.twin.attach import AttachRule, StreetIndex, attach
        from parkcity.twin.scenario import TwinUnder

        twin, layer = self.inputs.twin, self.inputs.twin.layer(LAYER)
        if isinstance(twin, TwinUnder) and "streets" in twin.changed:
            x, y = twin.projection.forward(self.timetable.stop_lon, self.timetable.stop_lat)

            found, _ = attach(StreetIndex.of(twin.layer("streets").arrays()), x, y, AttachRule.of(twin.spec.attach))
            return Attach(**found, owners=len(self.timetable.stop_id))
        parts = {name: np.asarray(layer.array(f"attach_{name}")) for name in ("owner", "edge", "offset", "distance")}
        return Attach(**parts, owners=len(self.timetable.stop_id))

    @cached_property
    def _ways(self) -> Legs:
        from parkcity.travel.transit_stations import inside

        return inside(self.timetable, step_free=self.step_free)

    @cached_property
    def access(self) -> Legs:
        """Legs from cells to stops."""
        from parkcity.travel.transit_stations import through_entrances

        legs = self._legs("cells to stops", self.inputs.origins(), self.stops(), self.walk_s)
        if self.access_by in PROFILES:
            legs = legs.joined(vehicle_legs(self))
        return through_entrances(self.timetable, legs, self._ways)

    def egress(self, doors: Attach, place: NDArray[np.int32], places: int) -> Legs:
        """Legs from stops to places by their doors (`place`: the place of each door)."""
        from parkcity.travel import reach_pairs
        from parkcity.travel.transit_legs import Legs
        from parkcity.travel.transit_stations import through_entrances

        pairs = reach_pairs(self.network, self.stops(), doors, self.walk_s, place, threads=self.inputs.threads)
        legs = Legs.of_pairs(pairs, places)
        return through_entrances(self.timetable, legs.turned(), self._ways.turned()).turned()

    @cached_property
    def egress_to_cells(self) -> Legs:
        """Legs from stops to cells."""
        from parkcity.travel.transit_stations import through_entrances

        legs = self._legs("stops to cells", self.stops(), self.inputs.origins(), self.walk_s)
        return through_entrances(self.timetable, legs.turned(), self._ways.turned()).turned()

    @cached_property
    def changes(self) -> Legs:
        """Legs between stops."""
        from parkcity.travel.transit_legs import transfers

        walks = self._legs("stops to stops", self.stops(), self.stops(), self.change_s)
        return transfers(self.timetable, walks, change=parameter("walking_speeds", "board.slack").number, ways=self._ways)

    def _legs(self, name: str, origins: Attach, targets: Attach, limit: float, layers: tuple[str, ...] = LAYERS) -> Legs:
        from parkcity.travel import reach_pairs
        from parkcity.travel.transit_legs import Legs

        def make() -> dict[str, NDArray[Any]]:
            found = Legs.of_pairs(reach_pairs(self.network, origins, targets, limit, threads=self.inputs.threads), targets.owners)
            return {"start": found.start, "target": found.target, "seconds": found.seconds}

        args = {"limit": limit, "profile": self.walker}
        return Legs(**self.inputs.kept(f"transit {name}", layers, args, make), targets=targets.owners)

    def to_cells(self) -> TransitSetting:
        """The question of times from all cells to all cells."""
        from parkcity.travel.transit_setting import TransitSetting

        streets = tuple(layer for layer in LAYERS if layer != LAYER)
        direct = self._legs("cells to cells", self.inputs.origins(), self.inputs.origins(), self.direct_s, streets)
        return TransitSetting(self.trips, self.access, self.egress_to_cells, self.changes, direct, self.rides, self.limit)

    def egress_of_stops(self) -> Legs:
        """Legs from stops and platforms to where one gets onto the streets: themselves, or the entrances of their station, as places."""
        from parkcity.travel.transit_legs import Legs
        from parkcity.travel.transit_stations import through_entrances

        every = np.arange(len(self.timetable.stop_id))
        legs = Legs.build(len(every), len(every), every, every, np.zeros(len(every)))
        return through_entrances(self.timetable, legs, self._ways.turned()).turned()

    def to_places(self, doors: Attach, place: NDArray[np.int32], places: int, *, origin: int | None = None) -> TransitSetting:
        """The question of times from all cells, or from one, to places."""
        from parkcity.travel import reach_pairs
        from parkcity.travel.isochrone import single
        from parkcity.travel.transit_legs import Legs
        from parkcity.travel.transit_setting import TransitSetting

        homes, access = self.inputs.origins(), self.access
        if origin is not None:
            homes, access = single(homes, origin), access.take([origin])
        afoot = reach_pairs(self.network, homes, doors, self.direct_s, place, threads=self.inputs.threads)
        direct, egress = Legs.of_pairs(afoot, places), self.egress(doors, place, places)
        return TransitSetting(self.trips, access, egress, self.changes, direct, self.rides, self.limit)

    def to_class(self, class_id: str) -> tuple[TransitSetting, NDArray[np.int64]]:
        """The question of times to the places of a class, and the rows of these places."""
        doors, place, rows = self.inputs.doors_of(class_id)
        return self.to_places(doors, place, len(rows)), rows

    def times(
        self, setting: TransitSetting, depart: int, window: int, percentiles: tuple[float, ...] = (50,), cluster: str | None = None
    ) -> TransitTimes:
        """Times over a window of departures, or at one departure where `window` is 0; `cluster`: where a Dask scheduler is asked."""
        from parkcity.travel.transit import depart_at, over_window

        if window == 0:
            return depart_at(setting, [depart], threads=self.inputs.threads, cluster=cluster)
        return over_window(setting, depart, depart + window, percentiles=percentiles, threads=self.inputs.threads, cluster=cluster)

    def departures_per_stop(self, first: int, last: int) -> NDArray[np.int64]:
        """Departures that one can get on at every stop, from `first` until before `last` seconds of the day, int64 [stops]."""
        # Expected headways stand for departures at every second, which none is.
        trips = self.trips if self.expected is None else replace(self, expected=None).trips
        lines = trips.lines
        counts = np.zeros(trips.stops, np.int64)
        for pattern in range(len(lines.calls) - 1):
            calls = slice(int(lines.calls[pattern]), int(lines.calls[pattern + 1]))
            rows = slice(int(lines.times[pattern]), int(lines.times[pattern + 1]))
            leaves = lines.departure[rows].reshape(calls.stop - calls.start, -1)
            able = lines.board[calls].copy()
            able[-1] = False
            inside = ((leaves >= first) & (leaves < last)).sum(axis=1) * able
            np.add.at(counts, lines.stop[calls], inside)
        return counts
