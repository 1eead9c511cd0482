"""Rail stations and what lies around them: residents by ring, how well the walk reaches, node and place in balance, services."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from parkcity.insight.forms import Parts, of_all
from parkcity.insight.operators.coverage import within
from parkcity.insight.registry import ACCESS_GROUPS, Input, Polarity, declare
from parkcity.insight.stations import of_ring, of_stations
from parkcity.standards import Parameter, parameter

Floats = npt.NDArray[np.float64]


def within_metres(residents: Floats, distance_m: Floats, *, limit: float) -> Parts:
    """Residents whose walking distance is at most the limit, of all residents."""
    return Parts(residents * within(distance_m, limit), residents)


def _row(row_id: str) -> Parameter:
    return parameter("tod_parameters", row_id)


def _declare_reach() -> None:
    """Residents within the walks that the rules name: the rings of a station, and the measures of the ITDP standard."""
    station = ("轨道站点", "a rail station", "metro_station")
    rows = {
        "ring_core": (_row("tod.ring.core_max"), *station),
        "ring_outer": (_row("tod.ring.outer_max"), *station),
        "itdp_rapid_transit": (_row("itdp.walk_rapid_transit"), *station),
        "itdp_bus": (_row("itdp.walk_frequent_bus"), "公交站点", "a bus stop", "bus_stop"),
        "itdp_parks": (_row("tod.service.radius"), "公园", "a park", "park"),
    }
    for name, (limit, zh, en, class_id) in rows.items():
        declare(
            f"tod.{name}",
            (f"距{zh}步行 {limit.value} 米以内的居民", f"Residents within {limit.value} m walk of {en}"),
            "sum(residents with distance_m <= limit) / sum(residents)",
            limit,
            {"residents": Input("residents"), "distance_m": Input("distance_m", {"class_id": class_id})},
            within_metres,
            groups=ACCESS_GROUPS,
            parameters={"limit": limit},
        )


def people_and_jobs(residents: Floats, jobs: Floats, distance_m: Floats, *, limit: float) -> Parts:
    """Residents and jobs whose walk to a station is at most the limit, of all residents and jobs."""
    both = residents + jobs
    return Parts(both * within(distance_m, limit), both)


def _declare_people_and_jobs() -> None:
    limit = parameter("health_check_indicators", "tdt1063.103")
    near = Input("distance_m", {"class_id": "metro_station"})
    declare(
        "tod.people_and_jobs",
        (f"轨道站点 {limit.value} 米覆盖的人口与岗位", f"Residents and jobs within {limit.value} m walk of a rail station"),
        "sum(residents + jobs with distance_m <= limit) / sum(residents + jobs)",
        limit,
        {"residents": Input("residents"), "jobs": Input("jobs"), "distance_m": near},
        people_and_jobs,
        headline=True,
        parameters={"limit": limit},
    )


def _declare_stations() -> None:
    count = of_stations("count")
    shares = {
        "balanced": ("节点与场所均衡的站点", "Stations in balance of node and place", _row("tod.balance.most"), "higher"),
        "stressed": (
            "节点与场所双高（压力型）的站点",
            "Stations under stress: node and place both high",
            _row("tod.stress.least"),
            "neutral",
        ),
        "dependent": ("节点与场所双低（依赖型）的站点", "Dependent stations: node and place both low", _row("tod.stress.least"), "lower"),
        "unbalanced_node": ("交通强、场所弱的站点", "Stations with more node than place", _row("tod.balance.most"), "lower"),
        "unbalanced_place": ("场所强、交通弱的站点", "Stations with more place than node", _row("tod.balance.most"), "lower"),
        "good": ("步行可达面积比达标的站点", "Stations with a good pedestrian catchment", _row("tod.pca.good"), "higher"),
    }
    for name, (zh, en, clause, polarity) in shares.items():
        formula = f"stations that are {name} / stations"
        inputs = {"part": of_stations(name), "whole": count}
        chosen: Polarity = "higher" if polarity == "higher" else "lower" if polarity == "lower" else "neutral"
        declare(f"tod.stations.{name}", (zh, en), formula, clause, inputs, of_all, polarity=chosen, headline=name == "balanced")
    near = _row("tod.bus_near.3")
    names = (f"{near.value} 米内有公交站的轨道站点", f"Stations with a bus stop within {near.value} m")
    bus = {"part": of_stations("with_bus"), "whole": count}
    declare(
        "tod.stations.with_bus",
        names,
        "stations with a bus stop / stations",
        near,
        {**bus, "stops": Input("place_count", {"class_id": "bus_stop"})},
        with_bus,
    )
    ratio = ("站点步行可达面积比（平均）", "Pedestrian catchment ratio of stations (mean)")
    inputs = {"part": of_stations("catchment_ratio"), "whole": count}
    declare(
        "tod.stations.catchment_ratio",
        ratio,
        "sum(catchment ratio) / stations",
        _row("tod.pca.radius"),
        inputs,
        of_all,
        unit="ratio",
        form="Mean",
    )
    services = ("站点周边可测服务设施齐全度（平均）", "Known services around stations (mean share present)")
    inputs = {"part": of_stations("services"), "whole": count}
    declare(
        "tod.stations.services",
        services,
        "sum(share of known services within the walk) / stations",
        _row("tod.service.radius"),
        inputs,
        of_all,
        form="Mean",
    )
    density = ("站点步行范围人口密度", "Residents on the land within the walk of stations")
    inputs = {"part": of_stations("residents"), "whole": of_stations("walk_km2")}
    formula = "sum(residents within the walk) / sum(area within the walk)"
    declare("tod.stations.density", density, formula, _row("tod.radius.ordinary"), inputs, of_all, unit="person/km2", form="Density")


def _declare_floors() -> None:
    """Floor area ratio by ring; what the guideline suggests for each ring is of no official source and is not held against it."""
    names = {
        "core": ("核心圈", "the core ring"),
        "middle": ("中间圈", "the middle ring"),
        "outer": ("外围圈", "the outer ring"),
    }
    for ring, (zh, en) in names.items():
        limit = _row(f"tod.ring.{ring}_max")
        declare(
            f"tod.floor_ratio.{ring}",
            (f"站点{zh}（至 {limit.value} 米）毛容积率", f"Gross floor area ratio of {en} of stations (up to {limit.value} m)"),
            "sum(floor area of the cells of the ring m2) / sum(area of these cells m2), each station by itself",
            limit,
            {"part": of_ring("floor", ring), "whole": of_ring("land", ring)},
            of_all,
            unit="ratio",
            polarity="neutral",
            form="Density",
        )


def with_bus(part: Floats, whole: Floats, stops: Floats) -> Parts:
    """Stations with a bus stop at the door, of all; a city that knows no bus stops has no such number."""
    del stops
    return Parts(part, whole)


_declare_reach()
_declare_people_and_jobs()
_declare_stations()
_declare_floors()
