"""What a scenario changes, as shapes to draw: points for places, lines for streets, areas where they were given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from parkcity.serve.api.desk import Desk
    from parkcity.twin.scenario import Scenario, Step, TwinUnder


def features(desk: Desk, scenario: Scenario, city: TwinUnder) -> list[dict[str, Any]]:
    """One GeoJSON feature for each change; `geometry` is null where it has no place of its own."""
    found = []
    for number, (step, effect) in enumerate(zip(scenario.steps, city.effects, strict=True), start=1):
        titles = {"title_zh": effect.text("zh"), "title_en": effect.text("en")}
        properties = {"change": step.change, "number": number, "kind": step.values.get("kind"), **titles}
        found.append({"type": "Feature", "geometry": _geometry(desk, step), "properties": properties})
    return found


def _geometry(desk: Desk, step: Step) -> dict[str, Any] | None:
    values = step.values
    if "line" in values:
        return {"type": "LineString", "coordinates": [list(point) for point in values["line"]]}
    if "stops" in values:
        return {"type": "LineString", "coordinates": [list(point) for point in values["stops"]]}
    if "polygon" in values:
        ring = [list(point) for point in values["polygon"]]
        return {"type": "Polygon", "coordinates": [ring if ring[0] == ring[-1] else [*ring, ring[0]]]}
    if "lon" in values and "lat" in values:
        return {"type": "Point", "coordinates": [values["lon"], values["lat"]]}
    if "place" in values:
        return _of_place(desk, str(values["place"]))
    if "cell" in values:
        return _of_cell(desk, str(values["cell"]))
    if "from_cell" in values:
        ends = [_of_cell(desk, str(values[name])) for name in ("from_cell", "to_cell")]
        points = [end["coordinates"] for end in ends if end is not None]
        return {"type": "LineString", "coordinates": points} if len(points) == len(ends) else None
    return None


def _of_place(desk: Desk, place: str) -> dict[str, Any] | None:
    rows = np.flatnonzero((desk.twin.places["id"] == place).to_numpy())
    if not len(rows):
        return None
    record = desk.twin.places.iloc[int(rows[0])]
    lon, lat = desk.twin.projection.inverse(np.array([float(record["x"])]), np.array([float(record["y"])]))
    return {"type": "Point", "coordinates": [round(float(lon[0]), 6), round(float(lat[0]), 6)]}


def _of_cell(desk: Desk, cell: str) -> dict[str, Any] | None:
    rows = np.flatnonzero((desk.twin.cells["id"] == cell).to_numpy())
    if not len(rows):
        return None
    record = desk.twin.cells.iloc[int(rows[0])]
    return {"type": "Point", "coordinates": [float(record["lon"]), float(record["lat"])]}
