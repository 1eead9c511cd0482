"""The Trafford example against the figures that its sources publish."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from tests.conftest import REPOSITORY

from parkcity.insight.run import computable, measure_all
from parkcity.twin.build import build
from parkcity.twin.twin import Twin


@pytest.fixture(scope="module")
def trafford(tmp_path_factory: pytest.TempPathFactory) -> Twin:
    folder = tmp_path_factory.mktemp("city") / "trafford"
    shutil.copytree(REPOSITORY / "examples" / "trafford", folder, ignore=shutil.ignore_patterns("twin", "report"))
    return build(Path(folder))


def test_residents_zones_and_area_are_those_published(trafford: Twin) -> None:
    # Source: mid-2024 estimates of the Office for National Statistics (241,025 persons); README of the data (738, 139, 28, 21, 4; 106 km2).
    assert trafford.residents().sum() == 241_025
    counts = {tier: len(trafford.tier_zones(tier)) for tier in trafford.tiers}
    assert counts == {"city": 1, "authority": 1, "locality": 4, "ward": 21, "msoa": 28, "lsoa": 139, "oa": 738}
    assert trafford.tier_zones("city")["area_km2"].iloc[0] == pytest.approx(106.0, abs=0.1)


def test_women_and_men_add_up_to_everybody_in_every_cell(trafford: Twin) -> None:
    arrays = trafford.layer("people").arrays()
    both = np.asarray(arrays["night_female"]) + np.asarray(arrays["night_male"])
    assert np.array_equal(both, np.asarray(arrays["night"]))


def test_every_tier_holds_everybody(trafford: Twin) -> None:
    residents = trafford.residents()
    for tier in trafford.tiers:
        member = trafford.member(tier)
        assert (member >= 0).all(), tier
        assert np.bincount(member, residents).sum() == 241_025, tier


def test_places_are_those_of_the_lists(trafford: Twin) -> None:
    # Source: README of the data: 1,025 bus stops, 13 libraries, 57 pharmacies, 18 tram stops, 103 schools; duplicates may be merged.
    kinds = trafford.kinds()
    assert kinds["library"] == 13
    assert kinds["metro_station"] == 18
    assert kinds["pharmacy"] == pytest.approx(57, abs=2)
    assert kinds["school"] == pytest.approx(103, abs=2)
    assert kinds["bus_stop"] <= 1_025


def test_without_streets_only_what_needs_no_walk_is_measured(trafford: Twin) -> None:
    assert not trafford.has("streets")
    names = {item.indicator.id for item in measure_all(trafford, computable(trafford))}
    assert {"people.density", "green.park_area_per_head"} <= names
    assert not {name for name in names if "within" in name or name.startswith(("life_circle.", "streets.", "commute."))}
