"""Minutes to the worst-served need: the one number that says how complete the surroundings of a home are.

A resident whose every need lies within fifteen minutes lives in a 15-minute circle (TD/T 1063-2021 no. 95); the need that is farthest
decides. What cannot be reached at all is a state and never a number of minutes.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.standards import parameter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parkcity.insight.inputs import Inputs

    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Worst:
    """For every cell: minutes to the need that is farthest (NaN where `state` is not 0), the need's number, and the state.

    `minutes` float64 [cells], `need` int64 [cells] counts `needs`, `state` int8 [cells] (`parkcity.travel.State`).
    """

    needs: tuple[str, ...]
    minutes: Floats
    need: NDArray[np.int64]
    state: NDArray[np.int8]


def worst_need(inputs: Inputs) -> Worst:
    """The worst-served of the needs that the city's data can measure, for the group of the inputs.

    Raises `MissingLayerError` where the city has no place of any need.
    """
    from parkcity.base.errors import MissingLayerError

    needs = inputs.measurable_needs()
    if not needs:
        raise MissingLayerError("minutes.worst", ["places"])
    states = np.stack([inputs.states(need) for need in needs])
    minutes = np.stack([inputs.minutes(need) for need in needs])
    ranked = np.where(states != 0, np.inf, minutes)
    need = np.argmax(ranked, axis=0)
    cells = np.arange(ranked.shape[1])
    state = states[need, cells]
    return Worst(needs, np.where(state == 0, minutes[need, cells], np.nan), need, state)


def minute_breaks() -> list[float]:
    """The limits of the classes of minutes on every map."""
    return [parameter("check_limits", f"minutes.{number}").number for number in (5, 10, 15, 30)]


def by_class(minutes: Floats, state: NDArray[np.int8], residents: Floats) -> list[dict[str, Any]]:
    """Residents in every class of minutes (from above the first limit up to the second), and in every state that occurs."""
    from parkcity.travel.states import State

    total = float(residents.sum())
    limits = [0.0, *minute_breaks(), np.inf]
    known = state == State.OK
    rows: list[dict[str, Any]] = []
    for low, high in pairwise(limits):
        inside = known & (minutes <= high) & ((minutes > low) | (low == 0))
        rows.append({"from": low, "to": high if np.isfinite(high) else None, "state": "ok", **_count(residents, inside, total)})
    for code in State:
        mask = state == code
        if code != State.OK and residents[mask].sum() > 0:
            rows.append({"from": None, "to": None, "state": code.name.lower(), **_count(residents, mask, total)})
    return rows


def _count(residents: Floats, mask: NDArray[np.bool_], total: float) -> dict[str, float]:
    count = float(residents[mask].sum())
    return {"residents": count, "share": count / total if total else 0.0}
