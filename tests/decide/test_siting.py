"""Siting against brute force, known optima and laws."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from tests.conftest import REPOSITORY
from tests.scenes.town import PEOPLE, cell_id, lonlat, write_town

from parkcity.base.errors import InputError, UsageError
from parkcity.base.words import Words
from parkcity.decide.compare import compare
from parkcity.decide.covering import max_cover, min_sites
from parkcity.decide.median import Instance, p_median
from parkcity.decide.operators.cover import greedy, lagrange, reduce_cover, served
from parkcity.decide.siting import site
from parkcity.insight.inputs import Inputs
from parkcity.serve.report.siting import siting_lines
from parkcity.twin.build import build
from parkcity.twin.changes._fields import CHANGES
from parkcity.twin.twin import Twin

MANY = settings(max_examples=60, deadline=None)


@st.composite
def covers(draw: st.DrawFn) -> tuple[sparse.csr_array, np.ndarray]:
    rows, columns = draw(st.integers(1, 9)), draw(st.integers(1, 7))
    bits = draw(st.lists(st.booleans(), min_size=rows * columns, max_size=rows * columns))
    whole = draw(st.booleans())
    weight = draw(st.lists(st.integers(0, 9) if whole else st.floats(0.01, 9), min_size=rows, max_size=rows))
    return sparse.csr_array(np.array(bits, np.int8).reshape(rows, columns)), np.array(weight, float)


def best_cover(matrix: sparse.csr_array, weight: np.ndarray, count: int) -> float:
    dense = matrix.toarray() > 0
    plans = itertools.combinations(range(dense.shape[1]), min(count, dense.shape[1]))
    return max(float(weight[dense[:, list(plan)].any(axis=1)].sum()) for plan in plans)


@MANY
@given(covers(), st.integers(1, 5))
def test_maximum_coverage_equals_brute_force(case: tuple[sparse.csr_array, np.ndarray], count: int) -> None:
    matrix, weight = case
    plan = max_cover(matrix, weight, count)
    assert plan.status == "optimal"
    assert plan.objective == pytest.approx(best_cover(matrix, weight, count), rel=1e-8, abs=1e-8)
    assert len(plan.sites) <= count
    # A plan serves what it says.
    assert float(weight[(matrix.toarray()[:, plan.sites] > 0).any(axis=1)].sum()) == pytest.approx(plan.objective)


@MANY
@given(covers(), st.integers(1, 5))
def test_the_relaxation_bounds_from_above_and_fixes_only_what_it_may(case: tuple[sparse.csr_array, np.ndarray], count: int) -> None:
    matrix, weight = case
    first = greedy(matrix, weight, count)
    found = lagrange(matrix, weight, count, first, 1e-6)
    best = best_cover(matrix, weight, count)
    assert found.value >= best - 1e-6
    if best > found.served + 1e-6:
        dense = matrix.toarray() > 0
        plans = itertools.combinations(range(dense.shape[1]), min(count, dense.shape[1]))
        better = [set(plan) for plan in plans if weight[dense[:, list(plan)].any(axis=1)].sum() > found.served + 2e-6]
        assert all(not plan & set(np.flatnonzero(found.out)) for plan in better)
        assert all(set(np.flatnonzero(found.into)) <= plan for plan in better)


@MANY
@given(covers(), st.integers(1, 5))
def test_reductions_keep_the_optimum(case: tuple[sparse.csr_array, np.ndarray], count: int) -> None:
    matrix, weight = case
    small = reduce_cover(matrix, weight)
    if len(small.column):
        assert best_cover(small.matrix, small.weight, count) == pytest.approx(best_cover(matrix, weight, count))


@MANY
@given(covers(), st.floats(0.05, 1.0))
def test_the_fewest_sites_equal_brute_force(case: tuple[sparse.csr_array, np.ndarray], share: float) -> None:
    matrix, weight = case
    least = share * float(weight[np.diff(matrix.indptr) > 0].sum())
    plan = min_sites(matrix, weight, least)
    assert plan.status == "optimal"
    fewest = (
        next((number for number in range(1, matrix.shape[1] + 1) if best_cover(matrix, weight, number) >= least - 1e-9), 0)
        if least > 0
        else 0
    )
    assert plan.objective == fewest
    assert served(matrix, weight, plan.sites) >= least - 1e-6


@st.composite
def medians(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    rows, sites = draw(st.integers(1, 8)), draw(st.integers(1, 7))
    cost = draw(st.lists(st.integers(0, 50), min_size=rows * sites, max_size=rows * sites))
    other = draw(st.lists(st.integers(1, 60), min_size=rows, max_size=rows))
    return np.array(cost, float).reshape(rows, sites), np.array(other, float)


def instance(cost: np.ndarray, other: np.ndarray) -> Instance:
    rows, sites = cost.shape
    start = np.arange(rows + 1, dtype=np.int64) * sites
    return Instance.of(start, np.tile(np.arange(sites, dtype=np.int32), rows), cost.ravel(), other, sites)


@MANY
@given(medians(), st.integers(1, 5))
def test_the_p_median_equals_brute_force(case: tuple[np.ndarray, np.ndarray], count: int) -> None:
    cost, other = case
    plan = p_median(instance(cost, other), count)
    plans = itertools.combinations(range(cost.shape[1]), min(count, cost.shape[1]))
    best = min(float(np.minimum(cost[:, list(chosen)].min(axis=1), other).sum()) for chosen in plans)
    assert plan.bound <= best + 1e-6
    assert plan.status == "optimal"
    assert plan.objective == pytest.approx(best)


def test_both_goals_on_a_line_have_the_answer_of_the_closed_form() -> None:
    # 101 people at 0, 1, ..., 100: the median of all is 50; the sum of |x - 50| is 2 (1 + ... + 50) = 2,550.
    x = np.arange(101.0)
    cost = np.abs(x[:, None] - x[None, :])
    plan = p_median(instance(cost, np.full(101, 1e4)), 1)
    assert (plan.sites.tolist(), plan.objective, plan.status) == ([50], 2550.0, "optimal")
    # Two medians halve the line: 25 and 75 or 76 up to mirror images; a half of 50 points costs 625, one of 51 points 650.
    assert p_median(instance(cost, np.full(101, 1e4)), 2).objective == 1275.0
    # An interval of half-width 10 covers 21 points: ceil(101 / 21) = 5 cover all, 4 cover 84.
    matrix = sparse.csr_array((cost <= 10).astype(np.int8))
    assert min_sites(matrix, np.ones(101), 101.0).objective == 5
    assert max_cover(matrix, np.ones(101), 4).objective == 84


@pytest.fixture(scope="module")
def town_twin(tmp_path_factory: pytest.TempPathFactory) -> Twin:
    return build(write_town(tmp_path_factory.mktemp("siting") / "town"))


def test_what_a_plan_promises_is_what_the_city_then_measures(town_twin: Twin) -> None:
    for minutes, count in ((5.0, 1), (10.0, 2), (5.0, 4)):
        found = site(Inputs(town_twin), "primary_school", count=count, minutes=minutes)
        indicator = f"life_circle.primary_school.within_{minutes:g}_min"
        (row,) = compare(town_twin, [found.scenario()], [indicator], groups=["all"]).rows("city")
        assert row["winners"] == found.plan.objective == sum(entry.gained for entry in found.sites)
        assert row["losers"] == 0
        assert found.after - found.before == row["winners"]


def test_the_shortened_ways_are_those_the_city_then_measures(town_twin: Twin) -> None:
    found = site(Inputs(town_twin), "primary_school", count=2, goal="distance")
    (row,) = compare(town_twin, [found.scenario()], ["distance.primary_school.mean"], groups=["all"]).rows("city")
    assert row["value"] * 100 * PEOPLE == pytest.approx(found.after, rel=1e-5)
    assert row["baseline"] * 100 * PEOPLE == pytest.approx(found.before, rel=1e-5)


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 6), st.sampled_from([3.0, 5.0, 8.0]))
def test_more_sites_or_a_longer_walk_never_serve_fewer(town_twin: Twin, count: int, minutes: float) -> None:
    one = site(Inputs(town_twin), "primary_school", count=count, minutes=minutes)
    more = site(Inputs(town_twin), "primary_school", count=count + 1, minutes=minutes)
    longer = site(Inputs(town_twin), "primary_school", count=count, minutes=minutes + 2)
    assert one.after <= more.after
    assert one.after <= longer.after
    assert site(Inputs(town_twin), "primary_school", count=count, minutes=minutes).rows() == one.rows()


def test_a_first_place_of_a_kind_is_sited_too(town_twin: Twin) -> None:
    found = site(Inputs(town_twin), "kindergarten", count=1, metres=2_000.0)
    assert found.before == 0
    assert found.after == 100 * PEOPLE


def test_an_infeasible_share_names_the_cells_that_no_candidate_reaches(town_twin: Twin) -> None:
    from parkcity.decide.siting import point_candidates

    inputs = Inputs(town_twin)
    lon, lat = lonlat(50.0, 50.0)
    spots = point_candidates(inputs, ["corner"], np.array([lon]), np.array([lat]), "points.csv")
    with pytest.raises(InputError, match="no candidate reaches") as caught:
        site(inputs, "kindergarten", cover=0.9, metres=300.0, candidates=spots)
    assert cell_id(50.0, 950.0) in str(caught.value)


def test_combinations_without_meaning_are_refused(town_twin: Twin) -> None:
    inputs = Inputs(town_twin)
    for options in (
        {"count": 2},
        {"count": 2, "cover": 0.5, "metres": 500.0},
        {"count": 2, "metres": 500.0, "minutes": 5.0},
        {"cover": 0.5, "goal": "distance"},
        {"count": 0, "metres": 500.0},
        {"count": 2, "metres": 500.0, "goal": "distance"},
        {"cover": 1.5, "metres": 500.0},
    ):
        with pytest.raises(UsageError):
            site(inputs, "primary_school", **options)
    with pytest.raises(UsageError, match="unknown kind"):
        site(inputs, "castle", count=1, metres=500.0)


def test_each_site_is_explained_in_both_languages(town_twin: Twin) -> None:
    found = site(Inputs(town_twin), "primary_school", count=2, minutes=5.0)
    for lang, words in (("zh", "新服务居民"), ("en", "residents newly served")):
        lines = siting_lines(found, lang)  # type: ignore[arg-type]
        assert sum(words in line for line in lines) == 2
        assert any(f"{found.sites[0].gained:,.0f}" in line for line in lines)


def test_the_command_prints_rows_and_proof(town: Path, tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    command = [sys.executable, "-m", "parkcity", "site", str(town), "primary_school", "--count", "2", "--metres", "500", "--format", "json"]
    done = subprocess.run([*command, "--scenario", str(plan)], capture_output=True, text=True, check=False, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert [list(row)[:4] for row in document["rows"]] == [["rank", "lon", "lat", "gained"]] * 2
    assert document["meta"]["gap"] == 0
    assert document["meta"]["objective"] == document["meta"]["bound"] == sum(row["gained"] for row in document["rows"])
    again = [
        sys.executable,
        "-m",
        "parkcity",
        "whatif",
        str(town),
        str(plan),
        "--format",
        "json",
        "--indicator",
        "life_circle.primary_school",
    ]
    told = json.loads(subprocess.run(again, capture_output=True, text=True, check=True, encoding="utf-8").stdout)
    assert {row["winners"] for row in told["rows"] if row["group"] == "all"} == {document["meta"]["objective"]}


def test_candidates_off_the_network_are_all_told(town: Path, tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    near = lonlat(500.0, 500.0)
    path.write_text(f"id,lon,lat\na,100.0,20.0\nb,{near[0]},{near[1]}\nb,101.0,20.0\n", encoding="utf-8")
    command = [sys.executable, "-m", "parkcity", "site", str(town), "park", "--count", "1", "--candidates", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8")
    assert done.returncode == 1
    assert done.stderr.count("fault:") == 3


def test_a_share_to_cover_may_be_given_in_per_cent(town: Path) -> None:
    command = [sys.executable, "-m", "parkcity", "site", str(town), "kindergarten", "--metres", "700", "--format", "json", "--cover"]
    one, two = (subprocess.run([*command, text], capture_output=True, text=True, check=True, encoding="utf-8") for text in ("80%", "0.8"))
    assert one.stdout == two.stdout
    meta = json.loads(one.stdout)["meta"]
    assert meta["after"] >= 0.8 * meta["residents"]
    assert subprocess.run([*command, "much"], capture_output=True, text=True, check=False).returncode == 2


@pytest.mark.parametrize(
    ("package", "table"),
    [("parkcity.serve.report", "siting_words.csv"), ("parkcity.serve.report", "whatif_words.csv"), ("parkcity.twin.changes", "words.csv")],
)
def test_every_sentence_has_both_languages_with_the_same_slots(package: str, table: str) -> None:
    words = Words.load(package, table)
    for key, (zh, en) in words.texts.items():
        assert set(re.findall(r"{\w+}", zh)) == set(re.findall(r"{\w+}", en)), key
    if package.endswith("changes"):
        assert {kind.id for kind in CHANGES} == set(words)


def test_every_kind_of_change_and_its_fields_are_documented() -> None:
    page = (REPOSITORY / "docs" / "scenarios.md").read_text(encoding="utf-8")
    for kind in CHANGES:
        assert f"| `{kind.id}` |" in page
        row = next(line for line in page.splitlines() if line.startswith(f"| `{kind.id}` |"))
        assert all(f"`{entry.name}`" in row for entry in kind.fields), kind.id
