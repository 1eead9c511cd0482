"""OGC API Features (part 1: core): layers for QGIS and every other program that speaks it.

Sources: OGC 17-069r4, OGC API - Features - Part 1: Core corrigendum; OGC 18-058r1, Part 2: Coordinate Reference Systems by Reference,
with CRS 84 as the one system, as GeoJSON asks.
"""

from __future__ import annotations

import re
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query, Request

from parkcity.serve.accounts.rights import CELL_TIER
from parkcity.serve.api.collections import Collection, collection, collections
from parkcity.serve.api.context import READ, Answer, City, Language, Who, may_see
from parkcity.serve.api.problems import ApiError
from parkcity.serve.api.schemas import Document

router = APIRouter(prefix="/ogc/{city}", tags=["features"], dependencies=[READ])
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_CLASSES = (
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/json",
    "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/job-list",
    "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/dismiss",
)
_GEOJSON = "application/geo+json"
_MOST_ITEMS = 10_000
_OWN = {"bbox", "bbox-crs", "crs", "limit", "offset", "datetime", "f", "lang"}
_MOMENT = r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2}))?"
_TIME = re.compile(rf"(?:{_MOMENT}|(?:{_MOMENT}|\.\.)?/(?:{_MOMENT}|\.\.)?)")


class GeoJson(Answer):
    """A GeoJSON document, which names its coordinate system in the header `Content-Crs`."""

    media_type = _GEOJSON

    def init_headers(self, headers: Any = None) -> None:
        """The headers."""
        super().init_headers({**(headers or {}), "Content-Crs": f"<{CRS84}>"})


def _link(request: Request, path: str, rel: str, media: str = "application/json", title: str = "") -> dict[str, str]:
    link = {"href": f"{str(request.base_url).rstrip('/')}{path}", "rel": rel, "type": media}
    return {**link, "title": title} if title else link


@router.get("", response_model=Document, openapi_extra={"x-open-query": False})
@router.get("/", response_model=Document, include_in_schema=False)
def landing(request: Request, desk: City, lang: Language, f: Annotated[str, Query(pattern="^json$")] = "json") -> Any:
    """The landing page: where everything else is."""
    base = f"/ogc/{desk.id}"
    city = desk.twin.tier_zones("city").iloc[0]
    links = [
        _link(request, base, "self", title=f),
        _link(request, "/api/v1/openapi.json", "service-desc", "application/vnd.oai.openapi+json;version=3.0"),
        _link(request, "/", "service-doc", "text/html"),
        _link(request, f"{base}/conformance", "conformance"),
        _link(request, f"{base}/collections", "data"),
        _link(request, f"{base}/processes", "http://www.opengis.net/def/rel/ogc/1.0/processes"),
        _link(request, f"{base}/jobs", "http://www.opengis.net/def/rel/ogc/1.0/job-list"),
    ]
    return Answer({"title": str(city[f"name_{lang}"]), "description": f"parkcity: {desk.id}", "links": links})


@router.get("/conformance", response_model=Document)
def conformance(desk: City, f: Annotated[str, Query(pattern="^json$")] = "json") -> Any:
    """The classes of the standards that this server conforms to."""
    del desk, f
    return Answer({"conformsTo": list(_CLASSES)})


def _described(request: Request, desk: Any, one: Collection, lang: Any) -> dict[str, Any]:
    base = f"/ogc/{desk.id}/collections/{one.id}"
    return {
        "id": one.id,
        "title": one.title(lang),
        "description": one.title(lang),
        "extent": {"spatial": {"bbox": [one.bounds], "crs": CRS84}},
        "itemType": "feature",
        "crs": [CRS84],
        "storageCrs": CRS84,
        "links": [
            _link(request, base, "self"),
            _link(request, f"{base}/items", "items", _GEOJSON, one.title(lang)),
            _link(request, f"{base}/queryables", "http://www.opengis.net/def/rel/ogc/1.0/queryables", "application/schema+json"),
        ],
    }


@router.get("/collections", response_model=Document)
def all_collections(request: Request, desk: City, lang: Language, f: Annotated[str, Query(pattern="^json$")] = "json") -> Any:
    """Every collection."""
    del f
    found = [_described(request, desk, one, lang) for one in collections(desk)]
    return Answer({"links": [_link(request, f"/ogc/{desk.id}/collections", "self")], "collections": found})


def _one(desk: Any, identity: Any, name: str) -> Collection:
    found = collection(desk, name)
    if found is None:
        raise ApiError(404, f"there is no collection '{name}'", allowed=f"{', '.join(one.id for one in collections(desk))}.")
    if name == "cells":
        may_see(identity, CELL_TIER)
    return found


Name = Annotated[str, Path(description="Id of a collection", examples=["zones"], max_length=60)]


@router.get("/collections/{name}", response_model=Document)
def one_collection(
    request: Request, desk: City, identity: Who, lang: Language, name: Name, f: Annotated[str, Query(pattern="^json$")] = "json"
) -> Any:
    """One collection."""
    del f
    return Answer(_described(request, desk, _one(desk, identity, name), lang))


