"""Goals of a programme: gaps of the plan, or goals stated at the call, each a number to reach by a year."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from parkcity.base.errors import UsageError
from parkcity.insight.registry import INDICATORS
from parkcity.plan.document import words
from parkcity.plan.paths import goal_value
from parkcity.plan.units import convertible, factor

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from parkcity.base.words import Lang
    from parkcity.decide.projects import Project
    from parkcity.plan.ledger import View
    from parkcity.plan.status import Standing
    from parkcity.twin.twin import Twin

_STATED = re.compile(
    r"(?P<indicator>[\w.]+)(?:\[(?P<tier>\w+)=(?P<zone>[^\]]+)\])?(?P<op>>=|<=)(?P<value>[-\d.]+)(?P<percent>%?)@(?P<year>\d{4})"
)


@dataclass(frozen=True)
class Goal:
    """A number to reach by the end of a year.

    `indicator` is one of the registry, measured in the twin for a zone of a tier, or a statistic whose last value is `known`. `target` is
    the plan's target that it stems from, empty for a goal stated at the call, in whose unit 1 of the goal's is `times`; `proxy`: the
    indicator only stands in for the target's own. `up`: is more better? `weight` counts it among the others.
    """

    id: str
    indicator: str
    value: float
    year: int
    up: bool
    tier: str = "city"
    zone: str = ""
    target: str = ""
    name_zh: str = ""
    name_en: str = ""
    unit: str = ""
    known: float | None = None
    weight: float = 1.0
    times: float = 1.0
    proxy: bool = False

    @property
    def measured(self) -> bool:
        """Is the goal's number measured in the twin?"""
        return self.indicator in INDICATORS

    def name(self, lang: Lang) -> str:
        """The name in a language."""
        own = self.name_zh if lang == "zh" else self.name_en
        name = own or (INDICATORS.get(self.indicator).name(lang) if self.measured else self.indicator)
        return words().get("proxied", lang, name=name) if self.proxy else name


def stated_goal(text: str, number: int, twin: Twin) -> Goal:
    """A goal from a text such as `life_circle.primary_school>=90%@2030` or `…[district=锦江区]>=0.9@2030`."""
    found = _STATED.fullmatch(text.replace(" ", ""))
    if found is None:
        msg = f"'{text}' is no goal; write it as life_circle.primary_school>=90%@2030, with [district=ID] after the indicator for a zone"
        raise UsageError(msg)
    indicator = INDICATORS.get(found["indicator"])
    tier, zone = found["tier"] or "city", found["zone"] or ""
    if zone and zone not in set(twin.tier_zones(tier)["id"]):
        msg = f"'{text}': there is no zone '{zone}' in the tier '{tier}'; there are: {', '.join(twin.tier_zones(tier)['id'][:12])}"
        raise UsageError(msg)
    value = float(found["value"]) / (100.0 if found["percent"] else 1.0)
    return Goal(f"G{number}", indicator.id, value, int(found["year"]), found["op"] == ">=", tier, zone, unit=indicator.unit)


def plan_goals(twin: Twin, view: View, standings: Sequence[Standing], stated: Iterable[str], first: int = 0) -> list[Goal]:
    """The plan's gaps that projects can close: targets not yet met that this city can measure, and those in `stated`.

    A target counts that names an indicator of the registry, or one that measures it or stands in for it, and whose deadline does not lie
    before the year `first`, in which building begins. Targets of `stated` are the ones that projects say they serve; their last known
    value is where they start.
    """
    from parkcity.insight.run import computable

    can, wanted = {item.id for item in computable(twin)}, set(stated)
    unknown = wanted - {item.target.id for item in standings}
    if unknown:
        msg = f"projects serve targets that the plan does not have as known on {view.known}: {', '.join(sorted(unknown))}"
        raise UsageError(msg)
    goals = []
    for item in standings:
        target, value = item.target, goal_value(item.target)
        if value is None or item.score.status in {"met", "kept", "missed", "broken"} or target.kind == "qualitative":
            continue
        names: dict[str, Any] = {"name_zh": target.name_zh, "name_en": target.name_en, "target": target.id}
        if target.id in wanted:
            known = item.value
            if known is None:
                msg = f"target '{target.id}' has no value yet: a programme cannot tell how far it is"
                raise UsageError(msg)
            goals.append(Goal(target.id, target.indicator, value, target.deadline.year, target.up, unit=target.unit, known=known, **names))
        elif target.twin_indicator in can and target.deadline.year >= first:
            unit = INDICATORS.get(target.twin_indicator).unit
            if target.measured_by and not convertible(target.unit, unit):
                continue
            times = factor(target.unit, unit) if convertible(target.unit, unit) else 1.0
            place: dict[str, Any] = {"tier": target.tier or "city", "zone": target.zone, "times": 1 / times, "proxy": bool(target.proxy)}
            year = target.deadline.year
            goals.append(Goal(target.id, target.twin_indicator, value * times, year, target.up, unit=unit, **place, **names))
    return goals


def goals_of(twin: Twin, city: Path, stated: Sequence[str], projects: Sequence[Project], first: int = 0) -> list[Goal]:
    """The goals stated at the call and the gaps of the city's plan, if it has one, that are due from the year `first` on.

    Raises `UsageError` where there is none at all.
    """
    from parkcity.plan.ledger import plan_folder
    from parkcity.plan.load import load
    from parkcity.plan.status import standings

    named = sorted({target for project in projects for target in project.effects})
    goals = [stated_goal(text, number, twin) for number, text in enumerate(stated, start=1)]
    if plan_folder(city).is_dir():
        view = load(city).view()
        goals += plan_goals(twin, view, standings(view), named, first)
    elif named:
        msg = f"projects serve targets ({', '.join(named)}), but the city has no plan"
        raise UsageError(msg)
    if not goals:
        msg = "no open target of the plan names an indicator that this city can measure, and no project states an effect: "
        raise UsageError(msg + "say --goal, such as --goal 'life_circle.primary_school>=90%@2030'")
    return goals
