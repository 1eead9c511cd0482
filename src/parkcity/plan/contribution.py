"""Contribution: how much of a target's change was real, data or method, and which tasks and scenarios moved it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from parkcity.plan.ledger import View
    from parkcity.plan.status import Standing

PARTS = ("real", "data", "method")


def contributions(view: View, standings: Sequence[Standing]) -> list[dict[str, object]]:
    """One row a cause of each target that has measured effects, and one row for what no cause explains.

    The change is from the first to the last point of the series; rows of one target add up to it exactly.
    """
    causes: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in view["effects"]:
        if row["state"] == "expected":
            continue
        causes[row["target"]].append(row)
    rows: list[dict[str, object]] = []
    for item in standings:
        points = [point for point in item.series if point.on <= view.at]
        if item.target.id not in causes or len(points) < 2:
            continue
        change = points[-1].value - points[0].value
        left = change
        for cause in causes[item.target.id]:
            amount = float(cause["amount"])
            left -= amount
            rows.append(_row(item, cause["part"], cause["task"], cause["scenario"], amount, change, cause["source"]))
        rows.append(_row(item, "unexplained", "", "", left, change, ""))
    return rows


def _row(item: Standing, part: str, task: str, scenario: str, amount: float, change: float, source: str) -> dict[str, object]:
    return {
        "target": item.target.id,
        "part": part,
        "task": task,
        "scenario": scenario,
        "amount": float(f"{amount:.6g}"),
        "unit": item.target.unit,
        "share": float(f"{amount / change:.4g}") if change else None,
        "source": source,
    }
