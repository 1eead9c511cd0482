"""After any edit the kept answer equals a fresh search, bit for bit; candidate sites equal adding each place for real."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pytest

from parkcity.travel import Attach, Decay, Network, State, Streets, nearest, within
from parkcity.travel.edits import NearestField, SumField, touched_origins
from parkcity.travel.profiles import EdgeCosts, Profile
from parkcity.travel.sites import what_if

from .graphs import Uneven, random_attach, random_streets

Way = Literal["to", "from"]
WALK = Uneven("walk", 1.1)
ONE_WAY = Uneven("car", 8.0, access_m_s=1.0, closed=0.2, lopsided=True, delays=True)
SEEDS = range(8)
pytestmark = pytest.mark.kernel


def some(attach: Attach, owners: list[int]) -> Attach:
    """Only these owners, numbered anew."""
    rows = np.flatnonzero(np.isin(attach.owner, owners))
    return Attach(
        np.searchsorted(owners, attach.owner[rows]).astype(np.int32),
        attach.edge[rows],
        attach.offset[rows],
        attach.distance[rows],
        len(owners),
    )


@pytest.mark.parametrize("profile", [WALK, ONE_WAY], ids=["walk", "one-way"])
@pytest.mark.parametrize("direction", ["to", "from"])
@pytest.mark.parametrize("limit", [None, 500.0])
@pytest.mark.parametrize("seed", SEEDS)
def test_places_come_and_go_as_in_a_fresh_search(seed: int, limit: float | None, direction: Way, profile: Profile) -> None:
    streets = random_streets(seed)
    network = Network.build(streets, profile)
    origins, doors = random_attach(streets, seed + 1, 20), random_attach(streets, seed + 2, 12)
    place, klass = np.arange(12) // 2, np.arange(12) // 2 % 2
    base = [owner for owner in range(12) if place[owner] not in (1, 4)]
    kept = NearestField.build(
        network, origins, some(doors, base), place[base], limit=limit, doors_class=klass[base], direction=direction, unit="s"
    )

    def agree(owners: list[int]) -> None:
        full = nearest(
            network, origins, some(doors, owners), place[owners], limit=limit, doors_class=klass[owners], direction=direction, unit="s"
        )
        mine = kept.answer()
        assert np.array_equal(mine.ticks, full.ticks)
        assert np.array_equal(mine.place, full.place)
        assert np.array_equal(mine.states, full.states)

    agree(base)
    before = kept.answer().ticks[0]
    changed = kept.add(some(doors, [8, 9]), 4, 0)
    assert set(np.flatnonzero(kept.answer().ticks[0] != before)) <= set(changed)
    agree(sorted([*base, 8, 9]))
    kept.add(some(doors, [2, 3]), 1, 1)
    agree(list(range(12)))
    kept.remove(0, 0)
    agree(list(range(2, 12)))
    kept.remove(4, 0)
    kept.remove(1, 1)
    agree([4, 5, 6, 7, 10, 11])


@pytest.mark.parametrize("profile", [WALK, ONE_WAY], ids=["walk", "one-way"])
@pytest.mark.parametrize("direction", ["to", "from"])
@pytest.mark.parametrize("seed", SEEDS)
def test_sums_follow_places_and_people(seed: int, direction: Way, profile: Profile) -> None:
    streets = random_streets(seed)
    network = Network.build(streets, profile)
    origins, doors = random_attach(streets, seed + 1, 20), random_attach(streets, seed + 2, 6)
    limits: list[float | Decay] = [300.0, Decay("exponential", 900.0, scale=200.0), Decay("linear", 600.0)]
    weights = np.array([[1.5, 2, 0.1, 7, 3, 1], [1, 1, 1, 1, 1, 1]])
    kept = SumField.build(network, origins, some(doors, [0, 1, 2, 3, 4]), limits, weights[:, :5], unit="s", direction=direction)
    kept.add(some(doors, [5]), weights[:, 5])
    weights[0, 2] = 99.25
    kept.reweigh(2, weights[:, 2])
    full = within(network, origins, doors, limits, weights, unit="s", direction=direction)
    attached = full.states == State.OK
    assert np.array_equal(kept.sums[:, :, attached], full.sums[:, :, attached])


@pytest.mark.parametrize("direction", ["to", "from"])
@pytest.mark.parametrize("seed", SEEDS)
def test_many_sites_at_once_equal_each_place_added_for_real(seed: int, direction: Way) -> None:
    streets = random_streets(seed)
    network = Network.build(streets, ONE_WAY)
    origins, doors = random_attach(streets, seed + 1, 20), random_attach(streets, seed + 2, 3)
    sites = random_attach(streets, seed + 3, 9)
    people = np.linspace(1, 40, 20).round()
    now = nearest(network, origins, doors, direction=direction)
    limits = [100.0, 400.0]
    gains = what_if(network, origins, people, now, 0, sites, limits, direction=direction)
    top = np.int64(400 * 2**16)
    for site in range(9):
        alone = nearest(network, origins, some(sites, [site]), direction=direction).ticks[0].astype(np.int64)
        for j, limit in enumerate(limits):
            new = (alone <= limit * 2**16) & (now.ticks[0] > limit * 2**16)
            assert gains.gained[j, site] == people[new].sum()
        saved = np.maximum(np.minimum(now.ticks[0].astype(np.int64), top) - np.minimum(alone, top), 0) >> 8
        assert gains.saved[site] == (people * saved).sum() / 256


@dataclass(frozen=True)
class Altered(Uneven):
    """The same profile after one edge was closed (or opened, or slowed) for all."""

    edge: int = 0
    times: float = np.inf

    def costs(self, streets: Streets) -> EdgeCosts:
        costs = super().costs(streets)
        forth, back = costs.run_f.copy(), costs.run_b.copy()
        forth[self.edge], back[self.edge] = forth[self.edge] * self.times, back[self.edge] * self.times
        return EdgeCosts(forth, back, costs.end_f, costs.end_b)


@pytest.mark.parametrize("times", [np.inf, 3.0, 0.25])
@pytest.mark.parametrize("seed", SEEDS)
def test_origins_not_touched_by_a_street_edit_keep_their_answers(seed: int, times: float) -> None:
    streets = random_streets(seed, nodes=60, edges=80)
    origins, doors = random_attach(streets, seed + 1, 40), random_attach(streets, seed + 2, 10)
    before = Network.build(streets, Uneven("walk", 1.1))
    after = Network.build(streets, Altered("walk", 1.1, edge=7, times=times))
    touched = touched_origins(before, after, [7], origins, 300.0)
    old, new = (within(network, origins, doors, [300.0, 150.0]).counts for network in (before, after))
    same = np.ones(40, bool)
    same[touched] = False
    assert np.array_equal(old[:, same], new[:, same])
    patched = old.copy()
    patched[:, touched] = within(after, some(origins, touched.tolist()), doors, [300.0, 150.0]).counts
    assert np.array_equal(patched, new)
