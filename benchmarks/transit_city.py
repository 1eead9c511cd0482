"""Porto Alegre as the question of a transit matrix: hexagons, walks through the streets of the extract, two feeds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from parkcity.base.geo import Projection
from parkcity.sense.gtfs.feed import read_feed
from parkcity.sense.osm.extract import ExtractOptions, read_streets
from parkcity.travel.network import Network
from parkcity.travel.profiles import Profile
from parkcity.travel.reach import reach_pairs
from parkcity.travel.streets import Attach, Streets
from parkcity.travel.transit import TransitSetting
from parkcity.travel.transit_day import transit_day
from parkcity.travel.transit_legs import Legs, transfers
from parkcity.twin.attach import AttachRule, StreetIndex, attach
from parkcity.twin.streets import build_streets
from parkcity.twin.timetable_build import build_timetable

if TYPE_CHECKING:
    import numpy as np

    from parkcity.twin.timetable import Timetable

DATA = Path(__file__).resolve().parent / "transit_data"
FEEDS = ("poa_eptc", "poa_trensurb")
DAY = date(2019, 5, 13)
WALK_M_S = 1.0  # 3.6 km/h


@dataclass(frozen=True)
class City:
    """The parts of a transit question."""

    timetable: Timetable
    setting: TransitSetting
    lon: np.ndarray[Any, np.dtype[np.float64]]
    lat: np.ndarray[Any, np.dtype[np.float64]]


def timetable() -> Timetable:
    return build_timetable([(name, read_feed(DATA / f"{name}.zip")) for name in FEEDS])


def porto_alegre(*, walk_m_s: float, access: float, change: float, direct: float, rides: int, limit: int) -> City:
    """All hexagons to all; `access`, `change` and `direct` are the longest walks in seconds."""
    cells = pd.read_csv(DATA / "poa_hexgrid.csv")
    table = timetable()
    lon, lat = cells["lon"].to_numpy(float), cells["lat"].to_numpy(float)
    projection = Projection.choose(float(lon.mean()), float(lat.mean()))
    arrays, _, _ = build_streets(read_streets(DATA / "poa_osm.pbf", ExtractOptions()), projection)
    streets = Streets(arrays["node_x"], arrays["node_y"], arrays["edge_u"], arrays["edge_v"], arrays["edge_length"])
    index, rule = StreetIndex.of(arrays), AttachRule.of({})
    network = Network.build(streets, Profile("walker", walk_m_s))

    def on_streets(x: np.ndarray[Any, Any], y: np.ndarray[Any, Any]) -> Attach:
        east, north = projection.forward(x, y)
        found, _ = attach(index, east, north, rule)
        return Attach(found["owner"], found["edge"], found["offset"], found["distance"], len(x))

    homes, halts = on_streets(lon, lat), on_streets(table.stop_lon, table.stop_lat)
    stops = len(table.stop_id)
    to_stop = Legs.of_pairs(reach_pairs(network, homes, halts, access), stops)
    from_stop = Legs.of_pairs(reach_pairs(network, halts, homes, access), len(lon))
    between = Legs.of_pairs(reach_pairs(network, halts, halts, change), stops)
    afoot = Legs.of_pairs(reach_pairs(network, homes, homes, direct), len(lon))
    day = transit_day(table, DAY)
    setting = TransitSetting(day, to_stop, from_stop, transfers(table, between, change=0), afoot, rides, limit)
    return City(table, setting, lon, lat)
