"""Files of a city for other programs: tables, GeoPackage, GeoParquet, PMTiles, the report. Each is made once and kept by hash."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING, Any

from parkcity.base.cache import atomic_path
from parkcity.serve.api.problems import ApiError
from parkcity.serve.jobs.apart import apart

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from parkcity.base.words import Lang
    from parkcity.serve.api.desk import Desk
    from parkcity.serve.api.house import House

    Tell = Callable[[str, float], None]

PARQUET = re.compile(r"(cells|zones|places)\.parquet")
DIFFERENCE = re.compile(r"([0-9a-f]{64})\.gpkg")
MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "gpkg": "application/geopackage+sqlite3",
    "parquet": "application/vnd.apache.parquet",
    "pmtiles": "application/vnd.pmtiles",
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
}
_BOM = "\ufeff"


def media_of(name: str) -> str:
    """The media type of a file by its ending."""
    return MEDIA[name.rsplit(".", maxsplit=1)[-1]]


def all_rows(desk: Desk) -> list[dict[str, Any]]:
    """Every row of the check-up, in its order."""
    return [row for item in desk.everything() for tier in desk.twin.tiers for row in desk.rows([item.indicator.id], item.group, tier)]


def kept_export(house: House, desk: Desk, name: str) -> Path:
    """A file of the city's exports, made now if it is not there."""
    path = exports_folder(house.settings.files_folder, desk) / name
    if PARQUET.fullmatch(name):
        return path if path.is_file() else export(desk, name, path.parent, lambda _step, _share: None)
    check_name(name)
    if not path.is_file():
        apart(desk, "export", name=name, target=str(path.parent))
    return path


def kept_pdf(house: House, desk: Desk, lang: Lang) -> Path:
    """The report as PDF, printed now if it is not there."""
    from parkcity.serve.api.print import pdf_of

    page = kept_export(house, desk, f"report-{lang}.html")
    path = page.with_suffix(".pdf")
    if not path.is_file():
        with atomic_path(path) as temporary:
            temporary.write_bytes(pdf_of(page.read_text(encoding="utf-8")))
    return path


def exports_folder(files: Path, desk: Desk) -> Path:
    """Where the exports of a twin lie."""
    return files / "exports" / desk.hash


def check_name(name: str) -> None:
    """Refuse a name that is none of an export with a 404 that tells which there are."""
    if name not in MAKERS and not PARQUET.fullmatch(name):
        raise ApiError(404, "there is no such export", allowed=f"{', '.join(MAKERS)}, cells.parquet, zones.parquet, places.parquet.")


def export(desk: Desk, name: str, folder: Path, tell: Tell) -> Path:
    """Make one file; a 404 tells which there are."""
    check_name(name)
    chosen = PARQUET.fullmatch(name)
    if chosen is not None:
        if not desk.twin.has(chosen[1]):
            raise ApiError(404, f"this city has no layer '{chosen[1]}'")
        folder.mkdir(parents=True, exist_ok=True)
        with atomic_path(folder / name) as temporary:
            shutil.copyfile(desk.twin.layer(chosen[1]).path(chosen[1]), temporary)
        return folder / name
    folder.mkdir(parents=True, exist_ok=True)
    with atomic_path(folder / name) as temporary:
        MAKERS[name](desk, temporary, tell)
    return folder / name


