"""Transit times equal those of an exhaustive search, and keep the laws of travelling."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.transit.brute import Trip, World, travel_time
from tests.transit.settings import setting_of

from parkcity.travel.states import State
from parkcity.travel.transit import arrive_by, depart_at, over_window
from parkcity.travel.transit_access import cumulative, gravity

STOPS = 6
START, END = 28_800, 29_700


@st.composite
def trips(draw: st.DrawFn) -> Trip:
    """A trip along two to five stops, loops allowed, sometimes with stops where nobody gets on or off."""
    stops = draw(
        st.lists(st.integers(0, STOPS - 1), min_size=2, max_size=5).filter(lambda row: all(a != b for a, b in itertools.pairwise(row)))
    )
    time, calls = draw(st.integers(START, END)), []
    for stop in stops:
        wait = draw(st.sampled_from([0, 0, 20, 60]))
        calls.append((stop, time, time + wait))
        time += wait + draw(st.sampled_from([0, 0, 1]) | st.integers(0, 400))
    flags = [tuple(draw(st.lists(st.sampled_from([True, True, True, False]), min_size=len(stops), max_size=len(stops)))) for _ in range(2)]
    return Trip(draw(st.integers(0, 1)), tuple(calls), flags[0], flags[1])


@st.composite
def repeated(draw: st.DrawFn) -> list[Trip]:
    """A trip and copies of it at other times and speeds, which may overtake."""
    first = draw(trips())
    copies = [first]
    for _ in range(draw(st.integers(0, 3))):
        shift, pace = draw(st.integers(-300, 600)), draw(st.sampled_from([1, 1, 2]))
        start = first.calls[0][1]
        calls = tuple((stop, start + shift + (a - start) * pace, start + shift + (d - start) * pace) for stop, a, d in first.calls)
        copies.append(replace(first, calls=calls))
    return copies


SECONDS = st.integers(0, 300)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    lists = draw(st.lists(repeated(), min_size=1, max_size=5))
    change = draw(st.dictionaries(st.tuples(st.integers(0, STOPS - 1), st.integers(0, STOPS - 1)), SECONDS, max_size=10))
    same = {(stop, stop): draw(st.sampled_from([0, 60, 120])) for stop in range(STOPS)}
    legs = st.dictionaries(st.integers(0, STOPS - 1), SECONDS, max_size=3)
    access = {origin: draw(legs) for origin in range(2)}
    egress: dict[int, dict[int, int]] = {}
    for place in range(2):
        for stop, seconds in draw(legs).items():
            egress.setdefault(stop, {})[place] = seconds
    direct = draw(st.dictionaries(st.tuples(st.integers(0, 1), st.integers(0, 1)), st.integers(300, 2000), max_size=2))
    return World(STOPS, tuple(trip for found in lists for trip in found), same | change, access, egress, direct)


def value(seconds: np.ndarray, layer: int, origin: int, place: int) -> int | None:
    number = seconds[layer, origin, place]
    return None if np.isnan(number) else int(number)


@given(worlds(), st.integers(1, 4), st.sampled_from([600, 1800, 7200]))
@settings(max_examples=200)
def test_every_minute_equals_an_exhaustive_search(world: World, rides: int, limit: int) -> None:
    moments = list(range(START - 120, END + 300, 240))
    found = depart_at(setting_of(world, rides, limit), moments, threads=1)
    for layer, moment in enumerate(moments):
        for origin in range(2):
            for place in range(2):
                assert value(found.seconds, layer, origin, place) == travel_time(world, origin, place, moment, rides, limit)


@given(worlds(), st.integers(1, 4), st.integers(START - 120, END + 300))
@settings(max_examples=150)
def test_many_origins_at_once_have_the_times_of_each_alone(world: World, rides: int, moment: int) -> None:
    # Few origins are searched one by one in rounds, many by a scan with origins in lanes, a range of departures in a third way.
    setting = setting_of(world, rides, 3600)
    rows = np.arange(80) % 2
    many = depart_at(setting.of_origins(rows), [moment], threads=1).seconds[0]
    alone = depart_at(setting, [moment], threads=1).seconds[0]
    ranged = depart_at(setting, [moment + 60, moment], threads=1).seconds[1]
    assert np.array_equal(many, alone[rows], equal_nan=True)
    assert np.array_equal(ranged, alone, equal_nan=True)


@given(worlds(), st.integers(1, 3))
@settings(max_examples=60)
def test_a_window_has_the_percentiles_of_its_departures(world: World, rides: int) -> None:
    setting = setting_of(world, rides, 3600)
    moments = list(range(START, END, 60))
    single = np.nan_to_num(depart_at(setting, moments, threads=1).seconds, nan=np.inf)
    found = over_window(setting, START, END, step=60, percentiles=(5, 25, 50, 75, 95, 100), threads=1)
    # NumPy's inverted_cdf is the nearest rank.
    expected = np.quantile(single, [0.05, 0.25, 0.5, 0.75, 0.95, 1.0], axis=0, method="inverted_cdf")
    assert np.array_equal(np.nan_to_num(found.seconds, nan=np.inf), expected.astype(np.float32))


@given(worlds(), st.integers(1, 3), st.integers(START, END + 900))
@settings(max_examples=100)
def test_arriving_by_a_moment_is_departing_as_late_as_possible(world: World, rides: int, moment: int) -> None:
    limit = 1500
    found = arrive_by(setting_of(world, rides, limit), [moment], threads=1)
    for origin in range(2):
        for place in range(2):
            seconds = value(found.seconds, 0, origin, place)
            # Leaving then one is there in time; leaving a second later one is not.
            if seconds is None:
                assert travel_time(world, origin, place, moment - limit, rides, limit) is None
            else:
                there = travel_time(world, origin, place, moment - seconds, rides, limit)
                assert there is not None
                assert there <= seconds
                later = travel_time(world, origin, place, moment - seconds + 1, rides, limit)
                assert later is None or later > seconds - 1


@given(worlds(), trips(), st.integers(1, 3))
@settings(max_examples=60)
def test_an_added_trip_makes_nobody_slower(world: World, more: Trip, rides: int) -> None:
    moments = [START, START + 300]
    before = depart_at(setting_of(world, rides, 3600), moments, threads=1).seconds
    after = depart_at(setting_of(replace(world, trips=(*world.trips, more)), rides, 3600), moments, threads=1).seconds
    assert (np.nan_to_num(after, nan=np.inf) <= np.nan_to_num(before, nan=np.inf)).all()


@given(worlds(), st.integers(1, 3))
@settings(max_examples=40)
def test_more_rides_are_never_slower(world: World, rides: int) -> None:
    fewer, more = (depart_at(setting_of(world, rides + k, 3600), [START], threads=1).seconds for k in (0, 1))
    assert (np.nan_to_num(more, nan=np.inf) <= np.nan_to_num(fewer, nan=np.inf)).all()


@pytest.mark.kernel
def test_states_say_why_there_is_no_number() -> None:
    trip = Trip(0, ((0, START, START), (1, START + 100, START + 100)), (True, True), (True, True))
    world = World(3, (trip,), {}, {0: {0: 0}}, {1: {0: 0}}, places=2)
    found = depart_at(setting_of(world, 1, 600), [START, START + 1], threads=1)
    # Origin 1 and place 1 have no leg; one second after the only trip nothing leaves any more.
    assert found.states.tolist() == [
        [[State.OK, State.NOT_ATTACHED], [State.NOT_ATTACHED, State.NOT_ATTACHED]],
        [[State.NO_SERVICE, State.NOT_ATTACHED], [State.NOT_ATTACHED, State.NOT_ATTACHED]],
    ]
    assert found.seconds[0, 0, 0] == 100


def led_to(world: World, origin: int) -> set[int]:
    """Places some chain of rides leads to, by following every trip from every stop until nothing new is found."""
    ready, arrived = set(world.access.get(origin, {})), set[int]()
    while True:
        off = {
            trip.calls[later][0]
            for trip in world.trips
            for order, call in enumerate(trip.calls)
            if call[0] in ready and trip.board[order]
            for later in range(order + 1, len(trip.calls))
            if trip.alight[later]
        }
        more = {end for start, end in world.change if start in off}
        if off <= arrived and more <= ready:
            return {place for stop in off for place in world.egress.get(stop, {})}
        arrived |= off
        ready |= more


@given(worlds(), st.integers(1, 3), st.sampled_from([300, 900, 3600]), st.integers(START - 120, END + 900))
@settings(max_examples=200)
def test_every_state_is_what_it_says(world: World, rides: int, limit: int, moment: int) -> None:
    found = depart_at(setting_of(world, rides, limit), [moment, moment + 60], threads=1)
    for layer, origin, place in itertools.product(range(2), range(2), range(2)):
        time, end = moment + 60 * layer, moment + 60 * layer + limit
        legs, last = world.access.get(origin, {}), {s: to[place] for s, to in world.egress.items() if place in to}
        direct = (origin, place) in world.direct
        calls = [(trip, order, call) for trip in world.trips for order, call in enumerate(trip.calls)]
        leaves = [
            call[2] - legs[call[0]]
            for trip, order, call in calls
            if call[0] in legs and trip.board[order] and order + 1 < len(trip.calls) and call[2] <= end
        ]
        ever = any(call[0] in legs and trip.board[order] and order + 1 < len(trip.calls) for trip, order, call in calls)
        comes = [(call[1], call[1] + last[call[0]]) for trip, order, call in calls if call[0] in last and trip.alight[order] and order]
        runs = any(moment >= time for moment in leaves) and any(arrival >= time and there <= end for arrival, there in comes)
        away = legs or any(start == origin for start, _ in world.direct)
        home = last or any(there == place for _, there in world.direct)
        if travel_time(world, origin, place, time, rides, limit) is not None:
            expected = State.OK
        elif not (away and home):
            expected = State.NOT_ATTACHED
        elif direct:
            expected = State.OVER_LIMIT
        elif ever and comes and place not in led_to(world, origin):
            expected = State.UNREACHABLE
        else:
            expected = State.OVER_LIMIT if runs else State.NO_SERVICE
        assert State(int(found.states[layer, origin, place])) is expected


@pytest.mark.kernel
def test_gravity_sums_weights_by_the_decay_of_the_median_time() -> None:
    # Departures 0, 60, 120 and 180 s before a trip of 100 s: times 100 to 280 s, the median by nearest rank is 160 s.
    trip = Trip(0, ((0, START + 180, START + 180), (1, START + 280, START + 280)), (True, True), (True, True))
    world = World(2, (trip,), {}, {0: {0: 0}}, {1: {0: 0}}, {(1, 1): 30})
    setting = setting_of(world, 1, 600)
    found = gravity(setting, [10.0, 4.0], lambda seconds: np.exp(-seconds / 200.0), START, START + 240, step=60)
    # Origin 0 reaches place 0 only; origin 1 walks 30 s to place 1 only.
    assert found.tolist() == pytest.approx([10.0 * math.exp(-160 / 200), 4.0 * math.exp(-30 / 200)])


@given(worlds(), st.integers(1, 3))
@settings(max_examples=60)
def test_gravity_with_a_step_is_the_cumulative_sum_and_never_grows_with_steeper_decay(world: World, rides: int) -> None:
    setting, weight = setting_of(world, rides, 3600), [3.0, 5.0]
    step = gravity(setting, weight, lambda seconds: (seconds <= 900).astype(float), START, END, threads=1)
    assert np.array_equal(step, cumulative(setting, weight, [900], START, END, threads=1)[0])
    gentle = gravity(setting, weight, lambda seconds: np.exp(-seconds / 1200.0), START, END, threads=1)
    steep = gravity(setting, weight, lambda seconds: np.exp(-seconds / 600.0), START, END, threads=1)
    assert (steep <= gentle).all()
    # Beside the matrix: the same sums from the medians.
    median = over_window(setting, START, END, step=60, percentiles=(50,), threads=1).seconds[0]
    assert gentle == pytest.approx(np.nansum(np.exp(-median / 1200.0) * np.array(weight), axis=1))
