"""Do the zones of a tier tile the study area? What overlaps and what is left open, in plain words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from parkcity.base.geo import WGS84, Projection, shapes_to_metric
from parkcity.twin.zones import CITY_TIER, of_tier

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd

SLIVER = 0.001
"""Overlaps and holes below this share of the smaller zone, or of the study area, are drawing and not meaning."""

_M2_PER_KM2 = 1e6


def tiling_remarks(zones: gpd.GeoDataFrame, tiers: Iterable[str], area_tier: str, projection: Projection) -> list[str]:
    """One remark a tier for overlapping zones and one for what of the study area lies in no zone; none where it tiles.

    `area_tier` is the tier that makes up the study area, which therefore leaves nothing open.
    """
    import shapely

    city = shapes_to_metric(of_tier(zones, CITY_TIER).geometry.to_numpy(), WGS84, projection)[0]
    remarks: list[str] = []
    for tier in tiers:
        table = of_tier(zones, tier)
        shapes = shapes_to_metric(table.geometry.to_numpy(), WGS84, projection)
        area = shapely.area(shapes)
        one, two = shapely.STRtree(shapes).query(shapes, predicate="intersects")
        one, two = one[one < two], two[one < two]
        shared = shapely.area(shapely.intersection(shapes[one], shapes[two]))
        bad = np.nonzero(shared > SLIVER * np.minimum(area[one], area[two]))[0]
        if len(bad):
            worst = bad[np.argmax(shared[bad])]
            names = f"'{table['id'].iloc[one[worst]]}' and '{table['id'].iloc[two[worst]]}'"
            most = f"most {names} by {shared[worst] / _M2_PER_KM2:.3f} km2"
            remarks.append(f"tier '{tier}': {len(bad)} pairs of zones overlap, {most}; a cell counts in the first")
        if tier == area_tier:
            continue
        open_land = shapely.area(shapely.difference(city, shapely.union_all(shapes)))
        if open_land > SLIVER * shapely.area(city):
            share = open_land / shapely.area(city)
            remarks.append(f"tier '{tier}': {share:.1%} of the study area lies in none of its zones; its cells count in the nearest")
    return remarks
