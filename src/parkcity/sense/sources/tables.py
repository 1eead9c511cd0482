"""CSV tables: values by zone, places with coordinates, stations in line order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from parkcity.base.errors import Fault, FaultList, InputError
from parkcity.base.geo import WGS84, frame
from parkcity.base.tables import Column, Schema, read_csv
from parkcity.sense.kinds import kind
from parkcity.sense.raw import READERS, Option, Raw, Reader, Request, Tally
from parkcity.sense.shapes import lonlat

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

_ENCODING = Option(str, "", "the encoding; left out, it is detected")


def can_read(path: Path) -> bool:
    """Is this a text table by its name?"""
    return path.is_file() and path.name.lower().endswith((".csv", ".tsv", ".txt", ".csv.gz"))


def _load(request: Request, columns: tuple[Column, ...]) -> tuple[pd.DataFrame, Tally]:
    table, encoding = read_csv(request.path, request.text("encoding") or None)
    typed, faults = Schema(columns).check(table, str(request.path))
    if faults:
        raise InputError(faults)
    return typed, Tally(rows_in=len(table), rows_kept=len(table), encoding=encoding)


def read_zone_table(request: Request) -> Raw:
    """Values by zone. The key stays text; columns are converted where they are used."""
    key = request.text("key")
    table, tally = _load(request, (Column(key),))
    table = _kept(request, table, tally)
    double = table[key].duplicated(keep=False)
    if double.any() and not request.options["repeated"]:
        first = table.index[double][0]
        what = f"the zone '{table[key].iloc[first]}' stands in several rows."
        raise InputError(Fault(str(request.path), what, "one row a zone.", row=int(first) + 2))
    return Raw(tally, table)


def _kept(request: Request, table: pd.DataFrame, tally: Tally) -> pd.DataFrame:
    """The rows that hold the values asked for in the columns that `only` names; how many others there are is remarked."""
    only = {str(name): str(value) for name, value in request.options["only"].items()}
    faults = FaultList()
    for name in only:
        if name not in table.columns:
            faults.add(
                request.path, f"there is no column '{name}'.", allowed=f"{', '.join(map(str, table.columns))}.", todo="correct `only`"
            )
    faults.check()
    mine = np.ones(len(table), bool)
    for name, value in only.items():
        mine &= (table[name].str.strip() == value).to_numpy(bool)
    if not mine.any():
        told = ", ".join(f"{name} = {value}" for name, value in only.items())
        raise InputError(Fault(str(request.path), f"no row has {told}.", "values that stand in the table.", "correct `only`"))
    if not mine.all():
        tally.remarks.append(f"{int((~mine).sum()):,} rows with other values of {', '.join(only)} were left out")
        tally.rows_in = tally.rows_kept = int(mine.sum())
    return table[mine]


def read_places(request: Request) -> Raw:
    """Places with a kind by a stated mapping of the source's own categories; categories not mapped are refused with a count."""
    where = str(request.path)
    lon_name, lat_name, id_name = request.text("lon"), request.text("lat"), request.text("id")
    area_name, category, seats = request.text("area_m2"), request.text("category"), request.text("capacity")
    columns = [Column(id_name), Column(lon_name, "number"), Column(lat_name, "number")]
    if category:
        columns.append(Column(category))
    if area_name:
        columns.append(Column(area_name, "number", "m2", minimum=0, nullable=True))
    if seats:
        columns.append(Column(seats, "number", minimum=0, nullable=True))
    table, tally = _load(request, tuple(columns))
    double = table[id_name].duplicated()
    if double.any():
        row = int(double.to_numpy().nonzero()[0][0])
        raise InputError(Fault(where, f"the id '{table[id_name].iloc[row]}' stands twice.", "one row a place.", row=row + 2))
    lon, lat = lonlat(table[lon_name].to_numpy(float), table[lat_name].to_numpy(float), request.datum, where, 2)
    mapping = {str(key): str(value) for key, value in request.options["kinds"].items()}
    for name in mapping.values():
        kind(name)
    kinds = table[category].map(mapping) if category else table[id_name].map(lambda _: next(iter(mapping.values())))
    kept = kinds.notna().to_numpy()
    for row in np.nonzero(~kept)[0].tolist():
        tally.refuse(row + 2, f"category '{table[category].iloc[row]}' is not mapped to a kind")
    texts = {name: table[request.text(name)] if request.text(name) else "" for name in ("name", "address")}
    for name in ("name", "address"):
        if request.text(name) and request.text(name) not in table.columns:
            raise InputError(Fault(where, f"there is no column '{request.text(name)}'.", f"{', '.join(table.columns)}."))
    import shapely

    data = {
        "id": [f"{request.source_id}/{value}" for value in table[id_name]],
        "kind": kinds,
        **texts,
        "area_m2": table[area_name].astype(float) if area_name else np.nan,
        "capacity": table[seats].astype(float) if seats else np.nan,
        "row": np.arange(2, len(table) + 2, dtype=np.int32),
    }
    places = frame(data, shapely.points(lon, lat), WGS84)[kept].reset_index(drop=True)
    tally.rows_kept = len(places)
    return Raw(tally, places)


