"""The Gantt chart: the time axis, what a bar is in each period, the picture, and the chart in Word documents."""

from __future__ import annotations

import io
from datetime import date, timedelta
from itertools import pairwise
from xml.etree import ElementTree as ET

import docx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parkcity.base.words import LANGS, Lang
from parkcity.plan.annual import annual
from parkcity.plan.evaluate import evaluation
from parkcity.plan.gantt import DARK, LATE, LIGHT, Bar, Gantt, gantt_svg, states
from parkcity.plan.ledger import Ledger
from parkcity.serve.report.plan_document import document_docx, document_html
from tests.plan.ledgers import ledger
from tests.plan.test_lint import OWNERS, TARGET, TASK

_DAYS = st.dates(date(2000, 1, 1), date(2050, 12, 31))


@given(_DAYS, st.integers(0, 9000))
def test_the_periods_cover_the_chart_without_a_gap(first: date, days: int) -> None:
    last = first + timedelta(days=days)
    periods = Gantt((), first, first, last).periods()
    assert periods[0].first <= first <= periods[0].last
    assert periods[-1].first <= last <= periods[-1].last
    assert all(one.last + timedelta(days=1) == two.first for one, two in pairwise(periods))
    assert all(period.first.year == period.last.year == period.year for period in periods)
    assert len(periods) <= 49


def test_months_become_quarters_and_years_where_there_are_too_many() -> None:
    def names(last: date) -> list[str]:
        return [period.name for period in Gantt((), last, date(2021, 2, 1), last).periods()]

    assert names(date(2021, 5, 31)) == ["2", "3", "4", "5"]
    assert names(date(2023, 5, 31))[:3] == ["Q1", "Q2", "Q3"]
    assert names(date(2035, 5, 31)) == [""] * 15


def test_a_bar_is_planned_then_late_and_nothing_else() -> None:
    bar = Bar("x", date(2021, 2, 10), date(2021, 3, 5), date(2021, 5, 1), critical=False)
    chart = Gantt((bar,), date(2021, 3, 1), date(2021, 1, 1), date(2021, 6, 30))
    assert states(chart, bar) == ["", "planned", "planned", "late", "late", ""]
    early = Bar("x", date(2021, 2, 10), date(2021, 3, 5), date(2021, 2, 20), critical=True)
    assert states(chart, early) == ["", "critical", "critical", "", "", ""]


def test_names_end_before_the_bars() -> None:
    bar = Bar(60 * "\u6587", date(2021, 2, 10), date(2021, 3, 5), date(2021, 3, 5), critical=False)
    root = ET.fromstring(gantt_svg(Gantt((bar,), date(2021, 3, 1), date(2021, 1, 1), date(2021, 6, 30))))  # noqa: S314
    texts = [node.text or "" for node in root.iter("{http://www.w3.org/2000/svg}text")]
    assert 25 * "\u6587" + "\u2026" in texts


def _made() -> Ledger:
    tasks = [
        TASK | {"id": "K1", "name_zh": "北园", "name_en": "North park", "start": "2022-01-04", "finish": "2022-12-30"},
        TASK | {"id": "K2", "name_zh": "南园", "name_en": "South park", "start": "2023-01-03", "finish": "2023-06-30"},
        TASK | {"id": "K3", "name_zh": "西园", "name_en": "West park", "start": "2024-01-03", "finish": "2024-12-31"},
    ]
    return ledger(owners=OWNERS, targets=[TARGET], tasks=tasks)


def _charts(data: bytes) -> list[list[list[str]]]:
    """The Gantt tables of a Word file: every row with its name and the colours of its cells."""
    found = []
    for table in docx.Document(io.BytesIO(data)).tables:
        if "w:cantSplit" in table.rows[0]._tr.xml:
            rows = [[cell._tc.xml for cell in row.cells] for row in table.rows[2:]]
            colours = [[next((colour for colour in (LIGHT, DARK, LATE) if colour in xml), "") for xml in row[1:]] for row in rows]
            found.append([[table.rows[at + 2].cells[0].text, *row] for at, row in enumerate(colours)])
    return found


@pytest.mark.parametrize("lang", LANGS)
def test_word_files_hold_the_chart_in_the_language_of_the_document(lang: Lang) -> None:
    view = _made().view(date(2022, 6, 30))
    (chart,) = _charts(document_docx(evaluation(view, lang)))
    names = ["北园", "南园", "西园"] if lang == "zh" else ["North park", "South park", "West park"]
    assert [row[0] for row in chart] == names
    # Three years are twelve quarters; the second task fills the first two of the second year.
    (south,) = (row[1:] for row in chart if row[0] == names[1])
    assert south == ["", "", "", "", LIGHT, LIGHT, "", "", "", "", "", ""]
    assert "<svg" in document_html(evaluation(view, lang))
    assert document_docx(evaluation(view, lang)) == document_docx(evaluation(view, lang))


def test_the_annual_plan_shows_the_months_of_its_year_and_what_came_late_from_the_year_before() -> None:
    # On the last day of 2022 the first task has not begun: it takes its 250 working days in 2023.
    document = annual(_made().view(date(2022, 12, 31)), 2023, "en")
    (chart,) = _charts(document_docx(document))
    by_name = {row[0]: row[1:] for row in chart}
    assert set(by_name) == {"North park", "South park"}
    assert by_name["South park"] == [LIGHT] * 6 + [""] * 6
    assert by_name["North park"][:6] == [LATE] * 6
    rows = [row for part in document.sections for row in part.rows if row.get("task") == "K1"]
    assert rows[0]["expected_finish"] > "2023-06"


def test_a_plan_without_tasks_has_no_chart() -> None:
    document = annual(ledger(owners=OWNERS, targets=[TARGET]).view(date(2022, 12, 31)), 2023, "zh")
    assert _charts(document_docx(document)) == []
    assert "<svg" not in document_html(document)
