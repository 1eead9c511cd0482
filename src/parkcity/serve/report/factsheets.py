"""A page for each zone of a tier that prints on one sheet of A4: main results, place among the peers, clause, grade, largest gaps."""

from __future__ import annotations

import re
from importlib import resources
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from parkcity.base.cache import write_text
from parkcity.base.errors import UsageError
from parkcity.base.units import people, unit
from parkcity.base.words import Words
from parkcity.insight.gaps import zone_gaps
from parkcity.insight.peers import Place, places_of
from parkcity.insight.registry import INDICATORS
from parkcity.insight.run import status_of
from parkcity.serve.report.citations import cited
from parkcity.twin.zones import CITY_TIER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from parkcity.base.words import Lang
    from parkcity.insight.registry import Indicator
    from parkcity.insight.run import Measured
    from parkcity.twin.twin import Twin

FOLDER = "factsheets"
_UNSAFE = re.compile(r"[^\w.-]")
"""What not every file system takes in a name."""
_GAPS, _CLAUSE = 8, 64
_HEAD = ("indicator", "value", "city", "rank", "percentile", "grade", "clause")


def check_tier(twin: Twin, tier: str) -> None:
    """Raise `UsageError` where a city has no such tier."""
    if tier not in twin.tiers:
        msg = f"there is no tier '{tier}' for --factsheets; this city has: {', '.join(twin.tiers)}"
        raise UsageError(msg)


def write_factsheets(
    out: Path, twin: Twin, rows: Sequence[Mapping[str, Any]], measured: list[Measured], tier: str, lang: Lang
) -> list[str]:
    """Write a page for every zone of a tier that has cells and an index of them below `out`; gives the names of the files."""
    from jinja2 import Environment, StrictUndefined

    check_tier(twin, tier)
    source = resources.files("parkcity.serve.report").joinpath("factsheet.html").read_text(encoding="utf-8")
    template = Environment(autoescape=True, undefined=StrictUndefined).from_string(source)
    book = _Book(twin, rows, measured, tier, lang)
    files: list[str] = []
    links: list[tuple[str, str]] = []
    (out / FOLDER / tier).mkdir(parents=True, exist_ok=True)
    for zone in book.zones():
        name = f"{_UNSAFE.sub('_', zone)}.html"
        if name in dict(links):
            name = f"{len(links) + 1}-{name}"
        write_text(out / FOLDER / tier / name, template.render(lang=lang, **book.page(zone)))
        files.append(f"{FOLDER}/{tier}/{name}")
        links.append((name, book.name(zone)))
    files.append(f"{FOLDER}/{tier}/index.html")
    write_text(out / files[-1], _index(book, links, lang))
    return files


