"""Lines without a timetable: stops in order, and when, how often and how fast each runs. The timetable made of them is assumed."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from parkcity.base.errors import FaultList
from parkcity.base.tables import Column, Schema, read_csv
from parkcity.sense.assumed import Line, Service, assumed_frames
from parkcity.sense.gtfs.clock import parse_time
from parkcity.sense.raw import READERS, Option, Raw, Reader, Request, Tally
from parkcity.sense.shapes import lonlat

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
MODES = {
    "tram": 0,
    "metro": 1,
    "rail": 2,
    "bus": 3,
    "ferry": 4,
    "cable_tram": 5,
    "gondola": 6,
    "funicular": 7,
    "trolleybus": 11,
    "monorail": 12,
}
"""GTFS, routes.txt, route_type."""
DAYS = {"daily": 0b1111111, "weekday": 0b0011111, "saturday": 0b0100000, "sunday": 0b1000000, "weekend": 0b1100000}
YES_NO = {"": False, "no": False, "yes": True}
_S_PER_MIN, _M_S_PER_KM_H = 60.0, 1 / 3.6
_OPTIONS = {
    "stops": Option(str, "stops.csv", "the table of stops in the order of their lines"),
    "services": Option(str, "services.csv", "the table of periods: line, mode, days, from, to, headway_min, speed_km_h, circular, one_way"),
    "encoding": Option(str, "", "the encoding; left out, it is detected"),
    "line": Option(str, "line", "column of the stops with the line"),
    "seq": Option(str, "seq", "column of the stops with the order on the line"),
    "stop": Option(str, "stop", "column of the stops with the stop's name"),
    "lon": Option(str, "lon", "column of the stops with the longitude"),
    "lat": Option(str, "lat", "column of the stops with the latitude"),
    "run_s": Option(str, "", "column of the stops with the seconds from the stop before"),
    "detour": Option(float, 1.0, "length of a line over the straight distance between its stops"),
    "first_date": Option(str, None, "first date of service, YYYY-MM-DD"),
    "last_date": Option(str, None, "last date of service, YYYY-MM-DD"),
}


def can_read(path: Path) -> bool:
    """Is this a folder with tables?"""
    return path.is_dir() and any(entry.name.lower().endswith((".csv", ".csv.gz")) for entry in path.iterdir())


def read(request: Request) -> Raw:
    """The same frames and arrays as a GTFS feed, marked as assumed. Raises `InputError` with every fault of both tables."""
    faults = FaultList()
    stops = _table(request, "stops", _stop_columns(request), faults)
    services = _table(request, "services", _SERVICE_COLUMNS, faults)
    days = [_day(request, name, faults) for name in ("first_date", "last_date")]
    if not float(request.options["detour"]) >= 1.0:
        faults.add(request.path, f"the option 'detour' is {request.options['detour']}.", allowed="a number from 1.")
    faults.check()
    if days[1] < days[0]:
        faults.add(request.path, "'last_date' lies before 'first_date'.", allowed="dates in order.")
    tally = Tally(rows_in=len(stops))
    found = _lines(request, stops, services, tally, faults)
    periods = _services(request, services, found, faults)
    faults.check()
    tally.rows_kept = tally.rows_in - len(tally.refused)
    tally.remarks.append(f"assumed: {len(found)} lines run by headway and speed, not by a published timetable")
    frames, arrays = assumed_frames(list(found.values()), periods, days[0], days[1], float(request.options["detour"]))
    return Raw(tally, arrays=arrays, frames=frames)


_SERVICE_COLUMNS = (
    Column("line"),
    Column("mode"),
    Column("days"),
    Column("from"),
    Column("to"),
    Column("headway_min", "number", "min", minimum=0.25, maximum=1440),
    Column("speed_km_h", "number", "km/h", minimum=1, maximum=500, nullable=True),
)

_FREE_COLUMNS = {"circular", "one_way", "source", "confidence", "note"}


def _stop_columns(request: Request) -> tuple[Column, ...]:
    fixed = (
        Column(request.text("line")),
        Column(request.text("seq"), "integer", minimum=0),
        Column(request.text("stop")),
        Column(request.text("lon"), "number"),
        Column(request.text("lat"), "number"),
    )
    return (*fixed, Column(request.text("run_s"), "number", "s", minimum=0, nullable=True)) if request.text("run_s") else fixed


def _table(request: Request, option: str, columns: tuple[Column, ...], faults: FaultList) -> pd.DataFrame:
    path = request.path / request.text(option)
    table, _ = read_csv(path, request.text("encoding") or None)
    typed, found = Schema(columns).check(table, str(path))
    faults.extend(found)
    if option == "services":
        known = {column.name for column in columns} | _FREE_COLUMNS
        for name in sorted(set(map(str, table.columns)) - known):
            faults.add(path, f"unknown column '{name}'.", allowed=f"{', '.join(sorted(known))}.", row=1)
    return typed


def _day(request: Request, option: str, faults: FaultList) -> int:
    try:
        return date.fromisoformat(request.text(option)).toordinal()
    except ValueError:
        faults.add(request.path, f"the option '{option}' is '{request.text(option)}'.", allowed="a date, YYYY-MM-DD.")
        return 0


def _lines(request: Request, stops: pd.DataFrame, services: pd.DataFrame, tally: Tally, faults: FaultList) -> dict[str, Line]:
    """The lines that have a service, in the order of the stops' table."""
    where = request.path / request.text("services")
    traits: dict[str, tuple[int, bool, bool]] = {}
    for row, entry in enumerate(services.astype(str).to_dict("records"), start=2):
        given = {name: str(entry.get(name, "")).strip() for name in ("mode", "circular", "one_way")}
        for name, allowed in (("mode", MODES), ("circular", YES_NO), ("one_way", YES_NO)):
            if given[name] not in allowed:
                faults.add(where, f"'{name}' is '{given[name]}'.", allowed=f"{', '.join(filter(None, allowed))}.", row=row)
        trait = (MODES.get(given["mode"], -1), YES_NO.get(given["circular"], False), YES_NO.get(given["one_way"], False))
        if traits.setdefault(entry["line"], trait) != trait:
            faults.add(where, f"line '{entry['line']}' has another mode or direction than in a row before.", allowed="one a line.", row=row)
    lon, lat = (stops[request.text(name)].to_numpy(float) for name in ("lon", "lat"))
    lon, lat = lonlat(lon, lat, request.datum, str(request.path / request.text("stops")), 2)
    run = stops[request.text("run_s")].to_numpy(float) if request.text("run_s") else np.full(len(stops), np.nan)
    order = np.argsort(stops[request.text("seq")].to_numpy(float), kind="stable")
    rows_of: dict[str, list[int]] = defaultdict(list)
    for row in order.tolist():
        rows_of[str(stops[request.text("line")].iloc[row])].append(row)
    _tell_unserved(rows_of, traits, tally)
    for name in traits:
        if len(rows_of.get(name, [])) < 2:
            faults.add(where, f"line '{name}' has {len(rows_of.get(name, []))} stops.", allowed="two stops or more in the table of stops.")
    names = stops[request.text("stop")].astype(str)
    for name, rows in rows_of.items():
        # A circular line may be written with its first stop once more at the end.
        if name in traits and traits[name][1] and len(rows) > 2 and names.iloc[rows[0]] == names.iloc[rows[-1]]:
            run[rows[0]] = run[rows[-1]] if np.isnan(run[rows[0]]) else run[rows[0]]
            rows.pop()
    return {
        name: Line(name, tuple(names.iloc[rows]), lon[rows], lat[rows], run[rows], mode=traits[name][0], **_ways(traits[name]))
        for name, rows in rows_of.items()
        if name in traits
    }


