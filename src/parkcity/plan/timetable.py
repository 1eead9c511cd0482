"""Timetables for other programs: a calendar (iCalendar, RFC 5545) and MS Project XML (MSPDI)."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from parkcity.plan.calendar import is_working_day
from parkcity.plan.dates import day

if TYPE_CHECKING:
    from parkcity.base.words import Lang
    from parkcity.plan.ledger import View
    from parkcity.plan.schedule import Programme

_NAMESPACE = "http://schemas.microsoft.com/project"
_LINK_TYPES = {"FF": "0", "FS": "1", "SF": "2", "SS": "3"}
_HOURS = (("09:00:00", "12:00:00"), ("13:00:00", "18:00:00"))
_OPENS, _CLOSES = _HOURS[0][0], _HOURS[-1][1]
_HOURS_A_DAY = 8
_WEEKEND = 5
"""The first weekday, from Monday = 0, on which nobody works by rule."""


def icalendar(view: View, lang: Lang) -> bytes:
    """The milestones and the planned finishes of tasks as all-day events. The time stamp is the view's day, not the clock."""
    from icalendar import Calendar, Event

    calendar = Calendar()
    calendar.add("prodid", "-//parkcity//plan//EN")
    calendar.add("version", "2.0")
    # RFC 5545, 3.8.7.2: the time stamp must be in UTC.
    stamp = datetime.combine(view.known, time(), tzinfo=UTC)
    for table, column in (("milestones", "due"), ("tasks", "finish")):
        for row in view[table]:
            event = Event()
            event.add("uid", f"{table}-{row['id']}@{view.plan['id']}")
            event.add("dtstamp", stamp)
            event.add("dtstart", day(row[column]))
            event.add("summary", row[f"name_{lang}"])
            calendar.add_component(event)
    return bytes(calendar.to_ical())


def project_xml(programme: Programme, lang: Lang) -> bytes:
    """The tasks as MS Project XML: dates, durations, per cent done, links with lags, and the working calendar.

    The calendar carries the holidays and the moved working days of the period, and each task its planned start as a constraint,
    so that the program that reads the file comes to the same dates. Elements stand in the order of the published schema.
    """
    ET.register_namespace("", _NAMESPACE)
    root = ET.Element(f"{{{_NAMESPACE}}}Project")
    planned = programme.planned
    starts = [programme.calendar.day_at(math.floor(index)) for index in planned.early_start.tolist()]
    finishes = [programme.calendar.day_at(math.ceil(index) - 1) for index in planned.early_finish.tolist()]
    first = min(starts, default=programme.view.at)
    _leaf(root, "Name", programme.view.plan[f"name_{lang}"])
    _leaf(root, "StartDate", f"{first.isoformat()}T{_OPENS}")
    _leaf(root, "CalendarUID", "1")
    _leaf(root, "DefaultStartTime", _OPENS)
    _leaf(root, "DefaultFinishTime", _CLOSES)
    _leaf(root, "MinutesPerDay", str(60 * _HOURS_A_DAY))
    _calendar(root, first, max(finishes, default=first))
    tasks = _node(root, "Tasks")
    nodes = [_task(tasks, programme, at, lang, starts[at], finishes[at]) for at in range(len(programme.table))]
    for link in programme.network.links:
        node = _node(nodes[link.after], "PredecessorLink")
        _leaf(node, "PredecessorUID", str(link.before + 1))
        _leaf(node, "Type", _LINK_TYPES[link.type])
        # MSPDI counts lags in tenths of a minute; format 7 shows them in days.
        _leaf(node, "LinkLag", str(round(link.lag * _HOURS_A_DAY * 60 * 10)))
        _leaf(node, "LagFormat", "7")
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _task(tasks: ET.Element, programme: Programme, at: int, lang: Lang, start: date, finish: date) -> ET.Element:
    row = programme.table.record(at)
    hours = programme.durations[at] * _HOURS_A_DAY
    known = {name: day(row[name]) for name in ("started_on", "finished_on") if row[name] and day(row[name]) <= programme.view.at}
    done = 100.0 if "finished_on" in known else float(row["percent_done"] or 0)
    node = _node(tasks, "Task")
    _leaf(node, "UID", str(at + 1))
    _leaf(node, "ID", str(at + 1))
    _leaf(node, "Name", row[f"name_{lang}"])
    _leaf(node, "WBS", row["id"])
    _leaf(node, "Start", f"{start.isoformat()}T{_OPENS}")
    _leaf(node, "Finish", f"{finish.isoformat()}T{_CLOSES}")
    _leaf(node, "Duration", f"PT{round(hours)}H0M0S")
    _leaf(node, "DurationFormat", "7")
    _leaf(node, "Critical", "1" if programme.planned.critical[at] else "0")
    _leaf(node, "PercentComplete", str(round(done)))
    for name, column, hour in (("ActualStart", "started_on", _OPENS), ("ActualFinish", "finished_on", _CLOSES)):
        if column in known:
            _leaf(node, name, f"{known[column].isoformat()}T{hour}")
    _leaf(node, "ActualDuration", f"PT{round(hours * done / 100)}H0M0S")
    _leaf(node, "RemainingDuration", f"PT{round(hours * (1 - done / 100))}H0M0S")
    # Constraint 4: start no earlier than.
    _leaf(node, "ConstraintType", "4")
    _leaf(node, "ConstraintDate", f"{programme.calendar.day_at(math.floor(programme.release[at])).isoformat()}T{_OPENS}")
    return node


def _calendar(root: ET.Element, first: date, last: date) -> None:
    """Monday to Friday, eight hours, and every day of the period that is an exception to that."""
    calendar = _node(_node(root, "Calendars"), "Calendar")
    _leaf(calendar, "UID", "1")
    _leaf(calendar, "Name", "Standard")
    _leaf(calendar, "IsBaseCalendar", "1")
    week = _node(calendar, "WeekDays")
    # Days count from Sunday = 1; 0 is an exception.
    for number in range(1, 8):
        _day_of_calendar(week, str(number), working=1 < number < 7)
    for step in range((last - first).days + 1):
        moment = first + timedelta(days=step)
        if is_working_day(moment) != (moment.weekday() < _WEEKEND):
            _day_of_calendar(week, "0", working=is_working_day(moment), on=moment)


def _day_of_calendar(week: ET.Element, kind: str, *, working: bool, on: date | None = None) -> None:
    node = _node(week, "WeekDay")
    _leaf(node, "DayType", kind)
    _leaf(node, "DayWorking", "1" if working else "0")
    if on is not None:
        period = _node(node, "TimePeriod")
        _leaf(period, "FromDate", f"{on.isoformat()}T00:00:00")
        _leaf(period, "ToDate", f"{on.isoformat()}T23:59:00")
    if working:
        hours = _node(node, "WorkingTimes")
        for opens, closes in _HOURS:
            span = _node(hours, "WorkingTime")
            _leaf(span, "FromTime", opens)
            _leaf(span, "ToTime", closes)


def _node(parent: ET.Element, name: str) -> ET.Element:
    return ET.SubElement(parent, f"{{{_NAMESPACE}}}{name}")


def _leaf(parent: ET.Element, name: str, text: str) -> None:
    _node(parent, name).text = text
