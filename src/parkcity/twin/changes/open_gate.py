"""Open a gate: streets that are closed to people on foot or on bicycles let them pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.twin.changes._fields import CHANGES, LAT, LON, ChangeKind, Effect, Field, Report
from parkcity.twin.changes._links import index_of
from parkcity.twin.changes._places import shape_of
from parkcity.twin.changes._street_kinds import BOTH, CLOSED, knows, set_attributes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from parkcity.twin.changes._draft import Draft

_REACH_M = "component.link_gap"


def open_gate(draft: Draft, values: Mapping[str, Any], report: Report) -> Effect | None:
    """The closed street nearest to a point, or all closed ones that cross a polygon, are open on foot, by bicycle and by wheelchair."""
    import shapely

    from parkcity.base.geo import WGS84, shapes_to_metric
    from parkcity.standards import parameter

    shape = shape_of(values, report)
    if shape is None or not knows(draft, ("walk",), report):
        return None
    metric = shapes_to_metric(np.array([shape], dtype=object), WGS84, draft.twin.projection)[0]
    index, walk = index_of(draft), np.asarray(draft.street_arrays()["walk"])
    shut = np.flatnonzero(walk == CLOSED)
    limit = 0.0 if "polygon" in values else parameter("engine_parameters", _REACH_M).number
    distance = shapely.distance(index.shapes[shut], metric)
    near = shut[distance <= limit]
    if "polygon" not in values and len(near):
        near = shut[[int(np.argmin(distance))]]
    if not len(near):
        report.add("the change would do nothing: no street there is closed on foot.", allowed=f"a closed street within {limit:g} m.")
        return None
    count = set_attributes(draft, near, {"walk": BOTH, "bike": BOTH, "wheelchair": 2})
    return Effect("open_gate", {"count": f"{count:,}"}, {"streets": count})


CHANGES.add(
    ChangeKind(
        "open_gate",
        "\u5f00\u653e\u95e8\u7981",
        "Open a gate",
        (LON, LAT, Field("polygon", "points", least_points=3)),
        open_gate,
        either=(("lon", "lat"), ("polygon",)),
    )
)
