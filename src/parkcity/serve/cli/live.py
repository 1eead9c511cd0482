"""`parkcity live`: the event log of a city, loaded, shown and replayed."""

from __future__ import annotations

import hashlib
import sys
from datetime import UTC, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from parkcity.base.errors import UsageError
from parkcity.base.words import language
from parkcity.serve.cli.output import city_argument, emit, format_option, lang_option

if TYPE_CHECKING:
    from collections.abc import Callable

    from parkcity.steer.log import EventLog

_COLUMNS = ("time", "id", "kind", "known", "closed", "lon", "lat", "place")
_STATE = ("kind", "reported", "open", "closed", "suspect", "days_mean", "days_median", "days_most")
_EVENT = ("observed_at", "known_at", "source", "id", "subject", "kind", "phase", "lon", "lat", "place", "quality")
_SHOWN_REFUSALS = 20


@click.group()
@city_argument()
@click.pass_context
def live(context: click.Context, city: str) -> None:
    """The live desk of CITY: its log of events lies in CITY/live and only ever grows."""
    from parkcity.base.spec import load
    from parkcity.steer.log import EventLog

    load(Path(city))
    context.obj = EventLog(Path(city) / "live" / "events.sqlite")


def _time_option(name: str, text: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return click.option(name, default=None, help=f"{text} (2014-06-30, or 2014-06-30T12:00:00Z; a bare day counts whole).")


def _column_options(function: Any) -> Any:
    for name in reversed(_COLUMNS):
        function = click.option(
            f"--{name}-column", default=None, help=f"The column that holds: {name}; left out, '{name}' where there is one."
        )(function)
    return function


@live.command()
@click.argument("table", type=click.Path(dir_okay=False))
@click.option("--source", default=None, help="The source's id; left out, the file's name.")
@click.option("--kind", default="report", show_default=True, help="The kind of events whose row does not say it.")
@click.option("--zone", default="UTC", show_default=True, help="Time zone of times without an offset, such as Asia/Shanghai.")
@_column_options
@format_option()
@lang_option()
@click.pass_obj
def load(log: EventLog, /, table: str, source: str | None, kind: str, zone: str, form: str, lang: str | None, **named: str | None) -> None:
    """Add the events of TABLE (CSV, also .gz) to the log. Loading it again changes nothing."""
    from parkcity.steer.tables import EventColumns, read_events

    path = Path(table)
    given = {name.removesuffix("_column"): value for name, value in named.items() if value is not None}
    name = source or path.name.removesuffix(".gz").removesuffix(".csv")
    found = read_events(path, name, EventColumns(**given), named=frozenset(given.values()), kind=kind, zone=_zone(zone))
    done = log.append(found.events)
    for fault in found.refused[:_SHOWN_REFUSALS]:
        click.echo(f"refused: {fault}", err=True)
    if len(found.refused) > _SHOWN_REFUSALS:
        click.echo(f"refused: {len(found.refused) - _SHOWN_REFUSALS} more rows", err=True)
    counts = {"source": name, "rows": found.rows, "refused": len(found.refused), "events": len(found.events)}
    row = {**counts, "added": done.added, "repeated": done.repeated, "revised": done.revised}
    emit([row], {"log": log.path.as_posix(), "total": log.count()}, tuple(row), form, language(lang))


def _zone(name: str) -> tzinfo:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        msg = f"unknown time zone '{name}'; allowed: names such as UTC, Asia/Shanghai, Europe/Madrid"
        raise UsageError(msg) from None


@live.command()
@_time_option("--until", "Only what was observed by then")
@_time_option("--known-by", "Only what was known by then")
@format_option()
@lang_option()
@click.pass_obj
def show(log: EventLog, until: str | None, known_by: str | None, form: str, lang: str | None) -> None:
    """What is open, what was closed, and how long it took, by kind."""
    from parkcity.steer.events import asked_moment
    from parkcity.steer.state import fold

    state = fold(log.replay(asked_moment(until), asked_moment(known_by)))
    meta = {"log": log.path.as_posix(), "events": state.events, "last": state.last_at, "state": state.hash}
    emit(state.rows(), meta, _STATE, form, language(lang))


@live.command()
@_time_option("--until", "Only what was observed by then")
@_time_option("--known-by", "Only what was known by then")
@click.option("--limit", type=click.IntRange(1), default=None, help="Print only the first so many events.")
@format_option()
@lang_option()
@click.pass_obj
def replay(log: EventLog, until: str | None, known_by: str | None, limit: int | None, form: str, lang: str | None) -> None:
    """The events in the order in which they happened, and a hash of that order."""
    from parkcity.steer.events import asked_moment

    rows: list[dict[str, Any]] = []
    digest, count = hashlib.sha256(), 0
    for event in log.replay(asked_moment(until), asked_moment(known_by)):
        digest.update(event.digest.encode())
        count += 1
        if limit is None or count <= limit:
            rows.append({name: getattr(event, name) for name in _EVENT})
    meta = {"log": log.path.as_posix(), "events": count, "hash": digest.hexdigest()}
    emit(rows, meta, _EVENT, form, language(lang))
    if form == "table":
        sys.stdout.write(f"{count} events, {digest.hexdigest()[:16]}\n")
