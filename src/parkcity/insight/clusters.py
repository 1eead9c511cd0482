"""Where like values lie together: Moran's I, hot and cold spots, and cells unlike their neighbours, by PySAL's esda.

All tests are the analytical ones under randomisation, so that the same data give the same clusters; the false discovery rate is held
over all cells of a map. Sources: Moran (1950); Anselin (1995), "Local indicators of spatial association"; Getis and Ord (1992), Ord and
Getis (1995); Sokal, Oden and Thomson (1998) for the variance of the local index; Benjamini and Hochberg (1995).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.insight.registry import INDICATORS
from parkcity.standards import load, parameter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parkcity.insight.inputs import Inputs
    from parkcity.twin.twin import Twin

    Floats = NDArray[np.float64]
    Rows = NDArray[np.int64]

COLUMNS = ("rank", "indicator", "what", "zone", "cells", "residents", "value", "moran", "moran_z", "lon", "lat")
HIGH, LOW, HIGH_AMONG_LOW, LOW_AMONG_HIGH = "high", "low", "high_among_low", "low_among_high"
_FEWEST = 8
_QUADRANTS = {2: LOW_AMONG_HIGH, 4: HIGH_AMONG_LOW}


@dataclass(frozen=True)
class Pattern:
    """How values [n] lie in space: Moran's I and its z; z of Gi* [n]; hot 1 or cold -1 [n]; the kind of an outlier or "" [n]."""

    moran: float
    moran_z: float
    gi_z: Floats
    spot: NDArray[np.int8]
    outlier: NDArray[np.str_]


def pattern(values: Floats, pairs: NDArray[np.int64], rate: float) -> Pattern:
    """The pattern of values [n] (finite, not all alike) over neighbours `pairs` int [k, 2], each once; `rate` is the false discovery rate.

    Units without a neighbour belong to no cluster.
    """
    from esda.getisord import G_Local
    from esda.moran import Moran, Moran_Local
    from libpysal.graph import Graph

    joined = np.unique(pairs)
    number = np.full(len(values), -1)
    number[joined] = np.arange(len(joined))
    ends = number[np.concatenate([pairs, pairs[:, ::-1]])]
    ends = ends[np.lexsort([ends[:, 1], ends[:, 0]])]
    graph = Graph.from_arrays(ends[:, 0], ends[:, 1], np.ones(len(ends)))
    held = values[joined]
    whole = Moran(held, graph, permutations=0)
    local = Moran_Local(held, graph, permutations=0)
    gi = G_Local(held, graph, star=1.0, transform="B", permutations=0)
    gi_z, local_z = np.zeros(len(values)), np.zeros(len(joined))
    gi_z[joined] = gi.Zs
    np.divide(local.Is - local.EIc, np.sqrt(local.VIc), out=local_z, where=local.VIc > 0)
    spot = np.where(discovered(gi_z, rate), np.sign(gi_z), 0).astype(np.int8)
    outlier = np.full(len(values), "", dtype="<U14")
    apart = discovered(local_z, rate) & (local_z < 0)
    outlier[joined[apart]] = [_QUADRANTS.get(int(quadrant), "") for quadrant in local.q[apart]]
    return Pattern(float(whole.I), float(whole.z_rand), gi_z, spot, outlier)


def discovered(z: Floats, rate: float) -> NDArray[np.bool_]:
    """Which of many z differ from 0, two-sided, at a false discovery rate (Benjamini and Hochberg), bool [n].

    >>> discovered(np.array([5.0, 0.1, -4.0, 1.0]), 0.05).tolist()
    [True, False, True, False]
    """
    from scipy.stats import norm

    p = 2 * norm.sf(np.abs(z))
    order = np.argsort(p, kind="stable")
    below = np.nonzero(p[order] <= rate * np.arange(1, len(p) + 1) / len(p))[0]
    found = np.zeros(len(z), bool)
    found[order[: below[-1] + 1 if len(below) else 0]] = True
    return found


