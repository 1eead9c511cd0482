"""`parkcity build`: the digital twin of a city."""

from __future__ import annotations

from pathlib import Path

import click

from parkcity.base.words import language
from parkcity.serve.cli.output import city_argument, emit, format_option, lang_option, memory_option, quiet_option
from parkcity.serve.cli.progress import progress_bar

COLUMNS = ("layer", "parts", "rows", "hash", "sources")


@click.command()
@city_argument()
@format_option()
@lang_option()
@memory_option()
@quiet_option()
def build(city: str, form: str, lang: str | None, memory: float | None, *, quiet: bool) -> None:
    """Build the twin of CITY, or bring it up to date: only what changed is made again."""
    from parkcity.twin.build import build as build_twin
    from parkcity.twin.build import notices_of

    with progress_bar(quiet=quiet) as progress:
        twin = build_twin(Path(city), progress, memory_gb=memory)
    rows = [
        {
            "layer": name,
            "parts": sorted(entry["files"]),
            "rows": entry["meta"].get("count", entry["meta"].get("edges")),
            "hash": entry["hash"][:12],
            "sources": [row["id"] for row in twin.manifest["sources"] if row["layer"] == name],
        }
        for name, entry in twin.manifest["layers"].items()
    ]
    for notice in notices_of(dict(twin.manifest)):
        click.echo(f"notice: {notice}", err=True)
    emit(rows, {"city": twin.spec.id, "hash": twin.hash, "crs": twin.manifest["crs"]}, COLUMNS, form, language(lang))
