"""Give streets another class, speed limit or number of lanes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from parkcity.twin.changes._fields import CHANGES, LAT, LON, ChangeKind, Effect, Field, Report
from parkcity.twin.changes._street_kinds import class_codes, class_names, knows, meant_streets, passage, set_attributes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from parkcity.twin.changes._draft import Draft


def reclass_link(draft: Draft, values: Mapping[str, Any], report: Report) -> Effect | None:
    """The streets are of another class and open to the modes that it admits."""
    if not knows(draft, ("klass", *(name for name in ("maxspeed", "lanes") if name in values)), report):
        return None
    edges = meant_streets(draft, values, report)
    if edges is None:
        return None
    given = {name: values[name] for name in ("maxspeed", "lanes") if name in values}
    differ = set_attributes(draft, edges, {"klass": class_codes()[values["class"]], **passage(values["class"]), **given})
    if not differ:
        report.add("the change would do nothing: the streets are so already.", todo="give another class, or take the change out")
        return None
    return Effect("reclass_link", {"count": f"{differ:,}", "klass": class_names()[values["class"]]}, {"streets": differ})


CHANGES.add(
    ChangeKind(
        "reclass_link",
        "\u8c03\u6574\u9053\u8def\u7b49\u7ea7",
        "Change the class of streets",
        (
            Field("class", "choice", required=True, choices=tuple(class_codes())),
            Field("maxspeed", "number", minimum=1, maximum=200, unit="km/h"),
            Field("lanes", "number", minimum=1, maximum=20),
            LON,
            LAT,
            Field("polygon", "points", least_points=3),
        ),
        reclass_link,
        either=(("lon", "lat"), ("polygon",)),
    )
)
