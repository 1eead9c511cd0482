"""Accounts, keys and the audit log, for admins."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import Response

from parkcity.base.errors import UsageError
from parkcity.serve.accounts import audit
from parkcity.serve.api.context import MANAGE, Answer, Limit, Offset, TheHouse, Who, page, paged
from parkcity.serve.api.problems import ApiError
from parkcity.serve.api.schemas import Document, KeyGiven, Page, UserChange, UserGiven


def accounts_only(house: TheHouse) -> None:
    """Accounts are managed on a server that has some."""
    if not house.settings.accounts:
        raise ApiError(409, "this server has no accounts", todo="start it with --accounts")


router = APIRouter(prefix="/api/v1", tags=["accounts"], dependencies=[MANAGE])
_ACCOUNTS = [Depends(accounts_only)]
Name = Annotated[str, Path(max_length=100)]


def _known(house: TheHouse, name: str) -> dict[str, Any]:
    try:
        return house.people.get(name)
    except UsageError as error:
        raise ApiError(404, str(error)) from None


@router.get("/users", response_model=Page, dependencies=_ACCOUNTS)
def users(request: Request, house: TheHouse, limit: Limit = 100, offset: Offset = 0) -> Any:
    """Every account."""
    return page(request, house.people.all(), limit, offset)


@router.post("/users", response_model=Document, status_code=201, dependencies=_ACCOUNTS)
def add_user(request: Request, house: TheHouse, given: UserGiven) -> Any:
    """A new account; without a password it signs in by a key or by the identity provider."""
    made = house.people.add(given.name, given.role, password=given.password, tiers=given.tiers)
    request.state.audit = {"to": {"name": given.name, "role": given.role, "tiers": given.tiers}}
    return Answer(made, status_code=201)


@router.get("/users/{name}", response_model=Document, dependencies=_ACCOUNTS)
def user(house: TheHouse, name: Name) -> Any:
    """One account."""
    return Answer(_known(house, name))


@router.put("/users/{name}", response_model=Document, dependencies=_ACCOUNTS)
def change_user(request: Request, house: TheHouse, identity: Who, name: Name, given: UserChange) -> Any:
    """Change role, tiers, password or whether the account is open. Its sessions end."""
    before = _known(house, name)
    values = given.model_dump(exclude_unset=True)
    if name == identity.user and (values.get("disabled") or values.get("role", "admin") != "admin"):
        raise UsageError("an admin does not close or lower the own account: ask another admin")
    values = {key: value for key, value in values.items() if value is not None or key == "tiers"}
    after = house.people.change(name, values)
    told = [key for key in ("role", "tiers", "disabled") if before[key] != after[key]]
    request.state.audit = {"from": {key: before[key] for key in told}, "to": {key: after[key] for key in told}}
    request.state.audit |= {"password": "changed"} if "password" in values else {}
    return Answer(after)


@router.delete("/users/{name}", status_code=204, response_class=Response, dependencies=_ACCOUNTS)
def remove_user(request: Request, house: TheHouse, identity: Who, name: Name) -> Response:
    """Remove an account with its sessions and keys."""
    before = _known(house, name)
    if name == identity.user:
        raise UsageError("an admin does not remove the own account: ask another admin")
    house.people.remove(name)
    request.state.audit = {"from": {"name": name, "role": before["role"]}}
    return Response(status_code=204)


@router.get("/keys", response_model=Page, dependencies=_ACCOUNTS)
def keys(request: Request, house: TheHouse, limit: Limit = 100, offset: Offset = 0) -> Any:
    """Every key, without its secret."""
    return page(request, house.people.keys(), limit, offset)


@router.post("/keys", response_model=Document, status_code=201, dependencies=_ACCOUNTS)
def add_key(request: Request, house: TheHouse, given: KeyGiven) -> Any:
    """A new key of an account. The key is told now and never again."""
    _known(house, given.user)
    made = house.people.add_key(given.user, given.label, given.days)
    request.state.audit = {"to": {name: made[name] for name in ("id", "user", "label", "expires")}}
    return Answer(made, status_code=201)


@router.delete("/keys/{key}", status_code=204, response_class=Response, dependencies=_ACCOUNTS)
def remove_key(house: TheHouse, key: Name) -> Response:
    """Remove a key."""
    if not house.people.remove_key(key):
        raise ApiError(404, "there is no such key")
    return Response(status_code=204)


@router.get("/audit", response_model=Page)
def audit_log(
    request: Request,
    house: TheHouse,
    since: Annotated[float | None, Query(ge=0, le=1e12, description="Seconds since 1970")] = None,
    user: Annotated[str | None, Query(max_length=100)] = None,
    limit: Limit = 100,
    offset: Offset = 0,
) -> Any:
    """Every write, newest first."""
    total, rows = audit.rows(house.database, since=since, user=user, limit=limit, offset=offset)
    return paged(request, rows, total, limit, offset)
