"""What can be reached from a pin: areas by time, the residents in them and the places."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.errors import Fault, InputError
from parkcity.base.geo import shapes_to_wgs84
from parkcity.insight.operators.coverage import within
from parkcity.insight.trips import Trips

if TYPE_CHECKING:
    from collections.abc import Sequence

    from parkcity.insight.inputs import Inputs
    from parkcity.serve.api.desk import Desk
    from parkcity.travel import Attach, Network

PROFILES = {"bicycle": "cyclist", "car": "car"}
"""The travel profile of each way of going that is not on foot."""
_SIMPLIFY_M = 5.0


def pin(inputs: Inputs, desk: Desk, lon: float, lat: float) -> Attach:
    """Where a point (WGS 84 degrees) meets the streets. Raises `InputError` where none is near."""
    from parkcity.travel import Attach
    from parkcity.twin.attach import AttachRule, StreetIndex, attach

    ground = desk.baseline.ground
    index: StreetIndex = ground.index
    if inputs.twin.layer("streets").hash != desk.twin.layer("streets").hash:
        index = desk.kept.get(("index", inputs.twin.hash), lambda: StreetIndex.of(inputs.twin.layer("streets").arrays()))
    rule: AttachRule = ground.rule
    x, y = inputs.twin.projection.forward(np.array([lon]), np.array([lat]))
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise InputError(Fault("lon, lat", "the point lies beyond the city's metric system.", todo="choose a point in the city"))
    found, nearest = attach(index, x, y, rule)
    if not len(found["owner"]):
        what = f"the point is {nearest[0]:,.0f} m from the nearest street."
        raise InputError(Fault("lon, lat", what, allowed=f"at most {rule.limit:,.0f} m.", todo="choose a point nearer to the streets"))
    return Attach(**found, owners=1)


@dataclass(frozen=True)
class Ways:
    """The streets as one way of going finds them, and where the pin, homes and doors meet them."""

    network: Network
    pin: Attach
    homes: Attach
    doors: Attach


def ways(inputs: Inputs, desk: Desk, mode: str, lon: float, lat: float) -> Ways:
    """The ways of going from a point (WGS 84 degrees). Raises `InputError` where no street open to them is near."""
    if mode == "walk":
        return Ways(inputs.network, pin(inputs, desk, lon, lat), inputs.origins(), inputs.doors())
    pin(inputs, desk, lon, lat)
    trips = Trips(inputs, PROFILES[mode])
    x, y = inputs.twin.projection.forward(np.array([lon]), np.array([lat]))
    start = trips.at(float(x[0]), float(y[0]))
    if not len(start.owner):
        raise InputError(
            Fault("lon, lat", "no street that this way of going may use is near.", todo="choose a point nearer to such a street")
        )
    return Ways(trips.network("open"), start, trips.origins(), trips.attached("doors", inputs.twin.doors))


def areas(inputs: Inputs, found: Ways, minutes: Sequence[float]) -> list[dict[str, Any]]:
    """One GeoJSON feature for each time, the greatest first: the area within reach, its residents, its places by kind.

    Residents and places are counted by their own way over the streets, as the indicators do, not by the drawn area.
    """
    import shapely

    from parkcity.travel import isochrones, nearest

    limits = sorted(set(minutes), reverse=True)
    shapes = isochrones(found.network, found.pin, 0, [limit * 60.0 for limit in limits])
    drawn = shapes_to_wgs84(np.array(shapely.simplify(np.array(shapes, dtype=object), _SIMPLIFY_M), dtype=object), inputs.twin.projection)
    longest = limits[0] * 60.0
    home = nearest(found.network, found.homes, found.pin, limit=longest, unit="s", direction="to").values[0] / 60.0
    door = nearest(found.network, found.doors, found.pin, limit=longest, unit="s", direction="to").values[0] / 60.0
    owner, kinds = inputs.twin.doors["place"].to_numpy(), inputs.twin.places["kind"].to_numpy()
    residents = inputs.residents()
    features = []
    for limit, shape in zip(limits, drawn, strict=True):
        reached = np.unique(owner[within(door.astype(np.float64), limit)])
        counts = Counter(str(kind) for kind in kinds[reached])
        properties = {"minutes": limit, "residents": float(residents[within(home.astype(np.float64), limit)].sum())}
        geometry = shapely.geometry.mapping(shapely.set_precision(shape, 1e-6))
        features.append({"type": "Feature", "geometry": geometry, "properties": {**properties, "places": dict(sorted(counts.items()))}})
    return features
