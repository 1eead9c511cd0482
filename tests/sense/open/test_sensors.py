"""Sensor stations and series: dates in any order, hour 24, gaps, repeated and accumulating readings; nothing is added up on its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parkcity.base.errors import InputError
from parkcity.sense.raw import READERS, Raw, Request, filled_options
from parkcity.sense.series import date_order, oddities, times_of, values_of

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

_STATIONS = "id,name,lon,lat,quantity,unit\na,Weir,104.0,30.6,level,m\nb,Roof,104.01,30.6,rain,mm\n"


def _read(folder: Path, readings: str, **options: Any) -> Raw:
    (folder / "stations.csv").write_text(_STATIONS, encoding="utf-8")
    (folder / "readings.csv").write_text(readings, encoding="utf-8")
    reader = READERS.get("sensor_stations")
    return reader.read(Request(folder, filled_options(reader, {"readings": "readings.csv", **options}, "city.toml"), "WGS84", "mine"))


def test_months_come_first_where_the_head_of_the_column_says_so(tmp_path: Path) -> None:
    # As New York's hourly rain is published: no zeros before, the date and the time of the day in columns of their own.
    rows = ["date(M/D/Y),time(H:M),station,value", "8/1/2021,0:51,b,0", "8/1/2021,1:51,b,0.01", "9/2/2021,16:05,b,3.1"]
    raw = _read(tmp_path, "\n".join(rows), date="date(M/D/Y)", clock="time(H:M)")
    assert raw.frames["readings"]["time"].astype(str).tolist() == ["2021-08-01 00:51:00", "2021-08-01 01:51:00", "2021-09-02 16:05:00"]


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (["13/8/2021", "1/8/2021"], "dmy"),
        (["8/13/2021", "8/1/2021"], "mdy"),
        (["2021-08-01", "2021-12-31"], "ymd"),
        (["2021年8月1日"], "ymd"),
    ],
)
def test_an_order_is_known_by_dates_that_no_other_order_allows(texts: list[str], order: str) -> None:
    assert date_order(texts, "time", "file") == order


def test_dates_that_may_mean_two_days_are_refused_with_both() -> None:
    with pytest.raises(InputError, match=r"'8/1/2021' may mean 2021-08-01T00:00:00 \(mdy\) or 2021-01-08T00:00:00 \(dmy\)"):
        date_order(["8/1/2021", "9/2/2021"], "time", "file")


def test_hour_24_is_the_midnight_that_follows_and_what_is_no_time_is_told_by_its_row() -> None:
    assert str(times_of(["2021-12-31 24:00"], None, "ymd", "file", 2)[0]) == "2022-01-01T00:00:00"
    with pytest.raises(InputError, match="row 3: '2021-02-30 10:00' is no time"):
        times_of(["2021-02-28 10:00", "2021-02-30 10:00"], None, "ymd", "file", 2)


@given(st.datetimes(timezones=st.none()))
def test_a_time_written_in_any_order_comes_back(moment: dt.datetime) -> None:
    at = moment.replace(microsecond=0)
    if at.year < 1000:
        return
    forms = {"ymd": f"{at.year}-{at.month}-{at.day}", "mdy": f"{at.month}/{at.day}/{at.year}", "dmy": f"{at.day}.{at.month}.{at.year}"}
    for order, text in forms.items():
        (found,) = times_of([f"{text} {at:%H:%M:%S}"], None, order, "file", 2)
        assert found.item() == at


def test_gaps_are_gaps_negative_levels_are_real_and_words_are_told(tmp_path: Path) -> None:
    # "-;" is how China's national air monitoring writes a missing value.
    assert np.isnan(values_of(["-;", "", "-"], "file", 2)).all()
    assert values_of(["-0.062", "1.5"], "file", 2).tolist() == [-0.062, 1.5]
    with pytest.raises(InputError, match="row 2: 'dry' is no reading"):
        values_of(["dry"], "file", 2)
    raw = _read(tmp_path, "time,station,value\n2021-08-01 00:00,a,-\n2021-08-01 01:00,a,-0.1\n2021-08-01 01:00,c,1\n")
    assert raw.tally.refused == [("c", "1 readings of a station that is not in the table")]
    assert any("1 readings are missing" in remark for remark in raw.tally.remarks)
    assert raw.frame is not None
    assert raw.frame["readings"].tolist() == [1, 0]


def test_irregular_steps_repeated_times_and_running_totals_are_told_and_nothing_is_added_up() -> None:
    times = np.array([f"2021-08-22T{text}" for text in ("20:05", "20:20", "20:51", "20:51", "21:10", "21:51")], "datetime64[s]")
    values = np.array([0.1, 0.4, 0.9, 0.9, 0.2, 0.5])
    told = " | ".join(oddities(times, values))
    assert "the step is irregular" in told
    assert "1 readings come at the time of another one" in told
    steady = np.array(["2021-08-22T20:00", "2021-08-22T20:15", "2021-08-22T20:30", "2021-08-22T20:45"], "datetime64[s]")
    assert oddities(steady, np.array([0.3, 0.1, 0.2, 0.0])) == []
    more = np.datetime64("2021-08-22T20:00", "s") + np.arange(8) * np.timedelta64(900, "s")
    assert any("running totals" in text for text in oddities(more, np.array([0.1, 0.2, 0.2, 0.5, 0.0, 0.1, 0.4, 0.6])))


def test_a_table_with_a_column_for_every_station_is_read_too(tmp_path: Path) -> None:
    raw = _read(tmp_path, "time,a,b,wind\n2021-08-01T00:15:00,1.0,0,9\n2021-08-01T00:00:00,1.1,0.2,9\n")
    rows = raw.frames["readings"]
    assert rows["station"].tolist() == ["a", "a", "b", "b"]
    assert rows["value"].tolist() == [1.1, 1.0, 0.2, 0.0]
    assert raw.frame is not None
    assert raw.frame["step_min"].tolist() == [15.0, 15.0]


def test_every_wrong_option_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        _read(tmp_path, "when,what\n1,2\n", dates="ydm")
    assert len(caught.value.faults) == 3
