"""`parkcity site`: where new places would serve most residents."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from parkcity.base.errors import FaultList, InputError, UsageError
from parkcity.base.words import language
from parkcity.serve.cli.output import city_argument, emit, format_option, lang_option, quiet_option, threads_option
from parkcity.serve.cli.progress import progress_bar

if TYPE_CHECKING:
    from parkcity.decide.siting import Candidates, Goal, Siting
    from parkcity.insight.inputs import Inputs

COLUMNS = ("rank", "lon", "lat", "gained", "candidate", "alone", "cost", "stage")


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
@click.option(
    "--goal",
    type=click.Choice(["coverage", "distance", "center", "fair", "capture", "capacity"]),
    default="coverage",
    show_default=True,
    help="What to make best (docs/siting.md).",
)
@click.option("--budget", type=click.FloatRange(0), default=None, help="Money for the sites, yuan; with or instead of --count.")
@click.option("--cost", type=click.FloatRange(0), default=None, help="What every site costs, yuan; or a column 'cost' of the candidates.")
@click.option("--backup", type=click.FloatRange(0, 1), default=0.0, help="Worth of a second place within reach, as a share of the first.")
@click.option("--least", callback=_share, default=None, metavar="SHARE", help="Share of every district that must be served (0.8 or 80%).")
@click.option("--close", "moves", type=click.IntRange(0), default=0, help="Present places that may close, each for one more new one.")
@click.option("--also", multiple=True, metavar="KIND", help="A further kind that shares each site.")
@click.option("--stages", default=None, metavar="YEAR:N,…", help="New sites of each year, such as 2026:3,2028:2, instead of --count.")
@click.option("--need", default=None, metavar="lacks|GROUP", help="Whom to count more: who lacks other services, or a group of residents.")
@click.option("--under", multiple=True, type=click.Path(dir_okay=False), help="A scenario in which the plan must be good too.")
@click.option("--capacity", type=click.FloatRange(0), default=None, help="With --goal capacity: persons whom a new place can serve.")
@click.option("--existing-capacity", type=click.FloatRange(0), default=None, help="Persons whom a present place can serve.")
@click.option("--for", "group", default="all", show_default=True, help="The group of residents to serve.")
@click.option(
    "--candidates",
    default="cells",
    show_default=True,
    metavar="WHERE",
    help="cells, edges:METRES, places:KIND, buildings[:USE,…], land_use:CLASS,…, a CSV with id, lon, lat (and cost), or a file of parcels.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(0),
    default=60.0,
    show_default=True,
    help="Time for the proof; the gap is told if it does not suffice.",
)
@click.option("--scenario", "scenario_file", type=click.Path(dir_okay=False), default=None, help="Write the plan as a scenario file.")
@click.option("--write", "name", default=None, metavar="NAME", help="With --stages: write the sites into the plan's ledger as dated tasks.")
@click.option("--owner", default="", help="With --write: who builds them, an owner of the plan.")
@click.option("--by", default=None, help="With --write: who writes.")
@click.option("--reason", default=None, help="With --write: why.")
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
    goal: Goal,
    budget: float | None,
    cost: float | None,
    backup: float,
    least: float | None,
    moves: int,
    also: tuple[str, ...],
    stages: str | None,
    need: str | None,
    under: tuple[str, ...],
    capacity: float | None,
    existing_capacity: float | None,
    group: str,
    candidates: str,
    seconds: float,
    scenario_file: str | None,
    name: str | None,
    owner: str,
    by: str | None,
    reason: str | None,
    form: str,
    lang: str | None,
    threads: int | None,
    *,
    quiet: bool,
) -> None:
    """Choose sites for new places of KIND in CITY; existing places are kept. Without a limit, coverage means a walk of 15 minutes."""
    from parkcity.decide.siting import known_class
    from parkcity.decide.siting import site as choose
    from parkcity.insight.inputs import Inputs
    from parkcity.serve.report.siting import siting_lines
    from parkcity.standards import parameter
    from parkcity.twin.build import build
    from parkcity.twin.twin import group_ages

    known_class(kind)
    group_ages(group)
    if goal in {"coverage", "capture", "capacity"} and minutes is None and metres is None:
        minutes = parameter("check_limits", "minutes.15").number
    years, counts = _stages(stages)
    if (name is None) != (by is None) or (name is None) != (reason is None) or (owner and name is None):
        raise UsageError("--write, --by and --reason go together, and --owner with them")
    with progress_bar(quiet=quiet) as progress:
        inputs = Inputs(build(Path(city), progress), group, threads=threads)
        spots = _candidates(inputs, candidates)
        spots = spots if cost is None else spots.costing(cost)
        asked: dict[str, Any] = {"budget": budget, "backup": backup, "least": least or 0.0, "moves": moves, "also": also, "stages": counts}
        asked |= {"capacity": capacity, "existing_capacity": existing_capacity, "under": _under(inputs, under)}
        conditions = {name: value for name, value in asked.items() if value}
        if need is not None:
            from parkcity.decide.siting_rules import need_of

            conditions["need"] = need_of(inputs, need)
        limits: dict[str, Any] = {"metres": metres, "minutes": minutes}
        found = choose(inputs, kind, count=count, cover=cover, goal=goal, candidates=spots, seconds=seconds, **limits, **conditions)
    if scenario_file is not None:
        _write_scenario(Path(scenario_file), found)
    if name is not None:
        _write_tasks(Path(city), found, years, name, owner, str(by), str(reason))
    if form == "table":
        for line in siting_lines(found, language(lang), years):
            click.echo(line)
        return
    rows = [{**row, "stage": years[row["stage"] - 1] if row["stage"] else None} for row in found.rows()]
    emit(rows, _meta(found, years), COLUMNS, form, language(lang))


def _stages(text: str | None) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Years and numbers of new sites from `2026:3,2028:2`."""
    if text is None:
        return (), ()
    found = [part.partition(":") for part in text.split(",")]
    if not all(year.isdecimal() and count.isdecimal() for year, _, count in found):
        msg = f"--stages is '{text}'; allowed: YEAR:N,… such as 2026:3,2028:2"
        raise UsageError(msg)
    years = tuple(int(year) for year, _, _ in found)
    if list(years) != sorted(set(years)):
        msg = f"--stages is '{text}'; the years must rise"
        raise UsageError(msg)
    return years, tuple(int(count) for _, _, count in found)


