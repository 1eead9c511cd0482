"""What moves a target: expected effects of scenarios, the split of what happened, and remedies in warnings."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from parkcity.base.errors import UsageError
from parkcity.insight.registry import INDICATORS
from parkcity.plan.effects import helps, split
from parkcity.plan.ledger import Ledger, write
from parkcity.plan.load import load
from parkcity.plan.status import standings
from parkcity.plan.units import known_units
from parkcity.plan.warning import Warned, warnings
from parkcity.serve.cli.plan import plan
from parkcity.twin.build import build
from tests.plan.ledgers import ledger
from tests.plan.test_lint import OWNERS, TARGET, TASK
from tests.scenes.town import Town, lonlat, write_town

numbers = st.floats(-1e6, 1e6, allow_nan=False)
BY = ("--by", "planner", "--reason", "test")
INDICATOR = "distance.primary_school.mean"
GOAL = TARGET | {"baseline": "100", "target": "200", "unit": "km", "owner": "O1"}


@given(numbers, numbers, st.lists(numbers, max_size=4), numbers)
def test_the_parts_add_up_to_the_change(recorded: float, again: float, under: list[float], now: float) -> None:
    parts = split(recorded, again, [(f"s{at}", value) for at, value in enumerate(under)], now)
    assert sum(part.amount for part in parts) == pytest.approx(now - recorded, abs=1e-6)
    assert [part.part for part in parts] == ["method", *["real"] * len(under), "data"]


def _actual(year: int, value: float) -> dict[str, object]:
    base = {"id": f"A{year}", "indicator": "x", "scope": "city", "value": value, "op": "eq", "unit": "km", "origin": "statistic"}
    return base | {"source": "test", "confidence": "S", "true_on": year, "known_on": year}


def _warned(made: Ledger) -> Warned:
    view = made.view(date(2024, 1, 31))
    return next(one for one in warnings(view, standings(view)) if one.rule.id.startswith("probability"))


def _effect(name: str, amount: float, **more: str) -> dict[str, object]:
    return {"id": name, "target": "T1", "part": "real", "state": "expected", "amount": amount, "source": "what-if", **more}


def test_a_warning_names_the_tasks_and_scenarios_that_serve_its_target_and_whether_they_are_enough() -> None:
    # 100 in 2020, 110, 120, 130: the course leads to 150 in 2025, so 50 of 200 are missing.
    begun = TASK | {"started_on": "2021-01-04"}
    tasks = [
        begun | {"id": "K1", "name_en": "North park", "finish": "2025-06-30", "targets": "T1"},
        begun | {"id": "K2", "name_en": "South park", "finish": "2026-06-30", "targets": "T1"},
        TASK | {"id": "K3", "name_en": "Old park", "finish": "2022-06-30", "finished_on": "2022-06-30", "targets": "T1"},
        begun | {"id": "K4", "name_en": "Signs", "finish": "2024-06-30", "targets": "T1"},
    ]
    effects = [_effect("F1", 30, task="K1"), _effect("F2", 40, task="K2"), _effect("F3", 9, task="K3"), _effect("F4", 12, scenario="links")]
    base: dict[str, Any] = {"owners": OWNERS, "targets": [GOAL], "actuals": [_actual(2021, 110), _actual(2022, 120), _actual(2023, 130)]}
    found = _warned(ledger(**base, tasks=tasks, effects=effects))
    assert found.lacking == pytest.approx(50, abs=0.5)
    assert [one.id for one in found.helps] == ["K2", "K1", "links", "K4"]
    text = found.remedy("en")
    for part in ("K1 North park (+30, ready 2025-06-30)", "ready 2026-06-30, after the target year", "links (+12)", "effect not measured"):
        assert part in text
    # What is ready in time: 30 + 12 of 50.
    assert "together 42 of the 50 km that the present course lacks: not enough" in text
    assert "added up one by one, overlaps not taken off" in text
    enough = _warned(ledger(**base, tasks=tasks, effects=[*effects, _effect("F5", 8, scenario="more")]))
    assert "together 50 of the 50 km that the present course lacks: enough" in enough.remedy("en")
    assert "足以达标" in enough.remedy("zh")
    assert "no task of the ledger serves it" in _warned(ledger(**base)).remedy("en")


def test_a_task_that_is_late_helps_when_it_will_be_ready_not_when_it_was_planned() -> None:
    # 261 working days planned for 2021; not begun by 31 January 2024, so it is ready a working year later.
    view = ledger(owners=OWNERS, targets=[GOAL], tasks=[TASK | {"targets": "T1"}]).view(date(2024, 1, 31))
    (one,) = helps(view)["T1"]
    assert one.ready is not None
    assert date(2025, 1, 20) < one.ready < date(2025, 3, 31)


def test_every_warning_says_what_would_bring_it_back_in_both_languages() -> None:
    tasks = [TASK | {"finish": "2021-01-29", "started_on": "2021-01-04", "percent_done": "10", "owner": "O1"}]
    money = [{"id": "B1", "task": "K1", "year": "2021", "planned": "1000", "spent": "500", "source": "x", "known_on": "2021-02-20"}]
    milestones = [
        {"id": f"M{at}", "name_zh": "里程碑", "name_en": "m", "task": "K1", "source": "t", "owner": "O1", "due": "2021-01-31"}
        for at in (1, 2)
    ]
    milestones[1]["done_on"] = "2021-01-20"
    item = {"id": "S1", "issue_zh": "事项", "issue_en": "issue", "basis": "minutes", "task": "K1", "owner": "O1", "supervisor": "O2"}
    review = {"id": "V1", "task": "K1", "date": "2021-01-10", "by": "O2", "finding_zh": "滞后", "finding_en": "late", "decision": "watch"}
    made = ledger(
        owners=OWNERS,
        tasks=tasks,
        budget=money,
        milestones=milestones,
        supervision=[item | {"opened_on": "2021-01-05", "deadline": "2021-02-01"}],
        reviews=[review | {"next_due": "2021-02-10", "source": "minutes"}],
    )
    view = made.view(date(2021, 3, 1))
    found = {one.rule.id: one for one in warnings(view, standings(view))}
    rules = {"milestone.overdue", "evidence.overdue", "task.beyond_float", "cost.money_ahead", "supervision.overdue", "review.overdue"}
    assert set(found) == rules
    for one in found.values():
        assert one.remedy("zh")
        assert one.remedy("en")
        assert one.since is not None
        assert one.owner in {"O1", "O2"}
    # Earned 100 for 500 of 1,000: at this rate the whole takes 5,000. Known since the line of the budget was known.
    assert "5,000" in found["cost.money_ahead"].remedy("en")
    assert found["cost.money_ahead"].since == date(2021, 2, 20)
    assert (found["review.overdue"].found, found["review.overdue"].since) == (19, date(2021, 2, 11))


def test_an_effect_that_was_measured_is_no_help_to_come_and_the_last_expectation_counts() -> None:
    rows = [
        _effect("F1", 30, scenario="s"),
        _effect("F2", 20, scenario="s", known_on="2022-01-01"),
        _effect("F3", 5, scenario="t") | {"state": ""},
    ]
    view = ledger(owners=OWNERS, targets=[GOAL], effects=rows).view(date(2023, 1, 1))
    assert [(one.id, one.amount) for one in helps(view)["T1"]] == [("s", 20)]


def test_every_unit_of_the_registry_is_a_unit_of_the_plan() -> None:
    assert {item.unit for item in INDICATORS} <= set(known_units())


def _city(folder: Path, town: Town) -> str:
    write_town(folder, town)
    target = {"indicator": INDICATOR, "op": "le", "unit": "m", "direction": "down", "tier": "city", "baseline": "900", "target": "100"}
    write(ledger(targets=[TARGET | target], tasks=[TASK | {"scenario": "third", "targets": "T1"}]), folder / "plan")
    return str(folder)


def _json(*arguments: str) -> dict[str, Any]:
    result = CliRunner().invoke(plan, [*arguments, "--format", "json", "--lang", "en", "--quiet"], catch_exceptions=False)
    loaded: dict[str, Any] = json.loads(result.stdout)
    return loaded


@pytest.fixture(scope="module")
def cities(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str, str]:
    """The town before, the town after a third school was built and a fourth was found in the data, and the scenario of the third."""
    root = tmp_path_factory.mktemp("effects")
    third, fourth = ("school-3", "primary", 200.0, 800.0, 9_000.0), ("school-4", "primary", 800.0, 200.0, 9_000.0)
    lon, lat = lonlat(200, 800)
    scenario = root / "third.toml"
    scenario.write_text(
        '[scenario]\nid = "third"\n\n[[changes]]\nchange = "add_place"\nkind = "primary_school"\n'
        f"lon = {lon!r}\nlat = {lat!r}\narea_m2 = 9000.0\n",
        encoding="utf-8",
    )
    after = Town()
    after.places += [third, fourth]
    return _city(root / "before", Town()), _city(root / "after", after), str(scenario)


def test_what_a_scenario_would_do_is_measured_and_recorded_once(cities: tuple[str, str, str]) -> None:
    before, _, scenario = cities
    found = _json(before, "effects", scenario)
    (row,) = found["rows"]
    assert (row["target"], row["scenario"], row["task"]) == ("T1", "third", "K1")
    assert row["amount"] < 0
    assert row["under"] == pytest.approx(row["value"] + row["amount"])
    assert row["winners"] > 0
    assert _json(before, "effects", scenario, "--record", *BY)["meta"]["recorded"] == 1
    _json(before, "effects", scenario, "--record", *BY)
    (effect,) = list(load(before)["effects"])
    assert (effect["state"], effect["task"], float(effect["amount"])) == ("expected", "K1", row["amount"])


def test_a_change_between_two_twins_is_split_into_method_real_and_data(cities: tuple[str, str, str]) -> None:
    before, after, scenario = cities
    old = build(Path(before))
    # A check-up of the older twin by another method had said 30 m less than the same twin says today.
    today = _json(before, "effects", scenario)["rows"][0]["value"]
    values = ["id=A1", f"indicator={INDICATOR}", "scope=city", "tier=city", f"value={today - 30}", "op=eq", "unit=m", "origin=computed"]
    values += [f"twin={old.hash}", "source=check-up", "confidence=F", "true_on=2022"]
    result = CliRunner().invoke(plan, [after, "add", "actuals", *values, *BY], catch_exceptions=False)
    assert result.exit_code == 0
    rows = {row["part"]: row for row in _json(after, "effects", scenario, "--before", before, "--record", *BY)["rows"]}
    assert rows["method"]["amount"] == pytest.approx(30)
    assert (rows["real"]["scenario"], rows["real"]["task"]) == ("third", "K1")
    assert rows["real"]["amount"] < 0
    assert rows["data"]["amount"] < 0
    assert sum(row["share"] for row in rows.values()) == pytest.approx(1)
    recorded = {effect["part"]: effect for effect in load(after)["effects"]}
    assert {effect["state"] for effect in recorded.values()} == {"measured"}
    assert float(recorded["data"]["amount"]) == pytest.approx(rows["data"]["amount"])


def test_wrong_calls_of_effects_are_told(cities: tuple[str, str, str], tmp_path: Path) -> None:
    before, _, scenario = cities

    def call(*arguments: str) -> BaseException | None:
        return CliRunner().invoke(plan, list(arguments)).exception

    assert isinstance(call(before, "effects"), UsageError)
    assert isinstance(call(before, "effects", scenario, "--record"), UsageError)
    write_town(tmp_path / "other")
    write(ledger(targets=[TARGET]), tmp_path / "other" / "plan")
    assert "no target of the plan" in str(call(str(tmp_path / "other"), "effects", scenario))
