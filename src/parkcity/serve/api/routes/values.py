"""Geometry once, values as arrays: tiles, values by cell, and the zone of every cell."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from parkcity.base.errors import UsageError
from parkcity.serve.accounts.rights import CELL_TIER
from parkcity.serve.api.arrays import MEDIA, STATES, pack
from parkcity.serve.api.context import READ, Answer, City, Group, ScenarioHash, TheHouse, Version, Who, cached, json_bytes, may_see
from parkcity.serve.api.measures import shown
from parkcity.serve.api.problems import ApiError
from parkcity.serve.api.schemas import Document, binary
from parkcity.serve.api.store import under
from parkcity.serve.api.summary import bounds_of
from parkcity.serve.api.tiling import MAX_ZOOM, first_zoom, layers_of

router = APIRouter(prefix="/api/v1/cities/{city}", tags=["maps"], dependencies=[READ])
TILE = "application/vnd.mapbox-vector-tile"


@router.get("/tiles.json", response_model=Document)
def tile_json(request: Request, desk: City) -> Any:
    """TileJSON 3.0 of all layers."""
    layers = layers_of(desk.twin)
    described = [
        {"id": name, "fields": dict.fromkeys(desk.tile_layer(name).columns, ""), "minzoom": first_zoom(name), "maxzoom": MAX_ZOOM}
        for name in layers
    ]
    base = str(request.base_url).rstrip("/")
    attribution = "; ".join(dict.fromkeys(row["attribution"] for row in desk.twin.manifest["sources"] if row["attribution"]))
    pattern = f"{base}/api/v1/cities/{desk.id}/tiles/{','.join(layers)}/{{z}}/{{x}}/{{y}}.mvt"
    document: dict[str, Any] = {"tilejson": "3.0.0", "name": desk.id, "tiles": [pattern]}
    document |= {"minzoom": 0, "maxzoom": MAX_ZOOM, "bounds": bounds_of(desk.twin.cells.geometry.to_numpy()), "vector_layers": described}
    return Answer({**document, "attribution": attribution, "hash": desk.hash})


@router.get("/tiles/{layers}/{z}/{x}/{y}.mvt", response_class=Response, responses=binary(TILE, "A vector tile"))
def tile(
    request: Request,
    desk: City,
    identity: Who,
    layers: Annotated[str, Path(description="Layers joined by commas", examples=["water,streets"], max_length=200)],
    z: Annotated[int, Path(ge=0, le=24, examples=[11])],
    x: Annotated[int, Path(ge=0, examples=[1616])],
    y: Annotated[int, Path(ge=0, examples=[840])],
    v: Version = None,
) -> Response:
    """A vector tile of one layer or several; 204 where nothing lies in it."""
    names = layers.split(",")
    known = layers_of(desk.twin)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ApiError(404, f"this city has no layer '{unknown[0]}'", allowed=f"{', '.join(known)}.")
    if "cells" in names:
        may_see(identity, CELL_TIER)
    if len(set(names)) < len(names):
        raise UsageError("a layer is named twice")
    if x >= 1 << z or y >= 1 << z:
        msg = f"there is no tile {z}/{x}/{y}; x and y go from 0 to 2^z - 1"
        raise UsageError(msg)
    tag = f"{desk.hash[:16]}-{z}-{x}-{y}"

    def make() -> bytes:
        return b"".join(desk.tile(name, z, x, y) for name in known if name in names)

    return cached(request, tag, make, media=TILE, version=v, desk=desk, hot=True)


@router.get("/values/{measure}", response_class=Response, responses=binary(MEDIA, "Packed arrays: see the guide", "application/json"))
def values(
    request: Request,
    desk: City,
    house: TheHouse,
    identity: Who,
    measure: Annotated[str, Path(examples=["minutes.worst"], max_length=200)],
    group: Group = "all",
    scenario: ScenarioHash = None,
    form: Annotated[Literal["binary", "json"], Query(alias="format")] = "binary",
    v: Version = None,
) -> Response:
    """A measure by cell: an indicator, minutes to a need or to the worst-served one, or the residents."""
    may_see(identity, CELL_TIER)
    city = under(house, desk, scenario)
    found = shown(desk, measure, group, city, scenario)
    # The measure is known to exist: only then is its name part of a tag.
    tag = f"{desk.hash[:16]}-{measure}-{group}-{(scenario or '')[:16]}-{form}"

    def make() -> bytes:
        if form == "json":
            states = [STATES[str(code)] for code in found.state.tolist()]
            return json_bytes({"header": found.header, "value": found.value.tolist(), "state": states})
        return pack(found.header, {"value": found.value, "state": found.state})

    media = MEDIA if form == "binary" else "application/json"
    return cached(request, tag, make, media=media, version=v, desk=desk, hot=True)


@router.get("/members/{tier}", response_class=Response, responses=binary(MEDIA, "Packed array: see the guide"))
def members(
    request: Request, desk: City, identity: Who, tier: Annotated[str, Path(examples=["city"], max_length=100)], v: Version = None
) -> Response:
    """For every cell the number of its zone in a tier, -1 where it has none."""
    may_see(identity, CELL_TIER)
    member = np.asarray(desk.twin.member(tier), np.int32)
    header = {"tier": tier, "count": len(member), "hash": desk.hash}
    return cached(request, f"{desk.hash[:16]}-{tier}", lambda: pack(header, {"zone": member}), media=MEDIA, version=v, desk=desk, hot=True)
