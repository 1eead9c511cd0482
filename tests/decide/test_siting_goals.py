"""Siting under conditions against brute force, published optima and laws."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import linprog

from parkcity.decide.capacity import Full, plan_capacity, served_of
from parkcity.decide.center import Ways, fair, p_center
from parkcity.decide.cover_model import Demand, Rules, plan_cover, staged_cover

MANY = settings(max_examples=80, deadline=None)
DATA = Path(__file__).parent.parent / "published" / "data" / "san_francisco_stores.csv.gz"


@st.composite
def demands(draw: st.DrawFn, columns: int, rows: int | None = None) -> Demand:
    count = rows or draw(st.integers(1, 7))
    bits = draw(st.lists(st.booleans(), min_size=count * columns, max_size=count * columns))
    weight = np.array(draw(st.lists(st.integers(0, 9), min_size=count, max_size=count)), float)
    already = np.array(draw(st.lists(st.integers(0, 3), min_size=count, max_size=count)), np.int64)
    district = np.array(draw(st.lists(st.integers(-1, 1), min_size=count, max_size=count)), np.int32)
    return Demand("d", sparse.csr_array(np.array(bits, np.int8).reshape(count, columns)), weight, already, district)


@st.composite
def cases(draw: st.DrawFn) -> tuple[tuple[Demand, ...], Rules]:
    columns = draw(st.integers(1, 6))
    given = tuple(draw(demands(columns)) for _ in range(draw(st.integers(1, 2))))
    cost = np.array(draw(st.lists(st.integers(1, 9), min_size=columns, max_size=columns)), float)
    existing = np.array(draw(st.lists(st.booleans(), min_size=columns, max_size=columns)))
    with_existing = draw(st.booleans())
    rules = Rules(
        count=draw(st.integers(0, 4)) if draw(st.booleans()) or with_existing else None,
        cost=cost,
        budget=float(draw(st.integers(0, 20))),
        land=np.array(draw(st.lists(st.integers(0, 3), min_size=columns, max_size=columns)), np.int64)
        if draw(st.booleans()) and not with_existing
        else None,
        backup=draw(st.sampled_from([0.0, 0.0, 0.5, 1.0])),
        worst=draw(st.booleans()),
        existing=existing if with_existing else None,
        moves=draw(st.integers(0, 2)),
    )
    if rules.worst:
        rules = replace(rules, backup=0.0)
    return given, rules


def keeps(rules: Rules, plan: list[int]) -> bool:
    """The rules written out anew."""
    standing = np.zeros(0, np.int64) if rules.existing is None else np.flatnonzero(rules.existing)
    closed = len(set(standing) - set(plan))
    new = [column for column in plan if column not in set(standing)]
    if rules.existing is not None and closed > rules.moves:
        return False
    if rules.count is not None and len(new) > rules.count + closed:
        return False
    if rules.cost is not None and rules.budget is not None and rules.cost[new].sum() > rules.budget:
        return False
    return rules.land is None or len(set(rules.land[plan])) == len(plan)


def worth(given: tuple[Demand, ...], rules: Rules, plan: list[int]) -> float:
    totals = []
    for demand in given:
        times = demand.already + demand.matrix.toarray()[:, plan].sum(axis=1)
        served = float(demand.weight[times > 0].sum())
        twice = float(demand.weight[times > 1].sum())
        totals.append(served / max(demand.weight.sum(), 1e-12) if rules.worst else served + rules.backup * twice)
    return min(totals) if rules.worst else sum(totals)


def subsets(columns: int) -> list[list[int]]:
    return [list(plan) for size in range(columns + 1) for plan in itertools.combinations(range(columns), size)]


@MANY
@given(cases())
def test_coverage_under_rules_equals_brute_force(case: tuple[tuple[Demand, ...], Rules]) -> None:
    given, rules = case
    plan = plan_cover(given, rules)
    columns = given[0].matrix.shape[1]
    top = max(worth(given, rules, entry) for entry in subsets(columns) if keeps(rules, entry))
    assert plan.status == "optimal"
    assert keeps(rules, plan.sites.tolist())
    assert plan.objective == pytest.approx(worth(given, rules, plan.sites.tolist()))
    assert plan.objective == pytest.approx(top, abs=1e-5)


@MANY
@given(demands(5), st.integers(1, 4), st.floats(0.1, 0.9))
def test_every_district_gets_its_share_or_no_plan_is_given(demand: Demand, count: int, least: float) -> None:
    def fine(plan: list[int]) -> bool:
        times = demand.already + demand.matrix.toarray()[:, plan].sum(axis=1)
        for district in (0, 1):
            mine = demand.district == district
            whole = demand.weight[mine].sum()
            if whole > 0 and demand.weight[mine & (times > 0)].sum() < least * whole - 1e-9:
                return False
        return True

    possible = [plan for plan in subsets(5) if len(plan) <= count and fine(plan)]
    rules = Rules(count=count, least=least)
    if not possible:
        with pytest.raises(ValueError, match="no plan"):
            plan_cover((demand,), rules)
        return
    plan = plan_cover((demand,), rules)
    assert fine(plan.sites.tolist())
    assert plan.objective == pytest.approx(max(worth((demand,), rules, entry) for entry in possible))


@settings(max_examples=40, deadline=None)
@given(demands(5), st.lists(st.integers(0, 2), min_size=1, max_size=3))
def test_stages_equal_brute_force_and_keep_what_is_built(demand: Demand, counts: list[int]) -> None:
    plan, picked = staged_cover(demand, tuple(counts))
    assert [
        len(part) <= count or sum(map(len, picked[: at + 1])) <= sum(counts[: at + 1])
        for at, (part, count) in enumerate(zip(picked, counts, strict=True))
    ]
    built = [np.concatenate(picked[: at + 1]).astype(int).tolist() for at in range(len(counts))]
    assert plan.objective == pytest.approx(sum(demand.served(np.array(entry, np.int64)) for entry in built))

    def best(stage: int, have: frozenset[int]) -> float:
        if stage == len(counts):
            return 0.0
        free = [column for column in range(5) if column not in have]
        room = sum(counts[: stage + 1]) - len(have)
        top = 0.0
        for size in range(min(room, len(free)) + 1):
            for more in itertools.combinations(free, size):
                now = have | set(more)
                top = max(top, demand.served(np.array(sorted(now), np.int64)) + best(stage + 1, frozenset(now)))
        return top

    assert plan.status == "optimal"
    assert plan.objective == pytest.approx(best(0, frozenset()), abs=1e-5)


@st.composite
def ways(draw: st.DrawFn) -> Ways:
    rows, sites = draw(st.integers(1, 7)), draw(st.integers(1, 6))
    cost = np.array(draw(st.lists(st.integers(0, 20), min_size=rows * sites, max_size=rows * sites)), float)
    known = draw(st.booleans())
    now = np.array(draw(st.lists(st.integers(0, 25), min_size=rows, max_size=rows)), float) if known else np.full(rows, np.inf)
    weight = np.array(draw(st.lists(st.integers(1, 9), min_size=rows, max_size=rows)), float)
    start = np.arange(rows + 1, dtype=np.int64) * sites
    return Ways(start, np.tile(np.arange(sites, dtype=np.int32), rows), cost, now, weight, sites)


@MANY
@given(ways(), st.integers(1, 4))
def test_the_p_center_equals_brute_force(case: Ways, count: int) -> None:
    plan = p_center(case, count)
    plans = itertools.combinations(range(case.sites), min(count, case.sites))
    best = min(float(case.costs(np.array(entry, np.int64)).max()) for entry in plans)
    assert plan.status == "optimal"
    assert len(plan.sites) <= count
    assert plan.objective == float(case.costs(plan.sites).max()) == best


@settings(max_examples=40, deadline=None)
@given(ways(), st.integers(1, 3))
def test_fair_plans_equal_brute_force_step_by_step(case: Ways, count: int) -> None:
    plan, rows = fair(case, count, levels=4)
    assert plan.status == "optimal"

    def beyond(entry: np.ndarray) -> tuple[float, ...]:
        cost = case.costs(entry)
        return tuple(float(case.weight[cost > row["limit"]].sum()) for row in rows)

    plans = [np.array(entry, np.int64) for size in range(count + 1) for entry in itertools.combinations(range(case.sites), size)]
    assert beyond(plan.sites) == min(beyond(entry) for entry in plans)


def test_the_p_center_has_the_published_optimum() -> None:
    # source: the published location notebooks of spopt, p-center with four stores: 7403.0638 m, stores 7, 11, 13 and 15.
    table = pd.read_csv(DATA)
    metres = table.filter(like="Store_").to_numpy(float)
    rows, sites = metres.shape
    start = np.arange(rows + 1, dtype=np.int64) * sites
    site = np.tile(np.arange(sites, dtype=np.int32), rows)
    plan = p_center(Ways(start, site, metres.ravel(), np.full(rows, np.inf), np.ones(rows), sites), 4)
    assert plan.status == "optimal"
    assert plan.objective == pytest.approx(7403.0638, abs=1e-3)
    assert float(metres[:, plan.sites].min(axis=1).max()) == plan.objective


def test_on_a_line_the_center_is_the_closed_form() -> None:
    # 101 people at 0 to 100: k centres split the line into k parts of at most ceil(101 / k) points; the longest way is half of it.
    x = np.arange(101.0)
    cost = np.abs(x[:, None] - x[None, :])
    start = np.arange(102, dtype=np.int64) * 101
    case = Ways(start, np.tile(np.arange(101, dtype=np.int32), 101), cost.ravel(), np.full(101, np.inf), np.ones(101), 101)
    for count, longest in ((1, 50.0), (2, 25.0), (3, 17.0), (4, 13.0), (5, 10.0)):
        assert p_center(case, count).objective == longest


@st.composite
def full_places(draw: st.DrawFn) -> tuple[Full, int]:
    rows, places = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    bits = np.array(draw(st.lists(st.booleans(), min_size=rows * places, max_size=rows * places))).reshape(rows, places)
    row, place = np.nonzero(bits)
    weight = np.array(draw(st.lists(st.integers(0, 9), min_size=rows, max_size=rows)), float)
    room = np.array(draw(st.lists(st.integers(0, 12), min_size=places, max_size=places)), float)
    fixed = np.array(draw(st.lists(st.booleans(), min_size=places, max_size=places)))
    return Full(row, place, weight, room, fixed), draw(st.integers(0, 3))


@MANY
@given(full_places())
def test_capacities_equal_brute_force(given_case: tuple[Full, int]) -> None:
    case, count = given_case
    plan = plan_capacity(case, count)

    def served(entry: tuple[int, ...]) -> float:
        """An independent program: the transport problem by scipy."""
        open_places = set(entry) | set(np.flatnonzero(case.fixed).tolist())
        keep = [pair for pair in range(len(case.row)) if case.place[pair] in open_places]
        if not keep:
            return 0.0
        a = np.zeros((len(case.weight) + len(case.room), len(keep)))
        for at, pair in enumerate(keep):
            a[case.row[pair], at] = a[len(case.weight) + case.place[pair], at] = 1.0
        found = linprog(-np.ones(len(keep)), A_ub=a, b_ub=np.concatenate([case.weight, case.room]))
        assert found.fun is not None
        return -float(found.fun)

    new = np.flatnonzero(~case.fixed).tolist()
    best = max(served(entry) for size in range(min(count, len(new)) + 1) for entry in itertools.combinations(new, size))
    assert plan.status == "optimal"
    assert plan.objective == pytest.approx(best, abs=1e-6)
    assert served_of(case, plan.sites) == pytest.approx(best, abs=1e-6)
    assert len(plan.sites) <= count


def test_a_plan_found_before_any_branching_is_not_replaced_by_the_start() -> None:
    # By hand: places 1, 2, 3 cost 6 together and serve rows 0, 1 and 3, the last of them twice: 3 + 1. The greedy start is worth 3.
    matrix = sparse.csr_array(np.array([[0, 0, 0, 1], [1, 0, 1, 0], [0, 0, 0, 0], [1, 1, 0, 0]], np.int8))
    demand = Demand("d", matrix, np.array([1.0, 1.0, 0.0, 1.0]), np.array([0, 0, 0, 1]), np.zeros(4, np.int32))
    plan = plan_cover((demand,), Rules(cost=np.array([3.0, 2.0, 2.0, 2.0]), budget=6.0, backup=1.0))
    assert plan.status == "optimal"
    assert plan.objective == pytest.approx(4.0)
