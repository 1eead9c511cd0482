"""A metropolis drawn from a seed: 300 lines, 8,000 stops, 60,000 trips a day, 10,000 cells; straight walks with a detour.

Stops lie on a jittered lattice over 40 x 40 km. Lines keep a heading with small turns; one in ten is fast and stops at every third stop
that it passes. Walks are straight lines times a detour, so that the sample needs no streets.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.travel.transit_day import transit_day
from parkcity.travel.transit_legs import Legs
from parkcity.travel.transit_setting import TransitSetting
from parkcity.twin.timetable import Timetable

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDE_M = 40_000.0
LINES, TRIPS_PER_WAY = 300, 100
LATTICE = (100, 80)
CELLS = 100
DETOUR, WALK_M_S = 1.3, 1.1
DAY = date(2026, 6, 2)
FIRST, LAST = 5 * 3600, 23 * 3600


def stops(rng: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Positions of the stops in metres, float64 [8000] each."""
    columns, rows = LATTICE
    x, y = np.meshgrid((np.arange(columns) + 0.5) / columns, (np.arange(rows) + 0.5) / rows)
    jitter = rng.uniform(-0.3, 0.3, (2, columns * rows)) / np.array([[columns], [rows]])
    return (x.ravel() + jitter[0]) * SIDE_M, (y.ravel() + jitter[1]) * SIDE_M


def line(rng: np.random.Generator, *, fast: bool) -> list[int]:
    """The stops of one line: a walk over the lattice that keeps its heading with small turns, each stop once."""
    columns, rows = LATTICE
    at = np.array([rng.uniform(0, columns), rng.uniform(0, rows)])
    heading = np.arctan2(rows / 2 - at[1], columns / 2 - at[0]) + rng.normal(0, 0.5)
    found: list[int] = []
    for _ in range(3 * 40 if fast else 40):
        column, row = int(np.clip(at[0], 0, columns - 1)), int(np.clip(at[1], 0, rows - 1))
        stop = row * columns + column
        if stop not in found:
            found.append(stop)
        heading += rng.normal(0, 0.12)
        at += np.array([np.cos(heading), np.sin(heading)])
        if not (0 <= at[0] < columns and 0 <= at[1] < rows):
            break
    chosen = found[::3] if fast else found
    return chosen if len(chosen) >= 5 else line(rng, fast=fast)


def metropolis(seed: int = 1) -> tuple[Timetable, NDArray[np.float64], NDArray[np.float64]]:
    """The timetable and the positions of its stops."""
    rng = np.random.default_rng(seed)
    x, y = stops(rng)
    sequences: list[list[int]] = []
    arrivals: list[NDArray[np.int32]] = []
    for number in range(LINES):
        fast = number % 10 == 0
        out = line(rng, fast=fast)
        speed = rng.uniform(9, 11) if fast else rng.uniform(4.5, 6.5)
        for way in (out, out[::-1]):
            hop = np.hypot(np.diff(x[way]), np.diff(y[way])) * 1.2 / speed + 20
            run = np.concatenate([[0], np.cumsum(hop)])
            start = np.sort(rng.uniform(FIRST, LAST, TRIPS_PER_WAY))
            sequences.append(way)
            arrivals.append(np.rint(start[:, None] + run[None, :]).astype(np.int32))
    return _timetable(x, y, sequences, arrivals), x, y


def _timetable(x: NDArray[np.float64], y: NDArray[np.float64], sequences: list[list[int]], times: list[NDArray[np.int32]]) -> Timetable:
    sizes = np.array([len(sequence) for sequence in sequences])
    patterns, trips, count = len(sequences), TRIPS_PER_WAY * len(sequences), len(x)
    none: dict[str, Any] = {
        name: np.zeros(0, kind)
        for kind, names in (
            (np.int32, "exception_service exception_day headway_trip headway_start headway_end headway_seconds transfer_from transfer_to"),
            (np.int32, "transfer_seconds pathway_from pathway_to pathway_seconds"),
            (np.int8, "exception_type transfer_type pathway_mode"),
            (np.bool_, "headway_exact pathway_both_ways"),
            (np.float64, "pathway_length"),
        )
        for name in names.split()
    }
    flat = np.concatenate([array.ravel() for array in times])
    calls = int(sizes.sum())
    return Timetable(
        stop_id=np.array([f"s{k}" for k in range(count)]),
        stop_name=np.array([f"s{k}" for k in range(count)]),
        stop_lon=x / 100_000,
        stop_lat=y / 110_000,
        stop_type=np.zeros(count, np.int8),
        stop_parent=np.full(count, -1, np.int32),
        stop_wheelchair=np.zeros(count, np.int8),
        route_id=np.array([f"r{k}" for k in range(LINES)]),
        route_name=np.array([f"r{k}" for k in range(LINES)]),
        route_type=np.full(LINES, 3, np.int16),
        route_assumed=np.zeros(LINES, bool),
        pattern_route=(np.arange(patterns) // 2).astype(np.int32),
        pattern_calls=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32),
        pattern_trips=(np.arange(patterns + 1) * TRIPS_PER_WAY).astype(np.int32),
        pattern_times=np.concatenate([[0], np.cumsum(sizes * TRIPS_PER_WAY)]).astype(np.int64),
        call_stop=np.concatenate([np.array(sequence) for sequence in sequences]).astype(np.int32),
        call_board=np.ones(calls, bool),
        call_alight=np.ones(calls, bool),
        trip_id=np.array([f"t{k}" for k in range(trips)]),
        trip_service=np.zeros(trips, np.int32),
        trip_wheelchair=np.zeros(trips, np.int8),
        arrival=flat,
        departure=flat,
        service_id=np.array(["daily"]),
        service_feed=np.zeros(1, np.int32),
        service_weekdays=np.array([127], np.uint8),
        service_first=np.array([date(2026, 1, 1).toordinal()], np.int32),
        service_last=np.array([date(2026, 12, 31).toordinal()], np.int32),
        **none,
    )


def _near(x: NDArray[np.float64], y: NDArray[np.float64], to_x: NDArray[np.float64], to_y: NDArray[np.float64], seconds: float) -> Legs:
    """Legs between all points within a walk."""
    from scipy.spatial import cKDTree

    tree = cKDTree(np.column_stack([to_x, to_y]))
    found: list[list[int]] = [tree.query_ball_point(point, seconds * WALK_M_S / DETOUR) for point in np.column_stack([x, y])]
    row = np.repeat(np.arange(len(x)), [len(entry) for entry in found])
    target = np.concatenate([np.asarray(entry, np.int64) for entry in found])
    metres = np.hypot(x[row] - to_x[target], y[row] - to_y[target]) * DETOUR
    return Legs.build(len(x), len(to_x), row, target, metres / WALK_M_S)


def question(
    seed: int = 1, *, access: float = 1200, change: float = 600, direct: float = 3600, rides: int = 4, limit: int = 7200
) -> TransitSetting:
    """All cells to all cells; limits of walks in seconds."""
    timetable, x, y = metropolis(seed)
    east, north = np.meshgrid((np.arange(CELLS) + 0.5) * SIDE_M / CELLS, (np.arange(CELLS) + 0.5) * SIDE_M / CELLS)
    cell_x, cell_y = east.ravel(), north.ravel()
    to_stops = _near(cell_x, cell_y, x, y, access)
    return TransitSetting(
        transit_day(timetable, DAY),
        to_stops,
        to_stops.turned(),
        _near(x, y, x, y, change),
        _near(cell_x, cell_y, cell_x, cell_y, direct),
        rides,
        limit,
    )