def _ways(trait: tuple[int, bool, bool]) -> dict[str, bool]:
    return {"circular": trait[1], "both_ways": not trait[2]}


def _tell_unserved(rows_of: dict[str, list[int]], traits: dict[str, tuple[int, bool, bool]], tally: Tally) -> None:
    for name, rows in rows_of.items():
        if name not in traits:
            for row in rows:
                tally.refuse(row + 2, f"line '{name}' has no service")


def _services(request: Request, table: pd.DataFrame, lines: dict[str, Line], faults: FaultList) -> list[Service]:
    where = request.path / request.text("services")
    made: list[Service] = []
    for row, entry in enumerate(table.to_dict("records"), start=2):
        start, end = parse_time(str(entry["from"])), parse_time(str(entry["to"]))
        days, name = DAYS.get(str(entry["days"]).strip(), 0), str(entry["line"])
        if start < 0 or end <= start:
            faults.add(where, f"the period is '{entry['from']}' to '{entry['to']}'.", allowed="times HH:MM, the second later.", row=row)
        if not days:
            faults.add(where, f"'days' is '{entry['days']}'.", allowed=f"{', '.join(DAYS)}.", row=row)
        if any(other.line == name and other.weekdays & days and other.start < end and start < other.end for other in made):
            faults.add(where, f"two periods of line '{name}' overlap.", allowed="periods one after the other.", row=row)
        speed = float(entry["speed_km_h"]) * _M_S_PER_KM_H
        line = lines.get(name)
        if line is not None and np.isnan(speed) and np.isnan(line.run_s[0 if line.circular else 1 :]).any():
            faults.add(where, f"line '{name}' has neither a speed nor a running time for every section.", allowed="one of them.", row=row)
        made.append(Service(name, days, start, end, round(float(entry["headway_min"]) * _S_PER_MIN), speed))
    return made


READERS.add(
    Reader(
        "line_table",
        ("timetable",),
        "a folder with a table of stops in line order and a table of headways and speeds.",
        _OPTIONS,
        can_read,
        read,
    )
)
