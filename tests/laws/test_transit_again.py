"""Times that follow an edit equal those of a search of everything, bit for bit, whatever was edited."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.laws.test_transit_laws import END, SECONDS, START, STOPS, repeated, trips, worlds
from tests.transit.brute import Trip, World
from tests.transit.settings import setting_of

from parkcity.base.errors import LimitError, UsageError
from parkcity.travel.transit import over_window
from parkcity.travel.transit_access import cumulative
from parkcity.travel.transit_again import RideTimes
from parkcity.travel.transit_back import SweepBack
from parkcity.travel.transit_notice import noticing
from parkcity.travel.transit_sweep import Sweep, ranks_of

PERCENTILES = (5, 50, 95)


@st.composite
def edits(draw: st.DrawFn, world: World) -> World:
    """The same stops, origins and places after some edits: trips, walks to, between and from stops, stops passed, new stops."""
    kinds = ("add", "drop", "shift", "close", "change", "access", "egress", "direct", "stop")
    for kind in draw(st.lists(st.sampled_from(kinds), max_size=3)):
        rows, stop = list(world.trips), draw(st.integers(0, STOPS - 1))
        number = draw(st.integers(0, len(rows) - 1)) if rows else 0
        if kind == "add":
            world = replace(world, trips=(*rows, *draw(repeated())))
        elif kind == "drop" and len(rows) > 1:
            world = replace(world, trips=tuple(rows[:number] + rows[number + 1 :]))
        elif kind == "shift":
            shift = draw(st.integers(-300, 300))
            rows[number] = replace(rows[number], calls=tuple((s, a + shift, d + shift) for s, a, d in rows[number].calls))
            world = replace(world, trips=tuple(rows))
        elif kind == "close":
            world = replace(world, trips=tuple(passed(trip, stop) for trip in rows))
        elif kind == "change":
            world = replace(world, change={**world.change, (stop, draw(st.integers(0, STOPS - 1))): draw(SECONDS)})
        elif kind == "access":
            legs = draw(st.dictionaries(st.integers(0, STOPS - 1), SECONDS, max_size=3))
            world = replace(world, access={**world.access, draw(st.integers(0, 1)): legs})
        elif kind == "egress":
            world = replace(world, egress={**world.egress, stop: draw(st.dictionaries(st.integers(0, 1), SECONDS, max_size=2))})
        elif kind == "direct":
            walks = st.dictionaries(st.tuples(st.integers(0, 1), st.integers(0, 1)), st.integers(100, 2000), max_size=2)
            world = replace(world, direct=draw(walks))
        else:
            world = joined(world, draw(trips()), draw(SECONDS))
    return world


def passed(trip: Trip, stop: int) -> Trip:
    stays = [call[0] != stop for call in trip.calls]
    flags = [tuple(can and stay for can, stay in zip(able, stays, strict=True)) for able in (trip.board, trip.alight)]
    return replace(trip, board=flags[0], alight=flags[1])


def joined(world: World, trip: Trip, walk: int) -> World:
    """A new stop, called at last by a new trip, from which one walks to place 0."""
    new = world.stops
    last = trip.calls[-1][2] + 100
    more = Trip(trip.route, (*trip.calls, (new, last, last)), (*trip.board, True), (*trip.alight, True))
    egress = {**world.egress, new: {0: walk}}
    return replace(world, stops=new + 1, trips=(*world.trips, more), egress=egress, change={**world.change, (new, new): 0})


@given(st.data(), worlds(), st.integers(1, 4), st.sampled_from([600, 1200, 3600]))
@settings(max_examples=300)
def test_times_after_any_edits_are_those_of_a_search_of_everything(data: st.DataObject, world: World, rides: int, limit: int) -> None:
    before, after = setting_of(world, rides, limit), setting_of(data.draw(edits(world)), rides, limit)
    base = RideTimes.search(before, START, END, percentiles=PERCENTILES, threads=1)
    found = base.again(after, threads=1)
    full = RideTimes.search(after, START, END, percentiles=PERCENTILES, threads=1)
    assert np.array_equal(found.seconds, full.seconds)
    expected = over_window(after, START, END, step=60, percentiles=PERCENTILES, threads=1)
    assert found.times().seconds.tobytes() == expected.seconds.tobytes()
    assert np.array_equal(found.times().states, expected.states)
    # Origins that are not named as differing have the same times, walks included.
    same = np.setdiff1d(np.arange(after.origins), found.differing(base))
    was = over_window(before, START, END, step=60, percentiles=PERCENTILES, threads=1).seconds
    assert np.array_equal(was[:, same], expected.seconds[:, same], equal_nan=True)


@given(worlds(), st.integers(1, 4), st.floats(0, 5), st.floats(0, 5))
@settings(max_examples=60)
def test_sums_are_those_of_a_search_for_them(world: World, rides: int, one: float, other: float) -> None:
    setting, weight = setting_of(world, rides, 3600), np.array([one, other])
    kept = RideTimes.search(setting, START, END, threads=1)
    assert np.array_equal(kept.sums(weight, [600, 1800]), cumulative(setting, weight, [600, 1800], START, END, threads=1))


def far_apart() -> World:
    """Two lines that nobody can use both: origin 0 and place 0 at one, origin 1 and place 1 at the other."""
    able = (True, True)
    lines = tuple(Trip(k, ((2 * k, START + 600, START + 600), (2 * k + 1, START + 900, START + 900)), able, able) for k in range(2))
    return World(4, lines, {}, {0: {0: 60}, 1: {2: 60}}, {1: {0: 60}, 3: {1: 60}}, {(0, 1): 500})


@pytest.mark.kernel
def test_only_those_who_can_notice_are_searched_again() -> None:
    world = far_apart()
    base = RideTimes.search(setting_of(world, 2, 3600), START, END, threads=1)
    faster = replace(world.trips[1], calls=((2, START + 600, START + 600), (3, START + 700, START + 700)))
    after = base.again(setting_of(replace(world, trips=(world.trips[0], faster)), 2, 3600), threads=1)
    # One pair of four: from origin 1 to place 1, now 200 s sooner.
    assert after.searched == 1
    assert int(base.seconds[0, 1, 1]) - int(after.seconds[0, 1, 1]) == 200
    assert after.differing(base).tolist() == [1]


@pytest.mark.kernel
def test_a_walk_alone_needs_no_search() -> None:
    world = far_apart()
    base = RideTimes.search(setting_of(world, 2, 3600), START, END, threads=1)
    after = base.again(setting_of(replace(world, direct={(0, 1): 400}), 2, 3600), threads=1)
    assert after.searched == 0
    assert after.seconds is base.seconds
    assert after.times().seconds[0, 0, 1] == 400
    assert after.differing(base).tolist() == [0]


@pytest.mark.kernel
def test_a_stop_that_is_passed_is_noticed_by_those_who_used_it() -> None:
    world = far_apart()
    before = setting_of(world, 2, 3600)
    after = setting_of(replace(world, trips=tuple(passed(trip, 3) for trip in world.trips)), 2, 3600)
    assert [(block.origins.tolist(), block.places.tolist()) for block in noticing(before, after, START, END)] == [
        ([False, True], [False, True])
    ]


def test_what_cannot_be_followed_is_refused() -> None:
    setting = setting_of(far_apart(), 2, 3600)
    base = RideTimes.search(setting, START, END, threads=1)
    for other in (replace(setting, rides=1), replace(setting, limit=600), setting.of_origins([0])):
        with pytest.raises(UsageError, match="same origins, places, rides and limit"):
            base.again(other)
    with pytest.raises(UsageError, match="below 65535 s"):
        RideTimes.search(replace(setting, limit=80_000), START, END)
    with pytest.raises(UsageError, match="cannot be measured"):
        RideTimes.search(setting, END, START)
    with pytest.raises(LimitError, match="more than the cap"):
        RideTimes.search(setting, START, END, memory_gb=1e-12)
    with pytest.raises(UsageError, match="limits up to 3600 s"):
        base.sums(np.ones(2), [7200])


@given(worlds(), st.integers(1, 4), st.sampled_from([600, 1200, 3600]))
@settings(max_examples=200)
def test_times_searched_from_the_places_are_those_searched_from_the_origins(world: World, rides: int, limit: int) -> None:
    setting = replace(setting_of(world, rides, limit), direct=None)
    moments = np.arange(START, END, 60, dtype=np.int32)[::-1].copy()
    ranks = ranks_of((5, 50, 95, 100), len(moments))
    ahead, back = np.empty((2, len(ranks), setting.origins, setting.places), np.int32)

    def keep(first: int, last: int, seconds: np.ndarray) -> None:
        ahead[:, first:last] = seconds.transpose(1, 0, 2)

    def turned(first: int, last: int, seconds: np.ndarray) -> None:
        back[:, :, first:last] = seconds.transpose(1, 2, 0)

    Sweep(setting, moments, ranks).run(keep, 1)
    SweepBack(setting, moments, ranks).run(turned, 1)
    assert np.array_equal(ahead, back)
