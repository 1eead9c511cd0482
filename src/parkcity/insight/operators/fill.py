"""Filling places up: who finds room where, the nearest first."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from parkcity.travel.kernels.jit import kernel

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]


def fill_nearest(origin: Ints, place: Ints, cost: Floats, demand: Floats, room: Floats) -> tuple[Floats, Floats]:
    """Persons of every origin who find room, and the costs that they pay in all: float64 [origins] each.

    Pairs `origin`, `place` int32 and `cost` float64 [k] are served from the cheapest on (at equal cost by place, then by origin): as many
    of an origin's `demand` as the place has `room` for. So no origin and place stay apart that both would rather be together (a stable
    matching with capacities, by cost; Gale and Shapley 1962).

    >>> fill_nearest(np.array([0, 1]), np.array([0, 0]), np.array([5.0, 2.0]), np.array([3.0, 2.0]), np.array([4.0]))
    (array([2., 2.]), array([10.,  4.]))
    """
    order = np.lexsort((origin, place, cost))
    return fill_in_order(origin[order], place[order], cost[order], demand.astype(np.float64), room.astype(np.float64))


@kernel
def fill_in_order(origin: Ints, place: Ints, cost: Floats, demand: Floats, room: Floats) -> tuple[Floats, Floats]:
    """As `fill_nearest`, of pairs that stand in the order of being served."""
    left, free = demand.copy(), room.copy()
    placed, paid = np.zeros(len(left)), np.zeros(len(left))
    for k in range(len(origin)):
        one, where = origin[k], place[k]
        if left[one] <= 0 or free[where] <= 0:
            continue
        moved = min(left[one], free[where])
        left[one] -= moved
        free[where] -= moved
        placed[one] += moved
        paid[one] += moved * cost[k]
    return placed, paid
