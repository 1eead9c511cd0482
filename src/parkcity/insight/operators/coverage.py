"""Who is within reach."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def within(impedance: npt.NDArray[np.float32] | Floats, limit: float) -> npt.NDArray[np.bool_]:
    """Is the impedance [n] at most the limit (same unit)? What has no number (NaN) is not within reach.

    >>> within(np.array([100.0, 500.0, np.nan]), 500.0).tolist()
    [True, True, False]
    """
    return np.asarray(np.less_equal(impedance, limit, where=~np.isnan(impedance), out=np.zeros(len(impedance), bool)))


def share_reached(reached: npt.NDArray[np.bool_]) -> Floats:
    """Of several needs [needs, n] the share that each cell reaches, [n] from 0 to 1.

    >>> share_reached(np.array([[True, False], [True, True]])).tolist()
    [1.0, 0.5]
    """
    return np.asarray(reached.mean(axis=0, dtype=np.float64))


def cut_by_edge(impedance_m: Floats, edge_m: Floats, limit_m: float) -> npt.NDArray[np.bool_]:
    """Cells whose answer may be wrong because places beyond the edge of the data are unknown.

    A cell is in doubt if it does not reach a place within the limit although the edge of the data, `edge_m` metres away
    in a straight line, is nearer than the limit: a place just outside could serve it.
    """
    return np.asarray(~within(impedance_m, limit_m) & (edge_m < limit_m))
