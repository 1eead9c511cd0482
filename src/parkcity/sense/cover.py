"""Land cover: codes of several maps as one list of classes, and how much of each class lies in a polygon."""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from parkcity.base.errors import Fault, InputError, UsageError
from parkcity.sense.grids import Grid, coverage, pixel_areas

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


@cache
def schemes() -> Mapping[str, Mapping[int, str]]:
    """For every scheme of codes the class of each code."""
    text = resources.files("parkcity.sense").joinpath("landcover.csv").read_text(encoding="utf-8")
    out: dict[str, dict[int, str]] = {}
    for row in csv.DictReader(text.splitlines()):
        out.setdefault(row["scheme"], {})[int(row["code"])] = row["class"]
    return out


def classes_of(scheme: str) -> Mapping[int, str]:
    """The classes of a scheme; an unknown one lists those that exist.

    >>> classes_of("worldcover")[80]
    'water'
    """
    if scheme not in schemes():
        msg = f"unknown scheme of land cover codes '{scheme}'; known: {', '.join(schemes())}"
        raise UsageError(msg)
    return schemes()[scheme]


def cover_areas(grid: Grid, scheme: str, shapes: NDArray[Any], where: str) -> pd.DataFrame:
    """Square metres of every class in every polygon (WGS 84): one row a polygon, one column a class.

    Raises `InputError` where the raster holds codes that the scheme does not have.
    """
    known = classes_of(scheme)
    codes = np.unique(grid.cells[~np.isnan(grid.cells)])
    strange = [f"{code:g}" for code in codes if code not in known]
    if strange:
        todo = f"state the right scheme ({', '.join(schemes())})"
        allowed = ", ".join(map(str, known))
        raise InputError(
            Fault(where, f"the raster holds the codes {', '.join(strange[:8])}, which '{scheme}' does not have.", allowed, todo)
        )
    owner, pixel, share = coverage(grid, shapes)
    size = pixel_areas(grid)[pixel // grid.cells.shape[1]] * share
    names = list(dict.fromkeys(known.values()))
    number = {code: names.index(name) for code, name in known.items()}
    column = np.array([number[int(code)] for code in grid.cells.ravel()[pixel]], np.int64)
    flat = np.bincount(owner * len(names) + column, size, minlength=len(shapes) * len(names))
    return pd.DataFrame(flat.reshape(len(shapes), len(names)), columns=names)


def largest_fraction(layers: Mapping[str, Grid]) -> tuple[Grid, list[str]]:
    """The class of every pixel where a map gives the fraction of each class: the largest; ties go to the class named first.

    The values of the grid are positions in the list of names. All layers must lie on one grid.
    """
    names = list(layers)
    first = layers[names[0]]
    stack = np.stack([layers[name].cells for name in names])
    empty = np.isnan(stack).all(axis=0)
    chosen = np.argmax(np.nan_to_num(stack, nan=-1.0), axis=0).astype(np.float64)
    chosen[empty] = np.nan
    return Grid(chosen, first.west, first.north, first.step_x, first.step_y, first.system), names
