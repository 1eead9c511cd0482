"""Everything of a twin that has a shape, as tables in WGS 84 by name: what maps show and files carry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.errors import UsageError
from parkcity.base.geo import WGS84, frame, shapes_to_wgs84

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from parkcity.twin.store import StoredLayer
    from parkcity.twin.twin import Twin

CELLS, ZONES, PLACES, STREETS, ROADS = "cells", "zones", "places", "streets", "roads"
# What lies below is drawn first.
_ORDER = ("landuse", "land_use", "green", "water", CELLS, ZONES, "buildings", ROADS, STREETS, "islands", PLACES, "unattached")
_NAMES = {("streets", "pieces"): "islands", ("attachments", "failures"): "unattached"}
# Positions in the city's own metric system, and what only arrays inside refer to.
_INNER = {"x", "y", "row"}
_CODED = {"klass": ("class", "classes"), "surface": ("surface", "surfaces")}


def table_names(twin: Twin) -> list[str]:
    """The names of all tables that `shape_tables` gives for a city, in the order in which a map draws them."""
    return list(_makers(twin))


def shape_tables(twin: Twin, wanted: Sequence[str] = (), values: Mapping[str, NDArray[Any]] | None = None) -> dict[str, gpd.GeoDataFrame]:
    """The tables of a twin by name, or those `wanted`; `values` are columns by cell that the table `cells` is to carry.

    Raises `UsageError` for names that this city does not have and for values that are not one a cell.
    """
    makers = _makers(twin)
    unknown = sorted(set(wanted) - set(makers))
    if unknown:
        msg = f"this city has no layer {', '.join(unknown)}; it has: {', '.join(makers)}"
        raise UsageError(msg)
    tables = {name: make() for name, make in makers.items() if not wanted or name in wanted}
    if values and CELLS in tables:
        cells = tables[CELLS]
        wrong = [name for name, column in values.items() if len(column) != len(cells)]
        if wrong:
            msg = f"values need one number for each of {len(cells)} cells: {', '.join(wrong)}"
            raise UsageError(msg)
        columns: dict[str, Any] = {name: cells[name].to_numpy() for name in cells.columns if name != "geometry"}
        tables[CELLS] = frame({**columns, **values}, cells.geometry.to_numpy(), WGS84)
    return tables


def _makers(twin: Twin) -> dict[str, Callable[[], gpd.GeoDataFrame]]:
    """For every table its name and how it is made."""
    parts = [(twin.layer(name), part) for name in twin.manifest["layers"] for part in twin.layer(name).parts]
    makers: dict[str, Callable[[], gpd.GeoDataFrame]] = {}
    for layer, part in parts:
        columns = _columns(layer, part)
        if not ("geometry" in columns or {"lon", "lat"} <= columns):
            continue
        name = _NAMES.get((layer.name, part), _short(twin, part))
        makers[name if name not in makers else f"{layer.name}_{part}"] = _maker(layer, part)
    if twin.has(STREETS):
        makers[STREETS] = lambda: street_table(twin)
    rank = {name: number for number, name in enumerate(_ORDER)}
    return {name: makers[name] for name in sorted(makers, key=lambda name: (rank.get(name, len(rank)), name))}


def _short(twin: Twin, part: str) -> str:
    """The name of a part without the source in front, where one source alone feeds it."""
    for source in twin.spec.sources:
        tail = part.removeprefix(f"{source.id}_")
        if tail != part and source.coverage != "window" and len(twin.spec.of_layer(source.layer)) == 1:
            return tail
    return part


def _columns(layer: StoredLayer, part: str) -> set[str]:
    path = layer.path(part)
    if path.suffix != ".parquet":
        return set()
    import pyarrow.parquet as pq

    return set(pq.read_schema(path).names)


def _maker(layer: StoredLayer, part: str) -> Callable[[], gpd.GeoDataFrame]:
    def make() -> gpd.GeoDataFrame:
        if "geometry" in _columns(layer, part):
            table = layer.shapes(part)
            return _outer(table, table.geometry.to_numpy())
        import shapely

        points = layer.table(part)
        return _outer(points, np.asarray(shapely.points(points["lon"].to_numpy(float), points["lat"].to_numpy(float))))

    return make


def _outer(table: pd.DataFrame, shapes: NDArray[Any]) -> gpd.GeoDataFrame:
    inner = _INNER | {"geometry", "lon", "lat"}
    return frame({str(name): table[name].to_numpy() for name in table.columns if name not in inner}, shapes, WGS84)


def street_table(twin: Twin) -> gpd.GeoDataFrame:
    """The streets as lines: `edge`, `length_m`, `piece` (0 is the largest), and every attribute that the source gave by edge.

    Classes and surfaces are written as the ids of their tables; the other codes are those of the guide to OpenStreetMap.
    """
    from parkcity.twin.streets import edge_shapes

    arrays = {name: np.asarray(array) for name, array in twin.layer(STREETS).arrays().items()}
    count = len(arrays["edge_u"])
    columns: dict[str, Any] = {
        "edge": np.arange(count, dtype=np.int32),
        "length_m": np.round(arrays["edge_length"], 2),
        "piece": arrays["node_piece"][arrays["edge_u"]],
    }
    given = {name: array for name, array in arrays.items() if array.shape == (count,) and not name.startswith(("edge_", "node_", "geom_"))}
    columns |= {name: array for name, array in given.items() if name not in _CODED}
    columns |= {new: _words(given[old], code) for old, (new, code) in _CODED.items() if old in given}
    return frame(columns, shapes_to_wgs84(edge_shapes(arrays), twin.projection), WGS84)


def _words(codes: NDArray[Any], table_name: str) -> NDArray[Any]:
    """The ids that codes stand for; None where nothing is known."""
    from parkcity.sense.osm.tags import table

    known = {int(row["code"]): row["id"] for row in table(table_name)}
    return np.array([known.get(int(code)) for code in codes], dtype=object)
