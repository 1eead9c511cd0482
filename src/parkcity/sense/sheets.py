"""Tables as people make them: titles above, headers over several rows with merged cells, notes below, numbers as text.

The table inside a sheet is found by its numbers: the columns that mostly hold numbers tell which rows are data, the rows
right above them are the header, everything else is title, heading or note, and is counted and told.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
import warnings
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from parkcity.base.errors import Fault, InputError
from parkcity.base.tables import MAX_TEXT_BYTES, decode, read_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Row = list[str]

# What the workbook library raises on damaged parts: it checks nothing itself.
_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, OSError, EOFError, SyntaxError, LookupError, ValueError, TypeError, AttributeError),
    *(ArithmeticError, NotImplementedError, RuntimeError),
)
_HEADER_ROWS = 3
_MOST = 0.6
_NUMBER = re.compile(r"[-+]?(\d{1,3}(,\d{3})+|\d+)?(\.\d+)?([eE][-+]?\d+)?%?")
_YEARS = range(1800, 2201)


@dataclass(frozen=True)
class Sheet:
    """A table found in a sheet: `table` of texts, the 1-based rows of the header, the row of every record, and remarks."""

    table: pd.DataFrame
    header: tuple[int, int]
    rows: list[int]
    remarks: list[str]
    encoding: str = ""


def plain(text: str) -> str:
    """A cell's text with full-width characters as plain ones and without spaces around or within runs of them.

    >>> plain("　１，２３４ ")
    '1,234'
    """
    return " ".join(unicodedata.normalize("NFKC", text).split())


def is_number(text: str) -> bool:
    """Is this a number as people write them: signs, thousands commas, decimals, percent?

    >>> [is_number(text) for text in ("1,234.5", "-3", "12%", "1e5", "", "-", "A1", "1,23")]
    [True, True, True, True, False, False, False, False]
    """
    return any(char.isdecimal() for char in text) and _NUMBER.fullmatch(text) is not None


def without_commas(text: str) -> str:
    """A number without its thousands commas; other texts as they are."""
    return text.replace(",", "") if is_number(text) else text


def read_sheet(path: Path, sheet: str = "", header: tuple[int, int] | None = None) -> Sheet:
    """The table in a sheet of an Excel workbook (.xlsx) or in a CSV file.

    Raises `InputError` where the workbook has several sheets and none is named, where the named one is not there, where the
    file is broken, too large, or holds a document type declaration, and where no table can be found in it.
    """
    if path.suffix.lower() in {".xlsx", ".xlsm"}:
        rows, remarks = _workbook_rows(path, sheet)
        return find_table(rows, str(path), header, remarks)
    if sheet:
        raise InputError(Fault(str(path), "a text table has no sheets.", "leave `sheet` out."))
    text, encoding = decode(read_bytes(path), str(path))
    lines = [line for line in text.splitlines() if line.strip()]
    mark = max(",\t;", key=lambda char: sum(line.count(char) for line in lines[:50]))
    try:
        rows = [[plain(cell) for cell in row] for row in csv.reader(io.StringIO(text), delimiter=mark)]
    except csv.Error as error:
        raise InputError(Fault(str(path), f"the table cannot be split into columns ({error}).")) from None
    found = find_table(rows, str(path), header, [])
    return Sheet(found.table, found.header, found.rows, found.remarks, encoding)


def _workbook_rows(path: Path, sheet: str) -> tuple[list[Row], list[str]]:
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    where = str(path)
    _check_archive(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(path, data_only=True)
    except (InvalidFileException, *_BROKEN) as error:
        raise InputError(Fault(where, f"the workbook is broken ({error}).", todo="open it and save it again as .xlsx")) from None
    names = [page.title for page in book.worksheets]
    if not names:
        raise InputError(Fault(where, "the workbook has no sheet of cells.", "at least one.", "open it and save it again as .xlsx"))
    if not sheet and len(names) > 1:
        raise InputError(Fault(where, "the workbook has several sheets.", f"{', '.join(names)}.", "name one as `sheet` in city.toml"))
    if sheet and sheet not in names:
        raise InputError(Fault(where, f"there is no sheet '{sheet}'.", f"{', '.join(names)}."))
    page = book[sheet or names[0]]
    rows = [[_text(cell) for cell in row] for row in page.iter_rows(values_only=True)]
    merged = 0
    for area in page.merged_cells.ranges:
        if area.min_row > len(rows) or area.min_col > len(rows[area.min_row - 1]):
            continue
        value = rows[area.min_row - 1][area.min_col - 1]
        merged += area.size["rows"] * area.size["columns"] > 1
        for row in range(area.min_row - 1, min(area.max_row, len(rows))):
            for column in range(area.min_col - 1, min(area.max_col, len(rows[row]))):
                rows[row][column] = value
    return rows, [f"{merged} merged ranges were filled with their value"] if merged else []


def _check_archive(path: Path) -> None:
    """A workbook is a zip archive of XML: refuse one that unpacks to too much, or that declares entities."""
    where = str(path)
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
            if size > MAX_TEXT_BYTES:
                what = f"the workbook unpacks to {size / 2**20:,.0f} MiB."
                raise InputError(Fault(where, what, f"at most {MAX_TEXT_BYTES / 2**20:,.0f} MiB."))
            for entry in archive.infolist():
                if entry.filename.endswith((".xml", ".rels")):
                    with archive.open(entry) as part:
                        head = part.read(4096)
                    if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
                        raise InputError(Fault(where, f"'{entry.filename}' declares a document type.", "plain workbooks only."))
    except (zipfile.BadZipFile, zlib.error, OSError, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        raise InputError(Fault(where, f"this is not an .xlsx workbook ({error}).", todo="save it again as .xlsx")) from None


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    return plain(str(value))


def find_table(rows: Sequence[Row], where: str, header: tuple[int, int] | None, remarks: Sequence[str]) -> Sheet:
    """The table in rows of texts; `header` states the 1-based first and last row of the header, else it is found."""
    width = max((len(row) for row in rows), default=0)
    grid = [row + [""] * (width - len(row)) for row in rows]
    numeric, data = _data_rows(grid, header[1] if header else 0)
    if not data:
        raise InputError(
            Fault(where, "no table with numbers was found.", "rows under a header.", "state `header` as the rows of the header")
        )
    first, last = header or _header_rows(grid, data[0] + 1)
    if not 1 <= first <= last <= data[0]:
        raise InputError(Fault(where, f"the header is said to be in rows {first} to {last}.", f"rows 1 to {data[0]}, above the data."))
    names = _names(grid[first - 1 : last])
    used = [column for column in range(width) if any(grid[row][column] for row in data)]
    told = list(remarks)
    empty = [column for column in range(width) if column not in used and names[column]]
    told += [f"column '{names[column]}' is empty and was left out" for column in empty]
    labels = _unique([names[column] or f"column {column + 1}" for column in used])
    numbers = {used.index(column) for column in numeric if column in used}
    records = [
        [without_commas(grid[row][column]) if place in numbers else grid[row][column] for place, column in enumerate(used)] for row in data
    ]
    told += _account(grid, first, last, data)
    return Sheet(pd.DataFrame(records, columns=labels, dtype=str), (first, last), [row + 1 for row in data], told)


def _data_rows(grid: list[Row], after: int) -> tuple[list[int], list[int]]:
    """Columns that mostly hold numbers, and the rows that are data (0-based)."""
    some = [row for row in range(after, len(grid)) if sum(map(bool, grid[row])) > 1 and any(map(is_number, grid[row]))]
    if not some:
        # A table of texts alone: its rows are those of several cells, the first of them the header.
        full = [row for row in range(after, len(grid)) if sum(map(bool, grid[row])) > 1]
        return [], full if after else full[1:]
    width = len(grid[0])
    counts = [sum(is_number(grid[row][column]) for row in some) for column in range(width)]
    numeric = [column for column in range(width) if counts[column] >= _MOST * max(counts)]
    least = max(sum(bool(grid[row][column]) for row in some for column in numeric) / len(some) / 2, 1)
    data = []
    gap = False
    for row in range(some[0], len(grid)):
        filled = sum(is_number(grid[row][column]) for column in numeric)
        # After a blank row a line must be as full as the table's; a footnote that begins with a number is not.
        if filled and sum(map(bool, grid[row])) > 1 and (not gap or filled > least):
            data.append(row)
            gap = False
        gap |= bool(data) and not any(grid[row])
    while data and not after and _is_years(grid, data[0], numeric):
        data.pop(0)
    return numeric, data


def _is_years(grid: list[Row], row: int, numeric: list[int]) -> bool:
    """Is this a header of years: all its numbers different years, while the next row holds other numbers?"""
    texts = [grid[row][column] for column in numeric if is_number(grid[row][column])]
    years = [int(text) for text in texts if text.isdecimal() and int(text) in _YEARS]
    if len(years) < 2 or len(years) < len(texts) or len(set(years)) < len(years):
        return False
    for below in grid[row + 1 :]:
        numbers = [below[column] for column in numeric if is_number(below[column])]
        if numbers:
            return not all(text.isdecimal() and int(text) in _YEARS for text in numbers)
    return False


def _header_rows(grid: list[Row], first_data: int) -> tuple[int, int]:
    """The 1-based rows of the header: up to three rows right above the data, without gaps and without titles of one cell.

    A row of a single cell belongs to the header only where it names a column that no other header row names.
    """
    last = first_data - 1
    while last > 1 and not any(grid[last - 1]):
        last -= 1
    first = last
    named = {column for column, text in enumerate(grid[last - 1]) if text}
    while first > 1 and last - first + 1 < _HEADER_ROWS:
        above = {column for column, text in enumerate(grid[first - 2]) if text}
        if not above or (len(above) == 1 and (above <= named or not len(named) < 2)):
            break
        first -= 1
        named |= above
    return first, last


def _names(header: list[Row]) -> list[str]:
    """Column names from header rows; a cell that a merge repeats counts once."""
    out = []
    for column in range(len(header[0])):
        parts = list(dict.fromkeys(row[column] for row in header if row[column]))
        out.append(" / ".join(parts))
    return out


def _unique(names: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    out = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        out.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return out


def _account(grid: list[Row], first: int, last: int, data: list[int]) -> list[str]:
    """What was not taken for data, in words."""
    inside = set(data)
    titles = sum(any(row) for row in grid[: first - 1])
    headings = sum(any(grid[row]) and row not in inside for row in range(last, data[-1] + 1))
    notes = sum(any(row) for row in grid[data[-1] + 1 :])
    told = [f"header in row {first}" if first == last else f"header in rows {first} to {last}"]
    for count, what in ((titles, "lines above the header"), (headings, "headings between the rows"), (notes, "notes below the table")):
        if count:
            told.append(f"{count} {what} were left out")
    return told
