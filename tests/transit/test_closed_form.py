"""Worlds whose travel times can be derived with pencil and paper."""

from __future__ import annotations

import numpy as np
import pytest

from parkcity.travel.transit import depart_at, over_window
from tests.transit.brute import Trip, World
from tests.transit.settings import setting_of

HEADWAY, RUN, HOUR = 600, 300, 8 * 3600


def line(route: int, stops: list[int], first: int, headway: int, until: int) -> list[Trip]:
    """Departures every `headway` seconds, `RUN` seconds from stop to stop without dwelling."""
    able = (True,) * len(stops)
    starts = range(first, until, headway)
    return [Trip(route, tuple((stop, start + k * RUN, start + k * RUN) for k, stop in enumerate(stops)), able, able) for start in starts]


@pytest.mark.kernel
def test_one_line_in_a_desert_waits_uniformly() -> None:
    # Access 120 s, ride 2 runs, egress 60 s; the line leaves at 0 modulo the headway. Leaving x seconds after the last train that can
    # be caught, one waits headway - x: over all whole minutes the times are 120 + 600 + 60 + {0, 60, ..., 540}, one each in ten.
    world = World(3, tuple(line(0, [0, 1, 2], HOUR, HEADWAY, HOUR + 7200)), {}, {0: {0: 120}}, {2: {0: 60}}, origins=1, places=1)
    setting = setting_of(world, 1, 7200)
    times = depart_at(setting, list(range(HOUR, HOUR + 3600, 60)), threads=1).seconds[:, 0, 0]
    assert sorted(times.tolist()) == sorted([780 + 60 * wait for wait in range(10)] * 6)
    # Nearest rank of 60 values, six of each: the 3rd, 15th, 30th, 45th and 57th smallest.
    spread = over_window(setting, HOUR, HOUR + 3600, step=60, threads=1).seconds[:, 0, 0]
    assert spread.tolist() == [780 + 60 * ((rank - 1) // 6) for rank in (3, 15, 30, 45, 57)]


@pytest.mark.kernel
def test_a_grid_of_lines_changes_where_streets_cross() -> None:
    # Streets 0..2 east and north; stop 3 * x + y. East lines leave x = 0 at 0 modulo 600, north lines leave y = 0 at 150 modulo 600.
    # From (0, 0) to (2, 2): east along y = 0 (arrives at x = 2 after 600, that is at 0 modulo 600), change 60 s, and the north line
    # passes y = 0 at 150: total wait(0) + 600 + 150 + 600 = 1350. North first: it leaves at 150, is at y = 2 at 750 = 150 modulo 600,
    # and the east line along y = 2 leaves at 600 modulo 600, 450 later: wait(150) + 600 + 450 + 600 = wait(150) + 1650. A departure at
    # d seconds after a full ten minutes (d > 0) waits 600 - d for the east line and so takes 1950 - d; north takes 1800 - d up to 150,
    # then 2400 - d. So: 1350 at d = 0; 1800 - d for 0 < d <= 150; 1950 - d afterwards.
    grid = [trip for y in range(3) for trip in line(0, [y, 3 + y, 6 + y], HOUR, HEADWAY, HOUR + 7200)]
    grid += [trip for x in range(3) for trip in line(1, [3 * x, 3 * x + 1, 3 * x + 2], HOUR + 150, HEADWAY, HOUR + 7200)]
    change = {(stop, stop): 60 for stop in range(9)}
    world = World(9, tuple(grid), change, {0: {0: 0}}, {8: {0: 0}}, origins=1, places=1)
    late = list(range(0, 600, 30))
    times = depart_at(setting_of(world, 3, 7200), [HOUR + d for d in late], threads=1).seconds[:, 0, 0]
    assert times.tolist() == [1350 if d == 0 else 1800 - d if d <= 150 else 1950 - d for d in late]
    # With one ride there is no way round the corner.
    assert np.isnan(depart_at(setting_of(world, 1, 7200), [HOUR], threads=1).seconds).all()


@pytest.mark.kernel
def test_any_number_of_threads_gives_the_same_bits() -> None:
    world = World(
        3, tuple(line(0, [0, 1, 2], HOUR, HEADWAY, HOUR + 3600)), {}, {k: {0: k} for k in range(40)}, {2: {0: 1}}, origins=40, places=1
    )
    setting = setting_of(world, 1, 7200)
    one, many = (over_window(setting, HOUR, HOUR + 1800, threads=threads).seconds.tobytes() for threads in (1, 3))
    assert one == many
