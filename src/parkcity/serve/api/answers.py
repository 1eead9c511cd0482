"""What a scenario changes: both sides by group and zone, every number that moves, and the targets that move with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from parkcity.base.words import Lang
from parkcity.decide.sides import by_group, by_zone
from parkcity.insight.registry import INDICATORS
from parkcity.standards import load

if TYPE_CHECKING:
    from parkcity.decide.compare import Comparison
    from parkcity.serve.api.desk import Desk
    from parkcity.twin.scenario import TwinUnder


def answer(desk: Desk, key: str, city: TwinUnder, tier: str, group: str, lang: Lang, *, quick: bool) -> dict[str, Any]:
    """Who gains and who loses under a scenario, by the numbers of `parkcity whatif`, or by those of them that are known at once."""
    from parkcity.serve.report.whatif import scenario_lines

    comparison = desk.compared(key, city, quick=quick)
    summary = comparison.summary()[0]
    indicators = _indicators(comparison)
    left_out = [item.id for item in desk.measurable if item.id not in set(desk.at_once)] if quick else []
    return {
        "quick": quick,
        "left_out": left_out,
        "summary": {name: summary[name] for name in ("winners", "losers", "both", "unchanged", "cost", "changes")},
        "groups": [{**row, **_group_names(row["group"])} for row in by_group(comparison, city)],
        "zones": _zones(desk, comparison, city, tier, group),
        "indicators": indicators,
        "targets": targets_moved(desk, indicators),
        "text": [line.strip() for line in scenario_lines(comparison, lang)],
    }


def _group_names(group: str) -> dict[str, str]:
    row = next(row for row in load("groups") if row.id == group)
    return {"name_zh": row.extra["name_zh"], "name_en": row.extra["name_en"]}


def _zones(desk: Desk, comparison: Comparison, city: TwinUnder, tier: str, group: str) -> list[dict[str, Any]]:
    zones = desk.twin.tier_zones(tier)
    names = {str(zone): (str(zh), str(en)) for zone, zh, en in zip(zones["id"], zones["name_zh"], zones["name_en"], strict=True)}
    return [{**row, "name_zh": names[row["zone"]][0], "name_en": names[row["zone"]][1]} for row in by_zone(comparison, city, tier, group)]


def _indicators(comparison: Comparison) -> list[dict[str, Any]]:
    """The city's numbers that change, with both languages' names; headline numbers first."""
    rows = []
    for row in comparison.touched("city"):
        item = INDICATORS.get(row["indicator"])
        named = {key: value for key, value in row.items() if key not in {"scenario", "tier", "zone"}}
        rows.append({**named, "name_zh": item.name_zh, "name_en": item.name_en, "headline": item.headline, "polarity": item.polarity})
    return sorted(rows, key=lambda row: (not row["headline"], row["group"] != "all", row["indicator"], row["group"]))


def targets_moved(desk: Desk, indicators: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The plan's targets whose indicator is measured here and changes, with their goal."""
    from parkcity.serve.api.planning import planning

    moved = {row["indicator"]: row for row in indicators if row["group"] == "all"}
    plan = planning(desk)
    if plan is None or not moved:
        return []
    rows = []
    for standing in plan.standings(None, None):
        target = standing.target
        if target.indicator in moved:
            row = moved[target.indicator]
            numbers = {name: row[name] for name in ("baseline", "value", "improvement", "verdict")}
            names = {"target": target.id, "name_zh": target.name_zh, "name_en": target.name_en, "indicator": target.indicator}
            rows.append({**names, "unit": row["unit"], "goal": target.value, "goal_unit": target.unit, **numbers})
    return rows
