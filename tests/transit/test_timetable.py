"""Patterns, dates, saving: the timetable that feeds become."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from parkcity.base.errors import InputError, UsageError
from parkcity.sense.gtfs.feed import read_feed
from parkcity.twin.timetable import Timetable
from parkcity.twin.timetable_build import build_timetable
from parkcity.twin.timetable_days import ordinary_weekday, require_service, trips_by_date
from tests.transit import feeds

DATA = Path(__file__).parent / "data" / "gtfs"


def build(tmp_path: Path, **files: str | bytes) -> Timetable:
    return build_timetable([("f", read_feed(feeds.write(tmp_path / "f.zip", **files)))])


def test_trips_that_overtake_fall_into_patterns_in_which_nobody_does(tmp_path: Path) -> None:
    # The express leaves at 8:05 and arrives at 8:15, before the 8:00 that arrives at 8:30.
    rows = feeds.calls(
        *("a,8:00:00,8:00:00,A,1", "a,8:30:00,8:30:00,B,2", "b,8:05:00,8:05:00,A,1", "b,8:15:00,8:15:00,B,2"),
        *("c,8:10:00,8:10:00,A,1", "c,8:40:00,8:40:00,B,2"),
    )
    table = build(tmp_path, stops=feeds.stops("A", "B"), trips=feeds.trips("a", "b", "c"), stop_times=rows)
    assert np.diff(table.pattern_trips).tolist() == [2, 1]
    assert table.trip_id.tolist() == ["a", "c", "b"]
    for pattern in range(len(table.pattern_route)):
        size = int(table.pattern_calls[pattern + 1] - table.pattern_calls[pattern])
        times = table.arrival[table.pattern_times[pattern] : table.pattern_times[pattern + 1]].reshape(-1, size)
        assert (np.diff(times, axis=0) >= 0).all()


def test_a_loop_keeps_both_calls_at_its_stop(tmp_path: Path) -> None:
    rows = feeds.calls("t,8:00:00,8:00:00,A,1", "t,8:10:00,8:10:00,B,2", "t,8:20:00,8:20:00,A,3")
    table = build(tmp_path, stops=feeds.stops("A", "B"), trips=feeds.trips("t"), stop_times=rows)
    assert table.stop_id[table.call_stop].tolist() == ["A", "B", "A"]


def test_equal_ids_of_two_feeds_stay_apart() -> None:
    feed = read_feed(DATA / "good_feed.zip")
    both, one = build_timetable([("x", feed), ("y", feed)]), build_timetable([("x", feed)])
    assert len(set(both.stop_id)) == 2 * len(one.stop_id)
    assert both.trips == 2 * one.trips
    assert both.stop_id[both.call_stop[len(one.call_stop)]].startswith("y:")
    assert both.arrival.tolist() == [*one.arrival, *one.arrival]


def test_two_feeds_with_one_name_are_refused() -> None:
    feed = read_feed(DATA / "good_feed.zip")
    with pytest.raises(UsageError, match="different names"):
        build_timetable([("x", feed), ("x", feed)])


def test_lines_made_from_headways_and_speeds_are_labelled() -> None:
    feed = read_feed(DATA / "good_feed.zip")
    assert build_timetable([("x", feed)], frozenset({"x"})).assumed
    assert not build_timetable([("x", feed)]).assumed


def test_a_saved_timetable_comes_back_whole_and_with_equal_bytes(tmp_path: Path) -> None:
    table = build_timetable([("x", read_feed(DATA / "good_feed.zip"))])
    table.save(tmp_path / "a.npz")
    again = Timetable.load(tmp_path / "a.npz")
    again.save(tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    for name, array in vars(table).items():
        assert np.array_equal(getattr(again, name), array), name


def test_departures_per_date_count_headways(tmp_path: Path) -> None:
    # Departures at 6:00, 6:30, … before 8:00: four; the trip's own time is a template only.
    rows = feeds.calls("t,5:00:00,5:00:00,A,1", "t,5:10:00,5:10:00,B,2", "u,9:00:00,9:00:00,A,1", "u,9:10:00,9:10:00,B,2")
    headways = "trip_id,start_time,end_time,headway_secs\nt,6:00:00,8:00:00,1800\n"
    table = build(tmp_path, stops=feeds.stops("A", "B"), trips=feeds.trips("t", "u,work"), stop_times=rows, frequencies=headways)
    counts = trips_by_date(table).set_index("date")["departures"]
    assert counts["2026-05-04"] == 5  # a Monday
    assert counts["2026-05-03"] == 4  # a Sunday


def test_the_ordinary_weekday_is_no_holiday(tmp_path: Path) -> None:
    rows = feeds.calls("t,8:00:00,8:00:00,A,1", "t,8:01:00,8:01:00,B,2")
    calendar = feeds.DAILY.splitlines()[0] + "\nwork,1,1,1,1,1,0,0,20260504,20260517\n"
    holiday = "service_id,date,exception_type\nwork,20260506,2\n"
    parts = {"stops": feeds.stops("A", "B"), "trips": feeds.trips("t,work"), "stop_times": rows}
    chosen = ordinary_weekday(build(tmp_path, calendar=calendar, calendar_dates=holiday, **parts))
    # Tuesdays to Thursdays with service: 5, 7, 12, 13, 14 May; the middle one is the 12th.
    assert (chosen.date, chosen.departures, chosen.alike, chosen.looked_at) == (date(2026, 5, 12), 1, 5, 5)
    assert "2026-05-12" in chosen.text("zh")
    assert "2026-05-12" in chosen.text("en")


def test_only_single_dates_make_a_calendar() -> None:
    table = build_timetable([("x", read_feed(DATA / "only_calendar_dates.zip"))])
    # calendar_dates.txt of this feed names 2007-06-04 (a Monday) and 2007-06-05 (a Tuesday).
    assert ordinary_weekday(table).date == date(2007, 6, 5)


def test_a_date_without_service_is_refused_with_one_that_has() -> None:
    table = build_timetable([("x", read_feed(DATA / "good_feed.zip"))])
    assert require_service(table, date(2008, 3, 4)) > 0
    with pytest.raises(InputError, match="no trip runs on 2031-01-01") as raised:
        require_service(table, date(2031, 1, 1))
    assert ordinary_weekday(table).date.isoformat() in str(raised.value)


def test_a_feed_in_which_nothing_ever_runs_is_refused(tmp_path: Path) -> None:
    rows = feeds.calls("t,8:00:00,8:00:00,A,1", "t,8:01:00,8:01:00,B,2")
    calendar = feeds.DAILY.splitlines()[0] + "\nall,0,0,0,0,0,0,0,20260504,20260517\n"
    table = build(tmp_path, stops=feeds.stops("A", "B"), trips=feeds.trips("t"), stop_times=rows, calendar=calendar)
    with pytest.raises(InputError, match="no trip runs on any date"):
        ordinary_weekday(table)
