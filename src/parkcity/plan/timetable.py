"""Road map and timetable: a Gantt picture (SVG), a calendar (iCalendar, RFC 5545) and MS Project XML (MSPDI)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from html import escape
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from parkcity.plan.dates import day

if TYPE_CHECKING:
    from collections.abc import Callable

    from parkcity.base.words import Lang
    from parkcity.plan.ledger import View
    from parkcity.plan.schedule import Programme

_NAMESPACE = "http://schemas.microsoft.com/project"
_LINK_TYPES = {"FF": "0", "FS": "1", "SF": "2", "SS": "3"}
_HOURS_A_DAY = 8


def icalendar(view: View, lang: Lang) -> bytes:
    """The milestones and the planned finishes of tasks as all-day events. The time stamp is the view's day, not the clock."""
    from icalendar import Calendar, Event

    calendar = Calendar()
    calendar.add("prodid", "-//parkcity//plan//EN")
    calendar.add("version", "2.0")
    stamp = datetime.combine(view.known, time(), tzinfo=None)
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
    """The tasks as MS Project XML with dates, durations, per cent done and links with their lags."""
    ET.register_namespace("", _NAMESPACE)
    root = ET.Element(f"{{{_NAMESPACE}}}Project")
    _leaf(root, "Name", programme.view.plan[f"name_{lang}"])
    _leaf(root, "MinutesPerDay", str(60 * _HOURS_A_DAY))
    tasks = ET.SubElement(root, f"{{{_NAMESPACE}}}Tasks")
    table = programme.table
    planned = programme.planned
    nodes = []
    for at, row in enumerate(table):
        node = ET.SubElement(tasks, f"{{{_NAMESPACE}}}Task")
        start = programme.calendar.day_at(int(planned.early_start[at]))
        finish = programme.calendar.day_at(int(planned.early_finish[at]) - 1)
        _leaf(node, "UID", str(at + 1))
        _leaf(node, "ID", str(at + 1))
        _leaf(node, "Name", row[f"name_{lang}"])
        _leaf(node, "WBS", row["id"])
        _leaf(node, "Start", f"{start.isoformat()}T09:00:00")
        _leaf(node, "Finish", f"{finish.isoformat()}T18:00:00")
        _leaf(node, "Duration", f"PT{round(programme.durations[at] * _HOURS_A_DAY)}H0M0S")
        _leaf(node, "PercentComplete", str(round(float(row["percent_done"] or 0))))
        _leaf(node, "Critical", "1" if planned.critical[at] else "0")
        nodes.append(node)
    for link in programme.network.links:
        node = ET.SubElement(nodes[link.after], f"{{{_NAMESPACE}}}PredecessorLink")
        _leaf(node, "PredecessorUID", str(link.before + 1))
        _leaf(node, "Type", _LINK_TYPES[link.type])
        # MSPDI counts lags in tenths of a minute.
        _leaf(node, "LinkLag", str(round(link.lag * _HOURS_A_DAY * 60 * 10)))
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _leaf(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, f"{{{_NAMESPACE}}}{name}").text = text


def gantt_svg(programme: Programme, lang: Lang, width: int = 1000) -> str:
    """A Gantt picture: planned bars, critical ones darker, what is expected as a line below, and the view's day."""
    rows = programme.rows()
    if not rows:
        return ""
    first = min(date.fromisoformat(str(row["start"])) for row in rows)
    last = max(date.fromisoformat(str(row[key])) for row in rows for key in ("finish", "expected_finish"))
    left, height = 320, 22
    days = max(1, (last - first).days + 1)

    def across(moment: date) -> float:
        return left + (width - left - 10) * (moment - first).days / days

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height * len(rows) + 30}" role="img" font-size="12">']
    for year in range(first.year, last.year + 2):
        mark = date(year, 1, 1)
        if first <= mark <= last:
            parts.append(f'<line x1="{across(mark):.1f}" y1="16" x2="{across(mark):.1f}" y2="100%" stroke="#ddd"/>')
            parts.append(f'<text x="{across(mark):.1f}" y="12" fill="#555">{year}</text>')
    for at, row in enumerate(rows):
        parts.append(_bar(row, str(row[f"name_{lang}"]), 20 + at * height, across))
    if first <= programme.view.at <= last:
        now = across(programme.view.at)
        parts.append(f'<line x1="{now:.1f}" y1="16" x2="{now:.1f}" y2="100%" stroke="#c0392b" stroke-dasharray="4 3"/>')
    parts.append("</svg>")
    return "".join(parts)


def _bar(row: dict[str, object], name: str, top: int, across: Callable[[date], float]) -> str:
    start, finish, expected = (date.fromisoformat(str(row[key])) for key in ("start", "finish", "expected_finish"))
    begin, end, later = across(start), across(finish + timedelta(days=1)), across(expected + timedelta(days=1))
    color = "#1b4f72" if row["critical"] else "#7fb3d5"
    bar = f'<rect x="{begin:.1f}" y="{top}" width="{max(2.0, end - begin):.1f}" height="12" fill="{color}"/>'
    line = f'<line x1="{begin:.1f}" y1="{top + 15}" x2="{later:.1f}" y2="{top + 15}" stroke="#c0392b" stroke-width="2"/>'
    return f'<text x="0" y="{top + 11}">{escape(name[:40])}</text>{bar}{line if later > end else ""}'
