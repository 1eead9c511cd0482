"""Edits and imports of the plan: `parkcity plan CITY add | amend | import`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from parkcity.base.errors import UsageError
from parkcity.serve.cli.plan_context import Command, store_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from parkcity.plan.edit import Author
    from parkcity.plan.store import Store


def author_options(*, required: bool = True) -> Callable[[Command], Command]:
    """`--by`, `--reason`, `--known-on`."""
    by = click.option("--by", required=required, default=None, help="Who makes the edit.")
    reason = click.option("--reason", required=required, default=None, help="Why.")
    known_on = click.option("--known-on", default="", help="The day on which it was known; left out, today.")
    return lambda function: by(reason(known_on(function)))


def author_of(by: str, reason: str, known_on: str) -> Author:
    """Who edits and why, now by this machine's clock."""
    from parkcity.plan.edit import Author

    return Author(by, reason, datetime.now(UTC).astimezone(), known_on)


def _pairs(values: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in values:
        name, sign, value = text.partition("=")
        if not sign or name in found:
            msg = f"'{text}' is not column=value, or its column stands twice"
            raise UsageError(msg)
        found[name] = value
    return found


@click.command()
@click.pass_context
@click.argument("table")
@click.argument("values", nargs=-1, required=True, metavar="COLUMN=VALUE…")
@author_options()
def add(context: click.Context, table: str, values: tuple[str, ...], by: str, reason: str, known_on: str) -> None:
    """Add a row to TABLE, such as: add actuals id=A300 indicator=greenway_km value=7500 …."""
    from parkcity.plan.edit import add as add_row

    row = add_row(store_of(context), table, _pairs(values), author_of(by, reason, known_on))
    click.echo(f"{table} {row['id']}")


@click.command()
@click.pass_context
@click.argument("table")
@click.argument("row_id", metavar="ID")
@click.argument("values", nargs=-1, metavar="COLUMN=VALUE…")
@click.option("--withdraw", is_flag=True, help="End the row instead of changing it.")
@author_options()
def amend(
    context: click.Context, table: str, row_id: str, values: tuple[str, ...], by: str, reason: str, known_on: str, *, withdraw: bool
) -> None:
    """Add a new version of a row; reports of earlier days keep the old one."""
    from parkcity.plan.edit import amend as amend_row
    from parkcity.plan.edit import withdraw as withdraw_row

    if withdraw and values:
        msg = "--withdraw takes no values"
        raise UsageError(msg)
    author = author_of(by, reason, known_on)
    row = (
        withdraw_row(store_of(context), table, row_id, author)
        if withdraw
        else amend_row(store_of(context), table, row_id, _pairs(values), author)
    )
    click.echo(f"{table} {row['id']}")


@click.command(name="import")
@click.pass_context
@click.option("--checkup", type=click.Path(path_type=Path), default=None, help="The report folder of `parkcity check`.")
@click.option(
    "--table",
    "statistics",
    type=click.Path(path_type=Path),
    default=None,
    help="A statistical table (CSV): long, years or indicators across.",
)
@click.option("--spreadsheet", type=click.Path(path_type=Path), default=None, help="A spreadsheet as `export --spreadsheet` writes it.")
@click.option("--from", "folder", type=click.Path(path_type=Path), default=None, help="Another plan folder.")
@click.option("--source", default="", help="With --table: where it is from.")
@click.option("--confidence", type=click.Choice(["S", "F", "L", "M"]), default="F", show_default=True, help="With --table: how sure it is.")
@click.option("--scope", default="", help="With --table: the area of rows that name none.")
@click.option("--unit", default="", help="With --table: the unit of rows that name none.")
@author_options()
def import_command(
    context: click.Context,
    checkup: Path | None,
    statistics: Path | None,
    spreadsheet: Path | None,
    folder: Path | None,
    source: str,
    confidence: str,
    scope: str,
    unit: str,
    by: str,
    reason: str,
    known_on: str,
) -> None:
    """Bring in many rows at once: a check-up, a statistical table, a spreadsheet or another plan. All or none."""
    from parkcity.plan.ingest import import_rows
    from parkcity.plan.statistics import Given

    given = [path for path in (checkup, statistics, spreadsheet, folder) if path is not None]
    if len(given) != 1:
        msg = "import takes exactly one of --checkup, --table, --spreadsheet, --from"
        raise UsageError(msg)
    if statistics is None and (source or scope or unit):
        msg = "--source, --scope and --unit belong to --table"
        raise UsageError(msg)
    if statistics is not None and not source:
        msg = "--table needs --source: where the table is from"
        raise UsageError(msg)
    author = author_of(by, reason, known_on)
    store = store_of(context)
    rows = _rows_of(store, checkup, statistics, spreadsheet, folder, Given(source, author.known, confidence, scope, unit))
    for name, count in import_rows(store, rows, author).items():
        click.echo(f"{name} +{count}")


def _rows_of(
    store: Store, checkup: Path | None, statistics: Path | None, spreadsheet: Path | None, folder: Path | None, given: Any
) -> dict[str, list[dict[str, str]]]:
    from parkcity.plan.checkup import checkup_actuals
    from parkcity.plan.interchange import read_spreadsheet
    from parkcity.plan.load import load
    from parkcity.plan.statistics import statistics_actuals

    if checkup is not None:
        return {"actuals": checkup_actuals(store.load().view(), checkup, given.known_on)}
    if statistics is not None:
        return {"actuals": statistics_actuals(store.load().view(), statistics, given)}
    ledger = read_spreadsheet(spreadsheet) if spreadsheet is not None else load(folder or "")
    return {name: list(table) for name, table in ledger.tables.items() if len(table) and name != "changes"}
