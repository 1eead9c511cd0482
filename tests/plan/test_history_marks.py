"""Numbers from memory are marked in the history of a row and in the difference of two days too."""

from __future__ import annotations

from datetime import date

from parkcity.plan.history import diff, history
from tests.plan.ledgers import ledger

ROW = {"id": "A1", "indicator": "x", "scope": "city", "op": "eq", "unit": "km", "origin": "typed", "source": "s", "true_on": 2020}


def test_a_value_from_memory_is_marked_before_and_after_its_correction() -> None:
    rows = [
        ROW | {"value": 5, "confidence": "M", "known_on": "2021-01-01"},
        ROW | {"value": 7, "confidence": "F", "known_on": "2022-01-01"},
    ]
    rows.append(ROW | {"value": 8, "confidence": "F", "known_on": "2023-01-01"})
    made = ledger(actuals=rows)
    assert [row["unverified"] for row in history(made, "A1")] == ["yes", "yes", ""]
    (first,) = [row for row in diff(made, date(2021, 6, 1), date(2022, 6, 1)) if row["table"] == "actuals"]
    assert first["unverified"] == "yes"
    assert "value: 5 → 7" in str(first["changed"])
    (second,) = [row for row in diff(made, date(2022, 6, 1), date(2023, 6, 1)) if row["table"] == "actuals"]
    assert second["unverified"] == ""
