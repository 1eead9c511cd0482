"""The lists of the norms by their own numbers: what answers each indicator, and what is missing where nothing does.

An indicator of a norm is computed (by one or more indicators of the registry, with the differences named), recorded (a series
of statistics that the city keeps), or missing (and then it says what it needs). None is left out.
Lists: TD/T 1063-2021; the facilities of GB 50180-2018; the housing ministry's spatial indicators of 2021 and its basic indicators of
2023; the commuting monitor.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from parkcity.base.words import Words
from parkcity.insight.classes import class_of_facility
from parkcity.insight.registry import INDICATORS
from parkcity.insight.run import Status, missing_needs, status_of
from parkcity.standards import Parameter, load

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from parkcity.base.words import Lang
    from parkcity.insight.registry import Indicator
    from parkcity.twin.twin import Twin

LISTS = ("tdt1063", "gb50180", "mohurd", "mohurd61", "cmm")
COLUMNS = (
    "norm",
    "number",
    "id",
    "name_zh",
    "name_en",
    "status",
    "value",
    "unit",
    "indicator",
    "grade",
    "recorded",
    "recorded_unit",
    "recorded_scope",
    "recorded_on",
    "recorded_from",
    "series",
    "needs",
    "differs",
)
_OTHERWISE = {"lc.5.bus_stop": ("transit.bus_stop.within_300_m",)}
"""What answers a facility that is no kind of place of its own."""
_POLARITY = {"1": "higher", "-1": "lower"}


@dataclass(frozen=True)
class Recorded:
    """The last value of a series of statistics: its number, unit, the area it is of, date and source."""

    value: float
    unit: str
    scope: str
    on: str
    source: str


@dataclass(frozen=True)
class Asked:
    """An indicator that a norm asks for: the list it is of, its number there, and what answers it.

    `indicators` are ids of the registry, the closest first; `series` is a name in the plan's table of actuals; `needs` and
    `differs` are keys of the texts: what is lacking, and in what the computed number departs from the norm.
    """

    id: str
    norm: str
    number: int
    name_zh: str
    name_en: str
    unit: str
    polarity: str
    row: Parameter
    indicators: tuple[str, ...]
    series: str
    needs: str
    differs: tuple[str, ...]

    def name(self, lang: Lang) -> str:
        """The name in a language."""
        return self.name_zh if lang == "zh" else self.name_en


@cache
def asked() -> tuple[Asked, ...]:
    """Every indicator of every list, by list and number.

    >>> sum(one.norm == "tdt1063" for one in asked())
    122
    """
    answers = {row.id: row for row in load("norm_answers")}
    found = []
    for row in [*load("health_check_indicators"), *load("checkup_lists")]:
        answer = answers[row.id]
        found.append(
            Asked(
                id=row.id,
                norm=row.id.partition(".")[0],
                number=int(row.extra["number"]),
                name_zh=row.extra["name_zh"],
                name_en=row.extra["name_en"],
                unit=row.unit,
                polarity=_POLARITY.get(row.extra.get("polarity", ""), "neutral"),
                row=row,
                indicators=tuple(answer.extra["indicators"].split()),
                series=answer.extra["series"],
                needs=answer.extra["needs"],
                differs=tuple(answer.extra["differs"].split()),
            )
        )
    found += [_facility(number, row) for number, row in enumerate(load("life_circle_facilities"), start=1)]
    return tuple(sorted(found, key=lambda one: (LISTS.index(one.norm), one.number)))


def _facility(number: int, row: Parameter) -> Asked:
    """What answers a facility of GB 50180-2018: the land and the residents within its metres, else how many of it there are."""
    class_id = class_of_facility(row.id)
    named = (f"coverage.{class_id}", f"life_circle.{class_id}", f"services.{class_id}.per_100000")
    indicators = _OTHERWISE.get(row.id) or tuple(name for name in named if name in INDICATORS)
    return Asked(
        id=f"gb50180.{row.id.removeprefix('lc.')}",
        norm="gb50180",
        number=number,
        name_zh=f"{row.extra['name_zh']}（{row.extra['level_min']}分钟）"
        if row.extra["level_min"] != "0"
        else f"{row.extra['name_zh']}（居住街坊）",
        name_en=f"{row.extra['name_en']} ({row.extra['level_min']} min)"
        if row.extra["level_min"] != "0"
        else f"{row.extra['name_en']} (block)",
        unit="share",
        polarity="higher",
        row=row,
        indicators=indicators,
        series="",
        needs="" if indicators else "estates",
        differs=(),
    )


def words() -> Words:
    """The texts of the lists, in both languages."""
    return Words.load("parkcity.insight", "norm_words.csv")


def answers_of(indicator: Indicator) -> list[Asked]:
    """What the norms ask for and an indicator answers."""
    return [one for one in asked() if indicator.id in one.indicators]


def standing(one: Asked, twin: Twin | None, recorded: Mapping[str, Recorded]) -> tuple[Status, list[str]]:
    """Is an indicator of a norm computed, recorded or missing in a city, and what it needs.

    Needs are layers and places as of `missing_needs` where an indicator exists, else `statistics:KEY` with a key of the texts.
    Without a city, what an indicator answers counts as computed, and what has a series as recorded.
    """
    if one.indicators and (twin is None or any(status_of(INDICATORS.get(name), twin)[0] == "computed" for name in one.indicators)):
        return "computed", []
    if one.id in recorded or (one.series and (twin is None or one.series in recorded)):
        return "recorded", []
    if one.indicators and twin is not None:
        return "missing", missing_needs(INDICATORS.get(one.indicators[0]), twin)
    return "missing", [f"statistics:{one.needs}"]


def norm_rows(twin: Twin, city_rows: Iterable[Mapping[str, Any]], recorded: Mapping[str, Recorded]) -> list[dict[str, Any]]:
    """One row for every indicator of every list with the columns of `COLUMNS`.

    `city_rows`: measured rows as of `Measured.rows`; those of the whole city and of all residents are used. `recorded`: the last
    value of each series of the city's statistics, by the series' name or by the id of the list. A computed and a recorded value may
    stand side by side; neither replaces the other.
    """
    measured = {row["indicator"]: row for row in city_rows if row["tier"] == "city" and row["group"] == "all"}
    rows = []
    for one in asked():
        status, needs = standing(one, twin, recorded)
        found = next((measured[name] for name in one.indicators if name in measured and measured[name]["value"] is not None), None)
        if status == "computed" and found is None:
            # It could be measured, but the city leaves it out or nobody lives where it would count.
            status, needs = ("recorded", []) if {one.id, one.series} & set(recorded) else ("missing", ["statistics:skipped"])
        noted = recorded.get(one.id) or recorded.get(one.series)
        rows.append(
            {
                "norm": one.norm,
                "number": one.number,
                "id": one.id,
                "name_zh": one.name_zh,
                "name_en": one.name_en,
                "status": status,
                "value": found["value"] if found else None,
                "unit": found["unit"] if found else one.unit,
                "indicator": found["indicator"] if found else "",
                "grade": found["grade"] if found else "",
                "recorded": noted.value if noted else None,
                "recorded_unit": noted.unit if noted else "",
                "recorded_scope": noted.scope if noted else "",
                "recorded_on": noted.on if noted else "",
                "recorded_from": noted.source if noted else "",
                "series": one.series,
                "needs": "|".join(needs),
                "differs": "|".join(one.differs) if found else "",
            }
        )
    return rows
