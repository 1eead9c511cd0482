"""Bad input: every fault at once, each with its file, its row and what is allowed."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from parkcity.base.errors import FaultList, InputError
from parkcity.insight.registry import INDICATORS
from parkcity.plan.ledger import plan_folder
from parkcity.plan.lint import lint, unknown_indicators
from parkcity.plan.load import load
from parkcity.plan.relations import relation_faults
from parkcity.plan.schema import schema, schemas
from parkcity.plan.tables import parse_table, table_text
from tests.plan.ledgers import ledger

ROOT = Path(__file__).parents[2]
REGISTRY = tuple(item.id for item in INDICATORS)
TARGET = {"id": "T1", "article": "1", "indicator": "x", "name_zh": "指标", "name_en": "x", "kind": "reach", "op": "ge", "unit": "km"}
TARGET |= {"scope": "city", "direction": "up", "baseline_year": "2020", "baseline": "1", "target_year": "2025", "target": "2"}
TARGET |= {"binding": "unknown", "source": "test", "confidence": "S"}
TASK = {"id": "K1", "name_zh": "任务", "name_en": "task", "start": "2021-01-01", "finish": "2021-12-31"}
ACTUAL = {"id": "A1", "indicator": "x", "scope": "city", "value": "1", "op": "eq", "unit": "km", "origin": "statistic"}
ACTUAL |= {"source": "test", "confidence": "S", "true_on": "2021", "known_on": "2022"}
EVIDENCE = {"id": "E1", "task": "K1", "query": "q", "claimed_by": "O1", "claimed_on": "2021-06-01", "state": "claimed"}
OWNERS = [{"id": "O1", "name_zh": "甲局", "name_en": "Office one"}, {"id": "O2", "name_zh": "乙局", "name_en": "Office two"}]


def test_the_chengdu_plan_loads_whole_and_clean() -> None:
    found, faults = lint(ROOT / "examples/chengdu", REGISTRY)
    assert faults == []
    counts = {name: len(table) for name, table in found.tables.items()}
    assert counts["articles"] == 50
    assert counts["commitments"] == 445
    assert counts["targets"] == 129
    assert counts["actuals"] == 224
    assert set(found["articles"]["id"]) == {str(number) for number in range(1, 51)}
    followed = set(found["commitments"]["article"])
    assert followed == set(found["articles"]["id"])


def test_the_indicators_of_a_commitment_must_exist() -> None:
    row = {"id": "C1", "article": "1", "text_zh": "承诺", "text_en": "promise", "follow_by": "measure", "role": "commitment"}
    made = ledger(commitments=[row | {"indicators": "life_circle.park greenways"}])
    (fault,) = unknown_indicators(made, ["life_circle.park"])
    assert "no indicator 'greenways'" in fault.what
    assert (fault.where, fault.row) == ("commitments.csv", 2)


def test_what_no_number_measures_is_followed_by_milestones() -> None:
    found = load(ROOT / "examples/chengdu")
    followed = {row["id"] for row in found["commitments"] if row["follow_by"] == "milestone" and row["role"] in {"commitment", "goal2035"}}
    assert followed <= set(found["milestones"]["commitment"])


def _city(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "examples/chengdu/plan", tmp_path / "plan")
    return tmp_path


def _edit(path: Path, change: Callable[[str], str]) -> None:
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")


def test_all_faults_of_all_files_come_at_once_with_their_rows(tmp_path: Path) -> None:
    city = _city(tmp_path)
    _edit(city / "plan/targets.csv", lambda text: text.replace(",km,市域,,,up,2020,4238", ",furlong,市域,,,up,2020,4238", 1))
    _edit(city / "plan/targets.csv", lambda text: text.replace(",2020,40.2,S,,2025,41", ",2020,40.2,S,,2019,41", 1))
    _edit(city / "plan/actuals.csv", lambda text: text.replace(",2119.2,", ",two thousand,", 1))
    (city / "plan/targts.csv").write_text("id\n", encoding="utf-8")
    _, faults = lint(city, REGISTRY)
    told = {(Path(fault.where).name, fault.row, fault.what.split(".")[0]) for fault in faults}
    assert ("targets.csv", 2, "column 'unit' holds 'furlong'") in told
    assert ("targets.csv", 6, "T005: target_year '2019' is before baseline_year '2020'") in told
    assert any(name == "actuals.csv" and row == 4 and "two thousand" in what for name, row, what in told)
    assert any(name == "targts.csv" for name, _, _ in told)
    with pytest.raises(InputError) as caught:
        load(city)
    assert len(caught.value.faults) >= 4


def test_evidence_whose_file_changed_is_told_with_its_row(tmp_path: Path) -> None:
    city = _city(tmp_path)
    file = city / "plan/report.txt"
    file.write_text("100 km opened", encoding="utf-8")
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    owners = "id,name_zh,name_en,true_on,known_on\nO1,甲局,Office,2021,2021\n"
    (city / "plan/owners.csv").write_text(owners, encoding="utf-8")
    head = "id,target,file,sha256,claimed_by,claimed_on,state,true_on,known_on\n"
    rows = f"E1,T001,report.txt,{digest},O1,2022-01-01,claimed,2022,2022\nE2,T001,gone.txt,{digest},O1,2022-01-01,claimed,2022,2022\n"
    (city / "plan/evidence.csv").write_text(head + rows, encoding="utf-8")
    _, faults = lint(city, REGISTRY)
    assert [(fault.row, "not there" in fault.what) for fault in faults] == [(3, True)]
    file.write_text("120 km opened", encoding="utf-8")
    _, faults = lint(city, REGISTRY)
    assert [fault.row for fault in faults] == [2, 3]
    assert "changed after it was claimed" in faults[0].what


def test_an_indicator_of_the_registry_must_exist() -> None:
    made = ledger(targets=[TARGET | {"indicator": "life_circle.clinic"}])
    assert [fault.row for fault in unknown_indicators(made, ["life_circle.park"])] == [2]
    assert list(unknown_indicators(made, ["life_circle.clinic"])) == []


@pytest.mark.parametrize(
    ("tables", "row", "says"),
    [
        ({"targets": [TARGET, TARGET | {"id": "T2", "baseline": "1.5"}]}, 3, "two baselines: 1.5 here, 1 in row 2"),
        ({"targets": [TARGET, TARGET]}, 3, "stands twice"),
        ({"targets": [TARGET | {"owner": "O9"}]}, 2, "owner 'O9' is missing"),
        ({"targets": [TARGET | {"article": "51"}]}, 2, "article '51' is missing"),
        ({"targets": [TARGET | {"target": ""}]}, 2, "has no target"),
        ({"targets": [TARGET | {"target": "0.5"}]}, 2, "on the other side of the baseline"),
        ({"targets": [TARGET | {"limit_high": "1.5"}]}, 2, "outside the natural limits"),
        ({"targets": [TARGET | {"op": "le"}]}, 2, "op and direction contradict"),
        ({"targets": [TARGET | {"path": "points"}]}, 2, "no point"),
        ({"targets": [TARGET | {"path": "compound", "baseline": "-1"}]}, 2, "one sign"),
        ({"targets": [TARGET | {"kind": "range"}]}, 2, "has no upper"),
        ({"targets": [TARGET | {"kind": "qualitative"}]}, 2, "has a number"),
        ({"targets": [TARGET | {"baseline_year": ""}]}, 2, "do not stand together"),
        (
            {"targets": [TARGET], "paths": [{"id": "P1", "target": "T1", "date": "2022", "value": "1", "source": "x"}]},
            2,
            "would be ignored",
        ),
        ({"targets": [TARGET], "actuals": [ACTUAL | {"unit": "yuan"}]}, 2, "does not fit"),
        ({"actuals": [ACTUAL | {"origin": "computed"}]}, 2, "has no twin"),
        ({"actuals": [ACTUAL | {"known_on": "2021-06-01"}]}, 2, "is before true_on"),
        ({"targets": [TARGET], "actuals": [ACTUAL | {"indicator": "y", "target": "T1"}]}, 2, "is about 'x'"),
        ({"tasks": [TASK | {"finish": "2020-12-31"}]}, 2, "is before start"),
        ({"tasks": [TASK | {"optimistic_days": "9", "duration_days": "5", "pessimistic_days": "6"}]}, 2, "out of order"),
        ({"tasks": [TASK | {"percent_done": "120"}]}, 2, "percent_done is 120"),
        ({"tasks": [TASK | {"needs": "crane=1"}]}, 2, "resource 'crane' is missing"),
        ({"tasks": [TASK], "owners": OWNERS, "evidence": [EVIDENCE | {"state": "checked"}]}, 2, "by whom and when"),
        ({"tasks": [TASK], "owners": OWNERS, "evidence": [EVIDENCE | {"query": ""}]}, 2, "neither a file"),
        ({"owners": OWNERS, "evidence": [EVIDENCE | {"task": ""}]}, 2, "names neither"),
    ],
)
def test_each_fault_is_told_with_its_row(tables: dict[str, list[dict[str, str]]], row: int, says: str) -> None:
    faults = relation_faults(ledger(**tables))
    assert [(fault.row, says in fault.what) for fault in faults] == [(row, True)]


def test_only_the_supervisor_closes_a_supervision_item() -> None:
    item = {"id": "S1", "issue_zh": "事项", "issue_en": "issue", "basis": "b", "task": "K1", "owner": "O1", "supervisor": "O2"}
    item |= {"opened_on": "2021-02-01", "deadline": "2021-03-01", "closed_on": "2021-03-01"}
    for closer, count in (("O1", 1), ("O2", 0)):
        faults = relation_faults(ledger(owners=OWNERS, tasks=[TASK], supervision=[item | {"closed_by": closer}]))
        assert len(faults) == count


@pytest.mark.parametrize(
    ("text", "row", "says"),
    [
        ("id,article\nT1,1\n", 1, "there is no column 'indicator'"),
        ("id,artcle\nT1,1\n", 1, "unknown column 'artcle'"),
        ("id,id\nT1,1\n", 1, "stands twice"),
    ],
)
def test_columns_are_checked(text: str, row: int, says: str) -> None:
    faults = FaultList()
    parse_table(text, schema("targets"), "targets.csv", faults)
    assert any(fault.row == row and says in fault.what for fault in faults.faults)


def test_a_ragged_row_is_told_and_the_others_are_read() -> None:
    faults = FaultList()
    head = "id,name_zh,name_en,true_on,known_on"
    text = f"{head}\nO1,甲,one,2020,2020\nO2,乙,two,three,2020,2020\nO3,丙,three,2020,2020\n"
    table = parse_table(text, schema("owners"), "owners.csv", faults)
    assert [fault.row for fault in faults.faults] == [3]
    assert list(table["id"]) == ["O1", "O3"]


def test_a_fault_names_its_row_whatever_line_breaks_the_cells_hold() -> None:
    faults = FaultList()
    text = 'id,name_zh,name_en,true_on,known_on\nO1,"a\nb",x,2020,2020\n\nO2,甲,y,2020\nO3,丙,"c\n\nd",2020,soon\n'
    parse_table(text, schema("owners"), "owners.csv", faults)
    # The first record ends in line 3, line 4 is empty, the record of line 5 lacks a cell, and the last one ends in line 8.
    assert sorted(fault.row or 0 for fault in faults.faults) == [5, 8]


def test_every_shipped_table_is_written_as_it_was_read() -> None:
    found = load(ROOT / "examples/chengdu")
    for name in schemas():
        path = plan_folder(ROOT / "examples/chengdu") / f"{name}.csv"
        if path.exists():
            assert table_text(found[name]) == path.read_text(encoding="utf-8")
