"""Users, sessions and keys. Passwords are kept as Argon2id, sessions and keys as SHA-256 of random tokens."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select, update

from parkcity.base.errors import FaultList, UsageError
from parkcity.serve.accounts.database import now
from parkcity.serve.accounts.rights import Identity, check_role
from parkcity.serve.accounts.tables import FAILURES, KEYS, SESSIONS, USERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from argon2 import PasswordHasher
    from sqlalchemy import Connection, RowMapping

    from parkcity.serve.accounts.database import Database

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,98}")
LEAST_PASSWORD, MOST_PASSWORD = 12, 200
FAILURES_ALLOWED, FAILURES_WINDOW_S = 8, 900.0
"""So many wrong passwords for one name, or four times as many from one address, close the door for a while."""
_ADDRESS_FACTOR = 4


def digest(token: str) -> str:
    """What is kept of a random token."""
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True)
class Login:
    """A fresh session: the token for the cookie and the token against cross-site requests."""

    token: str
    csrf: str


@dataclass(frozen=True)
class People:
    """The accounts of a database."""

    database: Database

    @cached_property
    def _hasher(self) -> PasswordHasher:
        from argon2 import PasswordHasher

        return PasswordHasher()

    @cached_property
    def _nobody(self) -> str:
        """A hash that no password has, so that an unknown name takes as long as a known one."""
        return self._hasher.hash(secrets.token_urlsafe(32))

    # --- users ------------------------------------------------------------------------------------------------------

    def add(
        self, name: str, role: str, *, password: str | None = None, tiers: Sequence[str] | None = None, subject: str | None = None
    ) -> dict[str, Any]:
        """A new account. Raises `InputError` with everything that is wrong, `UsageError` for an unknown role or a name in use."""
        check_role(role)
        faults = FaultList()
        if not NAME.fullmatch(name):
            faults.add("name", f"'{name}' cannot be the name of an account.", allowed="letters, digits and . _ @ -, at most 99 of them.")
        if password is not None:
            self._check_password(password, name, faults)
        faults.check()
        row = {
            "name": name,
            "role": role,
            "tiers": None if tiers is None else json.dumps(sorted(tiers)),
            "password": None if password is None else self._hasher.hash(password),
            "subject": subject,
            "disabled": False,
            "created": now(),
        }
        with self.database.begin() as connection:
            if connection.execute(select(USERS.c.name).where(USERS.c.name == name)).first() is not None:
                msg = f"there is an account '{name}' already"
                raise UsageError(msg)
            connection.execute(insert(USERS).values(row))
        return self.get(name)

    def _check_password(self, password: str, name: str, faults: FaultList) -> None:
        if not LEAST_PASSWORD <= len(password) <= MOST_PASSWORD:
            allowed = f"{LEAST_PASSWORD} to {MOST_PASSWORD} characters."
            faults.add("password", f"the password has {len(password)} characters.", allowed=allowed)
        elif name.lower() in password.lower() or len(set(password)) < LEAST_PASSWORD // 2:
            faults.add(
                "password", "the password is easy to guess.", allowed="one without the name of the account, of different characters."
            )

    def get(self, name: str) -> dict[str, Any]:
        """One account without its password; an unknown name raises `UsageError`."""
        with self.database.read() as connection:
            row = connection.execute(select(USERS).where(USERS.c.name == name)).mappings().first()
        if row is None:
            msg = f"there is no account '{name}'"
            raise UsageError(msg)
        return _shown(row)

    def all(self) -> list[dict[str, Any]]:
        """Every account, by name."""
        with self.database.read() as connection:
            return [_shown(row) for row in connection.execute(select(USERS).order_by(USERS.c.name)).mappings()]

    def change(self, name: str, given: dict[str, Any]) -> dict[str, Any]:
        """Change `role`, `tiers`, `password` or `disabled`; what makes an account weaker or closes it ends its sessions."""
        self.get(name)
        values: dict[str, Any] = {}
        if "role" in given:
            values["role"] = check_role(given["role"])
        if "tiers" in given:
            values["tiers"] = None if given["tiers"] is None else json.dumps(sorted(given["tiers"]))
        if "password" in given:
            faults = FaultList()
            self._check_password(given["password"], name, faults)
            faults.check()
            values["password"] = self._hasher.hash(given["password"])
        if "disabled" in given:
            values["disabled"] = bool(given["disabled"])
        with self.database.begin() as connection:
            if values:
                connection.execute(update(USERS).where(USERS.c.name == name).values(values))
                connection.execute(delete(SESSIONS).where(SESSIONS.c.user == name))
        return self.get(name)

    def remove(self, name: str) -> None:
        """Remove an account with its sessions and keys."""
        self.get(name)
        with self.database.begin() as connection:
            connection.execute(delete(USERS).where(USERS.c.name == name))

    def by_subject(self, subject: str) -> str | None:
        """The account that belongs to a subject of the identity provider."""
        with self.database.read() as connection:
            return connection.execute(select(USERS.c.name).where(USERS.c.subject == subject)).scalar()

    # --- sessions ---------------------------------------------------------------------------------------------------

    def closed(self, name: str, address: str) -> bool:
        """Were there too many wrong passwords for this name, or from this address?"""
        since = now() - FAILURES_WINDOW_S
        with self.database.read() as connection:
            return any(
                _failures(connection, subject, since) >= limit
                for subject, limit in (
                    (digest(f"name:{name}"), FAILURES_ALLOWED),
                    (digest(f"address:{address}"), FAILURES_ALLOWED * _ADDRESS_FACTOR),
                )
            )

    def verify(self, name: str, password: str, address: str) -> bool:
        """Is this the password of an open account? A wrong one is counted; names and addresses only as hashes."""
        from argon2.exceptions import InvalidHashError, VerificationError

        with self.database.read() as connection:
            row = connection.execute(select(USERS).where(USERS.c.name == name)).mappings().first()
        kept = self._nobody if row is None or row["password"] is None else row["password"]
        right = True
        try:
            self._hasher.verify(kept, password[:MOST_PASSWORD])
        except (VerificationError, InvalidHashError):
            right = False
        if right and row is not None and not row["disabled"]:
            with self.database.begin() as connection:
                connection.execute(delete(FAILURES).where(FAILURES.c.subject == digest(f"name:{name}")))
            return True
        with self.database.begin() as connection:
            at = now()
            connection.execute(delete(FAILURES).where(FAILURES.c.at < at - FAILURES_WINDOW_S))
            connection.execute(
                insert(FAILURES), [{"subject": digest(f"{kind}"), "at": at} for kind in (f"name:{name}", f"address:{address}")]
            )
        return False

    def open_session(self, name: str, hours: float) -> Login:
        """A session of an account."""
        login = Login(secrets.token_urlsafe(32), secrets.token_urlsafe(32))
        row = {"token": digest(login.token), "user": name, "csrf": login.csrf, "expires": now() + hours * 3600.0}
        with self.database.begin() as connection:
            connection.execute(delete(SESSIONS).where(SESSIONS.c.expires < now()))
            connection.execute(insert(SESSIONS).values(row))
        return login

    def close_session(self, token_hash: str) -> None:
        """End a session."""
        with self.database.begin() as connection:
            connection.execute(delete(SESSIONS).where(SESSIONS.c.token == token_hash))

    def by_cookie(self, token: str) -> Identity | None:
        """Who holds a session token; None where it is unknown, over, or of a closed account."""
        query = select(SESSIONS, USERS.c.role, USERS.c.tiers).join(USERS).where(SESSIONS.c.token == digest(token))
        with self.database.read() as connection:
            row = connection.execute(query.where(SESSIONS.c.expires > now(), USERS.c.disabled.is_(False))).mappings().first()
        if row is None:
            return None
        return Identity(row["user"], row["role"], _tiers(row["tiers"]), "cookie", row["token"], row["csrf"])

    # --- keys -------------------------------------------------------------------------------------------------------

    def add_key(self, user: str, label: str, days: float | None = None) -> dict[str, Any]:
        """A new key of an account; `key` is told now and never again."""
        self.get(user)
        key, key_id = "pk_" + secrets.token_urlsafe(32), secrets.token_hex(8)
        expires = None if days is None else now() + days * 86400.0
        row = {"id": key_id, "secret": digest(key), "user": user, "label": label, "created": now(), "expires": expires}
        with self.database.begin() as connection:
            connection.execute(insert(KEYS).values(row))
        return {"id": key_id, "user": user, "label": label, "created": row["created"], "expires": expires, "key": key}

    def keys(self) -> list[dict[str, Any]]:
        """Every key without its secret."""
        columns = (KEYS.c.id, KEYS.c.user, KEYS.c.label, KEYS.c.created, KEYS.c.expires)
        with self.database.read() as connection:
            return [dict(row) for row in connection.execute(select(*columns).order_by(KEYS.c.created, KEYS.c.id)).mappings()]

    def remove_key(self, key_id: str) -> bool:
        """Remove a key; was there one?"""
        with self.database.begin() as connection:
            return connection.execute(delete(KEYS).where(KEYS.c.id == key_id)).rowcount > 0

    def by_key(self, key: str) -> Identity | None:
        """Whose key this is."""
        query = select(KEYS, USERS.c.role, USERS.c.tiers).join(USERS).where(KEYS.c.secret == digest(key), USERS.c.disabled.is_(False))
        with self.database.read() as connection:
            row = connection.execute(query).mappings().first()
        if row is None or (row["expires"] is not None and row["expires"] <= now()):
            return None
        return Identity(row["user"], row["role"], _tiers(row["tiers"]), "key")


def _failures(connection: Connection, subject: str, since: float) -> int:
    query = select(func.count()).select_from(FAILURES).where(FAILURES.c.subject == subject, FAILURES.c.at > since)
    return int(connection.execute(query).scalar_one())


def _tiers(text: str | None) -> frozenset[str] | None:
    return None if text is None else frozenset(json.loads(text))


def _shown(row: RowMapping) -> dict[str, Any]:
    tiers = _tiers(row["tiers"])
    return {
        "name": row["name"],
        "role": row["role"],
        "tiers": None if tiers is None else sorted(tiers),
        "disabled": bool(row["disabled"]),
        "password": row["password"] is not None,
        "created": row["created"],
    }
