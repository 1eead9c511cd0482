"""Which layers the map asks for, and from which tables of the twin each of them is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.geo import WGS84, frame
from parkcity.serve.tables import shape_tables, table_names
from parkcity.serve.tiles.layer import TileLayer

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from parkcity.twin.twin import Twin

LAYERS = ("landuse", "green", "water", "cells", "zones", "buildings", "roads", "streets", "lines", "stations", "places", "labels")
"""In the order in which a map draws them."""

MAX_ZOOM = 15
_FIRST_ZOOM = {"landuse": 11, "green": 9, "water": 8, "buildings": 13, "roads": 8, "streets": 11, "places": 11, "stations": 9}


def layers_of(twin: Twin) -> tuple[str, ...]:
    """The layers that a city has."""
    names = table_names(twin)
    return tuple(layer for layer in LAYERS if layer == "labels" or _tables_of(layer, names))


def first_zoom(layer: str) -> int:
    """The first zoom at which a layer is drawn."""
    return _FIRST_ZOOM.get(layer, 0)


def _tables_of(layer: str, names: Sequence[str]) -> list[str]:
    """Tables that draw a layer: the one of its name, and the windows of single sources such as `core_green`."""
    return [name for name in names if name == layer or name.endswith(f"_{layer}")]


def tile_layer(twin: Twin, layer: str) -> TileLayer:
    """One layer of a city for tiles."""
    if layer == "labels":
        return TileLayer.of("labels", _labels(twin))
    tables = list(shape_tables(twin, _tables_of(layer, table_names(twin))).values())
    return TileLayer.of(layer, _table(twin, layer, tables), least_zoom=first_zoom(layer))


def _table(twin: Twin, layer: str, tables: Sequence[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """The columns that a map needs: tiles stay small, and everything else is asked for by click."""
    shapes = np.concatenate([table.geometry.to_numpy() for table in tables])
    if layer == "cells":
        return frame({"row": np.arange(len(shapes), dtype=np.int64), "id": tables[0]["id"].to_numpy()}, shapes, WGS84)
    wanted = {
        "zones": ("tier", "id", "name_zh", "name_en", "inside"),
        "places": ("id", "kind", "name"),
        "streets": ("edge", "class"),
        "roads": ("class", "klass", "name"),
        "buildings": ("height_m", "levels"),
        "lines": ("name", "mode", "route"),
        "stations": ("name",),
    }.get(layer, ("kind", "class", "name"))
    columns: dict[str, Any] = {}
    for name in wanted:
        if all(name in table.columns for table in tables):
            columns[name] = np.concatenate([table[name].to_numpy() for table in tables])
    if layer == "zones":
        columns["number"] = _numbers(twin, tables[0])
    return frame(columns, shapes, WGS84)


def _numbers(twin: Twin, zones: gpd.GeoDataFrame) -> np.ndarray[Any, np.dtype[np.int64]]:
    """For every zone its number in its tier, as `Twin.member` counts."""
    number = {(tier, zone): row for tier in twin.tiers for row, zone in enumerate(twin.tier_zones(tier)["id"])}
    return np.array([number.get((tier, zone), -1) for tier, zone in zip(zones["tier"], zones["id"], strict=True)], np.int64)


def _labels(twin: Twin) -> gpd.GeoDataFrame:
    """A point inside every zone, with its names and its tier: the labels of the map."""
    import shapely

    zones = twin.zones
    points = shapely.point_on_surface(zones.geometry.to_numpy())
    columns: dict[str, Any] = {name: zones[name].to_numpy() for name in ("tier", "id", "name_zh", "name_en", "area_km2", "inside")}
    return frame(columns, points, WGS84)
