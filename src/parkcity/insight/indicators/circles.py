"""Whole circles: who reaches all, most or what share of the facilities of a level, of the seven of the norm, of a complete community."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from parkcity.insight.circles import LEVELS, circles, least_of, needs
from parkcity.insight.forms import Parts
from parkcity.insight.operators.coverage import share_reached
from parkcity.insight.registry import ACCESS_GROUPS, Input, declare
from parkcity.standards import Parameter, parameter

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def mean_reached(residents: Floats, reached: Flags) -> Parts:
    """Mean over residents of the share of measurable facilities within reach."""
    return Parts(residents * share_reached(reached), residents)


def all_reached(residents: Floats, reached: Flags) -> Parts:
    """Residents who reach every measurable facility."""
    return Parts(residents * reached.all(axis=0), residents)


def most_reached(residents: Floats, reached: Flags, *, most: float) -> Parts:
    """Residents who reach most of the measurable facilities: `most` of seven, the same share of other numbers."""
    return Parts(residents * (reached.sum(axis=0) >= least_of(len(reached), most)), residents)


def overlap(residents: Floats, reached: Flags) -> Parts:
    """Residents in all circles, of those in any."""
    return Parts(residents * reached.all(axis=0), residents * reached.any(axis=0))


_RESIDENTS = Input("residents")
_MOST = parameter("circle_parameters", "most")
_STRICT = parameter("circle_parameters", "strict")


def _declare_three(name: str, what: tuple[str, str], clause: Parameter, reached: Input, *, headline: bool = False) -> None:
    """The mean, strict and k-of-n answers for one set of facilities."""
    zh, en = what
    mean = "sum(residents x facilities within reach / measurable facilities) / sum(residents)"
    declare(
        f"life_circle.{name}.mean",
        (f"{zh}平均覆盖率", f"{en}: mean coverage"),
        mean,
        clause,
        {"residents": _RESIDENTS, "reached": reached},
        mean_reached,
        form="Mean",
        groups=ACCESS_GROUPS,
    )
    strict = "sum(residents with every measurable facility within reach) / sum(residents)"
    declare(
        f"life_circle.{name}.all",
        (f"{zh}全部覆盖的居民", f"{en}: residents with all"),
        strict,
        clause,
        {"residents": _RESIDENTS, "reached": reached},
        all_reached,
        groups=ACCESS_GROUPS,
        headline=headline,
    )
    most = f"sum(residents with at least {_MOST.value}/{_STRICT.value} of the measurable facilities within reach) / sum(residents)"
    name_pair = (f"{zh}多数（{_MOST.value}/{_STRICT.value}）覆盖的居民", f"{en}: residents with most ({_MOST.value} of {_STRICT.value})")
    declare(
        f"life_circle.{name}.most",
        name_pair,
        most,
        clause,
        {"residents": _RESIDENTS, "reached": reached},
        most_reached,
        groups=ACCESS_GROUPS,
        parameters={"most": _MOST},
    )


def _declare_sets() -> None:
    for level in LEVELS:
        clause = parameter("life_circle_levels", f"lc.level.{level}")
        metres = (f"{level}分钟生活圈设施（标准距离）", f"Facilities of the {level}-minute circle, by the norm's metres")
        _declare_three(f"level_{level}", metres, clause, needs(f"level_{level}"))
        minutes = (f"{level}分钟生活圈设施（步行时间）", f"Facilities of the {level}-minute circle, by walking time")
        _declare_three(f"level_{level}_time", minutes, clause, needs(f"level_{level}", "min"))
    seven = ("15分钟社区生活圈七类设施", "The seven facilities of the 15-minute community circle")
    _declare_three("seven", seven, parameter("health_check_indicators", "tdt1063.095"), needs("tdt1063_95"), headline=True)
    _declare_three(
        "complete", ("完整社区设施", "Facilities of a complete community"), parameter("need_sets", "complete.nursery"), needs("complete")
    )
    _declare_three(
        "block", ("居住街坊设施", "Facilities of the residential block"), parameter("life_circle_levels", "lc.level.0"), needs("block")
    )
    three = ("交通圈、商业圈、生活圈重合度", "Overlap of the traffic, business and life circles")
    formula = "sum(residents in all three circles) / sum(residents in any of them)"
    declare(
        "life_circle.three_circles",
        three,
        formula,
        parameter("circle_parameters", "three.life"),
        {"residents": _RESIDENTS, "reached": circles()},
        overlap,
        groups=ACCESS_GROUPS,
    )


_declare_sets()
