"""Transit matrices on Porto Alegre: building and loading the timetable, one departure, and a window of sixty."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from benchmarks.registry import Size, benchmark, median_seconds, row
from benchmarks.transit_city import porto_alegre, timetable
from parkcity.travel.transit import depart_at, over_window
from parkcity.twin.timetable import Timetable

AFTERNOON = 14 * 3600
GRAPH = "Porto Alegre, 1,227 hexagons"


@benchmark("transit", "Timetables and transit matrices of Porto Alegre")
def run(size: Size) -> list[dict[str, Any]]:
    repeats = 1 if size == "smoke" else 3
    rows = [row("build the timetable of two feeds", "Porto Alegre, 3,622 trips", median_seconds(timetable, repeats))]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "timetable.npz"
        timetable().save(path)
        rows.append(row("load the built timetable", "Porto Alegre, 3,622 trips", median_seconds(lambda: Timetable.load(path), repeats)))
    setting = porto_alegre(walk_m_s=1.0, access=1200, change=600, direct=7200, rides=4, limit=7200).setting
    rows.append(row("one departure, all pairs", GRAPH, median_seconds(lambda: depart_at(setting, [AFTERNOON]), repeats)))
    if size != "smoke":
        hour = median_seconds(lambda: over_window(setting, AFTERNOON, AFTERNOON + 3600, step=60), repeats)
        rows.append(row("60 departures, five percentiles, all pairs", GRAPH, hour))
    return rows