def read_line_table(request: Request) -> Raw:
    """Stations in the order of their lines: columns `line, seq, station, lon, lat` and the line's colour."""
    names = {key: request.text(key) for key in ("line", "seq", "station", "lon", "lat")}
    columns = (
        Column(names["line"]),
        Column(names["seq"], "integer", minimum=0),
        Column(names["station"]),
        Column(names["lon"], "number"),
        Column(names["lat"], "number"),
    )
    table, tally = _load(request, columns)
    lon, lat = lonlat(table[names["lon"]].to_numpy(float), table[names["lat"]].to_numpy(float), request.datum, str(request.path), 2)
    lines = table[[names["line"], names["seq"], names["station"]]].copy()
    lines.columns = ["line", "seq", "station"]
    lines["seq"] = lines["seq"].astype("int32")
    lines["lon"], lines["lat"] = lon, lat
    colour = request.text("colour")
    lines["colour"] = table[colour] if colour else ""
    return Raw(tally, lines.sort_values(["line", "seq"], kind="stable").reset_index(drop=True))


READERS.add(
    Reader(
        "csv_zone_table",
        ("zone_table",),
        "a CSV table with one row a zone.",
        {
            "encoding": _ENCODING,
            "key": Option(str, None, "column with the zone's id or code"),
            "repeated": Option(bool, default=False, doc="true: a zone may stand in several rows"),
            "only": Option(dict, {}, 'keep only rows with these values, as { sex = "persons" }'),
        },
        can_read,
        read_zone_table,
    )
)
READERS.add(
    Reader(
        "csv_places",
        ("places",),
        "a CSV table of places with coordinates.",
        {
            "encoding": _ENCODING,
            "id": Option(str, None, "column with the id"),
            "lon": Option(str, "lon", "column with the longitude or easting"),
            "lat": Option(str, "lat", "column with the latitude or northing"),
            "category": Option(str, "", "column with the source's own category"),
            "kinds": Option(dict, None, "the source's category to the kind of place"),
            "name": Option(str, "", "column with the name"),
            "address": Option(str, "", "column with the address"),
            "area_m2": Option(str, "", "column with the area in square metres"),
            "capacity": Option(str, "", "column with the seats, beds or places"),
            "least_area_m2": Option(float, 0.0, "places below this area are not in the source"),
        },
        can_read,
        read_places,
    )
)
READERS.add(
    Reader(
        "csv_lines",
        ("lines",),
        "a CSV table of stations in line order.",
        {
            "encoding": _ENCODING,
            "line": Option(str, "line", "column with the line"),
            "seq": Option(str, "seq", "column with the order on the line"),
            "station": Option(str, "station", "column with the station's name"),
            "lon": Option(str, "lon", "column with the longitude"),
            "lat": Option(str, "lat", "column with the latitude"),
            "colour": Option(str, "", "column with the line's colour"),
        },
        can_read,
        read_line_table,
    )
)
