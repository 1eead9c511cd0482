"""Since when a target is warned of, and what would bring it back."""

from __future__ import annotations

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from parkcity.plan.ledger import Ledger
from parkcity.plan.status import standings
from parkcity.plan.warning import warnings
from parkcity.standards.loader import parameter
from tests.plan.ledgers import ledger

TARGET: dict[str, object] = {"id": "T1", "article": "1", "indicator": "services.clinic", "name_zh": "指标", "name_en": "x", "kind": "reach"}
TARGET |= {"op": "ge", "unit": "km", "scope": "city", "direction": "up", "baseline_year": 2020, "baseline": 100, "target_year": 2030}
TARGET |= {"target": 200, "binding": "expected", "source": "case", "confidence": "S"}


def made(values: list[int]) -> Ledger:
    """A ledger with one value at the end of each year from 2021 on, known on that day."""
    value = {
        "indicator": "services.clinic",
        "scope": "city",
        "op": "eq",
        "unit": "km",
        "origin": "statistic",
        "source": "case",
        "confidence": "S",
    }
    rows = [value | {"id": f"A{at}", "value": one, "true_on": 2021 + at, "known_on": 2021 + at} for at, one in enumerate(values)]
    return ledger(targets=[TARGET], actuals=rows)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(80, 160), min_size=2, max_size=6))
def test_since_is_the_day_from_which_reports_would_have_warned_without_a_break(values: list[int]) -> None:
    plan = made(values)
    days = [date(2021 + at, 12, 31) for at in range(len(values))]
    view = plan.view(days[-1])
    found = [one for one in warnings(view, standings(view)) if one.rule.id.startswith("probability.")]
    for one in found:
        cut = parameter("plan_warning_rules", one.rule.id).number
        chances = [standings(plan.view(day))[0].probability for day in days]
        broken = [chance is not None and chance < cut for chance in chances]
        assert broken[-1]
        first = max((at + 1 for at, bad in enumerate(broken) if not bad), default=0)
        assert one.since == days[first]


def test_what_would_bring_it_back_is_said_in_both_languages() -> None:
    view = made([101, 102]).view(date(2022, 12, 31))
    (one,) = [one for one in warnings(view, standings(view)) if one.rule.id.startswith("probability.")]
    # 98 km are left for eight years.
    assert one.required == 98 / 8
    assert one.remedy("en").startswith("to reach the target it must change by 12.25 km a year")
    assert one.remedy("zh").startswith("若要达标，每年须变化 12.25 公里")
    assert "services.clinic" in one.remedy("en")
