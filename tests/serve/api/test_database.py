"""The server's database: its forms, its backup, in SQLite and in PostgreSQL alike."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy
from click.testing import CliRunner
from tests.serve.api.conftest import PASSWORD

from parkcity.base.errors import InputError, UsageError
from parkcity.serve.accounts import audit
from parkcity.serve.accounts.database import Database, backup, restore
from parkcity.serve.accounts.documents import Documents
from parkcity.serve.accounts.people import People
from parkcity.serve.accounts.tables import METADATA


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A fresh database of either kind."""
    if request.param == "sqlite":
        made = Database.open(f"sqlite:///{tmp_path / 'serve.db'}")
    else:
        address = os.environ.get("PARKCITY_TEST_POSTGRES")
        if not address:
            pytest.skip("PARKCITY_TEST_POSTGRES names no PostgreSQL server")
        made = Database.open(address if address.startswith("postgresql://") else f"postgresql://?{address.replace(' ', '&')}")
        METADATA.drop_all(made.engine)
        with made.begin() as connection:
            connection.exec_driver_sql("DROP TABLE IF EXISTS alembic_version")
        made.migrate()
    yield made
    made.close()


def test_the_migrated_tables_are_those_that_the_code_declares(database: Database) -> None:
    found = sqlalchemy.MetaData()
    found.reflect(database.engine)
    for table in METADATA.sorted_tables:
        there = found.tables[table.name]
        assert {column.name: column.nullable for column in there.columns} == {column.name: column.nullable for column in table.columns}
        assert {key.target_fullname for key in there.foreign_keys} == {key.target_fullname for key in table.foreign_keys}
    assert set(found.tables) == {*METADATA.tables, "alembic_version"}


def test_the_newest_form_is_that_of_the_last_migration() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    from parkcity.serve.accounts.database import NEWEST

    config = Config()
    config.set_main_option("script_location", "parkcity.serve.accounts:migrations")
    assert ScriptDirectory.from_config(config).get_heads() == [NEWEST]


def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'serve.db'}"
    People(Database.open(url)).add("one", "viewer", password=PASSWORD)
    assert [row["name"] for row in People(Database.open(url)).all()] == ["one"]


def test_a_backup_brings_everything_back(database: Database, tmp_path: Path) -> None:
    people, documents = People(database), Documents(database)
    people.add("one", "planner", password=PASSWORD, tiers=["city"])
    key = people.add_key("one", "label")["key"]
    scenario, _ = documents.put("town", {"id": "s", "changes": []})
    draft, _ = documents.add_draft("town", "one", "甲", scenario)
    audit.write(database, "one", "POST", "/x", {"to": 1})
    target = tmp_path / "backup.json"
    count = backup(database, target)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    people.remove("one")
    people.add("intruder", "admin", password=PASSWORD)
    assert restore(database, target) == count
    assert [row["name"] for row in people.all()] == ["one"]
    assert people.verify("one", PASSWORD, "here")
    who = people.by_key(key)
    assert who is not None
    assert (who.user, who.role, who.tiers) == ("one", "planner", frozenset({"city"}))
    assert documents.draft("town", "one", draft["id"]) == draft
    audit.write(database, "one", "POST", "/y", {})
    total, rows = audit.rows(database, since=None, user=None, limit=10, offset=0)
    assert (total, [row["subject"] for row in rows]) == (2, ["/y", "/x"])


def test_a_file_that_is_no_backup_leaves_the_database_as_it_was(database: Database, tmp_path: Path) -> None:
    People(database).add("one", "viewer", password=PASSWORD)
    wrong = tmp_path / "wrong.json"
    for text in ("not json", "{}", '{"tables": {"users": 3}}', '{"format": 1, "tables": []}'):
        wrong.write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match="not a backup"):
            restore(database, wrong)
    tables = ", ".join(f'"{table.name}": []' for table in METADATA.sorted_tables if table.name != "users")
    wrong.write_text(f'{{"tables": {{{tables}, "users": [{{"name": null}}]}}}}', encoding="utf-8")
    with pytest.raises(InputError, match="does not fit"):
        restore(database, wrong)
    assert [row["name"] for row in People(database).all()] == ["one"]


def test_other_databases_are_refused_in_words() -> None:
    with pytest.raises(UsageError, match="sqlite:///FILE"):
        Database.open("mysql://somewhere")


def test_the_commands_add_list_key_backup_and_restore(tmp_path: Path) -> None:
    from parkcity.serve.cli.accounts import accounts

    url = f"sqlite:///{tmp_path / 'serve.db'}"

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(accounts, ["--database", url, *arguments], env={"PARKCITY_PASSWORD": PASSWORD}, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    run("add", "chief", "--role", "admin")
    key = run("key", "chief", "--days", "1").strip()
    run("backup", str(tmp_path / "b.json"))
    run("remove", "chief")
    assert "chief" not in run("list", "--format", "csv")
    run("restore", str(tmp_path / "b.json"))
    assert "chief,admin" in run("list", "--format", "csv")
    who = People(Database.open(url)).by_key(key)
    assert who is not None
    assert who.role == "admin"
