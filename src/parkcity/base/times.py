"""Dates, times of the day and durations, without the wall clock: results never depend on when they were computed."""

from __future__ import annotations

import re
from datetime import date

_CLOCK = re.compile(r"(\d{1,2}):([0-5]\d)(?::([0-5]\d))?")
_PATTERN = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")


def parse_date(text: str) -> tuple[date, str]:
    """A date as a year, a month or a day, and which of the three it was.

    A bare year or month stands for its last day, so that "older than" never overstates an age.

    >>> parse_date("2020")
    (datetime.date(2020, 12, 31), 'year')
    >>> parse_date("2026-02")
    (datetime.date(2026, 2, 28), 'month')
    """
    match = _PATTERN.fullmatch(text.strip())
    if match is None:
        msg = f"'{text}' is not a date; allowed: 2020, 2020-11, 2020-11-01"
        raise ValueError(msg)
    year, month, day = (int(part) if part else None for part in match.groups())
    assert year is not None
    if month is not None and not 1 <= month <= 12:
        msg = f"'{text}' has no such month; allowed: 2020, 2020-11, 2020-11-01"
        raise ValueError(msg)
    if month is None:
        return date(year, 12, 31), "year"
    if day is None:
        following = date(year + month // 12, month % 12 + 1, 1)
        return date.fromordinal(following.toordinal() - 1), "month"
    return date(year, month, day), "day"


def years_between(earlier: date, later: date) -> float:
    """Length of a span in years of 365.25 days.

    >>> round(years_between(date(2016, 1, 1), date(2026, 1, 1)), 2)
    10.0
    """
    return (later - earlier).days / 365.25


def seconds_of(clock: str) -> int:
    """Seconds since midnight of a time HH:MM or HH:MM:SS; times past 24:00 belong to the service day before. `ValueError` otherwise.

    >>> seconds_of("08:05"), seconds_of("25:00:30")
    (29100, 90030)
    """
    match = _CLOCK.fullmatch(clock.strip())
    if match is None:
        msg = f"'{clock}' is not a time; allowed: HH:MM, HH:MM:SS"
        raise ValueError(msg)
    return int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3] or 0)
