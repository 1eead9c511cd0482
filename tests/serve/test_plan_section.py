"""The check-up scores the city's plan: a section of the report, `plan.csv`, and a warm cache that notices every edit of the plan."""

from __future__ import annotations

import csv
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.scenes.plan import write_plan
from tests.scenes.town import write_town

from parkcity.base.errors import InputError
from parkcity.base.words import LANGS, Lang
from parkcity.plan.edit import Author, add, amend
from parkcity.plan.load import load
from parkcity.plan.store import FolderStore
from parkcity.serve.report.check import run_check

AUTHOR = Author("planner", "test", datetime(2026, 5, 4, tzinfo=UTC))
TRACKED = {"id": "T3", "article": "1", "indicator": "school_share_pct", "name_zh": "小学步行覆盖", "name_en": "Schools, statistic"}
TRACKED |= {"kind": "reach", "op": "ge", "unit": "%", "scope": "town", "direction": "up", "target_year": "2028", "target": "95"}
TRACKED |= {"binding": "expected", "source": "s", "confidence": "S", "true_on": "2025-01-01"}
BY_TWIN = {"measured_by": "life_circle.primary_school.within_15_min"}


def silent(_step: str, _share: float) -> None:
    pass


@pytest.fixture
def city(tmp_path: Path) -> Path:
    folder = write_town(tmp_path / "town")
    write_plan(folder)
    return folder


def _rows(path: Path) -> dict[str, dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {row["target"]: row for row in csv.DictReader(file)}


@pytest.mark.parametrize("lang", LANGS)
def test_the_report_and_a_table_hold_every_target(city: Path, tmp_path: Path, lang: Lang) -> None:
    store = FolderStore(city)
    add(store, "targets", TRACKED | BY_TWIN | {"measured_as": "exact"}, AUTHOR)
    add(store, "targets", TRACKED | BY_TWIN | {"id": "T4", "indicator": "other_pct", "measured_as": "proxy"}, AUTHOR)
    # Greenways stand at 4 km in 2024 and 2025; a line to 10 km in 2028 asks for 5.5.
    value = {"id": "A2", "indicator": "greenway_km", "scope": "town", "value": "4", "op": "eq", "unit": "km", "origin": "statistic"}
    add(store, "actuals", value | {"source": "s", "confidence": "S", "true_on": "2025"}, AUTHOR)
    done = run_check(city, tmp_path / "out", lang, silent)
    rows = _rows(done.out / "plan.csv")
    assert set(rows) == {"T1", "T2", "T3", "T4"}
    assert "plan.csv" in done.manifest["files"]
    share = next(
        row["value"] for row in done.rows if (row["indicator"], row["tier"], row["group"]) == (BY_TWIN["measured_by"], "city", "all")
    )
    # What measures a target exactly is its value today; a proxy stands beside it and is none.
    assert float(rows["T3"]["value"]) == pytest.approx(100 * share, rel=1e-5)
    assert float(rows["T3"]["twin_value"]) == pytest.approx(share)
    assert (rows["T4"]["value"], rows["T4"]["measured_as"]) == ("", "proxy")
    assert float(rows["T4"]["twin_value"]) == pytest.approx(share)
    assert rows["T2"]["measured_by"] == ""
    text = (done.out / "report.html").read_text(encoding="utf-8")
    section = text[text.index('<section id="plan">') : text.index('<section id="norms">')]
    assert '<a href="#plan">' in text
    behind = [target for target, row in rows.items() if row["light"] in {"amber", "red"}]
    assert "T2" in behind
    assert all(f">{target}<" in section for target in behind)
    assert ("替代指标" if lang == "zh" else "by a proxy") in section
    # Nothing was written into the plan.
    assert all(row["origin"] != "computed" for row in load(city)["actuals"])


def test_a_city_without_a_plan_has_neither(tmp_path: Path) -> None:
    done = run_check(write_town(tmp_path / "town"), tmp_path / "out", "en", silent)
    assert not (done.out / "plan.csv").exists()
    assert 'id="plan"' not in (done.out / "report.html").read_text(encoding="utf-8")


def test_every_edit_of_the_plan_makes_the_check_up_anew_and_nothing_else_does(city: Path, tmp_path: Path) -> None:
    assert not run_check(city, tmp_path / "out", "en", silent).reused
    assert run_check(city, tmp_path / "out", "en", silent).reused
    store = FolderStore(city)
    amend(store, "targets", "T2", {"target": "9"}, AUTHOR)
    again = run_check(city, tmp_path / "out", "en", silent)
    assert not again.reused
    assert _rows(again.out / "plan.csv")["T2"]["goal"] == "≥ 9"
    add(store, "owners", {"id": "o", "name_zh": "局", "name_en": "Office"}, AUTHOR)
    assert not run_check(city, tmp_path / "out", "en", silent).reused
    assert run_check(city, tmp_path / "out", "en", silent).reused


def test_the_faults_of_a_plan_are_told_before_anything_is_measured(city: Path, tmp_path: Path) -> None:
    path = city / "plan" / "targets.csv"
    path.write_text(re.sub(",km,", ",furlong,", path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(InputError, match="furlong"):
        run_check(city, tmp_path / "out", "en", silent)
    assert not (tmp_path / "out").exists()
