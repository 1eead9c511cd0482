"""Services: how many places there are for the residents."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from parkcity.insight.classes import class_of_facility, place_class
from parkcity.insight.forms import Parts
from parkcity.insight.registry import INDICATORS, Indicator, Input
from parkcity.standards import load, parameter

Floats = npt.NDArray[np.float64]


def places_per_head(residents: Floats, places: Floats, *, base: float) -> Parts:
    """Places for each `base` residents."""
    return Parts(places, residents / base)


def _declare() -> None:
    base = parameter("check_limits", "per.residents")
    clauses = {"sports": "lc.15.sport_large", "park": "lc.15.park_15"}
    for facility in load("life_circle_facilities"):
        class_id = class_of_facility(facility.id)
        if class_id is not None:
            clauses.setdefault(class_id, facility.id)
    for class_id, facility_id in clauses.items():
        chosen = place_class(class_id)
        INDICATORS.add(
            Indicator(
                id=f"services.{class_id}.per_100000",
                theme="services",
                name_zh=f"每十万居民{chosen.name('zh')}数量",
                name_en=f"{chosen.name('en')} per 100,000 residents".capitalize(),
                unit="1/100000",
                polarity="higher",
                form="Density",
                formula="sum(places) / sum(residents) x 100,000",
                clause=parameter("life_circle_facilities", facility_id),
                inputs={"residents": Input("residents"), "places": Input("place_count", {"class_id": class_id})},
                parameters={"base": base},
                function=places_per_head,
            )
        )


_declare()
