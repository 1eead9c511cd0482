"""Journeys of any traveller: one path of code, so that times, routes, matrices and the check-up agree; ways in the town by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from tests.scenes.town import cell_id, write_town

import parkcity as pc
from parkcity.base.errors import UsageError
from parkcity.insight.inputs import Inputs
from parkcity.serve.cli.main import cli
from parkcity.travel import ClosePlace
from parkcity.travel.steps import turn_word


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> pc.City:
    return pc.open(write_town(tmp_path_factory.mktemp("trips") / "town"))


def test_times_are_those_of_the_check_up(city: pc.City) -> None:
    table = city.travel.times("primary_school")
    np.testing.assert_allclose(table["minutes"], Inputs(city.twin).minutes("primary_school"))
    slower = city.travel_as("elders").times("primary_school")
    assert (slower["minutes"] > table["minutes"]).all()


def test_a_route_takes_as_long_as_times_say_and_its_steps_are_its_streets(city: pc.City) -> None:
    table = city.travel.times("primary_school").set_index("cell")
    way = city.travel.route(cell_id(550, 350), "primary_school")
    assert way.minutes == pytest.approx(table.loc[cell_id(550, 350), "minutes"], abs=1e-6)
    # By hand: from (550, 350) to the school at (200, 200) |350| + |150| = 500 m, 50 m of it off the streets, with one turn at most twice.
    assert way.metres == pytest.approx(500.0, abs=0.1)
    assert sum(step.metres for step in way.steps) == pytest.approx(450.0, abs=0.1)
    assert sum(step.seconds for step in way.steps) == pytest.approx(450.0 / 1.1, abs=0.1)
    assert way.steps[0].turn == "start"
    assert {step.turn for step in way.steps[1:]} <= {"left", "right"}
    for step in way.steps:
        assert min(abs(step.bearing - quarter) for quarter in (0, 90, 180, 270, 360)) < 1.5


def test_the_matrix_holds_the_nearest_of_times(city: pc.City, tmp_path: Path) -> None:
    matrix = city.travel.matrix("primary_school")
    np.testing.assert_allclose(matrix.min(axis=1), city.travel.times("primary_school")["minutes"], atol=1e-6)
    assert city.travel.write_matrix(tmp_path / "pairs.parquet", "primary_school") == np.isfinite(matrix).sum()
    reach = city.travel.reach("primary_school", [5, 10])
    assert (reach["within_5"].to_numpy() == (matrix <= 5).sum(axis=1)).all()
    assert (reach["within_10"] >= reach["within_5"]).all()


@pytest.mark.filterwarnings("ignore")
def test_a_cluster_gives_the_same_matrix_and_refuses_what_one_cell_asks(city: pc.City, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed", reason="the extra 'cluster' is not installed")
    with distributed.LocalCluster(n_workers=1, processes=False, protocol="tcp", host="127.0.0.1", dashboard_address=None) as cluster:
        far, here = city.travel_as(cluster=cluster.scheduler_address), city.travel
        np.testing.assert_array_equal(far.matrix("primary_school", minutes=6), here.matrix("primary_school", minutes=6))
        rows = far.write_matrix(tmp_path / "far.parquet", "primary_school", named=True)
        assert rows == here.write_matrix(tmp_path / "here.parquet", "primary_school", named=True)
        assert (tmp_path / "far.parquet").read_bytes() == (tmp_path / "here.parquet").read_bytes()
    for ask in (lambda: far.route(cell_id(550, 350), "primary_school"), lambda: far.isochrones(cell_id(550, 350), [5])):
        with pytest.raises(UsageError, match="answered at once"):
            ask()


def test_an_edit_tells_whose_way_to_school_changes(city: pc.City) -> None:
    access = city.travel.access("primary_school", [5, 10])
    table = city.travel.times("primary_school")
    assert access.covered[0] == table["residents"][table["minutes"] <= 5].sum()
    asked = access.what_if(ClosePlace(0))
    assert np.isnan(asked.after).all() or (asked.after[np.isfinite(asked.after)] >= asked.before[np.isfinite(asked.after)]).all()
    assert asked.covered_after[0] <= asked.covered_before[0] == access.covered[0]
    told = access.edit(ClosePlace(0))
    np.testing.assert_array_equal(told.origins, asked.origins)
    with pytest.raises(UsageError, match="delays of turns"):
        city.travel_as(profile="car").access("primary_school", [5])


def test_longer_isochrones_contain_shorter_ones(city: pc.City) -> None:
    areas = city.travel.isochrones(cell_id(550, 550), [3, 6]).geometry
    assert areas[1].buffer(1e-9).contains(areas[0])
    assert areas[0].area > 0


def test_what_is_not_known_makes_a_range(city: pc.City) -> None:
    table = city.travel_as(profile="wheelchair", unknown="range").times("primary_school")
    most = table["minutes_most"]
    assert (most.isna() | (most >= table["minutes"])).all()
    with pytest.raises(UsageError, match="range"):
        city.travel_as(profile="wheelchair", unknown="range").matrix("primary_school")


def test_unknown_travellers_are_named(city: pc.City) -> None:
    with pytest.raises(UsageError, match="car_peak"):
        city.travel_as(profile="rocket")


def test_turns_have_their_words() -> None:
    assert [turn_word(angle) for angle in (0, 45, -45, 90, 270, 150, -150, 180)] == [
        "straight",
        "slight_right",
        "slight_left",
        "right",
        "left",
        "sharp_right",
        "sharp_left",
        "back",
    ]


def test_the_command_line_tells_turns_and_other_travellers(city: pc.City) -> None:
    run = CliRunner()
    told = run.invoke(cli, ["route", str(city.folder), cell_id(550, 350), "primary_school", "--turns", "--lang", "zh"])
    assert told.exit_code == 0
    assert "转" in told.output
    cycled = run.invoke(cli, ["times", str(city.folder), "primary_school", "--profile", "cyclist", "--format", "csv"])
    walked = run.invoke(cli, ["times", str(city.folder), "primary_school", "--format", "csv"])
    assert cycled.exit_code == walked.exit_code == 0
    assert float(cycled.output.splitlines()[1].split(",")[2]) < float(walked.output.splitlines()[1].split(",")[2])
    refused = run.invoke(cli, ["times", str(city.folder), "primary_school", "--profile", "cyclist", "--mode", "transit"])
    assert refused.exit_code != 0


def test_a_city_says_on_which_side_its_traffic_drives(tmp_path: Path) -> None:
    folder = write_town(tmp_path / "left")
    declared = folder / "city.toml"
    declared.write_text(declared.read_text(encoding="utf-8").replace("[city]\n", '[city]\ndrives_on = "left"\n'), encoding="utf-8")
    way = pc.open(folder).travel_as(profile="car").route(cell_id(550, 350), "primary_school")
    speed = way.steps[0].metres / way.steps[0].seconds
    wait = way.steps[1].seconds - way.steps[1].metres / speed
    # By hand from the published law: the near side is now the left.
    assert wait == pytest.approx({"left": 2.1, "right": 5.4}[way.steps[1].turn], abs=0.1)


def test_cars_pay_for_turns_and_walkers_do_not(city: pc.City) -> None:
    cell = cell_id(550, 350)
    driver = city.travel_as(profile="car_peak")
    way, walk = driver.route(cell, "primary_school"), city.travel.route(cell, "primary_school")
    assert way.minutes == pytest.approx(driver.times("primary_school").set_index("cell").loc[cell, "minutes"], abs=1e-6)
    # Off the streets 50 m at 1.1 m/s, 60 s to the car, 180 s for parking; all else is told by the steps.
    assert sum(step.seconds for step in way.steps) == pytest.approx(way.minutes * 60 - 50 / 1.1 - 240, abs=1e-2)
    speeds = Inputs(city.twin).network_for("car_peak")
    driven = way.steps[0].metres / speeds.streets.edge_length[0] * speeds.costs.run_f[0]
    # By hand from the published law: straight on 0.007 s a junction, a right angle 2.1 s to the right and 5.4 s to the left.
    assert way.steps[0].seconds == pytest.approx(driven, abs=0.05)
    rest = way.steps[1].seconds - way.steps[1].metres / way.steps[0].metres * driven
    assert rest == pytest.approx({"right": 2.1, "left": 5.4}[way.steps[1].turn], abs=0.05)
    assert sum(step.seconds for step in walk.steps) == pytest.approx(450.0 / 1.1, abs=0.1)
