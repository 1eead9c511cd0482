"""How far a target is: three views that are shown side by side, and what they make together.

Path: share of the change that is done, p = (v − v0)/(vT − v0), over the share that was planned for that day, e; their ratio is
the pace. Growth: yearly growth reached over yearly growth required, with the published cuts of Eurostat's monitoring of the
Sustainable Development Goals (0.95, 0.6, 0), defined only where all values are above zero. Probability: of the forecast. The
cuts stand in `standards/plan_cuts.csv`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from parkcity.plan.dates import year_fraction
from parkcity.plan.paths import goal_value, path_start, planned
from parkcity.plan.targets import CONFIDENCE_RANK, Point, Target, first_year
from parkcity.standards.loader import parameter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date


@cache
def cut(name: str) -> float:
    """A threshold of the score by its id in `plan_cuts.csv`."""
    return parameter("plan_cuts", name).number


@dataclass(frozen=True)
class Score:
    """What is known about one target on one day.

    `status` is one word (see `STATUSES`); `progress` the share of the change done; `pace` progress over plan; `growth` the
    growth ratio; `attainment` what enters averages, 0 to the cap; `required` the change a year that is still needed and
    `achieved` the change a year so far; `flags` what a reader must know beside the number.
    """

    status: str
    point: Point | None = None
    planned: float | None = None
    progress: float | None = None
    pace: float | None = None
    growth: float | None = None
    attainment: float | None = None
    required: float | None = None
    achieved: float | None = None
    flags: tuple[str, ...] = ()


STATUSES = (
    "met",
    "kept",
    "on_path",
    "slightly_behind",
    "behind",
    "away",
    "broken",
    "missed",
    "open",
    "undetermined",
    "no_data",
    "followed",
)


def satisfied(target: Target, point: Point) -> bool | None:
    """Does a value meet the target? None where the way it was printed leaves it open ("more than 50" against "at most 60").

    >>> from parkcity.plan.score import meets
    >>> meets("ge", 10.0, 9.0, math.inf) is None
    True
    """
    if target.kind == "range" and target.value is not None and target.upper is not None:
        above, below = meets("ge", target.value, point.low, point.high), meets("le", target.upper, point.low, point.high)
        if above is False or below is False:
            return False
        return True if above and below else None
    goal = goal_value(target)
    if goal is None:
        return None
    op, low, high = target.op, point.low, point.high
    if op == "eq":
        slack = target.tolerance or 0.0
        return _inside(goal - slack, goal + slack, low, high)
    if op == "approx":
        slack = target.tolerance if target.tolerance is not None else abs(goal) * cut("approx.tolerance")
        return meets("ge", goal - slack, low, high) if target.up else meets("le", goal + slack, low, high)
    return meets(op, goal, low, high)


def meets(op: str, goal: float, low: float, high: float) -> bool | None:
    """Is every value from `low` to `high` on the right side of `goal`? None when some are and some are not.

    A bound printed as "more than x" leaves x itself out, so it meets "more than x".
    """
    if op in {"le", "lt"}:
        return meets("ge" if op == "le" else "gt", -goal, -high, -low)
    sure = low >= goal if op == "ge" else low > goal or (low == goal and math.isinf(high))
    if sure:
        return True
    possible = high >= goal if op == "ge" else high > goal
    return None if possible else False


def _inside(bottom: float, top: float, low: float, high: float) -> bool | None:
    if high < bottom or low > top:
        return False
    return True if low >= bottom and high <= top else None


def score(target: Target, series: Sequence[Point], at: date) -> Score:
    """Judge a target on a day by the points known then (from `running`, earliest first)."""
    known = [point for point in series if point.on <= at]
    if target.kind == "qualitative":
        return Score("followed")
    if not known:
        return Score("no_data", planned=planned(target, min(at, target.deadline)))
    if target.kind in {"keep", "range"} or _is_flat(target):
        return _score_kept(target, known, at)
    return _score_reached(target, known, at)


def _is_flat(target: Target) -> bool:
    start = path_start(target)
    return start is not None and start[1] == goal_value(target)


def _flags(target: Target, point: Point, at: date) -> list[str]:
    flags = []
    if "M" in {point.confidence, target.confidence, target.baseline_confidence}:
        flags.append("unverified")
    if point.op not in {"eq", "approx"}:
        flags.append("bound")
    if not point.same_scope:
        flags.append("other_scope")
    if (at - point.on).days > cut("data.old_days") and at <= target.deadline:
        flags.append("old_data")
    return flags


def _score_kept(target: Target, known: Sequence[Point], at: date) -> Score:
    """Keep at least, keep at most, keep within a range: every point of the period counts, the last one decides."""
    begin = target.start or (target.period[0] if target.period else None)
    inside = [point for point in known if (begin is None or point.on >= begin) and point.on <= target.deadline]
    if not inside:
        return Score("no_data")
    last = inside[-1]
    verdict = satisfied(target, last)
    flags = _flags(target, last, at)
    broken = [point.on.year for point in inside[:-1] if satisfied(target, point) is False]
    if broken and verdict:
        flags.append(f"broken_in_{broken[-1]}")
    shortfall = _shortfall(target, last.value)
    attainment = 1.0 if verdict else max(0.0, 1 - shortfall / target.tolerance) if target.tolerance else 0.0
    status = {True: "kept", False: "broken", None: "undetermined"}[verdict]
    return Score(status, last, planned=target.value, attainment=attainment, flags=tuple(flags))


def _shortfall(target: Target, value: float) -> float:
    """Distance to the side that the target allows, zero inside."""
    assert target.value is not None
    low = target.value if target.op in {"ge", "gt", "eq", "approx"} or target.kind == "range" else -math.inf
    high = (
        target.upper
        if target.kind == "range" and target.upper is not None
        else target.value
        if target.op in {"le", "lt", "eq", "approx"}
        else math.inf
    )
    return max(0.0, low - value, value - high)


def _score_reached(target: Target, known: Sequence[Point], at: date) -> Score:
    by_deadline = [point for point in known if point.on <= target.deadline]
    final = _final(target, known)
    late = [point for point in known if point.on > target.deadline]
    point = final or (by_deadline[-1] if by_deadline else late[0])
    flags = _flags(target, point, at)
    if not by_deadline and final is None:
        flags.append("after_deadline")
    verdict = satisfied(target, point)
    numbers = _numbers(target, point)
    status = _status(target, verdict, numbers, over=at > target.deadline, final=final is not None)
    if status == "undetermined" and at > target.deadline:
        flags.append("no_final_value")
    progress = numbers.get("progress")
    if status == "met":
        attainment: float | None = max(1.0, min(cut("attainment.cap"), progress or 1.0))
    elif progress is None:
        attainment = None
    else:
        attainment = min(cut("attainment.cap"), max(0.0, progress))
    return Score(status, point, attainment=attainment, flags=tuple(flags), **numbers)


def _final(target: Target, known: Sequence[Point]) -> Point | None:
    """The value that settles a target: the one of its last year."""
    return next((point for point in reversed(known) if point.on == target.deadline), None)


def _numbers(target: Target, point: Point) -> dict[str, float | None]:
    start, goal = path_start(target), goal_value(target)
    plan = planned(target, point.on)
    numbers: dict[str, float | None] = {"planned": plan}
    if start is None or goal is None or plan is None or goal == start[1]:
        return numbers
    change = goal - start[1]
    progress = (point.value - start[1]) / change
    expected = (plan - start[1]) / change
    numbers["progress"] = progress
    if expected > 0:
        numbers["pace"] = progress / expected
    gone = year_fraction(point.on) - year_fraction(start[0])
    left = year_fraction(target.deadline) - year_fraction(point.on)
    if gone > 0:
        numbers["achieved"] = (point.value - start[1]) / gone
    if left > 0:
        numbers["required"] = (goal - point.value) / left
    numbers["growth"] = growth_ratio(start[1], point.value, goal, gone, gone + left)
    return numbers


def growth_ratio(first: float, value: float, goal: float, gone: float, whole: float) -> float | None:
    """Yearly growth reached over yearly growth required, both compound.

    `gone` and `whole` are years since the baseline. None where growth is not defined: a value that is not above zero, no
    change required, or no time gone. Eurostat, Sustainable development in the European Union, monitoring report, annex.

    >>> round(growth_ratio(20.0, 15.0, 8.0, 5.0, 15.0), 3)
    0.944
    """
    if min(first, value, goal) <= 0 or gone <= 0 or whole <= 0 or first == goal:
        return None
    actual = (value / first) ** (1 / gone) - 1
    required = (goal / first) ** (1 / whole) - 1
    return float(actual / required)


def _status(target: Target, verdict: bool | None, numbers: Mapping[str, float | None], *, over: bool, final: bool) -> str:
    if final:
        return {True: "met", False: "missed", None: "undetermined"}[verdict]
    if over:
        # A running sum never goes back; anything else may have turned since, so only the last year settles it.
        return "met" if verdict and target.kind == "cumulative" else "undetermined"
    if verdict:
        return "met"
    pace, progress = numbers.get("pace"), numbers.get("progress")
    # A value of the baseline's own day that differs from the baseline is another count of the same thing, not a move.
    if progress is not None and progress < 0 and numbers.get("achieved") is not None:
        return "away"
    if pace is None:
        return "open"
    if pace >= cut("pace.on_path"):
        return "on_path"
    return "slightly_behind" if pace >= cut("pace.slightly_behind") else "behind"


def view_of_pace(pace: float | None) -> int | None:
    """The path's verdict: 2 good, 1 middle, 0 bad."""
    return _grade(pace, cut("pace.on_path"), cut("pace.slightly_behind"))


