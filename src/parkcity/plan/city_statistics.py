"""The city's own statistics for the numbers that the norms ask for and space cannot tell: one table, `statistics.csv` in its folder.

A row is a value of a year: `indicator` (an id of a norm's list such as `tdt1063.034`, or the name of it in either language), `year`,
`value`, `unit`, `source`, and, if it is not of the whole city, `scope`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from parkcity.base.errors import FaultList
from parkcity.base.tables import read_csv
from parkcity.insight.norms import Asked, Recorded, asked
from parkcity.plan.dates import day
from parkcity.plan.units import convertible, factor

if TYPE_CHECKING:
    from pathlib import Path

FILE = "statistics.csv"
COLUMNS = ("indicator", "scope", "year", "value", "unit", "source")
_REQUIRED = ("indicator", "year", "value", "unit", "source")


def city_statistics(city: Path) -> dict[str, Recorded]:
    """The last value of each indicator of a norm in the city's table, in the norm's unit, by the indicator's id; none without a table.

    Raises `InputError` with every fault: a column or cell that is missing, an indicator that no list has, a year, number or unit that
    cannot be read, and two values of one year.
    """
    path = city / FILE
    if not path.is_file():
        return {}
    table, _ = read_csv(path)
    faults = FaultList()
    for column in _REQUIRED:
        if column not in table.columns:
            faults.add(path, f"there is no column '{column}'.", allowed=f"{', '.join(COLUMNS)}.", row=1)
    for column in table.columns:
        if column not in COLUMNS:
            faults.add(path, f"unknown column '{column}'.", allowed=f"{', '.join(COLUMNS)}.", row=1)
    faults.check()
    known = _known()
    found: dict[str, Recorded] = {}
    seen: dict[tuple[str, str, str], int] = {}
    for at, cells in enumerate(table.to_dict("records"), start=2):
        record = {str(key): str(text).strip() for key, text in cells.items()}
        read = _read(record, known, path, at, faults)
        if read is None:
            continue
        one, value = read
        key = (one.id, value.scope, value.on)
        if key in seen:
            faults.add(path, f"{one.id} of {value.on} stands in row {seen[key]} already.", todo="keep one of the two", row=at)
        seen[key] = at
        held = found.get(one.id)
        if held is None or day(held.on) <= day(value.on):
            found[one.id] = value
    faults.check()
    return found


def _known() -> dict[str, Asked]:
    """The indicators of the lists by id and by name; a name that several lists use stands for none."""
    found: dict[str, Asked] = {}
    twice: set[str] = set()
    for one in asked():
        for name in {one.name_zh.casefold(), one.name_en.casefold()}:
            twice |= {name} & set(found)
            found[name] = one
    return {**{name: one for name, one in found.items() if name not in twice}, **{one.id: one for one in asked()}}


def _read(record: dict[str, str], known: dict[str, Asked], path: Path, row: int, faults: FaultList) -> tuple[Asked, Recorded] | None:
    before = len(faults.faults)
    one = known.get(record["indicator"]) or known.get(record["indicator"].casefold())
    if one is None:
        todo = "see the index by norm in docs/indicators/README.md"
        faults.add(
            path, f"unknown indicator '{record['indicator']}'.", allowed="an id such as tdt1063.034, or its name.", todo=todo, row=row
        )
    if not record["source"]:
        faults.add(path, "the source is empty.", allowed="who published the value, and where.", row=row)
    try:
        day(record["year"])
    except ValueError:
        faults.add(path, f"'{record['year']}' is not a date.", allowed="2024, 2024-06 or 2024-06-30.", row=row)
    value = _number(record["value"])
    if value is None:
        faults.add(path, f"'{record['value']}' is not a number.", allowed="a number.", row=row)
    elif one is not None:
        unit = record["unit"]
        if unit != one.unit and not convertible(unit, one.unit):
            faults.add(path, f"'{unit}' cannot be turned into '{one.unit}'.", allowed=f"{one.unit}, the unit of {one.id}.", row=row)
        elif len(faults.faults) == before:
            times = 1.0 if unit == one.unit else factor(unit, one.unit)
            return one, Recorded(value * times, one.unit, record.get("scope", ""), record["year"], record["source"])
    return None


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return None
