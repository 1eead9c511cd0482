"""The event log: append-only, idempotent, replayed in the order of what happened. SQLite in WAL mode.

A batch that is sent again changes nothing. Events are never changed or deleted: the database itself refuses it. The order of
replay is that of the observed times, so that it does not depend on the order in which events arrived.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from parkcity.base.errors import Fault, InputError
from parkcity.steer.events import COLUMNS, PHASES, QUALITIES, Event

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

BATCH = 1_000
FORMAT = 1

_SCHEMA = f"""
CREATE TABLE event (
    seq INTEGER PRIMARY KEY,
    source TEXT NOT NULL CHECK (source <> ''),
    id TEXT NOT NULL CHECK (id <> ''),
    digest TEXT NOT NULL,
    subject TEXT NOT NULL,
    kind TEXT NOT NULL,
    phase TEXT NOT NULL CHECK (phase IN {PHASES}),
    observed_at TEXT NOT NULL CHECK (observed_at GLOB '????-??-??T??:??:??Z'),
    known_at TEXT NOT NULL CHECK (known_at GLOB '????-??-??T??:??:??Z'),
    lon REAL CHECK (lon BETWEEN -180 AND 180),
    lat REAL CHECK (lat BETWEEN -90 AND 90),
    place TEXT NOT NULL,
    payload TEXT NOT NULL CHECK (json_valid(payload)),
    quality TEXT NOT NULL CHECK (quality IN {QUALITIES}),
    UNIQUE (source, id, digest)
) STRICT;
CREATE INDEX event_order ON event (observed_at, known_at, source, id, digest);
CREATE TRIGGER event_never_changes BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
CREATE TRIGGER event_never_goes BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;
PRAGMA user_version = {FORMAT};
"""


@dataclass(frozen=True)
class Appended:
    """What a batch added: new events, events sent before, and revisions (new words about an event known before)."""

    added: int
    repeated: int
    revised: int


@dataclass(frozen=True)
class EventLog:
    """The log of a city, in one file."""

    path: Path

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self.path, timeout=30.0, isolation_level=None)) as connection:
            try:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = FULL")
                self._prepare(connection)
            except sqlite3.DatabaseError as error:
                raise InputError(Fault(str(self.path), f"this is not an event log ({error}).", todo="move the file away")) from None
            yield connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version == FORMAT:
            return
        if version != 0:
            raise InputError(Fault(str(self.path), f"the log has format {version}.", f"format {FORMAT}.", "use the version that wrote it"))
        connection.execute("BEGIN IMMEDIATE")
        # Another process may have made the tables while this one waited for the lock.
        if connection.execute("PRAGMA user_version").fetchone() == (0,):
            for statement in _statements(_SCHEMA):
                connection.execute(statement)
        connection.execute("COMMIT")

    def append(self, events: Iterable[Event]) -> Appended:
        """Add events; those that the log holds already change nothing. Batches of 1,000 are committed whole or not at all."""
        added = repeated = revised = 0
        with self._open() as connection:
            batch: list[Event] = []
            for event in events:
                batch.append(event)
                if len(batch) == BATCH:
                    added, repeated, revised = _plus((added, repeated, revised), _write(connection, batch))
                    batch = []
            if batch:
                added, repeated, revised = _plus((added, repeated, revised), _write(connection, batch))
        return Appended(added, repeated, revised)

    def replay(self, until: str | None = None, known_by: str | None = None) -> Iterator[Event]:
        """Events in order: observed time, known time, source, id. `until` bounds the observed time, `known_by` when it was known (UTC)."""
        if not self.path.is_file():
            return
        query = f"SELECT {', '.join(COLUMNS)} FROM event WHERE observed_at <= ? AND known_at <= ?"  # noqa: S608 - names are constants
        order = " ORDER BY observed_at, known_at, source, id, digest"
        last = "9999-12-31T23:59:59Z"
        with self._open() as connection:
            for row in connection.execute(query + order, (until or last, known_by or last)):
                values = dict(zip(COLUMNS, row, strict=True))
                yield Event(**{**values, "payload": json.loads(values["payload"])})

    def count(self) -> int:
        """How many events the log holds, revisions included."""
        if not self.path.is_file():
            return 0
        with self._open() as connection:
            return int(connection.execute("SELECT count(*) FROM event").fetchone()[0])


def _plus(one: tuple[int, int, int], two: tuple[int, int, int]) -> tuple[int, int, int]:
    return one[0] + two[0], one[1] + two[1], one[2] + two[2]


def _statements(script: str) -> list[str]:
    """A script cut into statements; a trigger's body holds a semicolon of its own."""
    found, part = [], ""
    for line in script.strip().splitlines():
        part += line + "\n"
        if sqlite3.complete_statement(part):
            found.append(part)
            part = ""
    return found


def _write(connection: sqlite3.Connection, batch: list[Event]) -> tuple[int, int, int]:
    names = (*COLUMNS, "digest")
    insert = f"INSERT INTO event ({', '.join(names)}) VALUES ({', '.join('?' * len(names))}) ON CONFLICT DO NOTHING"  # noqa: S608 - constants
    added = revised = 0
    connection.execute("BEGIN IMMEDIATE")
    try:
        for event in batch:
            known = connection.execute("SELECT 1 FROM event WHERE source = ? AND id = ? LIMIT 1", (event.source, event.id)).fetchone()
            values = [event.payload_text if name == "payload" else getattr(event, name) for name in names]
            fresh = connection.execute(insert, values).rowcount
            added += fresh if known is None else 0
            revised += fresh if known is not None else 0
        connection.execute("COMMIT")
    except sqlite3.Error:
        connection.execute("ROLLBACK")
        raise
    return added, len(batch) - added - revised, revised
