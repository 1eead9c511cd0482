"""Ways through stations: from entrances to platforms and between platforms, along the pathways of the timetable."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from parkcity.standards.loader import parameter
from parkcity.travel.transit_legs import Legs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parkcity.twin.timetable import Timetable

PLATFORM, ENTRANCE = 0, 2
"""GTFS, stops.txt, location_type."""
STEPS = (2, 4)
"""GTFS, pathways.txt, pathway_mode: stairs and escalators, which a wheelchair cannot take."""
_EARTH_RADIUS = 6_371_008.8


def pathway_seconds(timetable: Timetable) -> NDArray[np.float64]:
    """Seconds along every pathway, float64 [pathways]: as stated, else its length, else the distance of its ends, at walking speed."""
    speed = parameter("transit_parameters", "transit.pathway_speed").number
    a, b = timetable.pathway_from, timetable.pathway_to
    phi = np.radians((timetable.stop_lat[a], timetable.stop_lat[b]))
    lam = np.radians((timetable.stop_lon[a], timetable.stop_lon[b]))
    apart = _EARTH_RADIUS * np.hypot(phi[1] - phi[0], (lam[1] - lam[0]) * np.cos(phi.mean(axis=0)))
    length = np.where(timetable.pathway_length >= 0, timetable.pathway_length, apart)
    return np.where(timetable.pathway_seconds >= 0, timetable.pathway_seconds, length / speed)


def inside(timetable: Timetable, *, step_free: bool = False, closed: NDArray[np.int64] | None = None) -> Legs:
    """The shortest ways along pathways from entrances and platforms to entrances and platforms of the same station, rows and targets stops.

    `step_free`: without stairs and escalators; `closed`: stops (rows) that nobody passes.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import dijkstra

    stops = len(timetable.stop_id)
    keep = ~np.isin(timetable.pathway_mode, STEPS) if step_free else np.ones(len(timetable.pathway_mode), bool)
    if closed is not None and len(closed):
        keep &= ~np.isin(timetable.pathway_from, closed) & ~np.isin(timetable.pathway_to, closed)
    both = keep & timetable.pathway_both_ways
    row = np.concatenate([timetable.pathway_from[keep], timetable.pathway_to[both]])
    target = np.concatenate([timetable.pathway_to[keep], timetable.pathway_from[both]])
    seconds = pathway_seconds(timetable)
    cost = np.concatenate([seconds[keep], seconds[both]])
    if not len(row):
        return Legs.none(stops, stops)
    # Of pathways between the same two ends the shortest counts; a sparse matrix would add them up. Zero would mean "no edge" there.
    shortest = Legs.build(stops, stops, row, target, np.zeros(len(row)))
    best = np.full(len(shortest.target), np.inf)
    place = np.searchsorted(shortest.row * stops + shortest.target, row.astype(np.int64) * stops + target)
    np.minimum.at(best, place, np.maximum(cost, 1e-6))
    graph = coo_array((best, (shortest.row, shortest.target)), shape=(stops, stops)).tocsr()
    ends = np.flatnonzero(np.isin(timetable.stop_type, (PLATFORM, ENTRANCE)))
    ends = ends[np.isin(ends, np.union1d(row, target))]
    found = dijkstra(graph, indices=ends)[:, ends]
    a, b = np.nonzero(np.isfinite(found) & ~np.eye(len(ends), dtype=bool))
    return Legs.build(stops, stops, ends[a], ends[b], found[a, b])


def through_entrances(timetable: Timetable, legs: Legs, ways: Legs) -> Legs:
    """Access legs (to stops) with platforms reached through their entrances, where pathways lead from an entrance to them.

    `ways` as given by `inside`. Platforms without such a way keep their legs from the street; nobody ends at an entrance. For egress
    turn both arguments (`Legs.turned`).
    """
    if not len(ways.target) and (timetable.stop_type[legs.target] == PLATFORM).all():
        return legs
    is_way = (timetable.stop_type[ways.row] == ENTRANCE) & (timetable.stop_type[ways.target] == PLATFORM)
    behind = np.zeros(len(timetable.stop_id), bool)
    behind[ways.target[is_way]] = True
    plain = (timetable.stop_type[legs.target] == PLATFORM) & ~behind[legs.target]
    rows, targets, seconds = [legs.row[plain]], [legs.target[plain]], [legs.seconds[plain]]
    entrance = np.flatnonzero(timetable.stop_type[legs.target] == ENTRANCE)
    count = np.diff(ways.start)[legs.target[entrance]]
    leg = np.repeat(entrance, count)
    step = np.arange(len(leg)) - np.repeat(np.cumsum(count) - count, count) + ways.start[legs.target[leg]]
    good = timetable.stop_type[ways.target[step]] == PLATFORM
    rows.append(legs.row[leg[good]])
    targets.append(ways.target[step[good]])
    seconds.append(legs.seconds[leg[good]] + ways.seconds[step[good]])
    return Legs.build(legs.rows, legs.targets, *(np.concatenate(part) for part in (rows, targets, seconds)))
