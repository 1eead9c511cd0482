"""A plan of sites: what each serves, what the plan would lose without it, and its best rival."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from scipy import sparse

from parkcity.base.errors import UsageError
from parkcity.decide.operators.cover import covers
from parkcity.insight.classes import PlaceClass, place_class, place_classes
from parkcity.twin.scenario import Scenario

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parkcity.decide.candidates import Candidates
    from parkcity.decide.covering import Plan
    from parkcity.insight.inputs import Inputs
    from parkcity.twin.twin import Twin

    Floats = NDArray[np.float64]
    Rows = NDArray[np.int64]

Goal = Literal["coverage", "distance", "center", "fair", "capture", "capacity"]
GOALS: tuple[Goal, ...] = get_args(Goal)
_S_PER_MIN = 60.0


@dataclass(frozen=True)
class Site:
    """One chosen site. `gained` residents are newly served (coverage) or have it as their nearest place (distance).

    `alone` is what the plan would lose without it: residents served by no other place, or person-metres more.
    `cost` yuan, where candidates have one; `stage`: the stage in which it is built, 0 where there are none.
    `rival` is the best candidate that could stand in its stead, and `rival_less` what the plan would lose by that.
    """

    rank: int
    id: str
    lon: float
    lat: float
    zone: tuple[str, str]
    gained: float
    alone: float
    rival: str = ""
    rival_lon: float = float("nan")
    rival_lat: float = float("nan")
    rival_less: float = float("nan")
    cost: float | None = None
    stage: int = 0

    def row(self) -> dict[str, Any]:
        """The site as a flat row."""
        row: dict[str, Any] = {"rank": self.rank, "lon": self.lon, "lat": self.lat, "gained": self.gained}
        return {**row, "candidate": self.id, "alone": self.alone, "cost": self.cost, "stage": self.stage}


@dataclass(frozen=True)
class Siting:
    """A plan for new places of a kind (and of the kinds `also`, which share each site).

    `closed`: ids of the places that close. `levels`: of a fair plan, the residents beyond each way. `shares`: of each demand of a robust or
    joint plan, its name and the shares served before and after. `ties`: other plans nearly as good, told by the site that would move.
    Coverage: `before` and `after` are residents served, `plan.objective` residents newly served (or, for a demanded share, the number of
    sites). Distance: both are resident-metres. `beyond` are residents that no
    candidate could serve.
    """

    kind: str
    goal: Goal
    limit: float | None
    unit: str
    group: str
    plan: Plan
    sites: tuple[Site, ...]
    before: float
    after: float
    residents: float
    beyond: float
    twin: Twin
    also: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    levels: tuple[dict[str, float], ...] = ()
    shares: tuple[tuple[str, float, float], ...] = ()
    ties: tuple[dict[str, Any], ...] = ()

    def rows(self) -> list[dict[str, Any]]:
        """One row a site: rank, lon, lat, gained, candidate, alone."""
        return [site.row() for site in self.sites]

    def scenario(self) -> Scenario:
        """The plan as a scenario, to be compared like any other."""
        scenario = Scenario(id=f"{self.kind}-{len(self.sites)}")
        for site in self.sites:
            for kind in (self.kind, *self.also):
                chosen = place_class(kind)
                scenario = scenario.add_place(chosen.kind, lon=site.lon, lat=site.lat, area_m2=chosen.least_m2)
        for place in self.closed:
            scenario = scenario.close_place(place)
        return scenario


def known_class(kind: str) -> PlaceClass:
    """The class of places to site; an unknown one raises `UsageError`."""
    if kind not in place_classes():
        msg = f"unknown kind '{kind}'; known: {', '.join(place_classes())}"
        raise UsageError(msg)
    return place_class(kind)


def existing_cost(inputs: Inputs, chosen: PlaceClass, unit: str) -> Floats:
    """Metres or seconds from every cell to the nearest existing place; infinite where there is none."""
    cells = len(inputs.twin.cells)
    if chosen.kind not in inputs.twin.kinds() or not len(inputs.rows_of(chosen.id)):
        return np.full(cells, np.inf)
    value = inputs.distance_m(chosen.id) if unit == "m" else inputs.minutes(chosen.id) * _S_PER_MIN
    return np.where(np.isnan(value), np.inf, value)


def covering_sites(inputs: Inputs, spots: Candidates, matrix: sparse.csr_array, weight: Floats, plan: Rows) -> tuple[Site, ...]:
    """The sites by greatest further gain, each with what it alone serves and its best rival."""
    turned = sparse.csr_array(matrix.T)
    left, order, gains = weight.copy(), [], []
    remaining = list(plan)
    while remaining:
        gain = np.asarray(turned[remaining] @ left)
        best = int(np.argmax(gain))
        order.append(remaining.pop(best))
        gains.append(float(gain[best]))
        left[turned.indices[turned.indptr[order[-1]] : turned.indptr[order[-1] + 1]]] = 0.0
    times = covers(matrix, plan)
    sites = []
    for rank, (column, gained) in enumerate(zip(order, gains, strict=True), start=1):
        mine = np.zeros(len(weight), bool)
        mine[turned.indices[turned.indptr[column] : turned.indptr[column + 1]]] = True
        open_rows = np.where((times == 0) | (mine & (times == 1)), weight, 0.0)
        alone = float(weight[mine & (times == 1)].sum())
        worth = np.asarray(turned @ open_rows)
        worth[plan] = -1.0
        rival = int(np.argmax(worth)) if len(worth) > len(plan) else -1
        sites.append(site_at(inputs, spots, rank, int(column), gained, alone, rival, alone - float(worth[rival]) if rival >= 0 else np.nan))
    return tuple(sites)


def site_at(
    inputs: Inputs, spots: Candidates, rank: int, column: int, gained: float, alone: float, rival: int = -1, less: float = float("nan")
) -> Site:
    """One site of a plan, with its rival where there is one."""
    place = (rank, spots.ids[column], float(spots.lon[column]), float(spots.lat[column]))
    zone = _zone_of(inputs, place[2], place[3])
    cost = None if spots.cost is None else float(spots.cost[column])
    if rival < 0:
        return Site(*place, zone, gained, alone, cost=cost)
    return Site(*place, zone, gained, alone, spots.ids[rival], float(spots.lon[rival]), float(spots.lat[rival]), less, cost)


def _zone_of(inputs: Inputs, lon: float, lat: float) -> tuple[str, str]:
    """Chinese and English name of the zone (of the city's area tier) of the cell nearest to a point."""
    twin = inputs.twin
    x, y = twin.projection.forward(np.array([lon]), np.array([lat]))
    cell = int(np.argmin(np.hypot(twin.cells["x"].to_numpy(float) - x[0], twin.cells["y"].to_numpy(float) - y[0])))
    zones, row = twin.tier_zones(twin.spec.area_tier), int(twin.member(twin.spec.area_tier)[cell])
    return (str(zones["name_zh"].iloc[row]), str(zones["name_en"].iloc[row])) if row >= 0 else ("", "")
