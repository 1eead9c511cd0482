"""On a cluster of two real worker processes the answers are the local ones, also when one of them is killed half way."""

from __future__ import annotations

import threading
import time
from typing import Any

import numpy as np
import pytest

from parkcity.travel import Attach, Network, Profile, nearest, within
from parkcity.travel.cluster import nearest_on, split, within_on

from .graphs import random_attach, random_streets

distributed = pytest.importorskip("distributed", reason="the extra 'cluster' is not installed")


@pytest.fixture(scope="module")
def cluster() -> Any:
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as running:
        yield running


def _case() -> tuple[Network, Attach, Attach]:
    streets = random_streets(3, 300, 460)
    return Network.build(streets, Profile("walk", 1.1)), random_attach(streets, 4, 2000), random_attach(streets, 5, 40)


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

    def kill() -> None:
        time.sleep(0.3)
        next(iter(cluster.workers.values())).process.process._process.kill()

    killer = threading.Thread(target=kill)
    killer.start()
    sums = within_on(cluster.scheduler_address, network, origins, doors, [300.0, 800.0], weights)
    killer.join()
    here = within(network, origins, doors, [300.0, 800.0], weights)
    assert np.array_equal(sums.sums, here.sums, equal_nan=True)
    assert np.array_equal(sums.counts, here.counts)
