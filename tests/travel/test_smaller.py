"""Sums are the same bits from whichever side they are searched: few places or many, with decays, groups, doors and one-way streets."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest

from parkcity.travel import Attach, Decay, Network, Profile, within
from parkcity.travel import smaller as module

from .graphs import random_attach, random_streets


@pytest.mark.kernel
@pytest.mark.parametrize("direction", ["to", "from"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_few_places_are_searched_from_with_the_same_bits(
    seed: int, direction: Literal["to", "from"], monkeypatch: pytest.MonkeyPatch
) -> None:
    streets = random_streets(seed, 60, 90)
    network = Network.build(streets, Profile("walk", 1.1))
    origins, doors = random_attach(streets, seed + 10, 80), random_attach(streets, seed + 20, 12)
    place = np.arange(doors.owners, dtype=np.int32) // 2
    weights = np.random.default_rng(seed).uniform(-2, 9, (2, int(place.max()) + 2))
    limits: list[float | Decay] = [60.0, Decay("exponential", 600.0, scale=200.0), 900.0]
    answers = []
    for few in (True, False):
        monkeypatch.setattr(module, "places_are_few", lambda _places, _origins, few=few: few)
        answers += [within(network, origins, doors, limits, weights, place, direction=direction, threads=threads) for threads in (1, 2)]
    for other in answers[1:]:
        np.testing.assert_array_equal(answers[0].sums, other.sums)
        np.testing.assert_array_equal(answers[0].counts, other.counts)
        np.testing.assert_array_equal(answers[0].states, other.states)


def test_a_search_turns_round_only_where_places_are_far_fewer() -> None:
    assert module.places_are_few(20, 18_300)
    assert not module.places_are_few(5_000, 18_300)
    assert not module.places_are_few(0, 0)


def test_no_place_at_all_sums_to_nothing() -> None:
    streets = random_streets(5, 60, 90)
    origins = random_attach(streets, 6, 40)
    none = Attach(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0), np.empty(0), 0)
    found = within(Network.build(streets, Profile("walk", 1.1)), origins, none, [600.0], np.empty(0))
    attached = found.states == 0
    assert (found.sums[0][attached] == 0).all()
