"""Numbers that rest on lines without a published timetable say so, and have a lower grade."""

from __future__ import annotations

from pathlib import Path

import pytest

from parkcity.base.words import Words
from parkcity.insight.completeness import Flag, grades_of
from parkcity.insight.run import measure
from parkcity.twin.build import build
from parkcity.twin.scenario import Scenario, under
from parkcity.twin.twin import Twin
from tests.scenes.town import lonlat
from tests.transit.test_cli import town

__all__ = ["town"]
NEAR_BUS = "transit.bus_stop.within_500_m"


@pytest.fixture(scope="module")
def twin(town: Path) -> Twin:
    return build(town)


def flags(twin: Twin, indicator: str) -> dict[str, Flag]:
    return {flag.id: flag for flag in measure(twin, indicator).flags("city")}


@pytest.mark.kernel
def test_a_published_timetable_carries_no_flag_of_assumed_lines(twin: Twin) -> None:
    assert "assumed_timetable" not in flags(twin, NEAR_BUS)


@pytest.mark.kernel
def test_assumed_lines_are_flagged_with_their_share_and_lower_the_grade(twin: Twin) -> None:
    stops = [list(lonlat(x, y)) for x, y in ((0, 950), (1000, 50))]
    bus, metro = (
        under(twin, Scenario().change("add_line", stops=stops, headway_min=5, speed_km_h=30, mode=mode)) for mode in ("bus", "metro")
    )
    # One bus has a timetable, the drawn one does not; a drawn metro leaves buses as published.
    flag = flags(bus, NEAR_BUS)["assumed_timetable"]
    assert flag.size.tolist() == [0.5]
    assert flag.detail == "1 / 2"
    assert grades_of([flag], 1) == ["C"]
    assert "assumed_timetable" not in flags(metro, NEAR_BUS)
    assert flags(metro, "transit.rail_station.within_800_m")["assumed_timetable"].size.tolist() == [1.0]
    assert flags(metro, "transit.people.within_30_min")["assumed_timetable"].size.tolist() == [0.5]
    (row,) = measure(bus, NEAR_BUS).rows("city")
    assert row["grade"] >= "C"


def test_the_flag_has_words_in_both_languages() -> None:
    words = Words.load("parkcity.serve.report")
    assert "\u65f6\u523b\u8868" in words.get("flag_assumed_timetable", "zh")
    assert "timetable" in words.get("flag_assumed_timetable", "en")
