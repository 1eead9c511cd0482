"""Renewal lists against hand-made rankings and laws."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.scenes.town import PEOPLE, lonlat, write_town

from parkcity.base.errors import InputError
from parkcity.decide.compare import Baseline
from parkcity.decide.operators.rank import drawn_ranks, ranks, weighted_scores, worst_is_one
from parkcity.decide.renewal import load_renewal, reasons, renewal_list, renewal_projects
from parkcity.twin.build import build

CRITERIA = """
[[criteria]]
id = "age"
name_zh = "房龄"
name_en = "age"
column = "age"
worse = "high"
weight = 2.0
[[criteria]]
id = "width"
column = "width"
worse = "low"
weight = 1.0
"""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Baseline:
    return Baseline(build(write_town(tmp_path_factory.mktemp("renewal") / "town")))


def declared(folder: Path, extra: str = "", criteria: str = CRITERIA) -> Path:
    lines = ["block,lon,lat,age,width,people,money"]
    # Eleven blocks: ages 0 to 100, the older the wider the street except for the last, whose width is unknown.
    for number in range(11):
        lon, lat = lonlat(50.0 + 90.0 * number, 500.0)
        width = "" if number == 10 else str(number)
        lines.append(f"b{number},{lon},{lat},{10 * number},{width},{100 + number},{1000 * number}")
    (folder / "blocks.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    head = '[renewal]\nfile = "blocks.csv"\nid = "block"\nlon = "lon"\nlat = "lat"\nresidents = "people"\n'
    path = folder / "renewal.toml"
    path.write_text(head + criteria + extra, encoding="utf-8")
    return path


def test_scores_equal_the_sum_worked_out_by_hand(base: Baseline, tmp_path: Path) -> None:
    found = renewal_list(base, load_renewal(declared(tmp_path)), 3)
    scores = {block.id: block.score for block in found.blocks}
    # Ages 0 to 100 have the 5th and 95th percentile 5 and 95: b5 is (50 - 5) / 90 = 0.5.
    # Widths 0 to 9 have 0.45 and 8.55: b5 is (8.55 - 5) / 8.1.
    assert scores["b5"] == pytest.approx((2 * 0.5 + (8.55 - 5) / 8.1) / 3)
    # b10 has no width and is scored by its age alone.
    assert scores["b10"] == 1.0
    assert found.unknown == {"age": 0, "width": 1}
    assert found.blocks[0].id == "b10"
    assert [item.id for item in reasons(found.blocks[0], found.criteria)] == ["age"]
    assert found.blocks[0].worse_than["age"] == 1.0
    assert found.blocks[0].residents == 110


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=12), st.floats(0.1, 5), st.floats(0.1, 5))
def test_ranks_follow_scores_and_one_criterion_alone_never_moves(rows: list[tuple[float, float]], one: float, two: float) -> None:
    scaled = np.array(rows)
    order = ranks(weighted_scores(scaled, np.array([one, two])))
    assert sorted(order) == list(range(1, len(rows) + 1))
    alone = drawn_ranks(scaled[:, :1], np.array([one]), 0.5, 20, 1)
    assert (alone == alone[0]).all()
    np.testing.assert_array_equal(
        drawn_ranks(scaled, np.array([one, two]), 0.5, 5, 7), drawn_ranks(scaled, np.array([one, two]), 0.5, 5, 7)
    )
    # A block that is worse by every criterion never ranks better.
    both = np.array([one, two])
    for i, j in ((i, j) for i in range(len(rows)) for j in range(len(rows)) if (scaled[i] > scaled[j]).all()):
        assert ranks(weighted_scores(scaled, both))[i] < ranks(weighted_scores(scaled, both))[j]


def test_a_scale_has_its_ends_at_the_quantiles() -> None:
    values = np.array([0.0, 5.0, 10.0, np.nan])
    np.testing.assert_allclose(worst_is_one(values, 0.0, 1.0, high_is_worse=True), [0, 0.5, 1, np.nan])
    np.testing.assert_allclose(worst_is_one(values, 0.0, 1.0, high_is_worse=False), [1, 0.5, 0, np.nan])
    np.testing.assert_allclose(worst_is_one(np.array([3.0, 3.0]), 0.0, 1.0, high_is_worse=True), [0, 0])


def test_access_lacks_and_residents_come_from_the_twin(base: Baseline, tmp_path: Path) -> None:
    criteria = "".join(
        f'[[criteria]]\nid = "{name}"\n{source}\nworse = "high"\nweight = 1.0\n'
        for name, source in (
            ("way", 'indicator = "distance.primary_school.mean"'),
            ("lacks", 'measure = "lacks"'),
            ("people", 'measure = "residents"'),
        )
    )
    path = declared(tmp_path, criteria=criteria)
    path.write_text(path.read_text(encoding="utf-8").replace('residents = "people"\n', ""), encoding="utf-8")
    found = renewal_list(base, load_renewal(path), 3)
    block = next(block for block in found.blocks if block.id == "b0")
    # The block at (50, 500) lies in the cell of (50, 450) or (50, 550): to the school at (200, 200) along the grid.
    assert any(block.values["way"] == pytest.approx(150.0 + up, abs=0.5) for up in (250.0, 350.0))
    assert block.residents == PEOPLE
    assert block.zone == "west"


def test_renewals_become_projects_with_their_cost(base: Baseline, tmp_path: Path) -> None:
    path = declared(tmp_path, '[project]\ncost = "money"\neffects = "T9=1"\nowner = "housing"\n')
    renewal = load_renewal(path)
    projects = renewal_projects(renewal, renewal_list(base, renewal, 2), base)
    first = projects[0]
    assert (first.id, first.cost, first.effects, first.owner) == (
        "renew-b10",
        10_000.0,
        {"T9": 1.0},
        "housing",
    )
    plain = load_renewal(declared(tmp_path))
    blocks = renewal_list(base, plain, 2)
    with pytest.raises(InputError, match="does not say what a renewal costs"):
        renewal_projects(plain, blocks, base)


def test_all_faults_of_a_declaration_are_told(tmp_path: Path) -> None:
    bad = '[[criteria]]\nid = "a"\ncolumn = "age"\nindicator = "no.such"\nworse = "big"\nweight = -1\ncolour = "red"\n'
    with pytest.raises(InputError) as caught:
        load_renewal(declared(tmp_path, criteria=bad))
    assert len(caught.value.faults) == 5


def test_the_command_ranks_in_both_languages(town: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "parkcity", "programme", str(town), "--renewal", str(declared(tmp_path)), "--top", "3"]
    done = subprocess.run([*command, "--format", "json"], capture_output=True, text=True, check=True, encoding="utf-8")
    document = json.loads(done.stdout)
    assert [row["rank"] for row in document["rows"]] == list(range(1, 12))
    assert document["meta"]["weights"] == {"age": 2.0, "width": 1.0}
    for lang, words in (("zh", "名次"), ("en", "Rank between")):
        told = subprocess.run([*command, "--lang", lang], capture_output=True, text=True, check=True, encoding="utf-8").stdout
        assert told.count(words) >= 3
