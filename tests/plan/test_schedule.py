"""Calendars, links of four types, schedules within limits, risk and money."""

from __future__ import annotations

from datetime import date, datetime
from xml.etree import ElementTree as ET

import icalendar
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parkcity.base.errors import InputError, UsageError
from parkcity.plan.calendar import Calendar, is_working_day
from parkcity.plan.earned import earned_value, total
from parkcity.plan.gantt import gantt, gantt_svg
from parkcity.plan.ledger import Ledger
from parkcity.plan.network import Link, Network
from parkcity.plan.resources import level, level_programme
from parkcity.plan.risk import pert_draws, programme_risk, simulate
from parkcity.plan.schedule import programme
from parkcity.plan.timetable import icalendar as plan_calendar
from parkcity.plan.timetable import project_xml
from tests.plan.ledgers import ledger

TASK = {"name_zh": "任务", "name_en": "task", "start": "2023-01-16", "finish": "2023-02-03"}


def test_spring_festival_2023_with_its_moved_working_days() -> None:
    # source: State Council notice for 2023: holiday 21 to 27 January, working on Saturday 28 and Sunday 29 January.
    off = [day for day in range(16, 32) if not is_working_day(date(2023, 1, day))]
    assert off == [21, 22, 23, 24, 25, 26, 27]


def test_working_days_are_counted_with_both_ends() -> None:
    calendar = Calendar(date(2023, 1, 1), date(2023, 12, 31))
    # 16-20 January 5, 28-31 January 4, 1-3 February 3.
    assert calendar.between(date(2023, 1, 16), date(2023, 2, 3)) == 12
    assert calendar.day_at(calendar.index_of(date(2023, 1, 21))) == date(2023, 1, 28)
    # source: the notice leaves 249 working days in 2023 (365 less 105 weekend days and 11 holidays on working days).
    assert len(calendar.days) == 249


def test_years_without_a_notice_are_named() -> None:
    assert Calendar(date(2026, 1, 1), date(2031, 1, 1)).unpublished[-1] == 2031


@pytest.mark.parametrize(
    ("kind", "lag", "start"),
    [("FS", 0, 5), ("FS", 2, 7), ("SS", 0, 0), ("SS", 3, 3), ("FF", 0, 1), ("FF", 1, 2), ("SF", 6, 2), ("FS", -2, 3)],
)
def test_each_type_of_link_in_hand_computed_days(kind: str, lag: float, start: float) -> None:
    # The first task takes 5 days from day 0, the second 4: FF wants its end at 5 + lag, so it starts at 1 + lag; SF at lag - 4.
    found = Network("AB", [Link(0, 1, kind, lag)]).schedule(np.array([5.0, 4.0]))
    assert found.early_start.tolist() == [0, start]
    assert (found.slack >= -1e-9).all()
    assert found.critical.any()


_networks = st.integers(2, 12).flatmap(
    lambda count: st.tuples(
        st.lists(st.integers(1, 9), min_size=count, max_size=count),
        st.lists(
            st.tuples(st.integers(0, count - 2), st.integers(1, count - 1), st.sampled_from(["FS", "SS", "FF", "SF"]), st.integers(0, 4)),
            max_size=20,
        ),
    )
)


@given(_networks)
def test_every_link_holds_and_one_chain_is_critical(drawn: tuple[list[int], list[tuple[int, int, str, int]]]) -> None:
    durations, edges = np.array(drawn[0], dtype=float), drawn[1]
    links = [Link(first, last, kind, lag) for first, last, kind, lag in edges if first < last]
    found = Network([str(at) for at in range(durations.size)], links).schedule(durations)
    for start, finish in ((found.early_start, found.early_finish), (found.late_start, found.late_finish)):
        for link in links:
            before = finish[link.before] if link.type in {"FS", "FF"} else start[link.before]
            after = start[link.after] if link.type in {"FS", "SS"} else finish[link.after]
            assert after >= before + link.lag - 1e-9
    assert (found.slack >= -1e-9).all()
    assert found.late_finish.max() <= found.length + 1e-9
    assert found.critical.any()


@given(_networks)
def test_draws_and_single_schedules_agree(drawn: tuple[list[int], list[tuple[int, int, str, int]]]) -> None:
    durations = np.array(drawn[0], dtype=float)
    links = [Link(first, last, kind, lag) for first, last, kind, lag in drawn[1] if first < last]
    network = Network([str(at) for at in range(durations.size)], links)
    many = network.schedule(np.column_stack([durations, durations + 1]))
    for column, lengths in enumerate((durations, durations + 1)):
        one = network.schedule(lengths)
        assert np.allclose(many.early_start[:, column], one.early_start)
        assert np.allclose(many.late_finish[:, column], one.late_finish)


@settings(deadline=None, max_examples=25)
@given(_networks, st.integers(1, 3))
def test_limits_never_shorten_a_schedule_and_are_never_broken(drawn: tuple[list[int], list[tuple[int, int, str, int]]], crews: int) -> None:
    durations = drawn[0]
    links = [Link(first, last, kind, lag) for first, last, kind, lag in drawn[1] if first < last]
    network = Network([str(at) for at in range(len(durations))], links)
    free = float(network.schedule(np.array(durations, dtype=float)).length)
    found = level(durations, links, [{"crew": 1}] * len(durations), {"crew": crews})
    assert found.length >= free - 1e-9
    assert found.length >= sum(durations) / crews
    for moment in range(found.length):
        assert sum(start <= moment < start + length for start, length in zip(found.starts, durations, strict=True)) <= crews
    unlimited = level(durations, links, [{}] * len(durations), {})
    assert unlimited.length == free


