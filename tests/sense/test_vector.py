"""Vector files in the formats and states in which they arrive: GeoPackage, shapefiles with Chinese names, wrong systems."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from parkcity.base.errors import InputError
from parkcity.sense.sources.vector import load_shapes


def squares(names: list[str]) -> gpd.GeoDataFrame:
    shapes = [shapely.box(104.0 + number / 100, 30.6, 104.01 + number / 100, 30.61) for number in range(len(names))]
    return gpd.GeoDataFrame({"name": names}, geometry=shapes, crs="EPSG:4326")


def test_a_geopackage_is_read_with_its_layer(tmp_path: Path) -> None:
    path = tmp_path / "zones.gpkg"
    squares(["锦江区"]).to_file(path, layer="districts")
    squares(["一", "二"]).to_file(path, layer="blocks", mode="a")
    assert load_shapes(path, "WGS84", "blocks")[0]["name"].tolist() == ["一", "二"]
    with pytest.raises(InputError, match="cannot be read"):
        load_shapes(path, "WGS84", "rivers")


@pytest.mark.parametrize("stated", [True, False])
def test_a_shapefile_with_chinese_names_in_gbk_keeps_them_with_or_without_a_cpg_file(tmp_path: Path, *, stated: bool) -> None:
    path = tmp_path / "zones.shp"
    squares(["特拉福德区", "锦江区街道"]).to_file(path, encoding="gbk")
    if not stated:
        path.with_suffix(".cpg").unlink(missing_ok=True)
    assert load_shapes(path, "WGS84")[0]["name"].tolist() == ["特拉福德区", "锦江区街道"]


def test_metres_in_a_file_that_says_degrees_are_told(tmp_path: Path) -> None:
    path = tmp_path / "zones.geojson"
    table = squares(["a"])
    table.geometry = [shapely.box(368_290, 384_551, 383_296, 398_234)]
    table.to_file(path)
    with pytest.raises(InputError, match="look like metres"):
        load_shapes(path, "WGS84")


def test_a_file_that_states_another_system_than_declared_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "zones.gpkg"
    squares(["a"]).to_crs("EPSG:32648").to_file(path)
    with pytest.raises(InputError, match="the file says EPSG:32648"):
        load_shapes(path, "WGS84")
    assert load_shapes(path, "EPSG:32648")[0].total_bounds[0] == pytest.approx(104.0, abs=1e-6)
