"""The command line by transit, on a town with one bus: what it prints can be worked out by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from parkcity.base.errors import UsageError
from parkcity.serve.cli.main import cli
from parkcity.twin.build import build
from tests.scenes.town import Town, cell_id, lonlat, write_town
from tests.transit import feeds

SOURCE = """
[[sources]]
id = "bus"
layer = "timetable"
reader = "gtfs"
path = "data/bus.zip"
date = "2026-01-01"
licence = "none"
attribution = "drawn"
datum = "WGS84"

[transit]
fares = "data/fares.csv"
"""
FARES = "product,form,lines,value,unit,confidence\nbus,flat,bus,2,yuan,F\n"
# The bus stops at (0, 50) and (1000, 950); it leaves at 8:00, 8:10, ... and takes 4 minutes.
WEST, EAST = (0.0, 50.0), (1000.0, 950.0)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    town = Town(toml_extra=SOURCE, places=[("school-1", "primary", 1000.0, 1000.0, 9_000.0), ("park-1", "park", 500.0, 500.0, 60_000.0)])
    folder = write_town(tmp_path_factory.mktemp("town") / "town", town)
    stops = "stop_id,stop_name,stop_lon,stop_lat\n" + "".join(
        f"{name},{name},{lon:.8f},{lat:.8f}\n" for name, (lon, lat) in (("W", lonlat(*WEST)), ("E", lonlat(*EAST)))
    )
    trips = feeds.trips(*(f"t{k}" for k in range(13)))
    clock = [8 * 60 + 10 * k for k in range(13)]
    calls = [
        f"t{k},{minute // 60:02d}:{minute % 60:02d}:00,{minute // 60:02d}:{minute % 60:02d}:00,{stop},{seq}"
        for k, start in enumerate(clock)
        for seq, (stop, minute) in enumerate((("W", start), ("E", start + 4)))
    ]
    feeds.write(folder / "data" / "bus.zip", stops=stops, trips=trips, stop_times=feeds.calls(*calls))
    (folder / "data" / "fares.csv").write_text(FARES, encoding="utf-8")
    return folder


def run(*arguments: str) -> dict[str, object]:
    done = CliRunner().invoke(cli, [*arguments, "--format", "json", "--lang", "en"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    document: dict[str, object] = json.loads(done.stdout)
    return document


@pytest.mark.kernel
def test_a_route_by_transit_walks_waits_and_rides(town: Path) -> None:
    document = run("route", str(town), cell_id(50, 50), "primary_school", "--mode", "transit", "--depart", "08:05", "--date", "2026-06-02")
    rows = document["rows"]
    assert isinstance(rows, list)
    assert [row["what"] for row in rows] == ["walk", "wait", "ride", "walk"]
    # The cell's centre lies 50 m from the stop's street; straight lines lead to the stop 50 m on: about 100 m or less at 1.1 m/s,
    # so that one waits for the bus of 8:10, which is there at 8:14; 50 m and the way to the door remain.
    assert (rows[2]["start"], rows[2]["end"]) == ("08:10:00", "08:14:00")
    assert (rows[2]["from"], rows[2]["to"]) == ("W", "E")
    assert rows[0]["end"] <= "08:06:35"
    meta = document["meta"]
    assert isinstance(meta, dict)
    assert meta["rides"] == 1
    assert meta["assumed"] is False


@pytest.mark.kernel
def test_a_route_by_transit_tells_its_fare_and_the_choices(town: Path) -> None:
    asked = ("route", str(town), cell_id(50, 50), "primary_school", "--mode", "transit", "--depart", "08:05", "--date", "2026-06-02")
    meta = run(*asked)["meta"]
    assert isinstance(meta, dict)
    assert (meta["fare"], meta["fare_unit"], meta["fare_published"]) == (2.0, "yuan", True)
    rows = run(*asked, "--fare")["rows"]
    assert isinstance(rows, list)
    # By bus for 2 yuan, or 1,900 m on foot for nothing.
    assert [(row["fare"], row["rides"]) for row in rows] == [(2.0, 1), (0.0, 0)]
    assert rows[0]["minutes"] < rows[1]["minutes"]


@pytest.mark.kernel
def test_times_tell_the_fare_of_the_quickest_journey(town: Path) -> None:
    asked = ("--mode", "transit", "--depart", "08:00", "--window", "0", "--date", "2026-06-02", "--fare")
    rows = run("times", str(town), "primary_school", *asked)["rows"]
    assert isinstance(rows, list)
    for row in rows:
        assert row["fare"] == 2.0 * row["fare_rides"]
        assert row["fare_minutes"] == row["minutes"]
    assert {row["fare_rides"] for row in rows} == {0, 1}


@pytest.mark.kernel
def test_times_by_bicycle_to_the_stop_are_never_longer(town: Path) -> None:
    asked = ("times", str(town), "primary_school", "--mode", "transit", "--depart", "08:00", "--window", "60", "--date", "2026-06-02")
    walk, bicycle = run(*asked), run(*asked, "--access", "bicycle")
    assert isinstance(walk["rows"], list)
    assert isinstance(bicycle["rows"], list)
    pairs = [(a["minutes"], b["minutes"]) for a, b in zip(walk["rows"], bicycle["rows"], strict=True)]
    assert all(fast <= slow for slow, fast in pairs)
    assert any(fast < slow for slow, fast in pairs)
    assert isinstance(bicycle["meta"], dict)
    assert bicycle["meta"]["access"] == "bicycle"


def test_a_city_without_a_table_of_fares_says_what_it_needs(town: Path, tmp_path: Path) -> None:
    import shutil

    folder = Path(shutil.copytree(town, tmp_path / "town"))
    text = (folder / "city.toml").read_text(encoding="utf-8")
    (folder / "city.toml").write_text(text.replace('[transit]\nfares = "data/fares.csv"', ""), encoding="utf-8")
    asked = ("--mode", "transit", "--date", "2026-06-02", "--fare")
    done = CliRunner().invoke(cli, ["times", str(folder), "primary_school", *asked])
    assert "[transit] fares" in str(done.exception)


@pytest.mark.kernel
def test_times_by_transit_are_never_longer_than_on_foot(town: Path) -> None:
    asked = ("--mode", "transit", "--depart", "08:00", "--window", "60", "--date", "2026-06-02")
    transit, walk = run("times", str(town), "primary_school", *asked)["rows"], run("times", str(town), "primary_school")["rows"]
    assert isinstance(transit, list)
    assert isinstance(walk, list)
    faster = 0
    for by_bus, on_foot in zip(transit, walk, strict=True):
        # Seconds are rounded up by transit.
        assert by_bus["minutes"] <= on_foot["minutes"] + 1 / 60 + 1e-9
        assert by_bus["minutes_5"] <= by_bus["minutes"] <= by_bus["minutes_95"]
        faster += by_bus["minutes"] < on_foot["minutes"] - 1
    assert faster > 0


@pytest.mark.kernel
def test_reach_by_transit_holds_what_is_near_enough(town: Path) -> None:
    asked = ("--mode", "transit", "--depart", "08:00", "--window", "60", "--date", "2026-06-02")
    rows = run("reach", str(town), cell_id(50, 50), "--minutes", "15", *asked)["rows"]
    assert isinstance(rows, list)
    # On foot the school is 1,900 m away, 29 minutes at 1.1 m/s.
    assert "places/school-1" in {row["place"] for row in rows} or any("school-1" in row["place"] for row in rows)


def test_the_twin_states_its_ordinary_weekday(town: Path) -> None:
    layer = build(town).layer("timetable")
    # Every day of 2026 has the same service; of its Tuesdays to Thursdays the middle one stands for all.
    assert layer.meta["weekday"].startswith("2026-")
    assert layer.meta["weekday_departures"] == 13
    assert layer.meta["stops_off_street"] == 0
    assert not layer.meta["assumed"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--depart", "08:00"), "--depart need"),
        (("--fare",), "--fare need"),
        (("--access", "bicycle"), "--access need"),
        (("--mode", "transit", "--access", "park_and_ride"), "places:parking"),
        (("--mode", "transit", "--depart", "8 o'clock"), "--depart is HH:MM"),
        (("--mode", "transit", "--date", "2026-02-30"), "--date is YYYY-MM-DD"),
        (("--mode", "transit", "--date", "2031-06-02"), "no trip runs on 2031-06-02"),
    ],
)
def test_what_cannot_be_asked_is_told(town: Path, arguments: tuple[str, ...], told: str) -> None:
    done = CliRunner().invoke(cli, ["times", str(town), "primary_school", *arguments])
    assert done.exit_code != 0
    assert told in str(done.exception)


@pytest.mark.kernel
def test_headways_may_be_expected_but_not_on_a_route(town: Path) -> None:
    # The town's bus runs by a timetable, to which expectations do not apply.
    asked = ("times", str(town), "primary_school", "--mode", "transit", "--date", "2026-06-02")
    plain, expected = run(*asked), run(*asked, "--headways", "expected")
    assert plain["rows"] == expected["rows"]
    meta = expected["meta"]
    assert isinstance(meta, dict)
    assert meta["headways"] == "expected"
    for wrong, told in (
        (("--headways", "expected", "--fare"), "leave --headways or --fare out"),
        (("--headways", "expected"), "boards trips"),
    ):
        command = ("times", str(town), "primary_school") if "--fare" in wrong else ("route", str(town), cell_id(50, 50), "primary_school")
        with pytest.raises(UsageError, match=told):
            CliRunner().invoke(cli, [*command, "--mode", "transit", *wrong], catch_exceptions=False)
