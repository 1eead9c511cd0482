"""Siting against the published optima of the San Francisco stores (205 census tracts, 16 candidate stores, network metres).

source: the published location notebooks of spopt (tables of LSCP, MCLP and p-median); served 875,247 of 955,113 by stores 2, 11, 12 and 15.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from parkcity.decide.covering import max_cover, min_sites
from parkcity.decide.median import Instance, p_median
from parkcity.decide.operators.cover import greedy, served

RADIUS_M, SITES = 5_000.0, 4
DATA = Path(__file__).parent.parent / "published" / "data" / "san_francisco_stores.csv.gz"


@pytest.fixture(scope="module")
def case() -> tuple[np.ndarray, np.ndarray]:
    table = pd.read_csv(DATA)
    return table.filter(like="Store_").to_numpy(float), table["demand"].to_numpy(float)


def test_maximum_coverage_has_the_published_optimum_and_sites(case: tuple[np.ndarray, np.ndarray]) -> None:
    metres, demand = case
    assert demand.sum() == 955_113
    matrix = sparse.csr_array((metres <= RADIUS_M).astype(np.int8))
    plan = max_cover(matrix, demand, SITES)
    assert (plan.objective, plan.bound, plan.status) == (875_247.0, 875_247.0, "optimal")
    stores = pd.read_csv(DATA, nrows=1).filter(like="Store_").columns
    assert list(stores[plan.sites]) == ["Store_2", "Store_11", "Store_12", "Store_15"]
    # Greedy alone falls short of the optimum here: 872,611.
    assert served(matrix, demand, greedy(matrix, demand, SITES)) == 872_611.0


def test_set_covering_needs_the_published_eight_stores(case: tuple[np.ndarray, np.ndarray]) -> None:
    metres, demand = case
    matrix = sparse.csr_array((metres <= RADIUS_M).astype(np.int8))
    everyone = float(demand[(metres <= RADIUS_M).any(axis=1)].sum())
    plan = min_sites(matrix, demand, everyone)
    assert (plan.objective, plan.status) == (8.0, "optimal")


def test_the_p_median_has_the_published_optimum(case: tuple[np.ndarray, np.ndarray]) -> None:
    metres, demand = case
    tracts, stores = metres.shape
    cost = metres * demand[:, None]
    start = np.arange(tracts + 1, dtype=np.int64) * stores
    other = 2.0 * metres.max() * demand
    plan = p_median(Instance.of(start, np.tile(np.arange(stores, dtype=np.int32), tracts), cost.ravel(), other, stores), SITES)
    assert plan.status == "optimal"
    assert plan.objective == pytest.approx(2_848_268_129.7145, rel=1e-9)
    assert plan.objective / demand.sum() == pytest.approx(2_982.127, abs=5e-4)


def library_ways() -> np.ndarray:
    """All shortest ways of the library's problem 1: of two edges between the same vertices the last counts."""
    from scipy.sparse.csgraph import floyd_warshall

    table = pd.read_csv(DATA.parent / "orlib_pmed1.csv")
    cost = np.full((100, 100), np.inf)
    for one, two, metres in table.itertuples(index=False):
        cost[one - 1, two - 1] = cost[two - 1, one - 1] = metres
    np.fill_diagonal(cost, 0.0)
    return np.asarray(floyd_warshall(cost))


def test_the_librarys_first_problem_has_its_published_optima() -> None:
    # source: OR-Library, pmed1: 5819 with five medians; five centres: 127 (tests/published/data/README-orlib.md).
    from parkcity.decide.center import Ways, p_center

    metres = library_ways()
    start, site = np.arange(101, dtype=np.int64) * 100, np.tile(np.arange(100, dtype=np.int32), 100)
    plan = p_median(Instance.of(start, site, metres.ravel(), np.full(100, 1e5), 100), 5)
    assert (plan.objective, plan.status) == (5819.0, "optimal")
    assert plan.bound <= 5819.0
    centre = p_center(Ways(start, site, metres.ravel(), np.full(100, np.inf), np.ones(100), 100), 5)
    assert (centre.objective, centre.status) == (127.0, "optimal")
