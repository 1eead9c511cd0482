"""Sections that documents of the plan share: tasks, milestones, supervision, reviews, and what is expected of tasks and scenarios."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from parkcity.plan.dates import day
from parkcity.plan.document import Row, Section, marked, number, section, words
from parkcity.plan.effects import helps
from parkcity.plan.evidence import best_state
from parkcity.plan.gantt import gantt
from parkcity.plan.schedule import programme
from parkcity.plan.supervision import supervision
from parkcity.plan.targets import targets
from parkcity.plan.units import symbol

if TYPE_CHECKING:
    from parkcity.base.words import Lang
    from parkcity.plan.gantt import Gantt
    from parkcity.plan.ledger import View
    from parkcity.plan.targets import Target

_PICTURED = 300
"""A picture of more tasks than these cannot be read."""


def short_date(text: str) -> str:
    """A day as a reader wants it: the last day of a year is the year.

    >>> short_date("2025-12-31"), short_date("2023-06-30")
    ('2025', '2023-06-30')
    """
    return text.removesuffix("-12-31")


SIGNS = {"gt": "> ", "ge": "≥ ", "lt": "< ", "le": "≤ ", "approx": "≈ "}
"""How a comparison is written before a number; an equality needs no sign before a value."""


def goal_text(target: Target, lang: Lang) -> str:
    """The promise with its unit, such as ≥ 10,000 km."""
    if target.value is None:
        return ""
    unit = symbol(target.unit, lang)
    if target.kind == "range" and target.upper is not None:
        return f"{number(target.value)} – {number(target.upper)} {unit}"
    return f"{SIGNS.get(target.op, '= ')}{number(target.value)} {unit}"


def owner_name(view: View, owner: str, lang: Lang) -> str:
    """The name of an owner, or that the text names none."""
    if not owner:
        return words().get("owner.none", lang)
    return view.row("owners", owner)[f"name_{lang}"]


def tasks_section(view: View, lang: Lang) -> Section:
    """Every task with its dates, float and state, and the Gantt picture of all of them."""
    text = words()
    if not len(view["tasks"]):
        return Section(text.get("evaluate.tasks", lang), (text.get("evaluate.tasks.none", lang),))
    rows: list[Row] = []
    work = programme(view)
    for row in work.rows():
        shown = {key: str(row[key]) for key in ("task", "start", "finish", "expected_finish")}
        name, state = str(row[f"name_{lang}"]), text.get(f"task.{row['status']}", lang)
        rows.append(
            {
                **shown,
                "name": name,
                "owner": owner_name(view, str(row["owner"]), lang),
                "float_days": number(row["float_days"]),
                "status": state,
            }
        )
    keys = ("task", "name", "owner", "start", "finish", "expected_finish", "float_days", "status")
    return pictured(section("evaluate.tasks", lang, (), keys, rows), gantt(work, lang), lang)


def pictured(part: Section, chart: Gantt | None, lang: Lang) -> Section:
    """A section with the Gantt chart of its tasks and what its colours mean; without it where there are too many to read, or none."""
    if chart is None or len(chart.bars) > _PICTURED:
        return part
    legend = words().get("gantt.legend", lang, at=chart.at.isoformat())
    return replace(part, gantt=chart, paragraphs=(*part.paragraphs, legend))


def milestone_row(view: View, row: Row, lang: Lang) -> Row:
    """One milestone as texts, with the best evidence for it."""
    done = row["done_on"] if row["done_on"] and day(row["done_on"]) <= view.at else ""
    return {
        "item": row["id"],
        "name": row[f"name_{lang}"],
        "due": row["due"],
        "done_on": done,
        "evidence": words().get(f"evidence.{best_state(view, 'milestone', row['id'])}", lang),
        "owner": owner_name(view, row["owner"], lang),
    }


def milestones_section(view: View, lang: Lang) -> Section:
    """Every milestone with the best evidence for it."""
    rows = [milestone_row(view, row, lang) for row in view["milestones"]]
    return section("evaluate.milestones", lang, (), ("item", "name", "due", "done_on", "evidence", "owner"), rows)


def supervision_section(view: View, lang: Lang) -> Section:
    """Every supervision item: who asks whom until when, and how late it is."""
    text = words()
    rows: list[Row] = [
        {
            "item": str(row["item"]),
            "name": str(row[f"issue_{lang}"]),
            "owner": owner_name(view, str(row["owner"]), lang),
            "supervisor": owner_name(view, str(row["supervisor"]), lang),
            "due": str(row["extended_to"] or row["deadline"]),
            "status": text.get(f"supervision.{row['state']}", lang),
            "days_late": str(row["days_late"]),
            "replies": str(row["replies"]),
        }
        for row in supervision(view)
    ]
    note = () if rows else (text.get("evaluate.supervision.none", lang),)
    return section(
        "evaluate.supervision", lang, note, ("item", "name", "owner", "supervisor", "due", "status", "days_late", "replies"), rows
    )


def expected_section(view: View, lang: Lang) -> Section:
    """What is expected of tasks and scenarios that are not finished, by target."""
    rows: list[Row] = []
    found = helps(view)
    for item in targets(view):
        for one in found.get(item.id, ()):
            memory = "M" in {item.confidence, item.baseline_confidence}
            amount = words().get("remedy.unmeasured", lang) if one.amount is None else number(one.amount)
            rows.append(
                {
                    "target": item.id,
                    "name": item.name(lang),
                    "cause": one.id if one.name(lang) == one.id else f"{one.id} {one.name(lang)}",
                    "amount": marked(amount, lang, unverified=memory and one.amount is not None),
                    "unit": symbol(item.unit, lang) if item.unit else "",
                    "ready": one.ready.isoformat() if one.ready else "",
                    "deadline": short_date(item.deadline.isoformat()),
                }
            )
    note = () if rows else (words().get("evaluate.expected.none", lang),)
    return section("evaluate.expected", lang, note, ("target", "name", "cause", "amount", "unit", "ready", "deadline"), rows)


def reviews_section(view: View, lang: Lang) -> Section:
    """Reviews up to the view's day: what was found, what was decided, and when the next is due."""
    rows: list[Row] = [
        {
            "item": row["target"] or row["task"] or row["article"],
            "date": row["date"],
            "owner": owner_name(view, row["by"], lang),
            "finding": row[f"finding_{lang}"],
            "decision": words().get(f"review.{row['decision']}", lang),
            "next_due": row["next_due"],
        }
        for row in sorted(view["reviews"], key=lambda row: day(row["date"]))
        if day(row["date"]) <= view.at
    ]
    note = () if rows else (words().get("evaluate.reviews.none", lang),)
    return section("evaluate.reviews", lang, note, ("item", "date", "owner", "finding", "decision", "next_due"), rows)
