"""Sources and clauses as a person reads them in either language."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from parkcity.base.words import Words
from parkcity.standards import load

if TYPE_CHECKING:
    from collections.abc import Mapping

    from parkcity.base.words import Lang
    from parkcity.standards import Parameter

_CHECK_UP = "TD/T 1063-2021"
_NUMBER = re.compile(r"no\. (\d+)\b")


def cited(row: Parameter, lang: Lang) -> str:
    """Source, clause and year of a standards row; what the table of translations does not know stays as the row writes it."""
    if lang == "en":
        return row.citation
    source, clause = _zh(row.source), row.clause
    number = _NUMBER.match(clause)
    if row.source == _CHECK_UP and number is not None:
        clause = f"第 {number[1]} 项“{_names()[int(number[1])]}”"
    year = "" if row.year and row.year in row.source + source + clause else row.year
    return "\uff0c".join(part for part in (source, _zh(clause), year) if part)


def translated(text: str) -> bool:
    """Has the table a translation of a source or clause?"""
    return text in _table()


def _zh(text: str) -> str:
    return _table().get(text, text)


@cache
def _table() -> Mapping[str, str]:
    words = Words.load("parkcity.serve.report", "citation_words.csv")
    return {words.get(key, "en"): words.get(key, "zh") for key in words}


@cache
def _names() -> Mapping[int, str]:
    """The names of TD/T 1063-2021 by number."""
    return {int(row.extra["number"]): row.extra["name_zh"] for row in load("health_check_indicators")}
