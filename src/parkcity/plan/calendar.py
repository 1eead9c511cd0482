"""Working days, with the holidays and the moved working days of China where the year's arrangement is published."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@lru_cache(maxsize=65536)
def is_working_day(day: date) -> bool:
    """Is this a working day in China? Years whose arrangement is not published count Monday to Friday.

    Source: the State Council's yearly notice on holidays, as kept by the chinesecalendar package.

    >>> is_working_day(date(2023, 1, 28)), is_working_day(date(2023, 1, 27))
    (True, False)
    """
    import chinese_calendar  # type: ignore[import-untyped]

    if not published(day.year):
        return day.weekday() < 5
    return bool(chinese_calendar.is_workday(day))


@lru_cache(maxsize=256)
def published(year: int) -> bool:
    """Is the year's arrangement of holidays known?"""
    from chinese_calendar import constants

    years = {day.year for day in constants.holidays}
    return year in years


@dataclass(frozen=True)
class Calendar:
    """Working days from a first to a last day, numbered from 0. Days outside are refused by `index_of`."""

    first: date
    last: date

    @cached_property
    def days(self) -> NDArray[np.datetime64]:
        """All working days, shape (n,)."""
        every = [self.first + timedelta(days=step) for step in range((self.last - self.first).days + 1)]
        return np.array([day for day in every if is_working_day(day)], dtype="datetime64[D]")

    def index_of(self, day: date) -> int:
        """Number of working days before a day: the index of the day itself, or of the next working day."""
        return int(np.searchsorted(self.days, np.datetime64(day)))

    def day_at(self, index: int) -> date:
        """The working day with an index; beyond the end, the last one."""
        position = min(max(index, 0), len(self.days) - 1)
        found: date = self.days[position].astype(object)
        return found

    def between(self, first: date, last: date) -> int:
        """Working days from one day to another, both counted; at least 1, because a task takes a day."""
        return int(self.lengths(np.array([first], "datetime64[D]"), np.array([last], "datetime64[D]"))[0])

    def indices(self, days: NDArray[np.datetime64]) -> NDArray[np.intp]:
        """`index_of` for many days (n,)."""
        return np.searchsorted(self.days, days)

    def lengths(self, first: NDArray[np.datetime64], last: NDArray[np.datetime64]) -> NDArray[np.intp]:
        """`between` for many pairs of days (n,)."""
        found: NDArray[np.intp] = np.maximum(1, np.searchsorted(self.days, last, side="right") - self.indices(first))
        return found

    @property
    def unpublished(self) -> list[int]:
        """The years for which only Monday to Friday is known."""
        return [year for year in range(self.first.year, self.last.year + 1) if not published(year)]
