"""Places found around owners that stay: the pairs are those of one search over all, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest

from parkcity.insight.walks import Walks
from parkcity.travel import Around, Attach, Network, nearest, reach_pairs
from parkcity.travel.edits import NearestField
from parkcity.travel.profiles import Profile

from .graphs import Uneven, random_attach, random_streets

WALK = Uneven("walk", 1.1)
ONE_WAY = Uneven("car", 8.0, access_m_s=1.0, closed=0.2, lopsided=True, delays=True)
SEEDS = range(6)
pytestmark = pytest.mark.kernel


def by_place(doors: Attach, place: np.ndarray) -> Attach:
    owner = place[doors.owner]
    order = np.argsort(owner, kind="stable")
    return Attach(owner[order], doors.edge[order], doors.offset[order], doors.distance[order], int(place.max()) + 1)


@pytest.mark.parametrize("profile", [WALK, ONE_WAY], ids=["walk", "one-way"])
@pytest.mark.parametrize("to_place", [True, False])
@pytest.mark.parametrize("seed", SEEDS)
def test_pairs_around_places_are_those_of_the_full_search(seed: int, to_place: bool, profile: Profile) -> None:
    streets = random_streets(seed)
    network = Network.build(streets, profile)
    origins, doors = random_attach(streets, seed + 1, 30), random_attach(streets, seed + 2, 12)
    place = np.arange(12, dtype=np.int32) // 2
    full = reach_pairs(network, origins, doors, 700.0, place, unit="m", direction="to" if to_place else "from")
    owner, found, cost = Around.build(network, origins, to_place=to_place).pairs(by_place(doors, place), 700.0)
    walks = Walks.sorted(owner, found, cost)
    np.testing.assert_array_equal(walks.cell, full.origin)
    np.testing.assert_array_equal(walks.place, full.place)
    np.testing.assert_array_equal(walks.metres, full.cost)


@pytest.mark.parametrize("seed", SEEDS)
def test_mended_walks_are_those_of_one_search(seed: int) -> None:
    """Some places go, others come between them: pairs and their order are those of all places together."""
    random = np.random.default_rng(seed)
    count, ticks = 400, random.integers(0, 60, 400)
    pairs = np.unique(random.integers(0, [50, 12], (count, 2)), axis=0).astype(np.int32)
    every = Walks.sorted(pairs[:, 0], pairs[:, 1], ticks[: len(pairs)] / 1024.0)
    late, gone = [2, 5, 11], 7
    before = [place for place in range(12) if place not in late]
    known = np.isin(every.place, before)
    base = Walks.sorted(every.cell[known], np.searchsorted(before, every.place[known]).astype(np.int32), every.metres[known])
    number = np.array([-1 if place == gone else place for place in before])
    new = np.isin(every.place, late)
    mended = base.mended(number[base.place] >= 0, number, Walks.sorted(every.cell[new], every.place[new], every.metres[new]))
    wanted = every.place != gone
    fresh = Walks.sorted(every.cell[wanted], every.place[wanted], every.metres[wanted])
    for name, values in fresh.arrays().items():
        np.testing.assert_array_equal(getattr(mended, name), values, err_msg=name)


@pytest.mark.parametrize("seed", SEEDS)
def test_answers_with_new_places_are_those_of_a_fresh_search_and_leave_the_kept_ones(seed: int) -> None:
    streets = random_streets(seed)
    network = Network.build(streets, WALK)
    origins, doors = random_attach(streets, seed + 1, 30), random_attach(streets, seed + 2, 12)
    place = np.arange(12, dtype=np.int32) // 3
    old = doors.owner < 6
    first = Attach(doors.owner[old], doors.edge[old], doors.offset[old], doors.distance[old], 6)
    more = Attach(doors.owner[~old] - 6, doors.edge[~old], doors.offset[~old], doors.distance[~old], 6)
    kept = NearestField.build(network, origins, first, place[:6])
    before = kept.answer()
    with_more, full = kept.with_places(more, place[6:]), nearest(network, origins, doors, place)
    for ours, theirs in ((with_more, full), (kept.answer(), before)):
        for name in ("ticks", "place", "states"):
            np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name))
