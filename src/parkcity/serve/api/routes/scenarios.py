"""Trying a change: scenarios by the hash of their content, what they change, and their files."""

from __future__ import annotations

import re
import time
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Body, Path, Query, Request
from starlette.responses import Response

from parkcity.base.cache import hash_json, write_text
from parkcity.base.errors import Fault, InputError, UsageError
from parkcity.serve.accounts.rights import CELL_TIER
from parkcity.serve.api.answers import answer
from parkcity.serve.api.arrays import MEDIA, pack
from parkcity.serve.api.context import READ, SAVE, TRY, Answer, City, Group, Language, Limit, Offset, TheHouse, Who, cached, may_see, page
from parkcity.serve.api.problems import ApiError
from parkcity.serve.api.scenario_text import document_of, from_toml, scenario_of, toml_of
from parkcity.serve.api.schemas import Document, Page, ScenarioAnswer, ScenarioGiven, ScenarioKept, binary
from parkcity.serve.api.store import described, find, saved, under
from parkcity.twin.scenario import Scenario, TwinUnder

router = APIRouter(prefix="/api/v1/cities/{city}", tags=["scenarios"], dependencies=[READ])
Key = Annotated[str, Path(description="Hash of a scenario", max_length=64)]
Tier = Annotated[str | None, Query(description="Tier of the zones; left out, the city's own", max_length=100)]
FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,59}")
TOML = "application/toml"
_FILE = {"schema": {"type": "string"}, "example": '[scenario]\nid = "s1"\n'}


def _kept(house: TheHouse, desk: City, scenario: Scenario) -> tuple[str, bool, TwinUnder]:
    """Check a scenario by applying it, then keep it: what has a hash can be carried out."""
    document = document_of(scenario)
    city = desk.under(hash_json(document), scenario)
    key, fresh = house.documents.put(desk.id, document)
    return key, fresh, city


@router.post("/scenarios", response_model=ScenarioKept, status_code=201, dependencies=[TRY], responses={200: {"model": ScenarioKept}})
def post(desk: City, house: TheHouse, given: ScenarioGiven) -> Any:
    """Keep a scenario under the hash of its content. Every fault of every change is told at once."""
    scenario = scenario_of(given.model_dump())
    key, fresh, city = _kept(house, desk, scenario)
    return Answer(described(key, scenario, city), status_code=201 if fresh else 200)


@router.post("/scenarios/try", response_model=ScenarioAnswer, dependencies=[TRY])
def try_it(
    desk: City,
    house: TheHouse,
    identity: Who,
    lang: Language,
    given: ScenarioGiven,
    tier: Tier = None,
    group: Group = "all",
    everything: Annotated[bool, Query(alias="all", description="Also the indicators that take seconds")] = False,
) -> Any:
    """One gesture: keep a scenario and tell who gains and who loses."""
    begun = time.perf_counter()
    tier = tier or desk.twin.spec.area_tier
    may_see(identity, tier)
    desk.inputs(group)
    scenario = scenario_of(given.model_dump())
    key, _, city = _kept(house, desk, scenario)
    found = answer(desk, key, city, tier, group, lang, quick=not everything)
    return Answer({**described(key, scenario, city), **found, "milliseconds": round((time.perf_counter() - begun) * 1000, 1)})


@router.post(
    "/scenarios/import",
    response_model=ScenarioKept,
    status_code=201,
    dependencies=[TRY],
    responses={200: {"model": ScenarioKept}},
    openapi_extra={"requestBody": {"required": True, "content": {"text/plain": _FILE}}},
)
async def take_file(request: Request, desk: City, house: TheHouse) -> Any:
    """A scenario as the file that the command line reads, as text/plain or application/toml."""
    from starlette.concurrency import run_in_threadpool

    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in {TOML, "text/plain"}:
        raise ApiError(415, "the body is not a scenario file", allowed=f"Content-Type: {TOML}.")
    data = await request.body()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(Fault("scenario", "the file is not UTF-8.", todo="save it as UTF-8")) from None
    return await run_in_threadpool(_imported, house, desk, text)


def _imported(house: TheHouse, desk: City, text: str) -> Answer:
    scenario = from_toml(text)
    if not FILE_NAME.fullmatch(scenario.id):
        raise InputError(Fault("scenario", f"'id' is {scenario.id!r}.", allowed="up to 60 letters, digits, _ and -."))
    key, fresh, city = _kept(house, desk, scenario)
    return Answer(described(key, scenario, city), status_code=201 if fresh else 200)


@router.get("/scenarios", response_model=Page)
def listed(request: Request, desk: City, limit: Limit = 100, offset: Offset = 0) -> Any:
    """The scenarios of the city's folder."""
    rows = [{"hash": hash_json(document_of(scenario)), "saved": True, **document_of(scenario)} for scenario in saved(desk)]
    return page(request, rows, limit, offset)


@router.get("/scenarios/{key}", response_model=ScenarioKept)
def one(desk: City, house: TheHouse, key: Key) -> Any:
    """A scenario by its hash."""
    scenario = find(house, desk, key)
    return Answer(described(key, scenario, desk.under(key, scenario)))


