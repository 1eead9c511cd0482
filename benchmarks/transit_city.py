"""Porto Alegre as the question of a transit matrix: hexagons, walks through the streets of the extract, two feeds."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from parkcity.base.geo import Projection
from parkcity.sense.gtfs.feed import read_feed
from parkcity.sense.osm.extract import ExtractOptions, read_streets
from parkcity.travel.network import Network
from parkcity.travel.profiles import Profile
from parkcity.travel.reach import reach_pairs
from parkcity.travel.streets import Attach, Streets
from parkcity.travel.transit_day import transit_day
from parkcity.travel.transit_legs import Legs, transfers
from parkcity.travel.transit_setting import TransitSetting
from parkcity.twin.attach import AttachRule, StreetIndex, attach
from parkcity.twin.streets import build_streets
from parkcity.twin.timetable_build import build_timetable

if TYPE_CHECKING:
    from parkcity.twin.timetable import Timetable

    Floats = np.ndarray[Any, np.dtype[np.float64]]

DATA = Path(__file__).resolve().parent / "transit_data"
FEEDS = ("poa_eptc", "poa_trensurb")
DAY = date(2019, 5, 13)
WALK_M_S = 1.0  # 3.6 km/h


@dataclass(frozen=True)
class City:
    """The parts of a transit question."""

    timetable: Timetable
    setting: TransitSetting
    lon: Floats
    lat: Floats


def timetable() -> Timetable:
    return build_timetable([(name, read_feed(DATA / f"{name}.zip")) for name in FEEDS])


def filled_feeds(folder: Path) -> list[str]:
    """The feeds unpacked, blank times filled as the product fills them, for engines that need every time. Gives their folders."""
    made = []
    for name in FEEDS:
        home = folder / name
        with zipfile.ZipFile(DATA / f"{name}.zip") as archive:
            archive.extractall(home)
        feed = read_feed(DATA / f"{name}.zip")
        calls = feed.calls
        times = [
            [f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}" for s in column.tolist()] for column in (calls.arrival, calls.departure)
        ]
        table = pd.DataFrame(
            {"trip_id": feed.trips["id"].to_numpy(object)[calls.trip], "arrival_time": times[0], "departure_time": times[1]}
        )
        table = table.assign(stop_id=feed.stops["id"].to_numpy(object)[calls.stop], stop_sequence=np.arange(len(calls.trip)))
        table.to_csv(home / "stop_times.txt", index=False)
        made.append(str(home))
    return made


def porto_alegre(
    *,
    walk_m_s: float,
    access: float,
    change: float,
    direct: float,
    rides: int,
    limit: int,
    nodes: bool = False,
    points: tuple[Floats, Floats] | None = None,
) -> City:
    """All hexagons, or `points` (longitudes, latitudes), to all; `access`, `change` and `direct` are the longest walks in seconds.

    `nodes`: hexagons and stops stand on the nearest node of the streets, hexagons paying the way to it and stops not, as ferrobus has
    it; else on the nearest streets, both paying, as the twin has it.
    """
    table = timetable()
    if points is None:
        cells = pd.read_csv(DATA / "poa_hexgrid.csv")
        points = cells["lon"].to_numpy(float), cells["lat"].to_numpy(float)
    lon, lat = points
    projection = Projection.choose(float(lon.mean()), float(lat.mean()))
    arrays, _, _ = build_streets(read_streets(DATA / "poa_osm.pbf", ExtractOptions()), projection)
    streets = Streets(arrays["node_x"], arrays["node_y"], arrays["edge_u"], arrays["edge_v"], arrays["edge_length"])
    index, rule = StreetIndex.of(arrays), AttachRule.of({})
    network = Network.build(streets, Profile("walker", walk_m_s))

    def on_streets(x: Floats, y: Floats, *, free: bool) -> Attach:
        east, north = projection.forward(x, y)
        if nodes:
            return _on_nodes(streets, east, north, rule.limit, free=free)
        found, _ = attach(index, east, north, rule)
        return Attach(found["owner"], found["edge"], found["offset"], found["distance"], len(x))

    homes, halts = on_streets(lon, lat, free=False), on_streets(table.stop_lon, table.stop_lat, free=True)
    stops = len(table.stop_id)
    to_stop = Legs.of_pairs(reach_pairs(network, homes, halts, access), stops)
    from_stop = Legs.of_pairs(reach_pairs(network, halts, homes, access), len(lon))
    between = Legs.of_pairs(reach_pairs(network, halts, halts, change), stops)
    afoot = Legs.of_pairs(reach_pairs(network, homes, homes, direct), len(lon))
    day = transit_day(table, DAY)
    setting = TransitSetting(day, to_stop, from_stop, transfers(table, between, change=0), afoot, rides, limit)
    return City(table, setting, lon, lat)


def _on_nodes(streets: Streets, x: Floats, y: Floats, limit: float, *, free: bool) -> Attach:
    from scipy.spatial import cKDTree

    used = np.unique(np.concatenate([streets.edge_u, streets.edge_v]))
    found = cKDTree(np.column_stack([streets.node_x[used], streets.node_y[used]])).query(np.column_stack([x, y]))
    far, place = np.asarray(found[0], np.float64), np.asarray(found[1], np.int64)
    first, last = (np.full(streets.nodes, -1) for _ in range(2))
    first[streets.edge_u], last[streets.edge_v] = np.arange(streets.edges), np.arange(streets.edges)
    owner = np.flatnonzero(far <= limit)
    node = used[place[owner]]
    edge = np.where(first[node] >= 0, first[node], last[node])
    offset = np.where(first[node] >= 0, 0.0, streets.edge_length[edge])
    distance = np.zeros(len(owner)) if free else far[owner]
    return Attach(owner.astype(np.int32), edge.astype(np.int32), offset, distance, len(x))
