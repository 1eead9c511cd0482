"""Commuting in the tiny town, worked out by hand, and its laws on a real city."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from tests.scenes.town import PEOPLE, Town, cell_id, write_town

from parkcity.base.errors import UsageError
from parkcity.base.words import Words
from parkcity.insight.commuting import assumptions, commutes, jobs, workers
from parkcity.insight.explain import explain
from parkcity.insight.inputs import Inputs
from parkcity.insight.operators.flows import mean_cost
from parkcity.insight.registry import INDICATORS
from parkcity.insight.run import measure, status_of
from parkcity.serve.report.explanation import explanation_text
from parkcity.standards import parameter
from parkcity.twin.build import build
from parkcity.twin.twin import Twin

CENTRES = [(50.0 + 100 * i, 50.0 + 100 * j) for i in range(10) for j in range(10)]
EMPLOYED = parameter("commute_parameters", "employed.of_15").number
JOBS = """
[jobs]
source = "jobs"
column = "n"
key = "cell"
tier = "cell"

[[sources]]
id = "jobs"
layer = "zone_table"
reader = "csv_zone_table"
path = "data/jobs.csv"
date = "2024-01"
licence = "CC0"
attribution = "drawn in code"
datum = "WGS84"
options = { key = "cell" }
"""


def town_with_jobs(folder: Path, held: dict[str, int], extra: str = "") -> Twin:
    """The town with jobs in some cells."""
    written = write_town(folder, Town(toml_extra=extra + JOBS))
    with (written / "data" / "jobs.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([["cell", "n"], *held.items()])
    return build(written)


def way_m(x: float, y: float, east: float, north: float) -> float:
    """From centre to centre along the streets: in one row or column one leaves it for a street and comes back, unless they touch."""
    dx, dy = abs(x - east), abs(y - north)
    detour = 100.0 if min(dx, dy) == 0 and max(dx, dy) > 100 else 0.0
    return dx + dy + detour


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Twin:
    """All jobs in one cell, so that everybody works there whatever the model."""
    return town_with_jobs(tmp_path_factory.mktemp("town") / "centre", {cell_id(450, 450): 900})


def test_workers_are_the_employed_share_of_those_of_fifteen_and_more(centre: Twin) -> None:
    grown = centre.residents("adults") + centre.residents("elders")
    assert workers(Inputs(centre)) == pytest.approx(grown * EMPLOYED)


def test_with_one_place_of_work_the_way_is_the_way_there(centre: Twin) -> None:
    for name in ("commute.mean_km", "commute.least_km"):
        found = dict(zip(centre.cells["id"], measure(centre, name).cell_values(), strict=True))
        for x, y in CENTRES:
            if (x, y) != (450.0, 450.0):
                assert found[cell_id(x, y)] == pytest.approx(way_m(x, y, 450, 450) / 1000, abs=1e-4), (name, x, y)


def test_where_there_is_no_choice_nothing_is_in_excess(centre: Twin) -> None:
    assert measure(centre, "commute.excess").rows("city")[0]["value"] == pytest.approx(0.0, abs=1e-9)


def test_within_a_zone_the_way_is_that_of_two_points_of_a_circle(centre: Twin) -> None:
    # 128 r / (45 pi) of a circle of one hectare, at the ratio of way and straight line of all pairs, which lies between 1 and 4 / pi
    # on a grid without detours.
    found = dict(zip(centre.cells["id"], measure(centre, "commute.mean_km").cell_values(), strict=True))
    straight = 128 / (45 * np.pi) * np.sqrt(10_000 / np.pi) / 1000
    assert straight < found[cell_id(450, 450)] < straight * 4 / np.pi * 1.05


def test_minutes_are_kilometres_at_the_published_pace(centre: Twin) -> None:
    pace = parameter("commute_parameters", "pace").number
    km, minutes = (measure(centre, f"commute.mean_{name}").rows("city")[0]["value"] for name in ("km", "min"))
    assert minutes == pytest.approx(km * pace)
    # 12 km/h by bicycle along the streets, and 50 m on foot to them at either end.
    speed, foot = (parameter("travel_profiles", f"cyclist.{name}").number for name in ("speed", "access"))
    (cycled,) = measure(centre, "commute.cyclist.mean_min").rows("city")
    assert cycled["value"] == pytest.approx(((km * 1000 - 100) / speed + 100 / foot) / 60, rel=0.01)


def test_who_works_in_the_own_district_is_counted_by_district(centre: Twin) -> None:
    rows = {row["zone"]: row["value"] for row in measure(centre, "commute.same_district").rows("district")}
    assert rows == pytest.approx({"west": 1.0, "east": 0.0})


def test_jobs_are_scaled_to_the_workers_but_counted_as_they_are(centre: Twin) -> None:
    inputs = Inputs(centre)
    assert commutes(inputs).jobs.sum() == pytest.approx(workers(inputs).sum())
    (row,) = measure(centre, "commute.jobs_per_worker").rows("city")
    assert row["part"] == 900
    assert row["value"] == pytest.approx(900 / workers(inputs).sum())


def test_jobs_within_reach_are_all_or_none_on_each_side_of_the_limit(centre: Twin) -> None:
    # In half an hour one cycles through the whole town.
    assert set(measure(centre, "commute.jobs_by_cyclist").cell_values().tolist()) == {900.0}


def test_two_equal_towns_of_work_are_matched_with_the_nearer_half(tmp_path: Path) -> None:
    # Jobs at the two ends of a diagonal, alike: the least travel sends everyone to the nearer one.
    twin = town_with_jobs(tmp_path / "two", {cell_id(50, 50): 100, cell_id(950, 950): 100})
    held = workers(Inputs(twin))
    # The east has fewer children and so more workers: they fill the eastern jobs, and a few cross over, so the least is a lower bound.
    near = sum(
        count * min(way_m(x, y, 50, 50), way_m(x, y, 950, 950)) / 1000
        for count, (x, y) in zip(held, sorted(CENTRES, key=lambda at: list(twin.cells["id"]).index(cell_id(*at))), strict=True)
    )
    least = measure(twin, "commute.least_km").rows("city")[0]
    assert near <= least["part"] <= near * 1.05
    assert measure(twin, "commute.mean_km").rows("city")[0]["part"] >= least["part"]


def test_jobs_by_day_are_those_present_less_those_who_stayed(tmp_path: Path) -> None:
    # By day the town is half empty everywhere, so each cell keeps its residents who do not work and no more: 20 present by day, 40 by
    # night, and the workers of the cell. Negative remainders are none.
    twin = build(write_town(tmp_path / "plain"))
    inputs = Inputs(twin)
    there = np.maximum(PEOPLE // 2 - twin.residents() + workers(inputs), 0)
    assert jobs(inputs) == pytest.approx(there * workers(inputs).sum() / there.sum())
    texts = Words.load("parkcity.insight", "assumptions.csv")
    assert assumptions(inputs)[0] == "jobs_by_day"
    assert set(assumptions(inputs, unit="min")) <= set(texts)
    flag = {flag.id: flag for flag in measure(twin, "commute.mean_km").flags("city")}["modelled"]
    assert flag.detail.split("; ") == assumptions(inputs)
    told = explain(measure(twin, "commute.mean_min"), cell_id(50, 50))
    assert told.assumed == ("jobs_by_day", "closed_city", "gravity", "mean_middle", "pace")
    assert "gravity model" in explanation_text(told, "en")
    assert measure(twin, "commute.mean_km").rows("city")[0]["grade"] == "C"


def test_a_published_mean_is_met_or_refused_with_what_is_possible(tmp_path: Path) -> None:
    spread = {cell_id(x, y): 10 for x, y in CENTRES}
    twin = town_with_jobs(tmp_path / "met", spread, "\n[commute]\nmean_km = 0.5\nemployed_share = 0.5\n")
    found = commutes(Inputs(twin))
    assert mean_cost(found.flows, found.km) == pytest.approx(0.5, rel=1e-3)
    assert workers(Inputs(twin)).sum() == pytest.approx((twin.residents("adults") + twin.residents("elders")).sum() * 0.5)
    far = town_with_jobs(tmp_path / "far", spread, "\n[commute]\nmean_km = 30.0\n")
    with pytest.raises(UsageError, match=r"\[commute\] mean_km: a mean of 30 is above"):
        measure(far, "commute.mean_km")


def test_a_city_without_jobs_or_people_by_day_says_so(tmp_path: Path) -> None:
    folder = write_town(tmp_path / "night")
    text = (folder / "city.toml").read_text(encoding="utf-8")
    (folder / "city.toml").write_text(text.replace('day = "day"\n', "").replace('["night", "day"]', '["night"]'), encoding="utf-8")
    status, needs = status_of(INDICATORS.get("commute.mean_km"), build(folder))
    assert (status, needs) == ("missing", ["jobs"])


def test_commutes_of_chengdu_obey_their_laws(chengdu: Twin) -> None:
    values = {name: measure(chengdu, f"commute.{name}").rows("city")[0]["value"] for name in ("mean_km", "least_km", "excess")}
    assert 0 < values["least_km"] < values["mean_km"]
    assert values["excess"] == pytest.approx(1 - values["least_km"] / values["mean_km"])
    near = workers(Inputs(chengdu)) * (Inputs(chengdu).distance_m("metro_station") <= 800)
    rail = measure(chengdu, "commute.rail_both_ends").rows("city")[0]
    assert 0 < rail["part"] < near.sum()
    shares = [measure(chengdu, f"commute.{name}").rows("city")[0]["value"] for name in ("within_45_min", "over_60_min")]
    assert sum(shares) < 1
    found = commutes(Inputs(chengdu))
    assert found.flows.sum(axis=1) == pytest.approx(found.homes, rel=1e-5)
    assert found.flows.sum(axis=0) == pytest.approx(found.jobs, rel=1e-5)
    assert len(found.homes) <= parameter("commute_parameters", "zones.most").number
