"""Standard scores and the balance of node and place."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

STATES = ("balanced", "stressed", "dependent", "unbalanced_node", "unbalanced_place")


def standard_scores(values: Floats) -> Floats:
    """(x - mean) / standard deviation (of the population) over those known [n]; 0 where all are equal, NaN where unknown.

    >>> standard_scores(np.array([1.0, 3.0])).tolist()
    [-1.0, 1.0]
    """
    known = np.isfinite(values)
    if not known.any():
        return np.full(len(values), np.nan)
    spread = float(values[known].std())
    return np.where(known, (values - values[known].mean()) / (spread if spread > 0 else 1.0), np.nan)


def mean_score(parts: list[Floats]) -> Floats:
    """Mean of the standard scores of several measures [n], over the measures that are known; NaN where none is."""
    scores = np.stack([standard_scores(part) for part in parts])
    known = np.isfinite(scores)
    count = known.sum(axis=0)
    total = np.where(known, scores, 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def balance(node: Floats, place: Floats, most: float, stress: float) -> npt.NDArray[np.int8]:
    """Row of `STATES` for every station [n]: where it stands between node and place.

    Farther apart than `most`: unbalanced; both at least `stress`: stressed; both at most `-stress`: dependent; else balanced.
    Source: Bertolini (1999), "Spatial development patterns and public transport", Planning Practice and Research 14(2).

    >>> [STATES[row] for row in balance(np.array([0.0, 2.0, 2.0, -2.0]), np.array([0.5, 2.0, 0.0, -1.5]), 1.0, 1.0)]
    ['balanced', 'stressed', 'unbalanced_node', 'dependent']
    """
    gap = node - place
    state = np.zeros(len(node), np.int8)
    state[(node >= stress) & (place >= stress)] = STATES.index("stressed")
    state[(node <= -stress) & (place <= -stress)] = STATES.index("dependent")
    state[gap > most] = STATES.index("unbalanced_node")
    state[gap < -most] = STATES.index("unbalanced_place")
    return state
