"""Generated pages equal the committed ones; every indicator, reader and kind is documented; texts are whole."""

from __future__ import annotations

import re

import pytest

from parkcity.base.words import Words
from parkcity.insight.registry import INDICATORS
from parkcity.serve.docs import pages
from parkcity.standards import load, tables
from tests.conftest import REPOSITORY


@pytest.mark.parametrize("name", sorted(pages()))
def test_generated_pages_equal_the_committed_ones(name: str) -> None:
    assert (REPOSITORY / "docs" / name).read_text(encoding="utf-8") == pages()[name], "run ./run docs"


def test_every_declaration_is_complete() -> None:
    import inspect

    for item in INDICATORS:
        assert item.name_zh
        assert item.name_en
        assert item.clause.citation or not item.clause.official
        if item.function is not None:
            arguments = set(inspect.signature(item.function).parameters)
            assert arguments == set(item.inputs) | set(item.parameters), item.id


def test_every_standards_row_says_where_it_is_from_and_how_sure_it_is() -> None:
    for table in tables():
        for row in load(table):
            assert row.source, (table, row.id)
            assert row.confidence in {"S", "F", "L", "M"}


@pytest.mark.parametrize("where", [("parkcity.serve.report", "words.csv"), ("parkcity.serve.report", "where_found.csv")])
def test_chinese_texts_use_chinese_punctuation_and_both_languages_have_the_same_slots(where: tuple[str, str]) -> None:
    words = Words.load(*where)
    for key, (zh, en) in words.texts.items():
        assert set(re.findall(r"{\w+}", zh)) == set(re.findall(r"{\w+}", en)), key
        assert not re.search("[\u4e00-\u9fff][,:;?!()]|[,:;?!()][\u4e00-\u9fff]", zh), key
        assert not re.search("[\u4e00-\u9fff]", en), key
