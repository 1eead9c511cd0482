"""How results leave the command line: a table for people, CSV and JSON for machines."""

from __future__ import annotations

import csv
import io
import json
import math
import sys
from typing import TYPE_CHECKING, Any, Literal, get_args

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from parkcity.base.words import Lang

Format = Literal["table", "json", "csv"]
FORMATS: tuple[Format, ...] = get_args(Format)


def format_option() -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`--format table|json|csv`."""
    return click.option("--format", "form", type=click.Choice(FORMATS), default="table", show_default=True, help="How to print the result.")


def lang_option() -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`--lang zh|en`."""
    return click.option("--lang", type=click.Choice(["zh", "en"]), default=None, help="Language; left out, that of your system.")


def quiet_option() -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`--quiet`."""
    return click.option("--quiet", is_flag=True, help="No progress on the terminal.")


def threads_option() -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`--threads N`."""
    return click.option("--threads", type=click.IntRange(1, 1024), default=None, help="Threads; left out, all processors.")


def memory_option() -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`--memory GB`."""
    return click.option("--memory", type=click.FloatRange(0, min_open=True), default=None, help="Refuse work that needs more memory (GB).")


def city_argument() -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The city's folder."""
    return click.argument("city", type=click.Path(file_okay=True, dir_okay=True))


def emit(rows: Sequence[Mapping[str, Any]], meta: Mapping[str, Any], columns: Sequence[str], form: str, lang: Lang) -> None:
    """Print rows: one JSON document `{"meta", "rows"}`, CSV with a header, or a table as wide as the terminal."""
    if form == "json":
        click.echo(json.dumps({"meta": meta, "rows": [_clean(row, columns) for row in rows]}, ensure_ascii=False, indent=1))
    elif form == "csv":
        click.echo(csv_text(rows, columns), nl=False)
    else:
        _table(rows, columns, lang)


def csv_text(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """Rows as CSV text: comma, LF, empty where there is no value, numbers in full."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row.get(name)) for name in columns])
    return out.getvalue()


def _clean(row: Mapping[str, Any], columns: Sequence[str]) -> dict[str, Any]:
    return {name: None if isinstance(row.get(name), float) and not math.isfinite(row[name]) else row.get(name) for name in columns}


def _cell(value: object) -> str:
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    if isinstance(value, list | tuple):
        return "; ".join(str(entry) for entry in value)
    return str(value)


def _table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], lang: Lang) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    del lang
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in columns:
        numeric = any(isinstance(row.get(name), int | float) for row in rows)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_shown(row.get(name)) for name in columns))
    width = None if sys.stdout.isatty() else 160
    Console(file=sys.stdout, width=width, highlight=False, markup=False).print(table)


def _shown(value: object) -> str:
    if isinstance(value, float) and math.isfinite(value):
        return f"{value:,.7g}" if abs(value) < 1000 else f"{value:,.0f}"
    return _cell(value)
