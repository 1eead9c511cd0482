"""Signing in by an identity provider: OpenID Connect, authorisation code flow with PKCE, by Authlib and joserfc.

Sources: OpenID Connect Core 1.0, sections 3.1.2 and 3.1.3.7; RFC 7636 (PKCE).
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from parkcity.base.errors import UsageError
from parkcity.serve.accounts.people import digest

if TYPE_CHECKING:
    from parkcity.serve.accounts.people import People
    from parkcity.serve.api.settings import Oidc

_SECONDS = 10.0
_ALGORITHMS = ["RS256", "ES256", "PS256", "EdDSA"]


class ProviderError(Exception):
    """The identity provider did not answer, or its answer does not hold."""


@dataclass(frozen=True)
class Trip:
    """One journey to the provider: where to send the browser, and what it must bring back."""

    address: str
    state: str
    nonce: str
    verifier: str

    @property
    def luggage(self) -> str:
        """What the browser carries in a cookie."""
        return f"{self.state}.{self.nonce}.{self.verifier}"


def _client(oidc: Oidc, callback: str) -> Any:
    from authlib.integrations.httpx_client import OAuth2Client

    options: dict[str, Any] = {"scope": "openid profile email", "redirect_uri": callback, "code_challenge_method": "S256"}
    return OAuth2Client(oidc.client_id, oidc.client_secret, timeout=_SECONDS, **options)


def _document(address: str) -> dict[str, Any]:
    import httpx2

    try:
        answer = httpx2.get(address, timeout=_SECONDS).raise_for_status().json()
    except (httpx2.HTTPError, ValueError) as error:
        msg = f"the identity provider does not answer ({type(error).__name__})"
        raise ProviderError(msg) from None
    if not isinstance(answer, dict):
        raise ProviderError("the identity provider's answer is no document")
    return answer


def _provider(oidc: Oidc) -> dict[str, Any]:
    found = _document(f"{oidc.issuer}/.well-known/openid-configuration")
    if str(found.get("issuer", "")).rstrip("/") != oidc.issuer:
        raise ProviderError("the identity provider goes by another name than the one that was set")
    return found


def depart(oidc: Oidc, callback: str) -> Trip:
    """Where to send a browser that wants to sign in."""
    provider = _provider(oidc)
    nonce, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
    with _client(oidc, callback) as client:
        address, state = client.create_authorization_url(provider["authorization_endpoint"], nonce=nonce, code_verifier=verifier)
    return Trip(str(address), str(state).replace(".", "_"), nonce, verifier) if "." not in state else depart(oidc, callback)


def arrive(oidc: Oidc, callback: str, luggage: str, state: str, code: str) -> dict[str, Any]:
    """The claims about who came back. Raises `ProviderError` where anything does not hold."""
    parts = luggage.split(".")
    if len(parts) != 3 or not secrets.compare_digest(parts[0].encode(), state.encode()):
        raise ProviderError("the browser that came back is not the one that left")
    _, nonce, verifier = parts
    provider = _provider(oidc)
    return _claims(oidc, provider, _token(oidc, callback, provider, code, verifier), nonce)


def _token(oidc: Oidc, callback: str, provider: dict[str, Any], code: str, verifier: str) -> str:
    import httpx2
    from authlib.common.errors import AuthlibBaseError

    try:
        with _client(oidc, callback) as client:
            given = client.fetch_token(provider["token_endpoint"], code=code, code_verifier=verifier, grant_type="authorization_code")
        return str(given["id_token"])
    except (httpx2.HTTPError, AuthlibBaseError, KeyError, ValueError) as error:
        msg = f"the identity provider gives no token ({type(error).__name__})"
        raise ProviderError(msg) from None


def _claims(oidc: Oidc, provider: dict[str, Any], token: str, nonce: str) -> dict[str, Any]:
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    try:
        keys = KeySet.import_key_set(_document(str(provider["jwks_uri"])))  # type: ignore[arg-type]
        claims = jwt.decode(token, keys, algorithms=_ALGORITHMS).claims
        rules = jwt.JWTClaimsRegistry(
            leeway=60,
            iss={"essential": True, "value": provider["issuer"]},
            aud={"essential": True, "value": oidc.client_id},
            exp={"essential": True},
            nonce={"essential": True, "value": nonce},
            sub={"essential": True},
        )
        rules.validate(claims)
    except (JoseError, ValueError, KeyError, TypeError) as error:
        msg = f"the identity provider's token does not hold ({type(error).__name__})"
        raise ProviderError(msg) from None
    return dict(claims)


def account_of(people: People, oidc: Oidc, claims: dict[str, Any]) -> str:
    """The account that belongs to a subject, made on the first visit with the role that the provider's people get."""
    subject = f"{oidc.issuer}#{claims['sub']}"
    known = people.by_subject(subject)
    if known is not None:
        if people.get(known)["disabled"]:
            raise ProviderError("the account is closed")
        return known
    wanted = str(claims.get("preferred_username") or claims.get("email") or "")
    name = re.sub(r"[^A-Za-z0-9._@-]", "-", wanted)[:80].lstrip("._@-") or f"user-{digest(subject)[:8]}"
    try:
        people.add(name, oidc.role, subject=subject)
    except UsageError:
        # A name in use belongs to somebody else: it is never taken over.
        name = f"{name}-{digest(subject)[:8]}"
        people.add(name, oidc.role, subject=subject)
    return name
