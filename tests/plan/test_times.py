"""As true on and as known on: amendments are versions, and reports of earlier days come again byte for byte."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parkcity.base.errors import UsageError
from parkcity.plan.edit import Author, amend, withdraw
from parkcity.plan.evaluate import evaluation
from parkcity.plan.history import diff, history
from parkcity.plan.ledger import Ledger, write
from parkcity.plan.load import load
from parkcity.plan.status import standings
from parkcity.plan.store import FolderStore
from parkcity.serve.report.plan_document import document_docx, document_html
from tests.plan.ledgers import ledger

ROOT = Path(__file__).parents[2]
DAY = date(2023, 6, 30)


@pytest.fixture
def city(tmp_path: Path) -> Path:
    write(load(ROOT / "examples/chengdu"), tmp_path / "plan")
    return tmp_path


def _report(city: Path, day: date) -> tuple[bytes, bytes]:
    document = evaluation(load(city).view(day), "zh")
    return document_html(document).encode(), document_docx(document)


def test_the_report_of_a_past_day_comes_again_byte_for_byte_after_amendments(city: Path) -> None:
    before = _report(city, DAY)
    store = FolderStore(city)
    author = Author("planner", "mid-term amendment", datetime(2023, 9, 1, 9, 0, tzinfo=UTC))
    amend(store, "targets", "T001", {"target": "9000"}, author)
    amend(store, "actuals", "A148", {"value": "6160"}, author)
    withdraw(store, "targets", "T005", author)
    assert _report(city, DAY) == before
    later = load(city).view(date(2023, 9, 2))
    assert later.row("targets", "T001")["target"] == "9000"
    assert "T005" not in later["targets"].index
    assert later.snapshot != load(city).view(DAY).snapshot


def test_known_and_true_are_two_questions(city: Path) -> None:
    # The retail value of 2020 was published on 2021-12-31 in our table: true since 2020-12-31, known a year later.
    found = load(city)
    assert "A044" not in found.view(date(2021, 6, 30))["actuals"].index
    assert "A044" in found.view(date(2021, 6, 30), date(2022, 1, 1))["actuals"].index
    # As known today, the past can be judged again.
    hindsight = {item.target.id: item.value for item in standings(found.view(DAY, date(2024, 12, 31)))}
    assert hindsight["T001"] == 6158


def test_history_and_diff_tell_what_changed_and_who_did_it(city: Path) -> None:
    author = Author("planner", "later reports", datetime(2026, 5, 4, 9, 0, tzinfo=UTC))
    amend(FolderStore(city), "targets", "T001", {"target": "9000"}, author)
    rows = history(load(city), "T001", "targets")
    assert [row["changed"] for row in rows] == ["", "target: 10000 → 9000"]
    assert (rows[1]["by"], rows[1]["reason"]) == ("planner", "later reports")
    (row,) = diff(load(city), date(2026, 5, 3), date(2026, 5, 4))
    assert (row["table"], row["id"], row["action"]) == ("targets", "T001", "amended")


def test_a_row_that_is_not_known_yet_is_an_error_that_says_so(city: Path) -> None:
    with pytest.raises(UsageError, match="as known on 2021-01-01"):
        load(city).view(date(2021, 1, 1)).row("actuals", "A148")


_days = st.dates(date(2020, 1, 1), date(2026, 1, 1))


@given(st.lists(st.tuples(_days, _days, st.booleans()), min_size=1, max_size=8, unique_by=lambda row: row[:2]), _days, _days)
def test_a_view_never_shows_what_was_not_known_or_not_yet_true(versions: list[tuple[date, date, bool]], at: date, known: date) -> None:
    rows = [
        {"id": "O1", "name_zh": "甲", "name_en": str(number), "true_on": true, "known_on": learned, "withdrawn": "yes" if gone else ""}
        for number, (true, learned, gone) in enumerate(versions)
    ]
    found = ledger(owners=rows).view(at, known)["owners"]
    holding = [row for row in versions if row[0] <= at and row[1] <= known]
    if not holding or max(holding)[2]:
        assert len(found) == 0
    else:
        assert list(found["name_en"]) == [str(versions.index(max(holding)))]


@given(st.permutations(range(6)))
def test_the_order_of_rows_does_not_change_the_snapshot(order: list[int]) -> None:
    rows = [{"id": f"O{number}", "name_zh": "甲", "name_en": str(number)} for number in range(6)]
    plain, mixed = ledger(owners=rows), ledger(owners=[rows[at] for at in order])
    assert plain.view().snapshot == mixed.view().snapshot


def test_an_empty_ledger_says_so() -> None:
    from parkcity.base.errors import InputError
    from parkcity.plan.tables import all_empty

    with pytest.raises(InputError, match="no rows"):
        Ledger(all_empty(), "nowhere").view()
