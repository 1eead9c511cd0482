"""Inputs about what the places of a cell offer in all, for ratios of totals: seats and beds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from parkcity.insight.inputs import PROVIDERS, Inputs, Provider
from parkcity.insight.registry import Input
from parkcity.insight.supply import lacks_supply, supply_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parkcity.twin.twin import Twin

    Floats = NDArray[np.float64]


def place_capacity(inputs: Inputs, class_id: str) -> Floats:
    """Seats or beds of the places of a class in every cell, float64 [cells]; places that tell none count with the mean of the others."""
    cell = inputs.cell_of_places()[inputs.rows_of(class_id)]
    size = supply_of(inputs, class_id, "capacity")
    return np.bincount(cell[cell >= 0], size[cell >= 0], minlength=len(inputs.twin.cells)).astype(np.float64)


def _lacks_capacity(twin: Twin, class_id: str) -> list[str]:
    return lacks_supply(twin, class_id, supply="capacity")


PROVIDERS["place_capacity"] = Provider(place_capacity, ("cells", "places"), lacking=_lacks_capacity)


def capacity(class_id: str) -> Input:
    """Seats or beds of a class by cell, as an input of an indicator."""
    return Input("place_capacity", {"class_id": class_id})