def _csv(path: Path, rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    from parkcity.serve.cli.output import csv_text

    # The byte-order mark lets spreadsheets read Chinese names right.
    path.write_text(_BOM + csv_text(rows, columns), encoding="utf-8", newline="")


def _indicators_csv(desk: Desk, path: Path, _tell: Tell) -> None:
    from parkcity.insight.run import COLUMNS

    _csv(path, all_rows(desk), COLUMNS)


def _gaps_csv(desk: Desk, path: Path, _tell: Tell) -> None:
    from parkcity.insight import gaps

    _csv(path, gaps.gap_rows(desk.twin, desk.everything(), desk.twin.spec.area_tier), gaps.COLUMNS)


def _completeness_csv(desk: Desk, path: Path, _tell: Tell) -> None:
    columns = ("indicator", "tier", "zone", "group", "flag", "size", "detail")
    rows = [
        {
            "indicator": item.indicator.id,
            "tier": "city",
            "zone": desk.id,
            "group": item.group,
            "flag": flag.id,
            "size": float(flag.size[0]),
            "detail": flag.detail,
        }
        for item in desk.everything()
        for flag in item.flags("city")
    ]
    _csv(path, rows, columns)


def _indicators_xlsx(desk: Desk, path: Path, _tell: Tell) -> None:
    from openpyxl import Workbook

    from parkcity.insight.registry import INDICATORS
    from parkcity.insight.run import COLUMNS

    book = Workbook(write_only=True)
    sheet = book.create_sheet("indicators")
    sheet.append([*COLUMNS, "name_zh", "name_en", "clause"])
    for row in all_rows(desk):
        item = INDICATORS.get(row["indicator"])
        clause = item.clause.citation if item.clause.official else ""
        sheet.append([*(safe_cell(row[name]) for name in COLUMNS), item.name_zh, item.name_en, clause])
    sources = book.create_sheet("sources")
    columns = ("id", "layer", "date", "licence", "attribution", "hash")
    sources.append(list(columns))
    for source in desk.twin.manifest["sources"]:
        sources.append([safe_cell(source[name]) for name in columns])
    book.save(path)


def safe_cell(value: Any) -> Any:
    """A value for a spreadsheet's cell: a text that a spreadsheet would take for a formula stays a text."""
    return f"'{value}" if isinstance(value, str) and value[:1] in {"=", "+", "-", "@"} else value


def _geopackage(desk: Desk, path: Path, _tell: Tell) -> None:
    from parkcity.serve.report.geopackage import write_geopackage

    write_geopackage(path, desk.twin, desk.everything())


def _pmtiles(desk: Desk, path: Path, tell: Tell) -> None:
    from parkcity.serve.api.tiling import layers_of
    from parkcity.serve.tiles.archive import write_pmtiles

    layers = [desk.tile_layer(name) for name in layers_of(desk.twin)]
    attribution = "; ".join(dict.fromkeys(row["attribution"] for row in desk.twin.manifest["sources"] if row["attribution"]))
    write_pmtiles(path, layers, name=desk.id, attribution=attribution, max_zoom=14, progress=tell)


def difference_map(house: House, desk: Desk, key: str) -> Path:
    """The difference map of a scenario as a GeoPackage."""
    from parkcity.serve.api.store import find
    from parkcity.serve.report.whatif import write_difference_map

    folder = exports_folder(house.settings.files_folder, desk)
    path = folder / f"{key}.gpkg"
    if not path.is_file():
        scenario = find(house, desk, key)
        folder.mkdir(parents=True, exist_ok=True)
        write_difference_map(path, desk.compared(key, desk.under(key, scenario)))
    return path


def report_html(desk: Desk, lang: Lang) -> str:
    """The report of the check-up as one self-contained page."""
    from parkcity.serve.report.render import render

    return render(desk.twin, all_rows(desk), desk.everything(), lang)


def _report(lang: Lang) -> Callable[[Desk, Path, Tell], None]:
    def make(desk: Desk, path: Path, _tell: Tell) -> None:
        path.write_text(report_html(desk, lang), encoding="utf-8")

    return make


MAKERS: dict[str, Callable[[Desk, Path, Tell], None]] = {
    "indicators.csv": _indicators_csv,
    "indicators.xlsx": _indicators_xlsx,
    "gaps.csv": _gaps_csv,
    "completeness.csv": _completeness_csv,
    "cells.gpkg": _geopackage,
    "city.pmtiles": _pmtiles,
    "report-zh.html": _report("zh"),
    "report-en.html": _report("en"),
}
"""What can be exported beside single layers, and how each file is made."""
