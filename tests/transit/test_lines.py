"""Lines with headways and speeds become an assumed timetable; Chengdu's agrees with what is reported of its running times."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from parkcity.base.errors import InputError
from parkcity.base.spec import load
from parkcity.sense.raw import READERS, Request, filled_options
from parkcity.sense.read import read_source
from parkcity.sense.sources.gtfs import feed_of
from parkcity.travel.transit import depart_at
from parkcity.travel.transit_day import transit_day
from parkcity.travel.transit_legs import Legs, transfers
from parkcity.travel.transit_setting import TransitSetting
from parkcity.twin.timetable import Timetable
from parkcity.twin.timetable_build import build_timetable
from tests.conftest import CHENGDU

STOPS = "line,seq,stop,lon,lat\n" + "".join(f"A,{k + 1},s{k},{100 + 0.01 * k:.2f},0.0\n" for k in range(4))
SERVICES = "line,mode,days,from,to,headway_min,speed_km_h,circular\nA,metro,weekday,06:00,09:00,10,36,\n"
TUESDAY, SUNDAY = date(2026, 6, 2), date(2026, 6, 7)


def read(folder: Path, stops: str = STOPS, services: str = SERVICES) -> Timetable:
    (folder / "stops.csv").write_text(stops, encoding="utf-8")
    (folder / "services.csv").write_text(services, encoding="utf-8")
    reader = READERS.get("line_table")
    options = filled_options(reader, {"first_date": "2026-01-01", "last_date": "2026-12-31"}, "here")
    raw = reader.read(Request(folder, options, "WGS84", "lines"))
    return build_timetable([("lines", feed_of(raw, "lines"))], frozenset({"lines"}))


def between(timetable: Timetable, start: str, end: str, departure: int, day: date = TUESDAY) -> float:
    """Seconds from the platforms of one station to those of another."""
    here, there = (np.flatnonzero((timetable.stop_name == name) & (timetable.stop_type == 0)) for name in (start, end))
    stops = len(timetable.stop_id)
    access = Legs.build(1, stops, np.zeros(len(here)), here, np.zeros(len(here)))
    egress = Legs.build(stops, 1, there, np.zeros(len(there)), np.zeros(len(there)))
    setting = TransitSetting(transit_day(timetable, day), access, egress, transfers(timetable), None, 4, 7200)
    return float(depart_at(setting, [departure], threads=1).seconds[0, 0, 0])


@pytest.mark.kernel
def test_a_line_runs_at_its_speed_both_ways_and_every_headway(tmp_path: Path) -> None:
    timetable = read(tmp_path)
    assert timetable.assumed
    # 0.03 degrees of the equator of a sphere of 6,371,008.8 m are 3,335.8 m; at 10 m/s that takes 334 s. Leaving at 7:00:00 waits for
    # nothing, a second later for 599 s.
    assert between(timetable, "s0", "s3", 7 * 3600) == 334
    assert between(timetable, "s3", "s0", 7 * 3600) == 334
    assert between(timetable, "s0", "s3", 7 * 3600 + 1) == 334 + 599


def test_a_line_runs_only_on_its_days_and_in_its_period(tmp_path: Path) -> None:
    timetable = read(tmp_path)
    assert timetable.active_trips(TUESDAY.toordinal()).all()
    assert not timetable.active_trips(SUNDAY.toordinal()).any()
    # 18 departures each way: 6:00, 6:10, ... 8:50.
    assert timetable.departures_per_trip().tolist() == [18, 18]


@pytest.mark.kernel
def test_nobody_changes_where_the_lap_of_a_circular_line_ends(tmp_path: Path) -> None:
    corners = [(0.0, 0.0), (0.01, 0.0), (0.01, 0.01), (0.0, 0.01)]
    stops = "line,seq,stop,lon,lat\n" + "".join(f"A,{k},s{k},{100 + x},{y}\n" for k, (x, y) in enumerate(corners))
    timetable = read(tmp_path, stops, SERVICES.replace("36,\n", "36,yes\n"))
    # One side is 1,111.95 m, 111.2 s. From the last stop to the first is one side, at its own passing time: s3 is passed 334 s after each
    # departure of the lap, so leaving 7:05:34 one is there 111 s later (times are rounded to seconds from the start of the lap).
    assert between(timetable, "s3", "s0", 7 * 3600 + 334) == pytest.approx(111, abs=1)


def test_all_faults_of_both_tables_are_told_at_once(tmp_path: Path) -> None:
    bad = SERVICES + "B,metro,weekday,06:00,07:00,10,36,\nA,rocket,someday,9:00,8:00,10,,maybe\n"
    with pytest.raises(InputError) as caught:
        read(tmp_path, services=bad)
    told = str(caught.value)
    for part in (
        "line 'B' has 0 stops",
        "'mode' is 'rocket'",
        "'circular' is 'maybe'",
        "'days' is 'someday'",
        "the period is",
        "neither a speed",
    ):
        assert part in told


def test_periods_that_overlap_and_unknown_columns_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="overlap"):
        read(tmp_path, services=SERVICES + "A,metro,daily,08:00,10:00,5,36,\n")
    with pytest.raises(InputError, match="unknown column 'color'"):
        read(tmp_path, services=SERVICES.replace("circular", "color"))


@pytest.fixture(scope="module")
def chengdu() -> Timetable:
    spec = load(CHENGDU)
    source = spec.source("metro_assumed")
    return build_timetable([("metro", feed_of(read_source(spec, source), "metro"))], frozenset({"metro"}))


def ride_min(timetable: Timetable, line: str, start: str, end: str) -> float:
    """Minutes aboard between two stations of a line, by its first pattern that runs so."""
    for pattern in np.flatnonzero(timetable.route_name[timetable.pattern_route] == line).tolist():
        calls = slice(int(timetable.pattern_calls[pattern]), int(timetable.pattern_calls[pattern + 1]))
        names = timetable.stop_name[timetable.call_stop[calls]].tolist()
        if start in names and end in names[names.index(start) :]:
            times = timetable.arrival[int(timetable.pattern_times[pattern]) :]
            return float(times[names.index(end, names.index(start) + (start == end))] - times[names.index(start)]) / 60
    raise AssertionError(line)


@pytest.mark.parametrize(
    ("line", "start", "end", "minutes"),
    [
        # source: Global AirRail, September 2017: 12 minutes between the airport (terminal 2) and Taipingyuan
        ("10号线", "太平园", "双流机场2航站楼", 12.0),
        # source: Jiemian, November 2023: 50 minutes between the two airports by ordinary trains of Line 19
        ("19号线", "双流机场2航站楼东", "天府机场1号2号航站楼", 50.0),
        # source: bkwk.cn on the opening of Line 7: 38.56 km at 35.26 km/h, 65.6 minutes for a lap; this speed was taken
        ("7号线", "火车北站", "火车北站", 65.6),
        # source: homeinchengdu.cn: less than 40 minutes between Chengdu South and Tianfu Airport; the speed of the line was set after it
        ("18号线", "火车南站", "天府机场1号2号航站楼", 40.0),
    ],
)
def test_running_times_of_chengdu_are_within_15_per_cent_of_those_reported(
    chengdu: Timetable, line: str, start: str, end: str, minutes: float
) -> None:
    assert ride_min(chengdu, line, start, end) == pytest.approx(minutes, rel=0.15)
