"""What the changes of residents share: the cell that a change means, and whole persons by age."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.geo import WGS84, shapes_to_metric
from parkcity.twin.people import spread_real, spread_whole
from parkcity.twin.zones import CITY_TIER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from parkcity.twin.changes._draft import Draft
    from parkcity.twin.changes._fields import Report


def cell_by_id(draft: Draft, cell_id: str, report: Report) -> int | None:
    """The row of a cell, or None with a fault."""
    ids = draft.twin.cells["id"]
    rows = np.flatnonzero((ids == cell_id).to_numpy())
    if not len(rows):
        report.add(f"there is no cell '{cell_id}'.", allowed=f"an id of the cells, such as {', '.join(ids[:3])}.")
        return None
    return int(rows[0])


def cell_of(draft: Draft, values: Mapping[str, Any], report: Report) -> int | None:
    """The row of the cell named by `cell`, or in which `lon` and `lat` lie; None with a fault."""
    import shapely

    if "cell" in values:
        return cell_by_id(draft, values["cell"], report)
    twin = draft.twin
    x, y = twin.projection.forward(np.array([values["lon"]]), np.array([values["lat"]]))
    shapes = shapes_to_metric(twin.cells.geometry.to_numpy(), WGS84, twin.projection)
    hits = np.flatnonzero(shapely.intersects(shapes, shapely.Point(x[0], y[0])))
    if not len(hits):
        report.add("the position lies in no cell of the city.", allowed="a point inside the study area.")
        return None
    return int(hits[0])


def by_age(counts: NDArray[Any], row: int, persons: float, member: NDArray[np.int32]) -> NDArray[Any]:
    """Persons [bands] with the ages of the cell's residents, or of its zone's where nobody lives there yet."""
    mix = counts[row].astype(float)
    if mix.sum() == 0 and member[row] >= 0:
        mix = counts[member == member[row]].sum(axis=0).astype(float)
    if mix.sum() == 0:
        mix = np.ones(counts.shape[1])
    shares = (mix / mix.sum())[None, :]
    if np.issubdtype(counts.dtype, np.integer):
        return np.asarray(spread_whole(np.array([round(persons)], np.int64), shares)[0])
    return np.asarray(spread_real(np.array([float(persons)]), shares)[0])


def mixing_zone(draft: Draft) -> NDArray[np.int32]:
    """For every cell the zone whose ages stand in where a cell is empty: the tier of the age table, else the city."""
    return draft.twin.member(draft.twin.spec.people.age_tier or CITY_TIER)
