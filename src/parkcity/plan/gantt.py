"""Tasks as bars over time: the picture (SVG), and the same bars by month, quarter or year for documents that hold tables."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from parkcity.base.words import Lang
    from parkcity.plan.schedule import Programme

LIGHT, DARK, LATE, NOW = "7FB3D5", "1B4F72", "C0392B", "C0392B"
"""Colours (RGB) of planned bars, critical ones, what is expected beyond the plan, and the view's day."""
_LEFT, _LINE, _WIDE = 320, 22, 50
_MONTHS_AS_MONTHS, _MONTHS_AS_QUARTERS = 24, 144


@dataclass(frozen=True)
class Bar:
    """One task: planned from `start` to `finish`, expected to be finished on `expected`."""

    name: str
    start: date
    finish: date
    expected: date
    critical: bool


@dataclass(frozen=True)
class Period:
    """A month, a quarter or a year of the time axis."""

    year: int
    name: str
    first: date
    last: date


@dataclass(frozen=True)
class Gantt:
    """Bars between two days; `at` is the day of the view."""

    bars: tuple[Bar, ...]
    at: date
    first: date
    last: date

    def periods(self) -> list[Period]:
        """The time axis: months up to two years, quarters up to twelve, years beyond."""
        months = 12 * (self.last.year - self.first.year) + self.last.month - self.first.month + 1
        step = 1 if months <= _MONTHS_AS_MONTHS else 3 if months <= _MONTHS_AS_QUARTERS else 12
        at = 12 * self.first.year + (self.first.month - 1) // step * step
        found = []
        while _month(at) <= self.last:
            number = at % 12 // step + 1
            name = {1: str(number), 3: f"Q{number}", 12: ""}[step]
            found.append(Period(at // 12, name, _month(at), _month(at + step) - timedelta(days=1)))
            at += step
        return found


def _month(number: int) -> date:
    return date(number // 12, number % 12 + 1, 1)


def gantt(programme: Programme, lang: Lang, span: tuple[date, date] | None = None) -> Gantt | None:
    """The bars of a programme, of a `span` only those that meet it; None where there are none."""
    bars = []
    for row in programme.rows():
        start, finish, expected = (date.fromisoformat(str(row[key])) for key in ("start", "finish", "expected_finish"))
        if span is None or (start <= span[1] and max(finish, expected) >= span[0]):
            bars.append(Bar(str(row[f"name_{lang}"]), start, finish, expected, bool(row["critical"])))
    if not bars:
        return None
    first, last = span or (min(bar.start for bar in bars), max(max(bar.finish, bar.expected) for bar in bars))
    return Gantt(tuple(bars), programme.view.at, first, last)


def gantt_svg(chart: Gantt, width: int = 1000) -> str:
    """A Gantt picture: planned bars, critical ones darker, what is expected as a line below, and the view's day."""
    days = max(1, (chart.last - chart.first).days + 1)

    def across(moment: date) -> float:
        inside = min(max(moment, chart.first), chart.last + timedelta(days=1))
        return _LEFT + (width - _LEFT - 10) * (inside - chart.first).days / days

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {_LINE * len(chart.bars) + 30}" role="img" font-size="12">']
    for mark, label in _marks(chart):
        parts.append(f'<line x1="{across(mark):.1f}" y1="16" x2="{across(mark):.1f}" y2="100%" stroke="#ddd"/>')
        parts.append(f'<text x="{across(mark):.1f}" y="12" fill="#555">{label}</text>')
    for at, bar in enumerate(chart.bars):
        top = 20 + at * _LINE
        begin, end, later = (across(moment) for moment in (bar.start, bar.finish + timedelta(days=1), bar.expected + timedelta(days=1)))
        parts.append(f'<text x="0" y="{top + 11}">{escape(_short(bar.name))}</text>')
        colour = DARK if bar.critical else LIGHT
        parts.append(f'<rect x="{begin:.1f}" y="{top}" width="{max(2.0, end - begin):.1f}" height="12" fill="#{colour}"/>')
        if later > end:
            parts.append(f'<line x1="{begin:.1f}" y1="{top + 15}" x2="{later:.1f}" y2="{top + 15}" stroke="#{LATE}" stroke-width="2"/>')
    if chart.first <= chart.at <= chart.last:
        now = across(chart.at)
        parts.append(f'<line x1="{now:.1f}" y1="16" x2="{now:.1f}" y2="100%" stroke="#{NOW}" stroke-dasharray="4 3"/>')
    parts.append("</svg>")
    return "".join(parts)


def _marks(chart: Gantt) -> Iterator[tuple[date, str]]:
    """Where the axis is marked: at months within one year, at years otherwise."""
    periods = chart.periods()
    one_year = chart.first.year == chart.last.year
    for period in periods:
        if period.first >= chart.first and (one_year or period.first.month == 1):
            yield period.first, f"{period.year}-{period.first.month:02d}" if one_year else str(period.year)


def _short(name: str) -> str:
    """A name cut so that it ends before the bars; full-width signs count as two."""
    used, kept = 0, ""
    for sign in name:
        used += 2 if unicodedata.east_asian_width(sign) in "WF" else 1
        if used > _WIDE:
            return f"{kept}…"
        kept += sign
    return kept


def states(chart: Gantt, bar: Bar) -> list[str]:
    """What a bar is in each period of the axis: `planned`, `critical`, `late` (only expected), or empty."""
    found = []
    for period in chart.periods():
        if bar.start <= period.last and bar.finish >= period.first:
            found.append("critical" if bar.critical else "planned")
        else:
            found.append("late" if bar.finish < period.first <= bar.expected else "")
    return found
