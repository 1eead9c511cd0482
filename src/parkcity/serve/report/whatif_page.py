"""Scenarios as a report: what each does and costs, who gains and who loses, which targets move, and maps of the differences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from markupsafe import Markup

from parkcity.base.units import unit
from parkcity.base.words import Lang, Words
from parkcity.plan.units import known_units, symbol
from parkcity.serve.report.maps import WIDTH, Canvas
from parkcity.serve.report.page import Drawing, Section, Sheet, render_page
from parkcity.serve.report.whatif import scenario_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from parkcity.decide.compare import Comparison, Pair
    from parkcity.decide.moved import Moved
    from parkcity.twin.scenario import TwinUnder

_MAPS = 6
# Blue against orange, dark against light: told apart by every reader and in grey; losses carry lines too.
_FILLS = {"much_better": "#08519c", "better": "#6baed6", "same": "#eceff2", "worse": "url(#loss)", "much_worse": "url(#loss2)"}
_HATCH = Markup(
    '<svg width="0" height="0" style="position:absolute" aria-hidden="true"><defs>'
    '<pattern id="loss" width="26" height="26" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect width="26" height="26" fill="#fdb863"/><path d="M0 0v26" stroke="#e08214" stroke-width="5"/></pattern>'
    '<pattern id="loss2" width="22" height="22" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect width="22" height="22" fill="#b35806"/><path d="M0 0v22" stroke="#5f2d00" stroke-width="6"/></pattern></defs></svg>'
)


def _words() -> Words:
    return Words.load("parkcity.serve.report", "whatif_words.csv")


def render_whatif(comparison: Comparison, moved: Sequence[Moved], lang: Lang) -> str:
    """All scenarios of a comparison as one self-contained page."""
    words = _words()
    spec = comparison.base.spec
    city = spec.name_zh if lang == "zh" else spec.name_en
    canvas = Canvas(comparison.base)
    sections = [_overview(comparison, words, lang)]
    for one in comparison.scenarios:
        sections += _scenario(comparison, one, [row for row in moved if row.scenario == one.scenario.id], canvas, words, lang)
    facts = [
        words.get("fact_scenarios", lang, count=len(comparison.scenarios)),
        words.get("fact_twin", lang, hash=comparison.base.hash[:12]),
    ]
    return render_page(words.get("title", lang, city=city), words.get("subtitle", lang), facts, sections, lang, _HATCH)


def _overview(comparison: Comparison, words: Words, lang: Lang) -> Section:
    keys = ("column_scenario", "column_cost", "column_winners", "column_losers", "column_both", "column_unchanged")
    rows = [
        [
            city.scenario.name(lang),
            f"{row['cost']:,.0f}",
            *(f"{row[name]:,.0f}" for name in ("winners", "losers", "both", "unchanged")),
        ]
        for city, row in zip(comparison.scenarios, comparison.summary(), strict=True)
    ]
    table = Sheet.of([words.get(key, lang) for key in keys], rows, (False, *[True] * 5))
    return Section(words.get("section_overview", lang), (words.get("note_overview", lang),), tables=(table,))


def _scenario(comparison: Comparison, city: TwinUnder, moved: Sequence[Moved], canvas: Canvas, words: Words, lang: Lang) -> list[Section]:
    lines = [line.strip() for line in scenario_lines(comparison, lang, only=city)]
    pairs = [pair for pair in comparison.pairs if pair.scenario is city and not pair.untouched]
    tables = []
    if moved:
        tables.append(_targets(moved, words, lang))
    tables.append(_changed(pairs, words, lang))
    figures = tuple(_difference(pair, canvas, words, lang) for pair in _most(pairs))
    note = (words.get("note_maps", lang),) if figures else ()
    return [
        Section(city.scenario.name(lang), items=tuple(lines)),
        Section(words.get("section_differences", lang, name=city.scenario.name(lang)), note, figures=figures, tables=tuple(tables)),
    ]


def _targets(moved: Sequence[Moved], words: Words, lang: Lang) -> Sheet:
    keys = ("column_target", "column_zone", "column_deadline", "column_baseline", "column_value", "column_goal", "column_closed")
    rows = [
        [
            f"{row.target.id} {row.name(lang)}",
            row.target.zone,
            str(row.target.deadline.year),
            *(_plan_value(value, row.target.unit, lang) for value in (row.baseline, row.value, row.goal)),
            words.get("met", lang) if row.met else "\u2013" if row.gap_closed is None else f"{row.gap_closed:+.1%}",
        ]
        for row in moved
    ]
    heads = [words.get(key, lang) for key in keys]
    return Sheet.of(heads, rows, (False, False, False, True, True, True, True), words.get("caption_targets", lang))


def _plan_value(value: float, unit_id: str, lang: Lang) -> str:
    return f"{value:,.4g} {symbol(unit_id, lang)}" if unit_id in known_units() else unit(unit_id).text(value, lang)


def _changed(pairs: Sequence[Pair], words: Words, lang: Lang) -> Sheet:
    """Every indicator that changes for the whole city, by group, most residents first."""
    keys = ("column_indicator", "column_group", "column_baseline", "column_value", "column_verdict", "column_winners", "column_losers")
    found: list[tuple[float, list[str]]] = []
    for pair in pairs:
        (row,) = pair.rows("city")
        if row["verdict"] == "same" and not row["winners"] and not row["losers"]:
            continue
        texts = ["\u2013" if row[name] is None else unit(row["unit"]).text(row[name], lang) for name in ("baseline", "value")]
        sides = ["\u2013" if row[name] is None else f"{row[name]:,.0f}" for name in ("winners", "losers")]
        cells = [pair.indicator.name(lang), row["group"], *texts, words.get(row["verdict"], lang), *sides]
        found.append((float(row["winners"] or 0) + float(row["losers"] or 0), cells))
    found.sort(key=lambda entry: -entry[0])
    heads = [words.get(key, lang) for key in keys]
    return Sheet.of(heads, [cells for _, cells in found], (False, False, True, True, False, True, True), words.get("touched", lang))


def _most(pairs: Sequence[Pair]) -> list[Pair]:
    """The pairs whose maps tell most: all residents, most of them touched, one map for each set of cells."""
    seen: set[bytes] = set()
    chosen = []
    order = sorted(pairs, key=lambda pair: (-float((pair.residents * np.abs(pair.sides())).sum()), not pair.indicator.headline))
    for pair in order:
        sides = pair.sides()
        if pair.after.group == "all" and sides.any() and sides.tobytes() not in seen:
            seen.add(sides.tobytes())
            chosen.append(pair)
        if len(chosen) == _MAPS:
            break
    return chosen


def classes_of(pair: Pair) -> dict[str, Any]:
    """Cells by what the scenario does for those who live there, each mask bool [cells]: much better, better, same, worse, much worse.

    Much is a change at least as large as that of the middle one of the residents who are touched.
    """
    sides, lived = pair.sides(), pair.residents > 0
    size = np.abs(pair.improvement())
    touched = lived & (sides != 0) & np.isfinite(size)
    middle = float(np.median(np.repeat(size[touched], np.maximum(pair.residents[touched].astype(np.int64), 1)))) if touched.any() else 0.0
    much = ~(size < middle) & (sides != 0)
    if touched.any() and float(size[touched].max()) <= middle * (1 + 1e-9) and float(size[touched].min()) >= middle * (1 - 1e-9):
        much &= False
    return {
        "much_better": lived & (sides > 0) & much,
        "better": lived & (sides > 0) & ~much,
        "same": lived & (sides == 0),
        "worse": lived & (sides < 0) & ~much,
        "much_worse": lived & (sides < 0) & much,
    }


def _difference(pair: Pair, canvas: Canvas, words: Words, lang: Lang) -> Drawing:
    body, legend = Markup(), Markup()
    for name, mask in classes_of(pair).items():
        path = canvas.path_of(mask)
        if not path:
            continue
        fill = _FILLS[name]
        body += Markup('<path d="{}" fill="{}"/>').format(path, fill)
        residents = f"{float(pair.residents[mask].sum()):,.0f}"
        text = words.get(f"map_{name}", lang)
        legend += Markup(
            '<tr><td><svg viewBox="0 0 26 15" aria-hidden="true"><rect width="26" height="15" fill="{}" stroke="#667"/></svg></td>'
            '<td>{}</td><td class="n">{}</td></tr>'
        ).format(fill, text, residents)
    caption = pair.indicator.name(lang)
    drawing = Markup(
        '<svg class="map" viewBox="0 0 {} {}" role="img" aria-label="{}">{}<path class="outline" d="{}"/></svg>'
        '<table class="legend"><thead><tr><th></th><th>{}</th><th class="n">{}</th></tr></thead><tbody>{}</tbody></table>'
    ).format(
        WIDTH,
        canvas.height,
        caption,
        body,
        canvas.outlines,
        words.get("legend_change", lang),
        words.get("legend_residents", lang),
        legend,
    )
    return Drawing(caption, drawing)
