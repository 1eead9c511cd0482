"""The lists of the norms are whole: every number is computed, recorded, or says what it needs."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from tests.scenes.town import write_town

from parkcity.base.units import unit
from parkcity.insight.norms import LISTS, Recorded, asked, norm_rows, standing, words
from parkcity.insight.registry import INDICATORS
from parkcity.insight.run import measure
from parkcity.standards import load
from parkcity.twin.build import build

if TYPE_CHECKING:
    from parkcity.twin.twin import Twin


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Twin:
    return build(write_town(tmp_path_factory.mktemp("town") / "town"))


_SERIES = Recorded(3.52, "%", "whole city", "2022", "statistics")


def test_all_122_numbers_of_the_norm_are_there() -> None:
    # source: TD/T 1063-2021 has 33 basic and 89 recommended indicators.
    numbers = [one.number for one in asked() if one.norm == "tdt1063"]
    assert numbers == list(range(1, 123))
    assert Counter(row.extra["type"] for row in load("health_check_indicators")) == {"basic": 33, "recommended": 89}


def test_the_commuting_monitor_has_its_nine_indicators() -> None:
    # source: commuting monitor of major cities of China, nine indicators in three groups.
    assert [one.number for one in asked() if one.norm == "cmm"] == list(range(1, 10))


def test_the_housing_ministry_asks_for_61_basic_numbers() -> None:
    # source: the ministry's city check since 2023 has 61 basic indicators: 10 of dwellings, 11 of estates, 10 of quarters, 30 of the city.
    rows = [row for row in load("checkup_lists") if row.extra["norm"] == "mohurd61"]
    assert [int(row.extra["number"]) for row in rows] == list(range(1, 62))
    parts = Counter(row.clause.removeprefix("basic indicators: ") for row in rows)
    assert parts == {"dwellings": 10, "estates and communities": 11, "quarters": 10, "city": 30}


def test_every_facility_of_residential_areas_has_its_row() -> None:
    rows = [one for one in asked() if one.norm == "gb50180"]
    assert len(rows) == len(load("life_circle_facilities"))
    unanswered = {one.id for one in rows if not one.indicators}
    # What stands inside a residential block is in no list of places.
    assert unanswered == {"gb50180.0.kiosk", "gb50180.0.outdoor_equipment"}


def test_what_is_computed_names_indicators_that_exist_and_the_rest_says_what_it_needs() -> None:
    text = words()
    for one in asked():
        for name in one.indicators:
            assert INDICATORS.get(name).function is not None, (one.id, name)
        assert one.indicators or text.has(one.needs), one.id
        assert all(text.has(f"differs_{key}") for key in one.differs), one.id
        assert one.norm in LISTS


def test_every_answer_belongs_to_a_norm_and_none_stands_without() -> None:
    ids = {row.id for name in ("health_check_indicators", "checkup_lists") for row in load(name)}
    assert {row.id for row in load("norm_answers")} == ids


def test_a_city_has_a_status_for_every_number(twin: Twin) -> None:
    measured = [row for name in ("people.residents", "people.density") for row in measure(twin, name).rows("city")]
    rows = {row["id"]: row for row in norm_rows(twin, measured, {"rd_intensity_pct": _SERIES})}
    assert len(rows) == len(asked())
    assert {row["status"] for row in rows.values()} == {"computed", "recorded", "missing"}
    assert rows["tdt1063.044"]["value"] == float(twin.residents().sum())
    assert unit(rows["tdt1063.044"]["unit"]).id == "persons"
    assert (rows["tdt1063.035"]["status"], rows["tdt1063.035"]["recorded"]) == ("recorded", 3.52)
    assert all(row["needs"] for row in rows.values() if row["status"] == "missing")


def test_without_a_series_a_statistic_is_missing_and_names_it(twin: Twin) -> None:
    one = next(item for item in asked() if item.id == "tdt1063.035")
    assert standing(one, twin, {}) == ("missing", ["statistics:science"])
    assert standing(one, twin, {"rd_intensity_pct": _SERIES}) == ("recorded", [])
