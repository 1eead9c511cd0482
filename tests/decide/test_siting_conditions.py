"""Siting under conditions on the town: what a plan promises is what the city then measures."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.scenes.plan import write_plan
from tests.scenes.town import PEOPLE, lonlat, write_town

from parkcity.base.errors import InputError, UsageError
from parkcity.decide.candidates import candidates_of, cell_candidates, edge_candidates, parcel_candidates
from parkcity.decide.compare import compare
from parkcity.decide.incremental import InputsUnder
from parkcity.decide.siting import Siting, site
from parkcity.insight.inputs import Inputs
from parkcity.insight.run import measure
from parkcity.serve.report.siting import siting_lines
from parkcity.twin.build import build
from parkcity.twin.scenario import Scenario, under
from parkcity.twin.twin import Twin

FEW = settings(max_examples=12, deadline=None)


@pytest.fixture(scope="module")
def town_twin(tmp_path_factory: pytest.TempPathFactory) -> Twin:
    return build(write_town(tmp_path_factory.mktemp("conditions") / "town"))


def served(twin: Twin, found: Siting, minutes: float = 5.0) -> float:
    """Residents within a walk of a school, measured in the city that follows the plan."""
    (row,) = compare(twin, [found.scenario()], [f"life_circle.primary_school.within_{minutes:g}_min"], groups=["all"]).rows("city")
    return float(row["value"]) * 100 * PEOPLE


def test_a_budget_buys_the_same_as_the_number_of_sites_that_it_pays(town_twin: Twin) -> None:
    inputs = Inputs(town_twin)
    spots = cell_candidates(inputs).costing(10.0)
    plain = site(inputs, "primary_school", count=3, minutes=5.0)
    bought = site(inputs, "primary_school", minutes=5.0, candidates=spots, budget=35.0)
    assert bought.after == plain.after == pytest.approx(served(town_twin, bought))
    assert bought.plan.status == "optimal"
    assert [entry.cost for entry in bought.sites] == [10.0] * 3
    with pytest.raises(InputError, match="below the cheapest site"):
        site(inputs, "primary_school", minutes=5.0, candidates=spots, budget=9.0)
    with pytest.raises(UsageError, match="needs the cost"):
        site(inputs, "primary_school", minutes=5.0, budget=9.0)


@FEW
@given(st.floats(1.0, 60.0), st.floats(1.0, 30.0))
def test_more_budget_never_serves_fewer(town_twin: Twin, budget: float, more: float) -> None:
    inputs = Inputs(town_twin)
    spots = cell_candidates(inputs).costing(1.0)
    one, two = (site(inputs, "primary_school", minutes=5.0, candidates=spots, budget=money).after for money in (budget, budget + more))
    assert two >= one


def test_places_that_may_close_are_replaced_where_that_serves_more(town_twin: Twin) -> None:
    inputs = Inputs(town_twin)
    kept = site(inputs, "primary_school", count=2, minutes=5.0)
    moved = site(inputs, "primary_school", count=2, minutes=5.0, moves=1)
    assert moved.after >= kept.after
    assert len(moved.closed) <= 1
    assert len(moved.sites) == 2 + len(moved.closed)
    assert moved.after == pytest.approx(served(town_twin, moved))


def test_stages_are_nested_and_the_last_serves_what_it_says(town_twin: Twin) -> None:
    found = site(Inputs(town_twin), "primary_school", minutes=5.0, stages=(1, 2))
    assert [entry.stage for entry in found.sites] == [1, 2, 2]
    assert found.after == pytest.approx(served(town_twin, found))
    first = site(Inputs(town_twin), "primary_school", count=1, minutes=5.0)
    assert found.sites[0].gained <= first.sites[0].gained


def test_every_district_gets_its_share(town_twin: Twin) -> None:
    inputs = Inputs(town_twin)
    found = site(inputs, "primary_school", count=4, minutes=5.0, least=0.5)
    rows = compare(town_twin, [found.scenario()], ["life_circle.primary_school.within_5_min"], groups=["all"]).rows("district")
    assert all(row["value"] >= 0.5 for row in rows)
    with pytest.raises(InputError, match="at most") as caught:
        site(inputs, "primary_school", count=1, minutes=5.0, least=0.9)
    # The greatest share that the fault names can be had.
    share = float(str(caught.value).split("at most ")[1].split(" %")[0]) / 100
    assert site(inputs, "primary_school", count=1, minutes=5.0, least=share).plan.status == "optimal"


def test_a_complex_serves_several_kinds(town_twin: Twin) -> None:
    found = site(Inputs(town_twin), "primary_school", count=2, minutes=5.0, also=("kindergarten",))
    assert [name for name, _, _ in found.shares] == ["primary_school", "kindergarten"]
    (row,) = compare(town_twin, [found.scenario()], ["life_circle.kindergarten.within_5_min"], groups=["all"]).rows("city")
    assert row["value"] == pytest.approx(found.shares[1][2])


def test_a_robust_plan_is_best_where_it_is_worst(town_twin: Twin) -> None:
    inputs = Inputs(town_twin)
    city = under(town_twin, Scenario(id="closed").close_place("places/school-1"))
    other = InputsUnder.of(city, inputs)
    found = site(inputs, "primary_school", count=2, minutes=5.0, under=(other,))
    worst = min(after for _, _, after in found.shares)
    assert worst == pytest.approx(found.plan.objective)
    plain = site(inputs, "primary_school", count=2, minutes=5.0)
    indicator = "life_circle.primary_school.within_5_min"
    same = [
        measure(
            under(city.base, Scenario(id="s", steps=(*Scenario().close_place("places/school-1").steps, *plan.scenario().steps))), indicator
        )
        for plan in (found, plain)
    ]
    robust, usual = (item.rows("city")[0]["value"] for item in same)
    assert robust >= usual - 1e-12
    assert robust == pytest.approx(found.shares[1][2])


def test_the_center_makes_the_longest_way_shortest_as_the_city_measures(town_twin: Twin) -> None:
    found = site(Inputs(town_twin), "primary_school", count=2, goal="center")
    city = under(town_twin, found.scenario())
    longest = float(measure(city, "distance.primary_school.mean").cell_values().max())
    assert longest == pytest.approx(found.after)
    fairer = site(Inputs(town_twin), "primary_school", count=2, goal="fair")
    assert fairer.after == found.after
    assert fairer.levels[0]["beyond"] == 0
    assert [row["beyond"] for row in fairer.levels] == sorted(row["beyond"] for row in fairer.levels)


def test_captured_residents_have_a_new_place_as_their_nearest(town_twin: Twin) -> None:
    found = site(Inputs(town_twin), "primary_school", count=2, metres=600.0, goal="capture")
    city = under(town_twin, found.scenario())
    inputs = InputsUnder.of(city, Inputs(town_twin))
    nearest = inputs.nearest_place("primary_school")
    won = (city.place_from[nearest] < 0) & (inputs.distance_m("primary_school") <= 600.0)
    assert found.after == pytest.approx(town_twin.residents()[won].sum())


def test_full_places_serve_no_more_than_they_hold(town_twin: Twin) -> None:
    found = site(Inputs(town_twin), "primary_school", count=2, metres=500.0, goal="capacity", capacity=300.0, existing_capacity=500.0)
    assert found.before == 1000.0
    assert found.after == 1600.0
    assert all(entry.alone == pytest.approx(300.0) for entry in found.sites)


def test_candidates_come_from_streets_places_and_files(town_twin: Twin, tmp_path: Path) -> None:
    import geopandas as gpd
    import shapely

    inputs = Inputs(town_twin)
    # 220 streets of 100 m, two points each.
    spots = edge_candidates(inputs, 50.0)
    assert len(spots.ids) == 440
    found = site(inputs, "primary_school", count=1, metres=400.0, candidates=spots)
    lone = compare(town_twin, [found.scenario()], ["distance.primary_school.mean"], groups=["all"]).pairs[0]
    assert found.after == pytest.approx(town_twin.residents()[lone.after.cell_values() <= 400.0].sum())
    assert candidates_of(inputs, "places:park").ids == ("places/park-1", "places/park-2")
    square = shapely.box(*lonlat(100.0, 100.0), *lonlat(180.0, 180.0))
    gpd.GeoDataFrame({"id": ["lot"]}, geometry=[square], crs="EPSG:4326").to_file(tmp_path / "lots.gpkg")
    assert parcel_candidates(inputs, tmp_path / "lots.gpkg").ids == ("lot",)
    with pytest.raises(UsageError, match="no candidate lies"):
        parcel_candidates(inputs, tmp_path / "lots.gpkg", least_m2=1e6)
    for text in ("moon", "edges:x", "edges:0", "places:castle", "land_use:brownfield"):
        with pytest.raises(UsageError):
            candidates_of(inputs, text)


def test_near_equal_plans_are_listed(town_twin: Twin) -> None:
    inputs = Inputs(town_twin)
    spots = cell_candidates(inputs).costing(1.0)
    found = site(inputs, "primary_school", count=1, minutes=5.0, candidates=spots, budget=1.0)
    assert found.ties
    for tie in found.ties:
        assert 0 <= tie["less"] <= 0.01 * (found.after - found.before) + 1e-9


@pytest.mark.parametrize(
    "options",
    [
        {"goal": "center", "backup": 0.5, "count": 1},
        {"goal": "capacity", "count": 1, "metres": 500.0},
        {"stages": (1, 1), "count": 2, "minutes": 5.0},
        {"colour": "red", "count": 1, "minutes": 5.0},
        {"backup": 2.0, "count": 1, "minutes": 5.0},
        {"goal": "center", "count": 1, "minutes": 5.0},
        {"minutes": 5.0},
    ],
)
def test_conditions_without_meaning_are_refused(town_twin: Twin, options: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        site(Inputs(town_twin), "primary_school", **options)


@pytest.mark.parametrize("goal", ["center", "fair", "capture", "capacity"])
def test_every_goal_is_told_in_both_languages(town_twin: Twin, goal: Any) -> None:
    options: dict[str, Any] = {} if goal in {"center", "fair"} else {"metres": 500.0}
    options |= {"capacity": 100.0} if goal == "capacity" else {}
    found = site(Inputs(town_twin), "primary_school", count=2, goal=goal, **options)
    assert len(siting_lines(found, "zh")) == len(siting_lines(found, "en")) >= 4


def test_the_command_takes_conditions(town: Path) -> None:
    command = [sys.executable, "-m", "parkcity", "site", str(town), "primary_school", "--minutes", "5", "--format", "json"]
    done = subprocess.run(
        [*command, "--stages", "2026:1,2028:1", "--cost", "7"], capture_output=True, text=True, check=False, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert [row["stage"] for row in document["rows"]] == [2026, 2028]
    assert {row["cost"] for row in document["rows"]} == {7}
    assert np.isfinite(document["meta"]["objective"])
    wrong = subprocess.run([*command, "--stages", "2028:1,2026:1"], capture_output=True, text=True, check=False)
    assert wrong.returncode == 2


def test_a_staged_plan_is_dated_in_the_ledger(town: Path) -> None:
    from parkcity.plan.load import load

    write_plan(town)
    command = [
        sys.executable,
        "-m",
        "parkcity",
        "site",
        str(town),
        "primary_school",
        "--minutes",
        "5",
        "--stages",
        "2026:1,2028:1",
        "--cost",
        "7",
    ]
    command += ["--write", "S1", "--owner", "edu", "--by", "planner", "--reason", "sites"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    view = load(town).view()
    assert [(row["id"], row["finish"], row["owner"]) for row in view["tasks"]] == [
        ("S1-primary_school-1", "2026-12-31", "edu"),
        ("S1-primary_school-2", "2028-12-31", "edu"),
    ]
    assert sum(float(row["planned"]) for row in view["budget"]) == 14.0
