"""`parkcity whatif`: what a user sees."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.scenes.plan import write_plan
from tests.scenes.town import PEOPLE, lonlat

LON, LAT = lonlat(500.0, 500.0)
SCHOOL = f"""
[scenario]
id = "middle"
name_zh = "中心小学"
name_en = "A school in the middle"
[[changes]]
change = "add_place"
kind = "primary_school"
lon = {LON!r}
lat = {LAT!r}
name = "中心小学"
cost = 1000000
"""
CLOSE = '[[changes]]\nchange = "close_place"\nplace = "places/school-1"\n'


def parkcity(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "parkcity", *words], capture_output=True, text=True, check=False, encoding="utf-8")


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    for name, text in (("middle.toml", SCHOOL), ("close.toml", CLOSE)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return [str(tmp_path / name) for name in ("middle.toml", "close.toml")]


def test_json_holds_both_sides_of_every_scenario(town: Path, files: list[str]) -> None:
    done = parkcity("whatif", str(town), *files, "--format", "json", "--indicator", "life_circle.primary_school", "--for", "all")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert [entry["scenario"] for entry in document["meta"]["scenarios"]] == ["middle", "close"]
    assert document["meta"]["scenarios"][0]["effects"][0]["zh"] == "新增小学“中心小学”，距最近道路 0 米。"
    by_scenario = {row["scenario"]: row for row in document["rows"]}
    # Within 500 m of (500, 500) along the grid: |x - 500| + |y - 500| <= 500 for centres at 50 + 100 i. Cells without a school so far gain.
    centres = [(50 + 100 * i, 50 + 100 * j) for i in range(10) for j in range(10)]

    def served(x: int, y: int, schools: list[tuple[int, int]]) -> bool:
        return any(abs(x - east) + abs(y - north) <= 500 for east, north in schools)

    old, new, left = [(200, 200), (800, 800)], [(200, 200), (800, 800), (500, 500)], [(800, 800)]
    gain = sum(served(*centre, new) and not served(*centre, old) for centre in centres)
    loss = sum(served(*centre, old) and not served(*centre, left) for centre in centres)
    assert (by_scenario["middle"]["winners"], by_scenario["middle"]["losers"]) == (gain * PEOPLE, 0)
    assert (by_scenario["close"]["winners"], by_scenario["close"]["losers"]) == (0, loss * PEOPLE)
    assert by_scenario["middle"]["verdict"] == "better"
    assert by_scenario["close"]["verdict"] == "worse"


@pytest.mark.parametrize(("lang", "says"), [("zh", "受损"), ("en", "who lose")])
def test_the_losing_side_is_always_told(town: Path, files: list[str], lang: str, says: str) -> None:
    done = parkcity("whatif", str(town), *files, "--lang", lang)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(says) >= 2


def test_the_difference_map_has_a_layer_a_scenario(town: Path, files: list[str], tmp_path: Path) -> None:
    import geopandas as gpd

    done = parkcity("whatif", str(town), *files, "--out", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    table = gpd.read_file(tmp_path / "out" / "whatif.gpkg", layer="close")
    assert set(table["side_life_circle_primary_school"]) <= {-1, 0}
    assert (table.loc[table["side_life_circle_primary_school"] < 0, "gain_life_circle_primary_school"] < 0).all()
    assert (tmp_path / "out" / "whatif.csv").read_text(encoding="utf-8").startswith("scenario,indicator,tier,zone,group,")


def test_faults_of_all_files_are_told_at_once(town: Path, tmp_path: Path) -> None:
    (tmp_path / "one.toml").write_text("[scenario]\ncolour = 'red'\n[[changes]]\nkind = 'park'\n", encoding="utf-8")
    (tmp_path / "two.toml").write_text("[[changes\n", encoding="utf-8")
    done = parkcity("whatif", str(town), str(tmp_path / "one.toml"), str(tmp_path / "two.toml"), str(tmp_path / "three.toml"))
    assert done.returncode == 1
    assert done.stderr.count("fault:") == 4
    for words in ("unknown key 'colour'", "does not say its kind", "not TOML", "no such file"):
        assert words in done.stderr


def test_an_unknown_indicator_group_or_tier_is_wrong_usage(town: Path, files: list[str]) -> None:
    for words in (["--indicator", "nothing.such"], ["--for", "giants"], ["--by", "planet"]):
        done = parkcity("whatif", str(town), files[0], *words)
        assert done.returncode == 2, done.stderr


def test_targets_of_the_plan_that_move_are_told_with_their_gap(town: Path, files: list[str], tmp_path: Path) -> None:
    write_plan(town)
    done = parkcity("whatif", str(town), *files, "--format", "json", "--out", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    moved = {row["scenario"]: row for row in document["meta"]["targets"]}
    rows = {
        row["scenario"]: row
        for row in document["rows"]
        if row["indicator"] == "life_circle.primary_school.within_5_min" and row["group"] == "all"
    }
    assert set(moved) == {"middle", "close"}
    for name, row in moved.items():
        assert row["target"] == "T1"
        assert (row["baseline"], row["value"]) == (rows[name]["baseline"], rows[name]["value"])
        assert row["gap_closed"] == pytest.approx((row["value"] - row["baseline"]) / (0.9 - row["baseline"]))
    assert moved["middle"]["gap_closed"] > 0 > moved["close"]["gap_closed"]
    assert (tmp_path / "out" / "targets.csv").read_text(encoding="utf-8").count("T1") == 2


@pytest.mark.parametrize(("lang", "says"), [("zh", "受损"), ("en", "lose")])
def test_the_report_stands_alone_and_has_a_map_of_both_sides(town: Path, files: list[str], tmp_path: Path, lang: str, says: str) -> None:
    done = parkcity("whatif", str(town), *files, "--lang", lang, "--out", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert says in page
    assert "url(#loss)" in page
    assert "#6baed6" in page or "#08519c" in page
    for word in ("http://", "https://", "<script", "src="):
        assert word not in page


def test_classes_of_a_difference_map_are_the_sides_of_its_residents(town: Path) -> None:
    import numpy as np

    from parkcity.decide.compare import compare
    from parkcity.serve.report.whatif_page import classes_of
    from parkcity.twin.build import build
    from parkcity.twin.scenario import Scenario

    twin = build(town)
    comparison = compare(twin, [Scenario().add_place("primary_school", lon=LON, lat=LAT).close_place("places/school-1")])
    for pair in comparison.pairs:
        classes = classes_of(pair)
        total = np.sum(list(classes.values()), axis=0)
        np.testing.assert_array_equal(total, pair.residents > 0)
        sides = pair.sides()
        assert not (classes["much_better"] | classes["better"])[sides <= 0].any()
        assert not (classes["much_worse"] | classes["worse"])[sides >= 0].any()
