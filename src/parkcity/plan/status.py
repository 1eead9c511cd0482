"""The status of every target on a day: the three views side by side, and whether they agree."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from parkcity.plan.dates import year_fraction
from parkcity.plan.forecast import Ask, Forecast, forecasts
from parkcity.plan.paths import goal_value, path_start
from parkcity.plan.score import (
    Score,
    cut,
    growth_word,
    light,
    mean_so_far,
    score,
    view_of_growth,
    view_of_pace,
    view_of_probability,
    worst_confidence,
)
from parkcity.plan.targets import Actuals, Point, Target, first_year, running, targets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from parkcity.plan.ledger import View


@dataclass(frozen=True)
class Standing:
    """One target with its series, its score and its forecast."""

    target: Target
    series: tuple[Point, ...]
    score: Score
    forecast: Forecast | None
    probability: float | None

    @property
    def light(self) -> str:
        """The colour."""
        return light(self.target, self.score, self.probability)

    @property
    def views(self) -> tuple[int | None, int | None, int | None]:
        """Path, growth and probability as 2 good, 1 middle, 0 bad, None not defined."""
        return (
            view_of_pace(self.score.pace),
            view_of_growth(self.score.growth),
            view_of_probability(self.probability),
        )

    @property
    def agree(self) -> bool | None:
        """Do the views that are defined agree? None with fewer than two of them."""
        grades = [grade for grade in self.views if grade is not None]
        return len(set(grades)) == 1 if len(grades) > 1 else None

    @property
    def confidence(self) -> str:
        """The least sure of everything that the status stands on."""
        point = self.score.point
        return worst_confidence(self.target.confidence, self.target.baseline_confidence, point.confidence if point else "")

    @property
    def forecast_unverified(self) -> bool:
        """Does the forecast stand on a value from memory?"""
        return self.forecast is not None and any(point.confidence == "M" for point in self.series)

    @property
    def value(self) -> float | None:
        """The value that is judged; for an average target the mean so far."""
        if self.score.point is None:
            return None
        return mean_so_far(self.target, self.score.point) if self.target.kind == "average" else self.score.point.value

    @property
    def planned(self) -> float | None:
        """The value planned for the day of the value that is judged; for an average target the mean planned so far."""
        planned, point = self.score.planned, self.score.point
        if self.target.kind != "average" or planned is None:
            return planned
        return self.target.value if point is None else planned / (point.on.year - first_year(self.target) + 1)

    @property
    def outlook(self) -> tuple[float, float, float] | None:
        """Median and band of the forecast; for an average target of the mean over all its years."""
        if self.forecast is None:
            return None
        years = self.target.deadline.year - first_year(self.target) + 1 if self.target.kind == "average" else 1
        return self.forecast.median / years, self.forecast.low / years, self.forecast.high / years

    def row(self) -> dict[str, object]:
        """One flat row. `path` is the pace, `growth` the growth ratio, `probability` that of reaching the target."""
        item, result, outlook = self.target, self.score, self.outlook or (None, None, None)
        return {
            "target": item.id,
            "article": item.article,
            "name_zh": item.name_zh,
            "name_en": item.name_en,
            "kind": item.kind,
            "goal": item.goal_text,
            "unit": item.unit,
            "deadline": item.deadline.isoformat(),
            "status": result.status,
            "light": self.light,
            "value": _round(self.value),
            "value_op": result.point.op if result.point else "",
            "value_on": result.point.on.isoformat() if result.point else "",
            "planned": _round(self.planned),
            "progress": _round(result.progress),
            "path": _round(result.pace),
            "growth": _round(result.growth),
            "growth_word": growth_word(result.growth),
            "probability": None if self.probability is None else round(self.probability, 4),
            "forecast": _round(outlook[0]),
            "forecast_low": _round(outlook[1]),
            "forecast_high": _round(outlook[2]),
            "method": self.forecast.method if self.forecast else "",
            "required": _round(result.required),
            "achieved": _round(result.achieved),
            "attainment": _round(result.attainment),
            "views_agree": {True: "yes", False: "no", None: ""}[self.agree],
            "binding": item.binding,
            "owner": item.owner,
            "scope": item.scope,
            "confidence": self.confidence,
            "forecast_unverified": "yes" if self.forecast_unverified else "",
            "flags": " ".join(result.flags),
            "source": result.point.source if result.point else "",
        }


def _round(value: float | None) -> float | None:
    """Six significant digits, so that rows do not show the noise of floating point."""
    return None if value is None else float(f"{value:.6g}")


def standings(view: View) -> list[Standing]:
    """Every target of a view, judged on the view's day, in the order of the file."""
    items = targets(view)
    actuals = Actuals(view)
    series = [tuple(running(item, actuals.series(item))) for item in items]
    asks = [ask_of(item, points) for item, points in zip(items, series, strict=True)]
    wanted = [ask for ask in asks if ask is not None]
    found = iter(forecasts(wanted))
    outlooks = [next(found) if ask is not None else None for ask in asks]
    return [
        _standing(item, points, score(item, points, view.at), outlook)
        for item, points, outlook in zip(items, series, outlooks, strict=True)
    ]


def ask_of(item: Target, points: Sequence[Point]) -> Ask | None:
    """What to forecast for a target: its points up to the deadline and its baseline; None where no forecast can be made."""
    if item.kind == "qualitative" or not points:
        return None
    known = [(point.at, point.value) for point in points if point.on <= item.deadline]
    start = path_start(item)
    if start is not None and year_fraction(start[0]) not in {time for time, _ in known}:
        known.append((year_fraction(start[0]), start[1]))
    known.sort()
    horizon = year_fraction(item.deadline)
    goal = goal_value(item)
    if len(known) < 2 or known[-1][0] >= horizon or goal is None:
        return None
    times, values = zip(*known, strict=True)
    return Ask(times, values, horizon, abs(goal - values[-1]), grows(item, values))


def grows(item: Target, values: Sequence[float]) -> bool:
    """Is the target's series forecast in logarithms? Where its path is compound growth and no value forbids it."""
    return item.path == "compound" and min(values) > 0


def _standing(item: Target, points: tuple[Point, ...], result: Score, outlook: Forecast | None) -> Standing:
    if outlook is not None:
        outlook = outlook.clipped(*limits_of(item))
    if outlook is None or result.status in {"met", "missed"}:
        return Standing(item, points, result, None, None)
    return Standing(item, points, result, outlook, outlook.probability(*success_interval(item)))


def limits_of(item: Target) -> tuple[float | None, float | None]:
    """The natural limits of the series that a target is judged by; a sum has none of the yearly value's."""
    return (None, None) if item.kind == "average" else (item.limit_low, item.limit_high)


def success_interval(item: Target) -> tuple[float, float]:
    """The interval of values that meet a target. An equality counts as reached from its better side on: a forecast has no points."""
    goal = goal_value(item)
    assert goal is not None
    if item.kind == "range" and item.upper is not None:
        return goal, item.upper
    if item.op in {"ge", "gt"}:
        return goal, math.inf
    if item.op in {"le", "lt"}:
        return -math.inf, goal
    slack = item.tolerance if item.tolerance is not None else abs(goal) * cut("approx.tolerance") if item.op == "approx" else 0.0
    if item.direction == "band":
        return goal - slack, goal + slack
    return (goal - slack, math.inf) if item.up else (-math.inf, goal + slack)
