"""The product's question for a small world."""

from __future__ import annotations

from datetime import date

from parkcity.travel.transit_day import TransitDay, transit_day
from parkcity.travel.transit_legs import Legs
from parkcity.travel.transit_setting import TransitSetting
from parkcity.twin.timetable_build import build_timetable
from tests.transit.brute import World, feed_of

DAY = date(2026, 6, 2)


def rows_of(table: dict[int, dict[int, int]], rows: int, targets: int) -> Legs:
    listed = [(row, target, seconds) for row, found in table.items() for target, seconds in found.items()]
    columns = [[entry[k] for entry in listed] for k in range(3)]
    return Legs.build(rows, targets, *columns)


def day_of(world: World) -> TransitDay:
    return transit_day(build_timetable([("world", feed_of(world))]), DAY)


def setting_of(world: World, rides: int, limit: int, day: TransitDay | None = None) -> TransitSetting:
    change: dict[int, dict[int, int]] = {}
    for (start, end), seconds in world.change.items():
        change.setdefault(start, {})[end] = seconds
    direct: dict[int, dict[int, int]] = {}
    for (origin, place), seconds in world.direct.items():
        direct.setdefault(origin, {})[place] = seconds
    return TransitSetting(
        day_of(world) if day is None else day,
        rows_of(world.access, world.origins, world.stops),
        rows_of(world.egress, world.stops, world.places),
        rows_of(change, world.stops, world.stops),
        rows_of(direct, world.origins, world.places),
        rides,
        limit,
    )
