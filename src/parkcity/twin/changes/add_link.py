"""Add a street along a line of points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.twin.changes._fields import CHANGES, ChangeKind, Effect, Field, Report
from parkcity.twin.changes._links import add_edge, begin, finish, join_point
from parkcity.twin.changes._street_kinds import class_codes, passage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from parkcity.twin.changes._draft import Draft

LINE = Field("line", "points", required=True, least_points=2)
LENGTH = Field("length_m", "number", minimum=0.1, unit="m")


def add_link(draft: Draft, values: Mapping[str, Any], report: Report) -> Effect | None:
    """A street along a line whose two ends join the nearest streets; it is of the class given, or like the street that it leaves."""
    attributes: dict[str, float] = {}
    if "class" in values:
        attributes = {"klass": class_codes()[values["class"]], **passage(values["class"])}
    return new_street(draft, values, report, "add_link", attributes)


def new_street(
    draft: Draft,
    values: Mapping[str, Any],
    report: Report,
    change: str,
    attributes: Mapping[str, float],
    slots: Mapping[str, object] | None = None,
) -> Effect | None:
    """Add a street with attributes of its own where the city knows such; the others are those of the street that it leaves."""
    import shapely

    given = np.asarray(values["line"], np.float64)
    x, y = draft.twin.projection.forward(given[:, 0], given[:, 1])
    before, kept = begin(draft), dict(draft.attachments)
    first = join_point(draft, before, float(x[0]), float(y[0]), report)
    last = None if first is None else join_point(draft, first[0], float(x[-1]), float(y[-1]), report)
    if first is None or last is None:
        draft.attachments = kept
        return None
    arrays, u, v = last[0], first[1], last[1]
    ends = np.array([[arrays["node_x"][node], arrays["node_y"][node]] for node in (u, v)])
    line = np.vstack([ends[:1], np.column_stack([x, y])[1:-1], ends[1:]])
    drawn = float(np.hypot(*np.diff(line, axis=0).T).sum())
    length = float(values.get("length_m", drawn))
    straight = float(np.hypot(*(ends[1] - ends[0])))
    if u == v or length < straight - 0.5:
        draft.attachments = kept
        what = "both ends join the streets at one point." if u == v else f"'length_m' is {length:,.0f}."
        report.add(what, allowed="two different points." if u == v else f"at least {straight:,.0f} m, the straight line.")
        return None
    like = int(np.flatnonzero((arrays["edge_u"] == u) | (arrays["edge_v"] == u))[0])
    bent = line if "geom_start" in arrays else ends
    made = add_edge(arrays, u, v, length, bent, like)
    for name, value in attributes.items():
        if name in made:
            made[name][-1] = value
    points = finish(draft, made, {}, shapely.LineString(bent))
    told = {"metres": f"{length:,.0f}", "points": f"{points:,}", **(slots or {})}
    return Effect(change, told, {"streets": 1, "attachments": points})


CHANGES.add(
    ChangeKind(
        "add_link",
        "新增道路",
        "Add a street",
        (LINE, LENGTH, Field("class", "choice", choices=tuple(class_codes()))),
        add_link,
    )
)
