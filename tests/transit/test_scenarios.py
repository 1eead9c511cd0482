"""Changes of public transport: what they do to the timetable, and the laws of what follows."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parkcity.base.errors import InputError
from parkcity.decide.incremental import InputsUnder
from parkcity.insight.inputs import Inputs
from parkcity.insight.transit import CityTransit
from parkcity.insight.transit_inputs import people_by_transit
from parkcity.travel.transit import depart_at
from parkcity.travel.transit_day import transit_day
from parkcity.twin.build import build
from parkcity.twin.scenario import Scenario, under
from parkcity.twin.twin import Twin
from tests.scenes.town import lonlat
from tests.transit.test_cli import town

__all__ = ["town"]
DAY = date(2026, 6, 2)
EIGHT, NINE = 8 * 3600, 9 * 3600


@pytest.fixture(scope="module")
def twin(town: Path) -> Twin:
    return build(town)


def times(twin: Twin) -> np.ndarray:
    city = CityTransit(Inputs(twin, threads=1), DAY)
    seconds = depart_at(city.to_cells(), [EIGHT + 60, EIGHT + 420], threads=1).seconds
    return np.nan_to_num(seconds, nan=np.inf)


def line(*points: tuple[float, float], **more: object) -> Scenario:
    fields = {"stops": [list(lonlat(x, y)) for x, y in points], "headway_min": 5, "speed_km_h": 30, **more}
    return Scenario().change("add_line", **fields)


@pytest.mark.kernel
def test_an_added_line_makes_nobody_slower_and_somebody_faster(twin: Twin) -> None:
    before, after = times(twin), times(under(twin, line((0, 950), (500, 500), (1000, 50))))
    assert (after <= before).all()
    assert (after < before).any()


@pytest.mark.kernel
def test_an_added_line_says_that_it_is_assumed_and_leaves_the_twin_alone(twin: Twin) -> None:
    fingerprint = twin.layer("timetable").hash
    changed = under(twin, line((0, 950), (1000, 950), name="L9", mode="metro"))
    table = CityTransit(Inputs(changed), DAY).timetable
    assert table.assumed
    assert table.route_name.tolist()[-1] == "L9"
    # Both ways from 6:00 until 22:00 every 5 minutes, beside 13 buses.
    assert table.departures_per_trip().sum() == 13 + 2 * 16 * 12
    assert twin.layer("timetable").hash == fingerprint
    assert changed.hash != twin.hash
    assert "L9" in changed.effects[0].text("zh")


@pytest.mark.kernel
def test_a_closed_stop_is_as_if_nothing_stopped_there(twin: Twin) -> None:
    closed = under(twin, Scenario().change("close_stop", stop="E"))
    table = CityTransit(Inputs(twin), DAY).timetable
    row = int(np.flatnonzero(table.stop_name == "E")[0])
    expected = transit_day(table, DAY, closed=[row]).lines
    found = CityTransit(Inputs(closed), DAY).trips.lines
    assert np.array_equal(found.alight, expected.alight)
    assert np.array_equal(found.board, expected.board)
    assert (times(closed) >= times(twin)).all()


def test_a_headway_replaces_the_departures_of_its_time(twin: Twin) -> None:
    # The bus leaves at 8:00, 8:10, ... 10:00: of its 13 departures 6 lie from 8 to 9; every 4 minutes there are 15.
    changed = under(twin, Scenario().change("set_headway", line="R", headway_min=4, from_hour=8, to_hour=9))
    day = CityTransit(Inputs(changed), DAY).trips
    starts = np.sort(np.concatenate([day.lines.departure[day.lines.row[c] : day.lines.row[c + 1]] for c in day.lines.calls[:-1]]))
    assert starts.tolist() == [EIGHT + 240 * k for k in range(15)] + [NINE + 600 * k for k in range(7)]
    assert "15" in changed.effects[0].text("en")


@pytest.mark.kernel
def test_a_shorter_headway_in_step_makes_nobody_slower(twin: Twin) -> None:
    # 5 minutes hold every departure of 10 minutes.
    changed = under(twin, Scenario().change("set_headway", line="R", headway_min=5, from_hour=8, to_hour=9))
    assert (times(changed) <= times(twin)).all()


@pytest.mark.kernel
def test_two_changes_of_one_line_follow_each_other(twin: Twin) -> None:
    once = Scenario().change("set_headway", line="R", headway_min=5, from_hour=8, to_hour=9)
    changed = under(twin, once.change("set_headway", line="R", headway_min=10, from_hour=8, to_hour=9))
    assert np.array_equal(times(changed), times(twin))


def test_a_line_twice_as_fast_takes_half_the_time_and_leaves_as_before(twin: Twin) -> None:
    # The bus takes 4 minutes from W to E.
    lines = CityTransit(Inputs(under(twin, Scenario().change("set_speed", line="R", percent=100))), DAY).trips.lines
    arrival = lines.arrival.reshape(-1, 2)
    assert (arrival[:, 1] - arrival[:, 0]).tolist() == [120] * 13
    assert arrival[:, 0].tolist() == [EIGHT + 600 * k for k in range(13)]


def test_a_bus_lane_hastens_the_runs_of_its_section_only(twin: Twin) -> None:
    # Four stops 500 m apart, 60 s of run at 30 km/h each; a lane from the second to the third makes 60 / 1.25 = 48 s of its run, both ways.
    points = [(0, 950), (500, 950), (500, 450), (0, 450)]
    drawn = line(*points, name="L9")
    before, after = (
        CityTransit(Inputs(under(twin, scenario)), DAY).timetable
        for scenario in (drawn, drawn.change("set_speed", line="L9", percent=25, from_stop="L9 3", to_stop="L9 2"))
    )
    patterns = np.flatnonzero(before.route_name[before.pattern_route] == "L9").tolist()
    assert len(patterns) == 2
    for pattern in patterns:
        rows = slice(int(before.pattern_times[pattern]), int(before.pattern_times[pattern]) + 4)
        runs, hastened = (table.arrival[rows][1:] - table.departure[rows][:-1] for table in (before, after))
        assert hastened[[0, 2]].tolist() == runs[[0, 2]].tolist()
        assert hastened[1] == np.ceil(runs[1] / 1.25)
        assert hastened[1] < runs[1]
    others = np.isin(before.pattern_route, np.flatnonzero(before.route_name != "L9"))
    kept = np.repeat(others, np.diff(before.pattern_times))
    assert np.array_equal(before.arrival[kept], after.arrival[kept])


def test_no_change_of_speed_changes_nothing(twin: Twin) -> None:
    table, same = (
        CityTransit(Inputs(city), DAY).timetable for city in (twin, under(twin, Scenario().change("set_speed", line="R", percent=0)))
    )
    assert np.array_equal(table.arrival, same.arrival)
    assert np.array_equal(table.departure, same.departure)


@pytest.mark.kernel
def test_a_new_street_moves_no_stop(twin: Twin) -> None:
    street = Scenario().change("add_link", line=[list(lonlat(50, 0)), list(lonlat(50, 100))])
    assert (times(under(twin, street)) <= times(twin)).all()


@pytest.mark.parametrize(
    ("change", "fields", "told"),
    [
        ("close_stop", {"stop": "nowhere"}, "there is no stop"),
        ("set_headway", {"line": "Z", "headway_min": 5, "from_hour": 8, "to_hour": 9}, "there is no line"),
        ("set_headway", {"line": "R", "headway_min": 5, "from_hour": 9, "to_hour": 8}, "not after"),
        ("set_headway", {"line": "R", "headway_min": 5, "from_hour": 2, "to_hour": 3}, "no departure"),
        ("set_speed", {"line": "Z", "percent": 20}, "there is no line"),
        ("set_speed", {"line": "R", "percent": 20, "from_stop": "W"}, "only one end"),
        ("set_speed", {"line": "R", "percent": 20, "from_stop": "W", "to_stop": "W"}, "does not run between"),
        ("set_speed", {"line": "R", "percent": 20, "from_stop": "W", "to_stop": "nowhere"}, "there is no stop"),
        ("add_line", {"stops": [[104.0, 30.6], [0.0, 0.0]], "headway_min": 5, "speed_km_h": 20}, "no street is near"),
        ("add_line", {"stops": [[104.0, 30.6], [104.1, 30.6]], "headway_min": 5, "speed_km_h": 20, "mode": "rocket"}, "rocket"),
    ],
)
def test_changes_that_cannot_be_made_are_told(twin: Twin, change: str, fields: dict[str, object], told: str) -> None:
    with pytest.raises(InputError, match=told):
        under(twin, Scenario().change(change, **fields))


STEPS: dict[str, tuple[str, dict[str, Any]]] = {
    "street": ("add_link", {"line": [list(lonlat(50, 0)), list(lonlat(50, 100))]}),
    "line": (
        "add_line",
        {"stops": [list(lonlat(0, 950)), list(lonlat(500, 500)), list(lonlat(1000, 50))], "headway_min": 5, "speed_km_h": 30},
    ),
    "headway": ("set_headway", {"line": "R", "headway_min": 4, "from_hour": 8, "to_hour": 9}),
    "closed": ("close_stop", {"stop": "E"}),
    "lane": ("set_speed", {"line": "R", "percent": 50}),
    "people": ("add_people", {"residents": 100, "cell": "c0000"}),
}


@pytest.mark.parametrize("steps", [*((name,) for name in STEPS), ("street", "line", "lane"), ("headway", "closed", "people")])
def test_reach_by_transit_under_a_scenario_equals_that_of_a_city_measured_anew(twin: Twin, steps: tuple[str, ...]) -> None:
    base, scenario = Inputs(twin, threads=1), Scenario()
    cell = str(twin.cells["id"].iloc[0])
    for name in steps:
        change, values = STEPS[name]
        scenario = scenario.change(change, **(values | ({"cell": cell} if name == "people" else {})))
    city = under(twin, scenario)
    for minutes in (30, 45, 60):
        followed = people_by_transit(InputsUnder.of(city, base), minutes)
        assert followed.tobytes() == people_by_transit(Inputs(city, threads=1), minutes).tobytes()
