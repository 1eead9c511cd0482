"""Laws of changes of streets: a new street never makes a way longer, a closed one never makes it shorter."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.scenes.town import SIDE, STEP, cell_id, lonlat, write_town

from parkcity.base.errors import InputError
from parkcity.decide.compare import Baseline, compare
from parkcity.insight.inputs import Inputs
from parkcity.insight.run import measure
from parkcity.twin.build import build
from parkcity.twin.scenario import Scenario, under
from parkcity.twin.twin import Twin

FEW = settings(max_examples=40, deadline=None)
metres = st.floats(0.0, float(SIDE))
corner = st.integers(0, 10).map(lambda number: float(STEP * number))
spots = st.tuples(metres, corner)


@pytest.fixture(scope="module")
def town_twin(tmp_path_factory: pytest.TempPathFactory) -> Twin:
    return build(write_town(tmp_path_factory.mktemp("streets") / "town"))


def distances(twin: Twin) -> dict[str, float]:
    values = measure(twin, "distance.primary_school.mean").cell_values()
    return dict(zip(twin.cells["id"], values.tolist(), strict=True))


def test_a_diagonal_shortens_the_way_by_the_closed_form(town_twin: Twin) -> None:
    # A straight street from (500, 500) to the school at (200, 200) is 300 sqrt 2 = 424.26 m long.
    city = under(town_twin, Scenario().add_link([lonlat(500.0, 500.0), lonlat(200.0, 200.0)]))
    before, after = distances(town_twin), distances(city)
    # The centre (450, 450) lies on it: 250 sqrt 2 m instead of 250 + 250 m.
    assert before[cell_id(450.0, 450.0)] == pytest.approx(500.0, abs=0.05)
    assert after[cell_id(450.0, 450.0)] == pytest.approx(250.0 * 2**0.5, abs=0.2)
    # From (550, 450): 50 m to the street and 50 m to the corner (500, 500), then the diagonal; on the grid 350 + 250 m.
    assert before[cell_id(550.0, 450.0)] == pytest.approx(600.0, abs=0.05)
    assert after[cell_id(550.0, 450.0)] == pytest.approx(100.0 + 300.0 * 2**0.5, abs=0.2)
    assert len(city.layer("streets").array("edge_u")) == len(town_twin.layer("streets").array("edge_u")) + 1


def test_a_street_cut_in_two_changes_no_way(town_twin: Twin) -> None:
    # The new street leads from the middle of one street to the middle of the next, 100 m apart, parallel to the cross streets: ways along
    # the old streets keep their length, since both halves add up to it.
    city = under(town_twin, Scenario().add_link([lonlat(450.0, 300.0), lonlat(450.0, 400.0)]))
    streets = city.layer("streets")
    assert float(np.asarray(streets.array("edge_length")).sum()) == pytest.approx(22_000.0 + 100.0, abs=0.05)
    before, after = distances(town_twin), distances(city)
    assert all(after[name] <= before[name] + 0.2 for name in before)
    # Its own cell is crossed by the new street; the way to (200, 200) is still 250 + 150 m from (450, 350).
    assert after[cell_id(450.0, 350.0)] == pytest.approx(400.0, abs=0.2)


@FEW
@given(spots, spots)
def test_a_new_street_never_makes_anyone_lose(town_twin: Twin, one: tuple[float, float], two: tuple[float, float]) -> None:
    scenario = Scenario().add_link([lonlat(*one), lonlat(*two)])
    try:
        city = under(town_twin, scenario)
    except InputError as error:
        assert "two different points" in str(error) or "at one point" in str(error)
        return
    before, after = distances(town_twin), distances(city)
    # Lengths are kept in sixteenths of a metre or finer; a street that was cut may lose or gain one such step at each cut.
    assert all(after[name] <= before[name] + 0.2 for name in before)


@FEW
@given(metres, corner, st.booleans())
def test_a_closed_street_never_helps_anyone(town_twin: Twin, along: float, across: float, turned: bool) -> None:
    lon, lat = lonlat(*((across, along) if turned else (along, across)))
    city = under(town_twin, Scenario().close_link(lon=lon, lat=lat))
    before, after = distances(town_twin), distances(city)
    assert all(after[name] >= before[name] for name in before)
    assert len(city.layer("streets").array("edge_u")) == len(town_twin.layer("streets").array("edge_u")) - 1


def test_a_wall_across_the_town_cuts_off_who_lives_behind_it(town_twin: Twin) -> None:
    # A strip from north to south at 540 to 560 m closes all eleven streets that lead east: whoever lives beyond reaches only (800, 800).
    strip = [lonlat(540.0, -50.0), lonlat(560.0, -50.0), lonlat(560.0, 1_050.0), lonlat(540.0, 1_050.0)]
    city = under(town_twin, Scenario().close_link(polygon=strip))
    assert [effect.slots["count"] for effect in city.effects] == ["11"]
    after = distances(city)
    assert after[cell_id(650.0, 50.0)] == pytest.approx(150.0 + 750.0, abs=0.05)
    assert after[cell_id(450.0, 950.0)] == pytest.approx(250.0 + 750.0, abs=0.05)
    both = under(town_twin, Scenario().close_place("places/school-1").close_link(polygon=strip))
    assert np.isinf(distances(both)[cell_id(450.0, 450.0)])


def test_changes_of_streets_and_places_go_together(town_twin: Twin) -> None:
    lon, lat = lonlat(450.0, 350.0)
    scenario = Scenario().add_link([lonlat(450.0, 300.0), lonlat(450.0, 400.0)]).add_place("kindergarten", lon=lon, lat=lat)
    city = under(town_twin, scenario)
    (row,) = compare(Baseline(town_twin), [city], ["life_circle.kindergarten.within_5_min"], groups=["all"]).rows("city")
    assert row["value"] > 0
    assert row["baseline"] is None
    # The place stands on the new street, which the twin as it is does not have.
    assert float(Inputs(city).doors().distance.min()) <= 0.05


def test_a_street_that_leads_nowhere_is_a_fault(town_twin: Twin) -> None:
    far = lonlat(3_000.0, 3_000.0)
    for line, says in (([lonlat(500.0, 500.0), far], "from the nearest street"), ([lonlat(0.0, 0.0), lonlat(0.0, 0.0)], "one point")):
        with pytest.raises(InputError, match=says):
            under(town_twin, Scenario().add_link(line))
    with pytest.raises(InputError, match="no street crosses"):
        under(town_twin, Scenario().close_link(polygon=[lonlat(10.0, 10.0), lonlat(20.0, 10.0), lonlat(20.0, 20.0)]))
    with pytest.raises(InputError, match="at least 1,000 m"):
        under(town_twin, Scenario().add_link([lonlat(0.0, 0.0), lonlat(1_000.0, 0.0)], length_m=400.0))
