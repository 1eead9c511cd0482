"""A siting plan told in sentences: what it achieves, how sure that is, and each site with its reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from parkcity.base.words import Lang, Words
from parkcity.insight.classes import place_class

if TYPE_CHECKING:
    from parkcity.decide.siting import Site, Siting


def siting_lines(found: Siting, lang: Lang) -> list[str]:
    """The plan and each of its sites as sentences in a language."""
    words = Words.load("parkcity.serve.report", "siting_words.csv")
    unit = words.get("unit_m", lang)
    lines = [_head(found, words, unit, lang), _proof(found, words, lang)]
    if found.beyond > 0:
        lines.append(words.get("beyond", lang, beyond=_number(found.beyond)))
    for site in found.sites:
        lines += site_lines(found, site, lang)
    return lines


def _head(found: Siting, words: Words, unit: str, lang: Lang) -> str:
    slots: dict[str, object] = {
        "kind": place_class(found.kind).name(lang).capitalize(),
        "count": len(found.sites),
        "before": _number(found.before),
        "after": _number(found.after),
        "residents": _number(found.residents),
    }
    if found.goal == "coverage":
        limit = words.get("metres" if found.unit == "m" else "minutes", lang, number=f"{found.limit:g}")
        return words.get("head_coverage", lang, limit=limit, **slots)
    mean = f"{found.after / max(found.residents, 1.0):,.1f}"
    return words.get("head_distance", lang, unit=unit, mean=mean, each=words.get("each_m", lang), **slots)


def _proof(found: Siting, words: Words, lang: Lang) -> str:
    how = words.get(f"how_{found.plan.how}", lang)
    if found.plan.status == "optimal":
        return words.get("optimal", lang, how=how)
    return words.get("bounded", lang, how=how, bound=_number(found.plan.bound), gap=f"{found.plan.gap:.2%}")


def site_lines(found: Siting, site: Site, lang: Lang) -> list[str]:
    """One site: whom it serves, what happens without it, and the best rival that was not chosen."""
    words = Words.load("parkcity.serve.report", "siting_words.csv")
    unit = words.get("unit_m", lang)
    slots: dict[str, object] = {
        "rank": site.rank,
        "zone": site.zone[0 if lang == "zh" else 1],
        "lon": f"{site.lon:.5f}",
        "lat": f"{site.lat:.5f}",
        "gained": _number(site.gained),
        "alone": _number(site.alone),
        "unit": unit,
    }
    lines = [words.get(f"site_{found.goal}", lang, **slots)]
    if site.rival:
        where = {"id": site.rival, "lon": f"{site.rival_lon:.5f}", "lat": f"{site.rival_lat:.5f}"}
        lines.append(words.get(f"rival_{found.goal}", lang, less=_number(site.rival_less), unit=unit, **where))
    return lines


def _number(value: float) -> str:
    return f"{value:,.0f}"
