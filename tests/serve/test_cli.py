"""The command line as a person uses it: exit statuses, formats, clear refusals."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


def call(*arguments: str, lang: str = "C") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "LANG": lang, "LC_ALL": lang, "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        [sys.executable, "-m", "parkcity", *arguments], capture_output=True, text=True, encoding="utf-8", env=environment, check=False
    )


def test_measure_prints_the_agreed_columns_in_csv_and_json(town: Path) -> None:
    table = call("measure", str(town), "life_circle.primary_school", "--by", "district", "--for", "elders", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(table.stdout)))
    assert list(rows[0]) == ["indicator", "tier", "zone", "group", "value", "unit", "part", "whole", "grade"]
    document = json.loads(
        call("measure", str(town), "life_circle.primary_school", "--by", "district", "--for", "elders", "--format", "json").stdout
    )
    assert set(document) == {"meta", "rows"}
    assert [row["zone"] for row in document["rows"]] == [row["zone"] for row in rows]
    assert [f"{row['part']:g}" for row in document["rows"]] == [row["part"] for row in rows]


def test_indicators_tell_what_is_missing_and_why(town: Path) -> None:
    document = json.loads(call("indicators", str(town), "--format", "json").stdout)
    by_id = {row["indicator"]: row for row in document["rows"]}
    assert list(by_id["people.density"]) == ["indicator", "name_zh", "name_en", "unit", "polarity", "clause", "status", "needs"]
    assert by_id["life_circle.primary_school"]["status"] == "computed"
    assert by_id["life_circle.kindergarten"] | {"status": "missing", "needs": ["places:kindergarten"]} == by_id["life_circle.kindergarten"]
    assert {row["status"] for row in document["rows"]} <= {"computed", "recorded", "missing"}


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["check", "NOWHERE"], 1, ["city.toml", "no such file", "What to do"]),
        (["measure", "TOWN", "life_circle.primary_scool"], 2, ["did you mean: life_circle.primary_school"]),
        (["measure", "TOWN", "life_circle.primary_school", "--by", "parish"], 2, ["this city has: city, district"]),
        (["measure", "TOWN", "life_circle.primary_school", "--for", "giants"], 2, ["allowed: all, children, elders"]),
        (["measure", "TOWN", "life_circle.kindergarten"], 1, ["needs places:kindergarten"]),
        (["measure", "TOWN", "life_circle.primary_school", "--cell", "c1-1"], 2, ["ids look like"]),
        (["times", "TOWN", "castle"], 2, ["known: primary_school"]),
        (["check", "TOWN", "--lang", "fr"], 2, ["zh", "en"]),
        (["check", "TOWN", "--by", "parish"], 2, ["district"]),
        (["indicators", "--status", "missing"], 2, ["name the city's folder"]),
        (["flying"], 2, ["No such command"]),
    ],
)
def test_wrong_use_has_its_exit_status_and_says_what_is_allowed(town: Path, arguments: list[str], status: int, words: list[str]) -> None:
    done = call(*[{"TOWN": str(town), "NOWHERE": str(town / "nowhere")}.get(word, word) for word in arguments])
    assert done.returncode == status, done.stderr
    for word in words:
        assert word in done.stderr
    assert "Traceback" not in done.stderr


def test_three_faults_are_three_lines(town: Path) -> None:
    toml = town / "city.toml"
    text = (
        toml.read_text(encoding="utf-8")
        .replace('name_en = "Town"', "")
        .replace('layer = "streets"', 'layer = "paths"')
        .replace("night", "nihgt", 1)
    )
    toml.write_text(text, encoding="utf-8")
    done = call("check", str(town))
    assert done.returncode == 1
    assert done.stderr.count("fault: ") >= 3
    assert not (town / "report").exists()


def test_an_explanation_reads_in_both_languages(town: Path) -> None:
    english = call("measure", str(town), "life_circle.primary_school", "--cell", "c450-150", "--lang", "en").stdout
    assert "school-1" in english
    assert "300 m on foot" in english
    assert "GB 50180-2018" in english
    chinese = call("measure", str(town), "life_circle.primary_school", "--cell", "c450-150", "--lang", "zh").stdout
    assert "步行 300 米" in chinese
    assert "公式：" in chinese


def test_the_language_follows_the_locale_unless_told(town: Path) -> None:
    assert "written" in call("check", str(town)).stdout
    assert "已写入" in call("check", str(town), "--out", str(town / "zh"), lang="zh_CN.UTF-8").stdout


def test_reach_and_route_agree_with_the_grid(town: Path) -> None:
    reach = json.loads(call("reach", str(town), "c450-150", "--minutes", "10", "--format", "json").stdout)
    # 10 min at 1.1 m/s are 660 m: school-1 at 300 m and park-1 at 400 m; school-2 is 1,000 m away.
    assert {row["place"]: row["minutes"] for row in reach["rows"]} == pytest.approx(
        {"places/school-1": 300 / 66, "places/park-1": 400 / 66}, abs=0.01
    )
    route = json.loads(call("route", str(town), "c450-150", "primary_school", "--format", "json").stdout)
    assert route["meta"]["metres"] == pytest.approx(300.0, abs=0.05)
    assert route["meta"]["place"] == "places/school-1"
    assert len(route["rows"]) >= 3


def test_doctor_lists_doubtful_points_and_the_schema(town: Path) -> None:
    assert call("doctor", str(town), "--format", "json").returncode == 0
    schema = json.loads(call("doctor", "--schema").stdout)
    assert schema["title"].startswith("parkcity")
    readers = json.loads(call("doctor", "--readers", "--format", "json").stdout)
    assert {"csv_places", "edge_list", "cell_centres", "vector_zones"} <= {row["reader"] for row in readers["rows"]}
