"""What each cell lacks of the norm's facilities, and which single new place in it would help most residents.

A place put into a cell helps the residents within the norm's metres of the cell's door who lack the facility now. All cells and facilities
are tried at once: for every distance of the norm one search from all cells to all cells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.insight.circles import LEVELS, known, needs_of_set
from parkcity.insight.inputs import WALK_LAYERS, profile_of
from parkcity.insight.operators.coverage import within as is_within
from parkcity.standards import parameter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parkcity.insight.inputs import Inputs

    Floats = NDArray[np.float64]

COLUMNS = (
    "rank",
    "zone",
    "cell",
    "residents",
    "needs_lacking",
    "lacks",
    "best_addition",
    "level_min",
    "limit_m",
    "residents_helped",
    "lon",
    "lat",
)


def norm_limits(inputs: Inputs) -> dict[str, tuple[int, float]]:
    """Level (minutes) and metres of every facility of GB 50180-2018 that the city's data know, the widest circle first."""
    limits: dict[str, tuple[int, float]] = {}
    for level in LEVELS:
        rows = needs_of_set(f"level_{level}")
        for class_id in known(inputs, rows):
            limits.setdefault(class_id, (level, rows[class_id].number))
    return limits


def gains(inputs: Inputs) -> tuple[tuple[str, ...], NDArray[np.bool_], Floats]:
    """Classes; which cells lack each, bool [classes, cells]; residents whom one new place in each cell would help, float64 alike."""
    limits = norm_limits(inputs)
    classes = tuple(limits)
    lacks = np.array([~is_within(inputs.distance_m(class_id), limits[class_id][1]) for class_id in classes]).reshape(len(classes), -1)

    def make() -> dict[str, NDArray[Any]]:
        from parkcity.travel import within

        helped = np.zeros(lacks.shape)
        for limit in sorted({metres for _, metres in limits.values()}):
            rows = [number for number, class_id in enumerate(classes) if limits[class_id][1] == limit]
            weights = inputs.residents() * lacks[rows]
            found = within(
                inputs.network,
                inputs.origins(),
                inputs.origins(),
                [limit],
                weights,
                unit="m",
                direction="from",
                counts=False,
                threads=inputs.threads,
            )
            helped[rows] = np.nan_to_num(found.sums[:, 0])
        return {"helped": helped}

    args = {"classes": classes, "people": inputs.twin.layer("people").hash, "profile": profile_of(inputs.group)}
    return classes, lacks, inputs.kept("additions", WALK_LAYERS, args, make)["helped"]


def addition_rows(inputs: Inputs, tier: str) -> list[dict[str, Any]]:
    """One row for every inhabited cell that lacks something, with the columns of `COLUMNS`; those first where one place helps most."""
    twin = inputs.twin
    limits = norm_limits(inputs)
    if not limits:
        return []
    classes, lacks, helped = gains(inputs)
    residents = inputs.residents()
    best = np.argmax(helped, axis=0)
    most = helped[best, np.arange(len(best))]
    least = parameter("circle_parameters", "addition.least").number
    listed = np.nonzero((most >= least) & (residents > 0) & lacks.any(axis=0))[0]
    listed = listed[np.lexsort([listed, -most[listed]])]
    zones, member = twin.tier_zones(tier)["id"].to_numpy(), twin.member(tier)
    ids, lon, lat = (twin.cells[name].to_numpy() for name in ("id", "lon", "lat"))
    rows = []
    for rank, cell in enumerate(listed.tolist(), start=1):
        class_id = classes[int(best[cell])]
        level, limit = limits[class_id]
        missing = [classes[number] for number in np.nonzero(lacks[:, cell])[0]]
        rows.append(
            {
                "rank": rank,
                "zone": zones[member[cell]] if member[cell] >= 0 else "",
                "cell": ids[cell],
                "residents": round(float(residents[cell]), 1),
                "needs_lacking": len(missing),
                "lacks": "|".join(missing),
                "best_addition": class_id,
                "level_min": level,
                "limit_m": limit,
                "residents_helped": round(float(most[cell])),
                "lon": round(float(lon[cell]), 6),
                "lat": round(float(lat[cell]), 6),
            }
        )
    return rows
