"""Streets: length and junctions for each square kilometre."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from parkcity.insight.forms import Parts
from parkcity.insight.registry import INDICATORS, Indicator, Input
from parkcity.standards import parameter

Floats = npt.NDArray[np.float64]


def street_density(area_km2: Floats, street_km: Floats) -> Parts:
    """Length of streets in an area."""
    return Parts(street_km, area_km2)


def junction_density(area_km2: Floats, junctions: Floats) -> Parts:
    """Junctions in an area."""
    return Parts(junctions, area_km2)


INDICATORS.add(
    Indicator(
        id="streets.density",
        theme="streets",
        name_zh="道路网密度",
        name_en="Street density",
        unit="km/km2",
        polarity="higher",
        form="Density",
        formula="sum(street length km) / sum(area km2)",
        clause=parameter("check_limits", "street.density"),
        inputs={"area_km2": Input("area_km2"), "street_km": Input("street_km")},
        function=street_density,
        headline=True,
    )
)
INDICATORS.add(
    Indicator(
        id="streets.junction_density",
        theme="streets",
        name_zh="交叉口密度",
        name_en="Junction density",
        unit="1/km2",
        polarity="higher",
        form="Density",
        formula="sum(junctions) / sum(area km2)",
        clause=parameter("check_limits", "junction.density"),
        inputs={"area_km2": Input("area_km2"), "junctions": Input("junction_count")},
        function=junction_density,
    )
)
