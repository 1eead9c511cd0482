"""Ways to stops by bicycle, by car, and without steps, on a town whose distances are known by hand."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from parkcity.base.errors import MissingLayerError, UsageError
from parkcity.insight.inputs import Inputs
from parkcity.insight.transit import CityTransit
from parkcity.insight.trips import Trips
from parkcity.travel import Attach, matrix
from parkcity.twin.build import build
from tests.scenes.town import Town, cell_id, lonlat, write_town
from tests.transit import feeds
from tests.transit.test_cli import FARES, SOURCE

STOPS = {"W": (0.0, 50.0), "E": (1000.0, 950.0), "M": (500.0, 450.0)}
LOTS = [("lot-1", "lot", 200.0, 250.0, 500.0), ("lot-2", "lot", 700.0, 650.0, 500.0)]


def write(folder: Path, places: list[tuple[str, str, float, float, float]], *, accessible: bool) -> Path:
    """A bus from W by M to E every ten minutes from 8:00, two minutes from stop to stop."""
    made = write_town(folder, Town(toml_extra=SOURCE, places=[("school-1", "primary", 200.0, 200.0, 9_000.0), *places]))
    text = (made / "city.toml").read_text(encoding="utf-8")
    (made / "city.toml").write_text(text.replace('park = "park" }', 'park = "park", lot = "parking" }'), encoding="utf-8")
    (made / "data" / "fares.csv").write_text(FARES, encoding="utf-8")
    flag = int(accessible)
    stops = "stop_id,stop_name,stop_lon,stop_lat,wheelchair_boarding\n" + "".join(
        f"{name},{name},{lon:.9f},{lat:.9f},{flag}\n" for name, (lon, lat) in ((name, lonlat(*at)) for name, at in STOPS.items())
    )
    trips = "route_id,service_id,trip_id,wheelchair_accessible\n" + "".join(f"R,all,t{k},{flag}\n" for k in range(6))
    calls = [
        f"t{k},08:{10 * k + 2 * seq:02d}:00,08:{10 * k + 2 * seq:02d}:00,{stop},{seq}" for k in range(6) for seq, stop in enumerate("WME")
    ]
    feeds.write(made / "data" / "bus.zip", stops=stops, trips=trips, stop_times=feeds.calls(*calls))
    return made


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Inputs:
    return Inputs(build(write(tmp_path_factory.mktemp("access") / "town", LOTS, accessible=True)))


def seconds(transit: CityTransit, cell: str, stop: str) -> int:
    row, target = transit.inputs.twin.cells["id"].tolist().index(cell), transit.timetable.stop_name.tolist().index(stop)
    legs = transit.access
    rows = slice(int(legs.start[row]), int(legs.start[row + 1]))
    return int(legs.seconds[rows][legs.target[rows] == target][0])


@pytest.mark.kernel
def test_a_bicycle_is_ridden_to_the_stop_and_locked(inputs: Inputs) -> None:
    # 50 m to the street at 1.1 m/s, 1,000 m along streets at 3.333 m/s (12 km/h), a minute to lock.
    expected = 50 / 1.1 + 1000 / 3.333 + 60
    assert seconds(CityTransit(inputs, access_by="bicycle"), cell_id(950, 50), "W") == pytest.approx(expected, abs=1.0)
    # Next to the stop nobody takes the bicycle: 50 m on foot.
    assert seconds(CityTransit(inputs, access_by="bicycle"), cell_id(50, 50), "W") == pytest.approx(50 / 1.1, abs=1.0)


@pytest.mark.kernel
def test_who_is_driven_to_the_stop_gets_out_instead_of_parking(inputs: Inputs) -> None:
    import pandas as pd

    transit, trips = CityTransit(inputs, access_by="kiss_and_ride"), Trips(inputs, "car_peak")
    x, y = inputs.twin.projection.forward(transit.timetable.stop_lon, transit.timetable.stop_lat)
    drive = matrix(trips.network("open"), trips.origins(), trips.attached("stops", pd.DataFrame({"x": x, "y": y}))).values
    walk = matrix(inputs.network, inputs.origins(), transit.stops()).values
    # 180 s to find a place and walk from it are not needed; getting out takes 30 s.
    least = np.ceil(np.minimum(np.maximum(drive - 180 + 30, 0), np.where(walk <= 1200, walk, np.inf)) - 1e-3)
    legs = transit.access
    assert len(legs.target) == least.size
    assert np.abs(legs.seconds - least[legs.row, legs.target]).max() <= 1


@pytest.mark.kernel
def test_park_and_ride_takes_the_best_of_all_car_parks(inputs: Inputs) -> None:
    transit, trips = CityTransit(inputs, access_by="park_and_ride"), Trips(inputs, "car_peak")
    parked, place, _ = trips.doors_of("parking")
    drive = matrix(trips.network("open"), trips.origins(), parked, place).values.astype(float)
    afoot, place, _ = inputs.doors_of("parking")
    stroll = matrix(inputs.network, trips_by_place(afoot, place), transit.stops()).values.astype(float)
    both = np.where(stroll <= 600, stroll, np.inf)[None] + drive[:, :, None]
    walk = matrix(inputs.network, inputs.origins(), transit.stops()).values
    least = np.minimum(both.min(axis=1), np.where(walk <= 1200, walk, np.inf))
    legs = transit.access
    assert np.isfinite(least).sum() == len(legs.target)
    assert np.abs(legs.seconds - np.ceil(least[legs.row, legs.target] - 1e-3)).max() <= 1
    assert (both.min(axis=1) < walk).any()


def trips_by_place(doors: Attach, place: NDArray[np.int32]) -> Attach:

    return Attach(place[doors.owner], doors.edge, doors.offset, doors.distance, int(place.max()) + 1)


@pytest.mark.kernel
@pytest.mark.parametrize("access", ["bicycle", "park_and_ride", "kiss_and_ride"])
def test_who_may_ride_or_drive_is_never_later_than_on_foot(inputs: Inputs, access: str) -> None:
    slow, fast = (
        np.nan_to_num(transit.times(transit.to_cells(), 8 * 3600, 0).seconds, nan=np.inf)
        for transit in (CityTransit(inputs), CityTransit(inputs, access_by=access))
    )
    assert (fast <= slow).all()


@pytest.mark.kernel
def test_a_wheelchair_boards_only_where_stops_and_trips_say_so(inputs: Inputs, tmp_path: Path) -> None:
    transit = CityTransit(inputs, access_by="wheelchair")
    # 100 m from (150, 50) to the stop: 50 m to the street, 50 or more along it, at 0.8 m/s.
    assert seconds(transit, cell_id(50, 50), "W") == math.ceil(50 / 0.8)
    assert transit.trips.lines.board.any()
    silent = Inputs(build(write(tmp_path / "town", [], accessible=False)))
    transit = CityTransit(silent, access_by="wheelchair")
    assert not transit.trips.lines.board.any()


def test_what_cannot_be_is_told(inputs: Inputs, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="park_and_ride"):
        CityTransit(inputs, access_by="balloon")
    without = CityTransit(Inputs(build(write(tmp_path / "town", [], accessible=True))), access_by="park_and_ride")
    with pytest.raises(MissingLayerError, match="places:parking"):
        _ = without.access
