"""What stops the reading of a feed, what is told and lived with, and what times and dates come out."""

from __future__ import annotations

import zipfile
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from parkcity.base.errors import InputError
from parkcity.base.words import Words
from parkcity.sense.gtfs.archive import read_files
from parkcity.sense.gtfs.feed import Feed, read_feed
from parkcity.sense.gtfs.findings import Findings
from parkcity.sense.raw import READERS, Request
from parkcity.sense.sources.gtfs import feed_of
from tests.transit import feeds

DATA = Path(__file__).parent / "data" / "gtfs"
# What must stop the reading, and the file that the message must name.
STOPPED = {
    "empty_file": "agency.txt",
    "missing_agency": "agency.txt",
    "missing_calendar": "calendar.txt",
    "missing_routes": "routes.txt",
    "missing_stop_times": "stop_times.txt",
    "missing_stops": "stops.txt",
    "missing_trips": "trips.txt",
    "missing_weekday_column": "calendar.txt",
    "unknown_format": "unknown_format.zip",
    "zip_inside_zip": "inner/google_transit.zip",
}
# What loads: the finding that must be told, or none for a feed that is right.
LOADED = {
    "bad_date_format": "odd_date",
    "bad_eol": "header",
    "bad_utf8": "broken_text",
    "contains_null": "nul",
    "duplicate_schedule_id": "duplicate",
    "duplicate_stop": "same_place",
    "duplicate_stop_sequence": "same_sequence",
    "extra_row_cells": "ragged_more",
    "fiji-ferry": None,
    "good_feed": None,
    "invalid_route_agency": "unknown_agency",
    "macos_junk": "hidden",
    "missing_column": "missing_column",
    "missing_departure_time": "one_time",
    "missing_endpoint_times": "no_end_time",
    "missing_row_cells": "ragged_less",
    "negative_stop_sequence": "bad_sequence",
    "nested_folder": "nested",
    "null-island-ferry": "null_island",
    "only_calendar_dates": None,
    "r5_fake-agency": "hidden",
    "undefined_stop": "unknown_stop",
    "unknown_file": "unknown_file",
    "unrecognized_columns": "unknown_column",
    "unused_stop": "unused_stop",
    "utf16": "encoding",
    "utf8bom": None,
}


def test_every_faulty_feed_has_its_answer() -> None:
    assert {path.stem for path in DATA.glob("*.zip")} == {*STOPPED, *LOADED}


@pytest.mark.parametrize("name", STOPPED)
def test_a_fault_of_a_required_file_stops_with_its_name(name: str) -> None:
    with pytest.raises(InputError) as raised:
        read_feed(DATA / f"{name}.zip")
    assert STOPPED[name] in str(raised.value)


@pytest.mark.parametrize("name", LOADED)
def test_other_faults_are_told_with_file_and_effect(name: str) -> None:
    feed = read_feed(DATA / f"{name}.zip")
    told = feed.findings.ids()
    expected = LOADED[name]
    assert expected in told if expected else not told
    for finding in feed.findings.found:
        for lang in ("zh", "en"):
            assert finding.file in finding.text(lang)
            assert "{" not in finding.text(lang)


def test_every_finding_has_its_effect_in_both_languages() -> None:
    words = Words.load("parkcity.sense.gtfs")
    whats = [key for key in words if not key.endswith(".effect")]
    assert all(words.has(f"{key}.effect") for key in whats)


def test_several_faults_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError) as raised:
        read_feed(feeds.write(tmp_path / "f.zip", calendar="service_id,monday\nall,1\n", stops="stop_id\nA\n"))
    text = str(raised.value)
    assert all(part in text for part in ("stop_lat", "trips.txt", "stop_times.txt"))


def read(tmp_path: Path, **files: str | bytes) -> Feed:
    return read_feed(feeds.write(tmp_path / "feed.zip", **files))


def test_blank_times_are_interpolated_by_distance(tmp_path: Path) -> None:
    # Stops lie at 0, 1, 2, 5 steps: after 0 and 1 step of 5 in 500 s from the departure at 08:00:10.
    table = "stop_id,stop_name,stop_lat,stop_lon\nA,,0,50.00\nB,,0,50.01\nC,,0,50.02\nD,,0,50.05\n"
    rows = ("t,8:00:00,8:00:10,A,1", "t,,,B,2", "t,,,C,3", "t,8:08:30,8:09:00,D,4")
    feed = read(tmp_path, stops=table, trips=feeds.trips("t"), stop_times=feeds.calls(*rows))
    assert (feed.calls.arrival - 8 * 3600).tolist() == [0, 110, 210, 510]
    assert (feed.calls.departure - 8 * 3600).tolist() == [10, 110, 210, 540]
    assert "blank_times" in feed.findings.ids()


def test_the_published_distance_along_the_trip_comes_before_the_straight_line(tmp_path: Path) -> None:
    header = "trip_id,arrival_time,departure_time,stop_id,stop_sequence,shape_dist_traveled\n"
    rows = header + "t,8:00:00,8:00:00,A,1,0\nt,,,B,2,9\nt,8:01:40,8:01:40,C,3,10\n"
    feed = read(tmp_path, stops=feeds.stops("A", "B", "C"), trips=feeds.trips("t"), stop_times=rows)
    assert int(feed.calls.arrival[1]) == 8 * 3600 + 90


