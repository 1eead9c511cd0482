"""Year to year: every change of every number, split by its cause.

With v₀ the value that the earlier check-up recorded, v₁ the earlier twin measured by the present program, v₂ … vₙ that twin
with one input after the other swapped for the present one, vₙ the present value:

    vₙ − v₀ = (v₁ − v₀) + (v₂ − v₁) + … + (vₙ − vₙ₋₁)

Each step is told as method, real or data (`parkcity.twin.swap`); the first is the program's. The parts add up by construction,
and each row holds the value before and after its step. What a step gives depends on the order where inputs work together; the
order is that of the present declaration.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

COLUMNS = ("indicator", "tier", "zone", "group", "unit", "then", "now", "change", "part", "step", "before", "after", "amount")
Key = tuple[str, str, str, str]
Values = dict[Key, float]


def chain(values: Sequence[float]) -> list[float]:
    """The differences of neighbours, which add up to the last less the first.

    >>> chain([0.5, 0.75, 0.625])
    [0.25, -0.125]
    """
    return [later - earlier for earlier, later in pairwise(values)]


def values_of(rows: Iterable[Mapping[str, Any]]) -> Values:
    """The values of measured rows (columns of `parkcity.insight.run.COLUMNS`) by indicator, tier, zone and group."""
    return {(row["indicator"], row["tier"], row["zone"], row["group"]): float(row["value"]) for row in rows if row["value"] is not None}


def change_rows(path: Sequence[tuple[str, str, Values]], units: Mapping[str, str]) -> list[dict[str, Any]]:
    """One row for every number and step that moved it, with the columns of `COLUMNS`.

    `path`: from the earliest to the present values, each with the part and the name of the step that led to it (of the first
    both are empty). A number that some step lacks gets one row with the part `not_comparable`; one that is only at one end,
    `new` or `gone`. Numbers that did not move have no row.
    """
    first, last = path[0][2], path[-1][2]
    rows: list[dict[str, Any]] = []
    for key in sorted(first.keys() | last.keys()):
        then, now = first.get(key), last.get(key)
        head = dict(zip(("indicator", "tier", "zone", "group"), key, strict=True)) | {"unit": units[key[0]], "then": then, "now": now}
        if then is None or now is None or any(key not in values for _, _, values in path):
            part = "new" if then is None else "gone" if now is None else "not_comparable"
            change = None if then is None or now is None else now - then
            rows.append(head | {"change": change, "part": part, "step": "", "before": then, "after": now, "amount": change})
            continue
        line = [values[key] for _, _, values in path]
        for at, amount in enumerate(chain(line)):
            if amount:
                step = {"part": path[at + 1][0], "step": path[at + 1][1], "before": line[at], "after": line[at + 1], "amount": amount}
                rows.append(head | {"change": now - then} | step)
    return rows


def totals(rows: Iterable[Mapping[str, Any]], tier: str = "city", group: str = "all") -> list[dict[str, Any]]:
    """For each indicator of a tier and group the sums of its parts: real, data and method, and the change that they add up to."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        if row["tier"] != tier or row["group"] != group or row["part"] not in {"real", "data", "method"}:
            continue
        head = {name: row[name] for name in ("indicator", "zone", "unit", "then", "now", "change")}
        line = found.setdefault((row["indicator"], row["zone"]), head | {"real": 0.0, "data": 0.0, "method": 0.0})
        line[row["part"]] += row["amount"]
    return list(found.values())