@router.get("/scenarios/{key}/toml", response_class=Response, responses=binary(TOML, "The file that `parkcity whatif` reads"))
def file_of(desk: City, house: TheHouse, key: Key) -> Response:
    """A scenario as the file that the command line reads."""
    scenario = find(house, desk, key)
    name = scenario.id if FILE_NAME.fullmatch(scenario.id) else "scenario"
    return Response(toml_of(scenario), media_type=TOML, headers={"Content-Disposition": f'attachment; filename="{name}.toml"'})


@router.get("/scenarios/{key}/answer", response_model=ScenarioAnswer)
def answer_of(
    desk: City,
    house: TheHouse,
    identity: Who,
    lang: Language,
    key: Key,
    tier: Tier = None,
    group: Group = "all",
    quick: Annotated[bool, Query(description="Only the indicators that are known at once")] = False,
) -> Any:
    """Who gains and who loses under a scenario."""
    begun = time.perf_counter()
    tier = tier or desk.twin.spec.area_tier
    may_see(identity, tier)
    desk.inputs(group)
    scenario = find(house, desk, key)
    city = desk.under(key, scenario)
    found = answer(desk, key, city, tier, group, lang, quick=quick)
    return Answer({**described(key, scenario, city), **found, "milliseconds": round((time.perf_counter() - begun) * 1000, 1)})


@router.get("/scenarios/{key}/difference/{indicator}", response_class=Response, responses=binary(MEDIA, "Packed arrays: see the guide"))
def difference(
    request: Request,
    desk: City,
    house: TheHouse,
    identity: Who,
    key: Key,
    indicator: Annotated[str, Path(examples=["life_circle.index"], max_length=200)],
    group: Group = "all",
) -> Response:
    """The side and the gain of every cell, signed so that more is better for residents."""
    may_see(identity, CELL_TIER)
    desk.measured(indicator, group)
    scenario = find(house, desk, key)
    pair = desk.compared(key, desk.under(key, scenario)).pair(scenario.id, indicator, group)
    header = {"indicator": indicator, "group": group, "scenario": key, "unit": pair.indicator.unit, "hash": desk.hash}
    arrays: dict[str, np.ndarray[Any, Any]] = {"side": pair.sides(), "gain": pair.improvement().astype(np.float32)}
    tag = f"{desk.hash[:16]}-{key[:16]}-{indicator}-{group}"
    return cached(request, tag, lambda: pack({**header, "count": len(arrays["side"])}, arrays), media=MEDIA, hot=True)


@router.get("/scenarios/{key}/map", response_model=Document)
def drawing(desk: City, house: TheHouse, key: Key) -> Any:
    """What a scenario changes, as GeoJSON for drawing."""
    from parkcity.serve.api.drawing import features

    scenario = find(house, desk, key)
    return Answer({"type": "FeatureCollection", "features": features(desk, scenario, desk.under(key, scenario))})


@router.get("/compare", response_model=Page)
def compared(
    request: Request,
    desk: City,
    house: TheHouse,
    identity: Who,
    scenarios: Annotated[str, Query(description="Hashes joined by commas", max_length=1400)],
    tier: Annotated[str, Query(max_length=100)] = "city",
    indicator: Annotated[str | None, Query(description="Id or pattern", max_length=200)] = None,
    group: Annotated[str | None, Query(max_length=60)] = None,
    everything: Annotated[bool, Query(alias="all", description="Also what does not change")] = False,
    limit: Limit = 100,
    offset: Offset = 0,
) -> Any:
    """Scenarios side by side: the rows of `parkcity whatif`, with the hash of each scenario."""
    from fnmatch import fnmatchcase

    may_see(identity, tier)
    desk.twin.tier_zones(tier)
    keys = scenarios.split(",")
    if len(set(keys)) < len(keys):
        raise UsageError("a scenario is named twice")
    rows: list[dict[str, Any]] = []
    for key in keys:
        city = under(house, desk, key)
        assert city is not None
        comparison = desk.compared(key, city)
        found = comparison.rows(tier) if everything else comparison.touched(tier)
        rows += [{**row, "hash": key} for row in found]
    if indicator is not None:
        rows = [row for row in rows if fnmatchcase(row["indicator"], indicator)]
    if group is not None:
        desk.inputs(group)
        rows = [row for row in rows if row["group"] == group]
    return page(request, rows, limit, offset)


@router.post("/scenarios/{key}/save", response_model=Document, status_code=201, dependencies=[SAVE], responses={200: {"model": Document}})
def save(request: Request, desk: City, house: TheHouse, key: Key, _: Annotated[dict[str, Any] | None, Body()] = None) -> Any:
    """Write a scenario into the city's folder, where the command line finds it. Needs a server started with `--write`."""
    if not house.settings.write:
        raise ApiError(403, "this server writes nothing into the city's folder", todo="start it with --write")
    scenario = find(house, desk, key)
    if not FILE_NAME.fullmatch(scenario.id):
        raise UsageError("the scenario's id cannot be the name of a file; allowed: up to 60 letters, digits, _ and -")
    path = desk.folder / "scenarios" / f"{scenario.id}.toml"
    text = toml_of(scenario)
    there = path.is_file()
    if there and path.read_text(encoding="utf-8") != text:
        raise ApiError(409, f"there is another scenario '{scenario.id}' in the city's folder", todo="give it another id")
    write_text(path, text)
    request.state.audit = {"scenario": scenario.id, "hash": key, "file": path.name}
    return Answer({"file": f"scenarios/{path.name}", "hash": key}, status_code=200 if there else 201)
