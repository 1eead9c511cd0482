"""Jobs by cell and sector. Totals are conserved: the cells and what lies beyond the study area add up to the source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.errors import Fault, InputError
from parkcity.twin.counts import Ask, Ground, count

if TYPE_CHECKING:
    from numpy.typing import NDArray

OTHER = "other"


def build_jobs(ground: Ground) -> tuple[dict[str, NDArray[Any]], dict[str, Any], list[str]]:
    """Jobs in every cell, the meta of the layer, and remarks.

    Arrays: `jobs` float64 [cells]; `by_sector` float64 [cells, sectors] where `[jobs.sectors]` names any, with the sector
    `other` for jobs in none of them. Meta: `total`, `outside` (beyond the study area), `sectors`, and `method`: `given`,
    `area` or `buildings` (the last two are assumptions about where in a zone the jobs are).
    """
    jobs = ground.spec.jobs
    assert jobs is not None
    names = list(jobs.sectors)
    columns = (jobs.column, *jobs.sectors.values())
    counted = count(Ask("[jobs]", "jobs", jobs.source, columns, jobs.key, jobs.tier, jobs.spread), ground)
    total, sectors = counted.by_cell[:, 0], counted.by_cell[:, 1:]
    arrays: dict[str, NDArray[Any]] = {"jobs": total}
    remarks = list(counted.remarks)
    if names:
        known, whole = float(sectors.sum() + counted.outside[1:].sum()), float(total.sum() + counted.outside[0])
        if known > whole * (1 + 1e-9):
            where = str(ground.spec.path(ground.spec.source(jobs.source)))
            what = f"the sectors add up to {known:,.0f} jobs, more than the {whole:,.0f} of column '{jobs.column}'."
            raise InputError(Fault(where, what, "sectors that are parts of all jobs.", "correct [jobs] column or sectors"))
        arrays["by_sector"], moved = _with_other(total, sectors)
        names = [*names, *([OTHER] if arrays["by_sector"].shape[1] > len(names) else [])]
        if moved:
            remarks.append(f"{moved:,} jobs were moved between sectors so that the sectors of every cell add up to its jobs")
    meta = {"total": float(total.sum()), "outside": float(counted.outside[0]), "sectors": names, "method": counted.method}
    return arrays, meta, remarks


def _with_other(total: NDArray[np.float64], sectors: NDArray[np.float64]) -> tuple[NDArray[np.float64], int]:
    """Sectors that add up to the jobs of every cell, with a last column for the rest where there is any.

    Sectors that were spread apart from their total may exceed it in a cell by roundings; they are scaled to it there.
    """
    known = sectors.sum(axis=1)
    over = known > total
    scaled = sectors * np.where(over, np.divide(total, known, out=np.ones_like(total), where=known > 0), 1.0)[:, None]
    rest = np.maximum(total - scaled.sum(axis=1), 0.0)
    rest[rest < 1e-9 * np.maximum(total, 1.0)] = 0.0
    moved = int(np.ceil(float((known - total)[over].sum()))) if over.any() else 0
    return (np.column_stack([scaled, rest]) if rest.any() else scaled), moved
