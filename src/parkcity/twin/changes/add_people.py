"""Add residents: a new estate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from parkcity.twin.changes._fields import CHANGES, LAT, LON, ChangeKind, Effect, Field, Report
from parkcity.twin.changes._people import by_age, cell_of, mixing_zone

if TYPE_CHECKING:
    from collections.abc import Mapping

    from parkcity.twin.changes._draft import Draft


def add_people(draft: Draft, values: Mapping[str, Any], report: Report) -> Effect | None:
    """New residents at night, and people by day where the city knows them and the change says how many."""
    row = cell_of(draft, values, report)
    wanted = {"night": values["residents"], "day": values.get("day", 0)}
    if "day" in values and "day" not in draft.twin.periods:
        report.add("people by day are not known in this city.", todo="leave 'day' out")
        return None
    if row is None:
        return None
    if not any(round(number) for number in wanted.values()):
        report.add("the change would do nothing: it adds nobody.", allowed="1 person or more.")
        return None
    for period, number in wanted.items():
        if number:
            counts = draft.counts(period)
            counts[row] += by_age(counts, row, number, mixing_zone(draft))
    slots = {"persons": f"{values['residents']:,.0f}", "cell": draft.twin.cells["id"].iloc[row]}
    return Effect("add_people", slots, {"cells": 1})


CHANGES.add(
    ChangeKind(
        "add_people",
        "新增居民",
        "Add residents",
        (
            Field("residents", "number", required=True, minimum=0, unit="persons"),
            Field("day", "number", minimum=0, unit="persons"),
            Field("cell"),
            LON,
            LAT,
        ),
        add_people,
        either=(("cell",), ("lon", "lat")),
    )
)
