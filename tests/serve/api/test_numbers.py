"""What the API says is what the command line says: the same functions, the same numbers."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.serve.api.conftest import Served

from parkcity.decide.compare import compare
from parkcity.insight.inputs import Inputs
from parkcity.insight.run import measure
from parkcity.insight.trips import Trips
from parkcity.serve.api.arrays import pack, unpack
from parkcity.serve.report.check import run_check
from parkcity.travel import nearest
from parkcity.twin.scenario import Scenario, load_scenario
from parkcity.twin.twin import Twin

NAME = 'a "quoted" \\ name\x7f 小学'
CHENGDU = "/api/v1/cities/chengdu"


@pytest.fixture(scope="session")
def checked(chengdu_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, object]]:
    return run_check(chengdu_folder, tmp_path_factory.mktemp("check"), "en", lambda _step, _share: None).rows


def test_rows_equal_those_of_the_check_up(chengdu_served: Served, checked: list[dict[str, object]]) -> None:
    for tier in ("city", "district"):
        wanted = {(row["indicator"], row["zone"], row["group"]): row for row in checked if row["tier"] == tier}
        found, path = [], f"{CHENGDU}/rows?tier={tier}&limit=1000"
        while path:
            page = chengdu_served.get(path)
            found += page["rows"]
            path = page["meta"]["next"]
        assert page["meta"]["total"] == len(found) == len(wanted)
        for row in found:
            there = wanted[row["indicator"], row["zone"], row["group"]]
            assert {name: row[name] for name in ("value", "part", "whole", "unit", "grade")} == {
                name: there[name] for name in ("value", "part", "whole", "unit", "grade")
            }


def test_exported_table_equals_that_of_the_check_up(chengdu_served: Served, checked: list[dict[str, object]]) -> None:
    text = chengdu_served.client.get(f"{CHENGDU}/export/indicators.csv").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == len(checked)
    assert [(row["indicator"], row["tier"], row["zone"], row["group"]) for row in rows] == [
        (row["indicator"], row["tier"], row["zone"], row["group"]) for row in checked
    ]


def test_values_by_cell_are_those_that_the_indicators_use(chengdu_served: Served, chengdu: Twin) -> None:
    header, arrays = unpack(chengdu_served.client.get(f"{CHENGDU}/values/minutes.primary_school?group=elders").content)
    wanted = Inputs(chengdu, "elders").minutes("primary_school")
    known = arrays["state"] == 0
    assert header["count"] == len(chengdu.cells) == len(known)
    assert known.any()
    np.testing.assert_array_equal(arrays["value"][known], wanted[known].astype(np.float32))
    assert np.isnan(arrays["value"][~known]).all()
    _, arrays = unpack(chengdu_served.client.get(f"{CHENGDU}/values/life_circle.index").content)
    values = measure(chengdu, "life_circle.index").cell_values()
    np.testing.assert_array_equal(arrays["value"], np.where(np.isfinite(values), values, np.nan).astype(np.float32))


def test_values_as_json_equal_the_packed_ones(town_served: Served) -> None:
    path = "/api/v1/cities/town/values/minutes.worst"
    header, arrays = unpack(town_served.client.get(path).content)
    document = town_served.get(f"{path}?format=json")
    assert document["header"]["states"] == header["states"]
    assert [header["states"][str(code)] for code in arrays["state"].tolist()] == document["state"]
    assert [None if np.isnan(value) else value for value in arrays["value"].tolist()] == document["value"]


def test_packed_arrays_come_back_as_they_were() -> None:
    given: dict[str, np.ndarray[Any, Any]] = {
        "a": np.array([1.5, np.nan], np.float32),
        "b": np.array([1, -1, 6], np.int8),
        "c": np.arange(3, dtype=np.int32),
    }
    header, arrays = unpack(pack({"name": "größe 成都"}, given))
    assert header["name"] == "größe 成都"
    for name, array in given.items():
        np.testing.assert_array_equal(arrays[name], array)


def test_first_view_counts_every_resident_once(chengdu_served: Served, checked: list[dict[str, object]]) -> None:
    view = chengdu_served.get(f"{CHENGDU}/first-view?lang=zh")
    assert sum(entry["residents"] for entry in view["classes"]) == view["residents"]
    within = next(row for row in checked if (row["indicator"], row["tier"], row["group"]) == ("life_circle.all_needs", "city", "all"))
    card = view["cards"]["within"]
    assert (card["residents"], card["share"], card["grade"]) == (within["part"], within["value"], within["grade"])
    inside = sum(entry["residents"] for entry in view["classes"] if entry["to"] is not None and entry["to"] <= 15)
    assert card["residents"] == inside


def test_next_site_gains_what_the_city_measures_once_it_is_built(chengdu_served: Served) -> None:
    site = chengdu_served.get(f"{CHENGDU}/first-view")["cards"]["site"]
    answer = chengdu_served.get(f"{CHENGDU}/compare?scenarios={site['scenario']}&tier=city&limit=1000")
    name = f"life_circle.{site['kind']}.within_15_min"
    row = next(row for row in answer["rows"] if (row["indicator"], row["group"]) == (name, "all"))
    assert row["winners"] == site["gained"]


def test_a_tried_scenario_answers_as_whatif_does(chengdu_served: Served, chengdu: Twin, chengdu_folder: Path) -> None:
    scenario = load_scenario(chengdu_folder / "scenarios" / "two-schools.toml")
    comparison = compare(chengdu, [scenario])
    saved = chengdu_served.get(f"{CHENGDU}/scenarios")["rows"]
    key = next(row["hash"] for row in saved if row["id"] == "two-schools")
    answer = chengdu_served.get(f"{CHENGDU}/scenarios/{key}/answer?tier=district")
    wanted = comparison.summary()[0]
    assert {name: answer["summary"][name] for name in ("winners", "losers", "both", "unchanged")} == {
        name: wanted[name] for name in ("winners", "losers", "both", "unchanged")
    }
    rows = {(row["indicator"], row["group"]): row for row in comparison.touched("city")}
    assert len(answer["indicators"]) == len(rows)
    for row in answer["indicators"]:
        there = rows[row["indicator"], row["group"]]
        for name in ("baseline", "value", "change", "winners", "losers", "verdict"):
            assert row[name] == there[name]
    assert sum(row["winners"] for row in answer["zones"]) == answer["summary"]["winners"]
    everybody = next(row for row in answer["groups"] if row["group"] == "all")
    assert (everybody["winners"], everybody["losers"]) == (wanted["winners"], wanted["losers"])


def test_difference_map_is_signed_as_better_or_worse(chengdu_served: Served, chengdu: Twin, chengdu_folder: Path) -> None:
    scenario = load_scenario(chengdu_folder / "scenarios" / "two-schools.toml")
    pair = compare(chengdu, [scenario]).pair("two-schools", "life_circle.index")
    key = next(row["hash"] for row in chengdu_served.get(f"{CHENGDU}/scenarios")["rows"] if row["id"] == "two-schools")
    _, arrays = unpack(chengdu_served.client.get(f"{CHENGDU}/scenarios/{key}/difference/life_circle.index").content)
    np.testing.assert_array_equal(arrays["side"], pair.sides())
    np.testing.assert_array_equal(arrays["gain"], pair.improvement().astype(np.float32))


def test_an_empty_scenario_changes_nothing(town_served: Served) -> None:
    answer = town_served.client.post("/api/v1/cities/town/scenarios/try", json={"changes": []}).json()
    assert (answer["summary"]["winners"], answer["summary"]["losers"], answer["indicators"]) == (0, 0, [])


def test_plan_rows_equal_those_of_the_command_line(chengdu_served: Served, chengdu_folder: Path) -> None:
    from parkcity.plan.load import load
    from parkcity.plan.status import standings

    rows = {str(item.target.id): item.row() for item in standings(load(str(chengdu_folder)).view(None, None))}
    found = chengdu_served.get(f"{CHENGDU}/plan/targets?limit=1000")["rows"]
    assert len(found) == len(rows)
    for row in found:
        for name, value in rows[row["target"]].items():
            assert row[name] == value, (row["target"], name)


def test_the_file_of_a_scenario_is_read_back_as_the_same_scenario(town_served: Served, tmp_path: Path) -> None:
    changes = [
        {
            "change": "add_place",
            "kind": "primary_school",
            "lon": 104.0655,
            "lat": 30.6373,
            "name": 'a "quoted" \\ name\x7f 小学',
            "cost": 5e6,
        },
        {"change": "add_place", "kind": "park", "polygon": [[104.0625, 30.6373], [104.0635, 30.6373], [104.0635, 30.6383]]},
    ]
    given = {"id": "mixed", "name_zh": "混合", "note": "two\nlines", "changes": changes}
    kept = town_served.client.post("/api/v1/cities/town/scenarios", json=given)
    assert kept.status_code in {200, 201}, kept.text
    key = kept.json()["hash"]
    text = town_served.client.get(f"/api/v1/cities/town/scenarios/{key}/toml").text
    path = tmp_path / "mixed.toml"
    path.write_text(text, encoding="utf-8")
    read = load_scenario(path)
    assert isinstance(read, Scenario)
    assert (read.id, read.name_zh, read.note, len(read.steps)) == ("mixed", "混合", "two\nlines", 2)
    again = town_served.client.post(
        "/api/v1/cities/town/scenarios/import", content=text.encode(), headers={"Content-Type": "application/toml"}
    )
    assert again.status_code == 200, again.text
    assert again.json()["hash"] == key


def test_a_kept_tile_is_the_tile_that_is_drawn(town_served: Served) -> None:
    from parkcity.serve.api.tiling import MAX_ZOOM
    from parkcity.serve.tiles.tile import vector_tile

    desk = town_served.house.desks["town"]
    lon, lat = town_served.get("/api/v1/cities/town")["centre"]
    x = int((lon + 180) / 360 * 2**11)
    y = int((1 - np.arcsinh(np.tan(np.radians(lat))) / np.pi) / 2 * 2**11)
    drawn = b"".join(vector_tile(desk.tile_layer(name), 11, x, y, full_detail_from=MAX_ZOOM) for name in ("cells", "streets"))
    path = f"/api/v1/cities/town/tiles/streets,cells/11/{x}/{y}.mvt"
    first = town_served.client.get(path)
    assert first.content == drawn != b""
    assert town_served.client.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    assert desk.tile("cells", 11, x, y) == vector_tile(desk.tile_layer("cells"), 11, x, y, full_detail_from=MAX_ZOOM)


def test_a_pin_reaches_by_each_mode_what_the_travel_engine_reaches(chengdu_served: Served, chengdu: Twin) -> None:
    cell = chengdu.cells.iloc[int(np.argmax(chengdu.residents()))]
    asked: dict[str, Any] = {"lon": float(cell["lon"]), "lat": float(cell["lat"]), "minutes": "5,10"}
    told = {mode: chengdu_served.get(f"{CHENGDU}/reach", params={**asked, "mode": mode})["features"] for mode in ("walk", "bicycle", "car")}
    for mode, profile in {"bicycle": "cyclist", "car": "car"}.items():
        trips = Trips(Inputs(chengdu), profile)
        start = trips.at(float(cell["x"]), float(cell["y"]))
        minutes = nearest(trips.network("open"), trips.origins(), start, limit=600, unit="s", direction="to").values[0] / 60
        for feature, limit in zip(told[mode], (10.0, 5.0), strict=True):
            assert feature["properties"]["minutes"] == limit
            assert feature["properties"]["residents"] == chengdu.residents()[minutes <= limit].sum()
    walked, ridden = (told[mode][0]["properties"] for mode in ("walk", "bicycle"))
    assert ridden["residents"] > walked["residents"]
    refused = chengdu_served.client.get(f"{CHENGDU}/reach", params={**asked, "mode": "balloon"})
    assert refused.status_code == 422
