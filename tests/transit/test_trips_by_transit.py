"""Areas, matrices and access by transit, on a town with one bus and by the command line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from parkcity.insight.inputs import Inputs
from parkcity.insight.transit import CityTransit
from parkcity.insight.transit_trips import TransitTrips, transit_trips
from parkcity.insight.trips import Trips
from parkcity.serve.cli.main import cli
from parkcity.twin.build import build
from tests.scenes.town import cell_id, lonlat
from tests.transit.test_access import LOTS, write
from tests.transit.test_cli import run

EIGHT, HOUR = 8 * 3600, 3600
DATE = ("--date", "2026-06-02")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("trips") / "town", LOTS, accessible=True)


@pytest.fixture(scope="module")
def trips(folder: Path) -> TransitTrips:
    return TransitTrips(CityTransit(Inputs(build(folder))), EIGHT, 0)


@pytest.mark.kernel
def test_areas_by_transit_are_valid_and_nested_and_begin_anew_where_the_bus_stops(trips: TransitTrips) -> None:
    import shapely

    areas = trips.isochrones(cell_id(50, 50), [5, 8, 16], side=20.0).set_index("minutes").geometry
    assert areas.is_valid.all()
    assert areas[16].buffer(1e-9).contains(areas[8])
    assert areas[8].buffer(1e-9).contains(areas[5])
    # The bus of 8:00 leaves before one is there; that of 8:10 is at M at 8:12 and at E at 8:14. Within 8 minutes one only walks, 5 minutes
    # are 330 m; within 16 minutes two minutes on foot, 132 m, remain from E, and all between there and M is out of reach.
    points = {name: shapely.Point(*lonlat(*at)) for name, at in {"home": (0, 50), "E": (1000, 960), "between": (800, 700)}.items()}
    assert [areas[16].contains(points[name]) for name in ("home", "E", "between")] == [True, True, False]
    assert not areas[8].contains(points["E"])


@pytest.mark.kernel
def test_what_lies_in_an_area_is_what_the_matrix_says(trips: TransitTrips) -> None:
    import shapely

    cells = trips.transit.inputs.twin.cells
    row = cells["id"].tolist().index(cell_id(50, 50))
    window = TransitTrips(trips.transit, EIGHT, HOUR)
    minutes = window.matrix()[row]
    area = window.isochrones(cell_id(50, 50), [14], side=10.0).geometry.iloc[0]
    x, y = trips.transit.inputs.twin.projection.inverse(cells["x"].to_numpy(), cells["y"].to_numpy())
    inside = shapely.contains_xy(area, x, y)
    # Squares of 10 m are about a tenth of a minute wide: cells nearer to the limit than that may fall on either side.
    clear = np.abs(minutes - 14) > 0.2
    assert np.array_equal(inside[clear], minutes[clear] < 14)
    assert 10 < inside.sum() < 90


@pytest.mark.kernel
def test_access_counts_the_places_of_the_matrix(trips: TransitTrips) -> None:
    minutes = trips.matrix("primary_school")
    assert np.array_equal(trips.reached("primary_school", [10, 20])["within_20"], (minutes <= 20).sum(axis=1))
    # One half at ten minutes: 2 ** (-t / 10).
    expected = np.where(np.isfinite(minutes), 2.0 ** (-np.nan_to_num(minutes) / 10), 0).sum(axis=1)
    assert np.allclose(trips.gravity("primary_school", 10.0)["access"], expected, rtol=1e-6)
    assert np.allclose(trips.times("primary_school")["minutes"], minutes.min(axis=1), equal_nan=True)


def pairs_of(path: Path, cells: list[str], value: str) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    table = pd.read_parquet(path)
    place = {name: row for row, name in enumerate(cells)}
    found = np.full((len(cells), len(cells)), np.nan)
    found[[place[name] for name in table["origin"]], [place[name] for name in table["place"]]] = table[value]
    return found


@pytest.mark.kernel
def test_the_matrix_command_writes_what_the_engines_say(folder: Path, tmp_path: Path, trips: TransitTrips) -> None:
    cells = trips.transit.inputs.twin.cells["id"].tolist()
    by_bus, afoot = tmp_path / "bus.parquet", tmp_path / "foot.parquet"
    told = run("matrix", str(folder), "--out", str(by_bus), "--mode", "transit", "--depart", "08:00", "--window", "60")
    run("matrix", str(folder), "--out", str(afoot))
    assert isinstance(told["meta"], dict)
    assert isinstance(told["rows"], list)
    assert (told["meta"]["mode"], told["meta"]["depart"], told["rows"][0]["rows"]) == ("transit", "08:00:00", 10_000)
    window = TransitTrips(trips.transit, EIGHT, HOUR)
    assert np.allclose(pairs_of(by_bus, cells, "seconds_50") / 60, window.matrix(), equal_nan=True)
    assert np.allclose(pairs_of(afoot, cells, "seconds") / 60, Trips(trips.transit.inputs).matrix(), equal_nan=True)


@pytest.mark.kernel
def test_reach_writes_areas_to_a_file(folder: Path, tmp_path: Path) -> None:
    import geopandas as gpd

    file = tmp_path / "areas.geojson"
    asked = ("reach", str(folder), cell_id(50, 50), "--isochrones", str(file), "--steps", "16,5")
    rows = run(*asked, "--mode", "transit", "--depart", "08:00", "--window", "0", *DATE)["rows"]
    assert isinstance(rows, list)
    assert [row["minutes"] for row in rows] == [5.0, 16.0]
    assert 0 < rows[0]["area_km2"] < rows[1]["area_km2"]
    assert 0 < rows[0]["residents"] < rows[1]["residents"]
    drawn = gpd.read_file(file)
    assert drawn.geometry.is_valid.all()
    assert drawn["area_km2"].tolist() == [row["area_km2"] for row in rows]
    # 5 minutes on foot are the same by either mode; squares are of 25 m over streets and of 50 m by transit.
    walked = run(*asked)["rows"]
    assert isinstance(walked, list)
    assert walked[0]["area_km2"] == pytest.approx(rows[0]["area_km2"], rel=0.2)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("matrix", "--out", "no/such/m.parquet"), "no folder"),
        (("matrix", "--out", "m.parquet", "--mode", "transit", "--minutes", "5"), "--minutes are of journeys over streets"),
        (("matrix", "--out", "m.parquet", "--mode", "transit", "--fare"), "--fare is for"),
        (("reach", "c50-50", "--steps", "5"), "--steps needs --isochrones"),
        (("reach", "c50-50", "--isochrones", "areas.shp"), "ends with .geojson or .gpkg"),
        (("reach", "c50-50", "--isochrones", "a.gpkg", "--steps", "five"), "such as 15,30,45"),
    ],
)
def test_what_cannot_be_written_is_told(folder: Path, arguments: tuple[str, ...], told: str) -> None:
    done = CliRunner().invoke(cli, [arguments[0], str(folder), *arguments[1:]])
    assert told in str(done.exception)


def test_the_window_is_that_of_the_engine_unless_told(trips: TransitTrips) -> None:
    # 8:00 and an hour, as `transit_parameters` says.
    usual = transit_trips(trips.transit)
    assert (usual.depart, usual.window_s) == (EIGHT, HOUR)


@pytest.mark.kernel
def test_the_face_offers_the_same_journeys(folder: Path, trips: TransitTrips) -> None:
    import parkcity as pc
    from parkcity.base.errors import UsageError

    city = pc.open(folder)
    asked = city.transit_as(access="bicycle", date="2026-06-02", depart="08:00", window_min=0)
    walk, bicycle = trips.times("primary_school")["minutes"], asked.times("primary_school")["minutes"]
    assert (bicycle <= walk).all()
    assert (asked.transit.access_by, asked.depart, asked.window_s) == ("bicycle", EIGHT, 0)
    assert city.transit.window_s == HOUR
    with pytest.raises(UsageError, match="HH:MM"):
        city.transit_as(depart="eight")
