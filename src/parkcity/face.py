"""The Python face: a city, its measurements, its report."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from parkcity.base.errors import UsageError
from parkcity.base.words import language
from parkcity.twin.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from parkcity.decide.compare import Comparison
    from parkcity.decide.programme import Programme
    from parkcity.decide.siting import Goal, Siting
    from parkcity.insight.explain import Explanation
    from parkcity.insight.run import Measured
    from parkcity.insight.transit_trips import TransitTrips
    from parkcity.insight.trips import Trips
    from parkcity.serve.report.check import CheckUp
    from parkcity.twin.twin import Twin


__all__ = ["City", "Differences", "Measurement", "Report", "Scenario", "compare", "open", "programme", "site"]


@dataclass(frozen=True)
class Measurement:
    """One indicator measured for one group of residents."""

    measured: Measured

    def by(self, tier: str) -> pd.DataFrame:
        """One row a zone: indicator, tier, zone, group, value, unit, part, whole, grade."""
        import pandas as pd

        from parkcity.insight.run import COLUMNS

        return pd.DataFrame(self.measured.rows(tier), columns=list(COLUMNS))

    @property
    def value(self) -> float | None:
        """The value of the whole city, or None where there is none."""
        value: float | None = self.measured.rows("city")[0]["value"]
        return value

    def cells(self) -> NDArray[np.float64]:
        """The value in every cell, float64 [cells]; NaN where there is none."""
        return self.measured.cell_values()


@dataclass(frozen=True)
class Report:
    """A finished check-up in a folder."""

    done: CheckUp

    @property
    def folder(self) -> Path:
        """Where the files lie."""
        return self.done.out

    def indicators(self) -> pd.DataFrame:
        """Every measured number."""
        import pandas as pd

        return pd.DataFrame(self.done.rows)

    def to_html(self, path: str | Path) -> Path:
        """Copy the report to a file of its own."""
        target = Path(path)
        shutil.copyfile(self.done.out / "report.html", target)
        return target


@dataclass(frozen=True)
class Differences:
    """A city compared with itself under scenarios."""

    comparison: Comparison

    def by(self, tier: str) -> pd.DataFrame:
        """One row for every scenario, indicator, group and zone: before, after, better or worse, residents who gain and who lose."""
        import pandas as pd

        return pd.DataFrame(self.comparison.rows(tier))

    def summary(self) -> pd.DataFrame:
        """One row a scenario: its cost, and the residents who gain, lose, or do both."""
        import pandas as pd

        return pd.DataFrame(self.comparison.summary())


@dataclass(frozen=True)
class City:
    """A city's folder, as it is or under a scenario. The twin is built when it is first needed."""

    folder: Path
    scenario: Scenario | None = None

    @cached_property
    def twin(self) -> Twin:
        """The digital twin, built or brought up to date; under a scenario, a copy in memory."""
        from parkcity.twin.build import build
        from parkcity.twin.scenario import under

        base = build(self.folder)
        return base if self.scenario is None else under(base, self.scenario)

    def under(self, scenario: Scenario) -> City:
        """The city under a scenario. The city itself is never touched."""
        if self.scenario is not None:
            msg = "this city is under a scenario already: put both lists of changes into one scenario"
            raise UsageError(msg)
        return City(self.folder, scenario)

    @property
    def travel(self) -> Trips:
        """Journeys of an adult on foot: `.times(kind)`, `.reach`, `.matrix`, `.isochrones`, `.route`; `travel_as` for others."""
        return self.travel_as()

    def travel_as(
        self,
        group: str = "all",
        profile: str | None = None,
        *,
        unknown: Literal["open", "closed", "range"] = "open",
        cluster: str | None = None,
        threads: int | None = None,
    ) -> Trips:
        """Journeys of a group of residents, or of a travel profile such as "cyclist", "car_peak", "wheelchair", "emergency".

        `unknown`: what streets count as whose kerb, width, surface or light nobody knows; `cluster`: address of a Dask scheduler.
        """
        from parkcity.insight.inputs import Inputs
        from parkcity.insight.trips import Trips

        return Trips(Inputs(self.twin, group, threads=threads), profile, unknown, cluster)

    @property
    def transit(self) -> TransitTrips:
        """Journeys by transit of an adult: `.times(kind)`, `.matrix`, `.write_matrix`, `.reached`, `.gravity`, `.isochrones`."""
        return self.transit_as()

    def transit_as(
        self,
        group: str = "all",
        access: str = "walk",
        *,
        date: str | None = None,
        depart: str | None = None,
        window_min: float | None = None,
        rides: int | None = None,
        threads: int | None = None,
    ) -> TransitTrips:
        """Journeys by transit of a group of residents, who come to the first stop by `access`: "walk", "bicycle", "park_and_ride",
        "kiss_and_ride" or "wheelchair". `date` "YYYY-MM-DD", `depart` "HH:MM" and the minutes of the window left out: the engine's own.
        """
        from datetime import date as day

        from parkcity.base.times import seconds_of
        from parkcity.insight.inputs import Inputs
        from parkcity.insight.transit import CityTransit
        from parkcity.insight.transit_trips import transit_trips

        try:
            asked = None if date is None else day.fromisoformat(date)
            moment = None if depart is None else seconds_of(depart)
        except ValueError:
            msg = f"date is YYYY-MM-DD and depart HH:MM, not '{date}' and '{depart}'"
            raise UsageError(msg) from None
        city = CityTransit(Inputs(self.twin, group, threads=threads), asked, rides=rides, access_by=access)
        return transit_trips(city, moment, None if window_min is None else round(window_min * 60))

    def measure(self, indicator: str, group: str = "all", *, period: str = "night", threads: int | None = None) -> Measurement:
        """Measure one indicator. Raises `UsageError` for unknown names and `MissingLayerError` for what the city lacks."""
        from parkcity.insight.run import measure

        return Measurement(measure(self.twin, indicator, group, period=period, threads=threads))

    def explain(self, indicator: str, cell: str, group: str = "all") -> Explanation:
        """Why a cell has its number: which place, how far, which way, which clause, which data."""
        from parkcity.insight.explain import explain

        return explain(self.measure(indicator, group).measured, cell)

    def indicators(self) -> pd.DataFrame:
        """The registry: id, names, unit, and whether this city can measure it or what it needs."""
        import pandas as pd

        from parkcity.insight.registry import INDICATORS
        from parkcity.insight.run import status_of

        rows = []
        for indicator in INDICATORS:
            status, needs = status_of(indicator, self.twin)
            names = {"name_zh": indicator.name_zh, "name_en": indicator.name_en}
            rows.append({"indicator": indicator.id, **names, "unit": indicator.unit, "status": status, "needs": needs})
        return pd.DataFrame(rows)

    def check(self, out: str | Path | None = None, lang: str | None = None) -> Report:
        """The whole check-up, written to `out` (the city's folder `report` unless told otherwise)."""
        from parkcity.serve.report.check import run_check

        if self.scenario is not None:
            msg = "a check-up is of the city as it is; compare() shows what a scenario changes"
            raise UsageError(msg)
        target = self.folder / "report" if out is None else Path(out)
        return Report(run_check(self.folder, target, language(lang), lambda _step, _share: None))


