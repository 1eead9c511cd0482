"""Drafts: the tabs of the app, each a named place in a history of scenarios. The baseline is never one of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from parkcity.serve.accounts.documents import ConflictError
from parkcity.serve.api.context import TRY, Answer, City, Limit, Offset, TheHouse, Who, page
from parkcity.serve.api.problems import ApiError
from parkcity.serve.api.schemas import Draft, DraftChange, DraftGiven, Page
from parkcity.serve.api.store import find

router = APIRouter(prefix="/api/v1/cities/{city}/drafts", tags=["drafts"], dependencies=[TRY])
Id = Annotated[str, Path(description="Id of a draft", max_length=40)]


def _there(make: Callable[[], dict[str, Any] | None]) -> dict[str, Any]:
    try:
        found = make()
    except ConflictError as error:
        raise ApiError(409, str(error)) from None
    if found is None:
        raise ApiError(404, "there is no such draft of yours")
    return found


@router.get("", response_model=Page)
def drafts(request: Request, desk: City, house: TheHouse, identity: Who, limit: Limit = 100, offset: Offset = 0) -> Any:
    """Your drafts, oldest first."""
    return page(request, house.documents.drafts(desk.id, identity.owner), limit, offset)


@router.post("", response_model=Draft, status_code=201, responses={200: {"model": Draft}})
def add(desk: City, house: TheHouse, identity: Who, given: DraftGiven) -> Any:
    """A new draft, empty or from the hash of a scenario. A draft of yours that stands at this hash is given back (200), not made again."""
    if given.hash is not None:
        find(house, desk, given.hash)
    fresh = [True]

    def make() -> dict[str, Any]:
        draft, fresh[0] = house.documents.add_draft(desk.id, identity.owner, given.title, given.hash)
        return draft

    return Answer(_there(make), status_code=201 if fresh[0] else 200)


@router.put("/{draft}", response_model=Draft)
def change(desk: City, house: TheHouse, identity: Who, draft: Id, given: DraftChange) -> Any:
    """A step forward, a new title, or the lock. 409 where the draft is locked, or has moved on since you read it."""
    values = given.model_dump(exclude_unset=True, exclude={"version"})
    for name in ("title", "locked"):
        if name in values and values[name] is None:
            del values[name]
    if values.get("hash") is not None:
        find(house, desk, values["hash"])
    return Answer(_there(lambda: house.documents.change_draft(desk.id, identity.owner, draft, given.version, values)))


@router.post("/{draft}/undo", response_model=Draft)
def undo(desk: City, house: TheHouse, identity: Who, draft: Id) -> Any:
    """One step back."""
    return Answer(_there(lambda: house.documents.step_draft(desk.id, identity.owner, draft, -1)))


@router.post("/{draft}/redo", response_model=Draft)
def redo(desk: City, house: TheHouse, identity: Who, draft: Id) -> Any:
    """One step forward again."""
    return Answer(_there(lambda: house.documents.step_draft(desk.id, identity.owner, draft, 1)))


@router.delete("/{draft}", status_code=204, response_class=Response)
def remove(desk: City, house: TheHouse, identity: Who, draft: Id) -> Response:
    """Remove a draft; its scenarios stay under their hashes."""
    _there(lambda: {} if house.documents.remove_draft(desk.id, identity.owner, draft) else None)
    return Response(status_code=204)