def test_a_need_beyond_the_capacity_is_a_fault() -> None:
    with pytest.raises(InputError, match="needs 3 of 'crane', but there are 2"):
        level([1], [], [{"crane": 3}], {"crane": 2})


def test_pert_durations_have_the_published_mean() -> None:
    # source: PERT mean (a + 4m + b)/6 = (2 + 4·3 + 10)/6 = 4.
    low, mode, high = (np.array([value]) for value in (2.0, 3.0, 10.0))
    drawn = pert_draws(low, mode, high, 100_000)
    assert drawn.mean() == pytest.approx(4, abs=0.02)
    assert drawn.min() >= 2
    assert drawn.max() <= 10
    with pytest.raises(UsageError):
        pert_draws(high, mode, low, 10)


def test_a_fixed_chain_has_no_risk() -> None:
    three = np.array([2.0, 3.0])
    risk = simulate(Network("AB", [Link(0, 1)]), three, three, three, 10)
    assert risk.quantile(0.5) == risk.quantile(0.8) == 5
    assert risk.criticality.tolist() == [1, 1]


def _plan(**changes: str) -> Ledger:
    tasks = [
        TASK | {"id": "K1", "owner": "", "duration_days": "10", "optimistic_days": "8", "pessimistic_days": "20", "needs": "crew=1"},
        TASK | {"id": "K2", "duration_days": "5", "finish": "2023-03-31", "needs": "crew=1"},
        TASK | {"id": "K3", "duration_days": "10", "needs": "crew=1"} | changes,
    ]
    return ledger(
        tasks=tasks,
        resources=[{"id": "crew", "name_zh": "班组", "name_en": "crew", "capacity": "1"}],
        dependencies=[{"id": "D1", "task": "K2", "predecessor": "K1", "type": "FS", "lag_days": "1"}],
        budget=[
            {"id": "B1", "task": "K1", "year": "2023", "planned": "1000", "spent": "900", "source": "x"},
            {"id": "B2", "task": "K3", "year": "2023", "planned": "500", "source": "x"},
        ],
        milestones=[{"id": "M1", "task": "K2", "name_zh": "通车", "name_en": "opening", "due": "2023-04", "source": "x"}],
    )


def test_a_programme_knows_its_critical_path_in_working_days() -> None:
    work = programme(_plan().view(date(2023, 1, 16)))
    rows = {row["task"]: row for row in work.rows()}
    # K1 takes 10 working days from 16 January: 16-20, 28-31 January, 1 February; one day of lag; K2 from 3 February.
    assert rows["K1"]["finish"] == "2023-02-01"
    assert (rows["K2"]["start"], rows["K2"]["finish"]) == ("2023-02-03", "2023-02-09")
    assert [rows[name]["critical"] for name in ("K1", "K2", "K3")] == ["yes", "yes", ""]
    assert rows["K3"]["float_days"] == 6
    risk = programme_risk(work, 500)
    assert 14 <= risk.quantile(0.5) <= risk.quantile(0.8) <= 26


def test_one_crew_does_one_task_at_a_time() -> None:
    found = level_programme(programme(_plan().view(date(2023, 1, 16))))
    assert found.optimal
    # K1 10, K3 10, K2 5 one after the other, with the lag of K2 hidden behind K3.
    assert found.length == 25


def test_money_by_the_day_is_a_limit_too() -> None:
    # K1 spends 100 a day, K3 50; with 100 a day they cannot run together even with crews enough.
    found = level_programme(programme(_plan(needs="").view(date(2023, 1, 16))), 100)
    first, third = found.starts[0], found.starts[2]
    assert first + 10 <= third or third + 10 <= first


def test_earned_value_of_a_plan() -> None:
    values = earned_value(_plan(percent_done="40").view(date(2023, 2, 3)))
    # Both tasks are planned to the end; K1 earned nothing of 1000 and spent 900; K3 earned 40 % of 500 and spent nothing.
    assert (values["K1"].planned, values["K1"].earned, values["K1"].cost_index) == (1000, 0, 0)
    assert (values["K3"].earned, values["K3"].cost_index) == (200, None)
    whole = total(values)
    assert whole.schedule_index == pytest.approx(200 / 1500)
    assert total({}).schedule_index is None


def test_calendar_and_project_files_hold_the_tasks() -> None:
    view = _plan().view(date(2023, 1, 16))
    events = icalendar.Calendar.from_ical(plan_calendar(view, "en")).walk("VEVENT")
    assert {str(event["SUMMARY"]): event.decoded("DTSTART") for event in events}["opening"] == date(2023, 4, 30)
    assert all(event.decoded("DTSTAMP").replace(tzinfo=None) == datetime(2023, 1, 16) for event in events)  # noqa: DTZ001
    work = programme(view)
    root = ET.fromstring(project_xml(work, "zh"))  # noqa: S314
    space = {"p": "http://schemas.microsoft.com/project"}
    tasks = root.findall("p:Tasks/p:Task", space)
    assert [task.findtext("p:WBS", namespaces=space) for task in tasks] == ["K1", "K2", "K3"]
    assert tasks[1].findtext("p:PredecessorLink/p:PredecessorUID", namespaces=space) == "1"
    assert tasks[1].findtext("p:PredecessorLink/p:LinkLag", namespaces=space) == "4800"
    assert tasks[0].findtext("p:Duration", namespaces=space) == "PT80H0M0S"
    chart = gantt(work, "en")
    assert chart is not None
    picture = ET.fromstring(gantt_svg(chart))  # noqa: S314
    assert len(picture.findall("{http://www.w3.org/2000/svg}rect")) == 3
