"""The layers of a city as tiles: everything of the twin that has a shape, and the values by cell where they are given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from parkcity.serve.tables import STREETS, shape_tables
from parkcity.serve.tiles.layer import TileLayer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    import geopandas as gpd
    from numpy.typing import NDArray

    from parkcity.twin.twin import Twin

# The zoom at which the things of a layer are larger than a pixel or two; what is not named is drawn from the first on.
_FIRST_ZOOM = {
    "buildings": 13,
    "streets": 12,
    "landuse": 11,
    "land_use": 11,
    "roads": 10,
    "green": 10,
    "unattached": 10,
    "places": 9,
    "water": 9,
}
# What a map needs of a street; the rest is in the tables.
_STREET_COLUMNS = ("edge", "class", "piece", "walk", "bike", "car", "wheelchair", "steps", "bridge", "tunnel", "geometry")


def city_layers(twin: Twin, wanted: Sequence[str] = (), values: Mapping[str, NDArray[Any]] | None = None) -> list[TileLayer]:
    """The layers of a twin, or those `wanted`, in the order in which a map draws them; `values` are columns by cell.

    Raises `UsageError` for names that this city does not have.
    """
    return layers_of(shape_tables(twin, wanted, values))


def layers_of(tables: Mapping[str, gpd.GeoDataFrame]) -> list[TileLayer]:
    """Tables in WGS 84 as layers of tiles, each drawn from the zoom at which its things can be seen."""
    layers = []
    for name, table in tables.items():
        kept = table[[column for column in table.columns if column in _STREET_COLUMNS]] if name == STREETS else table
        layers.append(TileLayer.of(name, kept, least_zoom=_FIRST_ZOOM.get(name, 0)))
    return layers
