"""People by polygons or H3 cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from parkcity.base.errors import Fault, FaultList, InputError
from parkcity.base.geo import WGS84, frame
from parkcity.base.tables import Column, Schema, read_csv
from parkcity.sense.osm.metric import areas
from parkcity.sense.raw import READERS, Option, Raw, Reader, Request, Tally
from parkcity.sense.shapes import polygons_only
from parkcity.sense.sources.vector import can_read as is_vector
from parkcity.sense.sources.vector import load_shapes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray


_H3_DIGITS = 16


def is_table(path: Path) -> bool:
    """Is this a text table by its name?"""
    return path.is_file() and path.name.lower().endswith((".csv", ".tsv", ".txt", ".csv.gz"))


def _counts(request: Request) -> list[str]:
    counts = [str(name) for name in request.options["counts"]]
    if not counts:
        raise InputError(Fault(str(request.path), "`counts` is empty.", "at least one column with counts of people."))
    return counts


def _without_blanks(request: Request, table: pd.DataFrame, counts: Sequence[str], tally: Tally) -> None:
    """Empty counts become 0 where the source was declared so, each column with a remark."""
    if not request.options["empty_is_zero"]:
        return
    for name in counts:
        if name in table.columns:
            blank = table[name].isna() | (table[name].astype(str).str.strip() == "")
            if blank.any():
                table[name] = table[name].where(~blank, "0" if pd.api.types.is_string_dtype(table[name]) else 0)
                tally.remarks.append(f"{name}: empty in {int(blank.sum())} rows, taken as 0")


def _cells(ids: Sequence[str], shapes: NDArray[Any], table: pd.DataFrame, tally: Tally) -> Raw:
    import shapely

    inner = shapely.get_coordinates(shapely.point_on_surface(shapes)).reshape(-1, 2)
    columns: dict[str, Any] = {"id": list(ids), "centre_lon": inner[:, 0], "centre_lat": inner[:, 1], "area_m2": areas(shapes)}
    columns |= {str(name): table[name].to_numpy() for name in table.columns if name not in {*columns, "geometry"}}
    tally.rows_kept = len(shapes)
    return Raw(tally, frame(columns, shapes, WGS84))


def read_polygons(request: Request) -> Raw:
    """Polygons with counts of people as cells: a population grid, census blocks."""
    where = str(request.path)
    counts, key = [str(name) for name in request.options["counts"]], request.text("id")
    table, tally = load_shapes(request.path, request.datum, request.text("layer"))
    polygons_only(table.geometry.to_numpy(), where)
    _without_blanks(request, table, counts, tally)
    faults = FaultList()
    for name in [*counts, *([key] if key else [])]:
        if name not in table.columns:
            have = ", ".join(str(column) for column in table.columns if column != "geometry")
            faults.add(where, f"there is no attribute '{name}'.", allowed=f"the file has: {have}.")
    faults.check()
    for name in counts:
        numbers = pd.to_numeric(table[name], errors="coerce").to_numpy(float)
        for row in np.nonzero(~np.isfinite(numbers) | (numbers < 0))[0][:5]:
            faults.add(where, f"'{name}' is '{table[name].iloc[row]}'.", allowed="a number of persons, 0 or more.", row=int(row) + 1)
        tally.remarks.append(f"{name}: {np.nansum(numbers):,.0f} in {len(table)} cells")
    faults.check()
    ids = [str(value) for value in table[key]] if key else [str(row + 1) for row in range(len(table))]
    _unique(ids, where)
    return _cells(ids, table.geometry.to_numpy(), table, tally)


def read_h3(request: Request) -> Raw:
    """A table of H3 cells with counts of people."""
    import h3
    import shapely

    where = str(request.path)
    counts, key = _counts(request), request.text("id")
    table, encoding = read_csv(request.path, request.text("encoding") or None)
    tally = Tally(rows_in=len(table), encoding=encoding)
    _without_blanks(request, table, counts, tally)
    columns = (Column(key), *(Column(name, "number", "persons", minimum=0) for name in counts))
    typed, found = Schema(columns).check(table, where)
    faults = FaultList(list(found))
    faults.check()
    for row, text in enumerate(typed[key]):
        # H3 indexes are of 64 bits; longer texts would overflow.
        if len(text) > _H3_DIGITS or not h3.is_valid_cell(text):
            faults.add(where, f"'{text}' is no H3 cell.", allowed="an H3 index such as 89a901291abffff.", row=row + 2)
    faults.check()
    _unique(list(typed[key]), where)
    rings = [[(lon, lat) for lat, lon in h3.cell_to_boundary(text)] for text in typed[key]]
    shapes = np.array([shapely.Polygon(ring) for ring in rings], object)
    sizes = sorted({h3.get_resolution(text) for text in typed[key]})
    tally.remarks.append(f"H3 resolution {', '.join(map(str, sizes))}")
    tally.remarks += [f"{name}: {typed[name].sum():,.0f} in {len(typed)} cells" for name in counts]
    return _cells(list(typed[key]), shapes, typed, tally)


def _unique(ids: Sequence[str], where: str) -> None:
    double = pd.Series(ids).duplicated().to_numpy()
    if double.any():
        row = int(double.nonzero()[0][0])
        raise InputError(Fault(where, f"the cell '{ids[row]}' stands twice.", "one row a cell.", row=row + 1))


_EMPTY = Option(bool, default=False, doc="true: an empty count means 0")

READERS.add(
    Reader(
        "polygon_cells",
        ("cells", "counts"),
        "GeoJSON, GeoPackage or shapefile of polygons with counts of people.",
        {
            "layer": Option(str, "", "the layer inside a GeoPackage; left out, the first one"),
            "id": Option(str, "", "attribute with the cell's id; left out, cells are numbered"),
            "counts": Option(list, [], "attributes with counts of people; left out where a table by the cells' ids holds them"),
            "empty_is_zero": _EMPTY,
        },
        is_vector,
        read_polygons,
    )
)
READERS.add(
    Reader(
        "h3_cells",
        ("cells", "counts"),
        "a CSV table of H3 cells with counts of people.",
        {
            "encoding": Option(str, "", "the encoding; left out, it is detected"),
            "id": Option(str, "id", "column with the H3 index"),
            "counts": Option(list, None, "columns with counts of people"),
            "empty_is_zero": _EMPTY,
        },
        is_table,
        read_h3,
    )
)
