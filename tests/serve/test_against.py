"""`parkcity check CITY --against FOLDER`: the report and changes.csv tell what changed and why."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest
from tests.scenes.town import Town, write_town

from parkcity.serve.report.check import run_check

if TYPE_CHECKING:
    from pathlib import Path


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
