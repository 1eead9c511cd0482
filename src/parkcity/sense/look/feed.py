"""A look at a GTFS feed."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np

from parkcity.base.errors import Fault, InputError
from parkcity.sense.look.finding import Look, date_in_name

if TYPE_CHECKING:
    from pathlib import Path

_ONE_TIMETABLE_DAYS = 400


def look_feed(path: Path) -> Look:
    """Where a feed's stops are, when it runs, and what is odd in it.

    The date of a feed of one timetable period is its first day; that of a longer one, whose calendar begins with what is long
    past, its last.
    """
    from parkcity.sense.gtfs.feed import read_feed

    feed = read_feed(path)
    stops = feed.stops
    lon, lat = stops["lon"].to_numpy(float), stops["lat"].to_numpy(float)
    there = np.isfinite(lon) & np.isfinite(lat) & ~((lon == 0) & (lat == 0))
    box = (float(lon[there].min()), float(lat[there].min()), float(lon[there].max()), float(lat[there].max())) if there.any() else None
    span = feed.services.span()
    if span is None:
        raise InputError(Fault(str(path), "no service of the feed runs on any date.", "a calendar with dates.", "fetch a newer feed"))
    first, last = span
    date = last if last - first > _ONE_TIMETABLE_DAYS else first
    facts = {
        "routes": len(feed.routes),
        "trips": len(feed.trips),
        "first": dt.date.fromordinal(first).isoformat(),
        "last": dt.date.fromordinal(last).isoformat(),
        "odd": len(feed.findings.found),
    }
    day = date_in_name(path) or dt.date.fromordinal(date).isoformat()
    return Look(path, "gtfs", box=box, datum="WGS84", date=day, rows=len(stops), facts=facts)
