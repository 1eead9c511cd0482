"""A layer made ready for tiles: its shapes on the world square, an index of them, and its columns."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from parkcity.base.geo import shapes_to_world_square

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

MAX_ZOOM = 24


@dataclass(frozen=True)
class TileLayer:
    """Shapes on the world square (x east, y south, 0 to 1) with the values of each.

    `columns` maps a name to a value for every shape; a value that is None or not a number is left out of the tile.
    `least_zoom` [n] is the first zoom at which a shape is drawn. `ids` [n] are the whole numbers by which a map refers to a shape.
    """

    name: str
    shapes: NDArray[Any]
    columns: dict[str, NDArray[Any]] = field(default_factory=dict)
    least_zoom: NDArray[np.int8] | None = None
    ids: NDArray[np.int64] | None = None

    @classmethod
    def of(cls, name: str, table: gpd.GeoDataFrame, *, least_zoom: int | NDArray[np.int8] = 0) -> TileLayer:
        """The layer of a table in WGS 84: every column but the geometry goes into the tiles, the id is the row number.

        Shapes that are empty are left out; broken polygons are repaired.
        """
        shapes = np.asarray(table.geometry.to_numpy(), dtype=object)
        there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
        shapes = shapes[there]
        broken = ~shapely.is_valid(shapes)
        shapes[broken] = shapely.make_valid(shapes[broken])
        columns = {str(key): table[key].to_numpy()[there] for key in table.columns if key != table.geometry.name}
        first = np.broadcast_to(np.asarray(least_zoom, np.int8), len(table))[there]
        return cls(name, shapes_to_world_square(shapes), columns, first, np.nonzero(there)[0].astype(np.int64))

    @cached_property
    def tree(self) -> shapely.STRtree:
        """Index of the shapes' boxes."""
        return shapely.STRtree(self.shapes)

    @cached_property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, north, east, south on the world square; not numbers where the layer is empty."""
        west, north, east, south = shapely.total_bounds(self.shapes)
        return float(west), float(north), float(east), float(south)

    def rows(self, box: tuple[float, float, float, float], zoom: int) -> NDArray[np.int64]:
        """Rows whose boxes meet a box and that are drawn at a zoom, in order."""
        found = np.sort(self.tree.query(shapely.box(*box))).astype(np.int64)
        return found if self.least_zoom is None else found[self.least_zoom[found] <= zoom]
