"""Tables as YAML: the same plan, the same faults, edits that keep what stands, and nothing that a small text could blow up."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from parkcity.base.errors import Fault, FaultList, InputError
from parkcity.insight.registry import INDICATORS
from parkcity.plan.edit import Author, add, amend
from parkcity.plan.ingest import import_rows
from parkcity.plan.ledger import plan_folder, read, write
from parkcity.plan.lint import lint
from parkcity.plan.load import load
from parkcity.plan.schema import schema
from parkcity.plan.store import FolderStore
from parkcity.plan.tables import table_of
from parkcity.plan.yaml_tables import parse_yaml, yaml_text
from parkcity.serve.cli.plan import plan

ROOT = Path(__file__).parents[2]
CHENGDU = ROOT / "examples/chengdu"
AUTHOR = Author("planner", "test", datetime(2026, 5, 4, 9, 30, tzinfo=UTC))
OWNERS = """# Who is asked; ids as in the staff list.
- id: O1
  name_zh: 园林局   # since 2019
  name_en: "Park bureau"
  true_on: 2021-01-01
  known_on: 2021-01-01
"""


def _run(*arguments: str) -> str:
    result = CliRunner().invoke(plan, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Chengdu's plan as CSV and as YAML."""
    root = tmp_path_factory.mktemp("yaml")
    shutil.copytree(CHENGDU / "plan", root / "csv" / "plan")
    _run(str(root / "csv"), "export", "--yaml", str(root / "yaml" / "plan"))
    return root / "csv", root / "yaml"


def test_a_plan_in_yaml_says_byte_for_byte_the_same(both: tuple[Path, Path], tmp_path: Path) -> None:
    plain, yaml = both
    assert {path.suffix for path in plan_folder(yaml).iterdir()} == {".yaml"}
    for command in (["status", "--format", "json"], ["status", "--at", "2023-06-30"], ["warn"], ["diff", "2021", "2024"]):
        assert _run(str(yaml), *command) == _run(str(plain), *command)
    written = []
    for city in both:
        _run(str(city), "evaluate", "--at", "2023-06-30", "--lang", "en", "--out", str(tmp_path / city.name))
        written.append([path.read_bytes() for path in sorted((tmp_path / city.name).iterdir())])
    assert written[0] == written[1]
    assert len(written[0]) == 2
    assert lint(yaml, (item.id for item in INDICATORS))[1] == []


def test_a_plan_goes_from_yaml_to_csv_without_loss(both: tuple[Path, Path], tmp_path: Path) -> None:
    ledger = load(both[1])
    write(ledger, tmp_path / "plan", suffix=".csv")
    assert load(tmp_path).content_hash == ledger.content_hash == load(CHENGDU).content_hash
    rows = {name: list(table) for name, table in ledger.tables.items() if len(table)}
    assert import_rows(FolderStore(tmp_path), rows, AUTHOR) == {}


_CELLS = st.one_of(
    st.sampled_from(("yes", "null", "~", "2020-12-27", "1.50", "007", "- a", "a: b", "#", "!!str x", "&a", "*a", "'", '"', " a ", "<<")),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20),
)


@settings(deadline=None)
@given(st.lists(st.tuples(_CELLS, _CELLS), min_size=1, max_size=4))
def test_any_text_survives_yaml(cells: list[tuple[str, str]]) -> None:
    item = schema("owners")
    made = table_of(item, [{"id": f"O{at}", "name_zh": zh, "name_en": en} for at, (zh, en) in enumerate(cells)])
    faults = FaultList()
    found = parse_yaml(yaml_text(made), item, "owners.yaml", faults)
    assert list(found) == list(made)


def test_other_programs_read_every_cell_as_the_text_that_it_is(both: tuple[Path, Path]) -> None:
    # Independent reader: PyYAML's own object loader, which gives types by the look of plain values.
    import yaml

    loaded = yaml.safe_load((plan_folder(both[1]) / "targets.yaml").read_text(encoding="utf-8"))
    assert len(loaded) == 129
    assert all(isinstance(text, str) for entry in loaded for text in entry.values())
    assert loaded[0]["target_year"] == "2025"


def _told(city: Path) -> list[Fault]:
    return lint(city, (item.id for item in INDICATORS))[1]


def test_the_same_faults_come_from_yaml_with_their_line(both: tuple[Path, Path], tmp_path: Path) -> None:
    said = {}
    for city in both:
        mine = tmp_path / city.name
        shutil.copytree(city, mine)
        (path,) = plan_folder(mine).glob("targets.*")
        text = path.read_text(encoding="utf-8")
        edits = [("km,市域,,,up,2020,4238", "furlong,市域,,,up,2020,4238"), ("unit: km", "unit: furlong")]
        edits += [
            (",2020,40.2,S,,2025,41,", ",2020,40.2,S,,2019,41,"),
            ("target_year: '2025'\n  target: '41'", "target_year: '2019'\n  target: '41'"),
        ]
        for old, new in edits:
            text = text.replace(old, new, 1)
        path.write_text(text, encoding="utf-8")
        faults = _told(mine)
        said[city.name] = sorted((fault.what, fault.allowed, fault.todo) for fault in faults)
        lines = text.splitlines()
        for fault in faults:
            assert fault.row
            assert Path(fault.where) == path
            assert ("T001" if "furlong" in fault.what else "T005") in lines[fault.row - 1]
    assert said["csv"] == said["yaml"]
    assert len(said["csv"]) >= 2


