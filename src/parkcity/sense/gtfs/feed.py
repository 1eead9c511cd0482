"""One feed, read and cleaned: what stops the reading is raised at once, what can be lived with is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from parkcity.base.errors import FaultList
from parkcity.sense.gtfs.archive import read_files
from parkcity.sense.gtfs.calls import Calls, read_calls
from parkcity.sense.gtfs.clock import BAD, BLANK, numbers, parse_time, whole
from parkcity.sense.gtfs.columns import CALENDARS, NEEDED, REQUIRED_FILES
from parkcity.sense.gtfs.findings import Findings
from parkcity.sense.gtfs.services import Services, read_services, without_duplicates
from parkcity.sense.gtfs.table import read_table

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_SAME_PLACE_DEG = 1e-5
_NULL_ISLAND_DEG = 0.01


@dataclass(frozen=True)
class Feed:
    """A feed as clean rows; rows refer to each other by number.

    `stops`: id, name, lon, lat, location_type, parent (row or -1), wheelchair (0 unknown, 1 yes, 2 no). `routes`: id, name, type.
    `trips`: id, route, service (-1: never runs), wheelchair. `frequencies`: trip, start, end, headway (seconds), exact (bool).
    `transfers`: from, to (stops), type, seconds (-1: not given). `pathways`: from, to, mode, both_ways (bool), seconds, length
    (-1: not given). `findings` is the validation report.
    """

    where: str
    stops: pd.DataFrame
    routes: pd.DataFrame
    trips: pd.DataFrame
    calls: Calls
    services: Services
    frequencies: pd.DataFrame
    transfers: pd.DataFrame
    pathways: pd.DataFrame
    findings: Findings


def read_feed(path: Path) -> Feed:
    """Read a feed. Raises `InputError` naming every required file or column that is absent."""
    findings, faults = Findings(), FaultList()
    files = read_files(path, findings)
    for name in REQUIRED_FILES:
        if not files.get(name, b"").strip():
            state = "is empty" if name in files else "is not in the feed"
            faults.add(f"{path}/{name}", f"the required file {name} {state}.", todo="ask the publisher of the feed for it")
    if not any(files.get(name, b"").strip() for name in CALENDARS):
        name = CALENDARS[0]
        what = "neither calendar.txt nor calendar_dates.txt says on which dates the trips run."
        faults.add(f"{path}/{name}", what, todo="ask the publisher of the feed for one of them")
    tables = {}
    for name in NEEDED:
        if files.get(name, b"").strip():
            tables[name] = read_table(name, files[name], findings, faults)
            if tables[name].empty:
                findings.add(name, "empty_table", name)
        elif name in files and name not in REQUIRED_FILES:
            findings.add(name, "empty_table", name)
    faults.check()
    return _clean(str(path), tables, findings)


def _clean(where: str, tables: dict[str, pd.DataFrame], findings: Findings) -> Feed:
    stops = _stops(tables["stops.txt"], findings)
    routes = _routes(tables["routes.txt"], tables["agency.txt"], findings)
    services = read_services(tables, findings)
    trips = _trips(tables["trips.txt"], routes, services, findings)
    calls = read_calls(tables["stop_times.txt"], trips, stops, findings)
    _tell_unused(stops, calls, findings)
    frequencies = _frequencies(tables.get("frequencies.txt"), trips, findings)
    transfers = _transfers(tables.get("transfers.txt"), stops, findings)
    return Feed(
        where,
        stops,
        routes,
        trips,
        calls,
        services,
        frequencies,
        transfers,
        _pathways(tables.get("pathways.txt"), stops, findings),
        findings,
    )


def _choice(table: pd.DataFrame, column: str, highest: int, name: str, findings: Findings) -> NDArray[np.int64]:
    """A column of codes from 0; blank counts as 0, a code beyond `highest` is told and counts as 0."""
    if column not in table:
        return np.zeros(len(table), np.int64)
    value = numbers(table[column], whole)
    bad = (value == BAD) | (value > highest)
    findings.add_rows(name, "bad_number", table["row"][bad], table[column][bad])
    return np.where((value < 0) | bad, 0, value)


def _text(table: pd.DataFrame, *columns: str) -> pd.Series[str]:
    """The first of some columns that is not blank."""
    text = pd.Series([""] * len(table), index=table.index, dtype=object)
    for column in columns:
        if column in table:
            text = text.where(text != "", table[column])
    return text


def _stops(table: pd.DataFrame, findings: Findings) -> pd.DataFrame:
    name = "stops.txt"
    table = without_duplicates(table, "stop_id", name, findings)
    lon, lat = (pd.to_numeric(table[column], errors="coerce").to_numpy(np.float64).copy() for column in ("stop_lon", "stop_lat"))
    kind = _choice(table, "location_type", 4, name, findings)
    parent_id = _text(table, "parent_station")
    # Generic nodes and boarding areas (3, 4) may leave the position out: they lie where their station lies.
    rows = {text: row for row, text in enumerate(table["stop_id"])}
    parent = numbers(parent_id, lambda text: rows.get(text, -1))
    borrowed = np.isnan(lon) & (kind >= 3) & (parent >= 0)
    lon[borrowed], lat[borrowed] = lon[parent[borrowed]], lat[parent[borrowed]]
    bad = ~((np.abs(lon) <= 180) & (np.abs(lat) <= 90))
    findings.add_rows(
        name, "bad_position", table["row"][bad], [f"{a}, {b}" for a, b in zip(table["stop_lon"][bad], table["stop_lat"][bad], strict=True)]
    )
    island = ~bad & (np.abs(lon) < _NULL_ISLAND_DEG) & (np.abs(lat) < _NULL_ISLAND_DEG)
    findings.add_rows(name, "null_island", table["row"][island], table["stop_id"][island])
    frame: pd.DataFrame = pd.DataFrame(
        {
            "id": table["stop_id"],
            "name": _text(table, "stop_name"),
            "lon": lon,
            "lat": lat,
            "location_type": kind,
            "parent_id": parent_id,
            "wheelchair": _choice(table, "wheelchair_boarding", 2, name, findings),
            "row": table["row"],
        }
    )[~bad].reset_index(drop=True)
    rows = {text: row for row, text in enumerate(frame["id"])}
    frame["parent"] = numbers(frame["parent_id"], lambda text: rows.get(text, -1))
    lost = ((frame["parent_id"] != "") & (frame["parent"] < 0)).to_numpy(bool)
    findings.add_rows(name, "unknown_parent", frame["row"][lost], frame["parent_id"][lost])
    _tell_same_place(frame, findings)
    clean: pd.DataFrame = frame.drop(columns="parent_id")
    return clean


def _tell_same_place(stops: pd.DataFrame, findings: Findings) -> None:
    """Platforms of different name within about a metre of each other, which often are one stop entered twice."""
    place = stops[(stops["location_type"] == 0) & (stops["parent"] < 0)]
    cell = np.rint(place[["lon", "lat"]].to_numpy() / _SAME_PLACE_DEG).astype(np.int64)
    first = (
        pd.DataFrame({"x": cell[:, 0], "y": cell[:, 1], "id": place["id"].to_numpy()})
        .groupby(["x", "y"], sort=False)["id"]
        .transform("first")
    )
    twin = (first.to_numpy() != place["id"].to_numpy()).nonzero()[0]
    findings.add_rows("stops.txt", "same_place", place["row"].iloc[twin], first.iloc[twin])


def _routes(table: pd.DataFrame, agencies: pd.DataFrame, findings: Findings) -> pd.DataFrame:
    name = "routes.txt"
    table = without_duplicates(table, "route_id", name, findings)
    if "agency_id" in table and "agency_id" in agencies:
        lost = ((table["agency_id"] != "") & ~table["agency_id"].isin(agencies["agency_id"])).to_numpy(bool)
        findings.add_rows(name, "unknown_agency", table["row"][lost], table["agency_id"][lost])
    kind = numbers(table["route_type"], whole)
    bad = kind < 0
    findings.add_rows(name, "bad_number", table["row"][bad], table["route_type"][bad])
    kind = np.where(bad, 3, kind)
    return pd.DataFrame({"id": table["route_id"], "name": _text(table, "route_short_name", "route_long_name"), "type": kind})


def _trips(table: pd.DataFrame, routes: pd.DataFrame, services: Services, findings: Findings) -> pd.DataFrame:
    name = "trips.txt"
    table = without_duplicates(table, "trip_id", name, findings)
    route_rows = {text: row for row, text in enumerate(routes["id"])}
    service_rows = {str(text): row for row, text in enumerate(services.ids)}
    route = numbers(table["route_id"], lambda text: route_rows.get(text, -1))
    service = numbers(table["service_id"], lambda text: service_rows.get(text, -1))
    findings.add_rows(name, "unknown_route", table["row"][route < 0], table["route_id"][route < 0])
    findings.add_rows(name, "unknown_service", table["row"][service < 0], table["service_id"][service < 0])
    wheelchair = _choice(table, "wheelchair_accessible", 2, name, findings)
    frame = pd.DataFrame({"id": table["trip_id"], "route": route, "service": service, "wheelchair": wheelchair})
    kept: pd.DataFrame = frame[route >= 0].reset_index(drop=True)
    return kept


def _tell_unused(stops: pd.DataFrame, calls: Calls, findings: Findings) -> None:
    used = np.zeros(len(stops), bool)
    used[calls.stop] = True
    unused = ~used & (stops["location_type"] == 0).to_numpy(bool)
    findings.add_rows("stops.txt", "unused_stop", stops["row"][unused], stops["id"][unused])


def _frequencies(table: pd.DataFrame | None, trips: pd.DataFrame, findings: Findings) -> pd.DataFrame:
    name = "frequencies.txt"
    if table is None:
        return pd.DataFrame({key: np.zeros(0, np.int64) for key in ("trip", "start", "end", "headway", "exact")})
    rows = {text: row for row, text in enumerate(trips["id"])}
    trip = numbers(table["trip_id"], lambda text: rows.get(text, -1))
    start, end = (numbers(table[column], parse_time) for column in ("start_time", "end_time"))
    headway = numbers(table["headway_secs"], whole)
    lost = trip < 0
    findings.add_rows(name, "unknown_trip", table["row"][lost], table["trip_id"][lost])
    bad = ~lost & ((start < 0) | (end <= start) | (headway <= 0))
    findings.add_rows(name, "bad_headway", table["row"][bad], table["headway_secs"][bad])
    exact = _choice(table, "exact_times", 1, name, findings)
    return pd.DataFrame({"trip": trip, "start": start, "end": end, "headway": headway, "exact": exact})[~lost & ~bad].reset_index(drop=True)


def _ends(table: pd.DataFrame, stops: pd.DataFrame, name: str, findings: Findings) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    rows = {text: row for row, text in enumerate(stops["id"])}
    ends = []
    for column in ("from_stop_id", "to_stop_id"):
        end = numbers(table[column], lambda text: rows.get(text, -1))
        findings.add_rows(name, "unknown_stop", table["row"][end < 0], table[column][end < 0])
        ends.append(end)
    return ends[0], ends[1]


def _transfers(table: pd.DataFrame | None, stops: pd.DataFrame, findings: Findings) -> pd.DataFrame:
    name = "transfers.txt"
    if table is None:
        return pd.DataFrame({key: np.zeros(0, np.int64) for key in ("from", "to", "type", "seconds")})
    # Rules for single routes or trips refine the rule of the stops; they are not read here.
    for column in ("from_route_id", "to_route_id", "from_trip_id", "to_trip_id"):
        if column in table:
            table = table[table[column] == ""]
    origin, target = _ends(table, stops, name, findings)
    kind = _choice(table, "transfer_type", 5, name, findings)
    seconds = numbers(table["min_transfer_time"], whole) if "min_transfer_time" in table else np.full(len(table), BLANK)
    frame = pd.DataFrame({"from": origin, "to": target, "type": kind, "seconds": np.maximum(seconds, BLANK)})
    return frame[(origin >= 0) & (target >= 0)].reset_index(drop=True)


def _pathways(table: pd.DataFrame | None, stops: pd.DataFrame, findings: Findings) -> pd.DataFrame:
    name = "pathways.txt"
    if table is None:
        return pd.DataFrame({key: np.zeros(0, np.int64) for key in ("from", "to", "mode", "both_ways", "seconds", "length")})
    table = without_duplicates(table, "pathway_id", name, findings)
    origin, target = _ends(table, stops, name, findings)
    seconds = numbers(table["traversal_time"], whole) if "traversal_time" in table else np.full(len(table), BLANK)
    length = pd.to_numeric(table["length"], errors="coerce").fillna(-1.0).to_numpy() if "length" in table else np.full(len(table), -1.0)
    mode = _choice(table, "pathway_mode", 7, name, findings)
    both = _choice(table, "is_bidirectional", 1, name, findings)
    frame = pd.DataFrame(
        {"from": origin, "to": target, "mode": mode, "both_ways": both, "seconds": np.maximum(seconds, BLANK), "length": length}
    )
    return frame[(origin >= 0) & (target >= 0)].reset_index(drop=True)
