"""A tiny town drawn in code: a street grid on flat ground whose every distance can be worked out by hand.

Streets run every 100 m from 0 to 1,000 m east and north of a corner near Chengdu (UTM 48N 410,000 east, 3,390,000 north).
Cells are 100 m squares whose centres lie 50 m from the nearest streets. Districts: west of 500 m and east of it.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from parkcity.base.geo import Projection

PROJECTION = Projection(32648)
EAST, NORTH = 410_000.0, 3_390_000.0
SIDE, STEP = 1_000, 100
PEOPLE = 40
AGE_SHARES = {"west": (0.20, 0.60, 0.20), "east": (0.10, 0.65, 0.25)}


def lonlat(x: float, y: float) -> tuple[float, float]:
    """Longitude and latitude of a point of the town, given in its own metres."""
    lon, lat = PROJECTION.inverse(np.array([EAST + x]), np.array([NORTH + y]))
    return float(lon[0]), float(lat[0])


@dataclass
class Town:
    """What to write; tests change it before writing."""

    places: list[tuple[str, str, float, float, float]] = field(
        default_factory=lambda: [
            ("school-1", "primary", 200.0, 200.0, 9_000.0),
            ("school-2", "primary", 800.0, 800.0, 9_000.0),
            ("park-1", "park", 500.0, 500.0, 60_000.0),
            ("park-2", "park", 100.0, 900.0, 4_500.0),
        ]
    )
    people: dict[str, int] = field(default_factory=dict)
    toml_extra: str = ""
    street_shift: float = 0.0
    # A rectangle (west, south, east, north) inside which no street is drawn; its edge is.
    without_streets: tuple[float, float, float, float] | None = None


def write_town(folder: Path, town: Town | None = None) -> Path:
    """Write the town as a city's folder and give the folder back."""
    drawn = town or Town()
    (folder / "data" / "streets").mkdir(parents=True)
    _write_streets(folder / "data" / "streets", drawn.street_shift, drawn.without_streets)
    _write_districts(folder / "data" / "districts.geojson")
    _write_cells(folder / "data" / "cells.csv", drawn)
    _write_csv(folder / "data" / "ages.csv", ["code", "young", "middle", "old"], [[name, *shares] for name, shares in AGE_SHARES.items()])
    rows: list[list[Any]] = [[name, kind, *lonlat(x, y), area] for name, kind, x, y, area in drawn.places]
    _write_csv(folder / "data" / "places.csv", ["id", "kind", "lon", "lat", "area"], rows)
    (folder / "city.toml").write_text(CITY_TOML + drawn.toml_extra, encoding="utf-8")
    return folder


def _write_csv(path: Path, header: list[str], rows: list[list[Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _write_streets(folder: Path, shift: float, hole: tuple[float, float, float, float] | None) -> None:
    corners = range(0, SIDE + 1, STEP)
    nodes: list[list[Any]] = [[f"{x}/{y}", *lonlat(x + shift, y + shift)] for x in corners for y in corners]
    edges: list[list[Any]] = []
    for x in corners:
        for y in corners:
            if x < SIDE:
                edges.append([f"{x}/{y}", f"{x + STEP}/{y}", STEP])
            if y < SIDE:
                edges.append([f"{x}/{y}", f"{x}/{y + STEP}", STEP])
    if hole is not None:
        west, south, east, north = hole
        middles = {(u, v): [(int(a) + int(b)) / 2 for a, b in zip(u.split("/"), v.split("/"), strict=True)] for u, v, _ in edges}
        inside = {ends for ends, (x, y) in middles.items() if west < x < east and south < y < north}
        edges = [edge for edge in edges if (edge[0], edge[1]) not in inside]
        used = {name for edge in edges for name in edge[:2]}
        nodes = [node for node in nodes if node[0] in used]
    _write_csv(folder / "nodes.csv", ["node", "lon", "lat"], nodes)
    _write_csv(folder / "edges.csv", ["u", "v", "length_m"], edges)


def _write_districts(path: Path) -> None:
    def square(west: float, east: float) -> list[list[list[float]]]:
        return [[list(lonlat(x, y)) for x, y in ((west, 0), (east, 0), (east, SIDE), (west, SIDE), (west, 0))]]

    features = [
        {"type": "Feature", "properties": {"code": name}, "geometry": {"type": "Polygon", "coordinates": square(*ends)}}
        for name, ends in (("west", (0, 500)), ("east", (500, SIDE)))
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")


def cell_id(x: float, y: float) -> str:
    """The id of the cell whose centre is at x, y."""
    return f"c{x:.0f}-{y:.0f}"


def _write_cells(path: Path, town: Town) -> None:
    centres = range(STEP // 2, SIDE, STEP)
    rows: list[list[Any]] = []
    for x in centres:
        for y in centres:
            name = cell_id(x, y)
            people = town.people.get(name, PEOPLE)
            rows.append([name, *lonlat(x, y), STEP * STEP, people, people // 2])
    _write_csv(path, ["id", "lon", "lat", "area_m2", "night", "day"], rows)


CITY_TOML = """\
[city]
id = "town"
name_zh = "小镇"
name_en = "Town"
crs = "EPSG:32648"

[area]
tier = "district"

[[tiers]]
id = "district"
name_zh = "区"
name_en = "District"
source = "districts"
key = "code"

[people]
source = "cells"
night = "night"
day = "day"
age_source = "ages"
age_key = "code"
age_tier = "district"

[people.age_bands]
"0-14" = "young"
"15-59" = "middle"
"60+" = "old"

[[sources]]
id = "districts"
layer = "zones"
reader = "vector_zones"
path = "data/districts.geojson"
date = "2024-01"
licence = "CC0"
attribution = "drawn in code"
datum = "WGS84"

[[sources]]
id = "ages"
layer = "zone_table"
reader = "csv_zone_table"
path = "data/ages.csv"
date = "2024-01"
licence = "CC0"
attribution = "drawn in code"
datum = "WGS84"
options = { key = "code" }

[[sources]]
id = "cells"
layer = "cells"
reader = "cell_centres"
path = "data/cells.csv"
date = "2024-01"
licence = "CC0"
attribution = "drawn in code"
datum = "WGS84"
options = { counts = ["night", "day"], shape = "square", side_m = 100.0, lattice_crs = "EPSG:32648" }

[[sources]]
id = "streets"
layer = "streets"
reader = "edge_list"
path = "data/streets"
date = "2024-01"
licence = "CC0"
attribution = "drawn in code"
datum = "WGS84"

[[sources]]
id = "places"
layer = "places"
reader = "csv_places"
path = "data/places.csv"
date = "2024-01"
licence = "CC0"
attribution = "drawn in code"
datum = "WGS84"
options = { id = "id", category = "kind", area_m2 = "area", kinds = { primary = "primary_school", park = "park" } }
"""
