"""The server's database: SQLite (a file, WAL) or PostgreSQL, by one URL; brought to its newest form on opening."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from parkcity.base.errors import Fault, InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection, Engine

_LOCK = 7_270_411
"""The advisory lock of PostgreSQL under which one process at a time changes the form of the database."""


NEWEST = "0001"
"""The newest form of the tables: the last of the migrations."""


@dataclass(frozen=True)
class Database:
    """An open database."""

    engine: Engine

    @classmethod
    def open(cls, url: str) -> Database:
        """Open the database at an SQLAlchemy URL (`sqlite:///file` or `postgresql://…`) and bring it to its newest form.

        Raises `UsageError` for another kind of URL and `InputError` where nothing answers there.
        """
        import sqlalchemy

        if url.startswith("postgresql://"):
            url = "postgresql+psycopg://" + url.removeprefix("postgresql://")
        elif not url.startswith("sqlite:///"):
            raise UsageError("the database is named by a URL: sqlite:///FILE or postgresql://USER@HOST/NAME")
        engine = sqlalchemy.create_engine(url, pool_pre_ping=True)
        if engine.dialect.name == "sqlite":
            sqlalchemy.event.listen(engine, "connect", _prepare)
        database = cls(engine)
        try:
            database.migrate()
        except sqlalchemy.exc.OperationalError as error:
            place = engine.url.render_as_string(hide_password=True)
            raise InputError(Fault(place, f"the database does not open ({error.orig}).", todo="see that it is running")) from None
        return database

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction: all of it or nothing."""
        with self.engine.begin() as connection:
            if self.engine.dialect.name == "sqlite":
                # A reader that turns into a writer may find the database locked; taking the lock at once waits for it instead.
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for reading."""
        with self.engine.connect() as connection:
            yield connection

    def migrate(self) -> None:
        """Bring the tables to their newest form."""
        if self._form() == NEWEST:
            return
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", "parkcity.serve.accounts:migrations")
        with self.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def _form(self) -> str | None:
        """The form of the tables, None where there are none yet."""
        import sqlalchemy

        with self.read() as connection:
            if not sqlalchemy.inspect(connection).has_table("alembic_version"):
                return None
            form = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
        return None if form is None else str(form)

    def answers(self) -> bool:
        """Does the database answer?"""
        import sqlalchemy

        try:
            with self.read() as connection:
                connection.exec_driver_sql("SELECT 1")
        except sqlalchemy.exc.SQLAlchemyError:
            return False
        return True

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def _prepare(connection: Any, _record: object) -> None:
    """Settings of every SQLite connection: readers beside a writer, waiting for locks, foreign keys held."""
    connection.isolation_level = None
    for pragma in ("journal_mode = WAL", "busy_timeout = 10000", "foreign_keys = ON", "synchronous = NORMAL"):
        connection.execute(f"PRAGMA {pragma}")


def now() -> float:
    """Seconds since 1970: sessions end by the clock, so here it is read."""
    return time.time()


def backup(database: Database, target: Path) -> int:
    """Write every row of every table to one JSON file that either kind of database can take back; the number of rows.

    The file holds password hashes: it is written for its owner's eyes only.
    """
    import sqlalchemy

    from parkcity.base.cache import atomic_path
    from parkcity.serve.accounts.tables import METADATA

    tables: dict[str, list[dict[str, Any]]] = {}
    with database.read() as connection:
        if connection.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ")
        else:
            connection.exec_driver_sql("BEGIN")
        for table in METADATA.sorted_tables:
            tables[table.name] = [dict(row) for row in connection.execute(sqlalchemy.select(table)).mappings()]
    document = {"format": 1, "tables": tables}
    with atomic_path(target) as temporary:
        temporary.chmod(0o600)
        temporary.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    target.chmod(0o600)
    return sum(map(len, tables.values()))


def restore(database: Database, source: Path) -> int:
    """Put a backup in the place of everything that the database holds, in one transaction; the number of rows.

    Raises `InputError` where the file is not a backup; the database is then as it was.
    """
    import sqlalchemy

    from parkcity.serve.accounts.tables import METADATA

    try:
        document = json.loads(source.read_text(encoding="utf-8"))
        tables = {table.name: list(document["tables"][table.name]) for table in METADATA.sorted_tables}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(Fault(str(source), f"this is not a backup ({error}).", todo="name a file that `accounts backup` wrote")) from None
    try:
        with database.begin() as connection:
            for table in reversed(METADATA.sorted_tables):
                connection.execute(table.delete())
            for table in METADATA.sorted_tables:
                if tables[table.name]:
                    connection.execute(table.insert(), tables[table.name])
                _continue_numbers(connection, table.name)
    except (sqlalchemy.exc.SQLAlchemyError, sqlite3.Error) as error:
        raise InputError(
            Fault(str(source), f"the backup does not fit ({error}).", todo="restore it by the version that wrote it")
        ) from None
    return sum(map(len, tables.values()))


def _continue_numbers(connection: Connection, table: str) -> None:
    """Numbers given by PostgreSQL go on after those of the backup."""
    if connection.dialect.name == "postgresql" and table in {"audit", "failures"}:
        connection.exec_driver_sql(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'number'), (SELECT COALESCE(MAX(number), 0) + 1 FROM {table}), false)"  # noqa: S608 - our own names
        )