def test_a_table_that_stands_twice_is_a_fault(tmp_path: Path) -> None:
    shutil.copytree(CHENGDU / "plan", tmp_path / "plan")
    write(load(CHENGDU), tmp_path / "plan", ["targets"], suffix=".yaml")
    (tmp_path / "plan" / "actuals.yml").write_text("[]\n", encoding="utf-8")
    _, faults = read(tmp_path)
    told = {Path(fault.where).name: fault.what for fault in faults.faults}
    assert told == {"targets.yaml": "the table stands in targets.csv too.", "actuals.yml": "unknown table."}


def _small(tmp_path: Path, owners: str = OWNERS) -> Path:
    (tmp_path / "plan").mkdir()
    (tmp_path / "plan" / "owners.yaml").write_text(owners, encoding="utf-8")
    (tmp_path / "plan" / "plan.yaml").write_text(
        "- {id: p, name_zh: 规划, name_en: Plan, adopted: 2020-12-27, starts: 2021-01-01, ends: 2025-12-31,\n"
        "   true_on: 2020-12-27, known_on: 2020-12-27}\n",
        encoding="utf-8",
    )
    return tmp_path


def test_edits_keep_comments_and_layout_and_the_format(tmp_path: Path) -> None:
    store = FolderStore(_small(tmp_path))
    add(store, "owners", {"id": "O2", "name_zh": "交通局", "name_en": "yes"}, AUTHOR)
    amend(store, "owners", "O1", {"name_en": "Bureau of parks"}, AUTHOR)
    text = (tmp_path / "plan" / "owners.yaml").read_text(encoding="utf-8")
    assert text.startswith(OWNERS)
    assert sorted(path.name for path in (tmp_path / "plan").iterdir()) == ["changes.yaml", "owners.yaml", "plan.yaml"]
    found = load(tmp_path)
    assert [(row["id"], row["name_en"]) for row in found["owners"]] == [("O1", "Park bureau"), ("O2", "yes"), ("O1", "Bureau of parks")]
    assert [row["action"] for row in found["changes"]] == ["add", "amend"]


@pytest.mark.parametrize(
    "owners",
    [
        OWNERS.replace("\n", "\n  ").rstrip(" ").replace("# Who", "  # Who"),
        "",
        "[]\n",
        "[{id: O1, name_zh: 甲, name_en: A, true_on: 2021, known_on: 2021}]",
    ],
)
def test_entries_can_be_added_to_any_layout(tmp_path: Path, owners: str) -> None:
    store = FolderStore(_small(tmp_path, owners))
    before = [row["id"] for row in store.load()["owners"]]
    add(store, "owners", {"id": "O2", "name_zh": "交通局", "name_en": "Transport"}, AUTHOR)
    assert [row["id"] for row in store.load()["owners"]] == [*before, "O2"]


def _lines(levels: int) -> Iterator[str]:
    yield "- name_en: &a0 [x, x, x, x, x, x, x, x, x]"
    for level in range(1, levels):
        yield f"- name_en: &a{level} [{', '.join(9 * [f'*a{level - 1}'])}]"


@pytest.mark.parametrize(
    ("text", "told", "row"),
    [
        ("\n".join(_lines(40)), "the anchor or alias 'a0'", 1),
        ("- id: O1\n  name_zh: !!python/object/apply:os.system [ls]\n", "the tag 'tag:yaml.org,2002:python/object/apply:os.system'", 2),
        ("- id: &x O1\n- id: *x\n", "the anchor or alias 'x'", 2),
        ("- id: O1\n  name_zh: [甲, 乙]\n", "column 'name_zh' holds a list or a mapping", 2),
        ("- id: O1\n  nam: 甲\n", "unknown column 'nam'", 2),
        ("- id: O1\n  id: O2\n", "column 'id' stands twice", 2),
        ("- O1\n- [O2]\n", "an entry is not a mapping", 2),
        ("id: O1\n", "does not begin with a list", 1),
        ("[]\n---\n[]\n", "a second document", 2),
        ("- id: O1\n   name: x\n", "this is not YAML", 2),
        ("- id: \x07\n", "this is not YAML", None),
        ("- ? [a, b]\n  : c\n", "unknown column", 1),
        (20_000 * "[", "this is not YAML", None),
    ],
)
def test_what_a_table_has_no_use_for_is_told_with_its_line(text: str, told: str, row: int | None) -> None:
    faults = FaultList()
    parse_yaml(text, schema("owners"), "owners.yaml", faults)
    with pytest.raises(InputError, match="owners.yaml"):
        faults.check()
    assert any(told in fault.what and (row is None or fault.row == row) for fault in faults.faults), faults.faults
