"""How numbers add up: the forms of indicators.

An indicator gives a part and a whole for every cell, and a tier's value is the sum of the parts over the sum of the wholes,
so that every level agrees with every other. A distribution gives a value and a weight for every cell, and a statistic.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from parkcity.insight.operators.distribution import gini, weighted_mean, weighted_quantile
from parkcity.insight.operators.index import arithmetic_mean, between_goalposts, geometric_mean
from parkcity.insight.operators.inequality import atkinson, concentration, palma, theil, theil_parts
from parkcity.insight.operators.zonal import ratio, zone_sums

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Form = Literal["Share", "Total", "Mean", "Density", "Distribution", "Index"]
FORMS: tuple[Form, ...] = get_args(Form)
Statistic = Literal["mean", "median", "p90", "gini", "theil", "theil_between", "palma", "atkinson", "concentration"]


@dataclass(frozen=True)
class Parts:
    """Part and whole of every cell, float64 [cells]. A total has no whole: its value is the sum of the parts."""

    part: Floats
    whole: Floats | None

    def cell_values(self) -> Floats:
        """The indicator's value in every cell; NaN where the whole is 0."""
        return self.part if self.whole is None else ratio(self.part, self.whole)


def of_all(part: Floats, whole: Floats) -> Parts:
    """A part of a whole, both by cell: of length, of land, of blocks, of stations."""
    return Parts(part, whole)


def total(part: Floats) -> Parts:
    """A sum over cells."""
    return Parts(part, None)


@dataclass(frozen=True)
class Spread:
    """A value and a weight (residents) of every cell, and the statistic that sums them up.

    `group` int32 [cells]: the zone of each cell, for the part of inequality that lies between zones; `aversion` is Atkinson's;
    `rank_by` float64 [cells]: by what residents are ranked for the concentration, higher is better off, NaN where it is not known.
    """

    value: Floats
    weight: Floats
    statistic: Statistic
    group: NDArray[np.int32] | None = None
    aversion: float | None = None
    rank_by: Floats | None = None

    def cell_values(self) -> Floats:
        """The value in every cell."""
        return self.value


@dataclass(frozen=True)
class IndexPart:
    """One part of an index: its result, weight and field, and the values that score 0 (`worst`) and 1 (`best`)."""

    id: str
    result: Parts | Spread | Composite
    weight: float
    field: str
    worst: float
    best: float

    def score(self, values: Floats) -> Floats:
        """Values as scores from 0 to 1; what has no number has no score."""
        return between_goalposts(values, np.asarray(self.worst), np.asarray(self.best))


@dataclass(frozen=True)
class Composite:
    """An index: weighted means of scores within fields, and their geometric mean across fields, none below `floor`.

    A field weighs what its parts weigh. Every level works out its own index from the values of its parts.
    """

    parts: tuple[IndexPart, ...]
    floor: float

    def of(self, values: Floats) -> Floats:
        """The index of units from the values [parts, units] of the parts."""
        scores = np.stack([part.score(row) for part, row in zip(self.parts, values, strict=True)], axis=1)
        weights = np.array([part.weight for part in self.parts])
        fields = list(dict.fromkeys(part.field for part in self.parts))
        mine = [np.array([part.field == field for part in self.parts]) for field in fields]
        means = np.stack([arithmetic_mean(scores[:, rows], weights[rows]) for rows in mine], axis=1)
        if len(fields) == 1:
            return means[:, 0]
        return geometric_mean(means, np.array([weights[rows].sum() for rows in mine]), self.floor)

    def cell_values(self) -> Floats:
        """The index of every cell."""
        return self.of(np.stack([part.result.cell_values() for part in self.parts]))


Result = Parts | Spread | Composite


@dataclass(frozen=True)
class ZoneValues:
    """Value, part and whole of every zone of a tier, float64 [zones]."""

    value: Floats
    part: Floats
    whole: Floats


def by_zone(result: Result, member: NDArray[np.int32], zones: int) -> ZoneValues:
    """Sum a result up to the zones of a tier. An index has a value, but neither part nor whole."""
    if isinstance(result, Composite):
        nothing = np.full(zones, np.nan)
        value = result.of(np.stack([by_zone(part.result, member, zones).value for part in result.parts]))
        return ZoneValues(value, nothing, nothing)
    if isinstance(result, Parts):
        part = zone_sums(result.part, member, zones)
        if result.whole is None:
            return ZoneValues(part, part, np.full(zones, np.nan))
        whole = zone_sums(result.whole, member, zones)
        return ZoneValues(ratio(part, whole), part, whole)
    value = np.array([_statistic(result, rows) for rows in _rows_by_zone(member, zones)], dtype=np.float64)
    known = ~np.isnan(result.value)
    finite = np.where(known & np.isfinite(result.value), result.value, 0.0)
    part = zone_sums(finite * result.weight, member, zones)
    return ZoneValues(value, part, zone_sums(np.where(known, result.weight, 0.0), member, zones))


_INEQUALITY: dict[str, Callable[[Floats, Floats], float]] = {"gini": gini, "theil": theil, "palma": palma}


def _rows_by_zone(member: NDArray[np.int32], zones: int) -> list[NDArray[np.int64]]:
    """The cells of every zone, in their order; those of no zone (-1) are in none."""
    order = np.argsort(member, kind="stable")
    ends = np.searchsorted(member[order], np.arange(zones + 1))
    return [order[first:last] for first, last in itertools.pairwise(ends)]


def _statistic(result: Spread, mine: NDArray[np.int64]) -> float:
    known = mine[~np.isnan(result.value[mine])]
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
    if result.statistic == "concentration":
        assert result.rank_by is not None
        ranked = np.isfinite(result.rank_by[known])
        return concentration(value[ranked], weight[ranked], result.rank_by[known][ranked])
    if result.statistic == "atkinson":
        assert result.aversion is not None
        return atkinson(value, weight, result.aversion)
    return weighted_quantile(value, weight, 0.5 if result.statistic == "median" else 0.9)
