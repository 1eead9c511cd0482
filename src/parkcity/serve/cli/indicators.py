"""`parkcity indicators`: the registry as a table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from parkcity.base.words import language
from parkcity.serve.cli.output import emit, format_option, lang_option

NORMS = ("tdt1063", "gb50180", "mohurd", "mohurd61", "cmm")
COLUMNS = ("indicator", "name_zh", "name_en", "unit", "polarity", "clause", "status", "needs")


@click.command()
@click.argument("city", type=click.Path(), required=False)
@format_option()
@lang_option()
@click.option("--norm", type=click.Choice(NORMS), default=None, help="Every indicator of one norm by its number there.")
@click.option("--status", type=click.Choice(["computed", "recorded", "missing"]), default=None, help="Only indicators of this status.")
def indicators(city: str | None, form: str, lang: str | None, norm: str | None, status: str | None) -> None:
    """List every indicator; with CITY, say which it can measure and what the others need.

    Without CITY, `needs` names everything that the indicator rests on. What the norms ask for and no formula answers follows
    after the others, as recorded (the city's statistics hold it) or missing. --norm tdt1063 lists all of TD/T 1063-2021,
    gb50180 the facilities of GB 50180-2018, mohurd the housing ministry's spatial indicators, mohurd61 its basic ones of 2023,
    cmm the commuting monitor; `needs` then names what computes a number.
    """
    from parkcity.insight.norms import asked
    from parkcity.insight.registry import INDICATORS
    from parkcity.serve.report.norms import recorded_of

    if status is not None and city is None:
        raise click.UsageError("--status asks what a city can measure: name the city's folder too")
    twin = None
    if city is not None:
        from parkcity.twin.build import build

        twin = build(Path(city))
    rows = []
    recorded = {} if city is None else recorded_of(Path(city))
    for indicator in () if norm else INDICATORS:
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
    wanted = [one for one in asked() if (one.norm == norm if norm else not one.indicators)]
    rows += [
        row for row in (_asked_row(one, twin, recorded, by_norm=norm is not None) for one in wanted) if status in {None, row["status"]}
    ]
    meta = {"city": None if twin is None else twin.spec.id, "count": len(rows)}
    emit(rows, meta, _columns(form, language(lang)), form, language(lang))


def _state(indicator: Any, twin: Any) -> tuple[str, list[str]]:
    from parkcity.insight.run import needs_of, status_of

    if twin is not None:
        return status_of(indicator, twin)
    return ("recorded" if indicator.recorded_only else "", needs_of(indicator))


def _asked_row(one: Any, twin: Any, recorded: Any, *, by_norm: bool) -> dict[str, Any]:
    from parkcity.insight.norms import standing

    state, needs = standing(one, twin, recorded)
    if by_norm and state == "computed":
        needs = list(one.indicators)
    return {
        "indicator": one.id,
        "name_zh": one.name_zh,
        "name_en": one.name_en,
        "unit": one.unit,
        "polarity": one.polarity,
        "clause": one.row.citation,
        "status": state,
        "needs": [f"statistics:{one.series}"] if state == "recorded" else needs,
    }


def _columns(form: str, lang: str) -> tuple[str, ...]:
    """Machines get every column; on a terminal the name of the other language gives way."""
    if form != "table":
        return COLUMNS
    other = "name_en" if lang == "zh" else "name_zh"
    return tuple(name for name in COLUMNS if name != other)
