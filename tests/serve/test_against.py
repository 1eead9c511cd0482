"""`parkcity check CITY --against FOLDER`: the report and changes.csv tell what changed and why."""

from __future__ import annotations

import csv
import shutil
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from tests.scenes.town import Town, write_town

from parkcity.serve.cli.main import cli
from parkcity.serve.report.check import run_check
from parkcity.twin.earlier import labels

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result


def _quiet(_step: str, _share: float) -> None:
    pass


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def years(tmp_path: Path) -> tuple[Path, Path]:
    """The town with one school, checked up then, and with both now; the list of places is of the same date."""
    older = write_town(tmp_path / "then" / "town", Town(places=Town().places[:1] + Town().places[2:]))
    newer = write_town(tmp_path / "now" / "town")
    return older, newer


def test_a_changed_list_of_places_of_the_same_date_is_a_change_of_data(years: tuple[Path, Path], tmp_path: Path) -> None:
    older, newer = years
    run_check(older, older / "report", "en", _quiet)
    done = run_check(newer, tmp_path / "out", "zh", _quiet, against=older)
    rows = _rows(done.out / "changes.csv")
    assert {(row["part"], row["step"]) for row in rows if row["part"] not in {"new", "gone"}} == {("data", "places")}
    now = {(row["indicator"], row["tier"], row["zone"], row["group"]): row["value"] for row in done.rows}
    for row in rows:
        assert float(row["now"]) == now[row["indicator"], row["tier"], row["zone"], row["group"]]
    page = (done.out / "report.html").read_text(encoding="utf-8")
    assert 'id="changes"' in page
    assert "changes.csv" in done.manifest["files"]
    assert run_check(newer, tmp_path / "out", "zh", _quiet, against=older).reused


def test_what_the_program_says_otherwise_is_a_change_of_method(years: tuple[Path, Path], tmp_path: Path) -> None:
    older, _ = years
    done = run_check(older, older / "report", "en", _quiet)
    path = done.out / "indicators.csv"
    # An earlier program that recorded one number otherwise: 0.5 for the share within reach of a primary school.
    text = path.read_text(encoding="utf-8-sig").splitlines()
    at = next(number for number, line in enumerate(text) if line.startswith("life_circle.primary_school,city,"))
    cells = text[at].split(",")
    before, cells[4] = float(cells[4]), "0.5"
    text[at] = ",".join(cells)
    path.write_text("\n".join(text) + "\n", encoding="utf-8")
    again = run_check(older, tmp_path / "out", "en", _quiet, against=older)
    (row,) = _rows(again.out / "changes.csv")
    assert (row["indicator"], row["part"], row["step"]) == ("life_circle.primary_school", "method", "parkcity")
    assert float(row["amount"]) == pytest.approx(before - 0.5, abs=1e-15)


def _check(*words: object) -> Result:
    return CliRunner().invoke(cli, ["check", *map(str, words), "--quiet", "--lang", "en"])


def test_a_city_is_kept_under_a_label_and_compared_with_by_its_name(tmp_path: Path) -> None:
    town = write_town(tmp_path / "town", Town(places=Town().places[:1] + Town().places[2:]))
    assert "kept" in _check(town, "--keep", "2025").stderr
    newer = write_town(tmp_path / "newer")
    shutil.copy(newer / "data" / "places.csv", town / "data" / "places.csv")
    named = _check(town, "--out", tmp_path / "named", "--against", f"{town}@2025")
    short = _check(town, "--out", tmp_path / "short", "--against", "@2025")
    folder = _check(town, "--out", tmp_path / "folder", "--against", town / "earlier" / "2025")
    assert [run.exit_code for run in (named, short, folder)] == [0, 0, 0], named.output
    tables = [(tmp_path / name / "changes.csv").read_bytes() for name in ("named", "short", "folder")]
    assert tables[0] == tables[1] == tables[2]
    assert {row["part"] for row in _rows(tmp_path / "named" / "changes.csv")} >= {"data"}


def test_what_is_kept_is_never_written_over_and_an_unknown_label_tells_what_is_kept(tmp_path: Path) -> None:
    town = write_town(tmp_path / "town")
    assert _check(town, "--keep", "2025").exit_code == 0
    kept = {path: path.read_bytes() for path in (town / "earlier").rglob("*") if path.is_file()}
    again = _check(town, "--keep", "2025")
    assert "kept already" in str(again.exception)
    assert {path: path.read_bytes() for path in (town / "earlier").rglob("*") if path.is_file()} == kept
    unknown = _check(town, "--against", "@2019")
    assert "kept: 2025." in str(unknown.exception)
    assert "cannot name" in str(_check(town, "--keep", "../2025").exception)
    assert not (tmp_path / "2025").exists()


def test_a_kept_city_holds_no_copies_within_copies(tmp_path: Path) -> None:
    town = write_town(tmp_path / "town")
    for label in ("2024", "2025"):
        assert _check(town, "--keep", label).exit_code == 0
    assert labels(town) == ["2024", "2025"]
    assert not (town / "earlier" / "2025" / "earlier").exists()
    assert not (town / "earlier" / "2025" / "twin").exists()
