"""Siting under conditions: what binds the plan beside the number of sites, for every goal.

Every plan is exact where HiGHS proves it in the time, and states its bound where it does not.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from parkcity.base.errors import Fault, InputError, UsageError
from parkcity.decide.capacity import Full, plan_capacity, served_of
from parkcity.decide.center import Ways, fair, p_center
from parkcity.decide.cover_model import Demand, Rules, plan_cover, staged_cover
from parkcity.decide.operators.cover import covers
from parkcity.decide.sited import Goal, Site, Siting, covering_sites, existing_cost, known_class, site_at
from parkcity.insight.classes import PlaceClass, place_class
from parkcity.insight.operators.coverage import within

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from parkcity.decide.candidates import Candidates
    from parkcity.decide.covering import Plan
    from parkcity.insight.inputs import Inputs
    from parkcity.travel import Attach
    from parkcity.travel.reach import Pairs

    Floats = NDArray[np.float64]
    Rows = NDArray[np.int64]

_WHOLE_CITY_M = 1e6
_S_PER_MIN = 60.0
_NEAR_EQUAL = 0.01
"""Share of what a plan newly serves that another may serve less and still be told as nearly equal."""
_TIES = 20


@dataclass(frozen=True)
class Conditions:
    """What binds a plan. Left at its default, a condition does not.

    `budget` yuan, with costs of the candidates; `backup`: worth of a second place within reach, as a share of the first; `least`: share of
    every district's residents who must be served; `moves`: present places that may close, each for one more new one; `also`: further kinds
    that share each site (a community complex); `stages`: new sites of each stage; `need` float64 [cells]: how much a resident of a cell
    counts; `under`: inputs of the city under scenarios, for a plan that is good in all of them; `capacity` and `existing_capacity`:
    persons whom a new and a present place can serve.
    """

    budget: float | None = None
    backup: float = 0.0
    least: float = 0.0
    moves: int = 0
    also: tuple[str, ...] = ()
    stages: tuple[int, ...] = ()
    need: Floats | None = field(default=None, compare=False)
    under: tuple[Inputs, ...] = ()
    capacity: float | None = None
    existing_capacity: float | None = None

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Conditions:
        """Conditions by name; an unknown one, or one out of range, raises `UsageError`."""
        known = {entry.name for entry in fields(cls)}
        for name in given:
            if name not in known:
                msg = f"there is no condition '{name}'; there are: {', '.join(sorted(known))}"
                raise UsageError(msg)
        rules = cls(**given)
        if not (0 <= rules.backup <= 1 and 0 <= rules.least <= 1):
            raise UsageError("backup and least are shares from 0 to 1")
        if (rules.budget is not None and rules.budget < 0) or rules.moves < 0 or any(count < 0 for count in rules.stages):
            raise UsageError("a budget, closures and stages are 0 or more")
        return rules

    @property
    def limits_money(self) -> bool:
        """Is the plan bound by a budget?"""
        return self.budget is not None

    @property
    def given(self) -> bool:
        """Is anything said beside the defaults?"""
        return self.need is not None or replace(self, need=None) != Conditions()


def site_under(
    inputs: Inputs,
    chosen: PlaceClass,
    spots: Candidates,
    goal: Goal,
    rules: Conditions,
    unit: str,
    limit: float,
    count: int | None,
    seconds: float,
) -> Siting:
    """Choose sites for a goal under conditions. Raises `UsageError` on a combination that means nothing, `InputError` where none fits."""
    _check(goal, rules, count)
    if rules.budget is not None:
        _check_budget(spots, rules.budget)
    if goal in {"center", "fair"}:
        return _center(inputs, chosen, spots, goal, count or 0, seconds)
    if goal == "capacity":
        return _capacity(inputs, chosen, spots, rules, unit, limit, count or 0, seconds)
    return _cover(inputs, chosen, spots, goal, rules, unit, limit, count, seconds)


_MEANT: dict[str, set[str]] = {
    "coverage": {"budget", "backup", "least", "moves", "also", "stages", "need", "under"},
    "capture": {"budget", "need"},
    "capacity": {"capacity", "existing_capacity", "need"},
    "center": set(),
    "fair": set(),
    "distance": set(),
}


def _check(goal: str, rules: Conditions, count: int | None) -> None:
    plain = Conditions()
    given = {entry.name for entry in fields(rules) if entry.compare and getattr(rules, entry.name) != getattr(plain, entry.name)}
    given |= {"need"} if rules.need is not None else set()
    wrong = sorted(given - _MEANT[goal])
    if wrong:
        msg = f"'{wrong[0]}' means nothing for the goal {goal}; it goes with: {', '.join(sorted(_MEANT[goal])) or 'no condition'}"
        raise UsageError(msg)
    if rules.stages and (given - {"stages", "need"} or count is not None):
        raise UsageError("stages say how many sites each has; they go with no other condition but need")
    if rules.under and rules.also:
        raise UsageError("several kinds and several scenarios at once are more than one plan: choose one of them")
    if goal == "capacity" and (rules.capacity is None or not rules.capacity > 0):
        raise UsageError("the goal capacity needs the capacity of a new place, in persons above 0")
    if count is None and not rules.stages and rules.budget is None:
        raise UsageError("say how many sites (count), or give a budget")


def _check_budget(spots: Candidates, budget: float) -> None:
    if spots.cost is None:
        raise UsageError("a budget needs the cost of the candidates: a column 'cost', or one cost for all")
    cheapest = int(np.argmin(spots.cost))
    if spots.cost[cheapest] > budget:
        what = f"the budget of {budget:,.0f} yuan is below the cheapest site, '{spots.ids[cheapest]}'."
        raise InputError(
            Fault("budget", what, f"at least {spots.cost[cheapest]:,.0f} yuan.", "raise the budget, or add cheaper candidates")
        )


def _doors(inputs: Inputs, chosen: PlaceClass) -> tuple[Attach, NDArray[np.int32], Rows] | None:
    """Doors of the present places of a class, the place of each, and their rows; None where there is none."""
    if chosen.kind not in inputs.twin.kinds() or not len(inputs.rows_of(chosen.id)):
        return None
    return inputs.doors_of(chosen.id)


def _pairs(inputs: Inputs, doors: Attach, limit: float, unit: str, door_place: NDArray[np.int32] | None = None) -> Pairs:
    from parkcity.travel import reach_pairs

    return reach_pairs(inputs.network, inputs.origins(), doors, limit, door_place, unit=unit, threads=inputs.threads)


def _matrix(pairs: Pairs, rows: int, columns: int) -> sparse.csr_array:
    return sparse.csr_array((np.ones(len(pairs.place), np.int8), pairs.place, pairs.start), shape=(rows, columns))


def _demand(inputs: Inputs, chosen: PlaceClass, spots: Candidates, rules: Conditions, unit: str, limit: float, name: str) -> Demand:
    """Residents of every cell, the candidates that would serve them, and the places that do."""
    residents = inputs.residents() * (1.0 if rules.need is None else rules.need)
    matrix = _matrix(_pairs(inputs, spots.attach, limit, unit), len(residents), len(spots.ids))
    present = _doors(inputs, chosen)
    already = np.zeros(len(residents), np.int64)
    district = inputs.twin.member(inputs.twin.spec.area_tier)
    if rules.moves:
        kept = np.zeros((len(residents), 0)) if present is None else _present(inputs, present, unit, limit)
        matrix = sparse.csr_array(sparse.hstack([matrix, sparse.csr_array(kept)], format="csr"))
    elif present is not None and rules.backup > 0:
        already = np.asarray(_present(inputs, present, unit, limit).sum(axis=1), np.int64).ravel()
    elif present is not None:
        already = within(existing_cost(inputs, chosen, unit), limit).astype(np.int64)
    return Demand(name, matrix, residents, already, district)


def _present(inputs: Inputs, present: tuple[Attach, NDArray[np.int32], Rows], unit: str, limit: float) -> sparse.csr_array:
    doors, place, rows = present
    return _matrix(_pairs(inputs, doors, limit, unit, place), len(inputs.twin.cells), len(rows))


def _cover(
    inputs: Inputs,
    chosen: PlaceClass,
    spots: Candidates,
    goal: Goal,
    rules: Conditions,
    unit: str,
    limit: float,
    count: int | None,
    seconds: float,
) -> Siting:
    demands = _demands(inputs, chosen, spots, goal, rules, unit, limit)
    if rules.stages:
        plan, stages = staged_cover(demands[0], rules.stages, seconds)
        stage_of = {int(column): number for number, part in enumerate(stages, start=1) for column in part}
    else:
        plan, stage_of = _planned(demands, spots, rules, count, seconds), {}
    new = plan.sites[plan.sites < len(spots.ids)]
    closed = _closed(inputs, chosen, rules, plan, len(spots.ids))
    # Of a robust plan residents are counted in the city as it is; scenarios only choose.
    counted = demands[:1] if rules.under else demands
    stacked = sparse.csr_array(sparse.vstack([demand.matrix[:, : len(spots.ids)] for demand in counted]))
    open_weight = np.concatenate([np.where(_stands(demand, plan, len(spots.ids)), 0.0, demand.weight) for demand in counted])
    sites = covering_sites(inputs, spots, stacked, open_weight, new)
    if stage_of:
        column_of = {name: number for number, name in enumerate(spots.ids)}
        staged = [replace(entry, stage=stage_of[column_of[entry.id]]) for entry in sites]
        sites = tuple(
            replace(entry, rank=rank) for rank, entry in enumerate(sorted(staged, key=lambda one: (one.stage, one.rank)), start=1)
        )
    before = sum(_before(demand, rules, len(spots.ids)) for demand in counted)
    after = sum(demand.served(plan.sites) for demand in counted)
    total = sum(demand.total for demand in counted)
    reach = sum(float(demand.weight[(demand.already == 0) & (np.diff(demand.matrix.indptr) == 0)].sum()) for demand in counted)
    shares = tuple(
        (
            demand.name,
            _before(demand, rules, len(spots.ids)) / max(demand.total, 1e-12),
            demand.served(plan.sites) / max(demand.total, 1e-12),
        )
        for demand in demands
    )
    shown = limit if unit == "m" else limit / _S_PER_MIN
    numbers = (before, after, total, reach)
    ties = _ties(stacked, open_weight, new, spots) if goal == "coverage" and not rules.stages else ()
    return Siting(
        chosen.id,
        goal,
        shown,
        unit,
        inputs.group,
        plan,
        sites,
        *numbers,
        inputs.twin,
        rules.also,
        closed,
        shares=shares if len(shares) > 1 else (),
        ties=ties,
    )


def _demands(
    inputs: Inputs, chosen: PlaceClass, spots: Candidates, goal: Goal, rules: Conditions, unit: str, limit: float
) -> tuple[Demand, ...]:
    if goal == "capture":
        return (_captured(inputs, chosen, spots, rules, unit, limit),)
    if rules.under:
        here = [("baseline", inputs), *((_scenario_of(other), other) for other in rules.under)]
        return tuple(_demand(one, chosen, spots, rules, unit, limit, name) for name, one in here)
    kinds = (chosen, *(known_class(name) for name in rules.also))
    return tuple(_demand(inputs, kind, spots, rules, unit, limit, kind.id) for kind in kinds)


def _scenario_of(inputs: Inputs) -> str:
    scenario = getattr(inputs.twin, "scenario", None)
    return str(getattr(scenario, "id", "scenario"))


def _captured(inputs: Inputs, chosen: PlaceClass, spots: Candidates, rules: Conditions, unit: str, limit: float) -> Demand:
    """A candidate takes the residents to whom it is nearer than any present place and within the limit (maximum capture)."""
    residents = inputs.residents() * (1.0 if rules.need is None else rules.need)
    now = existing_cost(inputs, chosen, unit)
    pairs = _pairs(inputs, spots.attach, limit, unit)
    keep = pairs.cost < now[pairs.origin]
    matrix = sparse.csr_array(
        (np.ones(int(keep.sum()), np.int8), (pairs.origin[keep], pairs.place[keep])), shape=(len(residents), len(spots.ids))
    )
    return Demand(chosen.id, matrix, residents, np.zeros(len(residents), np.int64), inputs.twin.member(inputs.twin.spec.area_tier))


def _planned(demands: tuple[Demand, ...], spots: Candidates, rules: Conditions, count: int | None, seconds: float) -> Plan:
    columns = demands[0].matrix.shape[1]
    existing = None if not rules.moves else np.arange(columns) >= len(spots.ids)
    cost = None if spots.cost is None else np.concatenate([spots.cost, np.zeros(columns - len(spots.ids))])
    bound = Rules(
        count,
        cost if rules.budget is not None else None,
        rules.budget,
        None,
        rules.backup,
        rules.least,
        bool(rules.under),
        existing,
        rules.moves,
    )
    try:
        return plan_cover(demands, bound, seconds)
    except ValueError:
        raise InputError(_too_much(demands, bound, seconds)) from None


def _too_much(demands: tuple[Demand, ...], bound: Rules, seconds: float) -> Fault:
    """The fault of a share that not every district can get, with the greatest share that they can."""
    parts = []
    for demand in demands:
        for district in np.unique(demand.district[demand.district >= 0]):
            mine = np.flatnonzero(demand.district == district)
            if demand.weight[mine].sum() > 0:
                rows = sparse.csr_array(demand.matrix[mine])
                parts.append(Demand(demand.name, rows, demand.weight[mine], demand.already[mine], demand.district[mine]))
    plan = plan_cover(tuple(parts), replace(bound, least=0.0, backup=0.0, worst=True), seconds)
    what = f"no plan serves {bound.least:.1%} of the residents of every district with so many sites or so much money."
    most = plan.objective if plan.status == "optimal" else plan.bound
    return Fault("least", what, f"at most {np.floor(most * 1000) / 10:.1f} %.", "add sites or money, raise the limit, or lower the share")


def _stands(demand: Demand, plan: Plan, new: int) -> NDArray[np.bool_]:
    """Rows that places which stay serve: those counted as such, and present places that the plan keeps."""
    kept = plan.sites[plan.sites >= new]
    return (demand.already > 0) | (covers(demand.matrix, kept) > 0)


def _before(demand: Demand, rules: Conditions, new: int) -> float:
    if not rules.moves:
        return demand.before
    every = np.arange(new, demand.matrix.shape[1])
    return demand.served(every)


def _closed(inputs: Inputs, chosen: PlaceClass, rules: Conditions, plan: Plan, new: int) -> tuple[str, ...]:
    present = _doors(inputs, chosen) if rules.moves else None
    if present is None:
        return ()
    kept = set((plan.sites[plan.sites >= new] - new).tolist())
    ids = inputs.twin.places["id"].to_numpy()
    return tuple(str(ids[row]) for number, row in enumerate(present[2]) if number not in kept)


def _ties(matrix: sparse.csr_array, weight: Floats, plan: Rows, spots: Candidates) -> tuple[dict[str, Any], ...]:
    """Plans nearly as good that differ in one site: which would move where, and how much less they serve; closest first."""
    turned = sparse.csr_array(matrix.T)
    times = covers(matrix, plan)
    whole = float(weight[times > 0].sum())
    found: list[dict[str, Any]] = []
    for column in plan:
        mine = np.zeros(len(weight), bool)
        mine[turned.indices[turned.indptr[column] : turned.indptr[column + 1]]] = True
        alone = float(weight[mine & (times == 1)].sum())
        worth = np.asarray(turned @ np.where((times == 0) | (mine & (times == 1)), weight, 0.0))
        worth[plan] = -1.0
        others = np.flatnonzero(worth >= alone - _NEAR_EQUAL * whole)
        found += [{"instead": spots.ids[column], "candidate": spots.ids[one], "less": alone - float(worth[one])} for one in others]
    found.sort(key=lambda row: (row["less"], row["instead"], row["candidate"]))
    return tuple(found[:_TIES])


def _center(inputs: Inputs, chosen: PlaceClass, spots: Candidates, goal: Goal, count: int, seconds: float) -> Siting:
    residents, now = inputs.residents(), existing_cost(inputs, chosen, "m")
    lived = residents > 0
    farthest = float(now[lived & np.isfinite(now)].max(initial=0.0))
    reach = farthest if farthest > 0 and np.isfinite(now[lived]).all() else _WHOLE_CITY_M
    pairs = _pairs(inputs, spots.attach, reach, "m")
    ways = Ways(pairs.start, pairs.place, pairs.cost, now, residents, len(spots.ids))
    plan, levels = (p_center(ways, count, seconds), []) if goal == "center" else fair(ways, count, seconds=seconds)
    inside = lived & ((np.diff(pairs.start) > 0) | np.isfinite(now))
    sites = _nearest_sites(inputs, spots, ways, plan.sites, inside)
    before = float(now[inside].max(initial=0.0))
    beyond = float(residents[lived & ~inside].sum())
    numbers = (before, plan.objective, float(residents.sum()), beyond)
    return Siting(chosen.id, goal, None, "m", inputs.group, plan, sites, *numbers, inputs.twin, levels=tuple(levels))


def _nearest_sites(inputs: Inputs, spots: Candidates, ways: Ways, plan: Rows, inside: NDArray[np.bool_]) -> tuple[Site, ...]:
    """Sites by the residents who have them as nearest; `alone` is how much longer the longest way is without them, metres."""
    longest = float(ways.costs(plan)[inside].max(initial=0.0))
    row = np.repeat(np.arange(len(ways.now)), np.diff(ways.start))
    found = []
    for column in plan:
        rest = plan[plan != column]
        without = ways.costs(rest)
        cost = np.full(len(ways.now), np.inf)
        mine = ways.site == column
        cost[row[mine]] = ways.cost[mine]
        near = float(ways.weight[inside & (cost < without)].sum())
        found.append((near, float(without[inside].max(initial=0.0)) - longest, int(column)))
    found.sort(key=lambda entry: (-entry[0], entry[2]))
    return tuple(site_at(inputs, spots, rank, column, near, more) for rank, (near, more, column) in enumerate(found, start=1))


def _capacity(
    inputs: Inputs, chosen: PlaceClass, spots: Candidates, rules: Conditions, unit: str, limit: float, count: int, seconds: float
) -> Siting:
    assert rules.capacity is not None
    residents = inputs.residents() * (1.0 if rules.need is None else rules.need)
    pairs = _pairs(inputs, spots.attach, limit, unit)
    row, place, new = pairs.origin.astype(np.int64), pairs.place.astype(np.int64), len(spots.ids)
    room, fixed = np.full(new, rules.capacity), np.zeros(new, bool)
    present = _doors(inputs, chosen)
    if present is not None:
        doors, door_place, rows = present
        others = _pairs(inputs, doors, limit, unit, door_place)
        row, place = np.concatenate([row, others.origin]), np.concatenate([place, others.place.astype(np.int64) + new])
        held = rules.existing_capacity if rules.existing_capacity is not None else rules.capacity
        room, fixed = np.concatenate([room, np.full(len(rows), held)]), np.concatenate([fixed, np.ones(len(rows), bool)])
    lived = residents[row] > 0
    case = Full(row[lived], place[lived], residents, room, fixed)
    plan = plan_capacity(case, count, seconds)
    before = served_of(case, np.zeros(0, np.int64))
    sites = []
    for column in plan.sites:
        alone = plan.objective - served_of(case, plan.sites[plan.sites != column])
        sites.append((alone, int(column)))
    sites.sort(key=lambda entry: (-entry[0], entry[1]))
    told = tuple(site_at(inputs, spots, rank, column, alone, alone) for rank, (alone, column) in enumerate(sites, start=1))
    reached = np.zeros(len(residents), bool)
    reached[case.row] = True
    shown = limit if unit == "m" else limit / _S_PER_MIN
    numbers = (before, plan.objective, float(residents.sum()), float(residents[~reached].sum()))
    return Siting(chosen.id, "capacity", shown, unit, inputs.group, plan, told, *numbers, inputs.twin)


def need_of(inputs: Inputs, text: str) -> Floats:
    """How much a resident of each cell counts: `lacks` (1 and the share of the other norms that the cell fails), or a group of residents.

    For a group: the share of the group among the cell's residents. float64 [cells].
    """
    if text == "lacks":
        needs = inputs.needs_within(_minutes())
        return np.asarray(1.0 + 1.0 - needs.mean(axis=0))
    everyone = inputs.residents()
    return np.divide(inputs.residents_of(text), everyone, out=np.zeros(len(everyone)), where=everyone > 0)


def _minutes() -> float:
    from parkcity.standards import parameter

    return parameter("check_limits", "minutes.15").number


def kinds_text(found: Siting) -> tuple[str, str]:
    """The kinds of a plan in Chinese and English."""
    classes = [place_class(name) for name in (found.kind, *found.also)]
    return "\u3001".join(entry.name("zh") for entry in classes), ", ".join(entry.name("en") for entry in classes)
