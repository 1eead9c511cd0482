"""A new entrance of a station or stop: a second way from the street to its platforms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.sense.assumed import distance
from parkcity.standards import parameter
from parkcity.twin.changes._fields import CHANGES, LAT, LON, ChangeKind, Effect, Field, Report
from parkcity.twin.changes._timetable import append_stops, put, stops_of, timetable_of
from parkcity.twin.timetable_grow import with_pathways, with_stops

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from parkcity.twin.changes._draft import Draft
    from parkcity.twin.timetable import Timetable

_ENTRANCE = 2
"""GTFS, stops.txt, location_type."""


def new_entrance(draft: Draft, values: Mapping[str, Any], report: Report) -> Effect | None:
    """From a point one walks straight to every platform of a station, both ways; who came in before still does, as fast as before."""
    timetable = timetable_of(draft, report)
    rows = None if timetable is None else stops_of(timetable, str(values["stop"]), report)
    if timetable is None or rows is None or not len(rows):
        return None
    platforms = rows[np.isin(rows, timetable.call_stop)]
    if not len(platforms):
        report.add(f"nothing stops at '{values['stop']}'.", allowed="a stop or station that is served.")
        return None
    here = np.array([float(values["lon"]), float(values["lat"])])
    metres = np.array([_metres(timetable, row, here) for row in platforms.tolist()])
    most = parameter("transit_parameters", "transit.station_radius").number
    if metres.max() > most:
        report.add(f"the point is {metres.max():,.0f} m from a platform.", allowed=f"a point at most {most:,.0f} m from each.")
        return None
    # Each platform has an entrance of its own, so that no way leads through it from one platform to another: changes stay as they are.
    # A platform that was reached from the street right away gets one where it stands, at no distance.
    old = platforms[~_behind_entrances(timetable, platforms)]
    goal = np.concatenate([platforms, old])
    points = np.concatenate([np.tile(here, (len(platforms), 1)), np.column_stack([timetable.stop_lon[old], timetable.stop_lat[old]])])
    if not append_stops(draft, points, report, like=np.concatenate([np.full(len(platforms), -1), old])):
        return None
    first = len(timetable.stop_id)
    name = f"{values['stop']} + {report.row}"
    ids = [f"scenario/{name}/{number + 1}" for number in range(len(goal))]
    longer = with_stops(timetable, ids, [name] * len(goal), points[:, 0], points[:, 1], type=_ENTRANCE, parent=timetable.stop_parent[goal])
    length = np.concatenate([metres, np.zeros(len(old))])
    put(draft, with_pathways(longer, first + np.arange(len(goal)), goal, length))
    slots = {"name": values["stop"], "platforms": f"{len(platforms):,}"}
    return Effect("new_entrance", slots, {"timetable": len(platforms)})


def _metres(timetable: Timetable, row: int, here: NDArray[np.float64]) -> float:
    lon, lat = timetable.stop_lon[row], timetable.stop_lat[row]
    return float(distance(np.array([here[0], lon]), np.array([here[1], lat]))[0])


def _behind_entrances(timetable: Timetable, platforms: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which platforms some way from an entrance leads to, along pathways of either sense."""
    reached = np.flatnonzero(timetable.stop_type == _ENTRANCE)
    both = timetable.pathway_both_ways
    while True:
        on = timetable.pathway_to[np.isin(timetable.pathway_from, reached)]
        back = timetable.pathway_from[both & np.isin(timetable.pathway_to, reached)]
        more = np.union1d(reached, np.concatenate([on, back]))
        if len(more) == len(reached):
            return np.isin(platforms, reached)
        reached = more


CHANGES.add(
    ChangeKind(
        "new_entrance",
        "新增车站出入口",
        "A new entrance",
        (Field("stop", required=True), LON, LAT),
        new_entrance,
        either=(("lon", "lat"),),
    )
)
