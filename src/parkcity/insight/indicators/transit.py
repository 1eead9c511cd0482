"""Public transport: who lives near a stop, near a frequent one, and how many residents and jobs one reaches by it in time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from parkcity.insight import transit_inputs, transit_rides
from parkcity.insight.forms import Parts
from parkcity.insight.operators.coverage import within
from parkcity.insight.registry import ACCESS_GROUPS, Input, declare
from parkcity.standards import parameter

Floats = npt.NDArray[np.float64]


def near_stop(residents: Floats, stop_m: Floats, *, limit: float) -> Parts:
    """Residents whose walk to a stop is at most the limit, of all residents."""
    return Parts(residents * within(stop_m, limit), residents)


def share_reached(residents: Floats, reached: Floats, every: Floats) -> Parts:
    """Mean over residents of the share of all that they reach."""
    total = float(every.sum())
    return Parts(residents * reached / total if total > 0 else np.zeros_like(residents), residents)


def _declare_near(id_: str, name_zh: str, name_en: str, source: Input, limit: str, *, headline: bool = False) -> None:
    row = parameter("transit_parameters", f"transit.{limit}")
    declare(
        f"transit.{id_}",
        (name_zh, name_en),
        "sum(residents with walk to stop <= limit) / sum(residents)",
        row,
        {"residents": Input("residents"), "stop_m": source},
        near_stop,
        groups=ACCESS_GROUPS,
        headline=headline,
        parameters={"limit": row},
    )


def _declare_reached(what: str, name_zh: str, name_en: str, minutes: int) -> None:
    declare(
        f"transit.{what}.within_{minutes}_min",
        (f"{minutes} 分钟公共交通可达的{name_zh}比例", f"Share of {name_en} reached by transit within {minutes} min"),
        f"mean over residents of ({name_en} with median door-to-door time <= {minutes} min) / all {name_en}",
        parameter("transit_parameters", f"transit.access_{minutes}"),
        {"residents": Input("residents"), "reached": Input(f"{what}_by_transit", {"minutes": minutes}), "every": Input(f"all_{what}")},
        share_reached,
        headline=minutes == transit_rides.ACCESS_MIN[1],
    )


_BUS, _RAIL = Input("transit_stop_m", {"mode": transit_inputs.BUS}), Input("transit_stop_m", {"mode": transit_inputs.RAIL})
_declare_near("bus_stop.within_300_m", "公交站点 300 米步行覆盖率", "Residents within 300 m walk of a bus stop", _BUS, "near_bus_300")
_declare_near(
    "bus_stop.within_500_m", "公交站点 500 米步行覆盖率", "Residents within 500 m walk of a bus stop", _BUS, "near_bus_500", headline=True
)
_declare_near(
    "rail_station.within_800_m",
    "轨道站点（按时刻表）800 米步行覆盖率",
    "Residents within 800 m walk of a rail station of the timetable",
    _RAIL,
    "near_rail_800",
)
_declare_near(
    "frequent_stop.within_500_m",
    "每 20 分钟有车的站点 500 米步行覆盖率",
    "Residents within 500 m walk of a stop served every 20 min",
    Input("frequent_stop_m"),
    "near_frequent",
    headline=True,
)
for _minutes in transit_rides.ACCESS_MIN:
    _declare_reached("people", "居民", "residents", _minutes)
    _declare_reached("jobs", "岗位", "jobs", _minutes)
