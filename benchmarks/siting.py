"""Siting on Chengdu, every cell a candidate, beside a plain sparse model in the same solver and spopt; and a metropolis drawn at random."""

from __future__ import annotations

import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.registry import HERE, Size, benchmark, peer_exchange, peer_python, row

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy import sparse

CITY = Path(__file__).resolve().parent.parent / "examples" / "chengdu"
METRES, SITES = 1_000.0, 50
PLAIN_GOAL, SPOPT_GOAL, SECONDS_GOAL_MEDIAN, SECONDS_GOAL_METROPOLIS = 2.0, 50.0, 60.0, 120.0
EVERY = 4
SPOPT_PINS = ["spopt==0.7.0", "pulp==3.3.2", "highspy==1.16.0"]
METROPOLIS_CELLS, METROPOLIS_SITES, METROPOLIS_SIDE_M, METROPOLIS_REACH_M = 100_000, 20_000, 100_000.0, 1_500.0


@cache
def _chengdu() -> Any:
    from parkcity.insight.inputs import Inputs
    from parkcity.twin.build import build

    return Inputs(build(CITY))


def _reach(metres: float) -> Any:
    from parkcity.travel import reach_pairs

    inputs = _chengdu()
    return reach_pairs(inputs.network, inputs.origins(), inputs.origins(), metres, unit="m")


@cache
def _cover_case() -> tuple[sparse.csr_array, NDArray[np.float64]]:
    from scipy import sparse

    pairs, residents = _reach(METRES), _chengdu().residents()
    shape = (len(residents), len(residents))
    return sparse.csr_array((np.ones(len(pairs.place), np.int8), pairs.place, pairs.start), shape=shape), residents


def _covering(count: int) -> dict[str, Any]:
    """Both in one run on the same instance; the plain model must reach the same proven optimum."""
    from parkcity.decide.covering import max_cover
    from parkcity.decide.exact import max_cover_model, solve

    matrix, residents = _cover_case()
    began = time.perf_counter()
    plan = max_cover(matrix, residents, count)
    ours_s = time.perf_counter() - began
    began = time.perf_counter()
    model = max_cover_model(matrix, residents, count, np.zeros(matrix.shape[1], bool))
    plain = solve(model, 600.0)
    plain_s = time.perf_counter() - began
    if plan.status != "optimal" or plain.outcome != "optimal" or abs(plan.objective - plain.objective) > 1e-6 * plain.objective:
        msg = f"the optima differ: ours {plan.objective} ({plan.status}), the plain model {plain.objective} ({plain.outcome})"
        raise RuntimeError(msg)
    task = f"maximum coverage, {count} sites, {METRES:g} m, proven"
    return row(task, f"Chengdu {matrix.shape[0]:,} x {matrix.shape[1]:,}", ours_s, "plain sparse model in HiGHS", plain_s, PLAIN_GOAL)


def _beside_spopt() -> dict[str, Any]:
    """Every fourth cell a candidate and a demand, the same matrix for both; both optima are proven and must agree."""
    from scipy import sparse

    from parkcity.decide.covering import max_cover

    chosen = np.arange(0, len(_chengdu().residents()), EVERY)
    residents, pairs = _chengdu().residents()[chosen], _reach(METRES)
    whole = sparse.csr_array((pairs.cost + 1.0, pairs.place, pairs.start), shape=(len(pairs.start) - 1,) * 2)
    small = sparse.csr_array(whole[chosen][:, chosen])
    cost = np.full(small.shape, 10.0 * METRES)
    entries = sparse.coo_array(small)
    cost[entries.row, entries.col] = entries.data - 1.0
    began = time.perf_counter()
    plan = max_cover(sparse.csr_array((cost <= METRES).astype(np.int8)), residents, SITES)
    ours_s = time.perf_counter() - began
    python = peer_python("siting", SPOPT_PINS)
    given = {"cost": cost, "weight": residents}
    _, found = peer_exchange(python, HERE / "siting_peers" / "spopt_cover.py", given, {"radius": METRES, "count": SITES})
    if plan.status != "optimal" or abs(plan.objective - found["objective"]) > 1e-6 * plan.objective:
        msg = f"the optima differ: ours {plan.objective} ({plan.status}), spopt {found['objective']}"
        raise RuntimeError(msg)
    task = f"maximum coverage, {SITES} sites, {METRES:g} m, proven (spopt builds its model in {found['built']:.0f} s)"
    return row(task, f"Chengdu {len(chosen):,} x {len(chosen):,}", ours_s, "spopt with HiGHS", found["seconds"], SPOPT_GOAL)


def _median(count: int) -> dict[str, Any]:
    from parkcity.decide.median import Instance, p_median

    residents, began = _chengdu().residents(), time.perf_counter()
    pairs = _reach(1e6)
    cost = pairs.cost * residents[pairs.origin]
    reached = np.diff(pairs.start) > 0
    other = np.where(reached, 2.0 * pairs.cost.max(), 0.0) * residents
    case = Instance.of(pairs.start, pairs.place, cost, other, len(residents))
    plan = p_median(case, count)
    task = f"p-median, {count} sites, gap {plan.gap:.2%} proven (goal: at most 1 % within {SECONDS_GOAL_MEDIAN:g} s)"
    return row(task, f"Chengdu {len(residents):,} x {len(residents):,}", time.perf_counter() - began)


def _metropolis() -> dict[str, Any]:
    from scipy import sparse
    from scipy.spatial import cKDTree

    from parkcity.decide.covering import max_cover

    chance = np.random.default_rng(0)
    cells = chance.random((METROPOLIS_CELLS, 2)) * METROPOLIS_SIDE_M
    sites = cells[chance.choice(METROPOLIS_CELLS, METROPOLIS_SITES, replace=False)]
    residents = np.rint(chance.lognormal(4.0, 1.0, METROPOLIS_CELLS))
    near = cKDTree(cells).sparse_distance_matrix(cKDTree(sites), METROPOLIS_REACH_M, output_type="coo_matrix")
    matrix = sparse.csr_array((np.ones(near.nnz, np.int8), (near.row, near.col)), shape=near.shape)
    began = time.perf_counter()
    plan = max_cover(matrix, residents, 100)
    task = f"maximum coverage, 100 sites, gap {plan.gap:.2%} proven (goal: stated within {SECONDS_GOAL_METROPOLIS:g} s)"
    return row(task, f"random metropolis {METROPOLIS_CELLS:,} x {METROPOLIS_SITES:,}", time.perf_counter() - began)


def rows(quick: bool) -> list[dict[str, Any]]:
    """The rows of this benchmark; `quick` ends within 50 s."""
    found = [_covering(10), _covering(SITES)]
    if not quick:
        found += [_beside_spopt(), _median(10), _median(SITES), _metropolis()]
    return found


@benchmark("siting", "maximum coverage and p-median on Chengdu, and a metropolis")
def run(size: Size) -> list[dict[str, Any]]:
    return [_covering(10)] if size == "smoke" else rows(size == "quick")
