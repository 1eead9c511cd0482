"""Times by rides between all cells, made once for a city and followed under scenarios: only who can notice is searched again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.insight.inputs import Inputs, profile_of
from parkcity.insight.transit import LAYERS, CityTransit, limit_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from parkcity.travel.transit_again import RideTimes
    from parkcity.travel.transit_setting import TransitSetting

    Floats = NDArray[np.float64]

ACCESS_MIN = (30, 45, 60)
MOST_GB = 1.0
"""Cities whose times would need more memory are summed without keeping them, and searched whole under a scenario."""
_S_PER_MIN = 60


def limits_s() -> list[int]:
    """The limits of access by transit, seconds."""
    return [minutes * _S_PER_MIN for minutes in ACCESS_MIN]


def _as_it_stands(inputs: Inputs) -> Inputs | None:
    """For a city under a scenario the inputs of the city as it stands."""
    found: Inputs | None = getattr(inputs, "base", None)
    return found


def _setting(inputs: Inputs) -> TransitSetting:
    return CityTransit(inputs, limit=max(limits_s())).to_cells()


def reached(inputs: Inputs, name: str, weight_of: Callable[[Inputs], Floats]) -> Floats:
    """The weight of the cells reached within each of `limits_s` at the median departure of the window, float64 [limits, cells].

    `weight_of` gives the weight of every cell, float64 [cells]; `name` says what it is.
    """
    from parkcity.travel.transit_again import kept_gb

    setting = inputs.remember(f"transit setting/{profile_of(inputs.group)}", lambda: _setting(inputs))
    weight = weight_of(inputs)
    if kept_gb(setting) > MOST_GB:
        return _summed(inputs, setting, weight)
    rides, base = _rides(inputs), _as_it_stands(inputs)

    def make() -> Floats:
        before = None if base is None else weight_of(base)
        if base is None or before is None or not np.array_equal(before, weight):
            return rides.sums(weight, limits_s())
        sums = reached(base, name, weight_of).copy()
        rows = rides.differing(_rides(base))
        sums[:, rows] = rides.sums(weight, limits_s(), rows)
        return sums

    found: Floats = inputs.remember(f"transit reached/{name}/{profile_of(inputs.group)}/{inputs.period}", make)
    return found


def _rides(inputs: Inputs) -> RideTimes:
    """The median times by rides of the morning window, held in memory; those of a city as it stands are kept on disk too."""
    from parkcity.travel.transit_again import RideTimes

    setting: TransitSetting = inputs.remember(f"transit setting/{profile_of(inputs.group)}", lambda: _setting(inputs))
    first, base = int(limit_of("depart")), _as_it_stands(inputs)
    last = first + int(limit_of("window"))

    def make() -> RideTimes:
        if base is not None:
            return _rides(base).again(setting, inputs.threads)

        def search() -> dict[str, NDArray[Any]]:
            return {"seconds": RideTimes.search(setting, first, last, threads=inputs.threads).seconds}

        args = {"profile": profile_of(inputs.group), "date": CityTransit(inputs).date.isoformat(), "limits": limits_s()}
        return RideTimes.held(setting, inputs.kept("transit_rides", LAYERS, args, search)["seconds"], first, last)

    found: RideTimes = inputs.remember(f"transit rides/{profile_of(inputs.group)}", make)
    return found


def _summed(inputs: Inputs, setting: TransitSetting, weight: Floats) -> Floats:
    from parkcity.travel.transit_access import cumulative

    first, held = int(limit_of("depart")), weight > 0
    asked = setting.to_targets(np.flatnonzero(held))
    return cumulative(asked, weight[held], limits_s(), first, first + int(limit_of("window")), threads=inputs.threads)
