"""What lies in which cell: places, junctions and lengths of streets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.geo import WGS84, shapes_to_metric

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray
    from shapely import STRtree

    from parkcity.twin.twin import Twin

_M2_PER_KM2 = 1e6
_AREAL = (3, 6)


def metric_cells(twin: Twin) -> NDArray[Any]:
    """The cells as shapes in the city's metres."""
    return shapes_to_metric(twin.cells.geometry.to_numpy(), WGS84, twin.projection)


def cell_of_metric_points(
    twin: Twin, x: NDArray[np.float64], y: NDArray[np.float64], cells: NDArray[Any] | None = None
) -> NDArray[np.int64]:
    """The cell in which each point lies, -1 where none does; `cells` are the shapes of the cells where they are at hand."""
    import shapely

    return cells_at(shapely.STRtree(metric_cells(twin) if cells is None else cells), x, y)


def cells_at(tree: STRtree, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.int64]:
    """The cell in which each point lies, -1 where none does, by a tree of the cells as shapes in the city's metres."""
    import shapely

    found = np.full(len(x), -1, np.int64)
    rows, hits = tree.query(shapely.points(x, y), predicate="intersects")
    # A point on the border of two cells belongs to the first of them.
    found[rows[::-1]] = hits[::-1]
    return found


def cell_of_points(twin: Twin, places: gpd.GeoDataFrame, cells: NDArray[Any] | None = None) -> NDArray[np.int64]:
    """The cell of each place, int64 [places]; -1 outside the study area.

    A place inside the study area that no cell covers (slivers along the boundary) belongs to the nearest cell.
    """
    import shapely

    x, y = places["x"].to_numpy(float), places["y"].to_numpy(float)
    found = cell_of_metric_points(twin, x, y, cells)
    found[~places["inside"].to_numpy()] = -1
    lost = places["inside"].to_numpy() & (found < 0)
    if lost.any():
        found[lost] = shapely.STRtree(metric_cells(twin) if cells is None else cells).nearest(shapely.points(x[lost], y[lost]))
    return found


def junctions_by_cell(twin: Twin, tree: STRtree) -> NDArray[np.float64]:
    """Number of junctions in every cell, float64 [cells]."""
    streets = twin.layer("streets")
    cell = cells_at(tree, np.asarray(streets.array("junction_x")), np.asarray(streets.array("junction_y")))
    return np.bincount(cell[cell >= 0], minlength=len(twin.cells)).astype(np.float64)


def street_shares(lines: NDArray[Any], tree: STRtree) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Which share (0 to 1) of which line lies in which cell of the tree: `line`, `cell`, `share`, all [k], lines rising."""
    import shapely

    edge, cell = tree.query(lines, predicate="intersects")
    cells = tree.geometries
    whole = shapely.length(lines)[edge]
    # Most streets lie in one cell as a whole, which a prepared cell tells much faster than it cuts.
    shapely.prepare(cells[np.unique(cell)])
    cut = ~shapely.covers(cells[cell], lines[edge])
    inside = whole.copy()
    inside[cut] = shapely.length(shapely.intersection(lines[edge[cut]], cells[cell[cut]]))
    share = np.divide(inside, whole, out=np.zeros_like(inside), where=whole > 0)
    # A street along the border of two cells lies in both: its parts are scaled so that they never exceed the street.
    total = np.bincount(edge, share, minlength=len(lines))[edge]
    share /= np.maximum(total, 1.0)
    return edge, cell, share


def edge_distance_m(twin: Twin) -> NDArray[np.float64]:
    """Straight distance of every cell's centre to the edge of the study area, float64 [cells], metres."""
    import shapely

    city = shapes_to_metric(twin.tier_zones("city").geometry.to_numpy(), WGS84, twin.projection)[0]
    points = shapely.points(twin.cells["x"].to_numpy(float), twin.cells["y"].to_numpy(float))
    inside = shapely.intersects(city, points)
    distance = shapely.distance(shapely.boundary(city), points)
    return np.where(inside, distance, 0.0)


def union_km2(twin: Twin, shapes: NDArray[Any]) -> NDArray[np.float64]:
    """Land under polygons (WGS 84) in every cell, float64 [cells], km2; what lies under several counts once, points and lines nothing."""
    import shapely

    metric = np.asarray(shapes_to_metric(shapes, WGS84, twin.projection))
    areal = metric[np.isin(shapely.get_type_id(metric), _AREAL)]
    parts = shapely.get_parts(shapely.union_all(shapely.make_valid(areal)))
    cells = metric_cells(twin)
    shapely.prepare(cells)
    part, cell = shapely.STRtree(cells).query(parts, predicate="intersects")
    area = shapely.area(parts)[part]
    cut = ~shapely.covers(cells[cell], parts[part])
    area[cut] = shapely.area(shapely.intersection(parts[part[cut]], cells[cell[cut]]))
    return np.bincount(cell, area, minlength=len(cells)).astype(np.float64) / _M2_PER_KM2


def line_m_by_cell(twin: Twin, shapes: NDArray[Any]) -> NDArray[np.float64]:
    """Length of lines (WGS 84) in every cell, float64 [cells], metres; parallel lines count each."""
    import shapely

    lines = shapely.get_parts(np.asarray(shapes_to_metric(shapes, WGS84, twin.projection)))
    cells = metric_cells(twin)
    line, cell = shapely.STRtree(cells).query(lines, predicate="intersects")
    metres = shapely.length(shapely.intersection(lines[line], cells[cell]))
    return np.bincount(cell, metres, minlength=len(cells)).astype(np.float64)
