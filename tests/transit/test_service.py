"""Quality of service on a town with a bus every 12 minutes by day and a metro every half hour: numbers that can be worked out by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from parkcity.base.errors import MissingLayerError
from parkcity.insight.inputs import Inputs
from parkcity.insight.run import measure
from parkcity.insight.transit import CityTransit
from parkcity.insight.transit_quality import centres, lost_s
from parkcity.insight.transit_stops import by_hour
from parkcity.insight.transit_trips import transit_trips
from parkcity.insight.trips import Trips
from parkcity.travel import matrix
from parkcity.travel.transit_route import Journey, Ride, Walk
from parkcity.twin.build import build
from parkcity.twin.twin import Twin
from tests.scenes.town import Town, cell_id, lonlat, write_town
from tests.transit import feeds
from tests.transit.test_cli import FARES, SOURCE, run

BUS = {"W": (0.0, 50.0), "M": (500.0, 450.0), "E": (1000.0, 950.0)}
# A station whose platform lies 60 m from W, its entrance 20 m; the other end lies 255 m from E and has no entrance of its own.
RAIL = {"S": (60.0, 50.0, 1, ""), "RW": (60.0, 50.0, 0, "S"), "IN": (20.0, 50.0, 2, "S"), "RE": (950.0, 700.0, 0, "")}


def clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}:00"


def town(folder: Path, *, rail: bool, people: dict[str, int] | None = None) -> Twin:
    made = write_town(folder, Town(toml_extra=SOURCE, people=people or {}))
    (made / "data" / "fares.csv").write_text(FARES.replace(",bus,2", ",*,2"), encoding="utf-8")
    stops = "stop_id,stop_name,stop_lon,stop_lat,location_type,parent_station\n"
    rows = [(name, *at, 0, "") for name, at in BUS.items()] + ([(name, *entry) for name, entry in RAIL.items()] if rail else [])
    for name, x, y, kind, parent in rows:
        lon, lat = lonlat(x, y)
        stops += f"{name},{name},{lon:.9f},{lat:.9f},{kind},{parent}\n"
    calls, trips = [], "route_id,service_id,trip_id\n"
    # 60 buses from 7:00 to 18:48, 24 trains from 7:10 to 18:40; two minutes from stop to stop.
    lines = [("R", "WME", 7 * 60, 12, 60)] + ([("T", ("RW", "RE"), 7 * 60 + 10, 30, 24)] if rail else [])
    for line, along, first, headway, count in lines:
        for trip in range(count):
            trips += f"{line},all,{line}{trip}\n"
            calls += [
                f"{line}{trip},{clock(first + headway * trip + 2 * k)},{clock(first + headway * trip + 2 * k)},{stop},{k}"
                for k, stop in enumerate(along)
            ]
    routes = "route_id,agency_id,route_type\nR,A,3\n" + ("T,A,1\n" if rail else "")
    feeds.write(made / "data" / "bus.zip", stops=stops, trips=trips, routes=routes, stop_times=feeds.calls(*calls))
    return build(made)


@pytest.fixture(scope="module")
def buses(tmp_path_factory: pytest.TempPathFactory) -> Twin:
    return town(tmp_path_factory.mktemp("service") / "town", rail=False)


@pytest.fixture(scope="module")
def trains(tmp_path_factory: pytest.TempPathFactory) -> Twin:
    return town(tmp_path_factory.mktemp("service") / "rail", rail=True)


def value(twin: Twin, indicator: str) -> float:
    found = measure(twin, indicator, "all").rows("city")[0]["value"]
    assert found is not None
    return float(found)


@pytest.mark.kernel
def test_a_bus_every_twelve_minutes_is_of_class_b(buses: Twin) -> None:
    metres = matrix(Inputs(buses).network, Inputs(buses).origins(), CityTransit(Inputs(buses)).stops(), unit="m").values
    # Nobody gets on at E, the last stop; every cell has as many residents.
    near = float((metres[:, :2].min(axis=1) <= 500).mean())
    assert 0 < near < 1
    classes = [value(buses, f"transit.service_class_{letter}") for letter in "abcde"]
    assert classes[0] == 0
    assert classes[1:] == pytest.approx([near] * 4)
    # 5 departures in an hour at each of W and M.
    assert value(buses, "transit.departures_per_hour") == pytest.approx(5 * float((metres[:, :2] <= 500).sum(axis=1).mean()))


@pytest.mark.kernel
def test_stops_are_counted_within_the_walk(buses: Twin) -> None:
    metres = matrix(Inputs(buses).network, Inputs(buses).origins(), CityTransit(Inputs(buses)).stops(), unit="m").values
    for limit in (300, 500, 800):
        assert value(buses, f"transit.stops_within_{limit}_m") == pytest.approx(float((metres <= limit).sum(axis=1).mean()))
    assert value(buses, "transit.convenient_access") == value(buses, "transit.bus_stop.within_500_m")


def test_departures_by_hour_of_the_service_day(buses: Twin) -> None:
    transit = CityTransit(Inputs(buses))
    counts = by_hour(transit)[transit.timetable.stop_name.tolist().index("M")]
    # The bus of 18:48 is at M at 18:50; 7:00 + 2 is the first.
    assert counts.tolist() == [0] * 7 + [5] * 12 + [0] * 11


def test_buses_feed_a_station_at_its_entrance(trains: Twin, buses: Twin) -> None:
    assert [value(trains, f"transit.feeder.within_{metres}_m") for metres in (50, 100, 150)] == [0.5, 0.5, 0.5]
    with pytest.raises(MissingLayerError, match="timetable:rail"):
        measure(buses, "transit.feeder.within_50_m", "all")


@pytest.mark.kernel
def test_transit_is_held_against_the_car_on_the_same_ways(buses: Twin) -> None:
    inputs = Inputs(buses)
    # The whole town lies in one square, whose first cell of equally many residents is its middle.
    middle = centres(inputs)
    assert middle.tolist() == [0]
    slow, fast = transit_trips(CityTransit(inputs)).matrix()[:, 0], Trips(inputs, "car_peak").matrix()[:, 0]
    kept = np.arange(len(slow)) != 0
    assert value(buses, "transit.time_against_car") == pytest.approx(float((slow[kept] / fast[kept]).mean()), rel=1e-6)


@pytest.mark.kernel
def test_one_bus_alone_loses_no_time_in_changes(tmp_path: Path, buses: Twin) -> None:
    there = town(tmp_path / "town", rail=False, people={cell_id(950, 950): 90})
    assert value(there, "transit.minutes_in_changes") == 0.0
    # With the middle at its beginning nobody rides the bus, which runs one way: there is no journey to measure.
    assert measure(buses, "transit.minutes_in_changes", "all").rows("city")[0]["value"] is None


def test_time_lost_in_changes_is_from_alighting_to_boarding() -> None:
    rides = [Ride(0, 1, 100, 400, 0, 0, 0, 1), Ride(2, 3, 700, 900, 1, 1, 0, 1), Ride(3, 4, 960, 1000, 2, 2, 0, 1)]
    legs = (Walk(-1, 0, 0, 60), rides[0], Walk(1, 2, 400, 500), rides[1], Walk(3, 3, 900, 900), rides[2], Walk(4, -1, 1000, 1100))
    # 400 to 700 and 900 to 960; the wait for the first bus is no change.
    assert lost_s(Journey(0, 1100, legs)) == 360


def test_the_cell_of_the_middle_is_where_most_people_are(tmp_path: Path) -> None:
    folder = write_town(tmp_path / "town", Town(people={cell_id(450, 350): 90}))
    inputs = Inputs(build(folder))
    assert inputs.twin.cells["id"].iloc[centres(inputs)].tolist() == [cell_id(450, 350)]


def test_the_stops_command_lists_departures_by_hour(buses: Twin) -> None:
    document = run("stops", str(buses.spec.folder), "--hours", "--date", "2026-06-02")
    rows = document["rows"]
    assert isinstance(rows, list)
    # Nobody gets on at E, the last stop.
    assert [row["name"] for row in rows] == ["W", "M"]
    middle = rows[1]
    assert (middle["departures"], middle["first"], middle["last"], middle["peak_per_hour"]) == (60, "07:02:00", "18:50:00", 5)
    assert [middle["h06"], middle["h07"], middle["h18"], middle["h19"]] == [0, 5, 5, 0]
