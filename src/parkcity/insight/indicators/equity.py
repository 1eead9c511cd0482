"""Equity: how unevenly residents share what is within their reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from parkcity.insight.classes import place_class
from parkcity.insight.forms import Spread
from parkcity.insight.registry import Input, declare
from parkcity.insight.supply import services
from parkcity.standards import Parameter, parameter

if TYPE_CHECKING:
    from collections.abc import Callable

Floats = npt.NDArray[np.float64]

_SERVICES = (
    "primary_school",
    "secondary_school",
    "kindergarten",
    "health_centre",
    "hospital",
    "nursing_home",
    "culture_centre",
    "sports",
    "market",
)


def access_gini(residents: Floats, access: Floats) -> Spread:
    """Gini coefficient over residents of the supply that each shares."""
    return Spread(access, residents, "gini")


def access_theil(residents: Floats, access: Floats) -> Spread:
    """Theil's T over residents of the supply that each shares."""
    return Spread(access, residents, "theil")


def access_theil_between(residents: Floats, access: Floats, zone: npt.NDArray[np.int32]) -> Spread:
    """The part of Theil's T that lies between the means of districts."""
    return Spread(access, residents, "theil_between", group=zone)


def access_palma(residents: Floats, access: Floats) -> Spread:
    """What the best supplied tenth shares over what the worst supplied four tenths do; infinite where these have nothing."""
    return Spread(access, residents, "palma")


def access_atkinson(residents: Floats, access: Floats, *, aversion: float) -> Spread:
    """Atkinson index over residents of the supply that each shares."""
    return Spread(access, residents, "atkinson", aversion=aversion)


def access_concentration(residents: Floats, access: Floats, income: Floats) -> Spread:
    """Concentration index of the supply that each shares: above 0 the better off have more of it, below 0 the worse off have."""
    return Spread(access, residents, "concentration", rank_by=income)


def _add(
    row: Parameter,
    name: str,
    names: tuple[str, str],
    formula: str,
    clause: Parameter,
    function: Callable[..., Spread],
    more: dict[str, Input] | None = None,
    parameters: dict[str, Parameter] | None = None,
) -> None:
    chosen = place_class(row.id)
    declare(
        f"equity.{row.id}.{name}",
        (f"{chosen.name('zh')}供给分布：{names[0]}", f"{names[1]}: {chosen.name('en')}"),
        f"{formula}; x the supply that a resident shares ({row.extra['method']}, {row.value} m)",
        clause,
        {"residents": Input("residents"), "access": Input("access", {"class_id": row.id}), **(more or {})},
        function,
        unit="share" if name == "theil_between" else "ratio",
        polarity="neutral" if name in {"theil_between", "concentration"} else "lower",
        form="Distribution",
        parameters=parameters,
    )


def _declare(row: Parameter) -> None:
    theil = parameter("check_limits", "equity.theil")
    aversion = parameter("check_limits", "equity.aversion")
    _add(
        row,
        "gini",
        ("基尼系数", "Gini coefficient of supply within reach"),
        "sum_ij w_i w_j |x_i - x_j| / (2 W^2 mean)",
        parameter("check_limits", "park.gini"),
        access_gini,
    )
    _add(row, "theil", ("泰尔指数", "Theil index of supply within reach"), "sum p (x/mean) ln(x/mean)", theil, access_theil)
    _add(
        row,
        "theil_between",
        ("泰尔指数中区间差异的占比", "Part of the Theil index between districts"),
        "sum_g p_g (mean_g/mean) ln(mean_g/mean) / T",
        theil,
        access_theil_between,
        {"zone": Input("zone")},
    )
    _add(
        row,
        "palma",
        ("帕尔马比值", "Palma ratio of supply within reach"),
        "share of the top 10 % / share of the bottom 40 %",
        parameter("check_limits", "equity.palma"),
        access_palma,
    )
    _add(
        row,
        "atkinson",
        ("阿特金森指数", "Atkinson index of supply within reach"),
        "1 - (sum p x^(1-e))^(1/(1-e)) / mean",
        aversion,
        access_atkinson,
        parameters={"aversion": aversion},
    )
    _add(
        row,
        "concentration",
        ("按收入的集中指数", "Concentration index by income of supply within reach"),
        "2 cov(x, rank) / mean; rank of residents by income, or by deprivation turned round",
        parameter("check_limits", "equity.concentration"),
        access_concentration,
        {"income": Input("income")},
    )


for _row in services():
    if _row.id in _SERVICES:
        _declare(_row)
