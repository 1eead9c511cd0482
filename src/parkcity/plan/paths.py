"""Planned paths from a baseline to a target.

A path says which value was planned for a day. With s the share of the time gone (0 at the baseline, 1 at the deadline):
linear s; front-loaded 1 − (1 − s)²; back-loaded s²; S-curve 3s² − 2s³ (smoothstep); compound growth v0·(vT/v0)^s; own
points, joined by straight lines; steps, the value of the last point that was reached.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import date
from typing import TYPE_CHECKING

from parkcity.plan.dates import year_fraction

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from parkcity.plan.targets import Target

SHARES: Mapping[str, Callable[[float], float]] = {
    "linear": lambda s: s,
    "front": lambda s: 1 - (1 - s) ** 2,
    "back": lambda s: s * s,
    "s_curve": lambda s: 3 * s * s - 2 * s**3,
}


def path_start(target: Target) -> tuple[date, float] | None:
    """Where the path begins: the baseline, or zero at the start of the period for a sum; None where neither exists."""
    if target.start is not None and target.baseline is not None:
        return target.start, target.baseline
    if target.kind in {"cumulative", "average"} and target.period is not None:
        return date(target.period[0].year - 1, 12, 31), 0.0
    return None


def goal_value(target: Target) -> float | None:
    """The value at the end of the path; for an average, the sum over its years."""
    if target.value is None or target.kind != "average":
        return target.value
    start = path_start(target)
    assert start is not None
    return target.value * (target.deadline.year - start[0].year)


def time_share(target: Target, on: date) -> float | None:
    """Share of the time from baseline to deadline that is gone on a day, 0 to 1; None without a start.

    Pure: no state, no clock.
    """
    start = path_start(target)
    if start is None:
        return None
    first, last = year_fraction(start[0]), year_fraction(target.deadline)
    if last <= first:
        return 1.0
    return min(1.0, max(0.0, (year_fraction(on) - first) / (last - first)))


def planned(target: Target, on: date) -> float | None:
    """The value planned for a day, in the target's unit; None where no path can be drawn."""
    share, start, goal = time_share(target, on), path_start(target), goal_value(target)
    if share is None or start is None or goal is None:
        return None
    if target.path in {"points", "steps"}:
        return _along(target, on, start, goal)
    if target.path == "compound":
        return float(start[1] * (goal / start[1]) ** share)
    return start[1] + (goal - start[1]) * SHARES[target.path](share)


def _along(target: Target, on: date, start: tuple[date, float], goal: float) -> float:
    nodes = [start, *target.points]
    if target.deadline > nodes[-1][0]:
        nodes.append((target.deadline, goal))
    days = [node[0] for node in nodes]
    at = bisect_right(days, on)
    if at == 0:
        return start[1]
    if at == len(nodes) or target.path == "steps":
        return nodes[at - 1][1]
    (early, low), (late, high) = nodes[at - 1], nodes[at]
    share = (year_fraction(on) - year_fraction(early)) / (year_fraction(late) - year_fraction(early))
    return low + (high - low) * share
