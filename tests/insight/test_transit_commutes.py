"""Commutes by public transport obey the laws of travel times."""

from __future__ import annotations

import itertools

import numpy as np

from parkcity.insight.commuting import commutes
from parkcity.insight.inputs import Inputs
from parkcity.insight.run import measure
from parkcity.insight.transit_commutes import commute_by_transit, transit_minutes
from parkcity.twin.twin import Twin


def test_more_time_serves_no_fewer_commutes(chengdu: Twin) -> None:
    inputs = Inputs(chengdu)
    shares = [commute_by_transit(inputs, minutes) for minutes in (0.0, 30.0, 45.0, 60.0)]
    assert all(np.all(first <= second) for first, second in itertools.pairwise(shares))
    assert all(np.all((share >= 0) & (share <= 1 + 1e-12)) for share in shares)


def test_a_commute_within_a_zone_is_a_walk(chengdu: Twin) -> None:
    found = commutes(Inputs(chengdu))
    minutes = transit_minutes(found)
    np.testing.assert_allclose(minutes.diagonal(), found.travel("adult", "s").diagonal() / 60.0)
    assert np.all(minutes > 0)


def test_what_it_rests_on_is_told(chengdu: Twin) -> None:
    # No timetable of the metro is published, homes and jobs are modelled: the grade is C at best.
    measured = measure(chengdu, "commute.transit.within_45_min")
    assert {"modelled", "assumed_timetable"} <= {flag.id for flag in measured.flags("city")}
    (row,) = measured.rows("city")
    assert row["grade"] >= "C"
