"""Fares: every journey of a small world is paid for by hand, and a table with faults tells all of them."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parkcity.base.errors import InputError
from parkcity.travel.fares import Fares, FareTable, Product, read_zones
from parkcity.travel.transit_day import transit_day
from parkcity.travel.transit_fares import fare_of, fare_options
from parkcity.travel.transit_setting import TransitSetting
from parkcity.twin.timetable import Timetable
from parkcity.twin.timetable_build import build_timetable
from tests.laws.test_transit_laws import END, START, STOPS, worlds
from tests.transit.brute import World, feed_of, travel_time
from tests.transit.settings import DAY, setting_of

NEVER_LAPSES = 2**31 - 1
DEG = 0.01
METRES_PER_DEG = math.radians(1) * 6_371_008.8
ZONES = {stop: "ab"[stop % 2] for stop in range(STOPS)}


def on_the_equator(world: World) -> Timetable:
    """The world's timetable with stops in a row, 0.01 degrees apart, and lines called r0, r1."""
    table = build_timetable([("world", feed_of(world))])
    place = np.arange(STOPS, dtype=np.float64) * np.float64(DEG)
    return replace(table, stop_lon=place, stop_lat=np.zeros(STOPS), route_name=np.array([f"r{k}" for k in range(len(table.route_id))]))


def question(world: World, timetable: Timetable, rides: int, limit: int) -> TransitSetting:
    return setting_of(world, rides, limit, transit_day(timetable, DAY))


Ridden = tuple[int, int, int, int, tuple[int, ...]]
"""Line, stop and moment of boarding, stop of alighting, stops passed."""


def paid(table: FareTable, rides: list[Ridden]) -> int:
    """The fare of a journey from its rides alone: rides in a row of one through product become one, then each is priced."""
    purchases: list[tuple[int, int, int, int, float]] = []
    for line, on, moment, off, stops in rides:
        product = line
        far = sum(abs(a - b) * DEG * METRES_PER_DEG for a, b in itertools.pairwise(stops))
        if purchases and purchases[-1][0] == product and table.products[product].through:
            before = purchases[-1]
            purchases[-1] = (product, before[1], before[2], off, before[4] + far)
        else:
            purchases.append((product, on, moment, off, far))
    total, start = 0, -(10**9)
    last = -1
    for product, on, moment, off, far in purchases:
        held = table.products[product]
        price = held.zones[ZONES[on], ZONES[off]] if held.form == "zone" else next(price for end, price in held.bands if far <= end + 0.5)
        within, less = table.discounts.get((last, product), (-1, 0))
        if within >= 0 and moment - start <= within:
            price = max(0, price - less)
        else:
            start = moment
        total, last = total + price, product
    return total


def every_journey(world: World, table: FareTable, departure: int, rides: int, limit: int) -> list[tuple[int, int, int]]:
    """(arrival, rides, fare) of the journeys from origin 0 to place 0 that no other beats, by trying all of them."""
    found: list[tuple[int, int, int]] = []
    if (0, 0) in world.direct and world.direct[0, 0] <= limit:
        found.append((departure + world.direct[0, 0], 0, 0))

    def go(stop: int, moment: int, done: list[Ridden]) -> None:
        for trip in world.trips:
            for first, (at, _, leaves) in enumerate(trip.calls):
                if at != stop or not trip.board[first] or leaves < moment or leaves > departure + limit:
                    continue
                for last in range(first + 1, len(trip.calls)):
                    there, arrival, _ = trip.calls[last]
                    if not trip.alight[last] or arrival > departure + limit:
                        continue
                    passed = tuple(call[0] for call in trip.calls[first : last + 1])
                    ridden = [*done, (trip.route, at, leaves, there, passed)]
                    if 0 in world.egress.get(there, {}) and arrival + world.egress[there][0] <= departure + limit:
                        found.append((arrival + world.egress[there][0], len(ridden), paid(table, ridden)))
                    if len(ridden) < rides:
                        for (start, end), seconds in world.change.items():
                            if start == there:
                                go(end, arrival + seconds, ridden)

    for stop, seconds in world.access.get(0, {}).items():
        go(stop, departure + seconds, [])
    best: list[tuple[int, int, int]] = []
    for entry in sorted(set(found)):
        if not any(all(a <= b for a, b in zip(other, entry, strict=True)) for other in best):
            best.append(entry)
    return best


