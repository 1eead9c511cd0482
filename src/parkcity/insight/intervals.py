"""Intervals of coverage: how far a share within reach may lie from what was measured, for what the data are known to lack.

With p the share measured in a zone, far and none the shares of residents whose cell lies far from any street or meets none, edge
the share whose answer the edge of the data may cut, and f the share of the places that the norm's least number asks for which
the sources hold (capture, by kind):

    low  = max(0, p - far)                      none of those far from a street reaches what was measured for them
    high = 1 - (1 - min(1, p + none + edge))^(1/f)    all that could not be told are reached, and places are missing at random

The last follows from places that lie independently of each other: n of them leave (1 - q)^n of the residents without reach, so
n / f of them leave the 1/f-th power (coverage of random sets: Hall 1988, Introduction to the Theory of Coverage Processes).
These are bounds for what is known to be lacking, not confidence intervals; indicators without such a basis have none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.insight.completeness import GRADES
from parkcity.insight.forms import Parts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from parkcity.insight.run import Measured

    Floats = NDArray[np.float64]

COLUMNS = (
    "indicator",
    "tier",
    "zone",
    "group",
    "value",
    "low",
    "high",
    "unit",
    "attach_far",
    "not_attached",
    "edge_cut",
    "found_share",
    "grade",
)


def bounds(value: Floats, far: Floats, none: Floats, edge: Floats, found: Floats) -> tuple[Floats, Floats]:
    """The lower and upper bound of a share, float64 in 0..1 of the shape of `value`; `found` is in 0..1, and 0 leaves nothing known.

    >>> low, high = bounds(np.array([0.5]), np.array([0.1]), np.array([0.0]), np.array([0.0]), np.array([0.5]))
    >>> round(float(low[0]), 3), round(float(high[0]), 3)
    (0.4, 0.75)
    """
    low = np.maximum(value - far, 0.0)
    reached = np.minimum(value + none + edge, 1.0)
    with np.errstate(over="ignore"):  # a share found of next to nothing has an endless power, as none found has
        power = np.divide(1.0, found, out=np.full_like(found, np.inf), where=found > 0)
    # Where no place was found nothing can be told from those found: nobody or everybody may be reached.
    left = np.where(found > 0, np.power(1.0 - reached, np.where(found > 0, power, 1.0)), 0.0)
    return low, np.maximum(1.0 - left, value)


def has_basis(item: Measured) -> bool:
    """Is the number a share of residents within reach of places over streets, where more is better?"""
    indicator = item.indicator
    reach = any("class_id" in entry.args and entry.provider in {"distance_m", "minutes"} for entry in indicator.inputs.values())
    return reach and indicator.form == "Share" and indicator.polarity == "higher" and isinstance(item.result, Parts)


def interval_rows(measured: Iterable[Measured], rows: Iterable[Mapping[str, Any]], tiers: Iterable[str]) -> list[dict[str, Any]]:
    """One row for every measured share that has a basis, with the columns of `COLUMNS`; `rows` as of `Measured.rows`."""
    by_zone: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
    for row in rows:
        by_zone.setdefault((row["indicator"], row["group"], row["tier"]), []).append(row)
    told: list[dict[str, Any]] = []
    tiers = tuple(tiers)
    for item in measured:
        if has_basis(item):
            for tier in tiers:
                told += _of_tier(item, tier, by_zone.get((item.indicator.id, item.group, tier), []))
    return told


def _of_tier(item: Measured, tier: str, rows: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    zones = list(item.inputs.twin.tier_zones(tier)["id"])
    sizes = {flag.id: np.asarray(flag.size, np.float64) for flag in item.flags(tier)}
    nothing = np.zeros(len(zones))
    far, none, edge, few = (sizes.get(name, nothing) for name in ("attach_far", "not_attached", "edge_cut", "few_places"))
    value = np.full(len(zones), np.nan)
    at = {zone: number for number, zone in enumerate(zones)}
    for row in rows:
        if row["value"] is not None:
            value[at[row["zone"]]] = row["value"]
    low, high = bounds(value, far, none, edge, 1.0 - few)
    told = []
    for row in rows:
        if row["value"] is None:
            continue
        number = at[row["zone"]]
        assert row["grade"] in GRADES
        head = {name: row[name] for name in ("indicator", "tier", "zone", "group", "value", "unit", "grade")}
        basis = {"attach_far": far, "not_attached": none, "edge_cut": edge, "found_share": 1.0 - few, "low": low, "high": high}
        told.append(head | {name: float(array[number]) for name, array in basis.items()})
    return told
