"""Lines from the route relations of an OpenStreetMap extract, where nobody publishes a timetable: their timetable is assumed."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.errors import Fault, FaultList, InputError
from parkcity.sense.assumed import ASSUMED_MODES, Line, Service, assumed_frames, assumed_pace
from parkcity.sense.gtfs.clock import parse_time
from parkcity.sense.raw import READERS, Option, Raw, Reader, Request, Tally
from parkcity.sense.sources.osm import can_read

if TYPE_CHECKING:
    import pandas as pd

    from parkcity.sense.osm.scan import Box, Route

_MODE_OF = {
    "subway": "metro",
    "light_rail": "tram",
    "tram": "tram",
    "monorail": "monorail",
    "train": "rail",
    "bus": "bus",
    "share_taxi": "bus",
    "trolleybus": "trolleybus",
    "ferry": "ferry",
    "funicular": "funicular",
    "aerialway": "gondola",
}
"""OpenStreetMap's route=* as a kind of line."""
_EVERY_DAY = 0b1111111
_NODES = frozenset({"public_transport", "highway", "railway", "amenity", "aerialway"})
_PLATFORMS = frozenset({"public_transport", "railway"})


def read(request: Request) -> Raw:
    """The same frames and arrays as a GTFS feed, marked as assumed. Raises `InputError` with every fault.

    Routes of one kind, network and number are the ways and branches of one line, which share its departures. A route whose relation
    tells an interval keeps it; a line drawn once runs both ways; routes with fewer than two of their stops in the file are refused.
    """
    from parkcity.sense.osm.routes import transit_stops
    from parkcity.sense.osm.scan import Wanted, scan

    days, hours, paces, box = _asked(request)
    found = scan(request.path, Wanted(_NODES, _PLATFORMS, frozenset()), box)
    mine = [route for route in found.routes if _MODE_OF.get(route.tags.get("route", "")) in paces]
    stops = transit_stops(mine, found.points, found.lines)
    tally = Tally(rows_in=len(mine), encoding="utf-8")
    held = _with_stops(mine, stops, tally)
    if not held:
        what = f"none of the {len(mine)} routes asked for has two of its stops in the file."
        raise InputError(Fault(str(request.path), what, "route relations with stops.", "give a GTFS feed or a table of lines"))
    lines, services = _lines(held, hours, paces)
    tally.rows_kept = len(lines)
    tagged = sum(bool(np.isfinite(_interval(route))) for route, _ in held)
    tally.remarks.append(f"assumed: {len(lines)} routes run by headway and speed, not by a published timetable")
    tally.remarks.append(f"the headway of {tagged} routes is tagged, that of {len(lines) - tagged} is the one assumed for their kind")
    frames, arrays = assumed_frames(lines, services, *days, float(request.options["detour"]))
    return Raw(tally, arrays=arrays, frames=frames)


def _asked(request: Request) -> tuple[tuple[int, int], tuple[int, int], dict[str, tuple[float, float]], Box | None]:
    """Days, hours, headway (min) and speed (km/h) of every kind of line, and the box; all that is wrong with them is told at once."""
    faults, where = FaultList(), str(request.path)
    days = []
    for name in ("first_date", "last_date"):
        try:
            days.append(date.fromisoformat(request.text(name)).toordinal())
        except ValueError:
            faults.add(where, f"the option '{name}' is '{request.text(name)}'.", allowed="a date, YYYY-MM-DD.")
    if len(days) > 1 and days[1] < days[0]:
        faults.add(where, "'last_date' lies before 'first_date'.", allowed="dates in order.")
    start, end = parse_time(request.text("from")), parse_time(request.text("to"))
    if start < 0 or end <= start:
        what = f"the hours are '{request.text('from')}' to '{request.text('to')}'."
        faults.add(where, what, allowed="times HH:MM, the second later.")
    if not float(request.options["detour"]) >= 1.0:
        faults.add(where, f"the option 'detour' is {request.options['detour']}.", allowed="a number from 1.")
    paces = _paces(request, faults)
    box = list(request.options["bbox"])
    if box and not (len(box) == 4 and all(isinstance(edge, int | float) for edge in box) and box[0] < box[2] and box[1] < box[3]):
        faults.add(where, f"`bbox` is {box!r}.", allowed="four numbers of degrees: west < east, south < north.")
    faults.check()
    return (days[0], days[1]), (start, end), paces, (box[0], box[1], box[2], box[3]) if box else None


