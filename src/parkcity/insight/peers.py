"""A zone among its peers: the rank and the percentile of its value among the zones of one tier.

The better value has the lower rank; equal values share the best rank of theirs. The percentile is the share of the other zones
that a zone is better than, equal ones counted half, so that the best of n zones has 1 and the only one none.
Where no side is better (polarity neutral) zones are ordered from the largest value down.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.insight.registry import INDICATORS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True)
class Place:
    """Rank from 1, how many zones have a value, and the percentile (0 to 1; None for the only one)."""

    rank: int
    count: int
    percentile: float | None


def places(values: Mapping[str, float], polarity: str) -> dict[str, Place]:
    """The place of every zone by its value.

    >>> places({"a": 3.0, "b": 1.0, "c": 1.0}, "higher")["b"]
    Place(rank=2, count=3, percentile=0.25)
    """
    sign = 1.0 if polarity == "lower" else -1.0
    order = np.array([sign * value for value in values.values()])
    count = len(order)
    found = {}
    for zone, mine in zip(values, order, strict=True):
        worse, equal = int((order > mine).sum()), int((order == mine).sum()) - 1
        percentile = (worse + equal / 2) / (count - 1) if count > 1 else None
        found[zone] = Place(count - worse - equal, count, percentile)
    return found


def places_of(rows: Iterable[Mapping[str, Any]], tier: str) -> dict[tuple[str, str], Place]:
    """The place of every zone of a tier for every indicator, by indicator and zone; measured rows of all residents count."""
    by_indicator: dict[str, dict[str, float]] = {}
    for row in rows:
        if row["tier"] == tier and row["group"] == "all" and row["value"] is not None:
            by_indicator.setdefault(row["indicator"], {})[row["zone"]] = float(row["value"])
    return {
        (name, zone): place
        for name, values in by_indicator.items()
        for zone, place in places(values, INDICATORS.get(name).polarity).items()
    }
