"""`parkcity indicators`: the registry as a table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from parkcity.base.words import language
from parkcity.serve.cli.output import emit, format_option, lang_option

COLUMNS = ("indicator", "name_zh", "name_en", "unit", "polarity", "clause", "status", "needs")


@click.command()
@click.argument("city", type=click.Path(), required=False)
@format_option()
@lang_option()
@click.option("--status", type=click.Choice(["computed", "recorded", "missing"]), default=None, help="Only indicators of this status.")
def indicators(city: str | None, form: str, lang: str | None, status: str | None) -> None:
    """List every indicator; with CITY, say which it can measure and what the others need.

    Without CITY, `needs` names everything that the indicator rests on.
    """
    from parkcity.insight.registry import INDICATORS

    if status is not None and city is None:
        raise click.UsageError("--status asks what a city can measure: name the city's folder too")
    twin = None
    if city is not None:
        from parkcity.twin.build import build

        twin = build(Path(city))
    rows = []
    for indicator in INDICATORS:
        state, needs = _state(indicator, twin)
        if status is None or state == status:
            rows.append(
                {
                    "indicator": indicator.id,
                    "name_zh": indicator.name_zh,
                    "name_en": indicator.name_en,
                    "unit": indicator.unit,
                    "polarity": indicator.polarity,
                    "clause": indicator.clause.citation,
                    "status": state,
                    "needs": needs,
                }
            )
    meta = {"city": None if twin is None else twin.spec.id, "count": len(rows)}
    emit(rows, meta, _columns(form, language(lang)), form, language(lang))


def _state(indicator: Any, twin: Any) -> tuple[str, list[str]]:
    from parkcity.insight.run import needs_of, status_of

    if twin is not None:
        return status_of(indicator, twin)
    return ("recorded" if indicator.recorded_only else "", needs_of(indicator))


def _columns(form: str, lang: str) -> tuple[str, ...]:
    """Machines get every column; on a terminal the name of the other language gives way."""
    if form != "table":
        return COLUMNS
    other = "name_en" if lang == "zh" else "name_zh"
    return tuple(name for name in COLUMNS if name != other)
