"""Commuting: homes and jobs, how far and how long the way between them is, and how far it would have to be."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from parkcity.insight.commuting import KM, WORKERS
from parkcity.insight.forms import Parts
from parkcity.insight.registry import Input, declare
from parkcity.insight.transit_commutes import by_transit
from parkcity.standards import Parameter, parameter

Floats = npt.NDArray[np.float64]


def of_workers(workers: Floats, value: Floats) -> Parts:
    """Mean over the residents who work; a share where the value is one."""
    return Parts(workers * value, workers)


def over_limit(workers: Floats, within: Floats) -> Parts:
    """Residents who work and whose way is above the limit, of all who work."""
    return Parts(workers * (1 - within), workers)


def jobs_per_worker(workers: Floats, jobs: Floats) -> Parts:
    """Jobs for each resident who works."""
    return Parts(jobs, workers)


def excess(workers: Floats, km: Floats, least_km: Floats) -> Parts:
    """The part of the commuted distance that the best match of homes and jobs would save."""
    return Parts(workers * (km - least_km), workers * km)


def jobs_reached(residents: Floats, jobs: Floats) -> Parts:
    """Mean over residents of the jobs within reach."""
    return Parts(residents * jobs, residents)


def _row(row_id: str) -> Parameter:
    return parameter("commute_parameters", row_id)


_FLOWS = "T_ij = A_i O_i B_j D_j exp(-beta c_ij)"


def _within(row: Parameter, mode: str = "") -> Input:
    return Input("commute_within", {"limit": row.number, "unit": row.unit, **({"mode": mode} if mode else {})})


def _distances() -> None:
    near, far = _row("within.5km"), _row("over.25km")
    declare(
        "commute.mean_km",
        ("单程平均通勤距离", "Mean distance of a commute"),
        f"sum(T c) / sum(T); {_FLOWS}",
        _row("mean_km"),
        {"workers": WORKERS, "value": KM},
        of_workers,
        unit="km",
        polarity="lower",
        form="Mean",
        headline=True,
    )
    declare(
        "commute.within_5_km",
        ("通勤距离5公里以内的比重（幸福通勤）", "Commutes of up to 5 km"),
        f"sum(T where c <= 5 km) / sum(T); {_FLOWS}",
        _row("within.5km"),
        {"workers": WORKERS, "value": _within(near)},
        of_workers,
        headline=True,
    )
    declare(
        "commute.over_25_km",
        ("通勤距离25公里以上的比重", "Commutes of more than 25 km"),
        f"sum(T where c > 25 km) / sum(T); {_FLOWS}",
        _row("over.25km"),
        {"workers": WORKERS, "within": _within(far)},
        over_limit,
        polarity="lower",
    )
    declare(
        "commute.least_km",
        ("职住分离度（最小平均通勤距离）", "Least mean distance if homes and jobs were matched"),
        "min sum(x c) / sum(x), sum_j x_ij = O_i, sum_i x_ij = D_j",
        _row("separation"),
        {"workers": WORKERS, "value": Input("commute_least_km")},
        of_workers,
        unit="km",
        polarity="lower",
        form="Mean",
        headline=True,
    )
    declare(
        "commute.excess",
        ("过剩通勤比重", "Excess commuting"),
        f"(sum(T c) - min sum(x c)) / sum(T c); {_FLOWS}",
        _row("excess"),
        {"workers": WORKERS, "km": KM, "least_km": Input("commute_least_km")},
        excess,
        polarity="lower",
    )


def _times() -> None:
    modes = (("", "", "", True), ("car", "小汽车", " by car", False), ("cyclist", "骑行", " by bicycle", False))
    for mode, zh, en, main in modes:
        place = f"{mode}." if mode else ""
        args = {"mode": mode} if mode else {}
        how = f"t by the travel profile {mode}" if mode else "t = c x published pace"
        declare(
            f"commute.{place}mean_min",
            (f"{zh}单程平均通勤时间", f"Mean time of a commute{en}"),
            f"sum(T t) / sum(T); {how}; {_FLOWS}",
            _row("mean.min"),
            {"workers": WORKERS, "value": Input("commute_minutes", args)},
            of_workers,
            unit="min",
            polarity="lower",
            form="Mean",
            headline=main,
        )
        declare(
            f"commute.{place}within_45_min",
            (f"{zh}45分钟以内通勤比重", f"Commutes of up to 45 min{en}"),
            f"sum(T where t <= 45 min) / sum(T); {how}; {_FLOWS}",
            _row("within.45"),
            {"workers": WORKERS, "value": _within(_row("within.45"), mode)},
            of_workers,
            headline=main,
        )
        declare(
            f"commute.{place}over_60_min",
            (f"{zh}60分钟以上极端通勤比重", f"Commutes of more than 60 min{en}"),
            f"sum(T where t > 60 min) / sum(T); {how}; {_FLOWS}",
            _row("over.60"),
            {"workers": WORKERS, "within": _within(_row("over.60"), mode)},
            over_limit,
            polarity="lower",
        )


def _transit() -> None:
    """Shares by public transport; a mean would leave out those whom it takes nowhere."""
    for name, row, zh, en in (("45", "within.45", "45分钟", "45 min"), ("60", "over.60", "60分钟", "60 min")):
        limit = _row(row)
        declare(
            f"commute.transit.within_{name}_min",
            (f"{zh}公交服务能力占比（公共交通可达的通勤比重）", f"Commutes that public transport serves within {en}"),
            f"sum(T where t <= {en}) / sum(T); t door to door by the timetable, median of the morning; {_FLOWS}",
            limit,
            {"workers": WORKERS, "value": by_transit(limit.number)},
            of_workers,
            headline=name == "45",
        )


def _places() -> None:
    declare(
        "commute.same_district",
        ("本区职住自足率", "Commuters who work in their own district"),
        f"sum(T within the district) / sum(T); {_FLOWS}",
        _row("jobs.ratio"),
        {"workers": WORKERS, "value": Input("commute_same_zone")},
        of_workers,
        polarity="neutral",
    )
    declare(
        "commute.rail_both_ends",
        ("轨道站点800米覆盖通勤比重", "Commutes with a rail station within 800 m of both ends"),
        f"sum(T where home and job are within 800 m on foot) / sum(T); {_FLOWS}",
        _row("rail.800"),
        {"workers": WORKERS, "value": Input("commute_by_rail", {"class_id": "metro_station", "metres": _row("rail.800").number})},
        of_workers,
        headline=True,
    )
    declare(
        "commute.jobs_per_worker",
        ("职住比（岗位与在业居民之比）", "Jobs for each resident who works"),
        "sum(jobs) / sum(residents who work)",
        _row("jobs.ratio"),
        {"workers": WORKERS, "jobs": Input("jobs")},
        jobs_per_worker,
        unit="ratio",
        polarity="neutral",
        form="Density",
    )
    for mode, zh, en, row in (
        ("cyclist", "骑行30分钟", "30 min by bicycle", "jobs.cycle"),
        ("car", "驾车45分钟", "45 min by car", "within.45"),
    ):
        declare(
            f"commute.jobs_by_{mode}",
            (f"{zh}可达岗位数（居民平均）", f"Jobs within {en} (mean over residents)"),
            "sum(residents x jobs within the limit) / sum(residents); between zones",
            _row(row),
            {"residents": Input("residents"), "jobs": Input("jobs_within", {"minutes": _row(row).number, "mode": mode})},
            jobs_reached,
            unit="jobs",
            form="Mean",
        )


_distances()
_times()
_transit()
_places()
