"""The sample city of r5r: whatever can be attached is, its slopes and jobs come in, and every total is its source's."""

from __future__ import annotations

import csv
import json
import shutil

import h3
import numpy as np
import pytest
import shapely
from tests.conftest import REPOSITORY
from tests.scenes.mapped import source

from parkcity.twin.build import build
from parkcity.twin.twin import Twin

SAMPLE = REPOSITORY / "benchmarks" / "transit_data"

CITY_TOML = """\
[city]
id = "porto-alegre"
name_zh = "阿雷格里港"
name_en = "Porto Alegre"

[area]
tier = "frame"

[[tiers]]
id = "frame"
name_zh = "范围"
name_en = "Frame"
source = "frame"
key = "id"

[people]
source = "hexagons"
night = "population"

[jobs]
source = "hexagons"
column = "jobs"
"""


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Twin:
    folder = tmp_path_factory.mktemp("porto") / "alegre"
    (folder / "data").mkdir(parents=True)
    for name in ("poa_osm.pbf", "poa_hexgrid.csv"):
        shutil.copy(SAMPLE / name, folder / "data" / name)
    with (SAMPLE / "poa_hexgrid.csv").open(encoding="utf-8") as file:
        ids = [row["id"] for row in csv.DictReader(file)]
    cells = [shapely.Polygon([(lon, lat) for lat, lon in h3.cell_to_boundary(name)]).buffer(1e-6) for name in ids]
    frame = json.loads(shapely.to_geojson(shapely.union_all(cells)))
    feature = {"type": "Feature", "properties": {"id": "poa"}, "geometry": frame}
    (folder / "data" / "frame.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    options = 'counts = ["population", "jobs"], empty_is_zero = true'
    sources = [
        source("frame", "zones", "vector_zones", "data/frame.geojson"),
        source("hexagons", "cells", "h3_cells", "data/poa_hexgrid.csv", options),
        source("osm", "openstreetmap", "osm_pbf", "data/poa_osm.pbf"),
    ]
    (folder / "city.toml").write_text(CITY_TOML + "".join(sources), encoding="utf-8")
    return build(folder)


def test_every_hexagon_of_the_sample_meets_a_street(city: Twin) -> None:
    # source: the sample has 1,227 hexagons (README of r5r's data, poa_hexgrid.csv)
    assert len(city.cells) == 1_227
    assert len(np.unique(city.layer("attachments").array("cell_owner"))) == 1_227


def test_residents_and_jobs_are_those_of_the_sample(city: Twin) -> None:
    # source: README of the sample: population 812,935, jobs 337,921
    assert city.residents().sum() == 812_935
    assert city.jobs().sum() == 337_921
