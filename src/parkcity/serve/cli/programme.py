"""`parkcity programme`: which projects to build in which year; and which estates to renew first."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from parkcity.base.errors import UsageError
from parkcity.base.words import language
from parkcity.serve.cli.output import city_argument, csv_text, emit, format_option, lang_option, quiet_option, threads_option
from parkcity.serve.cli.progress import progress_bar

if TYPE_CHECKING:
    from parkcity.base.words import Lang
    from parkcity.decide.compare import Baseline
    from parkcity.decide.programme_model import Conditions
    from parkcity.decide.projects import Project
    from parkcity.decide.renewal import RenewalList
    from parkcity.serve.report.programme import Told

COLUMNS = ("order", "project", "action", "name_zh", "name_en", "begin", "finish", "cost", "owner", "zone", "residents", "serves")
GOAL_COLUMNS = ("goal", "indicator", "zone", "year", "unit", "base", "value", "promised", "measured", "closed", "target", "proxy")
POINT_COLUMNS = ("budget", "money", "residents", "least", "closed", "gap", "efficient", "projects")
BLOCK_COLUMNS = ("rank", "id", "name", "lon", "lat", "zone", "residents", "score", "rank_low", "rank_high", "top_share")


@click.command()
@city_argument()
@click.option("--years", default=None, metavar="FROM-TO", help="The years of the programme, such as 2026-2030.")
@click.option("--budget", default=None, metavar="YUAN[,YUAN…]", help="Money of each year; one number holds for every year.")
@click.option(
    "--projects",
    type=click.Path(dir_okay=False),
    default=None,
    help="Candidates: a CSV with id, action, cost and more (docs/programmes.md).",
)
@click.option(
    "--site", "sites", multiple=True, metavar="KIND:COUNT:COST[:MINUTES]", help="Candidates: the best sites for a kind, yuan for each."
)
@click.option("--renewal", type=click.Path(dir_okay=False), default=None, help="Renewal list (TOML). Without --years: rank it and stop.")
@click.option(
    "--top", type=click.IntRange(1), default=20, show_default=True, help="How many blocks of the renewal list count as the first."
)
@click.option(
    "--goal", "goals", multiple=True, help="A goal beside the plan's: life_circle.primary_school>=90%@2030, or […[district=ID]…]."
)
@click.option("--owner", default="", help="Who builds candidates that name nobody: an owner of the plan.")
@click.option("--carry", is_flag=True, help="What a year leaves may be spent later.")
@click.option("--crews", multiple=True, metavar="N|OWNER=N", help="How many crews can work at once, in all or of an owner.")
@click.option("--least", multiple=True, metavar="ZONE=SHARE", help="A district's least share of the money (0.1 or 10%).")
@click.option("--seconds", type=click.FloatRange(0), default=60.0, show_default=True, help="Time for the proof.")
@click.option("--no-frontier", is_flag=True, help="Leave out the frontier of money, residents and equity.")
@click.option(
    "--rate", type=click.FloatRange(0, 1), default=None, help="Discount rate of the finance; left out, that of the standards table."
)
@click.option(
    "--out", type=click.Path(file_okay=False), default=None, help="Folder for report.html, the tables and the programme as a scenario."
)
@click.option(
    "--write",
    "name",
    default=None,
    metavar="NAME",
    help="Write the programme into the plan's ledger: tasks called NAME-…, and what they do for its targets.",
)
@click.option("--by", default=None, help="With --write: who writes.")
@click.option("--reason", default=None, help="With --write: why.")
@format_option()
@lang_option()
@threads_option()
@quiet_option()
def programme(
    city: str,
    years: str | None,
    budget: str | None,
    projects: str | None,
    sites: tuple[str, ...],
    renewal: str | None,
    top: int,
    goals: tuple[str, ...],
    owner: str,
    crews: tuple[str, ...],
    least: tuple[str, ...],
    seconds: float,
    rate: float | None,
    out: str | None,
    name: str | None,
    by: str | None,
    reason: str | None,
    form: str,
    lang: str | None,
    threads: int | None,
    *,
    carry: bool,
    no_frontier: bool,
    quiet: bool,
) -> None:
    """Choose and order projects of CITY that close most of the plan's gaps by their deadlines, within yearly budgets."""
    from parkcity.decide.compare import Baseline
    from parkcity.decide.goals import goals_of
    from parkcity.decide.programme import programme as choose
    from parkcity.serve.report.programme import Told, programme_lines
    from parkcity.twin.build import build

    if years is None and budget is None and renewal is not None:
        _only_rank(city, renewal, top, form, lang, threads, out, quiet=quiet)
        return
    if years is None or budget is None:
        raise UsageError("say --years FROM-TO and --budget YUAN; or only --renewal FILE to rank blocks")
    if (name is None) != (by is None) or (name is None) != (reason is None):
        raise UsageError("--write, --by and --reason go together: an edit of the plan needs who makes it and why")
    conditions = _conditions(years, budget, crews, least, carry=carry)
    with progress_bar(quiet=quiet) as progress:
        twin = build(Path(city), progress)
        base = Baseline(twin, threads=threads)
        candidates = _candidates(base, projects, sites, renewal, top, owner)
        wanted = goals_of(twin, Path(city), goals, candidates, conditions.years[0])
        found = choose(base, candidates, wanted, conditions, seconds=seconds, frontier=not no_frontier)
    told = Told(found, twin, rate)
    if out is not None:
        _write_files(Path(out), told, language(lang), name or "programme")
    written = {} if name is None else _write_tasks(Path(city), told, name, str(by), str(reason))
    if form == "table":
        for line in programme_lines(told, language(lang)):
            click.echo(line)
        for table, count in written.items():
            click.echo(f"{table} +{count}")
        return
    emit([entry.row() for entry in found.chosen], {**told.meta(), "written": written}, COLUMNS, form, language(lang))


