"""Scores of many targets together: by chapter, owner, zone or dimension."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from parkcity.base.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from parkcity.plan.ledger import View
    from parkcity.plan.status import Standing

BY = ("chapter", "article", "owner", "zone", "dimension")
LIGHTS = ("blue", "green", "amber", "red", "grey")


def rollup(view: View, standings: Sequence[Standing], by: str) -> list[dict[str, object]]:
    """One row a group: how many targets of each colour, the mean attainment, and how many have none.

    The mean is over targets whose attainment is defined; `scored` says how many those are, so that a mean over two of
    twenty targets does not look like a mean over all. An unknown `by` raises `UsageError`.
    """
    if by not in BY:
        msg = f"cannot score by '{by}'; allowed: {', '.join(BY)}"
        raise UsageError(msg)
    groups: dict[str, list[Standing]] = defaultdict(list)
    for item in standings:
        groups[_group(view, item, by)].append(item)
    return [_row(name, members) for name, members in sorted(groups.items(), key=lambda pair: _order(pair[0]))]


def _group(view: View, item: Standing, by: str) -> str:
    target = item.target
    if by == "chapter":
        return view.row("articles", target.article)["chapter"]
    return {"article": target.article, "owner": target.owner, "zone": target.zone or target.scope, "dimension": target.dimension}[by]


def _order(name: str) -> tuple[int, str]:
    return (int(name), "") if name.isdecimal() else (10**9, name)


def _row(name: str, members: Sequence[Standing]) -> dict[str, object]:
    values = [item.score.attainment for item in members if item.score.attainment is not None]
    row: dict[str, object] = {"group": name, "targets": len(members), "scored": len(values)}
    row["attainment"] = round(sum(values) / len(values), 4) if values else None
    lights = [item.light for item in members]
    row.update({color: lights.count(color) for color in LIGHTS})
    row["unverified"] = sum(item.confidence == "M" for item in members)
    return row
