"""Which dates a timetable covers, how much runs on each, and the date that stands for an ordinary weekday."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from parkcity.base.errors import Fault, InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parkcity.twin.timetable import Timetable

_PREFERRED = ((1, 2, 3), (0, 1, 2, 3, 4), (0, 1, 2, 3, 4, 5, 6))
"""Weekdays to look at, the first that has service wins: Tuesday to Thursday, any working day, any day."""


@dataclass(frozen=True)
class OrdinaryDay:
    """The date chosen, its departures, the number of dates that have exactly the same service, and of those looked at."""

    date: date
    departures: int
    alike: int
    looked_at: int

    def text(self, lang: str) -> str:
        """The choice in words."""
        if lang == "zh":
            return f"选用 {self.date.isoformat()}：{self.departures:,} 班次；所考察的 {self.looked_at} 天中有 {self.alike} 天班次相同"
        alike = f"the same service as on {self.alike} of the {self.looked_at} dates looked at"
        return f"{self.date.isoformat()} was chosen: {self.departures:,} departures, {alike}"


def _per_service(timetable: Timetable) -> NDArray[np.int64]:
    often, known = timetable.departures_per_trip(), timetable.trip_service >= 0
    trips = np.zeros(len(timetable.service_id), np.int64)
    np.add.at(trips, timetable.trip_service[known], often[known])
    return trips


def trips_by_date(timetable: Timetable) -> pd.DataFrame:
    """Departures on every date of the calendar, by feed: columns `date` (ISO text), `feed` (number), `departures`."""
    first, counts = timetable.trips_per_day()
    trips, feeds = _per_service(timetable), np.unique(timetable.service_feed)
    rows = [
        (date.fromordinal(day).isoformat(), int(feed), int(trips[runs & (timetable.service_feed == feed)].sum()))
        for day in range(first, first + len(counts))
        for runs in [timetable.active_services(day)]
        for feed in feeds
    ]
    return pd.DataFrame(rows, columns=["date", "feed", "departures"])


def ordinary_weekday(timetable: Timetable) -> OrdinaryDay:
    """The date that stands for an ordinary weekday; the same for the same timetable.

    Of the Tuesdays to Thursdays (if none has service: of working days, then of all days) on which most feeds run, the most frequent
    set of services is taken, the busier one if two are as frequent, and the date in the middle of those that have it. A date in a
    week of holidays is therefore not taken. Raises `InputError` when nothing ever runs.
    """
    first, counts = timetable.trips_per_day()
    trips = _per_service(timetable)
    days = first + np.flatnonzero(counts)
    for weekdays in _PREFERRED:
        looked_at = [int(day) for day in days if (day - 1) % 7 in weekdays]
        if looked_at:
            break
    active = {day: timetable.active_services(day) & (trips > 0) for day in looked_at}
    feeds = {day: len(np.unique(timetable.service_feed[runs])) for day, runs in active.items()}
    most = max(feeds.values())
    alike: dict[bytes, list[int]] = {}
    for day in looked_at:
        if feeds[day] == most:
            alike.setdefault(active[day].tobytes(), []).append(day)
    best = max(alike.values(), key=lambda same: (len(same), int(counts[same[0] - first]), -same[0]))
    chosen = best[(len(best) - 1) // 2]
    return OrdinaryDay(date.fromordinal(chosen), int(counts[chosen - first]), len(best), len(looked_at))


def require_service(timetable: Timetable, day: date) -> int:
    """The departures on a date; raises `InputError`, saying which dates there are, when nothing runs then."""
    first, counts = timetable.trips_per_day()
    at = day.toordinal() - first
    if 0 <= at < len(counts) and counts[at] > 0:
        return int(counts[at])
    last = date.fromordinal(first + len(counts) - 1).isoformat()
    chosen = ordinary_weekday(timetable)
    raise InputError(
        Fault(
            "the timetable",
            f"no trip runs on {day.isoformat()}.",
            f"dates from {date.fromordinal(first).isoformat()} to {last} on which something runs.",
            f"take for example {chosen.date.isoformat()}",
        )
    )
