"""`parkcity check`: the whole check-up of a city."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from parkcity.base.words import language
from parkcity.serve.cli.output import city_argument, emit, format_option, lang_option, memory_option, quiet_option, threads_option
from parkcity.serve.cli.progress import progress_bar

_SHOWN_NOTICES = 5
COLUMNS = ("indicator", "tier", "zone", "group", "value", "unit", "part", "whole", "grade")


@click.command()
@city_argument()
@click.option("--out", type=click.Path(file_okay=False), default=None, help="Folder for the report; left out, CITY/report.")
@click.option(
    "--against", metavar="CITY@LABEL", default=None, help="The city as kept under a label, or an earlier folder: split every change."
)
@click.option("--keep", metavar="LABEL", default=None, help="Keep the city as it is now under a label such as 2026, for --against.")
@click.option("--factsheets", metavar="TIER", default=None, help="Also a page of A4 for each zone of this tier, in factsheets/TIER.")
@click.option("--by", "tier", default=None, help="Print only this tier (the files hold all).")
@click.option("--for", "group", default=None, help="Print only this group (the files hold all).")
@format_option()
@lang_option()
@threads_option()
@memory_option()
@quiet_option()
def check(
    city: str,
    out: str | None,
    against: str | None,
    keep: str | None,
    factsheets: str | None,
    tier: str | None,
    group: str | None,
    form: str,
    lang: str | None,
    threads: int | None,
    memory: float | None,
    *,
    quiet: bool,
) -> None:
    """Build what is missing, measure everything, and write report.html, the tables, cells.gpkg and manifest.json.

    CITY is a folder with a city.toml, such as examples/chengdu. Where it has a plan, the report scores it and plan.csv holds every
    target. With --against CITY@2025 (kept then by --keep 2025) or --against FOLDER,
    changes.csv and the report split every change since into real change, change of the data and change of the method.
    """
    from parkcity.serve.report.check import run_check
    from parkcity.twin.earlier import earlier_folder
    from parkcity.twin.earlier import keep as keep_city

    folder = Path(city)
    target = folder / "report" if out is None else Path(out)
    earlier = None if against is None else earlier_folder(against, folder)
    with progress_bar(quiet=quiet) as progress:
        done = run_check(
            folder, target, language(lang), progress, threads=threads, memory_gb=memory, against=earlier, factsheets=factsheets
        )
    if keep is not None:
        click.echo(f"kept: {keep_city(folder, keep, target)}", err=True)
    rows = [row for row in done.rows if (tier is None or row["tier"] == tier) and (group is None or row["group"] == group)]
    if not rows:
        known = {name: sorted({str(row[name]) for row in done.rows}) for name in ("tier", "group")}
        msg = f"nothing to print for --by {tier} --for {group}; tiers: {known['tier']}; groups: {known['group']}"
        raise click.UsageError(msg)
    for notice in done.manifest["notices"][:_SHOWN_NOTICES]:
        click.echo(f"notice: {notice}", err=True)
    if len(done.manifest["notices"]) > _SHOWN_NOTICES:
        click.echo(f"notice: {len(done.manifest['notices']) - _SHOWN_NOTICES} more: parkcity doctor {folder}", err=True)
    meta = {name: done.manifest[name] for name in ("city", "lang", "twin", "as_of", "files")} | {"out": str(target)}
    if form != "table":
        emit(rows, meta, COLUMNS, form, language(lang))
        return
    _summary(rows, done, explicit=tier is not None or group is not None, lang=lang)


def _summary(rows: list[dict[str, Any]], done: Any, *, explicit: bool, lang: str | None) -> None:
    """The main results of the city, and where the report lies; every row where a tier or group was asked for."""
    from parkcity.base.units import unit
    from parkcity.insight.registry import INDICATORS

    spoken = language(lang)
    if explicit:
        emit(rows, {}, COLUMNS, "table", spoken)
    else:
        heads = [row for row in rows if row["tier"] == "city" and row["group"] == "all" and INDICATORS.get(row["indicator"]).headline]
        shown = [
            {
                "indicator": row["indicator"],
                "name": INDICATORS.get(row["indicator"]).name(spoken),
                "value": "–" if row["value"] is None else unit(row["unit"]).text(row["value"], spoken),
                "grade": row["grade"],
            }
            for row in heads
        ]
        emit(shown, {}, ("indicator", "name", "value", "grade"), "table", spoken)
    note = "unchanged" if done.reused else "written"
    if spoken == "zh":
        note = "无变化" if done.reused else "已写入"
    click.echo(f"{note}: {done.out / 'report.html'}")
