"""Access by transit: what is reached within limits of time, and sums that fall with the travel time, without keeping the matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.errors import UsageError
from parkcity.travel.transit_sweep import Sweep, ranks_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from parkcity.travel.transit_setting import TransitSetting

    Floats = npt.NDArray[np.float64]

NEVER = 2**31 - 1


def cumulative(
    setting: TransitSetting,
    weight: npt.ArrayLike,
    limits_s: Sequence[float],
    first: int,
    last: int,
    *,
    step: int = 60,
    percentile: float = 50.0,
    threads: int | None = None,
) -> Floats:
    """The weight of the places within every limit, at a percentile of the travel time over the departures from `first` until `last`.

    Shapes: `weight` [places]; float64 [limits, origins]. Raises `UsageError` on a weight for another number of places.
    """
    limits = np.asarray(limits_s, np.float64)
    return _sums(setting, weight, len(limits), lambda seconds: seconds[None] <= limits[:, None], first, last, step, percentile, threads)


def gravity(
    setting: TransitSetting,
    weight: npt.ArrayLike,
    decay: Callable[[Floats], Floats],
    first: int,
    last: int,
    *,
    step: int = 60,
    percentile: float = 50.0,
    threads: int | None = None,
) -> Floats:
    """The sum of weights times a decay of the travel time in seconds (1 at 0), float64 [origins]; places beyond the limit count nothing."""

    def share(seconds: Floats) -> Floats:
        near = np.isfinite(seconds)
        return np.where(near, decay(np.where(near, seconds, 0.0)), 0.0)[None]

    sums: Floats = _sums(setting, weight, 1, share, first, last, step, percentile, threads)[0]
    return sums


def _sums(
    setting: TransitSetting,
    weight: npt.ArrayLike,
    rows: int,
    share: Callable[[Floats], Any],
    first: int,
    last: int,
    step: int,
    percentile: float,
    threads: int | None,
) -> Floats:
    of_place = np.asarray(weight, np.float64)
    if of_place.shape != (setting.places,):
        msg = f"weights of {of_place.shape} are not one for each of {setting.places} places"
        raise UsageError(msg)
    if step < 1 or last <= first or not 0 < percentile <= 100:
        msg = f"a window of {first} to {last} every {step} s at the percentile {percentile:g} cannot be measured"
        raise UsageError(msg)
    moments = np.arange(first, last, step, dtype=np.int32)[::-1].copy()
    out = np.empty((rows, setting.origins))

    def add(start: int, end: int, seconds: npt.NDArray[np.int32]) -> None:
        # One origin at a time, each summed over places in their order: the bits do not depend on the blocks or threads.
        for number in range(end - start):
            times = np.where(seconds[number, 0] == NEVER, np.inf, seconds[number, 0].astype(np.float64))
            out[:, start + number] = (share(times) * of_place).sum(axis=1)

    Sweep(setting, moments, ranks_of((percentile,), len(moments))).run(add, threads)
    return out
