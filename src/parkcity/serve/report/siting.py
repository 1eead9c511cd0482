"""A siting plan told in sentences: what it achieves, how sure that is, and each site with its reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from parkcity.base.words import Lang, Words
from parkcity.insight.classes import place_class

if TYPE_CHECKING:
    from collections.abc import Sequence

    from parkcity.decide.sited import Site, Siting


def siting_lines(found: Siting, lang: Lang, years: Sequence[int] = ()) -> list[str]:
    """The plan and each of its sites as sentences in a language; `years` are those of its stages."""
    words = Words.load("parkcity.serve.report", "siting_words.csv")
    unit = words.get("unit_m", lang)
    lines = [_head(found, words, unit, lang), _proof(found, words, lang)]
    if found.beyond > 0:
        lines.append(words.get("beyond", lang, beyond=_number(found.beyond)))
    lines += [
        words.get("share", lang, name=_demand(name, lang), before=f"{before:.1%}", after=f"{after:.1%}")
        for name, before, after in found.shares
    ]
    lines += [
        words.get("level", lang, limit=_number(row["limit"]), beyond=_number(row["beyond"]), least=_number(row["least"]))
        for row in found.levels[1:]
    ]
    if found.closed:
        lines.append(words.get("closed", lang, count=len(found.closed), names=", ".join(found.closed)))
    for site in found.sites:
        year = years[site.stage - 1] if site.stage else None
        lines += site_lines(found, site, lang, year)
    if found.ties:
        lines.append(words.get("ties", lang, count=len(found.ties)))
        lines += [
            words.get("tie", lang, candidate=row["candidate"], instead=row["instead"], less=_number(row["less"])) for row in found.ties[:5]
        ]
    return lines


def _demand(name: str, lang: Lang) -> str:
    """A kind or a scenario as a person reads it."""
    from parkcity.insight.classes import place_classes

    return place_class(name).name(lang) if name in place_classes() else name


def _head(found: Siting, words: Words, unit: str, lang: Lang) -> str:
    kinds = ("、" if lang == "zh" else " + ").join(place_class(name).name(lang) for name in (found.kind, *found.also))
    slots: dict[str, object] = {
        "kind": kinds.capitalize(),
        "count": len(found.sites),
        "before": _number(found.before),
        "after": _number(found.after),
        "residents": _number(found.residents),
    }
    if found.goal == "distance":
        mean = f"{found.after / max(found.residents, 1.0):,.1f}"
        return words.get("head_distance", lang, unit=unit, mean=mean, each=words.get("each_m", lang), **slots)
    if found.goal in {"center", "fair"}:
        return words.get("head_center", lang, **slots)
    limit = words.get("metres" if found.unit == "m" else "minutes", lang, number=f"{found.limit:g}")
    return words.get("head_joint" if found.also else f"head_{found.goal}", lang, limit=limit, **slots)


def _proof(found: Siting, words: Words, lang: Lang) -> str:
    how = words.get(f"how_{found.plan.how}", lang)
    if found.plan.status == "optimal":
        return words.get("optimal", lang, how=how)
    if found.goal == "fair" and found.plan.bound >= found.plan.objective:
        return words.get("fair_open", lang)
    return words.get("bounded", lang, how=how, bound=_number(found.plan.bound), gap=f"{found.plan.gap:.2%}")


def site_lines(found: Siting, site: Site, lang: Lang, year: int | None = None) -> list[str]:
    """One site: whom it serves, what happens without it, what it costs for each, and the best rival that was not chosen."""
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
    kind = {"fair": "center"}.get(found.goal, found.goal)
    lines = [words.get(f"site_{kind}", lang, **slots)]
    if year is not None:
        lines.append(words.get("site_year", lang, year=year))
    if site.cost is not None and found.goal != "distance":
        each = "–" if site.gained <= 0 else f"{site.cost / site.gained:,.0f}"
        lines.append(words.get("site_cost", lang, cost=_number(site.cost), each=each))
    if site.rival:
        where = {"id": site.rival, "lon": f"{site.rival_lon:.5f}", "lat": f"{site.rival_lat:.5f}"}
        kind = "distance" if found.goal == "distance" else "coverage"
        lines.append(words.get(f"rival_{kind}", lang, less=_number(site.rival_less), unit=unit, **where))
    return lines


def _number(value: float) -> str:
    return f"{value:,.0f}" if value != float("inf") else "∞"
