"""The declared tables of the ledger: which columns each has, of what type, and what they mean.

The declaration is `schema.csv`; the loader, the editor, the spreadsheet and the database all read it. Every row of every
table carries two times besides its own columns: `true_on`, the day from which the row holds, and `known_on`, the day on
which it was known. A later row with the same id is a new version of it, and `withdrawn` = yes ends it.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING

from parkcity.base.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from parkcity.base.words import Lang

TIMES = ("true_on", "known_on", "withdrawn")


@dataclass(frozen=True)
class Field:
    """One column: its type, what the type allows (choices or the table referred to), and its meaning."""

    name: str
    type: str
    detail: str
    required: bool
    zh: str
    en: str

    @property
    def choices(self) -> tuple[str, ...]:
        """The values that a choice allows."""
        return tuple(self.detail.split("|")) if self.type == "choice" else ()

    def meaning(self, lang: Lang) -> str:
        """What the column holds, in a language."""
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True)
class TableSchema:
    """One table of the ledger."""

    name: str
    fields: tuple[Field, ...]

    @property
    def header(self) -> tuple[str, ...]:
        """All columns in file order."""
        return tuple(field.name for field in self.fields)

    def field(self, name: str) -> Field:
        """The column with this name; an unknown name raises `UsageError` and lists the columns."""
        for item in self.fields:
            if item.name == name:
                return item
        msg = f"table '{self.name}' has no column '{name}'; it has: {', '.join(self.header)}"
        raise UsageError(msg)


_TIME_FIELDS = (
    Field("true_on", "date", "", required=True, zh="生效日期", en="day from which the row holds"),
    Field("known_on", "date", "", required=True, zh="获知日期", en="day on which the row was known"),
    Field("withdrawn", "choice", "yes", required=False, zh="已撤销", en="yes when the row is withdrawn"),
)


@cache
def schemas() -> Mapping[str, TableSchema]:
    """Every table of the ledger by name, in the order of the declaration."""
    fields: dict[str, list[Field]] = {}
    text = resources.files("parkcity.plan").joinpath("schema.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(io.StringIO(text)):
        kind, _, detail = row["type"].partition(":")
        field = Field(row["column"], kind, detail, required=row["need"] == "required", zh=row["zh"], en=row["en"])
        fields.setdefault(row["table"], []).append(field)
    return MappingProxyType({name: TableSchema(name, (*items, *_TIME_FIELDS)) for name, items in fields.items()})


def schema(table: str) -> TableSchema:
    """The schema of a table; an unknown name raises `UsageError` and lists the tables."""
    known = schemas()
    if table not in known:
        msg = f"the ledger has no table '{table}'; it has: {', '.join(known)}"
        raise UsageError(msg)
    return known[table]
