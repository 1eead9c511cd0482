"""Numbers as rows: those of the check-up, zones, gaps, cells, and what a search finds."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Path, Query, Request

from parkcity.base.errors import UsageError
from parkcity.base.units import people
from parkcity.insight.gaps import zone_gaps
from parkcity.insight.registry import INDICATORS
from parkcity.serve.accounts.rights import CELL_TIER
from parkcity.serve.api.context import READ, Answer, City, Group, Language, Limit, Offset, ScenarioHash, TheHouse, Who, may_see, page, paged
from parkcity.serve.api.desk import Desk
from parkcity.serve.api.problems import ApiError
from parkcity.serve.api.schemas import Document, Page
from parkcity.serve.api.search import search
from parkcity.serve.api.store import under
from parkcity.serve.api.summary import bounds_of, sources, words

router = APIRouter(prefix="/api/v1/cities/{city}", tags=["tables"], dependencies=[READ])
Tier = Annotated[str, Query(description="Tier of the zones", examples=["city"], max_length=100)]
TierPath = Annotated[str, Path(examples=["city"], max_length=100)]


def _zone_columns(desk: Desk, tier: str) -> dict[str, dict[str, str]]:
    zones = desk.twin.tier_zones(tier)
    return {
        str(zone): {"zone_zh": str(zh), "zone_en": str(en)}
        for zone, zh, en in zip(zones["id"], zones["name_zh"], zones["name_en"], strict=True)
    }


@router.get("/rows", response_model=Page)
def rows(
    request: Request,
    desk: City,
    house: TheHouse,
    identity: Who,
    tier: Tier = "city",
    indicator: Annotated[str, Query(description="Id or pattern", examples=["life_circle.*"], max_length=200)] = "*",
    group: Annotated[str | None, Query(description="Group of residents; left out, all", max_length=60)] = None,
    zone: Annotated[str | None, Query(description="Id of one zone", max_length=200)] = None,
    scenario: ScenarioHash = None,
    limit: Limit = 100,
    offset: Offset = 0,
) -> Any:
    """The rows of `parkcity check`, with the names of the zones."""
    may_see(identity, tier)
    if group is not None:
        desk.inputs(group)
    names = _zone_columns(desk, tier)
    found = desk.rows([indicator], group, tier, under(house, desk, scenario))
    if zone is not None:
        if zone not in names:
            raise ApiError(404, f"there is no zone '{zone}' in the tier '{tier}'")
        found = [row for row in found if row["zone"] == zone]
    cut = [{**row, **names[row["zone"]]} for row in found[offset : offset + limit]]
    return paged(request, cut, len(found), limit, offset)


@router.get("/zones/{tier}", response_model=Page)
def zones(request: Request, desk: City, identity: Who, tier: TierPath, limit: Limit = 1000, offset: Offset = 0) -> Any:
    """The zones of a tier, in the order that `members` counts."""
    may_see(identity, tier)
    found: list[dict[str, Any]] = desk.kept.get(("zones", tier), lambda: _zone_rows(desk, tier))
    return page(request, found, limit, offset)


def _zone_rows(desk: Desk, tier: str) -> list[dict[str, Any]]:
    twin = desk.twin
    table, member = twin.tier_zones(tier), twin.member(tier)
    residents = np.bincount(member[member >= 0], twin.residents()[member >= 0], minlength=len(table))
    found = []
    for number, (_, zone) in enumerate(table.iterrows()):
        box = bounds_of(zone.geometry)
        point = zone.geometry.representative_point()
        names = {"name_zh": str(zone["name_zh"]), "name_en": str(zone["name_en"])}
        row = {"number": number, "id": str(zone["id"]), **names, "residents": residents[number], "area_km2": float(zone["area_km2"])}
        found.append({**row, "inside": bool(zone["inside"]), "bounds": box, "centre": [round(point.x, 6), round(point.y, 6)]})
    return found


@router.get("/zones/{tier}/{zone}", response_model=Document)
def zone_of(
    desk: City, identity: Who, lang: Language, tier: TierPath, zone: Annotated[str, Path(max_length=200)], group: Group = "all"
) -> Any:
    """One zone: its residents, its main numbers, and what its residents lack."""
    may_see(identity, tier)
    desk.inputs(group)
    listed: list[dict[str, Any]] = desk.kept.get(("zones", tier), lambda: _zone_rows(desk, tier))
    mine = next((row for row in listed if row["id"] == zone), None)
    if mine is None:
        raise ApiError(404, f"there is no zone '{zone}' in the tier '{tier}'")
    headlines = []
    for item in desk.measurable:
        if item.headline and group in item.groups:
            headlines += [{**row, **_names(item.id)} for row in desk.rows([item.id], group, tier) if row["zone"] == zone]
    lacking = [{**row, **_names(row["indicator"]), **_clause(row["indicator"])} for row in _gaps(desk, tier) if row["zone"] == zone]
    lacking = [row for row in lacking if row["residents_lacking"] > 0]
    slots = {"zone": mine[f"name_{lang}"], "residents": people(float(mine["residents"]), lang)}
    text = words().get("zone_whole", lang, **slots)
    if lacking:
        first = lacking[0]
        count = people(first["residents_lacking"], lang)
        text = words().get("zone_text", lang, count=len(lacking), name=first[f"name_{lang}"], lacking=count, **slots)
    return Answer({**mine, "tier": tier, "group": group, "headlines": headlines, "gaps": lacking, "sources": sources(desk), "text": text})


def _names(indicator: str) -> dict[str, str]:
    item = INDICATORS.get(indicator)
    return {"name_zh": item.name_zh, "name_en": item.name_en}


def _clause(indicator: str) -> dict[str, Any]:
    item = INDICATORS.get(indicator)
    return {"limit_m": item.limit_m, "clause": item.clause.citation if item.clause.official else None, "confidence": item.clause.confidence}


def _gaps(desk: Desk, tier: str) -> list[dict[str, Any]]:
    def make() -> list[dict[str, Any]]:
        norms = [item for item in desk.measurable if item.limit_m is not None and "all" in item.groups]
        return zone_gaps(desk.twin, [desk.measured(item.id, "all") for item in norms], tier)

    found: list[dict[str, Any]] = desk.kept.get(("zone_gaps", tier), make)
    return found


@router.get("/gaps", response_model=Page)
def gaps(request: Request, desk: City, identity: Who, tier: Tier = "city", limit: Limit = 100, offset: Offset = 0) -> Any:
    """Residents without what a norm asks for, by zone, most residents first."""
    may_see(identity, tier)
    names = _zone_columns(desk, tier)
    found = _gaps(desk, tier)
    cut = [{**row, **names[row["zone"]], **_names(row["indicator"]), **_clause(row["indicator"])} for row in found[offset : offset + limit]]
    return paged(request, cut, len(found), limit, offset)


@router.get("/cells", response_model=Page)
def cells(
    request: Request,
    desk: City,
    identity: Who,
    zone: Annotated[str | None, Query(description="tier:id of a zone", examples=["city:chengdu"], max_length=300)] = None,
    group: Group = "all",
    limit: Limit = 100,
    offset: Offset = 0,
) -> Any:
    """Cells with their rows in every array."""
    may_see(identity, CELL_TIER)
    table = desk.twin.cells
    chosen = np.arange(len(table))
    if zone is not None:
        tier, colon, zone_id = zone.partition(":")
        if not colon:
            raise UsageError("a zone is named as tier:id, such as district:510106")
        ids = desk.twin.tier_zones(tier)["id"].astype(str).tolist()
        if zone_id not in ids:
            raise ApiError(404, f"there is no zone '{zone_id}' in the tier '{tier}'")
        chosen = np.flatnonzero(desk.twin.member(tier) == ids.index(zone_id))
    residents = desk.inputs(group).residents()
    columns = (table["id"].to_numpy(), table["lon"].to_numpy(float), table["lat"].to_numpy(float))
    cut = [
        {"row": int(row), "id": str(columns[0][row]), "lon": columns[1][row], "lat": columns[2][row], "residents": residents[row]}
        for row in chosen[offset : offset + limit]
    ]
    return paged(request, cut, len(chosen), limit, offset)


@router.get("/search", response_model=Page)
def find(
    request: Request,
    desk: City,
    identity: Who,
    q: Annotated[str, Query(description="What to look for", examples=["金牛"], max_length=100)] = "",
    limit: Limit = 20,
    offset: Offset = 0,
) -> Any:
    """Zones, places and cells whose name fits, the best first."""
    found = [row for row in search(desk, q) if row["type"] != "cell" or identity.sees(CELL_TIER)]
    return page(request, found, limit, offset)
