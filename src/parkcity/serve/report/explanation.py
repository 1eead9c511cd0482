"""One number taken apart, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from parkcity.base.units import unit
from parkcity.base.words import Lang, Words
from parkcity.sense.kinds import kind
from parkcity.standards import parameter

if TYPE_CHECKING:
    from parkcity.insight.explain import Explanation


def explanation_text(explanation: Explanation, lang: Lang) -> str:
    """The explanation as lines of text in a language."""
    words = Words.load("parkcity.serve.report")
    name = explanation.name_zh if lang == "zh" else explanation.name_en
    value = "–" if explanation.value is None else unit(explanation.unit).text(explanation.value, lang)
    zones = " · ".join(zone for zone in explanation.zones.values() if zone)
    group = parameter("groups", explanation.group).extra[f"name_{lang}"]
    lines = [
        words.get("why_cell", lang, cell=explanation.cell, zone=zones, residents=f"{explanation.residents:,.0f}", group=group),
        words.get("why_value", lang, name=name, value=value),
    ]
    for way in explanation.ways:
        kind_name = kind(way.kind).name(lang)
        if way.place_id:
            lines.append("  " + words.get("why_place", lang, kind=kind_name, name=f"{way.place_name} ({way.place_id})"))
            lines.append(
                "    "
                + words.get("why_way", lang, length=f"{way.length_m:,.0f}", off=f"{way.off_street_m:,.0f}", minutes=f"{way.minutes:.1f}")
            )
            lines.append("    " + words.get("why_points", lang, points="; ".join(f"{lon} {lat}" for lon, lat in way.line)))
        else:
            lines.append(f"  {kind_name}: " + words.get("why_none", lang, state=way.state))
    for row in (explanation.clause, *(row for row in explanation.parameters.values() if row.id != explanation.clause.id)):
        citation = row.citation if row.official else words.get("not_official", lang)
        lines.append("  " + words.get("why_limit", lang, limit=f"{row.value} {row.unit}", citation=citation, confidence=row.confidence))
    lines.append("  " + words.get("why_formula", lang, formula=explanation.formula))
    lines.append("  " + words.get("why_inputs", lang, inputs=", ".join(f"{key} = {shown}" for key, shown in explanation.inputs.items())))
    layers = "; ".join(f"{row['id']} ({row['date']}, {row['hash'][:8]})" for row in explanation.layers)
    lines.append("  " + words.get("why_layers", lang, layers=layers))
    if explanation.assumed:
        texts = Words.load("parkcity.insight", "assumptions.csv")
        named = ("；" if lang == "zh" else "; ").join(texts.get(key, lang) for key in explanation.assumed)
        lines.append("  " + words.get("why_assumed", lang, named=named))
    flags = ", ".join(f"{words.get('flag_' + key, lang)} {size:,.3g}" for key, size in explanation.flags.items()) or "–"
    lines.append("  " + words.get("why_grade", lang, grade=explanation.grade, flags=flags))
    return "\n".join(lines)
