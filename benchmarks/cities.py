"""Cities from open files: `new`, `build` and `check` of every place whose files are in a folder, with time, memory and what came of it.

The folder is named by PARKCITY_OPEN_DATA and holds one folder for each place, as `FILES` says; places that are not there are left out.
Those that ship with the program are measured anyhow. Where each place's files were published stands in docs/new-city.md.
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.registry import Size, benchmark, peak_megabytes, row

REPOSITORY = Path(__file__).resolve().parent.parent
SHIPPED = {"Chengdu": "chengdu", "Las Palmas": "las-palmas", "Trafford": "trafford"}
FILES: dict[str, tuple[str, dict[str, list[str]]]] = {
    "Las Palmas, new": (
        "city-las-palmas",
        {
            "osm": ["las_palmas_20230221.osm.pbf"],
            "gtfs": ["gtfs_guaguas_20230222.zip"],
            "zones": ["boundary_municipality.geojson", "secondary_school_catchments.geojson"],
            "residents": ["378000"],
        },
    ),
    "Trafford, new": (
        "city-trafford",
        {
            "zones": [f"boundaries_{name}" for name in ("local_authority_2023.geojson", "ward_2023.geojson", "oa_2021.geojson.gz")],
            "people": ["population_oa_by_age_sex_mid2024.csv.gz"],
            "places": ["facilities.csv", "bus_stops.geojson.gz", "metrolink_stops.geojson", "greenspace_sites.geojson.gz"],
        },
    ),
    "Comoros": (
        "region-comoros",
        {
            "osm": ["comoros.osm.pbf"],
            "people": ["worldpop_2020_100m_unadj.tif"],
            "elevation": [f"srtm/{name}.SRTMGL1.hgt.zip" for name in ("S12E043", "S13E043", "S13E044")],
            "land-cover": ["landcover_cgls"],
        },
    ),
    "Washington DC": (
        "city-washington-dc",
        {
            "zones": ["census_blocks_2020.geojson.gz"],
            "people": ["workers_2021_by_home_block.csv.gz"],
            "jobs": ["jobs_2021_by_workplace_block.csv.gz"],
            "gtfs": ["wmata_rail_gtfs_2026.zip"],
            "places": ["osm_pois_2017.csv.gz"],
        },
    ),
    "Porto Alegre": (
        "city-porto-alegre",
        {
            "osm": ["poa_osm.pbf"],
            "gtfs": ["poa_eptc.zip", "poa_trensurb.zip"],
            "people": ["poa_hexgrid.csv"],
            "elevation": ["poa_elevation.tif"],
        },
    ),
    "São Paulo centre": ("city-sao-paulo-centre", {"osm": ["spo_osm.pbf"], "gtfs": ["spo.zip"], "people": ["spo_hexgrid.csv"]}),
    "Coquimbo": (
        "city-coquimbo",
        {"streets": ["coquimbo_network_zones.gpkg"], "zones": ["coquimbo_network_zones.gpkg"], "gtfs": ["gtfs_coquimbo.zip"]},
    ),
    "Helsinki centre": (
        "city-helsinki-centre",
        {"osm": ["helsinki_centre_20190421.osm.pbf"], "people": ["helsinki_population_grid_2020.gpkg"]},
    ),
    "Chengdu core 2018": (
        ".",
        {
            "osm": ["chengdu-osm-core-2018/chengdu_core_2018.osm.pbf"],
            "people": ["chengdu-core-grid-facilities/grid_322m_population_risk.csv.gz"],
            "places": ["chengdu-core-grid-facilities/facilities_parks_schools_sports.csv"],
            "lines": ["chengdu-metro-osm/metroman_line_stations_2024-12.csv"],
        },
    ),
}


@benchmark("cities", "Cities from open files: new, build, check; time, memory, counts")
def run(size: Size) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        shipped = list(SHIPPED.items())[-1:] if size != "full" else list(SHIPPED.items())
        rows = [_measured(name, _copied(home, city), 0.0) for name, city in shipped]
        data = os.environ.get("PARKCITY_OPEN_DATA", "")
        for name, (place, files) in FILES.items() if data and size == "full" else ():
            options = _options(Path(data) / place, files)
            if options is None:
                continue
            begin = time.perf_counter()
            city = home / f"new-{len(rows)}"
            subprocess.run([*_command("new", city), *options, "--name", name], check=True, capture_output=True)
            rows.append(_measured(name, city, time.perf_counter() - begin))
    return rows


def _options(folder: Path, files: dict[str, list[str]]) -> list[str] | None:
    """The options of `parkcity new`, or None where a file is not there."""
    options = []
    for option, values in files.items():
        for value in values:
            given = value if option == "residents" else str(folder / value)
            if option != "residents" and not (folder / value).exists():
                return None
            options += [f"--{option}", given]
    return options


def _copied(home: Path, city: str) -> Path:
    """A shipped city without anything built."""
    import shutil

    shutil.copytree(REPOSITORY / "examples" / city, home / city, ignore=shutil.ignore_patterns("twin", "report"))
    return home / city


def _command(verb: str, city: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "parkcity", verb, str(city), "--quiet", *more]


def _measured(name: str, city: Path, new_s: float) -> dict[str, Any]:
    """Seconds of `build` and of `check` after it, the larger peak of memory, and what the twin and the check-up hold."""
    spent, peaks = [], []
    for verb in ("build", "check"):
        begin = time.perf_counter()
        peaks.append(peak_megabytes(*_command(verb, city)) or 0.0)
        spent.append(time.perf_counter() - begin)
    told = f"new {new_s:.0f} s, " if new_s else ""
    task = f"{told}build {spent[0]:.0f} s, check {spent[1]:.0f} s: {_counts(city)}"
    return row(task, name, new_s + sum(spent), peak_mb=max(peaks))


def _counts(city: Path) -> str:
    from parkcity.twin.build import build

    twin = build(city)
    edges = twin.layer("streets").meta["edges"] if twin.has("streets") else 0
    departures = twin.layer("timetable").meta["weekday_departures"] if twin.has("timetable") else 0
    with (city / "report" / "indicators.csv").open(encoding="utf-8-sig") as file:
        measured = len({entry["indicator"] for entry in csv.DictReader(file)})
    counts = {
        "cells": len(twin.cells),
        "residents": int(twin.residents().sum()),
        "places": len(twin.places),
        "street edges": edges,
        "departures": departures,
        "indicators": measured,
    }
    return ", ".join(f"{count:,} {what}" for what, count in counts.items())
