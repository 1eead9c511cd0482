"""The calls of all trips: sorted, blank times interpolated by distance, trips that cannot run left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from parkcity.sense.gtfs.clock import BAD, numbers, parse_time, whole

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from parkcity.sense.gtfs.findings import Findings

NAME = "stop_times.txt"
_EARTH_RADIUS = 6_371_008.8
_NOT_REGULAR = 1
_MAX_SEQUENCE = 2**31


@dataclass(frozen=True)
class Calls:
    """Every call of every trip, by trip, then in order.

    Shapes: all [c]. `trip`, `stop` int32 rows of the feed's tables; `arrival`, `departure` int32 seconds of the service day, never
    falling along a trip; `board`, `alight` bool, may one get on and off.
    """

    trip: NDArray[np.int32]
    stop: NDArray[np.int32]
    arrival: NDArray[np.int32]
    departure: NDArray[np.int32]
    board: NDArray[np.bool_]
    alight: NDArray[np.bool_]


def read_calls(table: pd.DataFrame, trips: pd.DataFrame, stops: pd.DataFrame, findings: Findings) -> Calls:
    """The calls of the trips that can run. `trips` and `stops` have an `id`; `stops` has `lon`, `lat` in degrees."""
    row = table["row"].to_numpy(np.int64)
    trip = _rows_of(table["trip_id"], trips["id"])
    stop = _rows_of(table["stop_id"], stops["id"])
    sequence = numbers(table["stop_sequence"], _sequence)
    _tell_lost(table, trip < 0, "trip_id", "unknown_trip", findings)
    _tell_lost(table, (trip >= 0) & (stop < 0), "stop_id", "unknown_stop", findings)
    odd = (sequence < 0) | (sequence == _MAX_SEQUENCE)
    findings.add_rows(NAME, "bad_sequence", row[odd], table["stop_sequence"][odd])
    times = []
    for column in ("arrival_time", "departure_time"):
        value = numbers(table[column], parse_time)
        bad = value == BAD
        findings.add_rows(NAME, "bad_time", row[bad], table[column][bad])
        times.append(np.where(value < 0, -1, value))
    arrival, departure = times
    one = (arrival < 0) != (departure < 0)
    findings.add_rows(NAME, "one_time", row[one], [""] * int(one.sum()))
    arrival, departure = np.where(arrival < 0, departure, arrival), np.where(departure < 0, arrival, departure)
    board, alight = _allowed(table, "pickup_type"), _allowed(table, "drop_off_type")
    travelled = _travelled(table)

    kept = np.flatnonzero((trip >= 0) & (stop >= 0) & (sequence != _MAX_SEQUENCE))
    order = kept[np.lexsort((row[kept], sequence[kept], trip[kept]))]
    trip, stop, row, sequence = trip[order], stop[order], row[order], sequence[order]
    arrival, departure, board, alight = arrival[order], departure[order], board[order], alight[order]
    same = np.zeros(len(order), bool)
    same[1:] = (trip[1:] == trip[:-1]) & (sequence[1:] == sequence[:-1])
    findings.add_rows(NAME, "same_sequence", row[same], sequence[same])

    names = trips["id"].to_numpy(object)
    timed = _between_known(trip, arrival)
    lost = np.flatnonzero(~timed)
    if len(lost):
        first = lost[np.unique(trip[lost], return_index=True)[1]]
        findings.add_rows(NAME, "no_end_time", row[first], names[trip[first]])
    blank = timed & (arrival < 0)
    if blank.any():
        findings.add(NAME, "blank_times", int(blank.sum()))
        along = _along(trip, stop, travelled[order], stops)
        arrival, departure = _interpolate(trip, along, arrival, departure, timed)
    good = timed & ~_backwards(trip, arrival, departure, timed, row, names, findings)
    good &= ~_short(trip, good, names, findings)
    return Calls(
        trip[good].astype(np.int32),
        stop[good].astype(np.int32),
        arrival[good].astype(np.int32),
        departure[good].astype(np.int32),
        board[good],
        alight[good],
    )


def _sequence(text: str) -> int:
    text = text.strip()
    digits = text.removeprefix("-")
    return int(text) if digits.isdecimal() and len(digits) <= 9 else _MAX_SEQUENCE


def _rows_of(texts: pd.Series[str], ids: pd.Series[str]) -> NDArray[np.int64]:
    rows = {text: row for row, text in enumerate(ids)}
    return numbers(texts, lambda text: rows.get(text, -1))


def _tell_lost(table: pd.DataFrame, lost: NDArray[np.bool_], column: str, finding: str, findings: Findings) -> None:
    findings.add_rows(NAME, finding, table["row"][lost], table[column][lost])


def _allowed(table: pd.DataFrame, column: str) -> NDArray[np.bool_]:
    """May everybody get on (off) here? Type 1 says no; by arrangement (2, 3) counts as yes."""
    if column not in table:
        return np.ones(len(table), bool)
    allowed: NDArray[np.bool_] = numbers(table[column], whole) != _NOT_REGULAR
    return allowed


def _travelled(table: pd.DataFrame) -> NDArray[np.float64]:
    import pandas as pd

    if "shape_dist_traveled" not in table:
        return np.full(len(table), np.nan)
    return pd.to_numeric(table["shape_dist_traveled"].astype("string"), errors="coerce").to_numpy(np.float64, na_value=np.nan)


def _between_known(trip: NDArray[np.int64], arrival: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Calls at or between the first and the last call of their trip that have a time."""
    place = np.arange(len(trip))
    count = int(trip.max()) + 1 if len(trip) else 0
    first, last = np.full(count, len(trip)), np.full(count, -1)
    known = arrival >= 0
    np.minimum.at(first, trip[known], place[known])
    np.maximum.at(last, trip[known], place[known])
    within: NDArray[np.bool_] = (place >= first[trip]) & (place <= last[trip])
    return within


