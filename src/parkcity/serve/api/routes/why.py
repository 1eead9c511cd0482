"""Why: a cell taken apart, one number taken apart, the way to a place, and what a pin reaches."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from fastapi import APIRouter, Path, Query

from parkcity.base.errors import UsageError
from parkcity.serve.accounts.rights import CELL_TIER
from parkcity.serve.api.context import READ, Answer, City, Group, Language, ScenarioHash, TheHouse, Who, may_see
from parkcity.serve.api.problems import ApiError
from parkcity.serve.api.reach import areas, ways
from parkcity.serve.api.schemas import Document
from parkcity.serve.api.store import under
from parkcity.serve.api.why import cell_story

router = APIRouter(prefix="/api/v1/cities/{city}", tags=["why"], dependencies=[READ])
Lon = Annotated[float, Query(ge=-180, le=180, description="Degrees east", examples=[104.07])]
Lat = Annotated[float, Query(ge=-85, le=85, description="Degrees north", examples=[30.66])]
Cell = Annotated[str, Path(description="Id of a cell", examples=["C1024"], max_length=200)]
_MOST_TIMES, _MOST_MINUTES = 6, 90.0


@router.get("/cells/at", response_model=Document)
def cell_at(desk: City, identity: Who, lon: Lon, lat: Lat) -> Any:
    """The cell at a point; 404 outside the study area."""
    import shapely

    may_see(identity, CELL_TIER)
    rows = np.sort(desk.twin.cells.sindex.query(shapely.Point(lon, lat), predicate="intersects"))
    if not len(rows):
        raise ApiError(404, "no cell lies at this point")
    cell = desk.twin.cells.iloc[int(rows[0])]
    return Answer({"row": int(rows[0]), "id": str(cell["id"]), "lon": cell["lon"], "lat": cell["lat"]})


def _known(desk: City, cell: str) -> None:
    if not (desk.twin.cells["id"] == cell).any():
        some = ", ".join(desk.twin.cells["id"].astype(str).iloc[:3])
        raise ApiError(404, f"there is no cell '{cell}'", allowed=f"ids look like {some}.")


@router.get("/cells/{cell}", response_model=Document)
def cell_of(
    desk: City, house: TheHouse, identity: Who, lang: Language, cell: Cell, group: Group = "all", scenario: ScenarioHash = None
) -> Any:
    """Every need of a cell, the norms that are not met, and the need that decides."""
    may_see(identity, CELL_TIER)
    _known(desk, cell)
    return Answer(cell_story(desk, cell, group, under(house, desk, scenario), lang))


@router.get("/cells/{cell}/explain", response_model=Document)
def explain_one(
    desk: City,
    house: TheHouse,
    identity: Who,
    lang: Language,
    cell: Cell,
    indicator: Annotated[str, Query(examples=["life_circle.index"], max_length=200)],
    group: Group = "all",
    scenario: ScenarioHash = None,
) -> Any:
    """One number of a cell: formula, inputs, parameters, clause, ways, layers, flags, grade."""
    from parkcity.insight.explain import explain
    from parkcity.serve.report.explanation import explanation_text

    may_see(identity, CELL_TIER)
    _known(desk, cell)
    found = explain(desk.measured(indicator, group, under(house, desk, scenario)), cell)
    return Answer({**found.as_dict(), "text": explanation_text(found, lang).split("\n")})


@router.get("/cells/{cell}/route", response_model=Document)
def route_to(
    desk: City,
    house: TheHouse,
    identity: Who,
    cell: Cell,
    need: Annotated[str, Query(examples=["primary_school"], max_length=100)],
    group: Group = "all",
    scenario: ScenarioHash = None,
) -> Any:
    """The way from a cell to its nearest place of a need, as a GeoJSON feature."""
    from parkcity.insight.explain import cell_row, way_to
    from parkcity.serve.api.measures import check_need

    may_see(identity, CELL_TIER)
    _known(desk, cell)
    check_need(desk, need)
    way = way_to(desk.inputs(group, under(house, desk, scenario)), need, cell_row(desk.twin, cell))
    geometry = {"type": "LineString", "coordinates": [list(point) for point in way.line]} if len(way.line) > 1 else None
    properties = {"need": need, "place": way.place_id, "name": way.place_name, "minutes": way.minutes, "metres": way.length_m}
    return Answer({"type": "Feature", "geometry": geometry, "properties": {**properties, "state": way.state}})


@router.get("/reach", response_model=Document)
def reach_from(
    desk: City,
    house: TheHouse,
    lon: Lon,
    lat: Lat,
    minutes: Annotated[str, Query(description="Times joined by commas", examples=["5,10,15"], max_length=60)] = "5,10,15",
    group: Group = "all",
    mode: Annotated[Literal["walk", "bicycle", "car"], Query(description="How people go")] = "walk",
    scenario: ScenarioHash = None,
) -> Any:
    """What a pin reaches on foot, by bicycle or by car within some times, as GeoJSON, the longest first."""
    times = _times(minutes)
    inputs = desk.inputs(group, under(house, desk, scenario))
    features = areas(inputs, ways(inputs, desk, mode, lon, lat), times)
    return Answer({"type": "FeatureCollection", "mode": mode, "group": group, "features": features})


def _times(text: str) -> list[float]:
    try:
        times = [float(part) for part in text.split(",")]
    except ValueError:
        times = []
    if not times or len(times) > _MOST_TIMES or not all(0 < time <= _MOST_MINUTES for time in times):
        msg = f"minutes are '{text}'; allowed: up to {_MOST_TIMES} numbers above 0 and up to {_MOST_MINUTES:g}, joined by commas"
        raise UsageError(msg)
    return times
