"""Add a lift beside steps, so that wheels and prams pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.standards import parameter
from parkcity.twin.changes._fields import CHANGES, LAT, LON, ChangeKind, Effect, Report
from parkcity.twin.changes._links import add_edge, begin, finish, index_of
from parkcity.twin.changes._places import shape_of
from parkcity.twin.changes._street_kinds import BOTH, CLOSED, class_codes, knows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from parkcity.twin.changes._draft import Draft


def add_lift(draft: Draft, values: Mapping[str, Any], report: Report) -> Effect | None:
    """A lift between the ends of the steps nearest to a point, as long as these are."""
    import shapely

    from parkcity.base.geo import WGS84, shapes_to_metric

    shape = shape_of(values, report)
    if shape is None or not knows(draft, ("steps",), report):
        return None
    metric = shapes_to_metric(np.array([shape], dtype=object), WGS84, draft.twin.projection)[0]
    limit = parameter("engine_parameters", "component.link_gap").number
    arrays, index = begin(draft), index_of(draft)
    steps = np.flatnonzero(np.asarray(arrays["steps"]) != 0)
    distance = shapely.distance(index.shapes[steps], metric)
    if not len(steps) or float(distance.min()) > limit:
        report.add("there are no steps near that point.", allowed=f"steps within {limit:g} m.", todo="give a point on the steps")
        return None
    edge = int(steps[int(np.argmin(distance))])
    line = shapely.get_coordinates(index.shapes[edge])
    made = add_edge(arrays, int(arrays["edge_u"][edge]), int(arrays["edge_v"][edge]), float(arrays["edge_length"][edge]), line, edge)
    plain = {"steps": 0, "walk": BOTH, "bike": BOTH, "car": CLOSED, "wheelchair": 2, "kerb": 0, "incline": 0.0, "crossing": 0}
    codes = class_codes()
    for name, value in {**plain, "klass": codes["elevator"]}.items():
        if name in made:
            made[name][-1] = value
    points = finish(draft, made, {}, index.shapes[edge])
    return Effect("add_lift", {"metres": f"{float(arrays['edge_length'][edge]):,.0f}"}, {"streets": 1, "attachments": points})


CHANGES.add(ChangeKind("add_lift", "\u52a0\u88c5\u7535\u68af", "Add a lift", (LON, LAT), add_lift, either=(("lon", "lat"),)))
