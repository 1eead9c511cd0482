"""The event log: append-only, idempotent, the same state from any order of arrival."""

from __future__ import annotations

import json
import sqlite3
import statistics
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parkcity.base.errors import InputError
from parkcity.steer.events import Event, parse_time
from parkcity.steer.log import Appended, EventLog
from parkcity.steer.state import fold
from parkcity.steer.tables import EventColumns, read_events

CHICAGO = Path(__file__).parent / "data" / "chicago_311_2014.csv.gz"
COLUMNS = EventColumns(time="created", id="request", closed="completed")
FEW = settings(max_examples=25, deadline=None)
moments = st.integers(0, 59).map(lambda second: f"2026-01-01T00:00:{second:02d}Z")


@st.composite
def events(draw: st.DrawFn) -> Event:
    subject = draw(st.sampled_from(["a", "b", "c"]))
    phase = draw(st.sampled_from(["reported", "closed", "noted"]))
    observed, known = sorted([draw(moments), draw(moments)])
    payload = {"words": draw(st.sampled_from(["", "loud", "积水"]))}
    return Event("hotline", f"{subject}/{draw(st.integers(0, 3))}", subject, "noise", phase, observed, known, None, None, "", payload)  # type: ignore[arg-type]


def test_a_batch_sent_again_changes_nothing(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "events.sqlite")
    batch = read_events(CHICAGO, "chicago", COLUMNS).events
    first = log.append(batch)
    state = fold(log.replay()).hash
    assert log.append(batch) == Appended(0, len(batch), 0)
    assert log.count() == first.added + first.revised
    assert fold(log.replay()).hash == state


def test_chicago_has_the_answers_of_the_published_table(tmp_path: Path) -> None:
    # source: the table itself, counted by csv and datetime alone: 19,041 rows, 199 numbers twice, 230 rows without completion.
    log = EventLog(tmp_path / "events.sqlite")
    found = read_events(CHICAGO, "chicago", COLUMNS)
    assert (found.rows, found.refused) == (19_041, [])
    log.append(found.events)
    state = fold(log.replay())
    assert len(state.subjects) == 19_041 - 199
    (row,) = state.rows()
    assert row["open"] == 230
    # Days from created to completed over all rows: mean 8.90, median 4, most 140.
    ends = {event.id: event.observed_at for event in found.events if event.phase == "closed"}
    assert len(ends) == row["closed"]
    assert row["days_median"] == 4
    assert row["days_most"] == 140
    assert row["days_mean"] == pytest.approx(8.90, abs=0.01)
    assert statistics.mean(item.days for item in state.subjects.values() if item.days is not None) == pytest.approx(row["days_mean"])


@FEW
@given(st.lists(events(), max_size=12), st.randoms(use_true_random=False))
def test_any_order_of_arrival_gives_the_same_log_and_state(batch: list[Event], chance: Any) -> None:
    shuffled = [*batch, *batch[:3]]
    chance.shuffle(shuffled)
    with TemporaryDirectory() as name:
        one, two = EventLog(Path(name) / "one.sqlite"), EventLog(Path(name) / "two.sqlite")
        one.append(batch)
        for event in shuffled:
            two.append([event])
        assert list(one.replay()) == list(two.replay())
        assert fold(one.replay()).hash == fold(two.replay()).hash
        assert one.count() == len({(event.id, event.digest) for event in batch})


@FEW
@given(st.lists(events(), max_size=12), moments, moments)
def test_what_was_known_by_a_day_holds_nothing_learned_later(batch: list[Event], until: str, known_by: str) -> None:
    with TemporaryDirectory() as name:
        log = EventLog(Path(name) / "log.sqlite")
        log.append(batch)
        seen = list(log.replay(until, known_by))
        assert all(event.observed_at <= until and event.known_at <= known_by for event in seen)
        assert [event for event in log.replay() if event.observed_at <= until and event.known_at <= known_by] == seen
        assert [event.observed_at for event in seen] == sorted(event.observed_at for event in seen)


