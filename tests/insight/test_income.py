"""Who has what, by income: the concentration of supply, from a table by zone and from the cells."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.scenes.town import Town, write_town

from parkcity.base.errors import InputError
from parkcity.insight.registry import INDICATORS
from parkcity.insight.run import measure, status_of
from parkcity.twin.build import build
from parkcity.twin.twin import Twin

INDICATOR = "equity.primary_school.concentration"


def town(folder: Path, section: str, rows: str = "west,1000\neast,3000\n") -> Twin:
    """The town whose schools lie in its south-west and north-east corners, with a table of income."""
    city = write_town(folder / "town", Town(places=[("school", "primary", 800.0, 500.0, 9_000.0)]))
    (city / "data" / "income.csv").write_text(f"code,income\n{rows}", encoding="utf-8")
    text = (city / "city.toml").read_text(encoding="utf-8")
    source = """
[[sources]]
id = "income"
layer = "zone_table"
reader = "csv_zone_table"
path = "data/income.csv"
date = "2024-01"
licence = "CC0"
attribution = "drawn in code"
datum = "WGS84"
options = { key = "code" }
"""
    (city / "city.toml").write_text(text.replace("[[sources]]", section + "\n[[sources]]", 1) + source, encoding="utf-8")
    return build(city)


SECTION = '[income]\nsource = "income"\ncolumn = "income"\nkey = "code"\ntier = "district"\n'


def value(twin: Twin) -> float:
    (row,) = measure(twin, INDICATOR).rows("city")
    return float(row["value"])


def test_supply_that_only_the_better_off_half_has_is_concentrated_by_a_half(tmp_path: Path) -> None:
    # The school lies in the rich east, its catchment of 500 m too: every unit of supply belongs to the better half, whose members
    # share one rank, 0.75: 2 x (0.75 - 0.5) = 0.5. source: Kakwani, Wagstaff and van Doorslaer (1997).
    twin = town(tmp_path, SECTION)
    access = measure(twin, "equity.primary_school.gini").cell_values()
    west = twin.member("district") == list(twin.tier_zones("district")["id"]).index("west")
    supply = access * twin.residents()
    share = float(supply[~west].sum() / supply.sum())
    # Ranks of the halves are 0.25 and 0.75, so that C = 2 (0.75 share + 0.25 (1 - share)) - 1.
    assert value(twin) == pytest.approx(2 * (0.75 * share + 0.25 * (1 - share)) - 1)
    assert share > 0.9


def test_an_index_of_deprivation_is_turned_round(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert value(town(tmp_path / "b", SECTION + 'higher = "worse"\n')) == pytest.approx(-value(town(tmp_path / "a", SECTION)))


def test_cells_without_income_are_left_out(tmp_path: Path) -> None:
    twin = town(tmp_path, SECTION, "west,\neast,3000\n")
    assert np.isnan(np.asarray(twin.layer("income").array("rank_by"))).sum() == 50
    # All that are known have one rank: nothing is concentrated.
    assert value(twin) == pytest.approx(0.0, abs=1e-12)


def test_faults_of_the_income_are_told_with_their_rows(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'income' is 'much'") as caught:
        town(tmp_path, SECTION, "west,much\neast,3000\n")
    assert caught.value.faults[0].row == 2


def test_a_table_needs_its_key_and_tier(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        town(tmp_path, '[income]\nsource = "income"\ncolumn = "income"\n')
    assert len(caught.value.faults) == 2


def test_without_income_it_is_missing(tmp_path: Path) -> None:
    twin = build(write_town(tmp_path / "town"))
    assert status_of(INDICATORS.get(INDICATOR), twin) == ("missing", ["income"])
