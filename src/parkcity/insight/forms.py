"""How numbers add up: the forms of indicators.

An indicator gives a part and a whole for every cell, and a tier's value is the sum of the parts over the sum of the wholes,
so that every level agrees with every other. A distribution gives a value and a weight for every cell, and a statistic.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from parkcity.insight.operators.distribution import gini, weighted_mean, weighted_quantile
from parkcity.insight.operators.inequality import atkinson, palma, theil, theil_parts
from parkcity.insight.operators.zonal import ratio, zone_sums

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Form = Literal["Share", "Total", "Mean", "Density", "Distribution", "Index"]
FORMS: tuple[Form, ...] = get_args(Form)
Statistic = Literal["mean", "median", "p90", "gini", "theil", "theil_between", "palma", "atkinson"]


@dataclass(frozen=True)
class Parts:
    """Part and whole of every cell, float64 [cells]. A total has no whole: its value is the sum of the parts."""

    part: Floats
    whole: Floats | None

    def cell_values(self) -> Floats:
        """The indicator's value in every cell; NaN where the whole is 0."""
        return self.part if self.whole is None else ratio(self.part, self.whole)


@dataclass(frozen=True)
class Spread:
    """A value and a weight (residents) of every cell, and the statistic that sums them up.

    `group` int32 [cells]: the zone of each cell, for the part of inequality that lies between zones; `aversion` is Atkinson's.
    """

    value: Floats
    weight: Floats
    statistic: Statistic
    group: NDArray[np.int32] | None = None
    aversion: float | None = None

    def cell_values(self) -> Floats:
        """The value in every cell."""
        return self.value


Result = Parts | Spread


@dataclass(frozen=True)
class ZoneValues:
    """Value, part and whole of every zone of a tier, float64 [zones]."""

    value: Floats
    part: Floats
    whole: Floats


def by_zone(result: Result, member: NDArray[np.int32], zones: int) -> ZoneValues:
    """Sum a result up to the zones of a tier."""
    if isinstance(result, Parts):
        part = zone_sums(result.part, member, zones)
        if result.whole is None:
            return ZoneValues(part, part, np.full(zones, np.nan))
        whole = zone_sums(result.whole, member, zones)
        return ZoneValues(ratio(part, whole), part, whole)
    value = np.array([_statistic(result, member == zone) for zone in range(zones)], dtype=np.float64)
    known = ~np.isnan(result.value)
    finite = np.where(known & np.isfinite(result.value), result.value, 0.0)
    part = zone_sums(finite * result.weight, member, zones)
    return ZoneValues(value, part, zone_sums(np.where(known, result.weight, 0.0), member, zones))


_INEQUALITY: dict[str, Callable[[Floats, Floats], float]] = {"gini": gini, "theil": theil, "palma": palma}


def _statistic(result: Spread, mine: NDArray[np.bool_]) -> float:
    known = mine & ~np.isnan(result.value)
    value, weight = result.value[known], result.weight[known]
    if result.statistic == "mean":
        # Those who reach nothing have no distance; the mean is that of those who do, and the share of the others is flagged.
        reached = np.isfinite(value)
        return weighted_mean(value[reached], weight[reached])
    if result.statistic in _INEQUALITY:
        return _INEQUALITY[result.statistic](value, weight)
    if result.statistic == "theil_between":
        assert result.group is not None
        parts = theil_parts(value, weight, result.group[known])
        return parts.between / parts.total if parts.total > 0 else float("nan")
    if result.statistic == "atkinson":
        assert result.aversion is not None
        return atkinson(value, weight, result.aversion)
    return weighted_quantile(value, weight, 0.5 if result.statistic == "median" else 0.9)
