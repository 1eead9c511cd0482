"""A programme as rows of the plan's ledger: tasks with owner, dates and targets served, money by year, and what comes before what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from parkcity.base.errors import FaultList, UsageError
from parkcity.base.words import LANGS
from parkcity.insight.classes import place_class

if TYPE_CHECKING:
    from collections.abc import Sequence

    from parkcity.decide.programme import Programme
    from parkcity.decide.siting import Siting
    from parkcity.plan.edit import Author
    from parkcity.plan.ledger import Ledger
    from parkcity.plan.store import Store


def task_id(name: str, project: str) -> str:
    """The id of the task that carries out a project of a programme."""
    return f"{name}-{project}"


def ledger_rows(found: Programme, name: str, source: str) -> dict[str, list[dict[str, str]]]:
    """Rows of `tasks`, `budget` and `dependencies`; dates are the first and last days of the years."""
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
    return {"tasks": tasks, "budget": budget, "dependencies": links}


def write_tasks(store: Store, found: Programme, name: str, author: Author, source: str) -> dict[str, int]:
    """Write a programme into the ledger, all or nothing; gives how many rows went into each table.

    Writing the same programme again adds nothing, another one under the same name adds new versions. Raises `InputError` with every
    owner that the ledger does not know and every other fault.
    """
    from parkcity.plan.ingest import import_rows

    _check_owners(store.load(), found)
    return import_rows(store, ledger_rows(found, name, source), author)


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
