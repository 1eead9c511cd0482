"""Tiers: from the zones given, else from the boundaries in the extract, else drawn round the cells."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from parkcity.base.errors import Fault, InputError
from parkcity.base.words import Words
from parkcity.sense.look.columns import named, unique
from parkcity.serve.draft.draft import Draft, Entry, Remark, slug

if TYPE_CHECKING:
    import geopandas as gpd

    from parkcity.sense.look.finding import Box, Look
    from parkcity.serve.draft.seen import Seen

# Zones beyond this number are blocks, not a tier that a report can list.
MOST_ZONES = 2_000
_FILLER = frozenset({"boundaries", "boundary", "zones", "zone", "areas", "area", "polygons", "limits", "generalised", "excerpt"})
_COVERS, _WHOLE = 0.9, 0.99


def tiers_of_zones(draft: Draft, seen: Seen, cells: Look | None) -> None:
    """A tier for every file of zones, the coarsest first; files of points or lines among them are told and left out."""
    useful = {entry.path for entry in seen.of("zones", geometry="polygons")}
    for entry in seen.of("zones"):
        if entry.path not in useful:
            draft.doubt("doubt.not_zones", file=entry.path.name)
    tiers: list[tuple[str, Look]] = []
    polygons = sorted(seen.of("zones", geometry="polygons"), key=lambda entry: entry.rows)
    for entry in polygons:
        if entry.rows > MOST_ZONES:
            if entry is not cells:
                draft.doubt("doubt.many_zones", file=entry.path.name, rows=f"{entry.rows:,}", most=f"{MOST_ZONES:,}")
            continue
        key, name = _key(entry), _name(entry)
        source = draft.add(entry, "zones", "zones", "vector_zones")
        source.found.append(Remark("found.zones", {"rows": f"{entry.rows:,}", "datum": source.datum, "columns": ", ".join(entry.columns)}))
        source.found += [Remark("found.raw", {"text": text}) for text in entry.facts["remarks"]]
        _tier(draft, slug(entry.layer or entry.path.name, without=_FILLER) or "zone", source.id, key, name)
        tiers.append((draft.tiers[-1]["id"], entry))
    draft.area_tier = _area_tier(tiers)


def _area_tier(tiers: list[tuple[str, Look]]) -> str:
    """The coarsest tier with several zones that cover the coarsest one, so that zones can be compared; else the coarsest."""
    if not tiers:
        return ""
    whole = shapely.union_all(tiers[0][1].shapes.geometry.to_numpy())
    for tier, entry in tiers:
        if entry.rows > 1 and shapely.intersection(shapely.union_all(entry.shapes.geometry.to_numpy()), whole).area > _WHOLE * whole.area:
            return tier
    return tiers[0][0]


def _tier(draft: Draft, tier: str, source: str, key: str, name: str) -> None:
    words = Words.load("parkcity.serve.draft")
    known = {entry["id"] for entry in draft.tiers} | {"city"}
    tier = tier if tier[:1].isalpha() else f"t_{tier}"
    while tier in known:
        tier += "_zone"
    table_key = f"tier.{tier}"
    zh, en = (words.get(table_key, "zh"), words.get(table_key, "en")) if words.has(table_key) else (tier.replace("_", " "),) * 2
    entry = {"id": tier, "name_zh": zh, "name_en": en.capitalize(), "source": source, "key": key}
    draft.tiers.append(entry | ({"name": name} if name and name != key else {}))
    draft.area_tier = draft.area_tier or tier


def _key(entry: Look) -> str:
    assert entry.table is not None
    texts = entry.table
    candidates = [*named(entry.columns, "id"), *named(entry.columns, "name"), *entry.columns]
    for name in dict.fromkeys(candidates):
        if unique(texts[name]) and texts[name].dtype.kind != "f":
            return name
    for name in dict.fromkeys(candidates):
        if unique(texts[name]):
            return name
    todo = "add an attribute with an id of its own for every zone"
    raise InputError(Fault(str(entry.path), "no attribute tells the zones apart.", f"one of {', '.join(entry.columns)} unique.", todo))


def _name(entry: Look) -> str:
    assert entry.table is not None
    for name in named(entry.columns, "name"):
        if entry.rows == 1 or entry.table[name].nunique() > entry.rows / 2:
            return name
    return ""


def tiers_of_extract(draft: Draft, seen: Seen, spots: np.ndarray[Any, Any]) -> bool:
    """Tiers from administrative boundaries that the extract holds whole and that hold nearly all residents; False where there are none.

    `spots` [n, 3] are longitude, latitude and residents of the cells. The boundaries are written to a file of their own.
    """
    for extract in seen.of("osm"):
        admin: gpd.GeoDataFrame = extract.facts["admin"]
        levels = [level for level in sorted(set(admin["level"])) if _held(admin[admin["level"] == level], spots) >= _COVERS]
        if len(levels) > 1 and len(admin[admin["level"] == levels[0]]) == 1 and len(admin[admin["level"] == levels[1]]) > 1:
            # One zone that holds all others is the city itself.
            levels = levels[1:]
        for level in levels:
            zones = admin[admin["level"] == level]
            path = f"data/zones/osm_level_{level}.geojson"
            draft.made[path] = _geojson(zones[["id", "name", "geometry"]])
            source = Entry(draft.free_id(f"osm_level_{level}"), "zones", "vector_zones", path, None, extract.date, "ODbL 1.0", OSM_NAME)
            source.found.append(Remark("found.admin", {"rows": len(zones), "level": level, "names": ", ".join(zones["name"][:6])}))
            draft.entries.append(source)
            _tier(draft, f"level_{level}", source.id, "id", "name")
        if levels:
            draft.doubt("doubt.admin", levels=", ".join(map(str, levels)))
            return True
    return False


OSM_NAME = "OpenStreetMap contributors"


def _held(zones: gpd.GeoDataFrame, spots: np.ndarray[Any, Any]) -> float:
    """Share of residents that live in zones."""
    whole = shapely.union_all(zones.geometry.to_numpy())
    shapely.prepare(whole)
    inside = shapely.contains_xy(whole, spots[:, 0], spots[:, 1])
    return float(spots[inside, 2].sum() / max(spots[:, 2].sum(), 1e-9))


def drawn_area(draft: Draft, cells: gpd.GeoDataFrame, residents: np.ndarray[Any, Any], window: Box | None, date: str) -> None:
    """A study area drawn round the cells, those alone whose centre lies in the window of the streets where there is one."""
    keep = np.ones(len(cells), bool)
    if window is not None:
        west, south, east, north = window
        lon, lat = cells["centre_lon"].to_numpy(float), cells["centre_lat"].to_numpy(float)
        keep = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
        if not keep.any():
            raise InputError(
                Fault("--people", "none of the cells lies where the streets are.", "files of one area.", "check the datum and the files")
            )
        shapes = cells.geometry.to_numpy()
        # Where all others lie within a cell's width, the build takes the source as made for this area and keeps it whole.
        near = shapely.distance(shapely.union_all(shapes[keep]), shapes[~keep]) <= np.sqrt(shapely.area(shapes[~keep]))
        if near.all():
            keep = np.ones(len(cells), bool)
        if not keep.all():
            lost = float(residents[~keep].sum() / max(residents.sum(), 1e-9))
            draft.doubt("doubt.window", cells=f"{int((~keep).sum()):,}", share=f"{lost:.1%}")
    # A hair's breadth closes the cracks that rounded corners leave between cells.
    area = shapely.union_all(shapely.buffer(cells.geometry.to_numpy()[keep], 1e-6, quad_segs=1, join_style="mitre"))
    from parkcity.base.geo import WGS84, frame

    path = "data/zones/study_area.geojson"
    draft.made[path] = _geojson(frame({"id": [draft.id], "name": [draft.name_en]}, [shapely.set_precision(area, 1e-7)], WGS84))
    source = Entry(draft.free_id("study_area"), "zones", "vector_zones", path, None, date)
    source.licence, source.attribution = "that of the cells", "drawn round the cells of this city"
    source.found.append(Remark("found.drawn", {"cells": f"{int(keep.sum()):,}"}))
    draft.entries.append(source)
    _tier(draft, "study_area", source.id, "id", "name")
    draft.doubt("doubt.drawn", cells=f"{int(keep.sum()):,}")


def _geojson(table: gpd.GeoDataFrame) -> bytes:
    document = json.loads(table.to_json(drop_id=True, show_bbox=False))
    document.pop("crs", None)
    return (json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n").encode()
