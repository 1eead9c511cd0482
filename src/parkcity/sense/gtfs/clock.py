"""Times of the service day and dates, as numbers.

A time counts seconds from noon minus twelve hours of the service day and may pass 24:00 (GTFS, field type Time); a date is its
ordinal day (`datetime.date.toordinal`).
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

BLANK, BAD = -1, -2
_TIME = re.compile(r"(\d{1,3}):([0-5]\d)(?::([0-5]\d))?")
_DATE = re.compile(r"(\d{4})[-./]?(\d{2})[-./]?(\d{2})")
_MAX_HOURS = 168


def parse_time(text: str) -> int:
    """Seconds of the service day; `BLANK` for nothing, `BAD` for what is no time.

    >>> parse_time("25:41:00"), parse_time("6:05"), parse_time(""), parse_time("noon")
    (92460, 21900, -1, -2)
    """
    text = text.strip()
    if not text:
        return BLANK
    match = _TIME.fullmatch(text)
    if match is None or int(match[1]) > _MAX_HOURS:
        return BAD
    return int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3] or 0)


def parse_day(text: str) -> int:
    """Ordinal of a date; `BLANK` for nothing, `BAD` for what is no date.

    >>> date.fromordinal(parse_day("20190513")).isoformat()
    '2019-05-13'
    """
    text = text.strip()
    if not text:
        return BLANK
    match = _DATE.fullmatch(text)
    try:
        return date(int(match[1]), int(match[2]), int(match[3])).toordinal() if match else BAD
    except ValueError:
        return BAD


def is_plain_date(text: str) -> bool:
    """Is the date written YYYYMMDD, as GTFS asks?"""
    return len(text.strip()) == 8 and text.strip().isdecimal()


def numbers(texts: pd.Series[Any], parse: Callable[[str], int]) -> NDArray[np.int64]:
    """A column of texts as whole numbers: every different text is parsed once. Shape: int64 [rows]."""
    codes, different = pd.factorize(texts.to_numpy(dtype=object))
    if len(different) == 0:
        return np.zeros(0, np.int64)
    return np.array([parse(str(text)) for text in different], dtype=np.int64)[codes]


def whole(text: str) -> int:
    """A whole number from 0; `BLANK` for nothing, `BAD` for anything else."""
    text = text.strip()
    if not text:
        return BLANK
    return int(text) if text.isdecimal() and len(text) <= 9 else BAD
