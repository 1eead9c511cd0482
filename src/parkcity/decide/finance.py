"""What a project or an area costs and earns over its life: value, rates, payback, debt service, balance, and how sure that is.

Four accounts of yearly money, all counted as positive amounts: capital cost, running cost, revenue and land value. Construction is
balanced by land value, operation by revenue (the two accounts of an area's balance); both must close, and no year may fall below its
floor. Defaults of rates and spreads stand in `standards/finance_parameters.csv`; most are marked M and are to be replaced by one's own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.errors import FaultList, UsageError
from parkcity.decide.operators.cash import annuity, modified_rate, npv, payback_years, present_values, rates_of_return, sign_changes
from parkcity.standards import parameter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

ACCOUNTS = ("capex", "opex", "revenue", "land")
_SIGN = {"capex": -1.0, "opex": -1.0, "revenue": 1.0, "land": 1.0}


def default(name: str) -> float:
    """A rate or spread by its id in `finance_parameters.csv`."""
    return parameter("finance_parameters", name).number


@dataclass(frozen=True)
class Terms:
    """On what terms money is counted: rates are shares a year; `loan_share` is the part of the capital cost that is borrowed.

    The loan is drawn as the capital is spent and paid back in equal yearly payments, which begin the year after the last capital cost;
    interest until then is added to it. `floor` is the least sum of all money so far, yuan, that a year may end with.
    """

    rate: float
    loan_rate: float
    loan_years: int
    residual_share: float
    loan_share: float = 0.0
    floor: float | None = None

    @classmethod
    def of(cls, **given: Any) -> Terms:
        """Terms with the defaults of the standards table where nothing is given."""
        base = cls(
            rate=default("discount.social"),
            loan_rate=default("loan.rate"),
            loan_years=round(default("loan.years")),
            residual_share=default("residual.share"),
        )
        terms = replace(base, **given)
        if not terms.rate > -1 or not 0 <= terms.loan_share <= 1 or terms.loan_years < 1 or not 0 <= terms.residual_share <= 1:
            msg = "the rate must be above -1, shares lie between 0 and 1, and a loan runs for a year or more"
            raise UsageError(msg)
        return terms


@dataclass(frozen=True)
class Cash:
    """Money of a project or an area by year from `first` on: float64 [years], yuan, all amounts 0 or more."""

    first: int
    capex: Floats
    opex: Floats
    revenue: Floats
    land: Floats

    @classmethod
    def of(cls, first: int, years: int, **accounts: Sequence[float] | Floats) -> Cash:
        """Accounts of any length up to `years`, filled up with zeros."""
        filled = {name: np.zeros(years) for name in ACCOUNTS}
        for name, amounts in accounts.items():
            if name not in filled:
                msg = f"there is no account '{name}'; there are: {', '.join(ACCOUNTS)}"
                raise UsageError(msg)
            given = np.asarray(amounts, np.float64)
            if len(given) > years or (given < 0).any() or not np.isfinite(given).all():
                msg = f"'{name}' must hold at most {years} amounts of 0 or more"
                raise UsageError(msg)
            filled[name][: len(given)] = given
        return cls(first, **filled)

    def account(self, name: str) -> Floats:
        """One account."""
        amounts: Floats = getattr(self, name)
        return amounts

    @property
    def net(self) -> Floats:
        """What is left of every year, [years]."""
        return self.revenue + self.land - self.capex - self.opex

    def scaled(self, factors: Mapping[str, float]) -> Cash:
        """The same money with some accounts multiplied."""
        return Cash(self.first, **{name: self.account(name) * factors.get(name, 1.0) for name in ACCOUNTS})

    def with_residual(self, share: float) -> Cash:
        """With the part of the capital cost that is left at the end, as land value of the last year."""
        land = self.land.copy()
        land[-1] += share * self.capex.sum()
        return replace(self, land=land)


def joined(parts: Sequence[Cash]) -> Cash:
    """Several projects as one area, over all of their years."""
    if not parts:
        raise UsageError("an area needs a project or more")
    first, last = min(part.first for part in parts), max(part.first + len(part.net) for part in parts)
    sums = {name: np.zeros(last - first) for name in ACCOUNTS}
    for part in parts:
        for name in ACCOUNTS:
            sums[name][part.first - first : part.first - first + len(part.net)] += part.account(name)
    return Cash(first, **sums)


@dataclass(frozen=True)
class Balance:
    """One account of the balance: present value of what it brings and costs; `closed` where the first is not less."""

    income: float
    cost: float

    @property
    def closed(self) -> bool:
        """Does the account close?"""
        return self.income >= self.cost


@dataclass(frozen=True)
class Appraisal:
    """What the money of a project or an area comes to on some terms. Rates that do not exist are None."""

    cash: Cash
    terms: Terms

    @cached_property
    def flow(self) -> Floats:
        """Net money of every year with the residual value, [years]."""
        return self.cash.with_residual(self.terms.residual_share).net

    @property
    def npv(self) -> float:
        """Net present value at the start of the first year, yuan."""
        return npv(self.terms.rate, self.flow)

    @cached_property
    def rates(self) -> tuple[float, ...]:
        """Every internal rate of return."""
        return rates_of_return(self.flow)

    @property
    def irr(self) -> float | None:
        """The internal rate of return where there is exactly one."""
        return self.rates[0] if len(self.rates) == 1 else None

    @property
    def mirr(self) -> float | None:
        """The modified rate, with the loan's rate for costs and the discount rate for returns."""
        return modified_rate(self.flow, self.terms.loan_rate, self.terms.rate)

    @property
    def payback(self) -> float | None:
        """Years until the money has come back, without interest."""
        return payback_years(self.flow)

    @property
    def discounted_payback(self) -> float | None:
        """Years until the money has come back at its present value."""
        return payback_years(present_values(self.terms.rate, self.flow))

    @property
    def life_cycle_cost(self) -> float:
        """Present value of building and running, yuan."""
        return npv(self.terms.rate, self.cash.capex) + npv(self.terms.rate, self.cash.opex)

    @cached_property
    def debt_service(self) -> Floats:
        """Interest and principal of every year, [years]; what is due after the last year is due in it."""
        terms, years = self.terms, len(self.cash.net)
        due = np.zeros(years)
        drawn = self.cash.capex * terms.loan_share
        if not drawn.any():
            return due
        last = int(np.flatnonzero(drawn)[-1])
        owed = float(sum(drawn[year] * (1 + terms.loan_rate) ** (last - year) for year in range(last + 1)))
        payment, end = annuity(owed, terms.loan_rate, terms.loan_years), last + terms.loan_years
        due[last + 1 : end + 1] = payment
        if end >= years:
            left = end - (years - 1)
            due[-1] += payment * sum((1 + terms.loan_rate) ** -year for year in range(1, left + 1))
        return due

    def cover(self) -> tuple[float | None, float | None]:
        """Least and mean debt service cover ratio (money before debt over what is due); None without debt."""
        due = self.debt_service
        years = np.flatnonzero(due > 0)
        if not len(years):
            return None, None
        free = self.cash.revenue + self.cash.land - self.cash.opex
        ratio = free[years] / due[years]
        return float(ratio.min()), float(ratio.mean())

    @property
    def construction(self) -> Balance:
        """The account of building: land value against capital cost."""
        terms, cash = self.terms, self.cash.with_residual(self.terms.residual_share)
        return Balance(npv(terms.rate, cash.land), npv(terms.rate, cash.capex))

    @property
    def operation(self) -> Balance:
        """The account of running: revenue against running cost."""
        return Balance(npv(self.terms.rate, self.cash.revenue), npv(self.terms.rate, self.cash.opex))

    @property
    def lowest_year(self) -> tuple[int, float]:
        """The year that ends with the least money so far, and that sum, yuan (loan and its service included)."""
        total = np.cumsum(self.flow + self.cash.capex * self.terms.loan_share - self.debt_service)
        year = int(np.argmin(total))
        return self.cash.first + year, float(total[year])

    @property
    def flags(self) -> tuple[str, ...]:
        """What a reader must know beside the numbers."""
        flags = []
        if sign_changes(self.flow) > 1:
            flags.append("several_sign_changes")
        if not self.rates:
            flags.append("no_rate_of_return")
        least, _ = self.cover()
        if least is not None and least < default("dscr.floor"):
            flags.append("debt_not_covered")
        if not self.construction.closed:
            flags.append("construction_open")
        if not self.operation.closed:
            flags.append("operation_open")
        if self.terms.floor is not None and self.lowest_year[1] < self.terms.floor:
            flags.append("below_floor")
        return tuple(flags)

    def row(self) -> dict[str, Any]:
        """All figures as one flat row."""
        least, mean = self.cover()
        year, lowest = self.lowest_year
        return {
            "npv": self.npv,
            "irr": self.irr,
            "irr_all": [round(rate, 10) for rate in self.rates],
            "mirr": self.mirr,
            "payback_years": self.payback,
            "discounted_payback_years": self.discounted_payback,
            "dscr_least": least,
            "dscr_mean": mean,
            "life_cycle_cost": self.life_cycle_cost,
            "construction_income": self.construction.income,
            "construction_cost": self.construction.cost,
            "operation_income": self.operation.income,
            "operation_cost": self.operation.cost,
            "lowest_year": year,
            "lowest_sum": lowest,
            "rate": self.terms.rate,
            "flags": list(self.flags),
        }


