"""Inputs about shelters: open grounds of parks, schools and sports by capacity and reach, filled from the nearest on.

No city publishes its shelters with capacities in the data at hand, so the kinds of ground that the norm names are taken, with the share of
their area that counts as refuge from the table `shelter_kinds`; the grade of the numbers says that these are engine defaults.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from parkcity.insight.inputs import PROVIDERS, WALK_LAYERS, Inputs, Provider, profile_of
from parkcity.insight.registry import Input
from parkcity.standards import load, parameter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parkcity.twin.twin import Twin

    Floats = NDArray[np.float64]

_S_PER_MIN = 60.0
_LEAST = "shelter.area.least"


def shelter_rows(inputs: Inputs) -> tuple[NDArray[np.int64], Floats]:
    """Rows of the places that can shelter people, and the square metres of each that count as refuge."""
    found: tuple[NDArray[np.int64], Floats] = inputs.remember("shelter-rows", lambda: _shelter_rows(inputs.twin))
    return found


def _shelter_rows(twin: Twin) -> tuple[NDArray[np.int64], Floats]:
    places = twin.places
    area = np.nan_to_num(places["area_m2"].to_numpy(float))
    share = np.zeros(len(places))
    for row in load("shelter_kinds"):
        if row.extra["kind"]:
            share[(places["kind"] == row.extra["kind"]).to_numpy()] = row.number
    rows = np.flatnonzero((share > 0) & (area >= parameter("shelter_kinds", _LEAST).number))
    return rows, area[rows] * share[rows]


def lacks_shelters(twin: Twin, **_args: Any) -> list[str]:
    """What a city lacks where none of its places can shelter people."""
    inputs = Inputs(twin)
    return [] if len(shelter_rows(inputs)[0]) else ["area of places:park"]


def refuge_m2(inputs: Inputs) -> Floats:
    """Refuge area in every cell, float64 [cells], m2; places outside the study area count nowhere."""
    rows, room = shelter_rows(inputs)
    cell = inputs.cell_of_places()[rows]
    return np.bincount(cell[cell >= 0], room[cell >= 0], minlength=len(inputs.twin.cells)).astype(np.float64)


def sheltered(inputs: Inputs, measure: str, metres: float, m2_per_person: float) -> Floats:
    """Residents by cell who find room in a shelter within so many metres when all go at once, the nearest first.

    `persons`: how many do, float64 [cells]; `person_minutes`: minutes of their own walk, summed over them.
    """

    def make() -> dict[str, NDArray[Any]]:
        from parkcity.insight.operators.fill import fill_in_order

        walks = inputs.walks("shelters", lambda city: shelter_rows(city)[0], metres)
        speed = inputs.network.profile.speed_m_s
        cell, place, metres_to = walks.cell[walks.order], walks.place[walks.order], walks.metres[walks.order]
        room = shelter_rows(inputs)[1] / m2_per_person
        placed, paid = fill_in_order(cell, place, metres_to, inputs.residents_of("all").astype(np.float64), room)
        return {"persons": placed, "person_minutes": paid / speed / _S_PER_MIN}

    args = {
        "metres": metres,
        "m2": m2_per_person,
        "people": inputs.twin.layer("people").hash,
        "period": inputs.period,
        "profile": profile_of(inputs.group),
    }
    return inputs.kept("sheltered", WALK_LAYERS, args, make)[measure]


def _grounds_assumed(_inputs: Inputs, **_args: Any) -> list[str]:
    return ["parks, sports grounds and schools stand in for shelters", "share of their ground that is refuge"]


PROVIDERS.update(
    {
        "refuge_m2": Provider(refuge_m2, ("cells", "places"), lacking=lacks_shelters, assumed=_grounds_assumed),
        "sheltered": Provider(sheltered, WALK_LAYERS, walks=True, lacking=lacks_shelters, assumed=_grounds_assumed),
    }
)


def refuge() -> Input:
    """Refuge area by cell, as an input of an indicator."""
    return Input("refuge_m2")


def find_room(measure: str, metres: float, m2_per_person: float) -> Input:
    """Residents who find room, as an input of an indicator."""
    return Input("sheltered", {"measure": measure, "metres": metres, "m2_per_person": m2_per_person})
