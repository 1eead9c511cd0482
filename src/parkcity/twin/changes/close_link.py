"""Close streets: the one nearest to a point, or all that cross a polygon."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.standards import parameter
from parkcity.twin.changes._fields import CHANGES, LAT, LON, ChangeKind, Effect, Field, Report
from parkcity.twin.changes._links import begin, finish, index_of, remove_edges
from parkcity.twin.changes._places import shape_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from parkcity.twin.changes._draft import Draft


def close_link(draft: Draft, values: Mapping[str, Any], report: Report) -> Effect | None:
    """Streets are closed to everybody; what met them meets the streets that are left."""
    edges = _meant(draft, values, report)
    if edges is None:
        return None
    arrays = begin(draft)
    if len(edges) == len(arrays["edge_u"]):
        report.add("the change would close every street of the city.", allowed="a smaller area.")
        return None
    metres = float(arrays["edge_length"][edges].sum())
    left, affected = remove_edges(draft, arrays, edges)
    points = finish(draft, left, affected)
    slots = {"count": f"{len(edges):,}", "metres": f"{metres:,.0f}", "points": f"{points:,}"}
    return Effect("close_link", slots, {"streets": len(edges), "attachments": points})


def _meant(draft: Draft, values: Mapping[str, Any], report: Report) -> NDArray[np.int64] | None:
    import shapely

    from parkcity.base.geo import WGS84, shapes_to_metric

    shape = shape_of(values, report)
    if shape is None:
        return None
    metric = shapes_to_metric(np.array([shape], dtype=object), WGS84, draft.twin.projection)[0]
    index = index_of(draft)
    if "polygon" in values:
        edges = np.sort(np.asarray(index.rows[index.tree.query(metric, predicate="intersects")], np.int64))
        if not len(edges):
            report.add("the change would do nothing: no street crosses the polygon.", todo="correct the polygon, or take the change out")
        return edges if len(edges) else None
    limit = parameter("engine_parameters", "component.link_gap").number
    distance = shapely.distance(index.shapes, metric)
    edge = int(np.argmin(distance))
    if distance[edge] > limit:
        report.add(
            f"the nearest street is {distance[edge]:,.0f} m away.", allowed=f"at most {limit:g} m.", todo="give a point on the street"
        )
        return None
    return np.array([edge], np.int64)


CHANGES.add(
    ChangeKind(
        "close_link",
        "关闭道路",
        "Close streets",
        (LON, LAT, Field("polygon", "points", least_points=3)),
        close_link,
        either=(("lon", "lat"), ("polygon",)),
    )
)
