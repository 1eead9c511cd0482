"""Supervision (督办): what is asked of whom until when, how often it was answered, extended, repeated, and who closed it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from parkcity.plan.dates import day

if TYPE_CHECKING:
    from parkcity.plan.ledger import View


def supervision(view: View) -> list[dict[str, object]]:
    """One row an item: state (open, late, closed, closed_late), days late, replies, extension and how often it came back."""
    replies = Counter(row["item"] for row in view["replies"] if day(row["date"]) <= view.at)
    repeats = Counter(row["repeats"] for row in view["supervision"] if row["repeats"])
    rows: list[dict[str, object]] = []
    for row in view["supervision"]:
        due = day(row["extended_to"] or row["deadline"])
        closed = day(row["closed_on"]) if row["closed_on"] and day(row["closed_on"]) <= view.at else None
        late = max(0, ((closed or view.at) - due).days)
        state = ("closed_late" if late else "closed") if closed else ("late" if late else "open")
        rows.append(
            {
                "item": row["id"],
                "issue_zh": row["issue_zh"],
                "issue_en": row["issue_en"],
                "basis": row["basis"],
                "owner": row["owner"],
                "supervisor": row["supervisor"],
                "deadline": row["deadline"],
                "extended_to": row["extended_to"],
                "state": state,
                "days_late": late,
                "replies": replies[row["id"]],
                "repeats": repeats[row["id"]],
                "closed_by": row["closed_by"] if closed else "",
            }
        )
    return rows
