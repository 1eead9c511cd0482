"""Statistical tables in the layouts in which yearbooks come: long, years across, indicators across.

- long: one row a value, with columns for indicator, year and value;
- years across: one row an indicator, one column a year (2020, 2021年, 2022 …);
- indicators across: one row a year, one column an indicator.

Which column is what is found by its name in either language; units and areas come from columns of their own, or in brackets
after the name, as in 地区生产总值(亿元), or from the call.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from parkcity.base.errors import FaultList
from parkcity.base.tables import read_csv
from parkcity.plan.units import known_units, unit_of_text

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from parkcity.plan.ledger import View

_YEAR = re.compile(r"(?:19|20)\d\d")
_NAMES = {
    "indicator": ("indicator", "指标", "指标名称", "项目", "name", "id"),
    "year": ("year", "年份", "年度", "年", "date", "时间"),
    "value": ("value", "数值", "值", "数据"),
    "unit": ("unit", "单位", "计量单位"),
    "scope": ("scope", "area", "范围", "地区", "区域"),
}
_BRACKET = re.compile(r"^(.*?)\s*[((]([^()()]+)[))]\s*$")
_MISSING = {"", "-", "—", "…", "...", "..", "na", "n/a"}


@dataclass(frozen=True)
class Given:
    """What a table does not say itself: where it is from, how sure it is, and the area and unit of rows without their own."""

    source: str
    known_on: str
    confidence: str = "F"
    scope: str = ""
    unit: str = ""


@dataclass(frozen=True)
class _Value:
    row: int
    name: str
    unit: str
    scope: str
    year: str
    text: str


def statistics_actuals(view: View, path: Path, given: Given) -> list[dict[str, str]]:
    """Rows for `actuals` from a statistical table of any of the three layouts.

    An indicator is recognised by its id or by a target's name in either language. Raises `InputError` with every value that
    cannot be read, every indicator that no target and no actual knows, and every unit that is not known.
    """
    table, _ = read_csv(path)
    faults = FaultList()
    known = _known(view)
    rows: list[dict[str, str]] = []
    for item in _values(table, path, faults):
        indicator = known.get(item.name.casefold())
        written = item.unit or given.unit
        unit = unit_of_text(written) if written else _unit_in_ledger(view, indicator)
        value = _number(item.text)
        if indicator is None:
            faults.add(path, f"unknown indicator '{item.name}'.", todo="name an indicator of targets.csv or actuals.csv", row=item.row)
        elif not unit:
            faults.add(path, f"unknown unit '{written}'.", allowed=f"{', '.join(known_units())}.", row=item.row)
        elif value is None:
            faults.add(path, f"'{item.text}' is not a number.", allowed="a number, or empty where there is none.", row=item.row)
        else:
            rows.append(_row(view, indicator, unit, value, item, given))
    faults.check()
    return rows


def _known(view: View) -> dict[str, str]:
    known = {name.casefold(): name for name in view["actuals"]["indicator"]}
    for row in view["targets"]:
        known |= {row[key].casefold(): row["indicator"] for key in ("indicator", "name_zh", "name_en")}
    return known


def _unit_in_ledger(view: View, indicator: str | None) -> str:
    for table in ("targets", "actuals"):
        for name, unit in zip(view[table]["indicator"], view[table]["unit"], strict=True):
            if name == indicator:
                return unit
    return ""


def _scope_in_ledger(view: View, indicator: str) -> str:
    for name, scope in zip(view["targets"]["indicator"], view["targets"]["scope"], strict=True):
        if name == indicator:
            return scope
    return ""


def _row(view: View, indicator: str, unit: str, value: float, item: _Value, given: Given) -> dict[str, str]:
    scope = item.scope or given.scope or _scope_in_ledger(view, indicator)
    return {
        "id": f"{indicator}-{item.year}-{given.known_on}" + (f"-{scope}" if item.scope else ""),
        "indicator": indicator,
        "scope": scope,
        "value": repr(value).removesuffix(".0"),
        "op": "eq",
        "unit": unit,
        "origin": "statistic",
        "source": given.source,
        "confidence": given.confidence,
        "true_on": item.year,
    }


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", "").replace(",", "").strip())
    except ValueError:
        return None


def _values(table: pd.DataFrame, path: Path, faults: FaultList) -> list[_Value]:
    columns = {role: next((name for name in table.columns if name.casefold() in names), "") for role, names in _NAMES.items()}
    years = [name for name in table.columns if _YEAR.fullmatch(name.removesuffix("年"))]
    if columns["indicator"] and columns["value"] and columns["year"]:
        names = [(columns["value"], "")]
    elif columns["indicator"] and years:
        names = [(name, name) for name in years]
    elif columns["year"]:
        names = [(name, "") for name in table.columns if name not in columns.values()]
    else:
        allowed = "indicator, year and value; or indicator and years; or year and indicators."
        faults.add(path, f"the layout is not known: columns {', '.join(table.columns)}.", allowed=allowed, row=1)
        return []
    found: list[_Value] = []
    for at, cells in enumerate(table.to_dict("records")):
        record = {str(key): str(text) for key, text in cells.items()}
        for column, fixed_year in names:
            if record[column].strip().casefold() not in _MISSING:
                found.extend(_value(record, columns, column, fixed_year, at + 2, path, faults))
    return found


def _value(
    record: dict[str, str], columns: dict[str, str], column: str, fixed_year: str, row: int, path: Path, faults: FaultList
) -> list[_Value]:
    year = (fixed_year or record[columns["year"]]).strip().removesuffix("年")
    if not _YEAR.fullmatch(year):
        faults.add(path, f"'{year}' is not a year.", allowed="a year such as 2020.", row=row)
        return []
    name = (record[columns["indicator"]] if columns["indicator"] else column).strip()
    match = _BRACKET.match(name)
    unit = record[columns["unit"]] if columns["unit"] else ""
    if match and not unit and unit_of_text(match.group(2)):
        name, unit = match.group(1), match.group(2)
    scope = record[columns["scope"]] if columns["scope"] else ""
    return [_Value(row, name, unit.strip(), scope.strip(), year, record[column].strip())]
