"""Sensor stations and their readings: where they stand, what they measure, and what is odd in their series."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from parkcity.base.errors import Fault, FaultList, InputError
from parkcity.base.geo import WGS84, frame
from parkcity.base.tables import Column, Schema, read_csv
from parkcity.sense.raw import READERS, Option, Raw, Reader, Request, Tally
from parkcity.sense.series import ORDERS, date_order, oddities, times_of, values_of
from parkcity.sense.shapes import lonlat

if TYPE_CHECKING:
    from pathlib import Path

_SUFFIXES = (".csv", ".csv.gz", ".tsv", ".txt")


def can_read(path: Path) -> bool:
    """Is this a folder with tables, or a table of stations?"""
    return path.is_dir() or path.name.lower().endswith(_SUFFIXES)


def read(request: Request) -> Raw:
    """Stations, points with `id, name, quantity, unit, readings, first, last, step_min, odd`; frame `readings`: `station, time, value`.

    Readings stay as they were taken: nothing is added up, averaged or filled. Raises `InputError` with every fault of a table.
    """
    import shapely

    folder = request.path if request.path.is_dir() else request.path.parent
    path = folder / request.text("stations") if request.path.is_dir() else request.path
    table, used = read_csv(path, request.text("encoding") or None)
    key, lon, lat = (request.text(name) for name in ("id", "lon", "lat"))
    typed, faults = Schema((Column(key), Column(lon, "number"), Column(lat, "number"))).check(table, str(path))
    if faults:
        raise InputError(faults)
    if typed[key].duplicated().any():
        row = int(typed[key].duplicated().to_numpy().argmax())
        raise InputError(Fault(str(path), f"the station '{typed[key].iloc[row]}' stands twice.", "one row a station.", row=row + 2))
    x, y = lonlat(typed[lon].to_numpy(float), typed[lat].to_numpy(float), request.datum, str(path), 2)
    tally = Tally(rows_in=len(typed), rows_kept=len(typed), encoding=used)
    ids = typed[key].astype(str).to_numpy(object)
    readings = _readings(request, folder, ids, tally)
    columns: dict[str, Any] = {"id": ids}
    for name in ("name", "quantity", "unit"):
        given = request.text(name)
        columns[name] = typed[given].astype(str).to_numpy(object) if given in typed.columns else np.full(len(ids), given, object)
    columns |= _series(readings, ids, tally)
    return Raw(tally, frame(columns, np.asarray(shapely.points(x, y), object), WGS84), frames={"readings": readings})


def _readings(request: Request, folder: Path, ids: np.ndarray[Any, Any], tally: Tally) -> pd.DataFrame:
    """Readings by station and time, sorted; rows of stations that are not in the table are refused by name."""
    if not request.text("readings"):
        return pd.DataFrame({"station": np.zeros(0, object), "time": np.zeros(0, "datetime64[s]"), "value": np.zeros(0)})
    path = folder / request.text("readings")
    table, _ = read_csv(path, request.text("encoding") or None)
    day, clock, station, value = (request.text(name) for name in ("date", "clock", "station", "value"))
    faults = FaultList()
    wide = station not in table.columns
    mine = [name for name in table.columns if name in set(ids)] if wide else [station, value]
    for name in [day, *([clock] if clock else []), *(() if wide else mine)]:
        if name not in table.columns:
            faults.add(path, f"there is no column '{name}'.", allowed=f"the file has: {', '.join(map(str, table.columns))}.")
    if wide and not mine:
        faults.add(path, f"there is neither a column '{station}' nor one named after a station.", allowed=f"{', '.join(ids[:12])}.")
    order = request.text("dates")
    if order and order not in ORDERS:
        faults.add(path, f"the option 'dates' is '{order}'.", allowed=f"{', '.join(ORDERS)}.")
    faults.check()
    days = table[day].tolist()
    times = times_of(days, table[clock].tolist() if clock else None, order or date_order(days, day, str(path)), str(path), 2)
    if wide:
        parts = [pd.DataFrame({"station": name, "time": times, "value": values_of(table[name].tolist(), str(path), 2)}) for name in mine]
        found = pd.concat(parts, ignore_index=True)
    else:
        found = pd.DataFrame({"station": table[station], "time": times, "value": values_of(table[value].tolist(), str(path), 2)})
    known = found["station"].isin(ids).to_numpy(bool)
    for name in sorted(set(found["station"][~known])):
        tally.refuse(name, f"{int((found['station'] == name).sum()):,} readings of a station that is not in the table")
    empty = known & found["value"].isna().to_numpy(bool)
    if empty.any():
        tally.remarks.append(f"{int(empty.sum()):,} readings are missing as the source says; they are kept as gaps")
    tally.rows_in, tally.rows_kept = tally.rows_in + len(found), tally.rows_kept + int(known.sum())
    return found[known].sort_values(["station", "time"], kind="stable").reset_index(drop=True)


def _series(readings: pd.DataFrame, ids: np.ndarray[Any, Any], tally: Tally) -> dict[str, Any]:
    """What the series of every station is like; what is odd in one is told once more as a remark."""
    count, first, last, step, odd = [], [], [], [], []
    rows = dict(list(readings.groupby("station", sort=False)))
    for name in ids:
        mine = rows.get(name)
        times = np.zeros(0, "datetime64[s]") if mine is None else mine["time"].to_numpy("datetime64[s]")
        values = np.zeros(0) if mine is None else mine["value"].to_numpy(float)
        told = oddities(times, values)
        count.append(int(np.isfinite(values).sum()))
        first.append(str(times[0]) if len(times) else "")
        last.append(str(times[-1]) if len(times) else "")
        step.append(float(np.median(np.diff(times).astype(np.int64))) / 60 if len(times) > 1 else np.nan)
        odd.append("; ".join(told))
        tally.remarks += [f"{name}: {text}" for text in told]
    return {"readings": np.array(count, np.int64), "first": first, "last": last, "step_min": step, "odd": odd}


_OPTIONS: dict[str, Any] = {
    "stations": Option(str, "stations.csv", "the table of stations, where the source is a folder"),
    "readings": Option(str, "", "the table of readings beside it; left out, the stations alone"),
    "encoding": Option(str, "", "the encoding; left out, it is detected"),
    "id": Option(str, "id", "column of the stations with the id"),
    "lon": Option(str, "lon", "column of the stations with the longitude"),
    "lat": Option(str, "lat", "column of the stations with the latitude"),
    "name": Option(str, "name", "column of the stations with the name"),
    "quantity": Option(str, "quantity", "column of the stations with what is measured, or that itself"),
    "unit": Option(str, "unit", "column of the stations with the unit, or that itself"),
    "station": Option(str, "station", "column of the readings with the station's id; without it columns are named after the stations"),
    "date": Option(str, "time", "column of the readings with the date, or date and time"),
    "clock": Option(str, "", "column of the readings with the time of the day, where it is one of its own"),
    "dates": Option(str, "", "how dates are written: ymd, mdy or dmy; left out, as the head of the column or the dates themselves tell"),
    "value": Option(str, "value", "column of the readings with the value"),
}

READERS.add(Reader("sensor_stations", ("sensors",), "a table of sensor stations, and of their readings.", _OPTIONS, can_read, read))
