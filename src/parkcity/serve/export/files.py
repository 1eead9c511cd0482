"""GeoPackage, GeoParquet and PMTiles."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING

from parkcity.base.cache import atomic_path
from parkcity.base.errors import Fault, InputError
from parkcity.base.times import parse_date

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from parkcity.serve.export.content import Content
    from parkcity.twin.twin import Twin


def write_geopackage(path: Path, twin: Twin, content: Content) -> list[Path]:
    """One GeoPackage with a layer for every table, each with a style that QGIS opens it in. The same content gives the same bytes."""
    import pyogrio

    from parkcity.serve.report.geopackage import write_styles
    from parkcity.serve.report.qgis import style_of

    as_of = parse_date(str(twin.manifest["as_of"]))[0].isoformat()
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": f"{as_of}T00:00:00.000Z"})
    with atomic_path(path) as temporary:
        temporary.unlink()
        for name, table in content.shapes.items():
            if len(table):
                pyogrio.write_dataframe(table, temporary, layer=name, driver="GPKG", append=temporary.exists(), promote_to_multi=True)
        for name, rows in content.plain.items():
            pyogrio.write_dataframe(rows, temporary, layer=name, driver="GPKG", append=temporary.exists())
        styles = {name: style_of(name, table) for name, table in content.shapes.items() if len(table)}
        write_styles(temporary, as_of, styles)
    return [path]


def write_geoparquet(folder: Path, content: Content) -> list[Path]:
    """A folder with one GeoParquet file for every table with shapes and one Parquet file for every plain one.

    Raises `InputError` where the folder holds something that this did not write.
    """
    strange = [entry.name for entry in folder.iterdir() if entry.suffix != ".parquet"] if folder.is_dir() else []
    if strange:
        raise InputError(Fault(str(folder), f"the folder holds other files ({strange[0]}).", "a new folder, or an earlier export."))
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for name, table in {**content.shapes, **content.plain}.items():
        path = folder / f"{name}.parquet"
        with atomic_path(path) as temporary:
            table.to_parquet(temporary, index=False, compression="zstd")
        made.append(path)
    for path in set(folder.glob("*.parquet")) - set(made):
        path.unlink()
    return made


def write_tiles(path: Path, twin: Twin, content: Content, max_zoom: int, progress: Callable[[str, float], None]) -> list[Path]:
    """One PMTiles archive of vector tiles with all tables that have shapes."""
    from parkcity.serve.tiles.archive import write_pmtiles
    from parkcity.serve.tiles.city import layers_of

    name = f"{twin.spec.name_en} {twin.manifest['as_of']}"
    write_pmtiles(path, layers_of(content.shapes), name=name, attribution=content.attribution, max_zoom=max_zoom, progress=progress)
    return [path]


def writable(path: Path) -> None:
    """Raise `InputError` where nothing can be written beside a path, before any work is done."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        todo = "make room, or choose another --out"
        raise InputError(Fault(str(path), f"nothing can be written there ({error.strerror or error}).", todo=todo)) from None
