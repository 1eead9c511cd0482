"""Look at a file: what it is and what it holds, without being told."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from parkcity.base.errors import Fault, InputError

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd

    Box = tuple[float, float, float, float]

Form = Literal["osm", "gtfs", "raster", "shapes", "table"]
Geometry = Literal["", "points", "lines", "polygons"]
_OSM = (".pbf", ".osm", ".osm.gz", ".osm.bz2", ".osm.xml", ".o5m")
_SHAPES = (".geojson", ".json", ".gpkg", ".shp", ".fgb", ".geojson.gz", ".json.gz")
_RASTERS = (".tif", ".tiff", ".img", ".asc", ".hgt", ".hgt.zip")
_TABLES = (".csv", ".csv.gz", ".tsv", ".txt", ".xlsx", ".xlsm")
FORMS = "an OpenStreetMap extract, a GTFS feed, GeoJSON, GeoPackage or shapefile, a raster, CSV or Excel."
_DAY = re.compile(r"(?<!\d)(19|20)(\d\d)[-_]?(0[1-9]|1[0-2])[-_]?(0[1-9]|[12]\d|3[01])(?!\d)")
_YEAR = re.compile(r"(?<!\d)(19|20)\d\d(?!\d)")


@dataclass(frozen=True)
class Look:
    """What a file (or one layer of it) turned out to be.

    `box` is west, south, east, north in WGS 84 where known; `datum` as in `city.toml`, empty where the file does not say;
    `date` as precise as the file says, empty where it does not; `table` holds the rows (texts for tables, with geometry in
    WGS 84 for shapes); `facts` are what else was found, by name.
    """

    path: Path
    form: Form
    layer: str = ""
    geometry: Geometry = ""
    box: Box | None = None
    datum: str = ""
    encoding: str = ""
    date: str = ""
    rows: int = 0
    table: pd.DataFrame | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def columns(self) -> list[str]:
        """The names of the columns, without the geometry."""
        return [] if self.table is None else [str(name) for name in self.table.columns if name != "geometry"]

    @property
    def shapes(self) -> gpd.GeoDataFrame:
        """The rows with their geometry."""
        import geopandas as gpd

        assert isinstance(self.table, gpd.GeoDataFrame)
        return self.table


def form_of(path: Path) -> Form:
    """What a file is by its name and its first bytes. Raises `InputError` for what nobody here can read."""
    from parkcity.sense.gtfs.archive import looks_like_feed

    name = path.name.lower()
    if not path.exists():
        raise InputError(Fault(str(path), "there is no such file.", todo="correct the path"))
    known: tuple[tuple[tuple[str, ...], Form], ...] = ((_OSM, "osm"), (_RASTERS, "raster"), (_SHAPES, "shapes"), (_TABLES, "table"))
    for suffixes, form in known:
        if path.is_file() and name.endswith(suffixes):
            return form
    if looks_like_feed(path):
        return "gtfs"
    raise InputError(Fault(str(path), "this is no file of a kind that can be read.", FORMS))


def look(path: Path) -> list[Look]:
    """What a file holds: one entry, or one for every layer of a GeoPackage. Raises `InputError` with every fault."""
    from parkcity.sense.look import extract, feed, grid, rows

    form = form_of(path)
    lookers = {"osm": extract.look_extract, "gtfs": feed.look_feed, "raster": grid.look_raster, "table": rows.look_table}
    return rows.look_shapes(path) if form == "shapes" else [lookers[form](path)]


def date_in_name(path: Path) -> str:
    """The date or year that a file's name states, or an empty text.

    >>> from pathlib import Path
    >>> date_in_name(Path("las_palmas_20230221.osm.pbf")), date_in_name(Path("grid_2020_100m.tif")), date_in_name(Path("a.csv"))
    ('2023-02-21', '2020', '')
    """
    day = _DAY.search(path.name)
    if day:
        return f"{day[1]}{day[2]}-{day[3]}-{day[4]}"
    year = _YEAR.search(path.name)
    return year[0] if year else ""
