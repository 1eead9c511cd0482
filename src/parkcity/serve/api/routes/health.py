"""Is the server alive, is it ready, and its numbers for Prometheus."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from parkcity.serve.accounts.rights import Right
from parkcity.serve.api.context import Answer, TheHouse, Who
from parkcity.serve.api.metrics import CONTENT_TYPE
from parkcity.serve.api.problems import ApiError
from parkcity.serve.api.schemas import Document
from parkcity.serve.api.settings import LOOPBACK
from parkcity.serve.jobs.store import Jobs

router = APIRouter(tags=["server"])


@router.get("/health", response_model=Document)
def health() -> Any:
    """The process lives."""
    from importlib.metadata import version

    return Answer({"status": "ok", "version": version("parkcity")})


@router.get("/ready", response_model=Document)
def ready(house: TheHouse) -> Any:
    """Every city is open and the database answers; else 503. `warm`: what the first screen shows was measured before somebody asks."""
    if not house.ready or not house.database.answers():
        raise ApiError(503, "not ready", todo="ask again")
    return Answer({"status": "ready", "cities": sorted(house.desks), "warm": all(desk.warmed for desk in house.desks.values())})


@router.get("/metrics", responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}})
def metrics(request: Request, house: TheHouse, identity: Who) -> Response:
    """Metrics in the text form of Prometheus, for this machine and for admins."""
    address = request.client.host if request.client else ""
    if house.settings.accounts and address not in LOOPBACK and not identity.may(Right.MANAGE):
        raise ApiError(403, "metrics are for this machine and for admins")
    return Response(house.metrics.text(Jobs(house.database).by_status), media_type=CONTENT_TYPE)
