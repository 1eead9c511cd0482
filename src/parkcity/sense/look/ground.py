"""A look at what lies on the ground: models of heights and maps of land cover."""

from __future__ import annotations

import csv
import re
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np
import shapely

from parkcity.base.errors import Fault, InputError
from parkcity.sense.cover import schemes
from parkcity.sense.grids import Grid, grid_facts, read_thumbnail
from parkcity.sense.look.finding import Look, date_in_name

if TYPE_CHECKING:
    from pathlib import Path

    from parkcity.sense.look.finding import Box

_RASTER = (".tif", ".tiff", ".img", ".asc")
_MOST_CODES = 256
_WORD = re.compile(r"[a-z]+")


def look_heights(path: Path) -> Look:
    """Extent, lowest and highest value and size of a pixel (degrees of latitude) of a model of heights, from a million of its pixels.

    Raises `InputError` where the file is no raster, or where it holds no height at all.
    """
    grid = read_thumbnail(path)
    if np.isnan(grid.cells).all():
        raise InputError(Fault(str(path), "the raster holds no height: every pixel is without data.", "heights in metres."))
    box = _box(grid)
    facts = {
        "low": float(np.nanmin(grid.cells)),
        "high": float(np.nanmax(grid.cells)),
        "pixel_deg": (box[3] - box[1]) / grid_facts(path).height,
    }
    return Look(path, "raster", box=box, datum=grid.system, date=date_in_name(path), rows=grid.cells.size, facts=facts)


def look_cover(path: Path) -> Look:
    """A map of land cover codes and the schemes that have all of its codes, or a folder with a raster of per cents for each class.

    Of schemes with the same codes the one that the file's name tells is taken; `facts["schemes"]` holds all that are possible.
    """
    if path.is_dir():
        return _look_fractions(path)
    grid = read_thumbnail(path)
    codes = np.unique(grid.cells[~np.isnan(grid.cells)])
    if not len(codes):
        raise InputError(Fault(str(path), "the raster holds no code: every pixel is without data.", "codes of land cover."))
    if len(codes) > _MOST_CODES or not np.equal(codes, np.round(codes)).all():
        what = f"the raster holds {len(codes):,} values from {codes[0]:g} to {codes[-1]:g}, which are no codes of land cover."
        raise InputError(Fault(str(path), what, f"codes of {', '.join(schemes())}.", "give a map of classes"))
    fits = [name for name, classes in schemes().items() if all(int(code) in classes for code in codes)]
    named = _scheme_in_name(path)
    if named in fits:
        fits = [named]
    facts = {"codes": [int(code) for code in codes], "schemes": fits}
    return Look(path, "raster", box=_box(grid), datum=grid.system, date=date_in_name(path), rows=grid.cells.size, facts=facts)


def _look_fractions(folder: Path) -> Look:
    files = sorted(entry for entry in folder.iterdir() if entry.name.lower().endswith(_RASTER))
    classes: dict[str, str] = {}
    unknown: list[str] = []
    for entry in files:
        found = _class_in_name(entry)
        if found and found not in classes:
            classes[found] = entry.name
        else:
            unknown.append(entry.name)
    if not classes:
        allowed = "one raster of per cents for each class, its file named after the class, such as landcover_Tree.tif."
        raise InputError(Fault(str(folder), "no raster in the folder is named after a class of land cover.", allowed))
    grid = read_thumbnail(folder / next(iter(classes.values())))
    facts = {"fractions": classes, "unknown": unknown}
    return Look(folder, "fractions", box=_box(grid), datum=grid.system, date=date_in_name(folder), rows=len(classes), facts=facts)


def _box(grid: Grid) -> Box:
    height, width = grid.cells.shape
    corners = grid.boxes(np.array([0, height - 1]), np.array([0, width - 1]))
    west, south, east, north = (float(edge) for edge in shapely.total_bounds(corners))
    return west, south, east, north


@cache
def _words() -> dict[str, dict[str, str]]:
    """For `scheme` and `class` the words by which the names of files tell them."""
    text = resources.files("parkcity.sense.look").joinpath("cover_words.csv").read_text(encoding="utf-8")
    found: dict[str, dict[str, str]] = {"scheme": {}, "class": {}}
    for row in csv.DictReader(text.splitlines()):
        found[row["what"]][row["word"]] = row["value"]
    return found


def _scheme_in_name(path: Path) -> str:
    folded = path.name.lower()
    return next((value for word, value in _words()["scheme"].items() if word in folded), "")


def _class_in_name(path: Path) -> str:
    """The class that the last known word of a file's name means: a raster of trees may well lie in a set named after land cover."""
    words = _WORD.findall(path.name.split(".", maxsplit=1)[0].lower())
    return next((_words()["class"][word] for word in reversed(words) if word in _words()["class"]), "")
