"""Targets and the values reached, as typed records: the one place where text becomes numbers."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from parkcity.plan.dates import day, first_day, year_fraction
from parkcity.plan.units import factor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from parkcity.plan.ledger import View

ORIGIN_RANK = {"computed": 0, "statistic": 1, "typed": 2}
CONFIDENCE_RANK = {"S": 0, "F": 1, "L": 2, "M": 3}


@dataclass(frozen=True)
class Point:
    """A value at a day. `op` is how it was printed: "more than" bounds it from below, "less than" from above."""

    on: date
    value: float
    op: str = "eq"
    confidence: str = "S"
    origin: str = "statistic"
    id: str = ""
    same_scope: bool = True
    source: str = ""

    @property
    def at(self) -> float:
        """The day as a number of years."""
        return year_fraction(self.on)

    @property
    def low(self) -> float:
        """The lowest value that it can stand for."""
        return -math.inf if self.op in {"le", "lt"} else self.value

    @property
    def high(self) -> float:
        """The highest value that it can stand for."""
        return math.inf if self.op in {"ge", "gt"} else self.value


@dataclass(frozen=True)
class Target:
    """A number that the plan promises for a day. Values are in `unit`; `start` and `deadline` are days."""

    id: str
    article: str
    indicator: str
    name_zh: str
    name_en: str
    kind: str
    op: str
    unit: str
    scope: str
    tier: str
    zone: str
    measured_by: str
    measured_as: str
    direction: str
    start: date | None
    baseline: float | None
    baseline_confidence: str
    deadline: date
    value: float | None
    upper: float | None
    tolerance: float | None
    limit_low: float | None
    limit_high: float | None
    path: str
    counting: str
    binding: str
    dimension: str
    owner: str
    source: str
    clause: str
    confidence: str
    note: str
    points: tuple[tuple[date, float], ...] = ()
    period: tuple[date, date] | None = None

    @property
    def up(self) -> bool:
        """Is more better? A band counts as neither; a comparison decides where the direction is not given."""
        return self.direction == "up" or (self.direction == "" and self.op in {"ge", "gt"})

    @property
    def twin_indicator(self) -> str:
        """The indicator of the registry by which the twin measures it, or stands in for it; empty where it is a statistic alone."""
        return self.measured_by or (self.indicator if "." in self.indicator else "")

    @property
    def proxy(self) -> str:
        """The indicator that only stands in for the target's own; empty where none does."""
        return self.measured_by if self.measured_as == "proxy" else ""

    @property
    def goal_text(self) -> str:
        """The promise in signs, such as ≥ 10000."""
        if self.value is None:
            return ""
        if self.kind == "range" and self.upper is not None:
            return f"{self.value:g} – {self.upper:g}"
        sign = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<", "eq": "=", "approx": "≈"}[self.op]
        return f"{sign} {self.value:g}"

    def name(self, lang: str) -> str:
        """The name in a language."""
        return self.name_zh if lang == "zh" else self.name_en


def _number(text: str) -> float | None:
    return float(text) if text else None


def targets(view: View) -> list[Target]:
    """All targets of a view, in the order of the file."""
    points: dict[str, list[tuple[date, float]]] = defaultdict(list)
    for row in view["paths"]:
        points[row["target"]].append((day(row["date"]), float(row["value"])))
    plans = view["plan"]
    period = (first_day(plans["starts"][0]), day(plans["ends"][0])) if len(plans) else None
    return [_target(row, tuple(sorted(points.get(row["id"], ()))), period) for row in view["targets"]]


