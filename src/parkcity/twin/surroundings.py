"""What surrounds streets and places: buildings, land use, water, green, greenways, roads, rails, public-transport routes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from parkcity.base.geo import WGS84, frame
from parkcity.twin.store import Layer

if TYPE_CHECKING:
    import geopandas as gpd

    from parkcity.twin.workshop import Workshop

OSM = "openstreetmap"
PARTS: dict[str, tuple[str, ...]] = {
    "buildings": ("buildings",),
    "land_use": ("landuse",),
    "water": ("water",),
    "green": ("green",),
    "greenways": ("greenways",),
    "roads": ("roads", "rails"),
    "transit_routes": ("transit_routes", "transit_stops"),
    "control_lines": ("control_lines",),
}
"""The layers, and the tables of an extract that each holds under the same names."""

OWN = ("buildings", "land_use", "water", "green", "control_lines")
"""Layers that a source of their own may give instead of the extract."""

ONLY_OWN = ("control_lines",)
"""Layers that no extract holds."""

_EMPTY: dict[str, tuple[str, ...]] = {
    "buildings": ("id", "use", "height", "levels", "flats", "area_m2", "ground"),
    **dict.fromkeys(("landuse", "water", "green", "control_lines"), ("id", "class", "name", "area_m2")),
}


def make_surroundings(shop: Workshop, name: str) -> Layer:
    """One layer of `PARTS`: from sources of its own where there are any, else from the extract that covers the area.

    Tables keep the columns of the extract (see docs/openstreetmap.md) and gain `source`. The meta counts rows, and for
    buildings how many know their height or levels.
    """
    tables: dict[str, pd.DataFrame] = {}
    own = [source for source in shop.spec.of_layer(name) if source.coverage != "window"] if name in OWN else []
    for part in PARTS[name]:
        found = []
        for source in own or [source for source in shop.spec.of_layer(OSM) if source.coverage != "window"]:
            table: Any = shop.raw(source).frame if own else shop.raw(source).frames.get(part)
            if table is not None and len(table):
                keep = [column for column in _EMPTY.get(part, tuple(table.columns)) if column in table.columns]
                found.append(_rows(table, keep).assign(source=source.id))
        if found:
            tables[part] = found[0] if len(found) == 1 else pd.concat(found, ignore_index=True)
        elif part in _EMPTY:
            tables[part] = frame({column: np.zeros(0, object) for column in (*_EMPTY[part], "source")}, [], WGS84)
    meta: dict[str, Any] = {"count": {part: len(table) for part, table in tables.items()}}
    if name == "buildings":
        known = tables["buildings"][["height", "levels"]].notna().any(axis=1)
        meta["with_height_or_levels"] = int(known.sum())
    return Layer(name, tables, {}, meta)


def _rows(table: Any, columns: list[str]) -> Any:
    """Some columns of a table, with its geometry where it has one."""
    return table[[*dict.fromkeys([*columns, *(["geometry"] if "geometry" in table.columns else [])])]]


def table_of(shop: Workshop, name: str) -> gpd.GeoDataFrame | None:
    """The first table of a layer made before, or None where the city has no such layer."""
    if name not in shop.done:
        return None
    table: Any = shop.done[name].tables.get(PARTS[name][0])
    return table
