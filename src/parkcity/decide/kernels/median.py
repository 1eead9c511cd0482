"""Compiled steps of the p-median: relaxation, assignment, and the table of swaps.

Contract of all: an instance is `start` int64 [n + 1], `site` int32 [pairs] and `cost` float64 [pairs], 0 or more and rising within a
demand row, and `other` float64 [n], what a row costs that uses none of the sites (an existing place, or a penalty); pairs that cost
`other` or more need not be listed. No side effects but those on arrays named as results; the same bits in every run.
"""

from __future__ import annotations

import numpy as np

from parkcity.travel.kernels.jit import Bool, Float64, Int32, Int64, kernel


@kernel
def reduced_costs(start: Int64, site: Int32, cost: Float64, price: Float64, worth: Float64) -> None:
    """`worth` float64 [m] (result): for every site the sum over rows of min(0, cost - price)."""
    worth[:] = 0.0
    for i in range(len(start) - 1):
        for k in range(start[i], start[i + 1]):
            less = cost[k] - price[i]
            if less >= 0.0:
                break
            worth[site[k]] += less


@kernel
def times_used(start: Int64, site: Int32, cost: Float64, price: Float64, chosen: Bool, times: Int64) -> None:
    """`times` int64 [n] (result): how many chosen sites would serve a row for less than its price."""
    for i in range(len(start) - 1):
        count = 0
        for k in range(start[i], start[i + 1]):
            if cost[k] >= price[i]:
                break
            if chosen[site[k]]:
                count += 1
        times[i] = count


@kernel
def assign(start: Int64, site: Int32, cost: Float64, other: Float64, slot: Int32, first: Float64, second: Float64, which: Int32) -> float:
    """The cheapest and second cheapest way to serve each row by the chosen sites; returns the sum of the cheapest.

    `slot` int32 [m]: place of a site in the plan, -1 if not chosen. Results: `first`, `second` float64 [n] costs, `which` int32 [n] slot
    of the cheapest, -1 for `other`. At equal cost the site listed first wins, and a site over `other`.
    """
    total = 0.0
    for i in range(len(start) - 1):
        first[i], second[i], which[i] = other[i], other[i], -1
        for k in range(start[i], start[i + 1]):
            if cost[k] >= second[i]:
                break
            if slot[site[k]] >= 0:
                if which[i] < 0:
                    first[i], which[i] = cost[k], slot[site[k]]
                else:
                    second[i] = cost[k]
        total += first[i]
    return total


@kernel
def swap_table(
    start: Int64, site: Int32, cost: Float64, first: Float64, second: Float64, which: Int32, gain: Float64, loss: Float64, extra: Float64
) -> None:
    """What a swap of one site for another saves: gain[in] - loss[out] + extra[in, out].

    Results: `gain` float64 [m], `loss` float64 [p], `extra` float64 [m, p]. Paper: M. Resende and R. Werneck (2007), A fast swap-based
    local search procedure for location problems, Annals of Operations Research 150, 205-230.
    """
    gain[:] = 0.0
    loss[:] = 0.0
    extra[:, :] = 0.0
    for i in range(len(start) - 1):
        r = which[i]
        if r >= 0:
            loss[r] += second[i] - first[i]
        for k in range(start[i], start[i + 1]):
            if cost[k] >= second[i]:
                break
            if cost[k] < first[i]:
                gain[site[k]] += first[i] - cost[k]
            if r >= 0:
                extra[site[k], r] += second[i] - max(cost[k], first[i])


@kernel
def add_gains(start: Int64, site: Int32, cost: Float64, first: Float64, gain: Float64) -> None:
    """`gain` float64 [m] (result): what adding a site saves."""
    gain[:] = 0.0
    for i in range(len(start) - 1):
        for k in range(start[i], start[i + 1]):
            if cost[k] >= first[i]:
                break
            gain[site[k]] += first[i] - cost[k]


@kernel
def sort_rows(start: Int64, site: Int32, cost: Float64) -> None:
    """Put the pairs of every row in the order of cost, then site, in place."""
    for i in range(len(start) - 1):
        a, b = start[i], start[i + 1]
        order = np.argsort(cost[a:b], kind="mergesort")
        site[a:b] = site[a:b][order]
        cost[a:b] = cost[a:b][order]
