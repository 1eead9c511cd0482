"""`parkcity measure`: one indicator by tier and group, or taken apart for one cell."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from parkcity.base.words import Lang, language
from parkcity.serve.cli.output import city_argument, emit, format_option, lang_option, quiet_option, threads_option
from parkcity.serve.cli.progress import progress_bar


@click.command()
@city_argument()
@click.argument("indicator")
@click.option("--by", "tier", default="city", show_default=True, help="The tier whose zones to show.")
@click.option("--for", "group", default="all", show_default=True, help="The group of residents.")
@click.option("--period", default="night", show_default=True, help="night: residents where they live; day: people where they are by day.")
@click.option("--cell", default=None, help="Take the number of this one cell apart.")
@format_option()
@lang_option()
@threads_option()
@quiet_option()
def measure(
    city: str,
    indicator: str,
    tier: str,
    group: str,
    period: str,
    cell: str | None,
    form: str,
    lang: str | None,
    threads: int | None,
    *,
    quiet: bool,
) -> None:
    """Measure INDICATOR in CITY. `parkcity indicators CITY` lists what can be measured."""
    from parkcity.insight.run import COLUMNS
    from parkcity.insight.run import measure as measure_indicator
    from parkcity.twin.build import build

    with progress_bar(quiet=quiet) as progress:
        twin = build(Path(city), progress)
        measured = measure_indicator(twin, indicator, group, period=period, threads=threads)
    if cell is not None:
        from parkcity.insight.explain import explain

        _show(explain(measured, cell), form, language(lang))
        return
    found = measured.indicator
    meta = {
        "city": twin.spec.id,
        "twin": twin.hash,
        "indicator": found.id,
        "name_zh": found.name_zh,
        "name_en": found.name_en,
        "formula": found.formula,
        "clause": found.clause.citation,
        "confidence": found.clause.confidence,
        "period": period,
        "flags": {flag.id: {"largest": float(flag.size.max()), "detail": flag.detail} for flag in measured.flags(tier)},
    }
    emit(measured.rows(tier), meta, COLUMNS, form, language(lang))


def _show(explanation: Any, form: str, lang: Lang) -> None:
    from parkcity.serve.report.explanation import explanation_text

    if form == "json":
        click.echo(json.dumps({"meta": {}, "rows": [explanation.as_dict()]}, ensure_ascii=False, indent=1))
    elif form == "csv":
        raise click.UsageError("an explanation is not a table: use --format json or table")
    else:
        click.echo(explanation_text(explanation, lang))
