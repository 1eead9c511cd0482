"""Warnings, supervision, evidence, contributions and rollups."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from parkcity.base.errors import UsageError
from parkcity.plan.contribution import contributions
from parkcity.plan.evidence import best_state
from parkcity.plan.ledger import Ledger
from parkcity.plan.load import load
from parkcity.plan.rollup import BY, LIGHTS, rollup
from parkcity.plan.status import standings
from parkcity.plan.supervision import supervision
from parkcity.plan.targets import Point
from parkcity.plan.warning import Warned, fired, warnings, worse_years
from tests.plan.ledgers import ledger
from tests.plan.test_lint import OWNERS, TARGET, TASK

ROOT = Path(__file__).parents[2]
GOAL = TARGET | {"baseline": "100", "target": "200", "unit": "count", "owner": "O1"}


def _actual(year: int, value: float, **more: str) -> dict[str, object]:
    base = {"id": f"A{year}{more.get('indicator', '')}", "indicator": "x", "scope": "city", "value": value, "op": "eq", "unit": "count"}
    base |= {"origin": "statistic", "source": "test", "confidence": "S", "true_on": year, "known_on": year}
    return base | more


def _rules(made: Ledger, at: date) -> dict[str, Warned]:
    view = made.view(at)
    return {one.rule.id: one for one in warnings(view, standings(view))}


@pytest.mark.parametrize(
    ("value", "rule"),
    [(0.8, None), (0.79, "probability.watch"), (0.5, "probability.watch"), (0.49, "probability.serious"), (0.19, "probability.critical")],
)
def test_the_most_severe_rule_speaks(value: float, rule: str | None) -> None:
    found = fired("probability", value)
    assert (found.id if found else None) == rule


def test_two_worse_years_are_told_since_the_first_of_them() -> None:
    made = ledger(owners=OWNERS, targets=[GOAL], actuals=[_actual(2021, 130), _actual(2022, 125), _actual(2023, 120)])
    found = _rules(made, date(2024, 1, 31))["worse.two_years"]
    assert found.since == date(2022, 12, 31)
    assert found.owner == "O1"
    # What brings it back: (200 - 120) in the two years left.
    assert found.required == pytest.approx(40)


def test_worse_means_higher_where_less_is_better() -> None:
    points = [Point(date(2020 + at, 12, 31), value) for at, value in enumerate([5.0, 4.0, 4.5, 4.7])]
    assert worse_years(points, up=False) == (2, date(2022, 12, 31))
    assert worse_years(points, up=True) == (0, None)
    assert worse_years(points[:1], up=True) == (0, None)


def test_a_low_probability_is_told_since_it_became_low() -> None:
    values = [_actual(2021, 121), _actual(2022, 142), _actual(2023, 143), _actual(2024, 144)]
    found = _rules(ledger(owners=OWNERS, targets=[GOAL], actuals=values), date(2025, 3, 31))["probability.critical"]
    assert found.since in {date(2023, 12, 31), date(2024, 12, 31)}


def test_a_leading_indicator_that_turned_warns_its_target() -> None:
    leads = [{"id": "L1", "target": "T1", "indicator": "y", "scope": "city", "better": "up", "source": "test"}]
    values = [_actual(2021, 130), *(_actual(year, 50 - year + 2020, indicator="y") for year in (2020, 2021, 2022))]
    found = _rules(ledger(owners=OWNERS, targets=[GOAL], actuals=values, leads=leads), date(2023, 1, 31))
    assert "lead.turned" in found
    assert "y" in found["lead.turned"].why("en")


def test_overdue_milestones_and_missing_evidence() -> None:
    base = {"name_zh": "里程碑", "name_en": "milestone", "target": "T1", "source": "test", "owner": "O1"}
    rows = [base | {"id": "M1", "due": "2021-06-30"}, base | {"id": "M2", "due": "2021-06-30", "done_on": "2021-06-01"}]
    proof = {"id": "E1", "milestone": "M2", "query": "q", "claimed_by": "O1", "claimed_on": "2021-06-01", "known_on": "2021-07-01"}
    proof |= {"state": "checked", "checked_by": "O2", "checked_on": "2021-07-01", "expires_on": "2022-07-01"}
    made = ledger(owners=OWNERS, targets=[GOAL], milestones=rows, evidence=[proof])
    assert best_state(made.view(date(2021, 6, 15)), "milestone", "M2") == "none"
    assert best_state(made.view(date(2021, 8, 1)), "milestone", "M2") == "checked"
    assert best_state(made.view(date(2022, 8, 1)), "milestone", "M2") == "expired"
    assert "evidence.overdue" in _rules(made, date(2021, 6, 15))
    in_time = _rules(made, date(2021, 8, 1))
    assert "evidence.overdue" not in in_time
    assert in_time["milestone.overdue"].subject == "M1"
    assert in_time["milestone.overdue"].found == 32


def test_tasks_late_beyond_their_float_and_money_ahead_of_work() -> None:
    tasks = [TASK | {"finish": "2021-01-29", "started_on": "2021-01-04", "percent_done": "10", "owner": "O1"}]
    money = [{"id": "B1", "task": "K1", "year": "2021", "planned": "1000", "spent": "500", "source": "x"}]
    found = _rules(ledger(owners=OWNERS, tasks=tasks, budget=money), date(2021, 3, 1))
    assert {"task.beyond_float", "cost.money_ahead"} <= set(found)
    # Earned 100 for 500 spent.
    assert found["cost.money_ahead"].found == pytest.approx(0.2)


def test_supervision_counts_days_replies_and_repeats() -> None:
    base = {"issue_zh": "事项", "issue_en": "issue", "basis": "minutes", "target": "T1", "owner": "O1", "supervisor": "O2"}
    base |= {"opened_on": "2021-01-05", "deadline": "2021-03-01"}
    items = [
        base | {"id": "S1"},
        base | {"id": "S2", "extended_to": "2021-05-01", "repeats": "S1"},
        base | {"id": "S3", "closed_on": "2021-03-11", "closed_by": "O2"},
    ]
    replies = [{"id": "R1", "item": "S1", "date": "2021-02-01", "by": "O1", "text": "under way"}]
    rows = {
        row["item"]: row
        for row in supervision(ledger(owners=OWNERS, targets=[GOAL], supervision=items, replies=replies).view(date(2021, 3, 31)))
    }
    assert [(rows[name]["state"], rows[name]["days_late"]) for name in ("S1", "S2", "S3")] == [
        ("late", 30),
        ("open", 0),
        ("closed_late", 10),
    ]
    assert (rows["S1"]["replies"], rows["S1"]["repeats"]) == (1, 1)


def test_contributions_add_up_to_the_change() -> None:
    effects = [
        {"id": "F1", "target": "T1", "task": "K1", "part": "real", "amount": "25", "source": "what-if"},
        {"id": "F2", "target": "T1", "scenario": "recount", "part": "data", "amount": "-5", "source": "revision"},
    ]
    made = ledger(owners=OWNERS, targets=[GOAL], tasks=[TASK], effects=effects, actuals=[_actual(2020, 100), _actual(2021, 130)])
    view = made.view(date(2022, 1, 31))
    rows = contributions(view, standings(view))
    assert [(row["part"], row["amount"]) for row in rows] == [("real", 25), ("data", -5), ("unexplained", 10)]


@pytest.mark.parametrize("by", BY)
def test_every_target_is_in_one_group(by: str) -> None:
    view = load(ROOT / "examples/chengdu").view()
    items = standings(view)
    rows = rollup(view, items, by)
    assert sum(int(str(row["targets"])) for row in rows) == len(items)
    assert all(sum(int(str(row[color])) for color in LIGHTS) == row["targets"] for row in rows)


def test_an_unknown_grouping_is_refused() -> None:
    view = load(ROOT / "examples/chengdu").view()
    with pytest.raises(UsageError, match="allowed: chapter, article, owner, zone, dimension"):
        rollup(view, [], "colour")


def test_computed_values_rank_above_typed_ones_and_sure_above_unsure() -> None:
    rows = [
        _actual(2021, 1, id="A1", origin="typed"),
        _actual(2021, 2, id="A2", confidence="F"),
        _actual(2021, 3, id="A3", origin="computed", twin="abc", confidence="L"),
        _actual(2022, 4, id="A4", confidence="M"),
        _actual(2022, 5, id="A5", confidence="F"),
    ]
    (item,) = standings(ledger(owners=OWNERS, targets=[GOAL], actuals=rows).view(date(2023, 1, 31)))
    assert [point.value for point in item.series] == [3, 5]