def _conditions(years: str, budget: str, crews: tuple[str, ...], least: tuple[str, ...], *, carry: bool) -> Conditions:
    from parkcity.decide.programme_model import Conditions

    span = re.fullmatch(r"(\d{4})-(\d{4})", years)
    if span is None or not 0 <= int(span[2]) - int(span[1]) < 60:
        msg = f"--years is '{years}'; allowed: two years such as 2026-2030"
        raise UsageError(msg)
    first, last = int(span[1]), int(span[2])
    money = [_number(text, "--budget") for text in budget.split(",")]
    if len(money) == 1:
        money *= last - first + 1
    at_once = {owner: round(value) for owner, value in (_named(text, "--crews", named=False) for text in crews)}
    shares = dict(_named(text, "--least", named=True) for text in least)
    return Conditions(tuple(range(first, last + 1)), tuple(money), carry, at_once, shares)


def _number(text: str, option: str) -> float:
    try:
        value = float(text.removesuffix("%")) / (100.0 if text.endswith("%") else 1.0)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        msg = f"{option} holds '{text}'; allowed: a number of 0 or more"
        raise UsageError(msg)
    return value


def _named(text: str, option: str, *, named: bool) -> tuple[str, float]:
    owner, sign, value = text.rpartition("=")
    if named and not sign:
        msg = f"{option} holds '{text}'; allowed: ZONE=SHARE"
        raise UsageError(msg)
    return owner, _number(value, option)


def _candidates(base: Baseline, projects: str | None, sites: tuple[str, ...], renewal: str | None, top: int, owner: str) -> list[Project]:
    from dataclasses import replace

    from parkcity.decide.projects import read_projects
    from parkcity.decide.renewal import load_renewal, renewal_list, renewal_projects

    found = [] if projects is None else read_projects(Path(projects), base.twin)
    for text in sites:
        found += _sited(base, text)
    if renewal is not None:
        declared = load_renewal(Path(renewal))
        found += renewal_projects(declared, renewal_list(base, declared, top), base)
    ids = [project.id for project in found]
    double = sorted({entry for entry in ids if ids.count(entry) > 1})
    if double:
        msg = f"two candidates have the id '{double[0]}'"
        raise UsageError(msg)
    return [project if project.owner else replace(project, owner=owner) for project in found]


