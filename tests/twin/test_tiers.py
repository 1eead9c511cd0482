"""Tiers from polygons that are not as they should be: repaired, and told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.scenes.town import SIDE, lonlat

from parkcity.twin.build import build


def _districts(town: Path, rings: dict[str, list[tuple[float, float]]]) -> None:
    features: list[dict[str, Any]] = []
    for name, corners in rings.items():
        ring = [list(lonlat(x, y)) for x, y in (*corners, corners[0])]
        features.append({"type": "Feature", "properties": {"code": name}, "geometry": {"type": "Polygon", "coordinates": [ring]}})
    (town / "data" / "districts.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")


def _box(west: float, south: float, east: float, north: float) -> list[tuple[float, float]]:
    return [(west, south), (east, south), (east, north), (west, north)]


def test_zones_that_tile_have_nothing_to_tell(town: Path) -> None:
    assert build(town).layer("zones").meta["remarks"] == []


def test_a_zone_that_crosses_itself_is_repaired_and_its_change_of_area_is_told(town: Path) -> None:
    # The eastern district's southern edge loops over itself in a bow of 20 m.
    bow = [(500.0, 0.0), (740.0, 0.0), (760.0, 20.0), (760.0, 0.0), (740.0, 20.0), (800.0, 20.0), (SIDE, 0.0), (SIDE, SIDE), (500.0, SIDE)]
    _districts(town, {"west": _box(0, 0, 500, SIDE), "east": bow})
    twin = build(town)
    source = next(row for row in twin.manifest["sources"] if row["id"] == "districts")
    assert any("was repaired: self-intersection" in remark for remark in source["remarks"])
    assert twin.zones.geometry.is_valid.all()
    assert twin.residents().sum() == 4_000


def test_overlapping_zones_are_told_with_the_worst_pair_and_nobody_is_counted_twice(town: Path) -> None:
    _districts(town, {"west": _box(0, 0, 600, SIDE), "east": _box(500, 0, SIDE, SIDE)})
    twin = build(town)
    # Closed form: 100 m by 1,000 m.
    assert any("'west' and 'east' by 0.100 km2" in remark for remark in twin.layer("zones").meta["remarks"])
    for tier in twin.tiers:
        assert sum(twin.residents()[twin.member(tier) == zone].sum() for zone in range(len(twin.tier_zones(tier)))) == 4_000


def test_land_in_no_zone_of_a_tier_is_told(town: Path) -> None:
    path = town / "city.toml"
    text = path.read_text(encoding="utf-8")
    tier = '[[tiers]]\nid = "plot"\nname_zh = "地块"\nname_en = "Plot"\nsource = "plots"\nkey = "code"\n\n[people]'
    source = '\n[[sources]]\nid = "plots"\nlayer = "zones"\nreader = "vector_zones"\npath = "data/plots.geojson"\ndate = "2024-01"\n'
    source += 'licence = "CC0"\nattribution = "drawn in code"\ndatum = "WGS84"\n'
    path.write_text(text.replace("[people]", tier, 1) + source, encoding="utf-8")
    kept = (town / "data" / "districts.geojson").read_text(encoding="utf-8")
    _districts(town, {"one": _box(0, 0, 250, SIDE)})
    (town / "data" / "districts.geojson").rename(town / "data" / "plots.geojson")
    (town / "data" / "districts.geojson").write_text(kept, encoding="utf-8")
    # Closed form: the plot covers a quarter of the town.
    assert (
        "tier 'plot': 75.0% of the study area lies in none of its zones; its cells count in the nearest"
        in build(town).layer("zones").meta["remarks"]
    )
