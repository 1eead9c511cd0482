"""`parkcity plan` on the command line: columns, exit states, languages, edits."""

from __future__ import annotations

import ast
import csv
import io
import json
import shutil
from pathlib import Path
from typing import get_args

import pytest
from click.testing import CliRunner, Result

from parkcity.base.errors import InputError, UsageError
from parkcity.base.words import Lang
from parkcity.serve.cli.plan import plan

ROOT = Path(__file__).parents[2]
CHENGDU = str(ROOT / "examples/chengdu")
BY = ("--by", "planner", "--reason", "test")


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(plan, arguments, catch_exceptions=True)


def _json(*arguments: str) -> dict[str, list[dict[str, object]]]:
    result = _run(*arguments, "--format", "json", "--lang", "en")
    assert result.exit_code == 0, result.exception
    loaded: dict[str, list[dict[str, object]]] = json.loads(result.output)
    return loaded


@pytest.fixture
def city(tmp_path: Path) -> str:
    shutil.copytree(Path(CHENGDU) / "plan", tmp_path / "plan")
    return str(tmp_path)


def test_status_has_the_agreed_columns_and_marks_memory() -> None:
    found = _json(CHENGDU, "status", "--at", "2026-06-30")
    rows = {row["target"]: row for row in found["rows"]}
    assert list(rows["T001"])[:6] == ["target", "article", "status", "value", "path", "probability"]
    assert rows["T039"]["status"] == "missed"
    assert rows["T075"]["mark"] == "from memory, unverified"
    assert rows["T039"]["mark"] == ""
    table = list(csv.DictReader(io.StringIO(_run(CHENGDU, "status", "--at", "2026-06-30", "--format", "csv").output)))
    assert list(table[0]) == list(rows["T001"])


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    "arguments",
    [
        ("lint",),
        ("status",),
        ("score",),
        ("warn",),
        ("supervise",),
        ("contribution",),
        ("schedule",),
        ("show", "T001"),
        ("history", "T001"),
    ],
)
def test_every_listing_prints_in_both_languages(arguments: tuple[str, ...], lang: str) -> None:
    result = _run(CHENGDU, *arguments, "--lang", lang)
    assert result.exit_code == 0, result.exception
    assert result.output.strip()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_column_of_a_listing_has_its_own_title_in_each_language(lang: str) -> None:
    from parkcity.plan.document import words
    from parkcity.serve.cli import plan as module
    from parkcity.serve.cli import plan_effects

    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    listings = [plan_effects.EXPECTED, plan_effects.SPLIT, module._TABLE_COLUMNS]
    for node in ast.walk(tree):
        if isinstance(node, ast.Tuple | ast.List) and len(node.elts) > 1:
            texts = [part.value for part in node.elts if isinstance(part, ast.Constant) and isinstance(part.value, str)]
            if "mark" in texts or "item" in texts or "slip_days" in texts:
                listings.append(tuple(texts))
    assert len(listings) > 8
    spoken = get_args(Lang)[get_args(Lang).index(lang)]
    for columns in listings:
        titles = [words().get(f"head.{name}" if words().has(f"head.{name}") else f"col.{name}", spoken) for name in columns]
        assert len(set(titles)) == len(titles), titles


def test_show_marks_each_value_from_memory() -> None:
    rows = _json(CHENGDU, "show", "A045")["rows"]
    assert {row["field"]: row["mark"] for row in rows}["value"] == "from memory, unverified"
    rows = _json(CHENGDU, "show", "T075")["rows"]
    fields = {row["field"]: row["mark"] for row in rows if row["table"] == "targets"}
    assert (fields["baseline"], fields["target"]) == ("from memory, unverified", "")