@st.composite
def products(draw: st.DrawFn, line: int) -> Product:
    form, through = draw(st.sampled_from(["flat", "zone", "distance"])), draw(st.booleans())
    prices = sorted(draw(st.lists(st.integers(1, 9).map(lambda yuan: 100 * yuan), min_size=3, max_size=3)))
    bands: tuple[tuple[float, int], ...] = ((math.inf, prices[0]),)
    if form == "distance":
        bands = ((1500.0, prices[0]), (4000.0, prices[1]), (math.inf, prices[2]))
    zones = {("a", "a"): prices[0], ("b", "b"): prices[1], ("a", "b"): prices[2], ("b", "a"): prices[2]}
    return Product(f"p{line}", (f"line:r{line}",), form, through, bands if form != "zone" else (), zones if form == "zone" else {})


@st.composite
def tables(draw: st.DrawFn) -> FareTable:
    made = (draw(products(0)), draw(products(1)))
    ends = st.tuples(st.integers(0, 1), st.integers(0, 1))
    terms = st.tuples(st.sampled_from([120, 600, NEVER_LAPSES]), st.sampled_from([100, 300, 2000]))
    others = (Product(f"p{k}", (f"line:r{k}",), "flat", through=False, bands=((math.inf, 100),), zones={}) for k in range(2, 9))
    return FareTable("drawn", "yuan", (*made, *others), draw(st.dictionaries(ends, terms, max_size=3)), published=False)


@given(worlds(), tables(), st.integers(1, 3), st.integers(START - 120, END))
@settings(max_examples=300, deadline=None)
def test_time_rides_and_fare_equal_those_of_all_journeys_tried(world: World, table: FareTable, rides: int, departure: int) -> None:
    limit = 1500
    timetable = on_the_equator(world)
    fares = Fares.of(table, timetable, ZONES)
    options = fare_options(question(world, timetable, rides, limit), fares, 0, 0, departure)
    ours = sorted((option.journey.arrival, option.journey.rides, option.cents) for option in options)
    assert ours == every_journey(world, table, departure, rides, limit)
    # The journey told costs what is said, and the quickest is as quick as without fares.
    assert [fare_of(option.journey, fares) for option in options] == [option.cents for option in options]
    quickest = travel_time(world, 0, 0, departure, rides, limit)
    assert (ours[0][0] - departure if ours else None) == quickest


TABLE = """product,form,lines,through,after,from_zone,to_zone,up_to_km,within_min,value,unit,source
metro,distance,metro,yes,,,,4,,2,yuan,drawn
metro,distance,metro,yes,,,,,,3.5,yuan,drawn
bus,flat,bus;line:N1,no,,,,,,2,yuan,drawn
bus,transfer,,,bus,,,,120,2,yuan,drawn
"""


def test_a_table_is_read_with_its_bands_and_discounts(tmp_path: Path) -> None:
    path = tmp_path / "fares.csv"
    path.write_text(TABLE, encoding="utf-8")
    table = FareTable.read(path)
    assert [product.bands for product in table.products] == [((4000.0, 200), (math.inf, 350)), ((math.inf, 200),)]
    assert table.discounts == {(1, 1): (7200, 200)}
    assert table.products[1].holds("tram", "N1")
    assert not table.products[0].holds("bus", "N1")


def test_all_faults_of_a_fare_table_are_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "fares.csv"
    wrong = TABLE.replace("bus,flat,bus;line:N1,no", "bus,flat,coach,maybe").replace("bus,transfer,,,bus", "bus,transfer,,,ferry")
    path.write_text(wrong.replace(",,,3.5,yuan", ",9,,1.5,dollar"), encoding="utf-8")
    with pytest.raises(InputError) as told:
        FareTable.read(path)
    text = str(told.value)
    for fault in ("'through' is 'maybe'", "'lines' names 'coach'", "'ferry' is no product", "no band holds", "costs less", "several units"):
        assert fault in text


def test_lines_without_product_and_stops_without_zone_are_told(tmp_path: Path) -> None:
    path, zones = tmp_path / "fares.csv", tmp_path / "zones.csv"
    path.write_text("product,form,lines,from_zone,to_zone,value,unit\nbus,zone,line:r0,a,b,2,yuan\n", encoding="utf-8")
    zones.write_text("stop,zone\ns0,a\ns9,b\n", encoding="utf-8")
    world = World(STOPS, (), {}, {}, {})
    timetable = on_the_equator(world)
    with pytest.raises(InputError, match="'s9' is no stop"):
        read_zones(zones, timetable)
    with pytest.raises(InputError, match="line 'r1' has no product"):
        Fares.of(FareTable.read(path), timetable, {0: "a"})
