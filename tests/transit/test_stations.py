"""Ways through stations: entrances, pathways, steps, and transfers of stations."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from parkcity.sense.gtfs.feed import read_feed
from parkcity.travel.transit_legs import Legs, transfers
from parkcity.travel.transit_stations import inside, through_entrances
from parkcity.twin.timetable import Timetable
from parkcity.twin.timetable_build import build_timetable
from tests.transit import feeds

# A station S with the entrance E, two platforms P and Q, and a plain stop X. From E stairs of 30 s lead to a hall N, and a lift of 90 s;
# from N 20 s lead on to P and 10 s one way to Q.
STOPS = (
    "stop_id,stop_name,stop_lat,stop_lon,location_type,parent_station\n"
    "S,S,0.0,50.0,1,\nE,E,0.0,50.0,2,S\nN,N,0.0,50.0,3,S\nP,P,0.0,50.0,0,S\nQ,Q,0.0,50.001,0,S\nX,X,0.0,50.01,0,\n"
)
PATHWAYS = (
    "pathway_id,from_stop_id,to_stop_id,pathway_mode,is_bidirectional,traversal_time\n"
    "stairs,E,N,2,1,30\nlift,E,N,5,1,90\nhall,N,P,1,1,20\ndown,N,Q,1,0,10\n"
)
CALLS = feeds.calls("t,08:00:00,08:00:00,P,1", "t,08:10:00,08:10:00,X,2", "u,08:00:00,08:00:00,X,1", "u,08:10:00,08:10:00,Q,2")


def timetable(folder: Path, **more: str) -> Timetable:
    path = feeds.write(folder / "feed.zip", stops=STOPS, trips=feeds.trips("t", "u"), stop_times=CALLS, pathways=PATHWAYS, **more)
    return build_timetable([("feed", read_feed(path))])


def row(table: Timetable, name: str) -> int:
    return int(np.flatnonzero(table.stop_id == name)[0])


def seconds(table: Timetable, legs: Legs, start: str, end: str) -> int | None:
    found = (legs.row == row(table, start)) & (legs.target == row(table, end))
    return int(legs.seconds[found][0]) if found.any() else None


def test_the_shortest_way_counts_and_one_way_stays_one_way(tmp_path: Path) -> None:
    table = timetable(tmp_path)
    ways = inside(table)
    assert (seconds(table, ways, "E", "P"), seconds(table, ways, "P", "E")) == (50, 50)
    assert (seconds(table, ways, "E", "Q"), seconds(table, ways, "Q", "E")) == (40, None)
    assert seconds(table, ways, "P", "Q") == 30


def test_without_steps_one_takes_the_lift(tmp_path: Path) -> None:
    table = timetable(tmp_path)
    assert seconds(table, inside(table, step_free=True), "E", "P") == 110


def test_a_closed_hall_cuts_the_station(tmp_path: Path) -> None:
    table = timetable(tmp_path)
    assert not len(inside(table, closed=np.array([row(table, "N")])).target)


def test_platforms_behind_entrances_are_reached_through_them(tmp_path: Path) -> None:
    table = timetable(tmp_path)
    stops = len(table.stop_id)
    targets = [row(table, name) for name in ("E", "P", "X")]
    # The street leads to the entrance in 100 s, straight to the platform (through the roof) in 10 s, and to the plain stop in 70 s.
    street = Legs.build(1, stops, [0, 0, 0], targets, [100, 10, 70])
    legs = through_entrances(table, street, inside(table))
    found = {str(table.stop_id[target]): int(s) for target, s in zip(legs.target, legs.seconds, strict=True)}
    assert found == {"P": 150, "Q": 140, "X": 70}


@pytest.mark.parametrize(("kind", "least", "expected"), [(2, "400", 400), (3, "", None)])
def test_a_transfer_of_a_station_holds_for_its_platforms(tmp_path: Path, kind: int, least: str, expected: int | None) -> None:
    text = f"from_stop_id,to_stop_id,transfer_type,min_transfer_time\nS,S,{kind},{least}\n"
    table = timetable(tmp_path, transfers=text)
    assert seconds(table, transfers(table, ways=inside(table)), "P", "Q") == expected


def test_a_platforms_own_transfer_comes_before_that_of_its_station(tmp_path: Path) -> None:
    text = "from_stop_id,to_stop_id,transfer_type,min_transfer_time\nP,Q,2,200\nS,S,3,\n"
    table = timetable(tmp_path, transfers=text)
    assert seconds(table, transfers(table, ways=inside(table)), "P", "Q") == 200