def _sited(base: Baseline, text: str) -> list[Project]:
    from parkcity.decide.projects import site_projects
    from parkcity.decide.siting import known_class, site
    from parkcity.standards import parameter

    parts = text.split(":")
    if len(parts) not in {3, 4} or not parts[1].isdecimal():
        msg = f"--site is '{text}'; allowed: KIND:COUNT:COST or KIND:COUNT:COST:MINUTES"
        raise UsageError(msg)
    known_class(parts[0])
    minutes = _number(parts[3], "--site") if len(parts) == 4 else parameter("check_limits", "minutes.15").number
    return site_projects(site(base.inputs(), parts[0], count=int(parts[1]), minutes=minutes), _number(parts[2], "--site"))


def _write_files(folder: Path, told: Told, lang: Lang, name: str) -> None:
    from parkcity.base.cache import write_text
    from parkcity.decide.effects import scenario_of
    from parkcity.serve.report.programme import render_programme
    from parkcity.twin.scenario import scenario_text

    found = told.found
    folder.mkdir(parents=True, exist_ok=True)
    mark = "\ufeff"
    write_text(folder / "programme.csv", mark + csv_text([entry.row() for entry in found.chosen], COLUMNS))
    write_text(folder / "goals.csv", mark + csv_text([entry.row() for entry in found.goals], GOAL_COLUMNS))
    write_text(folder / "frontier.csv", mark + csv_text([entry.row() for entry in found.frontier], POINT_COLUMNS))
    write_text(folder / "programme.toml", scenario_text(scenario_of([entry.project for entry in found.chosen], name)))
    write_text(folder / "report.html", render_programme(told, lang))


def _write_tasks(city: Path, told: Told, name: str, by: str, reason: str) -> dict[str, int]:
    from datetime import UTC, datetime

    from parkcity.decide.tasks import write_tasks
    from parkcity.plan.edit import Author
    from parkcity.plan.store import FolderStore

    author = Author(by, reason, datetime.now(UTC).astimezone())
    return write_tasks(FolderStore(city), told.found, name, author, f"programme {name}", told.twin.hash)


def _only_rank(
    city: str, renewal: str, top: int, form: str, lang: str | None, threads: int | None, out: str | None, *, quiet: bool
) -> None:
    """Rank the blocks of a renewal list."""
    from parkcity.base.cache import write_text
    from parkcity.decide.compare import Baseline
    from parkcity.decide.renewal import load_renewal, renewal_list
    from parkcity.serve.report.programme import renewal_lines
    from parkcity.twin.build import build

    declared = load_renewal(Path(renewal))
    with progress_bar(quiet=quiet) as progress:
        base = Baseline(build(Path(city), progress), threads=threads)
        found = renewal_list(base, declared, top)
    columns = (*BLOCK_COLUMNS, *(item.id for item in found.criteria if item.id not in BLOCK_COLUMNS))
    if out is not None:
        Path(out).mkdir(parents=True, exist_ok=True)
        write_text(Path(out) / "renewal.csv", "\ufeff" + csv_text([block.row() for block in found.blocks], columns))
    if form == "table":
        for line in renewal_lines(found, language(lang)):
            click.echo(line)
        return
    emit([block.row() for block in found.blocks], _rank_meta(found, base), columns, form, language(lang))


def _rank_meta(found: RenewalList, base: Baseline) -> dict[str, Any]:
    from parkcity.serve.report.programme import renewal_lines

    return {
        "city": base.twin.spec.id,
        "twin": base.twin.hash,
        "weights": {item.id: item.weight for item in found.criteria},
        "first": found.first,
        "firm_share": found.firm_share,
        "weights_moved_by": found.spread,
        "draws": found.draws,
        "unknown": dict(found.unknown),
        "explained_zh": renewal_lines(found, "zh"),
        "explained_en": renewal_lines(found, "en"),
    }
