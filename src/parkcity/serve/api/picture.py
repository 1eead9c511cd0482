"""One map as a page of its own, with legend, date and sources: what becomes a picture."""

from __future__ import annotations

from html import escape
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.units import unit
from parkcity.base.words import Lang, Words
from parkcity.insight.registry import INDICATORS
from parkcity.serve.api.measures import MINUTES, RESIDENTS, WORST, shown
from parkcity.serve.api.summary import words
from parkcity.serve.report.maps import WIDTH, Canvas, MapClass, band_map, quantile_map
from parkcity.standards import parameter

if TYPE_CHECKING:
    from parkcity.serve.api.desk import Desk

_PATTERNS = """<defs>
<pattern id="hatch" width="60" height="60" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="60" height="60"
 fill="#fdd0a2"/><path d="M0 0v60" stroke="#a65628" stroke-width="16"/></pattern>
<pattern id="hatch2" width="44" height="44" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)"><rect width="44" height="44"
 fill="#f16913"/><path d="M0 0v44" stroke="#7f2704" stroke-width="16"/></pattern>
<pattern id="cross" width="60" height="60" patternUnits="userSpaceOnUse"><rect width="60" height="60" fill="#fff"/><path
 d="M0 0l60 60M60 0l-60 60" stroke="#333" stroke-width="10"/></pattern>
<pattern id="dots" width="50" height="50" patternUnits="userSpaceOnUse"><rect width="50" height="50" fill="#fff"/><circle cx="25" cy="25"
 r="9" fill="#777"/></pattern></defs>"""


def picture_page(desk: Desk, measure: str, group: str, lang: Lang) -> tuple[str, float]:
    """The page, and the height of its map over the width."""
    canvas: Canvas = desk.kept.get(("canvas",), lambda: Canvas(desk.twin))
    texts = Words.load("parkcity.serve.report")
    found = shown(desk, measure, group, None, None)
    residents = desk.inputs(group).residents()
    classes = _classes(canvas, desk, measure, group, texts, lang)
    city = desk.twin.tier_zones("city").iloc[0]
    row = parameter("groups", group)
    title = f"{city[f'name_{lang}']} · {_title(measure, texts, lang)} · {row.extra[f'name_{lang}']}"
    lines = "".join(
        f'<tr><td><svg viewBox="0 0 130 75"><rect width="130" height="75" class="{one.style}" stroke="#667"/></svg></td>'
        f"<td>{escape(one.label)}</td><td class=n>{one.residents:,.0f}</td><td class=n>{one.share:.1%}</td></tr>"
        for one in classes
        if one.path
    )
    paths = "".join(f'<path class="{one.style}" d="{one.path}"/>' for one in classes if one.path)
    labels = "".join(f'<text class="label" x="{x}" y="{y}">{escape(name)}</text>' for x, y, name in canvas.labels(lang))
    sources = "; ".join(dict.fromkeys(f"{row['attribution']} [{row['date']}, {row['licence']}]" for row in desk.twin.manifest["sources"]))
    style = resources.files("parkcity.serve.report").joinpath("style.css").read_text(encoding="utf-8")
    foot = f"{words().get('as_of', lang, date=desk.twin.manifest['as_of'])} · {words().get('sources', lang, sources=sources)}"
    page = (
        f'<!doctype html><html lang="{lang}"><meta charset="utf-8"><style>{style}body{{padding:1rem}}</style><h1 style="font-size:1.5rem">'
        f'{escape(title)}</h1><svg class="map" viewBox="0 0 {WIDTH} {canvas.height}" style="width:100%">{_PATTERNS}{paths}'
        f'<path class="outline" d="{canvas.outlines}"/>{labels}</svg><table class="legend"><tr><th></th><th></th><th class=n>'
        f"{escape(texts.get('legend_residents', lang))}</th><th class=n>{escape(texts.get('legend_share', lang))}</th></tr>{lines}</table>"
        f'<p class="note">{escape(foot)}</p></html>'
    )
    assert len(found.value) == len(residents)
    return page, canvas.height / WIDTH


def _title(measure: str, texts: Words, lang: Lang) -> str:
    from parkcity.insight.classes import place_class

    if measure == WORST:
        return texts.get("minutes_worst", lang)
    if measure.startswith(MINUTES):
        return texts.get("minutes_to", lang, name=place_class(measure.removeprefix(MINUTES)).name(lang))
    return INDICATORS.get("people.residents" if measure == RESIDENTS else measure).name(lang)


def _classes(canvas: Canvas, desk: Desk, measure: str, group: str, texts: Words, lang: Lang) -> tuple[MapClass, ...]:
    found = shown(desk, measure, group, None, None)
    residents = desk.inputs(group).residents()
    value = found.value.astype(np.float64)
    if measure.startswith(MINUTES):
        first, second, third, fourth = found.header["breaks"]
        minutes = np.where(found.state == 1, np.inf, value)
        return band_map(canvas, minutes, residents, (first, second, third, fourth), texts, lang)

    def show(number: float) -> str:
        return unit(found.header["unit"]).text(number, lang)

    shown_as: Any = show
    return quantile_map(canvas, value, residents, shown_as, texts, lang, residents > 0)
