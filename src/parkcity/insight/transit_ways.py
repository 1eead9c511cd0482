"""Ways to stops other than on foot: by bicycle, by car to a car park near the stop, or driven to the stop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.errors import MissingLayerError, UsageError
from parkcity.standards import parameter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parkcity.insight.transit import CityTransit
    from parkcity.insight.trips import Trips
    from parkcity.travel import Attach
    from parkcity.travel.transit_legs import Legs

WALK, WHEELCHAIR = "walk", "wheelchair"
BICYCLE, PARK, KISS = "bicycle", "park_and_ride", "kiss_and_ride"
ACCESS = (WALK, BICYCLE, PARK, KISS, WHEELCHAIR)
PROFILES = {BICYCLE: "cyclist", PARK: "car_peak", KISS: "car_peak"}
"""The travel profile on the way to the stop."""
PARKING = "parking"
LAYERS = ("cells", "streets", "attachments", "timetable")


def checked_access(access: str) -> str:
    """A way to stops, or `UsageError` with those that exist."""
    if access not in ACCESS:
        msg = f"one comes to a stop by {', '.join(ACCESS)}, not '{access}'"
        raise UsageError(msg)
    return access


def vehicle_legs(transit: CityTransit) -> Legs:
    """Legs from cells to stops by the vehicle of `transit.access_by`, seconds from door to stop, kept with the twin.

    Bicycle: ridden to the stop, then locked. Kiss and ride: driven to the stop, where one gets out. Park and ride: driven to a car park,
    then walked from there to the stop at the group's pace. Raises `MissingLayerError` where park and ride finds no car park in the twin.
    """
    from parkcity.insight.trips import Trips
    from parkcity.travel.transit_legs import Legs

    inputs, access = transit.inputs, transit.access_by
    trips = Trips(inputs, PROFILES[access])
    limit = parameter("transit_parameters", f"transit.{'bicycle' if access == BICYCLE else 'car'}_limit").number
    if access == PARK and PARKING not in inputs.twin.kinds():
        raise MissingLayerError("park and ride", [f"places:{PARKING}"])

    def make() -> dict[str, NDArray[Any]]:
        if access == PARK:
            found = _by_car_park(transit, trips, limit)
        else:
            lock = parameter("transit_parameters", f"transit.{'bicycle_lock' if access == BICYCLE else 'get_out'}").number
            found = _straight(transit, trips, limit, lock)
        return {"start": found.start, "target": found.target, "seconds": found.seconds}

    args = {"access": access, "limit": limit, "walker": transit.walker}
    layers = (*LAYERS, "places") if access == PARK else LAYERS
    return Legs(**inputs.kept("transit vehicle", layers, args, make), targets=len(transit.timetable.stop_id))


def _stops(transit: CityTransit, trips: Trips) -> Attach:
    import pandas as pd

    x, y = transit.inputs.twin.projection.forward(transit.timetable.stop_lon, transit.timetable.stop_lat)
    return trips.attached("stops", pd.DataFrame({"x": x, "y": y}))


def _straight(transit: CityTransit, trips: Trips, limit: float, last_s: float) -> Legs:
    """By vehicle up to the stop; `last_s` seconds there take the place of the profile's own end of a journey."""
    from parkcity.travel import reach_pairs
    from parkcity.travel.transit_legs import Legs

    network, stops = trips.network("open"), _stops(transit, trips)
    end = network.profile.end_s
    pairs = reach_pairs(network, trips.origins(), stops, limit + end - last_s, threads=transit.inputs.threads)
    origins = len(pairs.start) - 1
    return Legs.build(origins, stops.owners, pairs.origin, pairs.place, np.maximum(pairs.cost - end + last_s, 0.0))


def _by_car_park(transit: CityTransit, trips: Trips, limit: float) -> Legs:
    """By car to a car park, on foot to the stop: every walk from a car park is a door of the stop, that much farther from the street."""
    from parkcity.travel import Attach, reach_pairs
    from parkcity.travel.transit_legs import Legs

    inputs = transit.inputs
    afoot, place, _ = inputs.doors_of(PARKING)
    walk = parameter("transit_parameters", "transit.park_walk").number
    near = reach_pairs(transit.network, _by_place(afoot, place), transit.stops(), walk, threads=inputs.threads)
    parked, park_of, _ = trips.doors_of(PARKING)
    network, by_car = trips.network("open"), _by_place(parked, park_of)
    # Every pair of a car park and a stop, with every candidate of the car park on the streets of cars.
    first, last = (np.searchsorted(by_car.owner, near.origin, side) for side in ("left", "right"))
    count = last - first
    pair = np.repeat(np.arange(len(count)), count)
    row = np.arange(len(pair)) - np.repeat(np.cumsum(count) - count, count) + first[pair]
    far = by_car.distance[row] + near.cost[pair] * network.profile.access_speed
    order = np.lexsort((far, near.place[pair]))
    row, stop = row[order], near.place[pair][order]
    stops = len(transit.timetable.stop_id)
    doors = Attach(stop.astype(np.int32), by_car.edge[row], by_car.offset[row], far[order], stops)
    pairs = reach_pairs(network, trips.origins(), doors, limit + walk, threads=inputs.threads)
    return Legs.of_pairs(pairs, stops)


def _by_place(doors: Attach, place: NDArray[np.int32]) -> Attach:
    """The candidates of all doors of a place as those of the place itself."""
    from parkcity.travel import Attach

    owner = place[doors.owner]
    order = np.lexsort((doors.distance, owner))
    places = int(place.max()) + 1 if len(place) else 0
    return Attach(owner[order], doors.edge[order], doors.offset[order], doors.distance[order], places)
