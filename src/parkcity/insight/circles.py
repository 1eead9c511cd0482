"""Inputs about life circles: which of a set of needs each cell reaches, in the norm's metres or in minutes of the group's own walk.

A set is a level of GB 50180-2018 (`level_15`, `level_10`, `level_5`) or a set of the table `need_sets`. Needs that the data do not know are
left out, and named by the completeness of the number.
"""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.insight.classes import class_of_facility, place_class
from parkcity.insight.inputs import PROVIDERS, WALK_LAYERS, Inputs, Provider
from parkcity.insight.operators.coverage import within
from parkcity.insight.registry import Input
from parkcity.standards import load, parameter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from parkcity.standards import Parameter
    from parkcity.twin.twin import Twin

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

LEVELS = (15, 10, 5)
_OF = 7.0


@cache
def needs_of_set(set_id: str) -> dict[str, Parameter]:
    """The classes of a set and the row that gives each its limit (metres or minutes), in the order of the tables."""
    if set_id.startswith("level_"):
        level = set_id.removeprefix("level_")
        found = {}
        for row in load("life_circle_facilities"):
            class_id = class_of_facility(row.id)
            if row.extra["level_min"] == level and class_id is not None and row.value:
                found[class_id] = row
        return found
    return {row.extra["class_id"]: row for row in load("need_sets") if row.extra["set"] == set_id}


def known(inputs: Inputs, classes: Iterable[str]) -> list[str]:
    """Those classes that the city's data know: places of the kind, from a source that does not leave out the size that the norm means."""
    return [class_id for class_id in classes if _is_known(inputs, class_id)]


def _is_known(inputs: Inputs, class_id: str) -> bool:
    from parkcity.insight.completeness import source_least_m2

    def find() -> bool:
        chosen = place_class(class_id)
        most = chosen.typical_most_m2
        return chosen.kind in inputs.twin.kinds() and (most is None or source_least_m2(inputs.twin, chosen.kind) < most)

    return bool(inputs.remember(f"known/{class_id}", find))


def measurable(inputs: Inputs, set_id: str, **_args: Any) -> list[str]:
    """The needs of a set that the city's data know."""
    return known(inputs, needs_of_set(set_id))


def lacks_all(twin: Twin, set_id: str, **_args: Any) -> list[str]:
    """Places of every kind of a set, where the city knows none of them."""
    if measurable(Inputs(twin), set_id):
        return []
    return list(dict.fromkeys(f"places:{place_class(class_id).kind}" for class_id in needs_of_set(set_id)))


def unknown_of(inputs: Inputs, set_id: str, **_args: Any) -> tuple[int, int]:
    """How many needs of a set the data do not know, and how many there are."""
    count = len(needs_of_set(set_id))
    return count - len(measurable(inputs, set_id)), count


def reached(inputs: Inputs, set_id: str, unit: str = "") -> Flags:
    """Which measurable needs of a set each cell reaches, bool [needs, cells].

    `unit`: "min" holds a level against its own minutes instead of the metres of each facility; left out, the unit of the table.
    """
    rows = needs_of_set(set_id)
    flags = []
    for class_id in measurable(inputs, set_id):
        row = rows[class_id]
        if unit == "min" and row.unit == "m":
            flags.append(within(inputs.minutes(class_id), float(row.extra["level_min"])))
        elif row.unit == "m":
            flags.append(within(inputs.distance_m(class_id), row.number))
        else:
            flags.append(within(inputs.minutes(class_id), row.number))
    return np.stack(flags)


def reached_share_of(inputs: Inputs, set_id: str, group: str) -> Floats:
    """Share of the measurable needs of a set that a named group reaches from every cell, float64 [cells], 0 to 1."""
    return np.asarray(reached(inputs.for_group(group), set_id, "min").mean(axis=0, dtype=np.float64))


def least_of(count: int, most: float) -> int:
    """How many of `count` needs make "most": `most` of seven, and the same share of other numbers, rounded up.

    >>> least_of(7, 6), least_of(4, 6), least_of(1, 6)
    (6, 4, 1)
    """
    return math.ceil(count * most / _OF - 1e-9)


def three_circles(inputs: Inputs) -> Flags:
    """Who lies in the traffic, the business and the life circle, bool [3, cells].

    Traffic: a rail station, or a bus stop where stops are known; business: shopping; life: most of the seven facilities.
    """
    rows = {name: parameter("circle_parameters", f"three.{name}").number for name in ("rail", "bus", "mall", "life")}
    traffic = np.zeros(len(inputs.twin.cells), bool)
    for class_id, limit in (("metro_station", rows["rail"]), ("bus_stop", rows["bus"])):
        if known(inputs, [class_id]):
            traffic |= within(inputs.distance_m(class_id), limit)
    business = within(inputs.distance_m("mall"), rows["mall"])
    seven = reached(inputs, "tdt1063_95")
    return np.stack([traffic, business, seven.sum(axis=0) >= least_of(len(seven), rows["life"])])


def _lacks_circles(twin: Twin, **_args: Any) -> list[str]:
    inputs = Inputs(twin)
    lacking = [f"places:{kind}" for kind in ("mall",) if kind not in twin.kinds()]
    if not known(inputs, ("metro_station", "bus_stop")):
        lacking.append("places:bus_stop")
    return [*lacking, *lacks_all(twin, "tdt1063_95")]


def _circle_classes(inputs: Inputs) -> list[str]:
    return [*known(inputs, ("metro_station", "bus_stop", "mall")), *measurable(inputs, "tdt1063_95")]


PROVIDERS.update(
    {
        "reached": Provider(reached, WALK_LAYERS, walks=True, by_group=True, classes=measurable, lacking=lacks_all, unknown=unknown_of),
        "reached_share_of": Provider(
            reached_share_of, WALK_LAYERS, walks=True, by_group=True, classes=measurable, lacking=lacks_all, unknown=unknown_of
        ),
        "three_circles": Provider(three_circles, WALK_LAYERS, walks=True, by_group=True, classes=_circle_classes, lacking=_lacks_circles),
    }
)


def needs(set_id: str, unit: str = "") -> Input:
    """What of a set is reached, as an input of an indicator."""
    return Input("reached", {"set_id": set_id, "unit": unit})


def share_of(set_id: str, group: str) -> Input:
    """The share of a set that a named group reaches, as an input of an indicator."""
    return Input("reached_share_of", {"set_id": set_id, "group": group})


def circles() -> Input:
    """The three circles, as an input of an indicator."""
    return Input("three_circles")
