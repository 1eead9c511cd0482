"""The status of targets against hand computations in tests/cases."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from parkcity.base.errors import FaultList
from parkcity.plan.dates import day
from parkcity.plan.load import load
from parkcity.plan.relations import relation_faults
from parkcity.plan.score import STATUSES
from parkcity.plan.status import Standing, standings
from parkcity.plan.tables import check_values
from tests.plan.ledgers import arithmetic, ledger

ROOT = Path(__file__).parents[2]
CASES = yaml.safe_load((ROOT / "tests/cases/plan_status.yaml").read_text(encoding="utf-8"))
CHENGDU = yaml.safe_load((ROOT / "tests/cases/plan_chengdu.yaml").read_text(encoding="utf-8"))


def _judge(case: Mapping[str, Any]) -> Standing:
    target = {"id": "T1", "article": "1", "indicator": "x", "name_zh": "指标", "name_en": "x", "source": "case", "confidence": "S"}
    target |= CASES["defaults"]["target"] | case.get("target", {})
    actuals = [_actual(number, on, text, case.get("units", target["unit"])) for number, (on, text) in enumerate(case["actuals"].items())]
    points = [
        {"id": f"P{on}", "target": "T1", "date": on, "value": value, "source": "case"} for on, value in case.get("points", {}).items()
    ]
    made = ledger(targets=[target], actuals=actuals, paths=points)
    faults = FaultList()
    for table in made.tables.values():
        check_values(table, faults)
    faults.extend(relation_faults(made))
    faults.check()
    at = day(str(case.get("at", CASES["defaults"]["at"])))
    return standings(made.view(at))[0]


def _actual(number: int, on: object, text: object, unit: str) -> dict[str, object]:
    op, _, value = f"eq {text}".rpartition(" ")
    base = {"id": f"A{number}", "indicator": "x", "scope": "city", "unit": unit, "origin": "statistic", "source": "case", "confidence": "S"}
    return base | {"value": value, "op": op.split(" ")[-1], "true_on": on, "known_on": on}


def _agree(found: Standing, expected: Mapping[str, Any]) -> None:
    row, result = found.row(), found.score
    exact = {"progress": result.progress, "pace": result.pace, "growth": result.growth, "planned": found.planned, "value": found.value}
    exact |= {"attainment": result.attainment, "required": result.required, "achieved": result.achieved}
    for key, wanted in expected.items():
        if key in exact:
            assert exact[key] == (None if wanted is None else pytest.approx(arithmetic(wanted), rel=1e-9, abs=1e-12)), key
        elif key == "flags":
            assert set(result.flags) == set(wanted)
        else:
            assert row[key] == wanted, key


@pytest.mark.parametrize("case", CASES["cases"], ids=lambda case: case["name"])
def test_status_equals_the_hand_computation(case: Mapping[str, Any]) -> None:
    _agree(_judge(case), case["expected"])


def test_the_cases_cover_every_status() -> None:
    seen = {case["expected"]["status"] for case in CASES["cases"]}
    assert seen == set(STATUSES)


@pytest.fixture(scope="module")
def chengdu() -> dict[str, Standing]:
    view = load(ROOT / "examples/chengdu").view(day(str(CHENGDU["at"])))
    return {item.target.id: item for item in standings(view)}


@pytest.mark.parametrize("target", CHENGDU["cases"])
def test_chengdu_status_equals_the_hand_computation(target: str, chengdu: dict[str, Standing]) -> None:
    _agree(chengdu[target], CHENGDU["cases"][target])


def test_every_chengdu_target_with_actuals_is_computed_by_hand(chengdu: dict[str, Standing]) -> None:
    with_actuals = {name for name, item in chengdu.items() if item.series or item.score.point}
    assert with_actuals <= set(CHENGDU["cases"])