def sensitivity(cash: Cash, terms: Terms, step: float | None = None) -> list[dict[str, Any]]:
    """For every account: the net present value with `step` (a share) less and more of it, and the change at which it becomes 0."""
    step = default("sensitivity.step") if step is None else step
    base = Appraisal(cash, terms).npv
    rows: list[dict[str, Any]] = []
    for name in ACCOUNTS:
        if not cash.account(name).any():
            continue
        low, high = (Appraisal(cash.scaled({name: 1.0 + sign * step}), terms).npv for sign in (-1, 1))
        slope = (high - low) / (2.0 * step)
        # The value is linear in every account, so the change that makes it 0 is exact.
        rows.append({"account": name, "step": step, "npv_less": low, "npv_more": high, "switch": -base / slope if slope else None})
    rows.sort(key=lambda row: -abs(row["npv_more"] - row["npv_less"]))
    return rows


@dataclass(frozen=True)
class Drawn:
    """Net present values drawn with uncertain accounts, float64 [draws], and the share that is 0 or more."""

    values: Floats

    @property
    def share_positive(self) -> float:
        """Share of the draws in which the project pays."""
        return float((self.values >= 0).mean())

    def row(self) -> dict[str, float]:
        """Mean, 5th, 50th and 95th percentile, and the share that pays."""
        low, middle, high = np.quantile(self.values, [0.05, 0.5, 0.95])
        mean = float(self.values.mean())
        return {"mean": mean, "p5": float(low), "p50": float(middle), "p95": float(high), "share_positive": self.share_positive}


