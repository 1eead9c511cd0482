"""Hollows of the ground: where water stands before it finds a way out."""

from __future__ import annotations

import heapq

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def filled(height: Floats) -> Floats:
    """The surface of the water once every hollow is full, float64 [rows, columns]; not a number where the height is not known.

    Water leaves over the border of the grid and into unknown ground. Priority flood with eight neighbours. Source: Barnes, Lehman and Mulla
    (2014), "Priority-flood", Computers and Geosciences 62.

    >>> filled(np.array([[3.0, 3.0, 3.0], [3.0, 1.0, 2.0], [3.0, 3.0, 3.0]]))[1].tolist()
    [3.0, 2.0, 2.0]
    """
    rows, columns = height.shape
    wide = columns + 2
    ground = np.full((rows + 2, wide), np.nan)
    ground[1:-1, 1:-1] = height
    open_ground = np.isnan(ground)
    beside = np.zeros_like(open_ground)
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            beside |= np.roll(np.roll(open_ground, down, 0), right, 1)
    level = ground.ravel().tolist()
    done = open_ground.ravel().tolist()
    queue = [(level[spot], spot) for spot in np.flatnonzero((beside & ~open_ground).ravel()).tolist()]
    for _, spot in queue:
        done[spot] = True
    heapq.heapify(queue)
    steps = (-wide - 1, -wide, -wide + 1, -1, 1, wide - 1, wide, wide + 1)
    while queue:
        water, spot = heapq.heappop(queue)
        for step in steps:
            near = spot + step
            if not done[near]:
                done[near] = True
                level[near] = max(level[near], water)
                heapq.heappush(queue, (level[near], near))
    return np.array(level).reshape(ground.shape)[1:-1, 1:-1]
