"""Medians by a network: the zero-one principle, and agreement with NumPy."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parkcity.plan.medians import median_of


@pytest.mark.parametrize("count", range(1, 13))
def test_zeros_and_ones_in_every_order_have_their_median(count: int) -> None:
    # Knuth, The Art of Computer Programming 3, 5.3.4: a network that is right for all zero-one inputs is right for all inputs.
    columns = np.array(list(product([0.0, 1.0], repeat=count))).T
    assert np.array_equal(median_of(list(columns)), np.median(columns, axis=0))


@given(st.integers(1, 100), st.integers(0, 2**32 - 1))
def test_the_median_equals_that_of_numpy_and_leaves_its_input_alone(count: int, seed: int) -> None:
    columns = np.random.default_rng(seed).integers(-5, 5, size=(count, 7)).astype(float)
    before = columns.copy()
    assert np.array_equal(median_of(list(columns)), np.median(columns, axis=0))
    assert np.array_equal(columns, before)


def test_single_numbers_have_a_median_too() -> None:
    assert median_of([np.array(3.0), np.array(1.0), np.array(2.0)]) == 2.0
