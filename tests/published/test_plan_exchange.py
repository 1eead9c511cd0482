"""The schedule and its MS Project file against an independent program.

source: MPXJ 16.10 (LGPL) read the file that `project_xml` writes for this network and scheduled it anew with its MicrosoftScheduler;
dates, total slack and criticality below are what it gave. The period holds the Spring Festival of 2023 with its moved working days.
"""

from __future__ import annotations

from datetime import date
from xml.etree import ElementTree as ET

from tests.plan.ledgers import ledger

from parkcity.plan.schedule import Programme, programme
from parkcity.plan.timetable import project_xml

# Task: planned start, working days; predecessors as (task, type, lag).
NETWORK: dict[str, tuple[str, int, tuple[tuple[str, str, int], ...]]] = {
    "A": ("2023-01-03", 12, ()),
    "B": ("2023-01-03", 5, (("A", "FS", 2),)),
    "C": ("2023-01-09", 20, (("A", "SS", 3),)),
    "D": ("2023-01-03", 8, (("B", "FS", 0), ("C", "FF", 4))),
    "E": ("2023-02-20", 10, (("C", "FS", 1),)),
    "F": ("2023-01-03", 3, (("D", "FS", 0), ("E", "SS", 6))),
    "G": ("2023-01-16", 30, ()),
}
MPXJ: dict[str, tuple[str, str, float, bool]] = {
    "A": ("2023-01-03", "2023-01-18", 7.0, False),
    "B": ("2023-01-28", "2023-02-01", 11.0, False),
    "C": ("2023-01-09", "2023-02-08", 6.0, False),
    "D": ("2023-02-03", "2023-02-14", 10.0, False),
    "E": ("2023-02-20", "2023-03-03", 0.0, True),
    "F": ("2023-02-28", "2023-03-02", 1.0, False),
    "G": ("2023-01-16", "2023-03-01", 2.0, False),
}


def work() -> Programme:
    """The network as a programme seen before it began."""
    names = {"name_zh": "任务", "name_en": "task", "finish": "2023-12-31"}
    tasks = [names | {"id": name, "start": start, "duration_days": days} for name, (start, days, _) in NETWORK.items()]
    links = [
        {"id": f"{before}{name}", "task": name, "predecessor": before, "type": kind, "lag_days": lag}
        for name, (_, _, waits) in NETWORK.items()
        for before, kind, lag in waits
    ]
    return programme(ledger(tasks=tasks, dependencies=links).view(date(2023, 1, 1)))


def test_dates_slack_and_critical_tasks_equal_those_of_an_independent_scheduler() -> None:
    found = {str(row["task"]): (row["start"], row["finish"], row["float_days"], row["critical"] == "yes") for row in work().rows()}
    assert found == MPXJ


def test_the_file_carries_the_holidays_and_the_moved_working_days() -> None:
    # source: State Council notice on the holidays of 2023: Spring Festival 21 to 27 January, 28 and 29 January are working days.
    space = {"p": "http://schemas.microsoft.com/project"}
    root = ET.fromstring(project_xml(work(), "en"))  # noqa: S314
    days = {
        (day.findtext("p:TimePeriod/p:FromDate", "", space)[:10], day.findtext("p:DayWorking", "", space))
        for day in root.findall("p:Calendars/p:Calendar/p:WeekDays/p:WeekDay", space)
        if day.findtext("p:DayType", "", space) == "0"
    }
    holidays = {(f"2023-01-{number}", "0") for number in (23, 24, 25, 26, 27)}
    assert days == holidays | {("2023-01-28", "1"), ("2023-01-29", "1")}
