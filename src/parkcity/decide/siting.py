"""Siting: where new places of a kind serve most residents, or shorten their ways most; existing places are kept.

Candidates are all cells (a place would stand at the cell's centre) or given points. Distances are those of the walking network, so
that what a plan promises is what the city measures once the places are built. Every plan carries a proven bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from scipy import sparse

from parkcity.base.errors import InputError, UsageError
from parkcity.decide.candidates import Candidates, cell_candidates, point_candidates
from parkcity.decide.covering import Plan, max_cover, min_sites
from parkcity.decide.median import Instance, p_median, serve
from parkcity.decide.operators.cover import covers
from parkcity.insight.classes import PlaceClass, place_class, place_classes
from parkcity.insight.operators.coverage import within
from parkcity.sense.kinds import kinds
from parkcity.twin.scenario import Scenario

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parkcity.insight.inputs import Inputs
    from parkcity.twin.twin import Twin

    Floats = NDArray[np.float64]
    Rows = NDArray[np.int64]

__all__ = ["Candidates", "Goal", "Site", "Siting", "cell_candidates", "known_class", "point_candidates", "site", "site_kinds"]

Goal = Literal["coverage", "distance", "center", "fair", "capture", "capacity"]
GOALS: tuple[Goal, ...] = get_args(Goal)
_S_PER_MIN = 60.0
_WHOLE_CITY_M = 1e6


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


def site(
    inputs: Inputs,
    kind: str,
    *,
    count: int | None = None,
    cover: float | None = None,
    metres: float | None = None,
    minutes: float | None = None,
    goal: Goal = "coverage",
    candidates: Candidates | None = None,
    seconds: float = 60.0,
    **conditions: Any,
) -> Siting:
    """Choose sites for new places of a kind (or a sized class such as `park_10`), for the group of residents of `inputs`.

    Coverage: `count` sites that newly serve most residents within `metres` or `minutes` (maximum coverage, MCLP), or with `cover` (a share
    from 0 to 1) the fewest sites after which that share of residents is served (set covering, LSCP). Distance: `count` sites that make the
    sum of all residents' ways, in metres, least (p-median); it has no limit. Center: the longest way shortest (p-center); fair: that, then
    the fewest residents beyond each shorter way. Capture: residents who would have a new place as their nearest. Capacity: places can be
    full. `conditions` are the fields of `siting_rules.Conditions`: budget, backup, shares of districts, closures, further kinds, stages,
    need, scenarios, capacities.
    Raises `UsageError` on a combination that means nothing, and `InputError` where a demanded share cannot be reached.
    """
    from parkcity.decide.siting_rules import Conditions, site_under

    chosen = known_class(kind)
    rules = Conditions.of(conditions)
    _check_call(count, cover, metres, minutes, goal, free=rules.limits_money or bool(rules.stages))
    spots = candidates or cell_candidates(inputs)
    if rules.given or goal not in {"coverage", "distance"}:
        side, most = ("s", minutes * _S_PER_MIN) if minutes is not None else ("m", metres or _WHOLE_CITY_M)
        return site_under(inputs, chosen, spots, goal, rules, side, most, count, seconds)
    if goal == "coverage":
        unit = "s" if minutes is not None else "m"
        limit = minutes * _S_PER_MIN if minutes is not None else metres
        assert limit is not None
        return _cover(inputs, chosen, spots, unit, limit, count, cover, seconds)
    assert count is not None
    return _shorten(inputs, chosen, spots, count, seconds)


def _check_call(count: int | None, cover: float | None, metres: float | None, minutes: float | None, goal: str, *, free: bool) -> None:
    if goal not in GOALS:
        msg = f"unknown goal '{goal}'; allowed: {', '.join(GOALS)}"
        raise UsageError(msg)
    if free and cover is not None:
        raise UsageError("a share to cover goes with neither a budget nor stages")
    if not free and (count is None) == (cover is None):
        raise UsageError("say either how many sites (count) or which share of residents to cover (cover)")
    if count is not None and count < 1:
        msg = f"count is {count}; allowed: 1 or more"
        raise UsageError(msg)
    if cover is not None and (goal != "coverage" or not 0 < cover <= 1):
        raise UsageError("cover is a share above 0 and up to 1, and goes with the goal coverage")
    if metres is not None and minutes is not None:
        raise UsageError("give metres or minutes, not both")
    if goal in {"distance", "center", "fair"} and (metres is not None or minutes is not None):
        msg = f"the goal {goal} shortens ways and has no limit: leave metres and minutes out"
        raise UsageError(msg)
    if goal in {"coverage", "capture", "capacity"} and metres is None and minutes is None:
        msg = f"the goal {goal} needs a limit: metres or minutes"
        raise UsageError(msg)
    if any(limit is not None and not limit > 0 for limit in (metres, minutes)):
        raise UsageError("a limit must be above 0")


def existing_cost(inputs: Inputs, chosen: PlaceClass, unit: str) -> Floats:
    """Metres or seconds from every cell to the nearest existing place; infinite where there is none."""
    cells = len(inputs.twin.cells)
    if chosen.kind not in inputs.twin.kinds() or not len(inputs.rows_of(chosen.id)):
        return np.full(cells, np.inf)
    value = inputs.distance_m(chosen.id) if unit == "m" else inputs.minutes(chosen.id) * _S_PER_MIN
    return np.where(np.isnan(value), np.inf, value)


def _cover(
    inputs: Inputs, chosen: PlaceClass, spots: Candidates, unit: str, limit: float, count: int | None, cover: float | None, seconds: float
) -> Siting:
    from parkcity.travel import reach_pairs

    pairs = reach_pairs(inputs.network, inputs.origins(), spots.attach, limit, unit=unit, threads=inputs.threads)
    residents = inputs.residents()
    already = within(existing_cost(inputs, chosen, unit), limit)
    matrix = sparse.csr_array((np.ones(len(pairs.place), np.int8), pairs.place, pairs.start), shape=(len(residents), len(spots.ids)))
    weight = np.where(already, 0.0, residents)
    before, total = float(residents[already].sum()), float(residents.sum())
    beyond = float(weight[np.diff(matrix.indptr) == 0].sum())
    if count is not None:
        plan = max_cover(matrix, weight, count, seconds)
    else:
        assert cover is not None
        need = cover * total - before
        if need > weight.sum() - beyond + 1e-6:
            raise InputError(_unreachable(inputs, matrix, weight, cover, before, total))
        plan = min_sites(matrix, weight, need, seconds)
    sites = covering_sites(inputs, spots, matrix, weight, plan.sites)
    after = before + float(weight[covers(matrix, plan.sites) > 0].sum())
    shown = limit if unit == "m" else limit / _S_PER_MIN
    return Siting(chosen.id, "coverage", shown, unit, inputs.group, plan, sites, before, after, total, beyond, inputs.twin)


def _unreachable(inputs: Inputs, matrix: sparse.csr_array, weight: Floats, cover: float, before: float, total: float) -> Any:
    """The fault of a share that cannot be covered, naming the cells with most residents that no candidate reaches."""
    from parkcity.base.errors import Fault

    lost = np.flatnonzero((np.diff(matrix.indptr) == 0) & (weight > 0))
    order = lost[np.argsort(-weight[lost], kind="stable")]
    ids = inputs.twin.cells["id"].to_numpy()
    most = (before + float(weight[np.diff(matrix.indptr) > 0].sum())) / total
    names = ", ".join(str(ids[row]) for row in order[:10])
    what = f"{cover:.1%} of the residents cannot be covered: no candidate reaches {len(lost)} cells, with most residents: {names}."
    return Fault("cover", what, f"at most {np.floor(most * 1000) / 10:.1f} % with these candidates.", "raise the limit or add candidates")


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


def _shorten(inputs: Inputs, chosen: PlaceClass, spots: Candidates, count: int, seconds: float) -> Siting:
    from parkcity.travel import reach_pairs

    residents, now = inputs.residents(), existing_cost(inputs, chosen, "m")
    farthest = float(now[np.isfinite(now)].max(initial=0.0))
    reach = farthest if farthest > 0 and np.isfinite(now[residents > 0]).all() else _WHOLE_CITY_M
    pairs = reach_pairs(inputs.network, inputs.origins(), spots.attach, reach, unit="m", threads=inputs.threads)
    row = pairs.origin
    # A cell from which no street leads to a place counts with twice the longest way there is, so that serving it is worth most.
    longest = max(farthest, float(pairs.cost.max(initial=0.0)))
    beyond = ~np.isfinite(now) & (np.diff(pairs.start) == 0)
    other = np.where(beyond, 0.0, np.where(np.isfinite(now), now, 2.0 * longest)) * residents
    case = Instance.of(pairs.start, pairs.place, pairs.cost * residents[row], other, len(spots.ids))
    plan = p_median(case, count, seconds)
    sites = _median_sites(inputs, spots, case, residents, plan.sites)
    lost = float(residents[beyond].sum())
    numbers = (float(other.sum()), plan.objective, float(residents.sum()), lost)
    return Siting(chosen.id, "distance", None, "m", inputs.group, plan, sites, *numbers, inputs.twin)


def _median_sites(inputs: Inputs, spots: Candidates, case: Instance, residents: Floats, plan: Rows) -> tuple[Site, ...]:
    """The sites by the number of residents who have them as nearest, each with what the plan loses without it and its best rival."""
    from parkcity.decide.kernels.median import swap_table

    if not len(plan):
        return ()
    now = serve(case, plan)
    gain, loss, extra = np.empty(case.sites), np.empty(len(plan)), np.empty((case.sites, len(plan)))
    swap_table(case.start, case.site, case.cost, now.first, now.second, now.which, gain, loss, extra)
    served = np.bincount(now.which[now.which >= 0], residents[now.which >= 0], minlength=len(plan))
    order = np.argsort(-served, kind="stable")
    sites = []
    for rank, slot in enumerate(order, start=1):
        profit = gain - loss[slot] + extra[:, slot]
        profit[plan] = -np.inf
        rival = int(np.argmax(profit)) if case.sites > len(plan) else -1
        less = -float(profit[rival]) if rival >= 0 else np.nan
        sites.append(site_at(inputs, spots, rank, int(plan[slot]), float(served[slot]), float(loss[slot]), rival, less))
    return tuple(sites)


def site_kinds() -> tuple[str, ...]:
    """Everything that can be sited: the classes whose kind the table of kinds knows."""
    return tuple(name for name, entry in place_classes().items() if entry.kind in kinds())
