"""On which dates each service runs: weekdays in a period, and single dates added or taken away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from parkcity.sense.gtfs.clock import BAD, BLANK, is_plain_date, numbers, parse_day, whole
from parkcity.sense.gtfs.columns import WEEKDAYS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parkcity.sense.gtfs.findings import Findings

ADDED, REMOVED = 1, 2


@dataclass(frozen=True)
class Services:
    """The calendar of a feed. Dates are ordinal days, both ends included.

    Shapes: `ids` text [s]; `weekdays` uint8 [s], bit 0 is Monday; `first`, `last` int32 [s], 0 where a service has single dates only;
    `exception_service`, `exception_day` int32 [x]; `exception_type` int8 [x], `ADDED` or `REMOVED`, in the order of the file.
    """

    ids: NDArray[np.str_]
    weekdays: NDArray[np.uint8]
    first: NDArray[np.int32]
    last: NDArray[np.int32]
    exception_service: NDArray[np.int32]
    exception_day: NDArray[np.int32]
    exception_type: NDArray[np.int8]

    def active(self, day: int) -> NDArray[np.bool_]:
        """Which services run on a date (an ordinal day). Shape: bool [s]."""
        runs: NDArray[np.bool_] = (self.first <= day) & (day <= self.last) & ((self.weekdays >> np.uint8((day - 1) % 7)) & 1).astype(bool)
        here = self.exception_day == day
        runs[self.exception_service[here]] = self.exception_type[here] == ADDED
        return runs

    def span(self) -> tuple[int, int] | None:
        """First and last date on which anything might run, or None."""
        period = self.weekdays > 0
        days = np.concatenate([self.first[period], self.last[period], self.exception_day[self.exception_type == ADDED]])
        return (int(days.min()), int(days.max())) if len(days) else None


def read_services(tables: dict[str, pd.DataFrame], findings: Findings) -> Services:
    """The calendar from calendar.txt, calendar_dates.txt or both; rows with a date that cannot be understood are left out."""
    weekly = _weekly(tables.get("calendar.txt"), findings)
    single = _single(tables.get("calendar_dates.txt"), findings)
    ids = pd.unique(np.concatenate([weekly["service_id"].to_numpy(object), single["service_id"].to_numpy(object)]))
    rows = {text: row for row, text in enumerate(ids)}
    masks, first, last = np.zeros(len(ids), np.uint8), np.zeros(len(ids), np.int32), np.zeros(len(ids), np.int32)
    at = weekly["service_id"].map(rows).to_numpy(np.int64)
    masks[at], first[at], last[at] = weekly["mask"], weekly["first"], weekly["last"]
    return Services(
        np.array(ids, dtype=np.str_) if len(ids) else np.zeros(0, "U1"),
        masks,
        first,
        last,
        single["service_id"].map(rows).to_numpy(np.int32),
        single["day"].to_numpy(np.int32),
        single["type"].to_numpy(np.int8),
    )


def _weekly(table: pd.DataFrame | None, findings: Findings) -> pd.DataFrame:
    name = "calendar.txt"
    if table is None:
        return pd.DataFrame({"service_id": pd.Series(dtype=object), "mask": [], "first": [], "last": []})
    table = without_duplicates(table, "service_id", name, findings)
    days = {key: _days(table, key, name, findings) for key in ("start_date", "end_date")}
    mask = np.zeros(len(table), np.uint8)
    for bit, column in enumerate(WEEKDAYS):
        value = numbers(table[column], whole)
        odd = (value != 0) & (value != 1)
        findings.add_rows(name, "bad_number", table["row"][odd], table[column][odd])
        mask |= np.where(value == 1, 1 << bit, 0).astype(np.uint8)
    frame = pd.DataFrame({"service_id": table["service_id"], "mask": mask, "first": days["start_date"], "last": days["end_date"]})
    return frame.loc[(frame["first"] > 0) & (frame["last"] > 0)]


def _single(table: pd.DataFrame | None, findings: Findings) -> pd.DataFrame:
    name = "calendar_dates.txt"
    if table is None:
        return pd.DataFrame({"service_id": pd.Series(dtype=object), "day": [], "type": []})
    day = _days(table, "date", name, findings)
    kind = numbers(table["exception_type"], whole)
    odd = (kind != ADDED) & (kind != REMOVED)
    findings.add_rows(name, "bad_number", table["row"][odd], table["exception_type"][odd])
    empty = (table["service_id"] == "").to_numpy()
    findings.add_rows(name, "no_id", table["row"][empty], ["service_id"] * int(empty.sum()))
    frame = pd.DataFrame({"service_id": table["service_id"], "day": day, "type": kind})
    kept: pd.DataFrame = frame[(day > 0) & ~odd & ~empty]
    return kept


def _days(table: pd.DataFrame, column: str, name: str, findings: Findings) -> NDArray[np.int64]:
    day = numbers(table[column], parse_day)
    bad = (day == BAD) | (day == BLANK)
    findings.add_rows(name, "bad_date", table["row"][bad], table[column][bad])
    odd = (day > 0) & ~np.array([is_plain_date(str(text)) for text in table[column]], dtype=bool)
    findings.add_rows(name, "odd_date", table["row"][odd], table[column][odd])
    return day


def without_duplicates(table: pd.DataFrame, column: str, name: str, findings: Findings) -> pd.DataFrame:
    """The rows with an id, each id once (the first), the others told."""
    empty = (table[column] == "").to_numpy(bool)
    findings.add_rows(name, "no_id", table["row"][empty], [column] * int(empty.sum()))
    table = table[~empty]
    twice = table[column].duplicated().to_numpy(bool)
    findings.add_rows(name, "duplicate", table["row"][twice], table[column][twice])
    return table[~twice].reset_index(drop=True)
