"""`parkcity build`: the digital twin of a city, and what would change it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from parkcity.base.words import Words, language
from parkcity.serve.cli.output import city_argument, emit, format_option, lang_option, memory_option, quiet_option
from parkcity.serve.cli.progress import progress_bar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from parkcity.base.spec import CitySpec
    from parkcity.twin.twin import Twin

COLUMNS = ("layer", "parts", "rows", "hash", "sources")
CHECK_COLUMNS = ("source", "what", "was", "now", "layers", "indicators")
_SHOWN = 12


@click.command()
@city_argument()
@click.option("--check", "checking", is_flag=True, help="Build nothing: tell what differs from city.lock and what that changes.")
@click.option("--locked", is_flag=True, help="Use only what city.lock says, and prove that the same bytes come out.")
@format_option()
@lang_option()
@memory_option()
@quiet_option()
def build(city: str, form: str, lang: str | None, memory: float | None, *, checking: bool, locked: bool, quiet: bool) -> None:
    """Build the twin of CITY, or bring it up to date: only what changed is made again. Writes city.lock.

    With --check the exit status is 1 where the twin is stale.
    """
    if checking and locked:
        raise click.UsageError("--check builds nothing, so --locked has no meaning with it")
    if checking:
        _check(Path(city), form, lang)
        return
    from parkcity.twin.build import build as build_twin
    from parkcity.twin.build import notices_of

    with progress_bar(quiet=quiet) as progress:
        twin = build_twin(Path(city), progress, memory_gb=memory, locked=locked)
    for notice in notices_of(dict(twin.manifest)):
        click.echo(f"notice: {notice}", err=True)
    meta = {"city": twin.spec.id, "hash": twin.hash, "crs": twin.manifest["crs"], "locked": locked}
    emit(_rows(twin), meta, COLUMNS, form, language(lang))


def _rows(twin: Twin) -> list[dict[str, Any]]:
    return [
        {
            "layer": name,
            "parts": sorted(entry["files"]),
            "rows": entry["meta"].get("count", entry["meta"].get("edges")),
            "hash": entry["hash"][:12],
            "sources": [row["id"] for row in twin.manifest["sources"] if row["layer"] == name],
        }
        for name, entry in twin.manifest["layers"].items()
    ]


def _check(folder: Path, form: str, lang: str | None) -> None:
    """Tell every difference, and end with status 1 where there is one."""
    from parkcity.base.spec import load
    from parkcity.twin.lock import changes

    spec, spoken = load(folder), language(lang)
    words = Words.load("parkcity.serve.cli", "build_words.csv")
    rows = [
        {
            "source": change.source or "city.toml",
            "what": words.get(f"what.{change.what}", spoken),
            "was": change.was,
            "now": change.now,
            "layers": list(change.layers),
            "indicators": _indicators(change.layers),
        }
        for change in changes(spec)
    ]
    remade = _by_code(spec) if not rows else []
    stale = bool(rows) or bool(remade)
    meta = {"city": spec.id, "stale": stale, "remade": remade}
    if form == "table":
        if rows:
            emit([{**row, "indicators": _short(row["indicators"])} for row in rows], meta, CHECK_COLUMNS, form, spoken)
        key = "said.stale" if rows else "said.code" if remade else "said.fresh"
        click.echo(words.get(key, spoken, folder=folder, layers=", ".join(remade)))
    else:
        emit(rows, meta, CHECK_COLUMNS, form, spoken)
    if stale:
        raise click.exceptions.Exit(1)


def _indicators(layers: Iterable[str]) -> list[str]:
    """The indicators that rest on any of some layers."""
    from parkcity.insight.inputs import PROVIDERS
    from parkcity.insight.registry import INDICATORS

    wanted = set(layers)
    return [item.id for item in INDICATORS if any(wanted & set(PROVIDERS[entry.provider].layers) for entry in item.inputs.values())]


def _short(indicators: Sequence[str]) -> str:
    themes: dict[str, int] = {}
    for name in indicators:
        themes[name.split(".")[0]] = themes.get(name.split(".")[0], 0) + 1
    return ", ".join(f"{theme} {count}" for theme, count in list(themes.items())[:_SHOWN])


def _by_code(spec: CitySpec) -> list[str]:
    """Layers of the twin on disk that the next build makes again though no source changed: not there, or made by other code."""
    from parkcity.twin.build import stale_layers

    return stale_layers(spec)
