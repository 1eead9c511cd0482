"""The check-up: build what is missing, measure everything that can be measured, write one folder.

The folder's `manifest.json` holds the hash of everything that went in and of every file that came out. Where both still
hold, nothing is computed again.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from parkcity.base.cache import code_version, hash_file, hash_json, write_text
from parkcity.base.errors import Fault, InputError, ParkcityError
from parkcity.base.spec import FILENAME, load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from parkcity.base.spec import CitySpec
    from parkcity.base.words import Lang
    from parkcity.insight.run import Measured
    from parkcity.serve.report.against import Changes
    from parkcity.serve.report.plan_section import Planned
    from parkcity.twin.twin import Twin

OUTPUTS = ("report.html", "indicators.csv", "completeness.csv", "gaps.csv", "norms.csv", "intervals.csv", "cells.gpkg")
MANIFEST = "manifest.json"
_FLAG_COLUMNS = ("indicator", "tier", "zone", "group", "flag", "size", "detail")
_BOM = "\ufeff"


@dataclass(frozen=True)
class CheckUp:
    """A finished check-up: its rows, its folder, and whether it was already there."""

    rows: list[dict[str, Any]]
    out: Path
    manifest: dict[str, Any]
    reused: bool


def run_check(
    folder: Path,
    out: Path,
    lang: Lang,
    progress: Callable[[str, float], None],
    *,
    threads: int | None = None,
    memory_gb: float | None = None,
    against: Path | None = None,
    factsheets: str | None = None,
) -> CheckUp:
    """Check a city, on wish against an earlier folder of it, and with a factsheet for each zone of a tier.

    Raises `InputError` with every fault of the input; nothing is written then.
    """
    spec = load(folder)
    key = _input_key(spec, lang)
    if against is not None:
        key = hash_json([key, _input_key(load(against), lang), _digest(against / "report" / "indicators.csv")])
    if factsheets is not None:
        key = hash_json([key, factsheets])
    kept = _kept(out, key)
    if kept is not None:
        return kept
    from parkcity.serve.report.against import changes_since
    from parkcity.serve.report.factsheets import check_tier, write_factsheets
    from parkcity.serve.report.plan_section import judged, plan_of
    from parkcity.twin.build import build

    ledger = plan_of(folder)
    twin = build(folder, lambda step, share: progress(step, 0.3 * share), memory_gb=memory_gb)
    if factsheets is not None:
        check_tier(twin, factsheets)
    measured, rows, flags = _measure(twin, progress, threads)
    try:
        changes = None if against is None else changes_since(against, twin, rows, progress, threads)
        planned = None if ledger is None else judged(ledger, twin, rows)
        files = _write(out, twin, measured, rows, flags, lang, progress, threads, changes, planned)
        if factsheets is not None:
            sheets = write_factsheets(out, twin, rows, measured, factsheets, lang)
            files |= {name: hash_file(out / name) for name in sheets}
    except OSError as error:
        raise InputError(
            Fault(str(out), f"the report cannot be written ({error.strerror or error}).", todo="make room, or choose another --out")
        ) from error
    manifest = _manifest(twin, key, lang, files, rows)
    write_text(out / MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True) + "\n")
    progress("done", 1.0)
    return CheckUp(rows, out, manifest, reused=False)


def _input_key(spec: CitySpec, lang: Lang) -> str:
    from parkcity.plan.city_statistics import FILE as STATISTICS
    from parkcity.plan.ledger import plan_folder, table_files
    from parkcity.sense.read import files_hash

    sources = {source.id: files_hash(spec.path(source)) for source in spec.sources}
    recorded = [*({path.name: hash_file(path)} for path in table_files(plan_folder(spec.folder))), _digest(spec.folder / STATISTICS)]
    return hash_json([hash_file(spec.folder / FILENAME), sources, recorded, code_version(), lang])


def _digest(path: Path) -> str:
    return hash_file(path) if path.is_file() else ""


def _kept(out: Path, key: str) -> CheckUp | None:
    """The check-up that lies in the folder, if it was made from the same inputs and nobody touched its files."""
    path = out / MANIFEST
    if not path.is_file():
        return None
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        sound = manifest["key"] == key and all(
            (out / name).is_file() and hash_file(out / name) == digest for name, digest in manifest["files"].items()
        )
    except (json.JSONDecodeError, KeyError, TypeError):
        return None
    return CheckUp(_read_rows(out / "indicators.csv"), out, manifest, reused=True) if sound else None


def _read_rows(path: Path) -> list[dict[str, Any]]:
    text = path.read_text(encoding="utf-8-sig")
    rows: list[dict[str, Any]] = []
    for record in csv.DictReader(io.StringIO(text)):
        row: dict[str, Any] = dict(record)
        for name in ("value", "part", "whole"):
            row[name] = float(record[name]) if record[name] else None
        rows.append(row)
    return rows


def _measure(
    twin: Twin, progress: Callable[[str, float], None], threads: int | None
) -> tuple[list[Measured], list[dict[str, Any]], list[dict[str, Any]]]:
    from parkcity.insight.run import computable, measure_all

    indicators = computable(twin, twin.spec.indicators.get("skip", ()))
    if not indicators:
        raise ParkcityError("no indicator can be measured in this city: it has neither people nor places")
    total = sum(len(indicator.groups) for indicator in indicators) or 1
    measured: list[Measured] = []
    rows: list[dict[str, Any]] = []
    flags: list[dict[str, Any]] = []
    for number, item in enumerate(measure_all(twin, indicators, threads=threads)):
        progress(f"measure {item.indicator.id}", 0.3 + 0.4 * number / total)
        measured.append(item)
        for tier in twin.tiers:
            rows += item.rows(tier)
        flags += _flag_rows(item)
    return measured, rows, flags


def _flag_rows(item: Measured) -> list[dict[str, Any]]:
    zone = item.inputs.twin.spec.id
    return [
        {
            "indicator": item.indicator.id,
            "tier": "city",
            "zone": zone,
            "group": item.group,
            "flag": flag.id,
            "size": float(flag.size[0]),
            "detail": flag.detail,
        }
        for flag in item.flags("city")
    ]


def _write(
    out: Path,
    twin: Twin,
    measured: list[Measured],
    rows: list[dict[str, Any]],
    flags: list[dict[str, Any]],
    lang: Lang,
    progress: Callable[[str, float], None],
    threads: int | None,
    changes: Changes | None,
    planned: Planned | None,
) -> dict[str, str]:
    from parkcity.insight import gaps, intervals, norms, year_on_year
    from parkcity.insight.inputs import Inputs
    from parkcity.insight.lists import LISTS
    from parkcity.insight.run import COLUMNS
    from parkcity.plan.brief import COLUMNS as PLAN_COLUMNS
    from parkcity.serve.cli.output import csv_text
    from parkcity.serve.report import against
    from parkcity.serve.report.geopackage import write_geopackage
    from parkcity.serve.report.norms import recorded_of
    from parkcity.serve.report.plan_section import FILE as PLAN
    from parkcity.serve.report.render import render

    out.mkdir(parents=True, exist_ok=True)
    progress("write tables", 0.72)
    # The byte-order mark lets spreadsheets read Chinese names right.
    write_text(out / "indicators.csv", _BOM + csv_text(rows, COLUMNS))
    write_text(out / "completeness.csv", _BOM + csv_text(flags, _FLAG_COLUMNS))
    gap_list = gaps.gap_rows(twin, measured, twin.spec.area_tier)
    write_text(out / "gaps.csv", _BOM + csv_text(gap_list, gaps.COLUMNS))
    between = intervals.interval_rows(measured, rows, twin.tiers)
    write_text(out / "intervals.csv", _BOM + csv_text(between, intervals.COLUMNS))
    asked = norms.norm_rows(twin, rows, recorded_of(twin.spec.folder))
    write_text(out / "norms.csv", _BOM + csv_text(asked, norms.COLUMNS))
    inputs = Inputs(twin, threads=threads)
    lists = [one for one in LISTS if one.can(inputs)]
    listed = []
    for number, one in enumerate(lists):
        progress(f"list {one.file}", 0.72 + 0.04 * number / len(lists))
        listed.append((one, one.rows(inputs, twin.spec.area_tier)))
        write_text(out / one.file, _BOM + csv_text(listed[-1][1], one.columns))
    more = [*(one.file for one in lists)]
    if changes is not None:
        write_text(out / against.FILE, _BOM + csv_text(changes.rows, year_on_year.COLUMNS))
        more.append(against.FILE)
    if planned is not None:
        write_text(out / PLAN, _BOM + csv_text(planned.rows, PLAN_COLUMNS))
        more.append(PLAN)
    progress("write map file", 0.76)
    write_geopackage(out / "cells.gpkg", twin, measured)
    progress("draw report", 0.82)
    write_text(out / "report.html", render(twin, rows, measured, lang, listed, asked, changes, between, planned))
    return {name: hash_file(out / name) for name in (*OUTPUTS, *more)}


def _manifest(twin: Twin, key: str, lang: Lang, files: dict[str, str], rows: list[dict[str, Any]]) -> dict[str, Any]:
    from parkcity.twin.build import notices_of

    return {
        "format": 1,
        "city": twin.spec.id,
        "lang": lang,
        "key": key,
        "twin": twin.hash,
        "as_of": twin.manifest["as_of"],
        "code": code_version(),
        "rows": len(rows),
        "notices": [str(notice) for notice in notices_of(dict(twin.manifest))],
        "files": files,
        "sources": {row["id"]: row["hash"] for row in twin.manifest["sources"]},
    }
