"""GeoJSON, GeoPackage and shapefiles: zones, places and lines for drawing."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.errors import Fault, InputError
from parkcity.base.geo import WGS84, epsg_of, frame, normalise_datum, to_wgs84
from parkcity.base.tables import read_bytes
from parkcity.sense.geojson import checked_geojson
from parkcity.sense.kinds import kind
from parkcity.sense.raw import READERS, Option, Raw, Reader, Request, Tally
from parkcity.sense.shapefile import dbf_encoding
from parkcity.sense.shapes import lonlat, polygons_only, repaired

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

_MOST_DEGREES = np.array([360.0, 90.0, 360.0, 90.0])
_SUFFIXES = (".geojson", ".json", ".gpkg", ".shp", ".fgb", ".geojson.gz", ".json.gz")


def can_read(path: Path) -> bool:
    """Is this a vector file by its name?"""
    return path.is_file() and path.name.lower().endswith(_SUFFIXES)


def load_shapes(path: Path, datum: str, layer: str = "") -> tuple[gpd.GeoDataFrame, Tally]:
    """All rows of a vector file, moved to WGS 84.

    The system that the file itself declares must agree with the declared datum unless that is a map datum (GCJ-02,
    BD-09), which no file format can declare.
    """
    import pyogrio
    import shapely

    where = str(path)
    source: Any = path
    if path.name.lower().endswith((".geojson", ".json", ".geojson.gz", ".json.gz")):
        source = checked_geojson(read_bytes(path), where)
    reading: dict[str, Any] = {"layer": layer or None}
    if path.suffix.lower() == ".shp":
        # Shapefiles rarely say their encoding; the texts do.
        reading["encoding"] = dbf_encoding(path)[0]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            table = pyogrio.read_dataframe(source, **reading)
    except (
        pyogrio.errors.DataSourceError,
        pyogrio.errors.DataLayerError,
        pyogrio.errors.FieldError,
        shapely.errors.ShapelyError,
        UnicodeDecodeError,
        OverflowError,
        ValueError,
    ) as error:
        # Shapes that cannot exist and texts in another encoding than the file says come up while it is read.
        raise InputError(Fault(where, f"the file cannot be read ({error}).")) from None
    double = sorted({str(name) for name in table.columns if list(table.columns).count(name) > 1})
    if double:
        raise InputError(Fault(where, f"attributes stand twice: {', '.join(double)}.", todo="rename one of them"))
    if "geometry" not in table.columns:
        raise InputError(Fault(where, "the file has no geometry.", "points, lines or polygons."))
    tally = Tally(rows_in=len(table), encoding=reading.get("encoding", ""))
    declared, own = normalise_datum(datum), epsg_of(table.crs)
    if own is not None and declared.startswith("EPSG:") and own != declared:
        bounds = shapely.total_bounds(table.geometry.to_numpy())
        if own != WGS84 or bool(np.all(np.abs(bounds) <= _MOST_DEGREES)):
            todo = f'state `datum = "{own}"` in city.toml if the file is right'
            raise InputError(Fault(where, f"the file says {own}, city.toml says {declared}.", "one system.", todo))
        # Numbers of this size are no degrees, whatever the file says of itself.
        tally.remarks.append(f"the file says {own}, which its numbers contradict; they were read as {declared}")
    missing = table.geometry.isna() | table.geometry.is_empty
    for row in missing.to_numpy().nonzero()[0]:
        tally.refuse(int(row) + 1, "no geometry")
    table = table[~missing].reset_index(drop=True)
    if table.empty:
        raise InputError(Fault(where, "the layer is empty.", "at least one row with a geometry."))
    shapes = table.geometry.to_numpy()
    west, south, east, north = shapely.total_bounds(shapes)
    lonlat(np.array([west, east]), np.array([south, north]), declared, where, 1)
    moved = shapely.transform(shapely.force_2d(shapes), lambda points: np.column_stack(to_wgs84(points[:, 0], points[:, 1], declared)))
    moved = repaired(moved, [str(value) for value in range(1, len(moved) + 1)], tally)
    columns = {str(name): table[name] for name in table.columns if name != "geometry"}
    tally.rows_kept = len(table)
    return frame(columns, moved, WGS84), tally


def read_zones(request: Request) -> Raw:
    """Polygons with their attributes."""
    table, tally = load_shapes(request.path, request.datum, request.text("layer"))
    polygons_only(table.geometry.to_numpy(), str(request.path))
    return Raw(tally, table)


def read_lines(request: Request) -> Raw:
    """Lines or polygons for drawing, with the class column renamed to `class`."""
    table, tally = load_shapes(request.path, request.datum, request.text("layer"))
    return Raw(tally, _renamed(table, {request.text("class"): "class"}, str(request.path)))


def read_places(request: Request) -> Raw:
    """Places of one kind: points, or polygons that keep their shape."""
    where = str(request.path)
    kind(request.text("kind"))
    table, tally = load_shapes(request.path, request.datum, request.text("layer"))
    only = request.text("only_geometry")
    if only:
        other = (table.geometry.geom_type != only).to_numpy()
        if other.any():
            tally.remarks.append(f"{int(other.sum())} rows are not of type {only} and belong to another layer")
        tally.rows_in -= int(other.sum())
        table = table[~other].reset_index(drop=True)
    if table.empty:
        raise InputError(Fault(where, f"no row has the geometry '{only}'.", "at least one."))
    table = _with_values(request, table, tally)
    names = {request.text("id"): "id", request.text("name"): "name"}
    if not request.text("id"):
        table["id"] = np.arange(1, len(table) + 1)
    if request.text("id") and request.text("id") == request.text("name") in table.columns:
        # One attribute is both.
        table["id"] = table["name"] = table[request.text("id")]
    else:
        table = _renamed(table, names, where)
    table["id"] = [f"{request.source_id}/{_plain_id(value)}" for value in table["id"]]
    table["kind"] = request.text("kind")
    for column in ("name", "address"):
        if column not in table.columns:
            table[column] = ""
    table["name"] = table["name"].fillna("")
    table["area_m2"] = np.nan
    table["row"] = np.arange(1, len(table) + 1, dtype=np.int32)
    tally.rows_kept = len(table)
    return Raw(tally, table[["id", "kind", "name", "address", "area_m2", "row", "geometry"]])


def _with_values(request: Request, table: gpd.GeoDataFrame, tally: Tally) -> gpd.GeoDataFrame:
    """The rows that hold the values asked for in the attributes that `only` names."""
    only = {str(name): str(value) for name, value in request.options["only"].items()}
    where, mine = str(request.path), np.ones(len(table), bool)
    missing = [name for name in only if name not in table.columns]
    if missing:
        have = ", ".join(str(name) for name in table.columns if name != "geometry")
        raise InputError([Fault(where, f"there is no attribute '{name}'.", f"the file has: {have}.", "correct `only`") for name in missing])
    for name, value in only.items():
        mine &= (table[name].astype(str) == value).to_numpy(bool)
    if not mine.any():
        told = ", ".join(f"{name} = {value}" for name, value in only.items())
        raise InputError(Fault(where, f"no row has {told}.", "values that stand in the file.", "correct `only`"))
    if not mine.all():
        tally.remarks.append(f"{int((~mine).sum())} rows have other values of {', '.join(only)} and belong to another layer")
        tally.rows_in -= int((~mine).sum())
    return table[mine].reset_index(drop=True)


def _plain_id(value: object) -> str:
    """An id as text; whole numbers that a format widened to floats lose their '.0'."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _renamed(table: gpd.GeoDataFrame, names: dict[str, str], where: str) -> gpd.GeoDataFrame:
    wanted = {old: new for old, new in names.items() if old}
    missing = [old for old in wanted if old not in table.columns]
    if missing:
        have = ", ".join(str(name) for name in table.columns if name != "geometry")
        raise InputError([Fault(where, f"there is no attribute '{old}'.", f"the file has: {have}.") for old in missing])
    return table.rename(columns=wanted)


_LAYER = Option(str, "", "the layer inside a GeoPackage; left out, the first one")

READERS.add(Reader("vector_zones", ("zones",), "GeoJSON, GeoPackage or shapefile of polygons.", {"layer": _LAYER}, can_read, read_zones))
READERS.add(
    Reader(
        "vector_lines",
        ("basemap",),
        "GeoJSON, GeoPackage or shapefile of lines.",
        {"layer": _LAYER, "class": Option(str, "", "attribute with the class of a line")},
        can_read,
        read_lines,
    )
)
READERS.add(
    Reader(
        "vector_places",
        ("places",),
        "GeoJSON, GeoPackage or shapefile of places of one kind.",
        {
            "layer": _LAYER,
            "kind": Option(str, None, "the kind of all places in the file"),
            "id": Option(str, "", "attribute with the id; left out, places are numbered in the order of the file"),
            "name": Option(str, "", "attribute with the name"),
            "only_geometry": Option(str, "", "keep only rows of this geometry type, such as Point"),
            "only": Option(dict, {}, 'keep only rows with these values, as { site_type = "park" }'),
        },
        can_read,
        read_places,
    )
)
