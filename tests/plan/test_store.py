"""One behaviour for both stores: text files and PostgreSQL. The database is named by PARKCITY_TEST_POSTGRES (a libpq string)."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from parkcity.base.errors import InputError, UsageError
from parkcity.plan.edit import Author, add, amend, withdraw
from parkcity.plan.ingest import import_rows
from parkcity.plan.lint import lint
from parkcity.plan.load import load
from parkcity.plan.store import FolderStore, Store

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
AUTHOR = Author("planner", "test", NOW)
OWNER = {"id": "O1", "name_zh": "园林局", "name_en": "Park bureau"}

Open = Callable[[], Store]


@pytest.fixture(params=["folder", "postgres"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """A way to open one and the same new ledger, as often as there are writers."""
    if request.param == "folder":
        yield lambda: FolderStore(tmp_path)
        return
    address = os.environ.get("PARKCITY_TEST_POSTGRES")
    if not address:
        if os.environ.get("PARKCITY_REQUIRE_POSTGRES") == "1":
            pytest.fail("PostgreSQL is required here but PARKCITY_TEST_POSTGRES does not name one")
        pytest.skip("no database: set PARKCITY_TEST_POSTGRES to a libpq connection string")
    from parkcity.plan.postgres import PostgresStore

    schema = f"plan_{uuid4().hex[:12]}"
    stores: list[PostgresStore] = []

    def make() -> Store:
        stores.append(PostgresStore(address, schema))
        return stores[-1]

    yield make
    import psycopg

    for store in stores:
        store.close()
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f'drop schema if exists "{schema}" cascade')


def test_an_empty_store_is_an_empty_ledger(opened: Open) -> None:
    assert all(len(table) == 0 for table in opened().load().tables.values())


def test_a_whole_plan_goes_in_and_comes_out_the_same(opened: Open) -> None:
    shipped = load(ROOT / "examples/chengdu")
    store = opened()
    rows = {name: list(table) for name, table in shipped.tables.items() if len(table)}
    counts = import_rows(store, rows, AUTHOR)
    assert counts["targets"] == 129
    found = opened().load()
    assert found.view(NOW.date()).snapshot == shipped.view(NOW.date()).snapshot
    assert import_rows(store, rows, AUTHOR) == {}


def test_edits_are_versions_and_leave_an_audit(opened: Open) -> None:
    store = opened()
    add(store, "owners", OWNER, AUTHOR)
    amend(store, "owners", "O1", {"name_en": "Bureau of parks"}, Author("editor", "name", NOW.replace(day=5)))
    withdraw(store, "owners", "O1", Author("editor", "merged", NOW.replace(day=6)))
    found = opened().load()
    assert [row["name_en"] for row in found.versions("owners", "O1")] == ["Park bureau", "Bureau of parks", "Bureau of parks"]
    shown = [list(found.view(NOW.replace(day=day).date())["owners"]["name_en"]) for day in (3, 4, 5, 6)]
    assert shown == [[], ["Park bureau"], ["Bureau of parks"], []]
    assert [(row["id"], row["by"], row["action"], row["row"]) for row in found["changes"]] == [
        ("C1", "planner", "add", "O1"),
        ("C2", "editor", "amend", "O1"),
        ("C3", "editor", "withdraw", "O1"),
    ]


def test_a_faulty_edit_writes_nothing(opened: Open) -> None:
    store = opened()
    add(store, "owners", OWNER, AUTHOR)
    with pytest.raises(InputError, match="owner 'O9' is missing"):
        add(store, "risks", _risk("O9"), AUTHOR)
    with pytest.raises(UsageError, match="has a row 'O1' already"):
        add(store, "owners", OWNER, AUTHOR)
    with pytest.raises(UsageError, match="no column 'nam'"):
        amend(store, "owners", "O1", {"nam": "x"}, AUTHOR)
    with pytest.raises(UsageError, match="changes nothing"):
        amend(store, "owners", "O1", {"name_en": "Park bureau"}, AUTHOR)
    with pytest.raises(UsageError, match="no row 'O7'"):
        withdraw(store, "owners", "O7", AUTHOR)
    with pytest.raises(UsageError, match="who makes it and why"):
        Author("planner", " ", NOW)
    found = opened().load()
    assert [len(found[name]) for name in ("owners", "risks", "changes")] == [1, 0, 1]


def _risk(owner: str) -> dict[str, str]:
    texts = dict.fromkeys(("name_zh", "name_en", "response_zh", "response_en"), "x")
    return {"id": "R1", "task": "K1", "likelihood": "1", "impact": "1", "owner": owner, "state": "open", **texts}


def test_an_import_is_all_or_nothing(opened: Open) -> None:
    store = opened()
    rows = {"owners": [OWNER], "risks": [_risk("O9")]}
    with pytest.raises(InputError):
        import_rows(store, rows, AUTHOR)
    assert all(len(table) == 0 for table in opened().load().tables.values())


def test_two_writers_lose_nothing(opened: Open) -> None:
    failures: list[BaseException] = []

    def work(name: str) -> None:
        try:
            store = opened()
            for number in range(8):
                add(store, "owners", {"id": f"{name}{number}", "name_zh": "甲", "name_en": name}, AUTHOR)
        except (InputError, UsageError) as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = opened().load()
    assert failures == []
    assert len(found["owners"]) == 16
    assert sorted(found["changes"]["id"]) == sorted(f"C{number}" for number in range(1, 17))


def test_texts_of_any_kind_survive(opened: Open) -> None:
    text = 'quotes " and, commas; 中文\ttab\\N backslash'
    add(opened(), "owners", OWNER | {"name_en": text}, AUTHOR)
    assert opened().load().view(NOW.date()).row("owners", "O1")["name_en"] == text


def test_lint_tells_the_same_faults_of_both_stores_at_once(opened: Open, tmp_path: Path) -> None:
    target = {"id": "T1", "article": "9", "indicator": "no.such", "name_zh": "指标", "name_en": "x", "kind": "reach", "op": "ge"}
    target |= {"unit": "furlong", "scope": "city", "target_year": "2025", "target": "2", "binding": "unknown", "source": "test"}
    proof = {"id": "E1", "target": "T1", "file": "gone.pdf", "sha256": 64 * "0", "claimed_by": "O1"}
    times, claimed = {"true_on": "2021", "known_on": "2021"}, {"claimed_on": "2021", "state": "claimed"}
    rows = {
        "targets": [target | times | {"confidence": "S"}],
        "evidence": [proof | times | claimed],
        "owners": [OWNER | times],
    }
    opened().append(rows)
    _, faults = lint(tmp_path, ["services.clinic"], opened())
    said = [fault.what for fault in faults]
    for part in ("holds 'furlong'", "article '9' is missing", "no indicator 'no.such'", "'gone.pdf' is not there"):
        assert sum(part in one for one in said) == 1, part
    assert all(fault.row for fault in faults)


def test_a_database_of_an_earlier_version_gains_the_new_columns() -> None:
    address = os.environ.get("PARKCITY_TEST_POSTGRES")
    if not address:
        pytest.skip("no database: set PARKCITY_TEST_POSTGRES to a libpq connection string")
    import psycopg

    from parkcity.plan.postgres import PostgresStore

    schema = f"plan_{uuid4().hex[:12]}"
    with psycopg.connect(address, autocommit=True) as connection:
        try:
            first = PostgresStore(address, schema)
            add(first, "owners", OWNER, AUTHOR)
            first.close()
            connection.execute(f'alter table "{schema}".owners drop column part_of')
            connection.execute(f'drop table "{schema}".reviews')
            again = PostgresStore(address, schema)
            found = again.load()
            again.close()
            assert [(row["id"], row["part_of"]) for row in found["owners"]] == [("O1", "")]
            assert len(found["reviews"]) == 0
        finally:
            connection.execute(f'drop schema if exists "{schema}" cascade')
