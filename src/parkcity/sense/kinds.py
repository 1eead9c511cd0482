"""Kinds of places: one table that maps what sources call a place to the kind that norms ask for."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from parkcity.base.errors import UsageError

if TYPE_CHECKING:
    from parkcity.base.words import Lang


@dataclass(frozen=True)
class Kind:
    """What a place is: id, names, theme, and the OpenStreetMap tags that say so."""

    id: str
    zh: str
    en: str
    theme: str
    osm: str

    def name(self, lang: Lang) -> str:
        """The kind's name in a language."""
        return self.zh if lang == "zh" else self.en


@cache
def kinds() -> dict[str, Kind]:
    """All kinds by id, in the order of the table: for tags that fit several kinds the first one holds."""
    text = resources.files("parkcity.sense").joinpath("kinds.csv").read_text(encoding="utf-8")
    return {row["id"]: Kind(**row) for row in csv.DictReader(text.splitlines())}


def kind(kind_id: str) -> Kind:
    """The kind with this id; an unknown one lists those that exist.

    >>> kind("park").en
    'park'
    """
    if kind_id not in kinds():
        msg = f"unknown kind of place '{kind_id}'; known: {', '.join(kinds())}"
        raise UsageError(msg)
    return kinds()[kind_id]
