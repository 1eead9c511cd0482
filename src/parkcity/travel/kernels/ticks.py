"""Impedance as whole ticks, so that sums do not depend on their order.

Time: 1 tick = 2**-16 s, horizon 32,767 s (9.1 h). Length: 1 tick = 2**-10 m, horizon 2,097 km. `UNREACHED` = 2**31 - 1 stands
for "no way"; a number at or over the horizon becomes `UNREACHED` (saturation), never a wrong finite number.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

UNREACHED = 2**31 - 1
TICKS_PER = {"s": 2**16, "m": 2**10}


def to_ticks(values: npt.ArrayLike, unit: str) -> npt.NDArray[np.int32]:
    """Seconds (`unit` "s") or metres ("m") as int32 ticks, rounded half to even, saturating at `UNREACHED`.

    Shapes: any; the result has the shape of `values`. Infinity means closed and becomes `UNREACHED`.
    Raises `ValueError` on a negative number or NaN, and `KeyError` on another unit.
    """
    number = np.asarray(values, dtype=np.float64)
    if np.isnan(number).any() or (number < 0).any():
        msg = "impedance must be a number that is not negative (infinity where closed)"
        raise ValueError(msg)
    return np.minimum(np.rint(number * TICKS_PER[unit]), UNREACHED).astype(np.int32)


def from_ticks(ticks: npt.ArrayLike, unit: str) -> npt.NDArray[np.float64]:
    """Ticks as float64 seconds or metres; `UNREACHED` becomes NaN. Exact: a tick is a power of two."""
    whole = np.asarray(ticks)
    return np.where(whole >= UNREACHED, np.nan, whole / TICKS_PER[unit])
