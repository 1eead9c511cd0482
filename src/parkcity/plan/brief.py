"""The plan in short, for the report of a check-up: the score of every chapter, what is behind, and what the twin measures."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from parkcity.plan.document import Section, section, words
from parkcity.plan.evaluate import chapters_section, target_row
from parkcity.plan.measured import measured_section
from parkcity.plan.rollup import LIGHTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from parkcity.base.words import Lang
    from parkcity.plan.ledger import View
    from parkcity.plan.status import Standing

COLUMNS = (
    *("target", "article", "chapter", "name_zh", "name_en", "status", "light", "value_op", "value", "value_on", "goal", "unit", "deadline"),
    *("path", "growth", "probability", "attainment", "views_agree", "owner", "binding", "scope"),
    *("measured_by", "measured_as", "twin_value", "twin_unit", "confidence", "unverified", "source"),
)
_BEHIND = ("target", "name", "goal_year", "status_light", "value", "planned", "path", "growth", "probability", "owner", "note")


def brief(view: View, items: Sequence[Standing], lang: Lang) -> tuple[str, tuple[Section, ...]]:
    """A sentence that counts the targets by colour, and the sections."""
    text = words()
    lights = Counter(item.light for item in items)
    slots: dict[str, object] = {"targets": len(items), **{color: lights[color] for color in LIGHTS}}
    told = text.get("brief.text", lang, at=view.at.isoformat(), snapshot=view.snapshot, **slots)
    # What is worst comes first; of one colour the order is that of the plan.
    behind = sorted((item for item in items if item.light in {"amber", "red"}), key=lambda item: item.light != "red")
    rows = [target_row(view, item, lang) for item in behind]
    note = () if rows else (text.get("brief.behind.none", lang),)
    late = section("brief.behind", lang, note, _BEHIND, rows)
    parts = (chapters_section(view, items, lang), late, measured_section(view, lang, hint=False))
    return told, parts


def brief_rows(view: View, items: Sequence[Standing], measured: Mapping[tuple[str, str, str], Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Every target as a flat row with `COLUMNS`; `measured`: rows of the check-up by indicator, tier and zone ("" for the whole city)."""
    rows = []
    for item in items:
        target = item.target
        twin = measured.get((target.twin_indicator, target.tier or "city", target.zone))
        how = target.measured_as or ("exact" if target.twin_indicator else "")
        more: dict[str, Any] = {
            "chapter": view.row("articles", target.article)["chapter"],
            "measured_by": target.twin_indicator,
            "measured_as": how,
            "twin_value": None if twin is None else twin["value"],
            "twin_unit": "" if twin is None else twin["unit"],
            "unverified": "yes" if item.confidence == "M" or item.forecast_unverified else "",
        }
        rows.append({name: value for name, value in {**item.row(), **more}.items() if name in COLUMNS})
    return rows
