"""The inputs of indicators of public transport: stops near, how often something leaves there, and whom one reaches in time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.insight.inputs import PROVIDERS, Inputs, Provider, profile_of
from parkcity.insight.transit import LAYERS, CityTransit, limit_of
from parkcity.insight.transit_rides import ACCESS_MIN, reached

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parkcity.travel import Attach
    from parkcity.twin.timetable import Timetable
    from parkcity.twin.twin import Twin

    Floats = NDArray[np.float64]

BUS, RAIL = "bus", "rail"
ROUTE_TYPES = {BUS: (3, 11), RAIL: (0, 1, 2, 5, 6, 7, 12)}
"""GTFS, routes.txt, route_type: what counts as a bus, and what runs on rails or ropes."""


def served_by(timetable: Timetable, mode: str) -> NDArray[np.bool_]:
    """Which stops a mode calls at, bool [stops]."""
    kind = timetable.route_type[timetable.pattern_route]
    call = np.repeat(np.isin(kind, ROUTE_TYPES[mode]), np.diff(timetable.pattern_calls))
    served = np.zeros(len(timetable.stop_id), bool)
    served[timetable.call_stop[call]] = True
    return served


def lacking_mode(twin: Twin, mode: str) -> list[str]:
    """What a city lacks for a mode: nothing where any of its lines is of that mode."""
    types = np.unique(np.asarray(twin.layer("timetable").array("route_type")))
    return [] if np.isin(types, ROUTE_TYPES[mode]).any() else [f"timetable:{mode}"]


def assumed_lines(inputs: Inputs, mode: str | None = None, **_args: Any) -> tuple[int, int]:
    """How many lines (of a mode) have no published timetable but a headway and a speed, and how many lines there are."""
    layer = inputs.twin.layer("timetable")
    kind, assumed = (np.asarray(layer.array(name)) for name in ("route_type", "route_assumed"))
    chosen = np.ones(len(kind), bool) if mode is None else np.isin(kind, ROUTE_TYPES[mode])
    return int((assumed.astype(bool) & chosen).sum()), int(chosen.sum())


def chosen_stops(every: Attach, stops: NDArray[np.bool_]) -> Attach:
    """Some of the stops where they meet the streets, numbered anew."""
    from parkcity.travel import Attach

    number = np.cumsum(stops) - 1
    keep = stops[every.owner]
    return Attach(number[every.owner[keep]].astype(np.int32), every.edge[keep], every.offset[keep], every.distance[keep], int(stops.sum()))


def metres_to(inputs: Inputs, name: str, args: dict[str, Any], stops: NDArray[np.bool_]) -> Floats:
    """Walking metres from every cell to the nearest of some stops; infinite where no street leads to one, NaN off the streets."""

    def make() -> dict[str, NDArray[Any]]:
        from parkcity.travel import State, nearest

        value = np.full(len(inputs.twin.cells), np.inf)
        if stops.any():
            found = nearest(
                inputs.network, inputs.origins(), chosen_stops(CityTransit(inputs).stops(), stops), unit="m", threads=inputs.threads
            )
            value = found.values[0].astype(np.float64)
            value[found.states[0] == State.UNREACHABLE] = np.inf
        return {"value": value}

    return inputs.kept(name, LAYERS, {**args, "profile": profile_of(inputs.group)}, make)["value"]


def transit_stop_m(inputs: Inputs, mode: str) -> Floats:
    """Walking metres from every cell to the nearest stop of a mode, float64 [cells]."""
    return metres_to(inputs, "transit_stop", {"mode": mode}, served_by(CityTransit(inputs).timetable, mode))


def frequent_stop_m(inputs: Inputs) -> Floats:
    """Walking metres to the nearest stop at which something leaves so often on average through the day, float64 [cells]."""
    city = CityTransit(inputs)
    first, last = (int(limit_of(name)) for name in ("day_start", "day_end"))
    least = (last - first) / limit_of("frequent")
    return metres_to(inputs, "frequent_stop", {"date": city.date.isoformat()}, city.departures_per_stop(first, last) >= least)


def people_by_transit(inputs: Inputs, minutes: float) -> Floats:
    """Residents of all ages reached by transit within some minutes, float64 [cells]."""
    return np.asarray(reached(inputs, "people", all_people)[ACCESS_MIN.index(int(minutes))])


def jobs_by_transit(inputs: Inputs, minutes: float) -> Floats:
    """Jobs reached by transit within some minutes, float64 [cells]."""
    return np.asarray(reached(inputs, "jobs", all_jobs)[ACCESS_MIN.index(int(minutes))])


def all_jobs(inputs: Inputs) -> Floats:
    """Jobs in every cell, float64 [cells]."""
    return np.asarray(inputs.twin.layer("jobs").array("jobs"), np.float64)


def all_people(inputs: Inputs) -> Floats:
    """Residents of all ages in every cell, float64 [cells]."""
    return inputs.residents_of("all")


WALKED = ("cells", "people", "streets", "attachments", "timetable")
PROVIDERS["transit_stop_m"] = Provider(transit_stop_m, WALKED, walks=True, lacking=lacking_mode, assumed_lines=assumed_lines)
PROVIDERS["frequent_stop_m"] = Provider(frequent_stop_m, WALKED, walks=True, assumed_lines=assumed_lines)
PROVIDERS["people_by_transit"] = Provider(people_by_transit, WALKED, walks=True, by_group=True, assumed_lines=assumed_lines)
PROVIDERS["jobs_by_transit"] = Provider(jobs_by_transit, (*WALKED, "jobs"), walks=True, by_group=True, assumed_lines=assumed_lines)
PROVIDERS["all_people"] = Provider(all_people, ("cells", "people"))
PROVIDERS["all_jobs"] = Provider(all_jobs, ("cells", "jobs"))
