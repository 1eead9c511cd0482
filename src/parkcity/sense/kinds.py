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

SCHEMES = ("amap", "baidu", "overture")
"""Sources whose category codes the table knows, beside OpenStreetMap's tags."""

_GROUP_DIGITS = 4


@dataclass(frozen=True)
class Kind:
    """What a place is: id, names, theme, and how each source says so.

    `osm` is an expression over tags; `amap` are six-digit category codes, `baidu` names of its second level, `overture`
    names of its primary category (`*_museum`: all that end so), each joined by `|`.
    """

    id: str
    zh: str
    en: str
    theme: str
    osm: str
    amap: str
    baidu: str
    overture: str

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


@cache
def _codes(scheme: str) -> dict[str, str]:
    if scheme not in SCHEMES:
        msg = f"unknown scheme of categories '{scheme}'; known: {', '.join(SCHEMES)}"
        raise UsageError(msg)
    return {code: kind.id for kind in kinds().values() for code in getattr(kind, scheme).split("|") if code}


def kind_of(scheme: str, category: str) -> str:
    """The kind that a source's category means, or an empty text; an unknown scheme raises.

    Sources may give several categories joined by `|` (the first that is known holds) and, for Baidu, paths joined by `;`
    (the last part that is known holds). An Amap code stands for itself, else for its group of four digits; a category of Overture
    for itself, else for its ending.

    >>> kind_of("amap", "141203"), kind_of("amap", "090205|090100"), kind_of("baidu", "教育培训;小学"), kind_of("overture", "bar")
    ('primary_school', 'hospital', 'primary_school', '')
    >>> kind_of("overture", "thai_restaurant"), kind_of("overture", "childrens_museum")
    ('restaurant', 'museum')
    """
    codes = _codes(scheme)
    for text in category.replace(";", "|" if scheme == "amap" else ";").split("|"):
        for part in reversed(text.strip().split(";")):
            if part.strip() in codes:
                return codes[part.strip()]
        group = f"{text.strip()[:_GROUP_DIGITS]}00"
        if scheme == "amap" and group in codes:
            return codes[group]
        ending = next((code for code in codes if code.startswith("*") and text.strip().endswith(code[1:])), "")
        if ending:
            return codes[ending]
    return ""
