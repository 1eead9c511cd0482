"""What the twin measures beside the targets' own numbers: commitments without a number, and likenesses of published statistics.

What each check-up found, and whether it became better.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from parkcity.base.errors import UsageError
from parkcity.base.units import unit
from parkcity.insight.registry import INDICATORS
from parkcity.plan.dates import day
from parkcity.plan.document import Row, Section, section, words
from parkcity.plan.sections import short_date

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

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


def measured_section(view: View, lang: Lang, *, hint: bool = True) -> Section:
    """Every commitment and every target with a proxy, with the last value of each indicator, the one before, and which way it went.

    `hint`: say how many indicators have no value, and how they get one.
    """
    text, found = words(), check_ups(view)
    rows: list[Row] = []
    missing = 0
    for head, name in _named(view, lang):
        if name in found:
            rows.append({**head, **_found(name, found[name], lang)})
        else:
            missing += 1
    notes = [text.get("evaluate.measured.missing", lang, missing=missing)] if missing and hint else []
    return section("evaluate.measured", lang, [text.get("evaluate.measured.text", lang), *notes], _KEYS, rows)


def _named(view: View, lang: Lang) -> Iterator[tuple[Row, str]]:
    """Every commitment and target that the twin follows, with each of its indicators."""
    for row in view["targets"]:
        if row["measured_as"] == "proxy":
            name = words().get("proxied", lang, name=row[f"name_{lang}"])
            yield {"article": row["article"], "item": row["id"], "name": name}, row["measured_by"]
    for row in view["commitments"]:
        for name in row["indicators"].split():
            yield {"article": row["article"], "item": row["id"], "name": row[f"text_{lang}"]}, name


def _found(name: str, series: Sequence[Mapping[str, str]], lang: Lang) -> Row:
    indicator = _indicator(name)
    last, before = series[-1], series[-2] if len(series) > 1 else None
    return {
        "indicator": indicator.name(lang) if indicator else name,
        "now": _shown(last, lang),
        "value_on": short_date(last["true_on"]),
        "before": f"{_shown(before, lang)} ({short_date(before['true_on'])})" if before else "",
        "verdict": _verdict(indicator, float(last["value"]) - float(before["value"]), lang) if before else "",
        "source": _told(last["source"], lang),
    }


def _told(source: str, lang: Lang) -> str:
    """Where a value comes from; what a check-up wrote of itself is told in the reader's language."""
    if not source.startswith("check-up"):
        return source
    return source.replace("check-up", words().get("source.checkup", lang), 1).replace(
        ", completeness ", words().get("source.completeness", lang), 1
    )


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
