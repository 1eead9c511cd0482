"""Safety and resilience: fire engines, ambulances and police in time, shelters with room, and streets whose loss cuts residents off."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from parkcity.insight.drive import distance, exposed, joined, response
from parkcity.insight.forms import Parts, Spread
from parkcity.insight.operators.coverage import within
from parkcity.insight.registry import Input, declare
from parkcity.insight.shelters import find_room, refuge
from parkcity.standards import Parameter, parameter

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def in_time(base: Floats, value: Floats, *, limit: float) -> Parts:
    """Residents, or land, with an answer within the limit."""
    return Parts(base * within(value, limit), base)


def median_time(base: Floats, value: Floats) -> Spread:
    """Minutes that half of the residents wait at most."""
    return Spread(value, base, "median")


def late_time(base: Floats, value: Floats) -> Spread:
    """Minutes that nine in ten residents wait at most."""
    return Spread(value, base, "p90")


def area_per_head(base: Floats, refuge_m2: Floats) -> Parts:
    """Refuge area for each resident."""
    return Parts(refuge_m2, base)


def finds_room(base: Floats, persons: Floats) -> Parts:
    """Residents who find room in a shelter when all go at once, of all."""
    return Parts(persons, base)


def mean_walk(persons: Floats, person_minutes: Floats) -> Parts:
    """Mean walk of those who find room."""
    return Parts(person_minutes, persons)


def share_of(base: Floats, flags: Flags) -> Parts:
    """Residents of the cells that are flagged, of all."""
    return Parts(base * flags, base)


_RESIDENTS = Input("residents")
_AREA = Input("area_km2")


def _row(row_id: str) -> Parameter:
    return parameter("safety_parameters", row_id)


def _declare_response() -> None:
    drive, arrive = response("fire_station", turnout=False), response("fire_station", turnout=True)
    land, fire = _row("fire.drive.area"), _row("fire.drive")
    residents = "sum(residents with minutes <= limit) / sum(residents)"
    names = (f"消防车 {land.value} 分钟行车可达的用地", f"Land that fire engines reach in {land.value} min of driving")
    formula = "sum(area km2 with drive minutes <= limit) / sum(area km2)"
    declare("safety.fire.land", names, formula, land, {"base": _AREA, "value": drive}, in_time, parameters={"limit": land})
    names = (f"消防车 {fire.value} 分钟行车可达的居民", f"Residents whom fire engines reach in {fire.value} min of driving")
    declare(
        "safety.fire.residents",
        names,
        residents,
        fire,
        {"base": _RESIDENTS, "value": drive},
        in_time,
        headline=True,
        parameters={"limit": fire},
    )
    names = (
        f"消防车 {fire.value} 分钟到达的居民（含出动时间）",
        f"Residents whom fire engines reach within {fire.value} min, turn-out counted",
    )
    declare(
        "safety.fire.residents_turnout", names, residents, fire, {"base": _RESIDENTS, "value": arrive}, in_time, parameters={"limit": fire}
    )
    for name, zh, en, class_id in (("fire", "消防车", "fire engines", "fire_station"), ("ems", "救护车", "ambulances", "hospital")):
        inputs = {"base": _RESIDENTS, "value": response(class_id, turnout=True)}
        clause = fire if name == "fire" else _row("ems.hospital")
        middle = (f"{zh}到达时间中位数（含出动时间）", f"Minutes of {en}, median over residents, turn-out counted")
        declare(
            f"safety.{name}.median",
            middle,
            "median over residents",
            clause,
            inputs,
            median_time,
            unit="min",
            polarity="lower",
            form="Distribution",
        )
        late = (f"{zh}到达时间第90百分位（含出动时间）", f"Minutes of {en}, 90th percentile, turn-out counted")
        declare(
            f"safety.{name}.p90", late, "p90 over residents", clause, inputs, late_time, unit="min", polarity="lower", form="Distribution"
        )
    answer, police, radius = _row("ems.hospital"), _row("police.arrive"), _row("ems.radius.city")
    names = (
        f"救护车 {answer.value} 分钟到达的居民（自最近医院）",
        f"Residents whom an ambulance of the nearest hospital reaches within {answer.value} min",
    )
    declare(
        "safety.ems.residents",
        names,
        residents,
        answer,
        {"base": _RESIDENTS, "value": response("hospital", turnout=True)},
        in_time,
        parameters={"limit": answer},
    )
    names = (f"距最近医院 {radius.value} 公里以内的居民（道路）", f"Residents within {radius.value} km of a hospital by road")
    formula = "sum(residents with km <= limit) / sum(residents)"
    declare(
        "safety.ems.radius",
        names,
        formula,
        radius,
        {"base": _RESIDENTS, "value": distance("hospital")},
        in_time,
        parameters={"limit": radius},
    )
    names = (
        f"警车 {police.value} 分钟到达的居民（自最近派出所）",
        f"Residents whom police of the nearest station reach within {police.value} min",
    )
    declare(
        "safety.police.residents",
        names,
        residents,
        police,
        {"base": _RESIDENTS, "value": response("police", turnout=True)},
        in_time,
        parameters={"limit": police},
    )


def _declare_shelters() -> None:
    inputs = {"base": _RESIDENTS, "refuge_m2": refuge()}
    names = ("人均避难场地有效面积", "Refuge area for each resident")
    formula = "sum(area of parks, sports grounds and schools x share that is refuge) / sum(residents)"
    clause = parameter("health_check_indicators", "tdt1063.007")
    declare("safety.shelter.area_per_head", names, formula, clause, inputs, area_per_head, unit="m2/person", form="Density")
    kinds = {
        "emergency": ("紧急", "emergency"),
        "short": ("短期", "short stays"),
        "medium": ("中期", "medium stays"),
        "long": ("长期", "long stays"),
    }
    for stay, (zh, en) in kinds.items():
        metres, room = _row(f"shelter.dist.{stay}"), _row(f"shelter.area.{stay}")
        given = (metres.number, room.number)
        formula = f"residents who find {room.value} m2 within {metres.value} m on foot when all go at once, nearest first / sum(residents)"
        names = (f"{metres.value} 米内有{zh}避难空间的居民", f"Residents with room for {en} within {metres.value} m")
        inputs = {"base": _RESIDENTS, "persons": find_room("persons", *given)}
        declare(f"safety.shelter.{stay}", names, formula, metres, inputs, finds_room, headline=stay == "emergency")
        names = (f"{zh}避难步行疏散时间（平均）", f"Walk to the shelter, {en} (mean of those who find room)")
        inputs = {"persons": find_room("persons", *given), "person_minutes": find_room("person_minutes", *given)}
        formula = "sum(minutes of their walk) / sum(residents who find room)"
        declare(f"safety.shelter.{stay}_walk", names, formula, metres, inputs, mean_walk, unit="min", polarity="lower", form="Mean")


def _declare_streets() -> None:
    names = ("仅靠一条道路与主路网相连的居民", "Residents whom the loss of one street would cut off")
    formula = "sum(residents behind a bridge of the street graph) / sum(residents)"
    inputs = {"base": _RESIDENTS, "flags": exposed()}
    declare("safety.single_access", names, formula, _row("single.access"), inputs, share_of, polarity="lower", headline=True)
    for name in ("few", "many"):
        lost = _row(f"percolation.{name}")
        percent = f"{lost.number:.0%}"
        names = (f"最常用的 {percent} 路段中断后仍连通的居民", f"Residents still joined when the most used {percent} of streets fail")
        formula = "sum(residents in the largest piece) / sum(residents)"
        declare(f"safety.joined_after_{name}", names, formula, lost, {"base": _RESIDENTS, "flags": joined(lost.number)}, share_of)


_declare_response()
_declare_shelters()
_declare_streets()
