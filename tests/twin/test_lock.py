"""city.lock: the same bytes from the same lock, and every difference told with what it changes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.conftest import REPOSITORY

from parkcity.base.errors import InputError
from parkcity.base.spec import load
from parkcity.serve.cli.main import cli
from parkcity.twin.build import build
from parkcity.twin.lock import LOCK, changes, read_lock


def _files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted((folder / "twin").rglob("*")) if path.is_file()}


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_build_from_the_lock_in_another_folder_gives_the_same_bytes(town: Path, tmp_path: Path) -> None:
    build(town)
    other = tmp_path / "elsewhere" / "copy"
    shutil.copytree(town, other, ignore=shutil.ignore_patterns("twin"))
    build(other, locked=True)
    assert _files(other) == _files(town)
    assert (other / LOCK).read_bytes() == (town / LOCK).read_bytes()


def test_the_lock_says_of_every_source_what_it_is(town: Path) -> None:
    build(town)
    rows = {row["id"]: row for row in read_lock(town)["sources"]}
    spec = load(town)
    assert set(rows) == {source.id for source in spec.sources}
    for source in spec.sources:
        row = rows[source.id]
        assert (row["date"], row["licence"], row["datum"], row["reader"]) == (source.date, source.licence, source.datum, source.reader)
        assert len(row["files"]) == 64
        assert row["reader_version"] >= 1
        assert row["filter"] == json.loads(json.dumps(dict(source.options)))


def test_nothing_differs_after_a_build(town: Path) -> None:
    build(town)
    assert changes(load(town)) == []


def test_a_changed_file_is_told_with_the_layers_that_rest_on_it(town: Path) -> None:
    build(town)
    source = next(source for source in load(town).sources if source.layer == "places")
    path = load(town).path(source)
    path.write_bytes(path.read_bytes() + b"\n")
    (change,) = changes(load(town))
    assert (change.source, change.what) == (source.id, "data")
    assert {"places", "attachments"} <= set(change.layers)
    assert not {"zones", "cells", "people", "streets"} & set(change.layers)


def test_a_changed_declaration_is_told(town: Path) -> None:
    build(town)
    _edit(town / "city.toml", "[people]", "[attach]\nlimit_m = 321.0\n\n[people]")
    (change,) = changes(load(town))
    assert (change.source, change.what) == ("", "declaration")
    assert "attachments" in change.layers
    assert not {"zones", "cells", "streets"} & set(change.layers)


def test_a_licence_changes_no_layer_but_the_report_learns_it(town: Path) -> None:
    before = build(town)
    licence = load(town).sources[0].licence
    _edit(town / "city.toml", f'licence = "{licence}"', 'licence = "CC0 1.0"')
    (change,) = changes(load(town))
    assert (change.what, change.layers) == ("licence", ())
    after = build(town)
    assert after.hash == before.hash
    assert after.manifest["sources"][0]["licence"] == "CC0 1.0"
    assert changes(load(town)) == []


def test_a_new_edition_of_a_reader_is_told(town: Path) -> None:
    build(town)
    lock = read_lock(town)
    lock["sources"][0]["reader_version"] = 0
    (town / LOCK).write_text(json.dumps(lock), encoding="utf-8")
    (change,) = changes(load(town))
    assert (change.source, change.what) == (lock["sources"][0]["id"], "reader")
    assert change.layers


def test_a_locked_build_refuses_what_the_lock_does_not_know(town: Path) -> None:
    build(town)
    date = load(town).sources[0].date
    _edit(town / "city.toml", f'date = "{date}"', 'date = "1999"')
    with pytest.raises(InputError, match="date is not what the lock says"):
        build(town, locked=True)


def test_a_locked_build_refuses_other_bytes(town: Path) -> None:
    build(town)
    lock = read_lock(town)
    lock["layers"]["cells"]["hash"] = "0" * 64
    (town / LOCK).write_text(json.dumps(lock), encoding="utf-8")
    with pytest.raises(InputError, match="'cells' has other bytes than the lock says"):
        build(town, locked=True)


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"format": 1, "sources": 3, "layers": {}}', "\xff\xfe"])
def test_a_lock_that_cannot_be_read_is_told(town: Path, text: str) -> None:
    (town / LOCK).write_text(text, encoding="latin-1")
    with pytest.raises(InputError, match="not a lock that can be read"):
        changes(load(town))


def test_without_a_lock_the_command_says_how_to_get_one(town: Path) -> None:
    done = CliRunner().invoke(cli, ["build", str(town), "--check"])
    assert isinstance(done.exception, InputError)
    assert "which writes it" in str(done.exception)


def test_the_check_ends_with_status_1_only_where_the_twin_is_stale(town: Path) -> None:
    build(town)
    fresh = CliRunner().invoke(cli, ["build", str(town), "--check", "--lang", "en"])
    assert fresh.exit_code == 0
    assert "the twin is up to date" in fresh.stdout
    source = next(source for source in load(town).sources if source.layer == "places")
    path = load(town).path(source)
    path.write_bytes(path.read_bytes() + b"\n")
    stale = CliRunner().invoke(cli, ["build", str(town), "--check", "--format", "json", "--lang", "en"])
    assert stale.exit_code == 1
    document = json.loads(stale.stdout)
    assert document["meta"]["stale"] is True
    (row,) = document["rows"]
    assert row["source"] == source.id
    assert any(name.startswith("life_circle.") for name in row["indicators"])
    assert "people.density" not in row["indicators"]


def test_the_program_itself_ends_with_status_1_where_the_twin_is_stale(town: Path) -> None:
    build(town)
    shutil.rmtree(town / "twin")
    done = subprocess.run([sys.executable, "-m", "parkcity", "build", str(town), "--check"], capture_output=True, check=False)
    assert done.returncode == 1


def test_a_twin_that_is_not_there_is_stale(town: Path) -> None:
    build(town)
    shutil.rmtree(town / "twin")
    done = CliRunner().invoke(cli, ["build", str(town), "--check", "--format", "json"])
    assert done.exit_code == 1
    assert "cells" in json.loads(done.stdout)["meta"]["remade"]


@pytest.mark.parametrize("name", ["chengdu", "las-palmas", "trafford"])
def test_the_locks_of_the_examples_are_those_of_their_sources(name: str) -> None:
    told = [change for change in changes(load(REPOSITORY / "examples" / name)) if change.source]
    assert told == [], f"build a copy of examples/{name} and take over its {LOCK}"
