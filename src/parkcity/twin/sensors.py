"""Sensor stations as a layer of the twin: where they stand among the cells, and their readings as they were taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from parkcity.base.geo import WGS84, frame, shapes_to_metric
from parkcity.twin.store import Layer

if TYPE_CHECKING:
    from parkcity.twin.workshop import Workshop

SENSORS = "sensors"


def make_sensors(shop: Workshop) -> Layer:
    """Tables `stations` (as the reader gives them, with `source` and `cell`, the row of the cell, -1 outside) and `readings`."""
    import geopandas as gpd
    import shapely

    assert shop.projection is not None
    stations, readings, remarks = [], [], []
    for source in shop.spec.of_layer(SENSORS):
        raw = shop.raw(source)
        assert isinstance(raw.frame, gpd.GeoDataFrame)
        stations.append(raw.frame.assign(source=source.id))
        readings.append(raw.frames["readings"].assign(source=source.id))
        remarks += [f"{source.id}: {text}" for text in raw.tally.remarks]
    table = pd.concat(stations, ignore_index=True)
    spots = shapes_to_metric(table["geometry"].to_numpy(), WGS84, shop.projection)
    cells = shapes_to_metric(shop.done["cells"].tables["cells"]["geometry"].to_numpy(), WGS84, shop.projection)
    cell = np.full(len(table), -1, np.int64)
    row, found = shapely.STRtree(cells).query(spots, predicate="intersects")
    # On the line between two cells the first one holds, as everywhere.
    cell[row[::-1]] = found[::-1]
    columns = {str(name): table[name] for name in table.columns if name != "geometry"}
    placed = frame({**columns, "cell": cell}, table["geometry"].to_numpy(), WGS84)
    series = pd.concat(readings, ignore_index=True)
    meta = {"count": len(table), "readings": len(series), "inside": int((cell >= 0).sum()), "remarks": remarks}
    return Layer(SENSORS, {"stations": placed, "readings": series}, {}, meta)
