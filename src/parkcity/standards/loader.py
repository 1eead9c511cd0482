"""The one loader of the standards tables."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING

from parkcity.base.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

REQUIRED = ("id", "value", "unit", "source", "clause", "year", "confidence")
CONFIDENCES = ("S", "F", "L", "M")


@dataclass(frozen=True)
class Parameter:
    """One row of a standards table: a value with its unit, its source and how sure it is."""

    id: str
    value: str
    unit: str
    source: str
    clause: str
    year: str
    confidence: str
    extra: Mapping[str, str]

    @property
    def number(self) -> float:
        """The value as a number; an empty or textual value raises."""
        try:
            return float(self.value)
        except ValueError:
            msg = f"standards row '{self.id}' has no number: '{self.value}'"
            raise ValueError(msg) from None

    def extra_number(self, column: str) -> float | None:
        """Another column of the row as a number, or None where it is empty."""
        text = self.extra[column]
        return float(text) if text else None

    @property
    def official(self) -> bool:
        """May the value be printed as official? Not if it is from memory or an engine default."""
        return self.confidence != "M"

    @property
    def citation(self) -> str:
        """Source, clause and year in one line."""
        parts = [self.source, self.clause, "" if self.year and self.year in self.source else self.year]
        return ", ".join(part for part in parts if part)


@cache
def tables() -> tuple[str, ...]:
    """The names of all tables."""
    folder = resources.files("parkcity.standards")
    return tuple(sorted(entry.name.removesuffix(".csv") for entry in folder.iterdir() if entry.name.endswith(".csv")))


@cache
def _table(name: str) -> Mapping[str, Parameter]:
    if name not in tables():
        msg = f"no standards table '{name}'; there are: {', '.join(tables())}"
        raise UsageError(msg)
    rows: dict[str, Parameter] = {}
    with resources.files("parkcity.standards").joinpath(f"{name}.csv").open(encoding="utf-8") as file:
        reader = csv.DictReader(file)
        missing = [column for column in REQUIRED if column not in (reader.fieldnames or ())]
        if missing:
            msg = f"standards table '{name}' lacks the columns {missing}"
            raise ValueError(msg)
        for record in reader:
            extra = MappingProxyType({key: text for key, text in record.items() if key not in REQUIRED})
            row = Parameter(**{key: record[key] for key in REQUIRED}, extra=extra)
            if row.id in rows or row.confidence not in CONFIDENCES:
                msg = f"standards table '{name}', row '{row.id}': id stands twice or confidence is not one of {CONFIDENCES}"
                raise ValueError(msg)
            rows[row.id] = row
    return MappingProxyType(rows)


def load(name: str) -> list[Parameter]:
    """All rows of a table, in file order. An unknown table raises `UsageError` and lists those that exist.

    >>> len(load("life_circle_levels"))
    4
    """
    return list(_table(name).values())


def parameter(table: str, row_id: str) -> Parameter:
    """One row of a table.

    >>> parameter("tod_parameters", "tod.radius.interchange").number
    800.0
    """
    rows = _table(table)
    if row_id not in rows:
        msg = f"standards table '{table}' has no row '{row_id}'"
        raise UsageError(msg)
    return rows[row_id]
