"""Intervals of coverage hold the value, stay within 0 and 1, and are those of the closed form."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parkcity.insight.intervals import bounds

_SHARE = st.floats(0.0, 1.0)


def _one(value: float, far: float, none: float, edge: float, found: float) -> tuple[float, float]:
    low, high = bounds(*(np.array([number]) for number in (value, far, none, edge, found)))
    return float(low[0]), float(high[0])


@given(_SHARE, _SHARE, _SHARE, _SHARE, _SHARE)
def test_the_interval_holds_the_value_within_nought_and_one(value: float, far: float, none: float, edge: float, found: float) -> None:
    low, high = _one(value, far, none, edge, found)
    assert 0.0 <= low <= value <= high <= 1.0


def test_whole_data_leave_no_interval() -> None:
    assert _one(0.3, 0.0, 0.0, 0.0, 1.0) == pytest.approx((0.3, 0.3))


def test_missing_places_follow_the_closed_form() -> None:
    # source: by hand. Two places that each reach half at random leave a quarter; knowing one of the two (f = 1/2) and p = 0.5 the
    # upper bound is 1 - 0.5^2 = 0.75. A third known and p = 0.2: 1 - 0.8^3 = 0.488.
    assert _one(0.5, 0.0, 0.0, 0.0, 0.5)[1] == pytest.approx(0.75)
    assert _one(0.2, 0.0, 0.0, 0.0, 1 / 3)[1] == pytest.approx(0.488)


def test_without_any_place_nothing_is_known() -> None:
    assert _one(0.0, 0.0, 0.0, 0.0, 0.0) == (0.0, 1.0)
