"""Laws of access: they hold for any town."""

from __future__ import annotations

import itertools
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.scenes.town import Town, cell_id, write_town

from parkcity.insight.forms import by_zone
from parkcity.insight.inputs import Inputs
from parkcity.insight.registry import INDICATORS
from parkcity.insight.run import computable, measure, measure_all
from parkcity.twin.build import build
from parkcity.twin.twin import Twin

spot = st.tuples(st.floats(0.0, 1_000.0), st.floats(0.0, 1_000.0))
FEW = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def town_with(places: list[tuple[str, str, float, float, float]], folder: Path) -> Twin:
    return build(write_town(folder / f"town-{len(list(folder.iterdir()))}", Town(places=places)))


@FEW
@given(st.lists(spot, min_size=1, max_size=4), spot)
def test_adding_a_place_never_makes_anyone_farther(spots: list[tuple[float, float]], extra: tuple[float, float]) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        before = [(f"s{number}", "primary", x, y, 5_000.0) for number, (x, y) in enumerate(spots)]
        after = [*before, ("extra", "primary", *extra, 5_000.0)]
        first = measure(town_with(before, folder), "distance.primary_school.mean").cell_values()
        second = measure(town_with(after, folder), "distance.primary_school.mean").cell_values()
        assert np.all(second <= first)


def test_zones_add_up_to_the_city_for_every_indicator_and_group(chengdu: Twin) -> None:
    for item in measure_all(chengdu, computable(chengdu)):
        (city,) = item.rows("city")
        for tier in ("district", "strategic_zone"):
            rows = item.rows(tier)
            for column in ("part", "whole"):
                if city[column] is not None:
                    assert sum(row[column] for row in rows) == pytest.approx(city[column], rel=1e-12), (item.indicator.id, tier, column)


def test_shares_lie_between_nothing_and_all(chengdu: Twin) -> None:
    for item in measure_all(chengdu, computable(chengdu)):
        if item.indicator.form in {"Share", "Index"}:
            for row in item.rows("district"):
                assert 0.0 <= row["value"] <= 1.0


def test_a_longer_walk_never_covers_fewer(chengdu: Twin) -> None:
    for kind in ("primary_school", "park", "sports", "metro_station"):
        for group in ("all", "children", "elders"):
            parts = [measure(chengdu, f"life_circle.{kind}.within_{minutes}_min", group).rows("city")[0]["part"] for minutes in (5, 10, 15)]
            assert parts == sorted(parts)


def test_a_faster_walker_never_reaches_less(chengdu: Twin) -> None:
    adult = measure(chengdu, "life_circle.park.within_15_min", "all").cell_values() == 1
    elder = measure(chengdu, "life_circle.park.within_15_min", "elders").cell_values() == 1
    lived = chengdu.residents("elders") > 0
    assert not np.any(elder[lived] & ~adult[lived])


def test_bigger_parks_are_never_nearer_than_all_parks(chengdu: Twin) -> None:
    values = [measure(chengdu, f"distance.{name}.mean").cell_values() for name in ("park", "park_5", "park_10", "park_15")]
    for near, far in itertools.pairwise(values):
        known = ~np.isnan(near)
        assert np.all(near[known] <= far[known])


def test_one_and_two_threads_give_the_same_bits(chengdu_folder: Path) -> None:
    twin = build(chengdu_folder)
    from parkcity.travel import nearest, within

    inputs = Inputs(twin, "elders")
    doors, place, rows = inputs.doors_of("park")
    answers = [nearest(inputs.network, inputs.origins(), doors, place, threads=threads) for threads in (1, 2)]
    assert answers[0].values.tobytes() == answers[1].values.tobytes()
    assert answers[0].place.tobytes() == answers[1].place.tobytes()
    area = twin.places["area_m2"].to_numpy(float)[rows]
    sums = [within(inputs.network, inputs.origins(), doors, [900.0], area, place, threads=threads).sums for threads in (1, 2)]
    assert sums[0].tobytes() == sums[1].tobytes()


@FEW
@given(
    st.lists(spot, min_size=1, max_size=4),
    st.lists(st.integers(0, 500), min_size=10, max_size=10),
    st.floats(1.0, 30.0),
    st.floats(0.0, 30.0),
)
def test_in_any_town_zones_add_up_longer_walks_cover_more_and_threads_change_nothing(
    spots: list[tuple[float, float]], counts: list[int], minutes: float, more: float
) -> None:
    centres = range(50, 1_000, 100)
    people = {cell_id(x, y): counts[(x // 100 + y // 100) % 10] for x in centres for y in centres}
    places = [(f"s{number}", "primary", x, y, 5_000.0) for number, (x, y) in enumerate(spots)]
    with TemporaryDirectory() as name:
        twin = build(write_town(Path(name) / "town", Town(places=places, people=people)))
        parts = []
        for limit in (minutes, minutes + more):
            item = INDICATORS.get("life_circle.primary_school.within_15_min")
            inputs = [Inputs(twin, "elders", threads=threads).minutes("primary_school") for threads in (1, 2)]
            assert inputs[0].tobytes() == inputs[1].tobytes()
            assert item.function is not None
            result = item.function(residents=twin.residents("elders"), minutes=inputs[0], limit=limit)
            whole = by_zone(result, twin.member("city"), 1)
            zones = by_zone(result, twin.member("district"), 2)
            assert zones.part.sum() == whole.part[0]
            assert zones.whole.sum() == whole.whole[0]
            parts.append(float(whole.part[0]))
        assert parts[0] <= parts[1]
