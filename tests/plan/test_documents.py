"""The documents: complete, in both languages, marked where a value is not official."""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path
from typing import get_args

import docx
import pytest

from parkcity.base.errors import UsageError
from parkcity.base.words import Lang
from parkcity.plan.annual import annual
from parkcity.plan.document import Document, words
from parkcity.plan.evaluate import evaluation
from parkcity.plan.load import load
from parkcity.plan.score import STATUSES
from parkcity.plan.status import standings
from parkcity.plan.targets import targets
from parkcity.serve.report.plan_document import document_docx, document_html
from parkcity.standards.loader import load as load_rules
from tests.plan.ledgers import ledger
from tests.plan.test_lint import OWNERS, TARGET

ROOT = Path(__file__).parents[2]
LANGS: tuple[Lang, ...] = get_args(Lang)
AT = date(2023, 6, 30)


@pytest.fixture(scope="module", params=LANGS)
def document(request: pytest.FixtureRequest) -> Document:
    return evaluation(load(ROOT / "examples/chengdu").view(AT), request.param)


def _table(document: Document, title: str) -> list[dict[str, str]]:
    (part,) = [part for part in document.sections if part.title == words().get(title, document.lang)]
    return [dict(row) for row in part.rows]


def test_every_target_article_and_milestone_is_in_the_evaluation(document: Document) -> None:
    view = load(ROOT / "examples/chengdu").view(AT)
    assert [row["target"] for row in _table(document, "evaluate.targets")] == list(view["targets"]["id"])
    assert [row["article"] for row in _table(document, "evaluate.articles")] == [str(number) for number in range(1, 51)]
    assert len(_table(document, "evaluate.milestones")) == len(view["milestones"])


def test_values_from_memory_are_marked_wherever_they_show(document: Document) -> None:
    mark = words().get("unverified", document.lang)
    view = load(ROOT / "examples/chengdu").view(AT)
    items = {item.target.id: item for item in standings(view)}
    for row in _table(document, "evaluate.targets"):
        item = items[row["target"]]
        memory = item.confidence == "M"
        for key in ("progress", "path", "growth"):
            assert (mark in row[key]) == (memory and bool(row[key])), (row["target"], key)
        assert (mark in row["probability"]) == (bool(row["probability"]) and (memory or item.forecast_unverified))
        point = item.score.point
        assert (mark in row["value"]) == (point is not None and point.confidence == "M")
    for row in _table(document, "evaluate.proposals"):
        item = items[row["target"]]
        needs_mark = (item.confidence == "M" or item.forecast_unverified) and any(sign.isdigit() for sign in row["proposal"])
        assert not needs_mark or mark in row["proposal"]


def test_a_value_from_memory_is_marked_in_the_value_itself() -> None:
    row = {"id": "A1", "indicator": "x", "scope": "city", "value": "1.5", "op": "eq", "unit": "km", "origin": "typed", "source": "memory"}
    made = ledger(owners=OWNERS, targets=[TARGET], actuals=[row | {"confidence": "M", "true_on": "2021", "known_on": "2022"}])
    text = document_html(evaluation(made.view(date(2023, 1, 31)), "en"))
    assert "1.5 [from memory, unverified]" in text
    assert not re.search(r">1\.5<", text)


class _Cells(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.rows = 0
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.rows += tag == "tr"
        self.addresses += [value or "" for name, value in attrs if name in {"src", "href"}]


def test_the_page_is_self_contained_and_the_word_file_holds_the_same(document: Document) -> None:
    text = document_html(document)
    page = _Cells()
    page.feed(text)
    tables = [part for part in document.sections if part.rows]
    assert page.rows == sum(len(part.rows) + 1 for part in tables)
    assert all(address.startswith("#") for address in page.addresses)
    assert "http" not in text.replace("http://www.w3.org", "")
    found = docx.Document(io.BytesIO(document_docx(document)))
    assert [len(table.rows) for table in found.tables] == [len(part.rows) + 1 for part in tables]
    assert found.tables[1].cell(1, 0).text == tables[1].rows[0][tables[1].columns[0][0]]
    # Every table repeats its titles on each page, in bold.
    heads = [table.rows[0] for table in found.tables]
    assert all("w:tblHeader" in head._tr.xml and head.cells[0].paragraphs[0].runs[0].bold for head in heads)


def test_texts_are_escaped() -> None:
    made = ledger(owners=OWNERS, targets=[TARGET | {"name_en": "<script>x</script>"}])
    text = document_html(evaluation(made.view(AT), "en"))
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


@pytest.mark.parametrize("lang", LANGS)
def test_the_annual_plan_holds_the_path_points_of_its_year(lang: Lang) -> None:
    view = load(ROOT / "examples/chengdu").view(date(2023, 12, 31))
    rows = {row["target"]: row for row in _table(annual(view, 2024, lang), "annual.points")}
    # Greenways, linear from 4,238 to 10,000 over five years: 4238 + 5762 x 4/5 = 8847.6, and 5762/5 = 1152.4 more than a year before.
    assert (rows["T001"]["point"], rows["T001"]["change"]) == ("8,847.6", "1,152.4")
    # An average is due as it stands every year (income, 7.5 % a year), and so is a ceiling (24 million residents).
    assert (rows["T077"]["point"], rows["T077"]["change"]) == ("7.5", "")
    assert (rows["T126"]["point"], rows["T126"]["change"]) == ("2,400", "")
    open_then = {item.id for item in targets(view) if item.deadline.year >= 2024}
    assert set(rows) <= open_then
    # Without a baseline there is no path; the target is due in its own year.
    assert "T011" not in rows
    assert {row["target"]: row for row in _table(annual(view, 2025, lang), "annual.points")}["T011"]["point"] == "15"


def test_the_annual_plan_of_a_year_outside_the_plan_is_refused() -> None:
    with pytest.raises(UsageError, match="run from 2020 to 2035"):
        annual(load(ROOT / "examples/chengdu").view(), 2040, "en")


def test_every_word_stands_in_both_languages_and_without_stray_columns() -> None:
    for package, name, width in (("parkcity.plan", "words.csv", 3), ("parkcity.plan", "schema.csv", 6)):
        text = resources.files(package).joinpath(name).read_text(encoding="utf-8")
        assert {len(row) for row in csv.reader(io.StringIO(text))} == {width}
    assert all(words().has(f"status.{status}") for status in STATUSES)


def test_chinese_texts_of_the_plan_use_chinese_punctuation_and_both_languages_have_the_same_slots() -> None:
    rules = [row.extra for row in load_rules("plan_warning_rules")]
    pairs = [*words().texts.values(), *((rule[f"{head}zh"], rule[f"{head}en"]) for rule in rules for head in ("", "help_"))]
    for zh, en in pairs:
        assert set(re.findall(r"{\w+}", zh)) == set(re.findall(r"{\w+}", en)), zh
        assert not re.search("[\u4e00-\u9fff][,:;?!()]|[,:;?!()][\u4e00-\u9fff]", zh), zh
        assert not re.search("[\u4e00-\u9fff]", en), en
