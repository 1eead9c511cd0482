"""The next best site: of all needs and all cells, the one new place that brings most residents within reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

from parkcity.decide.siting import cell_candidates, site
from parkcity.standards import parameter

if TYPE_CHECKING:
    from parkcity.decide.sited import Siting
    from parkcity.insight.inputs import Inputs

_SECONDS = 5.0
_NOT_SITED = ("metro_station", "bus_stop")
"""Stops stand where lines run; a new one alone serves nobody."""


def next_site(inputs: Inputs) -> Siting | None:
    """The plan of one site that gains most, over the needs that are places, within a walk of 15 minutes; None where nobody gains."""
    minutes = parameter("check_limits", "minutes.15").number
    spots = cell_candidates(inputs)
    best: Siting | None = None
    for need in inputs.measurable_needs():
        if need in _NOT_SITED:
            continue
        found = site(inputs, need, count=1, minutes=minutes, candidates=spots, seconds=_SECONDS)
        if found.sites and found.sites[0].gained > 0 and (best is None or found.sites[0].gained > best.sites[0].gained):
            best = found
    return best
