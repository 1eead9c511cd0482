"""Age and sex of Trafford: what is counted comes in to the person, and what is fitted from parts comes near what was counted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.conftest import REPOSITORY

from parkcity.sense.spread import TierMargin, fit_tiers

# source: Office for National Statistics, mid-2024 population estimates by output area, single year of age and sex (OGL 3.0),
# and its table of which output area lies in which middle layer area
PEOPLE = REPOSITORY / "examples/trafford/data/people/population_oa_mid2024_by_sex_and_age.csv.gz"
LOOKUP = REPOSITORY / "examples/trafford/data/boundaries/lookup_oa_lsoa_msoa.csv"
BAND_YEARS, BANDS = 5, 18


@pytest.fixture(scope="module")
def counted() -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.float64]], np.ndarray[tuple[int, ...], np.dtype[np.int64]]]:
    """Persons by output area, five-year band and sex float64 [areas, 18, 2], and the middle layer area of each."""
    table = pd.read_csv(PEOPLE)
    lookup = pd.read_csv(LOOKUP).set_index("oa21cd")["msoa21cd"]
    years = np.stack(
        [
            table[[column for column in map(str, table.columns) if column.startswith(f"{sex}_")]].to_numpy(float)
            for sex in ("female", "male")
        ],
        axis=2,
    )
    band = np.minimum(np.arange(91) // BAND_YEARS, BANDS - 1)
    out = np.zeros((len(table), BANDS, 2))
    for age in range(91):
        out[:, band[age], :] += years[:, age, :]
    _, member = np.unique(lookup.loc[table["area_code"]].to_numpy(), return_inverse=True)
    return out, member.astype(np.int64)


def test_what_is_known_of_two_tiers_together_is_nearer_to_the_count_than_either(
    counted: tuple[np.ndarray[tuple[int, ...], np.dtype[np.float64]], np.ndarray[tuple[int, ...], np.dtype[np.int64]]],
) -> None:
    truth, member = counted
    areas, flat = len(truth), truth.reshape(len(truth), -1)
    band, sex = np.repeat(np.arange(BANDS), 2), np.tile([0, 1], BANDS)
    broad = np.digitize(band * BAND_YEARS, np.array([15, 65])).astype(np.int64)
    own = np.arange(areas, dtype=np.int64)
    # Known: five-year bands by sex of the middle layer areas; sexes, and three broad ages, of the output areas.
    parts = [(member, np.arange(BANDS * 2)), (own, sex), (own, broad)]
    margins = []
    for rows, kind in parts:
        empty = TierMargin(rows, kind, np.zeros((int(rows.max()) + 1, int(kind.max()) + 1)))
        margins.append(TierMargin(rows, kind, empty.sums(flat)))
    found = fit_tiers(flat.sum(axis=1), np.ones((areas, BANDS * 2)), margins)
    assert found.gap < 1e-9
    assert found.values.sum(axis=1) == pytest.approx(flat.sum(axis=1))
    for margin in margins:
        assert margin.sums(found.values) == pytest.approx(margin.wanted, abs=1e-3)

    def misplaced(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
        """Share of persons in a wrong cell of the table (index of dissimilarity)."""
        return float(np.abs(values - flat).sum() / 2 / flat.sum())

    everywhere = np.outer(flat.sum(axis=1), flat.sum(axis=0) / flat.sum())
    by_area = np.stack([flat[member == row].sum(axis=0) / flat[member == row].sum() for row in member]) * flat.sum(axis=1)[:, None]
    assert misplaced(found.values) < misplaced(by_area) < misplaced(everywhere)
