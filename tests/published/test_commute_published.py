"""Commuting against observed flows: Bristol, 2011."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from parkcity.insight.forms import by_zone
from parkcity.insight.indicators.commute import jobs_per_worker
from parkcity.insight.operators.distribution import gini
from parkcity.insight.operators.flows import calibrate_mean, calibrate_share, common_part, gravity, mean_cost, radiation, share_within
from parkcity.insight.operators.transport import least_total, most_total

DATA = Path(__file__).resolve().parent / "data" / "bristol"


class Bristol:
    """Observed commuters between zones, and straight kilometres between their centres."""

    def __init__(self) -> None:
        zones, table = pd.read_csv(DATA / "zones.csv"), pd.read_csv(DATA / "od_2011.csv.gz")
        row = {zone: number for number, zone in enumerate(zones["zone"])}
        self.table = table
        self.seen = np.zeros((len(zones), len(zones)))
        self.seen[table["o"].map(row), table["d"].map(row)] = table["all"]
        x, y = zones["x_m"].to_numpy() / 1000, zones["y_m"].to_numpy() / 1000
        self.km = np.hypot(x[:, None] - x[None], y[:, None] - y[None])
        # Within a zone: the mean distance of two points of a circle of its area, 128 r / (45 pi).
        np.fill_diagonal(self.km, 128 / (45 * np.pi) * np.sqrt(zones["area_m2"].to_numpy() / np.pi) / 1000)
        self.homes, self.jobs = self.seen.sum(axis=1), self.seen.sum(axis=0)


@pytest.fixture(scope="module")
def bristol() -> Bristol:
    return Bristol()


def test_observed_commutes_have_their_published_totals_and_shares(bristol: Bristol) -> None:
    # source: 2011 census table as kept in spDataLarge: 238,805 commuters, 28,680 within their zone; 7.57 % by bicycle, 19.65 % on foot,
    # 55.41 % driving, 1.04 % by train.
    assert bristol.seen.sum() == 238_805
    assert np.trace(bristol.seen) / bristol.seen.sum() == pytest.approx(0.1201, abs=5e-5)
    shares = bristol.table[["bicycle", "foot", "car_driver", "train"]].sum() / bristol.seen.sum()
    assert shares.round(4).tolist() == [0.0757, 0.1965, 0.5541, 0.0104]


def test_gravity_calibrated_on_the_mean_finds_three_quarters_of_the_commuters(bristol: Bristol) -> None:
    # Lenormand, Bassolas and Ramasco (2016), "Systematic comparison of trip distribution laws and models", figure 3: doubly constrained
    # gravity with exponential decay has 0.65 to 0.8 of commuters in common with censuses of eight countries, radiation less.
    seen = mean_cost(bristol.seen, bristol.km)
    found = calibrate_mean(bristol.km, bristol.homes, bristol.jobs, seen)
    assert found.figure == pytest.approx(seen, rel=1e-4)
    assert 0.65 < common_part(found.flows, bristol.seen) < 0.8
    assert share_within(found.flows, bristol.km, 5.0) == pytest.approx(share_within(bristol.seen, bristol.km, 5.0), abs=0.03)
    stay = np.diag(bristol.seen) / bristol.homes
    radiated = radiation(bristol.km, bristol.homes, bristol.homes, bristol.jobs, stay)
    assert common_part(radiated, bristol.seen) < common_part(found.flows, bristol.seen)
    # Masucci et al. (2013), "Gravity versus radiation models: on the importance of scale and heterogeneity in commuting flows": within a
    # city radiation has far too few long trips.
    assert mean_cost(radiated, bristol.km) < seen


def test_a_share_calibrates_as_well_as_a_mean(bristol: Bristol) -> None:
    near = share_within(bristol.seen, bristol.km, 5.0)
    found = calibrate_share(bristol.km, bristol.homes, bristol.jobs, 5.0, near)
    assert mean_cost(found.flows, bristol.km) == pytest.approx(mean_cost(bristol.seen, bristol.km), rel=0.05)


def test_excess_commuting_lies_in_the_range_of_the_literature(bristol: Bristol) -> None:
    # White (1988) found 11 % and Hamilton (1982) 87 % for cities of the United States; later studies lie between (Ma and Banister 2006,
    # "Excess commuting: a critical review", table 1).
    total = bristol.seen.sum()
    least = least_total(bristol.km, bristol.homes, bristol.jobs)
    most = most_total(bristol.km, bristol.homes, bristol.jobs).total / total
    seen = mean_cost(bristol.seen, bristol.km)
    assert least.gap < 1e-6
    assert least.total / total < seen < mean_cost(gravity(bristol.km, bristol.homes, bristol.jobs, 0.0), bristol.km) < most
    assert 0.11 < (seen - least.total / total) / seen < 0.87


def test_washington_has_two_jobs_for_each_worker_and_they_lie_in_few_tracts() -> None:
    # source: LODES 8, 2021: 624,377 jobs and 285,077 resident workers in the District, 2.190 jobs for each.
    tracts = pd.read_csv(DATA.parent / "washington-dc" / "tracts.csv")
    workers, jobs = tracts["workers"].to_numpy(float), tracts["jobs"].to_numpy(float)
    assert (jobs.sum(), workers.sum()) == (624_377, 285_077)
    found = jobs_per_worker(workers, jobs)
    assert by_zone(found, np.zeros(len(tracts), np.int32), 1).value[0] == pytest.approx(2.190, abs=5e-4)
    # Jobs are far more concentrated than homes.
    assert gini(jobs / workers.clip(1), workers.clip(1)) > 0.6
    # Matched with as many jobs as there are workers, commutes of the least length stay below those that ignore distance.
    x, y = tracts["x_m"].to_numpy() / 1000, tracts["y_m"].to_numpy() / 1000
    km = np.hypot(x[:, None] - x[None], y[:, None] - y[None])
    least = least_total(km, workers, jobs * workers.sum() / jobs.sum())
    assert least.gap < 1e-6
    assert least.total < (gravity(km, workers, jobs * workers.sum() / jobs.sum(), 0.0) * km).sum()
