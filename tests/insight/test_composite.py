"""Indices of a city: put together by hand, and how firmly zones stand."""

from __future__ import annotations

import numpy as np
import pytest

from parkcity.insight.composite import declared, measurable, standing_rows
from parkcity.insight.forms import Composite, IndexPart, Parts, by_zone
from parkcity.insight.inputs import Inputs
from parkcity.insight.registry import INDICATORS
from parkcity.insight.run import measure, status_of
from parkcity.standards import load, parameter
from parkcity.twin.twin import Twin

ONES = np.ones(2)


def part(name: str, values: list[float], field: str, worst: float = 0.0, best: float = 1.0, weight: float = 1.0) -> IndexPart:
    return IndexPart(name, Parts(np.array(values), ONES), weight, field, worst, best)


def test_fields_are_averaged_and_then_multiplied() -> None:
    # Two parts of one field: (0.2 + 3 x 0.6) / 4 = 0.5 and (1 + 3 x 0) / 4 = 0.25. The other field: 8 of 10 km and 1 of 10 km less is
    # better: 0.2 and 0.9. Field weights 4 and 1: (0.5^4 x 0.2)^(1/5) and (0.25^4 x 0.9)^(1/5).
    index = Composite((part("a", [0.2, 1.0], "x"), part("b", [0.6, 0.0], "x", weight=3.0), part("c", [8.0, 1.0], "y", 10.0, 0.0)), 0.01)
    expected = [(0.5**4 * 0.2) ** 0.2, (0.25**4 * 0.9) ** 0.2]
    assert index.cell_values() == pytest.approx(expected)
    zones = by_zone(index, np.array([0, 1], np.int32), 2)
    assert zones.value == pytest.approx(expected)
    assert np.isnan(zones.part).all()


def test_an_index_of_one_field_is_a_weighted_mean_without_a_floor() -> None:
    index = Composite((part("a", [0.0, 0.5], "x"), part("b", [0.0, 1.0], "x")), 0.01)
    assert index.cell_values().tolist() == [0.0, 0.75]


def test_a_zone_has_the_index_of_its_own_parts_and_not_the_mean_of_its_cells() -> None:
    index = Composite((part("a", [1.0, 0.0], "x"), part("b", [0.0, 1.0], "y")), 0.01)
    both = by_zone(index, np.array([0, 0], np.int32), 1).value[0]
    assert both == pytest.approx(0.5)
    assert both > index.cell_values().mean()


def test_every_declared_part_is_an_indicator_with_goalposts_on_its_good_side() -> None:
    for row in load("index_parts"):
        indicator = INDICATORS.get(row.extra["indicator"])
        worst, best = row.extra_number("worst"), row.extra_number("best")
        assert worst is not None
        assert best is not None
        assert (best > worst) == (indicator.polarity == "higher"), row.id
        assert row.number > 0
    assert {row.extra["index"] for row in load("index_parts")} == {item.id for item in INDICATORS if item.theme == "index"}


def test_the_index_of_services_is_the_mean_of_those_that_can_be_measured(chengdu: Twin) -> None:
    rows = measurable(chengdu, "index.services")
    assert 2 <= len(rows) < len(declared("index.services"))
    parts = [measure(chengdu, row.extra["indicator"]).rows("city")[0]["value"] for row in rows]
    (city,) = measure(chengdu, "index.services").rows("city")
    assert city["value"] == pytest.approx(np.mean(parts))
    assert city["part"] is None
    sizes = {flag.id: flag.size[0] for flag in measure(chengdu, "index.services").flags("city")}
    assert sizes["needs_unknown"] == pytest.approx(1 - len(rows) / len(declared("index.services")))


def test_an_index_is_no_better_known_than_its_parts(chengdu: Twin) -> None:
    for name in ("index.services", "index.livable"):
        grades = [measure(chengdu, row.extra["indicator"]).rows("city")[0]["grade"] for row in measurable(chengdu, name)]
        assert measure(chengdu, name).rows("city")[0]["grade"] >= max(grades)


def test_zones_stand_in_the_order_of_the_index_with_the_ranks_of_other_choices(chengdu: Twin) -> None:
    rows = standing_rows(Inputs(chengdu), "district")
    assert {row["index"] for row in rows} == {"index.services", "index.livable"}
    for name in ("index.services", "index.livable"):
        mine = [row for row in rows if row["index"] == name]
        values = {row["zone"]: row["value"] for row in measure(chengdu, name).rows("district")}
        assert [row["score"] for row in mine] == sorted((values[row["zone"]] for row in mine), reverse=True)
        for row in mine:
            assert {1 <= row[f"rank_{method}"] <= len(mine) for method in ("entropy", "critic", "topsis", "z")} == {True}
            assert 1 <= row["rank_low"] <= row["rank_median"] <= row["rank_high"] <= len(mine)
            for other in filter(None, row["not_apart_from"].split("|")):
                assert row["zone"] in next(entry for entry in mine if entry["zone"] == other)["not_apart_from"].split("|")
    assert rows == standing_rows(Inputs(chengdu), "district")


def test_zones_are_told_apart_by_the_stated_share_of_draws(chengdu: Twin) -> None:
    assert parameter("index_rules", "apart").number == 0.05
    assert standing_rows(Inputs(chengdu), "city") == []


def test_a_city_without_two_parts_has_no_index(tmp_path: object) -> None:
    from pathlib import Path

    from tests.scenes.town import write_town

    from parkcity.twin.build import build

    twin = build(write_town(Path(str(tmp_path)) / "town"))
    status, needs = status_of(INDICATORS.get("index.services"), twin)
    assert status == "missing"
    assert needs[0].startswith("places:")