def test_times_past_midnight_stay_with_their_service_day(tmp_path: Path) -> None:
    rows = feeds.calls("t,25:41:00,25:41:00,A,1", "t,26:00:00,26:00:00,B,2")
    feed = read(tmp_path, stops=feeds.stops("A", "B"), trips=feeds.trips("t"), stop_times=rows)
    assert feed.calls.departure.tolist() == [92_460, 93_600]


def test_rows_come_in_any_order_and_sequences_with_gaps(tmp_path: Path) -> None:
    rows = feeds.calls("t,8:20,8:20,C,90", "t,8:00,8:00,A,5", "t,8:10,8:10,B,17")
    feed = read(tmp_path, stops=feeds.stops("A", "B", "C"), trips=feeds.trips("t"), stop_times=rows)
    assert feed.stops["id"].to_numpy()[feed.calls.stop].tolist() == ["A", "B", "C"]


def test_a_trip_that_runs_backwards_in_time_is_left_out(tmp_path: Path) -> None:
    rows = feeds.calls("t,8:00:00,8:00:00,A,1", "t,7:59:00,7:59:00,B,2", "u,8:00:00,8:00:00,A,1", "u,8:01:00,8:01:00,B,2")
    feed = read(tmp_path, stops=feeds.stops("A", "B"), trips=feeds.trips("t", "u"), stop_times=rows)
    assert set(feed.trips["id"].to_numpy()[feed.calls.trip]) == {"u"}
    assert "backwards" in feed.findings.ids()


def test_services_by_weekday_and_single_dates(tmp_path: Path) -> None:
    rows = feeds.calls("t,8:00:00,8:00:00,A,1", "t,8:01:00,8:01:00,B,2")
    dates = "service_id,date,exception_type\nwork,20260501,2\nwork,20260502,1\nonly,20260503,1\n"
    feed = read(tmp_path, stops=feeds.stops("A", "B"), trips=feeds.trips("t,work"), stop_times=rows, calendar_dates=dates)
    names = feed.services.ids.tolist()
    # 2026-04-30 is a Thursday (ISO calendar); 2026-05-01 a Friday and 2026-05-02 a Saturday.
    running = {day: {names[row] for row in np.flatnonzero(feed.services.active(date(2026, 5, day).toordinal()))} for day in (1, 2, 3, 4)}
    assert running == {1: {"all"}, 2: {"all", "work"}, 3: {"all", "only"}, 4: {"all", "work"}}


def test_an_archive_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    path = feeds.write(tmp_path / "bomb.zip", stops="stop_id" + " " * 3_000_000)
    assert path.stat().st_size < 20_000
    with pytest.raises(InputError, match="unpacks to too much"):
        read_files(path, Findings(), limit=1_000_000)


@pytest.mark.parametrize("name", ["../stops.txt", "/etc/stops.txt", "a/../../stops.txt", "C:/stops.txt", "..\\stops.txt"])
def test_paths_that_lead_out_of_the_archive_are_refused(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "f.zip", "w") as archive:
        archive.writestr(name, "stop_id\n")
    with pytest.raises(InputError, match="holds the path"):
        read_files(tmp_path / "f.zip", Findings())


def test_two_feeds_in_one_archive_are_not_guessed_between(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "f.zip", "w") as archive:
        archive.writestr("a/stops.txt", "stop_id\n")
        archive.writestr("b/stops.txt", "stop_id\n")
    with pytest.raises(InputError, match="several feeds"):
        read_files(tmp_path / "f.zip", Findings())


def test_a_folder_reads_like_an_archive(tmp_path: Path) -> None:
    with zipfile.ZipFile(DATA / "good_feed.zip") as archive:
        archive.extractall(tmp_path)
    folder, packed = read_feed(tmp_path), read_feed(DATA / "good_feed.zip")
    assert folder.calls.arrival.tolist() == packed.calls.arrival.tolist()


@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_archive_ends_in_a_message(tmp_path: Path, seed: int) -> None:
    data = bytearray((DATA / "good_feed.zip").read_bytes())
    draw = np.random.default_rng(seed)
    for place in draw.integers(0, len(data), 8):
        data[place] = int(draw.integers(0, 256))
    path = tmp_path / "f.zip"
    path.write_bytes(bytes(data[: int(draw.integers(len(data) // 2, len(data)))] if seed % 2 else bytes(data)))
    try:
        read_feed(path)
    except InputError as error:
        assert error.faults


def test_the_reader_gives_the_feed_back_whole() -> None:
    reader = READERS.get("gtfs")
    path = DATA / "good_feed.zip"
    assert reader.can_read(path)
    assert not reader.can_read(DATA / "unknown_format.zip")
    feed = feed_of(reader.read(Request(path, {}, "WGS84", "bus")), str(path))
    again = read_feed(path)
    assert feed.calls.departure.tolist() == again.calls.departure.tolist()
    assert feed.services.ids.tolist() == again.services.ids.tolist()
    assert len(feed.frequencies) == 11
