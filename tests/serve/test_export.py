"""Exports hold the whole twin and the check-up's values, in files that other programs read."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
from click.testing import CliRunner
from tests.conftest import CHENGDU, copy_city
from tests.scenes.town import write_town

from parkcity.base.errors import InputError, UsageError
from parkcity.serve.cli.main import cli
from parkcity.serve.export.content import content_of
from parkcity.serve.export.postgis import VARIABLE
from parkcity.serve.report.check import run_check
from parkcity.twin.build import build

POSTGRES = os.environ.get("PARKCITY_TEST_POSTGRES", "")


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_town(tmp_path_factory.mktemp("city") / "town")
    run_check(folder, folder / "report", "en", lambda _step, _share: None)
    return folder


def _export(*args: str) -> Any:
    return CliRunner().invoke(cli, ["export", *args, "--quiet", "--lang", "en"])


def _rows(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "report" / "indicators.csv", encoding="utf-8-sig")


def test_a_geopackage_holds_every_layer_the_values_and_styles(checked: Path, tmp_path: Path) -> None:
    out = tmp_path / "town.gpkg"
    done = _export(str(checked), "--out", str(out))
    assert done.exit_code == 0, done.output
    layers = {str(name) for name, _ in pyogrio.list_layers(out)}
    assert {"cells", "zones", "places", "streets", "sources", "indicators"} <= layers
    twin = build(checked)
    streets = pyogrio.read_dataframe(out, layer="streets")
    assert len(streets) == twin.layer("streets").meta["edges"]
    # The grid's streets are 100 m long, in the table and on the ground.
    assert streets["length_m"].tolist() == [100.0] * len(streets)
    assert np.allclose(streets.to_crs(32648).length, 100.0, atol=0.01)
    with sqlite3.connect(out) as connection:
        styled = {row[0] for row in connection.execute("SELECT f_table_name FROM layer_styles")}
    connection.close()
    assert {"cells", "zones", "places", "streets"} <= styled


def test_values_of_zones_and_cells_are_those_of_the_check_up(checked: Path, tmp_path: Path) -> None:
    out = tmp_path / "town.gpkg"
    _export(str(checked), "--out", str(out), "--indicators", "people.density,life_circle.park*")
    zones = pyogrio.read_dataframe(out, layer="zones", read_geometry=False)
    rows = _rows(checked)
    wanted = rows[(rows["indicator"] == "people.density") & (rows["group"] == "all")].set_index(["tier", "zone"])["value"]
    for _, zone in zones.iterrows():
        assert zone["people_density"] == wanted[zone["tier"], zone["id"]]
    kept = pyogrio.read_dataframe(out, layer="indicators", read_geometry=False)
    assert set(kept["indicator"].str.split(".").str[0]) == {"people", "life_circle"}
    cells = pyogrio.read_dataframe(out, layer="cells", read_geometry=False)
    report = pyogrio.read_dataframe(checked / "report" / "cells.gpkg", layer="cells", read_geometry=False)
    merged = cells.merge(report, on="id", suffixes=("", "_report"))
    assert np.array_equal(merged["people_density"], merged["people_density_report"], equal_nan=True)
    assert not [name for name in cells.columns if name.startswith("streets_")]


def test_geoparquet_is_read_by_geopandas_with_its_system(checked: Path, tmp_path: Path) -> None:
    done = _export(str(checked), "--format", "geoparquet", "--out", str(tmp_path / "town"))
    assert done.exit_code == 0, done.output
    cells = gpd.read_parquet(tmp_path / "town" / "cells.parquet")
    assert cells.crs.to_epsg() == 4326
    assert len(cells) == 100
    sources = pd.read_parquet(tmp_path / "town" / "sources.parquet")
    assert (sources["licence"].str.len() > 0).all()


def test_tiles_carry_the_layers_and_name_the_sources(checked: Path, tmp_path: Path) -> None:
    from pmtiles.reader import MmapSource, Reader

    out = tmp_path / "town.pmtiles"
    done = _export(str(checked), "--format", "pmtiles", "--out", str(out), "--max-zoom", "13", "--layers", "cells,streets")
    assert done.exit_code == 0, done.output
    with out.open("rb") as file:
        metadata = Reader(MmapSource(file)).metadata()
    assert {layer["id"] for layer in metadata["vector_layers"]} == {"cells", "streets"}
    assert build(checked).spec.sources[0].attribution in metadata["attribution"]
    read = pyogrio.read_dataframe(out, layer="streets")
    assert read["edge"].nunique() == build(checked).layer("streets").meta["edges"]


@pytest.mark.parametrize(("target", "ending"), [("gpkg", ".gpkg"), ("geoparquet", ""), ("pmtiles", ".pmtiles")])
def test_the_same_export_gives_the_same_bytes(checked: Path, tmp_path: Path, target: str, ending: str) -> None:
    def files(name: str) -> dict[str, bytes]:
        out = tmp_path / name / f"town{ending}"
        _export(str(checked), "--format", target, "--out", str(out), *(["--max-zoom", "12"] if target == "pmtiles" else []))
        return {path.name: path.read_bytes() for path in ([out] if out.is_file() else sorted(out.iterdir()))}

    assert files("one") == files("two")


def test_without_a_check_up_the_twin_is_exported_and_that_is_said(tmp_path: Path) -> None:
    folder = write_town(tmp_path / "town")
    done = _export(str(folder), "--out", str(tmp_path / "town.gpkg"))
    assert done.exit_code == 0
    assert "no values are exported" in done.stderr
    asked = _export(str(folder), "--out", str(tmp_path / "other.gpkg"), "--indicators", "people.density")
    assert isinstance(asked.exception, InputError)
    assert "run parkcity check" in str(asked.exception)


def test_a_check_up_of_another_twin_is_not_used(tmp_path: Path) -> None:
    folder = write_town(tmp_path / "town")
    run_check(folder, folder / "report", "en", lambda _step, _share: None)
    text = (folder / "city.toml").read_text(encoding="utf-8").replace("[people]", "[attach]\nlimit_m = 250.0\n\n[people]", 1)
    (folder / "city.toml").write_text(text, encoding="utf-8")
    assert not content_of(build(folder), folder / "report").has_values


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["--layers", "rivers"], "no layer rivers; it has: "),
        (["--indicators", "nothing.*"], "no measured indicator fits nothing.*"),
        (["--out", "town.zip"], "a file of --format gpkg ends in .gpkg"),
        (["--schema", "x"], "--schema has a meaning with --format postgis only"),
        (["--max-zoom", "9"], "--max-zoom has a meaning with --format pmtiles only"),
        (["--format", "postgis", "--out", "x"], "--out has no meaning with --format postgis"),
        (["--format", "postgis"], f"set {VARIABLE}"),
    ],
)
def test_options_that_make_no_sense_are_told(
    checked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, args: list[str], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(VARIABLE, raising=False)
    done = _export(str(checked), *args)
    assert told in (done.output + done.stderr + str(done.exception))
    assert done.exit_code != 0
    assert not list(tmp_path.iterdir())


def test_a_folder_with_other_things_is_not_written_into(checked: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    done = _export(str(checked), "--format", "geoparquet", "--out", str(tmp_path))
    assert isinstance(done.exception, InputError)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_database_that_cannot_be_reached_is_told_without_its_password(checked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("psycopg")
    monkeypatch.setenv(VARIABLE, "host=127.0.0.1 port=1 user=x password=secret-word dbname=x connect_timeout=1")
    done = _export(str(checked), "--format", "postgis")
    assert isinstance(done.exception, InputError)
    assert "secret-word" not in str(done.exception) + done.output


def _postgis() -> str:
    """Why PostGIS cannot be tested here, or an empty text."""
    if not POSTGRES:
        return "set PARKCITY_TEST_POSTGRES to a database to test PostGIS"
    import psycopg

    with psycopg.connect(POSTGRES) as connection:
        row = connection.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'postgis'").fetchone()
    return "" if row else "the PostgreSQL of PARKCITY_TEST_POSTGRES has no PostGIS to install"


def test_postgis_holds_the_same_shapes_and_values(checked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reason = _postgis()
    if reason:
        pytest.skip(reason)
    import psycopg

    monkeypatch.setenv(VARIABLE, POSTGRES)
    for _ in range(2):
        done = _export(str(checked), "--format", "postgis", "--schema", "test_export")
        assert done.exit_code == 0, (done.output, done.exception)
    with psycopg.connect(POSTGRES) as connection:
        row = connection.execute(
            "SELECT count(*), sum(ST_Length(geom::geography)), bool_and(ST_SRID(geom) = 4326) FROM test_export.streets"
        ).fetchone()
        assert row is not None
        streets = build(checked).layer("streets").meta
        assert row[0] == streets["edges"]
        # The ellipsoid against the projected length: UTM's scale is within 0.04 % of one.
        assert row[1] / 1000 == pytest.approx(streets["length_km"], rel=5e-4)
        assert row[2]
        values = connection.execute("SELECT people_density FROM test_export.zones WHERE tier = 'city'").fetchone()
        rows = _rows(checked)
        expected = rows[(rows["indicator"] == "people.density") & (rows["tier"] == "city") & (rows["group"] == "all")]["value"].iloc[0]
        assert values == (expected,)
        connection.execute("DROP SCHEMA test_export CASCADE")
        connection.execute("CREATE SCHEMA test_export")
    refused = _export(str(checked), "--format", "postgis", "--schema", "test_export")
    assert isinstance(refused.exception, InputError)
    assert "was not made by an export" in str(refused.exception)
    with psycopg.connect(POSTGRES) as connection:
        connection.execute("DROP SCHEMA test_export")


def test_chengdu_exports_with_chinese_names(tmp_path: Path) -> None:
    folder = copy_city(CHENGDU, tmp_path / "chengdu")
    done = _export(str(folder), "--out", str(tmp_path / "c.gpkg"), "--layers", "zones,places")
    assert done.exit_code == 0, done.exception
    assert "锦江区" in set(pyogrio.read_dataframe(tmp_path / "c.gpkg", layer="zones", read_geometry=False)["id"])


def test_an_unknown_layer_lists_those_there_are(checked: Path) -> None:
    with pytest.raises(UsageError, match="it has: .*cells"):
        content_of(build(checked), checked / "report", ["nothing"])
