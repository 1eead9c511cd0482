"""What is odd about a feed but can be lived with: file, row, what, and what follows for the results."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from parkcity.base.words import Lang, Words

if TYPE_CHECKING:
    from collections.abc import Iterable

SHOWN_ROWS = 5
"""Rows of one kind in one file that are told one by one; the others are counted."""


@cache
def _words() -> Words:
    return Words.load("parkcity.sense.gtfs")


@dataclass(frozen=True)
class Finding:
    """One oddity. `row` is the 1-based line of the file, None where it concerns the file as a whole."""

    file: str
    row: int | None
    id: str
    value: str

    def what(self, lang: Lang) -> str:
        """What is odd."""
        return _words().get(self.id, lang, value=self.value)

    def effect(self, lang: Lang) -> str:
        """What was done about it, and so what follows."""
        return _words().get(f"{self.id}.effect", lang)

    def text(self, lang: Lang) -> str:
        """File, row, what and effect in one line."""
        if lang == "zh":
            place = f"{self.file} 第 {self.row} 行" if self.row is not None else self.file
            return f"{place}：{self.what(lang)}；{self.effect(lang)}。"
        place = f"{self.file}, row {self.row}" if self.row is not None else self.file
        return f"{place}: {self.what(lang)}; {self.effect(lang)}."


@dataclass
class Findings:
    """The oddities of one feed, in the order in which they were found."""

    found: list[Finding] = field(default_factory=list)

    def add(self, file: str, finding: str, value: object, row: int | None = None) -> None:
        """Note one oddity."""
        self.found.append(Finding(file, row, finding, str(value)))

    def add_rows(self, file: str, finding: str, rows: Iterable[int], values: Iterable[object]) -> None:
        """Note an oddity of many rows: the first few one by one, the others as a number."""
        listed = [(int(row), value) for row, value in zip(rows, values, strict=True)]
        for row, value in listed[:SHOWN_ROWS]:
            self.add(file, finding, value, row)
        if len(listed) > SHOWN_ROWS:
            self.add(file, "more", len(listed) - SHOWN_ROWS)

    def ids(self) -> set[str]:
        """Which kinds were found."""
        return {finding.id for finding in self.found}
