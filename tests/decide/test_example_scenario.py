"""The example scenario of Chengdu does what its first line says, and an edit beside a station answers as a full computation does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from parkcity.decide.compare import Baseline, compare
from parkcity.insight.inputs import Inputs
from parkcity.insight.run import measure_known
from parkcity.twin.scenario import Scenario, load_scenario

if TYPE_CHECKING:
    from pathlib import Path

    from parkcity.twin.twin import Twin


def test_the_two_schools_bring_residents_within_the_metres_of_the_norm(chengdu: Twin, chengdu_folder: Path) -> None:
    # GB 50180-2018, appendices B and C: a primary school within 500 m.
    scenario = load_scenario(chengdu_folder / "scenarios" / "two-schools.toml")
    pair = compare(chengdu, [scenario], ["life_circle.primary_school"], groups=["all"]).pair("two-schools", "life_circle.primary_school")
    before, after = (measured.inputs.distance_m("primary_school") for measured in (pair.before, pair.after) if measured is not None)
    served = (after <= 500.0) & ~(before <= 500.0)
    (row,) = pair.rows("city")
    assert row["winners"] == chengdu.residents()[served].sum() > 0
    assert row["losers"] == 0


def test_stations_and_patches_of_a_city_with_a_new_place_equal_a_full_computation(chengdu: Twin) -> None:
    station = chengdu.places[chengdu.places["kind"] == "metro_station"].iloc[0]
    lon, lat = station.geometry.centroid.x, station.geometry.centroid.y
    base, wanted = Baseline(chengdu), ["tod.*", "green.*", "commute.*"]
    for kind in ("market", "metro_station", "park"):
        scenario = Scenario(id=kind).add_place(kind, lon=lon + 0.002, lat=lat, area_m2=30_000.0)
        found = compare(base, [scenario], wanted, groups=["all"])
        full = Inputs(found.scenarios[0])
        for pair in found.pairs:
            np.testing.assert_array_equal(
                pair.after.cell_values(), measure_known(full, pair.indicator).cell_values(), err_msg=f"{kind} {pair.indicator.id}"
            )
