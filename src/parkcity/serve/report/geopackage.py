"""`cells.gpkg`: cells, zones, places and failures as layers that open styled in QGIS."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.cache import atomic_path
from parkcity.base.geo import WGS84, frame
from parkcity.base.times import parse_date
from parkcity.insight.registry import ACCESS_GROUPS
from parkcity.serve.report.qgis import style_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import geopandas as gpd

    from parkcity.insight.run import Measured
    from parkcity.twin.twin import Twin


def write_geopackage(path: Path, twin: Twin, measured: list[Measured]) -> None:
    """Write the layers and their styles. The same twin gives the same bytes: dates inside are those of the data."""
    import pyogrio

    as_of = parse_date(str(twin.manifest["as_of"]))[0]
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": f"{as_of.isoformat()}T00:00:00.000Z"})
    layers = {"cells": cells_table(twin, measured), "zones": twin.zones, "places": twin.places}
    if twin.has("attachments"):
        layers["failures"] = _failures(twin)
    with atomic_path(path) as temporary:
        temporary.unlink()
        for name, table in layers.items():
            pyogrio.write_dataframe(table, temporary, layer=name, driver="GPKG", append=temporary.exists())
        write_styles(temporary, as_of.isoformat(), {name: style_of(name, table) for name, table in layers.items()})


def cells_table(twin: Twin, measured: list[Measured]) -> gpd.GeoDataFrame:
    """One row a cell: residents by group, zone of every tier, and a column for every indicator and group."""
    columns: dict[str, Any] = {"id": twin.cells["id"].to_numpy(), "area_m2": twin.cells["area_m2"].to_numpy()}
    for tier in twin.tiers:
        names = twin.tier_zones(tier)["id"].to_numpy()
        member = twin.member(tier)
        columns[tier] = np.where(member >= 0, names[np.maximum(member, 0)], None)
    for group in (group for group in ACCESS_GROUPS if group in twin.groups):
        columns[f"residents_{group}"] = twin.residents(group).astype(np.int64)
    shared = measured[0].inputs
    for need in shared.measurable_needs():
        columns[f"minutes_{need}"] = _finite(shared.minutes(need))
    for item in measured:
        if item.indicator.form != "Distribution" or item.indicator.id.endswith(".mean"):
            suffix = "" if item.group == "all" else f"_{item.group}"
            columns[f"{item.indicator.id.replace('.', '_')}{suffix}"] = _finite(item.cell_values())
    return frame(columns, twin.cells.geometry.to_numpy(), WGS84)


def _finite(values: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Numbers, and empty where there is none: infinity is not a number that a map can show."""
    return np.where(np.isfinite(values), values, np.nan)


def _failures(twin: Twin) -> gpd.GeoDataFrame:
    import shapely

    table = twin.layer("attachments").table("failures")
    return frame({name: table[name] for name in table.columns}, np.asarray(shapely.points(table["lon"], table["lat"])), WGS84)


def write_styles(path: Path, date: str, styles: Mapping[str, str]) -> None:
    """The table of styles that QGIS reads: one default style for each layer, by the layer's name."""
    with sqlite3.connect(path) as connection:
        connection.execute(
            "CREATE TABLE layer_styles (id INTEGER PRIMARY KEY, f_table_catalog TEXT, f_table_schema TEXT, f_table_name TEXT,"
            " f_geometry_column TEXT, styleName TEXT, styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT,"
            " owner TEXT, ui TEXT, update_time DATETIME)"
        )
        connection.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, last_change)"
            " VALUES ('layer_styles', 'attributes', 'layer_styles', ?)",
            (f"{date}T00:00:00.000Z",),
        )
        for name, qml in styles.items():
            connection.execute(
                "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, styleQML, styleSLD,"
                " useAsDefault, description, owner, update_time) VALUES ('', '', ?, 'geom', ?, ?, '', 1, 'parkcity', '', ?)",
                (name, name, qml, f"{date}T00:00:00.000Z"),
            )
    connection.close()
