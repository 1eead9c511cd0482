"""The ledger: all tables with all their versions, and the view of them as known on a day and as true on a day."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from parkcity.base.errors import Fault, FaultList, InputError, UsageError
from parkcity.plan.dates import day
from parkcity.plan.schema import schema, schemas
from parkcity.plan.tables import Table, all_empty, read_table, table_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

FOLDER = "plan"


@dataclass(frozen=True)
class View:
    """The ledger as known on one day and as true on another: one version of each row.

    `tables` hold the current versions only. Reports are made from a view, so the same view gives the same report.
    """

    tables: Mapping[str, Table]
    at: date
    known: date

    def __getitem__(self, name: str) -> Table:
        return self.tables[schema(name).name]

    def row(self, table: str, row_id: str) -> dict[str, str]:
        """One row by id; an unknown id raises `UsageError`."""
        found = self[table]
        if row_id not in found.index:
            msg = f"table '{table}' has no row '{row_id}' as known on {self.known}"
            raise UsageError(msg)
        return found.record(found.index[row_id])

    @cached_property
    def snapshot(self) -> str:
        """An id of everything that the view shows: equal ids mean equal content, whatever the order of the rows."""
        digest = hashlib.sha256(f"{self.at} {self.known}".encode())
        for name in schemas():
            if name != "changes":
                lines = table_text(self.tables[name]).split("\n")
                digest.update("\n".join([name, lines[0], *sorted(lines[1:])]).encode())
        return digest.hexdigest()[:16]

    @property
    def plan(self) -> dict[str, str]:
        """The row of the plan itself."""
        if not len(self["plan"]):
            msg = f"no plan was known on {self.known}"
            raise UsageError(msg)
        return self["plan"].record(0)


@dataclass(frozen=True)
class Ledger:
    """All tables with all versions of all rows; `where` is the folder or database they came from."""

    tables: Mapping[str, Table]
    where: str

    def __getitem__(self, name: str) -> Table:
        return self.tables[schema(name).name]

    @cached_property
    def latest(self) -> date:
        """The last day on which anything became known: the default day of every report, so that no report reads a clock."""
        texts = {text for table in self.tables.values() for text in set(table["known_on"])}
        if not texts:
            raise InputError(Fault(self.where, "the ledger has no rows.", todo="run `parkcity plan CITY import`"))
        return max(map(day, texts))

    def view(self, at: date | None = None, known: date | None = None) -> View:
        """The ledger as true on `at` and as known on `known`.

        `at` defaults to the last day anything became known, `known` to `at`. Of the versions of a row that were known by
        then and hold by then, the one that holds since the latest day counts; of several such, the one known last.
        """
        at = at or self.latest
        known = known or at
        return View({name: current(table, at, known) for name, table in self.tables.items()}, at, known)

    def versions(self, table: str, row_id: str) -> list[dict[str, str]]:
        """All versions of one row in the order in which they were known."""
        found = self[table]
        records = [found.record(at) for at, item in enumerate(found["id"]) if item == row_id]
        if not records:
            msg = f"table '{table}' has no row '{row_id}'"
            raise UsageError(msg)
        return sorted(records, key=lambda record: (day(record["known_on"]), day(record["true_on"])))

    def find(self, row_id: str) -> list[str]:
        """The tables that hold a row with this id."""
        return [name for name, table in self.tables.items() if row_id in table.index]

    @cached_property
    def content_hash(self) -> str:
        """A hash of the whole ledger with all versions."""
        text = "\n".join(name + "\n" + table_text(self.tables[name]) for name in schemas())
        return hashlib.sha256(text.encode()).hexdigest()


def current(table: Table, at: date, known: date) -> Table:
    """The versions of a table's rows that hold on `at` as known on `known`, withdrawn rows left out."""
    knowable = {text for text in set(table["known_on"]) if day(text) <= known}
    # Actuals and targets may speak of days to come (a forecast year, a rule from next year): such rows are not yet true.
    holding = {text: day(text) for text in set(table["true_on"]) if day(text) <= at}
    best: dict[str, int] = {}
    ids, true_on, known_on = table["id"], table["true_on"], table["known_on"]
    for position, row_id in enumerate(ids):
        if known_on[position] not in knowable or true_on[position] not in holding:
            continue
        other = best.get(row_id)
        if other is None or _later(table, position, other):
            best[row_id] = position
    gone = table["withdrawn"]
    keep: Sequence[int] = [position for position in best.values() if gone[position] != "yes"]
    return table.take(keep)


def _later(table: Table, one: int, other: int) -> bool:
    times = [(day(table["true_on"][at]), day(table["known_on"][at]), at) for at in (one, other)]
    return times[0] > times[1]


def plan_folder(city: Path | str) -> Path:
    """The plan's folder of a city: `CITY/plan`, or the folder itself when it holds a plan table."""
    folder = Path(city)
    return folder if (folder / "plan.csv").is_file() else folder / FOLDER


def read(folder: Path | str) -> tuple[Ledger, FaultList]:
    """The ledger of a folder and every fault of form; relations between tables are not looked at."""
    folder = plan_folder(folder)
    if not folder.is_dir():
        faults = FaultList()
        faults.add(folder, "there is no plan here.", todo="name a city's folder that holds plan/plan.csv, or import a plan")
        return Ledger(all_empty(), str(folder)), faults
    return read_tables(folder)


def read_tables(folder: Path) -> tuple[Ledger, FaultList]:
    """The tables that lie in a folder, which may be none yet, and every fault of form."""
    faults = FaultList()
    known = {f"{name}.csv" for name in schemas()}
    for path in sorted(folder.glob("*.csv")):
        if path.name not in known:
            faults.add(path, "unknown table.", allowed=f"{', '.join(sorted(known))}.", todo="rename the file or move it elsewhere")
    tables = {name: read_table(folder / f"{name}.csv", item, faults) for name, item in schemas().items()}
    return Ledger(tables, str(folder)), faults


def load(folder: Path | str) -> Ledger:
    """The ledger of a city's folder. Raises `InputError` with every fault of form and of relation."""
    from parkcity.plan.relations import relation_faults

    ledger, faults = read(folder)
    faults.extend(relation_faults(ledger))
    faults.check()
    return ledger


def write(ledger: Ledger, folder: Path | str, only: Iterable[str] | None = None) -> None:
    """Write the tables that have rows (or the named ones) as CSV, each replaced in one step."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name in only if only is not None else [name for name in schemas() if len(ledger.tables[name])]:
        path = folder / f"{name}.csv"
        draft = path.with_suffix(".csv.new")
        draft.write_text(table_text(ledger.tables[schema(name).name]), encoding="utf-8", newline="\n")
        draft.replace(path)
