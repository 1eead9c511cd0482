"""`parkcity plan CITY …`: the plan ledger on the command line. Each command is a thin call into `parkcity.plan`."""

from __future__ import annotations

import click

from parkcity.base.errors import InputError, UsageError
from parkcity.base.words import Lang, language
from parkcity.serve.cli.output import format_option, lang_option
from parkcity.serve.cli.plan_context import emit, ledger_of, mark_of, meta_of, store_of, time_options, title_of, view_of
from parkcity.serve.cli.plan_edit import add, amend, import_command
from parkcity.serve.cli.plan_effects import effects
from parkcity.serve.cli.plan_reports import annual, evaluate, export

_STATUS_COLUMNS = ("target", "article", "status", "value", "path", "probability", "growth", "light", "goal", "unit", "deadline", "mark")
_TABLE_COLUMNS = (
    "target",
    "status",
    "light",
    "value_op",
    "value",
    "goal",
    "unit",
    "path",
    "growth",
    "probability",
    "agree",
    "mark",
    "name",
)
_MORE_COLUMNS = (
    "value_on",
    "value_op",
    "planned",
    "progress",
    "growth_word",
    "views_agree",
    "forecast",
    "forecast_low",
    "forecast_high",
    "method",
    "required",
    "achieved",
    "attainment",
    "flags",
    "kind",
    "binding",
    "owner",
    "scope",
    "confidence",
    "source",
    "name",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("city", type=click.Path())
@click.option("--database", default=None, help="PostgreSQL connection string; left out, the text files of CITY.")
@click.pass_context
def plan(context: click.Context, city: str, database: str | None) -> None:
    """The plan of CITY as a ledger: targets, actuals, tasks, evidence, and what they add up to.

    Begin with: parkcity plan examples/chengdu status
    """
    context.obj = (city, database)


@plan.command()
@click.pass_context
@format_option()
@lang_option()
def lint(context: click.Context, form: str, lang: str | None) -> None:
    """Look for everything that is wrong, and list it all at once with its row."""
    from parkcity.insight.registry import INDICATORS
    from parkcity.plan.lint import lint as lint_city

    city, database = context.obj
    ledger, faults = lint_city(city, (item.id for item in INDICATORS), None if database is None else store_of(context))
    if faults:
        raise InputError(faults)
    rows = [{"table": name, "rows": len(table)} for name, table in ledger.tables.items()]
    emit(rows, {"faults": 0, "latest": ledger.latest.isoformat()}, ("table", "rows"), form, language(lang))


@plan.command()
@click.pass_context
@time_options
@click.option("--light", type=click.Choice(["blue", "green", "amber", "red", "grey"]), default=None, help="Only targets of this colour.")
@format_option()
@lang_option()
def status(context: click.Context, at: str | None, known: str | None, light: str | None, form: str, lang: str | None) -> None:
    """The status of every target: path, growth and probability side by side."""
    from parkcity.plan.status import standings

    view, spoken = view_of(context, at, known), language(lang)
    rows = []
    for item in standings(view):
        row = item.row()
        if light is None or row["light"] == light:
            memory = "M" if item.confidence == "M" or item.forecast_unverified else ""
            rows.append(row | {"name": row[f"name_{spoken}"], "mark": mark_of(memory, spoken), "agree": row["views_agree"]})
    columns = _TABLE_COLUMNS if form == "table" else (*_STATUS_COLUMNS, *_MORE_COLUMNS)
    emit(rows, meta_of(view), columns, form, spoken)


def _cells(row: dict[str, str], table: str, lang: Lang) -> list[dict[str, object]]:
    """The cells of a row that hold something, with their meaning and the mark of what comes from memory."""
    from parkcity.plan.schema import schema

    own = row.get("confidence", "")
    sure = {"baseline": row.get("baseline_confidence", ""), "target": own if table == "targets" else "", "value": own}
    return [
        {
            "table": table,
            "field": name,
            "value": text,
            "meaning": schema(table).field(name).meaning(lang),
            "mark": mark_of(sure.get(name), lang),
        }
        for name, text in row.items()
        if text
    ]


@plan.command()
@click.pass_context
@click.argument("row_id", metavar="ID")
@time_options
@format_option()
@lang_option()
def show(context: click.Context, row_id: str, at: str | None, known: str | None, form: str, lang: str | None) -> None:
    """Everything about one row: its cells with their meaning, and for a target its series and status."""
    from parkcity.plan.status import standings

    view, spoken = view_of(context, at, known), language(lang)
    tables = [name for name, table in view.tables.items() if row_id in table.index]
    if not tables:
        msg = f"no table has a row '{row_id}' as known on {view.known}"
        raise UsageError(msg)
    rows: list[dict[str, object]] = []
    for name in tables:
        rows.extend(_cells(view.row(name, row_id), name, spoken))
    for item in standings(view) if "targets" in tables else ():
        if item.target.id == row_id:
            rows.extend(
                {
                    "table": "actuals",
                    "field": point.on.isoformat(),
                    "value": f"{point.op} {point.value:g}",
                    "meaning": point.source,
                    "mark": mark_of(point.confidence, spoken),
                }
                for point in item.series
            )
            memory = "M" if item.confidence == "M" or item.forecast_unverified else ""
            rows.extend(
                {"table": "status", "field": key, "value": value, "meaning": title_of(key, spoken), "mark": mark_of(memory, spoken)}
                for key, value in item.row().items()
                if value not in {None, ""} and key not in {"name_zh", "name_en", "source"}
            )
    emit(rows, meta_of(view), ("table", "field", "value", "meaning", "mark"), form, spoken)


@plan.command()
@click.pass_context
@click.argument("row_id", metavar="ID")
@click.option("--table", default=None, help="The table, where several have the id.")
@format_option()
@lang_option()
def history(context: click.Context, row_id: str, table: str | None, form: str, lang: str | None) -> None:
    """All versions of a row: when known, from when true, what changed, who changed it and why."""
    from parkcity.plan.history import history as row_history

    spoken = language(lang)
    rows = _marked(row_history(ledger_of(context), row_id, table), spoken)
    emit(rows, {"id": row_id}, ("table", "id", "true_on", "known_on", "withdrawn", "changed", "mark", "by", "at", "reason"), form, spoken)


@plan.command()
@click.pass_context
@click.argument("first")
@click.argument("second")
@format_option()
@lang_option()
def diff(context: click.Context, first: str, second: str, form: str, lang: str | None) -> None:
    """What was known on day SECOND and not on day FIRST."""
    from parkcity.plan.dates import asked_day
    from parkcity.plan.history import diff as difference

    days = asked_day(first, "FIRST"), asked_day(second, "SECOND")
    spoken = language(lang)
    rows = _marked(difference(ledger_of(context), *days), spoken)
    emit(rows, {"first": days[0].isoformat(), "second": days[1].isoformat()}, ("table", "id", "action", "changed", "mark"), form, spoken)


def _marked(rows: list[dict[str, object]], lang: Lang) -> list[dict[str, object]]:
    return [row | {"mark": mark_of("M" if row["unverified"] else "", lang)} for row in rows]


@plan.command()
@click.pass_context
@time_options
@click.option("--by", default="chapter", show_default=True, help="chapter, article, owner, zone or dimension.")
@format_option()
@lang_option()
def score(context: click.Context, at: str | None, known: str | None, by: str, form: str, lang: str | None) -> None:
    """Scores of many targets together."""
    from parkcity.plan.rollup import LIGHTS, rollup
    from parkcity.plan.status import standings

    view, spoken = view_of(context, at, known), language(lang)
    rows = [row | {"mark": mark_of("M" if row["unverified"] else "", spoken)} for row in rollup(view, standings(view), by)]
    emit(rows, meta_of(view) | {"by": by}, ("group", "targets", "scored", "attainment", *LIGHTS, "unverified", "mark"), form, spoken)


@plan.command()
@click.pass_context
@time_options
@format_option()
@lang_option()
def warn(context: click.Context, at: str | None, known: str | None, form: str, lang: str | None) -> None:
    """Early warnings: why, who, since when, and what would bring it back."""
    from parkcity.plan.sections import owner_name
    from parkcity.plan.status import standings
    from parkcity.plan.warning import warnings

    view, spoken = view_of(context, at, known), language(lang)
    rows = [one.row(spoken) | {"mark": mark_of("M" if one.unverified else "", spoken)} for one in warnings(view, standings(view))]
    if form == "table":
        rows = [row | {"owner": owner_name(view, str(row["owner"]), spoken)} for row in rows]
    emit(
        rows, meta_of(view), ("level", "rule", "subject", "name", "why", "owner", "since", "required_pace", "remedy", "mark"), form, spoken
    )


@plan.command()
@click.pass_context
@time_options
@format_option()
@lang_option()
def supervise(context: click.Context, at: str | None, known: str | None, form: str, lang: str | None) -> None:
    """Supervision items: deadline, days late, replies, repeats, closure."""
    from parkcity.plan.supervision import supervision

    view, spoken = view_of(context, at, known), language(lang)
    rows = [row | {"issue": row[f"issue_{spoken}"]} for row in supervision(view)]
    columns = (
        "item",
        "issue",
        "basis",
        "owner",
        "supervisor",
        "deadline",
        "extended_to",
        "state",
        "days_late",
        "replies",
        "repeats",
        "closed_by",
    )
    emit(rows, meta_of(view), columns, form, spoken)


@plan.command()
@click.pass_context
@time_options
@format_option()
@lang_option()
def contribution(context: click.Context, at: str | None, known: str | None, form: str, lang: str | None) -> None:
    """Which tasks and scenarios moved which target, and how much of the change was real, data or method."""
    from parkcity.plan.contribution import contributions
    from parkcity.plan.status import standings

    view = view_of(context, at, known)
    rows = contributions(view, standings(view))
    emit(rows, meta_of(view), ("target", "part", "task", "scenario", "amount", "unit", "share", "source"), form, language(lang))


@plan.command()
@click.pass_context
@time_options
@click.option("--level", is_flag=True, help="Within the capacities of resources.csv.")
@click.option("--daily-budget", type=click.IntRange(1), default=None, help="With --level: yuan that may be spent on a working day.")
@click.option("--draws", type=click.IntRange(1, 100_000), default=None, help="Monte Carlo on three-point durations: P50, P80, criticality.")
@format_option()
@lang_option()
def schedule(
    context: click.Context,
    at: str | None,
    known: str | None,
    level: bool,
    daily_budget: int | None,
    draws: int | None,
    form: str,
    lang: str | None,
) -> None:
    """The tasks on the calendar: critical path, float, slip; with earned value."""
    from parkcity.plan.earned import earned_value, total
    from parkcity.plan.schedule import programme

    if daily_budget is not None and not level:
        msg = "--daily-budget belongs to --level"
        raise UsageError(msg)
    view, spoken = view_of(context, at, known), language(lang)
    work = programme(view)
    rows = [row | {"name": row[f"name_{spoken}"]} for row in work.rows()]
    meta: dict[str, object] = meta_of(view) | {"weekday_only_years": work.calendar.unpublished}
    value = total(earned_value(view))
    meta |= {"spi": value.schedule_index, "cpi": value.cost_index, "eac": value.at_completion}
    columns = ["task", "name", "owner", "start", "finish", "expected_finish", "days", "float_days", "slip_days", "critical", "status"]
    if draws is not None and rows:
        from parkcity.plan.risk import programme_risk

        risk = programme_risk(work, draws)
        ends = {f"p{round(100 * share)}": work.calendar.day_at(round(risk.quantile(share)) - 1).isoformat() for share in (0.5, 0.8)}
        meta |= ends
        rows = [row | {"criticality": round(float(risk.criticality[at_row]), 3)} for at_row, row in enumerate(rows)]
        columns.append("criticality")
    if level and rows:
        from parkcity.plan.resources import level_programme

        found = level_programme(work, daily_budget)
        meta |= {"levelled_days": found.length, "levelled_bound": found.bound, "optimal": found.optimal}
        rows = [row | {"levelled_start": work.calendar.day_at(found.starts[at_row]).isoformat()} for at_row, row in enumerate(rows)]
        columns.append("levelled_start")
    emit(rows, meta, columns, form, spoken)


for command in (add, amend, import_command, effects, annual, evaluate, export):
    plan.add_command(command)
