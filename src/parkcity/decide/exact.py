"""Exact answers by HiGHS: small models of what the reductions left over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Rows = NDArray[np.int64]

_SAME = 1e-6

Outcome = Literal["optimal", "infeasible", "stopped"]


@dataclass(frozen=True)
class Model:
    """min or max cost x, low <= A x <= high, lower <= x <= upper, some x whole."""

    cost: Floats
    matrix: sparse.csr_array
    low: Floats
    high: Floats
    upper: Floats
    whole: NDArray[np.bool_]
    maximise: bool = False


@dataclass(frozen=True)
class Answer:
    """How a search ended: the best solution (None if none was found), its objective, and a proven bound on every solution."""

    outcome: Outcome
    x: Floats | None
    objective: float
    bound: float


def solve(model: Model, seconds: float, start: Floats | None = None, absolute_gap: float = 1e-6) -> Answer:
    """Solve a model within a time. The search itself is deterministic; only where the time runs out may another machine get less far."""
    import highspy
    from highspy._core import _Highs

    # The plain solver: its Python wrapper prints a banner when it is made, which would spoil JSON on standard output.
    solver: Any = _Highs()
    options: dict[str, Any] = {
        "output_flag": False,
        "log_to_console": False,
        "time_limit": max(seconds, 0.0),
        "random_seed": 0,
        "mip_rel_gap": 0.0,
        "mip_abs_gap": absolute_gap,
    }
    for name, value in options.items():
        solver.setOptionValue(name, value)
    solver.passModel(_lp(model, highspy))
    if start is not None:
        solution = highspy.HighsSolution()
        solution.col_value = start.tolist()
        solver.setSolution(solution)
    solver.run()
    status, info = solver.getModelStatus(), solver.getInfo()
    # Every model here is bounded, so that "unbounded or infeasible" means infeasible.
    if status in {highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible}:
        return Answer("infeasible", None, np.nan, np.nan)
    done = status == highspy.HighsModelStatus.kOptimal
    x = np.array(solver.getSolution().col_value, np.float64) if info.primal_solution_status == 2 else None
    if (
        x is not None
        and start is not None
        and abs(float(model.cost @ x) - info.objective_function_value) > _SAME * max(1.0, abs(info.objective_function_value))
    ):
        # Where its presolve alone settles a model, HiGHS 1.16 hands the start back beside the objective of the true answer.
        return solve(model, seconds, None, absolute_gap)
    bound = float(info.mip_dual_bound) if model.whole.any() else float(info.objective_function_value)
    return Answer("optimal" if done else "stopped", x, float(info.objective_function_value) if x is not None else np.nan, bound)


def _lp(model: Model, highspy: Any) -> Any:
    lp = highspy.HighsLp()
    rows, columns = model.matrix.shape
    lp.num_col_, lp.num_row_ = columns, rows
    lp.sense_ = highspy.ObjSense.kMaximize if model.maximise else highspy.ObjSense.kMinimize
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = model.cost, np.zeros(columns), model.upper
    infinite = highspy.kHighsInf
    lp.row_lower_ = np.where(np.isneginf(model.low), -infinite, model.low)
    lp.row_upper_ = np.where(np.isposinf(model.high), infinite, model.high)
    matrix = sparse.csr_array(model.matrix)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_, lp.a_matrix_.index_ = matrix.indptr.astype(np.int32), matrix.indices.astype(np.int32)
    lp.a_matrix_.value_ = matrix.data.astype(np.float64)
    integer, continuous = highspy.HighsVarType.kInteger, highspy.HighsVarType.kContinuous
    lp.integrality_ = [integer if flag else continuous for flag in model.whole]
    return lp


def max_cover_model(matrix: sparse.csr_array, weight: Floats, count: int, into: NDArray[np.bool_], least: float | None = None) -> Model:
    """Maximum coverage (Church and ReVelle 1974): x = sites then rows served; `into` sites are chosen; at least `least` is served."""
    rows, columns = matrix.shape
    eye = sparse.eye_array(rows, format="csr")
    body = sparse.hstack([matrix.astype(np.float64), -eye], format="csr")
    total = sparse.csr_array(np.concatenate([np.ones(columns), np.zeros(rows)])[None, :])
    forced = np.concatenate([into.astype(np.float64), np.zeros(rows)])
    parts, low, high = [body, total, sparse.csr_array(forced[None, :])], np.zeros(rows), np.full(rows, np.inf)
    low, high = np.append(low, [-np.inf, into.sum()]), np.append(high, [count, np.inf])
    if least is not None:
        parts.append(sparse.csr_array(np.concatenate([np.zeros(columns), weight])[None, :]))
        low, high = np.append(low, least), np.append(high, np.inf)
    whole = np.concatenate([np.ones(columns, bool), np.zeros(rows, bool)])
    cost = np.concatenate([np.zeros(columns), weight])
    return Model(cost, sparse.csr_array(sparse.vstack(parts)), low, high, np.ones(columns + rows), whole, maximise=True)


def set_cover_model(matrix: sparse.csr_array) -> Model:
    """Location set covering (Toregas et al. 1971): the fewest sites that cover every row."""
    rows, columns = matrix.shape
    return Model(
        np.ones(columns), matrix.astype(np.float64), np.ones(rows), np.full(rows, np.inf), np.ones(columns), np.ones(columns, bool)
    )


def part_cover_model(matrix: sparse.csr_array, weight: Floats, least: float) -> Model:
    """The fewest sites that serve at least a weight: x = sites then rows served."""
    rows, columns = matrix.shape
    body = sparse.hstack([matrix.astype(np.float64), -sparse.eye_array(rows, format="csr")], format="csr")
    demand = sparse.csr_array(np.concatenate([np.zeros(columns), weight])[None, :])
    whole = np.concatenate([np.ones(columns, bool), np.zeros(rows, bool)])
    cost = np.concatenate([np.ones(columns), np.zeros(rows)])
    low, high = np.append(np.zeros(rows), least), np.full(rows + 1, np.inf)
    return Model(cost, sparse.csr_array(sparse.vstack([body, demand])), low, high, np.ones(columns + rows), whole)
