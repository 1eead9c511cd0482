"""A mapped town: an extract drawn in metres, with a park, buildings, a pond, a locked yard, and rasters of heights and land cover.

Streets run every 200 m from 0 to 400 m. The park lies from 220 to 380 m; one path enters it on the ground from the west, one
passes over its northern edge on a bridge. The ground rises by 5 m for every 100 m to the east.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.transform import Affine

from tests.sense.osm.scene import Scene, position

SIDE = 400.0
RISE = 0.05
RESIDENTS = 1_000
PIXEL_DEG = 0.0001


def write_mapped(folder: Path, extra: str = "", cells: str = "") -> Path:
    """Write the town as a city's folder; `extra` is appended to its declaration, `cells` replaces how its cells are declared."""
    (folder / "data").mkdir(parents=True)
    drawn().write(folder / "data", "town.osm")
    _zones(folder / "data" / "zones.geojson")
    table(folder / "data" / "people.csv", ["zone", "n", "jobs"], [["town", RESIDENTS, 300]])
    raster(folder / "data" / "heights.tif", lambda x, _: 100.0 + RISE * x)
    # Trees (WorldCover 10) in the west, water (80) in the east.
    raster(folder / "data" / "cover.tif", lambda x, _: np.where(x < SIDE / 2, 10.0, 80.0))
    text = CITY_TOML.replace("@CELLS@", cells or '[cells]\ngrid = "square"\nside_m = 100.0')
    (folder / "city.toml").write_text(text + extra, encoding="utf-8")
    return folder


def table(path: Path, header: list[str], rows: list[list[Any]]) -> None:
    """Write a text table."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])


def drawn() -> Scene:
    """The extract of the town."""
    scene = Scene()
    for x in (0, 200, 400):
        for y in (0, 200, 400):
            scene.node(10_000 + x * 10 + y // 100, x, y)
    for line in (0, 200, 400):
        scene.way(1_000 + line, [10_000 + x * 10 + line // 100 for x in (0, 200, 400)], highway="residential")
        scene.way(2_000 + line, [10_000 + line * 10 + y // 100 for y in (0, 200, 400)], highway="residential")
    _square(scene, 100, 220, 220, 380, 380, leisure="park", name="Town Park")
    # A path on the ground into the park, off the street at x = 200.
    scene.node(1, 200, 300).node(2, 220, 300).node(3, 300, 300)
    scene.ways[2_200] = ([12_000, 12_002, 1, 12_004], {"highway": "residential"})
    scene.way(3_000, [1, 2, 3], highway="footway")
    # A bridge over the northern edge.
    scene.node(4, 300, 400).node(5, 300, 340)
    scene.ways[1_400] = ([10_004, 12_004, 4, 14_004], {"highway": "residential"})
    scene.way(3_001, [4, 5], highway="footway", bridge="yes", layer="1")
    scene.way(3_002, [5, 3], highway="footway")
    _square(scene, 200, 20, 20, 40, 40, building="apartments", building__levels="3")
    _square(scene, 210, 120, 20, 140, 40, building="office", height="30")
    _square(scene, 220, 20, 220, 60, 260, natural="water", name="Pond")
    _square(scene, 230, 10, 10, 190, 190, landuse="residential")
    # A yard behind a locked gate.
    scene.node(6, 100, 200).node(7, 100, 240, barrier="gate", locked="yes", access="private").node(8, 100, 300)
    scene.ways[1_200] = ([10_002, 6, 12_002, 14_002], {"highway": "residential"})
    scene.way(3_003, [6, 7], highway="service").way(3_004, [7, 8], highway="footway", foot="yes")
    # A stray path whose northern end is 20 m off the street.
    scene.node(9, 30, 300).node(11, 30, 380)
    scene.way(3_005, [9, 11], highway="footway")
    # A cycleway that walkers may not use, through the middle of the south-east block.
    scene.node(12, 250, 0).node(13, 250, 200)
    scene.way(3_006, [12, 13], highway="cycleway", foot="no")
    scene.node(14, 300, 90, amenity="school", name="North School")
    scene.node(15, 305, 95, amenity="pharmacy", name="Pharmacy")
    return scene


def _square(scene: Scene, first: int, west: float, south: float, east: float, north: float, **tags: str) -> None:
    for number, (x, y) in enumerate(((west, south), (east, south), (east, north), (west, north))):
        scene.node(50_000 + first * 10 + number, x, y)
    ring = [50_000 + first * 10 + number for number in (0, 1, 2, 3, 0)]
    scene.way(40_000 + first, ring, **tags)


def _zones(path: Path) -> None:
    ring = [list(position(x, y)) for x, y in ((0, 0), (SIDE, 0), (SIDE, SIDE), (0, SIDE), (0, 0))]
    feature = {"type": "Feature", "properties": {"id": "town"}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")


def raster(path: Path, value: Any) -> None:
    """A raster whose pixels hold a function of metres east and north of the town's corner."""
    west, south = position(-300, -300)
    east, north = position(SIDE + 300, SIDE + 300)
    columns, rows = round((east - west) / PIXEL_DEG), round((north - south) / PIXEL_DEG)
    zero, one = position(0, 0), position(1, 1)
    x = (west + (np.arange(columns) + 0.5) * PIXEL_DEG - zero[0]) / (one[0] - zero[0])
    y = (north - (np.arange(rows) + 0.5) * PIXEL_DEG - zero[1]) / (one[1] - zero[1])
    cells = np.broadcast_to(np.asarray(value(x[None, :], y[:, None]), np.float64), (rows, columns))
    options = {"driver": "GTiff", "height": rows, "width": columns, "count": 1, "dtype": "float64", "crs": "EPSG:4326"}
    with rasterio.open(path, "w", **options, transform=Affine(PIXEL_DEG, 0, west, 0, -PIXEL_DEG, north)) as file:
        file.write(cells, 1)


def source(name: str, layer: str, reader: str, path: str, options: str = "") -> str:
    """A declared source."""
    text = f'\n[[sources]]\nid = "{name}"\nlayer = "{layer}"\nreader = "{reader}"\npath = "{path}"\ndate = "2024-01"\n'
    return text + f'licence = "CC0"\nattribution = "drawn in code"\ndatum = "WGS84"\noptions = {{ {options} }}\n'


CITY_TOML = (
    """\
[city]
id = "mapped"
name_zh = "小镇"
name_en = "Mapped town"

[area]
tier = "town"

@CELLS@

[[tiers]]
id = "town"
name_zh = "镇"
name_en = "Town"
source = "zones"
key = "id"

[people]
source = "people"
night = "n"
key = "zone"
tier = "town"
spread = "buildings"

[jobs]
source = "people"
column = "jobs"
key = "zone"
tier = "town"
spread = "buildings"
"""
    + source("zones", "zones", "vector_zones", "data/zones.geojson")
    + source("people", "zone_table", "csv_zone_table", "data/people.csv", 'key = "zone"')
    + source("osm", "openstreetmap", "osm_pbf", "data/town.osm", 'modes = ["walk", "bike"]')
    + source("heights", "elevation", "raster_heights", "data/heights.tif")
    + source("cover", "land_cover", "raster_cover", "data/cover.tif", 'scheme = "worldcover"')
)
