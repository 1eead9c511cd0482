"""Access and inequality against published answers and other programs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from parkcity.insight.operators import decay
from parkcity.insight.operators.catchment import Catchment, balanced, cumulative, huff_three_step, three_step, two_step
from parkcity.insight.operators.distribution import gini
from parkcity.insight.operators.inequality import concentration, palma_of_means, poverty, theil, theil_parts

DATA = Path(__file__).resolve().parent / "data"
CHENGDU = Path(__file__).resolve().parents[2] / "examples" / "chengdu" / "data"


class BeloHorizonte:
    """The cells and the pairs within reach."""

    def __init__(self) -> None:
        folder = DATA / "belo-horizonte"
        self.cells = pd.read_csv(folder / "hexagons.csv.gz")
        minutes = pd.read_csv(folder / "minutes.csv.gz").set_index("from_id").to_numpy(float)
        self.cell, self.place = np.nonzero(~np.isnan(minutes))
        self.minutes = minutes[self.cell, self.place]
        self.r = pd.read_csv(folder / "accessibility.csv.gz")
        self.pysal = pd.read_csv(folder / "pysal_access.csv.gz").set_index("id").reindex(self.cells["id"])
        self.people, self.schools, self.jobs = (self.cells[name].to_numpy(float) for name in ("population", "schools", "jobs"))

    def catchment(self, weight: np.ndarray) -> Catchment:
        return Catchment(self.cell, self.place, weight, len(self.cells), len(self.cells))


@pytest.fixture(scope="module")
def bh() -> BeloHorizonte:
    return BeloHorizonte()


def test_access_equals_the_r_package_accessibility(bh: BeloHorizonte) -> None:
    # source: R package accessibility, commit dfde37a; printed with 12 decimals.
    step = bh.catchment(decay.step(bh.minutes, 30.0))
    assert np.array_equal(cumulative(step, bh.jobs), bh.r["jobs_30"])
    assert np.array_equal(cumulative(bh.catchment(decay.step(bh.minutes, 60.0)), bh.jobs), bh.r["jobs_60"])
    falling = cumulative(bh.catchment(decay.exponential(bh.minutes, 0.1)), bh.jobs)
    assert falling == pytest.approx(bh.r["jobs_gravity_exp_0.1"].to_numpy(), abs=1e-6)
    assert two_step(step, bh.people, bh.schools).access == pytest.approx(bh.r["schools_2sfca_30"].to_numpy(), abs=1e-12)
    slow = bh.catchment(decay.exponential(bh.minutes, 0.05))
    assert balanced(slow, bh.people, bh.schools).access == pytest.approx(bh.r["schools_bfca_exp_0.05"].to_numpy(), abs=1e-12)


def test_catchments_equal_the_pysal_package_access(bh: BeloHorizonte) -> None:
    # source: access 1.1.10 (benchmarks/access.py, `store`); it has no row for cells without residents.
    edges = np.array([10.0, 20.0, 30.0])
    found = {
        "two_stage": two_step(bh.catchment(decay.step(bh.minutes, 30.0)), bh.people, bh.schools),
        "enhanced": two_step(bh.catchment(decay.rings(bh.minutes, edges, np.array([1, 0.68, 0.22]))), bh.people, bh.schools),
        "gaussian": two_step(bh.catchment(np.where(bh.minutes <= 30, np.exp(-(bh.minutes**2) / 200), 0)), bh.people, bh.schools),
        "three_stage": three_step(bh.catchment(decay.rings(bh.minutes, edges, np.array([0.962, 0.704, 0.377]))), bh.people, bh.schools),
    }
    lived = bh.people > 0
    for name, ours in found.items():
        theirs = bh.pysal[f"{name}_schools"].to_numpy()
        assert np.array_equal(np.isnan(theirs), ~lived)
        assert ours.access[lived] == pytest.approx(theirs[lived], rel=1e-6, abs=1e-15), name


def test_inequality_of_access_equals_the_r_package_accessibility(bh: BeloHorizonte) -> None:
    # source: R package accessibility, printed with seven digits; income is unknown where nobody lives.
    jobs, known = bh.r["jobs_30"].to_numpy(float), bh.cells["income_per_capita"].notna().to_numpy()
    income, people = bh.cells["income_per_capita"].to_numpy()[known], bh.people[known]
    assert gini(jobs, bh.people) == pytest.approx(0.4715251, abs=5e-8)
    parts = theil_parts(jobs, bh.people, bh.cells["income_decile"].fillna(0).to_numpy(int) - 1)
    assert (parts.total, parts.between, parts.within) == pytest.approx((0.3616631, 0.1280753, 0.2335878), abs=5e-8)
    shares = [poverty(jobs, bh.people, 95_368.0, power) for power in (0, 1, 2)]
    assert shares == pytest.approx([0.5745378, 0.3277383, 0.2218769], abs=1e-7)
    # The package ranks cells of one income one after the other, in the order of the table; with that order its figure comes out.
    # Ours share a rank, so that the order of the rows does not matter.
    order = np.empty(len(income))
    order[np.argsort(income, kind="stable")] = np.arange(len(income))
    assert concentration(jobs[known], people, order) == pytest.approx(0.2865013, abs=5e-8)
    assert concentration(jobs[known], people, income) == pytest.approx(0.2865013, abs=3e-5)


def test_palma_of_access_differs_from_the_r_package_by_the_cells_that_it_does_not_split(bh: BeloHorizonte) -> None:
    # source: R package accessibility 3.800465: mean of the cells above the income of the ninth decile over that of the cells up to
    # the income of the fourth. We split the two cells in which those residents fall; on split people both definitions are one.
    jobs, income = bh.r["jobs_30"].to_numpy(float), bh.cells["income_per_capita"].to_numpy(float)
    known = ~np.isnan(income)
    jobs, income, people = jobs[known], income[known], bh.people[known]
    order = np.argsort(income, kind="stable")
    reached = np.cumsum(people[order]) / people.sum()
    fourth, ninth = (income[order][np.searchsorted(reached, share)] for share in (0.4, 0.9))
    rich, poor = income > ninth, income <= fourth
    whole = np.average(jobs[rich], weights=people[rich]) / np.average(jobs[poor], weights=people[poor])
    assert whole == pytest.approx(3.800465, abs=1e-6)
    # The lower cell belongs to the poorest with a part of its people only, so ours is a little lower.
    assert palma_of_means(jobs, people, income) == pytest.approx(whole, rel=6e-3)


# source: README of the R package fca (egrueebler/fca): ten tracts, three providers, minutes; its weights have no cut.
_PEOPLE = np.array([100, 200, 50, 100, 500, 50, 100, 100, 50, 500], float)
_BEDS = np.array([1000.0, 200, 500])
_MINUTES = np.array(
    [
        [8.627326, 23.64915, 12.26931, 26.49052, 28.21402, 1.366695, 15.843165, 26.772571, 16.543050, 13.698442],
        [28.705, 13.60002, 20.32712, 17.17900, 3.08774, 26.994749, 7.382632, 1.261786, 9.837622, 28.635109],
        [26.686179, 20.78410, 19.21520, 29.82809, 19.67117, 21.255914, 16.321981, 17.824261, 8.674792, 4.413409],
    ]
).T


def _dense(weight: np.ndarray) -> Catchment:
    cell, place = np.nonzero(weight > 0)
    return Catchment(cell, place, weight[cell, place], *weight.shape)


def test_three_steps_equal_the_example_of_the_r_package_fca() -> None:
    weight = np.exp(_MINUTES**2 * np.log(0.01) / 20**2)
    expected = [3.97260949, 0.03678999, 1.46747735, 0.01079342, 0.28782748, 9.11410451, 0.19596873, 0.31194607, 0.37539987, 1.10349481]
    assert three_step(_dense(weight), _PEOPLE, _BEDS).access == pytest.approx(expected, rel=1e-5)


def test_three_steps_equal_the_unit_tests_of_the_r_package_fca() -> None:
    # source: tests of the same package: population 1 to 4, size 1 to 6, weights 1 to 24 filled by columns, six places by four cells.
    weight = np.arange(1.0, 25).reshape(4, 6)
    people, size = np.arange(1.0, 5), np.arange(1.0, 7)
    expected = [0.6686168, 1.3565093, 2.0921208, 2.8355005]
    assert three_step(_dense(weight), people, size).access == pytest.approx(expected, rel=1e-6)
    expected = [9.617634, 21.717421, 34.325798, 47.032856]
    assert huff_three_step(_dense(weight), people, size).access == pytest.approx(expected, rel=1e-6)


def test_luo_and_wangs_example() -> None:
    # source: Luo and Wang (2003), figure 3: one resident in each of eleven tracts, a physician in each of two.
    of_a, of_b = [1, 2, 3, 4, 6, 7, 9, 10], [4, 5, 8, 11]
    catchment = Catchment(np.array([*of_a, *of_b]) - 1, np.repeat([0, 1], [8, 4]), np.ones(12), 11, 2)
    expected = [1 / 8, 1 / 8, 1 / 8, 3 / 8, 1 / 4, 1 / 8, 1 / 8, 1 / 4, 1 / 8, 1 / 8, 1 / 4]
    assert two_step(catchment, np.ones(11), np.ones(2)).access == pytest.approx(expected, rel=1e-12)


def test_incomes_of_the_states_give_the_published_gini_and_theil() -> None:
    # source: PySAL package inequality on the same table, one value a year.
    table = pd.read_csv(DATA / "us-income" / "usjoin.csv")
    answers = pd.read_csv(DATA / "us-income" / "reference_inequality.csv").set_index("year")
    assert len(answers) == 81
    for year, answer in answers.iterrows():
        income = table[str(year)].to_numpy(float)
        assert gini(income, np.ones(48)) == pytest.approx(answer["gini"], abs=1e-9)
        assert theil(income, np.ones(48)) == pytest.approx(answer.filter(like="theil").iloc[0], abs=1e-9)


def test_concentration_of_deaths_of_children_by_wealth() -> None:
    # source: World Bank, Quantitative Techniques for Health Equity Analysis, note 7: India 1982-92, five wealth groups.
    births = np.array([29_939, 28_776, 26_528, 24_689, 19_739], float)
    rate = np.array([154.7, 152.9, 119.5, 86.9, 54.3])
    assert concentration(rate, births, np.arange(5.0)) == pytest.approx(-0.1694, abs=5e-5)


# Shelter coefficients of the three scenarios by kind of place, as the study's own values give them (A is printed in its code).
_COEFFICIENTS = {
    "A": {"体育场馆": 0.65, "": 0.60},
    "B": {"体育场馆": 0.60, "": 0.50},
    "C": {"体育场馆": 0.62, "公园绿地": 0.46, "大学/高等院校": 0.29, "": 0.37},
}


@pytest.mark.parametrize("scenario", _COEFFICIENTS)
@pytest.mark.parametrize("period", ["day", "night"])
def test_shelters_of_chengdu_give_the_access_that_their_study_published(scenario: str, period: str) -> None:
    # source: examples/chengdu/data/people/published_g2sfca_accessibility.csv.gz (chengdu-hotel-shelter-integration), six decimals.
    # Its text names Dai's decay, which is 0 at the limit; the published numbers come from exp(-2 (d / 3000 m)^2), cut at 3000 m, over
    # great-circle distances on a sphere of 6371 km, and from 2 m2 of shelter for each person.
    grid = pd.read_csv(CHENGDU / "people" / "grid_322m_population_risk.csv.gz")
    published = pd.read_csv(CHENGDU / "people" / "published_g2sfca_accessibility.csv.gz").set_index("GRID_ID").reindex(grid["GRID_ID"])
    places = pd.read_csv(CHENGDU / "places" / "facilities_parks_schools_sports.csv", encoding="utf-8-sig")
    chosen = _COEFFICIENTS[scenario]
    usable = places["facility_subtype"].map(lambda kind: chosen.get(kind, chosen[""])).to_numpy(float)
    distance = _great_circle_m(grid, places)
    cell, place = np.nonzero(distance <= 3000)
    weight = np.exp(-2 * (distance[cell, place] / 3000) ** 2)
    people = grid[f"pop_{period}"].to_numpy(float)
    found = two_step(Catchment(cell, place, weight, *distance.shape), people, places["total_area_m2"].to_numpy(float) * usable / 2)
    off = np.abs(found.access - published[f"Ai_{scenario}_{period}"].to_numpy())
    # One cell has a place at the very limit, where a rounding of its coordinates decides.
    assert np.sort(off)[-2] < 1e-5
    assert off.max() < 1e-3
    assert (people * found.access).sum() == pytest.approx(float((people * published[f"Ai_{scenario}_{period}"]).sum()), rel=1e-7)


def _great_circle_m(grid: pd.DataFrame, places: pd.DataFrame) -> np.ndarray:
    lat1, lat2 = np.radians(grid["lat"].to_numpy())[:, None], np.radians(places["lat"].to_numpy())[None]
    lon = np.radians(places["lon"].to_numpy()[None] - grid["lon"].to_numpy()[:, None])
    half = np.sin((lat2 - lat1) / 2) ** 2 + np.cos(lat1) * np.cos(lat2) * np.sin(lon / 2) ** 2
    return np.asarray(2 * 6_371_000 * np.arcsin(np.sqrt(half)))
