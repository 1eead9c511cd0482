"""`parkcity site`: where new places would serve most residents."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from parkcity.base.errors import FaultList
from parkcity.base.words import language
from parkcity.serve.cli.output import city_argument, emit, format_option, lang_option, quiet_option, threads_option
from parkcity.serve.cli.progress import progress_bar

if TYPE_CHECKING:
    from parkcity.decide.siting import Candidates, Siting
    from parkcity.insight.inputs import Inputs

COLUMNS = ("rank", "lon", "lat", "gained", "candidate", "alone")


def _share(context: click.Context, option: click.Parameter, text: str | None) -> float | None:
    """A share as a number above 0 and up to 1, or in per cent."""
    del context, option
    if text is None:
        return None
    try:
        number = float(text.removesuffix("%")) / (100.0 if text.endswith("%") else 1.0)
    except ValueError:
        number = float("nan")
    if not 0 < number <= 1:
        msg = f"'{text}' is not a share; allowed: above 0 and up to 1, or 95%"
        raise click.BadParameter(msg)
    return number


@click.command()
@city_argument()
@click.argument("kind")
@click.option("--count", type=click.IntRange(1), default=None, help="How many new places.")
@click.option(
    "--cover",
    type=str,
    callback=_share,
    default=None,
    help="Instead of --count: the fewest places that cover this share (0.95 or 95%).",
    metavar="SHARE",
)
@click.option("--minutes", type=float, default=None, help="Longest walk, minutes of the group.")
@click.option("--metres", type=float, default=None, help="Longest walk, metres.")
@click.option("--goal", type=click.Choice(["coverage", "distance"]), default="coverage", show_default=True, help="What to make best.")
@click.option("--for", "group", default="all", show_default=True, help="The group of residents to serve.")
@click.option("--candidates", type=click.Path(dir_okay=False), default=None, help="CSV with id, lon, lat; left out, every cell.")
@click.option(
    "--seconds",
    type=click.FloatRange(0),
    default=60.0,
    show_default=True,
    help="Time for the proof; the gap is told if it does not suffice.",
)
@click.option("--scenario", "scenario_file", type=click.Path(dir_okay=False), default=None, help="Write the plan as a scenario file.")
@format_option()
@lang_option()
@threads_option()
@quiet_option()
def site(
    city: str,
    kind: str,
    count: int | None,
    cover: float | None,
    minutes: float | None,
    metres: float | None,
    goal: Literal["coverage", "distance"],
    group: str,
    candidates: str | None,
    seconds: float,
    scenario_file: str | None,
    form: str,
    lang: str | None,
    threads: int | None,
    *,
    quiet: bool,
) -> None:
    """Choose sites for new places of KIND in CITY; existing places are kept. Without a limit, coverage means a walk of 15 minutes."""
    from parkcity.decide.siting import cell_candidates, known_class
    from parkcity.decide.siting import site as choose
    from parkcity.insight.inputs import Inputs
    from parkcity.serve.report.siting import siting_lines
    from parkcity.standards import parameter
    from parkcity.twin.build import build
    from parkcity.twin.twin import group_ages

    known_class(kind)
    group_ages(group)
    if goal == "coverage" and minutes is None and metres is None:
        minutes = parameter("check_limits", "minutes.15").number
    with progress_bar(quiet=quiet) as progress:
        inputs = Inputs(build(Path(city), progress), group, threads=threads)
        spots = cell_candidates(inputs) if candidates is None else _read(inputs, Path(candidates))
        limits: dict[str, Any] = {"metres": metres, "minutes": minutes}
        found = choose(inputs, kind, count=count, cover=cover, goal=goal, candidates=spots, seconds=seconds, **limits)
    if scenario_file is not None:
        _write_scenario(Path(scenario_file), found)
    if form == "table":
        for line in siting_lines(found, language(lang)):
            click.echo(line)
        return
    emit(found.rows(), _meta(found), COLUMNS, form, language(lang))


def _meta(found: Siting) -> dict[str, Any]:
    from parkcity.serve.report.siting import siting_lines

    plan = found.plan
    return {
        "city": found.twin.spec.id,
        "twin": found.twin.hash,
        "kind": found.kind,
        "goal": found.goal,
        "group": found.group,
        "limit": found.limit,
        "unit": {"m": "m", "s": "min"}[found.unit],
        "objective": plan.objective,
        "bound": plan.bound,
        "gap": plan.gap,
        "status": plan.status,
        "method": plan.how,
        "before": found.before,
        "after": found.after,
        "residents": found.residents,
        "beyond": found.beyond,
        "explained_zh": siting_lines(found, "zh"),
        "explained_en": siting_lines(found, "en"),
    }


def _read(inputs: Inputs, path: Path) -> Candidates:
    """Candidates from a CSV; all faults of all rows at once."""
    from parkcity.base.tables import Column, Schema, read_csv
    from parkcity.decide.siting import point_candidates

    table, _ = read_csv(path)
    schema = Schema((Column("id"), Column("lon", "number", "degrees", -180, 180), Column("lat", "number", "degrees", -90, 90)))
    checked, found = schema.check(table, str(path))
    faults = FaultList(list(found))
    faults.check()
    return point_candidates(inputs, checked["id"].tolist(), checked["lon"].to_numpy(float), checked["lat"].to_numpy(float), str(path))


def _write_scenario(path: Path, found: Siting) -> None:
    """The plan as a scenario file, to be edited and compared."""
    from parkcity.base.cache import write_text
    from parkcity.twin.scenario import scenario_text

    write_text(path, scenario_text(found.scenario()))
