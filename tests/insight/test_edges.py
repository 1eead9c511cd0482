"""Where reach crosses the edge of the data, on the tiny town: a square of 1,000 m whose every distance is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.scenes.town import Town, write_town

from parkcity.insight.edges import in_doubt
from parkcity.insight.inputs import Inputs
from parkcity.insight.registry import INDICATORS
from parkcity.twin.build import build


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Inputs:
    return Inputs(build(write_town(tmp_path_factory.mktemp("edges") / "town")))


def edge_of(inputs: Inputs) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Distance of the cells' centres to the border of the town."""
    x = inputs.twin.cells["x"].to_numpy(float) - 410_000.0
    y = inputs.twin.cells["y"].to_numpy(float) - 3_390_000.0
    return np.asarray(np.min([x, 1_000.0 - x, y, 1_000.0 - y], axis=0), np.float64)


def test_a_share_within_a_limit_is_in_doubt_only_where_nothing_is_reached(inputs: Inputs) -> None:
    found = in_doubt(INDICATORS.get("life_circle.primary_school"), inputs)
    distance = inputs.distance_m("primary_school")
    assert found is not None
    assert np.array_equal(found, (distance > 500.0) & (edge_of(inputs) < 500.0))
    assert found.any()


def test_minutes_are_held_against_the_edge_as_metres_of_the_walk(inputs: Inputs) -> None:
    indicator = INDICATORS.get("life_circle.primary_school.within_5_min")
    found = in_doubt(indicator, inputs)
    distance = inputs.distance_m("primary_school")
    from parkcity.insight.inputs import speed_of

    metres = 5 * 60 * speed_of("all").number
    assert found is not None
    assert np.array_equal(found, (distance > metres) & (edge_of(inputs) < metres))


def test_a_distance_is_in_doubt_where_the_edge_is_nearer_than_the_place(inputs: Inputs) -> None:
    found = in_doubt(INDICATORS.get("distance.primary_school.median"), inputs)
    assert found is not None
    assert np.array_equal(found, inputs.distance_m("primary_school") > edge_of(inputs))


def test_what_walks_to_no_place_has_no_edge(inputs: Inputs) -> None:
    assert in_doubt(INDICATORS.get("people.residents"), inputs) is None


def test_sources_that_go_beyond_move_the_edge_to_the_frame_of_the_streets(tmp_path: Path) -> None:
    folder = write_town(tmp_path / "town", Town())
    path = folder / "city.toml"
    text = path.read_text(encoding="utf-8")
    for name in ("streets", "places"):
        text = text.replace(f'id = "{name}"\n', f'id = "{name}"\ncoverage = "beyond"\n')
    path.write_text(text, encoding="utf-8")
    beyond = Inputs(build(folder))
    found = in_doubt(INDICATORS.get("distance.primary_school.median"), beyond)
    # The streets end where the town ends, so that their frame is its border.
    assert found is not None
    assert np.array_equal(found, beyond.distance_m("primary_school") > edge_of(beyond))
