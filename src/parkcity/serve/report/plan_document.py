"""Documents of the plan as HTML and DOCX. The same document always gives the same bytes."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from parkcity.plan.document import COLOUR
from parkcity.plan.rollup import LIGHTS
from parkcity.serve.report.gantt_table import add_gantt

if TYPE_CHECKING:
    from jinja2 import Template

    from parkcity.plan.document import Document, Section

_NUMERIC = frozenset(
    (
        *("value", "now", "planned", "progress", "path", "growth", "probability", "forecast", "amount", "share", "point", "change"),
        *("planned_money", "spent", "float_days", "days_late", "replies", "targets", "scored", "attainment", *LIGHTS),
        *("measure", "statistic", "milestone", "narrative"),
    )
)
_WHOLE = frozenset(
    (
        "target",
        "item",
        "task",
        "start",
        "finish",
        "expected_finish",
        "due",
        "done_on",
        "since",
        "value_on",
        "date",
        "ready",
        "next_due",
        "unit",
    )
)
"""Columns of ids and dates, which no line is broken in."""
_WIDE = frozenset(("name", "note", "source", "why", "remedy", "proposal", "gap", "finding", "cause", "indicator"))
LOOKS = {**dict.fromkeys(_NUMERIC, "n"), **dict.fromkeys(_WHOLE, "w")}
"""The class of a column's cells on a page: numbers to the right, ids and dates unbroken."""
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time stamp of every entry of a DOCX: the earliest that a ZIP file can hold."""


@cache
def _template() -> Template:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("parkcity.serve", "report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("plan_document.html")


def document_html(document: Document) -> str:
    """The document as one self-contained page that opens offline."""
    return _template().render(document=document, numeric=_NUMERIC, whole=_WHOLE, wide=_WIDE, colour=COLOUR)


def document_docx(document: Document) -> bytes:
    """The document as a Word file, landscape, without any time stamp of its making."""
    import docx
    from docx.enum.section import WD_ORIENT
    from docx.oxml.ns import qn
    from docx.shared import Pt

    made: Any = docx.Document()
    page = made.sections[0]
    page.orientation = WD_ORIENT.LANDSCAPE
    page.page_width, page.page_height = page.page_height, page.page_width
    style = made.styles["Normal"]
    style.font.size = Pt(9)
    style.font.name = "Calibri"
    style.element.rPr.rFonts.set(qn("w:eastAsia"), "宋体")
    made.core_properties.author = ""
    made.core_properties.title = document.title
    made.core_properties.comments = document.snapshot
    for name in ("created", "modified"):
        setattr(made.core_properties, name, datetime(*_EPOCH, tzinfo=UTC).replace(tzinfo=None))
    made.add_heading(document.title, level=0)
    for part in document.sections:
        _add(made, part)
    draft = io.BytesIO()
    made.save(draft)
    return _stamped(draft.getvalue())


def _add(made: Any, part: Section) -> None:
    from docx.oxml.ns import qn
    from docx.shared import Emu

    made.add_heading(part.title, level=1)
    for paragraph in part.paragraphs:
        made.add_paragraph(paragraph)
    if part.gantt is not None:
        page = made.sections[0]
        add_gantt(made, part.gantt, Emu(page.page_width - page.left_margin - page.right_margin).cm)
        made.add_paragraph("")
    if not part.rows:
        return
    table = made.add_table(rows=1 + len(part.rows), cols=len(part.columns))
    table.style = "Table Grid"
    # Rows are asked for once: python-docx finds a cell by walking the whole table.
    for cells, texts in zip(
        (row.cells for row in table.rows),
        ([title for _, title in part.columns], *([row[key] for key, _ in part.columns] for row in part.rows)),
        strict=True,
    ):
        for cell, text in zip(cells, texts, strict=True):
            cell.text = text
    _dress(list(made.element.body.iterchildren(qn("w:tbl")))[-1], part)


_SHADES = {"blue": "D6E4F5", "green": "D9EFDB", "amber": "FBECC8", "red": "F7D4CF", "grey": "ECEFF1"}
_HEADING_SHADE = "EEF3F5"


def _dress(table: Any, part: Section) -> None:
    """Titles bold, shaded, and repeated on every page that the table runs over; statuses in their colour."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    head, *body = table.tr_lst
    head.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    for cell in head.tc_lst:
        _shade(cell, _HEADING_SHADE)
        for run in cell.iter(qn("w:r")):
            run.get_or_add_rPr().append(OxmlElement("w:b"))
    keys = [key for key, _ in part.columns]
    if "status_light" in keys:
        at = keys.index("status_light")
        for line, row in zip(body, part.rows, strict=True):
            _shade(line.tc_lst[at], _SHADES[row[COLOUR]])


def _shade(cell: Any, colour: str) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    shade = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", colour)):
        shade.set(qn(f"w:{name}"), value)
    cell.get_or_add_tcPr().append(shade)


def _stamped(data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in sorted(source.namelist(), key=lambda name: (name != "[Content_Types].xml", name)):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, source.read(name))
    return out.getvalue()
