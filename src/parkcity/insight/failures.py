"""Lists of the street network's weak points: streets that cut residents off, and how the network falls apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.geo import to_wgs84
from parkcity.insight.drive import behind_edges, failure_curve

if TYPE_CHECKING:
    from parkcity.insight.inputs import Inputs

COLUMNS = ("rank", "zone", "street", "length_m", "residents_behind", "lon", "lat")
CURVE_COLUMNS = ("lost_share", "joined_share")


def cut_edge_rows(inputs: Inputs, tier: str) -> list[dict[str, Any]]:
    """Streets whose loss cuts residents off, with the columns of `COLUMNS`, most residents first; `street` is the source's id, if any."""
    import shapely

    from parkcity.insight.location import cell_of_metric_points
    from parkcity.twin.streets import edge_shapes

    twin = inputs.twin
    edge, behind = behind_edges(inputs)
    arrays = twin.layer("streets").arrays()
    middle = shapely.line_interpolate_point(edge_shapes(arrays)[edge], 0.5, normalized=True)
    x, y = np.asarray(shapely.get_x(middle), np.float64), np.asarray(shapely.get_y(middle), np.float64)
    lon, lat = to_wgs84(x, y, twin.projection.name)
    cell = cell_of_metric_points(twin, x, y)
    zones, member = twin.tier_zones(tier)["id"].to_numpy(), twin.member(tier)
    zone = np.where(cell >= 0, member[np.maximum(cell, 0)], -1)
    name = arrays["osm_way"][edge] if "osm_way" in arrays else edge
    return [
        {
            "rank": rank + 1,
            "zone": zones[zone[rank]] if zone[rank] >= 0 else "",
            "street": str(int(name[rank])),
            "length_m": round(float(arrays["edge_length"][edge[rank]])),
            "residents_behind": round(float(behind[rank])),
            "lon": round(float(lon[rank]), 6),
            "lat": round(float(lat[rank]), 6),
        }
        for rank in range(len(edge))
    ]


def curve_rows(inputs: Inputs, _tier: str) -> list[dict[str, Any]]:
    """How the network falls apart, with the columns of `CURVE_COLUMNS`: streets lost, most used first, and residents still joined."""
    shares, joined = failure_curve(inputs)
    return [{"lost_share": round(float(lost), 4), "joined_share": round(float(left), 4)} for lost, left in zip(shares, joined, strict=True)]
