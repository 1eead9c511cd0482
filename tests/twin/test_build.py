"""The twin: totals conserved, the same bytes every time, and an old twin that survives whatever happens to a build."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import numpy as np
import pytest
from tests.conftest import CHENGDU, copy_city
from tests.scenes.town import CITY_TOML, Town, cell_id, lonlat, write_town

from parkcity.base.errors import InputError, LimitError
from parkcity.twin import store
from parkcity.twin.build import build, notices_of
from parkcity.twin.twin import Twin

# source: sums of the columns pop_night and pop_day of the population grid, as its own README states them
NIGHT, DAY = 6_998_920, 6_999_939


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted((folder / "twin").rglob("*")) if path.is_file()}


def test_two_builds_of_chengdu_give_the_same_bytes(chengdu: Twin, tmp_path: Path) -> None:
    again = build(copy_city(CHENGDU, tmp_path / "again"))
    assert again.hash == chengdu.hash
    layers = {name: entry["files"] for name, entry in again.manifest["layers"].items()}
    assert layers == {name: entry["files"] for name, entry in chengdu.manifest["layers"].items()}


def test_residents_equal_the_source_exactly_in_every_tier_and_period(chengdu: Twin) -> None:
    for period, total in (("night", NIGHT), ("day", DAY)):
        residents = chengdu.residents("all", period)
        assert residents.sum() == total
        for tier in chengdu.tiers:
            member = chengdu.member(tier)
            assert np.bincount(member, residents).sum() == total


def test_age_groups_add_up_to_the_residents_of_every_cell(chengdu: Twin) -> None:
    groups = sum(chengdu.residents(group) for group in ("children", "adults", "elders"))
    assert np.array_equal(groups, chengdu.residents())


def test_age_shares_of_a_district_are_those_of_the_census(chengdu: Twin) -> None:
    # source: 2020 census by county, Jinjiang: ages 0-14 0.0064+0.0395+0.0518+0.0369 of 0.9999 in all bands
    zones = chengdu.tier_zones("district")
    mine = chengdu.member("district") == zones.index[zones["id"] == "锦江区"][0]
    children, everyone = chengdu.residents("children")[mine].sum(), chengdu.residents()[mine].sum()
    assert children / everyone == pytest.approx(0.1346, abs=2e-4)


def test_every_census_district_joins(chengdu: Twin) -> None:
    zones = chengdu.tier_zones("district")
    assert len(zones) == 20
    # source: README of the boundaries: the areas sum to 14,327.7 km2 in UTM 48N
    assert zones["area_km2"].sum() == pytest.approx(14_327.7, abs=0.1)
    assert set(zones["parent"]) == {"east", "south", "west", "north", "centre"}


def test_cells_are_hexagons_of_two_hundred_metres(chengdu: Twin) -> None:
    # Closed form: a hexagon with side s has the area 1.5 sqrt(3) s^2 = 103,923.05 m2 for s = 200.
    import shapely

    from parkcity.base.geo import WGS84, shapes_to_metric

    area = shapely.area(shapes_to_metric(chengdu.cells.geometry.to_numpy(), WGS84, chengdu.projection))
    whole = chengdu.cells["area_m2"].to_numpy() > 103_920
    inner = whole & (area > 103_000)
    assert inner.sum() > 0.95 * whole.sum()
    assert np.median(area[inner]) == pytest.approx(1.5 * 3**0.5 * 200**2, abs=0.1)


def test_an_unchanged_city_is_not_built_again(town: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build(town)
    monkeypatch.setattr(store.LayerStore, "write", lambda *_: pytest.fail("a layer was written again"))
    build(town)


def test_a_damaged_layer_is_made_again(town: Path) -> None:
    build(town)
    sound = files_of(town)
    broken = next((town / "twin" / "layers").glob("*.npy"))
    broken.write_bytes(b"rubbish")
    build(town)
    assert files_of(town) == sound


def test_only_the_layers_that_a_change_touches_get_new_bytes(town: Path) -> None:
    first = build(town).manifest["layers"]
    path = town / "data" / "places.csv"
    path.write_text(
        path.read_text(encoding="utf-8") + "school-9,primary," + ",".join(map(str, lonlat(300, 300))) + ",9000\n", encoding="utf-8"
    )
    second = build(town).manifest["layers"]
    changed = {name for name in first if first[name]["hash"] != second[name]["hash"]}
    assert changed == {"places", "attachments"}


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_a_full_disk_leaves_the_old_twin_usable(town: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    old = build(town).hash
    sound = files_of(town)
    (town / "data" / "cells.csv").write_text(
        (town / "data" / "cells.csv").read_text(encoding="utf-8").replace(",40,20", ",41,20", 1), encoding="utf-8"
    )

    def full(*_: object, **__: object) -> None:
        raise OSError(code, "no space left on device")

    monkeypatch.setattr(np, "save", full)
    with pytest.raises(InputError, match="old twin was left as it was"):
        build(town)
    monkeypatch.undo()
    assert {name: data for name, data in files_of(town).items() if name in sound} == sound
    manifest = json.loads((town / "twin" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["hash"] == old


def test_an_interrupted_build_leaves_the_old_twin_usable(town: Path) -> None:
    old = build(town).hash
    cells = town / "data" / "cells.csv"
    cells.write_text(cells.read_text(encoding="utf-8").replace(",40,20", ",41,20", 1), encoding="utf-8")

    def stop(step: str, _share: float) -> None:
        if step == "make places":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(town, stop)
    assert json.loads((town / "twin" / "manifest.json").read_text(encoding="utf-8"))["hash"] == old
    assert build(town).hash != old


def test_a_place_far_from_any_street_is_told_and_lost_to_nobody_else(tmp_path: Path) -> None:
    drawn = Town()
    drawn.places.append(("school-far", "primary", 500.0, 6_000.0, 9_000.0))
    twin = build(write_town(tmp_path / "far", drawn))
    (notice,) = notices_of(dict(twin.manifest))
    assert notice.where.endswith("places.csv")
    assert notice.row == 6
    assert "school-far" in notice.what
    assert "5,000 m from the nearest street" in notice.what
    assert "at most 1,000 m" in notice.allowed
    assert twin.layer("attachments").table("failures")["id"].tolist() == ["places/school-far"]
    assert len(twin.places) == len(drawn.places)


def spoilt(folder: Path, name: str, old: str, new: str) -> Path:
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("data/cells.csv", ",40,20", ",-40,20", ["cells.csv, row 2", "-40", "from 0"]),
        ("data/cells.csv", "id,lon", "name,lon", ["no column 'id'"]),
        ("data/places.csv", "id,kind", "id,sort", ["no column 'kind'"]),
        ("data/ages.csv", "west", "wset", ["lacks the zone 'west'"]),
        ("data/ages.csv", "0.2,0.6,0.2", "0.2,0.6,0.9", ["add up to"]),
        ("data/streets/edges.csv", "0/0,100/0", "0/0,999/0", ["edges end at a node that is not in nodes.csv", "row 2"]),
        ("data/districts.geojson", '"features"', '"fetures"', ["'features' is not a list"]),
        ("city.toml", 'primary = "primary_school"', 'primary = "palace"', ["unknown kind of place 'palace'"]),
        ("city.toml", 'shape = "square"', 'shape = "round"', ["shape 'round'"]),
        ("city.toml", "side_m = 100.0", "side_m = 90.0", ["off a lattice"]),
        ("city.toml", 'reader = "csv_places"', 'reader = "csv_plases"', ["no reader 'csv_plases'", "csv_places"]),
    ],
)
def test_a_bad_input_gives_a_clear_fault_and_writes_nothing(town: Path, name: str, old: str, new: str, words: list[str]) -> None:
    spoilt(town, name, old, new)
    with pytest.raises((InputError, Exception)) as caught:
        build(town)
    told = str(caught.value)
    for word in words:
        assert word in told
    assert not (town / "twin" / "manifest.json").exists()


def test_faults_of_several_sources_are_told_at_once(town: Path) -> None:
    spoilt(town, "data/cells.csv", ",40,20", ",-40,20")
    spoilt(town, "data/places.csv", "id,kind", "id,sort")
    spoilt(town, "data/streets/edges.csv", "0/0,100/0,100", "0/0,100/0,far")
    with pytest.raises(InputError) as caught:
        build(town)
    assert len({fault.where for fault in caught.value.faults}) == 3


def test_an_empty_layer_is_told(town: Path) -> None:
    (town / "data" / "districts.geojson").write_text('{"type": "FeatureCollection", "features": []}', encoding="utf-8")
    with pytest.raises(InputError, match="the layer is empty"):
        build(town)


def test_a_polygon_that_crosses_itself_is_repaired_and_told(town: Path) -> None:
    import geopandas as gpd

    path = town / "data" / "districts.geojson"
    document = json.loads(path.read_text(encoding="utf-8"))
    ring = document["features"][0]["geometry"]["coordinates"][0]
    # A spike out and back through the corner makes the ring touch itself without changing its area.
    document["features"][0]["geometry"]["coordinates"][0] = [*ring[:3], list(lonlat(-50, 1_000)), *ring[3:]]
    path.write_text(json.dumps(document), encoding="utf-8")
    assert not gpd.read_file(path).geometry[0].is_valid
    twin = build(town)
    remarks = next(row for row in twin.manifest["sources"] if row["id"] == "districts")["remarks"]
    assert any("repaired" in text and "area changed by" in text for text in remarks)
    assert twin.tier_zones("district").geometry.is_valid.all()


def test_points_in_gcj02_declared_as_wgs84_are_refused_with_both_readings(tmp_path: Path) -> None:
    folder = copy_city(CHENGDU, tmp_path / "shifted")
    import pandas as pd

    from parkcity.base.geo import wgs84_to_gcj02

    path = folder / "data" / "places" / "facilities_parks_schools_sports.csv"
    table = pd.read_csv(path, encoding="utf-8-sig")
    table["lon"], table["lat"] = wgs84_to_gcj02(table["lon"].to_numpy(), table["lat"].to_numpy())
    table.to_csv(path, index=False, encoding="utf-8-sig")
    with pytest.raises(InputError) as caught:
        build(folder)
    (fault,) = caught.value.faults
    assert "look like GCJ02, not WGS84" in fault.what
    assert 'datum = "GCJ02"' in fault.todo
    assert not (folder / "twin" / "manifest.json").exists()


def test_longitude_and_latitude_exchanged_are_told(town: Path) -> None:
    spoilt(town, "city.toml", 'id = "id", category', 'lon = "lat", lat = "lon", id = "id", category')
    with pytest.raises(InputError, match="look exchanged"):
        build(town)


def test_residents_of_one_cell_stay_in_that_cell(tmp_path: Path) -> None:
    only = cell_id(450, 550)
    people = {cell_id(x, y): 0 for x in range(50, 1000, 100) for y in range(50, 1000, 100)} | {only: 1_001}
    twin = build(write_town(tmp_path / "lonely", Town(people=people)))
    row = twin.cells.index[twin.cells["id"] == only][0]
    assert twin.residents()[row] == twin.residents().sum() == 1_001


def test_control_totals_scale_the_cells_of_a_zone_to_its_official_number(tmp_path: Path) -> None:
    folder = write_town(tmp_path / "scaled")
    (folder / "data" / "totals.csv").write_text("code,people\nwest,3001\neast,1999\n", encoding="utf-8")
    toml = CITY_TOML.replace(
        'age_tier = "district"', 'age_tier = "district"\ncontrol_source = "totals"\ncontrol_key = "code"\ncontrol_column = "people"'
    )
    toml += (
        '\n[[sources]]\nid = "totals"\nlayer = "zone_table"\nreader = "csv_zone_table"\npath = "data/totals.csv"\ndate = "2024"\n'
        'licence = "CC0"\nattribution = "drawn in code"\ndatum = "WGS84"\noptions = { key = "code" }\n'
    )
    (folder / "city.toml").write_text(toml, encoding="utf-8")
    twin = build(folder)
    zones = list(twin.tier_zones("district")["id"])
    sums = np.bincount(twin.member("district"), twin.residents())
    assert dict(zip(zones, sums.tolist(), strict=True)) == {"west": 3_001, "east": 1_999}


def test_a_build_beyond_the_memory_limit_is_refused_before_it_begins(town: Path) -> None:
    with pytest.raises(LimitError, match=r"needs up to 0\.\d+ GB, more than --memory 0.1"):
        build(town, memory_gb=0.1)
    assert not (town / "twin").exists()
    assert build(town, memory_gb=4.0).hash
