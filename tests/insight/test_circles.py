"""Whole circles, what is lacking, and what helps most, on the tiny town whose distances can be worked out by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.scenes.town import PEOPLE, Town, cell_id, write_town

import parkcity as pc
from parkcity.insight.additions import addition_rows, gains
from parkcity.insight.circles import least_of, measurable, needs_of_set, reached, three_circles
from parkcity.insight.indicators.all_age import behind_adults
from parkcity.insight.indicators.circles import all_reached, mean_reached, most_reached, overlap
from parkcity.insight.inputs import Inputs
from parkcity.insight.registry import INDICATORS
from parkcity.insight.run import measure, status_of
from parkcity.standards import parameter
from parkcity.twin.build import build
from parkcity.twin.twin import Twin

CENTRES = [(50.0 + 100 * i, 50.0 + 100 * j) for i in range(10) for j in range(10)]
KINDS = '", park = "park", middle = "secondary_school", market = "market", mall = "mall", stop = "bus_stop", toilet = "toilet" } }'
PLACES = [
    ("school-1", "primary", 200.0, 200.0, 9_000.0),
    ("middle-1", "middle", 800.0, 200.0, 9_000.0),
    ("market-1", "market", 500.0, 500.0, 900.0),
    ("mall-1", "mall", 0.0, 0.0, 9_000.0),
    ("stop-1", "stop", 1000.0, 1000.0, 1.0),
]


def write_full_town(folder: Path) -> Path:
    written = write_town(folder, Town(places=PLACES))
    toml = written / "city.toml"
    text = toml.read_text(encoding="utf-8").replace('", park = "park" } }', KINDS)
    toml.write_text(text, encoding="utf-8")
    return written


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_full_town(tmp_path_factory.mktemp("circles") / "town")


@pytest.fixture(scope="module")
def twin(folder: Path) -> Twin:
    return build(folder)


def walk(x: float, y: float, place: str) -> float:
    _, _, east, north, _ = next(entry for entry in PLACES if entry[0] == place)
    return abs(x - east) + abs(y - north)


def in_order(twin: Twin, values: list[bool]) -> np.ndarray:
    by_cell = dict(zip([cell_id(x, y) for x, y in CENTRES], values, strict=True))
    return np.array([by_cell[name] for name in twin.cells["id"]])


def test_every_level_of_the_norm_has_its_facilities_with_their_own_metres() -> None:
    # source: GB 50180-2018 appendix B and C: 15, 10 and 5 minutes, metres of single facilities
    fifteen, ten, five = (needs_of_set(f"level_{level}") for level in (15, 10, 5))
    assert fifteen["secondary_school"].number == 1000
    assert fifteen["metro_station"].number == 800
    assert ten["primary_school"].number == 500
    assert five["kindergarten"].number == 300
    assert len(fifteen) >= 13
    assert len(ten) >= 7
    assert len(five) >= 12


def test_the_seven_facilities_are_those_of_the_norm() -> None:
    # source: TD/T 1063-2021 no. 95
    minutes = {class_id: row.number for class_id, row in needs_of_set("tdt1063_95").items()}
    expected = {
        "health_centre": 15,
        "primary_school": 10,
        "secondary_school": 15,
        "day_care": 5,
        "culture_centre": 15,
        "market": 10,
        "sports": 15,
    }
    assert minutes == expected


def test_mean_strict_and_most_of_the_facilities_that_are_known(twin: Twin) -> None:
    # Of the seven the town knows three: primary school and market (10 min = 660 m), middle school (15 min = 990 m) at 1.1 m/s.
    assert measurable(Inputs(twin), "tdt1063_95") == ["primary_school", "secondary_school", "market"]
    limits = {"school-1": 660.0, "middle-1": 990.0, "market-1": 660.0}
    flags = np.array([[walk(x, y, place) <= limit for x, y in CENTRES] for place, limit in limits.items()])
    (mean,) = measure(twin, "life_circle.seven.mean").rows("city")
    (every,) = measure(twin, "life_circle.seven.all").rows("city")
    (most,) = measure(twin, "life_circle.seven.most").rows("city")
    assert mean["value"] == pytest.approx(flags.mean())
    assert every["value"] == pytest.approx(flags.all(axis=0).mean())
    # 6 of 7 is 86 %; of three facilities that is 2.57, so all three.
    assert most["value"] == every["value"]
    # Four of seven needs are not known: the grade says so.
    flag = next(flag for flag in measure(twin, "life_circle.seven.mean").flags("city") if flag.id == "needs_unknown")
    assert flag.size[0] == pytest.approx(4 / 7)
    assert flag.detail == "4 / 7"


def test_a_level_is_held_against_metres_or_against_the_minutes_of_the_group(twin: Twin) -> None:
    metres = reached(Inputs(twin), "level_10")
    assert measurable(Inputs(twin), "level_10") == ["primary_school", "market"]
    flags = np.array([[walk(x, y, place) <= 500 for x, y in CENTRES] for place in ("school-1", "market-1")])
    assert np.array_equal(metres, np.array([in_order(twin, row.tolist()) for row in flags]))
    minutes = reached(Inputs(twin, "elders"), "level_10", "min")
    flags = np.array([[walk(x, y, place) <= 480 for x, y in CENTRES] for place in ("school-1", "market-1")])
    assert np.array_equal(minutes, np.array([in_order(twin, row.tolist()) for row in flags]))


def test_three_circles_overlap_where_stop_mall_and_facilities_are_near(twin: Twin) -> None:
    # source: article 14 of the plan; bus 500 m, mall 1,000 m, most of the known three of the seven facilities
    traffic = [walk(x, y, "stop-1") <= 500 for x, y in CENTRES]
    business = [walk(x, y, "mall-1") <= 1000 for x, y in CENTRES]
    life = [walk(x, y, "school-1") <= 660 and walk(x, y, "middle-1") <= 990 and walk(x, y, "market-1") <= 660 for x, y in CENTRES]
    expected = np.array([in_order(twin, row) for row in (traffic, business, life)])
    assert np.array_equal(three_circles(Inputs(twin)), expected)
    (row,) = measure(twin, "life_circle.three_circles").rows("city")
    assert row["part"] == expected.all(axis=0).sum() * PEOPLE
    assert row["whole"] == expected.any(axis=0).sum() * PEOPLE


def test_what_no_data_know_is_named_kind_by_kind(twin: Twin) -> None:
    status, needs = status_of(INDICATORS.get("all_age.elder_care.elders"), twin)
    assert status == "missing"
    assert needs == ["places:day_care", "places:nursing_home", "places:elder_care_home"]


def test_a_wheelchair_user_stands_behind_an_adult_by_the_difference_of_their_walks(twin: Twin) -> None:
    # source of speeds: travel_profiles: adult 1.1, wheelchair 0.8 m/s; 15 min = 990 and 720 m
    speeds = (parameter("travel_profiles", "adult.speed").number, parameter("travel_profiles", "wheelchair.speed").number)
    assert speeds == (1.1, 0.8)
    own, adults = (
        np.mean([[walk(x, y, place) <= metres for x, y in CENTRES] for place in ("school-1", "middle-1")]) for metres in (720, 990)
    )
    (share,) = measure(twin, "all_age.education.wheelchair").rows("city")
    (gap,) = measure(twin, "all_age.education.wheelchair_gap").rows("city")
    assert share["value"] == pytest.approx(own)
    assert gap["value"] == pytest.approx(adults - own)


def test_what_a_new_place_would_help_is_what_it_helps_once_it_is_there(folder: Path, twin: Twin) -> None:
    # The independent witness is the scenario: put the place there and measure again.
    classes, _, helped = gains(Inputs(twin))
    row = addition_rows(Inputs(twin), "district")[0]
    kind = row["best_addition"]
    city = pc.open(folder)
    # The list rounds positions to a decimetre; many walks of the grid are exactly the limit, so the place stands exactly on the centre.
    spot = twin.cells.loc[twin.cells["id"] == row["cell"]].iloc[0]
    better = city.under(pc.Scenario().add_place(kind, lon=float(spot["lon"]), lat=float(spot["lat"]), area_m2=5_000.0))
    limit = int(row["limit_m"])
    name = f"life_circle.{kind}"
    before, after = (measure(one.twin, name).rows("city")[0] for one in (city, better))
    assert INDICATORS.get(name).limit_m == limit
    assert after["part"] - before["part"] == pytest.approx(row["residents_helped"], abs=0.51)
    assert row["residents_helped"] == round(float(helped.max()))
    assert kind in classes


def test_the_list_of_additions_falls_and_names_only_what_is_lacking(twin: Twin) -> None:
    rows = addition_rows(Inputs(twin), "district")
    gained = [row["residents_helped"] for row in rows]
    assert gained == sorted(gained, reverse=True)
    assert all(row["needs_lacking"] == len(row["lacks"].split("|")) for row in rows)


@given(st.integers(1, 12), st.integers(1, 7))
def test_most_of_many_lies_between_one_and_all(count: int, most: int) -> None:
    assert 1 <= least_of(count, most) <= count
    assert least_of(count, 7) == count


@given(st.data())
def test_strict_never_exceeds_most_and_most_never_exceeds_any(data: st.DataObject) -> None:
    needs, cells = data.draw(st.integers(1, 6)), data.draw(st.integers(1, 8))
    flags = np.array(data.draw(st.lists(st.lists(st.booleans(), min_size=cells, max_size=cells), min_size=needs, max_size=needs)))
    residents = np.array(data.draw(st.lists(st.floats(0, 1e4), min_size=cells, max_size=cells)))
    strict, most, mean = all_reached(residents, flags), most_reached(residents, flags, most=6), mean_reached(residents, flags)
    assert (strict.part <= most.part).all()
    assert (strict.part <= mean.part + 1e-9).all()
    assert (overlap(residents, flags).part <= residents * flags.any(axis=0)).all()
    share = flags.mean(axis=0)
    assert behind_adults(residents, share, share).part == pytest.approx(np.zeros(cells))