def neighbours(twin: Twin, rows: Rows) -> NDArray[np.int64]:
    """Pairs of neighbouring cells among some rows, as positions in `rows`, int64 [k, 2]."""
    from scipy.spatial import cKDTree

    tree = cKDTree(np.column_stack([twin.cells[name].to_numpy(float)[rows] for name in ("x", "y")]))
    nearest: Any = tree.query(tree.data, k=2)[0]
    spacing = float(np.median(nearest[:, 1]))
    return np.asarray(tree.query_pairs(spacing * parameter("cluster_rules", "reach").number, output_type="ndarray"), np.int64)


def cluster_rows(inputs: Inputs, tier: str) -> list[dict[str, Any]]:
    """Clusters and outliers of the listed indicators, ranked within each by their residents."""
    from parkcity.insight.run import measure_with, status_of

    every = inputs.for_group("all")
    rows: list[dict[str, Any]] = []
    for rule in load("cluster_rules"):
        name = rule.extra["indicator"]
        if not name or status_of(INDICATORS.get(name), inputs.twin)[0] != "computed":
            continue
        rows += _rows_of(every, name, measure_with(every, INDICATORS.get(name)).cell_values(), tier)
    # The first of every indicator, then the second of every one: whoever reads the beginning sees them all.
    return sorted(rows, key=lambda entry: entry["rank"])


def _rows_of(inputs: Inputs, name: str, values: Floats, tier: str) -> list[dict[str, Any]]:
    twin = inputs.twin
    residents = inputs.residents()
    row = np.nonzero((residents > 0) & np.isfinite(values))[0]
    if len(row) < _FEWEST or np.ptp(values[row]) == 0:
        return []
    pairs = neighbours(twin, row)
    if not len(pairs):
        return []
    found = pattern(values[row], pairs, parameter("cluster_rules", "fdr").number)
    groups = [(HIGH if sign > 0 else LOW, cells) for sign in (1, -1) for cells in _joined(found.spot == sign, pairs)]
    least = parameter("cluster_rules", "cells.least").number
    groups = [(what, cells) for what, cells in groups if len(cells) >= least]
    groups += [(str(found.outlier[at]), np.array([at])) for at in np.nonzero(found.outlier != "")[0]]
    made = [_row(inputs, name, what, row[cells], values, found, tier) for what, cells in groups]
    made.sort(key=lambda entry: (-entry["residents"], entry["lon"], entry["lat"]))
    return [{"rank": number, **entry} for number, entry in enumerate(made, start=1)]


def _joined(mine: NDArray[np.bool_], pairs: NDArray[np.int64]) -> list[Rows]:
    """Groups of chosen units that are neighbours of one another."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    inside = pairs[mine[pairs].all(axis=1)]
    table = coo_array((np.ones(len(inside)), (inside[:, 0], inside[:, 1])), shape=(len(mine), len(mine)))
    _, group = connected_components(table, directed=False)
    rows = np.nonzero(mine)[0]
    rows = rows[np.argsort(group[rows], kind="stable")]
    return [part for part in np.split(rows, np.nonzero(np.diff(group[rows]))[0] + 1) if len(part)]


def _row(inputs: Inputs, name: str, what: str, cells: Rows, values: Floats, found: Pattern, tier: str) -> dict[str, Any]:
    twin, residents = inputs.twin, inputs.residents()[cells]
    member = twin.member(tier)[cells]
    zone = np.bincount(member[member >= 0], residents[member >= 0]) if (member >= 0).any() else None
    busiest = cells[int(np.argmax(residents))]
    return {
        "indicator": name,
        "what": what,
        "zone": "" if zone is None else str(twin.tier_zones(tier)["id"].iloc[int(np.argmax(zone))]),
        "cells": len(cells),
        "residents": float(residents.sum()),
        "value": float((values[cells] * residents).sum() / residents.sum()),
        "moran": round(found.moran, 4),
        "moran_z": round(found.moran_z, 2),
        "lon": float(twin.cells["lon"].iloc[busiest]),
        "lat": float(twin.cells["lat"].iloc[busiest]),
    }
