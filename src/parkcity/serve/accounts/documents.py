"""Scenarios by the hash of their content, and drafts: named places in a history of such hashes."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select, update

from parkcity.base.cache import hash_json
from parkcity.serve.accounts.database import now
from parkcity.serve.accounts.tables import DRAFTS, SCENARIOS

if TYPE_CHECKING:
    from sqlalchemy import Connection, RowMapping

    from parkcity.serve.accounts.database import Database

MOST_SCENARIOS = 200_000
MOST_DRAFTS = 200
MOST_STEPS = 1_000


class ConflictError(Exception):
    """A draft is locked, or stands elsewhere than the caller believes."""


@dataclass(frozen=True)
class Documents:
    """The scenarios and drafts of a database."""

    database: Database

    def put(self, city: str, document: dict[str, Any]) -> tuple[str, bool]:
        """Keep a scenario; its hash, and whether it is new. The oldest go when there are very many."""
        key = hash_json(document)
        with self.database.begin() as connection:
            there = connection.execute(select(SCENARIOS.c.hash).where(SCENARIOS.c.hash == key, SCENARIOS.c.city == city)).first()
            if there is not None:
                return key, False
            text = json.dumps(document, ensure_ascii=False)
            connection.execute(insert(SCENARIOS).values(hash=key, city=city, document=text, created=now()))
            if int(connection.execute(select(func.count()).select_from(SCENARIOS)).scalar_one()) > MOST_SCENARIOS:
                oldest = select(SCENARIOS.c.hash).order_by(SCENARIOS.c.created).limit(MOST_SCENARIOS // 10)
                connection.execute(delete(SCENARIOS).where(SCENARIOS.c.hash.in_(oldest)))
        return key, True

    def get(self, city: str, key: str) -> dict[str, Any] | None:
        """A scenario by its hash."""
        with self.database.read() as connection:
            text = connection.execute(select(SCENARIOS.c.document).where(SCENARIOS.c.hash == key, SCENARIOS.c.city == city)).scalar()
        document: dict[str, Any] | None = None if text is None else json.loads(text)
        return document

    # --- drafts -----------------------------------------------------------------------------------------------------

    def drafts(self, city: str, owner: str) -> list[dict[str, Any]]:
        """The drafts of one owner, oldest first."""
        query = select(DRAFTS).where(DRAFTS.c.city == city, DRAFTS.c.owner == owner).order_by(DRAFTS.c.created, DRAFTS.c.id)
        with self.database.read() as connection:
            return [_draft(row) for row in connection.execute(query).mappings()]

    def draft(self, city: str, owner: str, draft: str) -> dict[str, Any] | None:
        """One draft of an owner."""
        with self.database.read() as connection:
            row = _row(connection, city, owner, draft)
        return None if row is None else _draft(row)

    def add_draft(self, city: str, owner: str, title: str, key: str | None) -> tuple[dict[str, Any], bool]:
        """A draft, and whether it is new: an empty one always is, but one from a hash is that of the owner which stands there already.

        Raises `ConflictError` where the owner has very many.
        """
        row = {"id": secrets.token_hex(8), "city": city, "owner": owner, "title": title, "created": now()}
        row |= {"history": json.dumps([key]), "place": 0, "locked": False, "version": 1}
        with self.database.begin() as connection:
            if key is not None:
                there = select(DRAFTS).where(DRAFTS.c.city == city, DRAFTS.c.owner == owner).order_by(DRAFTS.c.created, DRAFTS.c.id)
                known = [_draft(found) for found in connection.execute(there).mappings()]
                standing = next((draft for draft in known if draft["hash"] == key), None)
                if standing is not None:
                    return standing, False
            count = select(func.count()).select_from(DRAFTS).where(DRAFTS.c.owner == owner, DRAFTS.c.city == city)
            if int(connection.execute(count).scalar_one()) >= MOST_DRAFTS:
                msg = f"there are {MOST_DRAFTS} drafts already: delete some"
                raise ConflictError(msg)
            connection.execute(insert(DRAFTS).values(row))
        return _draft(row), True

    def change_draft(self, city: str, owner: str, draft: str, version: int, given: dict[str, Any]) -> dict[str, Any] | None:
        """A step forward (`hash`), a new `title`, or `locked`; None where there is no such draft.

        Raises `ConflictError` where the draft is locked and stays so, or `version` is not its version.
        """
        with self.database.begin() as connection:
            row = _row(connection, city, owner, draft)
            if row is None:
                return None
            if row["version"] != version:
                msg = f"the draft has version {row['version']}, not {version}: read it again"
                raise ConflictError(msg)
            if row["locked"] and given.get("locked") is not False:
                raise ConflictError("the draft is locked: unlock it first")
            values: dict[str, Any] = {name: given[name] for name in ("title", "locked") if name in given}
            if "hash" in given:
                history = [*json.loads(row["history"])[: row["place"] + 1], given["hash"]][-MOST_STEPS:]
                values |= {"history": json.dumps(history), "place": len(history) - 1}
            return _store(connection, row, values)

    def step_draft(self, city: str, owner: str, draft: str, step: int) -> dict[str, Any] | None:
        """One step back (-1) or forward (1). Raises `ConflictError` at the end of the history or where the draft is locked."""
        with self.database.begin() as connection:
            row = _row(connection, city, owner, draft)
            if row is None:
                return None
            if row["locked"]:
                raise ConflictError("the draft is locked: unlock it first")
            place = row["place"] + step
            if not 0 <= place < len(json.loads(row["history"])):
                raise ConflictError("there is nothing to undo" if step < 0 else "there is nothing to do again")
            return _store(connection, row, {"place": place})

    def remove_draft(self, city: str, owner: str, draft: str) -> bool:
        """Remove a draft; was there one? Raises `ConflictError` where it is locked."""
        with self.database.begin() as connection:
            row = _row(connection, city, owner, draft)
            if row is None:
                return False
            if row["locked"]:
                raise ConflictError("the draft is locked: unlock it first")
            connection.execute(delete(DRAFTS).where(DRAFTS.c.id == draft))
        return True


def _row(connection: Connection, city: str, owner: str, draft: str) -> RowMapping | None:
    query = select(DRAFTS).where(DRAFTS.c.id == draft, DRAFTS.c.city == city, DRAFTS.c.owner == owner)
    return connection.execute(query.with_for_update() if connection.dialect.name == "postgresql" else query).mappings().first()


def _store(connection: Connection, row: RowMapping, values: dict[str, Any]) -> dict[str, Any]:
    values["version"] = row["version"] + 1
    connection.execute(update(DRAFTS).where(DRAFTS.c.id == row["id"]).values(values))
    return _draft({**row, **values})


def _draft(row: Any) -> dict[str, Any]:
    history = json.loads(row["history"])
    return {
        "id": row["id"],
        "title": row["title"],
        "hash": history[row["place"]],
        "locked": bool(row["locked"]),
        "undo": row["place"],
        "redo": len(history) - 1 - row["place"],
        "version": row["version"],
    }
