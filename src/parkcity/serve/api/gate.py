"""The gate: what every request passes before its route, and every answer after it.

Host, size, rate, who asks, requests from other sites, headers against misuse, the hot cache, metrics, logs and the audit log.
"""

from __future__ import annotations

import json
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool

from parkcity.serve.accounts import audit
from parkcity.serve.api.house import COOKIE
from parkcity.serve.api.logs import LOGGER
from parkcity.serve.api.problems import ApiError, body_of, plain_status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from parkcity.serve.accounts.rights import Identity
    from parkcity.serve.api.house import House

HOT = b"x-parkcity-hot"
"""A route marks an answer that depends on nothing but its address, so that the gate may keep its bytes."""
_SAFE = {"GET", "HEAD", "OPTIONS"}
_HOT_BYTES = 32 << 20
_CSP = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; "
    "worker-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_PAGE_CSP = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
"""For documents that carry their style in themselves: no script at all."""
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), payment=()"),
)


@dataclass
class Hot:
    """Whole answers by address, the least used ones given up first."""

    _items: OrderedDict[tuple[str, bytes, bool], tuple[list[tuple[bytes, bytes]], bytes, str, int]] = field(default_factory=OrderedDict)
    _size: int = 0

    def get(self, key: tuple[str, bytes, bool]) -> tuple[list[tuple[bytes, bytes]], bytes, str, int] | None:
        """Headers, body, route and status of a kept answer."""
        found = self._items.get(key)
        if found is not None:
            self._items.move_to_end(key)
        return found

    def put(self, key: tuple[str, bytes, bool], headers: list[tuple[bytes, bytes]], body: bytes, route: str, status: int) -> None:
        """Keep an answer."""
        if key in self._items or len(body) > _HOT_BYTES // 4:
            return
        self._items[key] = (headers, body, route, status)
        self._size += len(body) + 1024
        while self._size > _HOT_BYTES:
            _, (_, old, _, _) = self._items.popitem(last=False)
            self._size -= len(old) + 1024


@dataclass
class Gate:
    """An ASGI application around another one."""

    app: ASGIApp
    house: House
    hot: Hot = field(default_factory=Hot)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            else:
                await send({"type": "websocket.close", "code": 1008})
            return
        visit = Visit(self, scope, receive, send)
        await visit.answer()


