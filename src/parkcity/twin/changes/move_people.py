"""Move residents from one cell to another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.twin.changes._fields import CHANGES, ChangeKind, Effect, Field, Report
from parkcity.twin.changes._people import by_age, cell_by_id, mixing_zone

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from parkcity.twin.changes._draft import Draft


def leavers(present: NDArray[Any], wanted: NDArray[Any], number: float) -> NDArray[Any]:
    """Persons by age who leave, [bands]: as wanted, but nowhere more than are present; others make up the number."""
    leaving: NDArray[Any] = np.minimum(wanted, present)
    short = wanted.sum() - leaving.sum() if number < present.sum() else present.sum() - leaving.sum()
    for band in np.argsort(-(present - leaving), kind="stable"):
        taken = min(short, present[band] - leaving[band])
        leaving[band] += taken
        short -= taken
    return leaving


def move_people(draft: Draft, values: Mapping[str, Any], report: Report) -> Effect | None:
    """Residents move with the ages of those who live where they leave; nobody is lost or made."""
    source, target = (cell_by_id(draft, values[name], report) for name in ("from_cell", "to_cell"))
    if source is None or target is None:
        return None
    counts = draft.counts("night")
    there = float(counts[source].sum())
    number = values["residents"]
    if number > there:
        report.add(f"'residents' is {number:,.0f}, but {there:,.0f} live in '{values['from_cell']}'.", allowed=f"at most {there:,.0f}.")
        return None
    if round(number) == 0 or source == target:
        report.add("the change would do nothing: nobody moves.", allowed="1 person or more, between two cells.")
        return None
    leaving = leavers(counts[source], by_age(counts, source, number, mixing_zone(draft)), number)
    counts[source] -= leaving
    counts[target] += leaving
    slots = {"persons": f"{leaving.sum():,.0f}", "source": values["from_cell"], "target": values["to_cell"]}
    return Effect("move_people", slots, {"cells": 2})


CHANGES.add(
    ChangeKind(
        "move_people",
        "居民搬迁",
        "Move residents",
        (
            Field("residents", "number", required=True, minimum=0, unit="persons"),
            Field("from_cell", required=True),
            Field("to_cell", required=True),
        ),
        move_people,
    )
)
