"""Sexes of residents under a scenario: they follow the residents of their age in the cell, or of the whole city where there were none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from parkcity.twin.twin import Twin


def by_sex(twin: Twin, changed: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """The counts of every sex [cells, bands] for the periods that changed, adding up to them; empty where sexes are unknown."""
    out: dict[str, NDArray[Any]] = {}
    sexes, layer = twin.sexes, twin.layer("people")
    for period, counts in changed.items():
        if not sexes:
            break
        before = [np.asarray(layer.array(f"{period}_{sex}"), np.float64) for sex in sexes]
        city = np.stack([part.sum(axis=0) for part in before])
        city = np.divide(city, city.sum(axis=0), out=np.full(city.shape, 1.0 / len(sexes)), where=city.sum(axis=0) > 0)
        total = np.sum(before, axis=0)
        rest = counts.copy()
        for number, sex in enumerate(sexes[:-1]):
            share = np.divide(before[number], total, out=np.broadcast_to(city[number], total.shape).copy(), where=total > 0)
            exact = counts * share
            part = np.round(exact).astype(counts.dtype) if np.issubdtype(counts.dtype, np.integer) else exact
            out[f"{period}_{sex}"] = np.minimum(part, rest)
            rest = rest - out[f"{period}_{sex}"]
        out[f"{period}_{sexes[-1]}"] = rest
    return out
