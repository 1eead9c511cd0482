"""Transit matrices: Porto Alegre beside ferrobus with the same limits, and a metropolis beside the published mark of R5.

ferrobus counts rides, not changes, as `max_transfers`; its longest transfer also limits the walks to and from stops. Two rows at the end
compare travel times, not speed: their seconds are medians of door-to-door times over all pairs.
"""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.registry import Size, benchmark, median_seconds, peer_python, peer_run, row
from benchmarks.transit_city import DATA, DAY, filled_feeds, porto_alegre, timetable
from benchmarks.transit_metropolis import question
from parkcity.sense.gtfs.feed import read_feed
from parkcity.travel.transit import depart_at, over_window
from parkcity.travel.transit_sweep import Sweep, ranks_of
from parkcity.twin.timetable import Timetable
from parkcity.twin.timetable_build import build_timetable

if TYPE_CHECKING:
    from parkcity.travel.transit_setting import TransitSetting

WORKER = Path(__file__).with_name("transit_peers.py")
PINS = ["ferrobus==0.2.1", "numpy==2.2.6"]
PEER = "ferrobus 0.2.1"
AFTERNOON, HOUR, MINUTE = 14 * 3600, 3600, 60
LAS_PALMAS = Path(__file__).resolve().parents[1] / "examples" / "las-palmas" / "data" / "gtfs" / "gtfs_guaguas_20230222.zip"
BUSES = "Las Palmas, 6,839 trips"
GRAPH = "Porto Alegre, 1,227 hexagons"
WALK_S, RIDES, LIMIT = 1200, 3, 7200
PEER_WALK_M_S = 1.4
R5_CORE_S = 0.25
"""R5, 10,124 x 10,124 pairs in 3.5 minutes on 12 cores: core-seconds for one origin (r5r, discussion 106, 2020)."""
PERCENTILES = (5.0, 25.0, 50.0, 75.0, 95.0)


@benchmark("transit", "Timetables and transit matrices: Porto Alegre, and a metropolis of 10,000 cells")
def run(size: Size) -> list[dict[str, Any]]:
    repeats = 1 if size == "smoke" else 3
    rows = [row("build the timetable of two feeds", "Porto Alegre, 3,622 trips", median_seconds(timetable, repeats, warm=0))]
    rows.append(row("build the timetable of a feed", BUSES, median_seconds(_las_palmas, repeats, warm=0), "goal", 3.0, 1.0))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "timetable.npz"
        for graph, made in (("Porto Alegre, 3,622 trips", timetable()), (BUSES, _las_palmas())):
            made.save(path)
            rows.append(row("load the built timetable", graph, median_seconds(lambda: Timetable.load(path), repeats), "goal", 1.0, 1.0))
        peer, found = (None, None) if size == "smoke" else _peer(Path(folder), size)
    setting = _question(nodes=False)
    ours = median_seconds(lambda: depart_at(setting, [AFTERNOON]), repeats)
    rows.append(row("one departure, all pairs", GRAPH, ours, *_beside(peer, 1, 2.0)))
    if size == "smoke":
        return rows
    ours = median_seconds(lambda: over_window(setting, AFTERNOON, AFTERNOON + HOUR, step=MINUTE, percentiles=PERCENTILES), repeats)
    rows.append(row("60 departures, five percentiles, all pairs", GRAPH, ours, *_beside(peer, 60, 12.0)))
    rows += _metropolis(size)
    if size == "full" and found is not None:
        rows += [_agreement(found, setting, "on the nearest streets")]
        rows += [_agreement(found, _question(nodes=True), "on the nearest nodes")]
    return rows


def _las_palmas() -> Timetable:
    return build_timetable([("guaguas", read_feed(LAS_PALMAS))])


def _question(*, nodes: bool) -> TransitSetting:
    return porto_alegre(walk_m_s=PEER_WALK_M_S, access=WALK_S, change=WALK_S, direct=WALK_S, rides=RIDES, limit=LIMIT, nodes=nodes).setting


def _beside(peer: dict[str, Any] | None, calls: int, goal: float) -> tuple[str | None, float | None, float | None]:
    return (None, None, None) if peer is None else (PEER, calls * float(peer["matrix_s"]), goal)


def _peer(folder: Path, size: Size) -> tuple[dict[str, Any], dict[str, Any]]:
    every = 1 if size == "full" else 12
    settings = {
        "feeds": filled_feeds(folder),
        "date": DAY.isoformat(),
        "departures": [AFTERNOON + MINUTE * minute for minute in range(0, 60, every)],
        "walk": WALK_S,
        "change": WALK_S,
        "stops": 100_000,
        "transfers": RIDES,
        "repeats": 1,
    }
    answer = folder / "answer.npz"
    python = peer_python("transit", PINS)
    told = peer_run(python, WORKER, str(DATA / "poa_osm.pbf"), str(DATA / "poa_hexgrid.csv"), str(answer), json.dumps(settings))
    with np.load(answer) as arrays:
        return told, {"departures": settings["departures"], **dict(arrays)}


def _metropolis(size: Size) -> list[dict[str, Any]]:
    """Core-seconds for one origin, from origins spread over the whole city, on one thread."""
    whole = question()
    every = 25 if size == "full" else 100
    setting = whole.of_origins(np.arange(every // 2, whole.origins, every))
    morning = 8 * HOUR
    window = np.arange(morning, morning + HOUR, MINUTE, dtype=np.int32)[::-1].copy()
    asked = {
        "one departure, core-seconds for one origin": (Sweep(setting, np.array([morning], np.int32), np.zeros(0, np.int32)), 10.0),
        "60 departures, core-seconds for one origin": (Sweep(setting, window, ranks_of(PERCENTILES, len(window))), R5_CORE_S / 0.08),
    }
    rows = []
    for task, (sweep, goal) in asked.items():
        sweep.run(lambda _first, _last, _seconds: None, 1)
        started = time.process_time()
        sweep.run(lambda _first, _last, _seconds: None, 1)
        ours = (time.process_time() - started) / setting.origins
        rows.append(row(task, "metropolis, 10,000 cells", ours, "R5, as published", R5_CORE_S, goal))
    return rows


def _agreement(found: dict[str, Any], setting: TransitSetting, how: str) -> dict[str, Any]:
    """Medians over the departures for every pair that both reach every time; the row holds their medians over pairs."""
    rows = found["rows"]
    theirs = found["seconds"].astype(np.float32)
    theirs[(theirs < 0) | (theirs > LIMIT)] = np.nan
    ours = depart_at(setting, found["departures"], memory_gb=8.0).seconds[:, rows][:, :, rows]
    both = np.isfinite(theirs).all(axis=0) & np.isfinite(ours).all(axis=0)
    mine, other = np.median(ours[:, both], axis=0), np.median(theirs[:, both], axis=0)
    apart = float(np.median(mine - other))
    return row(
        f"travel time, median difference {apart:+.1f} s", f"Porto Alegre, {how}", float(np.median(mine)), PEER, float(np.median(other))
    )
