"""A programme as rows of the plan's ledger: tasks with owner, dates and targets served, money by year, what comes before what, and what
all of it together is expected to do for each target.
"""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from parkcity.base.errors import FaultList, UsageError
from parkcity.base.words import LANGS
from parkcity.insight.classes import place_class
from parkcity.plan.effects import Part, effect_row

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from parkcity.decide.programme import Programme
    from parkcity.decide.sited import Siting
    from parkcity.plan.edit import Author
    from parkcity.plan.ledger import Ledger, View
    from parkcity.plan.store import Store


def task_id(name: str, project: str) -> str:
    """The id of the task that carries out a project of a programme."""
    return f"{name}-{project}"


def ledger_rows(found: Programme, name: str, source: str, twin: str = "") -> dict[str, list[dict[str, str]]]:
    """Rows of `tasks`, `budget`, `dependencies` and `effects`; dates are the first and last days of the years.

    The tasks carry out the scenario `name`. Its effect on a target is what everything finished by the target's year does together, measured
    in the twin with the hash `twin`, or stated by the projects where the target is a statistic.
    """
    inside = {entry.project.id for entry in found.chosen}
    targets = {result.goal.id: result.goal.target for result in found.goals}
    tasks, budget, links = [], [], []
    for entry in found.chosen:
        project, row = entry.project, task_id(name, entry.project.id)
        tasks.append(
            {
                "id": row,
                "name_zh": project.name_zh or project.name_en or project.id,
                "name_en": project.name_en or project.name_zh or project.id,
                "targets": " ".join(targets[goal] for goal in entry.serves if targets[goal]),
                "owner": project.owner,
                "zone": project.zone,
                "start": f"{entry.begin}-01-01",
                "finish": f"{entry.finish}-12-31",
                "scenario": name,
            }
        )
        budget += [
            {"id": f"{row}-{year}", "task": row, "year": str(year), "planned": f"{money:.2f}", "source": source}
            for year, money in zip(found.years, entry.money, strict=True)
            if money > 0
        ]
        links += [
            {"id": f"{row}-after-{other}", "task": row, "predecessor": task_id(name, other), "type": "FS"}
            for other in project.after
            if other in inside
        ]
    return {"tasks": tasks, "budget": budget, "dependencies": links, "effects": effect_rows(found, name, source, twin)}


def effect_rows(found: Programme, name: str, source: str, twin: str = "") -> list[dict[str, str]]:
    """What the programme is expected to do for each target of the plan by its year, in the target's unit; nothing where it does nothing."""
    rows = []
    for result in found.goals:
        goal, amount = result.goal, (result.measured - result.base) * result.goal.times
        if goal.target and isfinite(amount) and amount:
            said = source if goal.known is None else f"{source}, as its projects state"
            mark = twin if goal.known is None else ""
            proxy = goal.indicator if goal.proxy else ""
            rows.append(effect_row(goal.target, Part("real", amount, name), "expected", "", mark, said, proxy))
    return rows


_KEPT = ("commitment", "duration_days", "optimistic_days", "pessimistic_days", "started_on", "finished_on", "percent_done", "needs")
"""Columns of a task that its people fill in, and that a programme written anew leaves as they are."""


def write_tasks(store: Store, found: Programme, name: str, author: Author, source: str, twin: str = "") -> dict[str, int]:
    """Write a programme into the ledger, all or nothing; gives how many rows went into each table.

    Writing the same programme again adds nothing. Another one under the same name takes its place: what both have gets a new version that
    keeps the progress reported, and what only the old one has is withdrawn, tasks that have begun excepted. Raises `InputError` with
    every owner that the ledger does not know and every other fault.
    """
    from parkcity.plan.ingest import import_rows

    ledger = store.load()
    _check_owners(ledger, found)
    rows = ledger_rows(found, name, source, twin)
    if any(len(table) for table in ledger.tables.values()):
        view = ledger.view()
        _keep_progress(view, rows["tasks"])
        for table, gone in _gone(view, rows, name).items():
            rows[table] += gone
    return import_rows(store, rows, author)


