"""Signing in by an identity provider, held against a small one that follows the specification, and against one that cheats."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import RSAKey
from tests.serve.api.conftest import Served, serving, settings_of

from parkcity.serve.api.settings import Oidc

CLIENT, SECRET = "parkcity", "kept by both"


@dataclass
class Provider:
    """An identity provider on loopback. `claims` are put over those that are true."""

    url: str = ""
    key: Any = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    other: Any = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    claims: dict[str, Any] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)
    forged: bool = False

    def answer(self, path: str, body: dict[str, str]) -> dict[str, Any]:
        if path == "/.well-known/openid-configuration":
            ends = {"authorization_endpoint": "/authorize", "token_endpoint": "/token", "jwks_uri": "/keys"}
            return {"issuer": self.url, **{name: self.url + place for name, place in ends.items()}}
        if path == "/keys":
            return {"keys": [self.key.as_dict(private=False)]}
        assert path == "/token"
        if body["code"] != "the-code" or create_s256_code_challenge(body["code_verifier"]) != self.asked["code_challenge"]:
            return {"error": "invalid_grant"}
        claims = {"iss": self.url, "aud": CLIENT, "sub": "4711", "exp": int(time.time()) + 60, "nonce": self.asked["nonce"]}
        claims |= {"preferred_username": "mei lin", **self.claims}
        token = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.other if self.forged else self.key)
        return {"access_token": "x", "token_type": "Bearer", "id_token": token}


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    made = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send({})

        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._send({name: values[0] for name, values in parse_qs(text).items()})

        def _send(self, body: dict[str, str]) -> None:
            data = json.dumps(made.answer(self.path, body)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture(scope="module")
def served(provider: Provider, town_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(settings_of(tmp_path_factory.mktemp("oidc"), town_folder, accounts=True)) as found:
        found.house.oidc = Oidc(provider.url, CLIENT, SECRET, "analyst")
        yield found


def come_back(
    served: Served, provider: Provider, client: httpx.Client, *, code: str = "the-code", state: str | None = None
) -> httpx.Response:
    """Leave for the provider and come back with its code."""
    left = client.get("/api/v1/session/oidc")
    assert left.status_code == 302
    provider.asked = {name: values[0] for name, values in parse_qs(urlsplit(left.headers["Location"]).query).items()}
    assert provider.asked["redirect_uri"] == f"{served.url}/api/v1/session/oidc/callback"
    assert provider.asked["code_challenge_method"] == "S256"
    return client.get("/api/v1/session/oidc/callback", params={"code": code, "state": state or provider.asked["state"]})


def test_who_comes_back_is_signed_in_under_one_account_for_good(served: Served, provider: Provider) -> None:
    for _ in range(2):
        with httpx.Client(base_url=served.url, timeout=60) as client:
            answer = come_back(served, provider, client)
            assert (answer.status_code, answer.headers["Location"]) == (302, "/")
            state = client.get("/api/v1/session").json()
            assert (state["user"], state["role"]) == ("mei-lin", "analyst")
    assert [row["name"] for row in served.house.people.all()] == ["mei-lin"]


def test_a_name_in_use_is_never_taken_over(served: Served, provider: Provider) -> None:
    served.house.people.add("chief", "admin")
    provider.claims = {"sub": "666", "preferred_username": "chief"}
    try:
        with httpx.Client(base_url=served.url, timeout=60) as client:
            assert come_back(served, provider, client).status_code == 302
            state = client.get("/api/v1/session").json()
            assert state["user"].startswith("chief-")
            assert state["role"] == "analyst"
    finally:
        provider.claims = {}


@pytest.mark.parametrize(
    "claims", [{"aud": "another"}, {"iss": "http://evil.example"}, {"exp": 1}, {"nonce": "of another journey"}, {"sub": None}]
)
def test_a_token_that_does_not_hold_opens_nothing(served: Served, provider: Provider, claims: dict[str, Any]) -> None:
    provider.claims = claims
    try:
        with httpx.Client(base_url=served.url, timeout=60) as client:
            assert come_back(served, provider, client).status_code == 401
            assert client.get("/api/v1/session").json()["user"] is None
    finally:
        provider.claims = {}


def test_a_forged_signature_a_wrong_code_and_another_browser_open_nothing(served: Served, provider: Provider) -> None:
    with httpx.Client(base_url=served.url, timeout=60) as client:
        provider.forged = True
        assert come_back(served, provider, client).status_code == 401
        provider.forged = False
        assert come_back(served, provider, client, code="stolen").status_code == 401
        assert come_back(served, provider, client, state="of-another-browser").status_code == 401
        client.cookies.clear()
        assert client.get("/api/v1/session/oidc/callback", params={"code": "the-code", "state": "x"}).status_code == 401
        assert client.get("/api/v1/session/oidc/callback", params={"error": "access_denied"}).status_code == 401


def test_secrets_come_from_the_environment_only_and_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    from parkcity.base.errors import UsageError

    assert Oidc.from_environment() is None
    monkeypatch.setenv("PARKCITY_OIDC_ISSUER", "https://id.example/")
    with pytest.raises(UsageError, match="PARKCITY_OIDC_CLIENT_SECRET"):
        Oidc.from_environment()
    monkeypatch.setenv("PARKCITY_OIDC_CLIENT_ID", "a")
    monkeypatch.setenv("PARKCITY_OIDC_CLIENT_SECRET", "hidden")
    found = Oidc.from_environment()
    assert found is not None
    assert found.issuer == "https://id.example"
    assert "hidden" not in repr(found)
