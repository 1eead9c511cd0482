"""Siting: where new places of a kind serve most residents, or shorten their ways most; existing places are kept.

Candidates are all cells (a place would stand at the cell's centre) or given points. Distances are those of the walking network, so
that what a plan promises is what the city measures once the places are built. Every plan carries a proven bound.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from parkcity.base.errors import InputError, UsageError
from parkcity.decide.candidates import Candidates, cell_candidates, point_candidates
from parkcity.decide.covering import max_cover, min_sites
from parkcity.decide.median import Instance, p_median, serve
from parkcity.decide.operators.cover import covers
from parkcity.decide.sited import GOALS, Goal, Site, Siting, covering_sites, existing_cost, known_class, site_at
from parkcity.decide.siting_rules import Conditions, site_under
from parkcity.insight.classes import PlaceClass, place_classes
from parkcity.insight.operators.coverage import within
from parkcity.sense.kinds import kinds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parkcity.insight.inputs import Inputs

    Floats = NDArray[np.float64]
    Rows = NDArray[np.int64]

__all__ = ["Candidates", "Goal", "Site", "Siting", "cell_candidates", "known_class", "point_candidates", "site", "site_kinds"]

_S_PER_MIN = 60.0
_WHOLE_CITY_M = 1e6


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
