"""What the changes of streets' attributes share: which streets are meant, classes by name, and a new street with attributes of its own."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.standards import parameter
from parkcity.twin.changes._links import index_of
from parkcity.twin.changes._places import shape_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from parkcity.twin.changes._draft import Draft
    from parkcity.twin.changes._fields import Report

CLOSED, BOTH = 0, 1
CROSSINGS = {"unmarked": 1, "marked": 2, "signals": 3}


@cache
def class_codes() -> dict[str, int]:
    """The code of every class of street by its name."""
    from parkcity.sense.osm.tags import table

    return {row["id"]: int(row["code"]) for row in table("classes")}


@cache
def class_names() -> dict[str, dict[str, str]]:
    """The names of every class of street in both languages."""
    from parkcity.sense.osm.tags import table

    return {row["id"]: {"zh": row["zh"], "en": row["en"]} for row in table("classes")}


def passage(name: str) -> dict[str, int]:
    """By mode, whether a class of street is open by default: 0 closed, 1 both ways."""
    from parkcity.sense.osm.tags import table

    row = next(row for row in table("classes") if row["id"] == name)
    return {mode: BOTH if row[mode] == "yes" else CLOSED for mode in ("walk", "bike", "car")}


def meant_streets(draft: Draft, values: Mapping[str, Any], report: Report) -> NDArray[np.int64] | None:
    """The street nearest to a point, or all that cross a polygon; None, with a fault, where there is none."""
    import shapely

    from parkcity.base.geo import WGS84, shapes_to_metric

    shape = shape_of(values, report)
    if shape is None:
        return None
    metric = shapes_to_metric(np.array([shape], dtype=object), WGS84, draft.twin.projection)[0]
    index = index_of(draft)
    if "polygon" in values:
        edges = np.sort(np.asarray(index.tree.query(metric, predicate="intersects"), np.int64))
        if not len(edges):
            report.add("the change would do nothing: no street crosses the polygon.", todo="correct the polygon, or take the change out")
        return edges if len(edges) else None
    limit = parameter("engine_parameters", "component.link_gap").number
    distance = shapely.distance(index.shapes, metric)
    edge = int(np.argmin(distance))
    if distance[edge] > limit:
        report.add(
            f"the nearest street is {distance[edge]:,.0f} m away.", allowed=f"at most {limit:g} m.", todo="give a point on the street"
        )
        return None
    return np.array([edge], np.int64)


def knows(draft: Draft, names: tuple[str, ...], report: Report) -> bool:
    """Do the streets of the city know these attributes? A fault where they do not."""
    lacking = [name for name in names if name not in draft.street_arrays()]
    if lacking:
        report.add(
            f"the streets of this city do not know: {', '.join(lacking)}.", todo="take streets from OpenStreetMap, or leave the change out"
        )
    return not lacking


def set_attributes(draft: Draft, edges: NDArray[np.int64], values: Mapping[str, Any]) -> int:
    """Give streets other attributes where the city knows them; how many streets differ afterwards."""
    arrays = {name: np.asarray(array) for name, array in draft.street_arrays().items()}
    differ = np.zeros(len(edges), bool)
    for name, value in values.items():
        if name in arrays:
            new = arrays[name].copy()
            new[edges] = value
            differ |= ~(
                (arrays[name][edges] == new[edges]) | (np.isnan(arrays[name][edges].astype(float)) & np.isnan(new[edges].astype(float)))
            )
            arrays[name] = new
    if differ.any():
        draft.streets = arrays
    return int(differ.sum())
