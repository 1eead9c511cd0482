"""How complete the data behind a number are: flags with the share of residents they touch, and a grade from them.

The rules stand in the table `completeness_rules`; the grade is the worst that any rule gives, `A` where none applies.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.times import parse_date, years_between
from parkcity.insight.classes import level_of_class, place_class
from parkcity.insight.edges import in_doubt
from parkcity.insight.inputs import PROVIDERS, speed_of
from parkcity.insight.operators.zonal import ratio, zone_sums
from parkcity.standards import load, parameter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parkcity.insight.inputs import Inputs
    from parkcity.insight.registry import Indicator
    from parkcity.twin.twin import Twin

GRADES = ("A", "B", "C", "D")
_DATED = frozenset({"streets", "cells", "buildings", "land_use", "water", "green", "elevation", "land_cover", "timetable", "lines"})
"""Layers that are as old as the sources that feed them; those without one of their own are from the extract."""


@dataclass(frozen=True)
class Flag:
    """Something a reader should know about a number: its size by zone (share of residents, years or square metres)."""

    id: str
    size: NDArray[np.float64]
    detail: str = ""


def flags_of(indicator: Indicator, inputs: Inputs, member: NDArray[np.int32], zones: int) -> list[Flag]:
    """All flags that apply to an indicator, measured in every zone of a tier."""
    residents = inputs.residents()
    total = zone_sums(residents, member, zones)

    def share(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
        return np.nan_to_num(ratio(zone_sums(residents * mask, member, zones), total))

    found: list[Flag] = []
    if any(PROVIDERS[entry.provider].walks for entry in indicator.inputs.values()):
        nearest, attached = _attachment(inputs)
        far = parameter("engine_parameters", "attach.far").number
        found.append(Flag("attach_far", share(attached & (nearest > far)), f"> {far:g} m"))
        found.append(Flag("not_attached", share(~attached)))
    years, layer = oldest_layer(indicator, inputs)
    found.append(Flag("old_layer", np.full(zones, years), layer))
    found += _place_flags(indicator, inputs, share, zones)
    for entry in indicator.inputs.values():
        unknown = PROVIDERS[entry.provider].unknown
        if unknown is not None:
            lost, count = unknown(inputs, **entry.args)
            found.append(Flag("needs_unknown", np.full(zones, lost / count), f"{lost} / {count}"))
    defaults = [row.id for row in indicator.parameters.values() if not row.official]
    if any(PROVIDERS[entry.provider].by_group for entry in indicator.inputs.values()) and not speed_of(inputs.group).official:
        defaults.append(speed_of(inputs.group).id)
    if defaults:
        found.append(Flag("default_used", np.full(zones, float(len(defaults))), ", ".join(defaults)))
    assumed = _assumed(indicator, inputs)
    if assumed:
        found.append(Flag("modelled", np.full(zones, float(len(assumed))), "; ".join(assumed)))
    for entry in indicator.inputs.values():
        lines = PROVIDERS[entry.provider].assumed_lines
        if lines is not None:
            without, every = lines(inputs, **entry.args)
            found.append(Flag("assumed_timetable", np.full(zones, without / every if every else 0.0), f"{without} / {every}"))
        below = PROVIDERS[entry.provider].rests_on
        for part in [] if below is None else below(inputs, **entry.args):
            found += flags_of(part, inputs, member, zones)
    return _joined([flag for flag in found if bool((flag.size > 0).any())])


def _joined(flags: list[Flag]) -> list[Flag]:
    """One flag of a kind: the largest size in every zone, and all details."""
    joined: dict[str, Flag] = {}
    for flag in flags:
        held = joined.get(flag.id)
        if held is None:
            joined[flag.id] = flag
        else:
            details = list(dict.fromkeys([*held.detail.split("; "), *flag.detail.split("; ")]))
            joined[flag.id] = Flag(flag.id, np.maximum(held.size, flag.size), "; ".join(text for text in details if text))
    return list(joined.values())


def _assumed(indicator: Indicator, inputs: Inputs) -> list[str]:
    """What models assumed for the inputs of an indicator."""
    named: list[str] = []
    for entry in indicator.inputs.values():
        assumed = PROVIDERS[entry.provider].assumed
        if assumed is not None:
            named += assumed(inputs, **entry.args)
    return list(dict.fromkeys(named))


def _attachment(inputs: Inputs) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    nearest = np.asarray(inputs.twin.layer("attachments").array("cell_nearest_m"), dtype=np.float64)
    attached = np.zeros(len(nearest), bool)
    attached[inputs.origins().owner] = True
    return nearest, attached


def _classes(indicator: Indicator, inputs: Inputs) -> list[str]:
    found = (PROVIDERS[entry.provider].classes_of(inputs, entry.args) for entry in indicator.inputs.values())
    return list(dict.fromkeys(class_id for classes in found for class_id in classes))


def _place_flags(indicator: Indicator, inputs: Inputs, share: Any, zones: int) -> list[Flag]:
    flags: list[Flag] = []
    classes = _classes(indicator, inputs)
    for class_id in classes:
        missing = missing_below(class_id, inputs)
        if missing:
            flags.append(Flag("small_missing", np.full(zones, missing), f"{class_id} < {missing:g} m2"))
    lacking = max((missing_of_norm(class_id, inputs) for class_id in classes), default=0.0)
    if lacking > 0:
        flags.append(Flag("few_places", np.full(zones, lacking)))
    doubtful = in_doubt(indicator, inputs)
    if doubtful is not None:
        flags.append(Flag("edge_cut", share(doubtful)))
    return flags


def missing_below(class_id: str, inputs: Inputs) -> float:
    """Area (m2) below which places of a class are not in the source although the class would count them; 0 where none lack."""
    chosen = place_class(class_id)
    least = source_least_m2(inputs.twin, chosen.kind)
    return least if least > (chosen.least_m2 or 0.0) else 0.0


def missing_of_norm(class_id: str, inputs: Inputs) -> float:
    """Share of the places missing that the norm would ask for at the least, one for each largest circle's residents; 0 where none.

    A city with one secondary school for 378,000 residents has an incomplete list of schools rather than one school.
    """
    level = level_of_class(class_id)
    if level is None:
        return 0.0
    largest = parameter("life_circle_levels", f"lc.level.{level}").extra_number("population_max")
    assert largest is not None
    expected = float(inputs.residents_of("all").sum()) / largest
    found = int(inputs.place_count(class_id).sum())
    return max(0.0, 1.0 - found / expected) if expected >= 1.0 else 0.0


def source_least_m2(twin: Twin, kind: str) -> float:
    """The area (m2) below which the sources of a kind leave places out; 0 where they leave none out."""
    sources = twin.sources_of_kind.get(kind, frozenset())
    return max((float(row["least_area_m2"]) for row in twin.manifest["sources"] if row["id"] in sources), default=0.0)


def oldest_layer(indicator: Indicator, inputs: Inputs) -> tuple[float, str]:
    """Age in years of the oldest source that an indicator rests on, and that source."""
    layers = {layer for entry in indicator.inputs.values() for layer in PROVIDERS[entry.provider].layers}
    kinds = {place_class(class_id).kind for class_id in _classes(indicator, inputs)}
    by_kind = inputs.twin.sources_of_kind
    of_kind = {source for kind in kinds for source in by_kind.get(kind, frozenset())}
    spec = inputs.twin.spec
    counted = {spec.people.source, spec.people.age_source, spec.people.control_source, *(margin.source for margin in spec.people.margins)}
    worked = {spec.jobs.source} if spec.jobs else set()
    own = {row["layer"] for row in inputs.twin.manifest["sources"]}
    as_of = parse_date(str(inputs.twin.manifest["as_of"]))[0]
    oldest = (0.0, "")
    for row in inputs.twin.manifest["sources"]:
        used = (
            (row["layer"] in _DATED and row["layer"] in layers)
            or (row["layer"] == "openstreetmap" and row["coverage"] != "window" and bool(layers & _DATED - own))
            or row["id"] in of_kind
            or (row["id"] in counted and "people" in layers)
            or (row["id"] in worked and "jobs" in layers)
        )
        age = years_between(parse_date(str(row["date"]))[0], as_of)
        if used and age > oldest[0]:
            oldest = (age, str(row["id"]))
    return oldest


def grades_of(flags: list[Flag], zones: int) -> list[str]:
    """The grade of every zone: the worst that any rule gives."""
    worst = np.zeros(zones, np.int64)
    for flag in flags:
        for rule in load("completeness_rules"):
            if rule.extra["flag"] == flag.id:
                hit = flag.size > 0 if rule.number == 0 else flag.size >= rule.number
                worst = np.where(hit, np.maximum(worst, GRADES.index(rule.extra["grade"])), worst)
    return [GRADES[number] for number in worst]
