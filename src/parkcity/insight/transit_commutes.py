"""Commutes by public transport: door to door between the zones of homes and jobs, by the timetable of an ordinary weekday morning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.insight.commuting import Commutes, assumptions, commutes, lacks_jobs
from parkcity.insight.inputs import PROVIDERS, Inputs, Provider, profile_of
from parkcity.insight.registry import Input
from parkcity.insight.transit import LAYERS, CityTransit, limit_of
from parkcity.insight.transit_inputs import WALKED, assumed_lines

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_S_PER_MIN = 60.0


def transit_minutes(found: Commutes) -> Floats:
    """Minutes between zones by public transport, from the busiest cell of each, [zones, zones]; infinite where it leads nowhere.

    The median over the departures of the morning window, walks and waits included; who walks all the way within the engine's limit of
    walks has a time too. Within a zone people walk.
    """
    inputs = found.inputs
    city = CityTransit(inputs)

    def make() -> dict[str, NDArray[Any]]:
        centre = found.centres
        setting = city.to_cells().of_origins(centre).to_targets(centre)
        times = city.times(setting, int(limit_of("depart")), int(limit_of("window")))
        return {"s": np.asarray(times.seconds[0], np.float64)}

    args = {
        "date": city.date.isoformat(),
        "profile": profile_of(inputs.group),
        "people": inputs.twin.layer("people").hash,
        "options": dict(inputs.twin.spec.commute),
    }
    layers = (*LAYERS, *(("jobs",) if inputs.twin.has("jobs") else ()))
    seconds = np.array(inputs.kept("commute_transit", layers, args, make)["s"])
    np.fill_diagonal(seconds, found.travel(profile_of("all"), "s").diagonal())
    return np.where(np.isfinite(seconds), seconds, np.inf) / _S_PER_MIN


def commute_by_transit(inputs: Inputs, minutes: float) -> Floats:
    """The share of the commuters of a cell whose way by public transport takes at most so many minutes, float64 [cells]."""
    found = commutes(inputs)
    return found.mean_of((transit_minutes(found) <= minutes).astype(np.float64))


def _assumed(inputs: Inputs, **_args: Any) -> list[str]:
    return assumptions(inputs)


PROVIDERS["commute_by_transit"] = Provider(
    commute_by_transit, WALKED, walks=True, lacking=lacks_jobs, assumed=_assumed, assumed_lines=assumed_lines
)


def by_transit(minutes: float) -> Input:
    """Commuters within minutes by public transport, as an input of an indicator."""
    return Input("commute_by_transit", {"minutes": minutes})
