"""A row may be edited more than once a day: the later version counts, and only what no edit explains is a fault."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from parkcity.base.errors import InputError
from parkcity.plan.edit import Author, add, amend, withdraw
from parkcity.plan.history import history
from parkcity.plan.ingest import import_rows
from parkcity.plan.load import load
from parkcity.plan.store import FolderStore

AUTHOR = Author("planner", "test", datetime(2026, 5, 4, 9, 30, tzinfo=UTC))
OWNER = {"id": "O1", "name_zh": "园林局", "name_en": "Park bureau"}


def test_the_last_edit_of_a_day_counts(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    add(store, "owners", OWNER, AUTHOR)
    amend(store, "owners", "O1", {"name_en": "Bureau of parks"}, AUTHOR)
    amend(store, "owners", "O1", {"name_en": "Parks"}, AUTHOR)
    ledger = load(tmp_path)
    assert list(ledger.view()["owners"]["name_en"]) == ["Parks"]
    changed = [row["changed"] for row in history(ledger, "O1", "owners")]
    assert changed == ["", "name_en: Park bureau → Bureau of parks", "name_en: Bureau of parks → Parks"]
    withdraw(store, "owners", "O1", AUTHOR)
    assert len(load(tmp_path).view()["owners"]) == 0


def test_what_was_imported_can_be_imported_again_on_the_same_day_with_a_correction(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    import_rows(store, {"owners": [OWNER]}, AUTHOR)
    assert import_rows(store, {"owners": [OWNER | {"name_en": "Parks"}]}, AUTHOR) == {"owners": 1}
    assert list(load(tmp_path).view()["owners"]["name_en"]) == ["Parks"]


def test_an_import_that_says_two_things_about_one_row_is_refused_whole(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    with pytest.raises(InputError, match="O1: stands 2 times"):
        import_rows(store, {"owners": [OWNER, OWNER | {"name_en": "Parks"}]}, AUTHOR)
    assert len(store.load()["owners"]) == 0


def test_a_row_copied_in_the_file_is_a_fault_with_its_row(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    add(store, "owners", OWNER, AUTHOR)
    path = tmp_path / "plan/owners.csv"
    path.write_text(path.read_text(encoding="utf-8") + path.read_text(encoding="utf-8").splitlines()[1] + "\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load(tmp_path)
    (fault,) = caught.value.faults
    assert fault.row == 3
    assert "O1: stands twice for the same days, first in row 2" in fault.what


def test_an_import_of_all_versions_adds_nothing_where_they_stand(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    versions = [OWNER | {"known_on": "2021-01-01", "true_on": "2021-01-01"}]
    versions.append(versions[0] | {"name_en": "Parks", "known_on": "2022-01-01"})
    assert import_rows(store, {"owners": versions}, AUTHOR) == {"owners": 2}
    assert import_rows(store, {"owners": versions}, AUTHOR) == {}
    assert import_rows(store, {"owners": versions[::-1]}, AUTHOR) == {}


def test_a_row_that_differs_only_in_the_day_from_which_it_holds_is_a_new_version(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    import_rows(store, {"owners": [OWNER | {"true_on": "2021-01-01"}]}, AUTHOR)
    assert import_rows(store, {"owners": [OWNER | {"true_on": "2022-01-01"}]}, AUTHOR) == {"owners": 1}


def test_a_row_without_an_id_is_a_fault_and_not_a_crash(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="column 'id' is empty"):
        import_rows(FolderStore(tmp_path), {"owners": [{"name_zh": "园林局", "name_en": "Parks"}]}, AUTHOR)


def test_each_version_names_its_own_edit(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    import_rows(store, {"owners": [OWNER]}, Author("importer", "first", AUTHOR.at))
    amend(store, "owners", "O1", {"name_en": "Bureau of parks"}, Author("one", "spelling", AUTHOR.at))
    amend(store, "owners", "O1", {"name_en": "Parks"}, Author("two", "shorter", AUTHOR.at))
    found = history(load(tmp_path), "O1", "owners")
    assert [(row["by"], row["reason"], row["action"]) for row in found] == [
        ("importer", "first", "import"),
        ("one", "spelling", "amend"),
        ("two", "shorter", "amend"),
    ]


def test_a_spoilt_audit_is_a_fault_and_not_a_crash(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    import_rows(store, {"owners": [OWNER]}, AUTHOR)
    path = tmp_path / "plan/changes.csv"
    path.write_text(path.read_text(encoding="utf-8").replace('"[""O1""]"', "O1"), encoding="utf-8")
    with pytest.raises(InputError, match="the ids that the import wrote cannot be read"):
        load(tmp_path)
