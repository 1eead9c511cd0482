"""Finance against spreadsheet documentation, numpy-financial's documentation, closed forms and laws."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from parkcity.base.errors import InputError, UsageError
from parkcity.decide.finance import Appraisal, Cash, Terms, joined, monte_carlo, read_cash, sensitivity
from parkcity.decide.operators.cash import annuity, modified_rate, npv, payback_years, rates_of_return, sign_changes

MANY = settings(max_examples=100, deadline=None)
money = st.floats(1.0, 1e6)


def flow(*amounts: float) -> np.ndarray:
    return np.array(amounts, float)


def test_present_values_equal_the_published_ones() -> None:
    # source: documentation of numpy-financial, functions npv and irr.
    assert npv(0.281, flow(-100, 39, 59, 55, 20)) == pytest.approx(-0.00847859163845488, rel=1e-9)
    assert npv(0.08, flow(-40_000, 5_000, 8_000, 12_000, 30_000)) == pytest.approx(3065.22267, abs=1e-5)
    # source: documentation of the spreadsheet function NPV, which counts its first value as one year away.
    assert npv(0.10, flow(-10_000, 3_000, 4_200, 6_800)) / 1.10 == pytest.approx(1188.44, abs=0.005)
    assert npv(0.08, flow(0, 8_000, 9_200, 10_000, 12_000, 14_500)) - 40_000 == pytest.approx(1922.06, abs=0.005)


def test_rates_of_return_equal_the_published_ones() -> None:
    # source: documentation of numpy-financial, function irr.
    for amounts, rate in (
        ((-100, 39, 59, 55, 20), 0.28095),
        ((-100, 0, 0, 74), -0.0955),
        ((-100, 100, 0, -7), -0.0833),
        ((-100, 100, 0, 7), 0.06206),
        ((-5, 10.5, 1, -8, 1), 0.0886),
    ):
        assert any(found == pytest.approx(rate, abs=5e-5) for found in rates_of_return(flow(*amounts)))
    # source: documentation of the spreadsheet functions IRR (five years, four years) and MIRR.
    cost = flow(-70_000, 12_000, 15_000, 18_000, 21_000, 26_000)
    assert list(rates_of_return(cost)) == pytest.approx([0.0866], abs=5e-5)
    assert list(rates_of_return(cost[:5])) == pytest.approx([-0.0212], abs=5e-5)
    assert modified_rate(flow(-120_000, 39_000, 30_000, 21_000, 37_000, 46_000), 0.10, 0.12) == pytest.approx(0.1261, abs=5e-5)


def test_a_flow_with_two_rates_of_return_shows_both() -> None:
    # -(1 + r)^2 + 2.3 (1 + r) - 1.32 = 0 has the roots 1 + r = 1.1 and 1.2.
    amounts = flow(-100, 230, -132)
    assert list(rates_of_return(amounts)) == pytest.approx([0.1, 0.2])
    assert sign_changes(amounts) == 2
    found = Appraisal(Cash.of(2026, 3, capex=[100, 0, 132], revenue=[0, 230]), Terms.of(residual_share=0.0))
    assert found.irr is None
    assert "several_sign_changes" in found.flags
    assert Appraisal(Cash.of(2026, 3, capex=[100]), Terms.of(residual_share=0.0)).flags[0] == "no_rate_of_return"


@MANY
@given(st.floats(0.001, 0.4), money, st.integers(1, 40))
def test_an_annuity_is_worth_its_loan(rate: float, loan: float, years: int) -> None:
    payments = np.concatenate([[0.0], np.full(years, annuity(loan, rate, years))])
    assert npv(rate, payments) == pytest.approx(loan, rel=1e-9)
    # Textbook: 1,000 at 6 % for 10 years of 150 is worth 104.013058 more than it costs.
    assert npv(0.06, flow(-1000, *[150] * 10)) == pytest.approx(104.013058, abs=1e-6)


@MANY
@given(money, st.lists(money, min_size=1, max_size=25))
def test_the_rate_of_return_makes_the_value_zero(cost: float, returns: list[float]) -> None:
    amounts = flow(-cost, *returns)
    (rate,) = rates_of_return(amounts)
    assert abs(npv(rate, amounts)) <= 1e-6 * np.abs(amounts).sum() * max(1.0, (1 + rate) ** -len(returns))


@MANY
@given(st.lists(money, min_size=1, max_size=20), money)
def test_payback_is_when_the_sum_reaches_zero(returns: list[float], cost: float) -> None:
    years = payback_years(flow(-cost, *returns))
    if years is None:
        assert sum(returns) < cost
        return
    whole = int(years)
    got = sum(returns[:whole]) + (years - whole) * (returns[whole] if whole < len(returns) else 0.0)
    assert got == pytest.approx(cost, rel=1e-6)


def test_debt_service_begins_after_construction_and_repays_the_loan() -> None:
    # 1,000 borrowed in year 0, 5 % for 4 years: each year 1000 * 0.05 / (1 - 1.05^-4) = 282.01.
    cash = Cash.of(2026, 6, capex=[1000], revenue=[0, 400, 400, 400, 400, 400], opex=[0, 60, 60, 60, 60, 60])
    found = Appraisal(cash, Terms.of(rate=0.05, loan_share=1.0, loan_rate=0.05, loan_years=4, residual_share=0.0))
    assert found.debt_service == pytest.approx([0, *[282.0118] * 4, 0], abs=1e-4)
    assert list(found.cover()) == pytest.approx([340 / 282.0118] * 2, rel=1e-6)
    assert npv(0.05, found.debt_service) == pytest.approx(1000)
    # A loan that outlives the horizon is paid back in its last year.
    short = Appraisal(cash, Terms.of(rate=0.05, loan_share=1.0, loan_rate=0.05, loan_years=20, residual_share=0.0))
    assert npv(0.05, short.debt_service) == pytest.approx(1000)


def test_both_accounts_of_an_area_are_told() -> None:
    # A line loses money, the land along it pays: together construction closes and operation stays open.
    line = Cash.of(2026, 10, capex=[500, 500], opex=[0, 0, *[60] * 8], revenue=[0, 0, *[30] * 8])
    land = Cash.of(2027, 5, land=[0, 700, 700])
    area = Appraisal(joined([line, land]), Terms.of(rate=0.06, residual_share=0.0))
    assert area.construction.closed
    assert not area.operation.closed
    assert "operation_open" in area.flags
    assert area.npv == pytest.approx(area.construction.income - area.construction.cost + area.operation.income - area.operation.cost)
    # Until land is sold in 2028, both years of building have been paid.
    assert area.lowest_year == (2027, -1000.0)


@MANY
@given(st.lists(money, min_size=3, max_size=10), st.lists(money, min_size=3, max_size=10), st.floats(0.0, 0.3))
def test_the_switching_value_makes_the_project_worth_nothing(capex: list[float], revenue: list[float], rate: float) -> None:
    cash = Cash.of(2026, 10, capex=capex, revenue=revenue)
    terms = Terms.of(rate=rate)
    for row in sensitivity(cash, terms):
        assume(row["switch"] is not None)
        at_switch = Appraisal(cash.scaled({row["account"]: 1.0 + row["switch"]}), terms).npv
        assert at_switch == pytest.approx(0.0, abs=1e-6 * (sum(capex) + sum(revenue)))


def test_draws_are_the_same_for_a_seed_and_their_mean_is_the_triangles() -> None:
    cash, terms = Cash.of(2026, 5, capex=[1000], revenue=[0, 400, 400, 400, 400]), Terms.of(rate=0.05)
    one, two = (monte_carlo(cash, terms, {"capex": (-0.1, 0.4), "revenue": (0, 0)}, 20_000, seed=3) for _ in range(2))
    np.testing.assert_array_equal(one.values, two.values)
    # A triangle from -0.1 over 0 to 0.4 has the mean 0.1.
    base = Appraisal(cash, terms).npv
    left = terms.residual_share * 1000 / 1.05**4
    assert one.values.mean() == pytest.approx(base - 0.1 * (1000 - left), rel=0.02)
    fixed = monte_carlo(cash, terms, dict.fromkeys(("capex", "opex", "revenue", "land"), (0, 0)), 10)
    assert fixed.values == pytest.approx(np.full(10, base))


def test_money_from_a_table_tells_all_its_faults(tmp_path: Path) -> None:
    path = tmp_path / "cash.csv"
    path.write_text("project,year,capex,revenue\na,2026,100,\na,2028,,50\nb,2027,7,1\n", encoding="utf-8")
    found = read_cash(path)
    assert found["a"].capex.tolist() == [100, 0, 0]
    assert found["a"].revenue.tolist() == [0, 0, 50]
    assert joined(list(found.values())).capex.tolist() == [100, 7, 0]
    path.write_text("project,year,capex,colour\na,2026,-1,x\na,2026,1,x\na,soon,1,x\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_cash(path)
    assert len(caught.value.faults) == 4
    with pytest.raises(UsageError):
        Terms.of(loan_share=2.0)
    with pytest.raises(UsageError):
        monte_carlo(found["a"], Terms.of(), {"fees": (0, 1)})
