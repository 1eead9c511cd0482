"""Commitments without a number that the twin measures all the same: what each check-up found, and whether it became better."""

from __future__ import annotations

from typing import TYPE_CHECKING

from parkcity.base.errors import UsageError
from parkcity.base.units import unit
from parkcity.insight.registry import INDICATORS
from parkcity.plan.dates import day
from parkcity.plan.document import Row, Section, section, words
from parkcity.plan.sections import short_date

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from parkcity.base.words import Lang
    from parkcity.insight.registry import Indicator
    from parkcity.plan.ledger import View

_KEYS = ("article", "item", "name", "indicator", "now", "value_on", "before", "verdict", "source")


def check_ups(view: View) -> dict[str, list[dict[str, str]]]:
    """What check-ups found for the whole city, by indicator, oldest first; of one day the one known last."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    rows = [row for row in view["actuals"] if row["origin"] == "computed" and row["tier"] == "city" and day(row["true_on"]) <= view.at]
    for row in sorted(rows, key=lambda row: (day(row["true_on"]), day(row["known_on"]))):
        found.setdefault(row["indicator"], {})[row["true_on"]] = row
    return {name: list(days.values()) for name, days in found.items()}


def measured_section(view: View, lang: Lang) -> Section:
    """Every commitment that names indicators, with the last value of each, the one before, and which way it went."""
    text, found = words(), check_ups(view)
    rows: list[Row] = []
    missing = 0
    for commitment in view["commitments"]:
        for name in commitment["indicators"].split():
            if name in found:
                head: dict[str, str] = {"article": commitment["article"], "item": commitment["id"], "name": commitment[f"text_{lang}"]}
                rows.append({**head, **_found(name, found[name], lang)})
            else:
                missing += 1
    notes = [text.get("evaluate.measured.missing", lang, missing=missing)] if missing else []
    return section("evaluate.measured", lang, [text.get("evaluate.measured.text", lang), *notes], _KEYS, rows)


def _found(name: str, series: Sequence[Mapping[str, str]], lang: Lang) -> Row:
    indicator = _indicator(name)
    last, before = series[-1], series[-2] if len(series) > 1 else None
    return {
        "indicator": indicator.name(lang) if indicator else name,
        "now": _shown(last, lang),
        "value_on": short_date(last["true_on"]),
        "before": f"{_shown(before, lang)} ({short_date(before['true_on'])})" if before else "",
        "verdict": _verdict(indicator, float(last["value"]) - float(before["value"]), lang) if before else "",
        "source": last["source"],
    }


def _indicator(name: str) -> Indicator | None:
    """The indicator, or None where an earlier version of the registry had it."""
    try:
        return INDICATORS.get(name)
    except UsageError:
        return None


def _shown(row: Mapping[str, str], lang: Lang) -> str:
    return unit(row["unit"]).text(float(row["value"]), lang)


def _verdict(indicator: Indicator | None, change: float, lang: Lang) -> str:
    sign = {"higher": 1, "lower": -1}.get(indicator.polarity, 0) if indicator else 0
    way = "same" if change == 0 else "better" if change * sign > 0 else "worse" if change * sign < 0 else "other"
    return words().get(f"verdict.{way}", lang)
