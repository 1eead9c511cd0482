"""Close streets: the one nearest to a point, or all that cross a polygon."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from parkcity.twin.changes._fields import CHANGES, LAT, LON, ChangeKind, Effect, Field, Report
from parkcity.twin.changes._links import begin, finish, remove_edges
from parkcity.twin.changes._street_kinds import meant_streets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from parkcity.twin.changes._draft import Draft


def close_link(draft: Draft, values: Mapping[str, Any], report: Report) -> Effect | None:
    """Streets are closed to everybody; what met them meets the streets that are left."""
    edges = meant_streets(draft, values, report)
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
