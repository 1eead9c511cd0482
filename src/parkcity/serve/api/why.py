"""Why a cell is as it is: every need with its minutes and its place, the norms that are not met, and what decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.words import Lang
from parkcity.insight.classes import place_class
from parkcity.insight.operators.coverage import within
from parkcity.serve.api.summary import grade, sources, words
from parkcity.standards import parameter

if TYPE_CHECKING:
    from parkcity.insight.inputs import Inputs
    from parkcity.serve.api.desk import Desk
    from parkcity.twin.scenario import TwinUnder


def cell_story(desk: Desk, cell: str, group: str, city: TwinUnder | None, lang: Lang) -> dict[str, Any]:
    """A cell by its id: residents, needs, what is lacking, and the sentence that says so. Raises `UsageError` for an unknown cell."""
    from parkcity.insight.explain import cell_row

    inputs = desk.inputs(group, city)
    row = int(cell_row(desk.twin, cell))
    table = desk.twin.cells.iloc[row]
    limit = parameter("check_limits", "minutes.15").number
    needs = [_need(inputs, need, row, limit) for need in inputs.measurable_needs()]
    worst = None
    if needs:
        found = desk.worst(group, city)
        worst = needs[int(found.need[row])]
    residents = float(inputs.residents()[row])
    story = {"row": row, "id": cell, "lon": float(table["lon"]), "lat": float(table["lat"]), "group": group, "residents": residents}
    story |= {"zones": _zones(desk, row), "minutes": limit, "needs": needs, "worst": worst, "lacks": _lacks(desk, inputs, row)}
    story |= {"grade": grade(desk), "sources": sources(desk)}
    return {**story, "text": _sentences(residents, needs, worst, limit, lang)}


def _need(inputs: Inputs, need: str, row: int, limit: float) -> dict[str, Any]:
    from parkcity.travel import State

    chosen = place_class(need)
    minutes, metres = float(inputs.minutes(need)[row]), float(inputs.distance_m(need)[row])
    state = State(int(inputs.states(need)[row]))
    place = int(inputs.nearest_place(need)[row])
    return {
        "id": need,
        "kind": chosen.kind,
        "name_zh": chosen.name("zh"),
        "name_en": chosen.name("en"),
        "minutes": minutes,
        "metres": metres,
        "within": bool(state == State.OK and within(np.array([minutes]), limit)[0]),
        "state": state.name.lower(),
        "place": None if place < 0 else _place(inputs, place),
    }


def _place(inputs: Inputs, row: int) -> dict[str, Any]:
    place = inputs.twin.places.iloc[row]
    lon, lat = inputs.twin.projection.inverse(np.array([float(place["x"])]), np.array([float(place["y"])]))
    return {"id": str(place["id"]), "name": str(place["name"]), "lon": round(float(lon[0]), 6), "lat": round(float(lat[0]), 6)}


def _zones(desk: Desk, row: int) -> list[dict[str, Any]]:
    zones = []
    for tier in desk.twin.tiers:
        member = int(desk.twin.member(tier)[row])
        if member >= 0:
            zone = desk.twin.tier_zones(tier).iloc[member]
            zones.append({"tier": tier, "id": str(zone["id"]), "name_zh": str(zone["name_zh"]), "name_en": str(zone["name_en"])})
    return zones


def _lacks(desk: Desk, inputs: Inputs, row: int) -> list[dict[str, Any]]:
    """The norms whose distance the cell does not keep, the farthest first."""
    rows = []
    for item in desk.measurable:
        entry = item.inputs.get("distance_m")
        if item.limit_m is None or entry is None or "class_id" not in entry.args:
            continue
        metres = float(inputs.distance_m(str(entry.args["class_id"]))[row])
        if not within(np.array([metres]), item.limit_m)[0]:
            clause = item.clause.citation if item.clause.official else None
            names = {"indicator": item.id, "name_zh": item.name_zh, "name_en": item.name_en, "need": str(entry.args["class_id"])}
            numbers = {"limit_m": item.limit_m, "metres": metres, "confidence": item.clause.confidence, "clause": clause}
            rows.append({**names, **numbers})
    return sorted(rows, key=lambda entry: (-entry["metres"] if np.isfinite(entry["metres"]) else -np.inf, entry["indicator"]))


def _sentences(residents: float, needs: list[dict[str, Any]], worst: dict[str, Any] | None, limit: float, lang: Lang) -> list[str]:
    from parkcity.travel import State
    from parkcity.travel.states import NAMES

    if residents <= 0:
        return [words().get("cell_nobody", lang)]
    if worst is None:
        return []
    slots = {"residents": f"{residents:,.0f}", "name": worst[f"name_{lang}"]}
    if worst["state"] == "ok":
        first = words().get("cell_worst", lang, minutes=f"{worst['minutes']:.1f}", **slots)
    else:
        first = words().get("cell_state", lang, state=NAMES[State[worst["state"].upper()]][lang], **slots)
    count = sum(1 for need in needs if need["within"])
    return [first, words().get("cell_within", lang, count=len(needs), within=count, minutes=f"{limit:g}")]