def _paces(request: Request, faults: FaultList) -> dict[str, tuple[float, float]]:
    modes = [str(mode) for mode in request.options["modes"]] or list(dict.fromkeys(_MODE_OF.values()))
    given = {name: dict(request.options[name]) for name in ("headway_min", "speed_km_h")}
    for name in [*modes, *given["headway_min"], *given["speed_km_h"]]:
        if name not in ASSUMED_MODES:
            faults.add(str(request.path), f"unknown kind of line '{name}'.", allowed=f"{', '.join(ASSUMED_MODES)}.")
    for option, values in given.items():
        for mode, value in values.items():
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0.25 <= value <= 1440:
                faults.add(str(request.path), f"`{option}` of '{mode}' is {value!r}.", allowed="a number from 0.25 to 1440.")
    known = [mode for mode in modes if mode in ASSUMED_MODES]
    pace = {mode: assumed_pace(mode) for mode in known}
    return {mode: (given["headway_min"].get(mode, pace[mode][0]), given["speed_km_h"].get(mode, pace[mode][1])) for mode in known}


def _with_stops(routes: list[Route], stops: pd.DataFrame, tally: Tally) -> list[tuple[Route, pd.DataFrame]]:
    """The routes with their stops in order, one after another never the same; those with fewer than two are refused."""
    rows = dict(list(stops.groupby("route", sort=False)))
    held = []
    for route in routes:
        mine = rows.get(f"relation/{route.relation}")
        if mine is not None:
            mine = mine[(mine["id"] != mine["id"].shift()).to_numpy(bool)]
        if mine is None or len(mine) < 2:
            tally.refuse(f"relation/{route.relation}", "fewer than two of its stops are in the file")
        else:
            held.append((route, mine))
    return held


def _line_of(route: Route) -> tuple[str, ...]:
    """What the relations of one line have in common: kind, network and number; a route without a number is a line of its own."""
    number = route.tags.get("ref", "")
    return (route.tags["route"], route.tags.get("network", ""), number) if number else (f"relation/{route.relation}",)


def _lines(
    held: list[tuple[Route, pd.DataFrame]], hours: tuple[int, int], paces: dict[str, tuple[float, float]]
) -> tuple[list[Line], list[Service]]:
    from parkcity.sense.sources.lines import MODES

    drawn = Counter(_line_of(route) for route, _ in held)
    titles = Counter(_title(route) for route, _ in held)
    lines, services = [], []
    for route, rows in held:
        title, mode = _title(route), _MODE_OF[route.tags["route"]]
        name = title if titles[title] == 1 else f"{title} ({route.relation})"
        closed = rows["id"].iloc[0] == rows["id"].iloc[-1]
        calls = rows.iloc[:-1] if closed else rows
        circular = len(calls) > 2 and (closed or route.tags.get("roundtrip") == "yes")
        times = drawn[_line_of(route)]
        interval, (headway, speed) = _interval(route), paces[mode]
        minutes = interval if np.isfinite(interval) else headway * max(times / 2, 1.0)
        names = tuple(str(label) or str(key) for label, key in zip(calls["name"], calls["id"], strict=True))
        place = (calls["lon"].to_numpy(float), calls["lat"].to_numpy(float), np.full(len(calls), np.nan))
        lines.append(Line(name, names, *place, mode=MODES[mode], circular=circular, both_ways=times == 1 and not circular))
        services.append(Service(name, _EVERY_DAY, *hours, max(round(minutes * 60), 1), speed / 3.6))
    return lines, services


def _title(route: Route) -> str:
    tags = route.tags
    return tags.get("name") or " ".join(text for text in (tags.get("ref", ""), tags.get("to", "")) if text) or f"relation/{route.relation}"


def _interval(route: Route) -> float:
    """The tagged minutes between departures; not a number where none, or none that makes sense, is tagged."""
    from parkcity.sense.osm.routes import tagged_minutes

    minutes = tagged_minutes(route.tags)
    return minutes if 0.25 <= minutes <= 1440 else float("nan")


_OPTIONS: dict[str, Any] = {
    "first_date": Option(str, None, "first date of service, YYYY-MM-DD"),
    "last_date": Option(str, None, "last date of service, YYYY-MM-DD"),
    "modes": Option(list, [], "kinds of lines: metro, tram, rail, bus, trolleybus, ferry, monorail, funicular, gondola; left out, all"),
    "headway_min": Option(dict, {}, "kind of line to minutes between departures; left out, those of standards/assumed_lines.csv"),
    "speed_km_h": Option(dict, {}, "kind of line to travel speed, stops included; left out, those of standards/assumed_lines.csv"),
    "from": Option(str, "06:00", "when the first trips leave, HH:MM"),
    "to": Option(str, "23:00", "when the last trips leave, HH:MM"),
    "detour": Option(float, 1.0, "length of a line over the straight distance between its stops"),
    "bbox": Option(list, [], "west, south, east, north in degrees; stops elsewhere are left out"),
}

READERS.add(
    Reader("osm_lines", ("timetable",), "the public-transport routes of an OpenStreetMap extract as lines.", _OPTIONS, can_read, read)
)
