"""What an export holds: the layers of the twin as tables, the values of the last check-up, and the sources with their licences."""

from __future__ import annotations

import csv
import fnmatch
import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from parkcity.base.errors import Fault, InputError, UsageError
from parkcity.base.geo import WGS84, frame
from parkcity.serve.tables import CELLS, ZONES, shape_tables

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import geopandas as gpd
    from numpy.typing import NDArray

    from parkcity.twin.twin import Twin

_MANIFEST = "manifest.json"
_SOURCE_COLUMNS = ("id", "layer", "date", "licence", "attribution", "datum", "coverage", "note", "hash")


@dataclass(frozen=True)
class Content:
    """Tables with shapes (WGS 84) by name, plain tables by name, and whom to name as the sources."""

    shapes: dict[str, gpd.GeoDataFrame]
    plain: dict[str, pd.DataFrame]
    attribution: str
    has_values: bool


def content_of(twin: Twin, report: Path, layers: Sequence[str] = (), indicators: Sequence[str] = (), *, headlines: bool = False) -> Content:
    """Everything to export: all layers or those named, all values of the check-up or those that fit a pattern such as `life_circle.*`.

    `headlines`: without patterns, only the values that a report begins with.

    Values are those of the check-up in `report`, if it was made from this twin; cells and zones carry them as columns named by
    the indicator's id with underscores. Raises `InputError` where values are asked for by name but there is no such check-up, and
    `UsageError` for layers and patterns that nothing fits.
    """
    rows = _rows(twin, report)
    if indicators and rows is None:
        todo = f"run parkcity check {twin.spec.folder} first"
        raise InputError(Fault(str(report), "there is no check-up of this twin whose values could be exported.", todo=todo))
    wanted = _wanted(rows, indicators, headlines=headlines) if rows else set()
    values = _cell_values(twin, report, wanted) if wanted else {}
    tables = shape_tables(twin, layers, values)
    plain = {
        "sources": pd.DataFrame(
            [[row[name] for name in _SOURCE_COLUMNS] for row in twin.manifest["sources"]], columns=list(_SOURCE_COLUMNS)
        )
    }
    if wanted and rows:
        kept = [row for row in rows if row["indicator"] in wanted]
        plain["indicators"] = _typed(kept)
        if ZONES in tables:
            tables[ZONES] = _with_values(tables[ZONES], plain["indicators"])
    names = dict.fromkeys(f"{row['attribution']} ({row['licence']})" for row in twin.manifest["sources"])
    return Content(tables, plain, "; ".join(names), has_values=bool(wanted))


def _rows(twin: Twin, report: Path) -> list[dict[str, str]] | None:
    """The rows of the check-up of this very twin, or None."""
    try:
        manifest = json.loads((report / _MANIFEST).read_text(encoding="utf-8"))
        if manifest["twin"] != twin.hash:
            return None
        text = (report / "indicators.csv").read_text(encoding="utf-8-sig")
    except (OSError, json.JSONDecodeError, KeyError, TypeError):
        return None
    return list(csv.DictReader(io.StringIO(text)))


def _wanted(rows: list[dict[str, str]], patterns: Sequence[str], *, headlines: bool) -> set[str]:
    """The measured indicators that fit any pattern; where there is none all, or the headlines."""
    from parkcity.insight.registry import INDICATORS

    known = sorted({row["indicator"] for row in rows})
    if not patterns:
        first = {indicator.id for indicator in INDICATORS if indicator.headline}
        return first & set(known) if headlines else set(known)
    lost = [pattern for pattern in patterns if not fnmatch.filter(known, pattern)]
    if lost:
        msg = f"no measured indicator fits {', '.join(lost)}; `parkcity indicators CITY` lists them"
        raise UsageError(msg)
    return {name for pattern in patterns for name in fnmatch.filter(known, pattern)}


def column_of(indicator: str, group: str) -> str:
    """The name of an indicator's column: dots become underscores, and a group other than all stands behind."""
    name = indicator.replace(".", "_")
    return name if group == "all" else f"{name}_{group}"


def _cell_values(twin: Twin, report: Path, wanted: set[str]) -> dict[str, NDArray[Any]]:
    """The columns of the check-up's cells that belong to wanted indicators, or count residents or minutes."""
    import pyogrio

    path = report / "cells.gpkg"
    try:
        table = pyogrio.read_dataframe(path, layer=CELLS, read_geometry=False)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        todo = f"run parkcity check {twin.spec.folder} again"
        raise InputError(Fault(str(path), f"the map file of the check-up cannot be read ({error}).", todo=todo)) from None
    place = pd.Series(np.arange(len(table)), index=table["id"].astype(str)).reindex(twin.cells["id"].astype(str))
    if place.isna().any():
        raise InputError(Fault(str(path), "its cells are not those of the twin.", todo=f"run parkcity check {twin.spec.folder} again"))
    stems = {name.replace(".", "_") for name in wanted}
    kept = [name for name in table.columns if name.startswith(("residents_", "minutes_")) or any(_is_of(name, stem) for stem in stems)]
    return {str(name): table[name].to_numpy()[place.to_numpy(int)] for name in kept}


def _is_of(column: str, stem: str) -> bool:
    from parkcity.insight.registry import ACCESS_GROUPS

    return column == stem or any(column == f"{stem}_{group}" for group in (*ACCESS_GROUPS, "adults"))


def _typed(rows: list[dict[str, str]]) -> pd.DataFrame:
    table = pd.DataFrame(rows)
    for name in ("value", "part", "whole"):
        table[name] = pd.to_numeric(table[name].replace("", np.nan))
    return table


def _with_values(zones: gpd.GeoDataFrame, rows: pd.DataFrame) -> gpd.GeoDataFrame:
    """Zones with a column for every indicator and group; empty where nothing is known."""
    named = rows.assign(column=[column_of(name, group) for name, group in zip(rows["indicator"], rows["group"], strict=True)])
    wide = named.pivot_table(index=["tier", "zone"], columns="column", values="value", aggfunc="first")
    found = wide.reindex(pd.MultiIndex.from_arrays([zones["tier"].astype(str), zones["id"].astype(str)]))
    columns: dict[str, Any] = {str(name): zones[name].to_numpy() for name in zones.columns if name != "geometry"}
    columns |= {str(name): found[name].to_numpy(float) for name in found.columns if str(name) not in columns}
    return frame(columns, zones.geometry.to_numpy(), WGS84)
