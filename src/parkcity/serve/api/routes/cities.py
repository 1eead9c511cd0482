"""The cities of this server, and the first screen of each."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from parkcity.serve.accounts.rights import Right
from parkcity.serve.api.context import READ, City, Group, Language, TheHouse, Version, Who, cached, json_bytes, page
from parkcity.serve.api.schemas import CitySummary, FirstView, Page
from parkcity.serve.api.summary import kept_first_view, summary

router = APIRouter(prefix="/api/v1", tags=["cities"], dependencies=[READ])


@router.get("/cities", response_model=Page)
def cities(request: Request, house: TheHouse) -> Any:
    """The cities of this server."""
    rows = []
    for desk in house.desks.values():
        city = desk.twin.tier_zones("city").iloc[0]
        names = {"name_zh": str(city["name_zh"]), "name_en": str(city["name_en"])}
        rows.append({"id": desk.id, **names, "hash": desk.hash, "as_of": str(desk.twin.manifest["as_of"])})
    return page(request, rows, len(rows) or 1, 0)


@router.get("/cities/{city}", response_model=CitySummary)
def one(request: Request, desk: City, house: TheHouse, identity: Who, v: Version = None) -> Response:
    """Everything about a city that the app reads first."""
    writable = house.settings.write and identity.may(Right.SAVE)
    planned = (desk.folder / "plan").is_dir()
    body = desk.derived(["summary", writable, planned], lambda: {"body": json_bytes(summary(desk, writable=writable))})["body"]
    return cached(request, f"{desk.hash[:16]}-{int(writable)}{int(planned)}", lambda: body, media="application/json", version=v, desk=desk)


@router.get("/cities/{city}/first-view", response_model=FirstView)
def first(request: Request, desk: City, house: TheHouse, lang: Language, group: Group = "all") -> Response:
    """The first screen without any setting: residents by minutes to their worst-served need, and three cards."""
    desk.inputs(group)
    kept = kept_first_view(desk, group, lang)
    for document in json.loads(kept["scenarios"]):
        house.documents.put(desk.id, document)
    body = kept["body"]
    return cached(request, f"{desk.hash[:16]}-{group}-{lang}", lambda: body, media="application/json")
