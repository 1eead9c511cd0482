"""`parkcity accounts`: who may use a server, and the backup of its database."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from parkcity.base.errors import UsageError
from parkcity.base.words import language
from parkcity.serve.cli.output import emit, format_option, lang_option
from parkcity.serve.cli.serve import DATABASE

if TYPE_CHECKING:
    from parkcity.serve.accounts.database import Database

PASSWORD = "PARKCITY_PASSWORD"  # noqa: S105 - the name of a variable
COLUMNS = ("name", "role", "tiers", "disabled", "password")


@click.group()
@click.option("--database", default=None, help=f"sqlite:///FILE or postgresql://…; left out, {DATABASE}.")
@click.pass_context
def accounts(context: click.Context, database: str | None) -> None:
    """The accounts of a server that was started with --accounts.

    Begin with: parkcity accounts --database sqlite:///serve.db add ADMIN --role admin
    """
    context.obj = database


def _open(context: click.Context) -> Database:
    from parkcity.serve.accounts.database import Database

    url = context.obj or os.environ.get(DATABASE)
    if not url:
        msg = f"name the database: --database sqlite:///FILE, or {DATABASE}"
        raise UsageError(msg)
    database = Database.open(url)
    context.call_on_close(database.close)
    return database


@accounts.command(name="list")
@click.pass_context
@format_option()
@lang_option()
def list_accounts(context: click.Context, form: str, lang: str | None) -> None:
    """Every account."""
    from parkcity.serve.accounts.people import People

    rows = People(_open(context)).all()
    emit(rows, {"accounts": len(rows)}, COLUMNS, form, language(lang))


@accounts.command()
@click.argument("name")
@click.option("--role", default="viewer", show_default=True, help="viewer, analyst, planner, operator or admin.")
@click.option("--tier", "tiers", multiple=True, help="See numbers of this tier only (cell, city, …); may be repeated.")
@click.option("--no-password", is_flag=True, help="Signs in by key or by the identity provider only.")
@click.pass_context
def add(context: click.Context, name: str, role: str, tiers: tuple[str, ...], no_password: bool) -> None:
    """A new account NAME. The password is asked for, or read from the environment."""
    from parkcity.serve.accounts import audit
    from parkcity.serve.accounts.people import People

    database = _open(context)
    password = None
    if not no_password:
        password = os.environ.get(PASSWORD) or click.prompt("password", hide_input=True, confirmation_prompt=True)
    People(database).add(name, role, password=password, tiers=tiers or None)
    audit.write(database, None, "accounts add", name, {"to": {"role": role, "tiers": list(tiers) or None}})
    click.echo(name)


@accounts.command()
@click.argument("name")
@click.option("--label", default="command line", show_default=True, help="What the key is for.")
@click.option("--days", type=click.FloatRange(0, min_open=True), default=None, help="Days until it is over; left out, it stays.")
@click.pass_context
def key(context: click.Context, name: str, label: str, days: float | None) -> None:
    """A new key for the account NAME, told once."""
    from parkcity.serve.accounts import audit
    from parkcity.serve.accounts.people import People

    database = _open(context)
    made = People(database).add_key(name, label, days)
    audit.write(database, None, "accounts key", name, {"to": {"id": made["id"], "label": label}})
    click.echo(made["key"])


@accounts.command()
@click.argument("name")
@click.pass_context
def remove(context: click.Context, name: str) -> None:
    """Remove the account NAME with its sessions and keys."""
    from parkcity.serve.accounts import audit
    from parkcity.serve.accounts.people import People

    database = _open(context)
    People(database).remove(name)
    audit.write(database, None, "accounts remove", name, {})


@accounts.command()
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_context
def backup(context: click.Context, target: Path) -> None:
    """Write everything that the database holds to the file TARGET, readable by its owner only."""
    from parkcity.serve.accounts.database import backup as write_backup

    click.echo(f"{write_backup(_open(context), target)} rows: {target}")


@accounts.command()
@click.argument("source", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_context
def restore(context: click.Context, source: Path) -> None:
    """Put the backup SOURCE in the place of everything that the database holds."""
    from parkcity.serve.accounts.database import restore as put_back

    click.echo(f"{put_back(_open(context), source)} rows: {source}")
