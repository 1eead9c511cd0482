"""The vector code for walks that come sooner gives the bits of the plain loop, for lists of any length and place."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parkcity.travel.kernels.earlier import WIDTH, _earlier_plain, earlier, lowest
from parkcity.travel.kernels.jit import Int32, kernel

NEVER = 2**31 - 1
pytestmark = pytest.mark.kernel


@kernel
def bits_of(values: Int32, target: Int32, seconds: Int32, at: int, end: int, time: int) -> int:
    return earlier(values, target, seconds, at, end, time)


@kernel
def lowest_of(bits: int) -> int:
    return lowest(bits)


@given(st.data(), st.integers(1, 40), st.integers(-100, 2**29))
@settings(max_examples=150, deadline=None)
def test_sixteen_walks_at_once_are_each_compared_with_their_target(data: st.DataObject, walks: int, time: int) -> None:
    near = st.integers(max(time, 0), time + 900) | st.just(NEVER)
    values = np.array(data.draw(st.lists(near, min_size=5, max_size=5)), np.int32)
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    target, seconds = (rng.integers(0, top, walks + WIDTH).astype(np.int32) for top in (5, 900))
    at = data.draw(st.integers(0, walks - 1))
    found = bits_of(values, target, seconds, at, walks, time)
    assert found == _earlier_plain(values, target, seconds, at, walks, time)
    if found:
        assert lowest_of(found) == next(lane for lane in range(WIDTH) if found >> lane & 1)
