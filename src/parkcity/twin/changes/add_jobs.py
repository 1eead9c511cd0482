"""Add jobs: a new business park."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.twin.changes._fields import CHANGES, LAT, LON, ChangeKind, Effect, Field, Report
from parkcity.twin.changes._people import cell_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from parkcity.twin.changes._draft import Draft


def add_jobs(draft: Draft, values: Mapping[str, Any], report: Report) -> Effect | None:
    """New jobs in a cell, of a sector where the city knows sectors; left out, of the sectors of the whole city."""
    twin = draft.twin
    if not twin.has("jobs"):
        report.add("this city has no jobs.", todo="add [jobs] to city.toml, or take the change out")
        return None
    sectors, wanted = twin.sectors, values.get("sector", "")
    if wanted and wanted not in sectors:
        report.add(f"there is no sector '{wanted}'.", allowed=f"{', '.join(sectors) or 'no sector: leave it out'}.")
        return None
    row = cell_of(draft, values, report)
    if row is None:
        return None
    number = float(values["jobs"])
    if number == 0:
        report.add("the change would do nothing: it adds no job.", allowed="1 job or more.")
        return None
    arrays = draft.layer_arrays("jobs")
    arrays["jobs"][row] += number
    if "by_sector" in arrays:
        whole = arrays["by_sector"].sum(axis=0)
        share = np.zeros(len(sectors)) if wanted else whole / max(float(whole.sum()), 1e-12)
        if wanted:
            share[sectors.index(wanted)] = 1.0
        arrays["by_sector"][row] += number * share
    return Effect("add_jobs", {"jobs": f"{number:,.0f}", "cell": twin.cells["id"].iloc[row]}, {"cells": 1})


CHANGES.add(
    ChangeKind(
        "add_jobs",
        "\u65b0\u589e\u5c97\u4f4d",
        "Add jobs",
        (Field("jobs", "number", required=True, minimum=0), Field("sector"), Field("cell"), LON, LAT),
        add_jobs,
        either=(("cell",), ("lon", "lat")),
    )
)