def _along(trip: NDArray[np.int64], stop: NDArray[np.int64], travelled: NDArray[np.float64], stops: pd.DataFrame) -> NDArray[np.float64]:
    """A distance along each trip, rising over all calls: as published where a whole trip has it, else straight from stop to stop."""
    lon, lat = (np.radians(stops[column].to_numpy(np.float64))[stop] for column in ("lon", "lat"))
    half = np.sin((lat[1:] - lat[:-1]) / 2) ** 2 + np.cos(lat[1:]) * np.cos(lat[:-1]) * np.sin((lon[1:] - lon[:-1]) / 2) ** 2
    step = np.zeros(len(trip))
    step[1:] = 2 * _EARTH_RADIUS * np.arcsin(np.sqrt(np.minimum(half, 1.0)))
    published = np.zeros(len(trip))
    published[1:] = travelled[1:] - travelled[:-1]
    inner = np.zeros(len(trip), bool)
    inner[1:] = trip[1:] == trip[:-1]
    unusable = np.isnan(travelled) | (inner & ~(published >= 0))
    bad_trip = np.zeros(int(trip.max()) + 1, bool)
    bad_trip[trip[unusable]] = True
    step = np.where(bad_trip[trip], step, published)
    # Two calls at one place still are two calls: a hair of distance keeps them in order.
    return np.cumsum(np.where(inner, np.maximum(step, 1e-6), 0.0))


def _interpolate(
    trip: NDArray[np.int64], along: NDArray[np.float64], arrival: NDArray[np.int64], departure: NDArray[np.int64], timed: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Times at blank calls, in proportion to distance between the departure before and the arrival after, rounded to seconds."""
    place = np.arange(len(trip))
    known = arrival >= 0
    before = np.maximum.accumulate(np.where(known, place, -1))
    after = np.minimum.accumulate(np.where(known, place, len(trip))[::-1])[::-1]
    blank = np.flatnonzero(timed & ~known)
    low, high = before[blank], after[blank]
    share = (along[blank] - along[low]) / (along[high] - along[low])
    time = np.rint(departure[low] + share * (arrival[high] - departure[low])).astype(np.int64)
    arrival, departure = arrival.copy(), departure.copy()
    arrival[blank] = departure[blank] = time
    return arrival, departure


def _backwards(
    trip: NDArray[np.int64],
    arrival: NDArray[np.int64],
    departure: NDArray[np.int64],
    timed: NDArray[np.bool_],
    row: NDArray[np.int64],
    names: NDArray[np.object_],
    findings: Findings,
) -> NDArray[np.bool_]:
    wrong = timed & (departure < arrival)
    pair = np.zeros(len(trip), bool)
    pair[1:] = (trip[1:] == trip[:-1]) & timed[1:] & timed[:-1] & (arrival[1:] < departure[:-1])
    at = np.flatnonzero(wrong | pair)
    if len(at) == 0:
        return np.zeros(len(trip), bool)
    bad, first = np.unique(trip[at], return_index=True)
    findings.add_rows(NAME, "backwards", row[at[first]], names[bad])
    return np.isin(trip, bad)


def _short(trip: NDArray[np.int64], good: NDArray[np.bool_], names: NDArray[np.object_], findings: Findings) -> NDArray[np.bool_]:
    """Calls of trips with fewer than two calls left; trips without any row in the file are told too."""
    count = np.bincount(trip[good], minlength=len(names))
    short = np.flatnonzero(count < 2)
    if len(short):
        findings.add(NAME, "short_trip", names[short[0]])
        if len(short) > 1:
            findings.add(NAME, "more", len(short) - 1)
    return count[trip] < 2
