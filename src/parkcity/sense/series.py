"""Series of readings as offices publish them: dates in any order, hour 24, gaps, readings that come twice or add up within the hour."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from parkcity.base.errors import Fault, InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

ORDERS = ("ymd", "mdy", "dmy")
"""How a date may be written: year, month, day in this order."""

MISSING = frozenset({"", "-", "-;", "—", "na", "n/a", "nan", "null", "none", "//", "缺测"})
"""Texts that say that there is no reading."""

_PARTS = re.compile(r"(\d{1,4})[-/.年](\d{1,2})[-/.月](\d{1,4})日?(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?Z?)?")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")
_HEADS = {
    "ymd": re.compile(r"y\W+m\W+d", re.IGNORECASE),
    "mdy": re.compile(r"m\W+d\W+y", re.IGNORECASE),
    "dmy": re.compile(r"d\W+m\W+y", re.IGNORECASE),
}
_FOUR = 4
_EPOCH = date(1970, 1, 1).toordinal()
_SHOWN = 5


def date_order(texts: Sequence[str], head: str, where: str) -> str:
    """The order in which dates are written: as the head of the column says, else the only one in which every date exists.

    Raises `InputError` with the readings where none, or more than one, makes sense of every text.
    """
    said = [order for order, pattern in _HEADS.items() if pattern.search(head)]
    if len(said) == 1:
        return said[0]
    sample = list(dict.fromkeys(text for text in texts if text.strip()))
    fits = [order for order in ORDERS if sample and all(_stamp(text, "", order) is not None for text in sample)]
    if len(fits) == 1:
        return fits[0]
    if fits:
        both = " or ".join(f"{times_of(sample[:1], None, order, where, 1)[0]} ({order})" for order in fits)
        raise InputError(Fault(where, f"'{sample[0]}' may mean {both}.", f"{', '.join(ORDERS)}.", "state `dates` in city.toml"))
    bad = next((text for text in sample if not any(_stamp(text, "", order) is not None for order in ORDERS)), sample[0] if sample else "")
    raise InputError(Fault(where, f"'{bad}' is no date, or the dates are written in several orders.", "one order of year, month and day."))


def times_of(dates: Sequence[str], clocks: Sequence[str] | None, order: str, where: str, first_row: int) -> NDArray[np.datetime64]:
    """Times (datetime64[s], as the source's clock shows them) of texts, hour 24 as the midnight that follows.

    Raises `InputError` with the rows that hold no time.
    """
    rows = zip(dates, clocks if clocks is not None else [""] * len(dates), strict=True)
    found = [_stamp(day, clock, order) for day, clock in rows]
    bad = [row for row, stamp in enumerate(found) if stamp is None]
    if bad:
        faults = [
            Fault(
                where,
                f"'{dates[row]}{' ' + clocks[row] if clocks is not None else ''}' is no time.",
                f"a date as {order}, HH:MM.",
                row=first_row + row,
            )
            for row in bad[:_SHOWN]
        ]
        raise InputError([*faults, *([Fault(where, f"{len(bad) - _SHOWN} more rows like these.")] if len(bad) > _SHOWN else [])])
    return np.array(found, np.int64).astype("datetime64[s]")


def _stamp(text: str, clock: str, order: str) -> int | None:
    """Seconds since 1970 of a date and a clock as texts, or None where they are no time."""
    match = _PARTS.fullmatch(text.strip())
    if match is None:
        return None
    named = dict(zip(order, match.groups()[:3], strict=True))
    if len(named["y"]) != _FOUR:
        return None
    parts = match.groups()[3:]
    if clock.strip():
        told = _CLOCK.fullmatch(clock.strip())
        if told is None:
            return None
        parts = told.groups()
    hour, minute, second = (int(part or 0) for part in parts)
    if hour > 24 or minute > 59 or second > 59 or (hour == 24 and (minute or second)):
        return None
    try:
        day = date(int(named["y"]), int(named["m"]), int(named["d"]))
    except ValueError:
        return None
    return (day.toordinal() - _EPOCH) * 86_400 + hour * 3600 + minute * 60 + second


def values_of(texts: Sequence[str], where: str, first_row: int) -> NDArray[np.float64]:
    """Readings, not a number where the text says that there is none. Raises `InputError` with what is neither. Negative levels are real."""
    plain = pd.Series([text.strip() for text in texts], dtype=str)
    none = plain.str.lower().isin(MISSING).to_numpy(bool)
    numbers = pd.to_numeric(plain.where(~none, "nan"), errors="coerce").to_numpy(float)
    bad = np.flatnonzero(~none & ~np.isfinite(numbers))
    if len(bad):
        raise InputError(
            [Fault(where, f"'{texts[row]}' is no reading.", "a number, or nothing.", row=first_row + int(row)) for row in bad[:_SHOWN]]
        )
    return np.where(none, np.nan, numbers)


def oddities(times: NDArray[np.datetime64], values: NDArray[np.float64]) -> list[str]:
    """What must be known before readings of one station (in order of time) are added up or averaged, in plain words."""
    told: list[str] = []
    if len(times) < 3:
        return told
    steps = np.diff(times).astype(np.int64)
    usual = int(np.median(steps))
    odd = int((steps != usual).sum())
    if odd:
        told.append(f"the step is irregular: {odd:,} of {len(steps):,} steps are not the usual {usual / 60:g} min")
    twice = int((steps == 0).sum())
    if twice:
        told.append(f"{twice:,} readings come at the time of another one")
    hours = times.astype("datetime64[h]")
    same = (hours[1:] == hours[:-1]) & np.isfinite(values[1:]) & np.isfinite(values[:-1])
    rising = values[1:] >= values[:-1]
    # A total that starts anew with every hour only rises within it, and somewhere does.
    if same.sum() >= _SHOWN and bool(rising[same].all()) and bool((values[1:] > values[:-1])[same].any()):
        told.append("readings within one hour only rise: they look like running totals of the hour and must not be added up")
    return told
