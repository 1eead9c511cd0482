"""Ranking by weighted criteria, and how firm the ranks are when the weights are moved.

Contract: `scaled` float64 [blocks, criteria] in [0, 1] where 1 is worst, not a number where unknown; `weights` float64 [criteria], above
0. Deterministic for a seed.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def worst_is_one(values: Floats, low_share: float, high_share: float, *, high_is_worse: bool) -> Floats:
    """Values between two quantiles put on 0 to 1, those outside at the ends; 0 everywhere where the two are equal."""
    known = values[np.isfinite(values)]
    if not len(known):
        return np.full(len(values), np.nan)
    low, high = np.quantile(known, [low_share, high_share])
    if high <= low:
        return np.where(np.isfinite(values), 0.0, np.nan)
    share = np.clip((values - low) / (high - low), 0.0, 1.0)
    return np.where(np.isfinite(values), share if high_is_worse else 1.0 - share, np.nan)


def weighted_scores(scaled: Floats, weights: Floats) -> Floats:
    """Weighted mean of the known criteria of every block, [blocks]; 0 where none is known."""
    known = np.isfinite(scaled)
    total = known @ weights
    return np.divide(np.nan_to_num(scaled) @ weights, total, out=np.zeros(len(scaled)), where=total > 0)


def ranks(scores: Floats) -> Ints:
    """Rank of every block, 1 for the highest score; of equal ones the earlier is first."""
    order = np.lexsort([np.arange(len(scores)), -scores])
    found = np.empty(len(scores), np.int64)
    found[order] = np.arange(1, len(scores) + 1)
    return found


def drawn_ranks(scaled: Floats, weights: Floats, spread: float, draws: int, seed: int) -> Ints:
    """Ranks under weights each multiplied by a number drawn evenly from 1 - spread to 1 + spread, int64 [draws, blocks]."""
    factors = np.random.default_rng(seed).uniform(1.0 - spread, 1.0 + spread, (draws, len(weights)))
    return np.stack([ranks(weighted_scores(scaled, weights * factor)) for factor in factors])
