"""Stops and stations: how many lie near, how often something leaves, which stations buses feed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.insight.inputs import PROVIDERS, Inputs, Provider, profile_of
from parkcity.insight.transit import LAYERS, CityTransit, limit_of
from parkcity.insight.transit_inputs import BUS, RAIL, WALKED, assumed_lines, chosen_stops, lacking_mode, metres_to, served_by

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parkcity.twin.timetable import Timetable
    from parkcity.twin.twin import Twin

    Floats = NDArray[np.float64]

FED, STATIONS = "fed_stations", "rail_stations"
HOURS = 30
"""Hours of the service day that are counted: past midnight up to 6 in the morning."""
_S_PER_H, _S_PER_MIN = 3600, 60.0
_ENTRANCE = 2


def stops_within(inputs: Inputs, metres: float) -> Floats:
    """How many stops at which anything calls lie within a walk of every cell, float64 [cells]; 0 off the streets."""
    transit = CityTransit(inputs)

    def make() -> dict[str, NDArray[Any]]:
        from parkcity.travel import within

        table = transit.timetable
        called = np.zeros(len(table.stop_id), bool)
        called[table.call_stop] = True
        doors = chosen_stops(transit.stops(), called)
        found = within(inputs.network, inputs.origins(), doors, [metres], unit="m", threads=inputs.threads)
        return {"count": np.maximum(found.counts[0], 0).astype(np.float64)}

    count: Floats = inputs.kept("stops_within", LAYERS, {"metres": metres, "profile": profile_of(inputs.group)}, make)["count"]
    return count


def departures_within(inputs: Inputs) -> Floats:
    """Departures in an hour of the day at all stops within the walk to a frequent stop, float64 [cells]; 0 off the streets."""
    transit = CityTransit(inputs)
    first, last = (int(limit_of(name)) for name in ("day_start", "day_end"))

    def make() -> dict[str, NDArray[Any]]:
        from parkcity.travel import within

        often = transit.departures_per_stop(first, last).astype(np.float64)
        doors = chosen_stops(transit.stops(), often > 0)
        weights, limit = often[often > 0] * _S_PER_H / (last - first), limit_of("near_frequent")
        found = within(inputs.network, inputs.origins(), doors, [limit], weights, unit="m", counts=False, threads=inputs.threads)
        return {"sum": np.nan_to_num(found.sums[0])}

    args = {"date": transit.date.isoformat(), "profile": profile_of(inputs.group)}
    departures: Floats = inputs.kept("departures_within", LAYERS, args, make)["sum"]
    return departures


def served_stop_m(inputs: Inputs, below_min: float) -> Floats:
    """Walking metres to the nearest stop at which something leaves more often than every so many minutes by day, float64 [cells]."""
    transit = CityTransit(inputs)
    first, last = (int(limit_of(name)) for name in ("day_start", "day_end"))
    often = transit.departures_per_stop(first, last) * below_min * _S_PER_MIN > last - first
    return metres_to(inputs, "served_stop", {"date": transit.date.isoformat(), "below": below_min}, often)


def stop_or_none_m(inputs: Inputs, mode: str) -> Floats:
    """Walking metres to the nearest stop of a mode, float64 [cells]; infinite also where the city has no such line."""
    return metres_to(inputs, "transit_stop", {"mode": mode}, served_by(CityTransit(inputs).timetable, mode))


def by_hour(transit: CityTransit) -> NDArray[np.int64]:
    """Departures that one can get on at every stop in every hour of the service day, int64 [stops, HOURS]."""
    return np.stack([transit.departures_per_stop(hour * _S_PER_H, (hour + 1) * _S_PER_H) for hour in range(HOURS)], axis=1)


def stations(timetable: Timetable) -> NDArray[np.int64]:
    """The station that each stop at which trains call belongs to (its parent, or itself), -1 for other stops, int64 [stops]."""
    here = np.arange(len(timetable.stop_id))
    whole = np.where(timetable.stop_parent >= 0, timetable.stop_parent, here)
    return np.where(served_by(timetable, RAIL), whole, -1)


def _fed(inputs: Inputs) -> dict[str, NDArray[Any]]:
    """Of every rail station: its cell (-1 outside), and straight metres from an entrance, or its platforms, to the nearest bus stop."""
    transit = CityTransit(inputs)

    def make() -> dict[str, NDArray[Any]]:
        from scipy.spatial import cKDTree

        from parkcity.insight.location import cell_of_metric_points

        table = transit.timetable
        x, y = inputs.twin.projection.forward(table.stop_lon, table.stop_lat)
        station, buses = stations(table), served_by(table, BUS)
        names = np.unique(station[station >= 0])
        ways_in = {int(name): np.flatnonzero((table.stop_type == _ENTRANCE) & (table.stop_parent == name)) for name in names}
        points = [ways_in[int(name)] if len(ways_in[int(name)]) else np.flatnonzero(station == name) for name in names]
        tree = cKDTree(np.column_stack([x[buses], y[buses]]))
        far = [float(np.min(tree.query(np.column_stack([x[rows], y[rows]]))[0])) for rows in points]
        return {"cell": cell_of_metric_points(inputs.twin, x[names], y[names]), "metres": np.array(far)}

    return inputs.kept("fed_stations", ("cells", "timetable"), {}, make)


def rail_stations(inputs: Inputs) -> Floats:
    """Rail stations in every cell, float64 [cells]."""
    return fed_stations(inputs, np.inf)


def fed_stations(inputs: Inputs, metres: float) -> Floats:
    """Rail stations in every cell with a bus stop so near to an entrance in a straight line, float64 [cells]."""
    found = _fed(inputs)
    kept = (found["cell"] >= 0) & (found["metres"] <= metres)
    return np.bincount(found["cell"][kept], minlength=len(inputs.twin.cells)).astype(np.float64)


def _lacking_either(twin: Twin, **_args: Any) -> list[str]:
    return [*lacking_mode(twin, BUS), *lacking_mode(twin, RAIL)]


PROVIDERS["stop_or_none_m"] = Provider(stop_or_none_m, WALKED, walks=True, assumed_lines=assumed_lines)
for _name, _give in (("stops_within", stops_within), ("departures_within", departures_within), ("served_stop_m", served_stop_m)):
    PROVIDERS[_name] = Provider(_give, WALKED, walks=True, assumed_lines=assumed_lines)
PROVIDERS[STATIONS] = Provider(rail_stations, ("cells", "timetable"), lacking=_lacking_either, assumed_lines=assumed_lines)
PROVIDERS[FED] = Provider(fed_stations, ("cells", "timetable"), lacking=_lacking_either, assumed_lines=assumed_lines)
