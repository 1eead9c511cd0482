"""A Gantt chart in a Word document: a table whose cells are coloured, so that names stay text and every program shows it alike."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from parkcity.plan.gantt import DARK, LATE, LIGHT, NOW, states

if TYPE_CHECKING:
    from parkcity.plan.gantt import Gantt

_SHADES = {"planned": LIGHT, "critical": DARK, "late": LATE}
_NAME_CM = 6.5
_BORDER = "D0D7DC"


def add_gantt(made: Any, chart: Gantt, width_cm: float) -> None:
    """Add the chart at the end of a document that is `width_cm` wide between its margins."""
    from docx.shared import Cm, Pt

    periods = chart.periods()
    table = made.add_table(rows=2 + len(chart.bars), cols=1 + len(periods))
    table.style = "Table Grid"
    table.autofit = False
    each = (width_cm - _NAME_CM) / len(periods)
    for column, wide in zip(table.columns, [_NAME_CM] + [each] * len(periods), strict=True):
        column.width = Cm(wide)
    rows = [list(row.cells) for row in table.rows]
    for cells in rows:
        for cell, wide in zip(cells, [_NAME_CM] + [each] * len(periods), strict=True):
            cell.width = Cm(wide)
    for (year, run), top in zip(_years(chart), _starts(chart), strict=True):
        merged = rows[0][top].merge(rows[0][top + run - 1])
        _write(merged, str(year), Pt(7))
    for cell, period in zip(rows[1][1:], periods, strict=True):
        _write(cell, period.name, Pt(6))
        if period.first <= chart.at <= period.last:
            _fill(cell, NOW)
    for cells, bar in zip(rows[2:], chart.bars, strict=True):
        _write(cells[0], bar.name, Pt(7))
        for cell, state in zip(cells[1:], states(chart, bar), strict=True):
            _write(cell, "", Pt(7))
            if state:
                _fill(cell, _SHADES[state])
    _grey(table)
    for row in table.rows[:2]:
        row._tr.get_or_add_trPr().append(_element("w:tblHeader"))  # noqa: SLF001 - python-docx has no call for a repeated head
    # No line of a bar is parted from its name at the end of a page.
    for row in table.rows:
        row._tr.get_or_add_trPr().append(_element("w:cantSplit"))  # noqa: SLF001 - nor for this


def _years(chart: Gantt) -> list[tuple[int, int]]:
    """Every year of the axis with how many periods it has."""
    return [(year, len(list(group))) for year, group in groupby(chart.periods(), key=lambda period: period.year)]


def _starts(chart: Gantt) -> list[int]:
    """The column in which every year begins."""
    found, at = [], 1
    for _, run in _years(chart):
        found.append(at)
        at += run
    return found


def _write(cell: Any, text: str, size: Any) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.space_after = 0
    run = paragraph.add_run(text)
    run.font.size = size


def _element(name: str, **values: str) -> Any:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    made = OxmlElement(name)
    for key, value in values.items():
        made.set(qn(f"w:{key}"), value)
    return made


def _fill(cell: Any, colour: str) -> None:
    cell._tc.get_or_add_tcPr().append(_element("w:shd", val="clear", color="auto", fill=colour))  # noqa: SLF001 - as above


def _grey(table: Any) -> None:
    """Thin grey lines, and cells without margins, so that bars join."""
    from docx.oxml.ns import qn

    borders, margins = _element("w:tblBorders"), _element("w:tblCellMar")
    for side in ("top", "left", "bottom", "right", "insideH", "insideV"):
        borders.append(_element(f"w:{side}", val="single", sz="2", space="0", color=_BORDER))
    for side in ("left", "right"):
        margins.append(_element(f"w:{side}", w="20", type="dxa"))
    properties = table._tbl.tblPr  # noqa: SLF001 - as above
    # The order of these elements is fixed (ECMA-376, 17.4.59).
    properties.find(qn("w:tblLayout")).addprevious(borders)
    properties.find(qn("w:tblLook")).addprevious(margins)
