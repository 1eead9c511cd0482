"""Floating catchments: what supply there is for each resident, when those who reach it share it.

Every method takes the same sparse pairs of cell and place: `cell` and `place` int32 [pairs], `weight` float64 [pairs] from 0 to
1 (a decay of the travel cost), `demand` float64 [cells] (residents), `supply` float64 [places] (seats, beds, square metres, or 1
each). A pair may stand once. A place that nobody reaches serves nobody, and a cell that reaches no place has access 0.

Methods that share all supply (`two_step`, `three_step`) keep sum(demand x access) equal to the supply of the places that
somebody reaches; the others give part of it away as the cost of distance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int32] | npt.NDArray[np.int64]


@dataclass(frozen=True)
class Catchment:
    """Pairs of cells and places within reach, with their weights.

    Invariants: rows are within `cells` and `places`; weights are finite and 0 or more.
    """

    cell: Rows
    place: Rows
    weight: Floats
    cells: int
    places: int

    def __post_init__(self) -> None:
        if not len(self.cell) == len(self.place) == len(self.weight):
            raise ValueError("cell, place and weight must have one entry a pair")
        if len(self.weight) and (not np.all(np.isfinite(self.weight)) or self.weight.min() < 0):
            raise ValueError("weights must be finite and 0 or more")

    def by_cell(self, values: Floats) -> Floats:
        """Sum of a value a pair over the places that a cell reaches, [cells]."""
        return np.bincount(self.cell, values, minlength=self.cells).astype(np.float64)

    def by_place(self, values: Floats) -> Floats:
        """Sum of a value a pair over the cells that reach a place, [places]."""
        return np.bincount(self.place, values, minlength=self.places).astype(np.float64)


@dataclass(frozen=True)
class Access:
    """What a method gives: supply for each resident [cells], supply for each who may come [places], and places nobody reaches [places]."""

    access: Floats
    ratio: Floats
    idle: npt.NDArray[np.bool_]


def shared(part: Floats, whole: Floats) -> Floats:
    """The part over the whole, 0 where the whole is 0."""
    return np.divide(part, whole, out=np.zeros(np.broadcast_shapes(part.shape, whole.shape)), where=whole > 0)


def _given(catchment: Catchment, asked: Floats, supply: Floats, share: Floats) -> Access:
    """Supply over those who ask for it at each place, given out by a share for each pair."""
    ratio = shared(supply, asked)
    return Access(catchment.by_cell(ratio[catchment.place] * share), ratio, asked <= 0)


def two_step(catchment: Catchment, demand: Floats, supply: Floats) -> Access:
    """R_j = S_j / sum_i(P_i W_ij); A_i = sum_j(R_j W_ij).

    With step weights it is the two-step floating catchment area method (Luo and Wang 2003), with rings the enhanced one (Luo and
    Qi 2009), with a Gaussian Dai's (2010), with a kernel Dai and Wang's (2011); with a decay without a limit it is the measure
    with competition of Joseph and Bantock (1982) and Shen (1998).

    >>> pairs = Catchment(np.array([0, 1]), np.array([0, 0]), np.ones(2), cells=3, places=1)
    >>> two_step(pairs, np.array([1.0, 3.0, 5.0]), np.array([8.0])).access.tolist()
    [2.0, 2.0, 0.0]
    """
    asked = catchment.by_place(demand[catchment.cell] * catchment.weight)
    return _given(catchment, asked, supply, catchment.weight)


def three_step(catchment: Catchment, demand: Floats, supply: Floats) -> Access:
    """G_ij = W_ij / sum_j(W_ij); R_j = S_j / sum_i(G_ij P_i W_ij); A_i = sum_j(G_ij R_j W_ij): who has a choice asks less of each.

    Source: Wan, Zou and Sternberg (2012), "A three-step floating catchment area method for analyzing spatial access to health
    services".
    """
    choice = catchment.weight * shared(catchment.weight, catchment.by_cell(catchment.weight)[catchment.cell])
    asked = catchment.by_place(demand[catchment.cell] * choice)
    return _given(catchment, asked, supply, choice)


def modified(catchment: Catchment, demand: Floats, supply: Floats) -> Access:
    """R_j = S_j / sum_i(P_i W_ij); A_i = sum_j(R_j W_ij^2): far places are worth less even to those who have them alone.

    Source: Delamater (2013), "Spatial accessibility in suboptimally configured health care systems: a modified two-step floating
    catchment area (M2SFCA) metric".
    """
    asked = catchment.by_place(demand[catchment.cell] * catchment.weight)
    return _given(catchment, asked, supply, catchment.weight**2)


def huff_share(catchment: Catchment, supply: Floats) -> Floats:
    """The share of a cell's residents that choose each place, by its size and its weight, [pairs].

    Source: Huff (1963), "A probabilistic analysis of shopping center trade areas".
    """
    pull = supply[catchment.place] * catchment.weight
    return shared(pull, catchment.by_cell(pull)[catchment.cell])


def huff_three_step(catchment: Catchment, demand: Floats, supply: Floats) -> Access:
    """G_ij by Huff's choice; R_j = S_j / sum_i(G_ij P_i); A_i = sum_j(G_ij R_j W_ij).

    Source: Joerg, Lenz, Wetz and Widmer (2019), "Ein Modell zur Analyse der Versorgungsdichte" (MH3SFCA).
    """
    choice = huff_share(catchment, supply)
    asked = catchment.by_place(demand[catchment.cell] * choice)
    return _given(catchment, asked, supply, choice * catchment.weight)


def balanced(catchment: Catchment, demand: Floats, supply: Floats) -> Access:
    """L_j = S_j / sum_i(P_i W_ij / sum_j W_ij); A_i = sum_j(L_j W_ij / sum_i W_ij): sum(A) equals sum(L).

    Source: Paez, Higgins and Vivona (2019), "Demand and level of service inflation in Floating Catchment Area (FCA) methods",
    PLOS ONE 14(6).
    """
    of_cell = shared(catchment.weight, catchment.by_cell(catchment.weight)[catchment.cell])
    of_place = shared(catchment.weight, catchment.by_place(catchment.weight)[catchment.place])
    asked = catchment.by_place(demand[catchment.cell] * of_cell)
    return _given(catchment, asked, supply, of_place)


METHODS = {
    "two_step": two_step,
    "three_step": three_step,
    "modified": modified,
    "huff_three_step": huff_three_step,
    "balanced": balanced,
}
"""The methods by name."""


def cumulative(catchment: Catchment, supply: Floats) -> Floats:
    """sum_j(S_j W_ij) without competition, [cells] (Hansen 1959, "How accessibility shapes land use")."""
    return catchment.by_cell(supply[catchment.place] * catchment.weight)


def crowding(catchment: Catchment, demand: Floats, supply: Floats) -> Floats:
    """Residents for each unit of supply at every place, by Huff's choice: sum_i(P_i S_j W_ij / sum_l S_l W_il) / S_j, [places].

    Source: Wang (2018), "Inverted two-step floating catchment area method for measuring facility crowdedness".
    """
    return shared(catchment.by_place(demand[catchment.cell] * huff_share(catchment, supply)), supply)


def served(access: Floats, standard: float) -> Floats:
    """The share of a cell's residents for whom there is enough: access / standard, at most 1, [cells].

    >>> served(np.array([0.0, 1.0, 4.0]), 2.0).tolist()
    [0.0, 0.5, 1.0]
    """
    if standard <= 0:
        raise ValueError("a standard of supply must be above 0")
    return np.asarray(np.minimum(access / standard, 1.0))
