"""Buildings, land use, water and green from any vector file, with the columns that an OpenStreetMap extract gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from parkcity.base.errors import FaultList
from parkcity.base.geo import WGS84, frame
from parkcity.sense.osm.metric import areas
from parkcity.sense.point_buildings import assumed_ground, remark, squares
from parkcity.sense.raw import READERS, Option, Raw, Reader, Request
from parkcity.sense.sources.vector import can_read, load_shapes

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from parkcity.sense.raw import Tally

_NUMBERS = ("height", "levels", "flats")
_AREAL = 2


def read(request: Request) -> Raw:
    """Polygons (of water lines too) as `id, class, use, name, height, levels, flats, area_m2`; what no column tells is empty.

    Raises `InputError` with every attribute that is not there, every number that is none, and every class that is not mapped.
    """
    import shapely

    where = str(request.path)
    table, tally = load_shapes(request.path, request.datum, request.text("layer"))
    faults = FaultList()
    for option in ("id", "name", "class", *_NUMBERS):
        column = request.text(option)
        if column and column not in table.columns:
            have = ", ".join(str(name) for name in table.columns if name != "geometry")
            faults.add(where, f"there is no attribute '{column}' (`{option}`).", allowed=f"the file has: {have}.")
    faults.check()
    shapes = table.geometry.to_numpy()
    size = np.where(shapely.get_dimensions(shapes) == _AREAL, areas(shapes), np.nan)
    classes = _classes(request, table, tally)
    marked = (shapely.get_dimensions(shapes) == 0) & bool(request.options["points"])
    if marked.any():
        shapes, size = _with_ground(shapes, size, classes, marked, tally)
    columns: dict[str, Any] = {
        "id": [f"{request.source_id}/{value}" for value in _texts(table, request.text("id"), range(1, len(table) + 1))],
        "class": classes,
        "use": classes,
        "name": _texts(table, request.text("name"), [""] * len(table)),
        **{name: _numbers(table, request.text(name), where, faults) for name in _NUMBERS},
        "area_m2": size,
        "ground": np.where(marked, "assumed", "drawn").astype(object),
    }
    faults.check()
    kept = np.array([name != "" for name in classes], bool)
    tally.rows_kept = int(kept.sum())
    return Raw(tally, frame(columns, shapes, WGS84)[kept].reset_index(drop=True))


def _with_ground(
    shapes: NDArray[Any], size: NDArray[np.float64], classes: list[str], marked: NDArray[np.bool_], tally: Tally
) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """The shapes and their sizes with a square of an assumed size for every point."""
    import shapely

    spots = shapely.centroid(shapes[marked])
    lon, lat = shapely.get_x(spots), shapely.get_y(spots)
    words = np.asarray(classes, object)
    assumed = assumed_ground(list(words[marked]), list(words[~marked]), size[~marked])
    shapes, size = shapes.copy(), size.copy()
    shapes[marked], size[marked] = squares(lon, lat, assumed), assumed
    tally.remarks.append(remark(assumed))
    return shapes, size


def _texts(table: gpd.GeoDataFrame, column: str, default: Any) -> list[str]:
    return [str(value) for value in default] if not column else ["" if pd.isna(value) else str(value) for value in table[column]]


def _classes(request: Request, table: gpd.GeoDataFrame, tally: Tally) -> list[str]:
    """The class of every row: the source's own word, or what `classes` maps it to; a word that is not mapped is refused."""
    words = _texts(table, request.text("class"), ["yes"] * len(table))
    mapping = {str(key): str(value) for key, value in request.options["classes"].items()}
    if not mapping:
        for row in (number for number, word in enumerate(words, start=1) if not word):
            tally.refuse(row, "the class is empty")
        return words
    for row, word in enumerate(words, start=1):
        if word not in mapping:
            tally.refuse(row, f"class '{word}' is not mapped")
    return [mapping.get(word, "") for word in words]


def _numbers(table: gpd.GeoDataFrame, column: str, where: str, faults: FaultList) -> np.ndarray[Any, np.dtype[np.float64]]:
    if not column:
        return np.full(len(table), np.nan)
    values = pd.to_numeric(table[column], errors="coerce").to_numpy(float)
    wrong = (np.isnan(values) & table[column].notna().to_numpy()) | (values < 0)
    for row in np.nonzero(wrong)[0][:5].tolist():
        faults.add(where, f"'{column}' is '{table[column].iloc[row]}'.", allowed="a number, 0 or more, or nothing.", row=row + 1)
    # A building of height or levels 0 says that nobody knows them.
    return np.where(values > 0, values, np.nan)


READERS.add(
    Reader(
        "vector_areas",
        ("buildings", "land_use", "water", "green", "control_lines"),
        "GeoJSON, GeoPackage or shapefile of buildings, land use, water or green.",
        {
            "layer": Option(str, "", "the layer inside a GeoPackage; left out, the first one"),
            "id": Option(str, "", "attribute with the id; left out, rows are numbered"),
            "name": Option(str, "", "attribute with the name"),
            "class": Option(str, "", "attribute with the class, or of a building its use; left out, `yes`"),
            "classes": Option(dict, {}, "the source's classes to those of an extract (`sense/osm/areas.csv`); left out, as they are"),
            "height": Option(str, "", "attribute with the height of a building in metres"),
            "levels": Option(str, "", "attribute with the number of storeys"),
            "flats": Option(str, "", "attribute with the number of dwellings"),
            "points": Option(bool, default=False, doc="true: points are buildings too, squares of an assumed size round them"),
        },
        can_read,
        read,
    )
)