def _target(row: Mapping[str, str], points: tuple[tuple[date, float], ...], period: tuple[date, date] | None) -> Target:
    return Target(
        id=row["id"],
        article=row["article"],
        indicator=row["indicator"],
        name_zh=row["name_zh"],
        name_en=row["name_en"],
        kind=row["kind"],
        op=row["op"],
        unit=row["unit"],
        scope=row["scope"],
        tier=row["tier"],
        zone=row["zone"],
        measured_by=row["measured_by"],
        measured_as=row["measured_as"],
        direction=row["direction"],
        start=day(row["baseline_year"]) if row["baseline_year"] else None,
        baseline=_number(row["baseline"]),
        baseline_confidence=row["baseline_confidence"],
        deadline=day(row["target_year"]),
        value=_number(row["target"]),
        upper=_number(row["upper"]),
        tolerance=_number(row["tolerance"]),
        limit_low=_number(row["limit_low"]),
        limit_high=_number(row["limit_high"]),
        path=row["path"] or "linear",
        counting=row["counting"],
        binding=row["binding"],
        dimension=row["dimension"],
        owner=row["owner"],
        source=row["source"],
        clause=row["clause"],
        confidence=row["confidence"],
        note=row["note"],
        points=points,
        period=period,
    )


class Actuals:
    """The actuals of a view by indicator, so that ten thousand targets find theirs without a scan each."""

    def __init__(self, view: View) -> None:
        self._table = view["actuals"]
        self._by_indicator: dict[str, list[int]] = defaultdict(list)
        for position, indicator in enumerate(self._table["indicator"]):
            self._by_indicator[indicator].append(position)

    def series(self, target: Target) -> list[Point]:
        """What is known about a target's indicator, one point a day, earliest first, in the target's unit.

        A row counts when it is about the target's area, or was published for this target. Of several rows for one day
        the computed one counts before the statistic and the statistic before the typed one, then the surer, then the later in the file.
        """
        table = self._table
        rows: list[tuple[int, bool]] = []
        for position in self._by_indicator.get(target.indicator, ()):
            same = all(table[name][position] == getattr(target, name) for name in ("scope", "tier", "zone"))
            if same or table["target"][position] == target.id:
                rows.append((position, same))
        return self._best(rows, target.unit)

    def of(self, indicator: str, scope: str) -> list[Point]:
        """What is known about an indicator in an area, one point a day, earliest first, in the unit of its first row."""
        rows = [(at, True) for at in self._by_indicator.get(indicator, ()) if self._table["scope"][at] == scope]
        return self._best(rows, self._table["unit"][rows[0][0]] if rows else "")

    def _best(self, rows: Sequence[tuple[int, bool]], unit: str) -> list[Point]:
        table = self._table
        best: dict[date, tuple[tuple[int, int, int, int], Point]] = {}
        for position, same in rows:
            times = 1.0 if table["unit"][position] == unit else factor(table["unit"][position], unit)
            point = Point(
                on=day(table["true_on"][position]),
                value=float(table["value"][position]) * times,
                op=table["op"][position],
                confidence=table["confidence"][position],
                origin=table["origin"][position],
                id=table["id"][position],
                same_scope=same,
                source=table["source"][position],
            )
            rank = (ORIGIN_RANK[point.origin], CONFIDENCE_RANK[point.confidence], 0 if same else 1, -position)
            if point.on not in best or rank < best[point.on][0]:
                best[point.on] = (rank, point)
        return [best[on][1] for on in sorted(best)]


def running(target: Target, series: Sequence[Point]) -> list[Point]:
    """The series that a target is judged by: as it stands, or summed up from the start of its period.

    Cumulative targets counted by year and averages are judged by the sum of yearly values since the start; the sum ends at
    the first year that is missing, because a sum with a hole is not a sum. An average target of value a over n years is
    a sum target of n·a.
    """
    if target.kind not in {"cumulative", "average"} or target.counting != "yearly":
        return list(series)
    first = first_year(target)
    by_year = {point.on.year: point for point in series if point.on.year >= first}
    total, worst, summed = 0.0, "S", list[Point]()
    year = first
    while year in by_year:
        point = by_year[year]
        total += point.value
        worst = max(worst, point.confidence, key=CONFIDENCE_RANK.__getitem__)
        summed.append(Point(point.on, total, point.op, worst, point.origin, point.id, point.same_scope, point.source))
        year += 1
    return summed


def first_year(target: Target) -> int:
    """The first year that counts for a sum: the year after the baseline, or the first year of the plan."""
    if target.start is not None:
        return target.start.year + 1
    return target.period[0].year if target.period is not None else target.deadline.year
