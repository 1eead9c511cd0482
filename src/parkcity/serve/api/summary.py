"""What the first screen needs to know of a city: the summary, and the three cards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from parkcity.base.cache import hash_json
from parkcity.base.units import people, unit
from parkcity.base.words import LANGS, Lang, Words
from parkcity.insight.classes import place_class
from parkcity.insight.gaps import zone_gaps
from parkcity.insight.registry import INDICATORS
from parkcity.insight.worst import by_class, minute_breaks
from parkcity.sense.kinds import kind
from parkcity.serve.api.context import json_bytes
from parkcity.serve.api.measures import WORST
from parkcity.serve.api.scenario_text import document_of
from parkcity.serve.api.tiling import layers_of
from parkcity.serve.report.model import THEMES
from parkcity.standards import load, parameter
from parkcity.twin.changes._fields import CHANGES

if TYPE_CHECKING:
    from parkcity.decide.sited import Siting
    from parkcity.serve.api.desk import Desk
    from parkcity.twin.scenario import Scenario

ALL_NEEDS = "life_circle.all_needs"


def words() -> Words:
    """The texts of the server."""
    return Words.load("parkcity.serve.api")


def bounds_of(shapes: Any) -> list[float]:
    """West, south, east, north of shapes in WGS 84."""
    import shapely

    return [round(float(edge), 6) for edge in shapely.total_bounds(shapes)]


def summary(desk: Desk, *, writable: bool) -> dict[str, Any]:
    """Everything about a city that does not depend on a choice."""
    twin = desk.twin
    cells = bounds_of(twin.cells.geometry.to_numpy())
    city = twin.tier_zones("city").iloc[0]
    return {
        "id": desk.id,
        "name_zh": str(city["name_zh"]),
        "name_en": str(city["name_en"]),
        "hash": desk.hash,
        "twin": twin.hash,
        "as_of": str(twin.manifest["as_of"]),
        "grade": grade(desk),
        "bounds": cells,
        "centre": [round((cells[0] + cells[2]) / 2, 6), round((cells[1] + cells[3]) / 2, 6)],
        "residents": float(twin.residents().sum()),
        "cells": len(twin.cells),
        "area_tier": twin.spec.area_tier,
        "languages": list(LANGS),
        "has_plan": (desk.folder / "plan").is_dir(),
        "writable": writable,
        "tiers": _tiers(desk),
        "groups": _groups(desk),
        "needs": [_need(need) for need in desk.baseline.inputs().measurable_needs()],
        "kinds": [{**_names(name), "id": name, "count": count} for name, count in sorted(twin.kinds().items())],
        "changes": _changes(),
        "themes": _themes(),
        "indicators": _indicators(desk),
        "sources": sources(desk),
        "minutes_breaks": minute_breaks(),
        "modes": ["walk"],
        "layers": list(layers_of(twin)),
    }


def grade(desk: Desk) -> str | None:
    """The grade of the data: that of the share of residents with every need within reach, for the whole city."""
    return None if desk.status[ALL_NEEDS][0] != "computed" else str(desk.rows([ALL_NEEDS], "all", "city")[0]["grade"])


def sources(desk: Desk) -> list[dict[str, Any]]:
    """Where the data come from."""
    keys = ("id", "layer", "date", "licence", "attribution", "hash")
    return [{key: row[key] for key in keys} for row in desk.twin.manifest["sources"]]


def _names(kind_id: str) -> dict[str, str]:
    return {"name_zh": kind(kind_id).name("zh"), "name_en": kind(kind_id).name("en")}


def _need(need: str) -> dict[str, str]:
    chosen = place_class(need)
    return {"id": need, "kind": chosen.kind, "name_zh": chosen.name("zh"), "name_en": chosen.name("en")}


def _tiers(desk: Desk) -> list[dict[str, Any]]:
    names = {tier.id: (tier.name_zh, tier.name_en) for tier in desk.twin.spec.tiers}
    names["city"] = (words().get("tier_city", "zh"), words().get("tier_city", "en"))
    return [
        {"id": tier, "name_zh": names[tier][0], "name_en": names[tier][1], "zones": len(desk.twin.tier_zones(tier))}
        for tier in desk.twin.tiers
    ]


def _groups(desk: Desk) -> list[dict[str, Any]]:
    return [
        {
            "id": row.id,
            "name_zh": row.extra["name_zh"],
            "name_en": row.extra["name_en"],
            "residents": float(desk.twin.residents(row.id).sum()),
        }
        for row in load("groups")
        if row.id in desk.twin.groups
    ]


def _changes() -> list[dict[str, Any]]:
    return [
        {
            "id": change.id,
            "name_zh": change.name_zh,
            "name_en": change.name_en,
            "fields": [
                {
                    "name": entry.name,
                    "type": entry.type,
                    "required": entry.required,
                    "unit": entry.unit,
                    "minimum": entry.minimum,
                    "maximum": entry.maximum,
                }
                for entry in change.fields
            ],
            "either": [list(names) for names in change.either],
        }
        for change in CHANGES
    ]


def _themes() -> list[dict[str, str]]:
    texts = Words.load("parkcity.serve.report")
    return [
        {"id": theme, "name_zh": texts.get(f"theme_{theme}", "zh"), "name_en": texts.get(f"theme_{theme}", "en")}
        for theme in dict.fromkeys([*THEMES, *(item.theme for item in INDICATORS)])
        if texts.has(f"theme_{theme}")
    ]


def _indicators(desk: Desk) -> list[dict[str, Any]]:
    measured = {item.id for item in desk.measurable}
    rows = []
    for item in INDICATORS:
        status, needs = desk.status[item.id]
        if status == "computed" and item.id not in measured:
            continue
        rows.append(
            {
                "id": item.id,
                "theme": item.theme,
                "name_zh": item.name_zh,
                "name_en": item.name_en,
                "unit": item.unit,
                "unit_zh": unit(item.unit).symbol("zh"),
                "unit_en": unit(item.unit).symbol("en"),
                "polarity": item.polarity,
                "form": item.form,
                "groups": [group for group in item.groups if group in desk.twin.groups],
                "headline": item.headline,
                "status": status,
                "needs": needs,
                "limit_m": item.limit_m,
                "formula": item.formula,
                "clause": item.clause.citation if item.clause.official else None,
                "confidence": item.clause.confidence,
            }
        )
    return rows


def kept_first_view(desk: Desk, group: str, lang: Lang) -> dict[str, bytes]:
    """The first view as JSON (`body`), and the scenarios that it names (`scenarios`), made now if they are not kept."""

    def make() -> dict[str, bytes]:
        scenarios: list[dict[str, Any]] = []

        def note(scenario: Scenario) -> str:
            scenarios.append(document_of(scenario))
            return hash_json(scenarios[-1])

        body = json_bytes(first_view(desk, group, lang, note))
        return {"body": body, "scenarios": json_bytes(scenarios)}

    return desk.derived(["first-view", group, lang], make)


def first_view(desk: Desk, group: str, lang: Lang, keep: Any) -> dict[str, Any]:
    """Residents by minutes to their worst-served need, and the three cards. `keep` stores a scenario and gives its hash."""
    worst = desk.worst(group)
    residents = desk.inputs(group).residents()
    cards = {"within": _within(desk, group, lang), "gap": _gap(desk, lang), "site": _site(desk, group, lang, keep)}
    classes = by_class(worst.minutes, worst.state, residents)
    return {"measure": WORST, "group": group, "residents": float(residents.sum()), "classes": classes, "cards": cards}


def _within(desk: Desk, group: str, lang: Lang) -> dict[str, Any] | None:
    item = INDICATORS.get(ALL_NEEDS)
    if desk.status[ALL_NEEDS][0] != "computed" or group not in item.groups:
        return None
    row = desk.rows([ALL_NEEDS], group, "city")[0]
    minutes = parameter("check_limits", "minutes.15").number
    needs = len(desk.baseline.inputs().measurable_needs())
    if row["value"] is None:
        return None
    slots = {"share": unit("share").text(row["value"], lang), "count": people(row["part"], lang), "needs": needs, "minutes": f"{minutes:g}"}
    card = {
        "indicator": ALL_NEEDS,
        "minutes": minutes,
        "needs": needs,
        "residents": row["part"],
        "share": row["value"],
        "grade": row["grade"],
    }
    return {**card, "text": words().get("card_within", lang, **slots)}


def _gap(desk: Desk, lang: Lang) -> dict[str, Any] | None:
    tier = desk.twin.spec.area_tier
    norms = [desk.measured(item.id, "all") for item in desk.measurable if item.limit_m is not None and "all" in item.groups]
    gaps: list[dict[str, Any]] = desk.kept.get(("zone_gaps", tier), lambda: zone_gaps(desk.twin, norms, tier))
    if not gaps:
        return None
    worst = gaps[0]
    zones = desk.twin.tier_zones(tier)
    zone = zones[zones["id"] == worst["zone"]]
    item = INDICATORS.get(worst["indicator"])
    names = {"name_zh": str(zone["name_zh"].iloc[0]), "name_en": str(zone["name_en"].iloc[0])}
    card = {"tier": tier, "zone": worst["zone"], **names, "indicator": item.id, "indicator_zh": item.name_zh, "indicator_en": item.name_en}
    card |= {"residents": worst["residents_lacking"], "share": worst["share_lacking"], "bounds": bounds_of(zone.geometry.to_numpy())}
    slots = {"zone": names[f"name_{lang}"], "count": people(worst["residents_lacking"], lang), "name": item.name(lang)}
    return {**card, "text": words().get("card_gap", lang, **slots)}


def best_site(desk: Desk, group: str) -> Siting | None:
    """The next best site for a group, worked out once."""
    from parkcity.decide.next_site import next_site

    found: Siting | None = desk.kept.get(("next_site", group), lambda: next_site(desk.inputs(group)))
    return found


def _site(desk: Desk, group: str, lang: Lang, keep: Any) -> dict[str, Any] | None:
    if not desk.baseline.inputs().measurable_needs():
        return None
    found = best_site(desk, group)
    if found is None:
        return None
    site, names = found.sites[0], _need(found.kind)
    card = {"kind": found.kind, "name_zh": names["name_zh"], "name_en": names["name_en"], "lon": site.lon, "lat": site.lat, "cell": site.id}
    card |= {
        "zone_zh": site.zone[0],
        "zone_en": site.zone[1],
        "gained": site.gained,
        "minutes": found.limit,
        "scenario": keep(found.scenario()),
    }
    slots = {"name": names[f"name_{lang}"], "zone": site.zone[0 if lang == "zh" else 1], "count": people(site.gained, lang)}
    return {**card, "text": words().get("card_site", lang, minutes=f"{found.limit:g}", **slots)}
