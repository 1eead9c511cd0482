"""Places, buildings, land use, water, green, roads for drawing and routes: tables from a scan."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.base.geo import WGS84, frame
from parkcity.sense.kinds import kinds
from parkcity.sense.osm.attributes import length_m, road_class
from parkcity.sense.osm.metric import areas
from parkcity.sense.osm.tags import Classifier, Tags, table
from parkcity.sense.point_buildings import assumed_ground, beside_drawn, squares

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from parkcity.sense.osm.scan import Areas, Lines, Points, Scan

_RAILS = frozenset({"rail", "subway", "light_rail", "tram", "monorail", "narrow_gauge", "funicular"})
_NOT_BUILDINGS = frozenset({"no", "demolished", "collapsed", "razed", "proposed"})


@cache
def kind_rules() -> Classifier:
    """Which kind of place an object is, by the table of kinds."""
    return Classifier((kind.id, kind.osm) for kind in kinds().values() if kind.osm)


@cache
def area_rules(layer: str) -> Classifier:
    """Which class of a layer (`water`, `green`, `landuse`) an area or line is."""
    return Classifier((row["class"], row["osm"]) for row in table("areas") if row["layer"] == layer)


@dataclass(frozen=True)
class Found:
    """Places as found, before duplicates are merged, and how many objects were of no kind that anybody asked for."""

    table: gpd.GeoDataFrame
    other: int


def places(scan: Scan, wanted: frozenset[str]) -> Found:
    """Nodes and polygons that are a place of a wanted kind (all kinds when the set is empty).

    Columns `id` ('node/1', 'way/1', 'relation/1'), `kind`, `name`, `name_en`, `address`, `area_m2` (not a number for
    points), `capacity` (not a number where unknown), geometry in WGS 84.
    """
    import shapely

    rules = kind_rules()
    point_kind = [rules.find(tags) for tags in scan.points.tags]
    area_kind = [rules.find(tags) for tags in scan.areas.tags]
    good = [kind != "" and (not wanted or kind in wanted) for kind in point_kind]
    at = np.nonzero(np.array(good, bool))[0]
    on = np.nonzero(np.array([kind != "" and (not wanted or kind in wanted) for kind in area_kind], bool))[0]
    tags = [scan.points.tags[row] for row in at] + [scan.areas.tags[row] for row in on]
    shapes = np.concatenate([shapely.points(scan.points.lon[at], scan.points.lat[at]), simplest(scan.areas.shape[on])])
    columns: dict[str, Any] = {
        "id": [f"node/{scan.points.node[row]}" for row in at] + [scan.areas.name[row] for row in on],
        "kind": [point_kind[row] for row in at] + [area_kind[row] for row in on],
        "name": [name_of(item) for item in tags],
        "name_en": [item.get("name:en", "") for item in tags],
        "address": [address_of(item) for item in tags],
        "area_m2": np.concatenate([np.full(len(at), np.nan), areas(scan.areas.shape[on])]),
        "capacity": [_count(item.get("capacity") or item.get("beds")) for item in tags],
    }
    other = sum(kind == "" for kind in point_kind) + sum(kind == "" for kind in area_kind)
    return Found(frame(columns, shapes, WGS84), other)


def name_of(tags: Tags) -> str:
    """The name as it stands on the ground; failing that in Chinese, failing that the operator's reference."""
    return tags.get("name") or tags.get("name:zh") or tags.get("official_name") or ""


def address_of(tags: Tags) -> str:
    """The address in one line."""
    if "addr:full" in tags:
        return tags["addr:full"]
    street, number = tags.get("addr:street", ""), tags.get("addr:housenumber", "")
    return f"{street} {number}".strip()


