"""Quality of public transport: how much service is near, how well buses feed stations, journeys against the car, time lost in changes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from parkcity.insight.forms import Parts, of_all
from parkcity.insight.operators.coverage import within
from parkcity.insight.registry import INDICATORS, Indicator, Input
from parkcity.insight.transit_quality import AGAINST_CAR, IN_CHANGES
from parkcity.insight.transit_stops import FED, STATIONS
from parkcity.standards import Parameter, load, parameter

Floats = npt.NDArray[np.float64]
TABLE = "transit_parameters"


def mean_of_residents(residents: Floats, value: Floats) -> Parts:
    """Mean over the residents for whom there is a value."""
    known = np.isfinite(value)
    return Parts(np.where(known, residents * np.where(known, value, 0), 0), np.where(known, residents, 0))


def near_served_stop(residents: Floats, stop_m: Floats, *, limit: float) -> Parts:
    """Residents whose walk to a stop served so often is at most the limit, of all residents."""
    return Parts(residents * within(stop_m, limit), residents)


def near_either(residents: Floats, bus_m: Floats, rail_m: Floats, *, bus_limit: float, rail_limit: float) -> Parts:
    """Residents near a stop of either kind, each with its own limit, of all residents."""
    return Parts(residents * (within(bus_m, bus_limit) | within(rail_m, rail_limit)), residents)


def _declare_mean(id_: str, names: tuple[str, str], unit: str, polarity: str, formula: str, source: Input, clause: Parameter) -> None:
    INDICATORS.add(
        Indicator(
            id=f"transit.{id_}",
            theme="transit",
            name_zh=names[0],
            name_en=names[1],
            unit=unit,
            polarity="lower" if polarity == "lower" else "higher",
            form="Mean",
            formula=formula,
            clause=clause,
            inputs={"residents": Input("residents"), "value": source},
            function=mean_of_residents,
        )
    )


def _declare_class(row: Parameter) -> None:
    letter = row.id.removeprefix("class.")
    INDICATORS.add(
        Indicator(
            id=f"transit.service_class_{letter}",
            theme="transit",
            name_zh=f"步行范围内公交服务频率达到 {row.extra['name_zh']}的居民比例",
            name_en=f"Residents near a stop served at {row.extra['name_en']} or better",
            unit="share",
            polarity="higher",
            form="Share",
            formula="sum(residents with walk <= limit to a stop with average headway by day below the class's) / sum(residents)",
            clause=row,
            inputs={"residents": Input("residents"), "stop_m": Input("served_stop_m", {"below_min": row.number})},
            parameters={"limit": parameter(TABLE, "transit.near_frequent")},
            function=near_served_stop,
        )
    )


def _declare_fed(row: Parameter) -> None:
    metres = row.value
    INDICATORS.add(
        Indicator(
            id=f"transit.feeder.within_{metres}_m",
            theme="transit",
            name_zh=f"出入口 {metres} 米内有公交站的轨道站比例",
            name_en=f"Rail stations with a bus stop within {metres} m of an entrance",
            unit="share",
            polarity="higher",
            form="Share",
            formula="rail stations with a bus stop within the limit of an entrance / rail stations",
            clause=row,
            inputs={"part": Input(FED, {"metres": row.number}), "whole": Input(STATIONS)},
            function=of_all,
        )
    )


for _row in load("transit_service_classes"):
    _declare_class(_row)
for _row in (row for row in load(TABLE) if row.id.startswith("transit.feeder_")):
    _declare_fed(_row)
for _row in (row for row in load(TABLE) if row.id.startswith("transit.stops_")):
    _declare_mean(
        f"stops_within_{_row.value}_m",
        (f"步行 {_row.value} 米内的公交与轨道站点数", f"Stops within {_row.value} m walk of a resident"),
        "stops",
        "higher",
        "sum(residents x stops within the walk) / sum(residents)",
        Input("stops_within", {"metres": _row.number}),
        _row,
    )
_declare_mean(
    "departures_per_hour",
    ("步行范围内每小时发车班次", "Departures in an hour within walk of a resident"),
    "departures/h",
    "higher",
    "sum(residents x departures by day at stops within the walk / hours) / sum(residents)",
    Input("departures_within"),
    parameter(TABLE, "transit.near_frequent"),
)
_declare_mean(
    "time_against_car",
    ("公共交通与小汽车出行时间比", "Time by transit over time by car"),
    "ratio",
    "lower",
    "mean over residents and middles of the city of (median time by transit / time by car in the peak)",
    Input(AGAINST_CAR),
    parameter(TABLE, "transit.centres"),
)
_declare_mean(
    "minutes_in_changes",
    ("换乘损失时间", "Minutes lost in changes on a journey"),
    "min",
    "lower",
    "mean over residents and middles of the city of minutes from getting off to getting on again, on the quickest journey",
    Input(IN_CHANGES),
    parameter(TABLE, "transit.centres"),
)
INDICATORS.add(
    Indicator(
        id="transit.convenient_access",
        theme="transit",
        name_zh="公共交通便利可达的居民比例",
        name_en="Residents with convenient access to public transport",
        unit="share",
        polarity="higher",
        form="Share",
        formula="sum(residents with walk to a bus stop <= 500 m or to a rail station <= 1,000 m) / sum(residents)",
        clause=parameter(TABLE, "transit.sdg_bus"),
        inputs={
            "residents": Input("residents"),
            "bus_m": Input("stop_or_none_m", {"mode": "bus"}),
            "rail_m": Input("stop_or_none_m", {"mode": "rail"}),
        },
        parameters={"bus_limit": parameter(TABLE, "transit.sdg_bus"), "rail_limit": parameter(TABLE, "transit.sdg_rail")},
        function=near_either,
    )
)
