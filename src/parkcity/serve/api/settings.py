"""The settings of a server: what the command line says, and secrets from the environment."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from parkcity.base.errors import UsageError

VARIABLE = "PARKCITY_SERVE"
"""Workers read the settings of their server from this variable of the environment."""

LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class Oidc:
    """An OpenID Connect provider, from the environment: `PARKCITY_OIDC_ISSUER`, `…_CLIENT_ID`, `…_CLIENT_SECRET`, `…_ROLE`."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    role: str = "viewer"

    @classmethod
    def from_environment(cls) -> Oidc | None:
        """The provider, or None; a half-given one raises `UsageError`."""
        names = ("ISSUER", "CLIENT_ID", "CLIENT_SECRET")
        given = {name: os.environ.get(f"PARKCITY_OIDC_{name}", "") for name in names}
        if not any(given.values()):
            return None
        lacking = [f"PARKCITY_OIDC_{name}" for name, value in given.items() if not value]
        if lacking:
            msg = f"the identity provider is given by halves: set {', '.join(lacking)} too"
            raise UsageError(msg)
        return cls(given["ISSUER"].rstrip("/"), given["CLIENT_ID"], given["CLIENT_SECRET"], os.environ.get("PARKCITY_OIDC_ROLE", "viewer"))


@dataclass(frozen=True)
class Settings:
    """What a server is told. Sizes are bytes, rates requests a second for one asker, `session_h` hours."""

    cities: tuple[str, ...]
    database: str
    files: str
    write: bool = False
    accounts: bool = False
    hosts: tuple[str, ...] = LOOPBACK
    secure_cookie: bool = False
    rate: float = 0.0
    burst: float = 0.0
    max_body: int = 1 << 20
    session_h: float = 12.0
    jobs: int = 1
    proxied: bool = False
    built: bool = False

    def to_environment(self) -> None:
        """Hand the settings to the worker processes that will be started. They hold no secret."""
        os.environ[VARIABLE] = json.dumps(asdict(self))

    @classmethod
    def from_environment(cls) -> Settings:
        """The settings that the parent process left."""
        text = os.environ.get(VARIABLE)
        if text is None:
            msg = f"{VARIABLE} is not set: start the server by `parkcity serve CITY`"
            raise UsageError(msg)
        values = json.loads(text)
        return cls(**{**values, "cities": tuple(values["cities"]), "hosts": tuple(values["hosts"])})

    @property
    def files_folder(self) -> Path:
        """Where jobs put their files."""
        return Path(self.files)
