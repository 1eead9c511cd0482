"""What the changes of places share: a new place as the build would make it, and finding the place that a change names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from parkcity.base.geo import WGS84, frame
from parkcity.sense.kinds import kind
from parkcity.twin.changes._draft import SOURCE
from parkcity.twin.places import build_places

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from parkcity.twin.changes._draft import Draft
    from parkcity.twin.changes._fields import Report


def shape_of(values: Mapping[str, Any], report: Report) -> BaseGeometry | None:
    """The point or polygon (WGS 84) that a change gives, or None with a fault."""
    import shapely

    if "polygon" not in values:
        return shapely.Point(values["lon"], values["lat"])
    polygon = shapely.Polygon(values["polygon"])
    if not polygon.is_valid or polygon.area == 0:
        report.add("'polygon' crosses itself or has no area.", allowed="a ring of points that does not cross itself.")
        return None
    return polygon


def made_place(
    draft: Draft, values: Mapping[str, Any], shape: BaseGeometry, report: Report
) -> tuple[gpd.GeoDataFrame, pd.DataFrame, dict[str, NDArray[Any]], float] | None:
    """A place with its doors, where they meet the streets and how far these are; None, with a fault, if it meets none."""
    columns = {
        "id": [values["id"]],
        "kind": [values["kind"]],
        "name": [values.get("name", "")],
        "address": [""],
        "area_m2": [float(values.get("area_m2", "nan"))],
        "capacity": [float(values.get("capacity", "nan"))],
    }
    twin = draft.twin
    made = build_places({SOURCE: frame(columns, [shape], WGS84)}, twin.zones, twin.projection)
    place, doors = made.places, made.doors
    found, distance = draft.meet_streets(doors)
    limit = draft.ground.rule.limit
    if not len(found["owner"]):
        report.add(
            f"the place is {distance:,.0f} m from the nearest street and would be reached by nobody.",
            allowed=f"at most {limit:,.0f} m.",
            todo="check its position, or add a street that leads there before it",
        )
        return None
    return place, doors, found, distance


def named_place(draft: Draft, values: Mapping[str, Any], report: Report) -> int | None:
    """The row of the place that the change names, or None with a fault that lists the nearest ids."""
    import difflib

    row = draft.place_row(values["place"])
    if row is None:
        near = difflib.get_close_matches(values["place"], draft.places["id"].tolist(), n=3)
        report.add(f"there is no place '{values['place']}'.", allowed=f"an id such as {', '.join(near or draft.places['id'][:3])}.")
    return row


def spoken(draft: Draft, row: int) -> dict[str, object]:
    """Kind and name of a place for a sentence in either language."""
    place = draft.places.iloc[row]
    known = kind(str(place["kind"]))
    return {"kind": {"zh": known.zh, "en": known.en}, "name": place["name"] or place["id"]}
