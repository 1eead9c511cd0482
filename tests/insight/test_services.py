"""Services of the tiny town, worked out from its closed-form distances; laws on real cities.

From a cell's centre the way to a corner (X, Y) is |x - X| + |y - Y| metres exactly (see test_town).
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from tests.scenes.town import PEOPLE, Town, cell_id, write_town

from parkcity.base.errors import UsageError
from parkcity.insight.inputs import Inputs
from parkcity.insight.operators.catchment import METHODS
from parkcity.insight.operators.inequality import atkinson, theil_parts
from parkcity.insight.registry import INDICATORS
from parkcity.insight.run import computable, measure, status_of
from parkcity.insight.supply import access, residents_aged, service, services, supply_of
from parkcity.standards import load, parameter
from parkcity.twin.build import build
from parkcity.twin.twin import Twin

CENTRES = [(50.0 + 100 * i, 50.0 + 100 * j) for i in range(10) for j in range(10)]
SCHOOLS = ((200.0, 200.0), (800.0, 800.0))


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Twin:
    return build(write_town(tmp_path_factory.mktemp("town") / "town"))


def by_id(twin: Twin, values: np.ndarray) -> dict[str, float]:
    return dict(zip(twin.cells["id"], values.tolist(), strict=True))


def dai(metres: float, limit: float) -> float:
    last = math.exp(-0.5)
    return (math.exp(-0.5 * (metres / limit) ** 2) - last) / (1 - last) if metres <= limit else 0.0


def shared_by_hand() -> dict[str, float]:
    """Primary schools for each resident: each school shared over the diamond of cells within 500 m of it (GB 50180-2018)."""
    found = dict.fromkeys((cell_id(x, y) for x, y in CENTRES), 0.0)
    for east, north in SCHOOLS:
        weight = {cell_id(x, y): dai(abs(x - east) + abs(y - north), 500.0) for x, y in CENTRES}
        asked = PEOPLE * sum(weight.values())
        for cell, share in weight.items():
            found[cell] += share / asked
    return found


def test_schools_are_shared_by_those_within_the_norms_metres(twin: Twin) -> None:
    found = by_id(twin, measure(twin, "services.primary_school.shared").cell_values())
    for cell, value in shared_by_hand().items():
        assert found[cell] == pytest.approx(value * 100_000, rel=2e-4, abs=1e-9)


def test_two_schools_within_reach_of_somebody_are_given_out_whole(twin: Twin) -> None:
    (row,) = measure(twin, "services.primary_school.shared").rows("city")
    assert row["part"] == pytest.approx(2 * 100_000)


def test_enough_is_one_school_for_each_largest_circle(tmp_path: Path) -> None:
    # GB 50180-2018: 25,000 residents at most to a primary school. With 2,000 in each cell neither school is enough.
    people = {cell_id(x, y): 2_000 for x, y in CENTRES}
    crowded = build(write_town(tmp_path / "crowded", Town(people=people)))
    scale = PEOPLE / 2_000
    expected = sum(2_000 * min(value * scale * 25_000, 1.0) for value in shared_by_hand().values())
    (enough,) = measure(crowded, "services.primary_school.served").rows("city")
    (unmet,) = measure(crowded, "services.primary_school.unmet").rows("city")
    assert enough["part"] == pytest.approx(expected, rel=1e-3)
    assert enough["part"] + unmet["value"] == pytest.approx(enough["whole"])


def test_loads_are_the_populations_of_the_norms_circles() -> None:
    for row in load("service_loads"):
        circle = parameter("life_circle_levels", f"lc.level.{row.extra['level_min']}")
        assert row.number == circle.extra_number("population_max")


def test_catchments_are_the_norms_radii_where_it_states_them() -> None:
    radii = {facility.id.rsplit(".", maxsplit=1)[-1]: facility for facility in load("life_circle_facilities") if facility.value}
    names = {"primary_school": "primary", "secondary_school": "jhs", "market": "market", "kindergarten": "kindergarten"}
    names |= {name: name for name in ("health_centre", "outpatient", "culture_centre", "day_care", "health_station", "service_station")}
    for class_id, facility in names.items():
        assert service(class_id).number == radii[facility].number


def test_ages_within_a_band_count_alike(twin: Twin) -> None:
    # The town knows the bands 0-14, 15-59 and 60+: of its children 6 of 15 years are 6 to 11.
    children = twin.residents("children")
    assert residents_aged(Inputs(twin), 6, 11) == pytest.approx(children * 6 / 15)
    assert residents_aged(Inputs(twin), 60, 200) == pytest.approx(twin.residents("elders"))
    assert residents_aged(Inputs(twin), 10, 20) == pytest.approx(children * 5 / 15 + twin.residents("adults") * 6 / 45)
    (row,) = measure(twin, "services.primary_school.per_10000_of_age").rows("city")
    assert row["value"] == pytest.approx(2 / (children.sum() * 6 / 15) * 10_000)


def test_what_the_city_does_not_know_is_named(twin: Twin, tmp_path: Path) -> None:
    status, needs = status_of(INDICATORS.get("services.primary_school.capacity_shared"), twin)
    assert (status, needs) == ("missing", ["capacity of places:primary_school"])
    status, needs = status_of(INDICATORS.get("services.kindergarten.shared"), twin)
    assert (status, needs) == ("missing", ["places:kindergarten"])
    folder = write_town(tmp_path / "ageless")
    text = (folder / "city.toml").read_text(encoding="utf-8")
    start = text.index("[people.age_bands]")
    ageless = text[:start] + text[text.index("[[sources]]", start) :]
    kept = [line for line in ageless.splitlines() if not line.startswith(("age_source", "age_key", "age_tier"))]
    (folder / "city.toml").write_text("\n".join(kept) + "\n", encoding="utf-8")
    status, needs = status_of(INDICATORS.get("services.primary_school.per_10000_of_age"), build(folder))
    assert (status, needs) == ("missing", ["people:ages"])


def test_area_of_parks_is_shared_by_area(twin: Twin) -> None:
    assert supply_of(Inputs(twin), "park", "area").tolist() == [60_000.0, 4_500.0]
    (row,) = measure(twin, "services.park.area_shared").rows("city")
    assert row["part"] == pytest.approx(64_500.0)


def test_unknown_methods_and_measures_are_refused(twin: Twin) -> None:
    with pytest.raises(UsageError, match="allowed: two_step, three_step"):
        access(Inputs(twin), "primary_school", method="four_step")
    with pytest.raises(UsageError, match="places, area, capacity"):
        supply_of(Inputs(twin), "primary_school", "doors")  # type: ignore[arg-type]


def test_every_service_states_a_method_and_a_decay_that_exist() -> None:
    for row in services():
        assert row.extra["method"] in METHODS
        assert row.extra["decay"] in {"step", "gaussian", "epanechnikov", "linear"}
        assert row.extra["supply"] in {"places", "area"}


def test_inequality_of_the_town_is_that_of_its_cells(twin: Twin) -> None:
    values = measure(twin, "services.primary_school.shared").cell_values()
    weights = twin.residents()
    parts = theil_parts(values, weights, twin.member("district"))
    assert measure(twin, "equity.primary_school.theil").rows("city")[0]["value"] == pytest.approx(parts.total)
    # The two districts mirror each other.
    assert measure(twin, "equity.primary_school.theil_between").rows("city")[0]["value"] == pytest.approx(0.0, abs=1e-6)
    aversion = parameter("check_limits", "equity.aversion").number
    assert measure(twin, "equity.primary_school.atkinson").rows("city")[0]["value"] == pytest.approx(atkinson(values, weights, aversion))
    # Under four tenths of the residents reach no school, so the bottom has nothing, and infinite is no number.
    assert measure(twin, "equity.primary_school.palma").rows("city")[0]["value"] is None


def test_groups_that_make_up_all_residents_add_up(chengdu: Twin) -> None:
    for name in (
        "services.primary_school.shared",
        "services.sports.served",
        "services.park.area_shared",
        "services.secondary_school.unmet",
    ):
        indicator = INDICATORS.get(name)
        assert set(indicator.groups) == {"all", "children", "elders"}
        every = measure(chengdu, name).result
        adults = chengdu.residents("adults")
        parts = [measure(chengdu, name, group).result.part for group in ("children", "elders")]  # type: ignore[union-attr]
        rest = every.part - sum(parts)  # type: ignore[union-attr]
        lived = chengdu.residents() > 0
        each = np.divide(every.part, chengdu.residents(), out=np.zeros(len(adults)), where=lived)  # type: ignore[union-attr]
        assert rest == pytest.approx(each * adults, rel=1e-9, abs=1e-6)


def test_a_further_place_never_lowers_anyones_share(chengdu: Twin) -> None:
    from parkcity.twin.scenario import Scenario, under

    lon, lat = (float(chengdu.cells[name].iloc[2_000]) for name in ("lon", "lat"))
    better = under(chengdu, Scenario().add_place("sports", lon=lon, lat=lat))
    name = "services.sports.shared"
    before, after = measure(chengdu, name).cell_values(), measure(better, name).cell_values()
    lived = chengdu.residents() > 0
    assert np.all(after[lived] >= before[lived] - 1e-9)
    assert after[lived].sum() > before[lived].sum()


def test_services_of_chengdu_are_measured_or_say_what_they_need(chengdu: Twin) -> None:
    names = {indicator.id for indicator in computable(chengdu)}
    for row in services():
        found = {name for name in names if name.startswith(f"services.{row.id}.")}
        status, needs = status_of(INDICATORS.get(f"services.{row.id}." + ("area_shared" if row.id == "park" else "shared")), chengdu)
        assert found or needs == [f"places:{row.id}"], row.id
        assert status in {"computed", "missing"}
