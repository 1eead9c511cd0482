"""An assumed timetable: lines with their stops in order, a headway by hour and a speed, as the tables of a feed.

For cities that publish no timetable. Every trip is a template that departs every headway of its period; a circular line runs one lap
on which one gets on and a second on which one only gets off, so that nobody changes where the lap ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from parkcity.standards.loader import parameter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

EARTH_RADIUS = 6_371_008.8
_STATION = 1
_MINIMUM_TRANSFER = 2
ASSUMED_MODES = ("metro", "tram", "rail", "bus", "trolleybus", "ferry", "monorail", "funicular", "gondola")
"""Kinds of lines for which a headway and a speed are assumed where nobody knows them."""


@dataclass(frozen=True)
class Line:
    """A line in one direction of counting: names and positions (degrees) of its stops, seconds from the stop before where known.

    Shapes: `lon`, `lat` float64 [n]; `run_s` float64 [n], NaN where not known, its first value the run from the last stop to the first
    of a circular line. `mode` is a GTFS route type.
    """

    name: str
    stops: tuple[str, ...]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    run_s: NDArray[np.float64]
    mode: int
    circular: bool = False
    both_ways: bool = True


@dataclass(frozen=True)
class Service:
    """When a line runs: weekdays (bit 0 Monday), a period in seconds of the day, its headway (s) and travel speed (m/s), stops included."""

    line: str
    weekdays: int
    start: int
    end: int
    headway: int
    speed_m_s: float


def assumed_pace(mode: str) -> tuple[float, float]:
    """Minutes between departures and travel speed (km/h) of a line of some kind, where nothing tells them."""
    return parameter("assumed_lines", f"{mode}.headway_min").number, parameter("assumed_lines", f"{mode}.speed_km_h").number


def distance(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Great-circle metres from each point to the next, float64 [n - 1] (haversine)."""
    phi, lam = np.radians(lat), np.radians(lon)
    a = np.sin(np.diff(phi) / 2) ** 2 + np.cos(phi[:-1]) * np.cos(phi[1:]) * np.sin(np.diff(lam) / 2) ** 2
    metres: NDArray[np.float64] = 2 * EARTH_RADIUS * np.arcsin(np.sqrt(a))
    return metres


def running_times(line: Line, speed_m_s: float, detour: float) -> NDArray[np.float64]:
    """Seconds from each stop to the next, float64 [n], the last back to the first: those of the table, else length over travel speed.

    `detour`: length of the line over the straight distance between its stops.
    """
    metres = distance(np.append(line.lon, line.lon[0]), np.append(line.lat, line.lat[0])) * detour
    given = np.roll(line.run_s, -1)
    return np.where(np.isnan(given), metres / speed_m_s, given)


def assumed_frames(
    lines: Sequence[Line], services: Sequence[Service], first_day: int, last_day: int, detour: float
) -> tuple[dict[str, pd.DataFrame], dict[str, NDArray[Any]]]:
    """Frames and arrays as the GTFS reader gives them, for lines that run from one ordinal day to another.

    Stops of several lines with one name, near each other, form a station; between them one changes in `transit.interchange` seconds.
    """
    stops, row_of = _stops(lines)
    by_name = {line.name: number for number, line in enumerate(lines)}
    weekdays = sorted({service.weekdays for service in services})
    trips: list[tuple[str, int, int]] = []
    headways: list[tuple[int, int, int, int]] = []
    calls: list[NDArray[np.int64]] = []
    for number, service in enumerate(services):
        line = lines[by_name[service.line]]
        run = running_times(line, service.speed_m_s, detour)
        for way in ("out", "back") if line.both_ways else ("out",):
            order, times, board = _course(len(line.stops), run, service.start, circular=line.circular, back=way == "back")
            stop = np.array([row_of[line.name, place] for place in range(len(line.stops))])[order]
            trip = np.full(len(stop), len(trips))
            calls.append(np.column_stack([trip, stop, times, board]))
            headways.append((len(trips), service.start, service.end, service.headway))
            trips.append((f"{line.name}/{way}/{number + 1}", by_name[line.name], weekdays.index(service.weekdays)))
    frames = {
        "stops": stops,
        "routes": pd.DataFrame(
            {"id": [line.name for line in lines], "name": [line.name for line in lines], "type": [x.mode for x in lines]}
        ),
        "trips": pd.DataFrame(trips, columns=["id", "route", "service"]).assign(wheelchair=0),
        "frequencies": pd.DataFrame(headways, columns=["trip", "start", "end", "headway"]).assign(exact=0),
        "transfers": _changes(stops),
        "pathways": pd.DataFrame({key: np.zeros(0, np.int64) for key in ("from", "to", "mode", "both_ways", "seconds", "length")}),
    }
    return frames, _call_arrays(np.concatenate(calls)) | _calendar(weekdays, first_day, last_day) | {"assumed": np.array([1], np.int8)}


