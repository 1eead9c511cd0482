"""Do the boundaries of two sources fit one another, or would they in another datum?

Two divisions of one city share lines: zones of the finer one lie whole in zones of the coarser one, or are the same. Boundaries in
GCJ-02 or BD-09 that claim to be WGS 84 are moved by some hundred metres, so that every zone sticks out of where it belongs.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.errors import Fault
from parkcity.base.geo import WGS84, Projection, from_wgs84, normalise_datum, shapes_to_metric, to_wgs84
from parkcity.standards import parameter
from parkcity.twin.datum import READINGS
from parkcity.twin.zones import of_tier

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from parkcity.base.spec import CitySpec, TierSpec

_READING_OF = {datum: name for name, datum in READINGS.items()}


def zone_datum_notices(spec: CitySpec, zones: gpd.GeoDataFrame, projection: Projection) -> list[Fault]:
    """One notice for every two sources of zones that fit one another clearly better when one is read in another datum than declared."""
    tiers = [tier for tier in spec.tiers if not tier.groups]
    notices = []
    for one, two in combinations(tiers, 2):
        if one.source == two.source:
            continue
        coarse, fine = sorted((one, two), key=lambda tier: len(of_tier(zones, tier.id)))
        shapes = {tier.id: of_tier(zones, tier.id).geometry.to_numpy() for tier in (coarse, fine)}
        found = [_better(spec, shapes, (coarse, fine), moved, projection) for moved in (fine, coarse)]
        best = max((notice for notice in found if notice), key=lambda notice: notice[0], default=None)
        if best is not None:
            notices.append(best[1])
    return notices


def _better(
    spec: CitySpec, shapes: dict[str, NDArray[Any]], pair: tuple[TierSpec, TierSpec], moved: TierSpec, projection: Projection
) -> tuple[float, Fault] | None:
    """How much better two tiers (the coarser one first) fit where one of them is read otherwise, and that in words; None if not clearly."""
    source, (coarse, fine) = spec.source(moved.source), pair
    declared = _READING_OF.get(normalise_datum(source.datum), "WGS84")
    fits = {}
    for name, datum in READINGS.items():
        read = {**shapes, moved.id: _read_as(shapes[moved.id], declared, datum)}
        fits[name] = nested_share(*(shapes_to_metric(read[tier.id], WGS84, projection) for tier in (coarse, fine)))
    best = max(fits, key=lambda name: fits[name])
    gain = fits[best] - fits[declared]
    if best == declared or gain < max(parameter("engine_parameters", "datum.zones").number, (1 - fits[declared]) / 2):
        return None
    shares = ", ".join(f"{name} {value:.1%}" for name, value in fits.items())
    other = fine if moved is coarse else coarse
    what = f"the zones of tier '{moved.id}' look like {best} beside those of '{other.id}' (land of zones within one zone: {shares})."
    todo = f"check both sources; if this one is wrong, state `datum = \"{best}\"` for '{source.id}' in city.toml"
    return fits[best], Fault(str(spec.path(source)), what, "the datum in which both fit.", todo)


def nested_share(coarse: NDArray[Any], fine: NDArray[Any]) -> float:
    """Share of the land of finer zones that lies in that coarser zone which holds most of theirs (0 to 1); both in metres.

    Finer zones whose middle lies in no coarser one say nothing: a ward may lie beyond what the other source covers.
    """
    import shapely

    known = fine[shapely.intersects(shapely.union_all(coarse), shapely.centroid(fine))]
    one, two = shapely.STRtree(coarse).query(known, predicate="intersects")
    most = np.zeros(len(known))
    np.maximum.at(most, one, shapely.area(shapely.intersection(known[one], coarse[two])))
    total = float(shapely.area(known).sum())
    return float(most.sum()) / total if total else 0.0


def _read_as(shapes: NDArray[Any], declared: str, datum: str) -> NDArray[Any]:
    """Shapes in WGS 84 by the declared datum as they would lie if their numbers were of another one."""
    import shapely

    def read(points: NDArray[np.float64]) -> NDArray[np.float64]:
        received = from_wgs84(points[:, 0], points[:, 1], READINGS[declared])
        return np.column_stack(to_wgs84(*received, datum))

    return np.asarray(shapely.transform(shapes, read), object)
