"""The application: routes, errors in one shape, the gate around everything, and the built web app."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib import resources
from pathlib import Path
from typing import Any

from anyio import to_thread
from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles

from parkcity.base.errors import ParkcityError
from parkcity.serve.api.context import Answer, known_query
from parkcity.serve.api.gate import Gate
from parkcity.serve.api.house import House
from parkcity.serve.api.logs import LOGGER, start_logs
from parkcity.serve.api.memory import be_frugal, give_back, keep_small
from parkcity.serve.api.problems import body_of, plain_status, problem, validation
from parkcity.serve.api.routes import (
    admin,
    cities,
    drafts,
    health,
    live,
    ogc_features,
    ogc_processes,
    plan,
    plan_edit,
    reports,
    scenarios,
    session,
    tables,
    values,
    why,
)
from parkcity.serve.api.schemas import PROBLEMS
from parkcity.serve.api.settings import Settings

_GZIP_LEAST, _GZIP_LEVEL = 1024, 5
_THREADS = 12
"""Requests of a worker that compute at the same moment; the others wait. Every thread keeps some megabytes once it has computed."""
ROUTERS = (
    health,
    session,
    cities,
    values,
    tables,
    why,
    scenarios,
    drafts,
    plan,
    plan_edit,
    live,
    reports,
    ogc_features,
    ogc_processes,
    admin,
)


def create_app(house: House) -> Gate:
    """The application around an open house."""
    from importlib.metadata import version

    app = FastAPI(
        title="parkcity",
        version=version("parkcity"),
        summary="The open city brain: a city measured for every resident",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(known_query)],
        responses=PROBLEMS,
        lifespan=_lifespan(house),
    )
    app.state.house = house
    for module in ROUTERS:
        app.include_router(module.router)
    _handlers(app)
    _web(app)
    app.add_middleware(GZipMiddleware, minimum_size=_GZIP_LEAST, compresslevel=_GZIP_LEVEL)
    _describe(app)
    # Routes are made ready when they are first asked for; describing them does it here, before there are several threads.
    app.openapi()
    return Gate(app, house)


def _lifespan(house: House) -> Callable[[FastAPI], Any]:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        house.revive()
        to_thread.current_default_thread_limiter().total_tokens = _THREADS
        ended = threading.Event()
        watch = threading.Thread(target=keep_small, args=(house.metrics.remember, ended), name="memory", daemon=True)
        warm = threading.Thread(target=_warm, args=(house,), name="warm", daemon=True)
        watch.start()
        warm.start()
        yield
        ended.set()
        house.close()

    return lifespan


def _warm(house: House) -> None:
    """Measure what the first screen shows before somebody asks for it."""
    for desk in house.desks.values():
        try:
            desk.warm()
        except ParkcityError as error:
            LOGGER.info("nothing to measure", extra={"fields": {"city": desk.id, "why": type(error).__name__}})
    give_back()


def _request_id(request: Request) -> str:
    return str(getattr(request.state, "request", ""))


def _handlers(app: FastAPI) -> None:
    @app.exception_handler(ParkcityError)
    def on_purpose(request: Request, error: ParkcityError) -> Response:
        status, document, headers = problem(error, _request_id(request))
        return Answer(document, status_code=status, headers=headers)

    @app.exception_handler(RequestValidationError)
    def not_valid(request: Request, error: RequestValidationError) -> Response:
        return Answer(validation(error.errors(), _request_id(request)), status_code=422)

    @app.exception_handler(HTTPException)
    def bare(request: Request, error: HTTPException) -> Response:
        document = plain_status(error.status_code, _request_id(request), str(error.detail))
        return Answer(document, status_code=error.status_code, headers=error.headers)

    @app.exception_handler(Exception)
    def fault(request: Request, error: Exception) -> Response:
        fields = {"request": _request_id(request), "path": request.scope.get("route") and request.scope["route"].path}
        LOGGER.error("fault", exc_info=error, extra={"fields": fields})
        text = "a fault of the server; its log tells more under the number of the request"
        return Answer(body_of(500, "fault", text, _request_id(request)), status_code=500)


def _web(app: FastAPI) -> None:
    """The built web app where it is there, else a page that says where the interface is."""
    folder = Path(str(resources.files("parkcity.serve"))) / "web"
    if (folder / "index.html").is_file():
        app.mount("/", StaticFiles(directory=folder, html=True), name="web")
        return
    from parkcity.serve.api.summary import words

    text = "".join(f"<p>{words().get('no_app', lang)}</p>" for lang in ("zh", "en"))

    @app.get("/", include_in_schema=False)
    def home() -> HTMLResponse:
        return HTMLResponse(f"<!doctype html><meta charset=utf-8><title>parkcity</title>{text}")


def _describe(app: FastAPI) -> None:
    """The description of the interface says for every route which right it needs."""
    made = app.openapi

    def describe() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = made()
            document["components"].setdefault("securitySchemes", {})
            document["components"]["securitySchemes"] |= {
                "cookie": {"type": "apiKey", "in": "cookie", "name": "parkcity_session"},
                "key": {"type": "http", "scheme": "bearer"},
            }
            _problems_are_json(document)
            document["security"] = [{}, {"cookie": []}, {"key": []}]
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = describe  # type: ignore[method-assign]


def _problems_are_json(document: dict[str, Any]) -> None:
    """Errors are JSON whatever the route gives otherwise."""
    for path in document["paths"].values():
        for operation in path.values():
            for status, answer in operation.get("responses", {}).items():
                content = answer.get("content", {})
                if int(status) >= 400 and content and "application/json" not in content:
                    answer["content"] = {"application/json": next(iter(content.values()))}


def from_environment() -> Gate:
    """The application of a worker process, by the settings that its parent left in the environment."""
    be_frugal()
    start_logs()
    return create_app(House.open(Settings.from_environment()))