def _under(inputs: Inputs, files: tuple[str, ...]) -> tuple[Inputs, ...]:
    """Inputs of the city under scenarios; the faults of all files are told together."""
    from parkcity.decide.compare import resolve
    from parkcity.decide.incremental import InputsUnder
    from parkcity.twin.ground import Ground
    from parkcity.twin.scenario import load_scenario

    if not files:
        return ()
    faults, scenarios = FaultList(), []
    for name in files:
        try:
            scenarios.append(load_scenario(Path(name)))
        except InputError as error:
            faults.extend(error.faults)
    faults.check()
    return tuple(InputsUnder.of(city, inputs) for city in resolve(Ground(inputs.twin), scenarios))


def _finite(value: float) -> float | None:
    return value if value < float("inf") else None


def _candidates(inputs: Inputs, text: str) -> Candidates:
    """Candidates from the twin, or from a file."""
    from parkcity.decide.candidates import candidates_of, parcel_candidates

    path = Path(text)
    if path.suffix.lower() in {".gpkg", ".geojson", ".json", ".shp"}:
        return parcel_candidates(inputs, path)
    return _read(inputs, path) if path.suffix.lower() == ".csv" else candidates_of(inputs, text)


def _meta(found: Siting, years: tuple[int, ...]) -> dict[str, Any]:
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
        "objective": _finite(plan.objective),
        "bound": _finite(plan.bound),
        "gap": plan.gap,
        "status": plan.status,
        "method": plan.how,
        "before": _finite(found.before),
        "after": _finite(found.after),
        "residents": found.residents,
        "beyond": found.beyond,
        "also": list(found.also),
        "closed": list(found.closed),
        "levels": list(found.levels),
        "shares": [{"demand": name, "before": before, "after": after} for name, before, after in found.shares],
        "ties": list(found.ties),
        "explained_zh": siting_lines(found, "zh", years),
        "explained_en": siting_lines(found, "en", years),
    }


def _read(inputs: Inputs, path: Path) -> Candidates:
    """Candidates from a CSV; all faults of all rows at once."""
    from dataclasses import replace

    from parkcity.base.tables import Column, Schema, read_csv
    from parkcity.decide.siting import point_candidates

    table, _ = read_csv(path)
    columns = [Column("id"), Column("lon", "number", "degrees", -180, 180), Column("lat", "number", "degrees", -90, 90)]
    columns += [Column("cost", "number", "yuan", 0, required=False)]
    checked, found = Schema(tuple(columns)).check(table, str(path))
    FaultList(list(found)).check()
    spots = point_candidates(inputs, checked["id"].tolist(), checked["lon"].to_numpy(float), checked["lat"].to_numpy(float), str(path))
    return replace(spots, cost=checked["cost"].to_numpy(float)) if "cost" in checked else spots


def _write_tasks(city: Path, found: Siting, years: tuple[int, ...], name: str, owner: str, by: str, reason: str) -> None:
    """The sites of a staged plan as tasks of the city's plan."""
    from datetime import UTC, datetime

    from parkcity.decide.tasks import write_sites
    from parkcity.plan.edit import Author
    from parkcity.plan.store import FolderStore

    author = Author(by, reason, datetime.now(UTC).astimezone())
    for table, count in write_sites(FolderStore(city), found, years, name, author, owner).items():
        click.echo(f"{table} +{count}", err=True)


def _write_scenario(path: Path, found: Siting) -> None:
    """The plan as a scenario file, to be edited and compared."""
    from parkcity.base.cache import write_text
    from parkcity.twin.scenario import scenario_text

    write_text(path, scenario_text(found.scenario()))
