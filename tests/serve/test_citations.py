"""Chinese reports cite in Chinese: every source and clause that an indicator rests on has its translation."""

from __future__ import annotations

import re

import pytest

from parkcity.insight.registry import INDICATORS
from parkcity.serve.report.citations import cited, translated
from parkcity.standards import parameter

# Codes of standards, numbers of clauses, and papers by author and year are the same in both languages.
_SAME = re.compile(r"(GB(/T)?|TD/T) \d+-\d{4}|[\d.,\s]*|no\. \d+.*|[A-Z][a-z]+( and [A-Z][a-z]+)? \d{4}(, [A-Z][A-Za-z ]+ \d+)?")


@pytest.mark.parametrize("part", ["source", "clause"])
def test_every_source_and_clause_of_an_indicator_is_translated(part: str) -> None:
    rows = [item.clause for item in INDICATORS] + [row for item in INDICATORS for row in item.parameters.values()]
    texts = {getattr(row, part) for row in rows if row.official}
    assert sorted(text for text in texts if text and not translated(text) and not _SAME.fullmatch(text)) == []


def test_a_number_of_the_check_up_is_cited_by_its_name() -> None:
    row = parameter("health_check_indicators", "tdt1063.046")
    assert cited(row, "zh") == "TD/T 1063-2021\uff0c第 46 项“建设用地总面积”"
    assert cited(row, "en") == "TD/T 1063-2021, no. 46"