@router.get("/collections/{name}/queryables", response_model=Document)
def queryables(request: Request, desk: City, identity: Who, lang: Language, name: Name) -> Any:
    """The properties by which a collection can be searched, as JSON Schema."""
    one = _one(desk, identity, name)
    properties: dict[str, Any] = {key: {"title": key, "type": kind} for key, kind in one.properties.items()}
    properties["geometry"] = {"$ref": "https://geojson.org/schema/Geometry.json"}
    own = _link(request, f"/ogc/{desk.id}/collections/{name}/queryables", "self")["href"]
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": own, "type": "object", "title": one.title(lang)}
    return Answer({**head, "properties": properties})


def _only_crs84(*names: str) -> None:
    for name in names:
        if name != CRS84:
            raise ApiError(400, f"the coordinate system '{name}' is not offered", allowed=f"{CRS84}.")


def _box(text: str | None) -> tuple[float, ...] | None:
    if text is None:
        return None
    try:
        numbers = tuple(float(part) for part in text.split(","))
    except ValueError:
        numbers = ()
    if len(numbers) == 6:
        numbers = (*numbers[:2], *numbers[3:5])
    sound = len(numbers) == 4 and all(abs(number) <= 360 for number in numbers) and numbers[1] <= numbers[3]
    if not sound:
        raise ApiError(400, f"bbox is '{text}'", allowed="west,south,east,north in degrees.")
    return numbers


@router.get(
    "/collections/{name}/items",
    response_class=GeoJson,
    response_model=Document,
    openapi_extra={
        "x-open-query": True,
        "parameters": [
            {
                "name": "properties",
                "in": "query",
                "style": "form",
                "explode": True,
                "description": "Any property of the collection: only features where it has this value",
                "schema": {"type": "object", "additionalProperties": {"type": "string"}},
            }
        ],
    },
)
def items(
    request: Request,
    desk: City,
    identity: Who,
    name: Name,
    bbox: Annotated[str | None, Query(description="west,south,east,north", max_length=200, examples=["104.0,30.6,104.1,30.7"])] = None,
    datetime: Annotated[str | None, Query(description="A moment or an interval; features have no time and fit any", max_length=100)] = None,
    limit: Annotated[int, Query(ge=1, le=_MOST_ITEMS)] = 100,
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
    crs: Annotated[str, Query(description="Coordinate system of the answer: CRS 84", max_length=100)] = CRS84,
    bbox_crs: Annotated[str, Query(alias="bbox-crs", description="Coordinate system of the box: CRS 84", max_length=100)] = CRS84,
    f: Annotated[str, Query(pattern="^json$")] = "json",
) -> Any:
    """Features of a collection that meet a box and have the wanted properties."""
    del f
    _only_crs84(crs, bbox_crs)
    one = _one(desk, identity, name)
    if datetime is not None and not _TIME.fullmatch(datetime):
        raise ApiError(400, f"datetime is '{datetime}'", allowed="a moment, or an interval such as 2020-01-01/.. (RFC 3339).")
    wanted = {key: value for key, value in request.query_params.items() if key not in _OWN}
    unknown = sorted(set(wanted) - set(one.properties))
    if unknown:
        raise ApiError(400, f"unknown key '{unknown[0]}' in the query", allowed=f"{', '.join(sorted(_OWN | set(one.properties)))}.")
    rows = one.rows(_box(bbox), wanted)
    cut = rows[offset : offset + limit]
    base = f"/ogc/{desk.id}/collections/{name}/items"
    query = [(key, value) for key, value in request.query_params.multi_items() if key not in {"limit", "offset"}]

    def place(at: int) -> str:
        return f"{base}?{urlencode([*query, ('limit', limit), ('offset', at)])}"

    links = [_link(request, place(offset), "self", _GEOJSON), _link(request, f"/ogc/{desk.id}/collections/{name}", "collection")]
    if offset + limit < len(rows):
        links.append(_link(request, place(offset + limit), "next", _GEOJSON))
    if offset:
        links.append(_link(request, place(max(offset - limit, 0)), "prev", _GEOJSON))
    numbers = {"numberMatched": len(rows), "numberReturned": len(cut)}
    return GeoJson({"type": "FeatureCollection", "features": one.features(cut), **numbers, "links": links})


@router.get("/collections/{name}/items/{fid}", response_class=GeoJson, response_model=Document)
def item(
    request: Request,
    desk: City,
    identity: Who,
    name: Name,
    fid: Annotated[int, Path(ge=0, le=10**12, description="Number of the feature")],
    crs: Annotated[str, Query(description="Coordinate system of the answer: CRS 84", max_length=100)] = CRS84,
    f: Annotated[str, Query(pattern="^json$")] = "json",
) -> Any:
    """One feature."""
    import numpy as np

    del f
    _only_crs84(crs)
    one = _one(desk, identity, name)
    if fid >= len(one.table):
        raise ApiError(404, f"there is no feature {fid}")
    feature = one.features(np.array([fid]))[0]
    base = f"/ogc/{desk.id}/collections/{name}"
    links = [_link(request, f"{base}/items/{fid}", "self", _GEOJSON), _link(request, base, "collection")]
    return GeoJson({**feature, "links": links})
