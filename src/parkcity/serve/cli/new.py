"""`parkcity new`: a city's folder from the files that somebody has."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from parkcity.base.words import Words, language
from parkcity.serve.cli.output import emit, format_option, lang_option, quiet_option
from parkcity.serve.cli.progress import progress_bar

if TYPE_CHECKING:
    from collections.abc import Callable

    from parkcity.base.words import Lang
    from parkcity.serve.draft.make import Made

COLUMNS = ("source", "layer", "reader", "path", "datum", "date", "found")


def _files(name: str, text: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return click.option(f"--{name}", multiple=True, type=click.Path(path_type=Path), metavar="FILE", help=f"{text} May be given again.")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@_files("osm", "OpenStreetMap extract: streets, places, buildings.")
@_files("gtfs", "GTFS feed.")
@_files("people", "Residents: raster, grid, H3 or zone table; ages too.")
@_files("zones", "Polygons of the city and its divisions.")
@_files("places", "List of facilities: CSV, Excel, GeoJSON, GeoPackage.")
@_files("streets", "Streets as lines, where there is no extract.")
@_files("jobs", "Jobs: raster, polygons or a table by the ids of zones.")
@_files("lines", "Lines without a timetable: stops in order, and headways and speeds; or a folder of both.")
@_files("buildings", "Footprints with height or storeys.")
@_files("sensors", "Sensor stations with coordinates, and their readings; or a folder of both.")
@_files("elevation", "Raster of heights in metres.")
@_files("land-cover", "Raster of land cover codes, or a folder with a raster of per cents for each class.")
@click.option("--residents", type=click.IntRange(1), default=None, help="Where only the total is known: spread over dwellings (assumed).")
@click.option("--name", default="", help="The city's name; left out, that of the extract or the folder.")
@click.option("--link", is_flag=True, help="Link the files instead of copying them.")
@format_option()
@lang_option()
@quiet_option()
def new(
    folder: Path, residents: int | None, name: str, form: str, lang: str | None, *, link: bool, quiet: bool, **files: tuple[Path, ...]
) -> None:
    """Write FOLDER/city.toml from what the files turn out to be, and bring the data there. Asks nothing; says what is doubtful."""
    from parkcity.serve.draft.draft import Given
    from parkcity.serve.draft.make import make_city

    spoken = language(lang)
    with progress_bar(quiet=quiet) as progress:
        made = make_city(folder, Given(files, residents or 0), spoken, name=name, link=link, progress=progress)
    words = Words.load("parkcity.serve.draft")
    doubts = [words.get(remark.key, spoken, **remark.slots) for remark in made.draft.doubts]
    meta = {"city": made.draft.id, "folder": str(folder), "files": made.files, "linked": link, "doubts": doubts}
    emit(_rows(made, words, spoken), meta, COLUMNS, form, spoken)
    if form == "table":
        _say(made, doubts, words, spoken, link=link)


def _rows(made: Made, words: Words, lang: Lang) -> list[dict[str, Any]]:
    return [
        {
            "source": entry.id,
            "layer": entry.layer,
            "reader": entry.reader,
            "path": entry.path,
            "datum": entry.datum,
            "date": entry.date,
            "found": " ".join(words.get(remark.key, lang, **remark.slots) for remark in entry.found),
        }
        for entry in made.draft.entries
    ]


def _say(made: Made, doubts: list[str], words: Words, lang: Lang, *, link: bool) -> None:
    key = "said.linked" if link else "said.copied"
    click.echo(words.get(key, lang, folder=made.folder, count=len(made.files)))
    if doubts:
        click.echo(words.get("head.doubts", lang))
        for text in doubts:
            click.echo(f"  - {text}")
    for step in ("build", "check", "doctor"):
        click.echo(words.get(f"next.{step}", lang, folder=made.folder))
