"""`parkcity doctor`: what is wrong or doubtful in a city's data, worst effect first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from parkcity.base.words import Words, language
from parkcity.serve.cli.output import emit, format_option, lang_option

COLUMNS = ("rank", "subject", "what", "residents", "todo")


@click.command()
@click.argument("city", type=click.Path(), required=False)
@click.option("--readers", is_flag=True, help="List the readers and their options instead.")
@click.option("--schema", is_flag=True, help="Print the JSON Schema of city.toml for editors instead.")
@format_option()
@lang_option()
def doctor(city: str | None, form: str, lang: str | None, *, readers: bool, schema: bool) -> None:
    """Examine CITY, worst effect first: stale and old sources, doubtful datums and totals, rows not used, what meets no street, islands."""
    if schema:
        from parkcity.base.spec import schema as city_schema

        click.echo(json.dumps(city_schema(), ensure_ascii=False, indent=1))
        return
    if readers:
        _readers(form, lang)
        return
    if city is None:
        raise click.UsageError("name a city's folder, or use --readers or --schema")
    from parkcity.serve.report.doctor import differences, doctor_rows, points_of
    from parkcity.twin.build import build

    # What differs from the lock must be seen before the build writes it anew.
    told = differences(Path(city))
    twin, spoken = build(Path(city)), language(lang)
    rows = doctor_rows(points_of(twin, told), spoken)
    if not rows and form == "table":
        click.echo(Words.load("parkcity.serve.report", "doctor_words.csv").get("none", spoken))
        return
    emit(rows, {"city": twin.spec.id, "twin": twin.hash, "count": len(rows)}, COLUMNS, form, spoken)


def _readers(form: str, lang: str | None) -> None:
    from parkcity.sense.raw import READERS

    rows: list[dict[str, Any]] = [
        {"reader": reader.id, "layers": list(reader.layers), "option": name, "default": option.default, "meaning": option.doc}
        for reader in READERS
        for name, option in reader.options.items()
    ]
    emit(rows, {"count": len(rows)}, ("reader", "layers", "option", "default", "meaning"), form, language(lang))
