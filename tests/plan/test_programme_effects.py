"""A programme written into the ledger says what it does for its targets, and warnings name it; proxies are never values."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from parkcity.base.words import LANGS
from parkcity.decide.moved import Moved
from parkcity.insight.registry import INDICATORS
from parkcity.plan.checkup import checkup_actuals
from parkcity.plan.effects import helps, measurable
from parkcity.plan.ledger import Ledger, write
from parkcity.plan.lint import lint
from parkcity.plan.load import load
from parkcity.plan.relations import relation_faults
from parkcity.plan.targets import targets
from parkcity.serve.cli.plan import plan
from parkcity.serve.cli.programme import programme
from tests.plan.ledgers import ledger
from tests.plan.test_lint import OWNERS, TARGET, TASK
from tests.scenes.town import lonlat, write_town

INDICATOR = "life_circle.primary_school.within_5_min"
GOAL = TARGET | {"indicator": INDICATOR, "unit": "%", "tier": "city", "baseline_year": "2023", "baseline": "20", "target_year": "2028"}
GOAL |= {"target": "99", "owner": "O1", "limit_low": "0", "limit_high": "100"}
STATED = TARGET | {"id": "T2", "indicator": "greenway_km", "baseline": "4", "target_year": "2028", "target": "10"}
BY = ("--by", "planner", "--reason", "test")


def _value(target: str, year: int, value: float, **more: str) -> dict[str, object]:
    row: dict[str, object] = {
        "id": f"{target}-{year}",
        "scope": "city",
        "value": value,
        "op": "eq",
        "origin": "statistic",
        "source": "test",
    }
    return row | {"confidence": "S", "true_on": year, "known_on": year} | more


@pytest.fixture
def city(tmp_path: Path) -> Path:
    folder = write_town(tmp_path / "town")
    values = [_value("T1", year, 20, indicator=INDICATOR, unit="%", tier="city") for year in (2024, 2025)]
    values += [_value("T2", year, 4, indicator="greenway_km", unit="km") for year in (2021, 2022, 2023, 2024, 2025)]
    write(ledger(owners=OWNERS, targets=[GOAL, STATED], actuals=values), folder / "plan")
    return folder


def _programme(city: Path, spots: dict[str, tuple[float, float]], *more: str) -> dict[str, Any]:
    path = city / "projects.csv"
    lines = ["id,action,name_zh,name_en,cost,owner,kind,lon,lat,effects"]
    for name, spot in spots.items():
        lon, lat = lonlat(*spot)
        lines.append(f"{name},build_place,小学{name},School {name},100,O1,primary_school,{lon!r},{lat!r},")
    lines.append("g,renew,绿道,Greenway,50,O1,,,,T2=6")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    command = [
        str(city),
        "--years",
        "2026-2028",
        "--budget",
        "150",
        "--projects",
        str(path),
        "--format",
        "json",
        "--no-frontier",
        "--quiet",
    ]
    result = CliRunner().invoke(programme, [*command, *more], catch_exceptions=False)
    assert result.exit_code == 0
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def _warned(city: Path, lang: str) -> dict[str, str]:
    result = CliRunner().invoke(plan, [str(city), "warn", "--format", "json", "--lang", lang], catch_exceptions=False)
    rows = json.loads(result.stdout)["rows"]
    return {row["subject"]: row["remedy"] for row in rows if row["rule"].startswith("probability")}


def test_warnings_name_the_programme_that_was_written_and_say_whether_it_is_enough(city: Path) -> None:
    before = _warned(city, "en")
    assert "no task or scenario is expected to move it" in before["T1"]
    meta = _programme(city, {"a": (500, 500), "b": (200, 800)}, "--write", "P1", *BY)["meta"]
    assert meta["written"]["effects"] == 2
    # What a project states of a statistic is never said to be measured.
    assert any("T2" in line and "not measured" in line for line in meta["explained_en"])
    assert any("T1" in line and "measured under the programme" in line for line in meta["explained_en"])
    goals = {goal["goal"]: goal for goal in meta["goals"]}
    amount = (goals["T1"]["measured"] - goals["T1"]["base"]) * 100
    assert amount > 0
    (measured, stated) = sorted(load(city).view()["effects"], key=lambda row: row["target"])
    assert float(measured["amount"]) == pytest.approx(amount)
    assert (measured["scenario"], measured["task"], measured["state"], measured["twin"]) == ("P1", "", "expected", meta["twin"])
    assert (float(stated["amount"]), stated["twin"]) == (6.0, "")
    assert "state" in stated["source"]
    found = _warned(city, "en")
    # Two schools together, from what both do measured as one; the course stays at 20 %, so 79 are missing.
    assert f"P1 2 tasks (+{amount:.4g}, ready" in found["T1"]
    assert "not enough" in found["T1"]
    assert "together 6 of the 6 km that the present course lacks: enough" in found["T2"]
    assert "2 项任务" in _warned(city, "zh")["T1"]


def test_a_programme_written_anew_takes_the_place_of_the_old_one_and_keeps_progress(city: Path) -> None:
    _programme(city, {"a": (500, 500), "b": (200, 800)}, "--write", "P1", *BY)
    for task in ("P1-a", "P1-g"):
        edit = [str(city), "amend", "tasks", task, "started_on=2026-02-01", "percent_done=30", *BY]
        assert CliRunner().invoke(plan, edit, catch_exceptions=False).exit_code == 0
    _programme(city, {"c": (800, 200)}, "--write", "P1", *BY)
    view = load(city).view()
    # a has begun and stays; b has not and is withdrawn with its money; g is in both and keeps its progress.
    assert set(view["tasks"]["id"]) == {"P1-a", "P1-c", "P1-g"}
    assert view.row("tasks", "P1-g")["percent_done"] == "30"
    assert {row["task"] for row in view["budget"]} == {"P1-a", "P1-c", "P1-g"}
    assert len(view["effects"]) == 2
    assert not any(_programme(city, {"c": (800, 200)}, "--write", "P1", *BY)["meta"]["written"].values())


def test_a_target_that_is_due_before_building_begins_is_no_goal(city: Path) -> None:
    values = [_value("T1", 2024, 20, indicator=INDICATOR, unit="%", tier="city")]
    write(ledger(owners=OWNERS, targets=[GOAL | {"id": "T3", "target_year": "2025"}, GOAL], actuals=values), city / "plan")
    from parkcity.decide.goals import goals_of
    from parkcity.twin.build import build

    twin = build(city)
    assert [goal.target for goal in goals_of(twin, city, [], [], 2026)] == ["T1"]
    assert [goal.target for goal in goals_of(twin, city, [], [], 2025)] == ["T3", "T1"]


def _ready(made: Ledger) -> tuple[str, date | None]:
    (one,) = helps(made.view(date(2024, 1, 31)))["T1"]
    return one.name_en, one.ready


def test_a_programme_is_ready_with_the_last_task_that_was_counted_and_over_with_the_last_task() -> None:
    begun = TASK | {"started_on": "2021-01-04", "targets": "T1", "scenario": "P1"}
    tasks = [begun | {"id": f"K{year}", "finish": f"{year}-06-30"} for year in (2024, 2025, 2027)]
    effect = {"id": "F1", "target": "T1", "part": "real", "state": "expected", "amount": "30", "scenario": "P1", "source": "programme"}
    goal = TARGET | {"target_year": "2026"}
    name, ready = _ready(ledger(owners=OWNERS, targets=[goal], tasks=tasks, effects=[effect]))
    assert name == "2 tasks"
    assert ready is not None
    assert ready.year == 2025
    done = [row | {"finished_on": "2023-06-30"} for row in tasks]
    assert _ready(ledger(owners=OWNERS, targets=[goal], tasks=[*done[:2], tasks[2]], effects=[effect]))[0] == "2 tasks"
    assert helps(ledger(owners=OWNERS, targets=[goal], tasks=done, effects=[effect]).view(date(2024, 1, 31))) == {}


PROXY = TARGET | {
    "unit": "min",
    "measured_by": "commute.mean_min",
    "measured_as": "proxy",
    "direction": "down",
    "op": "le",
    "target": "0.5",
}


def _report(folder: Path) -> Path:
    folder.mkdir()
    (folder / "manifest.json").write_text('{"twin": "abcdef0123456789", "as_of": "2024"}', encoding="utf-8")
    head = "indicator,tier,zone,group,value,unit,part,whole,grade"
    lines = [head, "commute.mean_min,city,town,all,31.5,min,,,B", "commute.mean_min,district,east,all,28,min,,,B"]
    (folder / "indicators.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def test_what_measures_a_target_exactly_gives_its_values_and_a_proxy_never_does(tmp_path: Path) -> None:
    report = _report(tmp_path / "report")
    exact = PROXY | {"measured_as": "exact"}
    (row,) = checkup_actuals(ledger(targets=[exact]).view(), report, "2025-01-01")
    assert (row["indicator"], row["scope"], row["tier"], row["value"]) == ("x", "city", "", "31.5")
    assert "commute.mean_min" in row["source"]
    (row,) = checkup_actuals(ledger(targets=[exact | {"tier": "district", "zone": "east"}]).view(), report, "2025-01-01")
    assert (row["zone"], row["value"]) == ("east", "28")
    (row,) = checkup_actuals(ledger(targets=[PROXY]).view(), report, "2025-01-01")
    assert (row["indicator"], row["tier"], row["value"]) == ("commute.mean_min", "city", "31.5")


def test_a_proxy_is_told_as_one_wherever_its_numbers_show() -> None:
    made = ledger(owners=OWNERS, targets=[PROXY])
    (item,) = targets(made.view())
    assert item.proxy == "commute.mean_min"
    assert measurable(made.view(), {"commute.mean_min": "min"}) == [item]
    assert measurable(made.view(), {"commute.mean_min": "km"}) == []
    moved = Moved("s", item, 0.5, 2.0, 1.0)
    assert moved.row()["proxy"] == "commute.mean_min"
    assert all(mark in moved.name(lang) for lang, mark in zip(LANGS, ("替代指标", "proxy"), strict=True))


def test_how_a_target_is_measured_is_linted(tmp_path: Path) -> None:
    wrong = [
        PROXY | {"measured_as": ""},
        PROXY | {"id": "T2", "indicator": "commute.mean_min"},
        PROXY | {"id": "T3", "measured_by": "no.such"},
    ]
    told = [fault.what for fault in relation_faults(ledger(targets=wrong))]
    assert any("T1: measured_by and measured_as do not stand together" in what for what in told)
    assert any("T2: 'commute.mean_min' is measured by the twin itself" in what for what in told)
    write(ledger(targets=wrong), tmp_path / "plan")
    said = [fault.what for fault in lint(tmp_path, (item.id for item in INDICATORS))[1]]
    assert any("T3: the registry has no indicator 'no.such'" in what for what in said)


def test_the_proxies_of_chengdu_are_measured_in_units_of_their_targets() -> None:
    units = {item.id: item.unit for item in INDICATORS}
    view = load(Path(__file__).parents[2] / "examples/chengdu").view()
    named = {item.id for item in targets(view) if item.measured_by}
    assert named
    assert named == {item.id for item in measurable(view, units)}
    # The twin knows the five central districts and models the journeys: none is the number that the statistics publish.
    assert all(item.proxy for item in targets(view) if item.measured_by)
