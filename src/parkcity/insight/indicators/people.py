"""People: how many, how dense, how old."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from parkcity.insight.forms import Parts
from parkcity.insight.registry import INDICATORS, Indicator, Input
from parkcity.standards import parameter

Floats = npt.NDArray[np.float64]


def residents_total(residents: Floats) -> Parts:
    """Number of residents."""
    return Parts(residents, None)


def population_density(residents: Floats, area_km2: Floats) -> Parts:
    """Residents in an area."""
    return Parts(residents, area_km2)


def share_of_elders(residents: Floats, elders: Floats) -> Parts:
    """Residents of 60 and more years, of all residents."""
    return Parts(elders, residents)


def share_of_children(residents: Floats, children: Floats) -> Parts:
    """Residents of 14 and fewer years, of all residents."""
    return Parts(children, residents)


INDICATORS.add(
    Indicator(
        id="people.residents",
        theme="people",
        name_zh="常住人口",
        name_en="Residents",
        unit="persons",
        polarity="neutral",
        form="Total",
        formula="sum(residents)",
        clause=parameter("health_check_indicators", "tdt1063.044"),
        inputs={"residents": Input("residents")},
        function=residents_total,
        groups=("all", "children", "adults", "elders"),
    )
)
INDICATORS.add(
    Indicator(
        id="people.density",
        theme="people",
        name_zh="人口密度",
        name_en="Population density",
        unit="person/km2",
        polarity="neutral",
        form="Density",
        formula="sum(residents) / sum(area km2)",
        clause=parameter("check_limits", "people.density"),
        inputs={"residents": Input("residents"), "area_km2": Input("area_km2")},
        function=population_density,
        headline=True,
    )
)
INDICATORS.add(
    Indicator(
        id="people.elders_share",
        theme="people",
        name_zh="老年人口（60岁及以上）比重",
        name_en="Share of elders (60+)",
        unit="share",
        polarity="neutral",
        form="Share",
        formula="sum(residents 60+) / sum(residents)",
        clause=parameter("check_limits", "people.elders"),
        inputs={"residents": Input("residents"), "elders": Input("residents_of", {"group": "elders"})},
        function=share_of_elders,
    )
)
INDICATORS.add(
    Indicator(
        id="people.children_share",
        theme="people",
        name_zh="儿童（0-14岁）比重",
        name_en="Share of children (0-14)",
        unit="share",
        polarity="neutral",
        form="Share",
        formula="sum(residents 0-14) / sum(residents)",
        clause=parameter("groups", "children"),
        inputs={"residents": Input("residents"), "children": Input("residents_of", {"group": "children"})},
        function=share_of_children,
    )
)
