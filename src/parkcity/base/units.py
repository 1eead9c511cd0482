"""The units in which numbers are kept and how a person reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from parkcity.base.errors import UsageError

if TYPE_CHECKING:
    from parkcity.base.words import Lang


@dataclass(frozen=True)
class Unit:
    """A unit: its symbol in both languages, the digits to show, and the factor from the kept to the shown number."""

    id: str
    zh: str
    en: str
    digits: int
    shown_times: float = 1.0

    def symbol(self, lang: Lang) -> str:
        """The symbol in a language."""
        return self.zh if lang == "zh" else self.en

    def text(self, value: float, lang: Lang) -> str:
        """A value with its symbol, as a person reads it.

        >>> unit("share").text(0.5, "en")
        '50.0 %'
        """
        symbol = self.symbol(lang)
        number = f"{value * self.shown_times:,.{self.digits}f}"
        space = "" if lang == "zh" and symbol == "%" else " "
        return f"{number}{space}{symbol}" if symbol else number


_UNITS = {
    entry.id: entry
    for entry in (
        Unit("share", "%", "%", 1, 100.0),
        Unit("m", "米", "m", 0),
        Unit("km", "公里", "km", 1),
        Unit("min", "分钟", "min", 1),
        Unit("m2", "平方米", "m²", 0),
        Unit("km2", "平方公里", "km²", 1),
        Unit("m/person", "米/人", "m/person", 2),
        Unit("ha", "公顷", "ha", 2),
        Unit("m2/person", "平方米/人", "m²/person", 1),
        Unit("km/km2", "公里/平方公里", "km/km²", 2),
        Unit("1/km2", "个/平方公里", "per km²", 1),
        Unit("person/km2", "人/平方公里", "persons/km²", 0),
        Unit("1/100000", "个/十万人", "per 100,000 residents", 1),
        Unit("1/10000", "个/万人", "per 10,000 persons", 2),
        Unit("1/1000", "/千人", "per 1,000 persons", 1),
        Unit("ratio", "", "", 3),
        Unit("persons", "人", "persons", 0),
        Unit("jobs", "个岗位", "jobs", 0),
        Unit("index", "分", "points", 1, 100.0),
        Unit("kinds", "类", "kinds", 2),
        Unit("count", "个", "", 0),
        Unit("stops", "个站点", "stops", 1),
        Unit("departures/h", "班/小时", "departures/h", 1),
    )
}


def unit(unit_id: str) -> Unit:
    """The unit with this id; an unknown one lists those that exist."""
    if unit_id not in _UNITS:
        msg = f"unknown unit '{unit_id}'; known: {', '.join(sorted(_UNITS))}"
        raise UsageError(msg)
    return _UNITS[unit_id]


def unit_ids() -> tuple[str, ...]:
    """The ids of all units."""
    return tuple(_UNITS)


def people(count: float, lang: Lang) -> str:
    """A number of persons as a person reads it: ten-thousands in Chinese, thousands and millions in English.

    >>> people(6_998_920, "zh"), people(6_998_920, "en"), people(912, "zh")
    ('699.9 万人', '7.00 million', '912 人')
    """
    if lang == "zh":
        return f"{count / 1e4:,.1f} 万人" if count >= 1e4 else f"{count:,.0f} 人"
    return f"{count / 1e6:,.2f} million" if count >= 1e6 else f"{count:,.0f}"
