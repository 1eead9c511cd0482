"""Give a place another area."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from parkcity.twin.changes._fields import CHANGES, ChangeKind, Effect, Field, Report
from parkcity.twin.changes._places import named_place, spoken

if TYPE_CHECKING:
    from collections.abc import Mapping

    from parkcity.twin.changes._draft import Draft


def resize_place(draft: Draft, values: Mapping[str, Any], report: Report) -> Effect | None:
    """The place has another area and keeps its doors; it may thereby enter or leave a class that norms bound by area."""
    row = named_place(draft, values, report)
    if row is None:
        return None
    old, new = float(draft.places["area_m2"].iloc[row]), float(values["area_m2"])
    if old == new:
        report.add(f"the change would do nothing: the area is {old:,.0f} m2 already.", todo="give another area, or take the change out")
        return None
    draft.set_area(row, new)
    unknown = {"zh": "未知", "en": "unknown"}
    slots = {**spoken(draft, row), "old": unknown if old != old else f"{old:,.0f}", "new": f"{new:,.0f}"}  # noqa: PLR0124 - not a number
    return Effect("resize_place", slots, {"places": 1})


CHANGES.add(
    ChangeKind(
        "resize_place",
        "改变设施规模",
        "Resize a place",
        (Field("place", required=True), Field("area_m2", "number", required=True, minimum=0, unit="m2")),
        resize_place,
    )
)
