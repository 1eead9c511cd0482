"""`parkcity plan CITY effects`: what scenarios do for the targets that the twin measures, before and after they are carried out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from parkcity.base.errors import UsageError
from parkcity.base.words import language
from parkcity.serve.cli.output import format_option, lang_option, quiet_option, threads_option
from parkcity.serve.cli.plan_context import emit, mark_of, meta_of, store_of, time_options, view_of
from parkcity.serve.cli.plan_edit import author_of, author_options
from parkcity.serve.cli.progress import progress_bar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from parkcity.plan.effects import Part
    from parkcity.plan.ledger import View
    from parkcity.plan.targets import Target
    from parkcity.twin.scenario import Scenario
    from parkcity.twin.twin import Twin

Row = dict[str, Any]
EXPECTED = (
    "target",
    "name",
    "indicator",
    "proxy",
    "scenario",
    "task",
    "value",
    "under",
    "amount",
    "unit",
    "lacking",
    "closes",
    "winners",
    "losers",
    "mark",
)
SPLIT = ("target", "name", "indicator", "proxy", "part", "scenario", "task", "amount", "unit", "share", "mark")


@click.command()
@click.pass_context
@click.argument("scenarios", nargs=-1, type=click.Path(dir_okay=False))
@time_options
@click.option(
    "--before",
    type=click.Path(file_okay=False),
    default=None,
    help="An older folder of the city: split what changed since into real (by the SCENARIOS carried out), data and method.",
)
@click.option("--record", is_flag=True, help="Write what is found into the table of effects; needs --by and --reason.")
@author_options(required=False)
@format_option()
@lang_option()
@threads_option()
@quiet_option()
def effects(
    context: click.Context,
    scenarios: tuple[str, ...],
    at: str | None,
    known: str | None,
    before: str | None,
    record: bool,
    by: str | None,
    reason: str | None,
    known_on: str,
    form: str,
    lang: str | None,
    threads: int | None,
    quiet: bool,
) -> None:
    """What SCENARIOS (TOML files) change in the targets that the twin measures, and how much of what each target lacks they close.

    A programme is a scenario too: parkcity programme writes it as programme.toml.
    """
    from parkcity.twin.build import build

    if not scenarios and before is None:
        msg = "name at least one scenario, or an older folder of the city with --before"
        raise UsageError(msg)
    if record != bool(by and reason) or (known_on and not record):
        msg = "--record, --by and --reason belong together; --known-on only goes with them"
        raise UsageError(msg)
    view, spoken, asked = view_of(context, at, known), language(lang), _read(scenarios)
    with progress_bar(quiet=quiet) as progress:
        twin = build(Path(context.obj[0]), progress)
        older = None if before is None else build(Path(before), progress)
    items = _measured(view, twin)
    if older is None:
        rows, found = _expected(view, items, twin, asked, threads)
    else:
        rows, found = _split(view, items, older, twin, asked, threads)
    if record:
        _record(context, found, author_of(str(by), str(reason), known_on))
    shown = [row | {"name": row[f"name_{spoken}"], "mark": mark_of(row["mark"], spoken)} for row in rows]
    meta = meta_of(view) | {"twin": twin.hash, "before": older.hash if older else None, "recorded": len(found) if record else 0}
    emit(shown, meta, EXPECTED if older is None else SPLIT, form, spoken)


def _read(paths: Sequence[str]) -> list[Scenario]:
    """Every scenario file; the faults of all files are told together."""
    from parkcity.base.errors import FaultList, InputError
    from parkcity.twin.scenario import load_scenario

    faults, found = FaultList(), []
    for path in paths:
        try:
            found.append(load_scenario(Path(path)))
        except InputError as error:
            faults.extend(error.faults)
    faults.check()
    return found


def _measured(view: View, twin: Twin) -> list[Target]:
    from parkcity.insight.run import computable
    from parkcity.plan.effects import measurable

    items = measurable(view, {item.id: item.unit for item in computable(twin)})
    if not items:
        msg = "no target of the plan names an indicator that this city can measure, in a unit that fits (see `parkcity indicators`)"
        raise UsageError(msg)
    return items


def _values(twin: Twin, items: Iterable[Target], scenarios: Sequence[Scenario], threads: int | None) -> dict[tuple[str, str], Row]:
    """The row of the comparison for each target and scenario, its numbers in the target's unit."""
    from parkcity.decide.compare import compare
    from parkcity.plan.units import factor

    found: dict[tuple[str, str], Row] = {}
    comparison = compare(twin, scenarios, sorted({item.twin_indicator for item in items}), groups=["all"], threads=threads)
    for item in items:
        for row in comparison.rows(item.tier or "city"):
            if row["indicator"] == item.twin_indicator and (row["zone"] == item.zone or not item.zone):
                times = factor(row["unit"], item.unit)
                numbers = {name: None if row[name] is None else row[name] * times for name in ("baseline", "value", "change")}
                found[item.id, row["scenario"]] = row | numbers
    return found