def _course(
    stops: int, run: NDArray[np.float64], start: int, *, circular: bool, back: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Order of the stops, whole seconds at each, and whether one may get on, for one direction."""
    order = np.arange(stops)
    board = np.ones(stops, bool)
    hop = run[:-1]
    if circular:
        order, hop = np.concatenate([order, order]), np.concatenate([run, run[:-1]])
        board = np.arange(2 * stops) < stops
    if back:
        order, hop = order[::-1], hop[::-1]
    times = start + np.concatenate([[0.0], np.cumsum(hop)])
    return order, np.rint(times).astype(np.int64), board


def _stops(lines: Sequence[Line]) -> tuple[pd.DataFrame, dict[tuple[str, int], int]]:
    """Stops of all lines, then their stations; and the row of each line's stops."""
    rows: list[tuple[str, str, float, float]] = []
    row_of: dict[tuple[str, int], int] = {}
    for line in lines:
        for place, name in enumerate(line.stops):
            row_of[line.name, place] = len(rows)
            rows.append((f"{line.name}/{place + 1}", name, float(line.lon[place]), float(line.lat[place])))
    table = pd.DataFrame(rows, columns=["id", "name", "lon", "lat"]).assign(location_type=0, parent=-1, wheelchair=0)
    near = parameter("transit_parameters", "transit.station_radius").number
    lon, lat = table["lon"].to_numpy(float), table["lat"].to_numpy(float)
    parent = np.full(len(table), -1, np.int64)
    stations: list[tuple[str, str, float, float, int, int, int]] = []
    for name in dict.fromkeys(table["name"]):
        mine = np.flatnonzero((table["name"] == name).to_numpy(bool))
        centre = float(lon[mine].mean()), float(lat[mine].mean())
        far = max(float(distance(np.array([lon[row], centre[0]]), np.array([lat[row], centre[1]]))[0]) for row in mine)
        if len(mine) > 1 and far <= near:
            parent[mine] = len(table) + len(stations)
            stations.append((f"station/{name}", name, *centre, _STATION, -1, 0))
    table["parent"] = parent
    if stations:
        table = pd.concat([table, pd.DataFrame(stations, columns=table.columns)], ignore_index=True)
    return table, row_of


def _changes(stops: pd.DataFrame) -> pd.DataFrame:
    """The time to change between the stops of one station."""
    seconds = round(parameter("transit_parameters", "transit.interchange").number)
    held = stops[stops["parent"] >= 0]
    rows = [
        (a, b, _MINIMUM_TRANSFER, seconds)
        for _, group in held.groupby("parent", sort=True)
        for a in group.index.tolist()
        for b in group.index.tolist()
        if a != b
    ]
    return pd.DataFrame(rows, columns=["from", "to", "type", "seconds"])


def _call_arrays(calls: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    times = calls[:, 2].astype(np.int32)
    return {
        "call_trip": calls[:, 0].astype(np.int32),
        "call_stop": calls[:, 1].astype(np.int32),
        "call_arrival": times,
        "call_departure": times,
        "call_board": calls[:, 3].astype(bool),
        "call_alight": np.ones(len(calls), bool),
    }


def _calendar(weekdays: list[int], first_day: int, last_day: int) -> dict[str, NDArray[Any]]:
    none = np.zeros(0, np.int32)
    return {
        "service_ids": np.array([f"days-{bits:07b}" for bits in weekdays], np.str_),
        "service_weekdays": np.array(weekdays, np.uint8),
        "service_first": np.full(len(weekdays), first_day, np.int32),
        "service_last": np.full(len(weekdays), last_day, np.int32),
        "service_exception_service": none,
        "service_exception_day": none,
        "service_exception_type": none.astype(np.int8),
    }
