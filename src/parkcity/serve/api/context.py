"""What routes share: the open city, who asks, the language, pages of rows, and answers without any number that is none."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlencode

import numpy as np
from fastapi import Depends, Path, Query, Request
from starlette.responses import JSONResponse, Response

from parkcity.base.errors import UsageError
from parkcity.base.words import LANGS, Lang
from parkcity.serve.accounts.rights import Identity, Right
from parkcity.serve.api.desk import Desk
from parkcity.serve.api.gate import HOT
from parkcity.serve.api.house import House
from parkcity.serve.api.problems import ApiError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fastapi.dependencies.models import Dependant

MOST_ROWS = 1_000
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "private, no-cache"


def plain(value: Any) -> Any:
    """A value of plain types: NumPy's become Python's, and what is not a number, or infinite, becomes None."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float | np.floating):
        number = float(value)
        return number if math.isfinite(number) else None
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, np.integer):
        return int(value)
    if isinstance(value, dict):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [plain(entry) for entry in value]
    return str(value)


def json_bytes(content: Any) -> bytes:
    """A document as JSON in UTF-8."""
    return json.dumps(plain(content), ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


class Answer(JSONResponse):
    """JSON in UTF-8."""

    def render(self, content: Any) -> bytes:
        """The bytes."""
        return json_bytes(content)


def house_of(request: Request) -> House:
    """The worker's shared state."""
    house: House = request.app.state.house
    return house


def who(request: Request) -> Identity:
    """Who asks."""
    identity: Identity = request.state.identity
    return identity


def desk_of(request: Request, city: Annotated[str, Path(description="Id of the city", examples=["chengdu"])]) -> Desk:
    """The open city of the address; an unknown one is a 404."""
    house = house_of(request)
    if city not in house.desks:
        raise ApiError(404, f"there is no city '{city}'", allowed=f"{', '.join(house.desks)}.")
    return house.desks[city]


def language_of(
    request: Request,
    lang: Annotated[str | None, Query(description="Language of sentences; left out, Accept-Language", examples=["en"])] = None,
) -> Lang:
    """The language of the answer's sentences."""
    if lang is not None:
        for known in LANGS:
            if known == lang:
                return known
        msg = f"unknown language '{lang}'; allowed: {', '.join(LANGS)}"
        raise UsageError(msg)
    return "zh" if request.headers.get("accept-language", "").lower().lstrip().startswith("zh") else "en"


class Needs:
    """A route asks for a right: 401 for nobody, 403 for who may not."""

    def __init__(self, right: Right) -> None:
        self.right = right

    def __call__(self, request: Request) -> None:
        """Let the request pass or refuse it."""
        identity = who(request)
        if identity.role is None:
            raise ApiError(401, "sign in first", todo="POST /api/v1/session, or send a key", headers={"WWW-Authenticate": "Bearer"})
        if not identity.may(self.right):
            raise ApiError(403, f"the role '{identity.role}' may not do this")


def known_query(request: Request) -> None:
    """Unknown keys of the query are faults: no argument is silently ignored."""
    route: Any = request.scope.get("route")
    dependant = getattr(route, "dependant", None)
    if dependant is None or (getattr(route, "openapi_extra", None) or {}).get("x-open-query"):
        return
    allowed = query_keys(dependant)
    unknown = sorted(set(request.query_params) - allowed)
    if unknown:
        msg = f"unknown key '{unknown[0]}' in the query; allowed: {', '.join(sorted(allowed)) or 'none'}"
        raise UsageError(msg)


def query_keys(dependant: Dependant) -> set[str]:
    """The names of all query parameters of a route and of what it depends on."""
    names = {str(entry.alias) for entry in dependant.query_params}
    for inner in dependant.dependencies:
        names |= query_keys(inner)
    return names


READ = Depends(Needs(Right.READ))
TRY = Depends(Needs(Right.TRY))
SAVE = Depends(Needs(Right.SAVE))
LIVE = Depends(Needs(Right.LIVE))
MANAGE = Depends(Needs(Right.MANAGE))

City = Annotated[Desk, Depends(desk_of)]
TheHouse = Annotated[House, Depends(house_of)]
Who = Annotated[Identity, Depends(who)]
Language = Annotated[Lang, Depends(language_of)]
Group = Annotated[str, Query(description="Group of residents", examples=["all"], max_length=60)]
ScenarioHash = Annotated[str | None, Query(description="Hash of a scenario; left out, the city as it is", max_length=64)]
Limit = Annotated[int, Query(ge=1, le=MOST_ROWS, description="Rows on a page", examples=[100])]
Offset = Annotated[int, Query(ge=0, le=10**9, description="Rows before the page")]
Version = Annotated[str | None, Query(description="Hash of the twin: the answer may then be kept for ever", max_length=64)]


def page(request: Request, rows: Sequence[Mapping[str, Any]], limit: int, offset: int, **meta: Any) -> Answer:
    """One page of rows with its place among all of them."""
    return paged(request, rows[offset : offset + limit], len(rows), limit, offset, **meta)


def paged(request: Request, rows: Sequence[Mapping[str, Any]], total: int, limit: int, offset: int, **meta: Any) -> Answer:
    """A page that was cut already."""
    following = None
    if offset + limit < total:
        query = [(key, value) for key, value in request.query_params.multi_items() if key not in {"limit", "offset"}]
        following = f"{request.url.path}?{urlencode([*query, ('limit', limit), ('offset', offset + limit)])}"
    return Answer({"meta": {"total": total, "limit": limit, "offset": offset, "next": following, **meta}, "rows": list(rows)})


def may_see(identity: Identity, tier: str) -> None:
    """Refuse numbers of a tier that the account may not see."""
    if not identity.sees(tier):
        raise ApiError(403, f"this account may not see numbers by {tier}")


def cached(
    request: Request, tag: str, make: Any, *, media: str, version: str | None = None, desk: Desk | None = None, hot: bool = False
) -> Response:
    """Bytes under a tag: 304 where the asker has them already. With the twin's hash in `v` they may be kept for ever."""
    lasting = version is not None and desk is not None and version == desk.hash
    headers = {"ETag": f'W/"{tag}"', "Cache-Control": _FOR_EVER if lasting and who(request).how == "local" else _ASK_AGAIN}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    body = make()
    if hot:
        headers[HOT.decode()] = "1"
    if not body:
        return Response(status_code=204, headers=headers)
    return Response(body, media_type=media, headers=headers)
