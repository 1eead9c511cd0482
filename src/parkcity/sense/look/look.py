"""Look at a file: what it is and what it holds, without being told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from parkcity.base.errors import Fault, InputError

if TYPE_CHECKING:
    from pathlib import Path

    from parkcity.sense.look.finding import Form, Look

_OSM = (".pbf", ".osm", ".osm.gz", ".osm.bz2", ".osm.xml", ".o5m")
_SHAPES = (".geojson", ".json", ".gpkg", ".shp", ".fgb", ".geojson.gz", ".json.gz")
_RASTERS = (".tif", ".tiff", ".img", ".asc", ".hgt", ".hgt.zip")
_PARQUET = (".parquet", ".geoparquet")
_TABLES = (".csv", ".csv.gz", ".tsv", ".txt", ".xlsx", ".xlsm")
FORMS = "an OpenStreetMap extract, a GTFS feed, GeoJSON, GeoPackage or shapefile, a raster, CSV or Excel, GeoParquet of Overture."


def form_of(path: Path) -> Form:
    """What a file is by its name and its first bytes. Raises `InputError` for what nobody here can read."""
    from parkcity.sense.gtfs.archive import looks_like_feed

    name = path.name.lower()
    if not path.exists():
        raise InputError(Fault(str(path), "there is no such file.", todo="correct the path"))
    known: tuple[tuple[tuple[str, ...], Form], ...] = (
        (_OSM, "osm"),
        (_RASTERS, "raster"),
        (_SHAPES, "shapes"),
        (_TABLES, "table"),
        (_PARQUET, "overture"),
    )
    for suffixes, form in known:
        if path.is_file() and name.endswith(suffixes):
            return form
    if looks_like_feed(path):
        return "gtfs"
    raise InputError(Fault(str(path), "this is no file of a kind that can be read.", FORMS))


def look(path: Path) -> list[Look]:
    """What a file holds: one entry, or one for every layer of a GeoPackage. Raises `InputError` with every fault."""
    from parkcity.sense.look import extract, feed, grid, overture, rows

    form = form_of(path)
    lookers = {
        "osm": extract.look_extract,
        "gtfs": feed.look_feed,
        "raster": grid.look_raster,
        "table": rows.look_table,
        "overture": overture.look_overture,
    }
    return rows.look_shapes(path) if form == "shapes" else [lookers[form](path)]
