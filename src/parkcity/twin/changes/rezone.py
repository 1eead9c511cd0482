"""Rezone: give land another use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from parkcity.base.geo import WGS84, frame, shapes_to_metric, shapes_to_wgs84
from parkcity.twin.changes._fields import CHANGES, ChangeKind, Effect, Field, Report
from parkcity.twin.changes._places import shape_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from parkcity.twin.changes._draft import Draft


def rezone(draft: Draft, values: Mapping[str, Any], report: Report) -> Effect | None:
    """The land inside a polygon has another use; what was there keeps its use outside of it."""
    import shapely

    twin = draft.twin
    if not twin.has("land_use"):
        report.add("this city has no land use.", todo="take it from OpenStreetMap or a source of its own, or take the change out")
        return None
    shape = shape_of(values, report)
    if shape is None:
        return None
    table = draft.layer_shapes("land_use", "landuse")
    metric = shapes_to_metric(table.geometry.to_numpy(), WGS84, twin.projection)
    land = shapes_to_metric(np.array([shape], dtype=object), WGS84, twin.projection)[0]
    hit = np.flatnonzero(shapely.intersects(metric, land))
    inside = shapely.area(shapely.intersection(metric[hit], land))
    other = (table["class"].to_numpy(object)[hit] != values["use"]) & (inside > 0)
    covered = float(shapely.area(shapely.union_all(shapely.intersection(metric[hit[~other]], land)))) if (~other).any() else 0.0
    if covered >= land.area * (1 - 1e-6):
        report.add("the change would do nothing: the land has that use already.", todo="give another use, or take the change out")
        return None
    left = shapely.difference(metric[hit], land)
    kept = table.copy()
    kept.loc[kept.index[hit], "geometry"] = shapes_to_wgs84(left, twin.projection)
    kept.loc[kept.index[hit], "area_m2"] = shapely.area(left)
    gone = hit[shapely.is_empty(left) | (shapely.area(left) < 1.0)]
    kept = kept.drop(index=kept.index[gone])
    columns: dict[str, Any] = {name: [None] for name in table.columns if name != "geometry"}
    columns |= {"id": [f"rezone-{report.row}"], "class": [values["use"]], "area_m2": [float(land.area)]}
    columns |= {"name": [values.get("name", "")]} if "name" in columns else {}
    columns |= {"source": ["scenario"]} if "source" in columns else {}
    new = frame(columns, [shape], WGS84)
    draft.set_layer_shapes("land_use", "landuse", pd.concat([kept, new], ignore_index=True))
    told = {"hectares": f"{land.area / 1e4:,.2f}", "use": values["use"], "count": f"{int(other.sum()):,}"}
    return Effect("rezone", told, {"land_use": int(other.sum()) + 1})


CHANGES.add(
    ChangeKind(
        "rezone",
        "\u8c03\u6574\u7528\u5730",
        "Rezone land",
        (Field("polygon", "points", required=True, least_points=3), Field("use", required=True), Field("name")),
        rezone,
    )
)