def _expected(
    view: View, items: Sequence[Target], twin: Twin, scenarios: Sequence[Scenario], threads: int | None
) -> tuple[list[Row], list[dict[str, str]]]:
    from parkcity.plan.effects import Part, effect_row, lacking, task_of
    from parkcity.plan.status import standings

    values, rows, found = _values(twin, items, scenarios, threads), [], []
    standing = {item.target.id: item for item in standings(view)}
    for item in items:
        missing = lacking(standing[item.id])
        for scenario in scenarios:
            row = values.get((item.id, scenario.id))
            if row is None or row["change"] is None:
                continue
            part = Part("real", row["change"], scenario.id)
            task = task_of(view, scenario.id)
            share = None if not missing else part.amount / missing + 0.0
            numbers = {"value": row["baseline"], "under": row["value"], "lacking": missing, "closes": share}
            rows.append(_about(item, part, task) | numbers | {"winners": row["winners"], "losers": row["losers"]})
            if part.amount:
                found.append(effect_row(item.id, part, "expected", task, twin.hash, f"what-if {scenario.id}", item.proxy))
    return rows, found


def _split(
    view: View, items: Sequence[Target], older: Twin, newer: Twin, scenarios: Sequence[Scenario], threads: int | None
) -> tuple[list[Row], list[dict[str, str]]]:
    from parkcity.plan.effects import effect_row, split, task_of
    from parkcity.twin.scenario import Scenario as Empty

    nothing = Empty(id="as-it-was")
    steps = [Empty(id=one.id, steps=tuple(step for part in scenarios[: at + 1] for step in part.steps)) for at, one in enumerate(scenarios)]
    then, now = _values(older, items, [nothing, *steps], threads), _values(newer, items, [nothing], threads)
    recorded = _recorded(view, items, older.hash)
    rows: list[Row] = []
    found: list[dict[str, str]] = []
    for item in items:
        path = [(one.id, then.get((item.id, one.id), {}).get("value")) for one in (nothing, *steps)]
        known = [(name, float(value)) for name, value in path if value is not None]
        last = now.get((item.id, nothing.id), {}).get("value")
        if last is None or len(known) < len(path):
            continue
        first = known[0][1]
        start = recorded.get(item.id, first)
        for part in split(start, first, known[1:], last):
            task = task_of(view, part.scenario)
            change = last - start
            rows.append(_about(item, part, task) | {"part": part.part, "share": part.amount / change if change else None})
            if part.amount:
                found.append(
                    effect_row(item.id, part, "measured", task, newer.hash, f"twins {older.hash[:12]} and {newer.hash[:12]}", item.proxy)
                )
    return rows, found


def _recorded(view: View, items: Sequence[Target], twin: str) -> dict[str, float]:
    """What a check-up of the older twin wrote into the ledger, in the targets' units; without it, no change of method can be told."""
    from parkcity.plan.units import factor

    found: dict[str, float] = {}
    for item in items:
        for row in view["actuals"]:
            asked = (item.proxy, "city", "") if item.proxy else (item.indicator, item.tier, item.zone)
            same = asked == (row["indicator"], row["tier"], row["zone"])
            if same and row["origin"] == "computed" and row["twin"] == twin:
                found[item.id] = float(row["value"]) * factor(row["unit"], item.unit)
    return found


def _about(item: Target, part: Part, task: str) -> Row:
    names = {"name_zh": item.name_zh, "name_en": item.name_en}
    names |= {"indicator": item.twin_indicator, "proxy": "yes" if item.proxy else ""}
    cells = {"target": item.id, "scenario": part.scenario, "task": task, "amount": part.amount, "unit": item.unit}
    return {**cells, **names, "mark": "M" if "M" in {item.confidence, item.baseline_confidence} else ""}


def _record(context: click.Context, found: list[dict[str, str]], author: Any) -> None:
    from parkcity.plan.ingest import import_rows

    import_rows(store_of(context), {"effects": found}, author)