def test_the_database_refuses_to_change_or_delete_an_event(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "events.sqlite")
    log.append([Event("s", "1", "1", "noise", "reported", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", None, None, "", {})])
    connection = sqlite3.connect(log.path)
    for statement in ("UPDATE event SET kind = 'x'", "DELETE FROM event"):
        with pytest.raises(sqlite3.IntegrityError, match="never"):
            connection.execute(statement)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_a_revision_is_added_and_nothing_is_lost(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "events.sqlite")
    first = Event("s", "1", "1", "noise", "reported", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", None, None, "", {"level": 1})
    again = Event("s", "1", "1", "noise", "reported", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", 104.0, 30.6, "", {"level": 2})
    assert log.append([first]) == Appended(1, 0, 0)
    assert log.append([again, first]) == Appended(0, 1, 1)
    (subject,) = fold(log.replay()).subjects.values()
    assert (subject.payload, subject.lon, subject.events) == ({"level": 2}, 104.0, 2)
    (before,) = fold(log.replay(known_by="2026-01-01T12:00:00Z")).subjects.values()
    assert before.payload == {"level": 1}


def test_two_writers_of_one_batch_add_each_event_once(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "events.sqlite")
    batch = read_events(CHICAGO, "chicago", COLUMNS).events[:3_000]
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(log.append, [batch, batch[::-1]]))
    assert sum(part.added + part.revised for part in done) == log.count() == len({(event.id, event.digest) for event in batch})


@pytest.mark.parametrize(
    ("text", "utc", "quality"),
    [
        ("2014-01-01", "2014-01-01T00:00:00Z", "good"),
        ("11/09/2011 10:04:00 PM +0000", "2011-11-09T22:04:00Z", "good"),
        ("11/09/2011 12:04:00 AM", "2011-11-09T00:04:00Z", "good"),
        (" 2012-02-28T24:15:00+0000", "2012-02-29T00:15:00Z", "suspect"),
        ("2014-07-01T08:00:00+08:00", "2014-07-01T00:00:00Z", "good"),
    ],
)
def test_times_of_several_forms_are_read(text: str, utc: str, quality: str) -> None:
    assert parse_time(text) == (utc, quality)


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2014-13-01", "2014-02-30", "13/45/2014", "01/01/2014 13:00:00 PM", "2014-01-01T25:00:00Z"]
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse_time(text)


def test_a_dirty_row_is_refused_and_the_others_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "calls.csv"
    path.write_text("id,time,lon,lat,kind\n1,2014-01-01,999,30,fire\n2,soon,104,30,fire\n,2014-01-02,104.1,30.1,fire\n", encoding="utf-8")
    found = read_events(path, "calls", EventColumns())
    assert [(event.lon, event.lat) for event in found.events] == [(None, None), (104.1, 30.1)]
    assert [(fault.row, "soon" in fault.what) for fault in found.refused] == [(3, True)]
    assert read_events(path, "calls", EventColumns()).events == found.events


def test_a_column_that_is_not_there_and_a_file_that_is_no_log_are_faults(tmp_path: Path) -> None:
    path = tmp_path / "calls.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(InputError, match="no column 'when'") as caught:
        read_events(path, "calls", EventColumns(time="when", id="number"), named=frozenset({"when", "number"}))
    assert len(caught.value.faults) == 2
    with pytest.raises(InputError, match="not an event log"):
        EventLog(path).append([])


def test_the_commands_load_show_and_replay(town: Path) -> None:
    def run(*words: str) -> Any:
        command = [sys.executable, "-m", "parkcity", "live", str(town), *words, "--format", "json"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    words = ("--source", "chicago", "--id-column", "request", "--time-column", "created", "--closed-column", "completed")
    loaded = run("load", str(CHICAGO), *words)["rows"][0]
    assert loaded["rows"] == 19_041
    assert run("load", str(CHICAGO), *words)["rows"][0]["added"] == 0
    assert run("show")["rows"][0]["open"] == 230
    half = run("show", "--until", "2014-06")["rows"][0]
    assert half["reported"] < 19_041 - 199
    first = run("replay", "--limit", "2")
    assert len(first["rows"]) == 2
    assert first["meta"]["events"] == loaded["added"] + loaded["revised"]
    assert run("replay", "--limit", "1")["meta"]["hash"] == first["meta"]["hash"]
