"""Dates as sources state them."""

from __future__ import annotations

from datetime import date

import pytest

from parkcity.base.times import parse_date


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2020", date(2020, 12, 31)),
        ("2024-02", date(2024, 2, 29)),
        ("2025-12", date(2025, 12, 31)),
        ("2020-11-01", date(2020, 11, 1)),
    ],
)
def test_a_year_or_month_stands_for_its_last_day(text: str, expected: date) -> None:
    assert parse_date(text)[0] == expected


@pytest.mark.parametrize("text", ["2025-13", "2025-00", "2025-02-30", "spring", "25-01-01"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"date|month|day"):
        parse_date(text)
