"""Changes of what streets, jobs and land are: closed forms on the town and laws."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from tests.scenes.attributes import RESIDENTIAL, with_layers
from tests.scenes.town import cell_id, lonlat, write_town

from parkcity.base.errors import InputError
from parkcity.insight.inputs import Inputs
from parkcity.insight.run import measure
from parkcity.twin.build import build
from parkcity.twin.ground import Ground
from parkcity.twin.scenario import Scenario, under
from parkcity.twin.twin import Twin


@pytest.fixture(scope="module")
def town_twin(tmp_path_factory: pytest.TempPathFactory) -> Twin:
    return build(write_town(tmp_path_factory.mktemp("attributes") / "town"))


def middle_of(twin: Twin) -> tuple[np.ndarray, np.ndarray]:
    arrays = twin.layer("streets").arrays()
    x, y, u, v = (np.asarray(arrays[name]) for name in ("node_x", "node_y", "edge_u", "edge_v"))
    return (x[u] + x[v]) / 2 - 410_000.0, (y[u] + y[v]) / 2 - 3_390_000.0


def walled(twin: Twin) -> Twin:
    """All eleven streets that lead east between 500 and 600 m are closed on foot."""
    x, _ = middle_of(twin)
    walk = np.where(np.abs(x - 550.0) < 1.0, 0, 1).astype(np.int16)
    assert (walk == 0).sum() == 11
    return with_layers(twin, {"walk": walk})


def distances(twin: Twin, group: str = "all") -> dict[str, float]:
    return dict(zip(twin.cells["id"], Inputs(twin, group).distance_m("primary_school").tolist(), strict=True))


def test_a_gate_opens_the_way_through_a_wall(town_twin: Twin) -> None:
    city = walled(town_twin)
    lon, lat = lonlat(550.0, 200.0)
    opened = under(Ground(city), Scenario().open_gate(lon=lon, lat=lat).close_place("places/school-2"))
    shut = under(Ground(city), Scenario().close_place("places/school-2"))
    assert np.isinf(distances(shut)[cell_id(650.0, 250.0)])
    # From (650, 250): 50 m down to the street at y = 200, or along x = 600 to it, then west to (200, 200): 450 m and 50 m.
    assert distances(opened)[cell_id(650.0, 250.0)] == pytest.approx(50.0 + 450.0, abs=0.1)
    assert [effect.slots["count"] for effect in opened.effects if effect.change == "open_gate"] == ["1"]
    strip = [lonlat(545.0, -50.0), lonlat(555.0, -50.0), lonlat(555.0, 1_050.0), lonlat(545.0, 1_050.0)]
    every = under(Ground(city), Scenario().open_gate(polygon=strip))
    assert every.effects[0].slots["count"] == "11"
    assert distances(every) == distances(with_layers(town_twin, {}))
    for bad, says in ((Scenario().open_gate(lon=lonlat(50, 0)[0], lat=lonlat(50, 0)[1]), "closed on foot"),):
        with pytest.raises(InputError, match=says):
            under(Ground(city), bad)
    with pytest.raises(InputError, match="do not know: walk"):
        under(town_twin, Scenario().open_gate(lon=lon, lat=lat))


def test_a_lift_beside_steps_lets_wheels_pass(town_twin: Twin) -> None:
    x, _ = middle_of(town_twin)
    city = with_layers(town_twin, {"steps": np.where(np.abs(x - 550.0) < 1.0, 12, 0).astype(np.int16)})
    lon, lat = lonlat(550.0, 200.0)
    shut = under(Ground(city), Scenario().close_place("places/school-2"))
    lifted = under(Ground(city), Scenario().close_place("places/school-2").add_lift(lon=lon, lat=lat))
    here = cell_id(650.0, 250.0)
    # On wheels the steps are a wall; on foot they are a way.
    assert np.isinf(distances(shut, "wheelchair")[here])
    assert distances(shut)[here] == pytest.approx(500.0, abs=0.1)
    assert distances(lifted, "wheelchair")[here] == pytest.approx(500.0, abs=0.1)
    with pytest.raises(InputError, match="no steps near"):
        under(Ground(city), Scenario().add_lift(lon=lonlat(50, 0)[0], lat=lonlat(50, 0)[1]))


def test_a_crossing_and_a_bridge_have_attributes_of_their_own(town_twin: Twin) -> None:
    city = with_layers(town_twin, {})
    line = [lonlat(450.0, 300.0), lonlat(450.0, 400.0)]
    crossed = under(Ground(city), Scenario().add_crossing(line, crossing="signals"))
    streets = crossed.layer("streets")
    assert [int(streets.array(name)[-1]) for name in ("klass", "walk", "car", "crossing")] == [12, 1, 0, 3]
    bridge = under(Ground(city), Scenario().add_bridge([lonlat(450.0, 300.0), lonlat(450.0, 500.0)]))
    streets = bridge.layer("streets")
    assert [int(streets.array(name)[-1]) for name in ("bridge", "layer", "car")] == [1, 1, 0]
    # It passes over the street at y = 400 without joining it: two more nodes at its ends, and one more street beside the two halves.
    assert len(streets.array("node_x")) == len(city.layer("streets").array("node_x")) + 2
    before, after = distances(city), distances(bridge)
    assert all(after[name] <= before[name] + 0.2 for name in before)
    # A new class needs no known attributes: a city that knows none has a street of that length.
    assert len(under(town_twin, Scenario().add_bridge(line)).layer("streets").array("edge_u")) == 220 + 3


def test_streets_of_another_class_admit_other_modes(town_twin: Twin) -> None:
    city = with_layers(town_twin, {})
    lon, lat = lonlat(550.0, 200.0)
    other = under(Ground(city), Scenario().reclass_link("motorway", lon=lon, lat=lat, maxspeed=90.0))
    changed = np.flatnonzero(np.asarray(other.layer("streets").array("klass")) != RESIDENTIAL)
    assert len(changed) == 1
    streets = other.layer("streets")
    assert [float(streets.array(name)[changed[0]]) for name in ("klass", "walk", "maxspeed")] == [1.0, 0.0, 90.0]
    before, after = distances(city), distances(other)
    assert all(after[name] >= before[name] for name in before)
    assert any(after[name] > before[name] for name in before)
    with pytest.raises(InputError, match="would do nothing"):
        under(Ground(city), Scenario().reclass_link("residential", lon=lon, lat=lat))
    with pytest.raises(InputError, match="'class' is 'road'"):
        under(Ground(city), Scenario().reclass_link("road", lon=lon, lat=lat))


def test_jobs_are_added_and_no_others_are_touched(town_twin: Twin) -> None:
    jobs = np.tile([30.0, 10.0], (100, 1))
    city = with_layers(town_twin, {}, jobs)
    here = cell_id(450.0, 450.0)
    row = list(city.cells["id"]).index(here)
    more = under(Ground(city), Scenario().add_jobs(80.0, cell=here))
    assert more.jobs().sum() == 4_000.0 + 80.0
    # Without a sector they are of the city's sectors: three in four shops.
    assert [more.jobs("shops")[row], more.jobs("offices")[row]] == [30.0 + 60.0, 10.0 + 20.0]
    offices = under(Ground(city), Scenario().add_jobs(5.0, cell=here, sector="offices"))
    assert offices.jobs("offices")[row] == 15.0
    assert more.layer("jobs").hash != city.layer("jobs").hash
    for scenario, says in (
        (Scenario().add_jobs(5.0, cell=here, sector="mines"), "no sector 'mines'"),
        (Scenario().add_jobs(0.0, cell=here), "adds no job"),
    ):
        with pytest.raises(InputError, match=says):
            under(Ground(city), scenario)
    with pytest.raises(InputError, match="no jobs"):
        under(town_twin, Scenario().add_jobs(5.0, cell=here))


def test_rezoning_keeps_the_area_of_all_land(town_twin: Twin) -> None:
    def box(x0: float, y0: float, x1: float, y1: float) -> Any:
        return shapely.Polygon([lonlat(x0, y0), lonlat(x1, y0), lonlat(x1, y1), lonlat(x0, y1)])

    city = with_layers(town_twin, {}, land=[("residential", box(0, 0, 500, 500)), ("industrial", box(500, 0, 1000, 500))])
    ring = [lonlat(400, 0), lonlat(600, 0), lonlat(600, 500), lonlat(400, 500)]
    other = under(Ground(city), Scenario().rezone(ring, "park"))
    table = other.layer("land_use").shapes("landuse")
    area = dict(zip(table["class"], table["area_m2"], strict=True))
    assert area["park"] == pytest.approx(200 * 500, rel=1e-3)
    assert area["residential"] == pytest.approx(400 * 500, rel=1e-3)
    assert area["industrial"] == pytest.approx(400 * 500, rel=1e-3)
    assert other.effects[0].slots["count"] == "2"
    with pytest.raises(InputError, match="has that use already"):
        under(Ground(other), Scenario().rezone(ring, "park"))
    with pytest.raises(InputError, match="no land use"):
        under(town_twin, Scenario().rezone(ring, "park"))


def test_a_park_from_a_polygon_has_doors_along_its_edge(town_twin: Twin) -> None:
    ring = [lonlat(300, 600), lonlat(500, 600), lonlat(500, 800), lonlat(300, 800)]
    city = under(town_twin, Scenario().add_place("park", polygon=ring))
    assert city.effects[0].touched["doors"] > 1
    assert float(city.places["area_m2"].iloc[-1]) == pytest.approx(40_000.0, rel=1e-3)
    before, after = (measure(twin, "distance.park.mean").cell_values() for twin in (town_twin, city))
    row = list(city.cells["id"]).index(cell_id(250.0, 650.0))
    # The cell at (250, 650) is 50 m from the park's west edge and 50 m from the street that leads there.
    assert after[row] <= 100.0 < before[row]
    assert (after <= before).all()
