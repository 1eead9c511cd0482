"""Units of the plan: which can be turned into each other, and how a person reads them."""

from __future__ import annotations

from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from parkcity.base.errors import UsageError
from parkcity.base.units import unit, unit_ids
from parkcity.standards.loader import load

if TYPE_CHECKING:
    from collections.abc import Mapping

    from parkcity.base.words import Lang


@cache
def _units() -> Mapping[str, tuple[float, str, str, str]]:
    found = {row.id: (row.number, row.unit, row.extra["zh"], row.extra["en"]) for row in load("plan_units")}
    # Whatever an indicator is measured in is a unit of the plan too; where no row tells more, it turns into itself alone.
    for measured in map(unit, unit_ids()):
        found.setdefault(measured.id, (1.0, measured.id, measured.zh, measured.en))
    return MappingProxyType(found)


def known_units() -> tuple[str, ...]:
    """The ids of all units."""
    return tuple(_units())


def factor(source: str, target: str) -> float:
    """What a number in `source` is multiplied with to be in `target`. Units of two kinds raise `UsageError`.

    >>> factor("km", "m")
    1000.0
    """
    units = _units()
    for name in (source, target):
        if name not in units:
            msg = f"unknown unit '{name}'; known: {', '.join(units)}"
            raise UsageError(msg)
    if units[source][1] != units[target][1]:
        msg = f"'{source}' cannot be turned into '{target}'"
        raise UsageError(msg)
    return units[source][0] / units[target][0]


def convertible(source: str, target: str) -> bool:
    """Are the two units of one kind?"""
    units = _units()
    return source in units and target in units and units[source][1] == units[target][1]


def symbol(unit_id: str, lang: Lang) -> str:
    """A unit as a person reads it."""
    entry = _units()[unit_id]
    return entry[2] if lang == "zh" else entry[3]


@cache
def _by_symbol() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for row in load("plan_units"):
        for text in (row.id, row.extra["zh"], row.extra["en"]):
            found.setdefault(text, row.id)
    return MappingProxyType(found)


def unit_of_text(text: str) -> str:
    """The id of a unit written as id or as symbol in either language; empty where no unit is written so.

    >>> unit_of_text("亿元"), unit_of_text("furlong")
    ('10^8 yuan', '')
    """
    return _by_symbol().get(text.strip(), "")