def _count(text: str | None) -> float:
    return float(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 8 else np.nan


def simplest(shapes: NDArray[Any]) -> NDArray[Any]:
    """Multipolygons of one part as polygons."""
    import shapely

    single = shapely.get_num_geometries(shapes) == 1
    out = shapes.copy()
    out[single] = shapely.get_geometry(shapes[single], 0)
    return out


def buildings(found: Areas, points: Points) -> tuple[gpd.GeoDataFrame, list[tuple[str, str]]]:
    """Buildings: `id`, `use` (the tag's value), `height` m, `levels` (not a number where unknown), `area_m2`, `flats`, `ground`, polygons.

    `ground` is 'drawn', or 'assumed' for a building that the map marks by a node alone; nodes within a drawn building are told and
    left out.
    """
    rows = [row for row, tags in enumerate(found.tags) if tags.get("building", "no") not in _NOT_BUILDINGS]
    tags = [found.tags[row] for row in rows]
    shapes = simplest(found.shape[rows])
    size = areas(found.shape[rows]) if rows else np.zeros(0)
    nodes = np.array([row for row, item in enumerate(points.tags) if item.get("building", "no") not in _NOT_BUILDINGS], np.int64)
    free = beside_drawn(points.lon[nodes], points.lat[nodes], shapes)
    same = [(f"node/{points.node[row]}", "it lies in a building that is drawn") for row in nodes[~free].tolist()]
    nodes = nodes[free]
    marked = [points.tags[row] for row in nodes.tolist()]
    assumed = assumed_ground([item["building"] for item in marked], [item["building"] for item in tags], size)
    shapes = np.concatenate([shapes, squares(points.lon[nodes], points.lat[nodes], assumed)])
    tags = [*tags, *marked]
    columns: dict[str, Any] = {
        "id": [*(found.name[row] for row in rows), *(f"node/{points.node[row]}" for row in nodes.tolist())],
        "use": [item["building"] for item in tags],
        "height": np.array([length_m(item.get("height")) for item in tags], float),
        "levels": np.array([_levels(item.get("building:levels")) for item in tags], float),
        "flats": np.array([_count(item.get("building:flats")) for item in tags], float),
        "area_m2": np.concatenate([size, assumed]),
        "ground": np.repeat(np.array(["drawn", "assumed"], object), (len(rows), len(nodes))),
    }
    return frame(columns, shapes, WGS84), same


def _levels(text: str | None) -> float:
    try:
        value = float(text.replace(",", ".")) if text else np.nan
    except ValueError:
        return np.nan
    return value if 0 < value <= 200 else np.nan


def surface_layer(scan: Scan, layer: str) -> gpd.GeoDataFrame:
    """The polygons (and for water the lines) of a layer: `id`, `class`, `name`, `area_m2`, geometry."""
    import shapely

    rules = area_rules(layer)
    classes = [rules.find(tags) for tags in scan.areas.tags]
    rows = [row for row, name in enumerate(classes) if name]
    tags = [scan.areas.tags[row] for row in rows]
    ids = [scan.areas.name[row] for row in rows]
    names = [classes[row] for row in rows]
    shapes = simplest(scan.areas.shape[rows])
    size = areas(scan.areas.shape[rows]) if rows else np.zeros(0)
    if layer == "water":
        lines = [row for row, item in enumerate(scan.lines.tags) if "waterway" in item and rules.find(item)]
        taken = set(ids)
        lines = [row for row in lines if f"way/{scan.lines.way[row]}" not in taken]
        tags += [scan.lines.tags[row] for row in lines]
        ids += [f"way/{scan.lines.way[row]}" for row in lines]
        names += [rules.find(scan.lines.tags[row]) for row in lines]
        shapes = np.concatenate([shapes, line_shapes(scan.lines, np.array(lines, np.int64))])
        size = np.concatenate([size, np.full(len(lines), np.nan)])
    shapes = np.where(shapely.is_valid(shapes), shapes, shapely.make_valid(shapes)) if len(shapes) else shapes
    return frame({"id": ids, "class": names, "name": [name_of(item) for item in tags], "area_m2": size}, shapes, WGS84)


def line_shapes(lines: Lines, rows: NDArray[np.int64]) -> NDArray[Any]:
    """Ways as lines (WGS 84)."""
    import shapely

    if not len(rows):
        return np.zeros(0, object)
    some = lines.take(rows)
    owner = np.repeat(np.arange(len(some)), np.diff(some.start))
    return np.asarray(shapely.linestrings(np.column_stack([some.lon, some.lat]), indices=owner))


def roads(lines: Lines) -> gpd.GeoDataFrame:
    """All roads for drawing: `id`, `class`, `rank` (1 the greatest), `name`, `bridge`, `tunnel`, lines."""
    rank = {row["id"]: int(row["rank"]) for row in table("classes")}
    classes = [road_class(tags) for tags in lines.tags]
    rows = np.array([row for row, name in enumerate(classes) if name], np.int64)
    tags = [lines.tags[row] for row in rows]
    columns: dict[str, Any] = {
        "id": [f"way/{way}" for way in lines.way[rows]],
        "class": [classes[row] for row in rows],
        "rank": np.array([rank[classes[row]] for row in rows], np.int16),
        "name": [name_of(item) for item in tags],
        "bridge": np.array([item.get("bridge", "no") != "no" for item in tags], bool),
        "tunnel": np.array([item.get("tunnel", "no") != "no" for item in tags], bool),
    }
    return frame(columns, line_shapes(lines, rows), WGS84)


def rails(lines: Lines) -> gpd.GeoDataFrame:
    """Railways for drawing: `id`, `class` (rail, subway, light_rail, tram, …), `name`, `tunnel`, lines."""
    rows = np.array([row for row, tags in enumerate(lines.tags) if tags.get("railway") in _RAILS], np.int64)
    tags = [lines.tags[row] for row in rows]
    columns: dict[str, Any] = {
        "id": [f"way/{way}" for way in lines.way[rows]],
        "class": [item["railway"] for item in tags],
        "name": [name_of(item) for item in tags],
        "tunnel": np.array([item.get("tunnel", "no") != "no" for item in tags], bool),
    }
    return frame(columns, line_shapes(lines, rows), WGS84)


def entrances(points: Points) -> gpd.GeoDataFrame:
    """Doors on the ground: entrances of buildings and of stations, gates: `id`, `what`, `wheelchair`, `name`, points."""
    import shapely

    what = [_entrance(tags) for tags in points.tags]
    rows = np.array([row for row, name in enumerate(what) if name], np.int64)
    columns = {
        "id": [f"node/{node}" for node in points.node[rows]],
        "what": [what[row] for row in rows],
        "name": [name_of(points.tags[row]) or points.tags[row].get("ref", "") for row in rows],
        "wheelchair": [points.tags[row].get("wheelchair", "") for row in rows],
        "access": [_access(points.tags[row]) for row in rows],
    }
    shapes = np.asarray(shapely.points(points.lon[rows], points.lat[rows]), object).reshape(len(rows))
    return frame(columns, shapes, WGS84)


def _access(tags: Tags) -> str:
    """What an entrance says of walkers; a locked one says so."""
    return "locked" if tags.get("locked") == "yes" else tags.get("foot", tags.get("access", ""))


def _entrance(tags: Tags) -> str:
    if tags.get("railway") in {"subway_entrance", "train_station_entrance"}:
        return "station"
    if tags.get("entrance", "no") != "no":
        return "entrance"
    if tags.get("barrier") in {"gate", "entrance", "kissing_gate", "sliding_gate", "swing_gate", "lift_gate", "turnstile"}:
        return "gate"
    return ""