class Visit:
    """One request on its way through the gate."""

    def __init__(self, gate: Gate, scope: Scope, receive: Receive, send: Send) -> None:
        self.gate, self.house, self.scope, self._receive, self._send = gate, gate.house, scope, receive, send
        self.begun = time.perf_counter()
        self.request = secrets.token_hex(8)
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        self.method: str = scope["method"]
        self.status = 0
        self.read = 0
        self.overflow = self.dropped = False
        self.kept: tuple[list[tuple[bytes, bytes]], list[bytes]] | None = None
        self.state: dict[str, Any] = scope.setdefault("state", {})
        self.state["request"] = self.request

    async def answer(self) -> None:
        """Pass the gate, the route, and the gate again."""
        refused = self._refuse_host() or self._refuse_size()
        if refused is not None:
            await self._problem(refused)
            return
        identity = await self._identify()
        self.state["identity"] = identity
        refused = self._refuse_rate(identity) or self._refuse_origin(identity)
        if refused is not None:
            await self._problem(refused)
            return
        if await self._from_hot(identity):
            return
        await self.gate.app(self.scope, self._bounded, self._outward)
        self._told()

    # --- before the route -------------------------------------------------------------------------------------------

    def _refuse_host(self) -> ApiError | None:
        """A name that this server does not go by may be another site's that points here (DNS rebinding)."""
        host = self.headers.get(b"host", b"").decode("latin-1")
        name = urlsplit(f"//{host}").hostname if host.isascii() and "@" not in host else None
        if name is None or (name not in self.house.settings.hosts and "*" not in self.house.settings.hosts):
            return ApiError(400, "this server does not go by the name of the request's Host", todo="name it with --allow-host")
        return None

    def _refuse_size(self) -> ApiError | None:
        length = self.headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > self.house.settings.max_body:
            return self._too_large()
        return None

    def _too_large(self) -> ApiError:
        return ApiError(413, "the body of the request is too large", allowed=f"at most {self.house.settings.max_body:,} bytes.")

    async def _bounded(self) -> Message:
        """The request's body, counted while it comes in."""
        message = await self._receive()
        self.read += len(message.get("body", b""))
        if self.read > self.house.settings.max_body:
            # Whoever reads the body may take this for a fault of its form: the answer is then put right on its way out.
            self.overflow = True
            raise self._too_large()
        return message

    async def _identify(self) -> Identity:
        if not self.house.settings.accounts:
            return self.house.local
        cookie, authorization = self._cookie(), self.headers.get(b"authorization")
        if cookie is None and authorization is None:
            return self.house.identify(None, None)
        return await run_in_threadpool(self.house.identify, cookie, None if authorization is None else authorization.decode("latin-1"))

    def _cookie(self) -> str | None:
        for part in self.headers.get(b"cookie", b"").decode("latin-1").split(";"):
            name, _, value = part.strip().partition("=")
            if name == COOKIE:
                return value
        return None

    def _refuse_rate(self, identity: Identity) -> ApiError | None:
        asker = identity.user or (self.scope["client"][0] if self.scope.get("client") else "")
        wait = self.house.buckets.wait_s(asker)
        if wait:
            return ApiError(429, "too many requests", todo="wait", headers={"Retry-After": str(int(wait) + 1)})
        return None

    def _refuse_origin(self, identity: Identity) -> ApiError | None:
        """Writes from pages of other sites: by the browser's own words, and with a cookie only with the session's token."""
        if self.method in _SAFE:
            return None
        origin = self.headers.get(b"origin")
        site = self.headers.get(b"sec-fetch-site", b"same-origin")
        if site not in {b"same-origin", b"none"} or (origin is not None and urlsplit(origin).netloc != self.headers.get(b"host", b"")):
            return ApiError(403, "the request comes from a page of another site")
        if identity.how == "cookie" and not secrets.compare_digest(self.headers.get(b"x-csrf-token", b""), (identity.csrf or "").encode()):
            return ApiError(403, "the header X-CSRF-Token does not fit the session", todo="read it from GET /api/v1/session")
        return None

    # --- the hot cache ----------------------------------------------------------------------------------------------

    def _key(self) -> tuple[str, bytes, bool]:
        return self.scope["path"], self.scope["query_string"], b"gzip" in self.headers.get(b"accept-encoding", b"")

    async def _from_hot(self, identity: Identity) -> bool:
        if self.method != "GET" or identity.role is None or identity.tiers is not None:
            return False
        found = self.gate.hot.get(self._key())
        if found is None:
            return False
        headers, body, route, status = found
        etag = self.headers.get(b"if-none-match")
        if etag is not None and any(name == b"etag" and value in etag for name, value in headers):
            status, body = 304, b""
            headers = [pair for pair in headers if pair[0] not in {b"content-length", b"content-encoding", b"content-type"}]
        await self._send({"type": "http.response.start", "status": status, "headers": [*headers, (b"x-request-id", self.request.encode())]})
        await self._send({"type": "http.response.body", "body": body})
        self.house.metrics.count("GET", route, status, time.perf_counter() - self.begun)
        return True

    # --- after the route --------------------------------------------------------------------------------------------

    async def _outward(self, message: Message) -> None:
        if self.overflow:
            if message["type"] == "http.response.start":
                self.overflow, self.dropped = False, True
                await self._problem(self._too_large())
            return
        if self.dropped:
            return
        await self._onward(message)

    async def _onward(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            if self.method not in _SAFE and 200 <= self.status < 400:
                await self._audit()
            given = [(name.lower(), value) for name, value in message["headers"] if name.lower() != HOT]
            hot = len(given) < len(message["headers"])
            headers = self._guarded(given)
            if hot and self.method == "GET" and self.status in {200, 204}:
                self.kept = (headers, [])
            message = {**message, "headers": [*headers, (b"x-request-id", self.request.encode())]}
        elif self.kept is not None:
            self.kept[1].append(message.get("body", b""))
            if not message.get("more_body"):
                self.gate.hot.put(self._key(), self.kept[0], b"".join(self.kept[1]), self._route(), self.status)
        await self._send(message)

    def _guarded(self, given: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        headers = [*given, *_HEADERS]
        names = {name for name, _ in headers}
        if b"content-security-policy" not in names:
            headers.append((b"content-security-policy", _CSP.encode()))
        if b"cache-control" not in names:
            headers.append((b"cache-control", b"no-store"))
        if self.house.settings.secure_cookie:
            headers.append((b"strict-transport-security", b"max-age=31536000"))
        return headers

    def _route(self) -> str:
        route = self.scope.get("route")
        return str(getattr(route, "path_format", None) or getattr(route, "path", None) or "other")

    def _told(self) -> None:
        """Metrics and the log line."""
        seconds = time.perf_counter() - self.begun
        route = self._route()
        self.house.metrics.count(self.method, route, self.status, seconds)
        fields = {"request": self.request, "method": self.method, "route": route, "status": self.status, "ms": round(seconds * 1000, 1)}
        LOGGER.info("request", extra={"fields": fields})

    async def _audit(self) -> None:
        """A write that was carried out stands in the audit log before anybody is told of it."""
        identity: Identity = self.state["identity"]
        user = self.state.get("user", identity.user)
        detail = {"request": self.request, **self.state.get("audit", {})}
        action, subject = f"{self.method} {self._route()}", self.scope["path"]
        await run_in_threadpool(audit.write, self.house.database, user, action, subject, detail)

    async def _problem(self, error: ApiError) -> None:
        self.status = error.status
        kinds = plain_status(error.status, self.request)["error"]["type"]
        fault = {"where": "request", "row": None, "what": error.message, "allowed": error.allowed, "todo": error.todo}
        body = json.dumps(body_of(error.status, kinds, error.message, self.request, [fault]), ensure_ascii=False).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        headers += [(name.lower().encode(), value.encode()) for name, value in error.headers.items()]
        await self._onward({"type": "http.response.start", "status": error.status, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})
        self.house.metrics.count(self.method, "gate", error.status, time.perf_counter() - self.begun)


def page_headers() -> dict[str, str]:
    """Headers of a document that carries its style in itself."""
    return {"Content-Security-Policy": _PAGE_CSP}
