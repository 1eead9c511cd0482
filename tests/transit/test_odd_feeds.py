"""Feeds out of the ordinary, from the archive to the travel time: each has its one right value, derived beside it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parkcity.base.errors import InputError, UsageError
from parkcity.sense.gtfs.feed import read_feed
from parkcity.travel import Attach, Network, Profile, Streets, reach_pairs
from parkcity.travel.transit import arrive_by, depart_at, over_window
from parkcity.travel.transit_day import TransitDay, transit_day
from parkcity.travel.transit_legs import Legs, transfers
from parkcity.travel.transit_setting import TransitSetting
from parkcity.twin.attach import AttachRule, StreetIndex, attach
from parkcity.twin.timetable import Timetable
from parkcity.twin.timetable_build import build_timetable
from tests.transit import feeds

pytestmark = pytest.mark.kernel
DAY = date(2026, 6, 2)  # a Tuesday
EIGHT, MINUTE = 8 * 3600, 60


def table(folder: Path, **files: str | bytes) -> Timetable:
    return build_timetable([("f", read_feed(feeds.write(folder / "f.zip", **files)))])


def between(timetable: Timetable, start: str, end: str, day: date = DAY, **headways: Any) -> TransitSetting:
    """From a door at one stop to a door at another, changing at a stop in 60 s, two rides at most."""
    stops = len(timetable.stop_id)
    rows = [int(np.flatnonzero(timetable.stop_id == name)[0]) for name in (start, end)]
    access, egress = Legs.build(1, stops, [0], [rows[0]], [0]), Legs.build(stops, 1, [rows[1]], [0], [0])
    return TransitSetting(transit_day(timetable, day, **headways), access, egress, transfers(timetable, change=60), None, 2, 7200)


def minutes(timetable: Timetable, start: str, end: str, at: int, day: date = DAY) -> float:
    """Minutes from a stop to a stop when leaving at a second of the day; NaN where one does not arrive."""
    return float(depart_at(between(timetable, start, end, day), [at], threads=1).seconds[0, 0, 0]) / MINUTE


ONE = {
    "stops": feeds.stops("A", "B"),
    "trips": feeds.trips("t"),
    "stop_times": feeds.calls("t,8:10:00,8:10:00,A,1", "t,8:25:00,8:25:00,B,2"),
}


def test_a_feed_with_single_dates_only_runs_on_these_dates(tmp_path: Path) -> None:
    timetable = table(tmp_path, **ONE, calendar="", calendar_dates="service_id,date,exception_type\nall,20260602,1\nall,20260605,1\n")
    # Ten minutes of waiting and fifteen of riding.
    assert minutes(timetable, "A", "B", EIGHT) == 25
    assert minutes(timetable, "A", "B", EIGHT, date(2026, 6, 5)) == 25
    with pytest.raises(InputError, match="no trip runs on 2026-06-03"):
        transit_day(timetable, date(2026, 6, 3))


def test_an_expired_feed_answers_for_its_own_time_and_refuses_today(tmp_path: Path) -> None:
    calendar = feeds.DAILY.splitlines()[0] + "\nall,1,1,1,1,1,1,1,20190101,20191231\n"
    timetable = table(tmp_path, **ONE, calendar=calendar)
    assert minutes(timetable, "A", "B", EIGHT, date(2019, 5, 13)) == 25
    with pytest.raises(InputError, match="no trip runs on 2026-06-02.*2019"):
        transit_day(timetable, DAY)


def test_a_trip_past_midnight_is_caught_late_that_day_and_early_the_next(tmp_path: Path) -> None:
    # On workdays, beside one at noon of every day: 24:30 of Tuesday is 0:30 of Wednesday, 24:30 of Friday is 0:30 of Saturday.
    rows = feeds.calls(
        *("t,23:50:00,24:30:00,A,1", "t,24:45:00,24:45:00,B,2", "u,12:00:00,12:00:00,A,1", "u,12:15:00,12:15:00,B,2"),
    )
    timetable = table(tmp_path, stops=feeds.stops("A", "B"), trips=feeds.trips("t,work", "u"), stop_times=rows)
    late, early = 23 * 3600 + 50 * MINUTE, 15 * MINUTE
    assert minutes(timetable, "A", "B", late, date(2026, 6, 2)) == 55
    assert minutes(timetable, "A", "B", early, date(2026, 6, 3)) == 30
    assert minutes(timetable, "A", "B", late, date(2026, 6, 5)) == 55
    assert minutes(timetable, "A", "B", early, date(2026, 6, 6)) == 30
    # No night trip leaves on Saturday, so that there is none on Sunday's first hour, nor on that of Monday.
    assert np.isnan(minutes(timetable, "A", "B", late, date(2026, 6, 6)))
    assert np.isnan(minutes(timetable, "A", "B", early, date(2026, 6, 7)))
    assert np.isnan(minutes(timetable, "A", "B", early, date(2026, 6, 8)))


def test_a_loop_is_ridden_past_its_first_stop_and_round_to_it(tmp_path: Path) -> None:
    rows = feeds.calls("t,8:10:00,8:10:00,A,1", "t,8:20:00,8:20:00,B,2", "t,8:35:00,8:35:00,A,3", "t,8:40:00,8:40:00,C,4")
    timetable = table(tmp_path, stops=feeds.stops("A", "B", "C"), trips=feeds.trips("t"), stop_times=rows)
    # Whoever comes too late for the first call at A boards at the second; from B the way back to A is 15 minutes of riding.
    assert minutes(timetable, "A", "C", EIGHT) == 40
    assert minutes(timetable, "A", "C", EIGHT + 11 * MINUTE) == 29
    assert minutes(timetable, "B", "A", EIGHT + 15 * MINUTE) == 20
    assert np.isnan(minutes(timetable, "A", "B", EIGHT + 11 * MINUTE))


def test_of_trips_that_overtake_the_one_that_arrives_first_is_taken(tmp_path: Path) -> None:
    rows = feeds.calls("s,8:10:00,8:10:00,A,1", "s,8:50:00,8:50:00,B,2", "e,8:20:00,8:20:00,A,1", "e,8:35:00,8:35:00,B,2")
    timetable = table(tmp_path, stops=feeds.stops("A", "B"), trips=feeds.trips("s", "e"), stop_times=rows)
    # The express leaves ten minutes later and is there fifteen minutes sooner: 8:00 to 8:35.
    assert minutes(timetable, "A", "B", EIGHT) == 35
    assert minutes(timetable, "A", "B", EIGHT + 20 * MINUTE) == 15


def test_blank_times_are_as_far_along_as_their_stop(tmp_path: Path) -> None:
    rows = feeds.calls("t,8:10:00,8:10:00,A,1", "t,,,B,2", "t,,,C,3", "t,8:40:00,8:40:00,D,4")
    timetable = table(tmp_path, stops=feeds.stops("A", "B", "C", "D"), trips=feeds.trips("t"), stop_times=rows)
    # Stops stand at equal distances, so that 30 minutes make 10 for each run.
    assert [minutes(timetable, "A", f"{stop}", EIGHT) for stop in "BCD"] == [20, 30, 40]


def test_exact_times_depart_at_every_headway_and_are_never_drawn(tmp_path: Path) -> None:
    rows = feeds.calls("t,0:00:00,0:00:00,A,1", "t,0:15:00,0:15:00,B,2")
    headways = "trip_id,start_time,end_time,headway_secs,exact_times\nt,8:05:00,9:05:00,1200,1\n"
    timetable = table(tmp_path, **{**ONE, "stop_times": rows}, frequencies=headways)
    # Departures at 8:05, 8:25 and 8:45, none at 9:05, whatever the seed.
    for draw in (None, 1, 2):
        setting = between(timetable, "A", "B", draw=draw)
        at = [EIGHT, EIGHT + 6 * MINUTE, EIGHT + 45 * MINUTE, EIGHT + 46 * MINUTE]
        found = depart_at(setting, at, threads=1).seconds[:, 0, 0] / MINUTE
        assert found[:3].tolist() == [20, 34, 15]
        assert np.isnan(found[3])


HEADWAYS = {
    **ONE,
    "stops": feeds.stops("A", "B", "C"),
    "trips": feeds.trips("t", "u"),
    "stop_times": feeds.calls("t,0:00:00,0:00:00,A,1", "t,0:15:00,0:15:00,B,2", "u,0:00:00,0:01:00,B,1", "u,0:10:00,0:10:00,C,2"),
    "frequencies": "trip_id,start_time,end_time,headway_secs\nt,7:00:00,10:00:00,1200\nu,7:00:00,11:00:00,601\n",
}


def test_half_a_headway_is_waited_for_wherever_one_boards(tmp_path: Path) -> None:
    timetable, span = table(tmp_path, **HEADWAYS), (EIGHT, EIGHT + 2 * 3600)
    setting = between(timetable, "A", "C", expected=span)
    # 1200 / 2 of waiting, 900 of riding, 60 to change, 601 / 2 rounded up, 540 of riding: the same whenever one leaves.
    expected = 600 + 900 + 60 + 301 + 540
    found = depart_at(setting, list(range(EIGHT, EIGHT + 3600, 97)), threads=1).seconds[:, 0, 0]
    assert set(found.tolist()) == {expected}
    # As late as possible before a moment is as long before it.
    assert arrive_by(setting, [EIGHT + 5000], threads=1).seconds[0, 0, 0] == expected
    with pytest.raises(UsageError, match="drawn or expected"):
        transit_day(timetable, DAY, draw=1, expected=span)


def test_exact_times_are_never_expected(tmp_path: Path) -> None:
    rows = "trip_id,start_time,end_time,headway_secs,exact_times\nt,8:05:00,9:05:00,1200,1\nu,7:00:00,11:00:00,600,0\n"
    setting = between(table(tmp_path, **{**HEADWAYS, "frequencies": rows}), "A", "B", expected=(EIGHT, EIGHT + 7200))
    assert (depart_at(setting, [EIGHT, EIGHT + 6 * MINUTE], threads=1).seconds[:, 0, 0] / MINUTE).tolist() == [20, 34]


def test_draws_wait_half_a_headway_on_average_and_are_uniform_within_it(tmp_path: Path) -> None:
    timetable = table(tmp_path, **HEADWAYS)
    waits = np.array([depart_at(between(timetable, "A", "B", draw=seed), [EIGHT], threads=1).seconds[0, 0, 0] - 900 for seed in range(300)])
    # A uniform wait on a headway of 1200 s: mean 600, standard deviation 1200 / sqrt(12); four standard errors either side.
    assert waits.mean() == pytest.approx(600, abs=4 * 1200 / np.sqrt(12 * len(waits)))
    assert 0 <= waits.min() < 60
    assert 1140 < waits.max() <= 1200


def test_what_a_scenario_leaves_alone_is_drawn_as_before(tmp_path: Path) -> None:
    timetable = table(tmp_path, **HEADWAYS)
    other = int(np.flatnonzero(timetable.trip_id == "u")[0])
    # The other line runs no more, or has other headways, whose rows stand elsewhere in the table.
    only = replace(timetable, trip_service=np.where(np.arange(timetable.trips) == other, timetable.trip_service, -1))
    order = [1, 0, 0]
    rows = {f"headway_{name}": getattr(timetable, f"headway_{name}")[order] for name in ("trip", "start", "end", "seconds", "exact")}
    rows["headway_start"] = np.array([7 * 3600, EIGHT, 9 * 3600], np.int32)
    rows["headway_end"] = np.array([11 * 3600, 9 * 3600, 10 * 3600], np.int32)
    for seed in range(5):
        drawn = [departures(transit_day(each, DAY, draw=seed), other) for each in (timetable, only, replace(timetable, **rows))]
        assert len(drawn[0]) > 20
        assert np.array_equal(drawn[0], drawn[1])
        assert np.array_equal(drawn[0], drawn[2])


def departures(day: TransitDay, trip: int) -> np.ndarray:
    """First departures of a trip of the timetable."""
    lines = day.lines
    pattern = np.repeat(np.arange(len(lines.calls) - 1), np.diff(lines.trips))
    number = np.arange(len(day.trip)) - lines.trips[pattern]
    mine = np.flatnonzero(day.trip == trip)
    return np.sort(lines.departure[lines.times[pattern[mine]] + number[mine]])


def test_two_feeds_with_equal_ids_are_two_networks_until_one_walks(tmp_path: Path) -> None:
    late = feeds.calls("t,8:40:00,8:40:00,A,1", "t,9:00:00,9:00:00,B,2")
    parts = [
        ("x", read_feed(feeds.write(tmp_path / "x.zip", **ONE))),
        ("y", read_feed(feeds.write(tmp_path / "y.zip", **{**ONE, "stop_times": late}))),
    ]
    timetable = build_timetable(parts)
    assert [minutes(timetable, f"{name}:A", f"{name}:B", EIGHT) for name in "xy"] == [25, 60]
    # Stop A of one feed is not stop A of the other, though their ids are equal; a walk of 120 s from B to A joins them.
    assert np.isnan(minutes(timetable, "x:A", "y:B", EIGHT))
    stops = len(timetable.stop_id)
    row = {name: int(np.flatnonzero(timetable.stop_id == name)[0]) for name in ("x:B", "y:A")}
    walk = Legs.build(stops, stops, [row["x:B"]], [row["y:A"]], [120])
    setting = between(timetable, "x:A", "y:B")
    joined = TransitSetting(setting.day, setting.access, setting.egress, transfers(timetable, walk, change=60), None, 2, 7200)
    # 8:25 at B of the one, 8:27 at A of the other, its trip of 8:40 is there at 9:00.
    assert depart_at(joined, [EIGHT], threads=1).seconds[0, 0, 0] == 3600


def test_a_stop_200_m_off_the_street_is_walked_to_in_a_straight_line() -> None:
    # A street of 1,000 m along the x axis; the stop 200 m off its middle, the door at its beginning; 500 + 200 m at 1.25 m/s are 560 s.
    streets = Streets(np.array([0.0, 1000.0]), np.zeros(2), np.array([0], np.int32), np.array([1], np.int32), np.array([1000.0]))
    arrays: dict[str, Any] = {"node_x": streets.node_x, "node_y": streets.node_y, "edge_u": streets.edge_u, "edge_v": streets.edge_v}
    arrays |= {"edge_length": streets.edge_length, "node_piece": np.zeros(2, np.int32)}
    found, _ = attach(StreetIndex.of(arrays), np.array([500.0]), np.array([200.0]), AttachRule(500.0, 1, 0.0))
    door = Attach(np.zeros(1, np.int32), np.zeros(1, np.int32), np.zeros(1), np.zeros(1), 1)
    pairs = reach_pairs(Network.build(streets, Profile("walk", 1.25)), door, Attach(**found, owners=1), 1200)
    assert Legs.of_pairs(pairs, 1).seconds.tolist() == [560]


def test_percentiles_given_in_any_order_come_in_that_order(tmp_path: Path) -> None:
    rows = feeds.calls("t,0:00:00,0:00:00,A,1", "t,0:15:00,0:15:00,B,2")
    headways = "trip_id,start_time,end_time,headway_secs,exact_times\nt,8:00:00,10:00:00,600,1\n"
    setting = between(table(tmp_path, **{**ONE, "stop_times": rows}, frequencies=headways), "A", "B")
    # Each minute of a headway of ten waits 0 to 9 minutes: the 50th of a hundred waits 4, the 95th 9, the 10th none.
    spread = over_window(setting, EIGHT, EIGHT + 3600, step=60, percentiles=(95, 10, 50, 95), threads=1)
    assert (spread.seconds[:, 0, 0] / MINUTE).tolist() == [24, 15, 19, 24]
    assert spread.layers == (95.0, 10.0, 50.0, 95.0)
