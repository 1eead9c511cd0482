"""Exchange: SDMX-style tidy CSV with Open SDG column names, and a spreadsheet that goes out and comes back without loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

from parkcity.base.errors import FaultList, InputError
from parkcity.plan.ledger import Ledger
from parkcity.plan.schema import schemas
from parkcity.plan.tables import Table, all_empty, check_values, table_of

if TYPE_CHECKING:
    from pathlib import Path

    from parkcity.plan.ledger import View

TIDY_COLUMNS = (
    "INDICATOR",
    "TARGET",
    "REF_AREA",
    "TIME_PERIOD",
    "OBS_VALUE",
    "UNIT_MEASURE",
    "OBS_STATUS",
    "SERIES_ROLE",
    "SOURCE",
    "CONFIDENCE",
    "UNVERIFIED",
)
OPEN_SDG_COLUMNS = ("Year", "Scope", "Units", "Value")
_STATUS = {"eq": "A", "approx": "E", "ge": "L", "gt": "L", "le": "U", "lt": "U"}


def tidy_rows(view: View) -> list[dict[str, object]]:
    """Actuals, baselines and targets as one observation a row, in the concepts of SDMX.

    `OBS_STATUS`: A as published, E approximate, L a lower bound, U an upper bound. `SERIES_ROLE`: actual, baseline or target.
    `UNVERIFIED` holds the words "from memory, unverified" for values that are not official.
    """
    from parkcity.plan.document import words

    rows: list[dict[str, object]] = []

    def put(row: dict[str, str], role: str, period: str, value: str, op: str, confidence: str) -> None:
        mark = words().get("unverified", "en") if confidence == "M" else ""
        target = row["target"] if role == "actual" else row["id"]
        cells = (
            row["indicator"],
            target,
            row["scope"],
            period,
            float(value),
            row["unit"],
            _STATUS[op],
            role,
            row["source"],
            confidence,
            mark,
        )
        rows.append(dict(zip(TIDY_COLUMNS, cells, strict=True)))

    for row in view["actuals"]:
        put(row, "actual", row["true_on"], row["value"], row["op"], row["confidence"])
    for row in view["targets"]:
        if row["baseline"]:
            put(row, "baseline", row["baseline_year"], row["baseline"], "eq", row["baseline_confidence"] or row["confidence"])
        if row["target"]:
            put(row, "target", row["target_year"], row["target"], row["op"] or "eq", row["confidence"])
    return rows


def open_sdg_rows(view: View, indicator: str) -> list[dict[str, object]]:
    """The data file of one indicator as the Open SDG build reads it: year, disaggregations, value last. Values from memory stay out."""
    rows = [
        {"Year": int(row["true_on"][:4]), "Scope": row["scope"], "Units": row["unit"], "Value": float(row["value"])}
        for row in view["actuals"]
        if row["indicator"] == indicator and row["confidence"] != "M"
    ]
    return sorted(rows, key=lambda row: (str(row["Scope"]), int(str(row["Year"]))))


def write_spreadsheet(ledger: Ledger, path: Path) -> None:
    """Every table with rows as a sheet of text cells, all versions, so that reading it back gives the same ledger."""
    from openpyxl import Workbook
    from openpyxl.styles import Font

    book = Workbook()
    book.remove(book.worksheets[0])
    for name, item in schemas().items():
        table = ledger.tables[name]
        if not len(table):
            continue
        sheet = book.create_sheet(name)
        sheet.append(list(item.header))
        for cell in sheet[1]:
            cell.font = Font(bold=True)
        for record in table:
            sheet.append([record[column] or None for column in item.header])
            for cell in sheet[sheet.max_row]:
                cell.number_format = "@"
                if isinstance(cell.value, str):
                    # A text that begins with = or a digit stays text.
                    cell.data_type = "s"
        sheet.freeze_panes = "B2"
    book.save(path)


def read_spreadsheet(path: Path) -> Ledger:
    """A ledger from a spreadsheet: one sheet a table, first row the columns. Raises `InputError` with every fault of form."""
    from zipfile import BadZipFile

    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    faults = FaultList()
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError, OSError) as error:
        faults.add(path, f"this is not a spreadsheet ({error}).", allowed="an .xlsx file.")
        raise InputError(faults.faults) from None
    tables: dict[str, Table] = dict(all_empty())
    for sheet in book.worksheets:
        if sheet.title not in schemas():
            faults.add(path, f"unknown sheet '{sheet.title}'.", allowed=f"{', '.join(schemas())}.", todo="rename or remove the sheet")
            continue
        item = schemas()[sheet.title]
        lines = [[_text(value) for value in line] for line in sheet.iter_rows(values_only=True)]
        header = lines[0] if lines else []
        unknown = [name for name in header if name not in item.header]
        for name in unknown:
            faults.add(path, f"sheet '{sheet.title}': unknown column '{name}'.", allowed=f"{', '.join(item.header)}.", row=1)
        if unknown:
            continue
        records = [dict(zip(header, line, strict=False)) for line in lines[1:] if any(line)]
        tables[sheet.title] = table_of(item, records, f"{path}[{sheet.title}]")
        check_values(tables[sheet.title], faults)
    book.close()
    faults.check()
    return Ledger(tables, str(path))


def _text(value: object) -> str:
    from datetime import datetime

    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)