class _Book:
    """What all sheets of a tier share."""

    def __init__(self, twin: Twin, rows: Sequence[Mapping[str, Any]], measured: list[Measured], tier: str, lang: Lang) -> None:
        self.twin, self.tier, self.lang = twin, tier, lang
        self.words = Words.load("parkcity.serve.report", "factsheet_words.csv")
        self.by_key = {(row["indicator"], row["tier"], row["zone"]): row for row in rows if row["group"] == "all"}
        self.places = places_of(rows, tier)
        self.shown = list(dict.fromkeys(item.indicator.id for item in measured if item.indicator.headline))
        self.gaps: dict[str, list[dict[str, Any]]] = {}
        for gap in zone_gaps(twin, measured, tier):
            self.gaps.setdefault(gap["zone"], []).append(gap)
        lacking = [item for item in INDICATORS if item.headline and status_of(item, twin)[0] == "missing"]
        self.missing = [item.name(lang) for item in lacking]
        table = twin.tier_zones(tier)
        self.names = dict(zip(table["id"], table[f"name_{lang}"], strict=True))

    def text(self, key: str, **slots: object) -> str:
        return self.words.get(key, self.lang, **slots)

    def zones(self) -> list[str]:
        """The zones with cells, in the order of the tier."""
        return [zone for zone in self.names if ("people.residents", self.tier, zone) in self.by_key]

    def name(self, zone: str) -> str:
        return str(self.names[zone])

    def tier_name(self) -> str:
        if self.tier == CITY_TIER:
            return self.text("city")
        spec = next(entry for entry in self.twin.spec.tiers if entry.id == self.tier)
        return spec.name_zh if self.lang == "zh" else spec.name_en

    def page(self, zone: str) -> dict[str, Any]:
        """What the template of one zone's sheet needs."""
        residents = people(self.by_key["people.residents", self.tier, zone]["value"] or 0.0, self.lang)
        comma = "\u3001" if self.lang == "zh" else ", "
        facts = {"city": self.city(), "tier": self.tier_name(), "residents": residents, "date": self.twin.manifest["as_of"]}
        return {
            "title": self.text("title", zone=self.name(zone)),
            "facts": self.text("facts", **facts),
            "head": [self.text(key) for key in _HEAD],
            "rows": [self._line(INDICATORS.get(name), zone) for name in self.shown],
            "gaps_title": self.text("gaps"),
            "gaps": [self._gap(gap) for gap in self.gaps.get(zone, [])[:_GAPS] if gap["residents_lacking"] > 0],
            "no_gaps": self.text("no_gaps"),
            "missing": self.text("not_measured", names=comma.join(self.missing)) if self.missing else "",
            "note": self.text("note", hash=self.twin.hash[:12]),
        }

    def city(self) -> str:
        """The city's name."""
        return self.twin.spec.name_zh if self.lang == "zh" else self.twin.spec.name_en

    def _line(self, item: Indicator, zone: str) -> dict[str, Any]:
        row = self.by_key.get((item.id, self.tier, zone))
        place = None if item.polarity == "neutral" else self.places.get((item.id, zone))
        return {
            "id": item.id,
            "name": item.name(self.lang),
            "value": self._value(row),
            "city": self._value(self.by_key.get((item.id, CITY_TIER, self.twin.spec.id))),
            "rank": "\u2013" if place is None else self.text("of", rank=place.rank, count=place.count),
            "percentile": _percentile(place, self.lang),
            "width": None if place is None or place.percentile is None else round(100 * place.percentile),
            "grade": row["grade"] if row else "\u2013",
            "clause": _short(cited(item.clause, self.lang)) if item.clause.official else self.text("default"),
        }

    def _value(self, row: Mapping[str, Any] | None) -> str:
        return "\u2013" if row is None or row["value"] is None else unit(row["unit"]).text(row["value"], self.lang)

    def _gap(self, gap: Mapping[str, Any]) -> str:
        share = unit("share").text(gap["share_lacking"], self.lang)
        name = INDICATORS.get(gap["indicator"]).name(self.lang)
        return self.text("gap", name=name, count=people(gap["residents_lacking"], self.lang), share=share)


def _percentile(place: Place | None, lang: Lang) -> str:
    if place is None or place.percentile is None:
        return "\u2013"
    return f"{place.percentile:.0%}" if lang == "zh" else f"{100 * place.percentile:.0f} %"


def _short(citation: str) -> str:
    return citation if len(citation) <= _CLAUSE else citation[: _CLAUSE - 1].rstrip(" ,;") + "\u2026"


def _index(book: _Book, links: Sequence[tuple[str, str]], lang: Lang) -> str:
    from markupsafe import Markup, escape

    title = book.text("index", city=book.city(), tier=book.tier_name())
    items = Markup("").join(Markup('<li><a href="{}">{}</a></li>').format(quote(href), name) for href, name in links)
    code = "zh-CN" if lang == "zh" else "en"
    head = Markup('<!DOCTYPE html><html lang="{}"><head><meta charset="utf-8"><title>{}</title></head>').format(code, title)
    return str(head + Markup("<body><h1>{}</h1><ul>{}</ul></body></html>\n").format(escape(title), items))
