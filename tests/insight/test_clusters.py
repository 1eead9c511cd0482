"""Clusters: published values of PySAL, the definition of Moran's I, and patterns whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import cKDTree

from parkcity.insight.clusters import HIGH, HIGH_AMONG_LOW, LOW, LOW_AMONG_HIGH, cluster_rows, discovered, pattern
from parkcity.insight.inputs import Inputs
from parkcity.insight.run import measure
from parkcity.standards import load
from parkcity.twin.twin import Twin

RATE = 0.05


def grid(side: int) -> tuple[np.ndarray, np.ndarray]:
    """Points of a square grid, and pairs that share a side or a corner."""
    points = np.array([(x, y) for x in range(side) for y in range(side)], float)
    return points, cKDTree(points).query_pairs(1.5, output_type="ndarray")


def test_local_sums_of_six_points_are_those_of_getis_and_ord() -> None:
    # source: documentation of esda, G_Local: six points, neighbours within 15, Gi* with binary weights.
    points = np.array([(10, 10), (20, 10), (40, 10), (15, 20), (30, 20), (30, 30)], float)
    values = np.array([2, 3, 3.2, 5, 8, 7])
    found = pattern(values, cKDTree(points).query_pairs(15.0, output_type="ndarray"), RATE)
    expected = [-1.39727626, -0.28917762, 0.65064964, -0.28917762, 1.23452088, 2.02424331]
    assert found.gi_z == pytest.approx(expected, abs=1e-7)


def test_morans_i_is_its_definition() -> None:
    # I = n / S0 sum_ij w_ij z_i z_j / sum z^2 with rows of weights that sum to 1 (Moran 1950; Cliff and Ord 1981).
    points, pairs = grid(9)
    values = np.random.default_rng(4).random(len(points)) + points[:, 0]
    weights = np.zeros((len(points), len(points)))
    weights[pairs[:, 0], pairs[:, 1]] = weights[pairs[:, 1], pairs[:, 0]] = 1
    weights /= weights.sum(axis=1, keepdims=True)
    z = values - values.mean()
    assert pattern(values, pairs, RATE).moran == pytest.approx(z @ weights @ z / (z @ z))


def test_a_block_of_high_values_is_a_hot_spot_and_noise_is_none() -> None:
    points, pairs = grid(20)
    noise = np.random.default_rng(11).normal(size=len(points))
    calm = pattern(noise, pairs, RATE)
    assert abs(calm.moran_z) < 3
    assert np.count_nonzero(calm.spot) <= 0.05 * len(points)
    block = (points[:, 0] < 6) & (points[:, 1] < 6)
    hot = pattern(noise + 4 * block, pairs, RATE)
    assert hot.moran_z > 10
    inner = (points[:, 0] < 5) & (points[:, 1] < 5)
    assert np.all(hot.spot[inner] == 1)
    far = (points[:, 0] > 8) | (points[:, 1] > 8)
    assert not np.any(hot.spot[far] == 1)


def test_a_cell_unlike_its_neighbours_is_an_outlier() -> None:
    points, pairs = grid(20)
    values = np.where(points[:, 0] < 10, 5.0, 0.0) + np.random.default_rng(2).normal(scale=0.3, size=len(points))
    low = int(np.nonzero((points == (4, 10)).all(axis=1))[0][0])
    high = int(np.nonzero((points == (15, 10)).all(axis=1))[0][0])
    values[[low, high]] = values[[high, low]]
    outlier = pattern(values, pairs, RATE).outlier
    assert (outlier[low], outlier[high]) == (LOW_AMONG_HIGH, HIGH_AMONG_LOW)
    assert np.count_nonzero(outlier != "") <= 4


def test_units_without_neighbours_belong_to_no_cluster() -> None:
    points, pairs = grid(10)
    values = np.append(points[:, 0], 500.0)
    found = pattern(values, pairs, RATE)
    assert (found.spot[-1], found.outlier[-1], found.gi_z[-1]) == (0, "", 0.0)


def test_false_discoveries_are_held_as_benjamini_and_hochberg_do() -> None:
    # source: Benjamini and Hochberg (1995), section 3.2: fifteen p-values, of which the first four are significant at 0.05.
    from scipy.stats import norm

    p = np.array([0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0])
    assert discovered(norm.isf(p / 2), 0.05).tolist() == [True] * 4 + [False] * 11


def test_clusters_of_chengdu_hold_values_above_or_below_the_city(chengdu: Twin) -> None:
    rows = cluster_rows(Inputs(chengdu), "district")
    named = {row.extra["indicator"] for row in load("cluster_rules") if row.extra["indicator"]}
    assert {row["indicator"] for row in rows} <= named
    for name in {row["indicator"] for row in rows}:
        mine = [row for row in rows if row["indicator"] == name]
        assert [row["rank"] for row in mine] == list(range(1, len(mine) + 1))
        assert [row["residents"] for row in mine] == sorted((row["residents"] for row in mine), reverse=True)
        values = measure(chengdu, name).cell_values()
        middle = float(np.nanmean(values[chengdu.residents() > 0]))
        for row in mine:
            assert row["moran_z"] > 2
            if row["what"] in {HIGH, LOW}:
                assert row["cells"] >= 3
                assert (row["value"] > middle) == (row["what"] == HIGH), (name, row)
    assert rows == cluster_rows(Inputs(chengdu), "district")
