"""Add a place: a school, a clinic, a park from its polygon."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from parkcity.twin.changes._fields import CHANGES, LAT, LON, ChangeKind, Effect, Field, Report
from parkcity.twin.changes._places import made_place, shape_of, spoken

if TYPE_CHECKING:
    from collections.abc import Mapping

    from parkcity.twin.changes._draft import Draft


def add_place(draft: Draft, values: Mapping[str, Any], report: Report) -> Effect | None:
    """A new place, attached to the streets as the build attaches every place."""
    place_id = values.get("id") or f"new-{report.row}"
    if draft.place_row(place_id) is not None:
        report.add(f"there is already a place '{place_id}'.", allowed="an id of its own.")
        return None
    shape = shape_of(values, report)
    made = None if shape is None else made_place(draft, {**values, "id": place_id}, shape, report)
    if made is None:
        return None
    place, doors, found, distance = made
    draft.append_place(place, doors, found)
    slots = {**spoken(draft, len(draft.places) - 1), "metres": f"{distance:,.0f}"}
    return Effect("add_place", slots, {"places": 1, "doors": len(doors)})


CHANGES.add(
    ChangeKind(
        "add_place",
        "新增设施",
        "Add a place",
        (
            Field("kind", "kind", required=True),
            LON,
            LAT,
            Field("polygon", "points", least_points=3),
            Field("id"),
            Field("name"),
            Field("area_m2", "number", minimum=0, unit="m2"),
            Field("capacity", "number", minimum=0),
        ),
        add_place,
        either=(("lon", "lat"), ("polygon",)),
    )
)
