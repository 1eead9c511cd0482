"""The report as one self-contained page: no script, no request, opens offline, prints well."""

from __future__ import annotations

from importlib import resources
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from parkcity.base.units import unit
from parkcity.base.words import Lang, Words
from parkcity.insight.norms import words as norm_words
from parkcity.insight.registry import ACCESS_GROUPS
from parkcity.serve.report.against import shown_changes
from parkcity.serve.report.data_map import data_map
from parkcity.serve.report.figures import Artist
from parkcity.serve.report.lists import shown_lists
from parkcity.serve.report.maps import Canvas
from parkcity.serve.report.model import Teller
from parkcity.serve.report.norms import shown_norms
from parkcity.serve.report.plan_section import shown_plan
from parkcity.twin.build import notices_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from parkcity.insight.lists import ListOf
    from parkcity.insight.run import Measured
    from parkcity.serve.report.against import Changes
    from parkcity.serve.report.plan_section import Planned
    from parkcity.twin.twin import Twin

_PATTERNS = {"b4": "hatch-s", "b5": "hatch2-s", "unreachable": "cross-s", "nodata": "dots-s"}


def _swatch(style: str) -> str:
    """The fill of a legend's swatch: patterns have a smaller twin for swatches."""
    return f'fill="url(#{_PATTERNS[style]})"' if style in _PATTERNS else f'class="{style}"'


def _ranges(intervals: Sequence[dict[str, Any]], lang: Lang) -> dict[str, str]:
    """The interval of every indicator for the whole city and all residents, as a person reads it."""
    city = [row for row in intervals if row["tier"] == "city" and row["group"] == "all"]
    return {row["indicator"]: " \u2013 ".join(unit(row["unit"]).text(row[end], lang) for end in ("low", "high")) for row in city}


def render(
    twin: Twin,
    rows: list[dict[str, Any]],
    measured: list[Measured],
    lang: Lang,
    lists: Sequence[tuple[ListOf, list[dict[str, Any]]]] = (),
    norms: Sequence[dict[str, Any]] = (),
    changes: Changes | None = None,
    intervals: Sequence[dict[str, Any]] = (),
    planned: Planned | None = None,
) -> str:
    """The whole page as text. `lists`: the lists beside the indicators, each with its rows; `norms`: rows by the norms' own numbers;
    `changes`: what changed since an earlier check-up; `intervals`: bounds of the values that have a basis for them; `planned`: the plan
    judged with this check-up, where the city has one.
    """
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    words = Words.load("parkcity.serve.report")
    teller = Teller(twin, rows, measured, words, lang)
    canvas = Canvas(twin)

    def grade(letter: str) -> Markup:
        return Markup('<span class="grade g{0}">{0}</span>').format(letter)

    folder = resources.files("parkcity.serve.report")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=False)
    template = environment.from_string(folder.joinpath("template.html").read_text(encoding="utf-8"))
    return template.render(
        lang=lang,
        t=teller.text,
        grade=grade,
        swatch=_swatch,
        style=folder.joinpath("style.css").read_text(encoding="utf-8"),
        head=teller.header(),
        headlines=teller.headlines(),
        findings=teller.findings(),
        scorecard=teller.scorecard(),
        intervals=_ranges(intervals, lang),
        norms=shown_norms(norms, lang),
        changes=None if changes is None else shown_changes(changes, lang),
        plan=None if planned is None else shown_plan(planned, lang),
        norms_note=norm_words().get("note", lang),
        figures=Artist(twin, words, lang, canvas).figures(measured),
        groups=[group for group in ACCESS_GROUPS if group in twin.groups],
        outlines=canvas.outlines,
        labels=canvas.labels(lang),
        height=canvas.height,
        scale=canvas.scale_units,
        tiers=teller.tier_tables(),
        lists=shown_lists(twin, [pair for pair in lists if pair[0].section == "lists"], lang),
        checks=shown_lists(twin, [pair for pair in lists if pair[0].section == "quality"], lang),
        doubts=data_map(twin, canvas),
        gap_zones=teller.gap_zones(),
        gap_cells=teller.gap_cells(),
        missing=teller.missing(),
        quality=teller.quality(),
        flags=teller.flags(),
        notices=[str(notice) for notice in notices_of(dict(twin.manifest))],
        sources=teller.sources(),
        speeds=teller.speeds(),
        method=teller.method(),
        folder=twin.spec.folder.as_posix(),
        version=version("parkcity"),
    )
