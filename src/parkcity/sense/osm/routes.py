"""Public-transport routes as OpenStreetMap tells them: their course, and their stops in order."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from parkcity.base.geo import WGS84, frame
from parkcity.sense.osm.places import line_shapes, name_of

if TYPE_CHECKING:
    import geopandas as gpd

    from parkcity.sense.osm.scan import Lines, Points, Route

TRANSIT = ("subway", "light_rail", "monorail", "tram", "train", "bus", "trolleybus", "share_taxi", "ferry", "funicular", "aerialway")
_SIGNED = frozenset({"foot", "walking", "hiking", "bicycle", "mtb"})
_GREENWAY = re.compile(r"绿道|greenway|v[ií]a verde|voie verte", re.IGNORECASE)
_STOP_ROLES = ("stop", "stop_exit_only", "stop_entry_only", "platform", "platform_exit_only", "platform_entry_only", "")


def transit_routes(routes: list[Route], lines: Lines) -> tuple[gpd.GeoDataFrame, list[tuple[str, str]]]:
    """Routes with their course, and those of which the file has no stretch.

    Columns `id`, `mode`, `ref`, `name`, `network`, `operator`, `colour`, `from`, `to`, `headway` (minutes as tagged, else
    not a number), `missing` (member ways that the file lacks), geometry multilines (WGS 84).
    """
    import shapely

    row_of: dict[int, list[int]] = {}
    for row, way in enumerate(lines.way.tolist()):
        row_of.setdefault(way, []).append(row)
    rows: list[dict[str, Any]] = []
    shapes: list[Any] = []
    refused: list[tuple[str, str]] = []
    for route in routes:
        mode = route.tags.get("route", "")
        if mode not in TRANSIT:
            continue
        ways = [ref for kind, ref, role in route.members if kind == "w" and not role.startswith(("platform", "stop"))]
        held = [row for ref in ways for row in row_of.get(ref, ())]
        missing = sum(ref not in row_of for ref in ways)
        if not held:
            refused.append((f"relation/{route.relation}", "no way of the route is in the file"))
            continue
        shapes.append(shapely.multilinestrings(line_shapes(lines, np.array(held, np.int64))))
        rows.append({"id": f"relation/{route.relation}", "mode": mode, **_route_texts(route), "missing": missing})
    columns = ["id", "mode", "ref", "name", "network", "operator", "colour", "from", "to", "headway_min", "missing"]
    table = pd.DataFrame(rows, columns=columns)
    return frame({name: table[name] for name in columns}, np.array(shapes, object), WGS84), refused


def greenways(routes: list[Route], lines: Lines) -> gpd.GeoDataFrame:
    """Greenways: ways that say so by name, and signed walking and cycling routes: `id`, `what` ('name', 'route'), `name`, lines."""
    import shapely

    row_of: dict[int, list[int]] = {}
    for row, way in enumerate(lines.way.tolist()):
        row_of.setdefault(way, []).append(row)
    named = [row for row, tags in enumerate(lines.tags) if "highway" in tags and _GREENWAY.search(tags.get("name", ""))]
    rows = [(f"way/{lines.way[row]}", "name", name_of(lines.tags[row])) for row in named]
    shapes: list[Any] = list(line_shapes(lines, np.array(named, np.int64)))
    for route in routes:
        held = [row for kind, ref, _ in route.members if kind == "w" for row in row_of.get(ref, ())]
        if route.tags.get("route") in _SIGNED and held:
            rows.append((f"relation/{route.relation}", "route", name_of(route.tags)))
            shapes.append(shapely.multilinestrings(line_shapes(lines, np.array(held, np.int64))))
    table = pd.DataFrame(rows, columns=["id", "what", "name"])
    return frame({name: table[name] for name in table.columns}, np.array(shapes, object), WGS84)


def _route_texts(route: Route) -> dict[str, Any]:
    keys = ("ref", "network", "operator", "colour", "from", "to")
    return {**{key: route.tags.get(key, "") for key in keys}, "name": name_of(route.tags), "headway_min": tagged_minutes(route.tags)}


def tagged_minutes(tags: Any) -> float:
    """The interval between departures in minutes: `interval` or `headway` as minutes or as h:mm[:ss]."""
    text = tags.get("interval") or tags.get("headway") or ""
    parts = text.split(":")
    if not all(part.isascii() and part.isdigit() and len(part) < 4 for part in parts):
        return np.nan
    numbers = [int(part) for part in parts]
    if len(numbers) == 1:
        return float(numbers[0])
    return numbers[0] * 60.0 + numbers[1] + (numbers[2] / 60.0 if len(numbers) > 2 else 0.0)


def transit_stops(routes: list[Route], points: Points, lines: Lines) -> pd.DataFrame:
    """Stops of every route in order: `route, seq, id, name, lon, lat`; a platform stands in only where no stop point is given."""
    row_of = {node: row for row, node in enumerate(points.node.tolist())}
    way_of = {way: row for row, way in enumerate(lines.way.tolist())}
    rows = []
    for route in routes:
        if route.tags.get("route", "") not in TRANSIT:
            continue
        stops = [item for item in route.members if item[0] == "n" and item[1] in row_of and item[2] in _STOP_ROLES]
        points_given = [item for item in stops if not item[2].startswith("platform")]
        platforms = [item for item in route.members if item[2].startswith("platform") and item[1] in (row_of if item[0] == "n" else way_of)]
        for seq, (kind, ref, _) in enumerate(points_given or platforms):
            rows.append((f"relation/{route.relation}", seq, *_stop(kind, ref, row_of, way_of, points, lines)))
    table = pd.DataFrame(rows, columns=["route", "seq", "id", "name", "lon", "lat"])
    return table.astype({"seq": "int32", "lon": float, "lat": float})


def _stop(kind: str, ref: int, row_of: dict[int, int], way_of: dict[int, int], points: Points, lines: Lines) -> tuple[Any, ...]:
    if kind == "n":
        row = row_of[ref]
        return f"node/{ref}", name_of(points.tags[row]), points.lon[row], points.lat[row]
    row = way_of[ref]
    part = slice(lines.start[row], lines.start[row + 1])
    return f"way/{ref}", name_of(lines.tags[row]), float(lines.lon[part].mean()), float(lines.lat[part].mean())
