"""Services: how many places there are, for whom, and whether those who reach them have enough of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from parkcity.insight.amounts import capacity
from parkcity.insight.classes import class_of_facility, place_class
from parkcity.insight.forms import Parts, of_all
from parkcity.insight.operators.catchment import served
from parkcity.insight.registry import ACCESS_GROUPS, Input, declare
from parkcity.insight.supply import services
from parkcity.standards import Parameter, load, parameter

Floats = npt.NDArray[np.float64]

_HEADLINES = ("primary_school", "kindergarten", "health_centre")


def places_per_head(residents: Floats, places: Floats, *, base: float) -> Parts:
    """Places for each `base` residents."""
    return Parts(places, residents / base)


def supply_per_head(residents: Floats, access: Floats, *, base: float) -> Parts:
    """Mean over residents of the supply that each shares with those who reach the same places, for each `base` residents."""
    return Parts(residents * access * base, residents)


def area_per_head(residents: Floats, access: Floats) -> Parts:
    """Mean over residents of the area that each shares with those who reach the same places."""
    return Parts(residents * access, residents)


def residents_served(residents: Floats, access: Floats, *, residents_per_place: float) -> Parts:
    """Residents for whom there is enough within reach; of a shortage each has the same part."""
    return Parts(residents * served(access, 1 / residents_per_place), residents)


def residents_unmet(residents: Floats, access: Floats, *, residents_per_place: float) -> Parts:
    """Residents for whom there is nothing or not enough within reach."""
    return Parts(residents * (1 - served(access, 1 / residents_per_place)), None)


def _declare_counts() -> None:
    base = parameter("check_limits", "per.residents")
    clauses = {"sports": "lc.15.sport_large", "park": "lc.15.park_15"}
    for facility in load("life_circle_facilities"):
        class_id = class_of_facility(facility.id)
        if class_id is not None:
            clauses.setdefault(class_id, facility.id)
    for class_id, facility_id in clauses.items():
        chosen = place_class(class_id)
        declare(
            f"services.{class_id}.per_100000",
            (f"每十万居民{chosen.name('zh')}数量", f"{chosen.name('en')} per 100,000 residents".capitalize()),
            "sum(places) / sum(residents) x 100,000",
            parameter("life_circle_facilities", facility_id),
            {"residents": Input("residents"), "places": Input("place_count", {"class_id": class_id})},
            places_per_head,
            unit="1/100000",
            form="Density",
            parameters={"base": base},
        )


def _formula(row: Parameter) -> str:
    """How access comes about, in the letters of the literature."""
    shared = {
        "two_step": "R_j = S_j / sum_i(P_i W_ij); A_i = sum_j(R_j W_ij)",
        "three_step": "G_ij = W_ij / sum_j(W_ij); R_j = S_j / sum_i(G_ij P_i W_ij); A_i = sum_j(G_ij R_j W_ij)",
        "huff_three_step": "G_ij = S_j W_ij / sum_j(S_j W_ij); R_j = S_j / sum_i(G_ij P_i); A_i = sum_j(G_ij R_j W_ij)",
    }[row.extra["method"]]
    return f"{shared}; W {row.extra['decay']}, 0 beyond {row.value} m on foot"


def _declare_access(row: Parameter) -> None:
    chosen = place_class(row.id)
    inputs = {"residents": Input("residents"), "access": Input("access", {"class_id": row.id})}
    if row.extra["supply"] == "area":
        declare(
            f"services.{row.id}.area_shared",
            (
                f"步行可达、与他人共享的人均{chosen.name('zh')}面积",
                f"Area for each resident, shared by all who reach it: {chosen.name('en')}",
            ),
            f"sum(residents x A) / sum(residents); {_formula(row)}; S square metres",
            row,
            inputs,
            area_per_head,
            unit="m2/person",
            form="Mean",
            groups=ACCESS_GROUPS,
        )
        return
    declare(
        f"services.{row.id}.shared",
        (
            f"步行可达、与他人共享的每十万居民{chosen.name('zh')}数量",
            f"Places for each 100,000 residents, shared by all who reach them: {chosen.name('en')}",
        ),
        f"sum(residents x A) / sum(residents) x 100,000; {_formula(row)}; S places",
        row,
        inputs,
        supply_per_head,
        unit="1/100000",
        form="Mean",
        groups=ACCESS_GROUPS,
        parameters={"base": parameter("check_limits", "per.residents")},
    )
    declare(
        f"services.{row.id}.capacity_shared",
        (
            f"步行可达、与他人共享的每千居民{chosen.name('zh')}容量（座位或床位）",
            f"Seats or beds for each 1,000 residents, shared by all who reach them: {chosen.name('en')}",
        ),
        f"sum(residents x A) / sum(residents) x 1,000; {_formula(row)}; S seats or beds",
        row,
        {"residents": Input("residents"), "access": Input("access", {"class_id": row.id, "supply": "capacity"})},
        supply_per_head,
        unit="1/1000",
        form="Mean",
        groups=ACCESS_GROUPS,
        parameters={"base": parameter("check_limits", "per.thousand")},
    )


def _declare_enough(row: Parameter, per_place: Parameter) -> None:
    """Quantity and reach together, where the norm says for how many residents a place is."""
    chosen = place_class(row.id)
    inputs = {"residents": Input("residents"), "access": Input("access", {"class_id": row.id})}
    parameters = {"residents_per_place": per_place}
    formula = f"{_formula(row)}; S places; N residents for each place"
    declare(
        f"services.{row.id}.served",
        (f"{chosen.name('zh')}既够得着又够用的居民", f"Residents with enough within reach: {chosen.name('en')}"),
        f"sum(residents x min(A x N, 1)) / sum(residents); {formula}",
        row,
        inputs,
        residents_served,
        groups=ACCESS_GROUPS,
        headline=row.id in _HEADLINES,
        parameters=parameters,
    )
    declare(
        f"services.{row.id}.unmet",
        (f"{chosen.name('zh')}需求未满足的居民", f"Residents without enough within reach: {chosen.name('en')}"),
        f"sum(residents x (1 - min(A x N, 1))); {formula}",
        row,
        inputs,
        residents_unmet,
        unit="persons",
        polarity="lower",
        form="Total",
        groups=ACCESS_GROUPS,
        parameters=parameters,
    )


def _declare_for_age(row: Parameter) -> None:
    chosen = place_class(row.id)
    first, last = int(row.extra["age_from"]), int(row.extra["age_to"] or parameter("check_limits", "age.oldest").number)
    ages_zh, ages_en = (f"{first}岁及以上", f"{first} and over") if not row.extra["age_to"] else (f"{first}-{last}岁", f"{first} to {last}")
    declare(
        f"services.{row.id}.per_10000_of_age",
        (f"每万名{ages_zh}居民{chosen.name('zh')}数量", f"Places for each 10,000 residents aged {ages_en}: {chosen.name('en')}"),
        "sum(places) / sum(residents of the age) x 10,000; years of a wider age band count alike",
        row,
        {"residents": Input("residents_aged", {"first": first, "last": last}), "places": Input("place_count", {"class_id": row.id})},
        places_per_head,
        unit="1/10000",
        form="Density",
        parameters={"base": parameter("check_limits", "per.aged")},
    )


def _declare_totals() -> None:
    """Ratios of totals as the check-up counts them, whoever reaches what."""
    thousand = parameter("check_limits", "per.thousand")
    beds = "sum(beds) / sum({whole}) x 1,000; places that tell no beds count with the mean of the others"
    declare(
        "services.hospital.beds_per_1000",
        ("每千人口医院床位数", "Hospital beds for each 1,000 residents"),
        beds.format(whole="residents"),
        parameter("health_check_indicators", "tdt1063.096"),
        {"residents": Input("residents"), "places": capacity("hospital")},
        places_per_head,
        unit="1/1000",
        form="Density",
        parameters={"base": thousand},
    )
    declare(
        "services.nursing_home.beds_per_1000_elders",
        ("每千名老年人养老床位数", "Beds of nursing homes for each 1,000 elders"),
        beds.format(whole="residents 60+"),
        parameter("health_check_indicators", "tdt1063.097"),
        {"residents": Input("residents_of", {"group": "elders"}), "places": capacity("nursing_home")},
        places_per_head,
        unit="1/1000",
        form="Density",
        parameters={"base": thousand},
    )
    declare(
        "services.sports.area_per_head",
        ("人均体育场地面积", "Sports area for each resident"),
        "sum(area of sports places m2) / sum(residents)",
        parameter("checkup_lists", "mohurd.sport_area"),
        {"part": Input("place_area_m2", {"class_id": "sports"}), "whole": Input("residents")},
        of_all,
        unit="m2/person",
        form="Density",
    )


def _declare() -> None:
    _declare_counts()
    _declare_totals()
    loads = {per_place.id.removeprefix("load."): per_place for per_place in load("service_loads")}
    for row in services():
        _declare_access(row)
        if row.id in loads:
            _declare_enough(row, loads[row.id])
        if row.extra["age_from"]:
            _declare_for_age(row)


_declare()
