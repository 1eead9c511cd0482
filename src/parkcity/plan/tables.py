"""Text tables of the ledger: read with every fault and its row, written so that a difference shows in git."""

from __future__ import annotations

import csv
import io
import math
import re
from dataclasses import dataclass, field
from itertools import accumulate, islice
from typing import TYPE_CHECKING

from parkcity.base.tables import decode, read_bytes
from parkcity.plan.dates import day
from parkcity.plan.schema import Field, TableSchema, schemas
from parkcity.plan.units import known_units

if TYPE_CHECKING:
    from _csv import Reader as CsvReader
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from parkcity.base.errors import FaultList

_SHA256 = re.compile(r"[0-9a-f]{64}")
_ID = re.compile(r"[^\s,;|]+")
_SHOWN = 20
_BLOCK = 4096


@dataclass(frozen=True)
class Table:
    """One table as text columns of equal length; `rows` holds the row number of each record in its file.

    Large tables keep tuples, which the garbage collector passes over once it saw that they hold texts alone.
    """

    schema: TableSchema
    columns: Mapping[str, Sequence[str]]
    rows: Sequence[int]
    where: str = ""
    _index: dict[str, int] = field(default_factory=dict, compare=False, repr=False)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, column: str) -> Sequence[str]:
        return self.columns[column]

    def __iter__(self) -> Iterator[dict[str, str]]:
        return (self.record(position) for position in range(len(self)))

    def record(self, position: int) -> dict[str, str]:
        """One record as a dictionary."""
        return {name: values[position] for name, values in self.columns.items()}

    def take(self, positions: Sequence[int]) -> Table:
        """The records at these positions."""
        if len(positions) == len(self.rows) and list(positions) == list(range(len(self.rows))):
            return self
        columns = {name: tuple(map(values.__getitem__, positions)) for name, values in self.columns.items()}
        return Table(self.schema, columns, tuple(map(self.rows.__getitem__, positions)), self.where)

    @property
    def index(self) -> Mapping[str, int]:
        """Position by id; of several versions the last in the file."""
        if not self._index and len(self):
            self._index.update({item: at for at, item in enumerate(self.columns["id"])})
        return self._index


def empty_table(schema: TableSchema) -> Table:
    """A table without rows."""
    return Table(schema, {name: [] for name in schema.header}, [])


def table_of(schema: TableSchema, records: Sequence[Mapping[str, str]], where: str = "") -> Table:
    """A table from records; missing columns are empty, rows count from 2 as in a file."""
    columns = {name: [record.get(name, "") for record in records] for name in schema.header}
    return Table(schema, columns, list(range(2, len(records) + 2)), where)


def read_table(path: Path, schema: TableSchema, faults: FaultList) -> Table:
    """A table from its CSV file; a file that is not there is an empty table. Faults of form are added to `faults`."""
    if not path.exists():
        return empty_table(schema)
    text, _ = decode(read_bytes(path), str(path))
    return parse_table(text, schema, str(path), faults)


def parse_table(text: str, schema: TableSchema, where: str, faults: FaultList) -> Table:
    """A table from CSV text. Unknown and missing columns, ragged rows and wrong values are added to `faults`."""
    reader = csv.reader(io.StringIO(text))
    header = [name.strip() for name in next(reader, [])]
    if not _check_header(header, schema, where, faults):
        return empty_table(schema)
    rows, cells = _read_cells(reader, len(header), where, faults)
    columns: dict[str, Sequence[str]] = dict(zip(header, map(tuple, cells), strict=True))
    for name in schema.header:
        columns.setdefault(name, ("",) * len(rows))
    table = Table(schema, {name: columns[name] for name in schema.header}, tuple(rows), where)
    check_values(table, faults)
    return table


def _read_cells(reader: CsvReader, width: int, where: str, faults: FaultList) -> tuple[list[int], list[list[str]]]:
    """Row numbers and `width` columns of cells; records of another width are faults. In blocks, so that few records are alive at once."""
    rows: list[int] = []
    cells: list[list[str]] = [[] for _ in range(width)]
    before = reader.line_num
    while block := list(islice(reader, _BLOCK)):
        lines = _lines(block, before, reader.line_num)
        before = reader.line_num
        if all(len(record) == width for record in block):
            rows.extend(lines)
        else:
            for row, record in zip(lines, block, strict=True):
                if len(record) == width:
                    rows.append(row)
                elif record:
                    what = f"{len(record)} cells."
                    faults.add(where, what, allowed=f"{width} cells.", todo="quote cells that hold a comma", row=row)
            block = [record for record in block if len(record) == width]
        for column, part in zip(cells, zip(*block, strict=True), strict=False):
            column.extend(part)
    return rows, cells


