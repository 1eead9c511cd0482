"""Who lacks what: for every norm the residents without reach, by zone and by cell, worst first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.insight.forms import Parts, by_zone
from parkcity.insight.operators.coverage import within

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from parkcity.insight.run import Measured
    from parkcity.twin.twin import Twin

COLUMNS = ("rank", "tier", "zone", "indicator", "group", "residents_lacking", "share_lacking", "in_doubt", "needs_lacking", "distance_m")


@dataclass(frozen=True)
class CellGap:
    """A cell that lacks something: its row, its residents, the indicators it fails, and residents times failures."""

    row: int
    residents: float
    lacks: tuple[str, ...]


def is_norm(item: Measured) -> bool:
    """Does the indicator hold residents against a norm's distance, so that a gap can be told?"""
    return item.indicator.limit_m is not None and item.group == "all" and isinstance(item.result, Parts)


def zone_gaps(twin: Twin, measured: Iterable[Measured], tier: str) -> list[dict[str, Any]]:
    """One row for every zone and norm: residents without reach, most residents first."""
    rows = []
    zones, member = twin.tier_zones(tier), twin.member(tier)
    for item in measured:
        if not is_norm(item):
            continue
        values = by_zone(item.result, member, len(zones))
        doubt = {flag.id: flag.size for flag in item.flags(tier)}.get("edge_cut", np.zeros(len(zones)))
        for row in np.nonzero(values.whole > 0)[0]:
            lacking = float(values.whole[row] - values.part[row])
            rows.append(
                {
                    "tier": tier,
                    "zone": zones["id"].iloc[row],
                    "indicator": item.indicator.id,
                    "group": item.group,
                    "residents_lacking": lacking,
                    "share_lacking": lacking / float(values.whole[row]),
                    "in_doubt": float(doubt[row] * values.whole[row]),
                    "needs_lacking": None,
                    "distance_m": None,
                }
            )
    rows.sort(key=lambda entry: (-entry["residents_lacking"], entry["indicator"], entry["zone"]))
    return [{"rank": number, **entry} for number, entry in enumerate(rows, start=1)]


def cell_gaps(twin: Twin, measured: Iterable[Measured]) -> list[CellGap]:
    """Cells with residents that fail at least one norm; those with most residents times failures first."""
    residents = twin.residents()
    failed: list[tuple[str, NDArray[np.bool_]]] = []
    for item in measured:
        if is_norm(item):
            assert item.indicator.limit_m is not None
            class_id = str(item.indicator.inputs["distance_m"].args["class_id"])
            failed.append((item.indicator.id, ~within(item.inputs.distance_m(class_id), item.indicator.limit_m)))
    if not failed:
        return []
    fails = np.stack([mask for _, mask in failed])
    weight = residents * fails.sum(axis=0)
    order = np.lexsort([np.arange(len(weight)), -weight])
    names = [name for name, _ in failed]
    return [
        CellGap(int(row), float(residents[row]), tuple(name for name, mask in zip(names, fails[:, row], strict=True) if mask))
        for row in order[: int((weight > 0).sum())]
    ]


def gap_rows(twin: Twin, measured: list[Measured], tier: str) -> list[dict[str, Any]]:
    """The whole gap list as flat rows: zones of a tier first, then cells, each worst first."""
    rows = zone_gaps(twin, measured, tier)
    ids = twin.cells["id"].to_numpy()
    distances = {
        item.indicator.id: item.inputs.distance_m(str(item.indicator.inputs["distance_m"].args["class_id"]))
        for item in measured
        if is_norm(item)
    }
    for number, gap in enumerate(cell_gaps(twin, measured), start=1):
        for name in gap.lacks:
            distance = float(distances[name][gap.row])
            rows.append(
                {
                    "rank": number,
                    "tier": "cell",
                    "zone": ids[gap.row],
                    "indicator": name,
                    "group": "all",
                    "residents_lacking": gap.residents,
                    "share_lacking": 1.0,
                    "in_doubt": None,
                    "needs_lacking": len(gap.lacks),
                    "distance_m": round(distance, 1) if np.isfinite(distance) else None,
                }
            )
    return rows
