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

    from parkcity.travel import Attach
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


def _doors(inputs: Inputs) -> tuple[Attach, NDArray[np.int32], Floats]:
    """Doors of shelters, the shelter of each, and the refuge area of every shelter."""
    from parkcity.travel import Attach

    rows, room = shelter_rows(inputs)
    number = np.full(len(inputs.twin.places), -1, np.int64)
    number[rows] = np.arange(len(rows))
    place = number[inputs.twin.doors["place"].to_numpy()]
    mine = np.flatnonzero(place >= 0)
    again = np.full(len(place), -1, np.int64)
    again[mine] = np.arange(len(mine))
    every = inputs.doors()
    keep = again[every.owner] >= 0
    chosen = Attach(again[every.owner[keep]].astype(np.int32), every.edge[keep], every.offset[keep], every.distance[keep], len(mine))
    return chosen, place[mine].astype(np.int32), room


def sheltered(inputs: Inputs, measure: str, metres: float, m2_per_person: float) -> Floats:
    """Residents by cell who find room in a shelter within so many metres when all go at once, the nearest first.

    `persons`: how many do, float64 [cells]; `person_minutes`: minutes of their own walk, summed over them.
    """

    def make() -> dict[str, NDArray[Any]]:
        from parkcity.insight.operators.fill import fill_nearest
        from parkcity.travel import reach_pairs

        doors, place, room = _doors(inputs)
        pairs = reach_pairs(inputs.network, inputs.origins(), doors, metres, door_place=place, unit="m", threads=inputs.threads)
        speed = inputs.network.profile.speed_m_s
        placed, paid = fill_nearest(pairs.origin, pairs.place, pairs.cost, inputs.residents_of("all"), room / m2_per_person)
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
