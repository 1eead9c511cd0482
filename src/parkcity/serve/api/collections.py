"""Layers as feature collections for other programs: tables in WGS 84, found by box and by equality of properties."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.geo import WGS84, frame
from parkcity.base.words import Lang
from parkcity.insight.registry import ACCESS_GROUPS
from parkcity.serve.api.summary import bounds_of, words
from parkcity.serve.tables import shape_tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from parkcity.serve.api.desk import Desk

NAMES = ("cells", "zones", "places", "streets")


@dataclass(frozen=True)
class Collection:
    """One collection: its table, whose row number is the id of a feature."""

    id: str
    table: gpd.GeoDataFrame

    @property
    def properties(self) -> dict[str, str]:
        """The names of the properties with their JSON type."""
        kinds = {"i": "integer", "u": "integer", "f": "number", "b": "boolean"}
        return {str(name): kinds.get(self.table[name].dtype.kind, "string") for name in self.table.columns if name != "geometry"}

    @property
    def bounds(self) -> list[float]:
        """West, south, east, north."""
        return bounds_of(self.table.geometry.to_numpy())

    def title(self, lang: Lang) -> str:
        """Its name for people."""
        return words().get(f"collection_{self.id}", lang)

    def rows(self, box: tuple[float, ...] | None, wanted: Mapping[str, str]) -> np.ndarray[Any, np.dtype[np.int64]]:
        """The rows that meet a box (WGS 84) and whose properties, written as text, equal those wanted."""
        import shapely

        rows = np.arange(len(self.table))
        if box is not None:
            boxes = [box] if box[0] <= box[2] else [(box[0], box[1], 180.0, box[3]), (-180.0, box[1], box[2], box[3])]
            found = [self.table.sindex.query(shapely.box(one[0], one[1], one[2], one[3]), predicate="intersects") for one in boxes]
            rows = np.unique(np.concatenate(found)).astype(np.int64)
        for name, text in wanted.items():
            column = self.table[name].to_numpy()
            kind = self.properties[name]
            if kind in {"integer", "number"}:
                try:
                    number = float(text)
                except ValueError:
                    return np.empty(0, np.int64)
                rows = rows[column[rows].astype(float) == number]
            elif kind == "boolean":
                rows = rows[column[rows] == (text.lower() == "true")]
            else:
                rows = rows[np.array([str(value) == text for value in column[rows]], bool)]
        return rows

    def features(self, rows: np.ndarray[Any, np.dtype[np.int64]]) -> list[dict[str, Any]]:
        """Rows as GeoJSON features."""
        import shapely

        part = self.table.iloc[rows]
        names = list(self.properties)
        shapes = [None if shape is None else shapely.geometry.mapping(shape) for shape in part.geometry]
        columns = [part[name].tolist() for name in names]
        return [
            {"type": "Feature", "id": int(row), "geometry": shape, "properties": dict(zip(names, values, strict=True))}
            for row, shape, values in zip(rows, shapes, zip(*columns, strict=True), strict=True)
        ]


def collection(desk: Desk, name: str) -> Collection | None:
    """A collection by its id, or None where the city has none of that name."""
    if name not in NAMES or not desk.twin.has(name):
        return None
    made: Collection = desk.kept.get(("collection", name), lambda: Collection(name, _table(desk, name)))
    return made


def collections(desk: Desk) -> list[Collection]:
    """All collections of a city."""
    return [found for name in NAMES if (found := collection(desk, name)) is not None]


def _table(desk: Desk, name: str) -> gpd.GeoDataFrame:
    if name != "cells":
        return shape_tables(desk.twin, [name])[name]
    cells = desk.twin.cells
    columns: dict[str, Any] = {"id": cells["id"].to_numpy(), "area_m2": cells["area_m2"].to_numpy()}
    for tier in desk.twin.tiers:
        ids, member = desk.twin.tier_zones(tier)["id"].to_numpy(), desk.twin.member(tier)
        columns[tier] = np.where(member >= 0, ids[np.maximum(member, 0)], None)
    for group in (group for group in ACCESS_GROUPS if group in desk.twin.groups):
        columns[f"residents_{group}"] = desk.twin.residents(group).astype(np.int64)
    if desk.baseline.inputs().measurable_needs():
        columns["minutes_worst"] = desk.worst("all").minutes
    for item in desk.measurable:
        if item.headline and "all" in item.groups:
            values = desk.measured(item.id, "all").cell_values()
            columns[item.id.replace(".", "_")] = np.where(np.isfinite(values), values, np.nan)
    return frame(columns, cells.geometry.to_numpy(), WGS84)
