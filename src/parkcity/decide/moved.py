"""Which targets of the plan a scenario moves, and how far towards or away from what was promised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.insight.forms import by_zone
from parkcity.plan.document import words
from parkcity.plan.paths import goal_value
from parkcity.plan.targets import Target, targets
from parkcity.plan.units import convertible, factor

if TYPE_CHECKING:
    from parkcity.base.words import Lang
    from parkcity.decide.compare import Comparison, Pair
    from parkcity.plan.ledger import View

COLUMNS = (
    "scenario",
    "target",
    "name_zh",
    "name_en",
    "zone",
    "deadline",
    "goal",
    "unit",
    "baseline",
    "value",
    "change",
    "gap_closed",
    "met",
    "proxy",
)


@dataclass(frozen=True)
class Moved:
    """A target under a scenario: the value without and with it, and what is promised, all in the target's unit.

    `gap_closed`: share of what is missing today that the scenario closes, below 0 where it opens the gap further; None where nothing is
    missing. `met`: is the promise kept with the scenario?
    """

    scenario: str
    target: Target
    goal: float
    baseline: float
    value: float

    @property
    def change(self) -> float:
        """The change, signed so that more is nearer to the promise."""
        return (self.value - self.baseline) * (1 if self.target.up else -1)

    @property
    def met(self) -> bool:
        """Is the promise kept?"""
        return self.value >= self.goal if self.target.up else self.value <= self.goal

    @property
    def gap_closed(self) -> float | None:
        """Share of the gap that is closed."""
        missing = (self.goal - self.baseline) * (1 if self.target.up else -1)
        return self.change / missing if missing > 0 else None

    def row(self) -> dict[str, Any]:
        """One flat row."""
        item = self.target
        return {
            "scenario": self.scenario,
            "target": item.id,
            "name_zh": item.name_zh,
            "name_en": item.name_en,
            "zone": item.zone,
            "deadline": item.deadline.isoformat(),
            "goal": self.goal,
            "unit": item.unit,
            "baseline": self.baseline,
            "value": self.value,
            "change": self.change,
            "gap_closed": self.gap_closed,
            "met": self.met,
            "proxy": item.proxy,
        }

    def name(self, lang: Lang) -> str:
        """The target's name in a language, marked where an indicator only stands in for its own."""
        name = self.target.name(lang)
        return words().get("proxied", lang, name=name) if self.target.proxy else name


def moved_targets(comparison: Comparison, view: View) -> list[Moved]:
    """Every target that names a compared indicator, a tier and a zone, and whose value some scenario changes; most moved first."""
    by_indicator: dict[str, list[Target]] = {}
    for item in targets(view):
        if item.kind != "qualitative" and goal_value(item) is not None:
            by_indicator.setdefault(item.twin_indicator, []).append(item)
    found = []
    for pair in comparison.pairs:
        if pair.after.group == "all" and not pair.untouched and pair.before is not None:
            found += [moved for item in by_indicator.get(pair.indicator.id, []) if (moved := _moved(pair, item)) is not None]
    order = [city.scenario.id for city in comparison.scenarios]
    return sorted(found, key=lambda entry: (order.index(entry.scenario), -abs(entry.gap_closed or 0.0), entry.target.id))


def _moved(pair: Pair, item: Target) -> Moved | None:
    twin = pair.scenario.base
    tier = item.tier or "city"
    goal = goal_value(item)
    assert pair.before is not None
    if goal is None or tier not in twin.tiers:
        return None
    zones = twin.tier_zones(tier)
    rows = np.flatnonzero((zones["id"] == item.zone).to_numpy()) if item.zone else np.zeros(1, np.int64)
    if not len(rows):
        return None
    times = factor(pair.indicator.unit, item.unit) if convertible(pair.indicator.unit, item.unit) else 1.0
    member = twin.member(tier)
    before, after = (float(by_zone(one.result, member, len(zones)).value[rows[0]]) * times for one in (pair.before, pair.after))
    return (
        None
        if before == after or not (np.isfinite(before) and np.isfinite(after))
        else Moved(pair.scenario.scenario.id, item, goal, before, after)
    )
