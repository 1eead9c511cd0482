"""`parkcity export`: a twin and its values for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from parkcity.base.words import language
from parkcity.serve.cli.output import city_argument, emit, lang_option, quiet_option
from parkcity.serve.cli.progress import progress_bar

if TYPE_CHECKING:
    from collections.abc import Callable

    from parkcity.serve.export.content import Content
    from parkcity.twin.twin import Twin

FORMATS = ("gpkg", "geoparquet", "pmtiles", "postgis")
COLUMNS = ("layer", "rows", "columns", "where")
_ENDING = {"gpkg": ".gpkg", "geoparquet": "-parquet", "pmtiles": ".pmtiles"}


@click.command()
@city_argument()
@click.option("--format", "target", type=click.Choice(FORMATS), default="gpkg", show_default=True, help="What to write.")
@click.option("--out", type=click.Path(path_type=Path), default=None, help="File or folder; left out, CITY.gpkg and so on in this folder.")
@click.option("--layers", default="", help="Only these layers, with commas between; left out, all.")
@click.option(
    "--indicators", default="", help="Only these values of the last check-up: ids or patterns such as life_circle.*, with commas."
)
@click.option("--report", type=click.Path(path_type=Path), default=None, help="Folder of the check-up; left out, CITY/report.")
@click.option("--max-zoom", type=click.IntRange(0, 18), default=None, help="Largest zoom of tiles; left out, 14.")
@click.option("--schema", default=None, help="Schema in PostGIS; left out, the city's id.")
@lang_option()
@quiet_option()
def export(
    city: str,
    target: str,
    out: Path | None,
    layers: str,
    indicators: str,
    report: Path | None,
    max_zoom: int | None,
    schema: str | None,
    lang: str | None,
    *,
    quiet: bool,
) -> None:
    """Write the whole twin of CITY and the values of its last check-up as GeoPackage, GeoParquet, PMTiles or into PostGIS.

    Tiles carry the headline values only, unless --indicators names others. The connection to PostGIS is read from PARKCITY_POSTGIS
    in the environment.
    """
    _refuse(target, out, max_zoom, schema)
    from parkcity.serve.export.content import content_of
    from parkcity.twin.build import build

    with progress_bar(quiet=quiet) as progress:
        twin = build(Path(city), lambda step, share: progress(step, 0.4 * share))
        chosen = _listed(indicators)
        content = content_of(twin, report or Path(city) / "report", _listed(layers), chosen, headlines=target == "pmtiles" and not chosen)
        place = out or Path(f"{twin.spec.id}{_ENDING.get(target, '')}")
        where = _write(target, twin, content, place, schema, max_zoom, lambda step, share: progress(step, 0.4 + 0.6 * share))
    if not content.has_values:
        click.echo(f"notice: there is no check-up of this twin, so no values are exported: parkcity check {city}", err=True)
    tables = {**content.shapes, **content.plain} if target != "pmtiles" else dict(content.shapes)
    rows = [{"layer": name, "rows": len(table), "columns": len(table.columns), "where": where} for name, table in tables.items()]
    emit(rows, {}, COLUMNS, "table", language(lang))


def _refuse(target: str, out: Path | None, max_zoom: int | None, schema: str | None) -> None:
    """Options that would have no effect are wrong usage."""
    if target == "postgis" and out is not None:
        raise click.UsageError("--out has no meaning with --format postgis: name the --schema")
    ending = _ENDING.get(target, "")
    if out is not None and ending.startswith(".") and out.suffix.lower() != ending:
        msg = f"--out {out}: a file of --format {target} ends in {ending}"
        raise click.UsageError(msg)
    if target != "postgis" and schema is not None:
        raise click.UsageError("--schema has a meaning with --format postgis only")
    if target != "pmtiles" and max_zoom is not None:
        raise click.UsageError("--max-zoom has a meaning with --format pmtiles only")


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _write(
    target: str,
    twin: Twin,
    content: Content,
    out: Path,
    schema: str | None,
    max_zoom: int | None,
    progress: Callable[[str, float], None],
) -> str:
    from parkcity.serve.export import files
    from parkcity.serve.export.postgis import write_postgis

    progress(f"write {target}", 0.0)
    if target == "postgis":
        name = schema or twin.spec.id.replace("-", "_")
        write_postgis(name, content)
        return name
    files.writable(out)
    if target == "gpkg":
        files.write_geopackage(out, twin, content)
    elif target == "geoparquet":
        files.write_geoparquet(out, content)
    else:
        files.write_tiles(out, twin, content, 14 if max_zoom is None else max_zoom, progress)
    return str(out)