def test_an_edit_goes_in_and_is_audited(city: str) -> None:
    values = ("id=A900", "indicator=greenway_km", "scope=市域", "value=9100", "op=eq", "unit=km", "origin=statistic", "source=communique")
    result = _run(city, "add", "actuals", *values, "confidence=F", "true_on=2025", *BY, "--known-on", "2026-03-31")
    assert result.exit_code == 0, result.exception
    rows = {row["target"]: row for row in _json(city, "status", "--at", "2026-06-30")["rows"]}
    assert (rows["T001"]["status"], rows["T001"]["value"]) == ("missed", 9100)
    assert _run(city, "amend", "actuals", "A900", "value=9200", *BY).exit_code == 0
    versions = _json(city, "history", "A900")["rows"]
    assert [row["by"] for row in versions] == ["planner", "planner"]
    assert _run(city, "amend", "actuals", "A900", "--withdraw", *BY).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        (("add", "actuals", "id=A901", "value=x", *BY), InputError, "column 'value' holds 'x'"),
        (("add", "actuls", "id=A901", *BY), UsageError, "no table 'actuls'"),
        (("add", "actuals", "id", *BY), UsageError, "not column=value"),
        (("status", "--at", "soon"), UsageError, "--at"),
        (("show", "T999"), UsageError, "no table has a row 'T999'"),
        (("score", "--by", "colour"), UsageError, "allowed: chapter"),
        (("import", *BY), UsageError, "exactly one of"),
        (("import", "--table", "x.csv", *BY), UsageError, "--source"),
        (("export",), UsageError, "at least one of"),
        (("schedule", "--daily-budget", "5"), UsageError, "belongs to --level"),
        (("amend", "targets", "T001", "target=1", "--withdraw", *BY), UsageError, "takes no values"),
    ],
)
def test_wrong_calls_say_what_is_wrong(city: str, arguments: tuple[str, ...], error: type[Exception], says: str) -> None:
    result = _run(city, *arguments)
    assert isinstance(result.exception, error)
    assert says in str(result.exception)


def test_an_option_that_does_not_exist_is_wrong_usage() -> None:
    assert _run(CHENGDU, "status", "--att", "2026").exit_code == 2


def test_documents_and_exports_are_written(city: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert _run(city, "evaluate", "--at", "2023-06-30", "--out", str(out), "--lang", "zh").exit_code == 0
    assert _run(city, "annual", "2026", "--out", str(out), "--lang", "en").exit_code == 0
    names = {path.name for path in out.iterdir()}
    assert names == {f"{stem}.{end}" for stem in ("evaluation-2023-06-30-zh", "annual-2026-en") for end in ("html", "docx")}
    files = {"--tidy": "t.csv", "--open-sdg": "sdg", "--spreadsheet": "p.xlsx", "--ics": "p.ics"}
    options = [part for option, name in files.items() for part in (option, str(out / name))]
    assert _run(city, "export", *options).exit_code == 0
    assert all((out / name).exists() for name in files.values())
    again = tmp_path / "again"
    assert _run(str(again), "import", "--spreadsheet", str(out / "p.xlsx"), *BY).exit_code == 0
    assert (again / "plan/targets.csv").read_bytes() == (Path(city) / "plan/targets.csv").read_bytes()


def test_a_check_up_comes_in_by_the_command(city: str, tmp_path: Path) -> None:
    report = tmp_path / "report"
    report.mkdir()
    (report / "manifest.json").write_text('{"twin": "0123456789abcdef", "as_of": "2026"}', encoding="utf-8")
    text = "indicator,tier,zone,group,value,unit,part,whole,grade\nlife_circle.park,city,chengdu,all,0.71,share,71,100,A\n"
    (report / "indicators.csv").write_text(text, encoding="utf-8")
    target = [
        "id=X1",
        "article=34",
        "indicator=life_circle.park",
        "name_zh=公园",
        "name_en=Parks",
        "kind=reach",
        "op=ge",
        "unit=%",
        "tier=city",
    ]
    target += ["scope=中心城区", "direction=up", "target_year=2030", "target=90", "binding=expected", "source=test", "confidence=S"]
    days = ("--known-on", "2026-01-31")
    assert _run(city, "add", "targets", *target, *BY, *days).exit_code == 0
    result = _run(city, "import", "--checkup", str(report), *BY, *days)
    assert (result.exit_code, result.output) == (0, "actuals +1\n")
    rows = {row["target"]: row for row in _json(city, "status")["rows"]}
    assert (rows["X1"]["value"], rows["X1"]["value_on"]) == (71, "2026-01-31")


def test_the_difference_between_two_days() -> None:
    rows = _json(CHENGDU, "diff", "2023-01-31", "2023-03-31")["rows"]
    assert {"table": "actuals", "id": "A148", "action": "added", "changed": "", "mark": ""} in rows
