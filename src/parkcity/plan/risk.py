"""Schedule risk: what three-point durations make of the end of the project (Monte Carlo)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from parkcity.base.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parkcity.plan.network import Network
    from parkcity.plan.schedule import Programme

    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Risk:
    """Lengths of the project by draw (draws,), sorted; and how often each task was critical (tasks,), 0 to 1."""

    lengths: Floats
    criticality: Floats

    def quantile(self, share: float) -> float:
        """The length in working days that holds with this probability: 0.5 gives P50, 0.8 gives P80."""
        return float(np.quantile(self.lengths, share))


def pert_draws(low: Floats, mode: Floats, high: Floats, draws: int, seed: int = 1) -> Floats:
    """Beta-PERT durations, shape (tasks, draws): mean (low + 4 mode + high)/6 (Malcolm, Roseboom, Clark and Fazar 1959).

    Where low equals high the duration is fixed. low ≤ mode ≤ high is required.
    """
    if draws < 1 or np.any(low > mode) or np.any(mode > high):
        msg = "three-point durations need low ≤ mode ≤ high and at least one draw"
        raise UsageError(msg)
    width = high - low
    free = width > 0
    safe = np.where(free, width, 1.0)
    first = 1 + 4 * (mode - low) / safe
    second = 1 + 4 * (high - mode) / safe
    random = np.random.default_rng(seed)
    shares = random.beta(first[:, None], second[:, None], size=(low.size, draws))
    drawn: Floats = low[:, None] + np.where(free, width, 0.0)[:, None] * shares
    return drawn


def simulate(network: Network, low: Floats, mode: Floats, high: Floats, draws: int, release: Floats | None = None, seed: int = 1) -> Risk:
    """Schedule the network for every draw. `low`, `mode`, `high`, `release` (tasks,) in working days."""
    schedule = network.schedule(pert_draws(low, mode, high, draws, seed), release)
    return Risk(np.sort(schedule.length), schedule.critical.mean(axis=1))


def programme_risk(programme: Programme, draws: int = 1000, seed: int = 1) -> Risk:
    """Schedule risk of a plan's tasks; a task without three points keeps its duration."""
    table, mode = programme.table, programme.durations
    low = np.array([float(text or middle) for text, middle in zip(table["optimistic_days"], mode, strict=True)])
    high = np.array([float(text or middle) for text, middle in zip(table["pessimistic_days"], mode, strict=True)])
    return simulate(programme.network, np.minimum(low, mode), mode, np.maximum(high, mode), draws, programme.release, seed)