def _keep_progress(view: View, tasks: Sequence[dict[str, str]]) -> None:
    standing = view["tasks"]
    for row in tasks:
        if row["id"] in standing.index:
            before = standing.record(standing.index[row["id"]])
            row.update({column: before[column] for column in _KEPT if before[column]})


def _gone(view: View, rows: Mapping[str, Sequence[Mapping[str, str]]], name: str) -> dict[str, list[dict[str, str]]]:
    """Rows of an earlier programme of this name that the new one does not have, as withdrawn; tasks that have begun stay with theirs."""
    new = {table: {row["id"] for row in given} for table, given in rows.items()}
    left = {row["id"] for row in view["tasks"] if row["scenario"] == name and row["id"] not in new["tasks"] and not row["started_on"]}
    mine = left | new["tasks"]
    gone = {
        "tasks": [row for row in view["tasks"] if row["id"] in left],
        "budget": [row for row in view["budget"] if row["task"] in mine and not row["spent"]],
        "dependencies": [row for row in view["dependencies"] if row["predecessor"] in left or {row["task"], row["predecessor"]} <= mine],
        "effects": [row for row in view["effects"] if row["scenario"] == name and _expected(row)],
    }
    return {table: [_withdrawn(row) for row in held if row["id"] not in new[table]] for table, held in gone.items()}


def _expected(row: Mapping[str, str]) -> bool:
    return row["state"] == "expected" and not row["task"]


def _withdrawn(row: Mapping[str, str]) -> dict[str, str]:
    """A version that ends a row; when it is known and from when it holds is for the import to say."""
    return {**{column: text for column, text in row.items() if column not in {"true_on", "known_on"}}, "withdrawn": "yes"}


def _check_owners(ledger: Ledger, found: Programme) -> None:
    faults = FaultList()
    known = ledger["owners"].index
    for owner in sorted({entry.project.owner for entry in found.chosen} - {""}):
        if owner not in known:
            what = f"the plan has no owner '{owner}'."
            todo = f"add it: parkcity plan CITY add owners id={owner} name_zh=… name_en=… --by … --reason …"
            faults.add("owners", what, allowed=f"{', '.join(known) or 'none is known yet'}.", todo=todo)
    faults.check()


def site_rows(found: Siting, years: Sequence[int], name: str, owner: str, source: str) -> dict[str, list[dict[str, str]]]:
    """Rows of `tasks` and `budget` for the sites of a staged plan; each is built in the year of its stage."""
    tasks, budget = [], []
    for site in found.sites:
        year, row = years[site.stage - 1], f"{name}-{found.kind}-{site.rank}"
        names = {lang: place_class(found.kind).name(lang) for lang in LANGS}
        tasks.append(
            {
                "id": row,
                "name_zh": f"{site.zone[0]}{names['zh']} {site.rank}",
                "name_en": f"{names['en']} {site.rank} ({site.zone[1]})",
                "owner": owner,
                "zone": site.zone[0],
                "start": f"{year}-01-01",
                "finish": f"{year}-12-31",
            }
        )
        if site.cost is not None:
            budget.append({"id": f"{row}-{year}", "task": row, "year": str(year), "planned": f"{site.cost:.2f}", "source": source})
    return {"tasks": tasks, "budget": budget}


def write_sites(store: Store, found: Siting, years: Sequence[int], name: str, author: Author, owner: str = "") -> dict[str, int]:
    """Write a staged plan into the ledger, all or nothing. Raises `UsageError` on a plan without stages."""
    from parkcity.plan.ingest import import_rows

    if not years or not all(site.stage for site in found.sites):
        raise UsageError("only a plan with stages has dates: say --stages YEAR:N,…")
    if owner and owner not in store.load()["owners"].index:
        msg = f"the plan has no owner '{owner}'"
        raise UsageError(msg)
    return import_rows(store, site_rows(found, years, name, owner, f"siting {name}"), author)
