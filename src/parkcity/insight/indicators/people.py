"""People: how many, how dense, how old."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from parkcity.insight.forms import Parts, total
from parkcity.insight.registry import Input, declare
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


declare(
    "people.residents",
    ("常住人口", "Residents"),
    "sum(residents)",
    parameter("health_check_indicators", "tdt1063.044"),
    {"residents": Input("residents")},
    residents_total,
    unit="persons",
    polarity="neutral",
    form="Total",
    groups=("all", "children", "adults", "elders"),
)
declare(
    "people.density",
    ("人口密度", "Population density"),
    "sum(residents) / sum(area km2)",
    parameter("check_limits", "people.density"),
    {"residents": Input("residents"), "area_km2": Input("area_km2")},
    population_density,
    unit="person/km2",
    polarity="neutral",
    form="Density",
    headline=True,
)
declare(
    "people.elders_share",
    ("老年人口（60岁及以上）比重", "Share of elders (60+)"),
    "sum(residents 60+) / sum(residents)",
    parameter("check_limits", "people.elders"),
    {"residents": Input("residents"), "elders": Input("residents_of", {"group": "elders"})},
    share_of_elders,
    polarity="neutral",
)
declare(
    "people.children_share",
    ("儿童（0-14岁）比重", "Share of children (0-14)"),
    "sum(residents 0-14) / sum(residents)",
    parameter("groups", "children"),
    {"residents": Input("residents"), "children": Input("residents_of", {"group": "children"})},
    share_of_children,
    polarity="neutral",
)
declare(
    "people.present_by_day",
    ("白天实有人口", "Persons present by day"),
    "sum(persons by day)",
    parameter("health_check_indicators", "tdt1063.049"),
    {"part": Input("present_by_day")},
    total,
    unit="persons",
    polarity="neutral",
    form="Total",
)
