"""Life circles: who reaches what the norm asks for, on foot, in the norm's metres and in 5, 10 and 15 minutes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from parkcity.insight.classes import class_of_facility, place_class
from parkcity.insight.forms import Parts, Spread, Statistic
from parkcity.insight.operators.coverage import share_reached, within
from parkcity.insight.registry import ACCESS_GROUPS, Input, declare
from parkcity.standards import Parameter, load, parameter

Floats = npt.NDArray[np.float64]

_HEADLINES = ("primary_school", "secondary_school", "sports", "metro_station", "park")
_STATISTICS: tuple[tuple[Statistic, str, str], ...] = (
    ("mean", "平均值", "mean"),
    ("median", "中位数", "median"),
    ("p90", "第90百分位", "90th percentile"),
)


def within_metres(residents: Floats, distance_m: Floats, *, limit: float) -> Parts:
    """Residents whose walking distance is at most the limit, of all residents."""
    return Parts(residents * within(distance_m, limit), residents)


def within_minutes(residents: Floats, minutes: Floats, *, limit: float) -> Parts:
    """Residents whose walking time is at most the limit, of all residents."""
    return Parts(residents * within(minutes, limit), residents)


def distance_mean(residents: Floats, distance_m: Floats) -> Spread:
    """Mean walking distance of the residents who reach one."""
    return Spread(distance_m, residents, "mean")


def distance_median(residents: Floats, distance_m: Floats) -> Spread:
    """Median walking distance of all residents."""
    return Spread(distance_m, residents, "median")


def distance_p90(residents: Floats, distance_m: Floats) -> Spread:
    """Walking distance that nine in ten residents do not exceed."""
    return Spread(distance_m, residents, "p90")


def circle_index(residents: Floats, needs: npt.NDArray[np.bool_]) -> Parts:
    """Mean over residents of the share of measurable needs within reach, each need with the same weight."""
    return Parts(residents * share_reached(needs), residents)


def circle_all(residents: Floats, needs: npt.NDArray[np.bool_]) -> Parts:
    """Residents who reach every measurable need."""
    return Parts(residents * needs.all(axis=0), residents)


_DISTANCES = {"mean": distance_mean, "median": distance_median, "p90": distance_p90}


def _declare_norm(facility: Parameter) -> str | None:
    """The share within the norm's metres, for one facility of GB 50180-2018; gives the class that answers it."""
    class_id = class_of_facility(facility.id)
    if class_id is None or not facility.value:
        return None
    names = (facility.extra["name_zh"], facility.extra["name_en"])
    _declare_radius(f"life_circle.{class_id}", class_id, facility, names, headline=class_id in _HEADLINES)
    return class_id


def _declare_minutes(class_id: str, clause: Parameter) -> None:
    chosen = place_class(class_id)
    for row in (parameter("check_limits", f"minutes.{minutes}") for minutes in ("5", "10", "15")):
        declare(
            f"life_circle.{class_id}.within_{row.value}_min",
            (f"{chosen.name('zh')} {row.value} 分钟步行覆盖率", f"Residents within {row.value} min walk of: {chosen.name('en')}"),
            "sum(residents with minutes <= limit) / sum(residents)",
            clause,
            {"residents": Input("residents"), "minutes": Input("minutes", {"class_id": class_id})},
            within_minutes,
            groups=ACCESS_GROUPS,
            headline=row.value == "15" and class_id in _HEADLINES,
            parameters={"limit": row},
        )


def _declare_distances(class_id: str, clause: Parameter) -> None:
    chosen = place_class(class_id)
    for statistic, zh, en in _STATISTICS:
        declare(
            f"distance.{class_id}.{statistic}",
            (f"到最近{chosen.name('zh')}的步行距离（{zh}）", f"Walking distance to the nearest {chosen.name('en')} ({en})"),
            f"{statistic} of distance_m over residents",
            clause,
            {"residents": Input("residents"), "distance_m": Input("distance_m", {"class_id": class_id})},
            _DISTANCES[statistic],
            unit="m",
            polarity="lower",
            form="Distribution",
            groups=ACCESS_GROUPS,
        )


def _declare_extra() -> None:
    """Classes without a facility row of their own: every park and sports place, and the check-up's two sizes of park."""
    for class_id, clause in (
        ("sports", parameter("life_circle_facilities", "lc.15.sport_large")),
        ("park", parameter("life_circle_facilities", "lc.15.park_15")),
    ):
        _declare_minutes(class_id, clause)
        _declare_distances(class_id, clause)
    metres = {
        "park_small": parameter("service_standards", "park.coverage.400_5000"),
        "park_large": parameter("service_standards", "park.coverage.5000plus"),
    }
    for class_id, row in metres.items():
        _declare_radius(f"life_circle.{class_id}", class_id, row)
    _declare_radius("life_circle.hospital.within_2_km", "hospital", parameter("health_check_indicators", "tdt1063.105"))
    _declare_radius("tod.metro_station_500", "metro_station", parameter("tod_parameters", "tod.radius.ordinary"))


def _declare_radius(
    indicator_id: str, class_id: str, row: Parameter, names: tuple[str, str] | None = None, *, headline: bool = False
) -> None:
    """The share of residents within the metres of a standards row; `names` (zh, en) where the norm names the class itself."""
    chosen = place_class(class_id)
    zh, en = names or (chosen.name("zh"), chosen.name("en"))
    declare(
        indicator_id,
        (f"{zh} {row.number:g} 米步行覆盖率", f"Residents within {row.number:g} m walk of: {en}"),
        "sum(residents with distance_m <= limit) / sum(residents)",
        row,
        {"residents": Input("residents"), "distance_m": Input("distance_m", {"class_id": class_id})},
        within_metres,
        groups=ACCESS_GROUPS,
        limit_m=row.number,
        headline=headline,
        parameters={"limit": row},
    )


def _declare_circle() -> None:
    row = parameter("check_limits", "index.life_circle")
    common = {"residents": Input("residents"), "needs": Input("needs_within", {"minutes": row.number})}
    declare(
        "life_circle.index",
        ("15分钟生活圈指数（可测需求）", "15-minute life-circle index (of measurable needs)"),
        "sum(residents x needs within 15 min / measurable needs) / sum(residents); equal weights",
        row,
        common,
        circle_index,
        unit="index",
        form="Index",
        groups=ACCESS_GROUPS,
        headline=True,
    )
    declare(
        "life_circle.all_needs",
        ("15分钟内全部可测需求可达的居民", "Residents with every measurable need within 15 min"),
        "sum(residents with all measurable needs within 15 min) / sum(residents)",
        row,
        common,
        circle_all,
        groups=ACCESS_GROUPS,
        headline=True,
    )


def _declare() -> None:
    for facility in load("life_circle_facilities"):
        class_id = _declare_norm(facility)
        if class_id is not None:
            _declare_minutes(class_id, facility)
            _declare_distances(class_id, facility)
    _declare_extra()
    _declare_circle()


_declare()