def view_of_growth(ratio: float | None) -> int | None:
    """The growth ratio's verdict: 2 on track, 1 moderate, 0 insufficient or away."""
    return _grade(ratio, cut("growth.on_track"), cut("growth.moderate"))


def view_of_probability(probability: float | None) -> int | None:
    """The forecast's verdict: 2 likely, 1 open, 0 unlikely."""
    return _grade(probability, cut("probability.likely"), cut("probability.open"))


def _grade(value: float | None, good: float, middle: float) -> int | None:
    if value is None:
        return None
    return 2 if value >= good else 1 if value >= middle else 0


def growth_word(ratio: float | None) -> str:
    """The published word for a growth ratio: on_track, moderate, insufficient, away; empty where growth is not defined."""
    if ratio is None:
        return ""
    cuts = (("on_track", cut("growth.on_track")), ("moderate", cut("growth.moderate")), ("insufficient", cut("growth.insufficient")))
    return next((word for word, least in cuts if ratio >= least), "away")


def light(target: Target, result: Score, probability: float | None) -> str:
    """The colour of a target: blue reached, green, amber, red, grey unknown. Binding targets are judged one step stricter."""
    if result.status in {"met", "kept"}:
        return "blue"
    if result.status in {"missed", "broken", "away"}:
        return "red"
    grades = [grade for grade in (view_of_pace(result.pace), view_of_probability(probability)) if grade is not None]
    if result.status in {"no_data", "followed", "undetermined"} or not grades or "old_data" in result.flags:
        return "grey"
    worst = max(0, min(grades) - (1 if target.binding == "binding" and min(grades) < 2 else 0))
    return ("red", "amber", "green")[worst]


def worst_confidence(*confidences: str) -> str:
    """The least sure of some confidences.

    >>> worst_confidence("S", "M", "F")
    'M'
    """
    return max((item for item in confidences if item), key=CONFIDENCE_RANK.__getitem__, default="")


def mean_so_far(target: Target, point: Point) -> float:
    """For an average target: the mean of the years summed up to a point."""
    return point.value / (point.on.year - first_year(target) + 1)
