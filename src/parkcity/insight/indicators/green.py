"""Parks: area for each resident, and how evenly the area within reach is shared."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from parkcity.insight.forms import Parts, Spread
from parkcity.insight.registry import ACCESS_GROUPS, INDICATORS, Indicator, Input
from parkcity.standards import parameter

Floats = npt.NDArray[np.float64]


def park_area_per_head(residents: Floats, park_area_m2: Floats) -> Parts:
    """Area of parks for each resident."""
    return Parts(park_area_m2, residents)


def park_area_gini(residents: Floats, park_area_within: Floats) -> Spread:
    """Gini coefficient over residents of the park area within reach."""
    return Spread(park_area_within, residents, "gini")


def park_area_reached(residents: Floats, park_area_within: Floats) -> Parts:
    """Mean over residents of the park area within reach."""
    return Parts(residents * park_area_within, residents)


_MINUTES = parameter("check_limits", "minutes.15")
_WITHIN = {"class_id": "park", "minutes": _MINUTES.number}

INDICATORS.add(
    Indicator(
        id="green.park_area_per_head",
        theme="green",
        name_zh="人均公园面积",
        name_en="Park area per resident",
        unit="m2/person",
        polarity="higher",
        form="Density",
        formula="sum(park area m2) / sum(residents)",
        clause=parameter("check_limits", "park.area.head"),
        inputs={"residents": Input("residents"), "park_area_m2": Input("place_area_m2", {"class_id": "park"})},
        function=park_area_per_head,
        headline=True,
    )
)
INDICATORS.add(
    Indicator(
        id="green.park_area_within_15_min",
        theme="green",
        name_zh="15分钟步行可达公园面积（居民平均）",
        name_en="Park area within 15 min walk (mean over residents)",
        unit="m2",
        polarity="higher",
        form="Mean",
        formula="sum(residents x park area within 15 min) / sum(residents)",
        clause=_MINUTES,
        inputs={"residents": Input("residents"), "park_area_within": Input("place_area_within", _WITHIN)},
        function=park_area_reached,
        groups=ACCESS_GROUPS,
    )
)
INDICATORS.add(
    Indicator(
        id="green.park_area_gini",
        theme="green",
        name_zh="15分钟可达公园面积基尼系数",
        name_en="Gini coefficient of park area within 15 min",
        unit="ratio",
        polarity="lower",
        form="Distribution",
        formula="sum_ij w_i w_j |x_i - x_j| / (2 W^2 mean(x))",
        clause=parameter("check_limits", "park.gini"),
        inputs={"residents": Input("residents"), "park_area_within": Input("place_area_within", _WITHIN)},
        function=park_area_gini,
        groups=ACCESS_GROUPS,
        headline=True,
    )
)
