"""What the check-up says of the data themselves, on the mapped town whose every answer can be worked out from its drawing."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.scenes.mapped import RESIDENTS, source, table, write_mapped
from tests.sense.osm.scene import position

from parkcity.insight.data_check import island_rows, kind_rows, match_rows, residents_by_piece, unattached_rows
from parkcity.insight.inputs import Inputs
from parkcity.twin.build import build


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Inputs:
    return Inputs(build(write_mapped(tmp_path_factory.mktemp("checked") / "town")))


def test_kinds_are_held_against_one_place_for_the_largest_circle(inputs: Inputs) -> None:
    rows = {row["kind"]: row for row in kind_rows(inputs)}
    # Hand count: one park for 1,000 residents is 10 for each 10,000.
    assert rows["park"]["per_10000"] == pytest.approx(10.0)
    # source: GB 50180-2018, 2.0.2: a 15-minute circle has up to 100,000 residents, so 0.1 for each 10,000
    assert rows["park"]["norm_per_10000"] == pytest.approx(0.1)
    assert rows["park"]["found_share"] == 1.0
    assert rows["pharmacy"]["norm_per_10000"] is None
    shares = [row["found_share"] for row in rows.values()]
    assert shares == sorted(shares, key=lambda share: (share is None, share or 0.0))


def test_islands_tell_cause_and_residents_and_nobody_is_counted_twice(inputs: Inputs) -> None:
    rows = island_rows(inputs)
    assert {row["cause"] for row in rows} == {"gate", "missing_link"}
    assert residents_by_piece(inputs.twin).sum() == RESIDENTS
    assert all(row["residents"] == 0 for row in rows)


def test_cells_far_from_every_street_come_with_their_residents(tmp_path: Path) -> None:
    folder = write_mapped(tmp_path / "town", "\n[attach]\nlimit_m = 10.0\n")
    rows = unattached_rows(Inputs(build(folder)))
    cells = [row for row in rows if row["what"] == "cell"]
    assert rows[0]["residents"] == RESIDENTS
    assert all(row["distance_m"] > 10.0 for row in cells)


def test_matches_begin_with_conflicts(tmp_path: Path) -> None:
    options = 'id = "id", category = "kind", name = "name", kinds = { s = "school", d = "hospital" }'
    order = '\n[places]\nprecedence = ["official", "osm"]\n'
    folder = write_mapped(tmp_path / "town", source("official", "places", "csv_places", "data/official.csv", options) + order)
    rows = [["1", "s", "North School", *position(310, 92)], ["2", "d", "Pharmacy", *position(300, 100)]]
    table(folder / "data" / "official.csv", ["id", "kind", "name", "lon", "lat"], rows)
    found = match_rows(Inputs(build(folder)))
    verdicts = [row["verdict"] for row in found]
    assert verdicts[:2] == ["conflict", "same"]
    # The park, the pharmacy and the hospital are each known to one list alone.
    assert verdicts[2:] == ["only_here"] * 3
