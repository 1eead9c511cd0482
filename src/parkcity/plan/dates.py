"""Dates of the ledger: written as a year, a month or a day, read as the last day of what was written."""

from __future__ import annotations

from calendar import isleap
from datetime import date
from functools import lru_cache

from parkcity.base.errors import UsageError
from parkcity.base.times import parse_date


@lru_cache(maxsize=65536)
def day(text: str) -> date:
    """The day that a date stands for; a bare year or month stands for its last day. Raises `ValueError`.

    >>> day("2025").isoformat()
    '2025-12-31'
    """
    return parse_date(text)[0]


@lru_cache(maxsize=65536)
def first_day(text: str) -> date:
    """The first day that a date covers; a bare year or month starts on its first day. Raises `ValueError`.

    >>> first_day("2021").isoformat()
    '2021-01-01'
    """
    last, grain = parse_date(text)
    if grain == "year":
        return date(last.year, 1, 1)
    return last.replace(day=1) if grain == "month" else last


def asked_day(text: str, option: str) -> date:
    """A date given by a user as an option; what cannot be read raises `UsageError`."""
    try:
        return day(text)
    except ValueError as error:
        msg = f"{option}: {error}"
        raise UsageError(msg) from None


@lru_cache(maxsize=65536)
def year_fraction(moment: date) -> float:
    """A day as a number of years, its end counted, so that the last days of two years lie whole years apart.

    >>> year_fraction(date(2020, 12, 31)), year_fraction(date(2025, 12, 31))
    (2021.0, 2026.0)
    """
    length = 366 if isleap(moment.year) else 365
    return moment.year + moment.timetuple().tm_yday / length
