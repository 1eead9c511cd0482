"""The ledger: all tables with all their versions, and the view of them as known on a day and as true on a day."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from parkcity.base.errors import Fault, FaultList, InputError, UsageError
from parkcity.base.tables import decode, read_bytes
from parkcity.plan.dates import day
from parkcity.plan.schema import schema, schemas
from parkcity.plan.tables import Table, all_empty, empty_table, read_table, table_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from parkcity.plan.schema import TableSchema

FOLDER = "plan"
FORMATS = (".csv", ".yaml")
"""How a table may be written; one file a table."""


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
    return folder if any((folder / f"plan{suffix}").is_file() for suffix in FORMATS) else folder / FOLDER


def table_files(folder: Path) -> list[Path]:
    """The files of tables that lie in a plan's folder, CSV and YAML, by name."""
    return sorted(path for name in schemas() for suffix in FORMATS if (path := folder / f"{name}{suffix}").is_file())


def has_plan(city: Path | str) -> bool:
    """Is there a plan in this city's folder?"""
    folder = plan_folder(city)
    return any((folder / f"plan{suffix}").is_file() for suffix in FORMATS)


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
    known = {f"{name}{suffix}" for name in schemas() for suffix in FORMATS}
    for path in sorted(path for suffix in (*FORMATS, ".yml") for path in folder.glob(f"*{suffix}")):
        if path.name not in known:
            faults.add(path, "unknown table.", allowed=f"{', '.join(sorted(known))}.", todo="rename the file or move it elsewhere")
    tables = {name: _read(folder, item, faults) for name, item in schemas().items()}
    return Ledger(tables, str(folder)), faults


def _read(folder: Path, item: TableSchema, faults: FaultList) -> Table:
    """A table from its one file, CSV or YAML."""
    plain, yaml = (folder / f"{item.name}{suffix}" for suffix in FORMATS)
    if not yaml.exists():
        return read_table(plain, item, faults)
    if plain.exists():
        todo = f"keep one of {plain.name} and {yaml.name}, with all rows"
        faults.add(yaml, f"the table stands in {plain.name} too.", allowed="one file a table.", todo=todo)
        return empty_table(item)
    from parkcity.plan.yaml_tables import parse_yaml

    text, _ = decode(read_bytes(yaml), str(yaml))
    return parse_yaml(text, item, str(yaml), faults)


def write(ledger: Ledger, folder: Path | str, only: Iterable[str] | None = None, suffix: str | None = None) -> None:
    """Write the tables that have rows (or the named ones), each replaced in one step.

    A table keeps the format of its file; one without a file takes that of the plan's own table, or CSV. `suffix` (one of `FORMATS`)
    says it for all of them instead.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name in only if only is not None else [name for name in schemas() if len(ledger.tables[name])]:
        path = folder / f"{schema(name).name}{suffix or _format(folder, name)}"
        draft = path.with_suffix(f"{path.suffix}.new")
        draft.write_text(_text(ledger.tables[name], path), encoding="utf-8", newline="\n")
        draft.replace(path)


def _format(folder: Path, name: str) -> str:
    """The format of a table's file, or of the plan's own where it has none."""
    return next((suffix for one in (name, "plan") for suffix in FORMATS if (folder / f"{one}{suffix}").is_file()), FORMATS[0])


def _text(table: Table, path: Path) -> str:
    """A table as its file is to hold it. A YAML file that only gains entries keeps its comments and layout."""
    if path.suffix == ".csv":
        return table_text(table)
    from parkcity.plan.yaml_tables import appended, parse_yaml, yaml_text

    if not path.is_file():
        return yaml_text(table)
    text, _ = decode(read_bytes(path), str(path))
    held = len(parse_yaml(text, table.schema, str(path), FaultList()))
    return appended(text, [table.record(at) for at in range(held, len(table))], table)