def monte_carlo(
    cash: Cash, terms: Terms, spreads: Mapping[str, tuple[float, float]] | None = None, draws: int | None = None, seed: int = 0
) -> Drawn:
    """Net present values with every account drawn by itself from a triangle: least, no change, greatest change (shares).

    `spreads` gives least and greatest change by account, `(0, 0)` holds one fixed; left out, those of the standards table. The same seed
    gives the same draws. Triangular: the usual form where only three values are known.
    """
    known = {name: (default(f"spread.{name}.low"), default(f"spread.{name}.high")) for name in ACCOUNTS}
    unknown = set(spreads or {}) - set(known)
    if unknown:
        msg = f"there is no account '{min(unknown)}'; there are: {', '.join(ACCOUNTS)}"
        raise UsageError(msg)
    known |= dict(spreads or {})
    count = round(default("draws")) if draws is None else draws
    chance = np.random.default_rng(seed)
    total = np.full(count, npv(terms.rate, np.zeros(len(cash.net))))
    for name in ACCOUNTS:
        low, high = known[name]
        if low > 0 or high < 0:
            msg = f"the change of '{name}' must lie around 0: {low:g} to {high:g}"
            raise UsageError(msg)
        drawn = chance.triangular(low, 0.0, high, count) if high > low else np.zeros(count)
        value = npv(terms.rate, cash.account(name))
        if name == "capex":
            # What is left of the building at the end follows its cost.
            value -= terms.residual_share * float(cash.capex.sum()) / (1 + terms.rate) ** (len(cash.net) - 1)
        total += _SIGN[name] * value * (1.0 + drawn)
    return Drawn(total)


def read_cash(path: Path) -> dict[str, Cash]:
    """Money by project from a CSV with `project, year` and any of `capex, opex, revenue, land` (yuan, 0 or more).

    Raises `InputError` with every fault: wrong numbers, years that stand twice.
    """
    from parkcity.base.tables import Column, Schema, read_csv

    table, _ = read_csv(path)
    money = tuple(Column(name, "number", "yuan", 0, required=False, nullable=True) for name in ACCOUNTS)
    schema = Schema((Column("project"), Column("year", "integer", "", 1900, 2300), *money))
    checked, found = schema.check(table, str(path))
    faults = FaultList(list(found))
    for name in table.columns:
        if name not in {"project", "year", *ACCOUNTS}:
            faults.add(path, f"unknown column '{name}'.", allowed=f"project, year, {', '.join(ACCOUNTS)}.", row=1)
    for row in np.flatnonzero(checked.duplicated(["project", "year"]).to_numpy()):
        faults.add(path, f"'{checked['project'].iloc[row]}' has the year {checked['year'].iloc[row]} twice.", row=int(row) + 2)
    faults.check()
    cash = {}
    for project, rows in checked.groupby("project", sort=False):
        first, last = int(rows["year"].min()), int(rows["year"].max())
        at = rows["year"].to_numpy(int) - first
        accounts = {account: np.zeros(last - first + 1) for account in ACCOUNTS}
        for account, amounts in accounts.items():
            if account in rows:
                amounts[at] = np.nan_to_num(rows[account].to_numpy(float))
        cash[str(project)] = Cash(first, **accounts)
    return cash
