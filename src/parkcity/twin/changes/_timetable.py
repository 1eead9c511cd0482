"""What changes of the timetable share: the timetable of a draft, and putting another in its place."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

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


def append_stops(draft: Draft, points: NDArray[np.float64], report: Report, like: NDArray[np.int64] | None = None) -> bool:
    """Let the streets of a draft meet stops [n, 2: degrees east, degrees north] that are added behind those of its timetable.

    `like` [n]: the stop that stood there before, whose meeting the new one takes over; -1 where it finds a street of its own. A stop
    without a street near is a fault; then nothing is changed, and the answer is no.
    """
    like = np.full(len(points), -1, np.int64) if like is None else like
    arrays = draft.layer_arrays(LAYER)
    first = len(arrays["stop_id"])
    own = np.flatnonzero(like < 0)
    x, y = draft.twin.projection.forward(points[own, 0], points[own, 1])
    found: dict[str, NDArray[Any]] = draft.meet_streets(pd.DataFrame({"x": x, "y": y}))[0] if len(own) else {}
    lost = np.setdiff1d(np.arange(len(own)), found.get("owner", np.zeros(0, np.int64)))
    if len(lost):
        numbers = ", ".join(str(row + 1) for row in own[lost])
        report.add(
            f"no street is near to stop {numbers} of the line.", allowed="stops near streets.", todo="move them, or add a street first"
        )
        return False
    old = arrays["attach_owner"]
    taken = [(row, np.flatnonzero(old == before)) for row, before in enumerate(like.tolist()) if before >= 0]
    rows = np.concatenate([np.zeros(0, np.int64), *(kept for _, kept in taken)])
    owners = np.concatenate([np.zeros(0, np.int64), *(np.full(len(kept), row) for row, kept in taken)])
    added = {"owner": np.concatenate([own[found["owner"]] if found else np.zeros(0, np.int64), owners]) + first}
    order = np.argsort(added["owner"], kind="stable")
    for name in [name for name in arrays if name.startswith("attach_")]:
        part = name.removeprefix("attach_")
        if part not in added:
            added[part] = np.concatenate([found[part] if found else arrays[name][:0], arrays[name][rows]])
        arrays[name] = np.concatenate([arrays[name], added[part][order].astype(arrays[name].dtype)])
    return True
