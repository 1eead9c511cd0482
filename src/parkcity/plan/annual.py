"""The annual plan: the path points, tasks, milestones, money and owners of one year."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import TYPE_CHECKING

from parkcity.base.errors import UsageError
from parkcity.plan.dates import day, first_day
from parkcity.plan.document import Document, Row, Section, marked, number, section, words
from parkcity.plan.gantt import gantt
from parkcity.plan.paths import path_start, planned
from parkcity.plan.schedule import programme
from parkcity.plan.sections import goal_text, milestone_row, owner_name, pictured, short_date
from parkcity.plan.targets import Target, targets
from parkcity.plan.units import symbol

if TYPE_CHECKING:
    from parkcity.base.words import Lang
    from parkcity.plan.ledger import View


def annual(view: View, year: int, lang: Lang) -> Document:
    """The annual plan of a year as a document. A year outside every target and task raises `UsageError`."""
    years = {first_day(view.plan["starts"]).year, *(item.deadline.year for item in targets(view))}
    if not min(years) <= year <= max(years):
        msg = f"no annual plan for {year}: the plan and its targets run from {min(years)} to {max(years)}"
        raise UsageError(msg)
    text = words()
    about = text.get("annual.about", lang, known=view.known.isoformat(), snapshot=view.snapshot)
    sections = (
        Section(text.get("evaluate.summary", lang), (about, text.get("evaluate.plain", lang))),
        _points(view, year, lang),
        _tasks(view, year, lang),
        _milestones(view, year, lang),
        _money(view, year, lang),
        _owners(view, year, lang),
    )
    return Document(text.get("annual.title", lang, name=view.plan[f"name_{lang}"], year=year), lang, view.snapshot, sections)


def _points(view: View, year: int, lang: Lang) -> Section:
    rows: list[Row] = []
    for item in targets(view):
        two = point_of(item, year)
        if two is None:
            continue
        due, before = two
        memory = "M" in {item.confidence, item.baseline_confidence}
        rows.append(
            {
                "target": item.id,
                "name": item.name(lang),
                "unit": symbol(item.unit, lang),
                "point": marked(goal_text(item, lang) if item.kind == "range" else number(due), lang, unverified=memory),
                "change": "" if before is None else marked(number(due - before), lang, unverified=memory),
                "goal": goal_text(item, lang),
                "deadline": short_date(item.deadline.isoformat()),
                "owner": owner_name(view, item.owner, lang),
            }
        )
    keys = ("target", "name", "unit", "point", "change", "goal", "deadline", "owner")
    return section("annual.points", lang, [words().get("annual.points.text", lang)], keys, rows)


def point_of(item: Target, year: int) -> tuple[float, float | None] | None:
    """What is due of a target in a year, and what was due the year before; None where nothing is.

    A limit and an average are due as they stand, every year of the period. A target without a path is due in its own year.
    """
    if item.value is None or year > item.deadline.year:
        return None
    if item.kind in {"keep", "range", "average"}:
        first = item.start.year + 1 if item.start else item.period[0].year if item.period else year
        return (item.value, None) if year >= first else None
    start = path_start(item)
    if start is None:
        return (item.value, None) if year == item.deadline.year else None
    if year <= start[0].year:
        return None
    due, before = planned(item, min(date(year, 12, 31), item.deadline)), planned(item, date(year - 1, 12, 31))
    return None if due is None else (due, before)


def _none(rows: list[Row], lang: Lang) -> tuple[str, ...]:
    return () if rows else (words().get("annual.none", lang),)


def _in_year(first: str, last: str, year: int) -> bool:
    return first_day(first).year <= year <= day(last).year


def _tasks(view: View, year: int, lang: Lang) -> Section:
    """The tasks planned for the year, and those of earlier years that will be finished in it as things stand."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    rows: list[Row] = []
    work = programme(view) if len(view["tasks"]) else None
    for row in work.rows() if work else ():
        start, finish, expected = (str(row[key]) for key in ("start", "finish", "expected_finish"))
        if start <= last.isoformat() and max(finish, expected) >= first.isoformat():
            days = {"task": str(row["task"]), "start": start, "finish": finish, "expected_finish": expected}
            state = words().get(f"task.{row['status']}", lang)
            rows.append({**days, "name": str(row[f"name_{lang}"]), "owner": owner_name(view, str(row["owner"]), lang), "status": state})
    keys = ("task", "name", "owner", "start", "finish", "expected_finish", "status")
    part = section("annual.tasks", lang, _none(rows, lang), keys, rows)
    return pictured(part, gantt(work, lang, (first, last)), lang) if work else part


def _milestones(view: View, year: int, lang: Lang) -> Section:
    rows = [milestone_row(view, row, lang) for row in view["milestones"] if day(row["due"]).year == year]
    return section("annual.milestones", lang, _none(rows, lang), ("item", "name", "due", "done_on", "evidence", "owner"), rows)


def _money(view: View, year: int, lang: Lang) -> Section:
    tasks = view["tasks"]
    rows: list[Row] = []
    for row in view["budget"]:
        if day(row["year"]).year != year:
            continue
        name = tasks.record(tasks.index[row["task"]])[f"name_{lang}"] if row["task"] in tasks.index else ""
        money = {"planned_money": number(float(row["planned"])), "spent": number(float(row["spent"])) if row["spent"] else ""}
        rows.append({"task": row["task"], "name": name, **money, "source": row["source"]})
    return section("annual.money", lang, _none(rows, lang), ("task", "name", "planned_money", "spent", "source"), rows)


def _owners(view: View, year: int, lang: Lang) -> Section:
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for item in targets(view):
        if point_of(item, year) is not None:
            counts[item.owner][0] += 1
    for row in view["tasks"]:
        if _in_year(row["start"], row["finish"], year):
            counts[row["owner"]][1] += 1
    rows: list[Row] = [
        {"owner": owner_name(view, owner, lang), "targets": str(two[0]), "task": str(two[1])} for owner, two in sorted(counts.items())
    ]
    return section("annual.owners", lang, _none(rows, lang), ("owner", "targets", "task"), rows)
