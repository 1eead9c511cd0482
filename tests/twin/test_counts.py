"""Persons and jobs on the cells: the cells and what lies beyond the study area always add up to the source."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from tests.scenes.town import CITY_TOML, lonlat, write_town

from parkcity.base.errors import InputError, UsageError
from parkcity.base.geo import WGS84, Projection, frame, shapes_to_wgs84
from parkcity.base.spec import load
from parkcity.sense.raw import Raw, Tally
from parkcity.sense.spread import TierMargin, fit_tiers
from parkcity.twin.build import build
from parkcity.twin.counts import Ask, Ground, count
from parkcity.twin.scenario import Scenario, under

PROJECTION = Projection(32648)
EAST, NORTH = 410_000.0, 3_390_000.0


def _source(name: str, layer: str, reader: str, path: str, options: str = "") -> str:
    text = f'\n[[sources]]\nid = "{name}"\nlayer = "{layer}"\nreader = "{reader}"\npath = "{path}"\ndate = "2024-01"\n'
    return text + f'licence = "CC0"\nattribution = "drawn in code"\ndatum = "WGS84"\noptions = {{ {options} }}\n'


def _table(path: Path, header: list[str], rows: list[list[Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([header, *rows])


def _section(folder: Path, section: str, sources: str) -> Path:
    path = folder / "city.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("[[sources]]", f"{section}\n[[sources]]", 1) + sources, encoding="utf-8")
    return folder


def _squares(path: Path, side: int, counts: dict[tuple[int, int], float]) -> None:
    features = []
    for (column, row), value in counts.items():
        corners = [(column, row), (column + 1, row), (column + 1, row + 1), (column, row + 1), (column, row)]
        ring = [list(lonlat(x * side, y * side)) for x, y in corners]
        geometry = {"type": "Polygon", "coordinates": [ring]}
        features.append({"type": "Feature", "properties": {"jobs": value}, "geometry": geometry})
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")


def test_jobs_by_district_stay_in_their_district_and_are_said_to_be_assumed(town: Path) -> None:
    _table(town / "data" / "jobs.csv", ["code", "all", "shops"], [["west", 1_001, 500], ["east", 250, 250], ["elsewhere", 7, 0]])
    section = '[jobs]\nsource = "jobs"\ncolumn = "all"\nkey = "code"\ntier = "district"\nsectors = { shops = "shops" }\n'
    twin = build(_section(town, section, _source("jobs", "zone_table", "csv_zone_table", "data/jobs.csv", 'key = "code"')))
    member = twin.member("district")
    by_district = dict(zip(twin.tier_zones("district")["id"], np.bincount(member, twin.jobs()), strict=True))
    assert by_district == {"west": 1_001, "east": 250}
    layer = twin.layer("jobs")
    assert layer.meta["method"] == "area"
    assert layer.meta["outside"] == 7
    assert "assumed" in layer.meta["remarks"][0]
    assert twin.sectors == ("shops", "other")
    assert np.array_equal(twin.jobs("shops") + twin.jobs("other"), twin.jobs())
    assert twin.jobs("shops").sum() == 750
    with pytest.raises(UsageError, match=r"no sector 'farms'.*shops, other"):
        twin.jobs("farms")


def test_a_table_by_cell_is_taken_as_it_is(town: Path) -> None:
    _table(town / "data" / "jobs.csv", ["cell", "n"], [["c50-50", 12], ["c950-950", 3]])
    section = '[jobs]\nsource = "jobs"\ncolumn = "n"\nkey = "cell"\ntier = "cell"\n'
    twin = build(_section(town, section, _source("jobs", "zone_table", "csv_zone_table", "data/jobs.csv", 'key = "cell"')))
    assert twin.layer("jobs").meta["method"] == "given"
    held = dict(zip(twin.cells["id"], twin.jobs(), strict=True))
    assert {name: value for name, value in held.items() if value} == {"c50-50": 12, "c950-950": 3}


def test_jobs_of_another_grid_are_shared_out_by_area(town: Path) -> None:
    # Closed form: a 200 m square covers four 100 m cells, a quarter of its jobs in each; one beyond the town is not counted.
    _squares(town / "data" / "grid.geojson", 200, {(0, 0): 40, (4, 4): 8, (9, 9): 5})
    section = '[jobs]\nsource = "grid"\ncolumn = "jobs"\n'
    twin = build(_section(town, section, _source("grid", "counts", "polygon_cells", "data/grid.geojson", 'counts = ["jobs"]')))
    held = dict(zip(twin.cells["id"], twin.jobs(), strict=True))
    expected = {"c50-50": 10, "c150-50": 10, "c50-150": 10, "c150-150": 10, "c850-850": 2, "c950-850": 2, "c850-950": 2, "c950-950": 2}
    assert {name: value for name, value in held.items() if value} == expected
    assert twin.layer("jobs").meta["outside"] == 5


def test_a_city_that_lays_its_own_grid_keeps_the_people_of_its_source(tmp_path: Path) -> None:
    for number, grid in enumerate(('grid = "square"\nside_m = 150.0', 'grid = "h3"\nresolution = 10')):
        folder = write_town(tmp_path / f"town{number}")
        path = folder / "city.toml"
        text = path.read_text(encoding="utf-8").replace('layer = "cells"', 'layer = "counts"')
        path.write_text(text.replace("[people]", f"[cells]\n{grid}\n\n[people]"), encoding="utf-8")
        twin = build(folder)
        # source: the town's own drawing: 100 cells of 40 persons
        assert twin.residents().sum() == 4_000
        assert np.array_equal(twin.residents(), np.round(twin.residents()))
        area = twin.tier_zones("city")["area_km2"].iloc[0]
        assert twin.cells["area_m2"].sum() / 1e6 == pytest.approx(area, rel=1e-6)
        for tier in twin.tiers:
            assert np.bincount(twin.member(tier), twin.residents()).sum() == 4_000


def test_a_grid_and_a_cells_source_exclude_each_other(town: Path) -> None:
    path = town / "city.toml"
    path.write_text(CITY_TOML.replace("[people]", '[cells]\ngrid = "square"\nside_m = 100.0\n\n[people]'), encoding="utf-8")
    with pytest.raises(InputError, match='make its layer "counts"'):
        build(town)


def test_every_fault_of_a_table_of_jobs_is_told_at_once(town: Path) -> None:
    _table(town / "data" / "jobs.csv", ["code", "all"], [["west", -3], ["east", 5]])
    section = '[jobs]\nsource = "jobs"\ncolumn = "all"\nkey = "code"\ntier = "district"\nsectors = { shops = "no", banks = "none" }\n'
    _section(town, section, _source("jobs", "zone_table", "csv_zone_table", "data/jobs.csv", 'key = "code"'))
    with pytest.raises(InputError) as caught:
        build(town)
    told = str(caught.value)
    assert "'-3'" in told
    assert "'no'" in told
    assert "'none'" in told


def test_buildings_draw_the_jobs_and_homes_the_people(town: Path) -> None:
    ground = _ground(town)
    ask = {"key": "code", "tier": "district", "spread": "buildings"}
    people = count(Ask("[people]", "persons", "jobs", ("n",), **ask), ground)
    jobs = count(Ask("[jobs]", "jobs", "jobs", ("n",), **ask), ground)
    names = ground.cells["id"].to_numpy()
    # The west has one house and one office, each in its own cell; the east has no building and falls back on area.
    assert dict(zip(names[people.by_cell[:, 0] > 100], people.by_cell[people.by_cell[:, 0] > 100, 0], strict=True)) == {"c50-50": 900}
    assert dict(zip(names[jobs.by_cell[:, 0] > 100], jobs.by_cell[jobs.by_cell[:, 0] > 100, 0], strict=True)) == {"c250-50": 900}
    assert people.by_cell.sum() == jobs.by_cell.sum() == 1_000


def _ground(town: Path) -> Ground:
    _table(town / "data" / "jobs.csv", ["code", "n"], [["west", 900], ["east", 100]])
    sources = _source("jobs", "zone_table", "csv_zone_table", "data/jobs.csv", 'key = "code"')
    twin = build(town)
    spec = load(_section(town, "", sources))
    corners = [(EAST + east, NORTH + 40.0, EAST + east + 20.0, NORTH + 60.0) for east in (40.0, 240.0)]
    shapes = np.array([shapely.box(*corner) for corner in corners], object)
    facts = {"use": ["house", "office"], "area_m2": [400.0, 400.0], "levels": [2.0, 9.0], "height": [np.nan, np.nan]}
    buildings = frame(facts, shapes_to_wgs84(shapes, PROJECTION), WGS84)
    landuse = frame({"class": np.zeros(0, object)}, [], WGS84)
    raws = {"jobs": Raw(Tally(), pd.DataFrame({"code": ["west", "east"], "n": [900, 100]}))}
    members = {tier: np.asarray(twin.member(tier)) for tier in twin.tiers}
    return Ground(spec, raws, twin.zones, twin.cells, members, PROJECTION, buildings, landuse)


@given(st.data())
def test_nobody_is_lost_whatever_the_shape_of_the_source(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    ground = _once(tmp_path_factory)
    side = data.draw(st.sampled_from([30, 170, 400, 900, 2_500]))
    corner = st.integers(-2_000, 2_000)
    places = data.draw(st.lists(st.tuples(corner, corner), min_size=1, max_size=8))
    whole = data.draw(st.booleans())
    counts = data.draw(st.lists(st.integers(0, 10_000), min_size=len(places), max_size=len(places)))
    x, y = np.array(places, float).T
    shapes = shapely.box(EAST + x, NORTH + y, EAST + x + side, NORTH + y + side)
    values = np.array(counts, float) if whole else np.array(counts, float) / 7.0
    raws = {**ground.raws, "grid": Raw(Tally(), frame({"n": values}, shapes_to_wgs84(shapes, PROJECTION), WGS84))}
    spread = data.draw(st.sampled_from(["area", "buildings"]))
    changed = replace(ground, raws=raws)
    try:
        found = count(Ask("[jobs]", "jobs", "grid", ("n",), spread=spread), changed)
    except InputError as error:
        assert "lies in the study area" in str(error)
        return
    total = found.by_cell.sum() + found.outside.sum()
    assert total == (values.sum() if whole else pytest.approx(values.sum(), rel=1e-9))
    assert (found.by_cell >= 0).all()
    for member in ground.members.values():
        assert np.bincount(member, found.by_cell[:, 0]).sum() == pytest.approx(found.by_cell.sum())


_GROUNDS: list[Ground] = []


def _once(factory: pytest.TempPathFactory) -> Ground:
    if not _GROUNDS:
        town = write_town(factory.mktemp("counts") / "town")
        _table(town / "data" / "grid.csv", ["n"], [[1]])
        _section(town, "", _source("grid", "counts", "h3_cells", "data/grid.csv", 'counts = ["n"]'))
        path = town / "city.toml"
        declared = path.read_text(encoding="utf-8")
        path.write_text(CITY_TOML, encoding="utf-8")
        ground = _ground(town)
        path.write_text(declared, encoding="utf-8")
        _GROUNDS.append(replace(ground, spec=load(town)))
    return _GROUNDS[0]


# --- age and sex --------------------------------------------------------------------------------------------------


def test_age_and_sex_of_two_tiers_are_fitted_and_every_total_is_kept(town: Path) -> None:
    _table(town / "data" / "age.csv", ["code", "young", "old"], [["west", 30, 70], ["east", 60, 40]])
    _table(town / "data" / "sex.csv", ["city", "women", "men"], [["town", 2_200, 1_800]])
    path = town / "city.toml"
    kept = CITY_TOML.split("[people]")[0] + '[people]\nsource = "cells"\nnight = "night"\n\n'
    margins = (
        '[[people.margins]]\nsource = "age"\nkey = "code"\ntier = "district"\ncolumns = { "0-59" = "young", "60+" = "old" }\n\n'
        '[[people.margins]]\nsource = "sex"\nkey = "city"\ntier = "whole"\ncolumns = { female = "women", male = "men" }\n\n'
    )
    tiers = '[[tiers]]\nid = "whole"\nname_zh = "全市"\nname_en = "Whole"\nsource = "groups"\n'
    tiers += 'groups = "district"\ngroup_key = "code"\ngroup_zone = "zone"\n\n'
    _table(town / "data" / "groups.csv", ["code", "zone"], [["west", "town"], ["east", "town"]])
    rest = "[[sources]]" + CITY_TOML.split("[[sources]]", 1)[1]
    sources = "".join(_source(name, "zone_table", "csv_zone_table", f"data/{name}.csv", f'key = "{key}"') for name, key in _TABLES)
    path.write_text(kept.replace("[people]", tiers + "[people]") + margins + rest + sources, encoding="utf-8")
    twin = build(town)
    # Hand count: 2,000 residents in each district: 600 + 1,200 below 60; women are 55 % of 4,000.
    assert twin.residents().sum() == 4_000
    assert twin.sexes == ("female", "male")
    women = twin.residents(sex="female")
    assert np.array_equal(women + twin.residents(sex="male"), twin.residents())
    assert women.sum() == pytest.approx(2_200, abs=2)
    young = np.asarray(twin.layer("people").array("night"))[:, 0]
    by_district = dict(zip(twin.tier_zones("district")["id"], np.bincount(twin.member("district"), young), strict=True))
    assert by_district["west"] == pytest.approx(600, abs=2)
    assert by_district["east"] == pytest.approx(1_200, abs=2)
    assert twin.residents("elders").sum() == pytest.approx(2_200, abs=2)
    # Closed form: each district has half of the town's residents, and all of its own are in the town.
    down = twin.crosswalk("whole", "district").set_index("to_zone")
    assert down["share"].to_dict() == {"west": 0.5, "east": 0.5}
    assert twin.crosswalk("district", "whole")["share"].tolist() == [1.0, 1.0]
    with pytest.raises(UsageError, match="no tier 'parish'"):
        twin.crosswalk("parish", "whole")


_TABLES = (("age", "code"), ("sex", "city"), ("groups", "code"))


def test_margins_that_do_not_cover_everybody_are_all_told(town: Path) -> None:
    path = town / "city.toml"
    kept = CITY_TOML.split("[people]")[0] + '[people]\nsource = "cells"\nnight = "night"\n\n'
    margins = (
        '[[people.margins]]\nsource = "ages"\nkey = "code"\ntier = "district"\ncolumns = { "0-14" = "young", "20+" = "old" }\n\n'
        '[[people.margins]]\nsource = "ages"\nkey = "code"\ntier = "district"\ncolumns = { female = "young" }\n\n'
        '[[people.margins]]\nsource = "ages"\nkey = "code"\ntier = "district"\ncolumns = { "children" = "young" }\n\n'
    )
    path.write_text(kept + margins + "[[sources]]" + CITY_TOML.split("[[sources]]", 1)[1], encoding="utf-8")
    with pytest.raises(InputError) as caught:
        build(town)
    told = str(caught.value)
    assert "gaps or overlaps" in told
    assert "do not cover everybody" in told
    assert "'children' is not an age band" in told


@given(st.data())
def test_fitted_tables_keep_the_totals_of_rows_and_meet_consistent_margins(data: st.DataObject) -> None:
    rows, columns = data.draw(st.integers(1, 6)), data.draw(st.integers(1, 5))
    numbers = st.integers(1, 50)
    truth = np.array(data.draw(st.lists(numbers, min_size=rows * columns, max_size=rows * columns)), float).reshape(rows, columns)
    margins = []
    for _ in range(data.draw(st.integers(1, 3))):
        member = np.array(data.draw(st.lists(st.integers(0, 2), min_size=rows, max_size=rows)))
        kind = np.array(data.draw(st.lists(st.integers(0, 1), min_size=columns, max_size=columns)))
        empty = TierMargin(member, kind, np.zeros((3, 2)))
        margins.append(TierMargin(member, kind, empty.sums(truth)))
    found = fit_tiers(truth.sum(axis=1), np.ones((rows, columns)), margins)
    assert found.values.sum(axis=1) == pytest.approx(truth.sum(axis=1), rel=1e-9)
    # The margins come from one table, so some table meets them all and the fitting must find one.
    for margin in margins:
        assert margin.sums(found.values) == pytest.approx(margin.wanted, rel=1e-3, abs=1e-3 * truth.sum())


def test_the_fitted_table_is_that_of_deming_and_stephan() -> None:
    # source: closed form: with a seed of ones and one row margin and one column margin the fitted table is row x column / total
    rows, columns = np.array([30.0, 70.0]), np.array([20.0, 50.0, 30.0])
    margin = TierMargin(np.zeros(2, np.int64), np.arange(3), columns[None, :])
    found = fit_tiers(rows, np.ones((2, 3)), [margin])
    assert found.values == pytest.approx(np.outer(rows, columns) / 100.0)


def test_sexes_follow_the_residents_under_a_scenario(tmp_path: Path) -> None:
    folder = write_town(tmp_path / "town")
    _table(folder / "data" / "sex.csv", ["code", "women", "men"], [["west", 3, 1], ["east", 1, 1]])
    margin = '[[people.margins]]\nsource = "sex"\nkey = "code"\ntier = "district"\ncolumns = { female = "women", male = "men" }\n'
    kept = CITY_TOML.split("[people]")[0] + '[people]\nsource = "cells"\nnight = "night"\n\n' + margin + "\n"
    sources = _source("sex", "zone_table", "csv_zone_table", "data/sex.csv", 'key = "code"')
    text = kept + "[[sources]]" + CITY_TOML.split("[[sources]]", 1)[1] + sources
    (folder / "city.toml").write_text(text, encoding="utf-8")
    twin = build(folder)
    # Hand count: 2,000 in each district, three in four of the west are women.
    assert twin.residents(sex="female").sum() == pytest.approx(1_500 + 1_000, abs=2)
    changed = under(twin, Scenario().add_people(400, cell="c50-50"))
    assert changed.residents().sum() == 4_400
    assert np.array_equal(changed.residents(sex="female") + changed.residents(sex="male"), changed.residents())
    row = list(twin.cells["id"]).index("c50-50")
    assert changed.residents(sex="female")[row] == pytest.approx(440 * 0.75, abs=11)