def open(folder: str | Path) -> City:  # noqa: A001 - pc.open is the name that users read
    """A city by its folder, which must hold a `city.toml`."""
    from parkcity.base.spec import load

    load(Path(folder))
    return City(Path(folder))


def compare(cities: Sequence[City], indicators: Iterable[str] | None = None) -> Differences:
    """Compare a city with itself under scenarios: the first is the baseline, the others `city.under(scenario)`.

    `indicators` are ids or patterns such as `life_circle.*`; left out, every indicator that can be measured.
    """
    from parkcity.decide.compare import compare as compare_scenarios

    if not cities or cities[0].scenario is not None:
        msg = "the first city must be the baseline, without a scenario"
        raise UsageError(msg)
    scenarios = [city.scenario for city in cities[1:] if city.scenario is not None]
    if len(scenarios) < len(cities) - 1 or any(city.folder != cities[0].folder for city in cities):
        msg = "the other cities must be the first one under scenarios: city.under(scenario)"
        raise UsageError(msg)
    return Differences(compare_scenarios(cities[0].twin, scenarios, indicators))


def site(
    city: City,
    kind: str,
    *,
    count: int | None = None,
    cover: float | None = None,
    minutes: float | None = None,
    metres: float | None = None,
    goal: Goal = "coverage",
    group: str = "all",
    seconds: float = 60.0,
    candidates: str = "cells",
    cost: float | None = None,
    **conditions: Any,
) -> Siting:
    """Choose sites for new places of a kind; places that exist are kept unless `moves` says that some may close.

    `count` places that serve most residents, or the fewest that serve the share `cover`; served is who walks at most `minutes` (15
    unless told) or `metres`; with the goal `distance` the ways of all residents together are made shortest; the other goals, `candidates`
    (such as `edges:200`), and the `conditions` (budget, backup, least, moves, also, stages …) are those of docs/siting.md; `cost` is what
    every site costs, yuan. The answer has `sites`, `plan` (objective, bound, gap, status) and `scenario()`, which `city.under` takes.
    """
    from parkcity.decide.candidates import candidates_of
    from parkcity.decide.siting import site as choose
    from parkcity.insight.inputs import Inputs
    from parkcity.standards import parameter

    if goal in {"coverage", "capture", "capacity"} and minutes is None and metres is None:
        minutes = parameter("check_limits", "minutes.15").number
    inputs = Inputs(city.twin, group)
    spots = candidates_of(inputs, candidates)
    spots = spots if cost is None else spots.costing(cost)
    limits: dict[str, Any] = {"minutes": minutes, "metres": metres}
    return choose(inputs, kind, count=count, cover=cover, goal=goal, candidates=spots, seconds=seconds, **limits, **conditions)


def programme(
    city: City,
    *,
    years: tuple[int, int],
    budget: float | Sequence[float],
    projects: str | Path,
    goals: Sequence[str] = (),
    seconds: float = 60.0,
    **conditions: Any,
) -> Programme:
    """Choose and order projects (a CSV, docs/programmes.md) that close most of the plan's gaps by their deadlines.

    `budget` yuan, for every year or one number a year; `goals` beside those of the plan, such as
    `life_circle.primary_school>=90%@2030`; `conditions`: carry, crews, least. The answer has `chosen`, `goals`, `frontier`, `gap`.
    """
    from parkcity.decide.compare import Baseline
    from parkcity.decide.goals import goals_of
    from parkcity.decide.programme import programme as choose
    from parkcity.decide.programme_model import Conditions
    from parkcity.decide.projects import read_projects

    span = tuple(range(years[0], years[1] + 1))
    money = (float(budget),) * len(span) if isinstance(budget, int | float) else tuple(float(part) for part in budget)
    base = Baseline(city.twin)
    candidates = read_projects(Path(projects), city.twin)
    return choose(
        base,
        candidates,
        goals_of(city.twin, city.folder, goals, candidates, span[0]),
        Conditions(span, money, **conditions),
        seconds=seconds,
    )
