"""Tasks as they stand: facts before the network, and what is expected of the rest. Days are counted on the calendar of 2023.

source: hand counts on the working days of March 2023 (no holidays; 6, 13, 20, 27 March are Mondays).
"""

from __future__ import annotations

from datetime import date

import pytest

from parkcity.plan.schedule import programme
from tests.plan.ledgers import ledger

TASK = {
    "name_zh": "任务",
    "name_en": "task",
    "start": "2023-03-06",
    "finish": "2023-03-31",
    "known_on": "2023-01-01",
    "true_on": "2023-01-01",
}
FOLLOWS = {"id": "D1", "task": "B", "predecessor": "A", "type": "FS"}


def rows(at: date, a: dict[str, object], b: dict[str, object] | None = None) -> dict[str, dict[str, object]]:
    """The rows of task A, and of B that waits for A, on a day."""
    tasks = [TASK | {"id": "A", "duration_days": 10} | a]
    links = []
    if b is not None:
        tasks.append(TASK | {"id": "B", "duration_days": 5} | b)
        links.append(FOLLOWS)
    return {str(row["task"]): row for row in programme(ledger(tasks=tasks, dependencies=links).view(at)).rows()}


def test_a_running_task_without_a_share_done_keeps_its_duration() -> None:
    row = rows(date(2023, 3, 8), {"started_on": "2023-03-06"})["A"]
    assert row["expected_finish"] == "2023-03-17"
    assert row["slip_days"] == 0
    assert row["status"] == "started"


def test_a_running_task_with_a_share_done_needs_the_rest_from_today_on() -> None:
    row = rows(date(2023, 3, 15), {"started_on": "2023-03-06", "percent_done": 20})["A"]
    # 80 % of ten days are eight: Wednesday 15 to Friday 24 March.
    assert row["expected_finish"] == "2023-03-24"
    assert row["slip_days"] == 5


def test_a_running_task_past_its_end_is_expected_to_end_today() -> None:
    assert rows(date(2023, 3, 21), {"started_on": "2023-03-06"})["A"]["expected_finish"] == "2023-03-21"


def test_a_task_that_has_not_started_begins_today_at_the_earliest() -> None:
    row = rows(date(2023, 3, 13), {})["A"]
    assert row["expected_finish"] == "2023-03-24"
    assert row["status"] == "late"


def test_what_started_before_its_predecessor_ended_has_started_all_the_same() -> None:
    found = rows(
        date(2023, 3, 13), {"started_on": "2023-03-06", "percent_done": 50}, {"started_on": "2023-03-08", "finished_on": "2023-03-10"}
    )
    assert found["A"]["expected_finish"] == "2023-03-17"
    assert found["B"]["expected_finish"] == "2023-03-10"
    assert found["B"]["status"] == "done"


def test_a_task_that_tells_only_its_end_is_done() -> None:
    found = rows(date(2023, 3, 20), {"finished_on": "2023-03-10"}, {})
    assert found["A"]["expected_finish"] == "2023-03-10"
    assert found["A"]["status"] == "done"
    # B has no start of its own yet, so it takes five days from today, a Monday, on.
    assert found["B"]["expected_finish"] == "2023-03-24"


@pytest.mark.parametrize("at", [date(2023, 3, 6), date(2023, 3, 17), date(2023, 5, 9)])
def test_without_facts_only_today_moves_the_plan(at: date) -> None:
    found = rows(at, {}, {})
    assert found["B"]["slip_days"] == found["A"]["slip_days"]
