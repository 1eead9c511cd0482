"""Itineraries explain every number of a matrix to the second and can be travelled."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parkcity.base.errors import UsageError
from parkcity.travel.transit import depart_at
from parkcity.travel.transit_route import Journey, Ride, Walk, journey, pareto
from tests.laws.test_transit_laws import END, START, worlds
from tests.transit.brute import Trip, World, travel_time
from tests.transit.settings import setting_of


def assert_travels(world: World, made: Journey, origin: int, place: int) -> None:
    """Every leg exists in the world, begins where and not before the one before it ends, and walks and rides alternate."""
    legs = made.legs
    assert legs[0].start == made.departure
    assert legs[-1].end == made.arrival
    for before, after in itertools.pairwise(legs):
        assert before.target == after.origin
        assert before.end <= after.start
        assert isinstance(before, Walk) != isinstance(after, Walk)
    for number, leg in enumerate(legs):
        if isinstance(leg, Ride):
            calls = {call for trip in world.trips for call in trip.calls}
            assert any(call[0] == leg.origin and call[2] == leg.start for call in calls)
            assert any(call[0] == leg.target and call[1] == leg.end for call in calls)
        elif len(legs) == 1:
            assert leg.end - leg.start == world.direct[origin, place]
        elif number == 0:
            assert leg.end - leg.start == world.access[origin][leg.target]
        elif number == len(legs) - 1:
            assert leg.end - leg.start == world.egress[leg.origin][place]
        else:
            assert leg.end - leg.start == world.change[leg.origin, leg.target]


@given(worlds(), st.integers(1, 4), st.sampled_from([900, 7200]), st.integers(START - 120, END + 300))
@settings(max_examples=150)
def test_a_journey_takes_as_long_as_the_matrix_says(world: World, rides: int, limit: int, moment: int) -> None:
    setting = setting_of(world, rides, limit)
    seconds = depart_at(setting, [moment], threads=1).seconds[0]
    for origin in range(2):
        for place in range(2):
            made = journey(setting, origin, place, moment)
            assert (made is None) == np.isnan(seconds[origin, place])
            if made is not None:
                assert made.seconds == seconds[origin, place]
                assert made.rides <= rides
                assert_travels(world, made, origin, place)


@given(worlds(), st.integers(START - 120, END))
@settings(max_examples=80)
def test_pareto_sets_hold_the_earliest_arrival_for_every_number_of_rides(world: World, moment: int) -> None:
    setting = setting_of(world, 3, 3600)
    for origin in range(2):
        for place in range(2):
            found = pareto(setting, origin, place, moment)
            assert all(a.rides < b.rides and a.arrival > b.arrival for a, b in itertools.pairwise(found))
            for rides in range(1, 4):
                best = min((made.seconds for made in found if made.rides <= rides), default=None)
                assert best == travel_time(world, origin, place, moment, rides, 3600)


@pytest.mark.kernel
def test_rows_that_do_not_exist_are_refused() -> None:
    trip = Trip(0, ((0, START, START), (1, START + 60, START + 60)), (True, True), (True, True))
    setting = setting_of(World(2, (trip,), {}, {0: {0: 0}}, {1: {0: 0}}), 1, 600)
    with pytest.raises(UsageError, match="origins are rows"):
        journey(setting, 9, 0, START)
    with pytest.raises(UsageError, match="places are rows"):
        journey(setting, 0, -1, START)
