"""A kind that loses its last place changes what can be measured, and with it every number that is made up of several kinds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from tests.scenes.town import lonlat, write_town

from parkcity.decide.compare import Baseline, compare
from parkcity.insight.inputs import Inputs
from parkcity.insight.run import measure_with
from parkcity.insight.supply import supply_of
from parkcity.twin.build import build
from parkcity.twin.scenario import Scenario, under


def test_numbers_of_several_kinds_are_measured_again_when_one_kind_is_gone(tmp_path: Path) -> None:
    twin = build(write_town(tmp_path / "town"))
    city = under(twin, Scenario().close_place("places/school-1").close_place("places/school-2"))
    full = Inputs(city)
    pairs = compare(Baseline(twin), [city]).pairs
    assert {"life_circle.index", "index.livable"} <= {pair.indicator.id for pair in pairs}
    for pair in pairs:
        expected = measure_with(full.for_group(pair.after.group), pair.indicator).cell_values()
        np.testing.assert_array_equal(pair.after.cell_values(), expected, err_msg=pair.indicator.id)


def test_a_new_place_brings_its_seats(tmp_path: Path) -> None:
    twin = build(write_town(tmp_path / "town"))
    lon, lat = lonlat(400.0, 300.0)
    city = under(twin, Scenario().add_place("primary_school", lon=lon, lat=lat, capacity=360))
    # The two schools of the town have no known seats: each is counted with the mean of those that have.
    assert supply_of(Inputs(city), "primary_school", "capacity").tolist() == [360.0, 360.0, 360.0]
    moved = under(
        twin,
        Scenario()
        .add_place("primary_school", lon=lon, lat=lat, capacity=360)
        .change("move_place", place="new-1", lon=lon, lat=lat - 0.001),
    )
    assert sorted(moved.places["capacity"].dropna()) == [360.0]
