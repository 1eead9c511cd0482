"""Where a ledger lives: text files in the city's folder, or PostgreSQL when several people write. One behaviour for both.

A store only ever appends rows. What a row said before stays, so that a report of an earlier day can be made again.
"""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from parkcity.base.errors import Fault, FaultList, InputError
from parkcity.plan.ledger import Ledger, plan_folder, read_tables, write
from parkcity.plan.tables import Table, table_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

Rows = dict[str, list[dict[str, str]]]


class Store(Protocol):
    """A place where a ledger is kept."""

    def read(self) -> tuple[Ledger, FaultList]:
        """The ledger with all versions of all rows, and every fault of form."""
        ...

    def load(self) -> Ledger:
        """The ledger; raises `InputError` with every fault of form."""
        ...

    def append(self, rows: Mapping[str, Sequence[Mapping[str, str]]]) -> None:
        """Add rows to tables, all or none."""
        ...

    def exclusive(self) -> AbstractContextManager[None]:
        """Hold the ledger alone from reading to writing, so that two writers never overwrite each other."""
        ...


class FolderStore:
    """The text tables of a city's folder, one writer at a time by a lock file."""

    def __init__(self, city: Path | str, wait_s: float = 10.0) -> None:
        self.folder = plan_folder(city)
        self._wait_s = wait_s

    def read(self) -> tuple[Ledger, FaultList]:
        """Read the tables and look at their form."""
        return read_tables(self.folder)

    def load(self) -> Ledger:
        """Read the tables."""
        ledger, faults = self.read()
        faults.check()
        return ledger

    def append(self, rows: Mapping[str, Sequence[Mapping[str, str]]]) -> None:
        """Write the tables that got rows; the table of changes last, so that it never speaks of a row that is not there."""
        ledger = self.load()
        tables = dict(ledger.tables)
        names = sorted((name for name, added in rows.items() if added), key=lambda name: name == "changes")
        for name in names:
            tables[name] = extended(tables[name], rows[name])
        write(Ledger(tables, ledger.where), self.folder, names)

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold the lock file; raises `InputError` when another writer keeps it too long."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / ".lock"
        deadline = time.monotonic() + self._wait_s
        while True:
            try:
                handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
                break
            except FileExistsError:
                if time.monotonic() > deadline:
                    todo = "wait for the other writer; if there is none, remove the file"
                    raise InputError(Fault(str(path), "another writer holds the plan.", todo=todo)) from None
                time.sleep(0.02)
        try:
            os.write(handle, str(os.getpid()).encode())
            os.close(handle)
            yield
        finally:
            path.unlink(missing_ok=True)


def extended(table: Table, rows: Sequence[Mapping[str, str]]) -> Table:
    """A table with rows added at its end."""
    more = table_of(table.schema, rows)
    columns = {name: [*table[name], *more[name]] for name in table.schema.header}
    last = table.rows[-1] if len(table) else 1
    return Table(table.schema, columns, [*table.rows, *range(last + 1, last + 1 + len(rows))], table.where)
