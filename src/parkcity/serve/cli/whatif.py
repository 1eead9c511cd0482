"""`parkcity whatif`: what scenarios would change, and for whom."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from parkcity.base.errors import FaultList, InputError, UsageError
from parkcity.base.words import Lang, Words, language
from parkcity.serve.cli.output import city_argument, csv_text, emit, format_option, lang_option, quiet_option, threads_option
from parkcity.serve.cli.progress import progress_bar

if TYPE_CHECKING:
    from parkcity.decide.compare import Comparison
    from parkcity.decide.moved import Moved

_SHOWN = ("scenario", "indicator", "name", "group", "zone", "baseline", "value", "verdict", "winners", "losers")


@click.command()
@city_argument()
@click.argument("scenarios", nargs=-1, required=True, type=click.Path(dir_okay=False))
@click.option("--by", "tier", default="city", show_default=True, help="The tier whose zones to show.")
@click.option("--for", "group", default=None, help="Only this group of residents; left out, all groups.")
@click.option("--indicator", "indicators", multiple=True, help="Only these indicators: an id or a pattern such as 'life_circle.*'.")
@click.option("--all", "everything", is_flag=True, help="Show also what does not change.")
@click.option(
    "--out", type=click.Path(file_okay=False), default=None, help="Folder for report.html, whatif.csv, targets.csv and whatif.gpkg."
)
@format_option()
@lang_option()
@threads_option()
@quiet_option()
def whatif(
    city: str,
    scenarios: tuple[str, ...],
    tier: str,
    group: str | None,
    indicators: tuple[str, ...],
    everything: bool,
    out: str | None,
    form: str,
    lang: str | None,
    threads: int | None,
    *,
    quiet: bool,
) -> None:
    """Compare the SCENARIOS (TOML files) of CITY with the city as it is. Nothing in CITY is changed."""
    from parkcity.decide.compare import COLUMNS, compare
    from parkcity.serve.report.whatif import scenario_meta
    from parkcity.twin.build import build

    asked = _read(scenarios)
    with progress_bar(quiet=quiet) as progress:
        twin = build(Path(city), progress)
        twin.tier_zones(tier)
        groups = None if group is None else [group]
        comparison = compare(twin, asked, indicators or None, groups=groups, threads=threads)
    moved = _moved(Path(city), comparison)
    rows = comparison.rows(tier) if everything else comparison.touched(tier)
    if out is not None:
        _write(Path(out), comparison, moved, tier, language(lang))
    if form == "table":
        _tell(comparison, moved, rows, language(lang))
        return
    meta = {"city": twin.spec.id, "twin": twin.hash, "tier": tier, "scenarios": scenario_meta(comparison)}
    emit(rows, {**meta, "targets": [entry.row() for entry in moved]}, COLUMNS, form, language(lang))


def _moved(city: Path, comparison: Comparison) -> list[Moved]:
    """The targets of the city's plan that move; none where it has no plan."""
    from parkcity.decide.moved import moved_targets
    from parkcity.plan.ledger import plan_folder
    from parkcity.plan.load import load

    return moved_targets(comparison, load(city).view()) if plan_folder(city).is_dir() else []


def _write(folder: Path, comparison: Comparison, moved: list[Moved], tier: str, lang: Lang) -> None:
    from parkcity.base.cache import write_text
    from parkcity.decide import moved as targets
    from parkcity.decide.compare import COLUMNS
    from parkcity.serve.report.whatif import write_difference_map
    from parkcity.serve.report.whatif_page import render_whatif

    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / "whatif.csv", csv_text(comparison.rows(tier), COLUMNS))
    write_text(folder / "targets.csv", csv_text([entry.row() for entry in moved], targets.COLUMNS))
    write_difference_map(folder / "whatif.gpkg", comparison)
    write_text(folder / "report.html", render_whatif(comparison, moved, lang))


def _read(paths: tuple[str, ...]) -> list[Any]:
    """Every scenario file; the faults of all files are told together."""
    from parkcity.twin.scenario import load_scenario

    faults, found = FaultList(), []
    for path in paths:
        try:
            found.append(load_scenario(Path(path)))
        except InputError as error:
            faults.extend(error.faults)
    faults.check()
    ids = [scenario.id for scenario in found]
    double = sorted({name for name in ids if ids.count(name) > 1})
    if double:
        msg = f"two scenario files have the id '{double[0]}': give each its own id in [scenario]"
        raise UsageError(msg)
    return found


def _tell(comparison: Comparison, moved: list[Moved], rows: list[dict[str, Any]], lang: Lang) -> None:
    from parkcity.base.units import unit
    from parkcity.insight.registry import INDICATORS
    from parkcity.serve.report.whatif import scenario_lines, target_lines

    words = Words.load("parkcity.serve.report", "whatif_words.csv")
    for line in [*scenario_lines(comparison, lang), *target_lines(moved, lang)]:
        click.echo(line)
    shown = [
        {
            **row,
            "name": INDICATORS.get(row["indicator"]).name(lang),
            "baseline": _text(row["baseline"], row["unit"], lang, unit),
            "value": _text(row["value"], row["unit"], lang, unit),
            "verdict": words.get(row["verdict"], lang),
        }
        for row in rows
    ]
    if shown:
        emit(shown, {}, _SHOWN, "table", lang)


def _text(value: float | None, unit_id: str, lang: Lang, unit: Any) -> str:
    return "–" if value is None else str(unit(unit_id).text(value, lang))
