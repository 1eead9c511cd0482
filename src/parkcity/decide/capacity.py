"""Coverage with capacities: places can be full. Residents are given to places within reach so that most are served.

Variables: y_j = 1 where candidate j is chosen, x_ij >= 0 residents of row i who use place j. The capacitated maximal covering problem
(Current and Storbeck 1988), residents divisible.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from parkcity.decide.covering import Plan, Status
from parkcity.decide.exact import Model, solve

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Full:
    """A case: pairs of row and place within reach, `row` and `place` int64 [pairs]; `weight` [rows] residents; `room` [places] how many
    each can serve; `fixed` bool [places]: it stands already.
    """

    row: Rows
    place: Rows
    weight: Floats
    room: Floats
    fixed: NDArray[np.bool_]


def plan_capacity(case: Full, count: int, seconds: float = 60.0) -> Plan:
    """The `count` new places that serve most residents beside those that stand; `objective` counts all who are served."""
    began = time.perf_counter()
    pairs, places, rows = len(case.row), len(case.room), len(case.weight)
    columns = places + pairs
    x = places + np.arange(pairs)
    every = sparse.csr_array((np.ones(pairs), (case.row, x)), shape=(rows, columns))
    load = sparse.csr_array((np.ones(pairs), (case.place, x)), shape=(places, columns))
    room = sparse.csr_array((-case.room, (np.arange(places), np.arange(places))), shape=(places, columns))
    # x_ij <= weight_i y_j makes the relaxation tight.
    strong = sparse.csr_array(
        (np.concatenate([np.ones(pairs), -case.weight[case.row]]), (np.tile(np.arange(pairs), 2), np.concatenate([x, case.place]))),
        shape=(pairs, columns),
    )
    new = np.flatnonzero(~case.fixed)
    choose = sparse.csr_array((np.ones(len(new)), (np.zeros(len(new), np.int64), new)), shape=(1, columns))
    keep = sparse.csr_array((case.fixed.astype(float), (np.zeros(places, np.int64), np.arange(places))), shape=(1, columns))
    matrix = sparse.csr_array(sparse.vstack([every, sparse.csr_array(load + room), strong, choose, keep]))
    low = np.concatenate([np.full(rows + places + pairs + 1, -np.inf), [float(case.fixed.sum())]])
    high = np.concatenate([case.weight, np.zeros(places + pairs), [float(count)], [np.inf]])
    upper = np.concatenate([np.ones(places), case.weight[case.row]])
    cost = np.concatenate([np.zeros(places), np.ones(pairs)])
    whole = (np.arange(columns) < places) & np.concatenate([~case.fixed, np.zeros(pairs, bool)])
    answer = solve(Model(cost, matrix, low, high, upper, whole, maximise=True), seconds, absolute_gap=1e-3)
    took = time.perf_counter() - began
    if answer.x is None:
        plan = _roomiest(case, count)
        bound = float(answer.bound) if np.isfinite(answer.bound) else float(case.weight.sum())
        return Plan(plan, served_of(case, plan), bound, "bounded", "greedy", took)
    plan = new[answer.x[new] > 0.5]
    value = float(answer.x[places:].sum())
    status: Status = "optimal" if answer.outcome == "optimal" else "bounded"
    return Plan(np.sort(plan), value, value if status == "optimal" else max(float(answer.bound), value), status, "branch and bound", took)


def _roomiest(case: Full, count: int) -> Rows:
    """The candidates that could serve most by themselves."""
    reach = np.bincount(case.place, case.weight[case.row], minlength=len(case.room))
    worth = np.where(case.fixed, -1.0, np.minimum(reach, case.room))
    return np.sort(np.argsort(-worth, kind="stable")[:count])


def served_of(case: Full, plan: Rows) -> float:
    """Residents served by the places that stand and a plan, given out as well as can be."""
    open_places = case.fixed.copy()
    open_places[plan] = True
    keep = open_places[case.place]
    pairs = int(keep.sum())
    if not pairs:
        return 0.0
    every = sparse.csr_array((np.ones(pairs), (case.row[keep], np.arange(pairs))), shape=(len(case.weight), pairs))
    load = sparse.csr_array((np.ones(pairs), (case.place[keep], np.arange(pairs))), shape=(len(case.room), pairs))
    matrix = sparse.csr_array(sparse.vstack([every, load]))
    high = np.concatenate([case.weight, case.room])
    model = Model(
        np.ones(pairs), matrix, np.full(len(high), -np.inf), high, case.weight[case.row[keep]], np.zeros(pairs, bool), maximise=True
    )
    return float(solve(model, 600.0).objective)
