"""What the commands of `parkcity plan` share: the store, the ledger, the view on a day, and the mark of memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from parkcity.base.words import Lang
    from parkcity.plan.ledger import Ledger, View
    from parkcity.plan.store import Store

Command = Callable[..., Any]


def store_of(context: click.Context) -> Store:
    """The store that the call names: the city's folder, or the database."""
    from parkcity.plan.store import FolderStore

    city, database = context.obj
    if database is None:
        return FolderStore(city)
    from parkcity.plan.postgres import PostgresStore

    store = PostgresStore(database)
    context.call_on_close(store.close)
    return store


def ledger_of(context: click.Context) -> Ledger:
    """The ledger of the call; raises `InputError` with every fault."""
    from parkcity.plan.load import load
    from parkcity.plan.relations import relation_faults

    city, database = context.obj
    if database is None:
        return load(city)
    ledger, faults = store_of(context).read()
    faults.extend(relation_faults(ledger))
    faults.check()
    return ledger


def time_options(function: Command) -> Command:
    """`--at` and `--known`."""
    known = click.option("--known", default=None, help="As known on this day; left out, that of --at.")
    at = click.option("--at", default=None, help="As true on this day (2023-06-30); left out, the last day anything became known.")
    return at(known(function))


def view_of(context: click.Context, at: str | None, known: str | None) -> View:
    """The ledger as true on `at` and as known on `known`; a date that cannot be read raises `UsageError`."""
    from parkcity.plan.dates import asked_day

    return ledger_of(context).view(asked_day(at, "--at") if at else None, asked_day(known, "--known") if known else None)


def meta_of(view: View) -> dict[str, object]:
    """What every result says about itself: plan, days and snapshot."""
    return {"plan": view.plan["id"], "at": view.at.isoformat(), "known": view.known.isoformat(), "snapshot": view.snapshot}


def mark_of(confidence: object, lang: Lang) -> str:
    """The mark of what comes from memory, empty for everything else."""
    from parkcity.plan.document import words

    return words().get("unverified", lang) if confidence == "M" else ""


CODED = {
    "status": ("status", "task"),
    "state": ("supervision",),
    "light": ("light",),
    "part": ("part",),
    "agree": ("answer",),
    "critical": ("answer",),
    "proxy": ("answer",),
    "value_op": ("op",),
    "action": ("action",),
}
"""Columns whose cells are words of the program, and the heads under which the table of texts explains them."""


def emit(rows: Sequence[Mapping[str, Any]], meta: Mapping[str, Any], columns: Sequence[str], form: str, lang: Lang) -> None:
    """Print rows of the plan: for programs as they are, for a person with titles and words in the person's language."""
    from parkcity.serve.cli import output

    if form != "table":
        output.emit(rows, meta, columns, form, lang)
        return
    titles = {name: title_of(name, lang) for name in columns}
    shown = [{title: _said(name, row.get(name), lang) for name, title in titles.items()} for row in rows]
    output.emit(shown, meta, tuple(titles.values()), form, lang)


def title_of(column: str, lang: Lang) -> str:
    """The title of a column; a column that no text explains raises `KeyError`."""
    from parkcity.plan.document import words

    text = words()
    return text.get(f"head.{column}" if text.has(f"head.{column}") else f"col.{column}", lang)


def _said(column: str, cell: object, lang: Lang) -> object:
    from parkcity.plan.document import words
    from parkcity.plan.units import symbol

    text = words()
    if column == "unit" and cell:
        return symbol(str(cell), lang)
    keys = [f"{head}.{cell}" for head in CODED.get(column, ())]
    return next((text.get(key, lang) for key in keys if cell and text.has(key)), cell)
