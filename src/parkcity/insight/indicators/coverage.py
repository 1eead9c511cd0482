"""Coverage of residential land: how much of it lies within the norm's walk of what the norm asks for, as the check-up counts."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from parkcity.insight.circles import LEVELS, least_of, needs, needs_of_set
from parkcity.insight.classes import class_of_facility, place_class
from parkcity.insight.forms import Parts
from parkcity.insight.greens import walk
from parkcity.insight.operators.coverage import share_reached, within
from parkcity.insight.registry import Input, declare
from parkcity.standards import Parameter, load, parameter

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_HOMES = Input("residential_km2")
_MOST = parameter("circle_parameters", "most")
_STRICT = parameter("circle_parameters", "strict")
_WITHIN = "sum(residential land km2 with {cost} <= limit) / sum(residential land km2)"


def land_within(homes_km2: Floats, cost: Floats, *, limit: float) -> Parts:
    """Residential land whose walk is at most the limit, of all residential land."""
    return Parts(homes_km2 * within(cost, limit), homes_km2)


def land_mean(homes_km2: Floats, reached: Flags) -> Parts:
    """Mean over residential land of the share of measurable facilities within reach."""
    return Parts(homes_km2 * share_reached(reached), homes_km2)


def land_with_all(homes_km2: Floats, reached: Flags) -> Parts:
    """Residential land from which every measurable facility is within reach."""
    return Parts(homes_km2 * reached.all(axis=0), homes_km2)


def land_with_most(homes_km2: Floats, reached: Flags, *, most: float) -> Parts:
    """Residential land from which most measurable facilities are within reach."""
    return Parts(homes_km2 * (reached.sum(axis=0) >= least_of(len(reached), most)), homes_km2)


def _declare_metres(name: str, class_id: str, row: Parameter, names: tuple[str, str] | None = None) -> None:
    chosen = place_class(class_id)
    zh, en = names or (chosen.name("zh"), chosen.name("en"))
    declare(
        f"coverage.{name}",
        (f"{zh} {row.number:g} 米覆盖的居住用地", f"Residential land within {row.number:g} m walk of: {en}"),
        _WITHIN.format(cost="distance_m"),
        row,
        {"homes_km2": _HOMES, "cost": Input("distance_m", {"class_id": class_id})},
        land_within,
        parameters={"limit": row},
    )


def _declare_minutes(class_id: str, row: Parameter, cost: Input, names: tuple[str, str], *, headline: bool = False) -> None:
    zh, en = names
    declare(
        f"coverage.{class_id}.within_{row.value}_min",
        (f"{zh} {row.value} 分钟步行覆盖的居住用地", f"Residential land within {row.value} min walk of: {en}"),
        _WITHIN.format(cost="minutes"),
        row,
        {"homes_km2": _HOMES, "cost": cost},
        land_within,
        headline=headline,
        parameters={"limit": row},
    )


def _declare_places() -> None:
    """Each facility of GB 50180-2018 in its metres, and those that the check-up holds against radii of its own."""
    for facility in load("life_circle_facilities"):
        class_id = class_of_facility(facility.id)
        if class_id is not None and facility.value:
            _declare_metres(class_id, class_id, facility, (facility.extra["name_zh"], facility.extra["name_en"]))
    for name, class_id, row in (
        ("park_small", "park_small", parameter("service_standards", "park.coverage.400_5000")),
        ("park_large", "park_large", parameter("service_standards", "park.coverage.5000plus")),
        ("hospital.within_2_km", "hospital", parameter("health_check_indicators", "tdt1063.105")),
        ("hospital.within_4_km", "hospital", parameter("service_standards", "hospital.coverage")),
    ):
        _declare_metres(name, class_id, row)


def _declare_times() -> None:
    """The facilities that TD/T 1063-2021 counts by minutes on foot."""
    rows = [*needs_of_set("tdt1063_95").items(), ("football", parameter("health_check_indicators", "tdt1063.116"))]
    rows.append(("park", parameter("health_check_indicators", "tdt1063.119")))
    for class_id, row in rows:
        chosen = place_class(class_id)
        cost = Input("minutes", {"class_id": class_id})
        _declare_minutes(class_id, row, cost, (chosen.name("zh"), chosen.name("en")), headline=class_id == "park")
    _declare_minutes("forest", parameter("health_check_indicators", "tdt1063.121"), walk("forest", "s"), ("森林", "a wood"))
    limit = parameter("green_parameters", "greenway.reach")
    declare(
        "coverage.greenway",
        (f"绿道 {limit.value} 米服务覆盖的居住用地", f"Residential land within {limit.value} m of a greenway"),
        _WITHIN.format(cost="walk"),
        limit,
        {"homes_km2": _HOMES, "cost": walk("greenway", "m")},
        land_within,
        parameters={"limit": limit},
    )


def _declare_set(name: str, what: tuple[str, str], clause: Parameter, reached: Input, *, headline: bool = False) -> None:
    """The mean, strict and k-of-n answers for one set of facilities."""
    zh, en = what
    inputs = {"homes_km2": _HOMES, "reached": reached}
    declare(
        f"coverage.{name}.mean",
        (f"{zh}平均覆盖率（居住用地）", f"{en}: mean coverage of residential land"),
        "sum(residential land km2 x facilities within reach / measurable facilities) / sum(residential land km2)",
        clause,
        inputs,
        land_mean,
        form="Mean",
        headline=headline,
    )
    declare(
        f"coverage.{name}.all",
        (f"{zh}全部覆盖的居住用地", f"{en}: residential land with all"),
        "sum(residential land km2 with every measurable facility within reach) / sum(residential land km2)",
        clause,
        inputs,
        land_with_all,
    )
    share = f"{_MOST.value}/{_STRICT.value}"
    declare(
        f"coverage.{name}.most",
        (f"{zh}多数（{share}）覆盖的居住用地", f"{en}: residential land with most ({_MOST.value} of {_STRICT.value})"),
        f"sum(residential land km2 with at least {share} of the measurable facilities within reach) / sum(residential land km2)",
        clause,
        inputs,
        land_with_most,
        parameters={"most": _MOST},
    )


def _declare_sets() -> None:
    seven = ("15分钟社区生活圈七类设施", "The seven facilities of the 15-minute community circle")
    _declare_set("seven", seven, parameter("health_check_indicators", "tdt1063.095"), needs("tdt1063_95"), headline=True)
    for level in LEVELS:
        what = (f"{level}分钟生活圈设施（标准距离）", f"Facilities of the {level}-minute circle, by the norm's metres")
        _declare_set(f"level_{level}", what, parameter("life_circle_levels", f"lc.level.{level}"), needs(f"level_{level}"))
    what = ("完整社区设施", "Facilities of a complete community")
    _declare_set("complete", what, parameter("need_sets", "complete.nursery"), needs("complete"))


_declare_places()
_declare_times()
_declare_sets()
