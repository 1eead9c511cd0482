"""The ledger in PostgreSQL: the same tables, the same columns, the same behaviour as the text files.

Every column is text, as in the files, and the loader checks both alike; a sequence number keeps the order of writing. Writers
take an advisory lock from reading to writing.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from parkcity.base.errors import Fault, FaultList, InputError
from parkcity.plan.ledger import Ledger
from parkcity.plan.schema import schemas
from parkcity.plan.tables import Table, check_values

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import psycopg

_LOCK = 7_235_081


class PostgresStore:
    """A ledger in one schema of a database. `address` is a libpq connection string; the schema is made when missing.

    Raises `InputError` when the database cannot be reached.
    """

    def __init__(self, address: str, schema: str = "plan") -> None:
        import psycopg

        self._schema = schema
        try:
            self._connection: psycopg.Connection[Any] = psycopg.connect(address, autocommit=True)
        except psycopg.Error as error:
            # The address may hold a password, so it is not repeated.
            what = f"the database cannot be reached: {str(error).strip().splitlines()[0]}."
            todo = "look at host, port, user and dbname, and whether the server runs"
            raise InputError(Fault("--database", what, "a libpq connection string.", todo)) from None
        self._create()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _create(self) -> None:
        from psycopg import sql

        schema = sql.Identifier(self._schema)
        with self._connection.transaction():
            self._connection.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))
            self._connection.execute(sql.SQL("create schema if not exists {}").format(schema))
            for name, item in schemas().items():
                columns = sql.SQL(", ").join(
                    sql.SQL("{} text not null default ''").format(sql.Identifier(column)) for column in item.header
                )
                self._connection.execute(
                    sql.SQL("create table if not exists {}.{} (n bigint generated always as identity primary key, {})").format(
                        schema, sql.Identifier(name), columns
                    )
                )
                # A database made by an earlier version gains the columns that came since.
                added = sql.SQL(", ").join(
                    sql.SQL("add column if not exists {} text not null default ''").format(sql.Identifier(column)) for column in item.header
                )
                self._connection.execute(sql.SQL("alter table {}.{} {}").format(schema, sql.Identifier(name), added))

    def load(self) -> Ledger:
        """Read all tables; raises `InputError` with every fault of form."""
        ledger, faults = self.read()
        faults.check()
        return ledger

    def read(self) -> tuple[Ledger, FaultList]:
        """Read all tables in one snapshot and look at their form. The row of a fault is the number `n` of its record."""
        from psycopg import sql

        tables: dict[str, Table] = {}
        faults = FaultList()
        with self._connection.transaction():
            self._connection.execute("set transaction isolation level repeatable read")
            for name, item in schemas().items():
                header = sql.SQL(", ").join(map(sql.Identifier, item.header))
                query = sql.SQL("select n, {} from {}.{} order by n").format(header, sql.Identifier(self._schema), sql.Identifier(name))
                records = self._connection.execute(query).fetchall()
                cells = list(zip(*records, strict=True)) or [()] * (len(item.header) + 1)
                columns = {column: list(values) for column, values in zip(item.header, cells[1:], strict=True)}
                tables[name] = Table(item, columns, list(cells[0]), f"{self._schema}.{name}")
                check_values(tables[name], faults)
        return Ledger(tables, self._schema), faults

    def append(self, rows: Mapping[str, Sequence[Mapping[str, str]]]) -> None:
        """Insert rows in one transaction."""
        from psycopg import sql

        with self._connection.transaction(), self._connection.cursor() as cursor:
            for name, added in rows.items():
                header = schemas()[name].header
                names = sql.SQL(", ").join(map(sql.Identifier, header))
                target = sql.SQL("copy {}.{} ({}) from stdin").format(sql.Identifier(self._schema), sql.Identifier(name), names)
                with cursor.copy(target) as copy:
                    for row in added:
                        copy.write_row([row.get(column, "") for column in header])

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold the advisory lock."""
        self._connection.execute("select pg_advisory_lock(%s)", (_LOCK,))
        try:
            yield
        finally:
            self._connection.execute("select pg_advisory_unlock(%s)", (_LOCK,))
