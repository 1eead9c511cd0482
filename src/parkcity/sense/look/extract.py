"""A look at an OpenStreetMap extract: extent, date, the city's name, and the administrative boundaries that are whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.errors import Fault, InputError
from parkcity.base.geo import WGS84, frame
from parkcity.sense.look.finding import Look, date_in_name
from parkcity.sense.osm.routes import TRANSIT

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

    from parkcity.sense.look.finding import Box

_TOWNS = {"city": 2, "town": 1}
# Some ways are there only because a relation needs them.
_STRAY_PERCENT = 0.5


def look_extract(path: Path) -> Look:
    """Look at an extract. Facts: `towns`, a list of (rank, population, tags), the largest first; `admin`, the boundaries; `routes`, how
    many routes of public transport it holds.

    `admin` has columns `id, level, name` and geometry (WGS 84). Boundaries of which the file lacks a part are left out.
    """
    import osmium

    try:
        header = osmium.io.Reader(str(path)).header()
        towns, admin = _boundaries(path)
        box = _box(path, header)
        routes = _routes(path)
    except (osmium.InvalidLocationError, RuntimeError, ValueError, OSError) as error:
        raise InputError(Fault(str(path), f"this is not a readable OpenStreetMap file ({error}).", todo="fetch it again")) from None
    date = header.get("osmosis_replication_timestamp")[:10] or date_in_name(path) or _latest_edit(path)
    return Look(path, "osm", box=box, datum="WGS84", date=date, rows=len(admin), facts={"towns": towns, "admin": admin, "routes": routes})


def _boundaries(path: Path) -> tuple[list[tuple[int, int, dict[str, str]]], gpd.GeoDataFrame]:
    import osmium
    import shapely

    wanted = osmium.FileProcessor(str(path)).with_areas(osmium.filter.TagFilter(("boundary", "administrative")))
    factory = osmium.geom.WKBFactory()
    towns: list[tuple[int, int, dict[str, str]]] = []
    rows: list[tuple[str, int, str, Any]] = []
    for item in wanted.with_filter(osmium.filter.KeyFilter("boundary", "place")):
        if not isinstance(item, osmium.osm.Node | osmium.osm.Area):
            continue
        tags = dict(item.tags)
        if isinstance(item, osmium.osm.Node) and tags.get("place") in _TOWNS:
            people = tags.get("population", "").replace(",", "").replace(" ", "")
            towns.append((_TOWNS[tags["place"]], int(people) if people.isdecimal() else 0, tags))
        elif isinstance(item, osmium.osm.Area) and tags.get("boundary") == "administrative" and tags.get("admin_level", "").isdecimal():
            name = tags.get("name") or tags.get("name:en") or f"{item.orig_id()}"
            shape = shapely.from_wkb(factory.create_multipolygon(item))
            rows.append((f"{'way' if item.from_way() else 'relation'}/{item.orig_id()}", int(tags["admin_level"]), name, shape))
    towns.sort(key=lambda town: (-town[0], -town[1], town[2].get("name", "")))
    columns = {name: [row[place] for row in rows] for place, name in enumerate(("id", "level", "name"))}
    table = frame(columns, np.array([row[3] for row in rows], object), WGS84)
    return towns, table if table.empty else table.dissolve(["level", "name"], as_index=False)[["id", "level", "name", "geometry"]]


def _routes(path: Path) -> int:
    import osmium

    relations = osmium.FileProcessor(str(path), osmium.osm.RELATION).with_filter(osmium.filter.KeyFilter("route"))
    return sum(isinstance(item, osmium.osm.Relation) and item.tags.get("route") in TRANSIT for item in relations)


def _box(path: Path, header: Any) -> Box:
    import osmium

    stated = header.box()
    if stated.valid():
        low, high = stated.bottom_left, stated.top_right
        return low.lon, low.lat, high.lon, high.lat
    # Whole ways overhang the window that an extract was cut to, but each has some point in it: no way begins beyond the far side.
    streets = osmium.FileProcessor(str(path)).with_locations().with_filter(osmium.filter.EntityFilter(osmium.osm.WAY))
    ends = []
    for way in streets.with_filter(osmium.filter.KeyFilter("highway")):
        spots = [node.location for node in way.nodes if node.location.valid()] if isinstance(way, osmium.osm.Way) else []
        if spots:
            lon, lat = [spot.lon for spot in spots], [spot.lat for spot in spots]
            ends.append((max(lon), max(lat), min(lon), min(lat)))
    if not ends:
        raise InputError(Fault(str(path), "the extract holds no streets.", "a file with highway=*."))
    low, high = np.percentile(ends, (_STRAY_PERCENT, 100 - _STRAY_PERCENT), axis=0)
    return float(low[0]), float(low[1]), float(high[2]), float(high[3])


def _latest_edit(path: Path) -> str:
    """The day of the latest edit of a way, or an empty text where the file has no times."""
    import osmium

    ways = osmium.FileProcessor(str(path), osmium.osm.WAY)
    latest = max((way.timestamp for way in ways if isinstance(way, osmium.osm.Way)), default=None)
    return "" if latest is None or latest.year < 2004 else latest.date().isoformat()
