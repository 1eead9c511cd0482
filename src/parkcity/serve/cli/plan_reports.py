"""Documents and exchange files of the plan: `parkcity plan CITY annual | evaluate | export`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from parkcity.base.errors import UsageError
from parkcity.base.words import Lang, language
from parkcity.serve.cli.output import lang_option
from parkcity.serve.cli.plan_context import ledger_of, time_options, view_of

if TYPE_CHECKING:
    from parkcity.plan.document import Document
    from parkcity.plan.ledger import View


def _write(document: Document, out: Path, stem: str) -> None:
    from parkcity.serve.report.plan_document import document_docx, document_html

    out.mkdir(parents=True, exist_ok=True)
    files = {out / f"{stem}.html": document_html(document).encode(), out / f"{stem}.docx": document_docx(document)}
    for path, data in files.items():
        path.write_bytes(data)
        click.echo(str(path))


@click.command()
@click.pass_context
@click.argument("year", type=click.IntRange(1900, 2200))
@click.option("--known", default=None, help="As known on this day; left out, the last day anything became known.")
@click.option("--out", type=click.Path(path_type=Path), default=None, help="Folder; left out, report/ in CITY.")
@lang_option()
def annual(context: click.Context, year: int, known: str | None, out: Path | None, lang: str | None) -> None:
    """The annual plan of YEAR: path points, tasks, milestones, money, owners (HTML and DOCX)."""
    from parkcity.plan.annual import annual as annual_plan

    spoken = language(lang)
    document = annual_plan(view_of(context, known, known), year, spoken)
    _write(document, out or Path(context.obj[0]) / "report", f"annual-{year}-{spoken}")


@click.command()
@click.pass_context
@time_options
@click.option("--out", type=click.Path(path_type=Path), default=None, help="Folder; left out, report/ in CITY.")
@lang_option()
def evaluate(context: click.Context, at: str | None, known: str | None, out: Path | None, lang: str | None) -> None:
    """The evaluation on a day: every target and task, reasons, causes, proposals, data gaps (HTML and DOCX)."""
    from parkcity.plan.evaluate import evaluation

    view, spoken = view_of(context, at, known), language(lang)
    _write(evaluation(view, spoken), out or Path(context.obj[0]) / "report", f"evaluation-{view.at.isoformat()}-{spoken}")


@click.command()
@click.pass_context
@time_options
@click.option("--tidy", type=click.Path(path_type=Path), default=None, help="SDMX-style CSV of all values.")
@click.option("--open-sdg", type=click.Path(path_type=Path), default=None, help="Folder of Open SDG data files, one an indicator.")
@click.option("--spreadsheet", type=click.Path(path_type=Path), default=None, help="Spreadsheet of all tables and versions.")
@click.option("--yaml", "folder", type=click.Path(path_type=Path), default=None, help="A plan folder of YAML tables with all versions.")
@click.option("--ics", type=click.Path(path_type=Path), default=None, help="Calendar of milestones and tasks.")
@click.option("--project", type=click.Path(path_type=Path), default=None, help="MS Project XML of the tasks.")
@click.option("--gantt", type=click.Path(path_type=Path), default=None, help="Gantt picture (SVG).")
@lang_option()
def export(
    context: click.Context,
    at: str | None,
    known: str | None,
    tidy: Path | None,
    open_sdg: Path | None,
    spreadsheet: Path | None,
    folder: Path | None,
    ics: Path | None,
    project: Path | None,
    gantt: Path | None,
    lang: str | None,
) -> None:
    """Write the plan for other programs. At least one of the options."""
    from parkcity.plan.interchange import write_spreadsheet
    from parkcity.plan.ledger import write as write_ledger
    from parkcity.plan.timetable import icalendar

    chosen = [path for path in (tidy, open_sdg, spreadsheet, folder, ics, project, gantt) if path is not None]
    if not chosen:
        msg = "export needs at least one of --tidy, --open-sdg, --spreadsheet, --yaml, --ics, --project, --gantt"
        raise UsageError(msg)
    view, spoken = view_of(context, at, known), language(lang)
    if tidy is not None:
        _export_tidy(view, tidy)
    if open_sdg is not None:
        _export_open_sdg(view, open_sdg)
    if spreadsheet is not None:
        write_spreadsheet(ledger_of(context), spreadsheet)
    if folder is not None:
        write_ledger(ledger_of(context), folder, suffix=".yaml")
    if ics is not None:
        ics.write_bytes(icalendar(view, spoken))
    _export_tasks(view, project, gantt, spoken)
    for path in chosen:
        click.echo(str(path))


def _export_tasks(view: View, project: Path | None, gantt: Path | None, lang: Lang) -> None:
    from parkcity.plan.gantt import gantt as chart_of
    from parkcity.plan.gantt import gantt_svg
    from parkcity.plan.schedule import programme
    from parkcity.plan.timetable import project_xml

    if project is None and gantt is None:
        return
    work = programme(view)
    if not len(work.table):
        msg = "the ledger holds no tasks to draw or to hand on"
        raise UsageError(msg)
    if project is not None:
        project.write_bytes(project_xml(work, lang))
    chart = chart_of(work, lang)
    if gantt is not None and chart is not None:
        gantt.write_text(gantt_svg(chart), encoding="utf-8")


def _export_tidy(view: View, path: Path) -> None:
    from parkcity.plan.interchange import TIDY_COLUMNS, tidy_rows
    from parkcity.serve.cli.output import csv_text

    path.write_text(csv_text(tidy_rows(view), TIDY_COLUMNS), encoding="utf-8")


def _export_open_sdg(view: View, folder: Path) -> None:
    from parkcity.plan.interchange import OPEN_SDG_COLUMNS, open_sdg_rows
    from parkcity.serve.cli.output import csv_text

    folder.mkdir(parents=True, exist_ok=True)
    for indicator in sorted(set(view["actuals"]["indicator"])):
        rows = open_sdg_rows(view, indicator)
        if rows:
            (folder / f"indicator_{indicator}.csv").write_text(csv_text(rows, OPEN_SDG_COLUMNS), encoding="utf-8")
