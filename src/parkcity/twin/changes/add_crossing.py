"""Add a crossing: a way on foot over a road."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from parkcity.twin.changes._fields import CHANGES, ChangeKind, Effect, Field, Report
from parkcity.twin.changes._street_kinds import BOTH, CLOSED, CROSSINGS, class_codes
from parkcity.twin.changes.add_link import LINE, new_street

if TYPE_CHECKING:
    from collections.abc import Mapping

    from parkcity.twin.changes._draft import Draft

_NAMES = {
    "unmarked": {"zh": "\u65e0\u6807\u7ebf", "en": "unmarked"},
    "marked": {"zh": "\u6709\u6807\u7ebf", "en": "marked"},
    "signals": {"zh": "\u6709\u4fe1\u53f7\u706f", "en": "signalled"},
}


def add_crossing(draft: Draft, values: Mapping[str, Any], report: Report) -> Effect | None:
    """A crossing between two streets, with lowered kerbs; pedestrians wait as their profile says for its kind."""
    kind = values.get("crossing", "marked")
    attributes = {
        "klass": class_codes()["footway"],
        "walk": BOTH,
        "bike": BOTH,
        "car": CLOSED,
        "crossing": CROSSINGS[kind],
        "kerb": 1,
        "steps": 0,
        "bridge": 0,
        "tunnel": 0,
        "wheelchair": 2,
    }
    return new_street(draft, values, report, "add_crossing", attributes, {"kind": _NAMES[kind]})


CHANGES.add(
    ChangeKind(
        "add_crossing",
        "\u65b0\u589e\u8fc7\u8857",
        "Add a crossing",
        (LINE, Field("crossing", "choice", choices=tuple(CROSSINGS))),
        add_crossing,
    )
)
