"""Commitments without a number that the twin measures: values of check-ups, which way they went, and what is still missing."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from parkcity.plan.checkup import checkup_actuals
from parkcity.plan.ledger import Ledger
from parkcity.plan.measured import measured_section
from tests.plan.ledgers import ledger

COMMITMENT = {"id": "C1", "article": "1", "text_zh": "承诺", "text_en": "promise", "follow_by": "measure", "role": "commitment"}
NAMED = "life_circle.seven.mean distance.primary_school.mean people.residents tod.metro_station_500"


def _value(year: int, indicator: str, value: float, unit: str) -> dict[str, object]:
    row = {"id": f"{indicator}-{year}", "indicator": indicator, "scope": "town", "tier": "city", "value": value, "op": "eq", "unit": unit}
    row |= {"origin": "computed", "twin": "0123", "source": "check-up", "confidence": "L"}
    return row | {"true_on": str(year), "known_on": str(year + 1)}


def _made() -> Ledger:
    actuals = [
        *(_value(year, "life_circle.seven.mean", value, "share") for year, value in ((2021, 0.25), (2022, 0.5))),
        *(_value(year, "distance.primary_school.mean", value, "m") for year, value in ((2021, 800), (2022, 900))),
        _value(2022, "people.residents", 4000, "persons"),
    ]
    return ledger(commitments=[COMMITMENT | {"indicators": NAMED}], actuals=actuals)


def test_each_indicator_tells_its_value_and_which_way_it_went() -> None:
    found = measured_section(_made().view(date(2023, 12, 31)), "en")
    rows = [(row["now"], row["value_on"], row["before"], row["verdict"]) for row in found.rows]
    # More residents within reach is better, a longer walk is worse; of the residents only one value is known.
    assert rows == [
        ("50.0 %", "2022", "25.0 % (2021)", "better"),
        ("900 m", "2022", "800 m (2021)", "worse"),
        ("4,000 persons", "2022", "", ""),
    ]
    assert found.paragraphs[1].startswith("1 more indicators have no value")


def test_what_was_not_known_then_does_not_show() -> None:
    found = measured_section(_made().view(date(2022, 12, 31)), "zh")
    assert [(row["now"], row["verdict"]) for row in found.rows] == [("25.0%", ""), ("800 米", "")]


def test_a_check_up_gives_what_commitments_name_for_the_whole_city(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps({"twin": "0123456789abcdef", "as_of": "2024-12-31"}), encoding="utf-8")
    lines = [
        "indicator,tier,zone,group,value,unit,part,whole,grade",
        "life_circle.seven.mean,city,town,all,0.4,share,4,10,B",
        "life_circle.seven.mean,district,west,all,0.3,share,3,10,B",
        "life_circle.seven.mean,city,town,elders,0.2,share,2,10,B",
        "people.density,city,town,all,9,person/km2,9,1,B",
    ]
    (tmp_path / "indicators.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    view = ledger(commitments=[COMMITMENT | {"indicators": NAMED}]).view(date(2023, 1, 1))
    (row,) = checkup_actuals(view, tmp_path, "2025-02-01")
    assert [row[name] for name in ("indicator", "scope", "tier", "zone", "value")] == ["life_circle.seven.mean", "town", "city", "", "0.4"]
