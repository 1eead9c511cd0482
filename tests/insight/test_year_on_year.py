"""Year to year: changes split into real, data and method by swapping one input at a time; the parts add up."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.scenes.town import Town, write_town

from parkcity.base.errors import InputError
from parkcity.base.spec import load
from parkcity.insight.run import measure
from parkcity.insight.year_on_year import chain, change_rows, totals, values_of
from parkcity.twin.build import build
from parkcity.twin.swap import between, swaps

SCHOOL = "life_circle.primary_school"
KEY = (SCHOOL, "city", "town", "all")


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=9))
def test_parts_add_up_to_the_change(values: list[float]) -> None:
    # law: sum of differences of neighbours = last - first; floating point differs by its rounding alone.
    assert math.isclose(math.fsum(chain(values)), values[-1] - values[0], abs_tol=1e-8)


def test_a_number_without_a_forerunner_is_new_and_no_change() -> None:
    rows = change_rows([("", "", {}), ("real", "x", {KEY: 0.5})], {SCHOOL: "share"})
    assert [(row["part"], row["amount"]) for row in rows] == [("new", None)]


def _years(tmp_path: Path) -> tuple[Path, Path]:
    """The town a year ago without its second school, and now: a new list of places of a later date, and more people of the same date."""
    places = Town().places
    older = write_town(tmp_path / "then" / "town", Town(places=[place for place in places if place[0] != "school-2"]))
    newer = write_town(tmp_path / "now" / "town", Town(people={"c50-50": 400}))
    text = (newer / "city.toml").read_text(encoding="utf-8")
    at = text.index('id = "places"')
    date = text.index("date = ", at)
    end = text.index("\n", date)
    (newer / "city.toml").write_text(f'{text[:date]}date = "2030-01-01"{text[end:]}', encoding="utf-8")
    return older, newer


def test_every_input_is_swapped_by_itself_and_told_by_what_it_is(tmp_path: Path) -> None:
    older, newer = _years(tmp_path)
    steps = swaps(load(older), load(newer), tmp_path)
    assert {(step.what, step.part) for step in steps} == {("places", "real"), ("cells", "data")}


def test_the_parts_of_a_change_are_those_worked_out_by_hand(tmp_path: Path) -> None:
    older, newer = (build(folder) for folder in _years(tmp_path))
    room = tmp_path / "room"
    room.mkdir()
    path = [("", "", values_of(measure(older, SCHOOL).rows("city")))]
    path += [(part, what, values_of(measure(twin, SCHOOL).rows("city"))) for part, what, twin in between(older, newer, room)]
    rows = change_rows(path, {SCHOOL: "share"})
    # source: counted by hand. 100 cells of 40; each school has the cells within 500 m along the grid around its corner. More people
    # in the cell c50-50 change the whole of 4,000 to 4,360 and, as it lies within 500 m of the first school, the part with it.
    first = {(i, j) for i in range(10) for j in range(10) if abs(50 + 100 * i - 200) + abs(50 + 100 * j - 200) <= 500}
    second = {(i, j) for i in range(10) for j in range(10) if abs(50 + 100 * i - 800) + abs(50 + 100 * j - 800) <= 500}
    assert (0, 0) in first
    then = len(first) * 40 / 4000
    now = (len(first | second) * 40 + 360) / 4360
    (line,) = totals(rows)
    assert line["then"] == pytest.approx(then, abs=1e-12)
    assert line["now"] == pytest.approx(now, abs=1e-12)
    assert math.fsum(row["amount"] for row in rows) == pytest.approx(now - then, abs=1e-12)
    assert line["real"] + line["data"] + line["method"] == pytest.approx(now - then, abs=1e-12)
    assert line["real"] > 0
    assert line["method"] == 0
    for earlier, later in itertools.pairwise(rows):
        assert earlier["after"] == later["before"]


def test_another_city_is_refused(tmp_path: Path) -> None:
    older, newer = _years(tmp_path)
    toml = older / "city.toml"
    toml.write_text(toml.read_text(encoding="utf-8").replace('id = "town"', 'id = "village"', 1), encoding="utf-8")
    with pytest.raises(InputError, match="not 'town'"):
        swaps(load(older), load(newer), tmp_path)
