"""Spreadsheets as people make them: Excel workbooks and text tables with titles, merged headers and notes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from parkcity.base.errors import Fault, FaultList, InputError
from parkcity.base.geo import WGS84, frame
from parkcity.sense.kinds import SCHEMES, kind, kind_of
from parkcity.sense.raw import READERS, Option, Raw, Reader, Request, Tally
from parkcity.sense.shapes import lonlat
from parkcity.sense.sheets import Sheet, read_sheet, without_commas

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

_SUFFIXES = (".xlsx", ".xlsm", ".csv", ".tsv", ".txt", ".csv.gz")


def can_read(path: Path) -> bool:
    """Is this a workbook or a text table by its name?"""
    return path.is_file() and path.name.lower().endswith(_SUFFIXES)


def _sheet(request: Request) -> tuple[Sheet, Tally]:
    header = request.options["header"]
    rows = None
    if header:
        if len(header) != 2 or not all(isinstance(row, int) and not isinstance(row, bool) and row > 0 for row in header):
            raise InputError(Fault(str(request.path), f"`header` is {header!r}.", "the first and the last row of the header, as [4, 5]."))
        rows = (header[0], header[1])
    found = read_sheet(request.path, request.text("sheet"), rows)
    tally = Tally(rows_in=len(found.table), rows_kept=len(found.table), remarks=list(found.remarks), encoding=found.encoding)
    return found, tally


def _column(found: Sheet, name: str, where: str) -> pd.Series[str]:
    if name not in found.table.columns:
        have = ", ".join(map(str, found.table.columns))
        raise InputError(Fault(where, f"there is no column '{name}'.", f"{have}."))
    return found.table[name]


def read_zone_table(request: Request) -> Raw:
    """Values by zone from a sheet. The key stays text; columns are converted where they are used."""
    found, tally = _sheet(request)
    keys = _column(found, request.text("key"), str(request.path))
    double = keys.duplicated(keep=False).to_numpy()
    if double.any() and not request.options["repeated"]:
        row = int(double.nonzero()[0][0])
        what = f"the zone '{keys.iloc[row]}' stands in several rows."
        raise InputError(Fault(str(request.path), what, "one row a zone.", "state `repeated = true` if that is meant", found.rows[row]))
    return Raw(tally, found.table)


def read_places(request: Request) -> Raw:
    """Places from a sheet, their kinds by a stated mapping or by the category codes of a map service."""
    import shapely

    where = str(request.path)
    found, tally = _sheet(request)
    scheme, mapping = request.text("scheme"), request.options["kinds"]
    faults = FaultList()
    if bool(scheme) == bool(mapping):
        faults.add(where, "state either `kinds` or `scheme`.", allowed=f"a mapping of categories, or one of {', '.join(SCHEMES)}.")
    columns = {name: _column(found, request.text(name), where) for name in ("id", "lon", "lat", "category")}
    faults.check()
    for name in mapping.values():
        kind(str(name))
    numbers = {name: _numbers(columns[name], found, where, faults) for name in ("lon", "lat")}
    double = columns["id"].duplicated().to_numpy()
    for row in double.nonzero()[0][:5]:
        faults.add(where, f"the id '{columns['id'].iloc[row]}' stands twice.", allowed="one row a place.", row=found.rows[row])
    faults.check()
    lon, lat = lonlat(numbers["lon"], numbers["lat"], request.datum, where, found.rows[0])
    kinds = [kind_of(scheme, text) if scheme else str(mapping.get(text, "")) for text in columns["category"]]
    kept = np.array([name != "" for name in kinds], bool)
    for row in np.nonzero(~kept)[0]:
        tally.refuse(found.rows[row], f"category '{columns['category'].iloc[row]}' means no kind")
    texts = {name: _column(found, request.text(name), where) if request.text(name) else "" for name in ("name", "address")}
    data = {"id": [f"{request.source_id}/{value}" for value in columns["id"]], "kind": kinds, **texts, "area_m2": np.nan}
    places = frame(data, np.asarray(shapely.points(lon, lat), object).reshape(len(lon)), WGS84)[kept].reset_index(drop=True)
    tally.rows_kept = len(places)
    return Raw(tally, places)


def _numbers(column: pd.Series[str], found: Sheet, where: str, faults: FaultList) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    out = np.full(len(column), np.nan)
    for row, text in enumerate(column):
        try:
            out[row] = float(without_commas(text))
        except ValueError:
            faults.add(where, f"column '{column.name}' holds '{text}'.", allowed="a number.", row=found.rows[row])
    return out


_SHEET = {
    "sheet": Option(str, "", "the sheet of a workbook; must be named where there are several"),
    "header": Option(list, [], "first and last row of the header, as [4, 5]; left out, it is found"),
}

READERS.add(
    Reader(
        "sheet_zone_table",
        ("zone_table",),
        "an Excel workbook or text table with one row a zone, titles and notes around it.",
        {
            **_SHEET,
            "key": Option(str, None, "column with the zone's id or code"),
            "repeated": Option(bool, default=False, doc="true: a zone may stand in several rows"),
        },
        can_read,
        read_zone_table,
    )
)
READERS.add(
    Reader(
        "sheet_places",
        ("places",),
        "an Excel workbook or text table of places with coordinates.",
        {
            **_SHEET,
            "id": Option(str, None, "column with the id"),
            "lon": Option(str, "lon", "column with the longitude or easting"),
            "lat": Option(str, "lat", "column with the latitude or northing"),
            "category": Option(str, None, "column with the source's own category"),
            "kinds": Option(dict, {}, "the source's category to the kind of place"),
            "scheme": Option(str, "", "instead of `kinds`: the map service whose codes the categories are (amap, baidu, overture)"),
            "name": Option(str, "", "column with the name"),
            "address": Option(str, "", "column with the address"),
        },
        can_read,
        read_places,
    )
)
