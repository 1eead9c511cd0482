"""Transit times on a cluster of two real worker processes are the local ones, also when one of them is killed half way."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parkcity.base.errors import LimitError
from parkcity.travel.transit import arrive_by, depart_at, over_window
from parkcity.travel.transit_setting import TransitSetting
from tests.transit.brute import World
from tests.transit.settings import setting_of
from tests.transit.test_cli import run, town
from tests.transit.test_closed_form import HEADWAY, HOUR, line

__all__ = ["town"]
distributed = pytest.importorskip("distributed", reason="the extra 'cluster' is not installed")
pytestmark = [pytest.mark.kernel, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def cluster() -> Any:
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as running:
        yield running


@pytest.fixture(scope="module")
def setting() -> TransitSetting:
    """Two lines that cross, and forty origins at growing distances from their stops."""
    trips = (*line(0, [0, 1, 2], HOUR, HEADWAY, HOUR + 7200), *line(1, [3, 1, 4], HOUR + 100, HEADWAY, HOUR + 7200))
    access = {origin: {origin % 4: 7 * origin} for origin in range(40)}
    egress = {2: {0: 30}, 4: {1: 50}, 1: {0: 400}}
    change = {(stop, stop): 60 for stop in range(5)}
    # Place 2 is reached on foot only, and from the first origin only: whether it is attached does not depend on the part one is in.
    return setting_of(World(5, trips, change, access, egress, {(0, 2): 200}, origins=40, places=3), 3, 5400)


def test_the_cluster_gives_the_local_times_and_states(cluster: Any, setting: TransitSetting) -> None:
    address = cluster.scheduler_address
    pairs = [
        (over_window(setting, HOUR, HOUR + 3600, threads=1), over_window(setting, HOUR, HOUR + 3600, threads=1, cluster=address)),
        (depart_at(setting, [HOUR, HOUR + 90], threads=1), depart_at(setting, [HOUR, HOUR + 90], threads=1, cluster=address)),
        (arrive_by(setting, [HOUR + 5000], threads=1), arrive_by(setting, [HOUR + 5000], threads=1, cluster=address)),
    ]
    for here, there in pairs:
        assert here.seconds.tobytes() == there.seconds.tobytes()
        assert np.array_equal(here.states, there.states)
        assert here.layers == there.layers


def test_a_killed_worker_changes_nothing(cluster: Any, setting: TransitSetting) -> None:
    long = setting.of_origins(np.arange(4000) % 40)
    here = over_window(long, HOUR, HOUR + 3600, step=10, threads=1)

    def kill() -> None:
        time.sleep(0.3)
        next(iter(cluster.workers.values())).process.process._process.kill()

    killer = threading.Thread(target=kill)
    killer.start()
    there = over_window(long, HOUR, HOUR + 3600, step=10, threads=1, cluster=cluster.scheduler_address)
    killer.join()
    assert here.seconds.tobytes() == there.seconds.tobytes()
    assert np.array_equal(here.states, there.states)


def test_the_cap_holds_on_a_cluster_too(cluster: Any, setting: TransitSetting) -> None:
    with pytest.raises(LimitError, match="more than the cap"):
        over_window(setting, HOUR, HOUR + 3600, memory_gb=1e-9, cluster=cluster.scheduler_address)


def test_the_command_asks_the_cluster_and_tells_the_same(cluster: Any, town: Path) -> None:
    asked = ["times", str(town), "primary_school", "--mode", "transit", "--date", "2026-06-02"]
    assert run(*asked, "--cluster", cluster.scheduler_address) == run(*asked)
