"""Journeys by looking at every event: an independent answer for feeds of a handful of trips.

The time-expanded graph is written out as states and searched breadth first; nothing of the product's algorithm is used: no patterns,
no order of trips, no rounds, no labels that dominate.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from parkcity.sense.gtfs.calls import Calls
from parkcity.sense.gtfs.feed import Feed
from parkcity.sense.gtfs.findings import Findings
from parkcity.sense.gtfs.services import Services

EVERY_DAY = 127


@dataclass(frozen=True)
class Trip:
    """Calls of one trip: (stop, arrival, departure), where one may get on and off."""

    route: int
    calls: tuple[tuple[int, int, int], ...]
    board: tuple[bool, ...]
    alight: tuple[bool, ...]


@dataclass(frozen=True)
class World:
    """A small world: walks are {(from, to): seconds}, access {origin: {stop: s}}, egress {stop: {place: s}}."""

    stops: int
    trips: tuple[Trip, ...]
    change: dict[tuple[int, int], int]
    access: dict[int, dict[int, int]]
    egress: dict[int, dict[int, int]]
    direct: dict[tuple[int, int], int] = field(default_factory=dict)
    origins: int = 2
    places: int = 2


def feed_of(world: World) -> Feed:
    """The world's trips as a feed of one service that runs every day of 2026."""
    counts = [len(trip.calls) for trip in world.trips]
    flat = [call for trip in world.trips for call in trip.calls]
    calls = Calls(
        np.repeat(np.arange(len(world.trips)), counts).astype(np.int32),
        np.array([call[0] for call in flat], np.int32),
        np.array([call[1] for call in flat], np.int32),
        np.array([call[2] for call in flat], np.int32),
        np.array([able for trip in world.trips for able in trip.board], bool),
        np.array([able for trip in world.trips for able in trip.alight], bool),
    )
    stops = pd.DataFrame({"id": [f"s{k}" for k in range(world.stops)]})
    stops = stops.assign(name="", lon=0.0, lat=0.0, location_type=0, parent=-1, wheelchair=0)
    routes = pd.DataFrame({"id": [f"r{k}" for k in range(9)], "name": "", "type": 3})
    trips = pd.DataFrame({"id": [f"t{k}" for k in range(len(world.trips))], "route": [trip.route for trip in world.trips]})
    trips = trips.assign(service=0, wheelchair=0)
    empty = np.zeros(0, np.int32)
    # 739617 is 2026-01-01, 739981 is 2026-12-31.
    services = Services(
        np.array(["all"]),
        np.array([EVERY_DAY], np.uint8),
        np.array([739617], np.int32),
        np.array([739981], np.int32),
        empty,
        empty,
        empty.astype(np.int8),
    )
    headways, transfers, pathways = (pd.DataFrame({key: np.zeros(0, np.int64) for key in keys.split()}) for keys in _TABLES)
    return Feed("world", stops, routes, trips, calls, services, headways, transfers, pathways, Findings())


_TABLES = ("trip start end headway exact", "from to type seconds", "from to mode both_ways seconds length")


def travel_time(world: World, origin: int, place: int, departure: int, rides: int, limit: int) -> int | None:
    """Seconds until the earliest arrival, or None beyond the limit."""
    at: dict[int, list[tuple[int, int]]] = {}
    for number, trip in enumerate(world.trips):
        for order, call in enumerate(trip.calls):
            at.setdefault(call[0], []).append((number, order))
    # States: (stop, moment, rides so far), ready to board; (trip, call, rides) aboard; every state is visited once.
    ready = {(stop, departure + seconds, 0) for stop, seconds in world.access.get(origin, {}).items()}
    seen, todo = set(ready), list(ready)
    aboard: set[tuple[int, int, int]] = set()
    best = world.direct.get((origin, place), limit + 1)
    while todo:
        stop, moment, used = todo.pop()
        if used == rides:
            continue
        for number, order in at.get(stop, ()):
            trip = world.trips[number]
            if not trip.board[order] or trip.calls[order][2] < moment:
                continue
            for later in range(order + 1, len(trip.calls)):
                if (number, later, used + 1) in aboard:
                    break
                aboard.add((number, later, used + 1))
                if not trip.alight[later]:
                    continue
                there, arrival, _ = trip.calls[later]
                if place in world.egress.get(there, {}):
                    best = min(best, arrival + world.egress[there][place] - departure)
                for (start, end), seconds in world.change.items():
                    state = (end, arrival + seconds, used + 1)
                    if start == there and state not in seen:
                        seen.add(state)
                        todo.append(state)
    return best if best <= limit else None
