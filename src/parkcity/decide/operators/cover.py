"""Covering: reductions, a first plan, its improvement by exchange, and a bound by Lagrangian relaxation.

An instance is a sparse matrix of demand rows and candidate columns (1 where the candidate would cover the row) and a weight for
each row. Everything is deterministic: at equal gain the lower column wins.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Matrix = sparse.csr_array
EXCHANGE_EVERY = 30
"""Rounds of the relaxation after which its own plan is improved by exchange: good prices suggest good plans."""


@dataclass(frozen=True)
class Reduced:
    """A smaller instance with the same optimum.

    `matrix` [rows, columns] and `weight` [rows] are the instance; `column` [columns] gives the original candidate of each; `row` [original
    rows] the row that stands for each original one, -1 for those that no candidate covers or that weigh nothing.
    """

    matrix: Matrix
    weight: Floats
    column: Rows
    row: Rows


@dataclass(frozen=True)
class Bound:
    """What a Lagrangian relaxation proves: no plan serves more than `value`; `out` columns cannot be, `into` columns must be in a
    better plan than `plan`, the best one met on the way, which serves `served`.
    """

    value: float
    out: npt.NDArray[np.bool_]
    into: npt.NDArray[np.bool_]
    plan: Rows
    served: float


def reduce_rows(matrix: Matrix, weight: Floats) -> tuple[Matrix, Floats, Rows]:
    """Rows with the same candidates become one with their joint weight; rows without candidate or weight are dropped.

    Gives the smaller matrix, its weights, and for each old row its new one or -1.
    """
    matrix = sparse.csr_array(matrix)
    matrix.sort_indices()
    count = np.diff(matrix.indptr)
    kept = np.flatnonzero((count > 0) & (weight > 0))
    names = [matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]].tobytes() for row in kept]
    number: dict[bytes, int] = {}
    new = np.array([number.setdefault(name, len(number)) for name in names], np.int64)
    first = np.full(len(number), -1, np.int64)
    first[new[::-1]] = kept[::-1]
    joint = np.bincount(new, weight[kept], minlength=len(number)).astype(np.float64)
    where = np.full(len(count), -1, np.int64)
    where[kept] = new
    return sparse.csr_array(matrix[first]), joint, where


def undominated(matrix: Matrix) -> Rows:
    """Columns that are not needless: no other column covers all that they cover (of equal ones the first stays)."""
    ones = sparse.csr_array((np.ones(matrix.nnz, np.int32), matrix.indices, matrix.indptr), shape=matrix.shape)
    shared = sparse.coo_array(ones.T @ ones)
    size: Rows = np.bincount(matrix.indices, minlength=matrix.shape[1])
    j, k = shared.row, shared.col
    inside = (shared.data == size[j]) & (j != k) & ((size[k] > size[j]) | (k < j))
    keep = size > 0
    keep[j[inside]] = False
    return np.flatnonzero(keep)


def reduce_cover(matrix: Matrix, weight: Floats) -> Reduced:
    """Equal rows joined, dominated columns dropped, rows joined once more."""
    smaller, joint, row = reduce_rows(matrix, weight)
    column = undominated(smaller)
    smaller, joint, again = reduce_rows(sparse.csr_array(smaller[:, column]), joint)
    return Reduced(smaller, joint, column, np.where(row >= 0, again[np.maximum(row, 0)] if len(again) else -1, -1))


def served(matrix: Matrix, weight: Floats, plan: Rows) -> float:
    """Weight of the rows that a plan covers."""
    return float(weight[covers(matrix, plan) > 0].sum())


def covers(matrix: Matrix, plan: Rows) -> Rows:
    """By how many columns of a plan each row is covered, [rows]."""
    chosen = np.zeros(matrix.shape[1], np.int64)
    chosen[plan] = 1
    return np.asarray(matrix @ chosen, np.int64)


def greedy(matrix: Matrix, weight: Floats, count: int) -> Rows:
    """Columns by greatest further gain, one after the other; at least 1 - 1/e of the optimum (Nemhauser, Wolsey, Fisher 1978)."""
    turned = matrix.T.tocsr()
    left = weight.copy()
    gain = np.asarray(turned @ left, np.float64)
    plan: list[int] = []
    while len(plan) < min(count, matrix.shape[1]):
        best = int(np.argmax(gain))
        if gain[best] <= 0:
            break
        plan.append(best)
        rows = turned.indices[turned.indptr[best] : turned.indptr[best + 1]]
        new = rows[left[rows] > 0]
        lost = sparse.csr_array(matrix[new])
        gain -= np.asarray(lost.T @ left[new], np.float64)
        left[new] = 0.0
        gain[best] = 0.0
    return np.array(plan, np.int64)


def exchange(matrix: Matrix, weight: Floats, plan: Rows, rounds: int = 200) -> Rows:
    """A plan improved by the best swap of one column for another until none helps (Teitz and Bart 1968, for coverage)."""
    turned = matrix.T.tocsr()
    current = plan.copy()
    for _ in range(rounds):
        times = covers(matrix, current)
        free = np.asarray(turned @ np.where(times == 0, weight, 0.0))
        alone = np.where(times == 1, weight, 0.0)
        own = sparse.csr_array(turned[current]).multiply(alone).tocsr()
        loss = np.asarray(own.sum(axis=1)).ravel()
        back = (own @ matrix).toarray()
        profit = free[None, :] + back - loss[:, None]
        profit[:, current] = 0.0
        slot, column = divmod(int(np.argmax(profit)), profit.shape[1])
        if profit[slot, column] <= 1e-9:
            break
        current[slot] = column
    return current


def lagrange(matrix: Matrix, weight: Floats, count: int, plan: Rows, margin: float, rounds: int = 600) -> Bound:
    """An upper bound on what `count` columns can serve, by relaxing that a row is served only if a chosen column covers it.

    With a price p_i in [0, w_i] for each row: L(p) = sum(w_i - p_i) + the `count` largest of sum_i a_ij p_i, which no plan exceeds; p is
    improved by subgradients (Held, Wolfe and Crowder 1974; Galvao and ReVelle 1996). A plan is better than the best one met if it
    serves at least `margin` more: columns that no better plan holds are out, those that every better plan holds are in. Stops once none
    can be better.
    """
    turned = matrix.T.tocsr()
    columns = matrix.shape[1]
    count = min(count, columns)
    best_plan, best = plan, served(matrix, weight, plan)
    price = 0.5 * weight
    bound, scale, idle = np.inf, 2.0, 0
    out, into = np.zeros(columns, bool), np.zeros(columns, bool)
    for turn in range(rounds):
        worth = np.asarray(turned @ price)
        order = np.argsort(-worth, kind="stable")
        top = order[:count]
        value = float((weight - price).sum() + worth[top].sum())
        last = worth[order[count - 1]]
        following = worth[order[count]] if count < columns else 0.0
        inside = np.zeros(columns, bool)
        inside[top] = True
        target = best + margin
        out |= ~inside & (value - last + worth < target)
        into |= inside & (value - worth + following < target)
        if value < bound - 1e-12 * abs(value):
            bound, idle = value, 0
        else:
            idle += 1
            if idle >= 20:
                scale, idle = scale / 2, 0
        if bound < target or scale < 1e-3:
            break
        times = covers(matrix, top)
        trial = exchange(matrix, weight, top) if turn % EXCHANGE_EVERY == EXCHANGE_EVERY - 1 else top
        got = served(matrix, weight, trial)
        if got > best:
            best_plan, best = trial.copy(), got
        slope = times - 1.0
        # A price that would leave its range does not count in the length of the step.
        stuck = ((price <= 0) & (slope > 0)) | ((price >= weight) & (slope < 0))
        slope[stuck] = 0.0
        length = float(slope @ slope)
        if length == 0:
            break
        price = np.clip(price - scale * (value - best) / length * slope, 0.0, weight)
    return Bound(bound, out & ~into, into, np.asarray(best_plan, np.int64), best)
