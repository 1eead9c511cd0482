"""A look at tables and at shapes."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
import shapely

from parkcity.base.errors import Fault, InputError
from parkcity.base.geo import epsg_of
from parkcity.base.tables import read_bytes, read_csv
from parkcity.sense.look.columns import named
from parkcity.sense.look.finding import Geometry, Look, date_in_name
from parkcity.sense.shapefile import system_fault

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from parkcity.sense.look.finding import Box

_EXCEL = (".xlsx", ".xlsm")
_TEXT = (".geojson", ".json", ".gz")
_UNSAID = "WGS84"
_GEOMETRY: tuple[Geometry, ...] = ("points", "lines", "polygons")


def look_table(path: Path) -> Look:
    """A table of texts, with the box of its coordinates where two columns hold degrees."""
    facts = {}
    try:
        table, encoding = _sheet(path) if path.suffix.lower() in _EXCEL else read_csv(path)
        facts["sheet"] = path.suffix.lower() in _EXCEL
    except InputError:
        if path.suffix.lower() in _EXCEL:
            raise
        # Titles above the header or notes below the rows: a sheet, though it ends in .csv.
        table, encoding = _sheet(path)
        facts["sheet"] = True
    box = _degrees(table)
    return Look(path, "table", box=box, encoding=encoding, date=date_in_name(path), rows=len(table), table=table, facts=facts)


def _sheet(path: Path) -> tuple[pd.DataFrame, str]:
    from parkcity.sense.sheets import read_sheet

    found = read_sheet(path, "", None)
    return found.table, found.encoding


def coordinates(table: pd.DataFrame) -> tuple[str, str] | None:
    """The names of the columns with longitude and latitude, or None."""
    columns = [str(name) for name in table.columns]
    lon, lat = named(columns, "lon"), named(columns, "lat")
    return (lon[0], lat[0]) if lon and lat else None


def _degrees(table: pd.DataFrame) -> Box | None:
    import pandas as pd

    names = coordinates(table)
    if names is None:
        return None
    lon, lat = (pd.to_numeric(table[name], errors="coerce").to_numpy(float) for name in names)
    there = np.isfinite(lon) & np.isfinite(lat)
    if not there.any() or np.abs(lon[there]).max() > 180 or np.abs(lat[there]).max() > 90:
        return None
    return float(lon[there].min()), float(lat[there].min()), float(lon[there].max()), float(lat[there].max())


def look_shapes(path: Path) -> list[Look]:
    """Every layer of a vector file that has a geometry."""
    import pyogrio

    if path.suffix.lower() != ".gpkg":
        return [_layer(path, "", None)]
    try:
        with warnings.catch_warnings():
            # What the library mutters about a damaged head is told by the reader, or does no harm.
            warnings.simplefilter("ignore")
            layers = [(str(name), pyogrio.read_info(path, layer=name)["crs"]) for name, kind in pyogrio.list_layers(path) if kind]
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pyogrio.errors.FieldError, OverflowError, ValueError) as error:
        raise InputError(Fault(str(path), f"the file cannot be read ({error}).")) from None
    if not layers:
        raise InputError(Fault(str(path), "the file has no layer with a geometry.", "points, lines or polygons."))
    return [_layer(path, name, crs) for name, crs in layers]


def _layer(path: Path, layer: str, crs: str | None) -> Look:
    from parkcity.sense.sources.vector import load_shapes

    datum = epsg_of(crs) or _stated(path)
    table, tally = load_shapes(path, datum, layer)
    dimensions = np.unique(shapely.get_dimensions(table.geometry.to_numpy()))
    if len(dimensions) > 1 and 2 in dimensions:
        dimensions = np.array([2])
    west, south, east, north = (float(edge) for edge in table.total_bounds)
    facts = {"remarks": tally.remarks, "mixed": len(set(table.geometry.geom_type.str.removeprefix("Multi"))) > 1}
    form = _GEOMETRY[int(dimensions[0])]
    return Look(path, "shapes", layer, form, (west, south, east, north), datum, "", date_in_name(path), len(table), table, facts)


def _stated(path: Path) -> str:
    """The system that a vector file states. GeoJSON without a word is WGS 84 by its standard; a shapefile without one is refused."""
    import pyogrio

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            crs = pyogrio.read_info(read_bytes(path) if path.suffix.lower() in _TEXT else path)["crs"]
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pyogrio.errors.FieldError, OverflowError, ValueError):
        # What is wrong with the file is told by the reader, with the line.
        return _UNSAID
    known = epsg_of(crs)
    if known is None and path.suffix.lower() == ".shp":
        fault = system_fault(path, None, "")
        raise InputError(fault or Fault(str(path), "there is no .prj.", todo="ask the publisher for it"))
    return known or _UNSAID
