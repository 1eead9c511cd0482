"""The Python face: the calls of the README, as a user would write them."""

from __future__ import annotations

from pathlib import Path

import pytest

import parkcity as pc
from parkcity.base.errors import InputError, UsageError
from tests.scenes.town import PEOPLE, lonlat


def test_measure_by_tier_gives_a_table_and_a_value(town: Path) -> None:
    city = pc.open(town)
    measurement = city.measure("life_circle.primary_school", group="children")
    table = measurement.by("district")
    assert list(table["zone"]) == ["west", "east"]
    assert table["part"].sum() / table["whole"].sum() == pytest.approx(measurement.value)
    assert len(measurement.cells()) == 100


def test_explain_and_indicators(town: Path) -> None:
    city = pc.open(str(town))
    assert city.explain("life_circle.primary_school", cell="c450-150").ways[0].place_id == "places/school-1"
    status = city.indicators().set_index("indicator")["status"]
    assert status["life_circle.primary_school"] == "computed"
    assert status["life_circle.kindergarten"] == "missing"


def test_check_writes_a_report(town: Path, tmp_path: Path) -> None:
    report = pc.open(town).check(tmp_path / "out", lang="en")
    assert report.to_html(tmp_path / "copy.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert report.indicators()["value"].notna().any()


def test_a_new_school_changes_the_city_under_a_scenario_and_not_the_city(town: Path) -> None:
    city = pc.open(town)
    before = city.measure("life_circle.primary_school").value
    lon, lat = lonlat(200.0, 800.0)
    better = city.under(pc.Scenario("north").add_place("primary_school", lon=lon, lat=lat, area_m2=9_000.0))
    after = better.measure("life_circle.primary_school").value
    assert before is not None
    assert after is not None
    assert after > before
    assert city.measure("life_circle.primary_school").value == before
    table = pc.compare([city, better], indicators=["life_circle.primary_school"]).by("city")
    row = table[table["group"] == "all"].iloc[0]
    assert (row["baseline"], row["value"]) == pytest.approx((before, after))
    assert row["winners"] == pytest.approx((after - before) * 100 * PEOPLE)
    assert row["losers"] == 0


def test_wrong_comparisons_are_refused(town: Path) -> None:
    city = pc.open(town)
    lon, lat = lonlat(200.0, 800.0)
    better = city.under(pc.Scenario("north").add_place("primary_school", lon=lon, lat=lat))
    with pytest.raises(UsageError, match="first city must be the baseline"):
        pc.compare([better, city])
    with pytest.raises(UsageError, match=r"city\.under\(scenario\)"):
        pc.compare([city, city])
    with pytest.raises(UsageError, match="under a scenario already"):
        better.under(pc.Scenario("again"))


def test_opening_what_is_no_city_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        pc.open(tmp_path)


def test_a_chosen_site_gains_what_the_scenario_made_from_it_gains(town: Path) -> None:
    city = pc.open(town)
    found = pc.site(city, "primary_school", count=1, metres=500.0)
    assert found.plan.status == "optimal"
    table = pc.compare([city, city.under(found.scenario())], indicators=["life_circle.primary_school"]).by("city")
    assert table.set_index("group").loc["all", "winners"] == pytest.approx(found.sites[0].gained)
