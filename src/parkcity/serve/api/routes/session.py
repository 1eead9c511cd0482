"""Signing in and out: by password, or by an identity provider."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from parkcity.base.errors import UsageError
from parkcity.serve.accounts import audit
from parkcity.serve.accounts.oidc import ProviderError, account_of, arrive, depart
from parkcity.serve.accounts.people import Login
from parkcity.serve.accounts.rights import Right
from parkcity.serve.api.context import READ, Answer, TheHouse, Who
from parkcity.serve.api.house import COOKIE, House
from parkcity.serve.api.problems import ApiError
from parkcity.serve.api.schemas import Credentials, NewPassword, SessionState
from parkcity.serve.api.settings import Oidc

router = APIRouter(prefix="/api/v1/session", tags=["session"])
_LUGGAGE = "parkcity_oidc"


def address_of(request: Request) -> str:
    """Where a request comes from; kept only as a hash."""
    return request.client.host if request.client else ""


def set_cookie(house: House, answer: Response, login: Login) -> None:
    """The session's cookie: not for scripts, not for other sites."""
    age = int(house.settings.session_h * 3600)
    answer.set_cookie(COOKIE, login.token, max_age=age, httponly=True, samesite="lax", secure=house.settings.secure_cookie, path="/")


@router.get("", response_model=SessionState)
def state(house: TheHouse, identity: Who) -> Any:
    """Who asks, and what this server allows."""
    return Answer(_state(house, identity))


def _state(house: House, identity: Who) -> dict[str, Any]:
    return {
        "user": identity.user,
        "role": identity.role,
        "accounts": house.settings.accounts,
        "write": house.settings.write and identity.may(Right.SAVE),
        "csrf": identity.csrf,
        "tiers": None if identity.tiers is None else sorted(identity.tiers),
        "login": {
            "password": house.settings.accounts,
            "oidc": "/api/v1/session/oidc" if house.settings.accounts and house.oidc is not None else None,
        },
    }


def _accounts(house: House) -> None:
    if not house.settings.accounts:
        raise ApiError(409, "this server has no accounts", todo="start it with --accounts")


@router.post("", response_model=SessionState, status_code=201)
def sign_in(request: Request, house: TheHouse, given: Credentials) -> Any:
    """Sign in by name and password. 429 after too many wrong ones."""
    _accounts(house)
    address = address_of(request)
    if house.people.closed(given.name, address):
        raise ApiError(429, "too many wrong passwords", todo="wait a quarter of an hour", headers={"Retry-After": "900"})
    if not house.people.verify(given.name, given.password, address):
        raise ApiError(401, "name or password is wrong")
    login = house.people.open_session(given.name, house.settings.session_h)
    identity = house.people.by_cookie(login.token)
    assert identity is not None
    request.state.user = given.name
    answer = Answer(_state(house, identity), status_code=201)
    set_cookie(house, answer, login)
    return answer


def _callback(request: Request) -> str:
    return f"{str(request.base_url).rstrip('/')}/api/v1/session/oidc/callback"


def _provider(house: House) -> Oidc:
    if not house.settings.accounts or house.oidc is None:
        raise ApiError(409, "this server knows no identity provider", todo="set PARKCITY_OIDC_ISSUER, …_CLIENT_ID and …_CLIENT_SECRET")
    return house.oidc


@router.get("/oidc", status_code=302, response_class=Response)
def leave(request: Request, house: TheHouse) -> Response:
    """Go to the identity provider."""
    try:
        trip = depart(_provider(house), _callback(request))
    except ProviderError as error:
        raise ApiError(503, str(error), todo="try again") from None
    answer = Response(status_code=302, headers={"Location": trip.address})
    secure = house.settings.secure_cookie
    answer.set_cookie(_LUGGAGE, trip.luggage, max_age=600, httponly=True, samesite="lax", secure=secure, path="/api/v1/session/oidc")
    return answer


@router.get("/oidc/callback", status_code=302, response_class=Response)
def come_back(
    request: Request,
    house: TheHouse,
    state: Annotated[str, Query(max_length=500)] = "",
    code: Annotated[str, Query(max_length=4000)] = "",
    error: Annotated[str | None, Query(max_length=200)] = None,
    error_description: Annotated[str | None, Query(max_length=2000)] = None,
    iss: Annotated[str | None, Query(max_length=500)] = None,
    session_state: Annotated[str | None, Query(max_length=500)] = None,
    scope: Annotated[str | None, Query(max_length=1000)] = None,
) -> Response:
    """Come back from the identity provider, and be signed in."""
    del error_description, session_state, scope
    oidc = _provider(house)
    if error is not None or not code or (iss is not None and iss.rstrip("/") != oidc.issuer):
        raise ApiError(401, "the identity provider let nobody in")
    try:
        claims = arrive(oidc, _callback(request), request.cookies.get(_LUGGAGE, ""), state, code)
        name = account_of(house.people, oidc, claims)
    except ProviderError as fault:
        raise ApiError(401, str(fault)) from None
    login = house.people.open_session(name, house.settings.session_h)
    audit.write(house.database, name, "GET /api/v1/session/oidc/callback", name, {"request": request.state.request})
    answer = Response(status_code=302, headers={"Location": "/"})
    set_cookie(house, answer, login)
    answer.delete_cookie(_LUGGAGE, path="/api/v1/session/oidc")
    return answer


@router.delete("", status_code=204, response_class=Response)
def sign_out(house: TheHouse, identity: Who) -> Response:
    """End the session; its cookie is worth nothing from now on."""
    if identity.session is not None:
        house.people.close_session(identity.session)
    answer = Response(status_code=204)
    answer.delete_cookie(COOKIE, path="/")
    return answer


@router.put("/password", status_code=204, response_class=Response, dependencies=[READ])
def new_password(request: Request, house: TheHouse, identity: Who, given: NewPassword) -> Response:
    """Change your own password; every session of yours ends."""
    _accounts(house)
    if identity.user is None or identity.how != "cookie":
        raise UsageError("only who is signed in by a session changes a password")
    address = address_of(request)
    if house.people.closed(identity.user, address):
        raise ApiError(429, "too many wrong passwords", todo="wait a quarter of an hour", headers={"Retry-After": "900"})
    if not house.people.verify(identity.user, given.old, address):
        raise ApiError(403, "the old password is wrong")
    house.people.change(identity.user, {"password": given.new})
    return Response(status_code=204)
