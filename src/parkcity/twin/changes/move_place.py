"""Move a place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.twin.changes._fields import CHANGES, LAT, LON, ChangeKind, Effect, Field, Report
from parkcity.twin.changes._places import made_place, named_place, shape_of, spoken

if TYPE_CHECKING:
    from collections.abc import Mapping

    from parkcity.twin.changes._draft import Draft


def move_place(draft: Draft, values: Mapping[str, Any], report: Report) -> Effect | None:
    """The place keeps its name and stated area and stands elsewhere; a polygon brings its own area."""
    row = named_place(draft, values, report)
    shape = shape_of(values, report)
    if row is None or shape is None:
        return None
    old = draft.places.iloc[row]
    known: dict[str, Any] = {name: old[name] for name in ("id", "kind", "name", "capacity")}
    if "polygon" not in values:
        known["area_m2"] = old["area_m2"]
    made = made_place(draft, known, shape, report)
    if made is None:
        return None
    place, doors, found, distance = made
    metres = float(np.hypot(place["x"].iloc[0] - old["x"], place["y"].iloc[0] - old["y"]))
    if metres == 0 and "polygon" not in values:
        report.add("the change would do nothing: the place stands there already.", todo="give another position, or take the change out")
        return None
    draft.set_place(row, place, doors, found)
    slots = {**spoken(draft, row), "moved": f"{metres:,.0f}", "metres": f"{distance:,.0f}"}
    return Effect("move_place", slots, {"places": 1, "doors": len(doors)})


CHANGES.add(
    ChangeKind(
        "move_place",
        "迁移设施",
        "Move a place",
        (Field("place", required=True), LON, LAT, Field("polygon", "points", least_points=3)),
        move_place,
        either=(("lon", "lat"), ("polygon",)),
    )
)
