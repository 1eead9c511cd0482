"""Add a bridge: a way over whatever lies below, joined to the streets at its ends only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from parkcity.twin.changes._fields import CHANGES, ChangeKind, Effect, Field, Report
from parkcity.twin.changes._street_kinds import class_codes, passage
from parkcity.twin.changes.add_link import LENGTH, LINE, new_street

if TYPE_CHECKING:
    from collections.abc import Mapping

    from parkcity.twin.changes._draft import Draft


def add_bridge(draft: Draft, values: Mapping[str, Any], report: Report) -> Effect | None:
    """A bridge of a class of street, a footway unless told otherwise, level and without steps."""
    name = values.get("class", "footway")
    attributes = {
        "klass": class_codes()[name],
        **passage(name),
        "bridge": 1,
        "tunnel": 0,
        "layer": 1,
        "steps": 0,
        "crossing": 0,
        "incline": 0.0,
    }
    return new_street(draft, values, report, "add_bridge", attributes)


CHANGES.add(
    ChangeKind(
        "add_bridge",
        "\u65b0\u5efa\u6865\u6881",
        "Add a bridge",
        (LINE, LENGTH, Field("class", "choice", choices=tuple(class_codes()))),
        add_bridge,
    )
)