def _lines(block: Sequence[Sequence[str]], before: int, after: int) -> Sequence[int]:
    """The line on which each record ends, the block standing between two lines of its file."""
    if after - before == len(block):
        return range(before + 1, after + 1)
    # A quoted cell may hold line breaks.
    return list(accumulate((1 + sum(cell.count("\n") for cell in record) for record in block), initial=before))[1:]


def _check_header(header: list[str], schema: TableSchema, where: str, faults: FaultList) -> bool:
    unknown = [name for name in header if name not in schema.header]
    double = sorted({name for name in header if header.count(name) > 1})
    lacking = [item.name for item in schema.fields if item.required and item.name not in header]
    allowed = f"{', '.join(schema.header)}."
    for name in unknown:
        faults.add(where, f"unknown column '{name}'.", allowed=allowed, todo="rename or remove the column", row=1)
    for name in double:
        faults.add(where, f"column '{name}' stands twice.", todo="remove one of them", row=1)
    for name in lacking:
        faults.add(where, f"there is no column '{name}'.", allowed=allowed, todo="add the column", row=1)
    return not (unknown or double or lacking)


def check_values(table: Table, faults: FaultList) -> None:
    """Check every cell against its column's type. Each distinct text is judged once."""
    for item in table.schema.fields:
        values = table[item.name]
        if item.type == "id" and _all_ids(values):
            continue
        bad = {value for value in set(values) if not _fits(value, item)}
        if not bad:
            continue
        positions = [at for at, value in enumerate(values) if value in bad]
        for at in positions[:_SHOWN]:
            what = f"column '{item.name}' holds '{values[at]}'." if values[at] else f"column '{item.name}' is empty."
            faults.add(table.where, what, allowed=allowed_text(item), todo="correct the cell", row=table.rows[at])
        if len(positions) > _SHOWN:
            more = len(positions) - _SHOWN
            faults.add(table.where, f"column '{item.name}': {more} more rows like these.", allowed=allowed_text(item))


def _all_ids(values: Sequence[str]) -> bool:
    """Is every cell an id? Asked of all at once, because the ids of a table are its longest list of distinct texts."""
    return "" not in values and _ID.fullmatch("".join(values)) is not None


def _fits(value: str, item: Field) -> bool:
    if not value:
        return not item.required
    if item.type == "choice":
        return value in item.choices
    test = _TESTS.get(item.type)
    return test is None or test(value)


def _is_number(value: str) -> bool:
    try:
        return math.isfinite(float(value))
    except ValueError:
        return False


def _is_date(value: str) -> bool:
    try:
        day(value)
    except ValueError:
        return False
    return True


_TESTS: Mapping[str, Callable[[str], bool]] = {
    "number": _is_number,
    "positive": lambda value: _is_number(value) and float(value) >= 0,
    "integer": lambda value: value.isdecimal(),
    "date": _is_date,
    "id": lambda value: _ID.fullmatch(value) is not None,
    "unit": lambda value: value in known_units(),
    "sha256": lambda value: _SHA256.fullmatch(value) is not None,
}


def allowed_text(item: Field) -> str:
    """What a column allows, in words."""
    words = {
        "number": "a number.",
        "positive": "a number, zero or more.",
        "integer": "a whole number.",
        "date": "a date such as 2020, 2020-11 or 2020-11-01.",
        "id": "a text without spaces, commas, semicolons and bars.",
        "unit": f"one of {', '.join(known_units())}.",
        "sha256": "64 hexadecimal digits.",
        "text": "a text.",
        "ref": f"an id of the table {item.detail}.",
        "refs": f"ids of the table {item.detail}, separated by spaces.",
        "choice": f"one of {', '.join(item.choices)}.",
    }
    return words[item.type] + ("" if item.required else " Or empty.")


def table_text(table: Table) -> str:
    """A table as CSV text: all columns in declared order, one record a line, LF."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table.schema.header)
    writer.writerows(zip(*(table[name] for name in table.schema.header), strict=True))
    return out.getvalue()


def all_empty() -> dict[str, Table]:
    """Every table of the ledger, without rows."""
    return {name: empty_table(item) for name, item in schemas().items()}
