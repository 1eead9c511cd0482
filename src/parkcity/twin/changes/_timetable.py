"""What changes of the timetable share: the timetable of a draft, and putting another in its place."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np

from parkcity.twin.timetable import Timetable
from parkcity.twin.timetable_layer import LAYER

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parkcity.twin.changes._draft import Draft
    from parkcity.twin.changes._fields import Report

_SHOWN = 8


def timetable_of(draft: Draft, report: Report) -> Timetable | None:
    """The timetable as the changes before left it, or None with a fault where the city has none."""
    if not draft.twin.has(LAYER):
        report.add("this city has no timetable.", todo="add a source of the layer 'timetable' to city.toml, or take the change out")
        return None
    arrays = draft.layer_arrays(LAYER)
    return Timetable(**{entry.name: arrays[entry.name] for entry in fields(Timetable)})


def put(draft: Draft, timetable: Timetable) -> None:
    """Let the draft have this timetable; where its stops meet the streets stays."""
    draft.layer_arrays(LAYER).update({entry.name: getattr(timetable, entry.name) for entry in fields(Timetable)})


def routes_of(timetable: Timetable, line: str, report: Report) -> NDArray[np.int64]:
    """Rows of the routes with this id or name; a fault where there is none."""
    rows = np.flatnonzero((timetable.route_id == line) | (timetable.route_name == line))
    if not len(rows):
        some = ", ".join(dict.fromkeys(timetable.route_name.tolist()[:_SHOWN]))
        report.add(f"there is no line '{line}'.", allowed=f"the id or name of a line, such as {some}.")
    return rows


def stops_of(timetable: Timetable, stop: str, report: Report) -> NDArray[np.int64]:
    """Rows of the stops with this id or name, and of the platforms of a station; a fault where there is none."""
    named = (timetable.stop_id == stop) | (timetable.stop_name == stop)
    rows = np.flatnonzero(named)
    if not len(rows):
        some = ", ".join(dict.fromkeys(timetable.stop_name.tolist()[:_SHOWN]))
        report.add(f"there is no stop '{stop}'.", allowed=f"the id or name of a stop or station, such as {some}.")
    return np.flatnonzero(named | np.isin(timetable.stop_parent, rows))
