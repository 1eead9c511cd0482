"""On a cluster of two real worker processes the answers are the local ones, also when one of them is killed half way."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from parkcity.base.errors import LimitError
from parkcity.travel import Attach, Network, Profile, matrix, nearest, within, write_matrix
from parkcity.travel.cluster import matrix_on, nearest_on, split, within_on, write_matrix_on

from .graphs import random_attach, random_streets

if TYPE_CHECKING:
    from pathlib import Path

distributed = pytest.importorskip("distributed", reason="the extra 'cluster' is not installed")


@pytest.fixture(scope="module")
def cluster() -> Any:
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as running:
        yield running


def _case() -> tuple[Network, Attach, Attach]:
    streets = random_streets(3, 300, 460)
    return Network.build(streets, Profile("walk", 1.1)), random_attach(streets, 4, 2000), random_attach(streets, 5, 40)


def _killer(cluster: Any) -> threading.Thread:
    """Kills one of the workers as soon as there is work."""
    known = set(cluster.scheduler.tasks)

    def kill() -> None:
        for _ in range(12_000):
            new = [task for key, task in list(cluster.scheduler.tasks.items()) if key not in known and "_work" in str(key)]
            if any(task.state in {"processing", "memory"} for task in new):
                break
            time.sleep(0.005)
        next(iter(cluster.workers.values())).process.process._process.kill()

    killer = threading.Thread(target=kill)
    killer.start()
    return killer


def test_parts_hold_every_owner_once() -> None:
    network, origins, _ = _case()
    assert np.array_equal(np.sort(np.concatenate(split(network, origins, 7))), np.arange(2000))


@pytest.mark.filterwarnings("ignore")
def test_the_cluster_gives_the_local_answers_even_when_a_worker_is_killed(cluster: Any) -> None:
    network, origins, doors = _case()
    weights = np.linspace(0.1, 9, 40)
    local = nearest(network, origins, doors, k=2)
    far = nearest_on(cluster.scheduler_address, network, origins, doors, k=2)
    assert np.array_equal(far.ticks, local.ticks)
    assert np.array_equal(far.place, local.place)
    assert np.array_equal(far.states, local.states)
    killer = _killer(cluster)
    sums = within_on(cluster.scheduler_address, network, origins, doors, [300.0, 800.0], weights)
    killer.join()
    here = within(network, origins, doors, [300.0, 800.0], weights)
    assert np.array_equal(sums.sums, here.sums, equal_nan=True)
    assert np.array_equal(sums.counts, here.counts)


@pytest.mark.filterwarnings("ignore")
def test_a_matrix_from_the_cluster_is_the_local_one_even_when_a_worker_is_killed(cluster: Any, tmp_path: Path) -> None:
    network, origins, doors = _case()
    place = np.arange(40) // 2
    killer = _killer(cluster)
    far = matrix_on(cluster.scheduler_address, network, origins, doors, place, limit=700.0, direction="from")
    killer.join()
    here = matrix(network, origins, doors, place, limit=700.0, direction="from")
    assert np.array_equal(far.values, here.values, equal_nan=True)
    assert np.array_equal(far.states, here.states)
    killer = _killer(cluster)
    rows = write_matrix_on(cluster.scheduler_address, tmp_path / "far.parquet", network, origins, doors, place, memory_gb=0.0005)
    killer.join()
    assert rows == write_matrix(tmp_path / "here.parquet", network, origins, doors, place)
    assert pq.read_table(tmp_path / "far.parquet").equals(pq.read_table(tmp_path / "here.parquet"))


def test_a_matrix_over_the_cap_is_refused_before_the_cluster_is_asked() -> None:
    network, origins, doors = _case()
    with pytest.raises(LimitError, match="more than the cap"):
        matrix_on("tcp://nowhere:1", network, origins, doors, memory_gb=1e-6)
